//! Orq's own members of a request's body. They speak to the proxy and never reach a provider.
//!
//! Source: Orq's reference of the proxy (`orq` on chat, completions, embeddings, rerank, speech and
//! images) and of the router, which allows most of them at the top level too.

use crate::wire::json::{Kind, Object, kind};

/// The object that holds them all.
const ORQ: &str = "orq";

/// Those that may stand at the top level.
const TOP_LEVEL: [&str; 14] = [
    "name",
    "fallbacks",
    "retry",
    "retries",
    "cache",
    "load_balancer",
    "timeout",
    "guardrails",
    "plugins",
    "variables",
    "inputs",
    "contact",
    "identity",
    "thread",
];

/// The most members of `orq` that are named. It knows less than 20.
const MOST: usize = 32;

/// Whether a member, or a form's field, is Orq's own. Forms write nested values with brackets.
#[must_use]
pub fn is_own(name: &str) -> bool {
    let outer = name.split('[').next().unwrap_or(name);
    outer == ORQ || TOP_LEVEL.contains(&outer)
}

/// The names of Orq's own members of a body, those within `orq` after a dot.
#[must_use]
pub fn names(object: &Object<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for member in object.members().iter().filter(|member| is_own(&member.name)) {
        let value = object.value(member);
        let inner =
            (member.name == ORQ && kind(value) == Kind::Object).then(|| Object::parse(value.as_bytes()));
        match inner {
            Some(Ok(inner)) => {
                names.extend(inner.members().iter().take(MOST).map(|member| format!("{ORQ}.{}", member.name)))
            }
            _ => names.push(member.name.to_string()),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_members_are_named_with_what_they_hold() {
        let body = br#"{"model":"m","orq":{"retry":{"count":3},"cache":null},"fallbacks":[],"user":"u"}"#;
        assert_eq!(names(&Object::parse(body).unwrap()), ["orq.retry", "orq.cache", "fallbacks"]);
        assert!(is_own("orq[retry]") && !is_own("orquestra") && !is_own("prompt"));
    }
}
