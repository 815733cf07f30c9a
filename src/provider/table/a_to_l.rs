//! The rows from `alibaba` to `lmstudio`, each after its vendor's documentation as read in November 2026.
//! A quirk is there only because the provider rejects, or silently loses, what OpenAI takes.

use super::super::{
    Auth, Change, Given, Host, Placeless, Provider, Quirk, Replay, Search, Spoken, Thinking, native, openai,
    quirk,
};
use super::{
    CHATS, EFFORT, EFFORT_OR_NONE, GPT_IMAGES, IMAGES, NATIVE_SEARCH, NO_INSTRUCTIONS, NO_SEARCH, NO_STYLE,
    NO_THINKING, REPLAYS_CONTENT, REPLAYS_REASONING, but, searches, serves, speaks, thinks, transcripts,
};
use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{
    anthropic, bedrock, cohere::COHERE, deepgram, elevenlabs, fal, fireworks, gemini, huggingface, jina,
    leonardo, modelark, rerank,
};
use crate::endpoint::Endpoint::{
    self, ChatCompletions, Completions, Embeddings, ImageEdits, ImageGenerations, Moderations, Rerank,
    Responses, Speech, StoredResponses, Transcriptions, Translations,
};
use crate::surface::speech::Format;

const CHAT: &[Endpoint] = &[ChatCompletions];
const CHAT_AND_RESPONSES: &[Endpoint] = &[ChatCompletions, Responses];
const EMBEDDINGS: &[Endpoint] = &[Embeddings];

/// The provider documents `max_tokens` alone, and where it ignores the newer name a limit would be lost.
const MAX_TOKENS: Change = Change::Rename { from: "max_completion_tokens", to: "max_tokens" };

/// OpenAI models that always reason. `gpt-5` itself is missing: as a prefix it would also mean
/// `gpt-5-chat` and `gpt-5.1`, which do sample.
const ALWAYS_REASONING: &[&str] = &["o1", "o3", "o4", "gpt-5-mini", "gpt-5-nano"];

/// The models of Groq that reason, and so take their reasoning back.
const GROQ_REASONING: &[&str] = &["openai/gpt-oss", "qwen/"];

/// What Bedrock calls OpenAI's own models: by themselves, and by profiles that infer in several regions.
const OPENAI_ON_BEDROCK: &[&str] = &[
    "openai.gpt-5",
    "openai.gpt-6",
    "us.openai.gpt-5",
    "us.openai.gpt-6",
    "eu.openai.gpt-5",
    "eu.openai.gpt-6",
    "global.openai.gpt-5",
    "global.openai.gpt-6",
];

/// The models of Azure that complete a prompt; all others chat.
const AZURE_COMPLETIONS: &[&str] =
    &["gpt-35-turbo-instruct", "gpt-3.5-turbo-instruct", "babbage-002", "davinci-002"];

/// DeepInfra's is WAV when nothing is asked for.
///
/// Source: <https://docs.deepinfra.com/api-reference/openai-audio-speech-1>.
const DEEPINFRA_SPEECH: &Spoken = &Spoken {
    formats: &[
        (Format::Mp3, "mp3"),
        (Format::Opus, "opus"),
        (Format::Flac, "flac"),
        (Format::Wav, "wav"),
        (Format::Pcm, "pcm"),
    ],
    pcm: &[],
};

/// Of what Groq's `ogg` holds, its documentation says nothing.
const GROQ_SPEECH: &Spoken =
    &Spoken { formats: &[(Format::Mp3, "mp3"), (Format::Wav, "wav"), (Format::Flac, "flac")], pcm: &[] };

/// A parameter that the provider rejects, whatever its value.
const fn rejects(endpoints: &'static [Endpoint], param: &'static str) -> Quirk {
    quirk(endpoints, Change::Unsupported(param))
}

/// A sampling parameter that models which always reason reject in chat completions.
const fn no_sampling(param: &'static str) -> Quirk {
    Quirk { endpoints: CHAT, change: Change::Unsupported(param), models: ALWAYS_REASONING }
}

pub(super) const ROWS: &[Provider] = &[
    // Keys belong to one region: this host is Singapore, and for dashscope.aliyuncs.com (Beijing),
    // dashscope-us.aliyuncs.com or a workspace's own domain set `host`.
    Provider {
        id: "alibaba",
        name: "Alibaba Cloud Model Studio",
        docs: "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
        host: Host::Public("dashscope-intl.aliyuncs.com"),
        // Two compatible roots: rerank does not live below the one of the other routes.
        base_path: "",
        routes: &[
            openai(ChatCompletions, "/compatible-mode/v1/chat/completions"),
            // Qwen alone; models of others that are hosted there only chat.
            serves(&["qwen"], openai(Responses, "/compatible-mode/v1/responses")),
            openai(StoredResponses, "/compatible-mode/v1/responses"),
            openai(Embeddings, "/compatible-mode/v1/embeddings"),
            native(Rerank, "/compatible-api/v1/reranks", &rerank::ALIBABA),
        ],
        quirks: &[
            // "developer is not one of ['system', 'assistant', 'user', 'tool', 'function']"
            quirk(CHAT, Change::DeveloperAsSystem),
            // "Range of temperature should be [0, 2)": 2 itself, which OpenAI takes, is refused.
            quirk(CHAT, Change::Clamp { param: "temperature", min: 0.0, max: 1.99 }),
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Flag),
            searches(&[], Search::Flag("enable_search")),
            quirk(EMBEDDINGS, Change::TextsAlone),
            // "batch size is invalid, it should not be larger than 10."
            Quirk {
                endpoints: EMBEDDINGS,
                change: Change::MostInputs(10),
                models: &["text-embedding-v3", "text-embedding-v4"],
            },
            // "Only float is supported."
            quirk(EMBEDDINGS, Change::Vectors(Packed::Floats)),
        ],
        ..Provider::ROW
    },
    // Anthropic's own compatible API at /v1/chat/completions leaves out thinking, citations, caching and
    // the form of answers: its own language has them all.
    Provider {
        id: "anthropic",
        name: "Anthropic",
        docs: "https://platform.claude.com/docs/en/api/messages",
        host: Host::Public("api.anthropic.com"),
        auth: Auth::Header("x-api-key"),
        headers: &[anthropic::VERSION],
        routes: anthropic::ROUTES,
        ..Provider::ROW
    },
    // The shared Anyscale Endpoints ended on 1 August 2024: what is left are services of one's own,
    // OpenAI's API by Ray Serve LLM. The key is the service's bearer token.
    Provider {
        id: "anyscale",
        name: "Anyscale",
        docs: "https://docs.anyscale.com/llm/serving",
        host: Host::Configured("my-service-abcde.cld-0123456789abcdef.s.anyscaleuserdata.com"),
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Completions, "/completions"),
            openai(Embeddings, "/embeddings"),
        ],
        ..Provider::ROW
    },
    // Converse, by a Bedrock API key. With `injected`, Envoy's `aws_request_signing` signs instead
    // (envoy/examples/aws-request-signing.yaml). OpenAI's own models have Responses at the same host, without
    // tools that the server runs; gpt-oss has them at bedrock-mantle.{region}.api.aws alone
    // (docs.aws.amazon.com/bedrock/latest/userguide/inference-responses-api.html).
    Provider {
        id: "aws",
        name: "Amazon Bedrock",
        docs: "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        host: Host::Regional { by: "region", host: "bedrock-runtime.{}.amazonaws.com", others: &[] },
        base_path: "",
        routes: &[
            bedrock::CONVERSE,
            serves(OPENAI_ON_BEDROCK, openai(Responses, "/openai/v1/responses")),
            bedrock::EMBEDDINGS,
            bedrock::RERANK_COHERE,
            bedrock::RERANK_AMAZON,
            bedrock::IMAGES[0],
            bedrock::IMAGES[1],
            bedrock::IMAGES[2],
        ],
        ..Provider::ROW
    },
    // The model is the name of a deployment. The quirks go by OpenAI's model names, and so do completions:
    // they help only where a deployment is named after its model. Audio and images are part of v1's preview.
    Provider {
        id: "azure",
        name: "Azure OpenAI",
        docs: "https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle",
        host: Host::Configured("my-resource.openai.azure.com"),
        base_path: "/openai/v1",
        auth: Auth::Header("api-key"),
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            serves(AZURE_COMPLETIONS, openai(Completions, "/completions")),
            openai(Responses, "/responses"),
            openai(StoredResponses, "/responses"),
            openai(Embeddings, "/embeddings"),
            openai(ImageGenerations, "/images/generations"),
            openai(ImageEdits, "/images/edits"),
            openai(Speech, "/audio/speech"),
            openai(Transcriptions, "/audio/transcriptions"),
            openai(Translations, "/audio/translations"),
        ],
        versioned: &[
            openai(ChatCompletions, "/openai/deployments/{model}/chat/completions"),
            serves(AZURE_COMPLETIONS, openai(Completions, "/openai/deployments/{model}/completions")),
            // Not below a deployment, and only since 2025-03-01-preview: the model stays in the body.
            openai(Responses, "/openai/responses"),
            openai(StoredResponses, "/openai/responses"),
            openai(Embeddings, "/openai/deployments/{model}/embeddings"),
            openai(ImageGenerations, "/openai/deployments/{model}/images/generations"),
            openai(ImageEdits, "/openai/deployments/{model}/images/edits"),
            openai(Speech, "/openai/deployments/{model}/audio/speech"),
            openai(Transcriptions, "/openai/deployments/{model}/audio/transcriptions"),
            openai(Translations, "/openai/deployments/{model}/audio/translations"),
        ],
        quirks: &[
            GPT_IMAGES,
            NO_STYLE,
            // Reasoning models reject the old name: "Use 'max_completion_tokens' instead."
            Quirk {
                endpoints: CHAT,
                change: Change::Rename { from: "max_tokens", to: "max_completion_tokens" },
                models: &["gpt-5", "o1", "o3", "o4"],
            },
            no_sampling("temperature"),
            no_sampling("top_p"),
            no_sampling("presence_penalty"),
            no_sampling("frequency_penalty"),
            no_sampling("logprobs"),
            no_sampling("top_logprobs"),
            no_sampling("logit_bias"),
            quirk(CHATS, Change::Reasoning(Replay::Out)),
            thinks(ALWAYS_REASONING, EFFORT),
            NO_THINKING,
            searches(&[], NATIVE_SEARCH),
        ],
        extends_chat: false,
        ..Provider::ROW
    },
    // These are the Model APIs. A dedicated deployment listens at a host of its own
    // (model-<id>.api.baseten.co, below /environments/production/sync/v1), and embeddings are served there.
    Provider {
        id: "baseten",
        name: "Baseten",
        docs: "https://docs.baseten.co/reference/inference-api/chat-completions",
        host: Host::Public("inference.baseten.co"),
        // Responses keep no state and take function tools alone.
        routes: &[openai(ChatCompletions, "/chat/completions"), openai(Responses, "/responses")],
        quirks: &[NO_THINKING, NO_SEARCH],
        ..Provider::ROW
    },
    // BytePlus ModelArk, the international twin of Volcengine's Ark, because Orq's users are outside
    // mainland China. Its API and SDK are the same: for Volcengine set `host` to ark.cn-beijing.volces.com
    // and use its keys. Embeddings of images have a path and a form of their own.
    Provider {
        id: "bytedance",
        name: "BytePlus ModelArk",
        docs: "https://docs.byteplus.com/en/docs/ModelArk/",
        host: Host::Public("ark.ap-southeast.bytepluses.com"),
        base_path: "/api/v3",
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Responses, "/responses"),
            openai(StoredResponses, "/responses"),
            openai(Embeddings, "/embeddings"),
            // Seedream's form is near to OpenAI's: another `n`, other sizes, pictures to edit in the same body.
            native(ImageGenerations, modelark::PATH, &modelark::MODELARK),
            native(ImageEdits, modelark::PATH, &modelark::MODELARK),
        ],
        quirks: &[
            // "invalid value: `developer`, supported values are: `system`, `assistant`, `user`, `tool`"
            quirk(CHAT, Change::DeveloperAsSystem),
            // Ark's DeepSeek models reject it; the others take no notice.
            Quirk { endpoints: CHAT, change: Change::Unsupported("prompt_cache_key"), models: &["deepseek"] },
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Switch),
            NO_SEARCH,
            quirk(EMBEDDINGS, Change::TextsAlone),
        ],
        ..Provider::ROW
    },
    // The body is checked against a strict schema: any unknown member is a 422 that names it.
    Provider {
        id: "cerebras",
        name: "Cerebras",
        docs: "https://inference-docs.cerebras.ai/resources/openai",
        host: Host::Public("api.cerebras.ai"),
        routes: &[openai(ChatCompletions, "/chat/completions"), openai(Completions, "/completions")],
        quirks: &[
            // The API reference lists the role, the compatibility page says that it is not exposed.
            // For gpt-oss a system message is put on the developer level anyway, so nothing is lost.
            quirk(CHAT, Change::DeveloperAsSystem),
            // "property 'body.store' is unsupported"; `metadata` is not in the schema either.
            rejects(CHAT, "store"),
            rejects(CHAT, "metadata"),
            // A 400 by the compatibility page, although the SDK names them.
            rejects(CHAT, "frequency_penalty"),
            rejects(CHAT, "presence_penalty"),
            rejects(CHAT, "logit_bias"),
            quirk(
                &[ChatCompletions, Completions],
                Change::Clamp { param: "temperature", min: 0.0, max: 1.5 },
            ),
            // "messages.9.assistant.reasoning_content: property … is unsupported": it is `reasoning` there.
            REPLAYS_REASONING,
            quirk(
                CHATS,
                Change::MessageMembers(&[
                    "role",
                    "content",
                    "name",
                    "tool_calls",
                    "tool_call_id",
                    "reasoning",
                ]),
            ),
            thinks(&["gpt-oss"], EFFORT),
            thinks(&["zai-glm"], Thinking::Effort { off: Some("none"), levels: &[] }),
            NO_THINKING,
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Answers 422 to fields that it does not know.
    Provider {
        id: "cohere",
        name: "Cohere",
        docs: "https://docs.cohere.com/reference/chat",
        host: Host::Public("api.cohere.com"),
        base_path: "",
        routes: &[
            native(ChatCompletions, "/v2/chat", &COHERE),
            native(Embeddings, "/v2/embed", &COHERE),
            native(Rerank, "/v2/rerank", &rerank::COHERE),
            openai(Transcriptions, "/v2/audio/transcriptions"),
        ],
        quirks: &[transcripts::transcribes(transcripts::COHERE)],
        ..Provider::ROW
    },
    // The European API listens at api.eu.deepgram.com.
    Provider {
        id: "deepgram",
        name: "Deepgram",
        docs: "https://developers.deepgram.com/reference/deepgram-api-overview",
        host: Host::Public("api.deepgram.com"),
        auth: Auth::Scheme("Token"),
        routes: deepgram::ROUTES,
        ..Provider::ROW
    },
    Provider {
        id: "deepinfra",
        name: "DeepInfra",
        docs: "https://deepinfra.com/docs/openai_api",
        host: Host::Public("api.deepinfra.com"),
        // Rerankers do not live below the path of the other routes.
        base_path: "/v1",
        routes: &[
            openai(ChatCompletions, "/openai/chat/completions"),
            openai(Completions, "/openai/completions"),
            openai(Embeddings, "/openai/embeddings"),
            native(Rerank, "/inference/{model/}", &rerank::DEEPINFRA),
            openai(ImageGenerations, "/openai/images/generations"),
            openai(ImageEdits, "/openai/images/edits"),
            openai(Speech, "/openai/audio/speech"),
            openai(Transcriptions, "/openai/audio/transcriptions"),
            openai(Translations, "/openai/audio/translations"),
        ],
        quirks: &[
            quirk(CHAT, MAX_TOKENS),
            // The schema of a message knows the roles tool, assistant, user and system.
            quirk(CHAT, Change::DeveloperAsSystem),
            REPLAYS_CONTENT,
            thinks(&[], EFFORT_OR_NONE),
            NO_SEARCH,
            quirk(EMBEDDINGS, Change::TextsAlone),
            quirk(IMAGES, Change::Pictures(Given::Data)),
            speaks(&[], DEEPINFRA_SPEECH),
            NO_INSTRUCTIONS,
        ],
        ..Provider::ROW
    },
    // Unknown parameters are ignored. A thinking model rejects `tool_choice: required`, and a history with
    // tool calls from which `reasoning_content` was cut. Completions are the beta, up to 4K tokens.
    Provider {
        id: "deepseek",
        name: "DeepSeek",
        docs: "https://api-docs.deepseek.com/",
        host: Host::Public("api.deepseek.com"),
        base_path: "",
        routes: &[
            openai(ChatCompletions, "/chat/completions"),
            openai(Completions, "/beta/completions"),
            openai(Responses, "/responses"),
        ],
        quirks: &[
            quirk(CHAT, MAX_TOKENS),
            // "unknown variant `developer`"; the Responses API takes the role.
            quirk(CHAT, Change::DeveloperAsSystem),
            // "The `reasoning_content` in the thinking mode must be passed back to the API."
            REPLAYS_CONTENT,
            thinks(&[], Thinking::Switch),
            NO_SEARCH,
        ],
        ..Provider::ROW
    },
    // Keys of other regions need the hosts api.eu.residency.elevenlabs.io and api.in.residency.elevenlabs.io.
    Provider {
        id: "elevenlabs",
        name: "ElevenLabs",
        docs: "https://elevenlabs.io/docs/api-reference/introduction",
        host: Host::Public("api.elevenlabs.io"),
        auth: Auth::Header("xi-api-key"),
        routes: elevenlabs::ROUTES,
        ..Provider::ROW
    },
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
