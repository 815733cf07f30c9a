//! Configurations: any text is refused in a sentence or makes a gateway that serves; the
//! `google.protobuf.Struct` of the same fares the same. The input is the text, or such a Struct.

#![no_main]

mod common;

use common::{assert_error, is_json};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::config::load;
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::exchange::{Forward, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::rc::Rc;

const TOKEN: &str = "sk-orq-fuzz";
const HASH: &str = "8057337a6a86060569020704154874947923e12e74b18e13507a74eda2aced60";
/// Where it stands as a value that may be a key, no refusal may repeat it.
const SECRET: &str = "S3CR3T";

/// A model that nobody knows.
const MODEL: &str = "fuzz/m \u{e9}";

fn environment(name: &str) -> Option<String> {
    match name.bytes().next() {
        Some(b'A'..=b'M') => Some(format!(" {SECRET}-of-{name}\n")),
        Some(b'N'..=b'Z') => Some(String::new()),
        _ => None,
    }
}

/// Whether it stands anywhere but as, or in, the value of a provider's `api_key` or `headers`.
fn is_public(config: &Value) -> bool {
    let mut config = config.clone();
    if let Some(providers) = config.get_mut("providers").and_then(Value::as_object_mut) {
        for provider in providers.values_mut().filter_map(Value::as_object_mut) {
            for name in ["api_key", "headers"] {
                match provider.get_mut(name) {
                    Some(Value::Object(map)) => map.values_mut().for_each(|value| *value = Value::Null),
                    Some(value) => *value = Value::Null,
                    None => {}
                }
            }
        }
    }
    config.to_string().contains(SECRET)
}

fuzz_target!(|text: &[u8]| {
    let config = serde_json::from_slice::<Value>(text);
    if let Ok(config) = &config {
        same_as_struct(text, config);
    }
    let config = match (load(text, &environment), config) {
        (Err(fault), config) => {
            assert!(!fault.is_empty());
            if config.is_ok_and(|config| !is_public(&config)) {
                assert!(!fault.contains(SECRET), "a refusal repeats a key: {fault}");
            }
            return;
        }
        // A Struct, of which `same_as_struct` makes enough.
        (Ok(_), Err(_)) if text.is_empty() || text[0] == b'\n' => return,
        (Ok(_), Err(fault)) => panic!("it is no JSON: {fault}"),
        (Ok(_), Ok(config)) => config,
    };
    // One more key harms nobody.
    let mut config = config;
    let root = config.as_object_mut().expect("an object");
    let keys = root.entry("keys").or_insert_with(|| json!([]));
    keys.as_array_mut().expect("a list").push(json!({"id": "fuzz", "sha256": HASH}));
    let gateway = load(config.to_string().as_bytes(), &environment).expect("still a configuration");
    serve(&Rc::new(gateway), &config);
});

/// Envoy hands a Struct over in either form.
fn same_as_struct(text: &[u8], config: &Value) {
    let Value::Object(map) = config else { return };
    // A Struct knows no name twice and doubles alone, and nests less.
    let twice = common::members(text).is_none_or(|members| members.twice);
    let exact = |number: &serde_json::Number| number.as_u64().is_some_and(|number| number < 1 << 53);
    if map.is_empty() || twice || common::depth(text) > 8 || !all_numbers(config, &exact) {
        return;
    }
    // Of names that stand twice further down, a `Value` keeps the last.
    let json = load(config.to_string().as_bytes(), &environment);
    let bytes = load(&structure(map), &environment);
    let shown = |gateway: Result<Gateway, String>| {
        gateway.map(|gateway| format!("{gateway:?}")).map_err(|fault| {
            // The place in the text is another.
            fault.split(" at line ").next().unwrap_or_default().to_owned()
        })
    };
    assert_eq!(shown(json), shown(bytes));
}

fn all_numbers(value: &Value, fits: &dyn Fn(&serde_json::Number) -> bool) -> bool {
    match value {
        Value::Number(number) => fits(number),
        Value::Array(list) => list.iter().all(|value| all_numbers(value, fits)),
        Value::Object(map) => map.values().all(|value| all_numbers(value, fits)),
        _ => true,
    }
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(length as u8 & 0x7f | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(content);
    out
}

fn structure(map: &serde_json::Map<String, Value>) -> Vec<u8> {
    let entry = |(name, value): (&String, &Value)| {
        field(1, &[field(1, name.as_bytes()), field(2, &structured(value))].concat())
    };
    map.iter().flat_map(entry).collect()
}

fn structured(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![1 << 3, 0],
        Value::Bool(truth) => vec![4 << 3, u8::from(*truth)],
        Value::Number(number) => {
            [&[2 << 3 | 1][..], &number.as_f64().unwrap_or_default().to_le_bytes()].concat()
        }
        Value::String(text) => field(3, text.as_bytes()),
        Value::Array(list) => {
            field(6, &list.iter().flat_map(|value| field(1, &structured(value))).collect::<Vec<_>>())
        }
        Value::Object(map) => field(5, &structure(map)),
    }
}

fn headers(method: &str, path: &str, more: &[(&str, &str)]) -> Headers {
    let bearer = format!("Bearer {TOKEN}");
    let own = [(":method", method), (":path", path), (":authority", "a"), ("authorization", &bearer)];
    let list = own.iter().chain(more);
    list.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect::<Vec<_>>().into()
}

fn get(gateway: &Rc<Gateway>, path: &str) -> Reply {
    let path = format!("{}{path}", gateway.base_path);
    match gateway.exchange().request_headers(headers("GET", &path, &[]), true, || 0) {
        Step::Reply(reply) => reply,
        Step::Buffer | Step::Continue(_) => panic!("a GET of models is answered at once"),
    }
}

fn serve(gateway: &Rc<Gateway>, config: &Value) {
    let listed = get(gateway, "/models");
    match listed.status {
        200 => {
            let list: Value = serde_json::from_slice(&listed.body).expect("JSON");
            for model in list["data"].as_array().expect("a list") {
                let id = model["id"].as_str().expect("an id");
                let path = format!("/models/{}", utf8_percent_encode(id, NON_ALPHANUMERIC));
                let one = get(gateway, &path);
                assert_eq!(one.status, 200, "{id} is listed but not there");
                assert_eq!(&serde_json::from_slice::<Value>(&one.body).unwrap(), model);
                let owner = model["owned_by"].as_str().expect("an owner");
                let upstream = &gateway.garden.providers()[owner];
                let endpoint = upstream.endpoints().next().expect("a row has routes");
                if let Err(reply) = call(gateway, endpoint, id) {
                    let shown = String::from_utf8_lossy(&reply.body);
                    assert!(is_about_model(&reply), "{id} is listed but refused: {shown}");
                }
            }
        }
        404 => {
            // Of patterns alone there is no list.
            assert_error(&listed.body);
            let models = config.get("models").and_then(Value::as_array);
            let exact = |model: &Value| {
                model.get("id").unwrap_or(model).as_str().is_some_and(|id| !id.ends_with('*'))
            };
            assert!(!models.is_some_and(|models| models.iter().any(exact)), "models are not listed");
        }
        other => panic!("{other} for /models"),
    }
    let all_usable = config.get("models").is_none_or(Value::is_null);
    for (id, upstream) in gateway.garden.providers() {
        for endpoint in upstream.endpoints() {
            match call(gateway, endpoint, &format!("{id}/{MODEL}")) {
                Ok(forward) => {
                    // Or it is told as a chat.
                    let route = upstream.route(endpoint, MODEL);
                    let route = route.or_else(|| upstream.route(Endpoint::ChatCompletions, MODEL));
                    let route = route.expect("a route");
                    let (authority, cluster) = upstream.place(route);
                    assert_eq!(forward.headers.text("x-orq-cluster"), Some(cluster));
                    assert_eq!(forward.headers.text(":authority"), Some(authority));
                }
                Err(reply) => {
                    let is_unlisted = !all_usable && reply.status == 404;
                    let shown = String::from_utf8_lossy(&reply.body);
                    assert!(is_unlisted || is_about_model(&reply), "{id} {endpoint:?}: {shown}");
                    assert_error(&reply.body);
                }
            }
        }
    }
}

/// Whether the model itself is refused: of some providers only those are served whose form is known.
fn is_about_model(reply: &Reply) -> bool {
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    matches!(reply.status, 400 | 404) && body["error"]["param"] == "model"
}

/// What each endpoint needs, its model aside.
fn needs(endpoint: Endpoint) -> Value {
    match endpoint {
        Endpoint::ChatCompletions => json!({"messages": [{"role": "user", "content": "Hi"}]}),
        Endpoint::Completions => json!({"prompt": "Hi"}),
        Endpoint::Rerank => json!({"query": "Hi", "documents": ["Hi"]}),
        Endpoint::ImageGenerations => json!({"prompt": "Hi"}),
        Endpoint::Speech => json!({"input": "Hi", "voice": "alloy"}),
        _ => json!({"input": "Hi"}),
    }
}

/// The client's body; `all`: with parameters that not all providers take.
fn body(endpoint: Endpoint, model: &str, all: bool) -> String {
    if endpoint.takes().multipart {
        let file = if matches!(endpoint, Endpoint::ImageEdits | Endpoint::ImageVariations) {
            ("image", "image/png", "\u{7f}PNG")
        } else {
            ("file", "audio/mpeg", "ID3")
        };
        let (name, kind, content) = file;
        return format!(
            "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n\
             --b\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\nHi\r\n\
             --b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\
             content-type: {kind}\r\n\r\n{content}\r\n--b--\r\n"
        );
    }
    let mut body = needs(endpoint);
    body["model"] = model.into();
    if all && endpoint == Endpoint::ChatCompletions {
        body["max_completion_tokens"] = 1.into();
        body["temperature"] = 9.into();
    }
    body.to_string()
}

/// A whole exchange; what went up, or the refusal.
fn call(gateway: &Rc<Gateway>, endpoint: Endpoint, model: &str) -> Result<Forward, Reply> {
    let form = endpoint.takes().multipart;
    let content_type = if form { "multipart/form-data; boundary=b" } else { "application/json" };
    let sent = body(endpoint, model, true);
    // Of a long body the limit speaks, not the configuration.
    let mut exchange = gateway.exchange();
    let path = format!("{}{}", gateway.base_path, endpoint.path());
    match exchange.request_headers(headers("POST", &path, &[("content-type", content_type)]), false, || 0) {
        Step::Buffer => {}
        Step::Continue(_) => panic!("a body is waited for"),
        Step::Reply(reply) => return Err(reply),
    }
    let forward = match exchange.request_body(sent.into_bytes(), || 0) {
        Ok(forward) => forward,
        // `unsupported_params: reject` refuses the temperature with its name.
        Err(reply) if reply.status == 400 && common::contains(&reply.body, b"unsupported_parameter") => {
            let mut exchange = gateway.exchange();
            let body = body(endpoint, model, false);
            exchange.request_headers(headers("POST", &path, &[("content-type", content_type)]), false, || 0);
            return exchange.request_body(body.into_bytes(), || 0);
        }
        Err(reply) => return Err(reply),
    };
    for (name, value) in forward.headers.as_slice() {
        let token = name.strip_prefix(':').unwrap_or(name);
        assert!(
            !token.is_empty() && !token.bytes().any(|b| b.is_ascii_uppercase() || b <= b' ' || b == b':'),
            "{name}"
        );
        assert!(value.iter().all(|b| *b >= b' ' && *b != 0x7f), "{name} holds control characters");
    }
    let path = forward.headers.text(":path").expect("a path");
    assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    assert!(!path.contains('#'), "{path}");
    let sent = forward.body.bytes(&forward.client);
    assert_eq!(forward.headers.text("content-length"), Some(sent.len().to_string().as_str()));
    if forward.headers.text("content-type") == Some("application/json") {
        assert!(is_json(&sent), "{}", String::from_utf8_lossy(&sent));
    }

    let answer: Headers = vec![
        (":status".to_owned(), b"400".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ]
    .into();
    assert!(matches!(exchange.answer_headers(answer, false, || Some("via_upstream".to_owned())), Head::Hold));
    let body = br#"{"message":"bad \"x\"","code":7,"object":"error"}"#;
    match exchange.answer_piece(body.len(), true, || body.to_vec()) {
        Piece::Release(_, Some(body)) => assert_error(&body),
        other => panic!("{other:?}"),
    }
    assert!(exchange.record().is_some_and(|record| is_json(record.as_bytes())));
    Ok(forward)
}
