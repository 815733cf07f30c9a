//! Texts as vectors: the task `feature-extraction`, which Text Embeddings Inference serves.
//!
//! Source: <https://huggingface.co/docs/inference-providers/tasks/feature-extraction>.

use super::ID;
use crate::dialect::openai::error;
use crate::dialect::{Ask, Call, Convert, Received, Sent, Told};
use crate::error::Error;
use crate::surface::embeddings::{Answer, Body, Purpose, Request, Vector, Words};
use crate::wire::json::{Fault, Kind, Object, items, kind};

/// `prompt_name`: a name among the prompts of the model's own configuration, which mostly are these.
const WORDS: Words = Words {
    name: "prompt_name",
    known: &[(Purpose::Query, "query"), (Purpose::Document, "document")],
    own: &["passage"],
};

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let mut body = Body::new(call, request, ID)?;
    let texts = request.texts(call)?;
    body.list("inputs", |out| {
        for text in texts {
            out.text(text);
        }
        Ok(())
    })?;
    body.text("prompt_name", WORDS.of(call, request)?);
    body.own(request, &["normalize", "truncate", "truncation_direction"]);
    Ok(Sent::asked(Ask::json(body.finish()), Answers(Answer::new(request.asked(call)))))
}

/// Reads an answer: a list of vectors, or of one input alone its vector.
#[derive(Debug)]
struct Answers(Answer);

impl Convert for Answers {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.0.asked().provider);
        // A list is told only when all of it can be read.
        match Object::parse(received.body) {
            Err(Fault::NotObject(Kind::Array)) => {}
            // An error that came as a success.
            Ok(object) if let Some(status) = error::of_success(&object) => {
                return Err(error::read(status, received.body));
            }
            _ => return Err(unreadable()),
        }
        let list = core::str::from_utf8(received.body).map_err(|_| unreadable())?.trim_ascii();
        if items(list).next().is_some_and(|first| kind(first) == Kind::Number) {
            self.0.vector(Vector::Numbers(list))?;
        } else {
            for vector in items(list) {
                if items(vector).next().is_some_and(|first| kind(first) == Kind::Array) {
                    return Err(by_token(self.0.asked().provider.as_str()));
                }
                self.0.vector(Vector::Numbers(vector))?;
            }
        }
        Ok(self.0.finish(None)?.into())
    }
}

/// 502: the model pools nothing.
fn by_token(provider: &str) -> Error {
    let message = format!(
        "The provider {provider} answered with a vector for each token, not for each input: choose a model of \
         sentence-transformers."
    );
    Error::new(502, message).code("upstream_invalid_answer")
}
