//! Further calls that an answer takes: a job that is polled until it is done, a model that takes one input at a time.
//!
//! The client's answer waits meanwhile. Each call goes to the provider of the first, to its cluster and with its key.

use super::answer::{Why, released, told, too_large, unfit};
use super::{Exchange, Piece, Sent, State};
use crate::dialect::{Failure, Next, Payload};
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::Upstream;

/// The most calls of one exchange, the first aside. A poll every two seconds goes on for two minutes so.
const MOST_CALLS: u32 = 100;

/// A call that is to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct Follow {
    /// Envoy's cluster.
    pub cluster: String,
    /// All headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// How long to wait before it, in milliseconds.
    pub after: u32,
}

impl Exchange {
    /// The answer to a call that [`Piece::Follow`] asked for: its headers, none when there was no answer, and its whole
    /// body. What becomes of the client's answer comes out: [`Piece::Release`], or one more call.
    pub fn followed(&mut self, mut headers: Headers, body: &[u8]) -> Piece {
        let limit = self.gateway.limits.body_bytes;
        let State::Answering(sent, answer) = &mut self.state else { return Piece::Keep };
        let fault = match headers.status() {
            0 => {
                let message =
                    format!("{} closed the connection before it answered. Try again.", sent.provider);
                Some(Failure::from(&Error::new(502, message).code("upstream_reset")))
            }
            _ if body.len() > limit => Some(Failure::from(&too_large(&sent.provider, limit))),
            status @ 300..=399 => unfit(status, &headers, sent).as_ref().map(Failure::from),
            400.. => {
                let mut failure = told(Why::Provider, sent, &headers, body);
                // The client's headers are those of the first answer, which was no failure.
                let after = || headers.text("retry-after")?.parse().ok();
                failure.retry_after = failure.retry_after.or_else(after);
                Some(failure)
            }
            _ => None,
        };
        headers.retain(|name| !name.starts_with(':'));
        released(&self.gateway, sent, answer, fault, Some(&headers), body)
    }
}

/// The call that is to be made next.
///
/// # Errors
/// 504 when there were too many, 502 when the provider is no longer there.
pub(super) fn next(upstream: Option<&Upstream>, sent: &mut Sent, next: Next) -> Result<Follow, Error> {
    let lost = || Error::unreadable(&sent.provider);
    let upstream = upstream.ok_or_else(lost)?;
    let endpoint = sent.endpoint.ok_or_else(lost)?;
    let route = upstream.route(endpoint, &sent.model).ok_or_else(lost)?;
    sent.calls = sent.calls.saturating_add(1);
    if sent.calls > MOST_CALLS {
        let message = format!("{} was not done in time. Try again, or ask for less at once.", sent.provider);
        return Err(Error::new(504, message).code("upstream_timeout"));
    }
    let Next { method, ask, after } = next;
    sent.polls = sent.polls || method == "GET";
    let mut headers = Headers::default();
    headers.set(":method", method);
    headers.set(":path", upstream.asked_path(route, &sent.model, &ask));
    super::request::address(&mut headers, upstream, route);
    headers.remove("x-orq-cluster");
    for (name, value) in &ask.headers {
        headers.set(name, value.as_bytes());
    }
    let body = match ask.payload {
        Payload::Written(body) => body.bytes(&[]),
        Payload::Spliced(_) => Vec::new(),
    };
    if !body.is_empty() {
        headers.set("content-type", ask.content_type.as_deref().unwrap_or("application/json"));
    }
    let (_, cluster) = upstream.place(route);
    Ok(Follow { cluster: cluster.to_owned(), headers, body, after })
}
