//! Frames of AWS event streams against a naive reader, and against the same stream cut elsewhere. The input's
//! first line is the lengths of pieces, behind a `!` when the checksums are to be made right; the rest a stream.

#![no_main]

mod common;

use common::{first_line, pieces};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::wire::eventstream::{Broken, Frame, crc32, frame_end};

const LIMIT: usize = 1 << 16;

/// The frames of a stream that comes in pieces, and why there are no more.
fn run(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Broken>) {
    let (mut held, mut frames) = (Vec::new(), Vec::new());
    for piece in pieces {
        held.extend_from_slice(piece);
        loop {
            match frame_end(&held, LIMIT) {
                Ok(None) => break,
                Ok(Some(end)) => frames.push(held.drain(..end).collect::<Vec<u8>>()),
                Err(broken) => return (frames, Some(broken)),
            }
        }
    }
    (frames, None)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// CRC32, a bit at a time.
fn naive_crc(bytes: &[u8]) -> usize {
    let crc = bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    });
    !crc as usize
}

/// The names of the headers and the payload of a frame.
fn naive(frame: &[u8]) -> Option<(Vec<&str>, &[u8])> {
    let (length, headers) = (number(frame, 0, 4)?, number(frame, 4, 4)?);
    if length != frame.len() || length < 16 || headers > length - 16 {
        return None;
    }
    if number(frame, 8, 4)? != naive_crc(&frame[..8])
        || number(frame, length - 4, 4)? != naive_crc(&frame[..length - 4])
    {
        return None;
    }
    let (mut left, payload) = frame[12..length - 4].split_at(headers);
    let mut names = Vec::new();
    while !left.is_empty() {
        let end = 1 + number(left, 0, 1)?;
        let name = std::str::from_utf8(left.get(1..end)?).ok()?;
        if name.is_empty() {
            return None;
        }
        names.push(name);
        let kind = number(left, end, 1)?;
        let value = end
            + 1
            + match kind {
                0 | 1 => 0,
                2 => 1,
                3 => 2,
                4 => 4,
                5 | 8 => 8,
                6 | 7 => 2 + number(left, end + 1, 2)?,
                9 => 16,
                _ => return None,
            };
        if kind == 7 {
            std::str::from_utf8(left.get(end + 3..value)?).ok()?;
        }
        left = left.get(value..)?;
    }
    Some((names, payload))
}

/// The same stream with right checksums, so that what they guard is reached.
fn seal(stream: &mut [u8]) {
    let mut rest = stream;
    while rest.len() >= 16 {
        let prelude = crc32(&rest[..8]).to_be_bytes();
        rest[8..12].copy_from_slice(&prelude);
        let Some(length) = number(rest, 0, 4).filter(|length| (16..=rest.len()).contains(length)) else {
            return;
        };
        let (frame, behind) = rest.split_at_mut(length);
        let (checked, checksum) = frame.split_at_mut(length - 4);
        checksum.copy_from_slice(&crc32(checked).to_be_bytes());
        rest = behind;
    }
}

fuzz_target!(|data: &[u8]| {
    let (control, stream) = first_line(data);
    let mut stream = stream.to_vec();
    let lengths = match control.split_first() {
        Some((b'!', lengths)) => {
            seal(&mut stream);
            lengths
        }
        _ => control,
    };
    let (frames, broken) = run(&[&stream]);
    assert_eq!(run(&pieces(lengths, &stream)), (frames.clone(), broken));
    assert_eq!(run(&stream.chunks(1).collect::<Vec<_>>()), (frames.clone(), broken));
    assert!(stream.starts_with(&frames.concat()));
    for frame in &frames {
        let ours = Frame::read(frame).ok();
        let ours =
            ours.map(|frame| (frame.headers().map(|(name, _)| name).collect::<Vec<_>>(), frame.payload));
        assert_eq!(ours, naive(frame));
    }
});
