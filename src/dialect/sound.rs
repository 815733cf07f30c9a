//! Sound that a provider answers with as bytes.

use super::openai::error;
use super::{Convert, Received, Told, Way};
use crate::error::Error;
use crate::headers::{Headers, is_json, media_type};
use crate::surface::speech::{Format, delta, done};
use crate::wire::json::Object;

/// Such a sound: it passes as it comes, or in events.
#[derive(Debug)]
pub struct Sound {
    /// The provider's id, for errors.
    provider: String,
    /// `None`: one that OpenAI does not know.
    format: Option<Format>,
    events: bool,
    /// What came for the next event.
    rest: Vec<u8>,
    /// Some came.
    any: bool,
}

/// How many bytes of sound an event holds: a multiple of three, so that none but the last is padded. It does not
/// depend on how they come; of the slowest formats it is a third of a second.
const IN_EVENT: usize = 3 << 10;

impl Sound {
    /// A sound that was asked for in this format.
    #[must_use]
    pub fn new(provider: &str, format: Format, events: bool) -> Self {
        Self { provider: provider.to_owned(), format: Some(format), events, rest: Vec::new(), any: false }
    }
}

impl Sound {
    /// The same, in a format that OpenAI may not know: its type is what the provider says.
    #[must_use]
    pub(super) fn in_format_of_its_own(self) -> Self {
        Self { format: None, ..self }
    }
}

impl Convert for Sound {
    fn way(&mut self, headers: &mut Headers) -> Way {
        let told = headers.text("content-type").map(media_type).unwrap_or_default();
        if is_json(&told) {
            return Way::Whole;
        }
        // Some providers say of any file that it is octets.
        if let Some(format) = self.format.filter(|_| !told.starts_with("audio/")) {
            headers.set("content-type", format.media_type());
        }
        if self.events { Way::Bytes } else { Way::Passes }
    }

    /// JSON in the place of a sound: an error that came as a success.
    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let object = Object::parse(answer.body).map_err(|_| Error::unreadable(&self.provider))?;
        Err(error::read(error::status(&object).unwrap_or(502), answer.body))
    }

    fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.any |= !bytes.is_empty();
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.len().saturating_sub(self.rest.len().checked_rem(IN_EVENT).unwrap_or(0));
        for sound in self.rest.drain(..whole).as_slice().chunks(IN_EVENT) {
            delta(sound, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> bool {
        if self.any {
            delta(&self.rest, out);
            self.rest.clear();
            done(None, out);
        }
        self.any
    }

    fn held(&self) -> usize {
        self.rest.len()
    }
}

/// A provider's error, which names the parameter where its words speak of a voice.
#[must_use]
pub(super) fn of_voice(mut error: Error) -> Error {
    if matches!(error.status, 400 | 404 | 422) && error.message.to_ascii_lowercase().contains("voice") {
        error.status = 400;
        error.param = Some("voice".to_owned());
        error.code = Some("invalid_value".to_owned());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::base64;

    #[test]
    fn sound_in_events_is_the_same_sound() {
        let sound: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
        let (mut converter, mut out) = (Sound::new("p", Format::Mp3, true), Vec::new());
        for piece in sound.chunks(70_001) {
            converter.bytes(piece, &mut out).unwrap();
        }
        assert!(converter.end(&mut out));
        let text = String::from_utf8(out).unwrap();
        let mut events: Vec<serde_json::Value> = text
            .split_terminator("\n\n")
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        let last = events.pop().unwrap();
        assert_eq!(last["type"], "speech.audio.done");
        assert_eq!(last["usage"]["total_tokens"], 0);
        let heard: Vec<u8> = events
            .iter()
            .flat_map(|event| {
                assert_eq!(event["type"], "speech.audio.delta");
                base64::decode(event["audio"].as_str().unwrap()).unwrap()
            })
            .collect();
        assert_eq!(heard, sound);
    }

    #[test]
    fn no_sound_at_all_is_no_whole_answer() {
        let (mut converter, mut out) = (Sound::new("p", Format::Mp3, true), Vec::new());
        assert!(!converter.end(&mut out));
        assert!(out.is_empty());
    }
}
