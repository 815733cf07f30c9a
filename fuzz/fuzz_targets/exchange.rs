//! Whole exchanges. The input is a golden file (tests/golden), mutated: its sections `client` and
//! `reply` are used. Its first line, the note, chooses: the bytes behind `# ` are the lengths of the
//! answer's pieces, and the first of them further chances (see `Plan`). A reply's start line may
//! name Envoy's `response.code_details` behind the status.
//!
//! What is said in another language, or told as a chat, must only be borne here: it has targets of its own.

#![no_main]

mod common;

use common::{Members, assert_error, contains, first_line, is_json, members, pieces};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::dialect::openai::error::is_openais;
use orq_ai_proxy::endpoint::{Asked, Endpoint};
use orq_ai_proxy::exchange::{Exchange, Forward, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::orq;
use orq_ai_proxy::provider::{
    Change, Given, Replay, Route, Search, Thinking, Upstream, default_model, table,
};
use orq_ai_proxy::surface::embeddings::NAMES;
use orq_ai_proxy::wire::json::{Kind, Object, kind, string};
use orq_ai_proxy::wire::multipart::{Form, boundary};
use orq_ai_proxy::wire::outgoing::Outgoing;
use orq_ai_proxy::{config, dialect};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::iter;
use std::rc::Rc;

const CONFIG: &str = include_str!("../../tests/golden/config.json");

thread_local! {
    /// The goldens' own, a strict one, and one with the least limits.
    static GATEWAYS: [Rc<Gateway>; 3] = [
        CONFIG.to_owned(),
        CONFIG.replacen('{', r#"{"unsupported_params": "reject","#, 1),
        CONFIG.replacen('{', r#"{"limits": {"body_bytes": 1024, "event_bytes": 1024},"#, 1),
    ]
    .map(|text| Rc::new(config::load(text.as_bytes(), &|_| None).expect("a configuration")));
}

type List = Vec<(String, Vec<u8>)>;

#[derive(Clone, Debug, Default)]
struct Message {
    start: String,
    headers: List,
    body: Vec<u8>,
}

/// What the note says.
struct Plan<'a> {
    gateway: usize,
    /// The last piece carries the end, instead of an empty one behind it.
    ends_with_last: bool,
    lengths: &'a [u8],
}

fn sections(data: &[u8]) -> (Plan<'_>, Option<Message>, Option<Message>) {
    let (note, _) = first_line(data);
    let lengths = note.strip_prefix(b"# ").unwrap_or(note);
    let flags = lengths.first().map_or(0, |byte| byte.wrapping_sub(b'A'));
    let plan = Plan { gateway: usize::from(flags % 8).min(2) % 3, ends_with_last: flags & 8 != 0, lengths };
    let mut starts: Vec<usize> =
        data.windows(4).enumerate().filter(|(_, w)| *w == b"\n== ").map(|(at, _)| at).collect();
    starts.push(data.len());
    let (mut client, mut reply) = (None, None);
    for pair in starts.windows(2) {
        let (name, text) = first_line(&data[pair[0] + 4..pair[1]]);
        match name {
            b"client" => client = Some(message(text)),
            b"reply" => reply = Some(message(text)),
            _ => {}
        }
    }
    (plan, client, reply)
}

/// As Envoy has it: names in lower case, values without line ends and NUL.
fn message(text: &[u8]) -> Message {
    let (start, mut rest) = first_line(text);
    let mut headers = Vec::new();
    loop {
        let (line, behind) = first_line(rest);
        if line.is_empty() {
            let body = if rest.first() == Some(&b'\n') { behind } else { b"" };
            let mut unescaped = Vec::with_capacity(body.len());
            let mut at = 0;
            while at < body.len() {
                // `\r` at a line's end, as the goldens write forms.
                if body[at..].starts_with(b"\\r\n") {
                    unescaped.extend_from_slice(b"\r\n");
                    at += 3;
                } else {
                    unescaped.push(body[at]);
                    at += 1;
                }
            }
            return Message { start: String::from_utf8_lossy(start).into_owned(), headers, body: unescaped };
        }
        rest = behind;
        let Some(colon) = line.iter().skip(1).position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..=colon], line[colon + 2..].trim_ascii());
        let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let known = name == b":authority" || name.iter().all(token);
        // Nor has it two lengths.
        let twice = name == b"content-length" && headers.iter().any(|(name, _)| name == "content-length");
        if known && !twice && !value.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            headers.push((String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()));
        }
    }
}

/// What the client got.
#[derive(Debug, PartialEq)]
struct Outcome {
    headers: List,
    body: Vec<u8>,
    record: Option<String>,
}

fn replied(reply: Reply) -> Outcome {
    let status = (":status".to_owned(), reply.status.to_string().into_bytes());
    let rest = reply.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let outcome =
        Outcome { headers: [status].into_iter().chain(rest).collect(), body: reply.body, record: None };
    check_headers(&outcome.headers);
    outcome
}

fn status(list: &[(String, Vec<u8>)]) -> u16 {
    let found = list.iter().find(|(name, _)| name == ":status");
    found.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(0)
}

fn check_headers(list: &[(String, Vec<u8>)]) {
    for (name, value) in list {
        assert!(!name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name}");
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name} holds a line end");
    }
    for name in [":status", "content-type", "content-length"] {
        let own = list.iter().filter(|(key, _)| key == name).count();
        assert!(own <= 1 || name == "content-type", "{name} stands {own} times");
    }
}

fuzz_target!(|data: &[u8]| {
    let (plan, client, reply) = sections(data);
    let Some(client) = client else { return };
    // Envoy's codecs refuse such a path.
    if !client.start.split(' ').all(|word| word.bytes().all(|byte| byte > b' ' && byte != 0x7f)) {
        return;
    }
    let gateway = GATEWAYS.with(|all| Rc::clone(&all[plan.gateway]));
    let reply = reply.unwrap_or_default();
    let start = |exchange: &mut Exchange| -> Result<Forward, Reply> {
        let (method, path) = client.start.split_once(' ').unwrap_or(("", &client.start));
        let mut list: List = vec![(":method".into(), method.into()), (":path".into(), path.into())];
        list.extend(client.headers.iter().cloned());
        match exchange.request_headers(list.into(), client.body.is_empty(), || 0) {
            Step::Reply(reply) => return Err(reply),
            Step::Buffer => {}
            // A response that the provider keeps; what body there is passes.
            Step::Continue(headers) => {
                let body = Outgoing::of_client(client.body.len());
                return Ok(Forward { headers, body, client: client.body.clone() });
            }
        }
        if client.body.len() > exchange.body_limit() {
            let error = exchange.too_large();
            return Err(exchange.refuse(&error));
        }
        exchange.request_body(client.body.clone(), || 0)
    };
    let mut exchange = gateway.exchange();
    let forward = match start(&mut exchange) {
        Ok(forward) => forward,
        Err(reply) => return refused(replied(reply), &mut exchange),
    };
    if route(&gateway, &client, &forward).is_none_or(|route| route.dialect.id() != "openai") {
        let sent = sent(&forward);
        assert_eq!(forward.headers.text("content-length"), Some(sent.len().to_string().as_str()));
        if forward.headers.text("content-type") == Some("application/json") {
            assert!(is_json(&sent), "{}", String::from_utf8_lossy(&sent));
        }
        answer(exchange, &reply, &[&reply.body], &plan);
        return;
    }
    let dropped = match asked(&gateway, &client) {
        Asked::Stored(_) => {
            kept_went_up(&gateway, &client, &forward);
            Vec::new()
        }
        _ => went_up(&gateway, &client, &forward),
    };

    let whole = answer(exchange, &reply, &[&reply.body], &plan);
    came_down(&gateway, &client, &forward, &reply, &whole, &dropped, &plan);
    // Events over the limit are looked into or not, after how they are cut: the least limits are there
    // for panics alone. An answer that has no body at all has no pieces either.
    if plan.gateway == 2 || reply.body.is_empty() {
        return;
    }
    for pieces in [pieces(plan.lengths, &reply.body), reply.body.chunks(1).collect()] {
        let mut exchange = gateway.exchange();
        assert_eq!(start(&mut exchange).ok().as_ref(), Some(&forward));
        let other = answer(exchange, &reply, &pieces, &plan);
        if whole != other {
            panic!(
                "in {} pieces it is another answer:\n{:?}\n{}\nwhole:\n{:?}\n{}",
                pieces.len(),
                (&other.headers, &other.record),
                String::from_utf8_lossy(&other.body),
                (&whole.headers, &whole.record),
                String::from_utf8_lossy(&whole.body),
            );
        }
    }
});

/// The proxy answers by itself: with a list, a model, or an error.
fn refused(outcome: Outcome, exchange: &mut Exchange) {
    match status(&outcome.headers) {
        200 => {
            let list: serde_json::Value = serde_json::from_slice(&outcome.body).expect("JSON");
            assert!(list["object"] == "list" && list["data"].is_array() || list["object"] == "model");
        }
        400..=599 => assert_error(&outcome.body),
        other => panic!("status {other}"),
    }
    // Envoy sends it through the filter, which leaves it alone.
    assert_eq!(exchange.answer_headers(outcome.headers.into(), false, || None), Head::Continue(None));
    assert_eq!(exchange.answer_piece(1, true, || vec![1]), Piece::Keep);
    assert_eq!(exchange.record(), None);
}

/// The bytes that go up.
fn sent(forward: &Forward) -> Vec<u8> {
    forward.body.bytes(&forward.client)
}

fn target<'g>(gateway: &'g Gateway, id: &str) -> Option<(&'g Upstream, String)> {
    let target = if id == "fast" { "groq/llama-3.3-70b-versatile" } else { id };
    let (provider, model) = target.split_once('/')?;
    Some((gateway.garden.providers().get(provider)?, model.to_owned()))
}

/// What a client asks for.
fn asked(gateway: &Gateway, client: &Message) -> Asked {
    let (method, path) = client.start.split_once(' ').unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    Endpoint::asked(method, path.strip_prefix(gateway.base_path.as_str()).unwrap_or_default())
}

fn upstream<'g>(gateway: &'g Gateway, forward: &Forward) -> &'g Upstream {
    let cluster = forward.headers.text("x-orq-cluster").expect("a cluster");
    let all = || gateway.garden.providers().values().filter(|upstream| upstream.cluster == cluster);
    // Two may share a cluster, and some routes have a host of their own.
    let authority = forward.headers.text(":authority").unwrap_or_default();
    let one = all().find(|upstream| upstream.authority == authority).or(all().next());
    one.expect("one of that cluster")
}

/// The route that a provider has for what a client asks; `None`: it is told as a chat.
fn route(gateway: &Gateway, client: &Message, forward: &Forward) -> Option<&'static Route> {
    let upstream = upstream(gateway, forward);
    let endpoint = match asked(gateway, client) {
        Asked::Endpoint(endpoint, _) => endpoint,
        _ => return upstream.route(Endpoint::StoredResponses, ""),
    };
    upstream.route(endpoint, &model(gateway, client, endpoint).unwrap_or_default())
}

/// The upstream model that a client names, in JSON or in a form, or that stands for none.
fn model(gateway: &Gateway, client: &Message, endpoint: Endpoint) -> Option<String> {
    let id = if let Some(boundary) = form_boundary(client) {
        let form = Form::parse(&client.body, &boundary).ok()?;
        let part = form.parts().iter().find(|part| part.name == "model")?;
        form.text(part).map(str::to_owned)
    } else {
        let body = members(&client.body)?;
        match body.map.get("model") {
            Some(model) => string(model.get()).map(String::from),
            None => default_model(endpoint).map(str::to_owned),
        }
    };
    target(gateway, &id?).map(|(_, model)| model)
}

/// The boundary of a client's form; `None`: it is no form.
fn form_boundary(client: &Message) -> Option<String> {
    let content_type = client.headers.iter().find(|(name, _)| name == "content-type");
    let content_type = content_type.map(|(_, value)| String::from_utf8_lossy(value)).unwrap_or_default();
    let is_form = content_type.trim_start().to_ascii_lowercase().starts_with("multipart");
    is_form.then(|| boundary(&content_type).expect("a boundary").into_owned())
}

/// What differs there for the model that a client names, and the provider.
fn differences<'g>(gateway: &'g Gateway, client: &Message, forward: &Forward) -> (Vec<Change>, &'g Upstream) {
    let upstream = upstream(gateway, forward);
    let Asked::Endpoint(endpoint, _) = asked(gateway, client) else { return (Vec::new(), upstream) };
    let model = model(gateway, client, endpoint).unwrap_or_default();
    (upstream.quirks(endpoint, &model).map(|quirk| quirk.change).collect(), upstream)
}

/// A request about a response that is kept goes to its own place, as it is.
fn kept_went_up(gateway: &Gateway, client: &Message, forward: &Forward) {
    let list = forward.headers.as_slice();
    check_headers(list);
    let (method, path) = client.start.split_once(' ').expect("a path");
    assert_eq!(forward.headers.text(":method"), Some(method));
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    addressed(upstream(gateway, forward), route(gateway, client, forward), forward);
    let below = path.split_once("/responses/").expect("a response").1;
    let sent = forward.headers.text(":path").expect("a path");
    let (sent, asked) = sent.split_once('?').map_or((sent, None), |(sent, query)| (sent, Some(query)));
    assert!(sent.ends_with(&format!("/responses/{below}")), "{sent}");
    assert!(asked.unwrap_or_default().ends_with(query.unwrap_or_default()), "{asked:?}");
}

/// What goes up is what came, but for what the proxy says it changes. The parameters that must be
/// named as dropped.
fn went_up(gateway: &Gateway, client: &Message, forward: &Forward) -> Vec<String> {
    let list = forward.headers.as_slice();
    check_headers(list);
    assert_eq!(forward.headers.text("content-length"), Some(sent(forward).len().to_string().as_str()));
    let path = client.start.split_once(' ').map_or("", |(_, path)| path);
    let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
    let below = path.strip_prefix(gateway.base_path.as_str()).expect("a path of the API");
    let Asked::Endpoint(endpoint, _) = Endpoint::asked("POST", below) else {
        panic!("{path} is no endpoint")
    };

    let (upstream, dropped) = match form_boundary(client) {
        Some(boundary) => form_went_up(gateway, &boundary, client, forward),
        None => json_went_up(gateway, endpoint, client, forward),
    };

    addressed(upstream, route(gateway, client, forward), forward);
    let path = forward.headers.text(":path").expect("a path");
    let before = path.strip_suffix(query).unwrap_or(path);
    assert!(before.starts_with('/') && before.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    assert!(
        before.split(['?', '#']).next().is_some_and(|path| !path.split('/').any(|s| s == "..")),
        "{path}"
    );
    dropped
}

/// It goes to the provider, with its key and none of the client's.
fn addressed(upstream: &Upstream, route: Option<&Route>, forward: &Forward) {
    let usual = (upstream.authority.as_str(), upstream.cluster.as_str());
    let (authority, cluster) = route.map_or(usual, |route| upstream.place(route));
    assert_eq!(forward.headers.text(":authority"), Some(authority));
    assert_eq!(forward.headers.text("x-orq-cluster"), Some(cluster));
    let own =
        |name: &str| upstream.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice());
    let other = route.and_then(|route| upstream.other_auth(route));
    for (name, value) in forward.headers.as_slice() {
        let kept_back =
            ["authorization", "api-key", "x-api-key", "cookie", "accept-encoding", "via", "forwarded"];
        if kept_back.contains(&name.as_str()) {
            let expected = match &other {
                Some((usual, _)) if usual == name => None,
                Some((_, (other, key))) if other == name => Some(key.as_bytes()),
                _ => own(name),
            };
            assert_eq!(expected, Some(value.as_slice()), "{name} goes up");
        }
        assert!(!name.starts_with("x-orq-") || name == "x-orq-cluster", "{name} goes up");
        assert!(!name.starts_with("x-envoy-"), "{name} goes up");
    }
}

/// The fields that go up are those that came, but for what the row says. The parameters that must be named as dropped.
fn form_went_up<'g>(
    gateway: &'g Gateway,
    boundary: &str,
    client: &Message,
    forward: &Forward,
) -> (&'g Upstream, Vec<String>) {
    let read = |form: Form<'_>| -> Vec<(String, Vec<u8>)> {
        form.parts().iter().map(|part| (part.name.to_string(), form.content(part).to_vec())).collect()
    };
    let before = read(Form::parse(&client.body, boundary).expect("a form"));
    let sent = sent(forward);
    let after = read(Form::parse(&sent, boundary).expect("a form goes up"));
    let model = before.iter().find(|(name, _)| name == "model").expect("a model");
    let (upstream, model) = target(gateway, std::str::from_utf8(&model.1).expect("UTF-8")).expect("a target");
    let (quirks, _) = differences(gateway, client, forward);
    if quirks.iter().any(|change| matches!(change, Change::Transcripts(_))) {
        // It is written anew, in fields that only the dialect's own tests know; the file is the client's.
        let files = |form: &[(String, Vec<u8>)]| -> Vec<Vec<u8>> {
            form.iter().filter(|(name, _)| name == "file").map(|(_, content)| content.clone()).collect()
        };
        assert_eq!(files(&before), files(&after));
        assert_eq!(after.iter().filter(|(name, _)| name == "model").count(), 1);
        assert!(after.contains(&("model".to_owned(), model.into_bytes())));
        return (upstream, Vec::new());
    }
    let mut dropped = Vec::new();
    let mut rest = after.iter().peekable();
    let param_of = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    for (name, content) in &before {
        let param = param_of(name);
        let is_own = orq::is_own(name) && !upstream.own_params.contains(&name.as_str());
        let renamed = quirks.iter().find_map(|change| match change {
            Change::Rename { from, to } if *from == param => Some(format!("{to}{}", &name[from.len()..])),
            _ => None,
        });
        let is_same = |(sent, value): &&(String, Vec<u8>)| {
            let clamped = || std::str::from_utf8(value).unwrap_or_default();
            (sent == name || renamed.as_ref() == Some(sent))
                && if name == "model" {
                    *value == model.as_bytes()
                } else {
                    value == content || quirks.iter().any(|change| is_clamped(change, &param, clamped()))
                }
        };
        if let Some((_, value)) = rest.next_if(|field| !is_own && is_same(field)) {
            if value != content && name != "model" {
                dropped.push(param);
            }
            continue;
        }
        let is_orqs = ORQ_FIELDS.contains(&param.as_str()) && !upstream.own_params.contains(&param.as_str());
        let takes = |change: &Change| match change {
            Change::Unsupported(gone) => *gone == param,
            Change::Rename { from, .. } => *from == param,
            Change::Only(known) => !known.contains(&param.as_str()),
            Change::Pictures(_) => name == "response_format",
            _ => false,
        };
        assert!(is_own || is_orqs || quirks.iter().any(takes), "{name} is lost");
        let stays = name == "response_format"
            && quirks.iter().any(|change| match change {
                Change::Pictures(Given::Urls) => content != b"b64_json",
                Change::Pictures(Given::Data) => true,
                _ => false,
            });
        if !is_own && !stays && !says_nothing(&param, content) {
            dropped.push(param);
        }
    }
    assert_eq!(rest.next(), None, "a field goes up that did not come, or in another place");
    (upstream, dropped)
}

/// Orq's parameters of transcriptions, which those go without that have no parameter of this name.
const ORQ_FIELDS: [&str; 5] =
    ["enable_logging", "diarize", "tag_audio_events", "num_speakers", "timestamps_granularity"];

/// Whether a field asks for what there is without it. Such a one need not be named.
fn says_nothing(param: &str, content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content).to_ascii_lowercase();
    match param {
        _ if text.is_empty() => true,
        "n" => text == "1",
        "stream" | "diarize" => text == "false",
        "enable_logging" | "tag_audio_events" => text == "true",
        "temperature" => text.parse() == Ok(0.0),
        _ => false,
    }
}

fn json_went_up<'g>(
    gateway: &'g Gateway,
    endpoint: Endpoint,
    client: &Message,
    forward: &Forward,
) -> (&'g Upstream, Vec<String>) {
    let sent = sent(forward);
    let body = String::from_utf8_lossy(&sent);
    let before = members(&client.body).expect("an object");
    let after = members(&sent).unwrap_or_else(|| panic!("no object goes up: {body}"));
    assert!(!before.twice && !after.twice, "{body}");
    let id = match before.map.get("model") {
        Some(model) => string(model.get()).expect("a model"),
        None => default_model(endpoint).expect("a model that stands for none").into(),
    };
    let (upstream, model) = target(gateway, &id).expect("a target");
    assert_eq!(string(after.map["model"].get()).as_deref(), Some(model.as_str()), "{body}");
    let own = |name: &str| orq::is_own(name) && !upstream.own_params.contains(&name);
    let quirks: Vec<_> = upstream.quirks(endpoint, &model).map(|quirk| quirk.change).collect();
    let asked = Request::new(&before.map, &quirks, upstream);
    let mut dropped = Vec::new();
    // What goes up under a name that the client did not use, or with another value, has its reason.
    for (name, value) in after.map.iter().filter(|(name, _)| *name != "model") {
        assert!(!own(name), "{name} goes up: {body}");
        let value = value.get();
        if asked.get(name) == Some(value)
            || asked.extras.iter().any(|(extra, sent)| extra == name && sent == value)
        {
            continue;
        }
        assert!(quirks.iter().any(|change| asked.explains(change, name, value)), "{name} is {value}: {body}");
        if quirks.iter().any(|change| matches!(change, Change::Clamp { param, .. } if param == name)) {
            dropped.push(name.clone());
        }
    }
    // What does not go up is told.
    for (name, value) in &before.map {
        let is_there = |param: &str| after.map.contains_key(param);
        let renamed = |change: &Change| match change {
            Change::Rename { from, to } => from == name && asked.get(to).is_none() && is_there(to),
            _ => false,
        };
        if is_there(name) || quirks.iter().any(renamed) {
            continue;
        }
        if is_extra(name, value.get()) {
            // Those of another provider, or of the language where the provider has its own.
            if name != asked.own {
                dropped.push(name.clone());
            }
            continue;
        }
        assert!(own(name) || quirks.iter().any(|change| asked.takes(change, name)), "{name} is lost: {body}");
        // These are said otherwise, or named by what of them is lost.
        let said = quirks.iter().any(|change| asked.says_otherwise(change, name));
        if !own(name) && !said && value.get() != "null" {
            dropped.push(name.clone());
        }
    }
    (upstream, dropped)
}

/// What a client asks for, and how the provider's form differs.
struct Request<'a> {
    params: &'a BTreeMap<String, &'a RawValue>,
    quirks: &'a [Change],
    /// The member with the provider's own parameters, and these.
    own: &'a str,
    extras: Vec<(String, String)>,
}

/// Whether a member holds parameters of one provider, or of those that speak one language.
fn is_extra(name: &str, value: &str) -> bool {
    value.starts_with('{')
        && (name == "openai" || table::find(name).is_some() || dialect::find(name).is_some())
}

impl<'a> Request<'a> {
    fn new(params: &'a BTreeMap<String, &'a RawValue>, quirks: &'a [Change], upstream: &'a Upstream) -> Self {
        let object =
            |name: &str| params.get(name).map(|value| value.get()).filter(|value| value.starts_with('{'));
        let own = if object(&upstream.id).is_some() { upstream.id.as_str() } else { "openai" };
        let inner = object(own).and_then(|extras| members(extras.as_bytes()));
        let inner = inner.map(|inner| inner.map).unwrap_or_default();
        let extras = inner.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect();
        Self { params, quirks, own, extras }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.params.get(name).map(|value| value.get())
    }

    fn is_asked(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "null")
    }

    /// Whether it is the first of its kind: others do not count.
    fn is_first(&self, change: &Change) -> bool {
        let same = |other: &&Change| std::mem::discriminant(*other) == std::mem::discriminant(change);
        self.quirks.iter().find(same) == Some(change)
    }

    /// Whether a difference is why this goes up.
    fn explains(&self, change: &Change, name: &str, value: &str) -> bool {
        // What is put in takes no place of what the client said.
        let puts = |param: &str| param == name && !self.is_asked(name);
        match change {
            Change::Rename { from, to } => {
                *to == name
                    && (self.get(from) == Some(value)
                        || self.quirks.iter().any(|change| is_clamped(change, from, value)))
            }
            Change::Clamp { .. } => is_clamped(change, name, value),
            Change::DeveloperAsSystem | Change::Reasoning(_) | Change::MessageMembers(_) | Change::Chunks => {
                name == "messages" && self.explains_messages(value)
            }
            Change::StrictTools => match name {
                "tools" => {
                    // What searches stands in front.
                    let count =
                        |text: &str| serde_json::from_str::<Vec<&RawValue>>(text).ok().map(|list| list.len());
                    let before = self.get(name).and_then(count);
                    count(value).is_none() || count(value) == before || self.is_asked("web_search_options")
                }
                "service_tier" => value == "\"standard_only\"",
                "tool_choice" | "response_format" | "prediction" => self.is_asked(name),
                _ => false,
            },
            Change::Thinking(form) if self.is_first(change) => match form {
                Thinking::Switch => {
                    let none = self.get("reasoning_effort") == Some("\"none\"");
                    name == "thinking" && (self.is_asked(name) || none)
                }
                _ if !self.is_asked("thinking") => false,
                Thinking::Effort { off, levels } => {
                    let word = string(value).unwrap_or_default();
                    puts("reasoning_effort") && levels.iter().chain(off).any(|level| word == *level)
                }
                Thinking::Flag => puts("enable_thinking") || puts("thinking_budget"),
                Thinking::Object { .. } => puts("reasoning"),
                Thinking::Template => puts("chat_template_kwargs"),
            },
            Change::Search(form) if self.is_first(change) && self.is_asked("web_search_options") => {
                match form {
                    Search::Native { off, .. } => name == "web_search_options" || off.is_some_and(puts),
                    Search::Tool(tool) | Search::Parameters(tool) => name == "tools" && value.contains(tool),
                    Search::Flag(flag) => puts(flag) && value == "true",
                    Search::Compound => false,
                }
            }
            Change::Purpose { words, usual } => {
                let mut said =
                    iter::once(words.name).chain(NAMES).filter(|name| self.is_asked(name)).peekable();
                let value = string(value).unwrap_or_default();
                *name == *words.name
                    && (usual.is_some_and(|usual| usual == value)
                        || said.any(|name| {
                            let word = self.get(name).and_then(string);
                            word.and_then(|word| words.word(name, word)).is_some_and(|word| word == value)
                        }))
            }
            Change::Speech(form) if self.is_first(change) => match name {
                "response_format" => {
                    let word = string(value).unwrap_or_default();
                    form.formats.iter().any(|(_, known)| *known == word)
                }
                "voice" => {
                    let voice = self.get(name).and_then(|voice| members(voice.as_bytes()));
                    voice.is_some_and(|voice| voice.map.get("id").is_some_and(|id| id.get() == value))
                }
                _ => form.pcm.iter().any(|(known, sent)| *known == name && *sent == value),
            },
            // These take out or refuse, and tools that are not the client's own are told by a chat alone.
            Change::Unsupported(_) | Change::Only(_) | Change::Runs(_) => false,
            Change::TextsAlone | Change::MostInputs(_) | Change::Vectors(_) | Change::Pictures(_) => false,
            Change::Thinking(_) | Change::Search(_) | Change::Speech(_) => false,
            // Forms alone.
            Change::Transcripts(_) => false,
        }
    }

    /// Whether a difference is why this does not go up.
    fn takes(&self, change: &Change, name: &str) -> bool {
        match change {
            Change::Unsupported(param) => *param == name,
            Change::Rename { from, .. } => *from == name,
            Change::Only(known) => !known.contains(&name) || !self.is_asked(name),
            Change::StrictTools => matches!(name, "tool_choice" | "service_tier"),
            Change::Purpose { words, .. } => name == words.name || NAMES.contains(&name),
            Change::Vectors(_) | Change::Speech(_) | Change::Pictures(_) => {
                self.says_otherwise(change, name)
                    || (name == "response_format" && matches!(change, Change::Pictures(_)))
            }
            Change::Thinking(_) | Change::Search(_) => {
                self.says_otherwise(change, name) || !self.is_asked(name)
            }
            _ => false,
        }
    }

    /// Whether what a parameter asks for is said in other words.
    fn says_otherwise(&self, change: &Change, name: &str) -> bool {
        match change {
            Change::Thinking(_) if name == "thinking" => true,
            Change::Thinking(form) => {
                *form == Thinking::Switch && name == "reasoning_effort" && self.get(name) == Some("\"none\"")
            }
            Change::Search(_) => name == "web_search_options",
            // The one that the provider's word came from; the others are named.
            Change::Purpose { words, .. } => {
                let mut said = iter::once(words.name).chain(NAMES).filter(|name| self.is_asked(name));
                let first = said.find(|name| {
                    let word = self.get(name).and_then(string);
                    word.is_some_and(|word| words.word(name, word).is_some())
                });
                first == Some(name)
            }
            // The proxy makes these of the answer.
            Change::Vectors(_) => {
                name == "encoding_format"
                    && matches!(self.get(name), None | Some("null" | "\"float\"" | "\"base64\""))
            }
            Change::Speech(_) => name == "stream_format",
            Change::Pictures(given) => {
                let word = self.get(name).and_then(string);
                name == "response_format"
                    && word.is_some_and(|word| *given == Given::Data || word != "b64_json")
            }
            // The usual pace.
            Change::Unsupported("speed") => {
                name == "speed" && self.get(name).is_some_and(|value| value.parse() == Ok(1.0))
            }
            // A search that is not wanted.
            Change::Unsupported("web_search_options") => {
                name == "web_search_options"
                    && self.get(name).and_then(|options| members(options.as_bytes())).is_some_and(|options| {
                        options.map.get("enabled").is_some_and(|enabled| enabled.get() == "false")
                    })
            }
            _ => false,
        }
    }

    /// Messages are as many as there were, each of its role, and of their members those differ that a difference is about.
    fn explains_messages(&self, after: &str) -> bool {
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        // Half surrogates, huge numbers and deep nests are beyond a `Value`.
        let (Some(before), Some(after)) = (self.get("messages").and_then(read), read(after)) else {
            return true;
        };
        let (Some(before), Some(after)) = (before.as_array(), after.as_array()) else { return false };
        before.len() == after.len()
            && before.iter().zip(after).all(|(before, after)| self.explains_message(before, after))
    }

    fn explains_message(&self, before: &Value, after: &Value) -> bool {
        let (Some(then), Some(now)) = (before.as_object(), after.as_object()) else { return before == after };
        let has = |change: &Change| self.quirks.contains(change);
        let role = then.get("role").and_then(Value::as_str).unwrap_or_default();
        let allowed = self.quirks.iter().find_map(|change| match change {
            Change::MessageMembers(members) => Some(*members),
            _ => None,
        });
        let replay = self.quirks.iter().find_map(|change| match change {
            Change::Reasoning(replay) if role == "assistant" => Some(*replay),
            _ => None,
        });
        let chunks = has(&Change::Chunks);
        let says_reasoning = ["reasoning", "reasoning_content"];
        let is_changed = |name: &str| match name {
            "role" => {
                role == "developer"
                    && has(&Change::DeveloperAsSystem)
                    && now.get(name) == Some(&"system".into())
            }
            "content" => {
                chunks || (role == "assistant" && (replay == Some(Replay::Chunk) || allowed.is_some()))
            }
            // Signatures come out of them.
            "tool_calls" => role == "assistant" && (chunks || allowed.is_some() || replay.is_some()),
            "tool_call_id" => chunks && role == "tool",
            "prefix" => chunks && role == "assistant" && now.get(name) == Some(&true.into()),
            "reasoning_details" => replay == Some(Replay::Details),
            name => {
                matches!(replay, Some(Replay::As(as_name)) if as_name == name)
                    || (replay == Some(Replay::Details) && name == "reasoning")
            }
        };
        let is_gone = |name: &str| {
            let own = ["reasoning_signature", "redacted_reasoning", "citations", "extra_content"];
            (replay.is_some() && (own.contains(&name) || says_reasoning.contains(&name)))
                || allowed.is_some_and(|allowed| {
                    !allowed.contains(&name)
                        || then[name].is_null()
                        || (chunks && name == "name" && role != "tool")
                })
        };
        now.iter().all(|(name, value)| then.get(name) == Some(value) || is_changed(name))
            && then.keys().all(|name| now.contains_key(name) || is_gone(name))
    }
}

fn is_clamped(change: &Change, name: &str, value: &str) -> bool {
    matches!(change, Change::Clamp { param, min, max }
        if *param == name && value.parse::<f64>().is_ok_and(|value| (*min..=*max).contains(&value)))
}

fn answer(mut exchange: Exchange, reply: &Message, pieces: &[&[u8]], plan: &Plan<'_>) -> Outcome {
    let (status, details) = reply.start.split_once(' ').unwrap_or((&reply.start, "via_upstream"));
    // Envoy takes no answer whose status is no number of three digits.
    let status = status.parse::<u16>().ok().filter(|status| (200..1000).contains(status)).unwrap_or(200);
    let mut list: List = vec![(":status".to_owned(), status.to_string().into_bytes())];
    list.extend(reply.headers.iter().filter(|(name, _)| !name.starts_with(':')).cloned());
    let list = Headers::from(list);
    let details = || Some(details.to_owned());
    let (mut headers, mut waits) = match exchange.answer_headers(list.clone(), reply.body.is_empty(), details)
    {
        Head::Reply(reply) => return replied(reply),
        Head::Continue(headers) => (headers.unwrap_or_else(|| list.clone()), false),
        Head::Hold => (list.clone(), true),
    };
    let (mut body, mut held) = (Vec::new(), Vec::new());
    let ends = plan.ends_with_last && !pieces.is_empty();
    let last = pieces.len().wrapping_sub(1);
    let steps = pieces.iter().enumerate().map(|(index, piece)| (*piece, ends && index == last));
    for (piece, end) in steps.chain((!ends && !reply.body.is_empty()).then_some((&b""[..], true))) {
        if reply.body.is_empty() {
            break;
        }
        held.extend_from_slice(piece);
        let mut asked = 0;
        let mut step = exchange.answer_piece(held.len(), end, || {
            asked += 1;
            held.clone()
        });
        // What is asked next gets the same answer.
        while let Piece::Follow(follow) = step {
            assert!(waits && end, "further calls are made for a whole answer");
            check_headers(follow.headers.as_slice());
            step = exchange.followed(list.clone(), &reply.body);
        }
        assert!(asked <= 1);
        match step {
            Piece::Follow(_) => unreachable!("it was followed"),
            Piece::Wait => {
                assert!(waits && !end, "what waits goes on at the end");
                continue;
            }
            Piece::Keep => {
                assert!(!waits, "a body before its headers");
                body.append(&mut held);
            }
            Piece::Replace(new) => {
                assert!(!waits, "a body before its headers");
                body.extend(new);
            }
            Piece::Release(new, replaced) => {
                assert!(waits, "headers go on once");
                waits = false;
                headers = new;
                body.extend(replaced.unwrap_or_else(|| held.clone()));
            }
        }
        held.clear();
    }
    assert!(!waits || reply.body.is_empty());
    check_headers(headers.as_slice());
    Outcome { headers: headers.as_slice().to_vec(), body, record: exchange.record() }
}

/// Of an answer that is brought to one form, all members are there, and the choices are as many.
fn mended(before: &[u8], after: &[u8]) {
    let shown = String::from_utf8_lossy(after);
    let (Some(before), Some(after)) = (members(before), members(after)) else {
        panic!("no object comes down: {shown}")
    };
    for (name, value) in &before.map {
        let now = after.map.get(name).unwrap_or_else(|| panic!("{name} is lost: {shown}"));
        let is_own = !["id", "object", "created", "model", "choices", "usage", "service_tier"]
            .contains(&name.as_str());
        assert!(!is_own || before.twice || now.get() == value.get(), "{name} is changed: {shown}");
    }
    // What is no list becomes an empty one.
    let count = |list: &Members<'_>| {
        let list =
            list.map.get("choices").and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
        list.map_or(0, |list| list.len())
    };
    assert_eq!(count(&before), count(&after), "{shown}");
}

/// Whether a success in OpenAI's language may come down in another form than it came.
fn is_written_anew(gateway: &Gateway, client: &Message, forward: &Forward) -> bool {
    let (quirks, upstream) = differences(gateway, client, forward);
    let said = |name: &str| {
        if let Some(boundary) = form_boundary(client) {
            let form = Form::parse(&client.body, &boundary).ok()?;
            let part = form.parts().iter().find(|part| part.name == name)?;
            return form.text(part).map(str::to_owned);
        }
        string(members(&client.body)?.map.get(name)?.get()).map(String::from)
    };
    // Vectors come in numbers or in base64, whatever the provider gives.
    let embeds = asked(gateway, client) == Asked::Endpoint(Endpoint::Embeddings, None);
    (embeds && upstream.extends_chat)
        || quirks.iter().any(|change| match change {
            Change::Transcripts(_) | Change::Speech(_) => true,
            Change::Pictures(Given::Data) => said("response_format").as_deref() == Some("url"),
            _ => false,
        })
}

fn came_down(
    gateway: &Gateway,
    client: &Message,
    forward: &Forward,
    reply: &Message,
    outcome: &Outcome,
    dropped: &[String],
    plan: &Plan<'_>,
) {
    let shown = String::from_utf8_lossy(&outcome.body);
    let list = Headers::from(outcome.headers.clone());
    for name in ["set-cookie", "alt-svc", "strict-transport-security", "openai-organization"] {
        assert_eq!(list.get(name), None);
    }
    if let Some(record) = &outcome.record {
        assert!(is_json(record.as_bytes()), "{record}");
    }
    let upstream = upstream(gateway, forward);
    let told = status(&outcome.headers);
    assert_eq!(list.get("x-orq-provider"), Some(upstream.id.as_bytes()));
    let named = list.text("x-orq-dropped-params").unwrap_or_default();
    // More than 32 end with this.
    let all = !named.ends_with(", ...");
    let is_shown = |name: &&String| name.len() <= 120 && name.bytes().all(|byte| byte.is_ascii_graphic());
    for name in dropped.iter().filter(|name| all && is_shown(name)) {
        assert!(named.split(", ").any(|other| other == name), "{name} is dropped in silence: {named}");
    }
    if told >= 400 {
        assert_error(&outcome.body);
        if let Some(length) = list.text("content-length") {
            assert_eq!(length, outcome.body.len().to_string());
        }
        if let Some(secret) = &upstream.secret {
            assert!(!contains(&outcome.body, secret.as_bytes()), "the provider's key comes down: {shown}");
        }
        assert_eq!(list.text("content-type"), Some("application/json"));
        return;
    }
    let content_type = list.text("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // A stream of a language that nobody speaks here: its end is told like that of events.
    if media_type == "application/vnd.amazon.eventstream" {
        return;
    }
    if media_type != "text/event-stream" {
        // Chats are brought to one form.
        let mends = upstream.extends_chat
            && asked(gateway, client) == Asked::Endpoint(Endpoint::ChatCompletions, None)
            && members(&reply.body).is_some_and(|reply| reply.map.contains_key("choices"));
        if mends {
            mended(&reply.body, &outcome.body);
        } else if is_written_anew(gateway, client, forward) {
            // The targets of those endpoints judge what stands in it.
            assert!(media_type != "application/json" || is_json(&outcome.body), "no JSON: {shown}");
            if let Some(length) = list.text("content-length") {
                assert_eq!(length, outcome.body.len().to_string());
            }
        } else {
            assert_eq!(outcome.body, reply.body, "a success that is changed");
        }
        // An error never comes as a success in JSON.
        if (media_type == "application/json" || media_type.ends_with("+json")) && plan.gateway != 2 {
            if let Ok(object) = Object::parse(&outcome.body) {
                let error = object.get("error").filter(|error| kind(error) == Kind::Object);
                assert!(error.is_none() || object.members().len() > 1, "an error as a success: {shown}");
            }
        }
        return;
    }
    if plan.gateway == 2 || reply.body.is_empty() {
        return;
    }
    let path = client.start.split_once(' ').map_or("", |(_, path)| path);
    assert!(
        common::ends(&outcome.body) <= common::ends(&reply.body).max(1),
        "the end is told twice: {shown}"
    );
    if path.contains("completions") {
        if let Ok(text) = std::str::from_utf8(&outcome.body) {
            let told = common::events(text).iter().any(|event| {
                let (_, data) = common::fields(event);
                data.is_some_and(|data| {
                    data.lines().any(|line| line == "[DONE]")
                        || Object::parse(data.as_bytes())
                            .is_ok_and(|object| object.get("error").is_some_and(is_openais))
                })
            });
            assert!(told, "the end is not told: {shown}");
        }
    }
}
