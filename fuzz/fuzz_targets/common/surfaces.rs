//! The surfaces that are told as chats, and the laws of their streams.

use super::translated::{Surface, chunk_laws};
use super::{assert_error, events, fields, is_json};
use serde_json::Value;
use std::collections::BTreeMap;

/// `POST /responses`
pub const RESPONSES: Surface = Surface {
    path: "/responses",
    ask: r#""input":"Hi""#,
    members: &[
        "id",
        "object",
        "created_at",
        "status",
        "error",
        "incomplete_details",
        "instructions",
        "metadata",
        "model",
        "output",
        "parallel_tool_calls",
        "previous_response_id",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_p",
        "usage",
    ],
    judge: responses,
};

/// `POST /completions`
pub const COMPLETIONS: Surface = Surface {
    path: "/completions",
    ask: r#""prompt":"Hi""#,
    members: &["id", "object", "created", "model", "choices", "usage"],
    judge: completions,
};

/// An item that is told, and what of it is open.
#[derive(Default)]
struct Item {
    id: String,
    over: bool,
    /// Its parts by kind (`content`, `summary`) and number: whether they are over.
    parts: BTreeMap<(&'static str, u64), bool>,
    /// What the deltas of each text say together, by their event's name without `.delta`.
    said: BTreeMap<(String, u64), String>,
    /// Its annotations, by the number of their part.
    cited: BTreeMap<u64, Vec<Value>>,
}

/// Events count up, items and their parts pair, deltas are what the end of a text says, and the last event is
/// `completed`, `incomplete`, or `error` and `failed`.
fn responses(text: &str) {
    assert!(text.ends_with("\n\n"), "{text}");
    let mut items: Vec<Item> = Vec::new();
    let (mut response, mut failing, mut over) = (None::<Value>, false, false);
    for (number, event) in events(text).iter().enumerate() {
        assert!(!over, "something follows the end: {text}");
        let (name, data) = fields(event);
        let data = data.expect("data");
        assert!(is_json(data.as_bytes()), "{data}");
        // Half surrogates and huge numbers are beyond a `Value`.
        let Ok(data) = serde_json::from_str::<Value>(&data) else { return };
        let kind = data["type"].as_str().expect("a type").to_owned();
        assert_eq!(name.as_deref(), Some(kind.as_str()));
        assert_eq!(data["sequence_number"].as_u64(), u64::try_from(number).ok(), "{text}");
        assert_eq!(number == 0, kind == "response.created", "{text}");
        assert_eq!(number == 1, kind == "response.in_progress", "{text}");
        assert!(!failing || kind == "response.failed", "an error, and no failure: {text}");
        if let Some(now) = data.get("response") {
            for name in RESPONSES.members {
                assert!(now.get(*name).is_some(), "no {name}: {text}");
            }
            for name in ["id", "created_at", "model"] {
                assert!(
                    response.as_ref().is_none_or(|then: &Value| then[name] == now[name]),
                    "another {name}: {text}"
                );
            }
            response = Some(now.clone());
        }
        match kind.as_str() {
            "response.created" | "response.in_progress" => {
                assert_eq!(data["response"]["status"], "in_progress", "{text}");
            }
            "error" => {
                assert_error(data.to_string().as_bytes());
                failing = true;
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                let status = kind.trim_start_matches("response.");
                assert_eq!(data["response"]["status"], status, "{text}");
                assert_eq!(failing, status == "failed", "{text}");
                let output = data["response"]["output"].as_array().expect("output");
                let told: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
                let listed: Vec<_> =
                    output.iter().map(|item| item["id"].as_str().unwrap_or_default()).collect();
                assert_eq!(told, listed, "{text}");
                assert!(failing || items.iter().all(|item| item.over), "an item has no end: {text}");
                for (item, listed) in items.iter().zip(output) {
                    for (part, cited) in &item.cited {
                        let part = &listed["content"][usize::try_from(*part).expect("a small one")];
                        assert_eq!(part["annotations"].as_array(), Some(cited), "{text}");
                    }
                }
                over = true;
            }
            _ => item_event(&mut items, &kind, &data, text),
        }
    }
    assert!(over, "the end is not told: {text}");
}

fn item_event(items: &mut Vec<Item>, kind: &str, data: &Value, text: &str) {
    let at = usize::try_from(data["output_index"].as_u64().expect("an index")).expect("a small one");
    let id = data["item"]["id"].as_str().or(data["item_id"].as_str()).expect("an id");
    if kind == "response.output_item.added" {
        assert_eq!(at, items.len(), "items are not in order: {text}");
        assert!(items.iter().all(|item| item.id != id), "an id stands twice: {text}");
        return items.push(Item { id: id.to_owned(), ..Item::default() });
    }
    let item = items.get_mut(at).unwrap_or_else(|| panic!("no item is there: {text}"));
    assert_eq!(item.id, id, "{text}");
    // What a text rests on may be known when it is over.
    if kind == "response.output_text.annotation.added" {
        let part = data["content_index"].as_u64().expect("a number");
        assert!(item.parts.contains_key(&("content", part)), "no part is there: {text}");
        let cited = item.cited.entry(part).or_default();
        assert_eq!(data["annotation_index"].as_u64(), u64::try_from(cited.len()).ok(), "{text}");
        return cited.push(data["annotation"].clone());
    }
    assert!(!item.over, "something of an item follows its end: {text}");
    let part = ["content", "summary"]
        .into_iter()
        .find_map(|name| Some((name, data[format!("{name}_index")].as_u64()?)));
    match kind {
        "response.output_item.done" => {
            assert!(item.parts.values().all(|over| *over), "a part has no end: {text}");
            assert!(item.said.is_empty(), "a text has no end: {text}");
            item.over = true;
        }
        "response.content_part.added" | "response.reasoning_summary_part.added" => {
            assert_eq!(item.parts.insert(part.expect("a number"), false), None, "{text}");
        }
        "response.content_part.done" | "response.reasoning_summary_part.done" => {
            assert_eq!(item.parts.insert(part.expect("a number"), true), Some(false), "{text}");
        }
        _ => {
            if let Some(part) = part {
                assert_eq!(item.parts.get(&part), Some(&false), "the part is not open: {text}");
            }
            let key = |name: &str| (name.to_owned(), part.map_or(0, |(_, number)| number));
            if let Some(name) = kind.strip_suffix(".delta") {
                item.said.entry(key(name)).or_default().push_str(data["delta"].as_str().expect("a delta"));
            } else if let Some(name) = kind.strip_suffix(".done") {
                let whole = ["text", "refusal", "arguments", "input", "code"]
                    .into_iter()
                    .find_map(|name| data[name].as_str())
                    .unwrap_or_default();
                assert_eq!(item.said.remove(&key(name)).unwrap_or_default(), whole, "{text}");
            }
        }
    }
}

/// Each choice of a chunk is some of a completion's text.
fn completions(text: &str) {
    chunk_laws(text, |chunk| {
        assert_eq!(chunk["object"], "text_completion", "{text}");
        for choice in chunk["choices"].as_array().expect("choices") {
            assert!(choice["text"].is_string(), "{text}");
        }
    });
}
