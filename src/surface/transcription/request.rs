//! A client's form, read.

use super::{Asked, Format, Task, audio};
use crate::chat::Params;
use crate::chat::{missing, wrong_value};
use crate::dialect::Call;
use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::wire::multipart::Form;
use core::ops::Range;
use std::borrow::Cow;

/// What is asked for: the file, the form of the answer, and what a dialect takes.
#[derive(Debug)]
pub struct Request<'a> {
    /// The recording.
    pub file: File<'a>,
    /// What the client wants to hear.
    pub asked: Asked,
    /// What else it says.
    pub params: Params<'a>,
    /// Orq's `timestamps_granularity`: `none`, `word` or `character`.
    pub granularity: Option<&'a str>,
    /// The client's boundary.
    pub boundary: &'a str,
}

/// Which words and phrases a provider listens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How many.
    pub most: usize,
    /// The most characters of one.
    pub chars: usize,
    /// The most words of one.
    pub words: usize,
    /// Characters that cannot stand in one. A space among them: the words of a phrase have underscores between them.
    pub refused: &'static str,
}

impl Terms {
    fn fit(&self, term: &str) -> bool {
        let words = term.split_whitespace().count();
        (1..=self.words).contains(&words)
            && term.chars().count() <= self.chars
            && !term.contains(|c: char| c.is_control() || (c != ' ' && self.refused.contains(c)))
            // A sentence is none.
            && !term.ends_with(['.', '?', '!'])
    }
}

/// A recording: a range of the client's body.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// Its bytes.
    pub content: Range<usize>,
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Its media type, as far as it is known.
    pub media_type: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Reads a form.
    ///
    /// # Errors
    /// 400 for what is missing, stands there twice, or is no value of OpenAI's.
    pub fn read(call: &mut Call<'_>, form: &'a Form<'a>) -> Result<Self, Error> {
        let file = file(form)?;
        let params = Params::of_form(form, |name| matches!(name, "file" | "model") || call.is_orq(name))?;
        let task = match call.endpoint {
            Endpoint::Translations => Task::Translate,
            _ => Task::Transcribe,
        };
        let format = format(&params, task)?;
        let (mut words, mut segments) = (false, false);
        for value in params.list("timestamp_granularities") {
            let value = value.decoded();
            match value.as_ref() {
                "word" => words = true,
                "segment" => segments = true,
                _ => {
                    let hint = " Supported values are: 'word' and 'segment'.";
                    return Err(wrong_value("timestamp_granularities", &value, hint));
                }
            }
        }
        if (words || segments) && format != Format::VerboseJson {
            // "`response_format` must be set `verbose_json` to use timestamp granularities."
            call.drop_param("timestamp_granularities")?;
        }
        let granularity = form.parts().iter().find(|part| part.name == "timestamps_granularity");
        let granularity = granularity.and_then(|part| form.text(part)).filter(|text| !text.is_empty());
        // Who does not take it leaves it out by name, but for what is as it asks: OpenAI's answers have times of words,
        // or none, and never those of characters.
        if granularity == Some(if format == Format::VerboseJson { "word" } else { "none" }) {
            let _ = params.take("timestamps_granularity");
        }
        match granularity {
            None | Some("character") => {}
            // Where no times are asked for, that they are there says nothing.
            Some("word") => words = true,
            Some("none") if format.has_times() => {
                let message = format!(
                    "Invalid 'timestamps_granularity': response_format '{}' is made of times. Leave it out, or \
                     choose json or text.",
                    format.as_str()
                );
                return Err(Error::invalid(message).param("timestamps_granularity").code("invalid_value"));
            }
            Some("none") => {}
            Some(other) => {
                let hint = " Supported values are: 'none', 'word' and 'character'.";
                return Err(wrong_value("timestamps_granularity", other, hint));
            }
        }
        let streams = params.boolean("stream")? == Some(true);
        let language = form.parts().iter().find(|part| part.name == "language");
        let language = language.and_then(|part| form.text(part)).filter(|language| !language.is_empty());
        let asked = Asked {
            task,
            format,
            words,
            segments: segments || !words,
            streams,
            diarizes: false,
            language: language.map(str::to_owned),
        };
        if streams && !asked.is_stream() {
            call.drop_param("stream")?;
        }
        Ok(Self { file, asked, params, granularity, boundary: form.boundary() })
    }

    /// Orq's `num_speakers`: the most that may speak.
    ///
    /// # Errors
    /// 400 when it is not from 1 to 32.
    pub fn speakers(&self) -> Result<Option<u64>, Error> {
        let count = self.params.integer("num_speakers")?;
        match count {
            None | Some(1..=32) => Ok(count),
            Some(count) => Err(wrong_value("num_speakers", &count.to_string(), " It must be from 1 to 32.")),
        }
    }

    /// Words and phrases that the provider is to listen for: OpenAI's `keywords`.
    ///
    /// # Errors
    /// 400 when one of them is none that the provider takes and such requests are refused.
    pub fn keywords(&self, call: &mut Call<'_>, terms: &Terms) -> Result<Vec<String>, Error> {
        let mut list: Vec<String> = Vec::new();
        for term in self.params.list("keywords") {
            let term = term.decoded();
            if !terms.fit(&term) || list.len() >= terms.most {
                call.drop_param("keywords")?;
            } else if !list.iter().any(|known| *known == term) {
                list.push(term.into_owned());
            }
        }
        Ok(list)
    }

    /// The same, and those of the `prompt`: Whisper's prompts are often lists of names, with commas between them. A
    /// prompt that is no such list is left out by name.
    ///
    /// # Errors
    /// As [`keywords`](Self::keywords).
    pub fn terms(&self, call: &mut Call<'_>, terms: &Terms) -> Result<Vec<String>, Error> {
        let mut list = self.keywords(call, terms)?;
        let Some(prompt) = self.params.take("prompt") else { return Ok(list) };
        let of_prompt: Vec<&str> =
            prompt.split([',', ';', '\n']).map(str::trim).filter(|term| !term.is_empty()).collect();
        let room = terms.most.saturating_sub(list.len());
        if of_prompt.len() > room || !of_prompt.iter().all(|term| terms.fit(term)) {
            call.drop_param("prompt")?;
            return Ok(list);
        }
        for term in of_prompt {
            if !list.iter().any(|known| *known == term) {
                list.push(term.to_owned());
            }
        }
        Ok(list)
    }

    /// What the client says to this provider alone, under its id or under that of its language, as
    /// `deepgram[numerals]`: names and values of the provider's own.
    ///
    /// # Errors
    /// 400 when one cannot be such a name, or names the model: what the client's key was checked for is the form's.
    pub fn extras(&self, call: &Call<'_>, dialect: &str) -> Result<Vec<(String, &'a str)>, Error> {
        let mut extras = Vec::new();
        for (name, value) in self.params.members_of(&[&call.upstream.id, dialect]) {
            let inner = name.split_once('[').map_or("", |(_, inner)| inner);
            let (inner, more) = inner.split_once(']').unwrap_or((inner, "?"));
            let is_name =
                !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let is_model = inner.len() >= 5 && inner.to_ascii_lowercase().starts_with("model");
            if !is_name || is_model || !matches!(more, "" | "[]") {
                let name = shown(name);
                return Err(
                    Error::invalid(format!("Invalid parameter: '{name}' cannot be set here.")).param(name)
                );
            }
            extras.push((inner.to_owned(), value));
        }
        Ok(extras)
    }

    /// Refuses forms of the answer that have times: this provider has none.
    ///
    /// # Errors
    /// 400 that names `response_format`.
    pub fn without_times(&self, call: &Call<'_>) -> Result<(), Error> {
        if !self.asked.format.has_times() {
            return Ok(());
        }
        Err(no_format(call, self.asked.format, "has no times", "json or text"))
    }

    /// Refuses the form of the answer that has speakers: this provider does not tell them apart.
    ///
    /// # Errors
    /// 400 that names `response_format`.
    pub fn without_speakers(&self, call: &Call<'_>) -> Result<(), Error> {
        if self.asked.format != Format::DiarizedJson {
            return Ok(());
        }
        let others = "json, text, srt, verbose_json or vtt";
        Err(no_format(call, self.asked.format, "does not tell speakers apart", others))
    }
}

/// 400: the form of the answer cannot be made of this provider's.
fn no_format(call: &Call<'_>, format: Format, why: &str, others: &str) -> Error {
    Error::invalid(format!(
        "Invalid 'response_format': the provider {} {why}, which {} needs. Use {others}.",
        call.upstream.id,
        format.as_str()
    ))
    .param("response_format")
    .code("unsupported_value")
}

/// `response_format`
///
/// # Errors
/// 400 when it is none of OpenAI's.
fn format(params: &Params<'_>, task: Task) -> Result<Format, Error> {
    let Some(word) = params.take("response_format") else { return Ok(Format::default()) };
    let known =
        Format::ALL.iter().filter(|(format, _)| task == Task::Transcribe || *format != Format::DiarizedJson);
    let found = known.clone().find(|(_, known)| *known == word);
    found.map(|(format, _)| *format).ok_or_else(|| {
        let words: Vec<&str> = known.map(|(_, word)| *word).collect();
        wrong_value("response_format", word, &format!(" Supported values are: '{}'.", words.join("', '")))
    })
}

/// The recording of a form.
///
/// # Errors
/// 400 when it is missing, empty, there twice, or plainly no recording.
pub fn file<'a>(form: &Form<'a>) -> Result<File<'a>, Error> {
    let mut files = form.parts().iter().filter(|part| part.name == "file");
    let part = files.next().ok_or_else(|| missing("file"))?;
    if files.next().is_some() {
        let message = "Duplicate parameter: 'file' stands more than once in the form. Send one file.";
        return Err(Error::invalid(message).param("file").code("duplicate_parameter"));
    }
    if part.filename.is_none() {
        let message = "Invalid 'file': it is a text. Send the recording as a file, with its name.";
        return Err(Error::invalid(message).param("file").code("invalid_type"));
    }
    let content = form.content(part);
    if content.is_empty() {
        let message = "Invalid 'file': it is empty. Send the bytes of a recording.";
        return Err(Error::invalid(message).param("file").code("invalid_value"));
    }
    let filename = part.filename.as_deref();
    if audio::is_none(part.content_type, filename, content) {
        let message = format!("Invalid file format. Supported formats: {}", audio::FORMATS);
        return Err(Error::invalid(message).param("file"));
    }
    let media_type = audio::media_type(part.content_type, filename, content);
    Ok(File { content: part.content.clone(), name: part.filename.clone(), media_type })
}
