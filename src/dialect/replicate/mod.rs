//! Replicate's predictions, which are waited for.
//!
//! A model is `owner/name`, of Replicate's official ones, or `owner/name:version`. Each has a schema of its own: what it
//! calls OpenAI's parameters is in [`models`], and what else it takes goes up as the client writes it.
//!
//! Replicate waits a minute for a prediction. One that is not done by then is asked for, for another minute; then it goes on
//! without the client, which is told so. Pictures come as addresses that last an hour.
//!
//! Sources: <https://replicate.com/docs/reference/http>, <https://replicate.com/docs/topics/predictions/create-a-prediction>,
//! the schemas of models (<https://replicate.com/explore>, `api` of each), and replicate-javascript.

mod models;

use super::{Ask, Call, Convert, Dialect, Failure, Next, Received, Sent, Told, Way, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface::images::{Asked, Encoding, Made, Own, Request, blocked, created, in_openais_terms};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;
use models::{Measure, Model, Pictures};

/// The dialect.
pub static REPLICATE: Replicate = Replicate;

/// Replicate's language.
#[derive(Debug)]
pub struct Replicate;

const ID: &str = "replicate";

/// Its routes.
pub const ROUTES: &[Route] = &[
    native(Endpoint::ImageGenerations, OFFICIAL, &REPLICATE),
    native(Endpoint::ImageEdits, OFFICIAL, &REPLICATE),
    native(Endpoint::ImageVariations, OFFICIAL, &REPLICATE),
];

const OFFICIAL: &str = "/models/{model/}/predictions";
/// Where a version runs, which the body names.
const OF_VERSION: &str = "/predictions";

impl Dialect for Replicate {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { routes: ROUTES, ..Provider::ROW };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        request.only_urls(call)?;
        let (name, version) =
            call.model.rsplit_once(':').map_or((call.model, None), |(name, version)| (name, Some(version)));
        let model = models::find(name, version.is_some());
        let mut body = Own::new(call, request, ID)?;
        if let Some(version) = version {
            body.out.text_member("version", version);
        }
        body.out.name("input");
        body.out.begin_object();
        input(call, request, model, &mut body)?;
        body.rest(call)?;
        body.out.end_object();
        body.out.end_object();
        let mut ask = Ask::json(body.out.outgoing());
        ask.path = version.map(|_| OF_VERSION);
        ask.headers.push(("prefer", "wait".to_owned()));
        Ok(Sent::asked(ask, Prediction { asked: request.asked(call), times: 0 }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        let mut failure = Failure::from(&error(status, body));
        let object = Object::parse(body).ok();
        failure.retry_after = object.and_then(|object| object.get("retry_after")?.parse().ok());
        failure
    }
}

/// What a model calls what OpenAI's clients say.
fn input(
    call: &mut Call<'_>,
    request: &Request<'_>,
    model: &Model,
    body: &mut Own<'_, '_>,
) -> Result<(), Error> {
    if let Some(prompt) = request.prompt_for(call.model) {
        body.text("prompt", prompt);
    }
    let count = request.count(call, model.count.map_or(1, |(_, most)| most))?;
    if let Some((name, _)) = model.count.filter(|_| count > 1) {
        body.number(name, count);
        if name == models::SEQUENCE {
            body.text("sequential_image_generation", "auto");
        }
    }
    measure(call, request, model, body)?;
    match model.pictures {
        _ if request.pictures.is_empty() => {}
        Pictures::One(name) => {
            let picture = request.one_picture(call)?.addressed(call)?;
            if let Some(out) = body.at(name) {
                picture.write_url(out);
            }
        }
        Pictures::List(name) => {
            if let Some(out) = body.at(name) {
                out.begin_array();
                for picture in &request.pictures {
                    picture.addressed(call)?.write_url(out);
                }
                out.end_array();
            }
        }
    }
    match model.mask {
        None => request.no_mask(call)?,
        Some(name) => {
            if let Some(mask) = request.two_colour_mask(call, "white")?
                && let Some(out) = body.at(name)
            {
                mask.addressed(call)?.write_url(out);
            }
        }
    }
    if let Some(encoding) = request.encoding(call, model.encodings)? {
        let jpg = encoding == Encoding::Jpeg && !model.carries.contains(&"quality");
        body.text("output_format", if jpg { "jpg" } else { encoding.as_str() });
    }
    for name in model.carries {
        if let Some(value) = request.params.take(name)
            && let Some(out) = body.at(name)
        {
            out.raw(value);
        }
    }
    Ok(())
}

fn measure(
    call: &mut Call<'_>,
    request: &Request<'_>,
    model: &Model,
    body: &mut Own<'_, '_>,
) -> Result<(), Error> {
    match model.measure {
        Measure::Shape(shapes) => {
            let (ratio, tier) = request.shape(call, shapes)?;
            for (name, text) in [("aspect_ratio", ratio), ("resolution", tier)] {
                if let Some(text) = text {
                    body.text(name, text);
                }
            }
        }
        Measure::Sides { sides, custom } => {
            if let Some(word) = request.size_word.filter(|_| custom == Some("size")) {
                // `2K`
                body.text("size", word);
            } else if let Some(size) = request.sides(call, sides)? {
                if let Some(name) = custom {
                    body.text(name, "custom");
                }
                body.number("width", size.width.into());
                body.number("height", size.height.into());
            }
        }
        Measure::Text => {
            if let Some(size) = request.sized()? {
                body.text("size", format!("{}x{}", size.width, size.height).as_str());
            }
        }
        Measure::None => {
            if request.sized()?.is_some() {
                call.drop_param("size")?;
            }
        }
    }
    Ok(())
}

/// How often a prediction is asked for before it is left, two minutes after it began.
const MOST_ASKED: u32 = 31;
/// How long to wait before a prediction is asked for, in milliseconds: at first, and from then on.
const AFTER: [u32; 2] = [1000, 2000];
const PREDICTION: &str = "/predictions/{id}";

/// A prediction: it is waited for, and then asked for.
#[derive(Debug)]
struct Prediction {
    asked: Asked,
    /// How often it was asked for.
    times: u32,
}

impl Convert for Prediction {
    fn way(&mut self, headers: &mut Headers) -> Way {
        created(headers)
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let object = self.asked.object(answer)?;
        if !matches!(object.string("status").as_deref(), Some("starting" | "processing")) {
            return read(&self.asked, &object).map(Told::from);
        }
        let id = object.string("id").ok_or_else(|| Error::unreadable(&self.asked.provider))?;
        if self.times == MOST_ASKED {
            return Err(self.asked.late(&id));
        }
        let after = AFTER.get(usize::from(self.times > 0)).copied().unwrap_or_default();
        self.times = self.times.saturating_add(1);
        let ask = Ask { path: Some(PREDICTION), segments: vec![("id", id.into_owned())], ..Ask::default() };
        Ok(Told::Next(Next { method: "GET", ask, after }))
    }
}

/// A prediction that has ended.
fn read(asked: &Asked, object: &Object<'_>) -> Result<Whole, Error> {
    let id = object.string("id").unwrap_or_default();
    match object.string("status").as_deref() {
        Some("canceled" | "aborted") => {
            let message = format!(
                "The provider {} ended prediction {id} before it was done. Ask again.",
                asked.provider
            );
            return Err(Error::new(502, message).code("upstream_canceled"));
        }
        Some("failed") => {
            let reason = object.get("error").and_then(Text::of).map(Text::decoded);
            return Err(failed(asked, &id, reason.as_deref().unwrap_or("it did not say why.")));
        }
        _ => {}
    }
    let output = object.get("output").unwrap_or_default();
    let made: Vec<Made<'_>> = match kind(output) {
        Kind::String => Made::url(output).into_iter().collect(),
        Kind::Array => items(output).filter_map(Made::url).collect(),
        _ => Vec::new(),
    };
    asked.told(&made, None)
}

/// Words by which models say that they hold a picture back.
const HELD_BACK: [&str; 6] =
    ["NSFW", "E005", "flagged as sensitive", "content policy", "safety", "moderation"];

fn failed(asked: &Asked, id: &str, reason: &str) -> Error {
    if HELD_BACK.iter().any(|words| reason.contains(words)) {
        return asked.blocked(reason);
    }
    let message = format!("The provider {} failed with prediction {id}: {reason}", asked.provider);
    Error::new(502, message).code("upstream_failed")
}

/// Replicate's failing answers: `detail`, with `invalid_fields` where the input does not fit the model's schema.
fn error(status: u16, body: &[u8]) -> Error {
    let error = in_openais_terms(openai::error::read(status, body), body);
    let held_back = error.status == 400 && HELD_BACK.iter().any(|words| error.message.contains(words));
    if held_back { blocked(error.message) } else { error }
}
