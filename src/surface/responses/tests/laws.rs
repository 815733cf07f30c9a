//! What every stream of Responses keeps to, whatever an answer tells.

use super::*;

/// One call of an [`Answer`].
#[derive(Clone, Debug)]
enum Told {
    Text(String),
    Refusal(String),
    Reasoning(String),
    Signature,
    Redacted,
    Call(bool, bool),
    Arguments(usize, &'static str),
    Cite(usize, usize),
    Source,
    Image,
    Logprobs,
    Serve(u8),
    Input(usize),
    Served(usize, u8),
    Finish(FinishReason),
    Other,
}

fn told() -> impl Strategy<Value = Told> {
    let text = || "[a\"\n\u{1F600}]{0,3}";
    prop_oneof![
        4 => text().prop_map(Told::Text),
        1 => text().prop_map(Told::Refusal),
        3 => text().prop_map(Told::Reasoning),
        1 => Just(Told::Signature),
        1 => Just(Told::Redacted),
        2 => any::<(bool, bool)>().prop_map(|(signed, custom)| Told::Call(signed, custom)),
        3 => (0..4_usize, prop::sample::select(vec!["{\"input\":\"a\\n", "\"}", "{}", "{\"input\":1}"]))
            .prop_map(|(call, text)| Told::Arguments(call, text)),
        1 => (0..6_usize, 0..6_usize).prop_map(|(start, end)| Told::Cite(start, end)),
        1 => Just(Told::Source),
        1 => Just(Told::Image),
        1 => Just(Told::Logprobs),
        1 => (0..4_u8).prop_map(Told::Serve),
        1 => (0..3_usize).prop_map(Told::Input),
        2 => (0..3_usize, 0..6_u8).prop_map(|(number, outcome)| Told::Served(number, outcome)),
        1 => prop::sample::select(vec![FinishReason::Stop, FinishReason::Length, FinishReason::ContentFilter])
            .prop_map(Told::Finish),
        1 => Just(Told::Other),
    ]
}

fn tell(out: &mut dyn Answer, told: &Told) {
    match told {
        Told::Text(text) => out.text(0, plain(text)),
        Told::Refusal(text) => out.refusal(0, plain(text)),
        Told::Reasoning(text) => out.reasoning(0, plain(text)),
        Told::Signature => out.signature(0, plain("sig")),
        Told::Redacted => out.redacted(0, plain("red")),
        Told::Call(signed, custom) => {
            let name = plain(if *custom { "note" } else { "f" });
            out.tool_call(0, Call { id: Some(plain("c")), name, signature: signed.then_some(plain("s")) });
        }
        Told::Arguments(call, text) => out.arguments(0, *call, plain(text)),
        Told::Cite(start, end) => {
            out.citation(0, Citation { url: plain("https://a"), title: None, start: *start, end: *end });
        }
        Told::Source => out.source(0, "{\n}"),
        Told::Image => out.image(0, "image/png", plain("AAAA")),
        Told::Logprobs => out.logprobs(0, "{\"token\":\"a\",\n\"logprob\":-1}"),
        Told::Serve(tool) => {
            let (server, name) = (plain("srv"), plain("t"));
            let tool = match tool {
                0 => Served::WebSearch,
                1 => Served::CodeInterpreter(None),
                2 => Served::McpListTools(server),
                _ => Served::McpCall { server, name },
            };
            out.serve(0, Service { id: None, tool });
        }
        Told::Input(number) => out.serve_input(0, *number, plain("{\"b\":1}")),
        Told::Served(number, outcome) => {
            let text = plain("w\"");
            let outcome = match outcome {
                0 => Outcome::Searched { queries: &[text, text], sources: &[text] },
                1 => Outcome::Ran { container: Some(text), outputs: "{\"type\":\"logs\",\n\"logs\":\"1\"}" },
                2 => Outcome::Listed("{\"name\":\"t\",\n\"input_schema\":{}}"),
                3 => Outcome::Answered(text),
                _ => Outcome::Failed(text),
            };
            out.served(0, *number, outcome);
        }
        Told::Finish(reason) => out.finish(0, *reason),
        Told::Other => {
            out.text(1, plain("other"));
            assert_eq!(out.tool_call(1, call("x", "y")), 0);
            out.audio(0, plain("AA"));
            out.extra(0, "{\n}");
        }
    }
}

/// What a client has of a stream: checks all that its events must keep to, and puts the items together.
#[derive(Default)]
struct Client {
    items: Vec<Value>,
    done: Vec<bool>,
    /// For each item: texts of its deltas, by their events' kind and part.
    deltas: std::collections::BTreeMap<(usize, String, u64), String>,
    open_parts: std::collections::BTreeSet<(usize, String, u64)>,
}

impl Client {
    fn hear(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap();
        let index = || usize::try_from(event["output_index"].as_u64().unwrap()).unwrap();
        let part =
            ["content_index", "summary_index"].iter().find_map(|name| event[name].as_u64()).unwrap_or(0);
        if kind == "response.output_item.added" {
            assert_eq!(index(), self.items.len(), "items begin in order");
            let known: Vec<_> = self.items.iter().map(|item| &item["id"]).collect();
            assert!(!known.contains(&&event["item"]["id"]), "ids differ");
            self.items.push(event["item"].clone());
            return self.done.push(false);
        }
        if kind == "response.output_item.done" {
            let index = index();
            assert!(!core::mem::replace(&mut self.done[index], true), "an item ends once");
            for same in ["id", "type", "call_id", "name", "role", "server_label"] {
                assert_eq!(self.items[index][same], event["item"][same], "{same}");
            }
            assert_ne!(event["item"]["status"], "in_progress");
            assert!(self.open_parts.iter().all(|(of, ..)| *of != index), "parts end before their item");
            self.items[index] = event["item"].clone();
            return;
        }
        let index = index();
        assert_eq!(self.items[index]["id"], event["item_id"]);
        if kind == "response.output_text.annotation.added" {
            assert!(!self.done[index], "{kind} of an item that has ended");
            assert!(self.open_parts.contains(&(index, "response.content_part".to_owned(), part)));
            return;
        }
        assert!(!self.done[index], "{kind} of an item that has ended");
        let (stem, what) = kind.rsplit_once('.').unwrap();
        let key = (index, stem.to_owned(), part);
        match what {
            "added" => assert!(self.open_parts.insert(key)),
            "delta" => {
                let text = event["delta"].as_str().unwrap();
                assert!(!text.is_empty(), "no delta says nothing");
                self.deltas.entry(key).or_default().push_str(text);
            }
            "done" if stem.ends_with("_part") => assert!(self.open_parts.remove(&key)),
            "done" => {
                let text = ["text", "refusal", "arguments", "input", "code"]
                    .iter()
                    .find_map(|name| event[name].as_str());
                assert_eq!(text.unwrap(), self.deltas.remove(&key).unwrap_or_default(), "{kind}");
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn a_stream_keeps_to_its_order_and_says_what_the_body_says(
        told in prop::collection::vec(told(), 0..24),
        last in prop::sample::select(vec![FinishReason::Stop, FinishReason::Length]),
        fails: bool,
    ) {
        let all = |out: &mut Responses| {
            for told in &told {
                tell(out, told);
            }
            out.finish(0, last);
        };
        let mut out = answer(true);
        all(&mut out);
        if fails {
            out.fail(&Error::truncated());
        } else {
            out.close();
        }
        let events = events(&out.take());
        for (number, event) in events.iter().enumerate() {
            prop_assert_eq!(&event["sequence_number"], number);
        }
        prop_assert_eq!(&kinds(&events)[..2], ["created", "in_progress"]);
        let end = events.len() - if fails { 2 } else { 1 };
        let mut client = Client::default();
        events[2..end].iter().for_each(|event| client.hear(event));
        let object = &events.last().unwrap()["response"];
        let ids: Vec<_> = client.items.iter().map(|item| &item["id"]).collect();
        let output = object["output"].as_array().unwrap();
        prop_assert_eq!(output.iter().map(|item| &item["id"]).collect::<Vec<_>>(), ids);
        prop_assert!(output.iter().all(|item| item["status"] != "in_progress"));
        if fails {
            prop_assert_eq!(&object["status"], "failed");
        } else {
            prop_assert!(client.done.iter().all(|done| *done));
            prop_assert!(client.open_parts.is_empty() && client.deltas.is_empty());
            prop_assert_eq!(output, &client.items);
            prop_assert_eq!(object, &body(all));
        }
        let calls: Vec<_> = output.iter().filter_map(|item| item["call_id"].as_str()).collect();
        let unique: std::collections::BTreeSet<_> = calls.iter().collect();
        prop_assert_eq!(unique.len(), calls.len());
    }
}
