//! The parts of an answer in OpenAI's form: head, usage, media, log probabilities, pages.

use super::{object, text};
use crate::chat::{About, Answer, Citation, Counts, Outcome, Served, Service};
use crate::dialect::openai::extensions::{SOURCES, pages};
use crate::wire::json::{Kind, Object, items, kind, quoted};
use crate::wire::write::{Text, Writer};

/// The most pages, and the most queries, of a search that are told.
const MOST: usize = 512;
/// The most bytes of them that wait for the text.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn about<'a>(top: &Object<'a>) -> About<'a> {
    About {
        id: text(top, "id"),
        model: text(top, "model"),
        created: top.get("created").and_then(|created| created.parse().ok()),
        fingerprint: text(top, "system_fingerprint"),
        service_tier: match top.string("service_tier").as_deref() {
            Some("default") => Some("default"),
            Some("flex") => Some("flex"),
            Some("priority") => Some("priority"),
            Some("scale") => Some("scale"),
            _ => None,
        },
    }
}

/// `None` when nothing was counted.
pub(super) fn counts(usage: &Object<'_>) -> Option<Counts> {
    const TOLD: [&str; 5] = [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
    ];
    let count = |object: &Object<'_>, name| object.get(name).and_then(|count| count.parse::<u64>().ok());
    let input = count(usage, "prompt_tokens");
    let output = count(usage, "completion_tokens");
    if input.is_none() && output.is_none() {
        return None;
    }
    let prompt = object(usage, "prompt_tokens_details").unwrap_or_else(Object::empty);
    let completion = object(usage, "completion_tokens_details").unwrap_or_else(Object::empty);
    let own = usage.members().iter().filter(|member| !TOLD.contains(&member.name.as_ref()));
    let own = own.map(|member| (&member.name, usage.value(member)));
    Some(Counts {
        input: input.unwrap_or(0),
        output: output.unwrap_or(0),
        cached: count(&prompt, "cached_tokens"),
        cache_write: count(&prompt, "cache_write_tokens"),
        input_audio: count(&prompt, "audio_tokens"),
        reasoning: count(&completion, "reasoning_tokens"),
        output_audio: count(&completion, "audio_tokens"),
        more: own
            .filter(|(_, value)| kind(value) != Kind::Null)
            .map(|(name, value)| format!(",{}:{value}", quoted(name)))
            .collect(),
    })
}

/// Images and speech, and blocks that OpenAI has no word for.
pub(super) fn media(choice: usize, said: &Object<'_>, out: &mut dyn Answer) {
    for image in said.get("images").into_iter().flat_map(items) {
        let url = Object::parse(image.as_bytes()).ok().and_then(|image| {
            let inner = object(&image, "image_url");
            inner.as_ref().unwrap_or(&image).string("url").or_else(|| image.string("image_url"))
        });
        let data = url.as_deref().and_then(|url| url.strip_prefix("data:")?.split_once(";base64,"));
        match data {
            Some((media_type, base64)) => out.image(choice, media_type, Text::Plain(base64)),
            None => out.extra(choice, image),
        }
    }
    if let Some(audio) = object(said, "audio") {
        if let Some(base64) = text(&audio, "data") {
            out.audio(choice, base64);
        }
        // Where only text can be told, what was spoken is the text.
        if let Some(transcript) = text(&audio, "transcript") {
            out.text(choice, transcript);
        }
    }
    let Some(extra) = object(said, "extra_content") else { return };
    if let Some(signature) = google_signature(said).filter(|_| text(said, "reasoning_signature").is_none()) {
        out.signature(choice, signature);
    }
    for member in extra.members() {
        let value = extra.value(member);
        if kind(value) == Kind::Array {
            items(value).for_each(|block| out.extra(choice, block));
        }
    }
}

/// Where Google's API in OpenAI's language has the signature of a call or of a text:
/// <https://ai.google.dev/gemini-api/docs/openai>
pub(super) fn google_signature<'a>(outer: &Object<'a>) -> Option<Text<'a>> {
    object(outer, "extra_content")
        .and_then(|extra| object(&extra, "google"))
        .and_then(|google| text(&google, "thought_signature"))
}

/// OpenAI's entries, or those of the older form that some have kept: `tokens` and `token_logprobs`.
pub(super) fn logprobs(choice: usize, told: &Object<'_>, out: &mut dyn Answer) {
    let list = |name: &str| told.get(name).filter(|value| kind(value) == Kind::Array);
    if let Some(entries) = list("content") {
        let entries = entries.trim().strip_prefix('[').and_then(|entries| entries.strip_suffix(']'));
        out.logprobs(choice, entries.unwrap_or_default().trim());
    } else if let (Some(tokens), Some(probabilities)) = (list("tokens"), list("token_logprobs")) {
        let mut entries = Vec::new();
        for (token, logprob) in items(tokens).zip(items(probabilities)) {
            let (Some(token), Kind::Number) = (Text::of(token), kind(logprob)) else { continue };
            let mut entry = Writer::default();
            entry.object(|entry| {
                entry.text_member("token", token);
                entry.raw_member("logprob", logprob);
                entry.raw_member("bytes", "null");
                entry.raw_member("top_logprobs", "[]");
            });
            entries.push(entry.finish());
        }
        out.logprobs(choice, &entries.join(","));
    }
}

/// Tells a run of code; says whether the tool was one, and has run.
pub(super) fn run(choice: usize, tool: &Object<'_>, out: &mut dyn Answer) -> bool {
    let arguments = tool.string("arguments").unwrap_or_default();
    let code =
        Object::parse(arguments.as_bytes()).ok().and_then(|object| object.get("code").and_then(Text::of));
    let (logs, results) = (tool.get("output").and_then(Text::of), tool.get("code_results"));
    let Some(code) = code.filter(|_| logs.is_some() || results.is_some_and(|list| kind(list) == Kind::Array))
    else {
        return false;
    };
    let mut outputs = Vec::new();
    let mut output = |kind: &str, name: &str, texts: [Text<'_>; 2]| {
        let mut writer = Writer::default();
        writer.object(|writer| {
            writer.text_member("type", kind);
            writer.name(name);
            writer.texts(texts);
        });
        outputs.push(writer.finish());
    };
    if let Some(logs) = logs.filter(|logs| !logs.is_empty()) {
        output("logs", "logs", [logs, Text::Plain("")]);
    }
    for result in results.into_iter().flat_map(items).filter_map(|one| Object::parse(one.as_bytes()).ok()) {
        if let Some(png) = text(&result, "png") {
            output("image", "url", [Text::Plain("data:image/png;base64,"), png]);
        }
    }
    let number = out.serve(choice, Service { id: None, tool: Served::CodeInterpreter(None) });
    out.serve_input(choice, number, code);
    out.served(choice, number, Outcome::Ran { container: None, outputs: &outputs.join(",") });
    true
}

/// What the choice cites; the pages that it does were found by a search.
pub(super) fn sources(choice: usize, said: &Object<'_>, search: &mut Search, out: &mut dyn Answer) {
    for annotation in said.get("annotations").into_iter().flat_map(items) {
        let read = Object::parse(annotation.as_bytes()).ok();
        let cited = read.as_ref().and_then(|annotation| object(annotation, "url_citation"));
        let Some(cited) = cited else { continue };
        let Some(url) = text(&cited, "url") else { continue };
        let place = |name| cited.get(name).and_then(|place| place.parse().ok()).unwrap_or(0);
        let (start, end) = (place("start_index"), place("end_index"));
        out.citation(choice, Citation { url, title: text(&cited, "title"), start, end });
        search.page(cited.get("url").unwrap_or_default().to_owned());
    }
    for source in said.get("citations").into_iter().flat_map(items) {
        out.source(choice, source);
    }
}

/// The search of the web that the provider made for an answer: all of its searches, told as one of the first choice.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// There was one.
    made: bool,
    told: bool,
    /// JSON strings.
    queries: Vec<String>,
    pages: Vec<String>,
    bytes: usize,
}

impl Search {
    /// The pages that stand beside the choices.
    pub(super) fn beside(&mut self, top: &Object<'_>) {
        if !self.told {
            SOURCES.iter().filter_map(|name| top.get(name)).flat_map(pages).for_each(|page| self.page(page));
        }
    }

    /// The searches within a message or a delta.
    pub(super) fn within(&mut self, said: &Object<'_>) {
        let list = |name: &str| -> Vec<Object<'_>> {
            let items = said.get(name).filter(|_| !self.told).into_iter().flat_map(items);
            items.filter_map(|item| Object::parse(item.as_bytes()).ok()).collect()
        };
        let (tools, steps) = (list("executed_tools"), list("reasoning_steps"));
        for tool in tools {
            let results = object(&tool, "search_results");
            if results.is_none() && tool.string("type").as_deref() != Some("search") {
                continue;
            }
            self.made = true;
            if let Some(results) = results.as_ref().and_then(|results| results.get("results")) {
                pages(results).for_each(|page| self.page(page));
            }
            let arguments = tool.string("arguments").unwrap_or_default();
            if let Some(query) =
                Object::parse(arguments.as_bytes()).ok().and_then(|object| object.get("query"))
            {
                self.query(query);
            }
        }
        for search in steps.iter().filter_map(|step| object(step, "web_search")) {
            self.made = true;
            search.get("search_keywords").into_iter().flat_map(items).for_each(|query| self.query(query));
            search.get("search_results").into_iter().flat_map(pages).for_each(|page| self.page(page));
        }
    }

    fn query(&mut self, query: &str) {
        if kind(query) == Kind::String && self.queries.iter().all(|other| other != query) {
            add(&mut self.queries, &mut self.bytes, query.to_owned());
        }
    }

    /// A page that was found, a JSON string.
    fn page(&mut self, url: String) {
        self.made = true;
        if !self.told && !self.pages.contains(&url) {
            add(&mut self.pages, &mut self.bytes, url);
        }
    }

    /// Tells the search, once, if there was one.
    pub(super) fn tell(&mut self, out: &mut dyn Answer) {
        if self.told || !self.made {
            return;
        }
        self.told = true;

        let (queries, pages) = (core::mem::take(&mut self.queries), core::mem::take(&mut self.pages));
        let queries: Vec<Text<'_>> = queries.iter().filter_map(|text| Text::of(text)).collect();
        let sources: Vec<Text<'_>> = pages.iter().filter_map(|text| Text::of(text)).collect();
        let number = out.serve(0, Service { id: None, tool: Served::WebSearch });
        out.served(0, number, Outcome::Searched { queries: &queries, sources: &sources });
    }
}

fn add(list: &mut Vec<String>, bytes: &mut usize, text: String) {
    *bytes = bytes.saturating_add(text.len());
    if list.len() < MOST && *bytes <= MOST_BYTES {
        list.push(text);
    }
}
