//! Laws of what goes to a provider, over requests that nobody would send.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

use orq_ai_proxy::config;
use orq_ai_proxy::exchange::Step;
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::provider::{Host, table};
use orq_ai_proxy::wire::json::Object;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::rc::Rc;

/// The rows whose chats are in OpenAI's language.
fn rows() -> Vec<&'static str> {
    let speaks = |row: &&orq_ai_proxy::provider::Provider| {
        !matches!(row.host, Host::Regional { .. })
            && row
                .routes
                .iter()
                .any(|route| route.dialect.id() == "openai" && route.path.ends_with("/chat/completions"))
    };
    table::all().filter(speaks).map(|row| row.id).collect()
}

/// Rows of every language whose models have no Responses of their own.
const BRIDGED: [&str; 5] = ["anthropic", "cohere", "google-ai", "mistral", "togetherai"];

fn gateway() -> Rc<Gateway> {
    gateway_of(&rows())
}

fn gateway_of(rows: &[&str]) -> Rc<Gateway> {
    let hash = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
    let providers: serde_json::Map<_, _> = rows
        .iter()
        .map(|id| ((*id).to_owned(), json!({"api_key": {"value": "k"}, "host": "h.example"})))
        .collect();
    let text = json!({"keys": [{"id": "demo", "sha256": hash}], "providers": providers, "models": ["*"]})
        .to_string();
    Rc::new(config::load(text.as_bytes(), &|_| None).unwrap())
}

/// The body that goes to the provider, or the error's status.
fn sent(gateway: &Rc<Gateway>, body: &str) -> Result<Vec<u8>, u16> {
    asked(gateway, "/chat/completions", body).map_err(|(status, _)| status)
}

/// The body that goes to the provider, or the error's status and body.
fn asked(gateway: &Rc<Gateway>, path: &str, body: &str) -> Result<Vec<u8>, (u16, Vec<u8>)> {
    let path = format!("/v2/proxy{path}");
    let headers: Vec<(String, Vec<u8>)> = [
        (":method", "POST"),
        (":path", path.as_str()),
        ("authorization", "Bearer sk-orq-demo"),
        ("content-type", "application/json"),
    ]
    .iter()
    .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
    .collect();
    let mut exchange = gateway.exchange();
    assert_eq!(exchange.request_headers(headers.into(), false, || 0), Step::Buffer);
    exchange
        .request_body(body.as_bytes().to_vec(), || 0)
        .map(|forward| forward.body.bytes(&forward.client))
        .map_err(|reply| (reply.status, reply.body))
}

/// JSON of names that mean something in a chat, in places where they do and do not.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "role",
        "content",
        "type",
        "text",
        "thinking",
        "reasoning",
        "reasoning_content",
        "reasoning_signature",
        "reasoning_details",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "tool_call_id",
        "refusal",
        "file",
        "file_data",
        "file_id",
        "filename",
        "input_audio",
        "data",
        "image_url",
        "url",
        "detail",
        "enabled",
        "budget_tokens",
        "json_schema",
        "schema",
        "parameters",
        "strict",
        "cache_control",
        "thought_signature",
        "extra_content",
        "citations",
        "prefix",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u32..9000).prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "assistant",
            "system",
            "developer",
            "user",
            "tool",
            "text",
            "file",
            "input_audio",
            "refusal",
            "image_url",
            "thinking",
            "enabled",
            "disabled",
            "function",
            "data:a/b;base64,AA",
            "a\"\\ü",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

fn any_param() -> impl Strategy<Value = (&'static str, Value)> {
    let name = prop::sample::select(vec![
        "thinking",
        "web_search_options",
        "reasoning_effort",
        "tools",
        "tool_choice",
        "response_format",
        "prediction",
        "service_tier",
        "seed",
        "top_p",
        "temperature",
        "max_completion_tokens",
        "max_tokens",
        "user",
        "store",
        "stream_options",
        "reasoning",
        "enable_search",
        "mistral",
        "openai",
        "groq",
    ]);
    let value = prop_oneof![
        3 => any_json(),
        1 => Just(json!({"type": "enabled", "budget_tokens": 3000})),
        1 => Just(json!({"type": "disabled"})),
        1 => Just(json!("none")),
        1 => Just(json!({"reasoning_effort": "low", "max_tokens": 3, "tools": [], "reasoning": {}, "random_seed": 1})),
        1 => Just(json!({"enabled": true, "search_context_size": "low"})),
        1 => Just(json!([{"type": "function", "function": {"name": "f"}, "cache_control": {}}])),
    ];
    (name, value)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_goes_on_as_json_or_is_refused(
        messages in prop_oneof![prop::collection::vec(any_json(), 0..4).prop_map(Value::from), any_json()],
        params in prop::collection::vec(any_param(), 0..5),
        model_last in any::<bool>(),
    ) {
        thread_local! {
            static GATEWAY: Rc<Gateway> = gateway();
        }
        let mut members: Vec<(String, Value)> = vec![("messages".to_owned(), messages)];
        for (name, value) in params {
            if members.iter().all(|(other, _)| other != name) {
                members.push((name.to_owned(), value));
            }
        }
        for row in rows() {
            let mut all = members.clone();
            let at = if model_last { all.len() } else { 0 };
            all.insert(at, ("model".to_owned(), json!(format!("{row}/qwen/m"))));
            let text: Vec<String> = all.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
            let text = format!("{{{}}}", text.join(","));
            match GATEWAY.with(|gateway| sent(gateway, &text)) {
                Ok(body) => {
                    let object = Object::parse(&body);
                    prop_assert!(object.is_ok(), "{}: {} became {}", row, text, String::from_utf8_lossy(&body));
                    let object = object.unwrap();
                    prop_assert_eq!(object.get("model"), Some("\"qwen/m\""));
                    let again: Result<Value, _> = serde_json::from_slice(&body);
                    prop_assert!(again.is_ok());
                }
                Err(status) => prop_assert_eq!(status, 400, "{}: {}", row, text),
            }
        }
    }
}

/// The recorded requests of `/responses`, as their clients sent them.
fn recorded() -> Vec<(String, Value)> {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(std::path::PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recorded requests are told as chats");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let lines = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let list: Vec<_> = lines
        .filter(|line| line["endpoint"] == "responses")
        .filter_map(|line| {
            let case = line["case"].as_str()?.to_owned();
            let file = folder.join(&case).join(line["request_file"].as_str()?);
            Some((case, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()))
        })
        .collect();
    assert!(!list.is_empty(), "the index of the recordings is read");
    list
}

#[test]
fn recorded_requests_of_responses_are_told_as_chats_or_refused_by_name() {
    let gateway = gateway_of(&BRIDGED);
    for (case, mut body) in recorded() {
        for row in BRIDGED {
            body["model"] = json!(format!("{row}/m"));
            match asked(&gateway, "/responses", &body.to_string()) {
                Ok(sent) => {
                    serde_json::from_slice::<Value>(&sent).unwrap();
                    if let Value::String(input) = &body["input"] {
                        let sent = String::from_utf8(sent).unwrap();
                        assert!(sent.contains(json!(input).to_string().trim_matches('"')), "{case} to {row}");
                    }
                }
                Err((status, reply)) => {
                    let error = serde_json::from_slice::<Value>(&reply).unwrap();
                    let param = error["error"]["param"].as_str().unwrap_or_default();
                    assert_eq!(status, 400, "{case} to {row}: {error}");
                    let member = param.split(['.', '[']).next().unwrap();
                    assert!(body.get(member).is_some(), "{case} to {row}: {error}");
                }
            }
        }
    }
}
