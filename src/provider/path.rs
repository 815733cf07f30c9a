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

/// Fills `{name}` in with the value of that name as one segment, and `{name/}` with as many segments as the value has,
/// and adds the queries that are there.
#[must_use]
pub fn build(
    base_path: &str,
    path: &str,
    values: &[(&str, &str)],
    queries: impl IntoIterator<Item = impl AsRef<str>>,
) -> String {
    let mut out = String::with_capacity(64);
    out.push_str(base_path);
    let mut rest = path;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        out.push_str(before);
        let (name, slashes) = name.strip_suffix('/').map_or((name, false), |name| (name, true));
        let value = values.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value);
        for (at, segment) in value.split(|c| slashes && c == '/').enumerate() {
            if at > 0 {
                out.push('/');
            }
            out.extend(utf8_percent_encode(segment, SEGMENT));
        }
        rest = after;
    }
    out.push_str(rest);
    for query in queries {
        let query = query.as_ref();
        if !query.is_empty() {
            out.push(if out.contains('?') { '&' } else { '?' });
            out.push_str(query);
        }
    }
    out
}

/// A query of these names and values.
#[must_use]
pub fn query(pairs: &[(impl AsRef<str>, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name.as_ref());
        out.push('=');
        out.extend(utf8_percent_encode(value, SEGMENT));
    }
    out
}

/// Whether a value can be a segment of a path: servers take those of dots for a way up, and leave out empty ones.
#[must_use]
pub fn is_segment(value: &str) -> bool {
    !value.bytes().all(|byte| byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn a_model_is_one_segment_whatever_it_holds() {
        let path = |model| build("/v1", "/m/{model}/chat", &[("model", model)], NONE);
        assert_eq!(path("gpt-4o"), "/v1/m/gpt-4o/chat");
        assert_eq!(path("a/../b?c#d e%2f"), "/v1/m/a%2F..%2Fb%3Fc%23d%20e%252f/chat");
        assert_eq!(path("eu.x-v1:0"), "/v1/m/eu.x-v1:0/chat");
    }

    #[test]
    fn a_model_of_several_segments_keeps_its_slashes_alone() {
        let path = |model| build("", "/m/{model/}:run", &[("model", model)], NONE);
        assert_eq!(path("a/b c/d?e"), "/m/a/b%20c/d%3Fe:run");
        assert_eq!(path("a"), "/m/a:run");
    }

    #[test]
    fn each_name_gets_its_value() {
        let values = [("model", "m"), ("voice", "a/b")];
        assert_eq!(build("/v1", "/{voice}/x/{model}/{none}", &values, NONE), "/v1/a%2Fb/x/m/");
        assert_eq!(build("", "/a{b", &values, NONE), "/a{b");
        assert!(is_segment("a.b") && !is_segment("..") && !is_segment(""));
    }

    #[test]
    fn queries_follow_each_other() {
        assert_eq!(build("", "/chat", &[], ["api-version=1", "a=b&c"]), "/chat?api-version=1&a=b&c");
        assert_eq!(build("", "/chat", &[], ["", "a=b"]), "/chat?a=b");
        assert_eq!(query(&[("a", "b c&d".to_owned()), ("e", "1".to_owned())]), "a=b%20c%26d&e=1");
    }
}
