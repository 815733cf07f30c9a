//! Rerankers: one language in many forms.
//!
//! All take a query and documents, and answer places and scores. What differs is data: a [`Form`] for each vendor says
//! how its request is written, and one reader takes all their answers (`answer.rs`). A row names the form of its
//! route; its failures are told by the dialect that the form names.
//!
//! | form | source |
//! |---|---|
//! | [`COHERE`] | <https://docs.cohere.com/reference/rerank> |
//! | [`JINA`] | <https://api.jina.ai/openapi.json> |
//! | [`VOYAGE`] | <https://docs.voyageai.com/reference/reranker-api> |
//! | [`TOGETHER`] | <https://docs.together.ai/reference/rerank-1> |
//! | [`OPENROUTER`] | <https://openrouter.ai/docs/api/api-reference/rerank/create-rerank> |
//! | [`FIREWORKS`] | <https://docs.fireworks.ai/api-reference/rerank-documents> |
//! | [`NVIDIA`], [`NIM`] | <https://docs.api.nvidia.com/nim/reference/nvidia-llama-nemotron-rerank-vl-1b-v2-infer> and <https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html> |
//! | [`TEI`] | <https://huggingface.github.io/text-embeddings-inference/> |
//! | [`BEDROCK_COHERE`], [`BEDROCK_AMAZON`] | <https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html> |
//! | [`DEEPINFRA`] | <https://deepinfra.com/Qwen/Qwen3-Reranker-0.6B/api> |
//! | [`ALIBABA`] | <https://www.alibabacloud.com/help/en/model-studio/text-rerank-api> |
//! | [`OPEN`] | <https://docs.vllm.ai/en/latest/models/supported_models/pooling_models/#rerank-api>, <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md> |

mod answer;
mod request;

use super::{Call, Dialect, Failure, Sent, bedrock, cohere, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{self, Provider, native};
use crate::surface;
use crate::wire::splice::Splices;

/// A vendor's form of rerank.
#[derive(Debug)]
pub struct Form {
    /// The name of the language in the configuration, and of the member with what is said to it alone.
    id: &'static str,
    /// The body names the model; otherwise the path does.
    names_model: bool,
    /// How the query is written.
    query: Query,
    /// The member that holds the documents.
    documents: &'static str,
    /// What a document can be.
    items: Items,
    /// A document may be an empty text.
    blank: bool,
    /// The most documents; 0: the vendor does not say.
    most: usize,
    /// How many are wanted. Without such a member all come back, and the proxy leaves out the others.
    top: Option<&'static str>,
    /// Asks for the documents in the answer. Without such a member the proxy takes them from the request.
    echo: Option<&'static str>,
    /// What else is taken, by the client's name and by the vendor's.
    takes: Takes,
    /// What stands in every request.
    fixed: &'static [(&'static str, &'static str)],
    /// The path, where it is not the route's alone: `{name/}` is the model with `_` for its dots.
    path: Option<&'static str>,
    /// Whose failing answers are read.
    errors: &'static dyn Dialect,
    /// What a server of one's own is like.
    server: fn() -> &'static Provider,
}

/// How a query is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Query {
    /// `"query": "…"`
    Text,
    /// The same, or an object as it stands: a picture.
    Any,
    /// `"query": {"text": "…"}`
    Object,
    /// `"queries": ["…", …]`, one for each document.
    Each,
}

/// What a document can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Items {
    /// A string.
    Texts,
    /// A string, or an object as it stands.
    Any,
    /// A string, or an object with a picture and perhaps a text.
    Images,
    /// An object with a text, a picture in base64, or both.
    Passages,
}

/// Which other parameters a server takes.
#[derive(Clone, Copy, Debug)]
enum Takes {
    /// These: the client's name, and the server's.
    These(&'static [(&'static str, &'static str)]),
    /// Whatever it may know.
    All,
}

impl Form {
    /// What most vendors share: Cohere's second version.
    const USUAL: Self = Self {
        id: "rerank",
        names_model: true,
        query: Query::Text,
        documents: "documents",
        items: Items::Texts,
        blank: true,
        most: 0,
        top: Some("top_n"),
        echo: Some("return_documents"),
        takes: Takes::These(&[]),
        fixed: &[],
        path: None,
        errors: &openai::OPENAI,
        server: no_server,
    };
}

/// Cohere, version 2. Its results have no documents, and unknown members are a 422.
pub static COHERE: Form = Form {
    id: "cohere",
    echo: None,
    takes: Takes::These(&[("max_tokens_per_doc", "max_tokens_per_doc"), ("priority", "priority")]),
    errors: &cohere::COHERE,
    ..Form::USUAL
};

/// Jina. The documents come back unless `return_documents` is false; only some models see pictures.
pub static JINA: Form = Form {
    id: "jina",
    query: Query::Any,
    items: Items::Images,
    takes: Takes::These(&[
        ("truncation", "truncation"),
        ("max_doc_length", "max_doc_length"),
        ("max_query_length", "max_query_length"),
    ]),
    ..Form::USUAL
};

/// Voyage. "Argument '…' is not supported by our API": unknown names are refused.
pub static VOYAGE: Form = Form {
    id: "voyage",
    blank: false,
    most: 1000,
    top: Some("top_k"),
    takes: Takes::These(&[("truncation", "truncation")]),
    ..Form::USUAL
};

/// Together. Documents of several members are ranked by those that `rank_fields` names.
pub static TOGETHER: Form = Form {
    id: "together",
    items: Items::Any,
    takes: Takes::These(&[("rank_fields", "rank_fields")]),
    ..Form::USUAL
};

/// OpenRouter. The documents always come back.
pub static OPENROUTER: Form = Form {
    id: "openrouter",
    items: Items::Images,
    echo: None,
    takes: Takes::These(&[("provider", "provider")]),
    ..Form::USUAL
};

/// Fireworks. The documents come back unless `return_documents` is false.
pub static FIREWORKS: Form = Form {
    id: "fireworks",
    takes: Takes::These(&[("task", "task"), ("instruction", "task")]),
    ..Form::USUAL
};

/// NVIDIA's catalogue: each model at a path of its own, in which `llama-3.2` is `llama-3_2`.
pub static NVIDIA: Form = Form { most: 1000, path: Some("/retrieval/{name/}/reranking"), ..RANKING };

/// A NIM of one's own.
pub static NIM: Form = RANKING;

/// NVIDIA's figures are logits, which its model cards say to put through a sigmoid.
const RANKING: Form = Form {
    id: "nim",
    query: Query::Object,
    documents: "passages",
    items: Items::Passages,
    most: 512,
    top: None,
    echo: None,
    takes: Takes::These(&[("truncate", "truncate")]),
    server: own_nim,
    ..Form::USUAL
};

/// Text Embeddings Inference, which serves one model. How many texts it takes is for its operator to say.
pub static TEI: Form = Form {
    id: "tei",
    names_model: false,
    documents: "texts",
    top: None,
    echo: Some("return_text"),
    takes: Takes::These(&[
        ("truncate", "truncate"),
        ("truncation_direction", "truncation_direction"),
        ("raw_scores", "raw_scores"),
    ]),
    server: own_tei,
    ..Form::USUAL
};

/// Cohere's rerankers on Bedrock, by InvokeModel: keys of the Bedrock API are good for the runtime alone, and the
/// operation `Rerank` is an agent's.
pub static BEDROCK_COHERE: Form = Form {
    takes: Takes::These(&[("max_tokens_per_doc", "max_tokens_per_doc")]),
    fixed: &[("api_version", "2")],
    ..INVOKED
};

/// Amazon's reranker on Bedrock.
pub static BEDROCK_AMAZON: Form = INVOKED;

const INVOKED: Form = Form {
    id: "bedrock",
    names_model: false,
    most: 1000,
    echo: None,
    errors: &bedrock::BEDROCK,
    ..Form::USUAL
};

/// DeepInfra: bare scores, in the order of the request.
pub static DEEPINFRA: Form = Form {
    id: "deepinfra",
    names_model: false,
    query: Query::Each,
    top: None,
    echo: None,
    takes: Takes::These(&[("instruction", "instruction"), ("service_tier", "service_tier")]),
    ..Form::USUAL
};

/// Alibaba's compatible API.
pub static ALIBABA: Form = Form {
    id: "alibaba",
    most: 500,
    echo: None,
    takes: Takes::These(&[("instruct", "instruct"), ("instruction", "instruct")]),
    ..Form::USUAL
};

/// Servers that speak as Cohere and Jina do, and may know more: vLLM, llama.cpp, LiteLLM.
pub static OPEN: Form = Form { query: Query::Any, items: Items::Any, takes: Takes::All, ..Form::USUAL };

/// A vendor has its own.
fn no_server() -> &'static Provider {
    &Provider::ROW
}

fn own_tei() -> &'static Provider {
    const SERVER: &Provider = &Provider {
        base_path: "",
        routes: &[
            provider::openai(Endpoint::Embeddings, "/v1/embeddings"),
            native(Endpoint::Rerank, "/rerank", &TEI),
        ],
        ..Provider::ROW
    };
    SERVER
}

/// One NIM has one model, and only the endpoints of that model's kind.
fn own_nim() -> &'static Provider {
    const SERVER: &Provider = &Provider {
        routes: &[
            provider::openai(Endpoint::ChatCompletions, "/chat/completions"),
            provider::openai(Endpoint::Completions, "/completions"),
            provider::openai(Endpoint::Embeddings, "/embeddings"),
            native(Endpoint::Rerank, "/ranking", &NIM),
        ],
        ..Provider::ROW
    };
    SERVER
}

impl Dialect for Form {
    fn id(&self) -> &'static str {
        self.id
    }

    fn server(&self) -> &'static Provider {
        (self.server)()
    }

    fn rerank(&self, call: &mut Call<'_>, request: &surface::rerank::Request<'_>) -> Result<Sent, Error> {
        request::ask(self, call, request)
    }

    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure {
        let mut failure = self.errors.error(status, headers, body);
        // What is too long for a chat is here a document. (Within a text the quotes would be escaped.)
        const CHAT: &[u8] = b"\"param\":\"messages\"";
        if let Some(at) = memchr::memmem::find(&failure.body, CHAT) {
            let mut splices = Splices::default();
            splices.replace(at..at.saturating_add(CHAT.len()), "\"param\":\"documents\"");
            failure.body = splices.apply(failure.body);
        }
        failure
    }
}

#[cfg(test)]
mod tests;
