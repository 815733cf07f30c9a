//! The reader of objects against `serde_json`. The input is the text.

#![no_main]

mod common;

use common::{depth, is_json, members};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::wire::json::{Fault, Kind, MAX_DEPTH, Object, elements, kind, string};
use orq_ai_proxy::wire::splice::Splices;
use serde::de::IgnoredAny;

fn kind_of(text: &str) -> Kind {
    match text.as_bytes()[0] {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        b'"' => Kind::String,
        b't' | b'f' => Kind::Boolean,
        b'n' => Kind::Null,
        _ => Kind::Number,
    }
}

fuzz_target!(|text: &[u8]| {
    let mine = Object::parse(text);
    let other = members(text).filter(|_| depth(text) <= MAX_DEPTH);
    match (&mine, &other) {
        (Ok(_), Some(other)) => assert!(!other.twice, "a name stands twice"),
        (Err(Fault::Duplicate(name)), Some(other)) => {
            assert!(other.twice && other.map.contains_key(name), "{name} does not stand twice");
        }
        (Ok(_), None) => panic!("serde_json refuses it"),
        (Err(fault), Some(_)) => panic!("serde_json takes it: {fault:?}"),
        (Err(_), None) => {}
    }
    if let Err(fault) = &mine {
        judge(text, fault);
    }
    let (Ok(mine), Some(other)) = (mine, other) else { return };

    assert_eq!(mine.members().len(), other.map.len());
    for member in mine.members() {
        let value = mine.value(member);
        assert_eq!(value, other.map[member.name.as_ref()].get());
        assert_eq!(value.as_bytes(), &text[member.span.clone()]);
        assert_eq!(serde_json::from_slice::<String>(&text[member.name_span.clone()]).unwrap(), member.name);
        assert!(member.name_span.end < member.span.start);
        assert_eq!(kind(value), kind_of(value));
        assert_eq!(string(value).map(|text| text.into_owned()), serde_json::from_str::<String>(value).ok());
        assert_eq!(mine.get(&member.name), Some(value));
        if kind(value) == Kind::Array {
            let spans = elements(value);
            let others: Vec<&serde_json::value::RawValue> = serde_json::from_str(value).unwrap();
            let spans: Vec<_> = spans.into_iter().map(|span| &value[span]).collect();
            assert_eq!(spans, others.iter().map(|raw| raw.get()).collect::<Vec<_>>());
        } else {
            assert!(elements(value).is_empty());
        }
    }
    assert!(mine.members().windows(2).all(|pair| pair[0].span.end < pair[1].name_span.start));

    // Each value in its own place is no change, in one edit and in many.
    let mut same = Splices::default();
    mine.members().iter().for_each(|member| same.replace(member.span.clone(), &text[member.span.clone()]));
    assert_eq!(same.apply(text.to_vec()), text);

    // The text chooses by itself which members go, which change and which stay.
    let fate = |name: &str| name.bytes().fold(text.len() as u8, |sum, byte| sum.wrapping_mul(31) ^ byte) % 3;
    let mut splices = Splices::default();
    mine.remove(&mut splices, |member| fate(&member.name) == 0);
    mine.members()
        .iter()
        .filter(|member| fate(&member.name) == 1)
        .for_each(|member| splices.replace(member.span.clone(), "[{}]"));
    let left = splices.apply(text.to_vec());
    let left = members(&left).unwrap_or_else(|| panic!("no object: {}", String::from_utf8_lossy(&left)));
    assert!(!left.twice);
    let left: Vec<_> = left.map.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
    let expected = other.map.iter().filter(|(name, _)| fate(name) != 0);
    let expected: Vec<_> = expected
        .map(|(name, value)| (name.as_str(), if fate(name) == 1 { "[{}]" } else { value.get() }))
        .collect();
    assert_eq!(left, expected);

    let mut splices = Splices::default();
    mine.insert(&mut splices, "a\"new\" one", "1");
    let more = splices.apply(text.to_vec());
    let more = members(&more).unwrap();
    assert_eq!(more.twice, other.map.contains_key("a\"new\" one"));
    assert!(more.map.len() == other.map.len() + 1 || more.twice);
});

/// Whether the reason of a refusal holds.
fn judge(text: &[u8], fault: &Fault) {
    match fault {
        Fault::Encoding => assert!(std::str::from_utf8(text).is_err()),
        Fault::NotObject(kind) => {
            if let Ok(valid) = std::str::from_utf8(text) {
                assert!(is_json(text));
                assert_eq!(kind_of(valid.trim_start()), *kind);
            }
        }
        Fault::Depth => assert!(text.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > MAX_DEPTH),
        // What stands before the fault could go on, and with the byte at it no more. Names that hold
        // half surrogates are faults at their quote.
        Fault::Syntax(at) if std::str::from_utf8(text).is_ok() => {
            let goes_on =
                |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).err().is_none_or(|e| e.is_eof());
            assert!(*at <= text.len());
            // Of half a number serde_json says that it is wrong, not that it ends too early ...
            let before = &text[..*at];
            assert!(goes_on(before) || goes_on(&[before, b"0"].concat()), "the fault stands before {at}");
            if *at < text.len() && text[*at] != b'"' {
                // ... and of half a `\u` that it ends too early, whatever its digits are.
                assert!(!goes_on(&[&text[..=*at], b"0000"].concat()), "the fault stands behind {at}");
            }
        }
        _ => {}
    }
}
