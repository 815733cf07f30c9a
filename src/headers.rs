//! An ordered list of headers, and edits to it.

/// The headers of one request or answer, pseudo-headers first, names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    list: Vec<(String, Vec<u8>)>,
}

impl From<Vec<(String, Vec<u8>)>> for Headers {
    fn from(list: Vec<(String, Vec<u8>)>) -> Self {
        Self { list }
    }
}

impl Headers {
    /// The headers, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, Vec<u8>)] {
        &self.list
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
        self.list.retain(|(key, _)| key != name);
    }

    /// Keeps the headers whose names are wanted. Whether any was not.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        let before = self.list.len();
        self.list.retain(|(name, _)| wanted(name));
        self.list.len() != before
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
