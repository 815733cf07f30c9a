//! What a message, or a delta of one, says: content, reasoning, sources and tool calls.

use super::call_id;
use crate::chat::Ids;
use crate::wire::json::{Kind, Object, elements, items, kind, quoted, string};
use crate::wire::node::Node;
use crate::wire::splice::Splices;

/// The names under which reasoning comes; the first two are those that clients get.
const REASONING: [&str; 3] = ["reasoning_content", "reasoning", "thinking"];

/// What stands beside the choices and names pages: Perplexity's `search_results` and `citations`, xAI's
/// `citations`, Z.AI's `web_search`. Results come first, since they have titles.
pub(in super::super) const SOURCES: [&str; 3] = ["search_results", "web_search", "citations"];

/// The most sources, and the most other things, that are told of one choice.
const MOST: usize = 512;
/// The most bytes that are kept of them while a stream passes.
const MOST_BYTES: usize = 1 << 20;
/// The most tool calls of a message that are looked at.
pub(in super::super) const MOST_CALLS: usize = 256;

/// A page that an answer cites, as JSON strings.
#[derive(Clone, Debug)]
pub(super) struct Source {
    url: String,
    title: String,
}

/// What is told once of a choice: in a stream with its `finish_reason`.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    sources: Vec<Source>,
    /// Annotations in OpenAI's form.
    annotations: Vec<String>,
    /// The provider's own objects for what has no URL.
    citations: Vec<String>,
    /// Blocks that OpenAI's chat has no name for.
    extra: Vec<String>,
    bytes: usize,
    /// They are put where they were found at once: what they may take is bounded by the answer.
    at_once: bool,
}

impl Gathered {
    pub(super) fn of(sources: Vec<Source>) -> Self {
        Self { sources, at_once: true, ..Self::default() }
    }

    fn has_room(&mut self, count: usize, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        count < MOST && (self.at_once || self.bytes <= MOST_BYTES)
    }

    pub(super) fn source(&mut self, source: Source) {
        let (count, bytes) = (self.sources.len(), source.url.len().saturating_add(source.title.len()));
        if self.sources.iter().all(|other| other.url != source.url) && self.has_room(count, bytes) {
            self.sources.push(source);
        }
    }

    fn citation(&mut self, raw: &str) {
        if self.has_room(self.citations.len(), raw.len()) {
            self.citations.push(raw.to_owned());
        }
    }

    /// Gathers what a message or delta has of its own: annotations, and results of searches that the
    /// provider ran (Groq's `executed_tools`).
    pub(super) fn take(&mut self, node: &Node<'_>) {
        for (tool, _) in node.items("executed_tools") {
            let Some(results) = Node::read(tool, 0).and_then(|tool| tool.child("search_results")) else {
                continue;
            };
            for source in results.items("results").iter().filter_map(|(result, _)| source(result)) {
                self.source(source);
            }
        }
        for (annotation, _) in node.items("annotations") {
            self.annotation(annotation);
        }
    }

    fn annotation(&mut self, raw: &str) {
        let mut splices = Splices::default();
        let cited = Node::read(raw, 0).and_then(|annotation| annotation.child("url_citation"));
        let Some(mut cited) = cited.filter(|cited| cited.get("url").is_some()) else {
            return self.citation(raw);
        };
        for (name, value) in [("title", "\"\""), ("start_index", "0"), ("end_index", "0")] {
            if cited.get(name).is_none() {
                cited.set(name, value);
            }
        }
        cited.finish(&mut splices);
        let whole = String::from_utf8(splices.apply(raw.as_bytes().to_vec())).unwrap_or_default();
        if !self.annotations.contains(&whole) && self.has_room(self.annotations.len(), whole.len()) {
            self.annotations.push(whole);
        }
    }

    /// Tells what was gathered as members of a message or of the last delta.
    pub(super) fn put(&mut self, node: &mut Node<'_>) {
        let mut annotations = core::mem::take(&mut self.annotations);
        for Source { url, title } in self.sources.drain(..) {
            if annotations.iter().any(|annotation| annotation.contains(&url)) {
                continue;
            }
            annotations.push(format!(
                "{{\"type\":\"url_citation\",\"url_citation\":{{\"url\":{url},\"title\":{title},\"start_index\":0,\
                 \"end_index\":0}}}}"
            ));
        }
        if !annotations.is_empty() {
            let list = format!("[{}]", annotations.join(","));
            if node.get("annotations") != Some(&list) {
                node.set("annotations", list);
            }
        }
        if !self.citations.is_empty() && node.get("citations").is_none() {
            node.set("citations", format!("[{}]", self.citations.join(",")));
        }
        if !self.extra.is_empty() && node.get("extra_content").is_none() {
            node.set("extra_content", format!("{{\"openai\":[{}]}}", self.extra.join(",")));
        }
        *self = Self::default();
    }
}

/// One result of a search, or a bare URL.
fn source(raw: &str) -> Option<Source> {
    let is_url = |raw: &&str| string(raw).is_some_and(|url| url.starts_with("http"));
    if kind(raw) == Kind::String {
        return is_url(&raw).then(|| Source { url: raw.to_owned(), title: raw.to_owned() });
    }
    let object = Object::parse(raw.as_bytes()).ok()?;
    let url = object.get("url").or_else(|| object.get("link")).filter(is_url)?;
    let title = object.get("title").filter(|title| kind(title) == Kind::String && *title != "\"\"");
    Some(Source { url: url.to_owned(), title: title.unwrap_or(url).to_owned() })
}

/// The addresses of the pages in a list of them, or of results of a search: JSON strings.
pub(in super::super) fn pages(list: &str) -> impl Iterator<Item = String> {
    items(list).filter_map(source).map(|source| source.url)
}

/// The sources that stand beside the choices.
pub(super) fn sources(top: &Node<'_>) -> Vec<Source> {
    let mut gathered = Gathered::default();
    for name in SOURCES {
        for found in top.items(name).iter().filter_map(|(item, _)| source(item)) {
            gathered.source(found);
        }
    }
    gathered.sources
}

/// What a list of content blocks says beside its text.
#[derive(Debug, Default)]
pub(super) struct Parts {
    reasoning: String,
    signature: Option<String>,
}

/// Makes content a string: Mistral's lists of blocks, and JSON that should have been its text.
pub(super) fn content(node: &mut Node<'_>, gathered: &mut Gathered) -> Parts {
    let mut parts = Parts::default();
    let Some(value) = node.get("content") else { return parts };
    match kind(value) {
        Kind::String => return parts,
        Kind::Array => {}
        _ => {
            node.set_text("content", value);
            return parts;
        }
    }
    let mut text: Option<String> = None;
    for range in elements(value) {
        let Some(raw) = value.get(range) else { continue };
        if let Some(said) = string(raw) {
            text.get_or_insert_default().push_str(&said);
            continue;
        }
        let Some(part) = Node::read(raw, 0) else { continue };
        match part.string("type").as_deref() {
            Some("text" | "output_text") => {
                text.get_or_insert_default().push_str(&part.string("text").unwrap_or_default());
            }
            Some("thinking" | "reasoning") => thinking(&part, &mut parts, gathered),
            Some("tool_reference" | "reference") => reference(raw, gathered),
            _ => {
                if gathered.has_room(gathered.extra.len(), raw.len()) {
                    gathered.extra.push(raw.to_owned());
                }
            }
        }
    }
    match text {
        Some(text) => node.set_text("content", &text),
        // A delta that only thinks has no content; a message keeps the member.
        None => node.set("content", "null"),
    }
    parts
}

fn thinking(part: &Node<'_>, parts: &mut Parts, gathered: &mut Gathered) {
    if let Some(said) = part.string("thinking").or_else(|| part.string("text")) {
        parts.reasoning.push_str(&said);
    }
    for (raw, _) in part.items("thinking") {
        let Some(inner) = Node::read(raw, 0) else { continue };
        match inner.string("text") {
            Some(said) => parts.reasoning.push_str(&said),
            None => reference(raw, gathered),
        }
    }
    if let Some(signature) = part.string("signature") {
        parts.signature = Some(signature.into_owned());
    }
}

/// A reference with a URL is a source, one without is told as it is.
fn reference(raw: &str, gathered: &mut Gathered) {
    match source(raw) {
        Some(source) => gathered.source(source),
        None => gathered.citation(raw),
    }
}

/// How far the reasoning of a choice has come.
#[derive(Debug, Default)]
pub(super) struct Thought {
    /// Its length in characters.
    pub chars: usize,
    /// How many signatures were told.
    signatures: usize,
    /// Where the last of them ended, in characters.
    cut: usize,
    redacted: bool,
}

/// Tells reasoning under both names, and what vouches for it.
pub(super) fn reason(node: &mut Node<'_>, parts: Parts, thought: &mut Thought) {
    let said = |name: &&str| node.get(name).filter(|value| kind(value) == Kind::String && *value != "\"\"");
    let details = node.items("reasoning_details");
    let mut text = match REASONING.iter().find_map(said) {
        Some(raw) => Some(raw.to_owned()),
        None if !parts.reasoning.is_empty() => Some(quoted(&parts.reasoning)),
        None => None,
    };
    let mut signatures = String::new();
    let mut redacted = String::new();
    let mut sign = |signature: &str, thought: &mut Thought| {
        match thought.signatures {
            0 => signatures.push_str(signature),
            _ => signatures.push_str(&format!(" {} {signature}", thought.cut)),
        }
        thought.signatures = thought.signatures.saturating_add(1);
        thought.cut = thought.chars;
    };
    if details.is_empty() {
        let chars = text.as_deref().and_then(string).map_or(0, |text| text.chars().count());
        thought.chars = thought.chars.saturating_add(chars);
    }
    if let Some(signature) = parts.signature {
        sign(&signature, thought);
    }
    let mut detailed = String::new();
    for (raw, _) in details {
        let Some(detail) = Node::read(raw, 0) else { continue };
        if let Some(said) = detail.string("text").or_else(|| detail.string("summary")) {
            thought.chars = thought.chars.saturating_add(said.chars().count());
            detailed.push_str(&said);
        }
        if let Some(signature) = detail.string("signature").filter(|signature| !signature.is_empty()) {
            sign(&signature, thought);
        }
        if let Some(data) = detail.string("data").filter(|data| !data.is_empty()) {
            if thought.redacted {
                redacted.push(' ');
            }
            redacted.push_str(&data);
            thought.redacted = true;
        }
    }
    if text.is_none() && !detailed.is_empty() {
        text = Some(quoted(&detailed));
    }
    if let Some(text) = text {
        for name in REASONING.iter().take(2) {
            let there = node.get(name).is_some_and(|value| value != "\"\"");
            if !there {
                node.set(name, text.as_str());
            }
        }
    }
    for (name, value) in [("reasoning_signature", signatures), ("redacted_reasoning", redacted)] {
        if !value.is_empty() && node.get(name).is_none() {
            node.set_text(name, &value);
        }
    }
}

/// Takes out members whose null OpenAI's form does not know.
pub(super) fn without_nulls(node: &mut Node<'_>, names: &[&str]) {
    for name in names {
        if node.has(name) && node.get(name).is_none() {
            node.remove(name);
        }
    }
}

/// Completes the tool calls of a whole message. Says whether there are any.
pub(super) fn calls(node: &mut Node<'_>, ids: &Ids, choice: usize, splices: &mut Splices) -> bool {
    let items = node.items("tool_calls");
    for (position, (item, at)) in items.iter().take(MOST_CALLS).enumerate() {
        let Some(mut call) = Node::read(item, *at) else { continue };
        if call.string("type").is_some_and(|kind| kind != "function" && !kind.is_empty()) {
            continue;
        }
        if call.string("id").is_none_or(|id| id.is_empty()) {
            call.set_text("id", &call_id(ids, choice, position));
        }
        if call.string("type").as_deref() != Some("function") {
            call.set_text("type", "function");
        }
        if let Some(mut function) = call.child("function") {
            if function.get("name").is_none() {
                function.set_text("name", "");
            }
            match function.get("arguments") {
                Some(value) if kind(value) == Kind::String => {
                    if string(value).is_some_and(|text| text.trim().is_empty()) {
                        function.set_text("arguments", "{}");
                    }
                }
                Some(value) => function.set_text("arguments", value),
                None => function.set_text("arguments", "{}"),
            }
            function.finish(splices);
        }
        call.finish(splices);
    }
    // OpenAI leaves a list without calls out.
    if items.is_empty() && node.has("tool_calls") {
        node.remove("tool_calls");
    }
    !items.is_empty()
}
