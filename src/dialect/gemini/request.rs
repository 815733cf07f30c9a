//! The body of `generateContent`, but for its [contents](super::contents).
//!
//! Source: <https://ai.google.dev/api/generate-content>, and for Vertex AI
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>.

use super::contents;
use super::models::{Control, Family};
use super::tools;
use super::{Gemini, Platform};
use crate::chat::{ChatRequest, Content, Effort, ResponseFormat, Thinking};
use crate::dialect::{Call, Dialect};
use crate::error::Error;
use crate::wire::json::{Kind, items, kind, quoted, string};
use crate::wire::merged::Merged;
use crate::wire::write::{Text, Writer};

/// The most stop sequences: "The set of character sequences (up to 5) that will stop output generation."
const MOST_STOPS: usize = 5;

/// A body, and the headers that go with it.
pub(super) struct Written {
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// Writes the body of a chat.
///
/// # Errors
/// 400 when the chat cannot be said.
pub(super) fn write(dialect: &Gemini, call: &mut Call<'_>, chat: &ChatRequest<'_>) -> Result<Written, Error> {
    let family = Family::of(call.model);
    let extras = match chat.params.extras(call, dialect.id())? {
        Some(extras) => Some(extras),
        None => chat.params.extras_of("gemini")?,
    };
    let mut headers = Vec::new();
    let mut body = Merged::new(extras.as_ref());

    let mut out = Writer::default();
    out.begin_object();
    if !body.has("contents") {
        out.name("contents");
        contents::write(call, chat, family, dialect.platform, &mut out)?;
    }
    if family.system
        && let Some(system) = contents::system(chat)?
    {
        body.set("systemInstruction", system);
    }
    let tools = tools::write(call, chat, family, dialect.platform, &mut body)?;
    let inner = body.take_object("generationConfig")?;
    let mut config = Merged::new(inner.as_ref());
    generation(call, chat, family, &mut config)?;
    format(call, chat, tools && !family.third, &mut config)?;
    if !config.is_empty() {
        body.set("generationConfig", config.object());
    }
    match dialect.platform {
        Platform::GeminiApi => tier(call, chat, &mut body)?,
        Platform::Vertex => {
            headers.extend(vertex_tier(call, chat)?);
            labels(call, chat, &mut body)?;
        }
    }
    body.write_to(&mut out);
    out.end_object();
    Ok(Written { body: out.finish(), headers })
}

/// `generationConfig`
fn generation(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    family: Family,
    config: &mut Merged<'_>,
) -> Result<(), Error> {
    let params = &chat.params;
    // Both count what is thought.
    if let Some(limit) = params.max_tokens(call)? {
        config.set("maxOutputTokens", limit.to_string());
    }
    if family.samples {
        for (name, theirs, max) in [("temperature", "temperature", 2.0), ("top_p", "topP", 1.0)] {
            if let Some(number) = params.number_within(call, name, 0.0..=max)? {
                config.set(theirs, number.text.into_owned());
            }
        }
        if let Some(top_k) = params.integer("top_k")? {
            config.set("topK", top_k.to_string());
        }
        for (name, theirs) in
            [("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")]
        {
            // "from -2.0 (inclusive) to 2.0 (exclusive)"; 0 is what saying nothing says, and some models
            // take no penalty at all.
            if let Some(number) = params.number_within(call, name, -2.0..=2.0)?
                && number.value != 0.0
            {
                let text = if number.value >= 2.0 { "1.99".to_owned() } else { number.text.into_owned() };
                config.set(theirs, text);
            }
        }
    }
    let stops = params.stop()?;
    if stops.len() > MOST_STOPS {
        return Err(Error::invalid(format!(
            "Invalid 'stop': {} sequences are too many for models of {}, which take at most {MOST_STOPS}.",
            stops.len(),
            call.upstream.id
        ))
        .param("stop")
        .code("array_above_max_length"));
    }
    let mut list = Writer::default();
    list.begin_array();
    let mut any = false;
    for stop in stops {
        if stop.is_empty() {
            call.drop_param("stop")?;
        } else {
            list.text(stop);
            any = true;
        }
    }
    list.end_array();
    if any {
        config.set("stopSequences", list.finish());
    }
    if let Some(n) = params.integer("n")?.filter(|n| *n != 1) {
        config.set("candidateCount", n.to_string());
    }
    if let Some(seed) = params.take("seed") {
        // Theirs has 32 bits; the lower ones of a longer one are as good a seed, and always the same.
        match seed.parse::<i64>() {
            Ok(seed) => {
                if i32::try_from(seed).is_err() {
                    call.drop_param("seed")?;
                }
                config.set("seed", (seed as i32).to_string());
            }
            Err(_) => call.drop_param("seed")?,
        }
    }
    if params.boolean("logprobs")? == Some(true) {
        config.set("responseLogprobs", "true".to_owned());
        if let Some(top) = params.integer("top_logprobs")?.filter(|top| *top > 0) {
            config.set("logprobs", top.to_string());
        }
    }
    think(call, chat, family.thinking, config)?;
    speak(call, chat, config)?;
    resolution(call, chat, config)
}

/// `responseMimeType` and `responseJsonSchema`. `barred`: "Function calling with a response mime type:
/// 'application/json' is unsupported", and so are other tools, before generation 3.
fn format(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    barred: bool,
    config: &mut Merged<'_>,
) -> Result<(), Error> {
    let Some(format) = chat.params.response_format()? else { return Ok(()) };
    if barred {
        return call.drop_param("response_format");
    }
    config.set("responseMimeType", "\"application/json\"".to_owned());
    // Keywords that it does not know are ignored, where `responseSchema` refuses them.
    if let ResponseFormat::JsonSchema { schema, .. } = format {
        config.set("responseJsonSchema", schema.to_owned());
    }
    Ok(())
}

/// `thinkingConfig`
fn think(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    control: Control,
    config: &mut Merged<'_>,
) -> Result<(), Error> {
    let effort = chat.params.effort()?;
    let thinking = chat.params.thinking()?;
    let Some(found) = control.config(effort, thinking) else {
        if effort.is_some_and(|effort| effort != Effort::None) {
            call.drop_param("reasoning_effort")?;
        }
        if thinking.is_some_and(|thinking| thinking != Thinking::Disabled) {
            call.drop_param("thinking")?;
        }
        return Ok(());
    };
    // A number of tokens, or none, says more than an effort.
    let overruled = match thinking {
        Some(Thinking::Disabled) => effort.is_some_and(|effort| effort != Effort::None),
        Some(Thinking::Enabled(Some(_))) => effort.is_some(),
        _ => false,
    };
    if overruled {
        call.drop_param("reasoning_effort")?;
    }
    if let (Some(Thinking::Enabled(Some(tokens))), Some(budget)) = (thinking, found.budget)
        && u64::try_from(budget) != Ok(tokens)
    {
        call.drop_param("thinking.budget_tokens")?;
    }
    // Some models always think: "You cannot disable thinking for Gemini 3 Pro", nor for 2.5 Pro.
    let off = match thinking {
        Some(thinking) => (thinking == Thinking::Disabled).then_some("thinking"),
        None => effort.and_then(|effort| (effort == Effort::None).then_some("reasoning_effort")),
    };
    if let Some(name) = off
        && found.thinks()
    {
        call.drop_param(name)?;
    }
    let mut out = Writer::default();
    out.object(|out| {
        if let Some(budget) = found.budget {
            out.raw_member("thinkingBudget", &budget.to_string());
        }
        if let Some(level) = found.level {
            out.text_member("thinkingLevel", level.as_str());
        }
        if found.tell {
            out.raw_member("includeThoughts", "true");
        }
    });
    if out.as_str() != "{}" {
        config.set("thinkingConfig", out.finish());
    }
    Ok(())
}

/// `responseModalities` and `speechConfig`: what else than text the model answers with.
fn speak(call: &mut Call<'_>, chat: &ChatRequest<'_>, config: &mut Merged<'_>) -> Result<(), Error> {
    let modalities = chat.params.take("modalities");
    let has = |wanted: &str| modalities.is_some_and(|list| items(list).any(|item| item == quoted(wanted)));
    let known = ["\"text\"", "\"audio\"", "\"image\""];
    if modalities.is_some_and(|list| items(list).any(|item| !known.contains(&item))) {
        call.drop_param("modalities")?;
    }
    let audio = chat.params.object("audio")?;
    if has("audio") {
        // Models that speak do nothing else: text beside it is refused.
        config.set("responseModalities", "[\"AUDIO\"]".to_owned());
        if let Some(voice) = audio.as_ref().and_then(|audio| audio.get("voice")).and_then(Text::of) {
            let mut out = Writer::default();
            out.object(|out| {
                out.object_member("voiceConfig", |out| {
                    out.object_member("prebuiltVoiceConfig", |out| out.text_member("voiceName", voice));
                });
            });
            config.set("speechConfig", out.finish());
        }
        // It is PCM, whatever is asked for.
        let format = audio.as_ref().and_then(|audio| audio.string("format"));
        if format.is_some_and(|format| format != "pcm16") {
            call.drop_param("audio.format")?;
        }
    } else if has("image") {
        config.set("responseModalities", "[\"TEXT\",\"IMAGE\"]".to_owned());
    }
    Ok(())
}

/// `mediaResolution`: there is one for all pictures, so the highest that is asked for counts, and what others
/// ask for is named.
fn resolution(call: &mut Call<'_>, chat: &ChatRequest<'_>, config: &mut Merged<'_>) -> Result<(), Error> {
    let parts = chat.messages.iter().flat_map(|message| &message.parts);
    let details: Vec<_> = parts
        .filter_map(|part| match &part.content {
            Content::Image { detail, .. } => Some((part.path, detail.as_deref().unwrap_or("auto"))),
            _ => None,
        })
        .collect();
    let had = if details.iter().any(|(_, detail)| *detail == "high") {
        config.set("mediaResolution", "\"MEDIA_RESOLUTION_HIGH\"".to_owned());
        "high"
    } else if !details.is_empty() && details.iter().all(|(_, detail)| *detail == "low") {
        config.set("mediaResolution", "\"MEDIA_RESOLUTION_LOW\"".to_owned());
        "low"
    } else {
        "auto"
    };
    for (path, detail) in details {
        if detail != had && detail != "auto" {
            call.drop_param(&format!("{path}.image_url.detail"))?;
        }
    }
    Ok(())
}

/// The tier that the client asks for, as Google names it; `None` for the usual one.
fn asked_tier(call: &mut Call<'_>, chat: &ChatRequest<'_>) -> Result<Option<&'static str>, Error> {
    let Some(tier) = chat.params.text("service_tier")? else { return Ok(None) };
    match tier.decoded().as_ref() {
        "auto" | "default" | "standard" => Ok(None),
        "flex" => Ok(Some("flex")),
        "priority" => Ok(Some("priority")),
        _ => call.drop_param("service_tier").map(|()| None),
    }
}

/// `serviceTier`. Source: <https://ai.google.dev/gemini-api/docs/flex-inference>
fn tier(call: &mut Call<'_>, chat: &ChatRequest<'_>, body: &mut Merged<'_>) -> Result<(), Error> {
    if let Some(tier) = asked_tier(call, chat)? {
        body.set("serviceTier", quoted(tier));
    }
    Ok(())
}

/// Vertex AI has a header for it.
/// Source: <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo>
fn vertex_tier(call: &mut Call<'_>, chat: &ChatRequest<'_>) -> Result<Option<(&'static str, String)>, Error> {
    let tier = asked_tier(call, chat)?;
    Ok(tier.map(|tier| ("x-vertex-ai-llm-shared-request-type", tier.to_owned())))
}

/// `labels`, which bills are split by. Those that cannot be labels are named as left out.
/// Source: <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/add-labels-to-api-calls>
fn labels(call: &mut Call<'_>, chat: &ChatRequest<'_>, body: &mut Merged<'_>) -> Result<(), Error> {
    let Some(metadata) = chat.params.object("metadata")? else { return Ok(()) };
    let mut out = Writer::default();
    out.begin_object();
    for member in metadata.members() {
        let value = metadata.value(member);
        let text = string(value).unwrap_or_default();
        let starts = member.name.starts_with(|first: char| first.is_ascii_lowercase());
        if starts && is_label(&member.name) && kind(value) == Kind::String && is_label(&text) {
            out.raw_member(&member.name, value);
        } else {
            call.drop_param(&format!("metadata.{}", member.name))?;
        }
    }
    out.end_object();
    if out.as_str() != "{}" {
        body.set("labels", out.finish());
    }
    Ok(())
}

fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    text.len() <= 63 && text.bytes().all(fits)
}
