//! Tools that Google runs while it answers, in the hub's terms: searches of the web, and code.
//!
//! A search is told by a part of its own (`toolCall`, `toolResponse`) where
//! `includeServerSideToolInvocations` asks for that, and else by `groundingMetadata` alone, which streams send with
//! their last event. Then it is told in front of the text where nothing was said yet, as in a whole body, and at the
//! end otherwise, so that no text is cut in two.
//!
//! Sources: <https://ai.google.dev/api/caching#Part>, <https://ai.google.dev/gemini-api/docs/code-execution>,
//! <https://ai.google.dev/gemini-api/docs/tool-combination>.

use super::answer::compact;
use crate::chat::{Answer, Outcome, Served, Service};
use crate::wire::json::{Object, items, string};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// The most tools of a choice that work at a time.
const MOST_OPEN: usize = 64;
/// The most words of a search, and the most addresses that it found, and how long each may be, in bytes.
const MOST_QUERIES: usize = 32;
const MOST_SOURCES: usize = 256;
const LONGEST: usize = 8 << 10;
/// The most of their parts that is kept to be handed back, in bytes.
const MOST_KEPT: usize = 256 << 10;

/// What is known of a choice's tools so far.
#[derive(Debug)]
pub(super) struct Services {
    open: Vec<Open>,
    /// What the metadata say of a search.
    found: Option<Found>,
    /// A search was told.
    searched: bool,
    /// Something was said: text, a call, a picture.
    spoke: bool,
    /// The reason of the end was read.
    ended: bool,
    /// Parts of such tools that were not handed on yet: objects with commas between. `None`: they were too many.
    kept: Option<String>,
}

impl Default for Services {
    fn default() -> Self {
        let kept = Some(String::new());
        Self { open: Vec::new(), found: None, searched: false, spoke: false, ended: false, kept }
    }
}

/// A tool at work.
#[derive(Debug)]
struct Open {
    number: usize,
    id: Option<String>,
    /// What a search looks for; `None`: it is code.
    queries: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Found {
    queries: Vec<String>,
    sources: Vec<String>,
}

impl Services {
    /// Reads what a candidate rests on, before its `parts` are read.
    pub(super) fn ahead(&mut self, choice: usize, candidate: &Object<'_>, parts: &str, out: &mut dyn Answer) {
        if self.searched || self.spoke {
            return;
        }
        self.found = found(candidate).or_else(|| self.found.take());
        // Where parts tell of searches, those are told.
        if memchr::memmem::find(parts.as_bytes(), b"\"toolCall\"").is_none() {
            self.tell(choice, out);
        }
    }

    /// Reads what a candidate rests on, after its parts were read.
    pub(super) fn behind(&mut self, choice: usize, candidate: &Object<'_>, out: &mut dyn Answer) {
        if self.searched {
            return;
        }
        self.found = found(candidate).or_else(|| self.found.take());
        if self.ended {
            self.tell(choice, out);
        }
    }

    /// The choice ends.
    pub(super) fn end(&mut self, choice: usize, out: &mut dyn Answer) {
        self.ended = true;
        self.close_searches(choice, out);
        self.hand_on(choice, out);
        self.tell(choice, out);
    }

    /// The model says something: its searches are done.
    pub(super) fn speak(&mut self, choice: usize, out: &mut dyn Answer) {
        self.spoke = true;
        self.close_searches(choice, out);
        self.hand_on(choice, out);
    }

    /// Keeps a part for a client that takes down no blocks of Google's. They "must be returned", with their signatures:
    /// <https://ai.google.dev/gemini-api/docs/tool-combination>.
    pub(super) fn keep(&mut self, raw: &str) {
        let Some(kept) = &mut self.kept else { return };
        if kept.len().saturating_add(raw.len()) > MOST_KEPT {
            self.kept = None;
            return;
        }
        if !kept.is_empty() {
            kept.push(',');
        }
        // Spaces, which stand in strings alone by now, part what is handed back together.
        kept.push_str(&compact(raw).replace(' ', "\\u0020"));
    }

    /// Hands the parts on, as what only their provider can read.
    fn hand_on(&mut self, choice: usize, out: &mut dyn Answer) {
        if let Some(kept) = self.kept.as_mut().map(core::mem::take).filter(|kept| !kept.is_empty()) {
            out.redacted(choice, Text::Plain(&kept));
        }
    }

    fn tell(&mut self, choice: usize, out: &mut dyn Answer) {
        let Some(found) = self.found.take().filter(|_| !self.searched) else { return };
        self.searched = true;
        let number = out.serve(choice, Service { id: None, tool: Served::WebSearch });
        searched(choice, number, &found, out);
    }

    /// Code that is to run.
    pub(super) fn code(&mut self, choice: usize, code: &Object<'_>, out: &mut dyn Answer) {
        let Some(number) = self.begin(choice, code, None, Served::CodeInterpreter(None), out) else { return };
        if let Some(code) = code.get("code").and_then(Text::of) {
            out.serve_input(choice, number, code);
        }
    }

    /// Code that ran.
    pub(super) fn result(&mut self, choice: usize, result: &Object<'_>, out: &mut dyn Answer) {
        let Some(open) = self.take(result, |open| open.queries.is_none()) else { return };
        let output = result.get("output").and_then(Text::of).filter(|output| !output.is_empty());
        match result.string("outcome").as_deref().or_else(|| result.get("outcome")) {
            // OpenAI's interpreter completes where the code raises an error, too: its log has the error.
            None | Some("OUTCOME_OK" | "OUTCOME_FAILED" | "1" | "2") => {
                let mut outputs = Writer::default();
                if let Some(output) = output {
                    outputs.object(|outputs| {
                        outputs.text_member("type", "logs");
                        outputs.text_member("logs", output);
                    });
                }
                let outcome = Outcome::Ran { container: None, outputs: outputs.as_str() };
                out.served(choice, open.number, outcome);
            }
            Some(outcome) => {
                out.served(choice, open.number, Outcome::Failed(output.unwrap_or(Text::Plain(outcome))));
            }
        }
    }

    /// A tool is called on Google's side.
    pub(super) fn call(&mut self, choice: usize, call: &Object<'_>, out: &mut dyn Answer) {
        if !is_search(call) {
            return;
        }
        let args = call.get("args").and_then(|args| Object::parse(args.as_bytes()).ok());
        let queries = texts(args.as_ref().and_then(|args| args.get("queries")), MOST_QUERIES);
        if self.begin(choice, call, Some(queries), Served::WebSearch, out).is_some() {
            self.searched = true;
        }
    }

    /// What a tool answered on Google's side.
    pub(super) fn response(&mut self, choice: usize, response: &Object<'_>, out: &mut dyn Answer) {
        if is_search(response)
            && let Some(open) = self.take(response, |open| open.queries.is_some())
        {
            self.close_search(choice, open, out);
        }
    }

    fn begin(
        &mut self,
        choice: usize,
        of: &Object<'_>,
        queries: Option<Vec<String>>,
        tool: Served<'_>,
        out: &mut dyn Answer,
    ) -> Option<usize> {
        if self.open.len() >= MOST_OPEN {
            return None;
        }
        let id = of.get("id").and_then(Text::of).filter(|id| !id.is_empty());
        let number = out.serve(choice, Service { id, tool });
        self.open.push(Open { number, id: id.map(|id| id.decoded().into_owned()), queries });
        Some(number)
    }

    /// The tool at work that an object is of: by its id, and without one the first.
    fn take(&mut self, of: &Object<'_>, is: impl Fn(&Open) -> bool) -> Option<Open> {
        let id = of.string("id");
        let same = |open: &Open| is(open) && id.is_some() && open.id.as_deref() == id.as_deref();
        let found = self.open.iter().position(same).or_else(|| self.open.iter().position(is))?;
        Some(self.open.remove(found))
    }

    fn close_searches(&mut self, choice: usize, out: &mut dyn Answer) {
        while let Some(at) = self.open.iter().position(|open| open.queries.is_some()) {
            let open = self.open.remove(at);
            self.close_search(choice, open, out);
        }
    }

    /// Which search found what is not said: the first is told all that is known by then.
    fn close_search(&mut self, choice: usize, open: Open, out: &mut dyn Answer) {
        let sources = self.found.take().map(|found| found.sources).unwrap_or_default();
        searched(choice, open.number, &Found { queries: open.queries.unwrap_or_default(), sources }, out);
    }
}

fn searched(choice: usize, number: usize, found: &Found, out: &mut dyn Answer) {
    let queries: Vec<_> = found.queries.iter().map(|text| Text::Plain(text)).collect();
    let sources: Vec<_> = found.sources.iter().map(|text| Text::Plain(text)).collect();
    out.served(choice, number, Outcome::Searched { queries: &queries, sources: &sources });
}

/// Whether a part is of a search of the web.
fn is_search(of: &Object<'_>) -> bool {
    of.string("toolType").is_some_and(|kind| kind.starts_with("GOOGLE_SEARCH"))
}

/// The search that a candidate's metadata tell of. Pages that were only read, or found elsewhere, are none.
fn found(candidate: &Object<'_>) -> Option<Found> {
    let grounding = Object::parse(candidate.get("groundingMetadata")?.as_bytes()).ok()?;
    let queries = grounding.get("webSearchQueries").or_else(|| grounding.get("imageSearchQueries"))?;
    let queries = texts(Some(queries), MOST_QUERIES);
    queries.first()?;
    let mut sources: Vec<String> = Vec::new();
    for chunk in grounding.get("groundingChunks").into_iter().flat_map(items) {
        let chunk = Object::parse(chunk.as_bytes()).ok();
        let web = chunk.as_ref().and_then(|chunk| Object::parse(chunk.get("web")?.as_bytes()).ok());
        if let Some(uri) = web.and_then(|web| web.string("uri")).filter(|uri| fits(uri))
            && sources.len() < MOST_SOURCES
            && !sources.iter().any(|source| *source == uri)
        {
            sources.push(uri.into_owned());
        }
    }
    Some(Found { queries, sources })
}

fn texts(list: Option<&str>, most: usize) -> Vec<String> {
    let texts = list.into_iter().flat_map(items).filter_map(string);
    texts.filter(|text| fits(text)).map(Cow::into_owned).take(most).collect()
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::super::answer::Reader;
    use super::*;
    use crate::chat::{About, Call, Citation, Counts, FinishReason};
    use crate::dialect::{Event, Translate};
    use serde_json::{Value, json};

    /// What was told, a word for each call.
    #[derive(Default)]
    struct Heard(Vec<String>, usize);

    impl Answer for Heard {
        fn about(&mut self, _: About<'_>) {}
        fn text(&mut self, _: usize, text: Text<'_>) {
            self.0.push(format!("text {}", text.decoded()));
        }
        fn refusal(&mut self, _: usize, _: Text<'_>) {}
        fn reasoning(&mut self, _: usize, _: Text<'_>) {
            self.0.push("reasoning".to_owned());
        }
        fn signature(&mut self, _: usize, text: Text<'_>) {
            self.0.push(format!("signature {}", text.decoded()));
        }
        fn redacted(&mut self, _: usize, data: Text<'_>) {
            self.0.push(format!("redacted {}", data.decoded()));
        }
        fn tool_call(&mut self, _: usize, _: Call<'_>) -> usize {
            self.0.push("call".to_owned());
            0
        }
        fn arguments(&mut self, _: usize, _: usize, _: Text<'_>) {}
        fn citation(&mut self, _: usize, citation: Citation<'_>) {
            self.0.push(format!("citation {}", citation.url.decoded()));
        }
        fn source(&mut self, _: usize, _: &str) {}
        fn image(&mut self, _: usize, _: &str, _: Text<'_>) {}
        fn audio(&mut self, _: usize, _: Text<'_>) {}
        fn logprobs(&mut self, _: usize, _: &str) {}
        fn extra(&mut self, _: usize, _: &str) {}
        fn serve(&mut self, _: usize, service: Service<'_>) -> usize {
            self.1 += 1;
            let tool = if matches!(service.tool, Served::WebSearch) { "search" } else { "code" };
            self.0.push(format!("serve {tool} {}", self.1));
            self.1
        }
        fn serve_input(&mut self, _: usize, number: usize, text: Text<'_>) {
            self.0.push(format!("input {number} {}", text.decoded()));
        }
        fn served(&mut self, _: usize, number: usize, outcome: Outcome<'_>) {
            let all = |texts: &[Text<'_>]| {
                texts.iter().map(|text| text.decoded().into_owned()).collect::<Vec<_>>().join(" ")
            };
            self.0.push(match outcome {
                Outcome::Searched { queries, sources } => {
                    format!("searched {number} [{}] [{}]", all(queries), all(sources))
                }
                Outcome::Ran { outputs, .. } => format!("ran {number} {outputs}"),
                Outcome::Failed(why) => format!("failed {number} {}", why.decoded()),
                other => format!("{other:?}"),
            });
        }
        fn finish(&mut self, _: usize, _: FinishReason) {
            self.0.push("finish".to_owned());
        }
        fn usage(&mut self, _: Counts) {}
        fn chars(&self, _: usize) -> usize {
            0
        }
    }

    fn response(parts: Value, more: Value) -> Value {
        let mut candidate = json!({"content": {"role": "model", "parts": parts}});
        candidate.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"candidates": [candidate]})
    }

    fn whole(parts: Value, more: Value) -> Vec<String> {
        let mut heard = Heard::default();
        let text = response(parts, more).to_string();
        Reader::new("toy").whole(&Object::parse(text.as_bytes()).unwrap(), &mut heard).unwrap();
        heard.0
    }

    fn streamed(events: &[(Value, Value)]) -> Vec<String> {
        let mut heard = Heard::default();
        let mut reader = Reader::new("toy");
        for (parts, more) in events {
            let data = response(parts.clone(), more.clone()).to_string();
            reader.event(&Event { name: None, data: &data, exception: false }, &mut heard).unwrap();
        }
        heard.0
    }

    fn grounding(queries: &[&str], pages: &[&str]) -> Value {
        let chunks: Vec<_> = pages.iter().map(|page| json!({"web": {"uri": page}})).collect();
        json!({"groundingMetadata": {"webSearchQueries": queries, "groundingChunks": chunks}, "finishReason": "STOP"})
    }

    #[test]
    fn a_search_stands_before_the_text_of_a_body() {
        let heard =
            whole(json!([{"text": "It rains."}]), grounding(&["", "rain"], &["https://a", "https://b"]));
        let expected = [
            "serve search 1",
            "searched 1 [rain] [https://a https://b]",
            "text It rains.",
            "citation https://a",
            "citation https://b",
            "finish",
            "finish",
        ];
        assert_eq!(heard, expected);
    }

    #[test]
    fn a_search_of_a_stream_is_told_once_and_cuts_no_text() {
        let end = json!([{"text": ""}]);
        let heard = streamed(&[
            (json!([{"text": "It "}]), json!({})),
            (json!([{"text": "rains."}]), json!({"groundingMetadata": {"webSearchQueries": ["rain"]}})),
            (end.clone(), grounding(&["rain"], &["https://a"])),
            (json!([]), grounding(&["rain"], &["https://a", "https://b"])),
        ]);
        let told: Vec<_> = heard.iter().filter(|word| word.contains("search")).collect();
        assert_eq!(told, ["serve search 1", "searched 1 [rain] [https://a]"]);
        let search = heard.iter().position(|word| word == "serve search 1").unwrap();
        assert!(heard.iter().skip(search).all(|word| !word.starts_with("text i")), "{heard:?}");
        // Behind the reason, where it came there alone.
        let late = streamed(&[
            (json!([{"text": "It rains."}]), json!({"finishReason": "STOP"})),
            (json!([]), grounding(&["rain"], &[])),
        ]);
        assert_eq!(late.last().unwrap(), "finish");
        assert!(late.contains(&"searched 1 [rain] []".to_owned()), "{late:?}");
    }

    #[test]
    fn a_search_that_parts_tell_of_is_told_where_they_stand() {
        let call =
            json!({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "args": {"queries": ["rain"]}}});
        let answer = json!({"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "response": {}}});
        let text = json!({"text": "It rains.", "thoughtSignature": "c2ln"});
        let page = grounding(&["rain"], &["https://a"]);
        let body = whole(json!([call, answer, text]), page.clone());
        let expected = [
            "serve search 1",
            "searched 1 [rain] [https://a]",
            "signature c2ln",
            "text It rains.",
            "citation https://a",
        ];
        assert_eq!(body.get(..5).unwrap(), expected);
        let stream = streamed(&[
            (json!([call, {"text": ""}]), json!({})),
            (json!([answer]), json!({})),
            (json!([text]), page),
        ]);
        let told: Vec<_> = stream.iter().filter(|word| *word != "text ").map(String::as_str).collect();
        let expected = [
            "serve search 1",
            "searched 1 [rain] []",
            "text It rains.",
            "signature c2ln",
            "citation https://a",
            "finish",
        ];
        assert_eq!(told, expected);
        // What the model says ends a search of whose answer nothing is told.
        let silent = whole(json!([call, text]), json!({}));
        assert_eq!(silent.get(1).unwrap(), "searched 1 [rain] []");
        // Other tools are none of OpenAI's.
        let maps = json!({"toolCall": {"toolType": "GOOGLE_MAPS", "id": "t"}});
        assert!(whole(json!([maps]), json!({})).iter().all(|word| !word.starts_with("serve")));
    }

    #[test]
    fn parts_of_tools_are_handed_on_together_before_what_is_said() {
        let code = json!({"executableCode": {"code": "a b"}, "thoughtSignature": "c2ln"});
        let result = json!({"codeExecutionResult": {"outcome": "OUTCOME_OK"}});
        let text = response(json!([code, result, {"text": "42"}, {"future": 1}]), json!({})).to_string();
        let mut heard = Heard::default();
        let mut reader = Reader::new("toy").bridged(true);
        reader.whole(&Object::parse(text.as_bytes()).unwrap(), &mut heard).unwrap();
        let told: Vec<_> =
            heard.0.iter().filter(|word| word.starts_with("redacted") || word.starts_with("text")).collect();
        let (sealed, said) = (told[0].strip_prefix("redacted ").unwrap(), told[1]);
        assert!(!sealed.contains(' ') && told.len() == 2 && said == "text 42", "{told:?}");
        let parts: Value = serde_json::from_str(&format!("[{sealed}]")).unwrap();
        assert_eq!(parts, json!([code, result]));
    }

    #[test]
    fn code_is_told_as_it_runs_and_by_what_came_of_it() {
        let code = |id: &str| json!({"executableCode": {"id": id, "language": "PYTHON", "code": format!("print({id})")}});
        let result = |id: Value, outcome: &str, output: &str| json!({"codeExecutionResult": {"id": id, "outcome": outcome, "output": output}});
        let heard = whole(
            json!([
                code("1"),
                code("2"),
                result(json!("2"), "OUTCOME_OK", "2\n"),
                result(Value::Null, "OUTCOME_FAILED", "NameError"),
                code("3"),
                result(json!("3"), "OUTCOME_DEADLINE_EXCEEDED", ""),
                result(json!("9"), "OUTCOME_OK", ""),
            ]),
            json!({}),
        );
        let expected = [
            "serve code 1",
            "input 1 print(1)",
            "serve code 2",
            "input 2 print(2)",
            "ran 2 {\"type\":\"logs\",\"logs\":\"2\\n\"}",
            "ran 1 {\"type\":\"logs\",\"logs\":\"NameError\"}",
            "serve code 3",
            "input 3 print(3)",
            "failed 3 OUTCOME_DEADLINE_EXCEEDED",
            "finish",
        ];
        assert_eq!(heard, expected);
    }
}
