//! `multipart/form-data` (RFC 7578), read as spans: the parts' bytes stay where they are.

use super::outgoing::{Outgoing, Piece};
use core::ops::Range;
use memchr::memmem::Finder;
use std::borrow::Cow;

/// The most parts of a form that are read. OpenAI's largest form (16 images and their parameters)
/// has less than 40.
const MAX_PARTS: usize = 1000;
/// The most bytes of a part's headers.
const MAX_HEADERS: usize = 16 << 10;

/// Why a body is not a form that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No delimiter stands in it.
    NoDelimiter,
    /// It ends before its closing delimiter.
    Truncated,
    /// A part's headers have no `content-disposition: form-data` with a `name`, or no end.
    Headers,
    /// More than 1000 parts.
    TooMany,
}

impl Fault {
    /// What is wrong, as the end of a sentence.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::NoDelimiter => "its boundary does not stand in the body",
            Self::Truncated => "it ends before its closing boundary",
            Self::Headers => "a part has no `content-disposition: form-data` with a `name`",
            Self::TooMany => "it has more than 1000 parts",
        }
    }
}

/// A form.
#[derive(Debug)]
pub struct Form<'a> {
    bytes: &'a [u8],
    boundary: &'a str,
    parts: Vec<Part<'a>>,
}

/// One part of a form.
#[derive(Debug)]
pub struct Part<'a> {
    /// The name of its field.
    pub name: Cow<'a, str>,
    /// All of it, from its delimiter to the next one.
    pub span: Range<usize>,
    /// Its content.
    pub content: Range<usize>,
    /// The name of its file, if it is one.
    pub filename: Option<Cow<'a, str>>,
    /// Its `content-type`, as it stands.
    pub content_type: Option<&'a str>,
}

impl<'a> Form<'a> {
    /// Reads a form.
    ///
    /// # Errors
    /// The first [`Fault`] of the body.
    pub fn parse(bytes: &'a [u8], boundary: &'a str) -> Result<Self, Fault> {
        let delimiter = format!("\r\n--{boundary}");
        let finder = Finder::new(&delimiter);
        // The first delimiter has no line end before it when nothing stands in front.
        let head = delimiter.as_bytes().get(2..).unwrap_or_default();
        let mut at = match bytes.strip_prefix(head).and_then(Delimiter::read) {
            Some(delimiter) => Some(delimiter.after(0, head.len())),
            // Readers differ on what may stand in front, so nothing but a line end may.
            None if bytes.starts_with(delimiter.as_bytes()) => find(bytes, 0, &finder),
            None => None,
        }
        .ok_or(Fault::NoDelimiter)?;
        let mut parts = Vec::new();
        while !at.last {
            let next = find(bytes, at.end.saturating_sub(2), &finder).ok_or(Fault::Truncated)?;
            let content_end = next.start.saturating_sub(2);
            let within = bytes.get(at.end..content_end).ok_or(Fault::Headers)?;
            let Head { name, filename, content_type, length } = read_headers(within).ok_or(Fault::Headers)?;
            if parts.len() == MAX_PARTS {
                return Err(Fault::TooMany);
            }
            parts.push(Part {
                name,
                span: at.start..next.start,
                content: at.end.saturating_add(length)..content_end,
                filename,
                content_type,
            });
            at = next;
        }
        Ok(Self { bytes, boundary, parts })
    }

    /// The parts, in their order.
    #[must_use]
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// What stands between its parts.
    #[must_use]
    pub fn boundary(&self) -> &'a str {
        self.boundary
    }

    /// The content of a part.
    #[must_use]
    pub fn content(&self, part: &Part<'_>) -> &'a [u8] {
        self.bytes.get(part.content.clone()).unwrap_or_default()
    }

    /// The content of a part that is a text; `None` when it is not UTF-8.
    #[must_use]
    pub fn text(&self, part: &Part<'_>) -> Option<&'a str> {
        core::str::from_utf8(self.content(part)).ok()
    }
}

/// A form that is written in the place of the client's: texts, and files that stand in the client's body.
///
/// It has the client's boundary, which is known not to stand in the client's files.
#[derive(Debug)]
pub struct FormWriter<'a> {
    boundary: &'a str,
    body: Outgoing,
    /// What was written since the last file.
    text: Vec<u8>,
}

impl<'a> FormWriter<'a> {
    /// A form without parts. The boundary is the client's.
    #[must_use]
    pub fn new(boundary: &'a str) -> Self {
        Self { boundary, body: Outgoing::default(), text: Vec::new() }
    }

    /// A field. `false`, and nothing is written, when a delimiter stands in its text.
    #[must_use]
    pub fn field(&mut self, name: &str, value: &str) -> bool {
        let delimiter = format!("\n--{}", self.boundary);
        if value.starts_with(delimiter.trim_start()) || value.contains(&delimiter) {
            return false;
        }
        self.head(name, None, None);
        self.text.extend_from_slice(value.as_bytes());
        self.text.extend_from_slice(b"\r\n");
        true
    }

    /// A file: a range of the client's body.
    pub fn file(
        &mut self,
        name: &str,
        filename: Option<&str>,
        content_type: Option<&str>,
        content: Range<usize>,
    ) {
        self.head(name, filename, content_type);
        self.body.push(Piece::Own(core::mem::take(&mut self.text)));
        self.body.push(Piece::Client(content));
        self.text.extend_from_slice(b"\r\n");
    }

    /// The form.
    #[must_use]
    pub fn finish(mut self) -> Outgoing {
        self.text.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        self.body.push(Piece::Own(self.text));
        self.body
    }

    fn head(&mut self, name: &str, filename: Option<&str>, content_type: Option<&str>) {
        let head = head(self.boundary, name, filename, content_type);
        self.text.extend_from_slice(head.as_bytes());
    }
}

/// The delimiter and the headers of a part.
#[must_use]
pub fn head(boundary: &str, name: &str, filename: Option<&str>, content_type: Option<&str>) -> String {
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", safe(name));
    if let Some(filename) = filename {
        head.push_str("; filename=\"");
        head.push_str(&safe(filename));
        head.push('"');
    }
    if let Some(content_type) = content_type {
        head.push_str("\r\nContent-Type: ");
        head.extend(content_type.chars().filter(|c| !c.is_control()));
    }
    head.push_str("\r\n\r\n");
    head
}

/// A text in a header of a part, as browsers write it (HTML, "multipart/form-data encoding algorithm"): neither a
/// quote nor a line end can stand in it. A backslash is doubled: for some readers it is an escape, and before the last
/// quote it would take what follows into the text.
fn safe(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// The boundary that a `content-type` names, of the characters that RFC 2046 allows.
#[must_use]
pub fn boundary(content_type: &str) -> Option<Cow<'_, str>> {
    let parameters = content_type.split_once(';')?.1;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let (boundary, _) = parameter(parameters, "boundary")?;
    ((1..=200).contains(&boundary.len()) && boundary.bytes().all(fits)).then_some(boundary)
}

/// The `content-type` of a form with this boundary. It goes to the provider in the place of the
/// client's: readers differ on a second boundary, and so on which form they read.
#[must_use]
pub fn content_type(boundary: &str) -> String {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"'+_-.".contains(&byte);
    let quote = if boundary.bytes().all(token) { "" } else { "\"" };
    format!("multipart/form-data; boundary={quote}{boundary}{quote}")
}

/// A place where a delimiter stands.
struct At {
    /// Of its two hyphens.
    start: usize,
    /// Behind its line end.
    end: usize,
    /// Whether it closes the form.
    last: bool,
}

/// What follows the boundary itself on a delimiter's line.
struct Delimiter {
    length: usize,
    last: bool,
}

impl Delimiter {
    fn read(rest: &[u8]) -> Option<Self> {
        if let Some(behind) = rest.strip_prefix(b"--")
            && (behind.starts_with(b"\r\n") || behind.trim_ascii_start().is_empty())
        {
            return Some(Self { length: 2, last: true });
        }
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_end = rest.get(padding..)?.starts_with(b"\r\n");
        line_end.then_some(Self { length: padding.saturating_add(2), last: false })
    }

    fn after(self, start: usize, boundary: usize) -> At {
        let end = start.saturating_add(boundary).saturating_add(self.length);
        At { start, end, last: self.last }
    }
}

/// The next delimiter whose line end stands at `from` or later.
fn find(bytes: &[u8], mut from: usize, finder: &Finder<'_>) -> Option<At> {
    loop {
        let line_end = from.saturating_add(finder.find(bytes.get(from..)?)?);
        let rest = bytes.get(line_end.saturating_add(finder.needle().len())..)?;
        match Delimiter::read(rest) {
            Some(delimiter) => {
                return Some(
                    delimiter.after(line_end.saturating_add(2), finder.needle().len().saturating_sub(2)),
                );
            }
            // Something behind the mark of the end: readers differ on whether it is one.
            None if rest.starts_with(b"--") => return None,
            // A longer text that starts like the boundary.
            None => from = line_end.saturating_add(1),
        }
    }
}

/// What the headers of a part say.
struct Head<'a> {
    name: Cow<'a, str>,
    filename: Option<Cow<'a, str>>,
    content_type: Option<&'a str>,
    /// Their bytes, with the empty line behind them.
    length: usize,
}

fn read_headers(part: &[u8]) -> Option<Head<'_>> {
    let near = part.get(..MAX_HEADERS.min(part.len()))?;
    let length = memchr::memmem::find(near, b"\r\n\r\n")?;
    let headers = core::str::from_utf8(part.get(..length)?).ok()?;
    let named = |wanted: &'static str| {
        headers.split("\r\n").filter_map(move |line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let mut dispositions = named("content-disposition");
    if headers.split("\r\n").any(|line| line.contains(['\r', '\n'])) {
        return None;
    }
    let (kind, parameters) = dispositions.next()?.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") || dispositions.next().is_some() {
        return None;
    }
    // Readers differ on which of two names counts, so neither does.
    let (name, rest) = parameter(parameters, "name")?;
    if parameter(rest, "name").is_some() || parameter(parameters, "name*").is_some() {
        return None;
    }
    let filename = parameter(parameters, "filename").map(|(filename, _)| filename);
    let content_type = named("content-type").next().map(str::trim);
    Some(Head { name, filename, content_type, length: length.saturating_add(4) })
}

/// The value of a parameter in `a=b; c="d"`, and what stands behind it.
fn parameter<'a>(mut rest: &'a str, wanted: &str) -> Option<(Cow<'a, str>, &'a str)> {
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_start_matches([';', ' ', '\t']).trim_end();
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.char_indices().find(|(_, c)| {
                    let found = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    found
                });
                let (end, _) = end?;
                let (inner, next) = quoted.split_at_checked(end)?;
                (unescaped(inner), next.strip_prefix('"')?)
            }
            None => {
                let (value, next) = after.split_once(';').unwrap_or((after, ""));
                (Cow::Borrowed(value.trim_end()), next)
            }
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some((value, next));
        }
        rest = next;
    }
}

/// A quoted string without its backslashes.
fn unescaped(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Fields = Vec<(String, Vec<u8>)>;

    fn written(fields: &Fields, preamble: &str) -> Vec<u8> {
        let mut body = preamble.as_bytes().to_vec();
        for (name, content) in fields {
            body.extend(format!("--xYz\r\nContent-Disposition: form-data; filename=\"a;name=q\\\"\"; name=\"{name}\"\r\nContent-Type: a/b\r\n\r\n").bytes());
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--xYz--\r\n");
        body
    }

    fn read(body: &[u8]) -> Result<Fields, Fault> {
        let form = Form::parse(body, "xYz")?;
        Ok(form.parts().iter().map(|part| (part.name.to_string(), form.content(part).to_vec())).collect())
    }

    /// Contents that hold things that look like delimiters.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(
            prop_oneof![
                Just("\r\n"),
                Just("--xYz"),
                Just("-"),
                Just("\r\n--xY"),
                Just("\r\n--xYzz"),
                Just("\n"),
                Just("\u{e9}")
            ],
            0..5,
        )
        .prop_map(|parts| parts.concat().into_bytes())
        .prop_filter("no content holds a delimiter", |bytes| {
            let framed = [b"\r\n", bytes.as_slice(), b"\r\n"].concat();
            memchr::memmem::find_iter(&framed, "\r\n--xYz").all(|at| framed.get(at + 7) == Some(&b'z'))
        })
    }

    proptest! {
        #[test]
        fn a_form_is_read_as_it_was_written(
            fields in proptest::collection::vec(("[a-z\\[\\]]{1,6}", content()), 0..5),
            preamble in prop_oneof![Just(""), Just("\r\n")],
        ) {
            prop_assert_eq!(read(&written(&fields, preamble)), Ok(fields));
        }

        #[test]
        fn a_form_that_is_written_anew_has_the_same_parts(
            fields in proptest::collection::vec(("[a-z\\[\\]]{1,6}", content(), any::<bool>()), 0..5),
            filename in "[ -~\r\n]{0,8}",
        ) {
            let plain: Fields = fields.iter().map(|(name, content, _)| (name.clone(), content.clone())).collect();
            let client = written(&plain, "");
            let form = Form::parse(&client, "xYz").unwrap();
            let mut writer = FormWriter::new("xYz");
            for (part, (name, content, file)) in form.parts().iter().zip(&fields) {
                let text = core::str::from_utf8(content).unwrap();
                if *file || !writer.field(name, text) {
                    writer.file(name, Some(&filename), part.content_type, part.content.clone());
                }
            }
            let anew = writer.finish().bytes(&client);
            prop_assert_eq!(read(&anew), Ok(plain));
            let expected = filename.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
            for part in Form::parse(&anew, "xYz").unwrap().parts() {
                let filename = part.filename.as_deref();
                prop_assert!(filename.is_none_or(|filename| filename == expected), "{filename:?}");
            }
            let files = fields.iter().filter(|(_, _, file)| *file).count();
            let read = Form::parse(&anew, "xYz").unwrap();
            prop_assert!(read.parts().iter().filter(|part| part.filename.is_some()).count() >= files);
        }

        #[test]
        fn a_form_cut_anywhere_is_refused(fields in proptest::collection::vec(("[a-z]{1,6}", content()), 1..4)) {
            let body = written(&fields, "");
            // The last line end is no part of the closing delimiter.
            for cut in 0..body.len() - 2 {
                prop_assert!(read(&body[..cut]).is_err(), "cut at {}", cut);
            }
        }

        #[test]
        fn arbitrary_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
            let _ = Form::parse(&bytes, "a");
            let _ = boundary(&text);
            let _ = read_headers(text.as_bytes());
        }
    }

    #[test]
    fn a_boundary_is_found_in_all_its_spellings() {
        assert_eq!(boundary("multipart/form-data; boundary=abc").as_deref(), Some("abc"));
        assert_eq!(boundary("multipart/form-data; charset=utf-8; Boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/form-data; boundary=abc; x=y").as_deref(), Some("abc"));
        assert_eq!(content_type("a-b"), "multipart/form-data; boundary=a-b");
        assert_eq!(content_type("a b"), "multipart/form-data; boundary=\"a b\"");
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
    }

    #[test]
    fn what_readers_differ_on_is_refused() {
        let part = |head: &str| format!("--xYz\r\n{head}\r\n\r\nx\r\n--xYz--\r\n");
        assert!(read(part("Content-Disposition: form-data; name=\"a\"").as_bytes()).is_ok());
        for head in [
            "Content-Disposition: form-data; name=\"a\"; name=\"model\"",
            "Content-Disposition: form-data; name=\"a\"; name*=UTF-8''model",
            "X: y\nContent-Disposition: form-data; name=\"model\"\r\nContent-Disposition: form-data; name=\"a\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
        ] {
            assert_eq!(read(part(head).as_bytes()), Err(Fault::Headers), "{head}");
        }
        let preamble = "--xYz\nContent-Disposition: form-data; name=\"model\"\n\nx\r\n";
        let body = preamble.to_owned() + &part("Content-Disposition: form-data; name=\"a\"");
        assert_eq!(read(body.as_bytes()), Err(Fault::NoDelimiter));
        let more = part("Content-Disposition: form-data; name=\"a\"").replace("--xYz--", "--xYz--foo");
        assert_eq!(read(more.as_bytes()), Err(Fault::Truncated));
    }

    #[test]
    fn a_file_says_its_name_and_its_type() {
        let body = b"--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\nx\r\n--xYz--";
        let form = Form::parse(body, "xYz").unwrap();
        let part = &form.parts()[0];
        assert_eq!(part.filename.as_deref(), Some("a b.mp3"));
        assert_eq!(part.content_type, Some("audio/mpeg"));
        assert_eq!(form.text(part), Some("x"));
    }

    #[test]
    fn a_type_of_a_file_keeps_its_parameters_and_ends_with_its_line() {
        let head = head("xYz", "file", None, Some("audio/webm;codecs=\"opus\"\r\nX: y"));
        let expected = "Content-Disposition: form-data; name=\"file\"\r\nContent-Type: audio/webm;codecs=\"opus\"X: y\r\n\r\n";
        assert_eq!(head.split_once("\r\n").unwrap().1, expected);
    }

    #[test]
    fn a_part_without_a_name_is_refused() {
        let body = b"--xYz\r\nContent-Type: a/b\r\n\r\nx\r\n--xYz--";
        assert_eq!(read(body), Err(Fault::Headers));
        assert_eq!(read(b"nothing"), Err(Fault::NoDelimiter));
    }
}
