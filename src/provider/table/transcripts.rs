//! What the transcriptions of rows in OpenAI's language have.

use crate::endpoint::Endpoint;
use crate::provider::transcripts::{Field, Times, Transcripts, What, field, text};
use crate::provider::{Change, Quirk, Route, openai, quirk};
use crate::surface::transcription::Terms;

/// A row's quirk that says so of its transcriptions, …
pub(super) const fn transcribes(how: &'static Transcripts) -> Quirk {
    quirk(&[Endpoint::Transcriptions], Change::Transcripts(how))
}

/// … and of its translations, too.
pub(super) const fn translates(how: &'static Transcripts) -> Quirk {
    quirk(&[Endpoint::Transcriptions, Endpoint::Translations], Change::Transcripts(how))
}

/// Orq's parameters of transcriptions, for servers behind which a provider may be that knows them.
pub(super) const OF_ORQ: &[&str] =
    &["enable_logging", "diarize", "tag_audio_events", "num_speakers", "timestamps_granularity"];

const TEMPERATURE: Field = field("temperature", "temperature", What::Number(0.0, 1.0));

const BIAS: Terms = Terms { most: 100, chars: 100, words: 6, refused: ", " };
const HOTWORDS: Terms = Terms { most: 100, chars: 100, words: 6, refused: "" };
const KEYTERMS: Terms = Terms { most: 100, chars: 50, words: 6, refused: "" };

/// What servers around Whisper take.
const WHISPER: &[Field] = &[text("language"), text("prompt"), TEMPERATURE];

/// Servers that know `json` and `verbose_json`, and perhaps more that need not be trusted to be there.
/// <https://console.groq.com/docs/speech-to-text>: "`vtt` and `srt` are not supported".
pub(super) const WITH_TIMES: &Transcripts =
    &Transcripts { fields: WHISPER, times: Times::Verbose, ..Transcripts::ROW };

/// <https://docs.cohere.com/reference/create-audio-transcription>
pub(super) const COHERE: &Transcripts =
    &Transcripts { fields: &[Field { needed: true, ..text("language") }, TEMPERATURE], ..Transcripts::ROW };

/// Each of Fireworks' models listens at a host of its own.
pub(super) const ON_FIREWORKS: [Route; 4] = {
    const TURBO: Route = Route {
        host: Some("audio-turbo.api.fireworks.ai"),
        models: &["whisper-v3-turbo"],
        ..openai(Endpoint::Transcriptions, "/v1/audio/transcriptions")
    };
    const OTHER: Route = Route { host: Some("audio-prod.api.fireworks.ai"), models: &[], ..TURBO };
    const TRANSLATED: &str = "/v1/audio/translations";
    [
        TURBO,
        OTHER,
        Route { endpoint: Endpoint::Translations, path: TRANSLATED, ..TURBO },
        Route { endpoint: Endpoint::Translations, path: TRANSLATED, ..OTHER },
    ]
};

/// <https://docs.fireworks.ai/api-reference/audio-transcriptions>
pub(super) const FIREWORKS: &Transcripts = &Transcripts {
    fields: &[
        text("language"),
        text("prompt"),
        TEMPERATURE,
        field("num_speakers", "max_speakers", What::Speakers),
    ],
    times: Times::Verbose,
    diarize: Some("diarize"),
    speakers_of_words: true,
    ..Transcripts::ROW
};

/// <https://docs.mistral.ai/capabilities/audio_transcription>
pub(super) const MISTRAL: &Transcripts = &Transcripts {
    fields: &[
        text("language"),
        field("temperature", "temperature", What::Number(0.0, 1.5)),
        // "Up to 100 words or phrases", which have underscores instead of spaces.
        field("prompt", "context_bias", What::Terms(&BIAS)),
    ],
    times: Times::Granularities,
    granularities: "timestamp_granularities",
    diarize: Some("diarize"),
    streams: true,
    ..Transcripts::ROW
};

/// <https://openrouter.ai/docs/guides/overview/multimodal/stt>
pub(super) const OPENROUTER: &Transcripts =
    &Transcripts { fields: &[text("language"), TEMPERATURE], times: Times::Verbose, ..Transcripts::ROW };

/// <https://docs.together.ai/reference/audio-transcriptions>
pub(super) const TOGETHER: &Transcripts = &Transcripts {
    fields: &[
        text("language"),
        text("prompt"),
        TEMPERATURE,
        field("num_speakers", "max_speakers", What::Speakers),
    ],
    times: Times::Verbose,
    granularities: "timestamp_granularities",
    diarize: Some("diarize"),
    ..Transcripts::ROW
};

/// <https://docs.vllm.ai/en/latest/serving/online_serving/speech_to_text/>
pub(super) const VLLM: &Transcripts = &Transcripts {
    fields: &[
        text("language"),
        text("prompt"),
        field("temperature", "temperature", What::Number(0.0, 2.0)),
        field("keywords", "hotwords", What::Keywords(&HOTWORDS)),
    ],
    times: Times::Verbose,
    streams: true,
    ..Transcripts::ROW
};

/// <https://docs.x.ai/developers/model-capabilities/audio/speech-to-text>
pub(super) const XAI: &Transcripts = &Transcripts {
    fields: &[text("language"), field("prompt", "keyterm", What::Terms(&KEYTERMS))],
    times: Times::Always,
    diarize: Some("diarize"),
    ..Transcripts::ROW
};

/// <https://docs.z.ai/api-reference/audio/audio-transcriptions>
pub(super) const ZAI: &Transcripts = &Transcripts {
    fields: &[text("prompt"), field("keywords", "hotwords", What::Keywords(&HOTWORDS))],
    streams: true,
    ..Transcripts::ROW
};
