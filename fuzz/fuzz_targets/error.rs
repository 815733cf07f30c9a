//! Failing answers as OpenAI's error object. The input's first line is a status, the rest a body.

#![no_main]

mod common;

use common::{assert_error, first_line, members};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::dialect::openai::error::{mended, read};

fuzz_target!(|data: &[u8]| {
    let (status, body) = first_line(data);
    let status =
        std::str::from_utf8(status).ok().and_then(|status| status.trim().parse().ok()).unwrap_or(500_u16);
    let told = mended(status, body);
    assert_error(&told);
    assert_eq!(mended(status, &told), told, "what is mended stays");
    assert_error(read(status, body).body().as_bytes());

    // An error that was not in OpenAI's form says something, and no page of HTML.
    if told != body.trim_ascii() {
        let error = read(status, body);
        assert!(!error.message.trim().is_empty(), "an empty message");
        assert!(error.message.chars().count() <= 4100);
    }
    // What stands beside an error object stays.
    if let Some(outer) = members(body.trim_ascii()).filter(|outer| !outer.twice) {
        let is_object = outer.map.get("error").is_some_and(|error| error.get().starts_with('{'));
        if is_object && common::depth(body) <= 256 {
            let told = members(&told).unwrap();
            for (name, value) in outer.map.iter().filter(|(name, _)| *name != "error") {
                assert_eq!(told.map[name].get(), value.get());
            }
        }
    }
});
