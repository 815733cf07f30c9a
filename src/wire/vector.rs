//! Vectors of numbers: as JSON arrays, and as base64 of their 32-bit floats, the least byte first, which is how
//! OpenAI packs them.
//!
//! A number is read as the 32-bit float that is nearest to what stands there. Read as 64 bits first and rounded
//! then, one in some hundred million would be its neighbour.

use super::base64;
use super::json::numbers::leading;

/// The bytes of a float.
const WIDTH: usize = 4;

/// Adds a JSON array of numbers to a text, as base64 of its floats; `None`, and nothing is added, when it holds
/// anything else. The text must be JSON.
#[must_use]
pub fn pack(array: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut rest = array.trim_ascii().as_bytes().strip_prefix(b"[")?.strip_suffix(b"]")?.trim_ascii();
    // A number has some ten digits.
    let mut bytes = Vec::with_capacity(rest.len() / 3);
    while !rest.is_empty() {
        let (number, behind) = float(rest)?;
        bytes.extend_from_slice(&number.to_le_bytes());
        rest = match behind.trim_ascii_start() {
            [] => &[],
            [b',', more @ ..] if !more.is_empty() => more.trim_ascii_start(),
            _ => return None,
        };
    }
    base64::encode(&bytes, out);
    Some(())
}

/// Adds the floats of base64 to a text, as a JSON array; `None` when it is no base64 of floats, or holds one that
/// JSON has no number for.
#[must_use]
pub fn unpack(packed: &str, out: &mut Vec<u8>) -> Option<()> {
    let bytes = base64::decode(packed)?;
    let (floats, rest) = bytes.as_chunks::<WIDTH>();
    if !rest.is_empty() {
        return None;
    }
    let floats = floats.iter().map(|float| f32::from_le_bytes(*float));
    if !floats.clone().all(f32::is_finite) {
        return None;
    }
    list(floats, out);
    Some(())
}

/// Adds the signed bytes of base64 to a text, as a JSON array; `None` when it is no base64.
#[must_use]
pub fn unpack_bytes(packed: &str, out: &mut Vec<u8>) -> Option<()> {
    list(signed(&base64::decode(packed)?), out);
    Some(())
}

/// Adds the signed bytes of base64 to a text, as base64 of floats; `None` when it is no base64.
#[must_use]
pub fn widen(packed: &str, out: &mut Vec<u8>) -> Option<()> {
    let bytes = base64::decode(packed)?;
    let floats: Vec<u8> = signed(&bytes).flat_map(|value| f32::from(value).to_le_bytes()).collect();
    base64::encode(&floats, out);
    Some(())
}

fn signed(bytes: &[u8]) -> impl Iterator<Item = i8> {
    bytes.iter().map(|byte| byte.cast_signed())
}

fn list(numbers: impl Iterator<Item = impl ToString>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, number) in numbers.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(number.to_string().as_bytes());
    }
    out.push(b']');
}

/// 10 to the power of the index: the powers that 64 bits of float hold exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The number that a text starts with, and what stands behind it.
fn float(text: &[u8]) -> Option<(f32, &[u8])> {
    quick(text).or_else(|| {
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let length = text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len());
        let (number, behind) = text.split_at_checked(length)?;
        Some((core::str::from_utf8(number).ok()?.parse().ok()?, behind))
    })
}

/// A number of common form: its digits as one whole number, times a power of ten. In 64 bits that is at most two
/// steps off. Unless it then lies within some steps of the middle between two floats, the nearer one is sure.
fn quick(text: &[u8]) -> Option<(f32, &[u8])> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut read = Digits::default();
    let before = read.take(text);
    let mut rest = before;
    if let [b'.', fraction @ ..] = before {
        rest = read.take(fraction);
        if rest.len() == fraction.len() {
            return None;
        }
    }
    // More digits would not fit.
    if before.len() == text.len() || read.count > 19 {
        return None;
    }
    // Those behind the point.
    let behind = before.len().saturating_sub(rest.len()).saturating_sub(1);
    let mut power = i32::try_from(behind).ok()?.wrapping_neg();
    if let [b'e' | b'E', exponent @ ..] = rest {
        let (down, exponent) = match exponent {
            [b'-', exponent @ ..] => (true, exponent),
            [b'+', exponent @ ..] | exponent => (false, exponent),
        };
        let mut read = Digits::default();
        rest = read.take(exponent);
        if rest.len() == exponent.len() || read.count > 9 {
            return None;
        }
        let exponent = i32::try_from(read.value).ok()?;
        power = power.checked_add(if down { exponent.wrapping_neg() } else { exponent })?;
    }
    let scale = *POWERS.get(usize::try_from(power.unsigned_abs()).ok()?)?;
    // The casts round to the nearest, as is meant.
    let value = if power < 0 { read.value as f64 / scale } else { read.value as f64 * scale };
    // Below the 24 bits of a float lie 29 more.
    const MIDDLE: u64 = 1 << 28;
    let lower = value.to_bits() & ((1 << 29) - 1);
    if lower.abs_diff(MIDDLE) < 8 {
        return None;
    }
    let float = value as f32;
    Some((if negative { -float } else { float }, rest))
}

/// Digits as a whole number.
#[derive(Default)]
struct Digits {
    value: u64,
    /// How many there are from the first that is no zero. Above 19 the value is none.
    count: u32,
}

impl Digits {
    /// Adds the digits that a text starts with, and gives what stands behind them.
    fn take<'a>(&mut self, mut text: &'a [u8]) -> &'a [u8] {
        if self.value == 0 {
            while let [b'0', rest @ ..] = text {
                text = rest;
            }
        }
        while let Some((block, rest)) = text.split_first_chunk::<8>() {
            let block = u64::from_le_bytes(*block);
            if leading(block) < 8 {
                break;
            }
            self.add(100_000_000, eight(block), 8);
            text = rest;
        }
        while let [digit @ b'0'..=b'9', rest @ ..] = text {
            self.add(10, u64::from(digit & 15), 1);
            text = rest;
        }
        text
    }

    fn add(&mut self, scale: u64, digits: u64, count: u32) {
        self.value = self.value.wrapping_mul(scale).wrapping_add(digits);
        self.count = self.count.saturating_add(count);
    }
}

/// The number of eight digits, the first in the lowest byte: pairs are added, then pairs of them, then the two halves.
/// From simdjson's `parse_eight_digits_unrolled`, <https://arxiv.org/abs/1902.08318>.
fn eight(block: u64) -> u64 {
    const PAIRS: u64 = 0xff_0000_00ff;
    let digits = block.wrapping_sub(0x3030_3030_3030_3030);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & PAIRS).wrapping_mul(100 | 1_000_000 << 32);
    let second = ((pairs >> 16) & PAIRS).wrapping_mul(1 | 10_000 << 32);
    first.wrapping_add(second) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Option<String> {
        let mut out = b"x".to_vec();
        write(&mut out).map(|()| String::from_utf8(out).unwrap()[1..].to_owned())
    }

    fn packed(array: &str) -> Option<String> {
        written(|out| pack(array, out))
    }

    fn bits(packed: &str) -> Vec<u32> {
        let bytes = base64::decode(packed).unwrap();
        bytes.chunks(4).map(|float| u32::from_le_bytes(float.try_into().unwrap())).collect()
    }

    fn encoded(bytes: impl Iterator<Item = u8>) -> String {
        let mut out = Vec::new();
        base64::encode(&bytes.collect::<Vec<_>>(), &mut out);
        String::from_utf8(out).unwrap()
    }

    fn of_floats(floats: &[f32]) -> String {
        encoded(floats.iter().flat_map(|float| float.to_le_bytes()))
    }

    fn number() -> impl Strategy<Value = String> {
        prop_oneof![
            // Digits and powers of any kind, …
            "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
            // … what providers write, …
            "-?0\\.0{0,4}[1-9][0-9]{4,18}",
            // … and the middle between two floats and its neighbours.
            (any::<u32>(), -1_i64..2).prop_map(|(bits, off)| {
                let float = f32::from_bits(bits & 0x7f7f_ffff);
                let next = f32::from_bits((bits & 0x7f7f_ffff) + 1);
                let middle = (f64::from(float) + f64::from(next)) / 2.0;
                let near = f64::from_bits(middle.to_bits().wrapping_add_signed(off));
                format!("{near:e}")
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_float_survives_as_base64_and_as_text(bits in proptest::collection::vec(any::<u32>(), 0..20)) {
            let floats: Vec<f32> = bits.into_iter().map(f32::from_bits).filter(|float| float.is_finite()).collect();
            let base64 = of_floats(&floats);
            let text = written(|out| unpack(&base64, out)).unwrap();
            let read: Vec<f64> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.len(), floats.len());
            prop_assert_eq!(packed(&text), Some(base64));
        }

        #[test]
        fn a_number_is_the_float_that_is_nearest_to_what_stands_there(
            numbers in proptest::collection::vec((number(), "[ \n\t]{0,2}", "[ \n\t]{0,2}"), 0..8),
        ) {
            let list: Vec<_> = numbers.iter().map(|(number, before, after)| format!("{before}{number}{after}")).collect();
            let array = format!("[{}]", list.join(","));
            let expected: Vec<u32> =
                numbers.iter().map(|(number, ..)| number.parse::<f32>().unwrap().to_bits()).collect();
            prop_assert_eq!(bits(&packed(&array).unwrap()), expected, "{}", array);
        }

        #[test]
        fn signed_bytes_survive(values in proptest::collection::vec(any::<i8>(), 0..20)) {
            let base64 = encoded(values.iter().map(|value| value.cast_unsigned()));
            let text = written(|out| unpack_bytes(&base64, out)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<i8>>(&text).unwrap(), values.clone());
            let floats: Vec<f32> = values.into_iter().map(f32::from).collect();
            prop_assert_eq!(written(|out| widen(&base64, out)), Some(of_floats(&floats)));
        }
    }

    #[test]
    fn rounding_twice_would_give_a_neighbour() {
        // Just above the middle between 1 and the next float, but not by as much as 64 bits tell.
        let number = "1.0000000596046447753906251";
        assert_eq!(number.parse::<f64>().unwrap() as f32, 1.0);
        assert_eq!(bits(&packed(&format!("[{number}]")).unwrap()), [0x3f80_0001]);
    }

    #[test]
    fn what_is_no_array_of_numbers_is_not_packed() {
        for array in ["", "[", "1", "[1,]", "[1 2]", "[null]", "[[1]]", "[\"1\"]", "{}", "[,1]", "[-]", "[e]"]
        {
            assert_eq!(packed(array), None, "{array}");
        }
        assert_eq!(packed("[]").as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_float_is_not_unpacked() {
        let read = |packed: &str| unpack(packed, &mut Vec::new());
        assert_eq!(read("AAAA"), None, "three bytes");
        assert_eq!(read("AAAA!AAA"), None);
        assert_eq!(read(&of_floats(&[f32::NAN])), None);
        assert_eq!(read(&of_floats(&[1.0])), Some(()));
    }
}
