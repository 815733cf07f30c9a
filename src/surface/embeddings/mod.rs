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

/// OpenAI's name of the inputs, and Cohere's, beside which its `images` can stand. `inputs`, as vendors call mixtures, is
/// one of Orq's own parameters.
const INPUTS: [&str; 2] = ["input", "texts"];

/// OpenAI's name of the size of vectors, Cohere's and Voyage's, Google's and Amazon's.
const DIMENSIONS: [&str; 5] =
    ["dimensions", "output_dimension", "output_dimensionality", "outputDimensionality", "embeddingDimension"];

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
        let params = Params::new(object, |name| call.is_orq(name) || name == "model");
        let encoding = match params.text("encoding_format")?.map(Text::decoded).as_deref() {
            None | Some("float") => Encoding::Float,
            Some("base64") => Encoding::Base64,
            Some(other) => {
                let hint = " Supported values are: 'float' and 'base64'.";
                return Err(wrong_value("encoding_format", other, hint));
            }
        };
        let mut inputs = Vec::new();
        if let Some(name) = INPUTS.into_iter().find(|name| params.has(name)) {
            read_inputs(call, name, params.take(name).unwrap_or_default(), &mut inputs)?;
        }
        for (index, image) in items(params.take("images").unwrap_or_default()).enumerate() {
            inputs.push(Input::image(index, image)?);
        }
        if inputs.is_empty() {
            return Err(missing("input"));
        }
        if inputs.len() > MOST_INPUTS {
            return Err(too_many_for_all());
        }
        Ok(Self { inputs, encoding, params })
    }

    /// The size of the vectors: `dimensions`, or a vendor's own name of it.
    ///
    /// # Errors
    /// 400 when it is no whole number from 1.
    pub fn dimensions(&self) -> Result<Option<u64>, Error> {
        let Some(name) = DIMENSIONS.into_iter().find(|name| self.params.has(name)) else { return Ok(None) };
        let dimensions = self.params.integer(name)?;
        if dimensions == Some(0) {
            return Err(wrong_value(name, "0", " It must be at least 1."));
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

/// 400: there are more inputs than OpenAI itself takes.
fn too_many_for_all() -> Error {
    let message =
        format!("Invalid 'input': at most {MOST_INPUTS} inputs. Send the others in requests of their own.");
    Error::invalid(message).param("input").code("array_above_max_length")
}

/// Reads one input, or a list of them.
fn read_inputs<'a>(
    call: &Call<'_>,
    name: &'static str,
    value: &'a str,
    list: &mut Vec<Input<'a>>,
) -> Result<(), Error> {
    let one = match kind(value) {
        Kind::String | Kind::Object => true,
        // A list of numbers is one text of tokens.
        Kind::Array => items(value).next().is_some_and(|first| kind(first) == Kind::Number),
        _ => return Err(wrong_type(name, "a string or an array", value)),
    };
    if one {
        list.push(Input::read(call, name, None, value)?);
        return Ok(());
    }
    for (index, item) in items(value).enumerate() {
        if index == MOST_INPUTS {
            return Err(too_many_for_all());
        }
        list.push(Input::read(call, name, Some(index), item)?);
    }
    if list.is_empty() {
        let message = format!("Invalid '{name}': an empty array. Send at least one input.");
        return Err(Error::invalid(message).param(name).code("empty_array"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
