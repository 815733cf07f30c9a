//! The rows from `perplexity` to `zai`, in alphabetical order of their ids.
//! Facts are of November 2026; what follows no vendor's page names its source beside it.

use super::super::{Change, Given, Host, Provider, Replay, Search, Spoken, Thinking, native, openai, quirk};
use super::m_to_o::{
    CHAT, COMPLETIONS, DEVELOPER, EMBEDDINGS, IMAGE_GENERATIONS, IN_CHAT, IN_EMBEDDINGS, MAX_TOKENS, RERANK,
    RESPONSES, SPEECH, STORED, TRANSCRIPTIONS, TRANSLATIONS,
};
use super::{
    CHATS, EFFORT, EFFORT_OR_NONE, NO_INSTRUCTIONS, NO_SEARCH, NO_SPEED, NO_THINKING, REPLAYS_CONTENT,
    REPLAYS_REASONING, searches, serves, speaks, thinks, transcripts,
};
use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{pictures, replicate, rerank, voyage, xai::XAI};
use crate::endpoint::Endpoint;
use crate::surface::speech::Format;

const IN_COMPLETIONS: &[Endpoint] = &[Endpoint::Completions];
const IN_IMAGE_GENERATIONS: &[Endpoint] = &[Endpoint::ImageGenerations];

/// Together's is WAV when nothing is asked for. Samples of some models are floats, 44,100 a second, unless it is said.
///
/// Source: <https://docs.together.ai/reference/audio-speech>.
const TOGETHER_SPEECH: &Spoken = &Spoken {
    formats: &[(Format::Mp3, "mp3"), (Format::Wav, "wav"), (Format::Pcm, "raw")],
    pcm: &[("response_encoding", "\"pcm_s16le\""), ("sample_rate", "24000")],
};

/// With its results, which are the answer's sources: the README of Z.AI's SDK asks for them so.
const ZAI_SEARCH: &str = r#"{"type":"web_search","web_search":{"enable":true,"search_engine":"search-prime","search_result":true}}"#;

pub(super) const ROWS: &[Provider] = &[
    // New accounts have Responses alone: chat completions ended for Sonar on 27 September 2026 ("Sonar
    // is now the Agent API"), and stay here for contracts that still have them. In Responses models have
    // their vendor's name before a slash: `perplexity/perplexity/sonar`, `perplexity/openai/gpt-5.5`.
    Provider {
        id: "perplexity",
        name: "Perplexity",
        docs: "https://docs.perplexity.ai/docs/agent-api/openai-compatibility",
        host: Host::Public("api.perplexity.ai"),
        base_path: "",
        routes: &[
            CHAT,
            openai(Endpoint::Responses, "/v1/responses"),
            openai(Endpoint::StoredResponses, "/v1/responses"),
            openai(Endpoint::Embeddings, "/v1/embeddings"),
        ],
        quirks: &[
            quirk(CHATS, Change::Reasoning(Replay::Out)),
            thinks(&["sonar-deep-research", "sonar-reasoning"], EFFORT),
            NO_THINKING,
            searches(
                &[],
                Search::Native { off: Some("disable_search"), domains: Some("search_domain_filter") },
            ),
            quirk(IN_EMBEDDINGS, Change::TextsAlone),
            // "Maximum 512 texts per request."
            quirk(IN_EMBEDDINGS, Change::MostInputs(512)),
            // `encoding_format` is base64_int8 or base64_binary.
            quirk(IN_EMBEDDINGS, Change::Vectors(Packed::Bytes)),
            quirk(IN_EMBEDDINGS, Change::Unsupported("user")),
        ],
        ..Provider::ROW
    },
    // For an enterprise's own deployment the host must be configured, and its base path is /openai/v1.
    Provider {
        id: "poolside",
        name: "Poolside",
        docs: "https://docs.poolside.ai/api/overview",
        host: Host::Public("inference.poolside.ai"),
        routes: &[CHAT],
        quirks: &[DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // Pictures alone: `replicate/black-forest-labs/flux-schnell`, and `replicate/owner/name:version` where a model is not
    // one of Replicate's official ones.
    Provider {
        id: "replicate",
        name: "Replicate",
        docs: "https://replicate.com/docs/reference/http",
        host: Host::Public("api.replicate.com"),
        routes: replicate::ROUTES,
        ..Provider::ROW
    },
    // Responses keep no state and take function tools alone.
    Provider {
        id: "sambanova",
        name: "SambaNova Cloud",
        docs: "https://docs.sambanova.ai/docs/en/features/openai-compatibility",
        host: Host::Public("api.sambanova.ai"),
        routes: &[
            CHAT,
            COMPLETIONS,
            // docs.sambanova.ai/docs/en/features/responses
            serves(&["gpt-oss-120b", "MiniMax-M2.7", "MiniMax-M3", "gemma-4"], RESPONSES),
            EMBEDDINGS,
            TRANSCRIPTIONS,
            TRANSLATIONS,
        ],
        quirks: &[DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // Dedicated deployments have hosts of their own (<id>.ifr.fr-par.scaleway.com). `frequency_penalty`,
    // `n`, `top_logprobs`, `logit_bias` and `user` are documented as unsupported, not as refused.
    Provider {
        id: "scaleway",
        name: "Scaleway Generative APIs",
        docs: "https://www.scaleway.com/en/developers/api/generative-apis/",
        host: Host::Public("api.scaleway.ai"),
        routes: &[CHAT, RESPONSES, EMBEDDINGS, RERANK, TRANSCRIPTIONS],
        quirks: &[MAX_TOKENS, DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // TokenHub: the Hunyuan platform (api.hunyuan.cloud.tencent.com) ended on 30 September 2026. Keys
    // from Singapore need the host tokenhub-intl.tencentcloudmaas.com. Embeddings are floats of fixed
    // length only.
    Provider {
        id: "tencent",
        name: "Tencent Cloud TokenHub",
        docs: "https://cloud.tencent.com/document/product/1823/130078",
        host: Host::Public("tokenhub.tencentmaas.com"),
        // Responses are chats that TokenHub converts itself, as yet of one model
        // (cloud.tencent.com/document/product/1823/133813). Images and video are jobs in a form of their own.
        routes: &[CHAT, serves(&["glm-5.2"], RESPONSES), EMBEDDINGS],
        quirks: &[
            MAX_TOKENS,
            DEVELOPER,
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Switch),
            NO_SEARCH,
            quirk(IN_EMBEDDINGS, Change::TextsAlone),
            quirk(IN_EMBEDDINGS, Change::Vectors(Packed::Floats)),
        ],
        ..Provider::ROW
    },
    // The company calls itself TensorX now; the host was api.tensorix.ai. Voices are its own
    // (`Emily.wav`), not OpenAI's.
    Provider {
        id: "tensorix",
        name: "TensorX",
        docs: "https://docs.tensorx.ai/api-reference/overview",
        host: Host::Public("api.tensorx.ai"),
        routes: &[CHAT, EMBEDDINGS, SPEECH, TRANSCRIPTIONS],
        quirks: &[
            MAX_TOKENS,
            DEVELOPER,
            NO_THINKING,
            NO_SEARCH,
            speaks(&[], &Spoken { formats: &[], pcm: &[] }),
            NO_INSTRUCTIONS,
        ],
        ..Provider::ROW
    },
    // `logprobs` is a number and answered in a form of Together's own. Responses are
    // supported for few models, keep no state, and "may return malformed output" for the others: they are told
    // as chats (docs.together.ai/docs/inference/responses-api).
    Provider {
        id: "togetherai",
        name: "Together AI",
        docs: "https://docs.together.ai/docs/inference/openai-compatibility",
        host: Host::Public("api.together.ai"),
        routes: &[
            CHAT,
            COMPLETIONS,
            EMBEDDINGS,
            native(Endpoint::Rerank, "/rerank", &rerank::TOGETHER),
            native(Endpoint::ImageGenerations, "/images/generations", &pictures::TOGETHER),
            native(Endpoint::ImageEdits, "/images/generations", &pictures::TOGETHER),
            native(Endpoint::ImageVariations, "/images/generations", &pictures::TOGETHER),
            SPEECH,
            TRANSCRIPTIONS,
            TRANSLATIONS,
        ],
        // Its specification (togethercomputer/openapi) knows the roles system, user, assistant, tool and
        // function.
        quirks: &[
            transcripts::translates(transcripts::TOGETHER),
            MAX_TOKENS,
            DEVELOPER,
            REPLAYS_REASONING,
            thinks(&[], Thinking::Object { budget: false }),
            NO_SEARCH,
            quirk(IN_EMBEDDINGS, Change::TextsAlone),
            // Its embeddings know no `encoding_format`.
            quirk(IN_EMBEDDINGS, Change::Vectors(Packed::Floats)),
            speaks(&[], TOGETHER_SPEECH),
            NO_INSTRUCTIONS,
            NO_SPEED,
        ],
        ..Provider::ROW
    },
    // One server has one model, and only the endpoints of that model's kind.
    Provider {
        id: "vllm",
        name: "vLLM",
        docs: "https://docs.vllm.ai/en/latest/serving/online_serving/openai_compatible_server/",
        host: Host::Local(8000),
        routes: &[CHAT, COMPLETIONS, RESPONSES, STORED, EMBEDDINGS, RERANK, TRANSCRIPTIONS, TRANSLATIONS],
        quirks: &[
            transcripts::translates(transcripts::VLLM),
            DEVELOPER,
            quirk(IN_COMPLETIONS, Change::Unsupported("suffix")),
            REPLAYS_REASONING,
            thinks(&[], Thinking::Template),
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    Provider {
        id: "voyage",
        name: "Voyage AI",
        docs: "https://docs.voyageai.com/reference/embeddings-api",
        host: Host::Public("api.voyageai.com"),
        routes: &[voyage::EMBEDDINGS, native(Endpoint::Rerank, "/rerank", &rerank::VOYAGE)],
        ..Provider::ROW
    },
    // The header `wafer-zdr: required` keeps a request on machines that retain no data.
    Provider {
        id: "wafer",
        name: "Wafer",
        docs: "https://docs.wafer.ai/serverless/api-reference",
        host: Host::Public("pass.wafer.ai"),
        routes: &[CHAT, COMPLETIONS],
        quirks: &[MAX_TOKENS, DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // Errors are `{"code", "error"}` with the message as a string, and a wrong key is 400.
    Provider {
        id: "xai",
        name: "xAI",
        docs: "https://docs.x.ai/developers/rest-api-reference/inference",
        host: Host::Public("api.x.ai"),
        // Legacy completions exist, but no reasoning model serves them, and no other is left.
        routes: &[
            CHAT,
            RESPONSES,
            STORED,
            native(Endpoint::ImageGenerations, "/images/generations", &pictures::XAI),
            native(Endpoint::ImageEdits, "/images/edits", &pictures::XAI),
            native(Endpoint::ImageVariations, "/images/edits", &pictures::XAI),
            native(Endpoint::Speech, "/tts", &XAI),
            openai(Endpoint::Transcriptions, "/stt"),
        ],
        quirks: &[
            transcripts::transcribes(transcripts::XAI),
            // It may have become an alias of system since; sent as system it works either way.
            DEVELOPER,
            // Reasoning models, which all current ones are, refuse these with an error.
            quirk(IN_CHAT, Change::Unsupported("presence_penalty")),
            quirk(IN_CHAT, Change::Unsupported("frequency_penalty")),
            quirk(IN_CHAT, Change::Unsupported("stop")),
            REPLAYS_CONTENT,
            thinks(&["grok-3-mini"], Thinking::Effort { off: None, levels: &["low", "high"] }),
            thinks(&["grok-4.3"], EFFORT_OR_NONE),
            thinks(&["grok-4.5"], EFFORT),
            NO_THINKING,
            // "Live search is deprecated": 410, and its tools are of Responses alone.
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Keys of the coding plan need the base path /api/coding/paas/v4; those of the Chinese platform, the
    // host open.bigmodel.cn. `tool_choice` knows only "auto", `stop` only one word.
    Provider {
        id: "zai",
        name: "Z.AI",
        docs: "https://docs.z.ai/api-reference/llm/chat-completion",
        host: Host::Public("api.z.ai"),
        base_path: "/api/paas/v4",
        // Images come one a request. Responses are for keys of the coding plan, at /api/v1/responses: they are told
        // as chats.
        routes: &[CHAT, IMAGE_GENERATIONS, TRANSCRIPTIONS],
        quirks: &[
            transcripts::transcribes(transcripts::ZAI),
            MAX_TOKENS,
            // "Incorrect role information"
            DEVELOPER,
            quirk(IN_CHAT, Change::Clamp { param: "temperature", min: 0.0, max: 1.0 }),
            quirk(IN_CHAT, Change::Clamp { param: "top_p", min: 0.01, max: 1.0 }),
            // "thinking blocks should be explicitly preserved and returned together with the tool results"
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Switch),
            searches(&[], Search::Tool(ZAI_SEARCH)),
            quirk(IN_IMAGE_GENERATIONS, Change::Pictures(Given::Urls)),
            quirk(IN_IMAGE_GENERATIONS, Change::Clamp { param: "n", min: 1.0, max: 1.0 }),
        ],
        ..Provider::ROW
    },
];
