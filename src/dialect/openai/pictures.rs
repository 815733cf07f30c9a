//! Pictures of servers that give them in one form alone: `response_format` stays here, and a picture becomes its own
//! address where the client wants one.

use crate::dialect::{Call, Convert, Received, Told, Way, Whole};
use crate::error::Error;
use crate::headers::{Headers, media_type};
use crate::provider::{Change, Given};
use crate::surface::images;
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, kind};
use crate::wire::node::Node;
use crate::wire::splice::Splices;

/// The parameter.
pub(super) const FORMAT: &str = "response_format";

/// What becomes of `response_format`.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// It does not go up.
    pub stays: bool,
    /// Makes the answer into what was asked for.
    pub mender: Option<Links>,
}

/// What becomes of the client's `response_format`, by what the row says of the model.
///
/// # Errors
/// 400 when pictures are wanted of a server that gives their addresses alone, and such requests are refused.
pub(super) fn wanted(call: &mut Call<'_>, said: Option<&str>) -> Result<Wanted, Error> {
    let upstream = call.upstream;
    let mut quirks = upstream.quirks(call.endpoint, call.model);
    let given = quirks.find_map(|quirk| match quirk.change {
        Change::Pictures(given) => Some(given),
        _ => None,
    });
    let (Some(given), Some(said)) = (given, said) else { return Ok(Wanted::default()) };
    let mender = match (given, said) {
        (Given::Data, "url") => Some(Links { provider: call.upstream.id.clone() }),
        (Given::Urls, "b64_json") => {
            call.drop_param(FORMAT)?;
            None
        }
        _ => None,
    };
    Ok(Wanted { stays: true, mender })
}

/// Makes data URLs of the pictures of an answer.
#[derive(Debug)]
pub(super) struct Links {
    provider: String,
}

impl Convert for Links {
    fn way(&mut self, headers: &mut Headers) -> Way {
        // Events hold pictures.
        let events = headers.text("content-type").is_some_and(|kind| media_type(kind) == "text/event-stream");
        if events { Way::Passes } else { Way::Whole }
    }

    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.provider);
        let text = core::str::from_utf8(received.body).map_err(|_| unreadable())?;
        let body = Node::read(text, 0).ok_or_else(unreadable)?;
        let mut splices = Splices::default();
        for (one, at) in body.items("data") {
            let Ok(object) = Object::parse(one.as_bytes()) else { continue };
            let Some(member) = object.member("b64_json") else { continue };
            let value = object.value(member);
            if kind(value) != Kind::String || object.member("url").is_some() {
                continue;
            }
            let place = |offset: usize| at.saturating_add(offset);
            splices.replace(place(member.name_span.start)..place(member.name_span.end), "\"url\"");
            let start = place(member.span.start).saturating_add(1);
            let media_type = images::media_type_of_base64(value.trim_matches('"'));
            splices.replace(start..start, format!("data:{media_type};base64,"));
        }
        let usage = body.get("usage").and_then(Usage::read);
        let body = splices.outgoing(received.body.len()).bytes(received.body);
        Ok(Whole::json(body, usage).into())
    }
}
