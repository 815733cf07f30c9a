//! Chats in the language `bedrock`: what is asked, and what is answered. `common/translated.rs` says how
//! the input is read.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| common::translated::run("aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0", data));
