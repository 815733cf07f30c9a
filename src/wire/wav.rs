//! Sound in RIFF WAVE: a header before samples, and samples found behind a header.
//!
//! Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF, WAVE).

/// How long a file is whose end is not known: what programs that stream write, and players expect.
const UNKNOWN: u32 = u32::MAX;

/// The header of samples of 16 bits, little-endian, on one channel. `rate`: samples a second. `length`: the
/// bytes of the samples behind it; `None` while they are still being made.
#[must_use]
pub fn header(rate: u32, length: Option<usize>) -> [u8; 44] {
    let length = length.and_then(|length| u32::try_from(length).ok());
    let riff = length.map_or(UNKNOWN, |length| length.saturating_add(36));
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &riff.to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        // Plain samples.
        &1_u16.to_le_bytes(),
        // One channel.
        &1_u16.to_le_bytes(),
        &rate.to_le_bytes(),
        &rate.saturating_mul(2).to_le_bytes(),
        &2_u16.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &length.unwrap_or(UNKNOWN).to_le_bytes(),
    ];
    let mut header = [0; 44];
    for (to, from) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    header
}

/// The samples of a whole file; `None` when it is none. What a header says of their length is not believed beyond
/// the end of the file.
#[must_use]
pub fn samples(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let (name, behind) = rest.split_at_checked(4)?;
        let (length, behind) = behind.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if name == b"data" {
            return Some(behind.get(..length).unwrap_or(behind));
        }
        // Chunks of odd length are followed by a byte of nothing.
        rest = behind.get(length.saturating_add(length & 1)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn samples_are_found_behind_their_header(bytes in proptest::collection::vec(any::<u8>(), 0..200), known: bool) {
            let mut file = header(24_000, known.then_some(bytes.len())).to_vec();
            file.extend(&bytes);
            prop_assert_eq!(samples(&file), Some(bytes.as_slice()));
        }

        #[test]
        fn no_bytes_at_all_are_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = samples(&bytes);
            let _ = samples(&[b"RIFF....WAVE".as_slice(), &bytes].concat());
        }
    }

    #[test]
    fn a_header_says_what_follows() {
        let expected =
            b"RIFF\x2e\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xc0\x5d\0\0\x80\xbb\0\0\x02\0\x10\0data\x0a\0\0\0";
        assert_eq!(header(24_000, Some(10)), *expected);
        assert_eq!(header(24_000, None)[40..], [0xff; 4]);
    }

    #[test]
    fn other_chunks_are_passed_over() {
        let file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0data\x02\0\0\0xyz";
        assert_eq!(samples(file), Some(b"xy".as_slice()));
        assert_eq!(samples(b"RIFF\0\0\0\0WAVELIST\xff\xff\xff\xffabc"), None);
        assert_eq!(samples(b"ID3"), None);
    }
}
