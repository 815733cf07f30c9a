//! A rerank's request, in a vendor's form.

use super::answer::Answer;
use super::{Form, Items, Query, Takes};
use crate::dialect::openai::is_extra;
use crate::dialect::{Ask, Call, Sent};
use crate::error::{Error, shown};
use crate::surface::rerank::{Document, Request, no_images, place, too_many};
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::Writer;

/// Writes the request.
pub(super) fn ask(form: &Form, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    if form.most > 0 && request.documents.len() > form.most {
        return Err(too_many(form.most));
    }
    let extras = request.params.extras(call, form.id)?;
    // What the client says to this provider alone comes before what it says to all.
    let said = |name: &str| extras.as_ref().is_some_and(|extras| extras.member(name).is_some());
    let mut out =
        Writer::with_capacity(request.documents.iter().map(|one| one.len().saturating_add(12)).sum());
    out.begin_object();
    if form.names_model {
        out.text_member("model", call.model);
    }
    query(form, call, request, &mut out)?;
    out.name(form.documents);
    out.begin_array();
    for (at, document) in request.documents.iter().enumerate() {
        write(form, call, at, document, &mut out)?;
    }
    out.end_array();
    for (name, value) in form.fixed.iter().filter(|(name, _)| !said(name)) {
        out.raw_member(name, value);
    }
    if let Some((name, top)) = form.top.zip(request.top_n).filter(|(name, _)| !said(name)) {
        out.number_member(name, top as u64);
    }
    if let Some((name, wanted)) = form.echo.zip(request.return_documents).filter(|(name, _)| !said(name)) {
        out.raw_member(name, if wanted { "true" } else { "false" });
    }
    others(form, call, request, extras.as_ref(), &mut out)?;
    for member in extras.iter().flat_map(Object::members) {
        if ["query", "queries", form.documents].contains(&member.name.as_ref()) {
            // They are read from the body that all providers share.
            call.drop_param(&format!("{}.{}", form.id, shown(&member.name)))?;
        } else if let Some(extras) = &extras {
            out.raw_member(&member.name, extras.value(member));
        }
    }
    out.end_object();
    let mut ask = Ask::json(out.outgoing());
    if form.path.is_some() {
        ask.path = form.path;
        ask.segments.push(("name", call.model.replace('.', "_")));
    }
    Ok(Sent::asked(ask, Answer::new(call, request)))
}

fn query(form: &Form, call: &Call<'_>, request: &Request<'_>, out: &mut Writer) -> Result<(), Error> {
    let query = Document::of(request.query);
    if form.query != Query::Any {
        if query.image().is_some() {
            return Err(call.unknown_form("query", "a query that is an image", "Send it as text"));
        }
        if !query.has_text() {
            return Err(call.unknown_form(
                "query",
                "a query without text",
                "Say what the documents are to fit",
            ));
        }
    }
    match form.query {
        Query::Any => out.raw_member("query", request.query),
        Query::Text => {
            out.name("query");
            query.write_text(out);
        }
        Query::Object => out.object_member("query", |out| {
            out.name("text");
            query.write_text(out);
        }),
        Query::Each => {
            Error::unless_fits("query", request.query.len(), request.documents.len())?;
            out.name("queries");
            out.begin_array();
            for _ in &request.documents {
                query.write_text(out);
            }
            out.end_array();
        }
    }
    Ok(())
}

/// Writes a document.
fn write(form: &Form, call: &Call<'_>, at: usize, document: &str, out: &mut Writer) -> Result<(), Error> {
    if form.items == Items::Any {
        out.raw(document);
        return Ok(());
    }
    let told = Document::of(document);
    let image = told.image();
    match image {
        Some(_) if form.items == Items::Texts => return Err(no_images(call, &place(at))),
        // "Optional image as a base64-encoded data URL"
        Some(image) if form.items == Items::Passages && !image.decoded().starts_with("data:") => {
            let instead = "Send it as a data: URL with base64";
            return Err(call.unknown_form(&place(at), "images by their addresses", instead));
        }
        _ => {}
    }
    if image.is_none() && !form.blank && !told.has_text() {
        return Err(call.unknown_form(&place(at), "documents without text", "Leave it out"));
    }
    match form.items {
        Items::Images if image.is_none() => told.write_text(out),
        Items::Images | Items::Passages => out.object(|out| {
            if image.is_none() || told.has_text() {
                out.name("text");
                told.write_text(out);
            }
            if let Some(image) = image {
                out.text_member("image", image);
            }
        }),
        Items::Texts | Items::Any => told.write_text(out),
    }
    Ok(())
}

/// What else the server takes.
fn others(
    form: &Form,
    call: &mut Call<'_>,
    request: &Request<'_>,
    extras: Option<&Object<'_>>,
    out: &mut Writer,
) -> Result<(), Error> {
    let said = |name: &str| extras.is_some_and(|extras| extras.member(name).is_some());
    match form.takes {
        Takes::These(names) => {
            let mut written: Option<&str> = None;
            for (name, own) in names {
                // Two of the client's names can be one of the vendor's.
                if let Some(value) = request.params.take(name)
                    && !said(own)
                    && written != Some(*own)
                {
                    out.raw_member(own, value);
                    written = Some(own);
                }
            }
        }
        Takes::All => {
            for (name, value) in request.params.rest() {
                if is_extra(name, value) {
                    call.drop_param(name)?;
                } else if !said(name) && kind(value) != Kind::Null {
                    out.raw_member(name, value);
                }
            }
        }
    }
    Ok(())
}
