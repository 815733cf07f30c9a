//! The path of a request to a provider.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What one path segment cannot carry as it is: everything but RFC 3986's unreserved characters,
/// and `:` and `@`, which vendors write in model ids.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// What a base path must be, as the end of a sentence.
pub const BASE: &str = "must be empty or start with a slash, of letters, digits and `/-._~:` alone";

/// Whether a path can stand before others.
#[must_use]
pub fn is_base(path: &str) -> bool {
    (path.is_empty() || path.starts_with('/'))
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte))
}

/// Fills `{model}` in with the model as one segment, and adds the queries that are there.
#[must_use]
pub fn build(base_path: &str, path: &str, model: &str, queries: [Option<&str>; 2]) -> String {
    let mut out = String::with_capacity(64);
    out.push_str(base_path);
    match path.split_once("{model}") {
        Some((before, after)) => {
            out.push_str(before);
            out.extend(utf8_percent_encode(model, SEGMENT));
            out.push_str(after);
        }
        None => out.push_str(path),
    }
    for query in queries.into_iter().flatten().filter(|query| !query.is_empty()) {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(query);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_one_segment_whatever_it_holds() {
        let path = |model| build("/v1", "/m/{model}/chat", model, [None, None]);
        assert_eq!(path("gpt-4o"), "/v1/m/gpt-4o/chat");
        assert_eq!(path("a/../b?c#d e%2f"), "/v1/m/a%2F..%2Fb%3Fc%23d%20e%252f/chat");
        assert_eq!(path("eu.x-v1:0"), "/v1/m/eu.x-v1:0/chat");
    }

    #[test]
    fn queries_follow_each_other() {
        assert_eq!(
            build("", "/chat", "m", [Some("api-version=1"), Some("a=b&c")]),
            "/chat?api-version=1&a=b&c"
        );
        assert_eq!(build("", "/chat", "m", [None, Some("a=b")]), "/chat?a=b");
    }
}
