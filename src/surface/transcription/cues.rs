//! Segments of a transcript that has words alone, and times as subtitles write them.
//!
//! Words are put together until one of these holds; the first three end a segment behind a word, the others before
//! the next one:
//!
//! * the word ends a sentence (`.`, `?`, `!`, `…` and their likes in other scripts, with quotes or brackets behind);
//! * nobody speaks for [`PAUSE`] or longer;
//! * someone else speaks;
//! * with the next word the segment would have more than [`MOST_CHARS`] characters, or last longer than [`MOST_TIME`].
//!
//! The last two are what guides for subtitles agree on: two lines of 42 characters, seven seconds.

/// A silence that ends a segment, in milliseconds.
const PAUSE: u64 = 1_000;
/// The most characters of a segment.
const MOST_CHARS: usize = 84;
/// The longest segment, in milliseconds.
const MOST_TIME: u64 = 7_000;

/// What is known of a segment that is being put together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Length {
    /// How many characters it has.
    pub chars: usize,
    /// When it starts, in milliseconds.
    pub start: u64,
    /// When its last word ends, in milliseconds.
    pub end: u64,
}

/// Whether a segment ends before a next word of so many characters, from `start` to `end` in milliseconds.
pub(super) fn ends_before(segment: Length, chars: usize, start: u64, end: u64) -> bool {
    start.saturating_sub(segment.end) >= PAUSE
        || segment.chars.saturating_add(chars) > MOST_CHARS
        || end.saturating_sub(segment.start) > MOST_TIME
}

/// Whether a word ends a sentence.
pub(super) fn ends_sentence(word: &str) -> bool {
    let closing = |c: char| {
        matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）') || c.is_whitespace()
    };
    let last = word.trim_end_matches(closing).chars().next_back();
    matches!(last, Some('.' | '?' | '!' | '…' | '。' | '？' | '！' | '．' | '।' | '؟' | '۔'))
}

/// Seconds as JSON writes them, in whole milliseconds; what is no such number is 0.
pub(super) fn milliseconds(seconds: &str) -> u64 {
    // A cast of a float saturates, and the longest film is far below.
    seconds.parse::<f64>().map_or(0, |seconds| (seconds * 1000.0).round() as u64)
}

/// A time as SubRip (`,`) and WebVTT (`.`) write it: `00:01:02,345`.
pub(super) fn time(milliseconds: u64, point: char) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{point}{:03}", seconds % 60, milliseconds % 1000)
}

/// The label of a speaker, as OpenAI counts them: A to Z, then AA.
pub(super) fn speaker(index: usize) -> String {
    let letter = |index: usize| char::from(b'A'.saturating_add(u8::try_from(index % 26).unwrap_or_default()));
    match (index / 26).checked_sub(1) {
        None => letter(index).to_string(),
        Some(more) => [letter(more), letter(index)].iter().collect(),
    }
}
