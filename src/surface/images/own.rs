//! What providers of many models need beside OpenAI's words: bodies that carry what the client says in the provider's
//! own, and a reader of answers that is one function.

use super::answer::{Asked, Made};
use super::picture;
use super::request::Request;
use crate::chat::no_model_here;
use crate::dialect::{Call, Convert, Received, Told, Way, Whole};
use crate::error::{Error, shown};
use crate::headers::Headers;
use crate::wire::base64;
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::outgoing::Outgoing;
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// OpenAI's parameters of pictures: those that a dialect does not take are named to the client, and go up to nobody.
const OPENAIS: [&str; 10] = [
    "background",
    "input_fidelity",
    "moderation",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "safety_identifier",
    "style",
    "user",
];

/// A body as it is written. Members that OpenAI does not know stand for the model's own: those of the client's body, and
/// those that it writes under the provider's name. They go in as they are, in the place of what is made of OpenAI's.
#[derive(Debug)]
pub struct Own<'r, 'a> {
    /// The document.
    pub out: Writer,
    request: &'r Request<'a>,
    /// What stands under the provider's name.
    extras: Vec<(String, String)>,
    /// What the client writes itself in the place of what is made of OpenAI's parameters.
    replaced: Vec<String>,
}

impl<'r, 'a> Own<'r, 'a> {
    /// Begins a body: an object.
    ///
    /// # Errors
    /// 400 when what stands under the provider's name is no object, or says what OpenAI's body says and such requests are
    /// refused.
    pub fn new(call: &mut Call<'_>, request: &'r Request<'a>, dialect: &str) -> Result<Self, Error> {
        let mut out = Writer::with_capacity(1024);
        out.begin_object();
        let written = request.params.extras_text(call, dialect)?;
        let written = Object::parse(written.as_bytes())?;
        let mut extras = Vec::new();
        for member in written.members() {
            // They are read from OpenAI's body.
            if matches!(member.name.as_ref(), "prompt" | "stream") {
                call.drop_param(&format!("{dialect}.{}", member.name))?;
            } else {
                extras.push((member.name.to_string(), written.value(member).to_owned()));
            }
        }
        Ok(Self { out, request, extras, replaced: Vec::new() })
    }

    /// Refuses a member by which the provider would choose another model: what the client's key was checked for is the
    /// body's `model`.
    ///
    /// # Errors
    /// 400 when the client says it, in whatever case.
    pub fn refuse(&self, model: &str) -> Result<(), Error> {
        let extras = self.extras.iter().map(|(name, _)| name.as_str());
        match extras.chain(self.request.params.names()).find(|name| name.eq_ignore_ascii_case(model)) {
            Some(name) => Err(no_model_here(name)),
            None => Ok(()),
        }
    }

    fn is_extra(&self, name: &str) -> bool {
        self.extras.iter().any(|(extra, _)| extra == name)
    }

    /// Where the value of a member is to be written; `None` where the client writes it itself.
    pub fn at(&mut self, name: &str) -> Option<&mut Writer> {
        if self.is_extra(name) || (!OPENAIS.contains(&name) && self.request.params.left(name)) {
            self.replaced.push(name.to_owned());
            return None;
        }
        self.out.name(name);
        Some(&mut self.out)
    }

    /// A member that is a text.
    pub fn text<'t>(&mut self, name: &str, text: impl Into<Text<'t>>) {
        let text = text.into();
        if let Some(out) = self.at(name) {
            out.text(text);
        }
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &str, number: u64) {
        if let Some(out) = self.at(name) {
            out.raw(&number.to_string());
        }
    }

    /// Writes what the client says in the provider's own words, and names what of OpenAI's it stands for. What nobody took
    /// of OpenAI's is left to be named.
    ///
    /// # Errors
    /// 400 when a member is said twice and such requests are refused.
    pub fn rest(&mut self, call: &mut Call<'_>) -> Result<(), Error> {
        for name in &self.replaced {
            // What it says twice in the provider's words, and what it says in OpenAI's, too.
            if self.is_extra(name) && self.request.params.has(name) {
                call.drop_param(name)?;
            } else if self.request.says(client_name(name)) {
                call.drop_param(client_name(name))?;
            }
        }
        for (name, value) in self.request.params.rest_as_json(&OPENAIS) {
            if self.is_extra(&name) {
                call.drop_param(&name)?;
            } else if kind(&value) != Kind::Null {
                self.out.raw_member(&name, &value);
            }
        }
        for (name, value) in &self.extras {
            self.out.raw_member(name, value);
        }
        Ok(())
    }

    /// The body, with what the client says in the provider's own words at its end.
    ///
    /// # Errors
    /// As [`rest`](Self::rest).
    pub fn finish(mut self, call: &mut Call<'_>) -> Result<Outgoing, Error> {
        self.rest(call)?;
        self.out.end_object();
        Ok(self.out.outgoing())
    }
}

impl Request<'_> {
    /// Whether the client says something by one of OpenAI's parameters that are read for all languages.
    fn says(&self, name: &str) -> bool {
        match name {
            "n" => self.count > 1,
            "size" => self.size.is_some() || self.size_word.is_some(),
            "image" => !self.pictures.is_empty(),
            "mask" => self.mask.is_some(),
            "response_format" => self.format.is_some(),
            _ => false,
        }
    }
}

/// What clients call a parameter that goes by one of these names with a provider.
#[must_use]
pub fn client_name(name: &str) -> &str {
    match name {
        "max_images" | "num_images" | "num_outputs" | "number_of_images" | "quantity" | "samples" => "n",
        "aspect_ratio" | "height" | "image_size" | "resolution" | "target_size" | "width" => "size",
        "image_input" | "image_prompt" | "image_url" | "image_urls" | "input_image" | "input_images"
        | "redux_image" | "subject_reference" => "image",
        "mask_image_url" | "mask_url" => "mask",
        "sync_mode" => "response_format",
        name => name,
    }
}

/// An error of a server of many models, in OpenAI's terms: an account without means, and a body that does not fit the
/// schema of its model (`detail` as FastAPI has it, `invalid_fields` of Replicate), told by what clients call it.
#[must_use]
pub fn in_openais_terms(mut error: Error, body: &[u8]) -> Error {
    match error.status {
        402 => return without_means(error.message),
        422 => error.status = 400,
        _ => {}
    }
    let Ok(object) = Object::parse(body) else { return error };
    let first =
        |name: &str| items(object.get(name)?).next().and_then(|first| Object::parse(first.as_bytes()).ok());
    let place = if let Some(detail) = first("detail") {
        error.code = error.code.or(detail.string("type").map(Cow::into_owned));
        // `["body", "image_urls", 0]`
        let place = detail.get("loc").into_iter().flat_map(items).filter_map(string).nth(1);
        place.map(Cow::into_owned)
    } else {
        first("invalid_fields").and_then(|field| Some(field.string("field")?.into_owned()))
    };
    if let Some(place) = place {
        error.param = Some(shown(client_name(place.trim_start_matches("input."))));
    }
    error
}

/// 429: the account has no means.
#[must_use]
pub fn without_means(message: impl Into<String>) -> Error {
    let mut error = Error::new(429, message).code("insufficient_quota");
    error.kind = "insufficient_quota".to_owned();
    error
}

/// Reads whole answers by a function.
#[derive(Debug)]
pub struct Reads {
    /// What was asked for.
    pub asked: Asked,
    /// Reads an answer.
    pub read: fn(&Asked, &Received<'_>) -> Result<Whole, Error>,
}

impl Convert for Reads {
    fn way(&mut self, headers: &mut Headers) -> Way {
        created(headers)
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        (self.read)(&self.asked, answer).map(Told::from)
    }
}

/// Some providers say that something was created, or is about to be; OpenAI does not. The answer is held.
pub fn created(headers: &mut Headers) -> Way {
    headers.set(":status", "200");
    Way::Whole
}

impl Asked {
    /// The answer as an object.
    ///
    /// # Errors
    /// 502 when it is none.
    pub fn object<'a>(&self, answer: &Received<'a>) -> Result<Object<'a>, Error> {
        Object::parse(answer.body).map_err(|_| Error::unreadable(&self.provider))
    }

    /// 504: a job goes on without the client.
    #[must_use]
    pub fn late(&self, job: &str) -> Error {
        let message = format!(
            "The provider {} has not made the picture in time, and goes on with it (job {}). Ask again later, or choose \
             a faster model.",
            self.provider,
            shown(job)
        );
        Error::new(504, message).code("upstream_timeout")
    }

    /// A picture that is the answer's whole body; `None` when that is something else.
    #[must_use]
    pub fn binary(&self, answer: &Received<'_>) -> Option<Made<'static>> {
        let media_type = answer.headers.text("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let bytes = media_type == "application/octet-stream";
        if answer.body.is_empty() || !(bytes || media_type.starts_with("image/")) {
            return None;
        }
        let media_type = if bytes { picture::media_type(answer.body) } else { media_type };
        let mut text = Vec::new();
        base64::encode(answer.body, &mut text);
        let text = String::from_utf8(text).ok()?;
        Some(Made::base64(text, Some(Cow::Owned(media_type.to_owned()))))
    }
}

/// A picture in base64, with or without the beginning of a data URL. `value` is a string of JSON as it stands.
#[must_use]
pub fn base64_or_url(value: &str) -> Option<Made<'_>> {
    if value.starts_with("\"data:") || value.starts_with("\"http") {
        return Made::url(value);
    }
    Some(Made::base64(string(value).filter(|text| !text.is_empty())?, None))
}
