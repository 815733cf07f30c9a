//! An ordered list of headers, and the edits made to it.
//!
//! To write a whole list back costs Envoy some twenty times what one edit costs, so the edits are
//! remembered and only they are made.

/// The headers of one request or answer, pseudo-headers first, names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    list: Vec<(String, Vec<u8>)>,
    edits: Vec<Edit>,
}

/// One change, as a host is to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The name gets this one value, whatever it had.
    Set(String, Vec<u8>),
    /// The name goes, with all its values.
    Remove(String),
}

/// Lists are equal when their headers are, however they came about.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Eq for Headers {}

impl From<Vec<(String, Vec<u8>)>> for Headers {
    fn from(list: Vec<(String, Vec<u8>)>) -> Self {
        Self { list, edits: Vec::new() }
    }
}

impl Headers {
    /// The headers, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, Vec<u8>)] {
        &self.list
    }

    /// What was changed, in order.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The first value of this name, as bytes: a header need not be UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.list.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// The first value of this name, if it is UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| core::str::from_utf8(value).ok())
    }

    /// The status of an answer; 0 when there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.text(":status").and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// Gives the name this one value: in the place of its first, or at the end.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let value = value.into();
        // What is set need not go first.
        self.edits.retain(|edit| !matches!(edit, Edit::Remove(gone) if gone == name));
        self.edits.push(Edit::Set(name.to_owned(), value.clone()));
        let mut new = Some(value);
        self.list.retain_mut(|(key, old)| {
            if key != name {
                return true;
            }
            match new.take() {
                Some(value) => {
                    *old = value;
                    true
                }
                None => false,
            }
        });
        if let Some(value) = new {
            self.list.push((name.to_owned(), value));
        }
    }

    /// Takes every header of this name out.
    pub fn remove(&mut self, name: &str) {
        self.retain(|key| key != name);
    }

    /// Keeps the headers whose names are wanted.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        for (name, _) in self.list.extract_if(.., |(name, _)| !wanted(name)) {
            // Values of one name mostly stand side by side: one edit takes them all.
            if !matches!(self.edits.last(), Some(Edit::Remove(last)) if *last == name) {
                self.edits.push(Edit::Remove(name));
            }
        }
    }
}

/// The media type of a `content-type`: without parameters, in lower case.
#[must_use]
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is JSON.
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// A text as a header value: what a header cannot carry is percent-encoded.
#[must_use]
pub fn value(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::CONTROLS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> Headers {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
        list.iter().map(owned).collect::<Vec<_>>().into()
    }

    #[test]
    fn setting_a_header_replaces_all_its_values_in_the_place_of_the_first() {
        let mut list = headers(&[("a", "1"), ("b", "2"), ("a", "3")]);
        list.set("a", "4");
        list.set("c", "5");
        assert_eq!(list, headers(&[("a", "4"), ("b", "2"), ("c", "5")]));
    }

    #[test]
    fn the_edits_make_of_the_old_list_the_new_one() {
        let mut list = headers(&[("a", "1"), ("b", "2"), ("c", "3"), ("c", "4"), ("d", "5")]);
        let old = list.clone();
        list.retain(|name| name != "c" && name != "b");
        list.set("b", "6");
        list.remove("absent");
        let mut made = old.as_slice().to_vec();
        for edit in list.edits() {
            match edit {
                Edit::Set(name, value) => {
                    made.retain(|(key, _)| key != name);
                    made.push((name.clone(), value.clone()));
                }
                Edit::Remove(name) => made.retain(|(key, _)| key != name),
            }
        }
        assert_eq!(made, list.as_slice());
        assert_eq!(list.edits(), [Edit::Remove("c".into()), Edit::Set("b".into(), b"6".into())]);
    }

    #[test]
    fn a_value_that_is_not_utf8_has_bytes_but_no_text() {
        let list = Headers::from(vec![("a".to_owned(), vec![0xff])]);
        assert_eq!(list.get("a"), Some(&[0xff_u8][..]));
        assert_eq!(list.text("a"), None);
    }

    #[test]
    fn a_media_type_has_no_parameters_and_no_capitals() {
        assert_eq!(media_type("Application/JSON; charset=utf-8"), "application/json");
        assert!(is_json("application/problem+json"));
    }
}
