//! Base64 (RFC 4648), read, written, and brought to one form.

use std::borrow::Cow;

/// The bytes of a text in base64, of either alphabet, with or without padding; `None` when it is none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count = count.wrapping_add(6);
        if count >= 8 {
            count = count.wrapping_sub(8);
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    // Six bits alone are no byte.
    (count < 6).then_some(bytes)
}

const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes bytes as base64 of the standard alphabet, padded.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |bits: u32| {
        let at = usize::try_from(bits & 63).unwrap_or_default();
        ALPHABET.get(at).copied().unwrap_or_default()
    };
    let four = |bits: u32| [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
    let (threes, rest) = bytes.as_chunks::<3>();
    let start = out.len();
    out.resize(start.saturating_add(threes.len().saturating_mul(4)), 0);
    let (places, _) = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<4>();
    for (place, [one, two, three]) in places.iter_mut().zip(threes) {
        *place = four(u32::from_be_bytes([0, *one, *two, *three]));
    }
    match *rest {
        [one] => {
            let [a, b, ..] = four(u32::from(one) << 16);
            out.extend([a, b, b'=', b'=']);
        }
        [one, two] => {
            let [a, b, c, _] = four(u32::from_be_bytes([0, one, two, 0]));
            out.extend([a, b, c, b'=']);
        }
        _ => {}
    }
}

/// A text in base64 in the standard alphabet, padded and without white space: clients break lines, write the
/// alphabet of URLs and leave the padding out, and providers refuse all three. What is no base64 stays so.
#[must_use]
pub fn standard(text: Cow<'_, str>) -> Cow<'_, str> {
    let odd = |byte: u8| matches!(byte, b'-' | b'_') || byte.is_ascii_whitespace();
    if text.len() & 3 == 0 && !text.bytes().any(odd) {
        return text;
    }
    let digits = text.chars().filter(|c| !c.is_ascii_whitespace());
    let mut text: String = digits
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    text.push_str(match text.len() & 3 {
        2 => "==",
        3 => "=",
        _ => "",
    });
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_brought_to_the_standard_form() {
        for (text, expected) in [
            ("AQ==", "AQ=="),
            ("-_8", "+/8="),
            ("AQ", "AQ=="),
            ("AQID\r\nBA\n==", "AQIDBA=="),
            ("", ""),
            ("é", "é=="),
        ] {
            assert_eq!(standard(text.into()), expected, "{text}");
        }
    }

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YWI", b"ab"),
            ("YWJj", b"abc"),
            ("w7_Dvw==", "ÿÿ".as_bytes()),
            ("w7/Dvw", "ÿÿ".as_bytes()),
            ("+/8", b"\xfb\xff"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Y", "YWJjZ", "a b", "YQ=Q", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_what_was_written(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..50)) {
            // Written bit by bit.
            let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
            let digits = (bytes.len() * 8).div_ceil(6);
            let text: String = (0..digits)
                .map(|digit| {
                    let value = (0..6).fold(0, |value, at| value * 2 + usize::from(bit(digit * 6 + at)));
                    char::from(ALPHABET[value])
                })
                .collect();
            let mut written = Vec::new();
            encode(&bytes, &mut written);
            let written = String::from_utf8(written).unwrap();
            proptest::prop_assert_eq!(written.trim_end_matches('='), text.as_str());
            proptest::prop_assert_eq!(written.len() % 4, 0);
            proptest::prop_assert_eq!(decode(&text), Some(bytes));
        }
    }
}
