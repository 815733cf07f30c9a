//! Responses and completions of models that only chat. The input's first byte is the model, its second the surface
//! (`r`, `c`); `common/translated.rs` says how the rest is read.

#![no_main]

mod common;

use common::surfaces::{COMPLETIONS, RESPONSES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [model, surface, data @ ..] = data else { return };
    let model = match model {
        b'b' => "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        b'c' => "cohere/command-a-03-2025",
        b'g' => "google-ai/gemini-2.5-flash",
        // In OpenAI's own language: a system with tools of its own, and a provider that checks every member.
        b'k' => "groq/groq/compound",
        b'm' => "mistral/mistral-small-latest",
        _ => "anthropic/claude-sonnet-4-5",
    };
    let surface = if *surface == b'c' { &COMPLETIONS } else { &RESPONSES };
    common::translated::run_at(surface, model, data);
});
