//! Arrays of numbers: the longest part of answers with vectors, passed over in blocks of digits.

/// The length of the array of numbers that a text starts with; `None` when it holds anything else, or nothing, or is
/// broken: then it is read step by step.
pub fn length(text: &[u8]) -> Option<usize> {
    let mut rest = text.strip_prefix(b"[")?;
    loop {
        rest = white_space(number(white_space(rest))?);
        match rest {
            [b',', behind @ ..] => rest = behind,
            [b']', behind @ ..] => return text.len().checked_sub(behind.len()),
            _ => return None,
        }
    }
}

fn white_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = text {
        text = behind;
    }
    text
}

/// What stands behind the number that a text starts with.
fn number(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let text = match text {
        [b'0', behind @ ..] => behind,
        _ => digits(text)?,
    };
    let text = match text {
        [b'.', behind @ ..] => digits(behind)?,
        _ => text,
    };
    match text {
        [b'e' | b'E', b'+' | b'-', behind @ ..] | [b'e' | b'E', behind @ ..] => digits(behind),
        _ => Some(text),
    }
}

/// What stands behind the digits that a text starts with: one or more.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk::<8>() {
        let count = leading(u64::from_le_bytes(*block));
        if count < 8 {
            rest = rest.get(count..)?;
            return (rest.len() < text.len()).then_some(rest);
        }
        rest = behind;
    }
    while let [b'0'..=b'9', behind @ ..] = rest {
        rest = behind;
    }
    (rest.len() < text.len()).then_some(rest)
}

/// How many of eight bytes, the first the lowest, are digits before the first that is none.
#[must_use]
pub fn leading(block: u64) -> usize {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Digits become 0 to 9. Whatever is more, or has the high bit, sets the high bit of its byte; none carries over.
    let digits = block ^ 0x3030_3030_3030_3030;
    let others = ((digits & LOW).wrapping_add(0x7676_7676_7676_7676) | digits) & !LOW;
    others.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    /// Whether a text is one array of numbers, and at least one.
    fn is_numbers(text: &str) -> bool {
        let list: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap_or_default();
        !list.is_empty()
            && list.iter().all(|item| item.get().starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn an_array_of_numbers_is_passed_to_its_end_and_nothing_else_is(
            text in prop_oneof![
                r"\[ ?(-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?[,\]] ?){0,4}.{0,3}",
                r#"[\[\],0-9.eE+ -]{0,12}"#,
            ],
        ) {
            let bytes = text.as_bytes();
            let found = length(bytes);
            if let Some(length) = found {
                prop_assert!(is_numbers(&text[..length]));
            }
            // Of a text that is one array all of it is found.
            if text.starts_with('[') && is_numbers(&text) {
                prop_assert_eq!(found, Some(text.trim_end().len()));
            }
        }

        #[test]
        fn digits_are_counted_as_one_by_one(bytes in any::<[u8; 8]>(), digits in "[0-9]{0,8}") {
            let mut mixed = bytes;
            mixed[..digits.len()].copy_from_slice(digits.as_bytes());
            let expected = mixed.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(leading(u64::from_le_bytes(mixed)), expected);
        }
    }
}
