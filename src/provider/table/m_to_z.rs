//! The rows from `minimax` to `zai`, in alphabetical order of their ids.
//! Facts are of November 2026; what follows no vendor's page names its source beside it.

use super::super::{
    Change, Given, Host, Provider, Quirk, Replay, Route, Search, Spoken, Thinking, native, openai, quirk,
};
use super::{
    CHATS, EFFORT, EFFORT_OR_NONE, GPT_IMAGES, IMAGES, NATIVE_SEARCH, NO_INSTRUCTIONS, NO_SEARCH, NO_SPEED,
    NO_STYLE, NO_THINKING, REPLAYS_CONTENT, REPLAYS_REASONING, but, searches, serves, speaks, thinks,
    transcripts,
};
use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{minimax, mistral::MISTRAL, nvidia, pictures, replicate, rerank, voyage, xai::XAI};
use crate::endpoint::Endpoint;
use crate::surface::embeddings::{Purpose, Words};
use crate::surface::speech::Format;

const CHAT: Route = openai(Endpoint::ChatCompletions, "/chat/completions");
const COMPLETIONS: Route = openai(Endpoint::Completions, "/completions");
const RESPONSES: Route = openai(Endpoint::Responses, "/responses");
/// Responses are kept, and reached by their ids.
const STORED: Route = openai(Endpoint::StoredResponses, "/responses");
const EMBEDDINGS: Route = openai(Endpoint::Embeddings, "/embeddings");
const RERANK: Route = native(Endpoint::Rerank, "/rerank", &rerank::OPEN);
const MODERATIONS: Route = openai(Endpoint::Moderations, "/moderations");
const IMAGE_GENERATIONS: Route = openai(Endpoint::ImageGenerations, "/images/generations");
const IMAGE_EDITS: Route = openai(Endpoint::ImageEdits, "/images/edits");
const IMAGE_VARIATIONS: Route = openai(Endpoint::ImageVariations, "/images/variations");
const SPEECH: Route = openai(Endpoint::Speech, "/audio/speech");
const TRANSCRIPTIONS: Route = openai(Endpoint::Transcriptions, "/audio/transcriptions");
const TRANSLATIONS: Route = openai(Endpoint::Translations, "/audio/translations");

const IN_CHAT: &[Endpoint] = &[Endpoint::ChatCompletions];
const IN_COMPLETIONS: &[Endpoint] = &[Endpoint::Completions];
const IN_RESPONSES: &[Endpoint] = &[Endpoint::Responses];
const IN_EMBEDDINGS: &[Endpoint] = &[Endpoint::Embeddings];

/// The role is refused, or left to chat templates of open models that mostly do not know it and
/// then fail or leave the message out without a word.
const DEVELOPER: Quirk = quirk(IN_CHAT, Change::DeveloperAsSystem);

/// The limit is documented under its older name alone. Where the newer one is ignored instead of
/// refused, the answer would have no limit.
const MAX_TOKENS: Quirk = quirk(IN_CHAT, Change::Rename { from: "max_completion_tokens", to: "max_tokens" });

/// Together's is WAV when nothing is asked for. Samples of some models are floats, 44,100 a second, unless it is said.
///
/// Source: <https://docs.together.ai/reference/audio-speech>.
const TOGETHER_SPEECH: &Spoken = &Spoken {
    formats: &[(Format::Mp3, "mp3"), (Format::Wav, "wav"), (Format::Pcm, "raw")],
    pcm: &[("response_encoding", "\"pcm_s16le\""), ("sample_rate", "24000")],
};

/// A quirk of some models.
const fn only(models: &'static [&'static str], endpoints: &'static [Endpoint], change: Change) -> Quirk {
    Quirk { endpoints, change, models }
}

/// OpenAI's models that search or speak in chats, and have no Responses.
const OPENAI_CHAT_ALONE: &[&str] = &[
    "gpt-4o-search-preview",
    "gpt-4o-mini-search-preview",
    "gpt-5-search-api",
    "gpt-audio",
    "gpt-4o-audio-preview",
    "gpt-4o-mini-audio-preview",
];

/// With its results, which are the answer's sources: the README of Z.AI's SDK asks for them so.
const ZAI_SEARCH: &str = r#"{"type":"web_search","web_search":{"enable":true,"search_engine":"search-prime","search_result":true}}"#;
/// The members of Mistral's `ChatCompletionRequest`, which allows no others.
const MISTRAL_PARAMS: &[&str] = &[
    "model",
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "stop",
    "random_seed",
    "metadata",
    "messages",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "prediction",
    "parallel_tool_calls",
    "reasoning_effort",
    "prompt_mode",
    "guardrails",
    "prompt_cache_key",
    "service_tier",
    "safe_prompt",
];
/// The members of Mistral's `EmbeddingRequest`, which allows no others.
const MISTRAL_EMBEDDINGS: &[&str] =
    &["model", "input", "metadata", "output_dimension", "output_dtype", "encoding_format"];
/// Retrieval models embed questions and passages differently. What is embedded without a word of it is mostly what
/// is searched later.
const NVIDIA_PURPOSE: Change = Change::Purpose {
    words: Words {
        name: "input_type",
        known: &[(Purpose::Query, "query"), (Purpose::Document, "passage")],
        own: &[],
    },
    usual: Some("passage"),
};
const NVIDIA_BASE: &[&str] =
    &["bigcode/starcoder2", "mistralai/mixtral-8x22b-v0.1", "nvidia/mistral-nemo-minitron-8b-base"];
/// The last models that complete a prompt; all others chat.
const OPENAI_COMPLETIONS: &[&str] =
    &["gpt-3.5-turbo-instruct", "babbage-002", "davinci-002", "ft:babbage-002", "ft:davinci-002"];
const MINIMAX_M2: &[&str] = &["MiniMax-M2"];
const KIMI: &[&str] = &["kimi-"];
const ADA: &[&str] = &["text-embedding-ada-"];
const O_SERIES: &[&str] = &["o1", "o3", "o4"];
const REASONING: &[&str] = &["gpt-5", "o1", "o3", "o4"];

pub(super) const ROWS: &[Provider] = &[
    // Keys of the Chinese platform need the host api.minimaxi.com. Thinking comes inside `content`,
    // in <think> tags, unless the request says `reasoning_split: true`.
    Provider {
        id: "minimax",
        name: "MiniMax",
        docs: "https://platform.minimax.io/docs/api-reference/text-chat-openai",
        host: Host::Public("api.minimax.io"),
        // Embeddings and speech have forms of MiniMax's own (`texts`, `t2a_v2`), left out here.
        routes: &[
            CHAT,
            RESPONSES,
            native(Endpoint::ImageGenerations, minimax::PATH, &minimax::MINIMAX),
            native(Endpoint::ImageEdits, minimax::PATH, &minimax::MINIMAX),
        ],
        quirks: &[
            DEVELOPER,
            // The range is (0, 1]; M3 takes OpenAI's own.
            only(MINIMAX_M2, IN_CHAT, Change::Clamp { param: "temperature", min: 0.01, max: 1.0 }),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Every parameter, and every member of a message, that Mistral's schema lacks is refused with 422.
    // Answers of reasoning models can have a list of blocks as `content`.
    Provider {
        id: "mistral",
        name: "Mistral AI",
        docs: "https://docs.mistral.ai/api",
        host: Host::Public("api.mistral.ai"),
        // Not OpenAI's: fim/completions (answers as chat does).
        // Its Responses are a preview that refuses `store: true` and has no built-in tools: told as chats they
        // have more (docs.mistral.ai/api/endpoint/responses).
        routes: &[
            CHAT,
            EMBEDDINGS,
            native(Endpoint::Moderations, "/moderations", &MISTRAL),
            native(Endpoint::Speech, "/audio/speech", &MISTRAL),
            TRANSCRIPTIONS,
        ],
        quirks: &[
            transcripts::transcribes(transcripts::MISTRAL),
            MAX_TOKENS,
            quirk(IN_CHAT, Change::Clamp { param: "seed", min: 0.0, max: 9e18 }),
            quirk(IN_CHAT, Change::Rename { from: "seed", to: "random_seed" }),
            quirk(IN_CHAT, Change::Clamp { param: "temperature", min: 0.0, max: 1.5 }),
            // "Input should be greater than 0"
            quirk(IN_CHAT, Change::Clamp { param: "top_p", min: 0.001, max: 1.0 }),
            // Its small models know `none` and `high` alone.
            thinks(&[], Thinking::Effort { off: Some("none"), levels: &["high"] }),
            searches(&[], Search::Tool(r#"{"type":"web_search"}"#)),
            quirk(IN_CHAT, Change::Runs(&["code_interpreter", "image_generation"])),
            // The last chunk of a stream has the usage without being asked.
            quirk(IN_CHAT, Change::Only(MISTRAL_PARAMS)),
            quirk(IN_CHAT, Change::StrictTools),
            quirk(IN_CHAT, Change::Chunks),
            quirk(IN_CHAT, Change::Reasoning(Replay::Chunk)),
            quirk(
                IN_CHAT,
                Change::MessageMembers(&["role", "content", "tool_calls", "prefix", "tool_call_id", "name"]),
            ),
            DEVELOPER,
            quirk(IN_EMBEDDINGS, Change::TextsAlone),
            quirk(IN_EMBEDDINGS, Change::Rename { from: "dimensions", to: "output_dimension" }),
            quirk(IN_EMBEDDINGS, Change::Only(MISTRAL_EMBEDDINGS)),
        ],
        ..Provider::ROW
    },
    // Keys of the Chinese platform need the host api.moonshot.cn. Thinking models want
    // `reasoning_content` back on assistant messages that call tools.
    Provider {
        id: "moonshotai",
        name: "Moonshot AI",
        docs: "https://platform.kimi.ai/docs/api/chat",
        host: Host::Public("api.moonshot.ai"),
        routes: &[CHAT],
        quirks: &[
            // "role 'developer' is not allowed"
            DEVELOPER,
            // Kimi models have fixed values for these, which depend on the model and on its thinking,
            // and refuse all others: "invalid temperature: only 1 is allowed for this model".
            only(KIMI, IN_CHAT, Change::Unsupported("temperature")),
            only(KIMI, IN_CHAT, Change::Unsupported("top_p")),
            only(KIMI, IN_CHAT, Change::Unsupported("n")),
            only(KIMI, IN_CHAT, Change::Unsupported("presence_penalty")),
            only(KIMI, IN_CHAT, Change::Unsupported("frequency_penalty")),
            // What is left for the moonshot-v1 models.
            quirk(IN_CHAT, Change::Clamp { param: "temperature", min: 0.0, max: 1.0 }),
            // "thinking is enabled but reasoning_content is missing in assistant tool call message"
            REPLAYS_CONTENT,
            thinks(&["kimi-k2"], Thinking::Switch),
            thinks(KIMI, Thinking::Effort { off: None, levels: &["low", "high", "max"] }),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Token Factory, formerly AI Studio (api.studio.nebius.com). Images ignore `size`: the size is in
    // `width` and `height`.
    Provider {
        id: "nebius",
        name: "Nebius Token Factory",
        docs: "https://docs.tokenfactory.nebius.com/api-reference/inference/create-chat-completion",
        host: Host::Public("api.tokenfactory.nebius.com"),
        routes: &[CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS, IMAGE_GENERATIONS],
        quirks: &[MAX_TOKENS, DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // Older clients know the same service below /v3/openai.
    Provider {
        id: "novita",
        name: "Novita AI",
        docs: "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        host: Host::Public("api.novita.ai"),
        base_path: "/openai/v1",
        routes: &[CHAT, COMPLETIONS, EMBEDDINGS, RERANK],
        quirks: &[MAX_TOKENS, DEVELOPER, NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // A NIM of one's own is a provider of the dialect `nim`.
    Provider {
        id: "nvidia",
        name: "NVIDIA API Catalog",
        docs: "https://docs.api.nvidia.com/nim/reference/llm-apis",
        host: Host::Public("integrate.api.nvidia.com"),
        // Rerankers, images and some vision models are at ai.api.nvidia.com, each at a path and in a form of its
        // own. Only a few base models serve completions.
        routes: &[
            CHAT,
            serves(NVIDIA_BASE, COMPLETIONS),
            EMBEDDINGS,
            Route {
                host: Some("ai.api.nvidia.com"),
                ..native(Endpoint::Rerank, "/retrieval/{model/}/reranking", &rerank::NVIDIA)
            },
            nvidia::IMAGE_GENERATIONS,
            nvidia::IMAGE_EDITS,
        ],
        // Not all models know the newer name of the limit (langchain-nvidia sends the older one for them).
        quirks: &[
            MAX_TOKENS,
            DEVELOPER,
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Template),
            NO_SEARCH,
            // "'input_type' parameter is required for asymmetric models"
            quirk(IN_EMBEDDINGS, NVIDIA_PURPOSE),
        ],
        ..Provider::ROW
    },
    // Images must be base64, a prompt of completions one string. `n`, `tool_choice`, `logit_bias` and
    // `user` are ignored.
    Provider {
        id: "ollama",
        name: "Ollama",
        docs: "https://docs.ollama.com/api/openai-compatibility",
        host: Host::Local(11434),
        routes: &[CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS, TRANSCRIPTIONS],
        quirks: &[
            MAX_TOKENS,
            DEVELOPER,
            REPLAYS_REASONING,
            thinks(&[], EFFORT_OR_NONE),
            NO_SEARCH,
            quirk(IN_EMBEDDINGS, Change::TextsAlone),
        ],
        ..Provider::ROW
    },
    // Models that only the Responses API has (those for Codex, the `-pro` ones) are refused on chat.
    Provider {
        id: "openai",
        name: "OpenAI",
        docs: "https://platform.openai.com/docs/api-reference",
        host: Host::Public("api.openai.com"),
        routes: &[
            CHAT,
            serves(OPENAI_COMPLETIONS, COMPLETIONS),
            but(OPENAI_CHAT_ALONE, RESPONSES),
            STORED,
            EMBEDDINGS,
            MODERATIONS,
            IMAGE_GENERATIONS,
            IMAGE_EDITS,
            IMAGE_VARIATIONS,
            SPEECH,
            TRANSCRIPTIONS,
            TRANSLATIONS,
        ],
        quirks: &[
            // "Unsupported parameter: 'max_tokens' is not supported with this model."
            only(REASONING, IN_CHAT, Change::Rename { from: "max_tokens", to: "max_completion_tokens" }),
            // The o-series always reasons and takes no sampling parameters. With GPT-5 it depends on the
            // version and on `reasoning_effort`, so there the refusal is left to OpenAI.
            only(O_SERIES, IN_CHAT, Change::Unsupported("temperature")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("top_p")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("presence_penalty")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("frequency_penalty")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("logit_bias")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("logprobs")),
            only(O_SERIES, IN_CHAT, Change::Unsupported("top_logprobs")),
            only(O_SERIES, IN_RESPONSES, Change::Unsupported("temperature")),
            only(O_SERIES, IN_RESPONSES, Change::Unsupported("top_p")),
            GPT_IMAGES,
            NO_STYLE,
            // "Unknown parameter: 'quality'."
            only(&["dall-e-2"], IMAGES, Change::Unsupported("quality")),
            // Only the third generation of embedding models can shorten its vectors.
            only(ADA, IN_EMBEDDINGS, Change::Unsupported("dimensions")),
            quirk(CHATS, Change::Reasoning(Replay::Out)),
            thinks(REASONING, EFFORT),
            NO_THINKING,
            searches(&[], NATIVE_SEARCH),
        ],
        extends_chat: false,
        ..Provider::ROW
    },
    // Any server of the operator's own that speaks OpenAI's language; what it does not serve, it refuses
    // itself. Reranking is Cohere's and Jina's form, as vLLM, llama.cpp and others have it.
    Provider {
        id: "openailike",
        name: "OpenAI-compatible server",
        docs: "https://platform.openai.com/docs/api-reference",
        host: Host::Configured("llm.example.com"),
        routes: &[
            CHAT,
            COMPLETIONS,
            RESPONSES,
            STORED,
            EMBEDDINGS,
            RERANK,
            MODERATIONS,
            IMAGE_GENERATIONS,
            IMAGE_EDITS,
            IMAGE_VARIATIONS,
            SPEECH,
            TRANSCRIPTIONS,
            TRANSLATIONS,
        ],
        own_params: transcripts::OF_ORQ,
        ..Provider::ROW
    },
    // Streams contain comment lines.
    Provider {
        id: "openrouter",
        name: "OpenRouter",
        docs: "https://openrouter.ai/docs/api-reference/overview",
        host: Host::Public("openrouter.ai"),
        base_path: "/api/v1",
        own_params: &["plugins"],
        // Its specification (OpenRouterTeam/typescript-sdk) has completions no longer.
        routes: &[
            CHAT,
            RESPONSES,
            EMBEDDINGS,
            native(Endpoint::Rerank, "/rerank", &rerank::OPENROUTER),
            native(Endpoint::ImageGenerations, "/images", &pictures::OPENROUTER),
            native(Endpoint::ImageEdits, "/images", &pictures::OPENROUTER),
            native(Endpoint::ImageVariations, "/images", &pictures::OPENROUTER),
            SPEECH,
            TRANSCRIPTIONS,
        ],
        quirks: &[
            transcripts::transcribes(transcripts::OPENROUTER),
            quirk(CHATS, Change::Reasoning(Replay::Details)),
            thinks(&[], Thinking::Object { budget: true }),
            searches(&[], Search::Parameters("openrouter:web_search")),
            // It is pcm when nothing is asked for.
            speaks(&[], &Spoken { formats: &[(Format::Mp3, "mp3"), (Format::Pcm, "pcm")], pcm: &[] }),
        ],
        ..Provider::ROW
    },
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
            quirk(IMAGES, Change::Pictures(Given::Urls)),
            quirk(IMAGES, Change::Clamp { param: "n", min: 1.0, max: 1.0 }),
        ],
        ..Provider::ROW
    },
];
