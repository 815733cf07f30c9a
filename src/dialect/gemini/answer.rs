//! `GenerateContentResponse`: a whole body is one, and so is every event of a stream.
//!
//! There is no last event: a stream ends, and was whole if a reason to finish had come. More may come
//! behind the reason (grounding, counts), and a call's reason is STOP like that of words.
//!
//! Source: <https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse>

use super::contents::REPLAYED;
use super::error;
use super::grounding::Grounding;
use super::partial::Partial;
use super::services::Services;
use crate::chat::{About, Answer, Call, Counts, FinishReason};
use crate::dialect::{Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Reader {
    /// The provider's id, for errors.
    provider: String,
    choices: Vec<Choice>,
    counted: Counted,
    /// Some choice told why it ended.
    ended: bool,
    /// It is read as one body.
    whole: bool,
    /// The client asked for something else than a chat.
    bridged: bool,
}

/// What is known of a choice so far.
#[derive(Debug, Default)]
struct Choice {
    grounding: Grounding,
    /// The tools that Google runs.
    services: Services,
    /// The call whose arguments come piece by piece.
    partial: Option<(usize, Partial)>,
    ended: bool,
    /// As the reader's.
    whole: bool,
    bridged: bool,
}

/// The most choices: `candidateCount` goes to 8.
const MOST_CHOICES: usize = 16;

impl Reader {
    pub(super) fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            choices: Vec::new(),
            counted: Counted::default(),
            ended: false,
            whole: false,
            bridged: false,
        }
    }

    /// Hands parts of Google's own tools on to a client that takes down no blocks of a chat, too.
    #[must_use]
    pub(super) fn bridged(self, bridged: bool) -> Self {
        Self { bridged, ..self }
    }

    fn read(&mut self, response: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        if let Some(value) = response.get("error").filter(|value| kind(value) == Kind::Object)
            && let Ok(object) = Object::parse(value.as_bytes())
        {
            return Err(error::of(200, &object));
        }
        let usage = response.get("usageMetadata").and_then(|usage| Object::parse(usage.as_bytes()).ok());
        let text = |name| response.get(name).and_then(Text::of);
        out.about(About {
            id: text("responseId"),
            model: text("modelVersion"),
            service_tier: usage.as_ref().and_then(tier),
            ..About::default()
        });
        let mut any = false;
        for (at, candidate) in response.get("candidates").into_iter().flat_map(items).enumerate() {
            let candidate =
                Object::parse(candidate.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
            let index = candidate.get("index").and_then(|index| index.parse().ok()).unwrap_or(at);
            any = true;
            self.candidate(index, &candidate, out);
        }
        if !any {
            self.blocked(response, out);
        }
        if let Some(usage) = usage
            && self.counted.add(&usage)
        {
            out.usage(self.counted.counts());
        }
        Ok(())
    }

    /// A prompt that was not answered: "Only happens when no candidates were generated".
    fn blocked(&mut self, response: &Object<'_>, out: &mut dyn Answer) {
        let feedback = response.get("promptFeedback").and_then(|value| Object::parse(value.as_bytes()).ok());
        let reason = feedback.as_ref().and_then(|feedback| feedback.string("blockReason"));
        let Some(reason) = reason else { return };
        let said = feedback.as_ref().and_then(|feedback| feedback.string("blockReasonMessage"));
        let refusal = match said {
            Some(message) => format!("The prompt was blocked ({reason}): {message}"),
            None => format!("The prompt was blocked ({reason})."),
        };
        out.refusal(0, Text::Plain(&refusal));
        out.finish(0, FinishReason::ContentFilter);
        self.ended = true;
    }

    fn candidate(&mut self, index: usize, candidate: &Object<'_>, out: &mut dyn Answer) {
        if index >= MOST_CHOICES {
            return;
        }
        if index >= self.choices.len() {
            self.choices.resize_with(index.saturating_add(1), Choice::default);
        }
        let Some(choice) = self.choices.get_mut(index) else { return };
        let content = candidate.get("content").and_then(|content| Object::parse(content.as_bytes()).ok());
        let parts = content.as_ref().and_then(|content| content.get("parts"));
        (choice.whole, choice.bridged) = (self.whole, self.bridged);
        choice.services.ahead(index, candidate, parts.unwrap_or_default(), out);
        for text in parts.into_iter().flat_map(items) {
            if let Ok(part) = Object::parse(text.as_bytes()) {
                choice.part(index, text, &part, out);
            }
        }
        if let Some(entries) = candidate.get("logprobsResult").and_then(logprobs) {
            out.logprobs(index, &entries);
        }
        choice.grounding.read(index, candidate, out);
        choice.services.behind(index, candidate, out);
        let reason = candidate.get("finishReason").filter(|reason| kind(reason) != Kind::Null);
        let reason = reason.map(|reason| string(reason).unwrap_or(Cow::Borrowed(reason)));
        let Some(reason) = reason.filter(|reason| reason != "FINISH_REASON_UNSPECIFIED") else { return };
        choice.end_partial(index, out);
        choice.services.end(index, out);
        out.finish(index, finish_reason(&reason));
        if !choice.ended && !matches!(reason.as_ref(), "STOP" | "MAX_TOKENS" | "1" | "2") {
            // OpenAI has four reasons: what this one was is told beside it.
            let mut block = Writer::default();
            block.object(|block| {
                block.text_member("finishReason", reason.as_ref());
                if let Some(message) = candidate.get("finishMessage").and_then(Text::of) {
                    block.text_member("finishMessage", message);
                }
            });
            out.extra(index, block.as_str());
        }
        choice.ended = true;
        self.ended = true;
    }
}

impl Translate for Reader {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        self.whole = true;
        self.read(body, out)?;
        // A body is whole, whether it says why or not; models that speak do not.
        for index in 0..self.choices.len() {
            out.finish(index, FinishReason::Stop);
        }
        if self.choices.is_empty() && !self.ended && body.get("usageMetadata").is_some() {
            out.finish(0, FinishReason::Stop);
        }
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        let response = Object::parse(event.data.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
        self.read(&response, out)?;
        let known = ["candidates", "promptFeedback", "usageMetadata"];
        Ok(if known.iter().any(|name| response.get(name).is_some()) { Flow::More } else { Flow::Unknown })
    }

    fn may_end(&self) -> bool {
        self.ended
    }
}

impl Choice {
    fn part(&mut self, index: usize, raw: &str, part: &Object<'_>, out: &mut dyn Answer) {
        let mut signature = part.get("thoughtSignature").and_then(Text::of).filter(|text| !text.is_empty());
        let thought = part.get("thought") == Some("true");
        let inner = |name| part.get(name).and_then(|value| Object::parse(value.as_bytes()).ok());
        if let Some(text) = part.get("text").and_then(Text::of) {
            if thought {
                out.reasoning(index, text);
            } else {
                if !text.is_empty() {
                    self.services.speak(index, out);
                }
                // It is that of the thoughts before the text, and streams send it when the text is over.
                if let Some(signature) = signature.take_if(|_| self.whole) {
                    out.signature(index, signature);
                }
                self.grounding.hear(text);
                out.text(index, text);
            }
        } else if let Some(call) = inner("functionCall") {
            self.services.speak(index, out);
            return self.call(index, &call, signature, out);
        } else if let Some(data) = inner("inlineData") {
            let media_type = data.string("mimeType").unwrap_or_default();
            let base64 = data.get("data").and_then(Text::of);
            self.services.speak(index, out);
            match (base64, media_type.split('/').next()) {
                // A draft of an image that comes after.
                (_, Some("image")) if thought => {}
                (Some(base64), Some("image")) => out.image(index, &media_type, base64),
                (Some(base64), Some("audio")) => out.audio(index, base64),
                _ => out.extra(index, &compact(raw)),
            }
            // Its signature belongs to the picture, and is no use without it.
            return;
        } else if part
            .members()
            .iter()
            .any(|member| !["thought", "thoughtSignature"].contains(&&*member.name))
        {
            // Code that ran, searches and their results, and what is not known yet: with their
            // signatures, as they have to come back.
            self.serve(index, raw, part, out);
            return out.extra(index, &compact(raw));
        }
        if let Some(signature) = signature {
            out.signature(index, signature);
        }
    }

    /// Tells what Google's own tools do.
    fn serve(&mut self, index: usize, raw: &str, part: &Object<'_>, out: &mut dyn Answer) {
        let inner = |name| part.get(name).and_then(|value| Object::parse(value.as_bytes()).ok());
        let services = &mut self.services;
        if self.bridged && REPLAYED.iter().any(|name| part.get(name).is_some()) {
            services.keep(raw);
        }
        if let Some(code) = inner("executableCode") {
            services.code(index, &code, out);
        } else if let Some(result) = inner("codeExecutionResult") {
            services.result(index, &result, out);
        } else if let Some(call) = inner("toolCall") {
            services.call(index, &call, out);
        } else if let Some(response) = inner("toolResponse") {
            services.response(index, &response, out);
        }
    }

    fn call(&mut self, index: usize, call: &Object<'_>, signature: Option<Text<'_>>, out: &mut dyn Answer) {
        let pieces = call.get("partialArgs");
        let goes_on = call.get("willContinue") == Some("true");
        if let Some(name) = call.get("name").and_then(Text::of) {
            self.end_partial(index, out);
            let id = call.get("id").and_then(Text::of);
            let number = out.tool_call(index, Call { id, name, signature });
            if let Some(args) = call.get("args").filter(|args| kind(args) == Kind::Object) {
                out.arguments(index, number, Text::Plain(&compact(args)));
            } else if goes_on || pieces.is_some() {
                self.partial = Some((number, Partial::default()));
            } else {
                // It is whole.
                out.arguments(index, number, Text::Plain("{}"));
            }
        }
        if let Some((number, partial)) = &mut self.partial {
            let mut text = String::new();
            for piece in pieces.into_iter().flat_map(items) {
                if let Ok(piece) = Object::parse(piece.as_bytes()) {
                    partial.add(&piece, &mut text);
                }
            }
            out.arguments(index, *number, Text::Plain(&text));
            // A call ends with an empty one.
            if !goes_on {
                self.end_partial(index, out);
            }
        }
    }

    fn end_partial(&mut self, index: usize, out: &mut dyn Answer) {
        if let Some((number, mut partial)) = self.partial.take() {
            let mut text = String::new();
            partial.end(&mut text);
            out.arguments(index, number, Text::Plain(&text));
        }
    }
}

/// Google's reasons in OpenAI's terms, by name or, as gateways write them, by number where both platforms
/// number them alike. What is not known yet is taken for an end like others.
pub(super) fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "MAX_TOKENS" | "2" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "LANGUAGE"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR"
        | "3"
        | "4"
        | "7"
        | "8" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// OpenAI's name of the tier that served: the Gemini API's `serviceTier`, Vertex AI's `trafficType`.
fn tier(usage: &Object<'_>) -> Option<&'static str> {
    let named = usage.string("serviceTier").or_else(|| usage.string("trafficType"))?;
    match named.as_ref() {
        "standard" | "ON_DEMAND" => Some("default"),
        "flex" | "ON_DEMAND_FLEX" => Some("flex"),
        "priority" | "ON_DEMAND_PRIORITY" => Some("priority"),
        _ => None,
    }
}

/// The counts. Those of the last event count, whatever the ones before said: they do not add up across
/// events.
#[derive(Debug, Default)]
pub(super) struct Counted {
    prompt: u64,
    /// What tools of Google's side brought in: not among the prompt.
    tools: Option<u64>,
    /// What was said, without what was thought.
    candidates: u64,
    thoughts: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    heard: Option<u64>,
    spoken: Option<u64>,
}

impl Counted {
    /// Whether there was anything to count: some events of Vertex AI tell the kind of traffic alone.
    pub(super) fn add(&mut self, usage: &Object<'_>) -> bool {
        let count = |name| usage.get(name).and_then(|count| count.parse::<u64>().ok());
        let audio = |name| {
            let details = usage.get(name).into_iter().flat_map(items);
            let details = details.filter_map(|detail| Object::parse(detail.as_bytes()).ok());
            let audio = details.filter(|detail| detail.string("modality").as_deref() == Some("AUDIO"));
            audio
                .filter_map(|detail| detail.get("tokenCount")?.parse::<u64>().ok())
                .reduce(u64::saturating_add)
        };
        let (prompt, candidates) = (count("promptTokenCount"), count("candidatesTokenCount"));
        let (total, thoughts) = (count("totalTokenCount"), count("thoughtsTokenCount"));
        if prompt.or(candidates).or(total).or(thoughts).is_none() {
            return false;
        }
        *self = Self {
            prompt: prompt.unwrap_or(self.prompt),
            tools: count("toolUsePromptTokenCount"),
            candidates: candidates.unwrap_or(0),
            thoughts,
            total,
            cached: count("cachedContentTokenCount"),
            heard: audio("promptTokensDetails"),
            spoken: audio("candidatesTokensDetails"),
        };
        true
    }

    /// "The total number of tokens for the entire request. This is the sum of `prompt_token_count`,
    /// `candidates_token_count`, `tool_use_prompt_token_count`, and `thoughts_token_count`." Where the sum
    /// without the thoughts is the total already, they are among the candidates.
    pub(super) fn counts(&self) -> Counts {
        let input = self.prompt.saturating_add(self.tools.unwrap_or(0));
        let said = self.candidates;
        let thoughts = self.thoughts.unwrap_or(0);
        let among = said >= thoughts && self.total == Some(input.saturating_add(said));
        let output = if among { said } else { said.saturating_add(thoughts) };
        let mut more = String::new();
        if let Some(tools) = self.tools {
            let _ = write!(more, ",\"tool_use_prompt_tokens\":{tools}");
        }
        Counts {
            input,
            output,
            cached: self.cached,
            cache_write: None,
            input_audio: self.heard,
            reasoning: self.thoughts,
            output_audio: self.spoken,
            more,
        }
    }
}

/// `logprobsResult` as OpenAI's entries.
fn logprobs(result: &str) -> Option<String> {
    let result = Object::parse(result.as_bytes()).ok()?;
    let mut tops = result.get("topCandidates").into_iter().flat_map(items);
    let mut out = Writer::default();
    for chosen in result.get("chosenCandidates").into_iter().flat_map(items) {
        let top = tops.next().and_then(|top| Object::parse(top.as_bytes()).ok());
        let Ok(chosen) = Object::parse(chosen.as_bytes()) else { continue };
        out.object(|out| {
            token(&chosen, out);
            out.name("top_logprobs");
            out.begin_array();
            let candidates = top.as_ref().and_then(|top| top.get("candidates"));
            for candidate in candidates.into_iter().flat_map(items) {
                if let Ok(candidate) = Object::parse(candidate.as_bytes()) {
                    out.object(|out| token(&candidate, out));
                }
            }
            out.end_array();
        });
    }
    Some(out.finish()).filter(|entries| !entries.is_empty())
}

fn token(candidate: &Object<'_>, out: &mut Writer) {
    let text = candidate.get("token").and_then(Text::of).unwrap_or(Text::Plain(""));
    out.text_member("token", text);
    // A probability of 1 has a logarithm of 0, which is left out.
    let logprob = candidate.get("logProbability").filter(|value| kind(value) == Kind::Number);
    out.raw_member("logprob", logprob.unwrap_or("0"));
    out.name("bytes");
    out.begin_array();
    for byte in text.decoded().bytes() {
        out.raw(&byte.to_string());
    }
    out.end_array();
}

/// JSON without white space between its tokens: bodies come with line ends, which an event cannot hold.
pub(super) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    // Strings are copied whole, what is between them without white space.
    while let Some(at) = rest.find('"') {
        let (between, string) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend(between.split_ascii_whitespace());
        let mut escaped = false;
        let end = string.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let end = end.map_or(string.len(), |end| end.saturating_add(2));
        let (string, behind) = string.split_at_checked(end).unwrap_or((string, ""));
        out.push_str(string);
        rest = behind;
    }
    out.extend(rest.split_ascii_whitespace());
    out
}
