//! The golden exchanges through the module as it ships, in the small host of `tests/host`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;
mod host;

use golden::{CASES, Case, List, Message};
use host::{End, Headers, Sent, Vm};

fn list(headers: &List) -> Headers {
    headers.iter().fold(Headers::new(), |list, (name, value)| list.with(name, value))
}

/// A message without the order of its headers, which Envoy does not keep for all.
fn unordered(mut message: Message) -> Message {
    // The host writes the length of a local reply, as Envoy does.
    message.headers.retain(|(name, _)| name != "content-length");
    message.headers.sort();
    message
}

fn message(headers: &Headers, body: Vec<u8>) -> Message {
    let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
    unordered(Message::new(&pairs, body))
}

fn check(name: &str, case: &Case, size: usize, end: End) {
    let mut vm = Vm::start(host::module(), golden::CONFIG, &[]).unwrap();
    let mut stream = vm.stream();
    let client: Vec<&[u8]> = case.client.body.chunks(size).collect();
    let expected = unordered(case.answer.clone());
    let up = match stream.request(list(&case.client.all_headers()), &client, end).unwrap() {
        Sent::Upstream(up) => up,
        Sent::Reply(reply) => {
            assert_eq!(message(&reply.headers, reply.body), expected, "{name}");
            return;
        }
        Sent::Waiting => panic!("{name}: the request has no end"),
    };
    let upstream = case.upstream.clone().unwrap_or_else(|| panic!("{name}: goes up"));
    assert_eq!(message(&up.headers, up.body), unordered(upstream), "{name}");
    let reply = case.reply.clone().unwrap();
    let pieces: Vec<&[u8]> = reply.body.chunks(size).collect();
    let down = stream.answer(list(&reply.all_headers()), &pieces, end).unwrap();
    // Behind trailers nothing can be added to a stream: then it must not look whole.
    if down.reset {
        assert_eq!(end, End::Trailers, "{name}");
        return;
    }
    assert_eq!(message(&down.headers, down.body), expected, "{name} in pieces of {size}, {end:?}");
}

#[test]
fn the_module_does_what_is_written() {
    let mut skipped = Vec::new();
    for (name, text) in CASES {
        let case = Case::parse(text);
        if !case.follows.is_empty() {
            skipped.push(*name);
            continue;
        }
        for (size, end) in [(1 << 20, End::WithData), (1, End::EmptyPiece), (7, End::Trailers)] {
            check(name, &case, size, end);
        }
    }
    #[allow(clippy::print_stdout, reason = "a skip is said")]
    {
        println!("skipped, since this host makes no further calls: {}", skipped.join(", "));
    }
}
