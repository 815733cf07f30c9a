//! The tools that the provider runs while it answers, in the terms of OpenAI's Responses.
//!
//! Sources: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool>,
//! <https://platform.claude.com/docs/en/agents-and-tools/mcp-connector>.
//!
//! A call is a block (`server_tool_use`, `mcp_tool_use`), and its result a later one, which names the call's id:
//! others may stand between, since code that runs can search. A result without a call is of an earlier answer. A call
//! without a result is not done: the API leaves it where the answer was cut, or where code waits for a tool of the
//! client's. Nothing is told to have come of it then.
//!
//! Blocks of other tools (`web_fetch`, `advisor`, tool search) have no equal and are not told here.

use crate::chat::{Answer, Outcome, Served, Service};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;

/// The most calls that wait for their results; real answers have a few.
const MOST_RUNNING: usize = 64;
/// The most bytes of an id; real ones have some thirty.
const MOST_ID: usize = 256;
/// The most bytes of the words of a search that are kept for its result.
const MOST_QUERY: usize = 16 << 10;

/// The calls of an answer.
#[derive(Debug, Default)]
pub struct Services {
    running: Vec<Running>,
    /// The container that code runs in, once it is known: a stream tells it at its end.
    container: Option<String>,
}

/// A call that waits for its result.
#[derive(Debug)]
struct Running {
    id: String,
    number: usize,
    tool: Tool,
    /// The words of a search, a string in JSON.
    query: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Search,
    /// Code in the member of this name.
    Code(&'static str),
    /// Commands that are all of the input.
    Editor,
    Mcp,
}

impl Services {
    /// None yet. `container`: the one that the request names.
    #[must_use]
    pub fn new(container: Option<String>) -> Self {
        Self { running: Vec::new(), container }
    }

    /// What a message says of its container.
    pub fn container(&mut self, message: &Object<'_>) {
        let container = message.get("container").and_then(|value| Object::parse(value.as_bytes()).ok());
        let id = container.as_ref().and_then(|container| container.string("id"));
        self.container = id.map(Into::into).or(self.container.take());
    }

    /// A block begins. Results have all that they say from their beginning.
    pub fn begin(&mut self, block: &Object<'_>, out: &mut dyn Answer) {
        match block.string("type").as_deref() {
            Some("server_tool_use" | "mcp_tool_use") => self.call(block, out),
            Some("mcp_tool_listing") => listing(block, out),
            Some("web_search_tool_result") => self.searched(block, out),
            Some(
                "code_execution_tool_result"
                | "bash_code_execution_tool_result"
                | "text_editor_code_execution_tool_result",
            ) => self.ran(block, out),
            Some("mcp_tool_result") => self.answered(block, out),
            _ => {}
        }
    }

    fn call(&mut self, block: &Object<'_>, out: &mut dyn Answer) {
        let text = |name: &str| block.get(name).and_then(Text::of).unwrap_or(Text::Plain(""));
        let container = self.container.as_deref().map(Text::Plain);
        let mcp = block.get("server_name").is_some();
        let (tool, served) = match block.string("name").as_deref() {
            _ if mcp => (Tool::Mcp, Served::McpCall { server: text("server_name"), name: text("name") }),
            Some("web_search") => (Tool::Search, Served::WebSearch),
            Some("code_execution") => (Tool::Code("code"), Served::CodeInterpreter(container)),
            Some("bash_code_execution") => (Tool::Code("command"), Served::CodeInterpreter(container)),
            Some("text_editor_code_execution") => (Tool::Editor, Served::CodeInterpreter(container)),
            _ => return,
        };
        let room = self.running.len() < MOST_RUNNING;
        let Some(id) = block.string("id").filter(|id| room && id.len() <= MOST_ID) else { return };
        let number = out.serve(0, Service { id: Some(text("id")), tool: served });
        self.running.push(Running { id: id.into_owned(), number, tool, query: None });
    }

    /// A block ends: the input of a call is whole.
    pub fn end(&mut self, block: &str, out: &mut dyn Answer) {
        let Ok(block) = Object::parse(block.as_bytes()) else { return };
        let Some(id) = block.string("id") else { return };
        let Some(running) = self.running.iter_mut().find(|running| running.id == id) else { return };
        let input = block.get("input").unwrap_or("{}");
        let object = Object::parse(input.as_bytes()).ok();
        let member = |name: &str| object.as_ref().and_then(|object| object.get(name));
        match running.tool {
            Tool::Search => {
                let query = member("query").filter(|query| query.len() <= MOST_QUERY);
                running.query = query.filter(|query| kind(query) == Kind::String).map(str::to_owned);
            }
            Tool::Code(name) => {
                if let Some(code) = member(name).and_then(Text::of) {
                    out.serve_input(0, running.number, code);
                }
            }
            Tool::Editor | Tool::Mcp => out.serve_input(0, running.number, Text::Plain(input)),
        }
    }

    /// The call that a result is of.
    fn finished(&mut self, result: &Object<'_>) -> Option<Running> {
        let id = result.string("tool_use_id")?;
        let at = self.running.iter().position(|running| running.id == id)?;
        Some(self.running.remove(at))
    }

    fn searched(&mut self, result: &Object<'_>, out: &mut dyn Answer) {
        let Some(running) = self.finished(result) else { return };
        let content = result.get("content").unwrap_or("[]");
        if let Some(error) = error_of(content) {
            return out.served(0, running.number, Outcome::Failed(Text::Plain(&error)));
        }
        let pages = items(content).filter_map(|page| Object::parse(page.as_bytes()).ok());
        let sources: Vec<_> = pages.filter_map(|page| page.get("url").and_then(Text::of)).collect();
        let query = running.query.as_deref().map(Text::Json);
        let outcome = Outcome::Searched { queries: query.as_slice(), sources: &sources };
        out.served(0, running.number, outcome);
    }

    fn ran(&mut self, result: &Object<'_>, out: &mut dyn Answer) {
        let Some(running) = self.finished(result) else { return };
        let content = result.get("content").unwrap_or("{}");
        if let Some(error) = error_of(content) {
            return out.served(0, running.number, Outcome::Failed(Text::Plain(&error)));
        }
        let content = Object::parse(content.as_bytes()).unwrap_or_else(|_| Object::empty());
        let mut outputs = String::new();
        let mut log = |texts: &[Text<'_>]| {
            if texts.iter().all(|text| text.is_empty()) {
                return;
            }
            outputs.push_str(if outputs.is_empty() { "" } else { "," });
            outputs.push_str("{\"type\":\"logs\",\"logs\":\"");
            for (at, text) in texts.iter().enumerate() {
                outputs.push_str(if at == 0 { "" } else { "\\n" });
                text.push_to(&mut outputs);
            }
            outputs.push_str("\"}");
        };
        // What was written, what of a file was looked at, and how it was changed.
        for name in ["stdout", "stderr", "content"] {
            if let Some(text) = content.get(name).and_then(Text::of) {
                log(&[text]);
            }
        }
        let lines: Vec<_> = content.get("lines").into_iter().flat_map(items).filter_map(Text::of).collect();
        log(&lines);
        let container = self.container.as_deref().map(Text::Plain);
        out.served(0, running.number, Outcome::Ran { container, outputs: &outputs });
    }

    fn answered(&mut self, result: &Object<'_>, out: &mut dyn Answer) {
        let Some(running) = self.finished(result) else { return };
        let content = result.get("content").unwrap_or("\"\"");
        let whole = Text::of(content).unwrap_or(Text::Plain(""));
        let parts = items(content).filter_map(|part| Object::parse(part.as_bytes()).ok());
        let texts: Vec<_> = parts.filter_map(|part| part.get("text").and_then(Text::of)).collect();
        let joined: String;
        let text = match texts.as_slice() {
            _ if kind(content) != Kind::Array => whole,
            [text] => *text,
            texts => {
                joined = texts.iter().map(|text| text.decoded()).collect::<Vec<_>>().join("\n");
                Text::Plain(&joined)
            }
        };
        let failed = result.get("is_error") == Some("true");
        out.served(0, running.number, if failed { Outcome::Failed(text) } else { Outcome::Answered(text) });
    }
}

/// The tools that an MCP server has.
fn listing(block: &Object<'_>, out: &mut dyn Answer) {
    let Some(server) = block.get("mcp_server_name").and_then(Text::of) else { return };
    let tools: Vec<&str> = block.get("tools").into_iter().flat_map(items).collect();
    let number = out.serve(0, Service { id: None, tool: Served::McpListTools(server) });
    out.served(0, number, Outcome::Listed(&tools.join(",")));
}

/// What a result says went wrong: its code, and its message where there is one.
fn error_of(content: &str) -> Option<String> {
    let content = Object::parse(content.as_bytes()).ok()?;
    let code = content.string("error_code")?;
    Some(match content.string("error_message") {
        Some(message) => format!("{code}: {message}"),
        None => code.into_owned(),
    })
}
