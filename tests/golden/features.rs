//! `features.txt`: what of a chat each language carries, and the golden that shows it.
//!
//! A line is a feature, then for each language a cell: a word and the golden. `carried`: it goes up and is answered.
//! `named`: it is left out or changed, and the client told so. `refused`: a 400 says so. A cell `-` is a feature that the
//! language's answers do not have. A line that starts with `#` is a heading.

use super::{CASES, Case};
use std::fmt::Write as _;

/// The languages, in the order of the columns.
pub const LANGUAGES: [&str; 4] = ["anthropic", "bedrock", "cohere", "gemini"];

const TEXT: &str = include_str!("features.txt");

/// The tables as Markdown.
///
/// # Panics
/// When a cell is not what its golden shows.
pub fn tables() -> String {
    let mut out = String::new();
    for line in TEXT.lines().filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("# ") {
            write!(out, "\n| {heading} | {} |\n|{}\n", LANGUAGES.join(" | "), "---|".repeat(5)).unwrap();
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [feature, cells @ ..] = cells.as_slice() else { continue };
        assert_eq!(cells.len(), LANGUAGES.len(), "{line}");
        let cells = LANGUAGES.iter().zip(cells).map(|(language, cell)| shown(language, cell));
        writeln!(out, "| {feature} | {} |", cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    out
}

fn shown(language: &str, cell: &str) -> String {
    let Some((word, golden)) = cell.split_once(' ') else {
        assert_eq!(cell, "-", "a cell is a word and a golden");
        return String::new();
    };
    let name = format!("{language}/{golden}");
    let found = CASES.iter().find(|(case, _)| *case == name);
    let (_, text) = found.unwrap_or_else(|| panic!("there is no golden {name}"));
    let case = Case::parse(text);
    let status = case.answer.start.as_str();
    let dropped = case.answer.headers.iter().any(|(name, _)| name == "x-orq-dropped-params");
    let mark = match word {
        // Errors of providers are carried too.
        "carried" => {
            assert!(case.upstream.is_some(), "{name} does not go up");
            "✓"
        }
        "named" => {
            assert!(case.upstream.is_some() && dropped, "{name} names nothing");
            "named"
        }
        "refused" => {
            assert!(case.upstream.is_none() && status == "400", "{name} is not refused");
            "400"
        }
        other => panic!("{other}: a cell is carried, named or refused"),
    };
    format!("[{mark}](../tests/golden/{name}.http)")
}
