//! Leonardo.Ai's generations: jobs that are begun, and asked for until they are done.
//!
//! A model is the id of one of its own (a UUID: version 1 of the API), or the name of one that it hosts
//! (`seedream-4.5`, `gpt-image-1.5`: version 2).
//!
//! | OpenAI | version 1 | version 2, in `parameters` |
//! |---|---|---|
//! | model | `modelId` | `model`, beside them |
//! | `n` | `num_images` | `quantity` |
//! | `size` | `width`, `height` | the same |
//! | `quality` | left out by name | `quality`, of OpenAI's models |
//!
//! Pictures come as addresses. They are not shown in Leonardo's public feed unless the client says `public`. Those to edit
//! would have to be uploaded first, to a host of their own: there are no edits.
//!
//! Sources: <https://docs.leonardo.ai/reference/creategeneration>, <https://docs.leonardo.ai/reference/getgenerationbyid>,
//! the guides of the hosted models (<https://docs.leonardo.ai/docs/nano-banana-pro> and others), and Leonardo-Ai-SDK.

use super::{Ask, Call, Convert, Dialect, Failure, Next, Received, Sent, Told, Way, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface::images::{Asked, Made, Own, Quality, Request, Sides, created};
use crate::wire::json::{Object, items};

/// The dialect.
pub static LEONARDO: Leonardo = Leonardo;

/// Leonardo's language.
#[derive(Debug)]
pub struct Leonardo;

const ID: &str = "leonardo";

/// Where its API begins.
pub const BASE: &str = "/api/rest";

/// Its routes.
pub const ROUTES: &[Route] = &[native(Endpoint::ImageGenerations, OF_ITS_OWN, &LEONARDO)];

const OF_ITS_OWN: &str = "/v1/generations";
const HOSTED: &str = "/v2/generations";

/// The most pictures of a job.
const MOST: u64 = 8;

/// The sides of its own models' pictures …
const SIDES: Sides = Sides { min: 32, max: 1536, multiple: 8 };
/// … and of the others'.
const HOSTED_SIDES: Sides = Sides { max: 8192, ..SIDES };

/// Whether a model is named by a UUID.
fn is_id(model: &str) -> bool {
    model.len() == 36
        && model.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

impl Dialect for Leonardo {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { base_path: BASE, routes: ROUTES, ..Provider::ROW };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        request.only_urls(call)?;
        let own = is_id(call.model);
        let mut body = Own::new(call, request, ID)?;
        body.refuse("modelId")?;
        body.out.text_member(if own { "modelId" } else { "model" }, call.model);
        // What is beside the parameters.
        if let Some(out) = body.at("public") {
            out.raw("false");
        } else if let Some(value) = request.params.take("public") {
            body.out.raw_member("public", value);
        }
        if !own {
            body.out.name("parameters");
            body.out.begin_object();
        }
        body.text("prompt", request.prompt()?);
        let count = request.count(call, MOST)?;
        // Version 1 makes four by itself.
        body.number(if own { "num_images" } else { "quantity" }, count);
        let size = request.sides(call, if own { &SIDES } else { &HOSTED_SIDES })?;
        if let Some(size) = size {
            body.number("width", size.width.into());
            body.number("height", size.height.into());
        }
        if call.model.contains("gpt-image")
            && let Some(quality) = request.quality()?
        {
            body.text(
                "quality",
                match quality {
                    Quality::Low => "LOW",
                    Quality::Medium => "MEDIUM",
                    Quality::High => "HIGH",
                },
            );
        }
        body.rest(call)?;
        if !own {
            body.out.end_object();
        }
        body.out.end_object();
        let mut ask = Ask::json(body.out.outgoing());
        ask.path = (!own).then_some(HOSTED);
        Ok(Sent::asked(ask, Job { asked: request.asked(call), id: String::new(), times: 0 }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&openai::error::read(status, body))
    }
}

/// How often a job is asked for before it is left, two minutes after it began.
const MOST_ASKED: u32 = 61;
/// How long to wait before a job is asked for, in milliseconds: at first, and from then on.
const AFTER: [u32; 2] = [1000, 2000];
const JOB: &str = "/v1/generations/{id}";

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
        let unreadable = || Error::unreadable(&self.asked.provider);
        // Version 2 tells errors as successes: a list as GraphQL has it.
        let Ok(object) = Object::parse(answer.body) else {
            let list = answer.body.trim_ascii_start().starts_with(b"[");
            return Err(if list { openai::error::read(400, answer.body) } else { unreadable() });
        };
        let inner = |name: &str| object.get(name).and_then(|inner| Object::parse(inner.as_bytes()).ok());
        if self.id.is_empty() {
            let begun = inner("sdGenerationJob").or_else(|| inner("generate"));
            let id = begun.and_then(|begun| begun.string("generationId")).ok_or_else(unreadable)?;
            self.id = id.into_owned();
            return self.again();
        }
        let Some(generation) = inner("generations_by_pk") else { return self.again() };
        match generation.string("status").as_deref() {
            Some("COMPLETE") => {}
            Some("FAILED") => {
                let message = format!(
                    "The provider {} failed to make the picture (generation {}). Ask again, or change the prompt.",
                    self.asked.provider, self.id
                );
                return Err(Error::new(502, message).code("upstream_failed"));
            }
            _ => return self.again(),
        }
        let images = generation.get("generated_images").into_iter().flat_map(items);
        let images = images.filter_map(|image| Object::parse(image.as_bytes()).ok()?.get("url"));
        let made: Vec<Made<'_>> = images.filter_map(Made::url).collect();
        self.asked.told(&made, None).map(Told::from)
    }
}

impl Job {
    /// Asks for it again, a little later.
    fn again(&mut self) -> Result<Told, Error> {
        if self.times == MOST_ASKED {
            return Err(self.asked.late(&self.id));
        }
        let after = AFTER.get(usize::from(self.times > 0)).copied().unwrap_or_default();
        self.times = self.times.saturating_add(1);
        let ask = Ask { path: Some(JOB), segments: vec![("id", self.id.clone())], ..Ask::default() };
        Ok(Told::Next(Next { method: "GET", ask, after }))
    }
}
