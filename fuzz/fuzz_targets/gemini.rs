//! Chats in the language `gemini`: what is asked, and what is answered. `common/translated.rs` says how
//! the input is read.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| common::translated::run("google-ai/gemini-2.5-flash", data));
