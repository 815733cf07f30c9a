//! `encrypted_content` of reasoning items: what a provider needs back to go on from its own thoughts.
//!
//! Nothing is stored here, so an item carries it all: `orq1:<kind>:<dialect>:<what the provider gave>`. To clients it is
//! opaque, as OpenAI's own is. What another language's provider made is of no use to this one.

use crate::wire::write::Text;

const MARK: &str = "orq1";

/// What is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The signature of the item's text.
    Signature,
    /// Thoughts that only the provider can read.
    Redacted,
    /// The signature of the call that the next item is.
    Call,
}

impl Kind {
    const fn letter(self) -> &'static str {
        match self {
            Self::Signature => "s",
            Self::Redacted => "r",
            Self::Call => "c",
        }
    }
}

/// Adds an `encrypted_content` to a JSON string that is being written: escaped, without quotes.
pub fn seal(kind: Kind, dialect: &str, text: Text<'_>, out: &mut String) {
    for piece in [MARK, ":", kind.letter(), ":", dialect, ":"] {
        out.push_str(piece);
    }
    text.push_to(out);
}

/// What an `encrypted_content` holds for a language; `None` when it is not of it.
#[must_use]
pub fn unseal<'t>(dialect: &str, text: &'t str) -> Option<(Kind, &'t str)> {
    let (kind, rest) = text.strip_prefix(MARK)?.strip_prefix(':')?.split_once(':')?;
    let payload = rest.strip_prefix(dialect)?.strip_prefix(':')?;
    let kind =
        [Kind::Signature, Kind::Redacted, Kind::Call].into_iter().find(|known| known.letter() == kind)?;
    Some((kind, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_comes_back_for_its_own_language_alone() {
        for kind in [Kind::Signature, Kind::Redacted, Kind::Call] {
            let mut sealed = String::new();
            seal(kind, "toy", Text::Plain("a:b+/="), &mut sealed);
            assert_eq!(unseal("toy", &sealed), Some((kind, "a:b+/=")));
            assert_eq!(unseal("to", &sealed), None);
            assert_eq!(unseal("other", &sealed), None);
        }
        for foreign in ["", "gAAAAABo", "orq1", "orq1:s", "orq1:x:toy:a", "orq2:s:toy:a"] {
            assert_eq!(unseal("toy", foreign), None, "{foreign}");
        }
    }
}
