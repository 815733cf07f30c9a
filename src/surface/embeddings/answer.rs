//! The answer, as it is written.

use crate::dialect::Whole;
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::{is_numbers, quoted};
use crate::wire::vector;

/// How vectors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As arrays of numbers.
    #[default]
    Float,
    /// As base64 of their 32-bit floats, the least byte first.
    Base64,
}

/// What has to be known of a request when its answer is read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// How the vectors are to be written.
    pub encoding: Encoding,
    /// How many inputs there are.
    pub inputs: usize,
    /// The model, as its provider calls it.
    pub model: String,
    /// The provider's id, for errors.
    pub provider: String,
}

/// A vector, as it stands in a provider's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vector<'a> {
    /// An array of numbers.
    Numbers(&'a str),
    /// Base64 of its 32-bit floats, the least byte first, without quotes.
    Floats(&'a str),
    /// Base64 of signed bytes, without quotes.
    Bytes(&'a str),
}

impl Vector<'_> {
    /// Adds it as the client asked for it, JSON; `None` when it is not what it says. What was added stays then.
    #[must_use]
    pub fn write(self, encoding: Encoding, out: &mut Vec<u8>) -> Option<()> {
        if encoding == Encoding::Base64 {
            out.push(b'"');
        }
        match (self, encoding) {
            (Self::Numbers(array), Encoding::Float) if is_numbers(array.trim_ascii()) => {
                out.extend_from_slice(array.as_bytes());
            }
            (Self::Numbers(_), Encoding::Float) => return None,
            (Self::Floats(packed), Encoding::Base64) => out.extend_from_slice(packed.as_bytes()),
            (Self::Numbers(array), Encoding::Base64) => vector::pack(array, out)?,
            (Self::Floats(packed), Encoding::Float) => vector::unpack(packed, out)?,
            (Self::Bytes(packed), Encoding::Float) => vector::unpack_bytes(packed, out)?,
            (Self::Bytes(packed), Encoding::Base64) => vector::widen(packed, out)?,
        }
        if encoding == Encoding::Base64 {
            out.push(b'"');
        }
        Some(())
    }
}

/// An answer that is written while its vectors are told, in the order of the inputs.
#[derive(Debug)]
pub struct Answer {
    asked: Asked,
    out: Vec<u8>,
    vectors: usize,
    /// The tokens that were counted; `None` when nothing was.
    tokens: Option<u64>,
}

impl Answer {
    /// An answer of which nothing is told yet.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Self { asked, out: Vec::new(), vectors: 0, tokens: None }
    }

    /// What was asked.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// How many vectors were told.
    #[must_use]
    pub fn told(&self) -> usize {
        self.vectors
    }

    /// Tells the next vector.
    ///
    /// # Errors
    /// 502 when it is no vector.
    pub fn vector(&mut self, vector: Vector<'_>) -> Result<(), Error> {
        let start: &[u8] = if self.vectors == 0 { b"{\"object\":\"list\",\"data\":[" } else { b"," };
        self.out.extend_from_slice(start);
        let head = format!("{{\"object\":\"embedding\",\"index\":{},\"embedding\":", self.vectors);
        self.out.extend_from_slice(head.as_bytes());
        let written = vector.write(self.asked.encoding, &mut self.out);
        written.ok_or_else(|| Error::unreadable(&self.asked.provider))?;
        self.out.push(b'}');
        self.vectors = self.vectors.saturating_add(1);
        Ok(())
    }

    /// Adds tokens that were counted.
    pub fn count(&mut self, tokens: Option<u64>) {
        if let Some(tokens) = tokens {
            self.tokens = Some(self.tokens.unwrap_or(0).saturating_add(tokens));
        }
    }

    /// The whole answer. `model` is what the provider calls it in its answer.
    ///
    /// # Errors
    /// 502 when there are fewer vectors than inputs.
    pub fn finish(&mut self, model: Option<&str>) -> Result<Whole, Error> {
        if self.vectors == 0 || self.vectors < self.asked.inputs {
            return Err(Error::unreadable(&self.asked.provider));
        }
        let tokens = self.tokens.unwrap_or(0);
        let model = quoted(model.unwrap_or(&self.asked.model));
        let end = format!(
            "],\"model\":{model},\"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":{tokens}}}}}"
        );
        self.out.extend_from_slice(end.as_bytes());
        let usage = self.tokens.map(|input| Usage { input, ..Usage::default() });
        Ok(Whole::json(core::mem::take(&mut self.out), usage))
    }
}
