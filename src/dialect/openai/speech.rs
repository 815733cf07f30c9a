//! Speech of providers that ask for it as OpenAI does, but give other formats, or no events.

use crate::dialect::Call;
use crate::dialect::sound::Sound;
use crate::error::Error;
use crate::provider::{Change, Spoken};
use crate::surface::speech::{Format, wants_events};
use crate::wire::json::{Kind, Object, kind, quoted};
use crate::wire::splice::Splices;

/// Brings a body to a provider's form, and says who reads the answer. `None`: its form is OpenAI's own. `removed`: the
/// members that are to go, of which there may be more. `extras`: those that go in as the client wrote them for this
/// provider alone.
///
/// # Errors
/// 400 for a format that the provider does not give.
pub(super) fn write(
    call: &Call<'_>,
    object: &Object<'_>,
    splices: &mut Splices,
    removed: &mut Vec<String>,
    extras: &[&str],
) -> Result<Option<Sound>, Error> {
    let form = call.upstream.quirks(call.endpoint, call.model).find_map(|quirk| match quirk.change {
        Change::Speech(form) => Some(form),
        _ => None,
    });
    let Some(Spoken { formats, pcm }) = form else { return Ok(None) };
    let events = wants_events(object)?;
    // The proxy makes them.
    if object.member("stream_format").is_some() {
        removed.push("stream_format".to_owned());
    }
    let can: Vec<Format> = formats.iter().map(|(format, _)| *format).collect();
    let asked = Format::asked(object.get("response_format"))?;
    let format = match can.is_empty() {
        true => asked.unwrap_or(Format::Mp3),
        false => Format::of(asked, &call.upstream.id, &can)?,
    };
    let word = formats.iter().find(|(other, _)| *other == format);
    if let Some((_, word)) = word.filter(|_| !extras.contains(&"response_format")) {
        set(object, splices, "response_format", &quoted(word));
    }
    if format == Format::Pcm {
        for (name, value) in *pcm {
            if object.member(name).is_none() && !extras.contains(name) {
                object.insert(splices, name, value);
            }
        }
    }
    voice(object, splices);
    Ok(Some(Sound::new(&call.upstream.id, format, events)))
}

fn set(object: &Object<'_>, splices: &mut Splices, name: &str, value: &str) {
    match object.member(name) {
        Some(member) if object.value(member) == value => {}
        Some(member) => splices.replace(member.span.clone(), value),
        None => object.insert(splices, name, value),
    }
}

/// OpenAI's object around the id of a voice is its own.
fn voice(object: &Object<'_>, splices: &mut Splices) {
    let Some(member) = object.member("voice").filter(|member| kind(object.value(member)) == Kind::Object)
    else {
        return;
    };
    let inner = Object::parse(object.value(member).as_bytes()).ok();
    if let Some(id) = inner.as_ref().and_then(|inner| inner.get("id")).filter(|id| kind(id) == Kind::String) {
        splices.replace(member.span.clone(), id);
    }
}
