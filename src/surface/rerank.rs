//! Rerank: documents in the order of how well they fit a query.
//!
//! OpenAI has no such endpoint. The form is Orq's (<https://docs.orq.ai/reference/rerank>): Cohere's and Jina's, with
//! OpenAI's lists around it.

use crate::chat::{Params, missing, wrong_type};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// The most documents that are read. Cohere takes 10,000, Jina 2048, Voyage 1000.
const MOST_DOCUMENTS: usize = 10_000;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the documents are to fit.
    pub query: Text<'a>,
    /// The documents, each as it stands: a string, or an object.
    pub documents: Vec<&'a str>,
    /// What else it says.
    pub params: Params<'a>,
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let query = object.get("query").ok_or_else(|| missing("query"))?;
        let query = Text::of(query).ok_or_else(|| wrong_type("query", "a string", query))?;
        let list = object.get("documents").ok_or_else(|| missing("documents"))?;
        if kind(list) != Kind::Array {
            return Err(wrong_type("documents", "an array", list));
        }
        let documents: Vec<&str> = items(list).take(MOST_DOCUMENTS.saturating_add(1)).collect();
        if documents.len() > MOST_DOCUMENTS {
            let message = format!("Invalid 'documents': at most {MOST_DOCUMENTS} documents.");
            return Err(Error::invalid(message).param("documents").code("array_above_max_length"));
        }
        let params =
            Params::new(object, |name| call.is_orq(name) || matches!(name, "model" | "query" | "documents"));
        Ok(Self { query, documents, params })
    }
}

/// A document in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    /// Its place in the request.
    pub index: usize,
    /// How well it fits, as the provider wrote it.
    pub score: &'a str,
}

/// Writes an answer: the documents stand in the order in which they are told, the best first.
#[must_use]
pub fn answer<'a>(
    id: Option<Text<'_>>,
    ranked: impl Iterator<Item = Ranked<'a>>,
    total_tokens: Option<u64>,
) -> String {
    let mut out = Writer::default();
    out.begin_object();
    if let Some(id) = id {
        out.text_member("id", id);
    }
    out.text_member("object", "list");
    out.name("results");
    out.begin_array();
    for Ranked { index, score } in ranked {
        out.object(|out| {
            out.text_member("object", "rerank");
            out.raw_member("index", &index.to_string());
            out.raw_member("relevance_score", score);
        });
    }
    out.end_array();
    if let Some(total) = total_tokens {
        out.object_member("usage", |out| out.number_member("total_tokens", total));
    }
    out.end_object();
    out.finish()
}
