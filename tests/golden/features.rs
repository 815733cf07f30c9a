//! `features.txt`: what of a chat each language carries, and the golden that shows it.
//!
//! A line has six columns: a feature, what the client says of it (below `# request`) or hears of it (below `# answer`),
//! and a cell for each language. A cell is a word, a golden, and what the golden has to show:
//!
//! * `carried golden …`: it goes up, or comes down. In the golden the provider hears or says what follows.
//! * `named golden param`: it is left out or changed, and the client told so. The header names this parameter.
//! * `refused golden param`: a 400 that has this `param`.
//!
//! One cell may have several of them, with ` ; ` between: what holds for some models, or for a part. A cell `-` is a
//! feature that the language does not have. What client and provider say is pieces of their bodies, all of which must
//! stand there, and those behind a `!` must not; white space does not count. A line that starts with `#` is a heading.

use super::{CASES, Case, Message};
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
    let mut asks = true;
    for line in TEXT.lines().filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("# ") {
            asks = heading == "request";
            write!(out, "\n| {heading} | {} |\n|{}\n", LANGUAGES.join(" | "), "---|".repeat(5)).unwrap();
            continue;
        }
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [feature, said, cells @ ..] = columns.as_slice() else { panic!("{line}: too few columns") };
        assert_eq!(cells.len(), LANGUAGES.len(), "{line}");
        let cells = LANGUAGES.iter().zip(cells).map(|(language, cell)| match *cell {
            "-" => String::new(),
            cell => {
                let marks = cell.split(" ; ").map(|part| shown(language, (feature, said, part), asks));
                marks.collect::<Vec<_>>().join(" ")
            }
        });
        writeln!(out, "| {feature} | {} |", cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    out
}

fn shown(language: &str, (feature, said, part): (&str, &str, &str), asks: bool) -> String {
    let mut words = part.split_whitespace();
    let (word, golden) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let pieces: Vec<&str> = words.collect();
    let name = format!("{language}/{golden}");
    let found = CASES.iter().find(|(case, _)| *case == name);
    let (_, text) = found.unwrap_or_else(|| panic!("{feature}: there is no golden {name}"));
    let case = Case::parse(text);
    let clients = if asks { &case.client } else { &case.answer };
    has(clients, said.split_whitespace(), &format!("{feature}: the client of {name}"));
    let mark = match word {
        // Errors of providers are carried too.
        "carried" => {
            let providers = if asks { &case.upstream } else { &case.reply };
            let providers = providers.as_ref().unwrap_or_else(|| panic!("{feature}: {name} does not go up"));
            has(providers, pieces, &format!("{feature}: the provider of {name}"));
            "✓"
        }
        "named" => {
            let header = case.answer.headers.iter().find(|(name, _)| name == "x-orq-dropped-params");
            let named = header.map_or("", |(_, names)| names.as_str());
            let [param] = pieces.as_slice() else { panic!("{feature}: one parameter is named in {name}") };
            assert!(named.split(", ").any(|name| name == *param), "{feature}: {name} names {named:?} alone");
            "named"
        }
        "refused" => {
            assert_eq!((case.upstream, case.answer.start.as_str()), (None, "400"), "{feature}: {name}");
            let [param] = pieces.as_slice() else { panic!("{feature}: {name} refuses one parameter") };
            has(&case.answer, [format!("\"param\":\"{param}\"").as_str()], &format!("{feature}: {name}"));
            "400"
        }
        other => panic!("{feature}: {other}: a cell is carried, named or refused"),
    };
    format!("[{mark}](../tests/golden/{name}.http)")
}

/// Asserts that these pieces stand in a body, white space aside, and those behind a `!` do not.
fn has<'a>(message: &Message, pieces: impl IntoIterator<Item = &'a str>, who: &str) {
    let mut body = String::from_utf8_lossy(&message.body).into_owned();
    body.retain(|letter| !letter.is_whitespace());
    for piece in pieces {
        let (there, piece) = piece.strip_prefix('!').map_or((true, piece), |piece| (false, piece));
        assert_eq!(body.contains(piece), there, "{who}: {piece} in {body}");
    }
}
