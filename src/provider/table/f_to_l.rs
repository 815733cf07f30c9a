//! The rows from `fal` to `lmstudio`, each after its vendor's documentation as read in November 2026.

use super::super::{
    Auth, Change, Host, Placeless, Provider, Quirk, Replay, Search, Spoken, Thinking, native, openai, quirk,
};
use super::a_to_e::{CHAT, EMBEDDINGS, MAX_TOKENS, rejects};
use super::{
    CHATS, EFFORT, NO_INSTRUCTIONS, NO_SEARCH, NO_THINKING, REPLAYS_CONTENT, but, searches, speaks, thinks,
    transcripts,
};
use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{anthropic, fal, fireworks, gemini, huggingface, jina, leonardo, rerank};
use crate::endpoint::Endpoint::{
    self, ChatCompletions, Completions, Embeddings, ImageEdits, ImageGenerations, Moderations, Rerank,
    Responses, Speech, StoredResponses, Transcriptions, Translations,
};
use crate::surface::speech::Format;

const CHAT_AND_RESPONSES: &[Endpoint] = &[ChatCompletions, Responses];

/// The models of Groq that reason, and so take their reasoning back.
const GROQ_REASONING: &[&str] = &["openai/gpt-oss", "qwen/"];

/// Of what Groq's `ogg` holds, its documentation says nothing.
const GROQ_SPEECH: &Spoken =
    &Spoken { formats: &[(Format::Mp3, "mp3"), (Format::Wav, "wav"), (Format::Flac, "flac")], pcm: &[] };

pub(super) const ROWS: &[Provider] = &[
    // Pictures alone. Each model is a path of its own: `fal/fal-ai/flux/dev`, `fal/openai/gpt-image-2/edit`.
    Provider {
        id: "fal",
        name: "fal",
        docs: "https://fal.ai/docs/documentation/model-apis/inference/synchronous",
        host: Host::Public("fal.run"),
        base_path: "",
        auth: Auth::Scheme("Key"),
        routes: fal::ROUTES,
        ..Provider::ROW
    },
    // Models are `accounts/fireworks/models/<name>` or `fireworks/<name>`. Audio
    // listens at hosts of its own.
    Provider {
        id: "fireworks",
        name: "Fireworks AI",
        docs: "https://docs.fireworks.ai/api-reference/post-chatcompletions",
        host: Host::Public("api.fireworks.ai"),
        base_path: "",
        routes: &[
            openai(ChatCompletions, "/inference/v1/chat/completions"),
            openai(Completions, "/inference/v1/completions"),
            openai(Responses, "/inference/v1/responses"),
            openai(StoredResponses, "/inference/v1/responses"),
            openai(Embeddings, "/inference/v1/embeddings"),
            native(Rerank, "/inference/v1/rerank", &rerank::FIREWORKS),
            fireworks::ROUTES[0],
            fireworks::ROUTES[1],
            fireworks::ROUTES[2],
            transcripts::ON_FIREWORKS[0],
            transcripts::ON_FIREWORKS[1],
            transcripts::ON_FIREWORKS[2],
            transcripts::ON_FIREWORKS[3],
        ],
        quirks: &[
            transcripts::translates(transcripts::FIREWORKS),
            // The role of a message is "one of `system`, `user`, or `assistant`".
            quirk(CHAT, Change::DeveloperAsSystem),
            // "Extra inputs are not permitted, field: 'prompt_cache_retention'"
            rejects(CHAT, "prompt_cache_retention"),
            // At most 5 alternatives, where OpenAI gives 20.
            quirk(CHAT, Change::Clamp { param: "top_logprobs", min: 0.0, max: 5.0 }),
            REPLAYS_CONTENT,
            NO_SEARCH,
            // Its embeddings know no `encoding_format`.
            quirk(EMBEDDINGS, Change::Vectors(Packed::Floats)),
        ],
        ..Provider::ROW
    },
    // Vertex AI, which Google now calls the Gemini Enterprise Agent Platform. v1beta1 is what Google's own
    // SDKs speak. Multi-regions have hosts of another form (google-genai, `_api_client.py`). A key that
    // belongs to no project ("express mode") is for the global API.
    Provider {
        id: "google",
        name: "Google Vertex AI",
        docs: "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
        host: Host::Regional {
            by: "location",
            host: "{}-aiplatform.googleapis.com",
            others: &[
                ("global", "aiplatform.googleapis.com"),
                ("us", "aiplatform.us.rep.googleapis.com"),
                ("eu", "aiplatform.eu.rep.googleapis.com"),
            ],
        },
        base_path: "/v1beta1/projects/{project}/locations/{location}",
        placeless: Some(Placeless {
            host: "aiplatform.googleapis.com",
            base_path: "/v1beta1",
            auth: Auth::Header("x-goog-api-key"),
        }),
        routes: &[
            anthropic::VERTEX_ROUTE,
            gemini::VERTEX_CHAT,
            gemini::VERTEX_EMBEDDINGS,
            gemini::VERTEX_IMAGES[0],
            gemini::VERTEX_IMAGES[1],
            gemini::VERTEX_IMAGES[2],
            gemini::VERTEX_IMAGES[3],
            gemini::VERTEX_IMAGES[4],
            gemini::VERTEX_SPEECH,
            gemini::VERTEX_TRANSCRIPTIONS,
            gemini::VERTEX_TRANSLATIONS,
        ],
        ..Provider::ROW
    },
    // All in its own language: its API for OpenAI's clients is a beta that knows less.
    Provider {
        id: "google-ai",
        name: "Google AI",
        docs: "https://ai.google.dev/api/generate-content",
        host: Host::Public("generativelanguage.googleapis.com"),
        base_path: "/v1beta",
        auth: Auth::Header("x-goog-api-key"),
        routes: &[
            gemini::CHAT,
            gemini::EMBEDDINGS,
            gemini::IMAGES[0],
            gemini::IMAGES[1],
            gemini::IMAGES[2],
            gemini::IMAGES[3],
            gemini::SPEECH,
            gemini::TRANSCRIPTIONS,
            gemini::TRANSLATIONS,
        ],
        ..Provider::ROW
    },
    // `messages[].name` is a 400, and so are `vtt` and `srt` for audio. The SDK has
    // embeddings, but there is no model for them. Responses keep no state.
    Provider {
        id: "groq",
        name: "Groq",
        docs: "https://console.groq.com/docs/openai",
        host: Host::Public("api.groq.com"),
        base_path: "/openai/v1",
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            // Its compound systems are told Responses as chats: Groq's own know no `web_search`, their chats do.
            but(&["groq/compound", "compound"], openai(Responses, "/responses")),
            openai(Speech, "/audio/speech"),
            openai(Transcriptions, "/audio/transcriptions"),
            openai(Translations, "/audio/translations"),
        ],
        quirks: &[
            transcripts::translates(transcripts::WITH_TIMES),
            // "will result in a 400 error (yikes)"
            rejects(CHAT, "logprobs"),
            rejects(CHAT, "top_logprobs"),
            rejects(CHAT, "logit_bias"),
            // "If N is supplied, it must be equal to 1."
            quirk(CHAT, Change::Clamp { param: "n", min: 1.0, max: 1.0 }),
            // "property 'prompt_cache_key' is unsupported"
            rejects(CHAT_AND_RESPONSES, "prompt_cache_key"),
            // "property 'reasoning_content' is unsupported", and of other models: "reasoning is not supported with
            // this model".
            Quirk {
                endpoints: CHATS,
                change: Change::Reasoning(Replay::As("reasoning")),
                models: GROQ_REASONING,
            },
            quirk(CHATS, Change::Reasoning(Replay::Out)),
            quirk(
                CHATS,
                Change::MessageMembers(&["role", "content", "tool_calls", "tool_call_id", "reasoning"]),
            ),
            thinks(&["openai/gpt-oss"], EFFORT),
            thinks(&["qwen/"], Thinking::Effort { off: Some("none"), levels: &["default"] }),
            NO_THINKING,
            // Compound models search by themselves.
            searches(&["groq/compound", "compound"], Search::Compound),
            searches(&["openai/gpt-oss"], Search::Tool(r#"{"type":"browser_search"}"#)),
            NO_SEARCH,
            // "response_format must be one of [wav]"
            speaks(&["canopylabs/orpheus"], &Spoken { formats: &[(Format::Wav, "wav")], pcm: &[] }),
            // "response_format must be one of [flac mp3 mulaw ogg wav]"
            speaks(&[], GROQ_SPEECH),
            NO_INSTRUCTIONS,
        ],
        ..Provider::ROW
    },
    // Its models follow a chat template that allows a system message only first.
    Provider {
        id: "hcompany",
        name: "H Company",
        docs: "https://hub.hcompany.ai/models-api/chat-completions",
        host: Host::Public("api.hcompany.ai"),
        routes: &[openai(ChatCompletions, "/chat/completions")],
        quirks: &[
            quirk(CHAT, Change::Rename { from: "max_completion_tokens", to: "max_tokens" }),
            quirk(CHAT, Change::DeveloperAsSystem),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // A router to other providers: `<model>:<provider>` picks one, `:fastest` and `:cheapest` let it choose.
    // What a model takes depends on the provider behind it. Tasks other than chat have forms of their own, and go to
    // Hugging Face's own service.
    Provider {
        id: "huggingface",
        name: "Hugging Face Inference Providers",
        docs: "https://huggingface.co/docs/inference-providers/index",
        host: Host::Public("router.huggingface.co"),
        // Tasks do not live below the path of chats. A server of Text Embeddings Inference of one's own is a provider
        // of the dialect `tei`.
        base_path: "",
        routes: &[
            openai(ChatCompletions, "/v1/chat/completions"),
            openai(Responses, "/v1/responses"),
            huggingface::EMBEDDINGS,
            huggingface::RERANK,
            huggingface::IMAGE_GENERATIONS,
            huggingface::IMAGE_EDITS,
            huggingface::SPEECH,
            huggingface::TRANSCRIPTIONS,
        ],
        quirks: &[
            // Most of the models behind it have no such role, and a system message reaches them all.
            quirk(CHAT, Change::DeveloperAsSystem),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Images (/v1/image/generation) and audio (/v1/audio/generation) have forms of Hyperbolic's own.
    Provider {
        id: "hyperbolic",
        name: "Hyperbolic",
        docs: "https://docs.hyperbolic.ai/inference/text-apis",
        host: Host::Public("api.hyperbolic.xyz"),
        routes: &[openai(ChatCompletions, "/chat/completions"), openai(Completions, "/completions")],
        quirks: &[
            quirk(CHAT, MAX_TOKENS),
            // The documented roles are system, user and assistant.
            quirk(CHAT, Change::DeveloperAsSystem),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    Provider {
        id: "inceptron",
        name: "Inceptron",
        docs: "https://docs.inceptron.io/API%20Reference/chat-completions",
        host: Host::Public("api.inceptron.io"),
        routes: &[openai(ChatCompletions, "/chat/completions")],
        quirks: &[quirk(CHAT, Change::DeveloperAsSystem), NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // Unknown parameters are a 4xx ("Extra inputs are not permitted").
    Provider {
        id: "jina",
        name: "Jina AI",
        docs: "https://jina.ai/embeddings/",
        host: Host::Public("api.jina.ai"),
        routes: &[jina::EMBEDDINGS, native(Rerank, "/rerank", &rerank::JINA)],
        ..Provider::ROW
    },
    // Pictures alone, as jobs that are waited for. A model is the UUID of one of its own, or the name of one that it hosts.
    Provider {
        id: "leonardoai",
        name: "Leonardo.Ai",
        docs: "https://docs.leonardo.ai/reference/creategeneration",
        host: Host::Public("cloud.leonardo.ai"),
        base_path: leonardo::BASE,
        routes: leonardo::ROUTES,
        ..Provider::ROW
    },
    // The operator's own LiteLLM proxy, which answers for what its models take. It serves no image
    // variations and no translations.
    Provider {
        id: "litellm",
        name: "LiteLLM",
        docs: "https://docs.litellm.ai/docs/simple_proxy",
        host: Host::Local(4000),
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Completions, "/completions"),
            openai(Responses, "/responses"),
            openai(StoredResponses, "/responses"),
            openai(Embeddings, "/embeddings"),
            native(Rerank, "/rerank", &rerank::OPEN),
            openai(Moderations, "/moderations"),
            openai(ImageGenerations, "/images/generations"),
            openai(ImageEdits, "/images/edits"),
            openai(Speech, "/audio/speech"),
            openai(Transcriptions, "/audio/transcriptions"),
        ],
        own_params: transcripts::OF_ORQ,
        ..Provider::ROW
    },
    // What is served depends on how llama-server was started: without `--embeddings` or `--reranking` those
    // answer 501, and transcriptions need a model that hears. The key is the one of `--api-key`, if any.
    Provider {
        id: "llamacpp",
        name: "llama.cpp",
        docs: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        host: Host::Local(8080),
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Completions, "/completions"),
            openai(Responses, "/responses"),
            openai(Embeddings, "/embeddings"),
            native(Rerank, "/rerank", &rerank::OPEN),
            openai(Transcriptions, "/audio/transcriptions"),
        ],
        quirks: &[REPLAYS_CONTENT, thinks(&[], Thinking::Template), NO_SEARCH],
        ..Provider::ROW
    },
    // `response_format` must be `json_schema` or `text`: `json_object` is a 400. A key is asked for only
    // when the server requires authentication.
    Provider {
        id: "lmstudio",
        name: "LM Studio",
        docs: "https://lmstudio.ai/docs/developer/openai-compat",
        host: Host::Local(1234),
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Completions, "/completions"),
            openai(Responses, "/responses"),
            openai(Embeddings, "/embeddings"),
        ],
        quirks: &[
            // "a 'role' field that is in [user, assistant, system, tool]. Got 'developer'"
            quirk(CHAT, Change::DeveloperAsSystem),
            // The supported parameters are listed, with `max_tokens` alone.
            quirk(CHAT, MAX_TOKENS),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
];
