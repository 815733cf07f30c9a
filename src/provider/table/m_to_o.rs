//! The rows from `minimax` to `openrouter`, in alphabetical order of their ids.
//! Facts are of November 2026; what follows no vendor's page names its source beside it.

use super::super::{
    Change, Host, Provider, Quirk, Replay, Route, Search, Spoken, Thinking, native, openai, quirk,
};
use super::{
    CHATS, EFFORT, EFFORT_OR_NONE, GPT_IMAGES, IMAGES, NATIVE_SEARCH, NO_SEARCH, NO_STYLE, NO_THINKING,
    REPLAYS_CONTENT, REPLAYS_REASONING, but, searches, serves, speaks, thinks, transcripts,
};
use crate::dialect::{minimax, mistral::MISTRAL, nvidia, pictures, rerank};
use crate::endpoint::Endpoint;
use crate::surface::embeddings::{Purpose, Words};
use crate::surface::speech::Format;

pub(super) const CHAT: Route = openai(Endpoint::ChatCompletions, "/chat/completions");

pub(super) const COMPLETIONS: Route = openai(Endpoint::Completions, "/completions");

pub(super) const RESPONSES: Route = openai(Endpoint::Responses, "/responses");

/// Responses are kept, and reached by their ids.
pub(super) const STORED: Route = openai(Endpoint::StoredResponses, "/responses");

pub(super) const EMBEDDINGS: Route = openai(Endpoint::Embeddings, "/embeddings");

pub(super) const RERANK: Route = native(Endpoint::Rerank, "/rerank", &rerank::OPEN);

const MODERATIONS: Route = openai(Endpoint::Moderations, "/moderations");

pub(super) const IMAGE_GENERATIONS: Route = openai(Endpoint::ImageGenerations, "/images/generations");

const IMAGE_EDITS: Route = openai(Endpoint::ImageEdits, "/images/edits");

const IMAGE_VARIATIONS: Route = openai(Endpoint::ImageVariations, "/images/variations");

pub(super) const SPEECH: Route = openai(Endpoint::Speech, "/audio/speech");

pub(super) const TRANSCRIPTIONS: Route = openai(Endpoint::Transcriptions, "/audio/transcriptions");

pub(super) const TRANSLATIONS: Route = openai(Endpoint::Translations, "/audio/translations");

pub(super) const IN_CHAT: &[Endpoint] = &[Endpoint::ChatCompletions];

const IN_RESPONSES: &[Endpoint] = &[Endpoint::Responses];

pub(super) const IN_EMBEDDINGS: &[Endpoint] = &[Endpoint::Embeddings];

/// The role is refused, or left to chat templates of open models that mostly do not know it and
/// then fail or leave the message out without a word.
pub(super) const DEVELOPER: Quirk = quirk(IN_CHAT, Change::DeveloperAsSystem);

/// The limit is documented under its older name alone. Where the newer one is ignored instead of
/// refused, the answer would have no limit.
pub(super) const MAX_TOKENS: Quirk =
    quirk(IN_CHAT, Change::Rename { from: "max_completion_tokens", to: "max_tokens" });

/// A quirk of some models.
pub(super) const fn only(
    models: &'static [&'static str],
    endpoints: &'static [Endpoint],
    change: Change,
) -> Quirk {
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
];
