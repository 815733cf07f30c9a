//! Ids of calls, and names, as the API takes them.

use std::collections::{BTreeMap, BTreeSet};

/// Ids of calls. Anthropic wants each once, of letters, digits, `_` and `-`; other vendors' are of other
/// characters, and some count anew in each turn.
#[derive(Debug, Default)]
pub struct Ids<'r> {
    sent: BTreeSet<String>,
    /// The last number behind an id that came again, so that none is tried twice.
    counts: BTreeMap<String, u32>,
    waiting: Vec<(&'r str, String)>,
}

impl<'r> Ids<'r> {
    /// The id that is sent for a call.
    pub fn call(&mut self, id: &'r str) -> String {
        let plain = fit(id);
        let mut unique = plain.clone();
        let count = self.counts.entry(plain.clone()).or_insert(1);
        while !self.sent.insert(unique.clone()) {
            *count = count.saturating_add(1);
            unique = format!("{plain}_{count}");
        }
        self.waiting.push((id, unique.clone()));
        unique
    }

    /// The id of the call that a result is of: of several with one id, the first that waits.
    pub fn result(&mut self, id: &str) -> Option<String> {
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == id)?;
        Some(self.waiting.remove(at).1)
    }

    /// The client's id of the first call that still waits for its result.
    #[must_use]
    pub fn unanswered(&self) -> Option<&'r str> {
        self.waiting.first().map(|(id, _)| *id)
    }
}

/// A name or an id of letters, digits, `_` and `-` alone, as the API wants them.
#[must_use]
pub fn fit(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fit: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if fit.is_empty() { "_".to_owned() } else { fit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_other_vendors_are_made_to_fit() {
        let mut ids = Ids::default();
        let sent = ["toolu_01-A", "get:0", "get.0", "", "get:0"].map(|id| ids.call(id));
        assert_eq!(sent, ["toolu_01-A", "get_0", "get_0_2", "_", "get_0_3"]);
        assert_eq!(ids.result("get.0").as_deref(), Some("get_0_2"));
        assert_eq!(ids.result("get:0").as_deref(), Some("get_0"));
        assert_eq!(ids.result("get:0").as_deref(), Some("get_0_3"));
        assert_eq!(ids.result("get:0"), None);
    }
}
