//! The differences of a row, made in a request's body.

use super::{embeddings, hosted, is_extra, messages, parts, thinking, tools};
use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Change;
use crate::wire::json::{Kind, Object, elements, kind, quoted};
use crate::wire::node::Node;
use crate::wire::splice::Splices;

/// A request while the differences are made in it.
pub(super) struct Edited<'a, 'b> {
    pub object: &'a Object<'b>,
    pub splices: &'a mut Splices,
    /// The members that are to go.
    pub removed: Vec<String>,
    /// The members that go on under another name.
    pub renamed: Vec<&'static str>,
    /// Parameters that go into the body as they are.
    extras: &'a [&'a str],
    /// The parameters for which a first difference held, so that later ones do not.
    settled: Vec<&'static str>,
}

impl<'b> Edited<'_, 'b> {
    /// The value of a parameter that is neither null nor to go.
    pub fn get(&self, name: &str) -> Option<&'b str> {
        self.object.get(name).filter(|value| kind(value) != Kind::Null && !self.is_removed(name))
    }

    /// The object that a parameter is.
    pub fn node(&self, name: &str) -> Option<Node<'b>> {
        let at = self.object.member(name)?.span.start;
        Node::read(self.get(name)?, at)
    }

    pub fn is_removed(&self, name: &str) -> bool {
        self.removed.iter().any(|removed| removed == name)
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) {
        if self.object.member(name).is_some() && !self.is_removed(name) {
            self.removed.push(name.to_owned());
        }
    }

    /// Puts a parameter in, unless the client sent one of that name.
    pub fn add(&mut self, name: &str, value: &str) {
        if self.extras.contains(&name) {
            return;
        }
        match self.object.member(name) {
            Some(member) if kind(self.object.value(member)) == Kind::Null => {
                self.splices.replace(member.span.clone(), value);
                self.removed.retain(|removed| removed != name);
            }
            Some(_) => {}
            None => self.object.insert(self.splices, name, value),
        }
    }
}

/// Notes the changes, and names the members that are to go.
///
/// # Errors
/// 400 when a parameter is not taken and the configuration refuses such requests.
pub(super) fn apply(
    call: &mut Call<'_>,
    object: &Object<'_>,
    splices: &mut Splices,
    extras: &[&str],
) -> Result<Vec<String>, Error> {
    let mut edited =
        Edited { object, splices, removed: Vec::new(), renamed: Vec::new(), settled: Vec::new(), extras };
    let upstream = call.upstream;
    let mut wanted = messages::Wanted::default();
    let mut searches = None;
    let mut runs: &[&str] = &[];
    for quirk in upstream.quirks(call.endpoint, call.model) {
        match quirk.change {
            Change::Rename { from, to } => {
                let Some(member) = object.member(from).filter(|_| !edited.is_removed(from)) else { continue };
                if object.member(to).is_some() || edited.extras.contains(&to) {
                    call.drop_param(from)?;
                    edited.remove(from);
                } else {
                    edited.splices.replace(member.name_span.clone(), quoted(to));
                    edited.renamed.push(from);
                }
            }
            Change::Unsupported(param) => unsupported(call, &mut edited, param)?,
            Change::Clamp { param, min, max } => {
                let Some(member) = object.member(param) else { continue };
                let Ok(value) = object.value(member).parse::<f64>() else { continue };
                if !(min..=max).contains(&value) {
                    // What was asked for is not what is sent: it is named like what is left out.
                    call.drop_param(param)?;
                    edited.splices.replace(member.span.clone(), value.max(min).min(max).to_string());
                }
            }
            Change::DeveloperAsSystem => developer_as_system(object, edited.splices),
            Change::Only(known) => {
                for member in object.members() {
                    let name = member.name.as_ref();
                    let is_known = known.contains(&name) || edited.renamed.contains(&name);
                    let is_null = kind(object.value(member)) == Kind::Null;
                    if call.is_orq(name) || is_extra(name, object.value(member)) || (is_known && !is_null) {
                        continue;
                    }
                    unsupported(call, &mut edited, name)?;
                }
            }
            Change::Reasoning(replay) => wanted.replay = wanted.replay.or(Some(replay)),
            Change::MessageMembers(members) => wanted.members = Some(members),
            Change::Chunks => wanted.chunks = true,
            Change::Runs(kinds) => runs = kinds,
            Change::StrictTools => tools::strict(call, &mut edited)?,
            Change::Thinking(form) if !edited.settled.contains(&thinking::PARAM) => {
                edited.settled.push(thinking::PARAM);
                thinking::ask(call, &mut edited, form)?;
            }
            Change::Search(form) if !edited.settled.contains(&tools::OPTIONS) => {
                edited.settled.push(tools::OPTIONS);
                searches = Some(form);
                tools::search(call, &mut edited, form)?;
            }
            Change::TextsAlone => embeddings::texts_alone(call, object)?,
            Change::MostInputs(most) => embeddings::at_most(call, object, most)?,
            Change::Purpose { words, usual } => embeddings::purpose(call, &mut edited, words, usual)?,
            Change::Vectors(_) if embeddings::encoding(object).is_some() => edited.remove(embeddings::FORMAT),
            Change::Vectors(_) => {}
            Change::Thinking(_)
            | Change::Search(_)
            | Change::Speech(_)
            | Change::Transcripts(_)
            | Change::Pictures(_) => {}
        }
    }
    if call.names.is_bridged() {
        hosted::write(call, &mut edited, searches, runs)?;
        parts::check(call, &edited, wanted.chunks)?;
    }
    messages::write(call, &mut edited, &wanted)?;
    Ok(edited.removed)
}

fn unsupported(call: &mut Call<'_>, edited: &mut Edited<'_, '_>, param: &str) -> Result<(), Error> {
    if edited.is_removed(param) || edited.settled.contains(&param) {
        return Ok(());
    }
    let Some(value) = edited.object.get(param) else { return Ok(()) };
    // `null` says what saying nothing says, and so do a search that is not wanted and the usual pace of speech.
    let nothing = kind(value) == Kind::Null
        || (param == tools::OPTIONS && tools::is_off(value))
        || (param == "speed" && value.parse() == Ok(1.0));
    if !nothing {
        call.drop_param(param)?;
    }
    edited.remove(param);
    Ok(())
}

fn developer_as_system(object: &Object<'_>, splices: &mut Splices) {
    let Some(messages) = object.member("messages") else { return };
    let text = object.value(messages);
    if memchr::memmem::find(text.as_bytes(), b"\"developer\"").is_none() {
        return;
    }
    for element in elements(text) {
        let Some(message) = text.get(element.clone()) else { continue };
        let Ok(message) = Object::parse_str(message) else { continue };
        let Some(role) = message.member("role") else { continue };
        if message.value(role) == "\"developer\"" {
            let offset = messages.span.start.saturating_add(element.start);
            let range = role.span.start.saturating_add(offset)..role.span.end.saturating_add(offset);
            splices.replace(range, "\"system\"");
        }
    }
}
