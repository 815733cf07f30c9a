//! Pictures through whole exchanges: whatever language a provider speaks, all that a client says arrives or is named, and
//! the pictures come as the provider made them.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{Case, Message, Outcome, gateway, run};
use orq_ai_proxy::wire::json::{Kind, Object, items, kind};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A language: a model that speaks it, how many pictures it makes at once, and how it says them: addresses, or base64.
#[derive(Clone, Debug)]
struct Language {
    model: &'static str,
    most: usize,
    answer: fn(&[Made]) -> Value,
    /// It gives addresses alone, or the pictures themselves alone.
    alone: Option<Form>,
    /// It is a job: how it begins. The answer is that of the first look at it.
    begins: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Url,
    Base64,
}

/// A picture.
#[derive(Clone, Debug)]
struct Made {
    url: String,
    base64: String,
    form: Form,
}

impl Made {
    /// An address, or one that holds the picture.
    fn url(&self) -> String {
        match self.form {
            Form::Url => self.url.clone(),
            Form::Base64 => format!("data:image/png;base64,{}", self.base64),
        }
    }
}

fn openais(made: &[Made]) -> Value {
    let data = made.iter().map(|made| match made.form {
        Form::Url => json!({"url": made.url}),
        Form::Base64 => json!({"b64_json": made.base64}),
    });
    json!({"created": 7, "data": data.collect::<Vec<_>>()})
}

fn replicates(made: &[Made]) -> Value {
    json!({"id": "p", "status": "succeeded", "output": made.iter().map(Made::url).collect::<Vec<_>>()})
}

fn in_minimax(made: &[Made]) -> Value {
    let of = |form| made.iter().filter(move |made| made.form == form);
    json!({"data": {
        "image_urls": of(Form::Url).map(|made| &made.url).collect::<Vec<_>>(),
        "image_base64": of(Form::Base64).map(|made| &made.base64).collect::<Vec<_>>(),
    }, "base_resp": {"status_code": 0}})
}

fn fals(made: &[Made]) -> Value {
    json!({"images": made.iter().map(|made| json!({"url": made.url()})).collect::<Vec<_>>()})
}

fn nvidias(made: &[Made]) -> Value {
    let each = made.iter().map(|made| json!({"base64": made.base64, "finishReason": "SUCCESS"}));
    json!({"artifacts": each.collect::<Vec<_>>()})
}

fn fireworks(made: &[Made]) -> Value {
    json!({"base64": made.iter().map(|made| &made.base64).collect::<Vec<_>>(), "finishReason": "SUCCESS"})
}

fn leonardos(made: &[Made]) -> Value {
    let images: Vec<_> = made.iter().map(|made| json!({"url": made.url, "nsfw": false})).collect();
    json!({"generations_by_pk": {"status": "COMPLETE", "generated_images": images}})
}

impl Language {
    /// Asks for a cat, with these members, and gets these pictures.
    fn asked(&self, more: &[(&str, &str)], made: &[Made]) -> Outcome {
        let answer = (self.answer)(made);
        match self.begins {
            Some(begins) => asked(self.model, more, &serde_json::from_str(begins).unwrap(), &[answer]),
            None => asked(self.model, more, &answer, &[]),
        }
    }
}

const LANGUAGES: &[Language] = &[
    Language { model: "fal/fal-ai/flux/dev", most: 10, answer: fals, alone: None, begins: None },
    Language { model: "fal/fal-ai/nano-banana", most: 10, answer: fals, alone: None, begins: None },
    Language { model: "fal/openai/gpt-image-2", most: 10, answer: fals, alone: None, begins: None },
    Language {
        model: "replicate/black-forest-labs/flux-schnell",
        most: 4,
        answer: replicates,
        alone: Some(Form::Url),
        begins: None,
    },
    Language {
        model: "replicate/openai/gpt-image-1.5",
        most: 10,
        answer: replicates,
        alone: Some(Form::Url),
        begins: None,
    },
    Language {
        model: "replicate/bytedance/seedream-4",
        most: 10,
        answer: replicates,
        alone: Some(Form::Url),
        begins: None,
    },
    Language {
        model: "replicate/owner/name:0123",
        most: 4,
        answer: replicates,
        alone: Some(Form::Url),
        begins: None,
    },
    Language {
        model: "replicate/black-forest-labs/flux-dev",
        most: 4,
        answer: replicates,
        alone: Some(Form::Url),
        begins: Some(r#"{"id":"p","status":"processing"}"#),
    },
    Language { model: "bytedance/seedream-4-0-250828", most: 10, answer: openais, alone: None, begins: None },
    Language { model: "minimax/image-01", most: 9, answer: in_minimax, alone: None, begins: None },
    Language { model: "huggingface/a/b", most: 1, answer: openais, alone: Some(Form::Base64), begins: None },
    Language {
        model: "nvidia/a/flux.1-dev",
        most: 1,
        answer: nvidias,
        alone: Some(Form::Base64),
        begins: None,
    },
    Language {
        model: "fireworks/a/flux-1-dev-fp8",
        most: 1,
        answer: fireworks,
        alone: Some(Form::Base64),
        begins: None,
    },
    Language {
        model: "fireworks/a/playground-v2",
        most: 10,
        answer: fireworks,
        alone: Some(Form::Base64),
        begins: None,
    },
    Language {
        model: "leonardoai/de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3",
        most: 8,
        answer: leonardos,
        alone: Some(Form::Url),
        begins: Some(r#"{"sdGenerationJob":{"generationId":"g"}}"#),
    },
    Language {
        model: "leonardoai/gpt-image-1.5",
        most: 8,
        answer: leonardos,
        alone: Some(Form::Url),
        begins: Some(r#"{"generate":{"generationId":"g"}}"#),
    },
    Language {
        model: "fireworks/accounts/fireworks/models/flux-kontext-max",
        most: 1,
        answer: |made| json!({"id": "r", "status": "Ready", "result": {"sample": made[0].url}}),
        alone: Some(Form::Url),
        begins: Some(r#"{"request_id":"r"}"#),
    },
];

fn message(start: &str, body: impl ToString) -> Message {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Message {
        start: start.to_owned(),
        headers: vec![own("content-type", "application/json"), own("authorization", "Bearer sk-orq-demo")],
        body: body.to_string().into_bytes(),
    }
}

/// Asks for a cat, with these members and values of JSON.
fn asked(model: &str, more: &[(&str, &str)], reply: &Value, followed: &[Value]) -> Outcome {
    let mut body = format!("{{\"model\":\"{model}\",\"prompt\":\"A cat\"");
    for (name, value) in more {
        body.push_str(&format!(",\"{name}\":{value}"));
    }
    body.push('}');
    let case = Case {
        client: message("POST /v2/proxy/images/generations", body),
        reply: Some(message("200", reply)),
        followed: followed.iter().map(|body| message("200", body)).collect(),
        ..Case::default()
    };
    let reply = case.reply.as_ref().unwrap().body.clone();
    run(&gateway(), &case, [&reply[..]])
}

fn header<'a>(message: &'a Message, name: &str) -> &'a str {
    message.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}

/// Fails where a name stands twice, at any depth.
fn no_name_twice(json: &str) {
    match kind(json) {
        Kind::Object => {
            let object = Object::parse(json.as_bytes()).unwrap();
            object.members().iter().for_each(|member| no_name_twice(object.value(member)));
        }
        Kind::Array => items(json).for_each(no_name_twice),
        _ => {}
    }
}

/// What clients say: the name, the value, and what of it must be found in what goes up.
const SAID: &[(&str, &str, &[&str])] = &[
    ("n", "3", &["3"]),
    ("size", "\"1024x1536\"", &["1536", "2:3", "1.5"]),
    ("quality", "\"high\"", &["high", "HIGH"]),
    ("style", "\"a-style\"", &["a-style"]),
    ("background", "\"opaque\"", &["opaque"]),
    ("moderation", "\"a-level\"", &["a-level"]),
    ("output_format", "\"jpeg\"", &["jpeg", "jpg"]),
    ("output_compression", "37", &["37"]),
    ("user", "\"a-user\"", &["a-user"]),
    ("seed", "424242", &["424242"]),
    ("aspect_ratio", "\"7:13\"", &["7:13"]),
    ("resolution", "\"5K\"", &["5K"]),
    ("negative_prompt", "\"a-dog\"", &["a-dog"]),
    ("width", "777", &["777"]),
    ("num_images", "55", &["55"]),
    ("num_outputs", "66", &["66"]),
    ("image_size", "\"a-size\"", &["a-size"]),
    ("odd", "{\"a\":[1.50,\"é\"]}", &["{\"a\":[1.50,\"é\"]}"]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_a_client_says_arrives_once_or_is_named(
        language in proptest::sample::select(LANGUAGES),
        said in proptest::sample::subsequence(SAID, 0..SAID.len()),
        own in proptest::sample::subsequence(&["seed", "width", "n", "size", "steps"][..], 0..4),
    ) {
        let provider = language.model.split('/').next().unwrap();
        let mut more: Vec<(&str, &str)> = said.iter().map(|(name, value, _)| (*name, *value)).collect();
        let extras: Vec<String> =
            own.iter().enumerate().map(|(at, name)| format!("\"{name}\":{}", 9000 + at)).collect();
        let extras = format!("{{{}}}", extras.join(","));
        more.push((provider, &extras));
        let made = Made { url: "https://a/b".to_owned(), base64: "AAAA".to_owned(), form: language.alone.unwrap_or(Form::Url) };
        let outcome = language.asked(&more, &[made]);
        let answer = String::from_utf8(outcome.answer.body.clone()).unwrap();
        prop_assert_eq!(&outcome.answer.start, "200", "{}", answer);
        let dropped: Vec<&str> = header(&outcome.answer, "x-orq-dropped-params").split(", ").collect();
        let upstream = outcome.upstream.unwrap();
        let body = String::from_utf8(upstream.body.clone()).unwrap();
        no_name_twice(&body);
        let up = format!("{} {body}", header(&upstream, "accept"));
        for (name, _, found) in &said {
            prop_assert!(
                dropped.contains(name) || found.iter().any(|found| up.contains(found)),
                "{name} is lost: {up} {dropped:?}"
            );
        }
        for (at, name) in own.iter().enumerate() {
            let member = format!("\"{name}\":{}", 9000 + at);
            prop_assert!(up.contains(&member), "{name} is lost: {up}");
        }
    }

    #[test]
    fn pictures_come_as_the_provider_made_them_and_in_its_order(
        language in proptest::sample::select(LANGUAGES),
        pictures in proptest::collection::vec(("[a-z]{1,9}", "([A-Za-z0-9+/]{4}){1,9}"), 1..10),
        base64 in any::<bool>(),
        wanted in proptest::option::of(any::<bool>()),
    ) {
        let form = language.alone.unwrap_or(if base64 { Form::Base64 } else { Form::Url });
        let made: Vec<Made> = pictures
            .into_iter()
            .take(language.most)
            .map(|(path, base64)| Made { url: format!("https://pictures.example/{path}"), base64, form })
            .collect();
        let more = wanted.map(|wanted| ("response_format", if wanted { "\"b64_json\"" } else { "\"url\"" }));
        let outcome = language.asked(more.as_slice(), &made);
        let answer: Value = serde_json::from_slice(&outcome.answer.body).unwrap();
        prop_assert_eq!(&outcome.answer.start, "200", "{}", answer);
        let data = answer["data"].as_array().unwrap();
        prop_assert_eq!(data.len(), made.len());
        for (got, made) in data.iter().zip(&made) {
            match (form, wanted) {
                (Form::Base64, Some(false)) => {
                    let url = got["url"].as_str().unwrap();
                    prop_assert!(url.starts_with("data:image/"), "{url}");
                    prop_assert_eq!(url.split_once(";base64,").unwrap().1, &made.base64);
                }
                (Form::Base64, _) => prop_assert_eq!(got["b64_json"].as_str().unwrap(), &made.base64),
                (Form::Url, _) => prop_assert_eq!(got["url"].as_str().unwrap(), &made.url),
            }
        }
        if language.alone == Some(Form::Url) && wanted == Some(true) {
            prop_assert_eq!(header(&outcome.answer, "x-orq-dropped-params"), "response_format");
        }
    }
}

#[test]
fn a_job_that_never_ends_is_left_after_two_minutes() {
    for (model, begun, look) in [
        (
            "leonardoai/seedream-4.5",
            json!({"generate": {"generationId": "job-7"}}),
            json!({"generations_by_pk": {"status": "PENDING", "generated_images": []}}),
        ),
        (
            "fireworks/accounts/fireworks/models/flux-kontext-pro",
            json!({"request_id": "job-7"}),
            json!({"id": "job-7", "status": "Pending", "result": null}),
        ),
        // Replicate itself has waited for a minute.
        (
            "replicate/black-forest-labs/flux-1.1-pro",
            json!({"id": "job-7", "status": "starting"}),
            json!({"id": "job-7", "status": "processing", "output": null}),
        ),
    ] {
        // It is asked for as often as there are answers, and then ends as one to which none came.
        let left = |looks: usize| asked(model, &[], &begun, &vec![look.clone(); looks]);
        let outcome = (1..=100).map(left).find(|outcome| outcome.answer.start != "502").unwrap();
        let waited: u64 =
            outcome.follows.iter().map(|call| header(call, ":after").parse::<u64>().unwrap()).sum();
        assert!((60_000..=121_000).contains(&waited), "{model} {waited}");
        let error: Value = serde_json::from_slice(&outcome.answer.body).unwrap();
        assert_eq!(
            (outcome.answer.start.as_str(), &error["error"]["type"]),
            ("504", &json!("timeout_error"))
        );
        assert!(error["error"]["message"].as_str().unwrap().contains("job-7"), "{error}");
    }
}

#[test]
fn a_model_names_nothing_but_its_own_place_in_the_path() {
    let path = |model: &str| {
        let outcome = asked(model, &[], &fals(&[]), &[]);
        outcome.upstream.map(|upstream| upstream.start)
    };
    assert_eq!(path("fal/a/b"), Some("POST /a/b".to_owned()));
    assert_eq!(path("fal/a b/c?d=e#f"), Some("POST /a%20b/c%3Fd%3De%23f".to_owned()));
    assert_eq!(path("replicate/a/b:c/d"), Some("POST /v1/predictions".to_owned()));
    for model in [
        "fal/..",
        "fal/a/../b",
        "fal/a/./b",
        "fal/a//b",
        "fal/a/",
        "fal//a",
        "replicate/a/../../account",
        "nvidia/a/..",
    ] {
        assert_eq!(path(model), None, "{model}");
    }
}
