use super::*;
use crate::dialect::{Body, Call};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::provider::{Settings, Upstream, table};
use crate::wire::base64;
use crate::wire::json::Object;
use crate::wire::multipart::Form;
use crate::wire::outgoing::Piece;
use crate::wire::write::{Text, Writer};
use proptest::prelude::*;
use serde_json::{Value, json};

fn upstream() -> Upstream {
    Upstream::new("xai", table::find("xai").unwrap(), Settings::default()).unwrap()
}

/// What is read of a body of JSON.
fn of_json<T>(
    endpoint: Endpoint,
    body: &str,
    read: impl FnOnce(&mut Call<'_>, Result<Request<'_>, Error>) -> T,
) -> T {
    let upstream = upstream();
    let mut call = Call::new(endpoint, &upstream, "m");
    let object = Object::parse(body.as_bytes()).unwrap();
    let request = Request::read(&call, Body::Json(&object));
    read(&mut call, request)
}

fn form_of(fields: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content, file) in fields {
        let filename = if *file { "; filename=\"f\"" } else { "" };
        body.extend(
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n").bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    body
}

/// What is read of a form.
fn of_form<T>(
    endpoint: Endpoint,
    body: &[u8],
    read: impl FnOnce(&mut Call<'_>, Result<Request<'_>, Error>) -> T,
) -> T {
    let upstream = upstream();
    let mut call = Call::new(endpoint, &upstream, "m");
    let form = Form::parse(body, "x").unwrap();
    let request = Request::read(&call, Body::Form(&form));
    read(&mut call, request)
}

/// What a request says beside its pictures.
fn said(request: Result<Request<'_>, Error>) -> Result<String, (String, Option<String>)> {
    let request = request.map_err(|error| (error.code.unwrap_or_default(), error.param))?;
    let Request { prompt, pictures, mask, count, size, size_word, format, streams, .. } = &request;
    let text = |text: &Option<Text<'_>>| text.map(|text| text.decoded().into_owned());
    Ok(format!(
        "{:?} {} {} {count} {size:?} {:?} {format:?} {streams}",
        text(prompt),
        pictures.len(),
        mask.is_some(),
        text(size_word)
    ))
}

/// The parameter that a refused request is told about.
fn refused(endpoint: Endpoint, body: &str) -> Option<String> {
    of_json(endpoint, body, |_, request| request.map_or_else(|error| error.param, |_| None))
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x44\0\0\0\x44\x08\x06\0\0\0\x38";

proptest! {
    #[test]
    fn a_form_says_what_json_says(
        prompt in "[ -~]{1,12}",
        n in 0_u64..12,
        size in prop_oneof![Just("auto"), Just("1024x1536"), Just("2K")],
        format in prop_oneof![Just("url"), Just("b64_json"), Just("png")],
        streams in any::<bool>(),
        pictures in 0_usize..20,
        mask in any::<bool>(),
    ) {
        let url = "https://example.com/a.png";
        let images: Vec<Value> = (0..pictures).map(|_| json!({"image_url": url})).collect();
        let mut body = json!({
            "prompt": prompt, "n": n, "size": size, "response_format": format, "stream": streams, "images": images
        });
        let (n, streams) = (n.to_string(), streams.to_string());
        let mut fields: Vec<(&str, &[u8], bool)> = vec![
            ("prompt", prompt.as_bytes(), false),
            ("n", n.as_bytes(), false),
            ("size", size.as_bytes(), false),
            ("response_format", format.as_bytes(), false),
            ("stream", streams.as_bytes(), false),
        ];
        for index in 0..pictures {
            fields.push((if index % 2 == 0 { "image[]" } else { "image" }, url.as_bytes(), index % 3 == 0));
        }
        if mask {
            body["mask"] = json!({"image_url": url});
            fields.push(("mask", url.as_bytes(), false));
        }
        let json = of_json(Endpoint::ImageEdits, &body.to_string(), |_, request| said(request));
        let form = of_form(Endpoint::ImageEdits, &form_of(&fields), |_, request| said(request));
        let form = form.map_err(|(code, param)| (code, param.map(|param| param.replace("image", "images"))));
        prop_assert_eq!(json, form);
    }

    #[test]
    fn a_picture_goes_up_as_it_stands_in_the_body(
        bytes in proptest::collection::vec(any::<u8>(), 1..200),
        urls in any::<bool>(),
        breaks in any::<bool>(),
    ) {
        let bytes = [PNG, &bytes].concat();
        let mut text = Vec::new();
        base64::encode(&bytes, &mut text);
        let text = String::from_utf8(text).unwrap();
        let expected = json!([text, format!("data:image/png;base64,{text}")]);
        let write = |request: &Request<'_>, client: &[u8]| {
            let mut out = Writer::default();
            out.begin_array();
            request.pictures[0].write_base64(&mut out);
            request.pictures[0].write_url(&mut out);
            out.end_array();
            let body = out.outgoing();
            let copied: usize = body
                .pieces()
                .iter()
                .map(|piece| if let Piece::Own(bytes) = piece { bytes.len() } else { 0 })
                .sum();
            (serde_json::from_slice::<Value>(&body.bytes(client)).unwrap(), copied)
        };
        // A file of a form.
        let form = form_of(&[("image", &bytes, true)]);
        let (value, copied) = of_form(Endpoint::ImageVariations, &form, |_, request| write(&request.unwrap(), &form));
        prop_assert_eq!(&value, &expected);
        prop_assert!(copied < 40);
        // A data URL, in standard form and in the forms that clients write.
        let mut sent = text.clone();
        if urls {
            sent = sent.replace('+', "-").replace('/', "_");
        }
        if breaks {
            sent.insert_str(4, "\r\n");
        }
        let body = json!({"prompt": "x", "images": [{"image_url": format!("data:image/png;base64,{sent}")}]}).to_string();
        let (value, copied) = of_json(Endpoint::ImageEdits, &body, |_, request| write(&request.unwrap(), body.as_bytes()));
        prop_assert_eq!(&value, &expected);
        prop_assert!(copied < 40 || sent != text);
    }

    #[test]
    fn any_reference_is_read_or_refused(value in "[\\[\\]{}\":,a-z0-9_;/ ]{0,40}") {
        let body = format!(r#"{{"prompt":"x","images":[{value}],"mask":{{"image_url":"data:{value}"}}}}"#);
        if Object::parse(body.as_bytes()).is_ok() {
            of_json(Endpoint::ImageEdits, &body, |_, request| {
                let _ = said(request);
            });
        }
    }
}

#[test]
fn what_cannot_be_is_refused_by_its_name() {
    let edits = Endpoint::ImageEdits;
    let url = r#"{"image_url":"https://a/b"}"#;
    for (endpoint, body, param) in [
        (Endpoint::ImageGenerations, r#"{}"#.to_owned(), "prompt"),
        (Endpoint::ImageGenerations, r#"{"prompt":""}"#.to_owned(), "prompt"),
        (Endpoint::ImageGenerations, r#"{"prompt":["x"]}"#.to_owned(), "prompt"),
        (Endpoint::ImageGenerations, r#"{"prompt":"x","n":0}"#.to_owned(), "n"),
        (Endpoint::ImageGenerations, r#"{"prompt":"x","n":"two"}"#.to_owned(), "n"),
        (
            Endpoint::ImageGenerations,
            r#"{"prompt":"x","response_format":"png"}"#.to_owned(),
            "response_format",
        ),
        (Endpoint::ImageGenerations, r#"{"prompt":"x","stream":"yes"}"#.to_owned(), "stream"),
        (edits, r#"{"prompt":"x"}"#.to_owned(), "images"),
        (edits, r#"{"prompt":"x","images":7}"#.to_owned(), "images"),
        (edits, r#"{"prompt":"x","images":[7]}"#.to_owned(), "images[0]"),
        (edits, r#"{"prompt":"x","images":[{}]}"#.to_owned(), "images[0].image_url"),
        (edits, r#"{"prompt":"x","images":[{"file_id":7}]}"#.to_owned(), "images[0].file_id"),
        (
            edits,
            r#"{"prompt":"x","images":[{"image_url":"data:image/png,x"}]}"#.to_owned(),
            "images[0].image_url",
        ),
        (edits, format!(r#"{{"prompt":"x","images":[{}]}}"#, [url; 17].join(",")), "images"),
        (edits, format!(r#"{{"prompt":"x","images":[{url}],"mask":[{url},{url}]}}"#), "mask"),
    ] {
        assert_eq!(refused(endpoint, &body).as_deref(), Some(param), "{body}");
    }
    let two = form_of(&[("image", b"GIF89a", true), ("image[]", b"GIF89a", true)]);
    let error = of_form(Endpoint::ImageVariations, &two, |_, request| request.unwrap_err());
    assert_eq!(error.param.as_deref(), Some("image"));
    for (content, file) in [(&b""[..], true), (b"x", false), (b"\xff", false)] {
        let form = form_of(&[("image", content, file)]);
        let error = of_form(Endpoint::ImageVariations, &form, |_, request| request.unwrap_err());
        assert_eq!(error.param.as_deref(), Some("image"));
    }
}

#[test]
fn pictures_are_named_in_the_forms_of_many_clients() {
    for (images, url) in [
        (r#""images":[{"image_url":"https://a/b"}]"#, "https://a/b"),
        (r#""images":[{"image_url":{"url":"https://a/b"}}]"#, "https://a/b"),
        (r#""image":{"url":"https://a/b","type":"image_url"}"#, "https://a/b"),
        (r#""image":"https:\/\/a\/b""#, "https://a/b"),
        (r#""image":["data:;base64,iVBORw0KGgo="]"#, "data:image/png;base64,iVBORw0KGgo="),
        (r#""image":"data:image\/jpg;base64,\/9j\/""#, "data:image/jpeg;base64,/9j/"),
        (r#""images":[{"file_id":"file-1"}]"#, "file-1"),
    ] {
        let body = format!(r#"{{"prompt":"x",{images}}}"#);
        let written = of_json(Endpoint::ImageEdits, &body, |_, request| {
            let mut out = Writer::default();
            request.unwrap().pictures[0].write_url(&mut out);
            out.outgoing().bytes(body.as_bytes())
        });
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), url, "{images}");
    }
}

#[test]
fn a_mask_that_can_be_transparent_is_told_from_one_of_two_colours() {
    let grey = [&PNG[..25], b"\0", &PNG[26..]].concat();
    for (mask, alpha) in [(PNG, true), (&grey, false), (b"GIF89a", false), (b"\x89PNG", false)] {
        let form = form_of(&[("image", b"GIF89a", true), ("mask", mask, true)]);
        of_form(Endpoint::ImageEdits, &form, |call, request| {
            let request = request.unwrap();
            assert_eq!(request.two_colour_mask(call, "black").is_err(), alpha);
        });
        let mut text = Vec::new();
        base64::encode(mask, &mut text);
        let url = format!("data:image/png;base64,{}", String::from_utf8(text).unwrap());
        let body = json!({"image": "https://a/b", "mask": url}).to_string();
        of_json(Endpoint::ImageEdits, &body, |call, request| {
            assert_eq!(request.unwrap().two_colour_mask(call, "white").is_err(), alpha);
        });
    }
}

#[test]
fn what_will_be_another_picture_is_named() {
    const SHAPES: Shapes = Shapes { ratios: &["1:1", "3:2"], tiers: &[("1K", 1024), ("2K", 2048)], side: 0 };
    for (body, ratio, tier, dropped) in [
        (r#"{"prompt":"x"}"#, None, None, ""),
        (r#"{"prompt":"x","size":"auto"}"#, None, None, ""),
        (r#"{"prompt":"x","size":"1536x1024"}"#, Some("3:2"), Some("1K"), ""),
        (r#"{"prompt":"x","size":"1024x1536"}"#, Some("1:1"), Some("1K"), "size"),
        (r#"{"prompt":"x","size":"64x64"}"#, Some("1:1"), Some("1K"), "size"),
        (r#"{"prompt":"x","size":"2k"}"#, None, Some("2k"), ""),
        (r#"{"prompt":"x","size":"3:2","resolution":"2K"}"#, Some("3:2"), Some("2K"), ""),
        (r#"{"prompt":"x","size":"64x64","aspect_ratio":"9:1"}"#, Some("9:1"), Some("1K"), "size"),
    ] {
        of_json(Endpoint::ImageGenerations, body, |call, request| {
            let found = request.unwrap().shape(call, &SHAPES).unwrap();
            let text = |text: Option<Text<'_>>| text.map(|text| text.decoded().into_owned());
            assert_eq!(text(found.0).as_deref(), ratio, "{body}");
            assert_eq!(text(found.1).as_deref(), tier, "{body}");
            assert_eq!(call.dropped.join(","), dropped, "{body}");
        });
    }
    let odd = r#"{"prompt":"x","size":"large"}"#;
    of_json(Endpoint::ImageGenerations, odd, |call, request| {
        let error = request.unwrap().shape(call, &SHAPES).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("size"));
    });
}

#[test]
fn pictures_are_told_as_they_are_wanted() {
    let told = |body: &str, made: &[Made<'_>]| {
        of_json(Endpoint::ImageGenerations, body, |call, request| {
            call.now = 7;
            let tokens = Tokens { input: 3, input_images: 1, output: 5, output_images: None };
            let whole = request.unwrap().asked(call).told(made, Some(tokens)).unwrap();
            (whole.content_type, String::from_utf8(whole.body).unwrap())
        })
    };
    fn read(text: &str) -> Option<Made<'_>> {
        Made::read(&Object::parse(text.as_bytes()).unwrap())
    }
    let made = [
        read(r#"{"b64_json":"iVBORw0KGgo=","revised_prompt":"a \"b\""}"#).unwrap(),
        read(r#"{"b64_json":"data:image/png;base64,iVBORw0KGgo="}"#).unwrap(),
        read(r#"{"url":"data:image\/png;base64,iVBORw0KGgo=","mime_type":"image/gif"}"#).unwrap(),
    ];
    let usage = json!({
        "total_tokens": 8, "input_tokens": 3, "input_tokens_details": {"text_tokens": 2, "image_tokens": 1}, "output_tokens": 5
    });
    let (kind, body) = told(r#"{"prompt":"x"}"#, &made);
    assert_eq!(kind, "application/json");
    let data = json!([
        {"b64_json": "iVBORw0KGgo=", "revised_prompt": "a \"b\""},
        {"b64_json": "iVBORw0KGgo="},
        {"b64_json": "iVBORw0KGgo="}
    ]);
    let expected = json!({"created": 7, "data": data, "output_format": "png", "usage": usage});
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);

    let (_, body) = told(r#"{"prompt":"x","response_format":"url"}"#, &made[1..2]);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["data"], json!([{"url": "data:image/png;base64,iVBORw0KGgo="}]));

    let address = [read(r#"{"url":"https:\/\/a"}"#).unwrap()];
    let (_, body) = told(r#"{"prompt":"x","response_format":"b64_json"}"#, &address);
    assert!(body.contains(r#""data":[{"url":"https:\/\/a"}]"#), "{body}");

    let (kind, body) = told(r#"{"prompt":"x","stream":true}"#, &made[..2]);
    assert_eq!(kind, "text/event-stream");
    let events: Vec<_> = body.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 2);
    for (event, usage) in events.iter().zip([json!(0), json!(8)]) {
        let data = event.strip_prefix("event: image_generation.completed\ndata: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["usage"]["total_tokens"], usage);
        assert_eq!(data["b64_json"], "iVBORw0KGgo=");
    }

    for nothing in [r#"{}"#, r#"{"url":null}"#, r#"{"b64_json":""}"#, r#"{"url":""}"#] {
        assert!(read(nothing).is_none(), "{nothing}");
    }
}
