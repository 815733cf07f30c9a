use super::*;
use crate::chat::{Answer, FinishReason, Ids};
use crate::dialect::Translate;
use crate::surface::chat::Chunks;
use crate::surface::{Form, Wanted};
use crate::wire::json::Object;
use crate::wire::write::Text;
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

/// A language of a word an event: `stop` and `end` end it, `bad` cannot be read, `error` is one.
#[derive(Debug)]
struct Toy;

impl Translate for Toy {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, _: &Object<'_>, _: &mut dyn Answer) -> Result<(), Error> {
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        match (event.name, event.data) {
            (Some("new"), _) => return Ok(Flow::Unknown),
            (_, "stop") => out.finish(0, FinishReason::Stop),
            (_, "end") => return Ok(Flow::Last),
            (_, "bad") => return Err(Error::unreadable("toy")),
            (_, "error") => return Err(Error::new(429, "too fast, sk-secret-key")),
            (_, word) => out.text(0, Text::Plain(word)),
        }
        Ok(Flow::More)
    }
}

/// The same language in frames.
#[derive(Debug)]
struct Binary;

impl Translate for Binary {
    fn framing(&self) -> Framing {
        Framing::EventStream
    }

    fn whole(&mut self, _: &Object<'_>, _: &mut dyn Answer) -> Result<(), Error> {
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        if event.exception {
            return Err(Error::new(500, format!("{} {}", event.name.unwrap_or("?"), event.data)));
        }
        Toy.event(event, out)
    }

    fn may_end(&self) -> bool {
        true
    }
}

fn run<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    drive(Box::new(Toy), 64, pieces)
}

fn drive<'a>(
    translate: Box<dyn Translate>,
    limit: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> String {
    let wanted = Wanted {
        streams: true,
        usage: false,
        model: "m".to_owned(),
        ids: Ids::new("r", 0),
        form: Default::default(),
    };
    let surface = Box::new(Chunks::new(wanted, "toy"));
    let limits = Limits { event_bytes: limit, body_bytes: 4 * limit };
    let mut driver = Driver::new(
        Source::Chat(translate, surface),
        "toy".to_owned(),
        Some("sk-secret-key".to_owned()),
        limits,
    );
    let mut out: Vec<u8> = pieces.into_iter().flat_map(|piece| driver.piece(piece)).collect();
    out.extend(driver.end());
    String::from_utf8(out).unwrap()
}

/// What a client hears: the texts, and how it ended.
fn heard(stream: &str) -> (String, String) {
    let mut text = String::new();
    let mut end = String::new();
    for event in stream.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()) {
        assert!(!end.contains("[DONE]") && !end.contains("error"), "nothing follows the end");
        let Ok(chunk) = serde_json::from_str::<serde_json::Value>(event) else {
            end.push_str(event);
            continue;
        };
        text.push_str(chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
        for part in [&chunk["choices"][0]["finish_reason"], &chunk["error"]["message"]] {
            if let Some(part) = part.as_str() {
                end.push_str(if chunk["error"].is_null() { "" } else { "error: " });
                end.push_str(part);
                end.push(' ');
            }
        }
    }
    (text, end)
}

#[test]
fn every_kind_of_event_and_of_end_is_told_as_the_table_says_wherever_it_is_cut() {
    let truncated =
        "error: The provider's stream ended before its last chunk: the answer is not whole. Ask again. ";
    let unreadable = "error: The provider toy answered with what cannot be read. Ask again. ";
    let large = "x".repeat(80);
    let over = "error: The provider toy sent an event larger than 64 bytes, which the proxy does not hold: raise \
                `limits.event_bytes` in its configuration. ";
    for (stream, text, end) in [
        ("data: a\n\ndata: b\n\ndata: stop\n\ndata: end\n\ndata: c\n\n", "ab", "stop [DONE]"),
        (
            ": ping\r\n\r\nevent: new\r\ndata: b\r\n\r\ndata: é\r\n\r\ndata: stop\r\n\r\ndata:end\r\n\r\n",
            "é",
            "stop [DONE]",
        ),
        ("data: a\n\ndata: [DONE]\n\ndata: stop\n\ndata: end", "a", "stop [DONE]"),
        ("data: a\n\ndata: stop\n\n", "a", truncated),
        ("data: a\n\ndata: {\"half\":", "a", truncated),
        ("data: a\n\nevent: en", "a", truncated),
        ("data: a\n\ndata: end\n\n", "a", truncated),
        ("", "", truncated),
        ("data: a\n\ndata: bad\n\ndata: b\n\ndata: end\n\n", "a", unreadable),
        ("data: a\n\ndata: error\n\ndata: end\n\n", "a", "error: too fast, *** "),
        (&format!("data: a\n\ndata: {large}"), "a", over),
    ] {
        let whole = run([stream.as_bytes()]);
        assert_eq!(heard(&whole), (text.to_owned(), end.to_owned()), "{stream:?}");
        for cut in 0..stream.len() {
            let pieces = [&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]];
            assert_eq!(run(pieces), whole, "{stream:?} cut at {cut}");
        }
        for size in [1, 2, 3] {
            assert_eq!(run(stream.as_bytes().chunks(size)), whole, "{stream:?} in pieces of {size}");
        }
    }
}

#[test]
fn an_event_that_is_not_utf8_ends_the_stream() {
    let (text, end) = heard(&run([&b"data: a\n\ndata: \xff\n\ndata: b\n\n"[..]]));
    assert_eq!(text, "a");
    assert!(end.starts_with("error: "));
}

/// A frame of these headers.
fn frame(headers: &[(&'static str, &'static str)], payload: impl Into<Vec<u8>>) -> Vec<u8> {
    let message = headers.iter().fold(Message::new(payload.into()), |message, (name, value)| {
        message.add_header(Header::new(*name, HeaderValue::String((*value).into())))
    });
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

#[test]
fn frames_are_told_as_the_table_says_wherever_they_are_cut() {
    let event = |word: &str| frame(&[(":event-type", "w")], word);
    let new = frame(&[(":message-type", "event"), (":event-type", "new")], "b");
    let exception = frame(&[(":message-type", "exception"), (":exception-type", "E")], "");
    let error = frame(&[(":message-type", "error"), (":error-code", "C"), (":error-message", "\"m\"")], "");
    let mut flipped = event("b");
    *flipped.last_mut().unwrap() ^= 1;
    let half = event("stop")[..20].to_vec();
    let truncated =
        "error: The provider's stream ended before its last chunk: the answer is not whole. Ask again. ";
    let unreadable = "error: The provider toy answered with what cannot be read. Ask again. ";
    let over = "error: The provider toy sent an event larger than 128 bytes, which the proxy does not hold: raise \
                `limits.event_bytes` in its configuration. ";
    let large = event(&"x".repeat(130));
    for (frames, text, end) in [
        (vec![event("a"), new, event("é"), event("stop"), event("end"), event("c")], "aé", "stop [DONE]"),
        (vec![event("a"), event("stop")], "a", "stop [DONE]"),
        (vec![event("a")], "a", truncated),
        (vec![event("a"), half], "a", truncated),
        (vec![event("a"), exception, event("b")], "a", "error: E {} "),
        (vec![event("a"), error, event("b")], "a", "error: C {\"message\":\"\\\"m\\\"\"} "),
        (vec![event("a"), flipped, event("b")], "a", unreadable),
        (vec![event("a"), frame(&[], [0xff])], "a", unreadable),
        (vec![event("a"), b"data: no frame at all".to_vec()], "a", unreadable),
        (vec![event("a"), large], "a", over),
    ] {
        let stream = frames.concat();
        let whole = drive(Box::new(Binary), 128, [&stream[..]]);
        assert_eq!(heard(&whole), (text.to_owned(), end.to_owned()));
        for cut in 0..stream.len() {
            assert_eq!(drive(Box::new(Binary), 128, [&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
        }
        for size in [1, 2, 3] {
            assert_eq!(drive(Box::new(Binary), 128, stream.chunks(size)), whole, "pieces of {size}");
        }
    }
}

#[test]
fn an_answer_may_be_longer_than_an_event_but_not_than_a_body() {
    let limits = Limits { event_bytes: 1024, body_bytes: 4096 };
    let run = |pieces: usize| {
        let wanted = Wanted {
            streams: true,
            usage: false,
            model: "m".to_owned(),
            ids: Ids::new("r", 0),
            form: Form::Responses(Default::default()),
        };
        let surface = crate::surface::open(wanted, "toy");
        let mut driver = Driver::new(Source::Chat(Box::new(Toy), surface), "toy".to_owned(), None, limits);
        let event = format!("data: {}\n\n", "x".repeat(500));
        let mut out: Vec<u8> = (0..pieces).flat_map(|_| driver.piece(event.as_bytes())).collect();
        out.extend(driver.piece(b"data: stop\n\ndata: end\n\n"));
        out.extend(driver.end());
        String::from_utf8(out).unwrap()
    };
    assert!(run(6).contains("event: response.completed"));
    let over = run(9);
    assert!(over.contains("event: response.failed") && over.contains("upstream_answer_too_large"), "{over}");
    assert!(!over.contains("event_bytes") && !over.contains("response.completed"));
}
