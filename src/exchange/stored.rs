//! Responses that a provider keeps: they are read, cancelled and deleted where they are.
//!
//! Such a request names no model, and ids tell nothing: answers of `/responses` pass as the provider wrote them, and
//! several providers write `resp_…`. So the client says where a response lives, by the header `x-orq-provider`, which
//! stood in the answer that made it; without the header it is the one provider that keeps responses, if there is but
//! one. What cannot be known is whether the key at hand made the response: all keys of the proxy share the provider's
//! account, and whoever knows an id reaches it, as long as its key may use any model of that provider.

use super::request::{address, is_kept_back};
use super::{Exchange, Sent, State};
use crate::auth::Key;
use crate::endpoint::{Endpoint, Stored};
use crate::error::{Error, shown};
use crate::headers::Headers;

/// The header by which a client names a provider.
const PROVIDER: &str = "x-orq-provider";

impl Exchange {
    /// Sends a request about a stored response on.
    ///
    /// # Errors
    /// 400 when it is not known where the response lives, 404 when no such provider keeps any.
    pub(super) fn stored(
        &mut self,
        stored: &Stored,
        key: &Key,
        mut headers: Headers,
        query: Option<&str>,
    ) -> Result<Headers, Error> {
        let named = headers.text(PROVIDER).map(str::to_owned);
        let mut keepers = self.gateway.garden.with(Endpoint::StoredResponses, key);
        let upstream = match &named {
            Some(name) => keepers.find(|upstream| upstream.id == *name).ok_or_else(|| {
                let message = format!(
                    "The provider '{}' keeps no responses that your API key can reach: send the `{PROVIDER}` of the \
                     answer that made this one.",
                    shown(name)
                );
                Error::new(404, message).code("response_not_found")
            }),
            None => match (keepers.next(), keepers.next()) {
                (Some(upstream), None) => Ok(upstream),
                (None, _) => {
                    let message = "No provider here keeps responses: send the earlier items in `input`.";
                    Err(Error::new(404, message).code("response_not_found"))
                }
                (Some(_), Some(_)) => {
                    let message = format!(
                        "Several providers keep responses: name the one of this response in the header `{PROVIDER}`, \
                         which stood in the answer that made it."
                    );
                    Err(Error::invalid(message).param(PROVIDER).code("missing_required_parameter"))
                }
            },
        }?;
        let route =
            upstream.route(Endpoint::StoredResponses, "").ok_or_else(|| Error::new(404, "Invalid URL"))?;
        headers.retain(|name| !is_kept_back(name));
        headers.set(":path", upstream.stored_path(route, stored, query));
        address(&mut headers, upstream, route);
        self.state = State::Sent(Box::new(Sent {
            endpoint: Some(Endpoint::Responses),
            provider: upstream.id.clone(),
            dialect: Some(route.dialect),
            secret: upstream.secret.clone(),
            key: key.id.clone(),
            streams: query.is_some_and(|query| query.split('&').any(|pair| pair == "stream=true")),
            ..Sent::default()
        }));
        Ok(headers)
    }
}
