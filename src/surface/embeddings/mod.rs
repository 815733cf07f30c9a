//! Embeddings: texts, and for some models pictures and sound, as vectors.
//!
//! The request is OpenAI's (`CreateEmbeddingRequest`: `input`, `encoding_format`, `dimensions`, `user`), with two things
//! that vendors add: inputs that are objects ([`Input`]), and what the vectors are for ([`Purpose`]). A dialect says it in
//! its provider's form, and tells an [`Answer`] the vectors, which are written as the client asked for them: as numbers,
//! copied as they stand, or as base64 of their floats, whichever way the provider has them.
//!
//! Source: <https://platform.openai.com/docs/api-reference/embeddings/create>.

mod answer;
mod body;
mod input;
mod purpose;

pub use answer::{Answer, Asked, Encoding, Vector};
pub use body::{Body, MOST_ONE_BY_ONE, OneByOne};
pub use input::{Content, Input, Media, Medium, Part};
pub use purpose::{NAMES, Purpose, Words};

use crate::chat::{Params, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;

/// The most inputs of a request, which is OpenAI's own limit.
pub const MOST_INPUTS: usize = 2048;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is to be embedded, in order: at least one.
    pub inputs: Vec<Input<'a>>,
    /// How the vectors are to be written.
    pub encoding: Encoding,
    /// What else it says.
    pub params: Params<'a>,
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let params = Params::new(object, |name| call.is_orq(name) || matches!(name, "model" | "input"));
        let encoding = match params.text("encoding_format")?.map(Text::decoded).as_deref() {
            None | Some("float") => Encoding::Float,
            Some("base64") => Encoding::Base64,
            Some(other) => {
                let hint = " Supported values are: 'float' and 'base64'.";
                return Err(wrong_value("encoding_format", other, hint));
            }
        };
        let input = object.get("input").filter(|input| kind(input) != Kind::Null);
        let inputs = inputs(call, input.ok_or_else(|| missing("input"))?)?;
        Ok(Self { inputs, encoding, params })
    }

    /// The size of the vectors: `dimensions`.
    ///
    /// # Errors
    /// 400 when it is no whole number from 1.
    pub fn dimensions(&self) -> Result<Option<u64>, Error> {
        let dimensions = self.params.integer("dimensions")?;
        if dimensions == Some(0) {
            return Err(wrong_value("dimensions", "0", " It must be at least 1."));
        }
        Ok(dimensions)
    }

    /// The inputs, which are all texts.
    ///
    /// # Errors
    /// 400 that names the first that is none.
    pub fn texts(&self, call: &Call<'_>) -> Result<Vec<Text<'a>>, Error> {
        self.inputs.iter().map(|input| input.text(call)).collect()
    }

    /// Refuses more inputs than the model takes at once.
    ///
    /// # Errors
    /// 400 that says how many it takes.
    pub fn at_most(&self, call: &Call<'_>, most: usize) -> Result<(), Error> {
        if self.inputs.len() > most { Err(too_many(call, self.inputs.len(), most)) } else { Ok(()) }
    }

    /// What has to be known of the request when its answer is read.
    #[must_use]
    pub fn asked(&self, call: &Call<'_>) -> Asked {
        Asked {
            encoding: self.encoding,
            inputs: self.inputs.len(),
            model: call.model.to_owned(),
            provider: call.upstream.id.clone(),
        }
    }
}

/// 400: the provider takes texts, not their tokens.
#[must_use]
pub fn no_tokens(call: &Call<'_>) -> Error {
    Error::invalid(format!(
        "Invalid 'input': the provider {} takes texts, not arrays of tokens. Send the texts themselves.",
        call.upstream.id
    ))
    .param("input")
    .code("unsupported_value")
}

/// 400: there are more inputs than the model takes at once.
#[must_use]
pub fn too_many(call: &Call<'_>, inputs: usize, most: usize) -> Error {
    let (model, provider) = (shown(call.model), &call.upstream.id);
    Error::invalid(format!(
        "Invalid 'input': {model} of {provider} takes at most {most} inputs in one request, and here are {inputs}. Send \
         the others in requests of their own."
    ))
    .param("input")
    .code("array_above_max_length")
}

/// `input`: one, or a list.
fn inputs<'a>(call: &Call<'_>, value: &'a str) -> Result<Vec<Input<'a>>, Error> {
    let one = match kind(value) {
        Kind::String | Kind::Object => true,
        // A list of numbers is one text of tokens.
        Kind::Array => items(value).next().is_some_and(|first| kind(first) == Kind::Number),
        _ => return Err(wrong_type("input", "a string or an array", value)),
    };
    if one {
        return Ok(vec![Input::read(call, None, value)?]);
    }
    let mut list = Vec::new();
    for (index, item) in items(value).enumerate() {
        if index == MOST_INPUTS {
            let message = format!(
                "Invalid 'input': at most {MOST_INPUTS} inputs. Send the others in requests of their own."
            );
            return Err(Error::invalid(message).param("input").code("array_above_max_length"));
        }
        list.push(Input::read(call, Some(index), item)?);
    }
    if list.is_empty() {
        let message = "Invalid 'input': an empty array. Send at least one input.";
        return Err(Error::invalid(message).param("input").code("empty_array"));
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
