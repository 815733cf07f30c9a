//! ElevenLabs' text to speech.
//!
//! The voice stands in the path and the format in the query. Source:
//! <https://elevenlabs.io/docs/api-reference/text-to-speech/convert>.

use crate::chat::Params;
use crate::dialect::sound::Sound;
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::speech::{Format, Request, no_voice};
use crate::wire::json::quoted;
use crate::wire::merged::Merged;
use crate::wire::write::{Text, Writer};

/// Those that it gives whole: it writes no header of a file that has no end yet.
const WHOLE: [Format; 4] = [Format::Mp3, Format::Opus, Format::Wav, Format::Pcm];
/// Those that it streams.
const STREAMED: [Format; 3] = [Format::Mp3, Format::Opus, Format::Pcm];

/// `output_format`: codec, samples a second, and kilobits a second. Higher ones than these are for dearer plans.
const fn output(format: Format) -> &'static str {
    match format {
        Format::Opus => "opus_48000_64",
        Format::Wav => "wav_24000",
        Format::Pcm => "pcm_24000",
        Format::Mp3 | Format::Aac | Format::Flac => "mp3_44100_128",
    }
}

/// Members of the body that go up as the client writes them.
const MEMBERS: [&str; 10] = [
    "language_code",
    "pronunciation_dictionary_locators",
    "seed",
    "previous_text",
    "next_text",
    "previous_request_ids",
    "next_request_ids",
    "use_pvc_as_ivc",
    "apply_text_normalization",
    "apply_language_text_normalization",
];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let voice = id(call, request.voice()?)?;
    let format = request.format(call, if request.events { &STREAMED } else { &WHOLE })?;
    let extras = params.extras(call, "elevenlabs")?;
    let mut body = request.body(extras.as_ref(), "model_id")?;
    body.set("text", request.input.json());
    body.set("model_id", quoted(call.model));
    settings(call, params, &mut body)?;
    request.same(&MEMBERS, &mut body);
    // Of the same codec there are more, and others that OpenAI does not know.
    let own = params.text("output_format")?.map(Text::decoded);
    let mut sound = Sound::new(&call.upstream.id, format, request.events);
    let mut ask = Ask::json(body.object().into_bytes().into());
    match own {
        Some(own) => {
            sound = sound.in_format_of_its_own();
            ask = ask.query("output_format", own);
        }
        None => ask = ask.query("output_format", output(format)),
    }
    if params.boolean("enable_logging")? == Some(false) {
        ask = ask.query("enable_logging", "false");
    }
    if let Some(level) = params.integer("optimize_streaming_latency")? {
        ask = ask.query("optimize_streaming_latency", level.to_string());
    }
    if request.events {
        ask.path = Some("/text-to-speech/{voice}/stream");
    }
    ask.segments.push(("voice", voice));
    Ok(Sent::asked(ask, sound))
}

/// `voice_settings`, the speed among them.
fn settings(call: &mut Call<'_>, params: &Params<'_>, body: &mut Merged<'_>) -> Result<(), Error> {
    let given = params.object("voice_settings")?;
    let speed = params.number_within(call, "speed", 0.7..=1.2)?;
    if given.is_none() && speed.is_none() {
        return Ok(());
    }
    let given: Vec<_> =
        given.iter().flat_map(|given| given.members().iter().map(move |member| (given, member))).collect();
    if speed.is_some() && given.iter().any(|(_, member)| member.name == "speed") {
        call.drop_param("voice_settings.speed")?;
    }
    let mut out = Writer::default();
    out.object(|out| {
        for (given, member) in given {
            if member.name != "speed" || speed.is_none() {
                out.raw_member(&member.name, given.value(member));
            }
        }
        if let Some(speed) = &speed {
            out.raw_member("speed", &speed.text);
        }
    });
    body.set("voice_settings", out.finish());
    Ok(())
}

/// The voices that everyone has, by the names that Orq gives them.
///
/// Source: <https://elevenlabs.io/docs/overview/capabilities/voices>, "Default voices".
const VOICES: [(&str, &str); 20] = [
    ("aria", "9BWtsMINqrJLrRacOk9x"),
    ("roger", "CwhRBWXzGAHq8TQ4Fs17"),
    ("sarah", "EXAVITQu4vr4xnSDxMaL"),
    ("laura", "FGY2WhTYpPnrIDTdsKH5"),
    ("charlie", "IKne3meq5aSn9XLyUdCD"),
    ("george", "JBFqnCBsd6RMkjVDRZzb"),
    ("callum", "N2lVS1w4EtoT3dr4eOWO"),
    ("river", "SAz9YHcvj6GT2YYXdXww"),
    ("liam", "TX3LPaxmHKxFdv7VOQHJ"),
    ("charlotte", "XB0fDUnXU5powFXDhCwa"),
    ("alice", "Xb7hH8MSUJpSbSDYk0k2"),
    ("matilda", "XrExE9yKIg1WjnnlVkGX"),
    ("will", "bIHbv24MWmeRgasZH58o"),
    ("jessica", "cgSgspJ2msm6clMCkdW9"),
    ("eric", "cjVigY5qzO86Huf0OWal"),
    ("chris", "iP95p4xoKVk53GoZ742B"),
    ("brian", "nPczCjzI2devNBz1zQrb"),
    ("daniel", "onwK4e9ZLuTAKqWW03F9"),
    ("lily", "pFZP5JQG7iQjIQuC4Bku"),
    ("bill", "pqHfZKP75CvOlQylNhV4"),
];

/// The id of a voice: that of a name, or what looks like one.
fn id(call: &Call<'_>, voice: &str) -> Result<String, Error> {
    // They have 20 letters and digits.
    const SHORTEST: usize = 16;
    let known = VOICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(voice));
    if let Some((_, id)) = known {
        return Ok((*id).to_owned());
    }
    if voice.len() >= SHORTEST && voice.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(voice.to_owned());
    }
    let mut error = no_voice(call, voice, VOICES.iter().map(|(name, _)| *name));
    error.message.push_str(" Or send the id of a voice.");
    Err(error)
}
