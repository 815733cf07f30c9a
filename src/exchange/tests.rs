//! What golden files do not show: configurations of their own, Envoy's own answers, limits.

use super::*;
use crate::config;
use serde_json::Value;

fn gateway(more: &str) -> Rc<Gateway> {
    // SHA-256 of `sk-orq-demo`.
    let hash = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
    let text = format!(
        r#"{{"keys":[{{"id":"demo","sha256":"{hash}"}}],"providers":{{"mistral":{{"api_key":{{"value":"k"}}}},"openai":{{}}}}{more}}}"#
    );
    Rc::new(config::load(text.as_bytes(), &|_| None).unwrap())
}

fn headers(list: &[(&str, &str)]) -> Headers {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    list.iter().map(owned).collect::<Vec<_>>().into()
}

fn chat(more: &[(&str, &str)]) -> Headers {
    post("chat/completions", more)
}

fn post(route: &str, more: &[(&str, &str)]) -> Headers {
    let path = format!("/v2/proxy/{route}");
    let list = [
        (":method", "POST"),
        (":path", path.as_str()),
        ("authorization", "Bearer sk-orq-demo"),
        ("content-type", "application/json"),
        ("x-request-id", "r-1"),
    ];
    headers(&[&list, more].concat())
}

/// An exchange whose request went on.
fn sent(gateway: &Rc<Gateway>) -> Exchange {
    let mut exchange = gateway.exchange();
    assert_eq!(exchange.request_headers(chat(&[]), false, || 0), Step::Buffer);
    exchange.request_body(br#"{"model":"mistral/m","messages":[]}"#.to_vec(), || 0).unwrap();
    exchange
}

fn error(body: &[u8]) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["error"].as_object().unwrap().len(), 4, "{body}");
    body["error"].clone()
}

#[test]
fn a_parameter_that_a_provider_does_not_take_is_refused_where_the_configuration_says_so() {
    let gateway = gateway(r#","unsupported_params":"reject""#);
    for (param, value) in [("user", "\"u\""), ("orq.retry", ""), ("temperature", "2")] {
        let own = if value.is_empty() {
            r#""orq":{"retry":{}}"#.to_owned()
        } else {
            format!("\"{param}\":{value}")
        };
        let mut exchange = gateway.exchange();
        exchange.request_headers(chat(&[]), false, || 0);
        let body = format!(r#"{{"model":"mistral/m","messages":[],{own}}}"#);
        let reply = exchange.request_body(body.into_bytes(), || 0).unwrap_err();
        assert_eq!(reply.status, 400);
        let error = error(&reply.body);
        assert_eq!(
            (&error["param"], &error["code"]),
            (&Value::from(param), &Value::from("unsupported_parameter"))
        );
    }
}

#[test]
fn envoys_own_answers_say_what_to_do() {
    let gateway = gateway("");
    for (status, details, code, told) in [
        (503, "no_healthy_upstream", "upstream_unavailable", 503),
        (503, "cluster_not_found", "upstream_not_configured", 503),
        (404, "route_not_found", "upstream_not_configured", 503),
        (
            503,
            "upstream_reset_before_response_started{connection_failure}",
            "upstream_connection_failure",
            503,
        ),
        (503, "upstream_reset_before_response_started{connection_termination}", "upstream_reset", 503),
        (503, "upstream_reset_before_response_started{overflow}", "upstream_overloaded", 503),
        (504, "upstream_response_timeout", "upstream_timeout", 504),
        (504, "stream_idle_timeout", "upstream_timeout", 504),
        (502, "upstream_reset_before_response_started{protocol_error}", "upstream_reset", 502),
        (503, "something_new", "proxy_error", 503),
    ] {
        let mut exchange = sent(&gateway);
        let answer = headers(&[(":status", &status.to_string()), ("content-type", "text/plain")]);
        let head = exchange.answer_headers(answer, false, || Some(details.to_owned()));
        assert_eq!(head, Head::Hold, "{details}");
        let Piece::Release(headers, Some(body)) = exchange.answer_piece(4, true, || b"text".to_vec()) else {
            panic!("{details}")
        };
        assert_eq!((headers.status(), &error(&body)["code"]), (told, &Value::from(code)), "{details}");
        assert_eq!(headers.text("x-request-id"), Some("r-1"));
        assert_eq!(headers.text("x-orq-provider"), Some("mistral"));
    }
}

#[test]
fn a_body_that_never_comes_is_told_as_the_clients_own() {
    let mut exchange = gateway("").exchange();
    exchange.request_headers(chat(&[]), false, || 0);
    let answer = headers(&[(":status", "408"), ("content-type", "text/plain")]);
    assert_eq!(
        exchange.answer_headers(answer, false, || Some("request_overall_timeout".to_owned())),
        Head::Hold
    );
    let Piece::Release(_, Some(body)) = exchange.answer_piece(4, true, || b"text".to_vec()) else { panic!() };
    assert_eq!(error(&body)["code"], "request_timeout");
}

#[test]
fn a_body_over_the_limit_is_refused_by_its_declared_and_by_its_real_size() {
    let gateway = gateway(r#","limits":{"body_bytes":1024}"#);
    let mut exchange = gateway.exchange();
    let Step::Reply(reply) =
        exchange.request_headers(chat(&[("content-length", "99999999999")]), false, || 0)
    else {
        panic!("a declared size is enough")
    };
    assert_eq!(reply.status, 413);
    let mut exchange = gateway.exchange();
    exchange.request_headers(chat(&[]), false, || 0);
    let reply = exchange.request_body(vec![b' '; 1025], || 0).unwrap_err();
    assert_eq!((reply.status, &error(&reply.body)["type"]), (413, &Value::from("server_error")));
}

#[test]
fn a_long_answer_passes_as_it_comes_and_its_usage_is_seen() {
    let mut exchange = gateway("").exchange();
    exchange.request_headers(post("embeddings", &[]), false, || 0);
    exchange.request_body(br#"{"model":"openai/m","input":"x"}"#.to_vec(), || 0).unwrap();
    let answer = headers(&[(":status", "200"), ("content-type", "application/json")]);
    assert_eq!(exchange.answer_headers(answer, false, || None), Head::Hold);
    let first = format!(r#"{{"data":"{}"#, "x".repeat(70_000)).into_bytes();
    let held = first.get(..9000).unwrap().to_vec();
    assert_eq!(exchange.answer_piece(held.len(), false, || held), Piece::Wait);
    let Piece::Release(_, None) = exchange.answer_piece(first.len(), false, || first) else { panic!() };
    let rest = br#"","usage":{"prompt_tokens":3,"total_tokens":3}}"#.to_vec();
    assert_eq!(exchange.answer_piece(rest.len(), true, || rest), Piece::Keep);
    let record = exchange.record().unwrap();
    assert_eq!(record, r#"{"key":"demo","usage":{"input":3,"output":0,"cached":0,"reasoning":0}}"#);
}

#[test]
fn a_long_chat_answer_is_held_until_it_is_whole_where_it_is_brought_to_another_form() {
    let mut exchange = sent(&gateway(""));
    let answer = headers(&[(":status", "200"), ("content-type", "application/json")]);
    assert_eq!(exchange.answer_headers(answer, false, || None), Head::Hold);
    let text = "x".repeat(70_000);
    let whole =
        format!(r#"{{"choices":[{{"message":{{"content":"{text}","reasoning":"r"}}}}]}}"#).into_bytes();
    let first = whole[..69_000].to_vec();
    assert_eq!(exchange.answer_piece(first.len(), false, || first), Piece::Wait);
    let Piece::Release(headers, Some(body)) = exchange.answer_piece(whole.len(), true, || whole) else {
        panic!()
    };
    assert_eq!(headers.text("content-length"), Some(body.len().to_string().as_str()));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["choices"][0]["message"]["reasoning_content"], "r");
    assert_eq!(body["choices"][0]["message"]["content"], text);
}

#[test]
fn a_success_without_a_body_is_none() {
    for kind in ["text/event-stream", "application/json"] {
        let answer = headers(&[(":status", "200"), ("content-type", kind)]);
        let Head::Reply(reply) = sent(&gateway("")).answer_headers(answer, true, || None) else {
            panic!("{kind}")
        };
        assert_eq!((reply.status, &error(&reply.body)["code"]), (502, &Value::from("upstream_truncated")));
    }
    let answer = headers(&[(":status", "204"), ("content-type", "application/json")]);
    assert!(matches!(sent(&gateway("")).answer_headers(answer, true, || None), Head::Continue(Some(_))));
}

#[test]
fn what_is_left_out_is_named_within_bounds() {
    let mut exchange = gateway("").exchange();
    exchange.request_headers(chat(&[]), false, || 0);
    let many: Vec<String> = (0..1000).map(|i| format!("\"{}{i}\":1", "x".repeat(1000))).collect();
    let body = format!(r#"{{"model":"mistral/m","messages":[],"orq":{{{}}}}}"#, many.join(","));
    exchange.request_body(body.into_bytes(), || 0).unwrap();
    let answer = headers(&[(":status", "200"), ("content-type", "audio/mpeg")]);
    let Head::Continue(Some(answer)) = exchange.answer_headers(answer, false, || None) else { panic!() };
    let dropped = answer.text("x-orq-dropped-params").unwrap();
    assert!(dropped.len() < 16 << 10, "{}", dropped.len());
}

#[test]
fn sound_goes_on_at_once_though_a_stream_was_asked_for() {
    let mut exchange = gateway("").exchange();
    exchange.request_headers(chat(&[]), false, || 0);
    exchange.request_body(br#"{"model":"mistral/m","stream":true,"messages":[]}"#.to_vec(), || 0).unwrap();
    let answer = headers(&[(":status", "200"), ("content-type", "audio/mpeg")]);
    assert!(matches!(exchange.answer_headers(answer, false, || None), Head::Continue(Some(_))));
}

#[test]
fn an_answer_that_the_proxy_gave_itself_passes_as_it_is() {
    let mut exchange = gateway("").exchange();
    let Step::Reply(_) = exchange.request_headers(headers(&[(":path", "/")]), true, || 0) else { panic!() };
    let answer = headers(&[(":status", "404"), ("content-type", "application/json")]);
    assert_eq!(exchange.answer_headers(answer, false, || panic!("nothing is asked")), Head::Continue(None));
    assert_eq!(exchange.answer_piece(4, true, || panic!("nothing is read")), Piece::Keep);
}

/// An exchange of a provider that speaks another language, whose request went on, and that request.
fn translated(provider: &str, settings: &str, more: &[(&str, &str)], members: &str) -> (Exchange, Forward) {
    let hash = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
    let text = format!(
        r#"{{"keys":[{{"id":"demo","sha256":"{hash}"}}],"providers":{{"{provider}":{{"api_key":{{"value":"k"}}{settings}}}}}}}"#
    );
    let mut exchange = Rc::new(config::load(text.as_bytes(), &|_| None).unwrap()).exchange();
    assert_eq!(exchange.request_headers(chat(more), false, || 0), Step::Buffer);
    let body =
        format!(r#"{{"model":"{provider}/m","messages":[{{"role":"user","content":"hi"}}]{members}}}"#);
    let forward = exchange.request_body(body.into_bytes(), || 0).unwrap();
    (exchange, forward)
}

#[test]
fn a_success_without_a_body_is_none_in_another_language_whatever_it_says_of_itself() {
    for (status, content_type) in
        [("200", None), ("200", Some("text/plain")), ("204", None), ("204", Some("text/event-stream"))]
    {
        for members in ["", r#","stream":true"#] {
            let (mut exchange, _) = translated("anthropic", "", &[], members);
            let mut answer = vec![(":status", status)];
            answer.extend(content_type.map(|content_type| ("content-type", content_type)));
            // The headers would wait for a body that never comes.
            let Head::Reply(reply) = exchange.answer_headers(headers(&answer), true, || None) else {
                panic!("{answer:?} {members}")
            };
            assert_eq!(
                (reply.status, &error(&reply.body)["code"]),
                (502, &Value::from("upstream_truncated"))
            );
        }
    }
}

#[test]
fn a_whole_answer_that_trailers_end_is_as_long_as_it_is() {
    let (mut exchange, _) = translated("cohere", "", &[], "");
    let body = r#"{"id":"i","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"hi"}]}}"#;
    let answer = headers(&[(":status", "200"), ("content-type", "application/json")]);
    assert_eq!(exchange.answer_headers(answer, false, || None), Head::Hold);
    assert_eq!(exchange.answer_piece(body.len(), false, || panic!("it is not whole")), Piece::Wait);
    // In the callback for trailers all that waits is asked for.
    let Piece::Release(headers, Some(told)) = exchange.answer_piece(usize::MAX, true, || body.into()) else {
        panic!()
    };
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(
        (headers.status(), &told["choices"][0]["message"]["content"]),
        (200, &Value::from("hi")),
        "{told}"
    );
}

#[test]
fn a_member_for_one_provider_does_not_choose_another_model_in_whatever_case() {
    for (provider, member, settings) in [
        ("mistral", "mistral", ""),
        ("cohere", "cohere", ""),
        ("anthropic", "anthropic", ""),
        ("google-ai", "google-ai", ""),
        ("google-ai", "gemini", ""),
        ("google", "gemini", r#","project":"p","location":"eu""#),
        ("aws", "bedrock", r#","region":"eu-west-1""#),
    ] {
        let hash = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
        let text = format!(
            r#"{{"keys":[{{"id":"demo","sha256":"{hash}"}}],"providers":{{"{provider}":{{"api_key":{{"value":"k"}}{settings}}}}}}}"#
        );
        let mut exchange = Rc::new(config::load(text.as_bytes(), &|_| None).unwrap()).exchange();
        exchange.request_headers(chat(&[]), false, || 0);
        let body = format!(
            r#"{{"model":"{provider}/m","messages":[{{"role":"user","content":"hi"}}],"{member}":{{"Model":"dearer"}}}}"#
        );
        match exchange.request_body(body.into_bytes(), || 0) {
            Ok(forward) => {
                let body = String::from_utf8(forward.body.bytes(&forward.client)).unwrap();
                assert!(!body.contains("dearer"), "{provider}: {body}");
            }
            Err(reply) => assert_eq!(reply.status, 400),
        }
    }
}

#[test]
fn what_a_request_needs_of_a_list_stands_beside_what_the_list_holds() {
    let settings = r#","headers":{"anthropic-beta":"context-1m-2025-08-07"}"#;
    let members = r#","anthropic":{"betas":["a-1","context-1m-2025-08-07"]}"#;
    let (_, forward) = translated("anthropic", settings, &[], members);
    assert_eq!(forward.headers.text("anthropic-beta"), Some("context-1m-2025-08-07,a-1"));
    let (_, forward) =
        translated("anthropic", "", &[("anthropic-beta", "b-2"), ("anthropic-beta", "b-3, a-1")], members);
    assert_eq!(forward.headers.text("anthropic-beta"), Some("b-2,b-3,a-1,context-1m-2025-08-07"));
}

#[test]
fn a_browsers_page_is_not_told_to_the_provider() {
    let page = [("origin", "https://app.example"), ("referer", "https://app.example/chat")];
    let (_, forward) = translated("anthropic", "", &page, "");
    assert_eq!((forward.headers.get("origin"), forward.headers.get("referer")), (None, None));
}

#[test]
fn a_body_of_many_lines_becomes_events_of_one() {
    let (mut exchange, _) =
        translated("cohere", "", &[], r#","stream":true,"stream_options":{"include_usage":true}"#);
    let body = "{\"id\":\"i\",\"finish_reason\":\"COMPLETE\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}],\
        \"citations\":[{\n\"start\":0,\n\"end\":2,\r\n\"text\":\"hi\",\"sources\":[{\n\"type\":\"document\",\"id\":\"d\"}]}]},\
        \"usage\":{\"billed_units\":{\n\"input_tokens\":1\n},\"tokens\":{\"input_tokens\":1,\"output_tokens\":1}}}";
    let answer = headers(&[(":status", "200"), ("content-type", "application/json")]);
    assert_eq!(exchange.answer_headers(answer, false, || None), Head::Hold);
    let Piece::Release(_, Some(told)) = exchange.answer_piece(body.len(), true, || body.into()) else {
        panic!()
    };
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("\"citations\"") && told.contains("billed_units"), "{told}");
    assert!(
        told.split("\n\n")
            .all(|event| event.is_empty() || event.starts_with("data: ") && !event.contains(['\n', '\r'])),
        "{told}"
    );
}

#[test]
fn a_key_of_some_models_reaches_no_others_by_members_that_name_them() {
    let hash = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
    let gateway = |models: &str| {
        let text = format!(
            r#"{{"keys":[{{"id":"demo","sha256":"{hash}"{models}}}],"providers":{{"openrouter":{{}}}}}}"#
        );
        Rc::new(config::load(text.as_bytes(), &|_| None).unwrap())
    };
    let asked = |models: &str, more: &str| {
        let mut exchange = gateway(models).exchange();
        assert_eq!(exchange.request_headers(chat(&[]), false, || 0), Step::Buffer);
        let body = format!(r#"{{"model":"openrouter/cheap","messages":[]{more}}}"#);
        exchange.request_body(body.into_bytes(), || 0).map(|_| ()).map_err(|reply| reply.status)
    };
    let some = r#","models":["openrouter/cheap"]"#;
    for more in [
        r#","models":["dearer"]"#,
        r#","Preset":"p""#,
        r#","openrouter":{"models":["dearer"]}"#,
        r#","fallbacks":["dearer"]"#,
    ] {
        assert_eq!(asked(some, more), Err(403), "{more}");
        assert_eq!(asked("", more), Ok(()), "{more}");
    }
    assert_eq!(asked(some, r#","models":null"#), Ok(()));
    // Without parameters of its own the provider is told those of its language.
    assert_eq!(asked(some, r#","openai":{"models":["dearer"]}"#), Err(403));
    let asked = |models: &str, field: &str| {
        let mut exchange = gateway(models).exchange();
        let form = headers(&[
            (":method", "POST"),
            (":path", "/v2/proxy/images/edits"),
            ("authorization", "Bearer sk-orq-demo"),
            ("content-type", "multipart/form-data; boundary=x"),
        ]);
        assert_eq!(exchange.request_headers(form, false, || 0), Step::Buffer);
        let part = |name: &str, more: &str, value: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
        };
        let body = [
            part("model", "", "openrouter/cheap"),
            part("prompt", "", "p"),
            part("image", "; filename=\"a.png\"", "x"),
            part(field, "", "dearer"),
            "--x--\r\n".to_owned(),
        ];
        exchange.request_body(body.concat().into_bytes(), || 0).map(|_| ()).map_err(|reply| reply.status)
    };
    for field in ["models", "models[]", "Models[0]", "preset", "openrouter[models][]"] {
        assert_eq!(asked(some, field), Err(403), "{field}");
        assert_eq!(asked("", field), Ok(()), "{field}");
    }
    assert_eq!(asked(some, "model[]"), Err(400));
    assert_eq!(asked("", "Model"), Err(400));
}

#[test]
fn what_stands_in_the_query_goes_up_whoever_mends_the_answer() {
    let path = |route: &str, body: &str| {
        let mut exchange = gateway("").exchange();
        let asked = post(&format!("{route}?api-version=preview"), &[]);
        assert_eq!(exchange.request_headers(asked, false, || 0), Step::Buffer);
        let forward = exchange.request_body(body.into(), || 0).unwrap();
        forward.headers.text(":path").unwrap().to_owned()
    };
    for model in ["openai/m", "mistral/m"] {
        let body = format!(r#"{{"model":"{model}","input":"a"}}"#);
        assert_eq!(path("embeddings", &body), "/v1/embeddings?api-version=preview", "{model}");
    }
}
