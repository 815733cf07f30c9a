//! Token counts of an answer that passes in pieces. The input's first line has the pieces' lengths; in
//! the rest each byte 1, of which JSON has none, stands for 3000 spaces.

#![no_main]

mod common;

use common::{contains, count, first_line, names, pieces};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::usage::{Usage, Watch};
use orq_ai_proxy::wire::json::{Kind, Object, kind};

fn watched(pieces: &[&[u8]]) -> Option<Usage> {
    let mut watch = Watch::default();
    pieces.iter().for_each(|piece| watch.piece(piece));
    watch.usage()
}

fuzz_target!(|data: &[u8]| {
    let (lengths, short) = first_line(data);
    if count(short, b"\x01") > 4 {
        return;
    }
    let text: Vec<u8> = short
        .iter()
        .flat_map(|byte| {
            std::iter::repeat_n(if *byte == 1 { b' ' } else { *byte }, if *byte == 1 { 3000 } else { 1 })
        })
        .collect();
    let whole = watched(&[&text]);
    assert_eq!(whole, watched(&pieces(lengths, &text)), "in pieces");
    let size = if text.len() < 2000 { 1 } else { 101 };
    assert_eq!(whole, watched(&text.chunks(size).collect::<Vec<_>>()), "in pieces of {size}");

    let Ok(object) = Object::parse(&text) else { return };
    let found = object.member("usage");
    let plain = found.is_some_and(|member| &text[member.name_span.clone()] == b"\"usage\"");
    match count(&text, b"\"usage\"") {
        0 => assert_eq!(whole, None),
        1 if plain => {
            let value = object.get("usage").unwrap_or_default();
            // Larger ones are not read, by design.
            if value.len() <= 8 << 10 {
                let expected = if kind(value) == Kind::Object { Usage::read(value) } else { None };
                assert_eq!(whole, expected);
            }
        }
        // `"x\"usage"` is taken for a name of its own: nobody has such.
        _ if contains(&text, br#"\"usage""#) => {}
        _ => {
            if serde_json::from_slice(&text).is_ok_and(|value| !names(&value, "usage")) {
                assert_eq!(whole, None, "no member is called usage");
            }
        }
    }
});
