//! The filter's configuration: JSON as an operator writes it, parsed straight into a [`Gateway`]
//! that cannot be wrong.
//!
//! A `google.protobuf.Struct` is read like the JSON that it stands for.
//!
//! Every refusal is one sentence that starts with the path of what is wrong
//! (`providers.azure.host: …`). No value that could be a secret is repeated in one.

mod protobuf;

use crate::auth::{Key, Keys};
use crate::dialect;
use crate::garden::{Garden, Pattern};
use crate::gateway::{Gateway, Limits, Unsupported};
use crate::provider::{Settings, Upstream, path, table};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads a variable of the environment that Envoy hands to the module.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    #[serde(default = "default_base_path")]
    base_path: String,
    #[serde(default)]
    keys: Vec<ClientKey>,
    #[serde(default)]
    providers: BTreeMap<String, Option<ProviderSettings>>,
    models: Option<Vec<Model>>,
    #[serde(default)]
    limits: LimitSettings,
    #[serde(default)]
    unsupported_params: Policy,
}

fn default_base_path() -> String {
    "/v2/proxy".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientKey {
    id: String,
    sha256: String,
    models: Option<Vec<String>>,
    expires_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderSettings {
    dialect: Option<String>,
    cluster: Option<String>,
    #[serde(default)]
    clusters: BTreeMap<String, String>,
    host: Option<String>,
    base_path: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    api_key: Option<ApiKey>,
    api_version: Option<String>,
    region: Option<String>,
    project: Option<String>,
    location: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKey {
    env: Option<String>,
    value: Option<String>,
    injected: Option<bool>,
}

/// A model: an id or a pattern alone, or an object.
struct Model {
    id: String,
    target: Option<String>,
    created: Option<u64>,
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            id: String,
            target: Option<String>,
            created: Option<u64>,
        }
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Model;
            fn expecting(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                out.write_str("a model id, or an object with `id` and `target`")
            }
            fn visit_str<E>(self, id: &str) -> Result<Model, E> {
                Ok(Model { id: id.to_owned(), target: None, created: None })
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Model, A::Error> {
                let Fields { id, target, created } =
                    Fields::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Model { id, target, created })
            }
        }
        input.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitSettings {
    body_bytes: u64,
    event_bytes: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { body_bytes: 32 << 20, event_bytes: 1 << 20 }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Policy {
    #[default]
    Drop,
    Reject,
}

/// Reads the configuration.
///
/// # Errors
/// One sentence that starts with the path of what is wrong.
pub fn load(text: &[u8], environment: Environment<'_>) -> Result<Gateway, String> {
    let unwrapped;
    let text = if text.first().is_some_and(|first| *first == b'\n') {
        unwrapped = protobuf::to_json(text).map(|json| json.to_string());
        unwrapped.as_deref().map_or(text, str::as_bytes)
    } else {
        text
    };
    let mut input = serde_json::Deserializer::from_slice(text);
    let root: Root = serde_path_to_error::deserialize(&mut input).map_err(|fault| {
        let (path, fault) = (fault.path().to_string(), without_value(&fault.inner().to_string()));
        if path == "." { format!("configuration: {fault}") } else { format!("{path}: {fault}") }
    })?;
    input.end().map_err(|fault| format!("configuration: {fault}"))?;

    let base_path = root.base_path.trim_end_matches('/').to_owned();
    if !path::is_base(&base_path) {
        return Err(format!("base_path: {}", path::BASE));
    }
    let keys = root.keys.into_iter().enumerate().map(|(index, key)| client_key(index, key));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let mut upstreams = BTreeMap::new();
    for (id, settings) in root.providers {
        let upstream = provider(&id, settings.unwrap_or_default(), environment)?;
        upstreams.insert(id, upstream);
    }
    let mut garden = Garden::new(upstreams);
    match root.models {
        None => garden.open(),
        Some(models) => {
            for (index, model) in models.iter().enumerate() {
                garden
                    .add(&model.id, model.target.as_deref(), model.created)
                    .map_err(|fault| format!("models[{index}]: {fault}"))?;
            }
        }
    }
    garden.finish();
    Ok(Gateway::new(
        base_path,
        Keys::new(keys),
        garden,
        Limits {
            body_bytes: limit("body_bytes", root.limits.body_bytes)?,
            event_bytes: limit("event_bytes", root.limits.event_bytes)?,
        },
        match root.unsupported_params {
            Policy::Drop => Unsupported::Drop,
            Policy::Reject => Unsupported::Reject,
        },
    ))
}

/// What serde says, without the text that it found: it may be a key in the wrong place.
fn without_value(fault: &str) -> String {
    let parts = fault.split_once("string \"").zip(fault.rsplit_once("\", expected"));
    match parts {
        Some(((before, _), (_, after))) => format!("{before}string, expected{after}"),
        None => fault.to_owned(),
    }
}

fn limit(name: &str, bytes: u64) -> Result<usize, String> {
    // A body and its copy must fit into the module's memory, of which there is 1 GiB.
    const MOST: u64 = 256 << 20;
    if !(1024..=MOST).contains(&bytes) {
        return Err(format!("limits.{name}: must be from 1024 to {MOST} bytes"));
    }
    usize::try_from(bytes).map_err(|_| format!("limits.{name}: is too large"))
}

fn client_key(index: usize, key: ClientKey) -> Result<Key, String> {
    let at = |field: &str, fault: &str| format!("keys[{index}].{field}: {fault}");
    if key.id.is_empty() {
        return Err(at("id", "must not be empty"));
    }
    let sha256 = hash(&key.sha256).ok_or_else(|| at("sha256", "must be 64 hexadecimal digits"))?;
    let pattern = |(n, text): (usize, &String)| {
        Pattern::parse(text).ok_or_else(|| at(&format!("models[{n}]"), "a `*` can stand only at the end"))
    };
    let models = key.models.map(|list| list.iter().enumerate().map(pattern).collect()).transpose()?;
    let end =
        |text: String| seconds(&text).ok_or_else(|| at("expires_at", "must be like 2027-01-01T00:00:00Z"));
    let expires_at = key.expires_at.map(end).transpose()?;
    Ok(Key { id: key.id, sha256, models, expires_at })
}

fn hash(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let pair =
            core::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

/// Seconds from 1970 to an RFC 3339 time in UTC, written with `Z`.
fn seconds(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let digits = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
    };
    let mut date = date.split('-').map(digits);
    let mut time = time.split(':').map(digits);
    let mut date = || date.next().flatten();
    let mut time = || time.next().flatten();
    let (year, month, day) = (date()?, date()?, date()?);
    let (hour, minute, second) = (time()?, time()?, time()?);
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    if !fits {
        return None;
    }
    // Days since 1970 in the proleptic Gregorian calendar, with years that start in March, so that
    // the leap day is a year's last.
    let (y, m) =
        if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
    let days = y
        .checked_mul(365)?
        .checked_add(y / 4)?
        .checked_sub(y / 100)?
        .checked_add(y / 400)?
        .checked_add(m.checked_mul(153)?.checked_add(2)? / 5)?
        .checked_add(day)?
        .checked_sub(719_469)?;
    days.checked_mul(86_400)?
        .checked_add(hour.checked_mul(3600)?)?
        .checked_add(minute.checked_mul(60)?)?
        .checked_add(second)
}

fn provider(id: &str, settings: ProviderSettings, environment: Environment<'_>) -> Result<Upstream, String> {
    let at = |field: &str, fault: &str| format!("providers.{id}.{field}: {fault}");
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err("providers: an id must be letters, digits, `-`, `_` and `.`".to_owned());
    }
    let row = match (table::find(id), &settings.dialect) {
        (Some(_), Some(_)) => {
            return Err(at("dialect", "this provider has its own; choose another id for yours"));
        }
        (Some(row), None) => row,
        (None, Some(name)) => {
            let fault = || format!("must be one of: {}", dialect::ids().collect::<Vec<_>>().join(", "));
            dialect::find(name).ok_or_else(|| at("dialect", &fault()))?.server()
        }
        (None, None) => {
            return Err(format!(
                "providers.{id}: there is no such provider; for one of your own say its `dialect` and `host`"
            ));
        }
    };
    let key = settings.api_key.map(|key| secret(key, environment)).transpose();
    let key = key.map_err(|(field, fault)| at(&format!("api_key{field}"), &fault))?.flatten();
    let settings = Settings {
        cluster: settings.cluster,
        clusters: settings.clusters.into_iter().collect(),
        host: settings.host,
        base_path: settings.base_path,
        headers: settings.headers.into_iter().collect(),
        key,
        api_version: settings.api_version,
        places: [("region", settings.region), ("project", settings.project), ("location", settings.location)]
            .into_iter()
            .filter_map(|(name, place)| Some((name, place?)))
            .collect(),
    };
    Upstream::new(id, row, settings).map_err(|(field, fault)| at(field, &fault))
}

fn secret(key: ApiKey, environment: Environment<'_>) -> Result<Option<String>, (&'static str, String)> {
    match (key.env, key.value, key.injected) {
        (Some(name), None, None) => match environment(&name) {
            Some(value) if !value.trim().is_empty() => Ok(Some(value.trim().to_owned())),
            _ => Err((
                ".env",
                format!(
                    "the environment variable {name} is not set; set it for Envoy and name it under \
                     vm_config.environment_variables.host_env_keys"
                ),
            )),
        },
        (None, Some(value), None) => Ok(Some(value)),
        (None, None, Some(true)) => Ok(None),
        _ => Err(("", "must have exactly one of `env`, `value` and `injected: true`".to_owned())),
    }
}

#[cfg(test)]
mod tests;
