//! Which names stand in a text.

/// The names of all objects of a text, of any depth, as a Bloom filter: it may take a name for one that is there,
/// but none that is there for one that is not. So a long text is searched only for what may be in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen([u64; 4]);

impl Seen {
    /// Notes a name as it stands.
    pub fn note(&mut self, name: &[u8]) {
        let (word, bit) = place(name);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether a name was perhaps noted.
    pub fn may_hold(&self, name: &[u8]) -> bool {
        let (word, bit) = place(name);
        self.0.get(word).is_none_or(|word| word & bit != 0)
    }
}

/// One of 256 bits: a word and a bit in it. Of a name three bytes and the length are enough; with this factor the
/// names of OpenAI's requests share no bit with those that the proxy looks for.
fn place(name: &[u8]) -> (usize, u64) {
    let byte = |at: usize| u32::from(name.get(at).copied().unwrap_or_default());
    let last = name.len().saturating_sub(1);
    let key = byte(0) | byte(last / 2) << 8 | byte(last) << 16 | (last as u32) << 24;
    let hash = key.wrapping_mul(0x0100_0193) >> 24;
    ((hash / 64) as usize, 1 << (hash % 64))
}
