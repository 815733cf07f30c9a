//! Cohere's rerank.
//!
//! Source: <https://docs.cohere.com/reference/rerank>.

use crate::dialect::{Ask, Call, Convert, Received, Sent, Told, Whole};
use crate::error::Error;
use crate::surface::rerank::{Ranked, Request, answer};
use crate::wire::json::{Object, items, quoted};
use crate::wire::write::{Text, Writer};

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let mut body = Writer::default();
    body.begin_object();
    body.raw_member("model", &quoted(call.model));
    body.text_member("query", request.query);
    body.name("documents");
    body.begin_array();
    for document in &request.documents {
        body.raw(document);
    }
    body.end_array();
    if let Some(most) = request.params.integer("top_n")? {
        body.number_member("top_n", most);
    }
    body.end_object();
    Ok(Sent::asked(Ask::json(body.outgoing()), Answer { provider: call.upstream.id.clone() }))
}

/// Reads an answer.
#[derive(Debug)]
struct Answer {
    provider: String,
}

impl Convert for Answer {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let object = Object::parse(received.body).map_err(|_| Error::unreadable(&self.provider))?;
        let results = object.get("results").ok_or_else(|| Error::unreadable(&self.provider))?;
        let ranked = items(results).filter_map(|result| {
            let result = Object::parse(result.as_bytes()).ok()?;
            Some(Ranked { index: result.get("index")?.parse().ok()?, score: result.get("relevance_score")? })
        });
        Ok(Whole::json(answer(object.get("id").and_then(Text::of), ranked, None), None).into())
    }
}
