//! As much HTTP/1.1 as both ends of the benchmark need: one message at a time, framed by
//! `content-length` or chunks, its payload counted and dropped.

/// What a finished head says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status of an answer, 0 in a request.
    pub status: u16,
    /// The `x-bench-stream` header: which connection of the load generator asks.
    pub stream: Option<usize>,
    /// The peer ends the connection after this message.
    pub close: bool,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Length(usize),
    /// A chunk-size line; the size read so far, and whether its digits are over.
    Size(usize, bool),
    Data(usize),
    /// Skipping the line end after a chunk's data.
    DataEnd,
    /// A trailer line; whether anything stood on it.
    Trailer(bool),
    Done,
}

/// One message being read.
#[derive(Debug)]
pub struct Message {
    text: Vec<u8>,
    head: Option<Head>,
    body: Body,
}

impl Message {
    /// A message of which nothing has come.
    pub fn new() -> Self {
        Self { text: Vec::with_capacity(2048), head: None, body: Body::Done }
    }

    /// Forgets the message, keeps its memory.
    pub fn reset(&mut self) {
        self.text.clear();
        self.head = None;
        self.body = Body::Done;
    }

    /// The head, once it is whole.
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// The head's text as far as it came.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Nothing of it has come yet.
    pub fn untouched(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the next bytes, hands payload on; true when the message is whole.
    pub fn feed(&mut self, mut input: &[u8], mut payload: impl FnMut(&[u8])) -> Result<bool, String> {
        if self.head.is_none() {
            let from = self.text.len().saturating_sub(3);
            self.text.extend_from_slice(input);
            let Some(at) = find(&self.text[from..], b"\r\n\r\n") else { return Ok(false) };
            let rest = self.text.len() - (from + at + 4);
            self.text.truncate(from + at + 4);
            input = &input[input.len() - rest..];
            let (head, body) = read_head(&self.text)?;
            self.head = Some(head);
            self.body = body;
        }
        while !input.is_empty() {
            match &mut self.body {
                Body::Done => return Err("more bytes than the message has".to_owned()),
                Body::Length(left) | Body::Data(left) => {
                    let (now, rest) = input.split_at(input.len().min(*left));
                    payload(now);
                    input = rest;
                    *left -= now.len();
                    if *left == 0 {
                        let length = matches!(self.body, Body::Length(_));
                        self.body = if length { Body::Done } else { Body::DataEnd };
                    }
                }
                line => {
                    let byte = input[0];
                    input = &input[1..];
                    *line = after(*line, byte)?;
                }
            }
        }
        Ok(matches!(self.body, Body::Done))
    }
}

/// The state after one byte of a chunked body's framing.
fn after(state: Body, byte: u8) -> Result<Body, String> {
    Ok(match (state, byte) {
        (Body::Size(0, _), b'\n') => Body::Trailer(false),
        (Body::Size(size, _), b'\n') => Body::Data(size),
        (Body::Size(size, over), _) => match (byte as char).to_digit(16) {
            Some(digit) if !over => Body::Size(size * 16 + digit as usize, false),
            None if byte == b'\r' || byte == b';' || over => Body::Size(size, true),
            _ => return Err(format!("a broken chunk size (byte {byte:#x})")),
        },
        (Body::DataEnd, b'\n') => Body::Size(0, false),
        (Body::Trailer(false), b'\n') => Body::Done,
        (Body::Trailer(_), b'\n') => Body::Trailer(false),
        (Body::Trailer(some), _) => Body::Trailer(some || byte != b'\r'),
        (other, _) => other,
    })
}

fn read_head(text: &[u8]) -> Result<(Head, Body), String> {
    let text = std::str::from_utf8(text).map_err(|_| "a head that is not UTF-8".to_owned())?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let mut head = Head::default();
    if let Some(status) = first.strip_prefix("HTTP/1.1 ") {
        head.status = status
            .get(..3)
            .and_then(|s| s.parse().ok())
            .ok_or_else(|| format!("a broken status line: {first}"))?;
    }
    let mut body = Body::Done;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        // The lengths differ: most lines cost one comparison of numbers.
        match name.len() {
            14 if name.eq_ignore_ascii_case("content-length") => {
                let length = value.parse().map_err(|_| format!("a broken content-length: {value}"))?;
                body = if length == 0 { Body::Done } else { Body::Length(length) };
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => body = Body::Size(0, false),
            14 if name.eq_ignore_ascii_case("x-bench-stream") => head.stream = value.parse().ok(),
            10 if name.eq_ignore_ascii_case("connection") => head.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok((head, body))
}

/// The first place of `needle` in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}
