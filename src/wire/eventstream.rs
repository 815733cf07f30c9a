//! Frames of AWS event streams (`application/vnd.amazon.eventstream`) that arrive cut anywhere.
//!
//! A frame, with all numbers big-endian, has at least 16 bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | the length of the whole frame |
//! | 4 | the length of its headers |
//! | 4 | CRC32 of the eight bytes before |
//! | … | headers: a byte with the name's length, the name, a byte with the value's type, the value |
//! | … | payload |
//! | 4 | CRC32 of all bytes before |
//!
//! The format is that of <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use core::fmt;

/// Lengths and their checksum.
const PRELUDE: usize = 12;
/// The checksum at the end.
const CHECKSUM: usize = 4;
/// The least length of a frame.
const EMPTY: usize = 16;
/// The most bytes of headers that the format allows.
const HEADERS: usize = 128 * 1024;

/// Why bytes are no frame. What follows them cannot be read either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A checksum, of the prelude or of the whole, is not that of the bytes.
    Checksum,
    /// The lengths contradict each other or the format.
    Length,
    /// The frame is longer than the limit.
    TooLong,
    /// A header is cut off, has no name or an unknown type, or is not UTF-8.
    Header,
}

impl fmt::Display for Broken {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Checksum => "a frame of the event stream has a wrong checksum",
            Self::Length => "a frame of the event stream has impossible lengths",
            Self::TooLong => "a frame of the event stream is too long",
            Self::Header => "a frame of the event stream has a broken header",
        })
    }
}

/// Where the first frame of `bytes` ends; `None` while it is not whole. Only the prelude is looked at,
/// however many bytes there are, so asking again when more have come costs nothing.
///
/// # Errors
///
/// As soon as the prelude is whole: a wrong checksum, lengths that cannot be, more than `limit` bytes.
pub fn frame_end(bytes: &[u8], limit: usize) -> Result<Option<usize>, Broken> {
    let Some(prelude) = bytes.first_chunk::<PRELUDE>() else { return Ok(None) };
    let length = Prelude::read(prelude)?.length;
    if length > limit {
        return Err(Broken::TooLong);
    }
    Ok((bytes.len() >= length).then_some(length))
}

/// A stream, cut into frames.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
    /// Up to where the frames were told.
    told: usize,
}

impl Frames {
    /// Takes the next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.drain(..self.told.min(self.held.len()));
        self.told = 0;
        self.held.extend_from_slice(bytes);
    }

    /// The next frame that is whole.
    ///
    /// # Errors
    ///
    /// As [`frame_end`] and [`Frame::read`]; nothing behind it can be read.
    pub fn next_frame(&mut self, limit: usize) -> Result<Option<Frame<'_>>, Broken> {
        let rest = self.held.get(self.told..).unwrap_or_default();
        let Some(end) = frame_end(rest, limit)? else { return Ok(None) };
        self.told = self.told.saturating_add(end);
        rest.get(..end).map(Frame::read).transpose()
    }

    /// What is no whole frame yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.held.get(self.told..).unwrap_or_default()
    }
}

struct Prelude {
    length: usize,
    headers: usize,
}

impl Prelude {
    fn read(prelude: &[u8; PRELUDE]) -> Result<Self, Broken> {
        let [l0, l1, l2, l3, h0, h1, h2, h3, c0, c1, c2, c3] = *prelude;
        if crc32(&[l0, l1, l2, l3, h0, h1, h2, h3]) != u32::from_be_bytes([c0, c1, c2, c3]) {
            return Err(Broken::Checksum);
        }
        let length = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).map_err(|_| Broken::TooLong)?;
        let headers = usize::try_from(u32::from_be_bytes([h0, h1, h2, h3])).map_err(|_| Broken::Length)?;
        let room = length.checked_sub(EMPTY).ok_or(Broken::Length)?;
        if headers > room || headers > HEADERS {
            return Err(Broken::Length);
        }
        Ok(Self { length, headers })
    }
}

/// One whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    headers: &'a [u8],
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the one frame that `bytes` are, as [`frame_end`] cut it off.
    ///
    /// # Errors
    ///
    /// When a checksum is wrong, a length cannot be, or a header is broken.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Broken> {
        let (prelude, rest) = bytes.split_first_chunk::<PRELUDE>().ok_or(Broken::Length)?;
        let prelude = Prelude::read(prelude)?;
        if prelude.length != bytes.len() {
            return Err(Broken::Length);
        }
        let (checked, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(Broken::Length)?;
        if crc32(checked) != u32::from_be_bytes(*checksum) {
            return Err(Broken::Checksum);
        }
        let (content, _) = rest.split_last_chunk::<CHECKSUM>().ok_or(Broken::Length)?;
        let (headers, payload) = content.split_at_checked(prelude.headers).ok_or(Broken::Length)?;
        let mut left = headers;
        while !left.is_empty() {
            next_header(&mut left).ok_or(Broken::Header)?;
        }
        Ok(Self { headers, payload })
    }

    /// Its headers, in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let mut left = self.headers;
        core::iter::from_fn(move || next_header(&mut left))
    }

    /// The first header of that name that is a string.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers().find_map(|(other, value)| match value {
            Value::String(value) if other == name => Some(value),
            _ => None,
        })
    }
}

/// The value of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Types 0 and 1.
    Bool(bool),
    /// Type 2.
    Byte(i8),
    /// Type 3.
    Short(i16),
    /// Type 4.
    Integer(i32),
    /// Type 5.
    Long(i64),
    /// Type 6.
    Bytes(&'a [u8]),
    /// Type 7.
    String(&'a str),
    /// Type 8: milliseconds since 1970.
    Timestamp(i64),
    /// Type 9.
    Uuid([u8; 16]),
}

fn next_header<'a>(left: &mut &'a [u8]) -> Option<(&'a str, Value<'a>)> {
    let [length] = take(left)?;
    let name = core::str::from_utf8(left.split_off(..usize::from(length))?).ok()?;
    if name.is_empty() {
        return None;
    }
    let [kind] = take(left)?;
    let value = match kind {
        0 => Value::Bool(true),
        1 => Value::Bool(false),
        2 => Value::Byte(i8::from_be_bytes(take(left)?)),
        3 => Value::Short(i16::from_be_bytes(take(left)?)),
        4 => Value::Integer(i32::from_be_bytes(take(left)?)),
        5 => Value::Long(i64::from_be_bytes(take(left)?)),
        6 => Value::Bytes(counted(left)?),
        7 => Value::String(core::str::from_utf8(counted(left)?).ok()?),
        8 => Value::Timestamp(i64::from_be_bytes(take(left)?)),
        9 => Value::Uuid(take(left)?),
        _ => return None,
    };
    Some((name, value))
}

fn take<const N: usize>(left: &mut &[u8]) -> Option<[u8; N]> {
    left.split_off(..N)?.first_chunk().copied()
}

fn counted<'a>(left: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_be_bytes(take(left)?);
    left.split_off(..usize::from(length))
}

/// The CRC32 of Ethernet, gzip and PNG (polynomial 0x04C11DB7, reflected), four bytes at a time.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let (words, tail) = bytes.as_chunks::<4>();
    let mut crc = !0;
    for word in words {
        let [a, b, c, d] = (crc ^ u32::from_le_bytes(*word)).to_le_bytes();
        crc = TABLES[3].at(a) ^ TABLES[2].at(b) ^ TABLES[1].at(c) ^ TABLES[0].at(d);
    }
    for byte in tail {
        let [low, ..] = (crc ^ u32::from(*byte)).to_le_bytes();
        crc = (crc >> 8) ^ TABLES[0].at(low);
    }
    !crc
}

/// The remainders of every byte with 0, 1, 2 and 3 bytes of zeros behind it.
static TABLES: [Table; 4] = [Table::new(8), Table::new(16), Table::new(24), Table::new(32)];

struct Table([u32; 256]);

impl Table {
    const fn new(bits: u32) -> Self {
        let mut table = [0; 256];
        let mut slots = table.as_mut_slice();
        let mut byte: u32 = 0;
        while let Some((slot, others)) = slots.split_first_mut() {
            let (mut crc, mut bit) = (byte, 0_u32);
            while bit < bits {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
                bit = bit.wrapping_add(1);
            }
            *slot = crc;
            byte = byte.wrapping_add(1);
            slots = others;
        }
        Self(table)
    }

    #[inline]
    fn at(&self, byte: u8) -> u32 {
        // There is a slot for every byte, and the compiler sees it.
        self.0.get(usize::from(byte)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
