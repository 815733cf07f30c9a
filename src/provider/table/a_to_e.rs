//! The rows from `alibaba` to `elevenlabs`, each after its vendor's documentation as read in November 2026.
//! A quirk is there only because the provider rejects, or silently loses, what OpenAI takes.

use super::super::{
    Auth, Change, Given, Host, Provider, Quirk, Replay, Search, Spoken, Thinking, native, openai, quirk,
};
use super::{
    CHATS, EFFORT, EFFORT_OR_NONE, GPT_IMAGES, IMAGES, NATIVE_SEARCH, NO_INSTRUCTIONS, NO_SEARCH, NO_STYLE,
    NO_THINKING, REPLAYS_CONTENT, REPLAYS_REASONING, searches, serves, speaks, thinks, transcripts,
};
use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{anthropic, bedrock, cohere::COHERE, deepgram, elevenlabs, modelark, rerank};
use crate::endpoint::Endpoint::{
    self, ChatCompletions, Completions, Embeddings, ImageEdits, ImageGenerations, Rerank, Responses, Speech,
    StoredResponses, Transcriptions, Translations,
};
use crate::surface::speech::Format;

pub(super) const CHAT: &[Endpoint] = &[ChatCompletions];

pub(super) const EMBEDDINGS: &[Endpoint] = &[Embeddings];

/// The provider documents `max_tokens` alone, and where it ignores the newer name a limit would be lost.
pub(super) const MAX_TOKENS: Change = Change::Rename { from: "max_completion_tokens", to: "max_tokens" };

/// OpenAI models that always reason. `gpt-5` itself is missing: as a prefix it would also mean
/// `gpt-5-chat` and `gpt-5.1`, which do sample.
const ALWAYS_REASONING: &[&str] = &["o1", "o3", "o4", "gpt-5-mini", "gpt-5-nano"];

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

/// A parameter that the provider rejects, whatever its value.
pub(super) const fn rejects(endpoints: &'static [Endpoint], param: &'static str) -> Quirk {
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
];
