//! Tools that the provider runs itself.
//!
//! | tool | item | events, between `output_item.added` and `.done` |
//! |---|---|---|
//! | a search of the web | `web_search_call` | `.in_progress`, `.searching`, `.completed` |
//! | an interpreter | `code_interpreter_call` | `.in_progress`, `…_call_code.delta`…, `.done`, `.interpreting`, `.completed` |
//! | an MCP server's list | `mcp_list_tools` | `.in_progress`, `.completed` or `.failed` |
//! | an MCP server's tool | `mcp_call` | `.in_progress`, `mcp_call_arguments.delta`…, `.done`, `.completed` or `.failed` |
//!
//! Searches and interpreters have no event for a failure: their items say `failed`, and why.

use super::events::{Events, list, number, string};
use super::items::{Body, Item, Status};
use super::{Responses, delta, grow};
use crate::chat::{Outcome, Served, Service};
use crate::surface::{comma, in_line, inner};
use crate::wire::write::Text;

impl Responses {
    /// A tool begins.
    pub(super) fn begin_service(&mut self, service: Service<'_>) -> usize {
        let (start, body) = match service.tool {
            Served::WebSearch => ("ws_", Body::Search { action: String::new(), error: String::new() }),
            Served::CodeInterpreter(container) => (
                "ci_",
                Body::Code {
                    container: container.map(inner).unwrap_or_default(),
                    code: String::new(),
                    outputs: None,
                },
            ),
            Served::McpListTools(server) => (
                "mcpl_",
                Body::ListTools { server: inner(server), tools: String::new(), error: String::new() },
            ),
            Served::McpCall { server, name } => (
                "mcp_",
                Body::Mcp {
                    server: inner(server),
                    name: inner(name),
                    arguments: String::new(),
                    output: None,
                    error: String::new(),
                },
            ),
        };
        let index = self.begin(start, body);
        let Self { items, events, .. } = self;
        if let Some(item) = items.get(index) {
            let mut tell = |kind: &str| events.tell_of(kind, &item.id, index);
            match item.body {
                Body::Search { .. } => {
                    tell("response.web_search_call.in_progress");
                    tell("response.web_search_call.searching");
                }
                Body::Code { .. } => tell("response.code_interpreter_call.in_progress"),
                Body::ListTools { .. } => tell("response.mcp_list_tools.in_progress"),
                _ => tell("response.mcp_call.in_progress"),
            }
        }
        let number = self.services.len();
        self.services.push(index);
        number
    }

    /// More of what a tool is given.
    pub(super) fn give_service(&mut self, number: usize, text: Text<'_>) {
        let Some(index) = self.services.get(number).copied() else { return };
        let Self { items, events, held, .. } = self;
        let Some(item) = items.get_mut(index).filter(|item| item.is_open()) else { return };
        let (kept, kind) = match &mut item.body {
            Body::Code { code, .. } => (code, "response.code_interpreter_call_code.delta"),
            Body::Mcp { arguments, .. } => (arguments, "response.mcp_call_arguments.delta"),
            _ => return,
        };
        let added = grow(kept, held, text);
        delta(events, kind, &item.id, index, added);
    }

    /// What came of a tool's work.
    pub(super) fn end_service(&mut self, number: usize, outcome: Outcome<'_>) {
        let Some(index) = self.services.get(number).copied() else { return };
        let Self { items, events, held, .. } = self;
        let Some(item) = items.get_mut(index).filter(|item| item.is_open()) else { return };
        item.status = if matches!(outcome, Outcome::Failed(_)) { Status::Failed } else { Status::Completed };
        let mut kept = |text: String| {
            *held = held.saturating_add(text.len());
            text
        };
        match (&mut item.body, outcome) {
            (Body::Search { action, .. }, Outcome::Searched { queries, sources }) => {
                *action = kept(searched(queries, sources));
            }
            (Body::Code { container, outputs, .. }, Outcome::Ran { container: known, outputs: told }) => {
                if let Some(known) = known.filter(|known| !known.is_empty()) {
                    *container = kept(inner(known));
                }
                *outputs = Some(kept(in_line(told).into_owned()));
            }
            (Body::Code { outputs, .. }, Outcome::Failed(why)) => {
                *outputs = Some(kept(format!("{{\"type\":\"logs\",\"logs\":\"{}\"}}", inner(why))));
            }
            (Body::ListTools { tools, .. }, Outcome::Listed(told)) => {
                *tools = kept(in_line(told).into_owned());
            }
            (Body::Mcp { output, .. }, Outcome::Answered(text)) => *output = Some(kept(inner(text))),
            (
                Body::Search { error, .. } | Body::ListTools { error, .. } | Body::Mcp { error, .. },
                Outcome::Failed(why),
            ) => *error = kept(inner(why)),
            _ => {}
        }
        end(item, index, events);
        if self.current == Some(index) {
            self.current = None;
        }
        self.tell_done(index);
    }
}

/// The events at the end of a tool's work.
pub(super) fn end(item: &mut Item, index: usize, events: &mut Events) {
    let Item { id, status, body } = item;
    let completed = *status == Status::Completed;
    match body {
        Body::Search { .. } if completed => {
            events.tell_of("response.web_search_call.completed", id, index);
        }
        Body::Code { code, .. } => {
            events.tell("response.code_interpreter_call_code.done", &|out| {
                string(out, "code", code);
                string(out, "item_id", id);
                number(out, "output_index", index);
            });
            if completed {
                events.tell_of("response.code_interpreter_call.interpreting", id, index);
                events.tell_of("response.code_interpreter_call.completed", id, index);
            }
        }
        Body::ListTools { .. } => {
            let kind = if completed { "completed" } else { "failed" };
            events.tell_of(&format!("response.mcp_list_tools.{kind}"), id, index);
        }
        Body::Mcp { arguments, .. } => {
            if arguments.is_empty() && *status != Status::Incomplete {
                arguments.push_str("{}");
                delta(events, "response.mcp_call_arguments.delta", id, index, "{}");
            }
            events.tell("response.mcp_call_arguments.done", &|out| {
                string(out, "arguments", arguments);
                string(out, "item_id", id);
                number(out, "output_index", index);
            });
            match status {
                Status::Completed => events.tell_of("response.mcp_call.completed", id, index),
                Status::Failed => events.tell_of("response.mcp_call.failed", id, index),
                Status::InProgress | Status::Incomplete => {}
            }
        }
        _ => {}
    }
}

/// The members of a search's `action`, in the order of recorded answers.
fn searched(queries: &[Text<'_>], sources: &[Text<'_>]) -> String {
    let mut out = String::new();
    let mut elements = String::new();
    for query in queries {
        elements.push_str(comma(&elements));
        elements.push('"');
        query.push_to(&mut elements);
        elements.push('"');
    }
    list(&mut out, "queries", &elements);
    string(&mut out, "query", &queries.first().copied().map(inner).unwrap_or_default());
    elements.clear();
    for source in sources {
        elements.push_str(comma(&elements));
        elements.push_str("{\"type\":\"url\"");
        string(&mut elements, "url", &inner(*source));
        elements.push('}');
    }
    list(&mut out, "sources", &elements);
    out
}
