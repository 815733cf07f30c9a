//! FLUX Kontext: a job that makes a picture, or edits one.

use super::{ID, SHAPES};
use crate::dialect::{Ask, Call, Convert, Next, Received, Sent, Told, Way, openai};
use crate::error::Error;
use crate::headers::Headers;
use crate::surface::images::{Asked, Encoding, Made, Own, Request, created};
use crate::wire::json::Object;
use crate::wire::write::Writer;

/// How the names of its models begin.
pub(super) const MODELS: &[&str] =
    &["accounts/fireworks/models/flux-kontext", "fireworks/flux-kontext", "flux-kontext"];

const RESULT: &str = "/inference/v1/workflows/{model/}/get_result";

/// How often a job is asked for before it is left, a minute and a half after it began.
const MOST_ASKED: u32 = 90;
/// How long to wait before that, in milliseconds.
const AFTER: u32 = 1000;

pub(super) fn is(model: &str) -> bool {
    MODELS.iter().any(|start| model.starts_with(start))
}

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    request.only_urls(call)?;
    request.no_mask(call)?;
    request.count(call, 1)?;
    let mut body = Own::new(call, request, ID)?;
    body.text("prompt", request.prompt()?);
    if !request.pictures.is_empty() {
        let picture = request.one_picture(call)?.addressed(call)?;
        if let Some(out) = body.at("input_image") {
            picture.write_url(out);
        }
    }
    if let (Some(ratio), _) = request.shape(call, &SHAPES)? {
        body.text("aspect_ratio", ratio);
    }
    if let Some(encoding) = request.encoding(call, &[Encoding::Png, Encoding::Jpeg])? {
        body.text("output_format", encoding.as_str());
    }
    let ask = Ask::json(body.finish(call)?);
    Ok(Sent::asked(ask, Job { asked: request.asked(call), id: String::new(), times: 0 }))
}

/// A job: it is begun, and then asked for.
#[derive(Debug)]
struct Job {
    asked: Asked,
    /// Its id, when it has begun.
    id: String,
    /// How often it was asked for.
    times: u32,
}

impl Convert for Job {
    fn way(&mut self, headers: &mut Headers) -> Way {
        created(headers)
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let object = self.asked.object(answer)?;
        if self.id.is_empty() {
            let id = object.string("request_id").ok_or_else(|| Error::unreadable(&self.asked.provider))?;
            self.id = id.into_owned();
            return self.again();
        }
        match object.string("status").as_deref() {
            Some("Ready") => {}
            Some("Request Moderated" | "Content Moderated") => {
                return Err(self.asked.blocked("the picture was held back. Change the prompt."));
            }
            Some("Error" | "Failed" | "Task not found") => return Err(openai::error::read(502, answer.body)),
            _ => return self.again(),
        }
        let result = object.get("result").and_then(|result| Object::parse(result.as_bytes()).ok());
        let made = result.and_then(|result| result.get("sample")).and_then(Made::url);
        self.asked.told(made.as_slice(), None).map(Told::from)
    }
}

impl Job {
    /// Asks for it again, a little later.
    fn again(&mut self) -> Result<Told, Error> {
        if self.times == MOST_ASKED {
            return Err(self.asked.late(&self.id));
        }
        self.times = self.times.saturating_add(1);
        let mut body = Writer::default();
        body.object(|out| out.text_member("id", self.id.as_str()));
        let ask = Ask { path: Some(RESULT), ..Ask::json(body.outgoing()) };
        Ok(Told::Next(Next { method: "POST", ask, after: AFTER }))
    }
}
