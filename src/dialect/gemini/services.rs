//! Tools that Google runs while it answers, in the hub's terms: searches of the web, and code.
//!
//! A search is told by a part of its own (`toolCall`, `toolResponse`) where
//! `includeServerSideToolInvocations` asks for that, and else by `groundingMetadata` alone, which streams send with
//! their last event. Then it is told in front of the text where nothing was said yet, as in a whole body, and at the
//! end otherwise, so that no text is cut in two.
//!
//! Sources: <https://ai.google.dev/api/caching#Part>, <https://ai.google.dev/gemini-api/docs/code-execution>,
//! <https://ai.google.dev/gemini-api/docs/tool-combination>.

use crate::chat::{Answer, Outcome, Served, Service};
use crate::wire::json::{Object, items, string};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// The most tools of a choice that work at a time.
const MOST_OPEN: usize = 64;
/// The most words of a search, and the most addresses that it found, and how long each may be, in bytes.
const MOST_QUERIES: usize = 32;
const MOST_SOURCES: usize = 256;
const LONGEST: usize = 8 << 10;

/// What is known of a choice's tools so far.
#[derive(Debug, Default)]
pub(super) struct Services {
    open: Vec<Open>,
    /// What the metadata say of a search.
    found: Option<Found>,
    /// A search was told.
    searched: bool,
    /// Something was said: text, a call, a picture.
    spoke: bool,
    /// The reason of the end was read.
    ended: bool,
}

/// A tool at work.
#[derive(Debug)]
struct Open {
    number: usize,
    id: Option<String>,
    /// What a search looks for; `None`: it is code.
    queries: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Found {
    queries: Vec<String>,
    sources: Vec<String>,
}

impl Services {
    /// Reads what a candidate rests on, before its `parts` are read.
    pub(super) fn ahead(&mut self, choice: usize, candidate: &Object<'_>, parts: &str, out: &mut dyn Answer) {
        if self.searched || self.spoke {
            return;
        }
        self.found = found(candidate).or_else(|| self.found.take());
        // Where parts tell of searches, those are told.
        if memchr::memmem::find(parts.as_bytes(), b"\"toolCall\"").is_none() {
            self.tell(choice, out);
        }
    }

    /// Reads what a candidate rests on, after its parts were read.
    pub(super) fn behind(&mut self, choice: usize, candidate: &Object<'_>, out: &mut dyn Answer) {
        if self.searched {
            return;
        }
        self.found = found(candidate).or_else(|| self.found.take());
        if self.ended {
            self.tell(choice, out);
        }
    }

    /// The choice ends.
    pub(super) fn end(&mut self, choice: usize, out: &mut dyn Answer) {
        self.ended = true;
        self.close_searches(choice, out);
        self.tell(choice, out);
    }

    /// The model says something: its searches are done.
    pub(super) fn speak(&mut self, choice: usize, out: &mut dyn Answer) {
        self.spoke = true;
        self.close_searches(choice, out);
    }

    fn tell(&mut self, choice: usize, out: &mut dyn Answer) {
        let Some(found) = self.found.take().filter(|_| !self.searched) else { return };
        self.searched = true;
        let number = out.serve(choice, Service { id: None, tool: Served::WebSearch });
        searched(choice, number, &found, out);
    }

    /// Code that is to run.
    pub(super) fn code(&mut self, choice: usize, code: &Object<'_>, out: &mut dyn Answer) {
        let Some(number) = self.begin(choice, code, None, Served::CodeInterpreter(None), out) else { return };
        if let Some(code) = code.get("code").and_then(Text::of) {
            out.serve_input(choice, number, code);
        }
    }

    /// Code that ran.
    pub(super) fn result(&mut self, choice: usize, result: &Object<'_>, out: &mut dyn Answer) {
        let Some(open) = self.take(result, |open| open.queries.is_none()) else { return };
        let output = result.get("output").and_then(Text::of).filter(|output| !output.is_empty());
        match result.string("outcome").as_deref().or_else(|| result.get("outcome")) {
            // OpenAI's interpreter completes where the code raises an error, too: its log has the error.
            None | Some("OUTCOME_OK" | "OUTCOME_FAILED" | "1" | "2") => {
                let mut outputs = Writer::default();
                if let Some(output) = output {
                    outputs.object(|outputs| {
                        outputs.text_member("type", "logs");
                        outputs.text_member("logs", output);
                    });
                }
                let outcome = Outcome::Ran { container: None, outputs: outputs.as_str() };
                out.served(choice, open.number, outcome);
            }
            Some(outcome) => {
                out.served(choice, open.number, Outcome::Failed(output.unwrap_or(Text::Plain(outcome))));
            }
        }
    }

    /// A tool is called on Google's side.
    pub(super) fn call(&mut self, choice: usize, call: &Object<'_>, out: &mut dyn Answer) {
        if !is_search(call) {
            return;
        }
        let args = call.get("args").and_then(|args| Object::parse(args.as_bytes()).ok());
        let queries = texts(args.as_ref().and_then(|args| args.get("queries")), MOST_QUERIES);
        if self.begin(choice, call, Some(queries), Served::WebSearch, out).is_some() {
            self.searched = true;
        }
    }

    /// What a tool answered on Google's side.
    pub(super) fn response(&mut self, choice: usize, response: &Object<'_>, out: &mut dyn Answer) {
        if is_search(response)
            && let Some(open) = self.take(response, |open| open.queries.is_some())
        {
            self.close_search(choice, open, out);
        }
    }

    fn begin(
        &mut self,
        choice: usize,
        of: &Object<'_>,
        queries: Option<Vec<String>>,
        tool: Served<'_>,
        out: &mut dyn Answer,
    ) -> Option<usize> {
        if self.open.len() >= MOST_OPEN {
            return None;
        }
        let id = of.get("id").and_then(Text::of).filter(|id| !id.is_empty());
        let number = out.serve(choice, Service { id, tool });
        self.open.push(Open { number, id: id.map(|id| id.decoded().into_owned()), queries });
        Some(number)
    }

    /// The tool at work that an object is of: by its id, and without one the first.
    fn take(&mut self, of: &Object<'_>, is: impl Fn(&Open) -> bool) -> Option<Open> {
        let id = of.string("id");
        let same = |open: &Open| is(open) && id.is_some() && open.id.as_deref() == id.as_deref();
        let found = self.open.iter().position(same).or_else(|| self.open.iter().position(is))?;
        Some(self.open.remove(found))
    }

    fn close_searches(&mut self, choice: usize, out: &mut dyn Answer) {
        while let Some(at) = self.open.iter().position(|open| open.queries.is_some()) {
            let open = self.open.remove(at);
            self.close_search(choice, open, out);
        }
    }

    /// Which search found what is not said: the first is told all that is known by then.
    fn close_search(&mut self, choice: usize, open: Open, out: &mut dyn Answer) {
        let sources = self.found.take().map(|found| found.sources).unwrap_or_default();
        searched(choice, open.number, &Found { queries: open.queries.unwrap_or_default(), sources }, out);
    }
}

fn searched(choice: usize, number: usize, found: &Found, out: &mut dyn Answer) {
    let queries: Vec<_> = found.queries.iter().map(|text| Text::Plain(text)).collect();
    let sources: Vec<_> = found.sources.iter().map(|text| Text::Plain(text)).collect();
    out.served(choice, number, Outcome::Searched { queries: &queries, sources: &sources });
}

/// Whether a part is of a search of the web.
fn is_search(of: &Object<'_>) -> bool {
    of.string("toolType").is_some_and(|kind| kind.starts_with("GOOGLE_SEARCH"))
}

/// The search that a candidate's metadata tell of. Pages that were only read, or found elsewhere, are none.
fn found(candidate: &Object<'_>) -> Option<Found> {
    let grounding = Object::parse(candidate.get("groundingMetadata")?.as_bytes()).ok()?;
    let queries = grounding.get("webSearchQueries").or_else(|| grounding.get("imageSearchQueries"))?;
    items(queries).next()?;
    let mut sources: Vec<String> = Vec::new();
    for chunk in grounding.get("groundingChunks").into_iter().flat_map(items) {
        let chunk = Object::parse(chunk.as_bytes()).ok();
        let web = chunk.as_ref().and_then(|chunk| Object::parse(chunk.get("web")?.as_bytes()).ok());
        if let Some(uri) = web.and_then(|web| web.string("uri")).filter(|uri| fits(uri))
            && sources.len() < MOST_SOURCES
            && !sources.iter().any(|source| *source == uri)
        {
            sources.push(uri.into_owned());
        }
    }
    Some(Found { queries: texts(Some(queries), MOST_QUERIES), sources })
}

fn texts(list: Option<&str>, most: usize) -> Vec<String> {
    let texts = list.into_iter().flat_map(items).filter_map(string);
    texts.filter(|text| fits(text)).map(Cow::into_owned).take(most).collect()
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST
}
