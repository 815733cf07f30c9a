//! The way down: from a provider's answer, or Envoy's own, to the client's.

use super::driver::Driver;
use super::source::{Cut, Source};
use super::{Exchange, Follow, Reply, Sent, State, Translation, follow};
use crate::chat;
use crate::dialect::openai::error as openai_error;
use crate::dialect::openai::extensions;
use crate::dialect::openai::stream::{Chunk, Passthrough};
use crate::dialect::{Event, Failure, Flow, Framing, Received, Told, Translate, Way, Whole};
use crate::error::{Error, shown};
use crate::gateway::Gateway;
use crate::headers::{self, Headers, is_json, media_type};
use crate::surface;
use crate::usage::{Usage, Watch};
use crate::wire::json::{Fault, Kind, Object, items, quoted};
use crate::wire::sse;
use std::borrow::Cow;

/// The most bytes of an answer that wait for its end. A longer one passes as it comes.
const WAITS: usize = 64 << 10;

/// Whether a provider's header stays here: it speaks of the provider's own connection, host or
/// account. `alt-svc` and HSTS would be taken for the proxy's, a cookie is a credential.
fn is_kept_back(name: &str) -> bool {
    matches!(
        name,
        "set-cookie"
            | "alt-svc"
            | "strict-transport-security"
            | "nel"
            | "report-to"
            | "openai-organization"
            | "openai-project"
            | "anthropic-organization-id"
            | "x-envoy-upstream-service-time"
    )
}

/// What becomes of an answer's headers.
#[derive(Debug, PartialEq, Eq)]
pub enum Head {
    /// They go on, changed if there are some.
    Continue(Option<Headers>),
    /// They wait for [`Piece::Release`].
    Hold,
    /// This goes to the client in their place.
    Reply(Reply),
}

/// What becomes of a piece of an answer's body.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// It goes on as it is.
    Keep,
    /// It waits, with what comes: the next piece is to hold them all.
    Wait,
    /// This goes on in its place.
    Replace(Vec<u8>),
    /// The headers that waited go on as these, with what waited, or with this body in its place.
    Release(Headers, Option<Vec<u8>>),
    /// What waited goes on waiting; this is to be asked, and its answer to come to [`Exchange::followed`].
    Follow(Box<Follow>),
}

/// How an answer passes.
#[derive(Debug)]
pub(super) enum Answer {
    /// A success in JSON, held while it is short, since it may yet be an error.
    Json(Headers),
    /// A failing answer, held until its body tells why.
    Failed(Headers, Why),
    /// A failing answer that was told from its beginning: the rest is left out.
    Told,
    /// A long success in JSON, watched.
    Watched(Watch),
    /// A stream.
    Stream(Box<Passthrough>),
    /// A stream in another language.
    Translated(Box<Driver>),
    /// A success in another language, held until it is whole.
    Foreign(Headers, Box<Translation>),
    /// Anything else, untouched.
    Opaque,
}

/// Where a failing answer comes from.
#[derive(Debug)]
pub(super) enum Why {
    /// The provider said so.
    Provider,
    /// The proxy says so.
    Proxy(Error),
}

impl Exchange {
    /// The answer's headers. `details` is asked for Envoy's `response.code_details` of answers that
    /// are no success.
    pub fn answer_headers(
        &mut self,
        mut headers: Headers,
        end: bool,
        details: impl FnOnce() -> Option<String>,
    ) -> Head {
        let status = headers.status();
        let mut sent = match core::mem::replace(&mut self.state, State::Over) {
            State::Sent(sent) => sent,
            // Envoy answers before the request went on: a timeout, or a body over its own limit.
            State::New | State::Waiting(_) if status >= 400 => Box::default(),
            _ => return Head::Continue(None),
        };
        self.dress(&mut headers, &sent);
        let why = if status >= 400 {
            let details = details().filter(|details| details != "via_upstream");
            Some(details.map_or(Why::Provider, |details| Why::Proxy(envoys(status, &details, &sent))))
        } else {
            unfit(status, &headers, &sent).map(Why::Proxy)
        };
        if let Some(why) = why {
            if !end {
                self.state = State::Answering(sent, Answer::Failed(headers, why));
                return Head::Hold;
            }
            let failure = told(why, &sent, &headers, b"");
            rewrite(&mut headers, &failure);
            return Head::Reply(Reply::new(&headers, failure.body));
        }
        let media_type = headers.text("content-type").map(media_type).unwrap_or_default();
        let stream =
            matches!(media_type.as_str(), "text/event-stream" | "application/vnd.amazon.eventstream");
        // A translation needs something to translate, whatever the headers say.
        let needs_body = sent.translation.is_some() || (status != 204 && (stream || is_json(&media_type)));
        if end && needs_body {
            let message = format!("The provider {} answered without a body. Ask again.", sent.provider);
            let error = Error::new(502, message).code("upstream_truncated");
            let failure = Failure::from(&error);
            rewrite(&mut headers, &failure);
            return Head::Reply(Reply::new(&headers, failure.body));
        }
        let translation = sent.translation.take().and_then(|translation| match translation {
            Translation::Chat { answer, wanted, dialect } if stream && sent.streams => {
                Some(Ok(Source::Chat(answer, surface::open(wanted, dialect))))
            }
            Translation::Other(mut convert) => match convert.way(&mut headers) {
                Way::Whole => Some(Err(Translation::Other(convert))),
                Way::Passes => None,
                Way::Events(framing) => Some(Ok(Source::Other(convert, Cut::Events(framing), Vec::new()))),
                Way::Bytes => Some(Ok(Source::Other(convert, Cut::Bytes, Vec::new()))),
            },
            whole @ Translation::Chat { .. } => Some(Err(whole)),
        });
        if let Some(translation) = translation {
            let source = match translation {
                Ok(source) => source,
                Err(whole) => {
                    self.state = State::Answering(sent, Answer::Foreign(headers, Box::new(whole)));
                    return Head::Hold;
                }
            };
            headers.set("content-type", "text/event-stream");
            headers.remove("content-length");
            let driver = Driver::new(source, sent.provider.clone(), sent.secret.clone(), self.gateway.limits);
            self.state = State::Answering(sent, Answer::Translated(Box::new(driver)));
        } else if stream {
            // What is said at the end of a stream is not known before.
            headers.remove("content-length");
            let stream =
                Passthrough::new(sent.endpoint, self.gateway.limits.event_bytes, sent.secret.clone())
                    .mended_by(sent.mender());
            self.state = State::Answering(sent, Answer::Stream(Box::new(stream)));
        } else if !end && may_wait(&media_type, sent.streams) {
            self.state = State::Answering(sent, Answer::Json(headers));
            return Head::Hold;
        } else {
            self.state = State::Answering(sent, Answer::Opaque);
        }
        Head::Continue(Some(headers))
    }

    /// A piece of the answer's body: `size` bytes, which `read` gets. `end` comes once, with the last.
    pub fn answer_piece(&mut self, size: usize, end: bool, read: impl FnOnce() -> Vec<u8>) -> Piece {
        let limits = self.gateway.limits;
        let State::Answering(sent, answer) = &mut self.state else { return Piece::Keep };
        // What is brought to another form must be whole. Where a stream was asked for each piece is looked at
        // anew, so that a long answer would take too long.
        let waits =
            if sent.mends.is_some() && !sent.streams { self.gateway.limits.body_bytes } else { WAITS };
        match answer {
            Answer::Opaque => Piece::Keep,
            Answer::Told => Piece::Replace(Vec::new()),
            Answer::Watched(watch) => {
                if size > 0 {
                    watch.piece(&read());
                }
                Piece::Keep
            }
            Answer::Stream(stream) => {
                let piece = if size > 0 { read() } else { Vec::new() };
                let chunk = if piece.is_empty() { Chunk::Keep } else { stream.piece(&piece) };
                let rest = if end { stream.end() } else { Vec::new() };
                joined(chunk, piece, rest).map_or(Piece::Keep, Piece::Replace)
            }
            Answer::Translated(driver) => {
                let mut out = if size > 0 { driver.piece(&read()) } else { Vec::new() };
                if end {
                    out.extend(driver.end());
                }
                if size == 0 && out.is_empty() { Piece::Keep } else { Piece::Replace(out) }
            }
            Answer::Foreign(..) if !end && size <= limits.body_bytes => Piece::Wait,
            Answer::Foreign(..) => {
                // At the end the size need not be known: behind trailers it is not.
                let body = if end { read() } else { Vec::new() };
                let fault = (!end || body.len() > limits.body_bytes)
                    .then(|| Failure::from(&too_large(&sent.provider, limits.body_bytes)));
                released(&self.gateway, sent, answer, fault, None, &body)
            }
            Answer::Failed(..) if !end && size <= WAITS => Piece::Wait,
            Answer::Json(_) if !end && size <= waits && !sent.streams => Piece::Wait,
            Answer::Json(headers) => {
                let body = read();
                let begins = sse::begins(&body);
                if !end && begins != Some(true) && size <= waits {
                    return Piece::Wait;
                }
                let mut headers = core::mem::take(headers);
                if begins == Some(true) {
                    // A stream that does not say that it is one.
                    headers.set("content-type", "text/event-stream");
                    headers.remove("content-length");
                    let mut stream =
                        Passthrough::new(sent.endpoint, self.gateway.limits.event_bytes, sent.secret.clone())
                            .mended_by(sent.mender());
                    let chunk = stream.piece(&body);
                    let rest = if end { stream.end() } else { Vec::new() };
                    *answer = Answer::Stream(Box::new(stream));
                    return Piece::Release(headers, joined(chunk, body, rest));
                }
                if end {
                    let (headers, body, usage) = judged(headers, sent, &body);
                    sent.usage = usage;
                    *answer = Answer::Opaque;
                    return Piece::Release(headers, body);
                }
                let mut watch = Watch::default();
                watch.piece(&body);
                *answer = Answer::Watched(watch);
                Piece::Release(headers, None)
            }
            Answer::Failed(headers, why) => {
                let mut headers = core::mem::take(headers);
                let why = core::mem::replace(why, Why::Provider);
                let coded = headers.text("content-encoding").is_some_and(|coding| coding != "identity");
                let body = if coded { Vec::new() } else { read() };
                let failure = told(why, sent, &headers, &body);
                rewrite(&mut headers, &failure);
                *answer = Answer::Told;
                Piece::Release(headers, Some(failure.body))
            }
        }
    }

    /// What the access log is told of the exchange, as JSON: the client's key by its id, and the
    /// usage if there was one. Meant for the end of the answer.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let State::Answering(sent, answer) = &self.state else { return None };
        let usage = match answer {
            Answer::Stream(stream) => stream.usage(),
            Answer::Watched(watch) => watch.usage(),
            Answer::Translated(driver) => driver.usage(),
            _ => sent.usage,
        };
        let usage = usage.map_or_else(String::new, |Usage { input, output, cached, reasoning }| {
            format!(
                ",\"usage\":{{\"input\":{input},\"output\":{output},\"cached\":{cached},\"reasoning\":{reasoning}}}"
            )
        });
        Some(format!("{{\"key\":{}{usage}}}", quoted(&sent.key)))
    }

    /// Takes out what is not for clients, and adds what every answer has.
    fn dress(&self, headers: &mut Headers, sent: &Sent) {
        headers.retain(|name| !is_kept_back(name));
        if headers.get("x-request-id").is_none() && !self.request_id.is_empty() {
            headers.set("x-request-id", self.request_id.as_str());
        }
        if !sent.provider.is_empty() {
            headers.set("x-orq-provider", headers::value(&sent.provider));
            if !sent.model.is_empty() {
                headers.set("x-orq-model", headers::value(&sent.model));
            }
        }
        if !sent.dropped.is_empty() {
            headers.set("x-orq-dropped-params", headers::value(&sent.dropped.join(", ")));
        }
    }
}

/// What becomes of an answer that waited to be whole. `body`: that of the provider's first answer, or of its answer to a
/// further call, of which these are the headers. `fault`: it is a failure.
pub(super) fn released(
    gateway: &Gateway,
    sent: &mut Sent,
    answer: &mut Answer,
    fault: Option<Failure>,
    followed: Option<&Headers>,
    body: &[u8],
) -> Piece {
    let Answer::Foreign(headers, translation) = answer else { return Piece::Keep };
    let told = match fault {
        Some(failure) => Err(failure),
        None => translated(translation, sent, followed.unwrap_or(headers), body, gateway.limits.body_bytes)
            .and_then(|told| match told {
                Told::Answer(whole) => Ok(Ok(whole)),
                Told::Next(next) => {
                    let upstream = gateway.garden.providers().get(&sent.provider);
                    follow::next(upstream, sent, next).map(Err)
                }
            })
            .map_err(|error| Failure::from(&concealed(error, sent))),
    };
    let mut headers = match told {
        Ok(Err(follow)) => return Piece::Follow(Box::new(follow)),
        _ => core::mem::take(headers),
    };
    let body = match told {
        Ok(Ok(Whole { content_type, body, usage })) => {
            sent.usage = usage;
            headers.set("content-type", content_type.as_bytes());
            headers.set("content-length", body.len().to_string());
            body
        }
        Ok(Err(_)) => Vec::new(),
        Err(failure) => {
            rewrite(&mut headers, &failure);
            // A job that is not done goes on: SDKs, which ask again by themselves, would begin another.
            if failure.status == 504 || sent.polls {
                headers.set("x-should-retry", "false");
            }
            failure.body
        }
    };
    *answer = Answer::Told;
    Piece::Release(headers, Some(body))
}

/// A whole body in another language: the client's, or what is to be asked next.
fn translated(
    translation: &mut Translation,
    sent: &Sent,
    headers: &Headers,
    body: &[u8],
    limit: usize,
) -> Result<Told, Error> {
    let (answer, wanted, dialect) = match translation {
        Translation::Chat { answer, wanted, dialect } => (answer, wanted, dialect),
        Translation::Other(convert) => return convert.whole(&Received { headers, body }),
    };
    let mut surface = surface::open(wanted.clone(), dialect);
    read_whole(answer.as_mut(), body, &mut *surface, &sent.provider)?;
    // A provider may answer a stream's request with one body.
    if !surface.finished() {
        return Err(Error::unreadable(&sent.provider));
    }
    if sent.streams && surface.held() > limit {
        return Err(too_large(&sent.provider, limit));
    }
    surface.close();
    let content_type = Cow::Borrowed(if sent.streams { "text/event-stream" } else { "application/json" });
    let usage = surface.counted();
    Ok(Told::Answer(Whole { content_type, body: surface.take().into_bytes(), usage }))
}

/// Reads a whole body: an answer, or the events of one, in a list or as a stream.
fn read_whole(
    translate: &mut dyn Translate,
    body: &[u8],
    out: &mut dyn chat::Answer,
    provider: &str,
) -> Result<(), Error> {
    match Object::parse(body) {
        Ok(object) => translate.whole(&object, out),
        Err(Fault::NotObject(Kind::Array)) => {
            let list = core::str::from_utf8(body).map_err(|_| Error::unreadable(provider))?;
            for data in items(list.trim_ascii_start()) {
                translate.event(&Event { name: None, data, exception: false }, out)?;
            }
            Ok(())
        }
        // A stream that does not say that it is one.
        Err(_) if translate.framing() == Framing::Sse && sse::begins(body) == Some(true) => {
            let mut frames = sse::Frames::default();
            frames.push(body);
            // The last event may lack its blank line.
            frames.push(b"\n\n");
            while let Some(event) = frames.next_event() {
                let event = sse::Event::read(event).ok_or_else(|| Error::unreadable(provider))?;
                let data = event.data.as_deref().map(str::trim);
                let Some(data) = data.filter(|data| !matches!(*data, "" | "[DONE]")) else { continue };
                let flow = translate.event(&Event { name: event.name, data, exception: false }, out)?;
                if flow == Flow::Last {
                    break;
                }
            }
            Ok(())
        }
        Err(_) => Err(Error::unreadable(provider)),
    }
}

pub(super) fn too_large(provider: &str, limit: usize) -> Error {
    let message = format!(
        "The provider {provider} sent an answer larger than {limit} bytes, which the proxy does not hold: ask for a \
         shorter one."
    );
    Error::new(502, message).code("upstream_answer_too_large")
}

/// The error without the provider's key, which some repeat.
fn concealed(mut error: Error, sent: &Sent) -> Error {
    let told =
        sent.secret.as_deref().and_then(|secret| openai_error::without(error.message.as_bytes(), secret));
    if let Some(told) = told {
        error.message = String::from_utf8_lossy(&told).into_owned();
    }
    error
}

/// Whether a success is held while it is short: JSON, since it may yet be an error, and where a stream
/// was asked for what may be one under another name. Sound and images go on at once.
fn may_wait(media_type: &str, streams: bool) -> bool {
    let other = media_type.starts_with("text/") || media_type == "application/octet-stream";
    is_json(media_type) || media_type.is_empty() || (streams && other)
}

/// What goes on in the place of a piece of a stream and what follows it; `None`: the piece itself.
fn joined(chunk: Chunk, piece: Vec<u8>, rest: Vec<u8>) -> Option<Vec<u8>> {
    match (chunk, rest.is_empty()) {
        (Chunk::Keep, true) => None,
        (Chunk::Keep, false) => Some([piece, rest].concat()),
        (Chunk::Replace(bytes), _) => Some([bytes, rest].concat()),
    }
}

/// A whole success in JSON: it goes on as it is, unless it is none.
fn judged(mut headers: Headers, sent: &Sent, body: &[u8]) -> (Headers, Option<Vec<u8>>, Option<Usage>) {
    let content_type = headers.text("content-type");
    let typed = content_type.is_some_and(|content_type| is_json(&media_type(content_type)));
    let untyped = content_type.is_none();
    let fault = match Object::parse(body) {
        Ok(object) => match openai_error::of_success(&object) {
            None => {
                if untyped {
                    headers.set("content-type", "application/json");
                }
                let mended = sent.mends.as_ref().and_then(|wanted| extensions::whole(body, wanted));
                let Some(mended) = mended else {
                    let usage = object.get("usage").and_then(Usage::read);
                    return (headers, None, usage);
                };
                headers.set("content-length", mended.len().to_string());
                let usage = Object::parse(&mended).ok().and_then(|object| Usage::read(object.get("usage")?));
                return (headers, Some(mended), usage);
            }
            Some(status) => {
                headers.set(":status", status.to_string());
                told(Why::Provider, sent, &headers, body)
            }
        },
        // Bodies that cannot be JSON at all are told; oddities of JSON are the client's to read.
        Err(Fault::Syntax(_) | Fault::Encoding) if typed => {
            let message =
                format!("The provider {} answered with a body that is not JSON. Ask again.", sent.provider);
            let error = Error::new(502, message).code("upstream_invalid_json");
            Failure::from(&error)
        }
        Err(_) => return (headers, None, None),
    };
    rewrite(&mut headers, &fault);
    (headers, Some(fault.body), None)
}

/// What the client is told of a failing answer.
pub(super) fn told(why: Why, sent: &Sent, headers: &Headers, body: &[u8]) -> Failure {
    match why {
        Why::Proxy(error) => Failure::from(&error),
        Why::Provider => {
            // Some providers repeat the key that they refuse.
            let told = sent.secret.as_deref().and_then(|secret| openai_error::without(body, secret));
            let body = told.as_deref().unwrap_or(body);
            let status = headers.status();
            let mut failure = match sent.dialect {
                Some(dialect) => dialect.error(status, headers, body),
                None => Failure { status, body: openai_error::mended(status, body), retry_after: None },
            };
            if let Some(body) = sent.names.failure(&failure.body) {
                failure.body = body;
            }
            failure
        }
    }
}

/// Makes the headers those of this failure.
fn rewrite(headers: &mut Headers, failure: &Failure) {
    headers.retain(|name| {
        !matches!(name, "content-encoding" | "content-language" | "content-disposition" | "etag" | "location")
    });
    headers.set(":status", failure.status.to_string());
    headers.set("content-type", "application/json");
    headers.set("content-length", failure.body.len().to_string());
    if let Some(seconds) = failure.retry_after.filter(|_| headers.get("retry-after").is_none()) {
        headers.set("retry-after", seconds.to_string());
    }
}

/// Why a success of a provider cannot be passed on.
pub(super) fn unfit(status: u16, headers: &Headers, sent: &Sent) -> Option<Error> {
    let provider = &sent.provider;
    if status >= 300 {
        let message = format!(
            "The provider {provider} answered {status}, a redirect, which the proxy does not follow. Check `host` and \
             `base_path` of the provider in the configuration of the proxy."
        );
        return Some(Error::new(502, message).code("upstream_redirect"));
    }
    let coding =
        headers.text("content-encoding").filter(|coding| !coding.is_empty() && *coding != "identity");
    if let Some(coding) = coding {
        let message = format!(
            "The provider {provider} compressed its answer ({}) though it was asked not to. Ask again, or add Envoy's \
             decompressor to its cluster.",
            shown(coding)
        );
        return Some(Error::new(502, message).code("upstream_content_encoding"));
    }
    let html = headers.text("content-type").map(media_type).as_deref() == Some("text/html");
    html.then(|| {
        let message = format!(
            "The provider {provider} answered with an HTML page. Check `host` and `base_path` of the provider in the \
             configuration of the proxy."
        );
        Error::new(502, message).code("upstream_invalid_answer")
    })
}

/// Envoy's own answer, by its `response.code_details`.
///
/// Source: Envoy's documentation, "Response code details", and `source/common/stream_info/utility.h`.
fn envoys(status: u16, details: &str, sent: &Sent) -> Error {
    let is = |text: &str| details.contains(text);
    let provider = if sent.provider.is_empty() { "the provider" } else { sent.provider.as_str() };
    let (message, code) = if is("cluster_not_found") || is("no_cluster") || is("route_not_found") {
        let message = format!(
            "The proxy has no cluster for {provider}: add one of that name to Envoy's configuration."
        );
        // No fault of the client's path, which Envoy's 404 would say.
        return Error::new(503, message).code("upstream_not_configured");
    } else if is("no_healthy_upstream") {
        (
            format!("No host of {provider} is healthy or could be resolved. Try again shortly."),
            "upstream_unavailable",
        )
    } else if is("overflow") || is("max_connections") {
        (
            format!("The proxy has too many requests under way to {provider}. Try again shortly."),
            "upstream_overloaded",
        )
    } else if is("connection_failure") || is("connection_timeout") || is("TLS_error") {
        (
            format!("The proxy could not connect to {provider}. Try again shortly."),
            "upstream_connection_failure",
        )
    } else if status == 504 || is("response_timeout") || is("per_try") || is("max_stream_duration") {
        (
            format!("{provider} did not answer in time. Try again, or ask for a shorter answer."),
            "upstream_timeout",
        )
    } else if is("upstream") || is("protocol") {
        (format!("{provider} closed the connection before it answered. Try again."), "upstream_reset")
    } else if is("payload_too_large") {
        ("The body is larger than the proxy's buffer: send a smaller one.".to_owned(), "request_too_large")
    } else if is("timeout") {
        let message = "The request did not arrive in time: send its whole body without long pauses.";
        (message.to_owned(), "request_timeout")
    } else if is("overload") || is("drop") {
        ("The proxy is overloaded. Try again shortly.".to_owned(), "proxy_overloaded")
    } else {
        (format!("The proxy could not serve this request ({}).", shown(details)), "proxy_error")
    };
    Error::new(status, message).code(code)
}
