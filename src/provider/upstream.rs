//! A provider that is switched on: its row with what the configuration says about it.

use super::{Auth, Host, Provider, Quirk, Route, path};
use crate::dialect::Ask;
use crate::endpoint::{Endpoint, Stored};

/// A provider as requests need it.
#[derive(Debug)]
pub struct Upstream {
    /// Its id, as clients write it.
    pub id: String,
    /// Envoy's cluster.
    pub cluster: String,
    /// `:authority`
    pub authority: String,
    /// Headers that every request gets, the key's among them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The key, to keep it out of what clients see.
    pub secret: Option<String>,
    /// Parameters of its own that go by a name which elsewhere is one of Orq's.
    pub own_params: &'static [&'static str],
    auth: Auth,
    /// The clusters of other hosts that some of its routes have; `None` when one host has them all.
    elsewhere: Option<Vec<(String, String)>>,
    /// Its chat answers are brought to one form.
    pub extends_chat: bool,
    base_path: String,
    query: Option<String>,
    routes: &'static [Route],
    quirks: &'static [Quirk],
}

/// What the configuration says of a provider. Absent: as the row has it.
#[derive(Debug, Default)]
pub struct Settings {
    /// Envoy's cluster.
    pub cluster: Option<String>,
    /// Host, and port where it is not the scheme's own.
    pub host: Option<String>,
    /// Envoy's clusters of other hosts that some routes have, by those hosts.
    pub clusters: Vec<(String, String)>,
    /// The path before every route's own.
    pub base_path: Option<String>,
    /// Headers that are added, or replace the row's.
    pub headers: Vec<(String, String)>,
    /// The key; `None` when the provider wants none, or Envoy adds it.
    pub key: Option<String>,
    /// The version of the API, for providers that are asked by version.
    pub api_version: Option<String>,
    /// Where it is, for providers of many places: `region`, `project`, `location`, each once.
    pub places: Vec<(&'static str, String)>,
}

impl Upstream {
    /// A row, switched on under an id.
    ///
    /// # Errors
    /// The name of the setting that is wrong, and a sentence.
    pub fn new(id: &str, row: &Provider, settings: Settings) -> Result<Self, (&'static str, String)> {
        for (name, place) in &settings.places {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
            if place.is_empty() || !place.bytes().all(fits) {
                return Err((name, "must be letters, digits, `-`, `_`, `.` and `:`".to_owned()));
            }
            let named = format!("{{{name}}}");
            let regional = matches!(row.host, Host::Regional { by, .. } if by == *name);
            if !regional && !row.base_path.contains(&named) {
                return Err((name, "is not something that this provider has".to_owned()));
            }
        }
        let place = |wanted: &str| {
            let found = settings.places.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, place)| place.as_str())
        };
        for (host, _) in &settings.clusters {
            let known = row.routes.iter().any(|route| route.host == Some(host));
            if !known || settings.host.is_some() {
                return Err((
                    "clusters",
                    "must be of hosts that routes of this provider have of their own".to_owned(),
                ));
            }
        }
        let elsewhere = settings.host.is_none().then_some(settings.clusters);
        let placeless = row.placeless.filter(|_| settings.places.is_empty());
        let authority = match (settings.host, row.host) {
            (Some(host), _) => checked_host(host).map_err(|fault| ("host", fault))?,
            (None, _) if placeless.is_some() => {
                placeless.map(|placeless| placeless.host).unwrap_or_default().to_owned()
            }
            (None, Host::Regional { by, host, others }) => {
                let region = place(by).ok_or_else(|| (by, "is needed here".to_owned()))?;
                let other = others.iter().find(|(name, _)| *name == region);
                other.map_or_else(|| host.replace("{}", region), |(_, host)| (*host).to_owned())
            }
            (None, Host::Public(host)) => host.to_owned(),
            (None, Host::Local(port)) => format!("localhost:{port}"),
            (None, Host::Configured(example)) => {
                return Err(("host", format!("is needed here, for example {example}")));
            }
        };
        let mut base_path = match (settings.base_path, placeless) {
            (Some(base_path), _) => base_path,
            (None, Some(placeless)) => placeless.base_path.to_owned(),
            (None, None) => filled(row.base_path, place)?,
        };
        if !path::is_base(&base_path) {
            return Err(("base_path", path::BASE.to_owned()));
        }
        let end = base_path.trim_end_matches('/').len();
        base_path.truncate(end);
        let mut routes = row.routes;
        let mut query = None;
        if let Some(version) = settings.api_version {
            if row.versioned.is_empty() {
                return Err(("api_version", "is not something that this provider is asked by".to_owned()));
            }
            if version.is_empty()
                || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            {
                return Err(("api_version", "must be letters, digits, `-`, `.` and `_`".to_owned()));
            }
            // Dated versions belong to the older form; names (`preview`) to the present one.
            if version.starts_with(|c: char| c.is_ascii_digit()) {
                routes = row.versioned;
                base_path.clear();
            }
            query = Some(format!("api-version={version}"));
        }
        let secret = settings.key;
        let auth = placeless.map_or(row.auth, |placeless| placeless.auth);
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut set = |name: &str, value: String| -> Result<(), (&'static str, String)> {
            let name = name.to_ascii_lowercase();
            check_header(&name, &value).map_err(|fault| ("headers", fault))?;
            headers.retain(|(other, _)| *other != name);
            headers.push((name, value.into_bytes()));
            Ok(())
        };
        for (name, value) in row.headers {
            set(name, (*value).to_owned())?;
        }
        if let Some(key) = &secret {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(("api_key", "must be visible ASCII without spaces".to_owned()));
            }
            let (name, value) = carried(auth, key);
            set(name, value)?;
        }
        for (name, value) in settings.headers {
            set(&name, value)?;
        }
        let cluster = settings.cluster.unwrap_or_else(|| id.to_owned());
        let others = elsewhere.iter().flatten().map(|(_, cluster)| ("clusters", cluster));
        for (field, cluster) in others.chain([("cluster", &cluster)]) {
            if cluster.is_empty() || !cluster.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err((field, "must be visible ASCII without spaces".to_owned()));
            }
        }
        Ok(Self {
            id: id.to_owned(),
            cluster,
            authority,
            headers,
            secret,
            auth,
            elsewhere,
            base_path,
            query,
            routes,
            quirks: row.quirks,
            own_params: row.own_params,
            extends_chat: row.extends_chat,
        })
    }

    /// The route of an endpoint for a model, if the provider has it.
    #[must_use]
    pub fn route(&self, endpoint: Endpoint, model: &str) -> Option<&'static Route> {
        let begins = |starts: &[&str]| starts.iter().any(|start| model.starts_with(start));
        self.routes.iter().find(|route| {
            route.endpoint == endpoint
                && (route.models.is_empty() || begins(route.models))
                && !begins(route.but)
        })
    }

    /// The endpoints that it has.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.routes.iter().map(|route| route.endpoint)
    }

    /// The quirks of an endpoint for a model.
    pub fn quirks(&self, endpoint: Endpoint, model: &str) -> impl Iterator<Item = &'static Quirk> {
        self.quirks.iter().filter(move |quirk| {
            quirk.endpoints.contains(&endpoint)
                && (quirk.models.is_empty() || quirk.models.iter().any(|start| model.starts_with(start)))
        })
    }

    /// The host of a route, and its cluster.
    #[must_use]
    pub fn place<'a>(&'a self, route: &Route) -> (&'a str, &'a str) {
        let Some((host, clusters)) = route.host.zip(self.elsewhere.as_ref()) else {
            return (&self.authority, &self.cluster);
        };
        let cluster = clusters.iter().find(|(other, _)| other == host);
        (host, cluster.map_or(self.cluster.as_str(), |(_, cluster)| cluster))
    }

    /// The name of the header that carries the key, and the header that does instead on this route, if
    /// it has one of its own.
    #[must_use]
    pub fn other_auth(&self, route: &Route) -> Option<(&'static str, (&'static str, String))> {
        let (usual, _) = carried(self.auth, "");
        Some((usual, carried(route.auth?, self.secret.as_deref()?)))
    }

    /// The path of a request, with the client's query.
    #[must_use]
    pub fn path(&self, route: &Route, model: &str, streams: bool, query: Option<&str>) -> String {
        let path = route.stream_path.filter(|_| streams).unwrap_or(route.path);
        path::build(
            &self.base_path,
            path,
            &[("model", model)],
            [self.query.as_deref(), query].into_iter().flatten(),
        )
    }

    /// The path of what is asked in the provider's own form.
    #[must_use]
    pub fn asked_path(&self, route: &Route, model: &str, ask: &Ask) -> String {
        let mut values = vec![("model", model)];
        values.extend(ask.segments.iter().map(|(name, value)| (*name, value.as_str())));
        let query = path::query(&ask.query);
        let queries = [self.query.as_deref().unwrap_or_default(), &query];
        path::build(&self.base_path, ask.path.unwrap_or(route.path), &values, queries)
    }

    /// The path of a response that is kept there, with the client's query.
    #[must_use]
    pub fn stored_path(&self, route: &Route, stored: &Stored, query: Option<&str>) -> String {
        let path = format!("{}/{}{}", route.path, stored.id, stored.below);
        path::build(&self.base_path, &path, &[], [self.query.as_deref(), query].into_iter().flatten())
    }
}

/// The header that carries a key.
fn carried(auth: Auth, key: &str) -> (&'static str, String) {
    match auth {
        Auth::Bearer => ("authorization", format!("Bearer {key}")),
        Auth::Scheme(scheme) => ("authorization", format!("{scheme} {key}")),
        Auth::Header(name) => (name, key.to_owned()),
    }
}

/// A row's path with its places filled in.
fn filled<'a>(path: &str, place: impl Fn(&str) -> Option<&'a str>) -> Result<String, (&'static str, String)> {
    let mut out = path.to_owned();
    for name in ["region", "project", "location"] {
        let named = format!("{{{name}}}");
        if out.contains(&named) {
            out = out.replace(&named, place(name).ok_or_else(|| (name, "is needed here".to_owned()))?);
        }
    }
    Ok(out)
}

fn checked_host(host: String) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(fits) {
        return Err("must be a host name with an optional port, without scheme and path".to_owned());
    }
    Ok(host)
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err("every name must be a header name".to_owned());
    }
    if ["host", "content-length", "transfer-encoding", "connection"].contains(&name) {
        return Err(format!("`{name}` is not for the configuration to say"));
    }
    if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(format!("the value of `{name}` must be visible ASCII"));
    }
    Ok(())
}
