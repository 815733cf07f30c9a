//! A reranker's answer, in whatever form.
//!
//! The list stands as `results`, `data`, `rankings` or `scores`, or is the whole answer. Its elements are objects with
//! a score as `relevance_score`, `relevanceScore` (AWS) or `score` (TEI), or with a `logit` (NVIDIA), which is any
//! number and becomes a score by a sigmoid; or they are bare scores in the order of the request (DeepInfra). Scores
//! stand in the client's answer as they came.

use crate::dialect::openai::error;
use crate::dialect::{Call, Convert, Received, Told, Whole};
use crate::error::Error;
use crate::surface::rerank::{About, Document, Ranked, Request, answer};
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};
use core::cmp::Ordering;
use std::borrow::Cow;

/// Reads one answer, and remembers what it must of the request.
#[derive(Debug)]
pub(super) struct Answer {
    provider: String,
    model: String,
    /// How many documents are wanted.
    top: usize,
    /// Whether they are to be shown.
    wanted: Option<bool>,
    /// They themselves, as they are shown, when they are to be.
    documents: Vec<Box<str>>,
}

impl Answer {
    pub(super) fn new(call: &Call<'_>, request: &Request<'_>) -> Self {
        let shown = |document: &&str| {
            let mut out = Writer::with_capacity(document.len().saturating_add(11));
            Document::of(document).write(&mut out);
            out.finish().into_boxed_str()
        };
        let wanted = request.return_documents;
        let documents = request.documents.iter().filter(|_| wanted == Some(true)).map(shown).collect();
        let top = request.top_n.unwrap_or(usize::MAX);
        Self { provider: call.upstream.id.clone(), model: call.model.to_owned(), top, wanted, documents }
    }

    /// An element of the list, at this place of it, and the number by which it is put in order.
    fn ranked<'a>(&'a self, at: usize, element: &'a str) -> Option<(f64, Ranked<'a>)> {
        if kind(element) == Kind::Number {
            let ranked = Ranked {
                index: at,
                score: Cow::Borrowed(element),
                logit: None,
                document: self.document(at, None),
            };
            return Some((element.parse().ok()?, ranked));
        }
        let object = Object::parse(element.as_bytes()).ok()?;
        let index = match object.get("index") {
            Some(index) => index.parse().ok()?,
            None => at,
        };
        let number = |name: &str| object.get(name).filter(|value| kind(value) == Kind::Number);
        let score = ["relevance_score", "relevanceScore", "score"].into_iter().find_map(number);
        let logit = number("logit").filter(|_| score.is_none());
        // A sigmoid keeps the order, but among the greatest and the least it cannot tell one from another.
        let by: f64 = score.or(logit)?.parse().ok()?;
        let score = match score {
            Some(score) => Cow::Borrowed(score),
            None => Cow::Owned(sigmoid(by).to_string()),
        };
        let own = object.get("document").or_else(|| object.get("text"));
        Some((by, Ranked { index, score, logit, document: self.document(index, own) }))
    }

    /// A document as it is shown: the provider's, or the request's.
    fn document<'a>(&'a self, index: usize, own: Option<&'a str>) -> Option<Cow<'a, str>> {
        if self.wanted == Some(false) {
            return None;
        }
        let told = own.and_then(|own| match kind(own) {
            Kind::String => {
                let mut out = Writer::default();
                out.object(|out| out.text_member("text", Text::Json(own)));
                Some(Cow::Owned(out.finish()))
            }
            Kind::Object => {
                let object = Object::parse(own.as_bytes()).ok()?;
                let said = object.members().iter().filter(|member| kind(object.value(member)) != Kind::Null);
                let mut out = Writer::default();
                out.begin_object();
                // Together sends an empty object for a document that was not asked for.
                let mut any = false;
                for member in said {
                    any = true;
                    out.raw_member(&member.name, object.value(member));
                }
                out.end_object();
                any.then(|| Cow::Owned(out.finish()))
            }
            _ => None,
        });
        told.or_else(|| self.documents.get(index).map(|document| Cow::Borrowed(document.as_ref())))
    }
}

impl Convert for Answer {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.provider);
        let body = received.body.trim_ascii();
        let (object, list) = match Object::parse(body) {
            Ok(object) => {
                let list = ["results", "data", "rankings", "scores"]
                    .into_iter()
                    .find_map(|name| object.get(name).filter(|list| kind(list) == Kind::Array));
                match list {
                    Some(list) => (Some(object), list),
                    None => {
                        return Err(error::of_success(&object)
                            .map_or_else(unreadable, |status| error::read(status, body)));
                    }
                }
            }
            Err(crate::wire::json::Fault::NotObject(Kind::Array)) => {
                (None, core::str::from_utf8(body).map_err(|_| unreadable())?)
            }
            Err(_) => return Err(unreadable()),
        };
        let mut all: Vec<(f64, Ranked<'_>)> = Vec::new();
        for (at, element) in items(list).enumerate() {
            all.push(self.ranked(at, element).ok_or_else(unreadable)?);
        }
        // Those that are as good as each other stay in the order of the request.
        all.sort_unstable_by(|(one, a), (other, b)| {
            other.partial_cmp(one).unwrap_or(Ordering::Equal).then(a.index.cmp(&b.index))
        });
        let ranked: Vec<Ranked<'_>> = all.into_iter().take(self.top).map(|(_, ranked)| ranked).collect();
        let counted = Counted::read(object.as_ref(), received);
        let text = |name: &str| object.as_ref().and_then(|object| object.get(name)).and_then(Text::of);
        let about = About {
            id: text("id").or_else(|| text("request_id")),
            model: text("model").unwrap_or(Text::Plain(&self.model)),
            usage: counted.usage,
            meta: counted.meta,
        };
        let usage = counted.total.map(|input| Usage { input, ..Usage::default() });
        Ok(Whole::json(answer(&about, &ranked), usage).into())
    }
}

/// `1 / (1 + e^-x)`
fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// What an answer counts.
#[derive(Debug, Default)]
struct Counted {
    total: Option<u64>,
    usage: Option<String>,
    meta: Option<String>,
}

impl Counted {
    /// Tokens stand in `usage`, in Cohere's `meta.tokens`, in LiteLLM's `meta.billed_units`, as `input_tokens`
    /// (DeepInfra) or in a header (Bedrock). What else is billed is kept: beside the tokens, or in Cohere's own object,
    /// `meta`.
    fn read(object: Option<&Object<'_>>, received: &Received<'_>) -> Self {
        let inner = |outer: Option<&Object<'_>>, name: &str| -> Option<String> {
            let value = outer?.get(name)?;
            (kind(value) == Kind::Object).then(|| value.to_owned())
        };
        let number = |text: Option<&String>, name: &str| -> Option<u64> {
            Object::parse(text?.as_bytes()).ok()?.get(name)?.parse().ok()
        };
        let usage = inner(object, "usage");
        let meta = inner(object, "meta");
        let of_meta = |name: &str| {
            let meta = Object::parse(meta.as_ref()?.as_bytes()).ok();
            inner(meta.as_ref(), name)
        };
        let tokens = of_meta("tokens");
        let sum = || {
            let input = number(tokens.as_ref(), "input_tokens")?;
            Some(input.saturating_add(number(tokens.as_ref(), "output_tokens").unwrap_or(0)))
        };
        let header = || received.headers.text("x-amzn-bedrock-input-token-count")?.parse().ok();
        let total = number(usage.as_ref(), "total_tokens")
            .or_else(|| number(usage.as_ref(), "prompt_tokens"))
            .or_else(sum)
            .or_else(|| number(of_meta("billed_units").as_ref(), "total_tokens"))
            .or_else(|| object?.get("input_tokens")?.parse().ok())
            .or_else(header);
        let Some(count) = total else {
            // OpenRouter's for models of Cohere: searches, and what they cost.
            let billed = usage.map(|usage| format!("{{\"billed_units\":{usage}}}"));
            return Self { total, usage: None, meta: meta.or(billed) };
        };
        let mut out = Writer::default();
        out.begin_object();
        out.number_member("total_tokens", count);
        if let Some(usage) = usage.as_ref().and_then(|usage| Object::parse(usage.as_bytes()).ok()) {
            for member in usage.members().iter().filter(|member| member.name != "total_tokens") {
                out.raw_member(&member.name, usage.value(member));
            }
        }
        out.end_object();
        Self { total, usage: Some(out.finish()), meta }
    }
}
