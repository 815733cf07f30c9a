//! Client keys: who may come in, and what each may use.

use crate::error::Error;
use crate::garden::Pattern;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::rc::Rc;
use subtle::ConstantTimeEq;

/// A client's key, without the key itself.
#[derive(Debug)]
pub struct Key {
    /// Its name, for logs.
    pub id: String,
    /// SHA-256 of the key.
    pub sha256: [u8; 32],
    /// The models that it may use; `None` for all of the garden.
    pub models: Option<Vec<Pattern>>,
    /// When it ends, in seconds since 1970-01-01T00:00:00Z.
    pub expires_at: Option<u64>,
}

impl Key {
    /// Whether it may use a model that goes by any of these names.
    #[must_use]
    pub fn may_use(&self, names: &[&str]) -> bool {
        match &self.models {
            None => true,
            Some(patterns) => patterns.iter().any(|pattern| names.iter().any(|name| pattern.matches(name))),
        }
    }
}

/// All client keys.
#[derive(Debug)]
pub struct Keys {
    /// In the order of their hashes.
    list: Vec<Rc<Key>>,
}

impl Keys {
    /// All keys, in any order.
    #[must_use]
    pub fn new(list: Vec<Key>) -> Self {
        let mut ordered = BTreeMap::new();
        for key in list {
            // Of two that are the same, the first counts.
            ordered.entry(key.sha256).or_insert_with(|| Rc::new(key));
        }
        Self { list: ordered.into_values().collect() }
    }

    /// The key that an `authorization` header carries. `now` is asked only for a key that ends, in
    /// seconds since 1970.
    ///
    /// # Errors
    /// 401, in OpenAI's words, when there is none that is valid.
    pub fn check(&self, authorization: Option<&[u8]>, now: impl FnOnce() -> u64) -> Result<&Rc<Key>, Error> {
        let Some(token) = authorization.and_then(bearer) else {
            let mut error = Error::new(
                401,
                "You didn't provide an API key. Send your Orq API key in the Authorization header, using Bearer auth \
                 (Authorization: Bearer YOUR_KEY).",
            );
            error.code = None;
            return Err(error);
        };
        let hash: [u8; 32] = Sha256::digest(token).into();
        // The search narrows by the hash's first bytes, which tell nothing of a key that hashes to
        // others; the comparison that decides takes the same time for every hash.
        let prefix = |bytes: &[u8; 32]| bytes.first_chunk::<8>().copied();
        let from = self.list.partition_point(|key| prefix(&key.sha256) < prefix(&hash));
        let mut same = self.list.get(from..).unwrap_or_default().iter();
        let key = same
            .by_ref()
            .take_while(|key| prefix(&key.sha256) == prefix(&hash))
            .find(|key| bool::from(key.sha256.ct_eq(&hash)))
            .ok_or_else(|| {
                Error::new(401, "Incorrect API key provided. Check the Orq API key that you send.")
            })?;
        if key.expires_at.is_some_and(|end| now() >= end) {
            return Err(Error::new(401, "Your API key has expired. Use a new Orq API key."));
        }
        Ok(key)
    }
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(6)?;
    let token = token.strip_prefix(b" ")?.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let key = |id: &str, token: &str, expires_at| Key {
            id: id.to_owned(),
            sha256: Sha256::digest(token).into(),
            models: None,
            expires_at,
        };
        Keys::new(vec![key("a", "sk-a", None), key("b", "sk-b", Some(1000)), key("c", "sk-c", None)])
    }

    fn check(value: &str) -> Result<String, u16> {
        keys().check(Some(value.as_bytes()), || 1000).map(|key| key.id.clone()).map_err(|error| error.status)
    }

    #[test]
    fn a_key_that_is_known_comes_in_under_any_spelling_of_the_scheme() {
        for value in ["Bearer sk-a", "bearer sk-a", "BEARER  sk-a "] {
            assert_eq!(check(value), Ok("a".to_owned()), "{value}");
        }
        assert_eq!(check("Bearer sk-c"), Ok("c".to_owned()));
    }

    #[test]
    fn everything_else_stays_out() {
        for value in
            ["", "Bearer", "Bearer ", "Basic sk-a", "sk-a", "Bearersk-a", "Bearer sk-A", "Bearer sk-a x"]
        {
            assert_eq!(check(value), Err(401), "{value}");
        }
        assert_eq!(keys().check(None, || 0).unwrap_err().code, None);
    }

    #[test]
    fn a_key_ends_at_its_time() {
        assert_eq!(keys().check(Some(b"Bearer sk-b"), || 999).unwrap().id, "b");
        assert_eq!(check("Bearer sk-b"), Err(401));
    }
}
