//! The differences of a row, made in a form.
//!
//! They are the same as in JSON ([`super::quirks`]), as far as they speak of parameters by name: fields are parameters,
//! those of lists with brackets behind their name (`include[]`), those within objects with a name in them.

use crate::chat::says_nothing;
use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Change;
use crate::wire::multipart::{self, Form, Part};
use crate::wire::splice::Splices;

/// Orq's parameters of transcriptions, which are ElevenLabs' own.
const ORQ: [&str; 5] =
    ["enable_logging", "diarize", "tag_audio_events", "num_speakers", "timestamps_granularity"];

/// Notes the changes.
///
/// # Errors
/// 400 when a field is not taken and the configuration refuses such requests.
pub(super) fn apply(call: &mut Call<'_>, form: &Form<'_>, splices: &mut Splices) -> Result<(), Error> {
    let mut edited = Edited { form, splices, removed: Vec::new(), renamed: Vec::new() };
    let upstream = call.upstream;
    for param in ORQ {
        if !upstream.own_params.contains(&param) {
            edited.unsupported(call, param)?;
        }
    }
    for quirk in upstream.quirks(call.endpoint, call.model) {
        match quirk.change {
            Change::Unsupported(param) => edited.unsupported(call, param)?,
            Change::Rename { from, to } => edited.rename(call, from, to)?,
            Change::Clamp { param, min, max } => edited.clamp(call, param, min, max)?,
            Change::Only(known) => {
                for part in form.parts() {
                    let name = param_of(part);
                    let goes = known.contains(&name) || matches!(name, "model" | "file" | "image" | "mask");
                    if !goes && !call.is_orq(&part.name) && !edited.renamed.contains(&name) {
                        edited.unsupported(call, name)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A form while the differences are made in it.
struct Edited<'a, 'b> {
    form: &'a Form<'b>,
    splices: &'a mut Splices,
    removed: Vec<String>,
    renamed: Vec<&'static str>,
}

/// The parameter that a field is of.
fn param_of<'a>(part: &'a Part<'_>) -> &'a str {
    part.name.split('[').next().unwrap_or_default()
}

impl<'a, 'b> Edited<'a, 'b> {
    /// The fields of a parameter that are not taken out.
    fn fields(&self, param: &str) -> Vec<&'a Part<'b>> {
        let gone = self.removed.iter().any(|removed| removed == param);
        let fields = self.form.parts().iter().filter(|part| !gone && param_of(part) == param);
        fields.collect()
    }

    /// Takes a parameter out, and names it if it asks for something.
    fn unsupported(&mut self, call: &mut Call<'_>, param: &str) -> Result<(), Error> {
        let fields = self.fields(param);
        if fields.is_empty() {
            return Ok(());
        }
        let asks = |part: &&&Part<'_>| self.form.text(part).is_none_or(|text| !says_nothing(param, text));
        if fields.iter().any(|part| asks(&part)) {
            call.drop_param(param)?;
        }
        for part in fields {
            self.splices.remove(part.span.clone());
        }
        self.removed.push(param.to_owned());
        Ok(())
    }

    /// Gives a parameter the provider's name, brackets left as they are.
    fn rename(&mut self, call: &mut Call<'_>, from: &'static str, to: &str) -> Result<(), Error> {
        if !self.fields(to).is_empty() {
            return self.unsupported(call, from);
        }
        for part in self.fields(from) {
            let name = format!("{to}{}", part.name.strip_prefix(from).unwrap_or_default());
            let head =
                multipart::head(self.form.boundary(), &name, part.filename.as_deref(), part.content_type);
            self.splices.replace(part.span.start..part.content.start, head);
            self.renamed.push(from);
        }
        Ok(())
    }

    /// Moves a number into the provider's range, and names it if it was moved.
    fn clamp(&mut self, call: &mut Call<'_>, param: &str, min: f64, max: f64) -> Result<(), Error> {
        for part in self.fields(param) {
            let Some(value) = self.form.text(part).and_then(|text| text.parse::<f64>().ok()) else {
                continue;
            };
            if !(min..=max).contains(&value) {
                call.drop_param(param)?;
                self.splices.replace(part.content.clone(), value.max(min).min(max).to_string());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;
    use crate::provider::{Host, Provider, Quirk, Settings, Upstream, quirk};

    const EDITS: &[Endpoint] = &[Endpoint::ImageEdits];
    const QUIRKS: &[Quirk] = &[
        quirk(EDITS, Change::Rename { from: "tags", to: "labels" }),
        quirk(EDITS, Change::Rename { from: "mask", to: "overlay" }),
        quirk(EDITS, Change::Rename { from: "user", to: "seed" }),
        quirk(EDITS, Change::Clamp { param: "n", min: 1.0, max: 4.0 }),
        quirk(EDITS, Change::Unsupported("style")),
        quirk(EDITS, Change::Only(&["prompt", "labels", "n", "seed", "overlay"])),
    ];

    #[test]
    fn differences_are_made_in_a_form_as_in_json() {
        let row = Provider { host: Host::Public("toy.example"), quirks: QUIRKS, ..Provider::ROW };
        let upstream = Upstream::new("toy", &row, Settings::default()).unwrap();
        let mut body = String::new();
        for (name, value) in [
            ("prompt", "a cat"),
            ("tags[]", "one"),
            ("tags[]", "two"),
            ("mask\"; filename=\"m.png", "PNG"),
            ("user", "u"),
            ("seed", "7"),
            ("n", "10"),
            ("style", "vivid"),
            ("diarize", "false"),
            ("quality[x]", "high"),
        ] {
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str("--b--\r\n");
        let form = Form::parse(body.as_bytes(), "b").unwrap();
        let mut call = Call::new(Endpoint::ImageEdits, &upstream, "m");
        let mut splices = Splices::default();
        apply(&mut call, &form, &mut splices).unwrap();
        let out = splices.apply(body.clone().into_bytes());
        let form = Form::parse(&out, "b").unwrap();
        let parts: Vec<_> = form
            .parts()
            .iter()
            .map(|part| (part.name.as_ref(), part.filename.as_deref(), form.text(part).unwrap()))
            .collect();
        let expected = [
            ("prompt", None, "a cat"),
            ("labels[]", None, "one"),
            ("labels[]", None, "two"),
            ("overlay", Some("m.png"), "PNG"),
            ("seed", None, "7"),
            ("n", None, "4"),
        ];
        assert_eq!(parts, expected);
        assert_eq!(call.dropped, ["user", "n", "style", "quality"]);
    }
}
