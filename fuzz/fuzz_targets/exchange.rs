//! Whole exchanges. The input is a golden file (tests/golden), mutated: its sections `client` and
//! `reply` are used. Its first line, the note, chooses: the bytes behind `# ` are the lengths of the
//! answer's pieces, and the first of them further chances (see `Plan`). A reply's start line may
//! name Envoy's `response.code_details` behind the status.

#![no_main]

mod common;

use common::{assert_error, contains, first_line, is_json, members, pieces};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::config;
use orq_ai_proxy::dialect::openai::error::is_openais;
use orq_ai_proxy::endpoint::{Asked, Endpoint};
use orq_ai_proxy::exchange::{Exchange, Forward, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::orq;
use orq_ai_proxy::provider::{Change, Upstream};
use orq_ai_proxy::wire::json::{Kind, Object, kind, string};
use orq_ai_proxy::wire::multipart::{Form, boundary};
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
            Step::Continue(_) => panic!("a body is waited for"),
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
    // Other languages have targets of their own: here they must bear it.
    if is_translated(&gateway, &client, &forward) {
        assert!(is_json(&forward.body));
        answer(exchange, &reply, &[&reply.body], &plan);
        return;
    }
    let dropped = went_up(&gateway, &client, &forward);

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

fn target<'g>(gateway: &'g Gateway, id: &str) -> Option<(&'g Upstream, String)> {
    let target = if id == "fast" { "groq/llama-3.3-70b-versatile" } else { id };
    let (provider, model) = target.split_once('/')?;
    Some((gateway.garden.providers().get(provider)?, model.to_owned()))
}

fn is_translated(gateway: &Gateway, client: &Message, forward: &Forward) -> bool {
    let cluster = forward.headers.text("x-orq-cluster").expect("a cluster");
    let upstream = gateway.garden.providers().values().find(|upstream| upstream.cluster == cluster);
    let path = client.start.split([' ', '?']).nth(1).unwrap_or_default();
    let Asked::Endpoint(endpoint, _) =
        Endpoint::asked("POST", path.strip_prefix(gateway.base_path.as_str()).unwrap_or_default())
    else {
        return false;
    };
    // A provider's routes of one endpoint are all translated or none.
    let route = upstream.and_then(|upstream| upstream.route(endpoint, "claude-x"));
    route.is_some_and(|route| route.dialect.id() != "openai")
}

/// What goes up is what came, but for what the proxy says it changes. The parameters that must be
/// named as dropped.
fn went_up(gateway: &Gateway, client: &Message, forward: &Forward) -> Vec<String> {
    let list = forward.headers.as_slice();
    check_headers(list);
    assert_eq!(forward.headers.text("content-length"), Some(forward.body.len().to_string().as_str()));
    let path = client.start.split_once(' ').map_or("", |(_, path)| path);
    let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
    let below = path.strip_prefix(gateway.base_path.as_str()).expect("a path of the API");
    let Asked::Endpoint(endpoint, _) = Endpoint::asked("POST", below) else {
        panic!("{path} is no endpoint")
    };

    let content_type = client.headers.iter().find(|(name, _)| name == "content-type");
    let content_type = content_type.map(|(_, value)| String::from_utf8_lossy(value)).unwrap_or_default();
    let form = content_type.trim_start().to_ascii_lowercase().starts_with("multipart");
    let (upstream, dropped) = if form {
        let boundary = boundary(&content_type).expect("a boundary");
        (form_went_up(gateway, &boundary, client, forward), Vec::new())
    } else {
        json_went_up(gateway, endpoint, client, forward)
    };

    assert_eq!(forward.headers.text(":authority"), Some(upstream.authority.as_str()));
    assert_eq!(forward.headers.text("x-orq-cluster"), Some(upstream.cluster.as_str()));
    let own =
        |name: &str| upstream.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice());
    for (name, value) in list {
        let kept_back =
            ["authorization", "api-key", "x-api-key", "cookie", "accept-encoding", "via", "forwarded"];
        if kept_back.contains(&name.as_str()) {
            assert_eq!(own(name), Some(value.as_slice()), "{name} goes up");
        }
        assert!(!name.starts_with("x-orq-") || name == "x-orq-cluster", "{name} goes up");
        assert!(!name.starts_with("x-envoy-"), "{name} goes up");
    }
    let path = forward.headers.text(":path").expect("a path");
    let before = path.strip_suffix(query).unwrap_or(path);
    assert!(before.starts_with('/') && before.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    assert!(
        before.split(['?', '#']).next().is_some_and(|path| !path.split('/').any(|s| s == "..")),
        "{path}"
    );
    dropped
}

fn form_went_up<'g>(
    gateway: &'g Gateway,
    boundary: &str,
    client: &Message,
    forward: &Forward,
) -> &'g Upstream {
    let read = |form: Form<'_>| -> Vec<(String, Vec<u8>)> {
        form.parts().iter().map(|part| (part.name.to_string(), form.content(part).to_vec())).collect()
    };
    let before = read(Form::parse(&client.body, boundary).expect("a form"));
    let after = read(Form::parse(&forward.body, boundary).expect("a form goes up"));
    let model = before.iter().find(|(name, _)| name == "model").expect("a model");
    let (upstream, model) = target(gateway, std::str::from_utf8(&model.1).expect("UTF-8")).expect("a target");
    let expected = before.into_iter().filter(|(name, _)| !orq::is_own(name));
    let expected =
        expected.map(
            |(name, content)| {
                if name == "model" { (name, model.clone().into_bytes()) } else { (name, content) }
            },
        );
    assert_eq!(after, expected.collect::<Vec<_>>());
    upstream
}

fn json_went_up<'g>(
    gateway: &'g Gateway,
    endpoint: Endpoint,
    client: &Message,
    forward: &Forward,
) -> (&'g Upstream, Vec<String>) {
    let body = String::from_utf8_lossy(&forward.body);
    let before = members(&client.body).expect("an object");
    let after = members(&forward.body).unwrap_or_else(|| panic!("no object goes up: {body}"));
    assert!(!before.twice && !after.twice, "{body}");
    let id = string(before.map["model"].get()).expect("a model");
    let (upstream, model) = target(gateway, &id).expect("a target");
    assert_eq!(string(after.map["model"].get()).as_deref(), Some(model.as_str()), "{body}");
    let own = |name: &str| orq::is_own(name) && !upstream.own_params.contains(&name);
    let quirks: Vec<_> = upstream.quirks(endpoint, &model).map(|quirk| quirk.change).collect();
    let before_as = |name: &str| before.map.get(name).map(|value| value.get());
    // What goes up under a name that the client did not use, or with another value, has its reason.
    for (name, value) in after.map.iter().filter(|(name, _)| *name != "model") {
        assert!(!own(name), "{name} goes up: {body}");
        if before_as(name) == Some(value.get()) {
            continue;
        }
        let explained = quirks.iter().any(|change| match change {
            Change::Rename { from, to } => to == name && before_as(from) == Some(value.get()),
            Change::Clamp { param, min, max } => {
                param == name && value.get().parse::<f64>().is_ok_and(|value| (*min..=*max).contains(&value))
            }
            Change::DeveloperAsSystem => {
                name == "messages"
                    && same_but_for_the_role(before_as("messages").unwrap_or_default(), value.get())
            }
            Change::Unsupported(_) => false,
        });
        assert!(explained, "{name} is {value}: {body}");
    }
    // What does not go up is told.
    let mut dropped = Vec::new();
    for (name, value) in &before.map {
        let renamed = |change: &Change| match change {
            Change::Rename { from, to } => {
                from == name && before_as(to).is_none() && after.map.contains_key(*to)
            }
            _ => false,
        };
        if after.map.contains_key(name) || quirks.iter().any(renamed) {
            continue;
        }
        let rejected = quirks.iter().any(|change| match change {
            Change::Unsupported(param) => param == name,
            Change::Rename { from, .. } => from == name,
            _ => false,
        });
        assert!(own(name) || rejected, "{name} is lost: {body}");
        if !own(name) && value.get() != "null" {
            dropped.push(name.clone());
        }
    }
    (upstream, dropped)
}

fn same_but_for_the_role(before: &str, after: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    // Half surrogates, huge numbers and deep nests are beyond a `Value`.
    let (Some(mut before), Some(after)) = (read(before), read(after)) else { return true };
    let Some(list) = before.as_array_mut() else { return false };
    for message in list {
        if message["role"] == "developer" {
            message["role"] = "system".into();
        }
    }
    before == after
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
        Head::Continue(headers) => (headers.unwrap_or(list), false),
        Head::Hold => (list, true),
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
        let step = exchange.answer_piece(held.len(), end, || {
            asked += 1;
            held.clone()
        });
        assert!(asked <= 1);
        match step {
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
    let cluster = forward.headers.text("x-orq-cluster").expect("a cluster");
    let upstream =
        gateway.garden.providers().values().find(|upstream| upstream.cluster == cluster).expect("one");
    let told = status(&outcome.headers);
    assert_eq!(list.get("x-orq-provider"), Some(upstream.id.as_bytes()));
    let named = list.text("x-orq-dropped-params").unwrap_or_default();
    for name in dropped.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic())) {
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
    if media_type != "text/event-stream" {
        assert_eq!(outcome.body, reply.body, "a success that is changed");
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
