//! The core on wasm32-unknown-unknown under Node: the same code with 32-bit sizes, on another host.

#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{CASES, Case, Outcome, gateway, run};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn every_exchange_goes_as_it_is_written_wherever_its_answer_is_cut() {
    let gateway = gateway();
    for (name, text) in CASES {
        let case = Case::parse(text);
        let body = case.reply.as_ref().map_or(&[][..], |reply| &reply.body);
        for size in [body.len().max(1), 1, 2, 3, 7, 64] {
            assert_eq!(
                run(&gateway, &case, body.chunks(size)),
                Outcome::expected(&case),
                "{name} in pieces of {size}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn bytes_of_any_kind_are_refused_or_read() {
    let mut seed = 1_u64;
    let gateway = gateway();
    for (_, text) in CASES {
        let case = Case::parse(text);
        for _ in 0..200 {
            // Some bytes of a real body changed: what is nearly right reaches furthest.
            let mut broken = case.clone();
            for body in [Some(&mut broken.client.body), broken.reply.as_mut().map(|reply| &mut reply.body)] {
                let Some(body) = body.filter(|body| !body.is_empty()) else { continue };
                for _ in 0..3 {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let length = body.len();
                    body[usize::try_from(seed >> 40).unwrap() % length] = seed.to_le_bytes()[4];
                }
            }
            if broken.reply.is_none() {
                continue;
            }
            let body = broken.reply.as_ref().unwrap().body.clone();
            run(&gateway, &broken, body.chunks(5));
        }
    }
}
