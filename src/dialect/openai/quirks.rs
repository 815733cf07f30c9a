//! The differences of a row, made in a request's body.

use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Change;
use crate::wire::json::{Kind, Object, elements, kind, quoted};
use crate::wire::splice::Splices;

/// Notes the changes, and names the members that are to go.
///
/// # Errors
/// 400 when a parameter is not taken and the configuration refuses such requests.
pub(super) fn apply(
    call: &mut Call<'_>,
    object: &Object<'_>,
    splices: &mut Splices,
) -> Result<Vec<&'static str>, Error> {
    let mut removed = Vec::new();
    let upstream = call.upstream;
    for quirk in upstream.quirks(call.endpoint, call.model) {
        match quirk.change {
            Change::Rename { from, to } => {
                let Some(member) = object.member(from) else { continue };
                if removed.contains(&from) {
                    continue;
                }
                if object.member(to).is_some() {
                    call.drop_param(from)?;
                    removed.push(from);
                } else {
                    splices.replace(member.name_span.clone(), quoted(to));
                }
            }
            Change::Unsupported(param) => {
                let Some(value) = object.get(param) else { continue };
                if removed.contains(&param) {
                    continue;
                }
                // `null` says what saying nothing says.
                if kind(value) != Kind::Null {
                    call.drop_param(param)?;
                }
                removed.push(param);
            }
            Change::Clamp { param, min, max } => {
                let Some(member) = object.member(param) else { continue };
                let Ok(value) = object.value(member).parse::<f64>() else { continue };
                if !(min..=max).contains(&value) {
                    // What was asked for is not what is sent: it is named like what is left out.
                    call.drop_param(param)?;
                    splices.replace(member.span.clone(), value.max(min).min(max).to_string());
                }
            }
            Change::DeveloperAsSystem => developer_as_system(object, splices),
        }
    }
    Ok(removed)
}

fn developer_as_system(object: &Object<'_>, splices: &mut Splices) {
    let Some(messages) = object.member("messages") else { return };
    let text = object.value(messages);
    if memchr::memmem::find(text.as_bytes(), b"\"developer\"").is_none() {
        return;
    }
    for element in elements(text) {
        let Some(message) = text.get(element.clone()) else { continue };
        let Ok(message) = Object::parse(message.as_bytes()) else { continue };
        let Some(role) = message.member("role") else { continue };
        if message.value(role) == "\"developer\"" {
            let offset = messages.span.start.saturating_add(element.start);
            let range = role.span.start.saturating_add(offset)..role.span.end.saturating_add(offset);
            splices.replace(range, "\"system\"");
        }
    }
}
