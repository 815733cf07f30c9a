//! Embeddings in OpenAI's form, brought to what the client asked for.
//!
//! Not every server that speaks OpenAI's language packs vectors, and OpenAI's SDKs ask for nothing else. What is mended:
//!
//! | the provider sends | the client gets |
//! |---|---|
//! | numbers where base64 was asked for, or the other way round | what was asked for |
//! | base64 of signed bytes (Perplexity) | those numbers, or base64 of them as floats |
//! | vectors in another order than that of `index` | the order of the inputs |
//! | no `object`, `index`, `model` | these |
//! | `usage` without `prompt_tokens`, or without a total (Voyage) | both |
//!
//! An answer that needs nothing is left alone to the last byte.

use super::error;
use super::quirks::Edited;
use crate::chat::wrong_type;
use crate::dialect::{Call, Convert, Received, Told, Whole};
use crate::error::Error;
use crate::provider::Change;
use crate::surface::embeddings::{Asked, Encoding, NAMES, Vector, Words, no_tokens, too_many};
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, is_numbers, items, kind, quoted, string};
use crate::wire::node::Node;
use crate::wire::splice::Splices;

/// How vectors are to be written.
pub(super) const FORMAT: &str = "encoding_format";

/// How the client wants vectors; `None`: in a form of the provider's own.
pub(super) fn encoding(object: &Object<'_>) -> Option<Encoding> {
    match object.get(FORMAT).filter(|value| kind(value) != Kind::Null) {
        None | Some("\"float\"") => Some(Encoding::Float),
        Some("\"base64\"") => Some(Encoding::Base64),
        _ => None,
    }
}

/// Who mends the answer; `None`: it passes as it is.
pub(super) fn mender(call: &Call<'_>, object: &Object<'_>) -> Option<Mender> {
    let encoding = encoding(object).filter(|_| call.upstream.extends_chat)?;
    let packed = call.upstream.quirks(call.endpoint, call.model).find_map(|quirk| match quirk.change {
        Change::Vectors(packed) => Some(packed),
        _ => None,
    });
    let (model, provider) = (call.model.to_owned(), call.upstream.id.clone());
    Some(Mender::new(Asked { encoding, inputs: 0, model, provider }, packed.unwrap_or(Packed::Floats)))
}

/// Refuses arrays of tokens.
pub(super) fn texts_alone(call: &Call<'_>, object: &Object<'_>) -> Result<(), Error> {
    let is_tokens = |item: &str| matches!(kind(item), Kind::Number | Kind::Array);
    match object.get("input") {
        Some(input) if items(input).any(is_tokens) => Err(no_tokens(call)),
        _ => Ok(()),
    }
}

/// Refuses more inputs than there may be.
pub(super) fn at_most(call: &Call<'_>, object: &Object<'_>, most: usize) -> Result<(), Error> {
    let inputs = items(object.get("input").unwrap_or_default()).filter(|item| kind(item) != Kind::Number);
    match inputs.count() {
        count if count > most => Err(too_many(call, count, most)),
        _ => Ok(()),
    }
}

/// Says what vectors are for in the provider's words.
pub(super) fn purpose(
    call: &mut Call<'_>,
    edited: &mut Edited<'_, '_>,
    words: Words,
    usual: Option<&str>,
) -> Result<(), Error> {
    let object = edited.object;
    let said = |name: &&str| object.get(name).is_some_and(|value| kind(value) != Kind::Null);
    let mut taken = false;
    for name in core::iter::once(words.name).chain(NAMES.into_iter().filter(|name| *name != words.name)) {
        let Some(member) = object.member(name).filter(|_| said(&name)) else { continue };
        let value = object.value(member);
        let word = string(value).ok_or_else(|| wrong_type(name, "a string", value))?;
        match words.word(name, word).filter(|_| !taken) {
            Some(word) => {
                taken = true;
                edited.splices.replace(
                    member.name_span.start..member.span.end,
                    format!("{}:{}", quoted(words.name), quoted(&word)),
                );
                edited.renamed.push(name);
            }
            None => {
                call.drop_param(name)?;
                edited.remove(name);
            }
        }
    }
    if let Some(usual) = usual.filter(|_| !taken) {
        edited.add(words.name, &quoted(usual));
    }
    Ok(())
}

/// What a provider's base64 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// 32-bit floats, as OpenAI's.
    Floats,
    /// Signed bytes.
    Bytes,
}

/// Mends one answer.
#[derive(Debug)]
pub struct Mender {
    asked: Asked,
    packed: Packed,
}

impl Mender {
    /// For an answer in which base64 holds this.
    #[must_use]
    pub fn new(asked: Asked, packed: Packed) -> Self {
        Self { asked, packed }
    }

    /// A vector as it stands in an answer, and whether it is what was asked for.
    fn vector<'a>(&self, value: &'a str) -> Option<(Vector<'a>, bool)> {
        match (kind(value), self.packed) {
            // What is none, such as a vector for each token, stays as it is.
            (Kind::Array, _) => {
                let is_asked = self.asked.encoding == Encoding::Float || !is_numbers(value);
                Some((Vector::Numbers(value), is_asked))
            }
            (Kind::String, packed) => {
                let base64 = value.strip_prefix('"')?.strip_suffix('"')?;
                Some(match packed {
                    Packed::Floats => (Vector::Floats(base64), self.asked.encoding == Encoding::Base64),
                    Packed::Bytes => (Vector::Bytes(base64), false),
                })
            }
            _ => None,
        }
    }

    /// The list of vectors as it is to be; `None` when it is so already.
    ///
    /// # Errors
    /// 502 when there is one that cannot be read.
    fn data(&self, top: &Node<'_>) -> Result<Option<Vec<u8>>, Error> {
        let unreadable = || Error::unreadable(&self.asked.provider);
        let mut list: Vec<(usize, usize, &str)> = Vec::new();
        let mut fits = true;
        for (number, (item, _)) in top.items("data").into_iter().enumerate() {
            let entry = Node::read(item, 0).ok_or_else(unreadable)?;
            let said = entry.get("index").and_then(|index| index.parse().ok());
            let index = said.unwrap_or(number);
            let asked = entry.get("embedding").and_then(|value| self.vector(value));
            let (_, is_asked) = asked.ok_or_else(unreadable)?;
            fits = fits && is_asked && said == Some(number) && entry.has("object");
            list.push((index, number, item));
        }
        if fits {
            return Ok(None);
        }
        list.sort_unstable();
        let mut out = Vec::new();
        for (index, _, item) in list {
            out.push(if out.is_empty() { b'[' } else { b',' });
            self.entry(index, item, &mut out).ok_or_else(unreadable)?;
        }
        out.push(b']');
        Ok(Some(out))
    }

    /// Adds an element of the list as it is to be.
    fn entry(&self, index: usize, item: &str, out: &mut Vec<u8>) -> Option<()> {
        let mut entry = Node::read(item, 0)?;
        let (vector, is_asked) = self.vector(entry.get("embedding")?)?;
        if !is_asked {
            let mut written = Vec::new();
            vector.write(self.asked.encoding, &mut written)?;
            entry.set("embedding", String::from_utf8(written).ok()?);
        }
        if !entry.has("object") {
            entry.set_text("object", "embedding");
        }
        if entry.get("index").is_none() {
            entry.set("index", index.to_string());
        }
        let mut splices = Splices::default();
        entry.finish(&mut splices);
        splices.outgoing(item.len()).write(item.as_bytes(), |part| out.extend_from_slice(part));
        Some(())
    }
}

impl Convert for Mender {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.asked.provider);
        let text = core::str::from_utf8(received.body).map_err(|_| unreadable())?;
        let mut top = Node::read(text, 0).ok_or_else(unreadable)?;
        if !top.get("data").is_some_and(|data| kind(data) == Kind::Array) {
            // An error that came as a success.
            let failed = Object::parse(received.body).ok().and_then(|object| error::of_success(&object));
            return Err(failed.map_or_else(unreadable, |status| error::read(status, received.body)));
        }
        let data = self.data(&top)?;
        let mut splices = Splices::default();
        if let Some(data) = data {
            top.set("data", String::from_utf8(data).map_err(|_| unreadable())?);
        }
        if !top.has("object") {
            top.set_text("object", "list");
        }
        if top.get("model").is_none() {
            top.set("model", quoted(&self.asked.model));
        }
        let usage = top.get("usage").and_then(Usage::read);
        match top.child("usage") {
            Some(mut node) => {
                let either = |one: &str, other: &str| {
                    let found = [one, other].into_iter().find_map(|name| node.get(name));
                    found.unwrap_or("0").to_owned()
                };
                let (total, prompt) =
                    (either("total_tokens", "prompt_tokens"), either("prompt_tokens", "total_tokens"));
                for (name, count) in [("prompt_tokens", prompt), ("total_tokens", total)] {
                    if node.get(name).is_none() {
                        node.set(name, count);
                    }
                }
                node.finish(&mut splices);
            }
            // Nothing was counted.
            None => top.set("usage", "{\"prompt_tokens\":0,\"total_tokens\":0}"),
        }
        top.finish(&mut splices);
        let mut body = Vec::with_capacity(text.len());
        splices.outgoing(text.len()).write(received.body, |part| body.extend_from_slice(part));
        Ok(Whole::json(body, usage).into())
    }
}
