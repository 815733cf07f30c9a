//! Chats in the language `cohere`: what is asked, and what is answered. `common/translated.rs` says how
//! the input is read.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| common::translated::run("cohere/command-a-03-2025", data));
