//! The longest part of most bodies: bytes of strings that stand for themselves, taken in blocks.

/// How many bytes of this text stand for themselves in a string, before the first that does not.
pub fn length(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk::<64>() {
        if has_special(block) {
            break;
        }
        rest = behind;
    }
    let mut passed = text.len().saturating_sub(rest.len());
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let marks = specials(block);
        if marks != 0 {
            return passed.saturating_add(marks.trailing_zeros() as usize);
        }
        passed = passed.saturating_add(16);
        rest = behind;
    }
    passed.saturating_add(rest.iter().take_while(|byte| !is_special(**byte)).count())
}

/// Whether a byte of a string is more than itself: its end, an escape, or one that must be escaped.
fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// A bit for each of 16 bytes: set for those that are special.
fn specials(block: &[u8; 16]) -> u32 {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        core::arch::wasm32::u8x16_bitmask(simd::specials(block)).into()
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    {
        block.iter().zip(0..).fold(0, |marks, (byte, bit)| marks | u32::from(is_special(*byte)) << bit)
    }
}

/// Whether one of 64 bytes is special.
fn has_special(block: &[u8; 64]) -> bool {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        simd::has_special(block)
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    {
        block.iter().fold(false, |any, byte| any | is_special(*byte))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd {
    use core::arch::wasm32::{u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_any_true, v128_or};

    /// All bits set for each byte that is special.
    #[inline(always)]
    pub fn specials(block: &[u8; 16]) -> v128 {
        // From two words: of 16 bytes one by one the compiler makes 16 loads where it optimises for size.
        let bits = u128::from_le_bytes(*block);
        let bytes = u64x2(bits as u64, (bits >> 64) as u64);
        let ends = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\')));
        v128_or(ends, u8x16_lt(bytes, u8x16_splat(0x20)))
    }

    pub fn has_special(block: &[u8; 64]) -> bool {
        let (blocks, _) = block.as_chunks::<16>();
        let [a, b, c, d] = blocks else { return true };
        v128_any_true(v128_or(v128_or(specials(a), specials(b)), v128_or(specials(c), specials(d))))
    }
}
