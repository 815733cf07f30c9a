//! Nova's own tools, in the terms of OpenAI's Responses.
//!
//! A call is a `toolUse` block of type `server_tool_use`, and its result a later `toolResult` with the call's id. What
//! the search found is hidden there: its pages are those that the text cites, which come after it. So a whole answer
//! has them with the search, and a stream, whose search is over by then, with the text alone. What the search was for
//! is told where the block says it.
//!
//! Sources: <https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html>,
//! <https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-tools.html> and recorded answers.

use super::answer::{inner, is_own, object, page};
use crate::chat::{Answer, Outcome, Served, Service};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// Nova's search of the web.
pub(super) const GROUNDING: &str = "nova_grounding";
/// Nova's interpreter.
pub(super) const CODE: &str = "nova_code_interpreter";

/// The most calls that wait for their results; answers have one at a time.
const MOST_RUNNING: usize = 64;
/// The most bytes of an id; real ones have some thirty.
const MOST_ID: usize = 256;
/// The most bytes of the words of a search.
const MOST_QUERY: usize = 16 << 10;
/// The most pages of a search that are told.
const MOST_SOURCES: usize = 256;

/// The calls that have no result yet. Those that never get one are not done.
#[derive(Debug, Default)]
pub(super) struct Services(Vec<Running>);

#[derive(Debug)]
struct Running {
    id: String,
    number: usize,
    searches: bool,
    /// The words of a search, a string in JSON.
    query: Option<String>,
}

impl Services {
    /// A call begins: its block, as far as it is known.
    pub(super) fn begin(&mut self, tool: &Object<'_>, out: &mut dyn Answer) {
        let (searches, served) = match tool.string("name").as_deref() {
            Some(GROUNDING) => (true, Served::WebSearch),
            Some(CODE) => (false, Served::CodeInterpreter(None)),
            _ => return,
        };
        let room = self.0.len() < MOST_RUNNING;
        let Some(id) = tool.string("toolUseId").filter(|id| room && id.len() <= MOST_ID) else { return };
        let number = out.serve(0, Service { id: tool.get("toolUseId").and_then(Text::of), tool: served });
        self.0.push(Running { id: id.into_owned(), number, searches, query: None });
    }

    /// A block of such a tool is whole. `after`: the blocks behind it, where they are known.
    pub(super) fn end(&mut self, block: &Object<'_>, after: &[&str], out: &mut dyn Answer) {
        if let Some(tool) = inner(block, "toolUse") {
            self.given(&tool, out);
        } else if let Some(result) = inner(block, "toolResult") {
            self.done(&result, after, out);
        }
    }

    fn given(&mut self, tool: &Object<'_>, out: &mut dyn Answer) {
        let (Some(id), Some(input)) = (tool.string("toolUseId"), inner(tool, "input")) else { return };
        let Some(running) = self.0.iter_mut().find(|running| running.id == id) else { return };
        if running.searches {
            let query = input.get("query").filter(|query| query.len() <= MOST_QUERY);
            running.query = query.filter(|query| kind(query) == Kind::String).map(str::to_owned);
        } else if let Some(code) = input.get("snippet").and_then(Text::of) {
            out.serve_input(0, running.number, code);
        }
    }

    fn done(&mut self, result: &Object<'_>, after: &[&str], out: &mut dyn Answer) {
        let Some(id) = result.string("toolUseId") else { return };
        let Some(at) = self.0.iter().position(|running| running.id == id) else { return };
        let running = self.0.remove(at);
        let content: Vec<_> = result.get("content").into_iter().flat_map(items).filter_map(object).collect();
        let failed = result.string("status").as_deref() == Some("error");
        let output = content.iter().find_map(|part| {
            inner(part, "json").filter(|json| json.get("stdOut").or(json.get("stdErr")).is_some())
        });
        let outputs = match output {
            // OpenAI's interpreter completes where the code raises an error, too: its log has the error.
            Some(output) if !running.searches => logs(&output),
            _ if failed => {
                let why = content.iter().find_map(|part| part.get("text").and_then(Text::of));
                let why = why.filter(|why| !why.is_empty()).unwrap_or(Text::Plain("error"));
                return out.served(0, running.number, Outcome::Failed(why));
            }
            _ => String::new(),
        };
        if running.searches {
            let query = running.query.as_deref().map(Text::Json);
            let found = sources(after);
            let found: Vec<_> = found.iter().map(|source| Text::Json(source)).collect();
            out.served(0, running.number, Outcome::Searched { queries: query.as_slice(), sources: &found });
        } else {
            out.served(0, running.number, Outcome::Ran { container: None, outputs: &outputs });
        }
    }
}

/// What code wrote, as elements of OpenAI's `outputs`.
fn logs(output: &Object<'_>) -> String {
    let texts = ["stdOut", "stdErr"].map(|name| output.get(name).and_then(Text::of));
    let logs: Vec<String> = texts
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .map(|text| {
            let mut log = Writer::default();
            log.object(|log| {
                log.text_member("type", "logs");
                log.text_member("logs", text);
            });
            log.finish()
        })
        .collect();
    logs.join(",")
}

/// The pages that are cited from here on, up to the next call of such a tool: strings in JSON, each once.
fn sources(after: &[&str]) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for block in after.iter().filter_map(|block| object(block)) {
        if inner(&block, "toolUse").is_some_and(|tool| is_own(&tool)) {
            break;
        }
        let cited = inner(&block, "citationsContent");
        for citation in cited.iter().filter_map(|cited| cited.get("citations")).flat_map(items) {
            let Some(url) = object(citation).and_then(|citation| page(&citation)) else { continue };
            if sources.len() < MOST_SOURCES && !sources.iter().any(|known| known == url) {
                sources.push(url.to_owned());
            }
        }
    }
    sources
}
