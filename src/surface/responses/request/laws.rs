//! Laws of requests, over such as nobody would send.

use super::tests::{read, sealed, told_to};
use crate::gateway::Unsupported;
use crate::surface::responses::seal::Kind as Sealed;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A text that is nowhere else.
fn unique(number: &mut usize) -> String {
    *number += 1;
    format!("only-here-{number}.")
}

/// An item of some kind, or a call and what it gave, every text in it unique.
fn items(kind: usize, number: &mut usize) -> Vec<Value> {
    let mut text = || unique(number);
    let item = match kind {
        0 => json!({"role": "user", "content": text()}),
        1 => json!({"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": text()},
            {"type": "input_image", "image_url": text(), "detail": "auto"},
            {"type": "input_file", "filename": text(), "file_data": text()}
        ]}),
        2 => json!({"role": "developer", "content": [{"type": "input_text", "text": text()}]}),
        3 => json!({"role": "assistant", "content": text()}),
        4 => json!({"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": text(), "annotations": []}, {"type": "refusal", "refusal": text()}
        ]}),
        5 => json!({"type": "function_call", "call_id": text(), "name": text(), "arguments": text()}),
        6 => json!({"type": "custom_tool_call", "call_id": text(), "name": text(), "input": text()}),
        7 => {
            let call =
                json!({"type": "function_call", "call_id": text(), "name": text(), "arguments": text()});
            let result =
                json!({"type": "function_call_output", "call_id": call["call_id"], "output": text()});
            return vec![call, result];
        }
        8 => {
            let call =
                json!({"type": "custom_tool_call", "call_id": text(), "name": text(), "input": text()});
            let output =
                json!([{"type": "input_text", "text": text()}, {"type": "input_text", "text": text()}]);
            let result =
                json!({"type": "custom_tool_call_output", "call_id": call["call_id"], "output": output});
            return vec![call, result];
        }
        9 => json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": text()}],
                    "encrypted_content": sealed(Sealed::Signature, &text())}),
        10 => {
            json!({"type": "reasoning", "summary": [], "encrypted_content": sealed(Sealed::Redacted, &text())})
        }
        11 => json!({"type": "reasoning", "summary": [], "encrypted_content": sealed(Sealed::Call, &text())}),
        12 => json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": text()}],
                     "encrypted_content": text()}),
        13 => {
            json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": text()}]})
        }
        _ => json!({"type": "web_search_call", "id": text(), "status": "completed"}),
    };
    vec![item]
}

/// JSON of names that mean something in a request, in places where they do and do not.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "type",
        "role",
        "content",
        "text",
        "id",
        "call_id",
        "name",
        "arguments",
        "input",
        "output",
        "summary",
        "encrypted_content",
        "image_url",
        "file_id",
        "file_data",
        "file_url",
        "filename",
        "detail",
        "refusal",
        "format",
        "schema",
        "strict",
        "effort",
        "mode",
        "tools",
        "parameters",
        "syntax",
        "definition",
        "verbosity",
        "cache_control",
        "server_url",
        "namespace",
        "caller",
    ]);
    let word = prop::sample::select(vec![
        "",
        "user",
        "assistant",
        "system",
        "message",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "reasoning",
        "input_text",
        "output_text",
        "input_image",
        "input_file",
        "refusal",
        "function",
        "custom",
        "mcp",
        "grammar",
        "json_schema",
        "allowed_tools",
        "auto",
        "orq1:s:toy:x",
        "orq1:c:toy:y",
        "a\"\\ü\n",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u32..9000).prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..7).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                members.collect::<serde_json::Map<_, _>>().into()
            }),
        ]
    })
}

fn any_param() -> impl Strategy<Value = (String, Value)> {
    let name = prop::sample::select(vec![
        "instructions",
        "tools",
        "tool_choice",
        "text",
        "reasoning",
        "include",
        "metadata",
        "max_output_tokens",
        "top_logprobs",
        "stream",
        "messages",
        "response_format",
        "reasoning_effort",
        "logprobs",
        "verbosity",
        "store",
        "truncation",
        "user",
        "n",
        "parallel_tool_calls",
    ]);
    (name.prop_map(str::to_owned), any_json())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_becomes_a_chat_or_is_refused_with_its_place(
        input in prop_oneof![prop::collection::vec(any_json(), 0..5).prop_map(Value::from), any_json()],
        params in prop::collection::vec(any_param(), 0..4),
    ) {
        let mut body: serde_json::Map<String, Value> = params.into_iter().collect();
        body.insert("model".to_owned(), json!("m"));
        body.insert("input".to_owned(), input);
        let text = Value::from(body).to_string();
        match told_to(&text, Unsupported::Drop) {
            Ok(told) => {
                let messages = told.messages().as_array().unwrap();
                prop_assert_eq!(messages.len(), told.names.messages.len());
                prop_assert!(told.names.messages.iter().all(|origin| origin.later.is_sorted()));
                // What a dialect's reader refuses is told in the client's terms.
                if let Some(error) = read(&told, |chat| chat.err()) {
                    let error = told.names.error(error);
                    prop_assert_eq!(error.status, 400);
                    let param = error.param.unwrap_or_default();
                    prop_assert!(!param.starts_with("messages") || param.starts_with("messages["), "{} of {}", param, text);
                }
            }
            Err(error) => {
                prop_assert_eq!(error.status, 400);
                prop_assert!(error.param.is_some(), "{:?} of {}", error, text);
            }
        }
    }

    #[test]
    fn no_text_of_the_client_is_lost(kinds in prop::collection::vec(0_usize..15, 1..9)) {
        let mut number = 0;
        let items: Vec<Value> = kinds.iter().flat_map(|kind| items(*kind, &mut number)).collect();
        let body = json!({"model": "m", "input": items}).to_string();
        let told = match told_to(&body, Unsupported::Drop) {
            Ok(told) => told,
            Err(error) => {
                // Nothing was said that goes to a model.
                prop_assert_eq!(error.code.as_deref(), Some("empty_array"), "{}", body);
                prop_assert!(kinds.iter().all(|kind| [11, 12, 14].contains(kind)), "{}", body);
                return Ok(());
            }
        };
        let chat = told.chat.to_string();
        for (at, item) in items.iter().enumerate() {
            let named = told.dropped.iter().any(|name| name.starts_with(&format!("input[{at}]")));
            for text in item.to_string().split("only-here-").skip(1) {
                let text = format!("only-here-{}.", text.split('.').next().unwrap());
                prop_assert!(named || chat.contains(&text), "{} of {} is not in {}", text, body, chat);
            }
        }
        read(&told, |chat| chat.map(|_| ())).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    }
}
