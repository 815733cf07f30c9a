use super::*;
use crate::chat::Source;
use crate::endpoint::Endpoint;
use crate::provider::{Host, Provider, Settings, Upstream};
use proptest::prelude::*;
use serde_json::{Value, json};

fn upstream() -> Upstream {
    let row = Provider { host: Host::Local(1), ..Provider::ROW };
    Upstream::new("cohere", &row, Settings::default()).unwrap()
}

/// What is read of a body, as `read` sees it.
fn with<T>(body: &Value, read: impl FnOnce(&mut Call<'_>, Request<'_>) -> T) -> Result<T, Error> {
    let upstream = upstream();
    let mut call = Call::new(Endpoint::Embeddings, &upstream, "m");
    let text = body.to_string();
    let object = Object::parse(text.as_bytes()).unwrap();
    let request = Request::read(&call, &object)?;
    Ok(read(&mut call, request))
}

/// The parts of the only input: texts, and for media what they are, their type and their data or address.
fn parts(input: &Value) -> Result<Vec<String>, Error> {
    with(&json!({"model": "m", "input": [input]}), |_, request| {
        assert_eq!(request.inputs.len(), 1);
        let parts = request.inputs[0].parts();
        let said = parts.iter().map(|part| match part {
            Part::Text(text) => text.decoded().into_owned(),
            Part::Media(Media { medium, source }) => match source {
                Source::Data { media_type, base64 } => format!("{medium:?} {media_type} {base64}"),
                Source::Url(url) => format!("{medium:?} at {url}"),
                Source::Id(id) => format!("{medium:?} with {id}"),
            },
        });
        said.collect()
    })
}

#[test]
fn pictures_of_all_vendors_forms_are_the_same_picture() {
    let (png, data) = ("iVBORw0KGgoAAA==", "data:image/png;base64,iVBORw0KGgoAAA==");
    for form in [
        json!({"image": png}),
        json!({"image": data}),
        json!({"image_url": data}),
        json!({"type": "image_url", "image_url": {"url": data}}),
        json!({"type": "input_image", "image_url": data}),
        json!({"content": [{"type": "image_url", "image_url": {"url": data}}]}),
        json!({"content": [{"type": "image_base64", "image_base64": data}]}),
        json!({"image": {"format": "png", "source": {"bytes": png}}}),
        json!({"image": {"bytesBase64Encoded": png, "mimeType": "image/png"}}),
        json!({"parts": [{"inlineData": {"mimeType": "image/png", "data": png}}]}),
        json!({"content": {"parts": [{"inline_data": {"mime_type": "image/png", "data": png}}]}}),
    ] {
        assert_eq!(parts(&form).unwrap(), ["Image image/png iVBORw0KGgoAAA=="], "{form}");
    }
    let url = "https://example.com/a.png";
    for form in
        [json!({"image": url}), json!({"image": {"url": url}}), json!({"content": [{"image_url": url}]})]
    {
        assert_eq!(parts(&form).unwrap(), ["Image at https://example.com/a.png"], "{form}");
    }
}

#[test]
fn other_media_are_told_by_their_names_and_types() {
    for (form, expected) in [
        (json!({"text": "a", "image": "https://e.com/a"}), vec!["a", "Image at https://e.com/a"]),
        (json!({"text": {"value": "a"}}), vec!["a"]),
        (json!({"content": "a"}), vec!["a"]),
        (json!({"content": ["a", {"text": "b"}]}), vec!["a", "b"]),
        (
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
            vec!["Audio audio/mpeg AAAA"],
        ),
        (json!({"video": {"format": "mov", "source": {"bytes": "AAAA"}}}), vec!["Video video/mov AAAA"]),
        (json!({"pdf": "https://e.com/a.pdf"}), vec!["File at https://e.com/a.pdf"]),
        (json!({"file": {"file_id": "f-1"}}), vec!["File with f-1"]),
        (
            json!({"parts": [{"fileData": {"fileUri": "gs://b/a", "mimeType": "video/mp4"}}]}),
            vec!["Video at gs://b/a"],
        ),
        (json!({"image": "/9j/AAAA"}), vec!["Image image/jpeg /9j/AAAA"]),
    ] {
        assert_eq!(parts(&form).unwrap(), expected, "{form}");
    }
}

#[test]
fn vendors_names_of_inputs_and_sizes_are_read_too() {
    for (body, count) in [
        (json!({"texts": ["a", "b"]}), 2),
        (json!({"images": ["data:image/png;base64,AAAA"]}), 1),
        (json!({"input": "a", "images": ["https://e.com/a", {"url": "https://e.com/b"}]}), 3),
    ] {
        let mut body = body;
        body["model"] = json!("m");
        body["output_dimension"] = json!(256);
        let read = with(&body, |call, request| {
            let dimensions = request.dimensions().unwrap();
            request.params.finish(call).unwrap();
            (request.inputs.len(), dimensions, call.dropped.clone())
        });
        assert_eq!(read.unwrap(), (count, Some(256), Vec::new()), "{body}");
    }
    let error = with(&json!({"model": "m", "images": [7]}), |_, _| ()).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("images[0]"));
    // Of two names OpenAI's counts, and the other is named.
    let body = json!({"model": "m", "input": "a", "texts": ["b"], "dimensions": 2, "output_dimension": 3});
    let dropped = with(&body, |call, request| {
        assert_eq!(request.dimensions().unwrap(), Some(2));
        request.params.finish(call).unwrap();
        call.dropped.clone()
    });
    assert_eq!(dropped.unwrap(), ["output_dimension", "texts"]);
}

#[test]
fn what_is_no_input_is_refused_by_its_place() {
    for (input, param) in [
        (json!([]), "input"),
        (json!(true), "input"),
        (json!(7), "input"),
        (json!(["a", {}]), "input[1]"),
        (json!(["a", null]), "input[1]"),
        (json!(["a", [["b"]]]), "input[1]"),
        (json!([{"image": 7}]), "input[0].image"),
        (json!([{"image": {"x": 1}}]), "input[0].image"),
        (json!([{"image": "none!"}]), "input[0].image"),
        (json!([{"content": [{"type": "text"}]}]), "input[0].content[0]"),
        (json!([{"content": 7}]), "input[0].content"),
        (json!({"text": 7}), "input.text"),
        (json!({"image": "data:image/png,x"}), "input.image"),
        (Value::from(vec!["x"; 2049]), "input"),
    ] {
        let error = with(&json!({"model": "m", "input": input}), |_, _| ()).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)), "{input}: {}", error.message);
    }
    let error = with(&json!({"model": "m"}), |_, _| ()).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("missing_required_parameter"));
    for (name, value) in
        [("encoding_format", json!("hex")), ("dimensions", json!(0)), ("dimensions", json!("1"))]
    {
        let body = json!({"model": "m", "input": "x", name: value});
        let error = with(&body, |_, request| request.dimensions()).and_then(|told| told).unwrap_err();
        assert_eq!(error.param.as_deref(), Some(name));
    }
}

#[test]
fn tokens_are_refused_before_anything_else_is_said_of_them() {
    for input in [json!([1, 2, 3]), json!([[1, 2], [3]]), json!(["a", [1]])] {
        let error = with(&json!({"model": "m", "input": input}), |_, _| ()).unwrap_err();
        assert_eq!(
            (error.param.as_deref(), error.code.as_deref()),
            (Some("input"), Some("unsupported_value"))
        );
        assert!(error.message.contains("tokens"), "{}", error.message);
    }
    for (input, count) in [(json!("a"), 1), (json!(["a", "b"]), 2), (json!([""]), 1)] {
        let read = with(&json!({"model": "m", "input": input}), |call, request| {
            request.texts(call).map(|texts| texts.len())
        });
        assert_eq!(read.unwrap().unwrap(), count, "{input}");
    }
}

const WORDS: Words = Words {
    name: "task_type",
    known: &[(Purpose::Query, "ASKS"), (Purpose::Document, "TELLS")],
    own: &["DREAMS"],
};

#[test]
fn a_purpose_is_said_in_the_providers_words_under_any_name() {
    for (name, word, expected) in [
        ("input_type", "query", Some("ASKS")),
        ("task", "retrieval.passage", Some("TELLS")),
        ("taskType", "RETRIEVAL_DOCUMENT", Some("TELLS")),
        ("embeddingPurpose", "GENERIC_RETRIEVAL", Some("ASKS")),
        ("input_type", "TELLS", Some("TELLS")),
        ("input_type", "DREAMS", Some("DREAMS")),
        // Its own name may have more words than are known here.
        ("task_type", "NEW_WORD", Some("NEW_WORD")),
        ("input_type", "new_word", None),
        ("input_type", "clustering", None),
    ] {
        let body = json!({"model": "m", "input": "x", name: word});
        let told = with(&body, |call, request| {
            let word = WORDS.of(call, &request).unwrap().map(|word| word.into_owned());
            request.params.finish(call).unwrap();
            (word, call.dropped.clone())
        });
        let dropped = if expected.is_none() { vec![name.to_owned()] } else { Vec::new() };
        assert_eq!(told.unwrap(), (expected.map(str::to_owned), dropped), "{name}: {word}");
    }
    // Of several the provider's own counts, and the others are named.
    let body = json!({"model": "m", "input": "x", "input_type": "query", "task_type": "TELLS"});
    let told = with(&body, |call, request| {
        let word = WORDS.of(call, &request).unwrap().map(|word| word.into_owned());
        request.params.finish(call).unwrap();
        (word, call.dropped.clone())
    });
    assert_eq!(told.unwrap(), (Some("TELLS".to_owned()), vec!["input_type".to_owned()]));
}

#[test]
fn an_answer_is_whole_with_all_vectors_and_all_that_was_counted() {
    let asked = |inputs| Asked {
        encoding: Encoding::Float,
        inputs,
        model: "a \"model\"".to_owned(),
        provider: "p".to_owned(),
    };
    let mut answer = Answer::new(asked(2));
    answer.vector(Vector::Numbers("[1.50]")).unwrap();
    answer.count(Some(2));
    answer.vector(Vector::Numbers("[ 2 ]")).unwrap();
    answer.count(Some(3));
    let whole = answer.finish(None).unwrap();
    assert_eq!(whole.usage.unwrap().input, 5);
    let body: Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(body["model"], "a \"model\"");
    assert_eq!(body["usage"], json!({"prompt_tokens": 5, "total_tokens": 5}));
    let mut fewer = Answer::new(asked(2));
    fewer.vector(Vector::Numbers("[1]")).unwrap();
    assert_eq!(fewer.finish(None).unwrap_err().status, 502);
    for broken in
        [Vector::Numbers("{}"), Vector::Numbers("[[1]]"), Vector::Numbers("[\"a\"]"), Vector::Floats("AAA")]
    {
        assert_eq!(Answer::new(asked(1)).vector(broken).unwrap_err().status, 502, "{broken:?}");
    }
}

proptest! {
    #[test]
    fn any_input_is_read_or_refused_by_name(text in r#"(\{|\}|\[|\]|,|:|"a"|"text"|"image"|"content"|"data:x"|1|null){0,12}"#) {
        let Ok(input) = serde_json::from_str::<Value>(&text) else { return Ok(()) };
        let read = with(&json!({"model": "m", "input": input}), |_, request| {
            request.inputs.iter().all(|input| !input.parts().is_empty())
        });
        prop_assert_ne!(read.as_ref().ok(), Some(&false));
        if let Err(error) = read {
            prop_assert_eq!(error.status, 400);
            prop_assert!(error.param.is_some_and(|param| param.starts_with("input")));
        }
    }
}

#[test]
fn calls_for_inputs_one_by_one_are_refused_where_their_bodies_are_too_large_together() {
    let ask = |length: usize| {
        with(&json!({"model": "m", "input": vec!["a"; 9]}), |call, request| {
            let asked = OneByOne::ask(call, &request, None, |_, _| Ok(vec![b'x'; length].into()));
            asked.map(|_| ()).map_err(|error| (error.status, error.param))
        })
    };
    assert_eq!(ask(7 << 20).unwrap(), Ok(()));
    assert_eq!(ask(8 << 20).unwrap(), Err((400, Some("input".to_owned()))));
}
