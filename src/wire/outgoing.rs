//! A body on its way to a provider: bytes of its own, and ranges of the client's body that are not copied.
//!
//! A file of a form can have tens of megabytes. It stands once in the module's memory, as the client sent it; what goes
//! up names it, and is written piece by piece, in base64 a little at a time.

use super::base64;
use core::ops::Range;

/// A body on its way to a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    pieces: Vec<Piece>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Own(Vec<u8>),
    /// This range of the client's body.
    Client(Range<usize>),
    /// This range of the client's body, in base64 (RFC 4648, padded).
    Base64(Range<usize>),
}

/// How many bytes are encoded at once: without a rest, so that the pieces follow each other.
const ENCODED_AT_ONCE: usize = 48 << 10;

impl From<Vec<u8>> for Outgoing {
    fn from(bytes: Vec<u8>) -> Self {
        let mut body = Self::default();
        body.push(Piece::Own(bytes));
        body
    }
}

impl Outgoing {
    /// The client's body as it is.
    #[must_use]
    pub fn of_client(length: usize) -> Self {
        Self { pieces: vec![Piece::Client(0..length)] }
    }

    /// Adds a piece. An empty one is left out.
    pub fn push(&mut self, piece: Piece) {
        if piece.length() > 0 {
            self.pieces.push(piece);
        }
    }

    /// The pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The pieces, in order, to be changed.
    pub fn pieces_mut(&mut self) -> &mut [Piece] {
        &mut self.pieces
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.pieces.iter().fold(0, |length, piece| length.saturating_add(piece.length()))
    }

    /// Hands all bytes over, in order, in as few parts as can be. A range outside the client's body is empty.
    pub fn write(&self, client: &[u8], mut out: impl FnMut(&[u8])) {
        for piece in &self.pieces {
            match piece {
                Piece::Own(bytes) => out(bytes),
                Piece::Client(range) => out(client.get(range.clone()).unwrap_or_default()),
                Piece::Base64(range) => {
                    let mut text = Vec::with_capacity(ENCODED_AT_ONCE.saturating_mul(4).div_ceil(3));
                    for part in client.get(range.clone()).unwrap_or_default().chunks(ENCODED_AT_ONCE) {
                        text.clear();
                        base64::encode(part, &mut text);
                        out(&text);
                    }
                }
            }
        }
    }

    /// All bytes.
    #[must_use]
    pub fn bytes(&self, client: &[u8]) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.length());
        self.write(client, |part| all.extend_from_slice(part));
        all
    }

    /// Where the client's own body goes on to its end as it is, if it does: behind a beginning of other bytes, which is
    /// the first of the pair. Its second is how many bytes of the client's body that beginning stands for.
    #[must_use]
    pub fn beginning(&self, client: &[u8]) -> Option<(Vec<u8>, usize)> {
        let (kept, before) = match self.pieces.as_slice() {
            [before @ .., Piece::Client(range)] => (range.clone(), before),
            // What is written behind the last file of a form is mostly what the client wrote there.
            [before @ .., Piece::Client(range), Piece::Own(end)]
                if client.get(range.end..) == Some(end.as_slice()) =>
            {
                (range.start..client.len(), before)
            }
            _ => return None,
        };
        let length = before.iter().fold(0_usize, |length, piece| length.saturating_add(piece.length()));
        // More would be copied than is left alone.
        if kept.end != client.len() || kept.len() <= length {
            return None;
        }
        let mut all = Vec::with_capacity(length);
        let before = Self { pieces: before.to_vec() };
        before.write(client, |part| all.extend_from_slice(part));
        Some((all, kept.start))
    }
}

impl Piece {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.len(),
            Self::Client(range) => range.len(),
            Self::Base64(range) => range.len().div_ceil(3).saturating_mul(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_body_is_its_pieces_one_after_the_other(
            client in proptest::collection::vec(any::<u8>(), 0..60),
            pieces in proptest::collection::vec((0_u8..3, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..6),
        ) {
            let (mut body, mut expected) = (Outgoing::default(), Vec::new());
            for (kind, one, other) in pieces {
                let (one, other) = (one.index(client.len() + 1), other.index(client.len() + 1));
                let range = one.min(other)..one.max(other);
                let bytes = client[range.clone()].to_vec();
                body.push(match kind {
                    0 => Piece::Own(bytes.clone()),
                    1 => Piece::Client(range),
                    _ => Piece::Base64(range),
                });
                match kind {
                    0 | 1 => expected.extend(bytes),
                    _ => {
                        base64::encode(&bytes, &mut expected);
                    }
                }
            }
            prop_assert_eq!(body.bytes(&client), expected.clone());
            prop_assert_eq!(body.length(), expected.len());
            if let Some((mut beginning, skipped)) = body.beginning(&client) {
                beginning.extend(&client[skipped..]);
                prop_assert_eq!(beginning, expected);
            }
        }
    }

    #[test]
    fn a_long_file_is_encoded_as_one() {
        let client: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
        let mut body = Outgoing::default();
        body.push(Piece::Base64(0..client.len()));
        let mut whole = Vec::new();
        base64::encode(&client, &mut whole);
        assert_eq!(body.bytes(&client), whole);
        assert_eq!(base64::decode(core::str::from_utf8(&body.bytes(&client)).unwrap()), Some(client));
    }

    #[test]
    fn an_end_that_is_written_as_the_client_wrote_it_is_left_alone() {
        let body = |end: &[u8]| {
            let mut body = Outgoing::default();
            body.push(Piece::Own(b"new".to_vec()));
            body.push(Piece::Client(3..8));
            body.push(Piece::Own(end.to_vec()));
            body
        };
        assert_eq!(body(b"--").beginning(b"oldfileX--"), Some((b"new".to_vec(), 3)));
        assert_eq!(body(b"--").beginning(b"oldfileX-+"), None);
        assert_eq!(body(b"-").beginning(b"oldfileX--"), None);
    }

    #[test]
    fn a_short_rest_is_not_left_alone() {
        let mut body = Outgoing::default();
        body.push(Piece::Own(b"abc".to_vec()));
        body.push(Piece::Client(2..4));
        assert_eq!(body.beginning(b"wxyz"), None);
        assert_eq!(body.beginning(b"wxyz-"), None);
    }
}
