//! Requests of the endpoints beside chats, to every provider. The input's first line is `<path> <boundary>`: the path
//! below the proxy's own, and that of a form or nothing; a `!` behind it asks a gateway that refuses what it would drop.
//! Behind the line stands the body, which names its model.
//!
//! What does not go up is refused with OpenAI's error object; what does is JSON, a form that can be read, or the client's
//! file, at a path below the provider's own.

#![no_main]

mod common;

use common::{assert_error, first_line, is_json, members};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::config;
use orq_ai_proxy::dialect::Ask;
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::exchange::{Head, Piece, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::provider::Upstream;
use orq_ai_proxy::wire::multipart::{Form, boundary};
use std::rc::Rc;

const CONFIG: &str = include_str!("../../tests/golden/config.json");

const ENDPOINTS: [Endpoint; 9] = [
    Endpoint::Embeddings,
    Endpoint::Rerank,
    Endpoint::Moderations,
    Endpoint::ImageGenerations,
    Endpoint::ImageEdits,
    Endpoint::ImageVariations,
    Endpoint::Speech,
    Endpoint::Transcriptions,
    Endpoint::Translations,
];

thread_local! {
    /// The goldens' own, and a strict one.
    static GATEWAYS: [Rc<Gateway>; 2] = [
        CONFIG.to_owned(),
        CONFIG.replacen('{', r#"{"unsupported_params": "reject","#, 1),
    ]
    .map(|text| Rc::new(config::load(text.as_bytes(), &|_| None).expect("a configuration")));
}

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    let Ok(line) = std::str::from_utf8(line) else { return };
    let (line, strict) = line.strip_suffix('!').map_or((line, false), |line| (line, true));
    let (path, own) = line.split_once(' ').unwrap_or((line, ""));
    let Some(endpoint) = ENDPOINTS.into_iter().find(|endpoint| endpoint.path() == path) else { return };
    if body.is_empty() || own.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return;
    }
    let content_type = match own {
        "" => "application/json".to_owned(),
        own => format!("multipart/form-data; boundary={own}"),
    };
    // `\r` at a line's end, as the goldens write forms.
    let body = if own.is_empty() { body.to_vec() } else { unescaped(body) };
    run(endpoint, &content_type, body, strict);
});

fn unescaped(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, behind @ ..] = rest {
        if let Some(behind) = rest.strip_prefix(b"\\r\n") {
            out.extend_from_slice(b"\r\n");
            rest = behind;
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

fn headers(list: &[(&str, &str)]) -> Headers {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    list.iter().map(own).collect::<Vec<_>>().into()
}

fn run(endpoint: Endpoint, content_type: &str, body: Vec<u8>, strict: bool) {
    let gateway = GATEWAYS.with(|all| Rc::clone(&all[usize::from(strict)]));
    let mut exchange = gateway.exchange();
    let client = headers(&[
        (":method", "POST"),
        (":path", &format!("/v2/proxy{}", endpoint.path())),
        ("authorization", "Bearer sk-orq-demo"),
        ("content-type", content_type),
    ]);
    match exchange.request_headers(client, false, || 0) {
        Step::Buffer => {}
        Step::Reply(reply) => {
            assert!((400..500).contains(&reply.status), "{}", reply.status);
            return assert_error(&reply.body);
        }
        Step::Continue(_) => panic!("a body is waited for"),
    }
    let forward = match exchange.request_body(body, || 1_735_689_600) {
        Ok(forward) => forward,
        Err(reply) => {
            assert!(matches!(reply.status, 400 | 404), "{}: {:?}", reply.status, reply.body);
            return assert_error(&reply.body);
        }
    };
    let sent = forward.body.bytes(&forward.client);
    let shown = String::from_utf8_lossy(&sent);
    assert_eq!(forward.body.length(), sent.len());
    assert_eq!(forward.headers.text("content-length"), Some(sent.len().to_string().as_str()));
    if let Some((mut beginning, kept)) = forward.body.beginning(&forward.client) {
        beginning.extend_from_slice(&forward.client[kept..]);
        assert_eq!(beginning, sent, "what stays in Envoy's buffer is another body");
    }
    for (name, value) in forward.headers.as_slice() {
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name} holds a line end");
    }
    let content_type = forward.headers.text("content-type").expect("a content type");
    if content_type == "application/json" {
        assert!(is_json(&sent), "no JSON goes up: {shown}");
        assert!(members(&sent).is_none_or(|members| !members.twice), "a name stands twice: {shown}");
    } else if content_type.starts_with("multipart/") {
        let boundary = boundary(content_type).expect("a boundary");
        let form = Form::parse(&sent, &boundary).unwrap_or_else(|fault| panic!("{fault:?}: {shown}"));
        // What follows the end of a form would not be read.
        assert!(!form.parts().is_empty(), "{shown}");
    }
    is_path(&gateway, endpoint, &forward.headers);
    fails(exchange);
}

/// It lies below the base path of a provider of that cluster, and cannot leave it.
fn is_path(gateway: &Gateway, endpoint: Endpoint, headers: &Headers) {
    let path = headers.text(":path").expect("a path");
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{path}");
    let cluster = headers.text("x-orq-cluster").expect("a cluster");
    let begins = |upstream: &&Upstream| {
        let root = Ask { path: Some("/"), ..Ask::default() };
        let route = upstream.route(endpoint, "");
        route.is_none_or(|route| {
            let root = upstream.asked_path(route, "", &root);
            path.starts_with(root.split('?').next().unwrap_or_default())
        })
    };
    let mut upstreams = gateway.garden.providers().values().filter(|upstream| upstream.cluster == cluster);
    assert!(upstreams.find(begins).is_some(), "{path}");
    let before = path.split('?').next().unwrap_or_default();
    let is_dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    assert!(!before.split('/').any(is_dots), "{path}");
}

/// An error of the provider comes down as OpenAI's.
fn fails(mut exchange: orq_ai_proxy::exchange::Exchange) {
    let answer = headers(&[(":status", "400"), ("content-type", "application/json")]);
    assert!(matches!(exchange.answer_headers(answer, false, || None), Head::Hold));
    let body = br#"{"message":"bad \"x\"","code":7,"object":"error"}"#;
    match exchange.answer_piece(body.len(), true, || body.to_vec()) {
        Piece::Release(_, Some(body)) => assert_error(&body),
        other => panic!("{other:?}"),
    }
}
