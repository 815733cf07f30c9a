//! Golden exchanges in the core, whole and with their answers cut everywhere.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{CASES, Case, Outcome, gateway, run};
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::provider::table;
use orq_ai_proxy::surface::is_told_as_chat;

fn body(case: &Case) -> &[u8] {
    case.reply.as_ref().map_or(&[], |reply| &reply.body)
}

#[test]
fn every_exchange_goes_as_it_is_written() {
    let gateway = gateway();
    let mut wrong = Vec::new();
    for (name, text) in CASES {
        let mut case = Case::parse(text);
        let outcome = run(&gateway, &case, [body(&case)]);
        if std::env::var_os("UPDATE").is_some() {
            (case.upstream, case.answer, case.record) = (outcome.upstream, outcome.answer, outcome.record);
            case.follows = outcome.follows;
            let path = format!("{}/tests/golden/{name}.http", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, case.write()).unwrap();
        } else if outcome != Outcome::expected(&case) {
            wrong.push(format!("{name}:\n{:#?}\nis not\n{:#?}", outcome, Outcome::expected(&case)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_answer_is_the_same_wherever_it_is_cut() {
    let gateway = gateway();
    for (name, text) in CASES {
        let case = Case::parse(text);
        let expected = Outcome::expected(&case);
        let body = body(&case);
        for cut in 0..body.len() {
            assert_eq!(run(&gateway, &case, [&body[..cut], &body[cut..]]), expected, "{name} cut at {cut}");
        }
        for size in [1, 2, 3, 7, 64] {
            assert_eq!(run(&gateway, &case, body.chunks(size)), expected, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn every_route_of_every_provider_is_shown_by_a_whole_exchange() {
    // Chats, and what is told as one, have goldens by language.
    let own = |endpoint| {
        !is_told_as_chat(endpoint)
            && !matches!(endpoint, Endpoint::ChatCompletions | Endpoint::StoredResponses)
    };
    let answered = CASES.iter().map(|(_, text)| Case::parse(text)).filter(|case| case.answer.start == "200");
    let shown: Vec<_> = answered
        .filter_map(|case| {
            let (_, provider) = case.answer.headers.into_iter().find(|(name, _)| name == "x-orq-provider")?;
            Some((case.client.start, provider))
        })
        .collect();
    let mut missing = Vec::new();
    for row in table::all() {
        for route in row.routes.iter().filter(|route| own(route.endpoint)) {
            let path = route.endpoint.path();
            let is_shown = |(start, provider): &(String, String)| provider == row.id && start.ends_with(path);
            if !shown.iter().any(is_shown) {
                missing.push(format!("{} {path}", row.id));
            }
        }
    }
    assert!(missing.is_empty(), "without a golden: {}", missing.join(", "));
}

#[test]
fn every_file_is_a_case() {
    let listed = |folder: &str| -> Vec<_> {
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
    };
    let folders = listed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let folders = folders.iter().filter(|path| path.is_dir());
    let mut files: Vec<String> = folders
        .flat_map(|folder| listed(folder.to_str().unwrap()))
        .map(|path| {
            let dialect = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
            format!("{dialect}/{}", path.file_stem().unwrap().to_str().unwrap())
        })
        .collect();
    files.sort();
    let mut names: Vec<_> = CASES.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.sort();
    assert_eq!(files, names);
    for (name, text) in CASES {
        assert_eq!(Case::parse(text).write(), *text, "{name} is written as it is read");
    }
}
