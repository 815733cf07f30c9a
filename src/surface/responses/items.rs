//! The items of an answer's `output`.
//!
//! Texts are kept as they stand in JSON, without quotes: they are copied into the last event, or into the body.
//!
//! Source: `OutputItem` of OpenAI's specification, and recorded answers of its API for the order of members.

use super::events::{list, string};
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::Text;

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    InProgress,
    Completed,
    /// It was cut.
    Incomplete,
    /// What it stands for went wrong.
    Failed,
}

/// One item.
#[derive(Debug)]
pub(super) struct Item {
    /// The same in all events and in the last object.
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) body: Body,
}

/// What an item is.
#[derive(Debug)]
pub(super) enum Body {
    Message(Message),
    Reasoning {
        text: String,
        /// Its `encrypted_content`, if it has any.
        sealed: String,
    },
    Call(Called),
    Image {
        format: &'static str,
        base64: String,
    },
    Search {
        /// Members of `action` behind its type, each after a comma.
        action: String,
        error: String,
    },
    Code {
        container: String,
        code: String,
        /// Elements, once the code has run.
        outputs: Option<String>,
    },
    ListTools {
        server: String,
        /// Elements.
        tools: String,
        error: String,
    },
    Mcp {
        server: String,
        name: String,
        arguments: String,
        output: Option<String>,
        error: String,
    },
}

/// What the model says.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) parts: Vec<Part>,
    /// The last part goes on.
    pub(super) open: bool,
    /// The provider's own citations: elements.
    pub(super) sources: String,
    /// Speech, in base64.
    pub(super) audio: String,
}

/// A part of a message.
#[derive(Debug)]
pub(super) enum Part {
    Text(Spoken),
    Refusal(String),
}

/// A text.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    pub(super) text: String,
    /// Characters of the answer before it.
    pub(super) start: usize,
    /// Elements, and how many.
    pub(super) annotations: String,
    pub(super) count: usize,
    /// Elements.
    pub(super) logprobs: String,
}

/// A call of one of the client's tools.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) call_id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    /// Of a custom tool, the one text that it is given.
    pub(super) custom: Option<String>,
}

impl Status {
    /// OpenAI's word, for an item that knows of being cut or not.
    const fn word(self, cut: &'static str) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => cut,
            Self::Failed => "failed",
        }
    }
}

impl Item {
    /// Whether it goes on.
    pub(super) fn is_open(&self) -> bool {
        self.status == Status::InProgress
    }

    /// Writes it.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str("{\"id\":\"");
        out.push_str(&self.id);
        out.push('"');
        let cut = self.status.word("incomplete");
        match &self.body {
            Body::Message(message) => {
                head(out, "message", cut);
                out.push_str(",\"content\":[");
                for (number, part) in message.parts.iter().enumerate() {
                    out.push_str(if number == 0 { "" } else { "," });
                    part.write(out);
                }
                out.push_str("],\"role\":\"assistant\"");
                if !message.sources.is_empty() {
                    list(out, "citations", &message.sources);
                }
                if !message.audio.is_empty() {
                    out.push_str(",\"audio\":{\"data\":\"");
                    out.push_str(&message.audio);
                    out.push_str("\"}");
                }
            }
            Body::Reasoning { text, sealed } => {
                string(out, "type", "reasoning");
                if self.status == Status::Incomplete {
                    string(out, "status", cut);
                }
                if !sealed.is_empty() {
                    string(out, "encrypted_content", sealed);
                }
                out.push_str(",\"summary\":[");
                if !text.is_empty() {
                    summary(out, text);
                }
                out.push(']');
            }
            Body::Call(call) => {
                head(out, if call.custom.is_some() { "custom_tool_call" } else { "function_call" }, cut);
                if call.custom.is_none() {
                    string(out, "arguments", &call.arguments);
                }
                string(out, "call_id", &call.call_id);
                if let Some(input) = &call.custom {
                    string(out, "input", input);
                }
                string(out, "name", &call.name);
            }
            Body::Image { format, base64 } => {
                head(out, "image_generation_call", self.status.word("failed"));
                if !format.is_empty() {
                    string(out, "output_format", format);
                }
                match self.status {
                    Status::Completed => string(out, "result", base64),
                    _ => out.push_str(",\"result\":null"),
                }
            }
            Body::Search { action, error } => {
                head(out, "web_search_call", self.status.word("failed"));
                out.push_str(",\"action\":{\"type\":\"search\"");
                out.push_str(action);
                out.push('}');
                if !error.is_empty() {
                    string(out, "error", error);
                }
            }
            Body::Code { container, code, outputs } => {
                head(out, "code_interpreter_call", cut);
                string(out, "code", code);
                string(out, "container_id", container);
                match outputs {
                    Some(outputs) => list(out, "outputs", outputs),
                    None => out.push_str(",\"outputs\":null"),
                }
            }
            Body::ListTools { server, tools, error } => {
                string(out, "type", "mcp_list_tools");
                string(out, "server_label", server);
                list(out, "tools", tools);
                if !error.is_empty() {
                    string(out, "error", error);
                }
            }
            Body::Mcp { server, name, arguments, output, error } => {
                head(out, "mcp_call", cut);
                out.push_str(",\"approval_request_id\":null");
                string(out, "arguments", arguments);
                if error.is_empty() {
                    out.push_str(",\"error\":null");
                } else {
                    out.push_str(
                        ",\"error\":{\"type\":\"mcp_tool_execution_error\",\"content\":[{\"type\":\"text\"",
                    );
                    string(out, "text", error);
                    out.push_str("}]}");
                }
                string(out, "name", name);
                match output {
                    Some(output) => string(out, "output", output),
                    None => out.push_str(",\"output\":null"),
                }
                string(out, "server_label", server);
            }
        }
        out.push('}');
    }
}

fn head(out: &mut String, kind: &str, status: &str) {
    string(out, "type", kind);
    string(out, "status", status);
}

/// The one part of a summary.
pub(super) fn summary(out: &mut String, text: &str) {
    out.push_str("{\"type\":\"summary_text\"");
    string(out, "text", text);
    out.push('}');
}

impl Part {
    /// Writes it.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Text(spoken) => {
                out.push_str("{\"type\":\"output_text\"");
                list(out, "annotations", &spoken.annotations);
                list(out, "logprobs", &spoken.logprobs);
                string(out, "text", &spoken.text);
            }
            Self::Refusal(text) => {
                out.push_str("{\"type\":\"refusal\"");
                string(out, "refusal", text);
            }
        }
        out.push('}');
    }
}

impl Called {
    /// Whether its arguments are a whole JSON object. Reads them all.
    pub(super) fn is_whole(&self) -> bool {
        let text = quoted(&self.arguments);
        Object::parse(Text::Json(&text).decoded().trim().as_bytes()).is_ok()
    }

    /// The text that a custom tool is given: the member `input` of the arguments, or all of them where they have no
    /// such member.
    pub(super) fn input(&self) -> String {
        let text = quoted(&self.arguments);
        let text = Text::Json(&text).decoded();
        let object = Object::parse(text.trim().as_bytes()).ok();
        let input = object.as_ref().and_then(|object| object.get("input"));
        let mut out = String::new();
        match input {
            Some(value) if kind(value) == Kind::String => Text::Json(value).push_to(&mut out),
            Some(value) => Text::Plain(value).push_to(&mut out),
            None => out.push_str(&self.arguments),
        }
        out
    }
}

fn quoted(inner: &str) -> String {
    format!("\"{inner}\"")
}
