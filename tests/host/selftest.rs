//! The host against guests of a few lines: what it promises about Envoy.

use crate::host::{End, Fault, Headers, Module, Vm};

const NOTHING: [&[u8]; 0] = [];

/// A guest: every export a filter has, each with the body given or doing nothing, and a few imports.
fn guest(functions: &[(&str, &str)]) -> Module {
    let mut text = String::from(
        r#"(module
        (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_send_local_response"
            (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
        (import "env" "proxy_http_call" (func $call (param i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "x-seen") (data (i32.const 32) "yes") (data (i32.const 48) "teapot")
        (global $heap (mut i32) (i32.const 4096))
        (func (export "malloc") (param i32) (result i32)
            global.get $heap
            (global.set $heap (i32.add (global.get $heap) (local.get 0))))"#,
    );
    let kinds = [
        ("proxy_on_configure", "(param i32 i32) (result i32)", "i32.const 1"),
        ("proxy_on_request_headers", "(param i32 i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_request_body", "(param i32 i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_request_trailers", "(param i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_response_headers", "(param i32 i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_response_body", "(param i32 i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_response_trailers", "(param i32 i32) (result i32)", "i32.const 0"),
        ("proxy_on_log", "(param i32)", ""),
    ];
    for (name, kind, nothing) in kinds {
        let given = functions.iter().find(|function| function.0 == name);
        let body = given.map_or(nothing, |function| function.1);
        text.push_str(&format!("(func (export \"{name}\") {kind} {body})"));
    }
    text.push(')');
    Module::compile(text.as_bytes()).unwrap()
}

fn get() -> Headers {
    Headers::from([(":method", "GET"), (":path", "/"), (":authority", "a")])
}

#[test]
fn a_trap_is_a_fault_with_the_name_of_its_callback_and_kills_the_vm() {
    let module = guest(&[("proxy_on_request_body", "unreachable")]);
    let mut vm = Vm::start(&module, "", &[]).unwrap();
    let fault = vm.stream().request(get(), &[b"body"], End::WithData).unwrap_err();
    assert!(fault.what.starts_with("proxy_on_request_body trapped: "), "{fault}");
    assert!(!vm.lives());
    let fault = vm.stream().request(get(), &NOTHING, End::WithData).unwrap_err();
    assert!(fault.what.contains("after the VM died"), "{fault}");
}

#[test]
fn a_call_that_the_host_does_not_have_traps_with_its_name() {
    let module = guest(&[("proxy_on_request_headers", "(call $call (i32.const 0))")]);
    let mut vm = Vm::start(&module, "", &[]).unwrap();
    let fault = vm.stream().request(get(), &NOTHING, End::WithData).unwrap_err();
    assert!(fault.what.contains("env.proxy_http_call"), "{fault}");
}

#[test]
fn a_refused_configuration_is_a_fault_with_what_was_logged() {
    let refuse = "(drop (call $log (i32.const 4) (i32.const 48) (i32.const 6))) i32.const 0";
    let fault = Vm::start(&guest(&[("proxy_on_configure", refuse)]), "{}", &[]).err().unwrap();
    assert_eq!(fault.to_string(), "proxy_on_configure answered false\n    [error] teapot");
}

#[test]
fn a_held_body_is_cumulative_and_can_be_replaced_at_its_end() {
    // At the end the body becomes one byte: how much of it the callback saw.
    let body = "(if (i32.eqz (local.get 2)) (then (return (i32.const 1))))
        (i32.store8 (i32.const 8) (local.get 1))
        (call $set (i32.const 0) (i32.const 0) (local.get 1) (i32.const 8) (i32.const 1))";
    let module = guest(&[("proxy_on_request_headers", "i32.const 1"), ("proxy_on_request_body", body)]);
    let mut vm = Vm::start(&module, "", &[]).unwrap();
    for end in [End::WithData, End::EmptyPiece] {
        let sent = vm.stream().request(get(), &["abc", "de"], end).unwrap();
        let upstream = sent.upstream().unwrap();
        assert_eq!(upstream.body, [5]);
        assert_eq!(upstream.pieces.last().unwrap(), &[5]);
    }
    let fault = vm.stream().request(get(), &["abc", "de"], End::Trailers).map(|_| ());
    assert!(fault.is_ok(), "trailers let go what was held");
}

#[test]
fn a_buffer_is_written_at_its_ends_alone() {
    for (start, length, status) in
        [(0, 0, 0), (0, 3, 0), (0, 9, 0), (3, 0, 0), (9, 9, 0), (0, 2, 0), (1, 1, 2)]
    {
        // Appends, as one more byte, how the write under test went.
        let body = format!(
            "(i32.store8 (i32.const 8) (call $set (i32.const 0) (i32.const {start}) (i32.const {length})
                (i32.const 32) (i32.const 3)))
            (call $set (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 8) (i32.const 1))"
        );
        let mut vm = Vm::start(&guest(&[("proxy_on_request_body", &body)]), "", &[]).unwrap();
        let sent = vm.stream().request(get(), &["abc"], End::WithData).unwrap();
        let expected: &[u8] = match (start, length) {
            (0, 0) => b"yesabc",
            (0, 2) => b"yesc",
            (0, 3 | 9) => b"yes",
            (3 | 9, _) => b"abcyes",
            _ => b"abc",
        };
        let body = sent.upstream().unwrap().body;
        assert_eq!(body, [expected, &[status]].concat(), "start {start}, length {length}");
    }
}

#[test]
fn a_reply_of_the_filter_passes_its_own_response_callbacks() {
    let reply = "(call $reply (i32.const 418) (i32.const 32) (i32.const 3) (i32.const 48) (i32.const 6)
        (i32.const 0) (i32.const 0) (i32.const -1)) (drop) i32.const 1";
    let mark = "(call $add (i32.const 2) (i32.const 16) (i32.const 6) (i32.const 32) (i32.const 3))";
    let functions = [("proxy_on_request_headers", reply), ("proxy_on_response_headers", mark)];
    let mut vm = Vm::start(&guest(&functions), "", &[]).unwrap();
    let sent = vm.stream().request(get(), &["never read"], End::WithData).unwrap();
    let reply = sent.reply().unwrap();
    assert_eq!((reply.status, reply.pieces_read), (418, 0));
    assert_eq!(reply.body, b"teapot");
    assert_eq!(reply.details.as_deref(), Some("yes"));
    assert_eq!(reply.headers.text("x-seen").as_deref(), Some("yes"));
    assert_eq!(reply.headers.text("content-length").as_deref(), Some("6"));
}

#[test]
fn a_stream_can_be_closed_with_pause_and_never_with_continue() {
    for (action, safe) in [(1, true), (0, false)] {
        let close = format!("(drop (call $close (i32.const 1))) i32.const {action}");
        let mut vm = Vm::start(&guest(&[("proxy_on_response_trailers", &close)]), "", &[]).unwrap();
        let mut stream = vm.stream();
        stream.request(get(), &NOTHING, End::WithData).unwrap().upstream().unwrap();
        let got = stream.answer([(":status", "200")], &["a"], End::Trailers);
        assert_eq!(got.as_ref().is_ok_and(|answer| answer.reset), safe, "{got:?}");
    }
}

#[test]
fn headers_that_went_on_are_out_of_reach() {
    let mark = "(call $add (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 32) (i32.const 3))";
    // Gone with Continue: BadArgument, which is 2 and no action.
    let mut vm = Vm::start(&guest(&[("proxy_on_request_body", mark)]), "", &[]).unwrap();
    let fault = vm.stream().request(get(), &["a"], End::WithData).unwrap_err();
    assert!(fault.what.contains("answered action 2"), "{fault}");
    // Held, let go by the body, edited afterwards: Envoy says nothing, the host does.
    let functions = [("proxy_on_request_headers", "i32.const 1"), ("proxy_on_response_headers", mark)];
    let mut vm = Vm::start(&guest(&functions), "", &[]).unwrap();
    let mut stream = vm.stream();
    stream.request(get(), &["a"], End::WithData).unwrap().upstream().unwrap();
    let fault = stream.answer([(":status", "200")], &NOTHING, End::WithData).unwrap_err();
    assert!(fault.what.contains("after it went on"), "{fault}");
}

#[test]
fn what_a_filter_holds_past_the_end_is_a_fault() {
    let module = guest(&[("proxy_on_request_headers", "i32.const 1")]);
    let mut vm = Vm::start(&module, "", &[]).unwrap();
    let fault = vm.stream().request(get(), &NOTHING, End::WithData).unwrap_err();
    assert!(fault.what.contains("held the request past its end"), "{fault}");
}

#[test]
fn a_content_length_that_the_body_does_not_keep_is_a_fault() {
    let mut vm = Vm::start(&guest(&[]), "", &[]).unwrap();
    let headers = get().with("content-length", "4");
    let mut send = |body: &str| vm.stream().request(&headers, &[body], End::WithData).map(|_| ());
    send("four").unwrap();
    let fault: Fault = send("three").unwrap_err();
    assert!(fault.what.contains("content-length"), "{fault}");
}

#[test]
fn pieces_flow_on_one_by_one_and_streams_can_interleave() {
    let mut vm = Vm::start(&guest(&[]), "", &[("KEY", "value")]).unwrap();
    let (one, two) = (vm.open(), vm.open());
    for id in [one, two] {
        vm.on(id).request(get(), &NOTHING, End::WithData).unwrap().upstream().unwrap();
    }
    for id in [two, one] {
        let mut stream = vm.on(id);
        let answer = stream.answer([(":status", "200")], &["a", "", "bc"], End::EmptyPiece).unwrap();
        assert_eq!(answer.pieces, [&b"a"[..], b"", b"bc", b""]);
        stream.end().unwrap();
    }
}

#[test]
fn the_header_map_has_the_habits_of_envoy() {
    let mut headers = Headers::from([("a", "1"), ("Host", "h"), ("A", "2"), ("Content-Type", "x")]);
    headers.add("content-type", b"y");
    assert_eq!(format!("{headers:?}"), r#"{":authority": "h", "a": "1", "a": "2", "content-type": "x,y"}"#);
    headers.replace("a", b"\xff");
    assert_eq!(Headers::from_abi(&headers.to_abi()), Some(headers.clone()));
    assert_eq!(headers.get("a"), Some(&b"\xff"[..]));
    assert!(headers.unfit().is_none());
    assert!(headers.with("b", "1\r\nc: 2").unfit().is_some());
}
