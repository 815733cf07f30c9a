//! A small proxy-wasm host (ABI 0.2.1) over wasmi: Envoy's side of one filter, in a test.
//!
//! It runs the real module, callback by callback, and behaves as Envoy 1.40 does with
//! `allow_on_headers_stop_iteration: true`:
//!
//! * Pause in a headers callback holds the headers, and body callbacks still come. Pause in a body callback buffers:
//!   the next one sees everything held so far. Continue lets headers and buffer go on.
//! * A buffer can be replaced as a whole, prepended to, appended to; anything else is `BadArgument`, and so is a write
//!   when there is none: in a trailers callback with nothing held. The SDK makes a panic of that, and a trap.
//! * A local reply of the filter passes the filter's own response callbacks, with its `response.code_details`. From a
//!   response callback it goes to the client directly, and once the headers have gone on the stream is reset.
//! * Headers that went on cannot be reached any more; `proxy_on_log` can read them all.
//! * A callback that closes the stream has to answer Pause: with Continue Envoy 1.40 dies (seen with trailers).
//! * A trap kills the VM for good.
//!
//! Where Envoy would quietly lose something (an edit of headers that have gone on, a second local reply, a
//! `content-length` that the body does not keep, a header no codec can send), the host reports a fault.
//!
//! Not here: HTTP and gRPC calls of the filter's own (they trap with their name), flow control and time-outs.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of this host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::len_without_is_empty,
    clippy::panic,
    reason = "test code: a fault here fails a test, no stream of a client"
)]

mod headers;
mod imports;
mod memory;
mod state;
mod stream;
mod vm;
mod wasi;

pub use headers::Headers;
pub use state::Log;
pub use stream::{Downstream, End, Sent, Stream, Upstream};
pub use vm::{Fault, Module, Vm};

use std::path::PathBuf;
use std::sync::OnceLock;

/// The project's module, compiled once per process: `target/orq_ai_proxy.wasm`, or the file that `ORQ_MODULE` names.
pub fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/target/orq_ai_proxy.wasm");
        let path = std::env::var_os("ORQ_MODULE").map_or_else(|| PathBuf::from(built), PathBuf::from);
        assert!(
            path.exists(),
            "there is no module at {}: run `make build` first, or name another one in ORQ_MODULE",
            path.display()
        );
        Module::load(&path).unwrap_or_else(|fault| panic!("{fault}"))
    })
}
