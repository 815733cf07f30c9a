//! Cohere's embeddings, version 2.
//!
//! Texts alone go as `texts`, pictures alone as `images`, which the models before version 4 take one a request, and
//! mixtures as `inputs`, which models take from version 4.
//!
//! Source: <https://docs.cohere.com/reference/embed>.

use crate::chat::Source;
use crate::dialect::{Ask, Call, Convert, Received, Sent, Told};
use crate::error::Error;
use crate::surface::embeddings::{
    Answer, Body, Content, Input, Medium, Part, Purpose, Request, Vector, Words,
};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// "Maximum number of texts per call is 96", and so of inputs.
const MOST: usize = 96;

/// `input_type`
pub(in crate::dialect) const WORDS: Words = Words {
    name: "input_type",
    known: &[
        (Purpose::Query, "search_query"),
        (Purpose::Document, "search_document"),
        (Purpose::Classification, "classification"),
        (Purpose::Clustering, "clustering"),
    ],
    own: &["image"],
};

/// Members of Cohere's own, which go as the client wrote them.
const OWN: &[&str] = &["truncate", "max_tokens", "priority"];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let mut body = Body::new(call, request, super::ID)?;
    let model = call.model;
    body.text("model", Some(model));
    let form = Form { most: MOST, bare_urls: false };
    form.write(call, request, &mut body)?;
    body.number("output_dimension", request.dimensions()?);
    body.own(request, OWN);
    let answer = Answers(Answer::new(request.asked(call)));
    Ok(Sent::asked(Ask::json(body.finish()), answer))
}

/// How a platform takes the inputs.
pub(in crate::dialect) struct Form {
    /// The most inputs of a request.
    pub most: usize,
    /// Addresses of pictures stand bare, not in an object.
    pub bare_urls: bool,
}

impl Form {
    /// Writes the inputs, their type, and the types of vectors.
    ///
    /// # Errors
    /// 400 when they cannot be said.
    pub(in crate::dialect) fn write(
        &self,
        call: &mut Call<'_>,
        request: &Request<'_>,
        body: &mut Body<'_>,
    ) -> Result<(), Error> {
        request.at_most(call, self.most)?;
        let inputs = &request.inputs;
        let pictures = inputs.iter().all(|input| picture(input).is_some());
        let mixed = inputs.iter().any(|input| matches!(input.content, Content::Parts(_)));
        if pictures {
            body.list("images", |out| {
                inputs.iter().filter_map(picture).for_each(|source| write_url(source, out));
                Ok(())
            })?;
        } else if mixed {
            body.list("inputs", |out| {
                inputs.iter().try_for_each(|input| self.write_input(call, input, out))
            })?;
        } else {
            let texts = request.texts(call)?;
            body.list("texts", |out| {
                texts.into_iter().for_each(|text| out.text(text));
                Ok(())
            })?;
        }
        let purpose = WORDS.of(call, request)?;
        // It must be said, and most of what is embedded is searched later.
        let usual = if pictures { "image" } else { "search_document" };
        body.text("input_type", Some(purpose.as_deref().unwrap_or(usual)));
        let types = types(request)?;
        body.member("embedding_types", |out| out.raw(types));
        Ok(())
    }

    fn write_input(&self, call: &Call<'_>, input: &Input<'_>, out: &mut Writer) -> Result<(), Error> {
        let parts = input.parts();
        out.begin_object();
        out.name("content");
        out.begin_array();
        for part in parts.iter() {
            match part {
                Part::Text(text) => out.object(|out| {
                    out.text_member("type", "text");
                    out.text_member("text", *text);
                }),
                Part::Media(media) if media.medium == Medium::Image && is_here(&media.source) => {
                    out.object(|out| {
                        out.text_member("type", "image_url");
                        out.name("image_url");
                        if self.bare_urls {
                            write_url(&media.source, out);
                        } else {
                            out.begin_object();
                            out.name("url");
                            write_url(&media.source, out);
                            out.end_object();
                        }
                    });
                }
                Part::Media(media) if media.medium == Medium::Image => {
                    return Err(input.elsewhere(call));
                }
                Part::Media(media) => return Err(input.refused(call, media.medium.described())),
            }
        }
        out.end_array();
        out.end_object();
        Ok(())
    }
}

/// The picture that an input is, if it is one, and its data is here: Cohere opens no addresses.
fn picture<'a, 'b>(input: &'b Input<'a>) -> Option<&'b Source<'a>> {
    let Content::Parts(parts) = &input.content else { return None };
    match parts.as_slice() {
        [Part::Media(media)] if media.medium == Medium::Image && is_here(&media.source) => {
            Some(&media.source)
        }
        _ => None,
    }
}

fn is_here(source: &Source<'_>) -> bool {
    matches!(source, Source::Data { .. })
}

/// A data URL.
fn write_url(source: &Source<'_>, out: &mut Writer) {
    if let Source::Data { media_type, base64 } = source {
        let texts = ["data:", media_type, ";base64,", base64];
        out.texts(texts.map(Text::Plain));
    }
}

/// The one type of vectors that is asked for: floats unless the client wants another. An answer of OpenAI's has room
/// for one.
fn types<'a>(request: &Request<'a>) -> Result<&'a str, Error> {
    let Some(types) = request.params.take("embedding_types") else { return Ok("[\"float\"]") };
    if kind(types) != Kind::Array || items(types).count() != 1 {
        let message = "Invalid 'embedding_types': expected an array of one type, since an answer has one vector for each \
                       input. Send a request for each type.";
        return Err(Error::invalid(message).param("embedding_types").code("invalid_value"));
    }
    Ok(types)
}

/// Reads an answer.
#[derive(Debug)]
pub(in crate::dialect) struct Answers(pub Answer);

impl Convert for Answers {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.0.asked().provider);
        let object = Object::parse(received.body).map_err(|_| unreadable())?;
        let vectors = object.get("embeddings").ok_or_else(unreadable)?;
        // By type, or, where none was asked for, floats.
        let by_type = Object::parse_str(vectors).ok();
        let (list, packed) = match &by_type {
            None => (vectors, false),
            Some(types) => {
                let types = types.members().iter().map(|member| (member.name.as_ref(), types.value(member)));
                let mut types = types.filter(|(_, list)| kind(list) == Kind::Array);
                types.next().map(|(name, list)| (list, name == "base64")).ok_or_else(unreadable)?
            }
        };
        for vector in items(list) {
            let vector = match vector.strip_prefix('"').and_then(|vector| vector.strip_suffix('"')) {
                Some(base64) if packed => Vector::Floats(base64),
                _ => Vector::Numbers(vector),
            };
            self.0.vector(vector)?;
        }
        self.0.count(tokens(&object).or_else(|| told_tokens(received)));
        Ok(self.0.finish(None)?.into())
    }
}

/// What is billed: tokens of texts, and of pictures.
fn tokens(object: &Object<'_>) -> Option<u64> {
    let inner = |object: &Object<'_>, name: &str| -> Option<u64> { object.get(name)?.parse().ok() };
    let meta = Object::parse_str(object.get("meta")?).ok()?;
    let billed = Object::parse_str(meta.get("billed_units")?).ok()?;
    let (texts, pictures) = (inner(&billed, "input_tokens"), inner(&billed, "image_tokens"));
    (texts.is_some() || pictures.is_some()).then(|| texts.unwrap_or(0).saturating_add(pictures.unwrap_or(0)))
}

/// What Bedrock says of it, where Cohere's models do not.
fn told_tokens(received: &Received<'_>) -> Option<u64> {
    received.headers.text("x-amzn-bedrock-input-token-count")?.parse().ok()
}
