//! Ids of calls, and names, as the API takes them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ids of calls. Anthropic wants each once, of letters, digits, `_` and `-`; other vendors' are of other
/// characters, and some count anew in each turn.
#[derive(Debug, Default)]
pub struct Ids<'r> {
    sent: BTreeSet<String>,
    /// How often an id came again, so that no number is tried twice.
    again: BTreeMap<String, u32>,
    /// The calls that wait for their results, by their order: the client's id, and the one that is sent.
    waiting: BTreeMap<usize, (&'r str, String)>,
    /// Where they stand there, by the client's id.
    places: BTreeMap<&'r str, VecDeque<usize>>,
    /// How many calls there were.
    count: usize,
}

impl<'r> Ids<'r> {
    /// The id that is sent for a call.
    pub fn call(&mut self, id: &'r str) -> String {
        let plain = fit(id);
        let mut unique = plain.clone();
        if self.sent.contains(&plain) {
            let count = self.again.entry(plain.clone()).or_insert(1);
            while self.sent.contains(&unique) {
                *count = count.saturating_add(1);
                unique = format!("{plain}_{count}");
            }
        }
        self.sent.insert(unique.clone());
        self.waiting.insert(self.count, (id, unique.clone()));
        self.places.entry(id).or_default().push_back(self.count);
        self.count = self.count.saturating_add(1);
        unique
    }

    /// The id of the call that a result is of: of several with one id, the first that waits.
    pub fn result(&mut self, id: &str) -> Option<String> {
        let place = self.places.get_mut(id)?.pop_front()?;
        self.waiting.remove(&place).map(|(_, sent)| sent)
    }

    /// The client's id of the first call that still waits for its result.
    #[must_use]
    pub fn unanswered(&self) -> Option<&'r str> {
        self.waiting.first_key_value().map(|(_, (id, _))| *id)
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

    #[test]
    fn ids_that_come_again_and_again_take_no_longer_each_time() {
        // With a search from the start for each this takes hours.
        let mut ids = Ids::default();
        let sent: Vec<String> = (0..100_000).map(|_| ids.call("a")).collect();
        assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), sent.len());
        assert!(sent.iter().all(|sent| ids.result("a").as_ref() == Some(sent)));
        assert_eq!(ids.unanswered(), None);
    }
}
