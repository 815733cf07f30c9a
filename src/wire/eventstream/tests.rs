use super::*;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::str_bytes::StrBytes;
use aws_smithy_types::{Blob, DateTime};
use proptest::collection::vec;
use proptest::prelude::*;

const LIMIT: usize = 1 << 20;

fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i8>().prop_map(HeaderValue::Byte),
        any::<i16>().prop_map(HeaderValue::Int16),
        any::<i32>().prop_map(HeaderValue::Int32),
        any::<i64>().prop_map(HeaderValue::Int64),
        vec(any::<u8>(), 0..40).prop_map(|bytes| HeaderValue::ByteArray(bytes.into())),
        ".{0,20}".prop_map(|text| HeaderValue::String(text.into())),
        // The whole seconds that AWS's own type can hold.
        (-1_000_000_000_000_i64..1_000_000_000_000)
            .prop_map(|millis| HeaderValue::Timestamp(DateTime::from_millis(millis))),
        any::<u128>().prop_map(HeaderValue::Uuid),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (vec(("[a-z:é-]{1,12}", value()), 0..5), vec(any::<u8>(), 0..300)).prop_map(|(headers, payload)| {
        headers.into_iter().fold(Message::new(payload), |message, (name, value)| {
            message.add_header(Header::new(name, value))
        })
    })
}

fn written(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).unwrap();
    bytes
}

/// What AWS's own reader holds, made from ours.
fn as_theirs(frame: &Frame<'_>) -> Message {
    frame.headers().fold(Message::new(frame.payload.to_vec()), |message, (name, value)| {
        let value = match value {
            Value::Bool(value) => HeaderValue::Bool(value),
            Value::Byte(value) => HeaderValue::Byte(value),
            Value::Short(value) => HeaderValue::Int16(value),
            Value::Integer(value) => HeaderValue::Int32(value),
            Value::Long(value) => HeaderValue::Int64(value),
            Value::Bytes(value) => HeaderValue::ByteArray(value.to_vec().into()),
            Value::String(value) => HeaderValue::String(StrBytes::from(value.to_owned())),
            Value::Timestamp(value) => HeaderValue::Timestamp(DateTime::from_millis(value)),
            Value::Uuid(value) => HeaderValue::Uuid(u128::from_be_bytes(value)),
        };
        message.add_header(Header::new(name.to_owned(), value))
    })
}

/// The frames of a stream that arrives in `pieces`, and what ended it.
fn framed(pieces: &[&[u8]], limit: usize) -> (Vec<Message>, Option<Broken>) {
    let (mut stream, mut frames) = (Frames::default(), Vec::new());
    for piece in pieces {
        stream.push(piece);
        loop {
            match stream.next_frame(limit) {
                Ok(None) => break,
                Ok(Some(frame)) => frames.push(as_theirs(&frame)),
                Err(broken) => return (frames, Some(broken)),
            }
        }
    }
    (frames, None)
}

/// A frame of raw parts, its checksums right.
fn sealed(length: usize, headers: usize, rest: &[u8]) -> Vec<u8> {
    let mut bytes =
        [u32::try_from(length).unwrap(), u32::try_from(headers).unwrap()].map(u32::to_be_bytes).concat();
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes.extend_from_slice(rest);
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes
}

proptest! {
    #[test]
    fn what_aws_writes_is_read_as_aws_reads_it(message in message()) {
        let bytes = written(&message);
        prop_assert_eq!(frame_end(&bytes, LIMIT), Ok(Some(bytes.len())));
        let frame = Frame::read(&bytes).unwrap();
        prop_assert_eq!(as_theirs(&frame), message);
    }

    #[test]
    fn every_cut_gives_the_same_frames(messages in vec(message(), 0..4), tail in vec(any::<u8>(), 0..20)) {
        let mut stream: Vec<u8> = messages.iter().flat_map(written).collect();
        prop_assert_eq!(framed(&[&stream], LIMIT), (messages.clone(), None));
        stream.extend(tail);
        let all = framed(&[&stream], LIMIT);
        prop_assert!(all.0.starts_with(&messages));
        for cut in 0..=stream.len() {
            prop_assert_eq!(&framed(&[&stream[..cut], &stream[cut..]], LIMIT), &all);
        }
        prop_assert_eq!(framed(&stream.chunks(1).collect::<Vec<_>>(), LIMIT), all);
    }

    #[test]
    fn every_flipped_bit_is_found(message in message()) {
        let mut bytes = written(&message);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Frame::read(&bytes), Err(Broken::Checksum));
            if bit / 8 < PRELUDE {
                prop_assert_eq!(frame_end(&bytes, LIMIT), Err(Broken::Checksum));
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn with_right_checksums_any_bytes_are_taken_or_refused_as_aws_does(
        headers in 0..40_usize,
        rest in vec(prop_oneof![0..11_u8, Just(b'a'), any::<u8>()], 0..60),
    ) {
        let bytes = sealed(rest.len() + EMPTY, headers, &rest);
        let theirs = read_message_from(bytes.as_slice());
        match (Frame::read(&bytes), &theirs) {
            (Ok(frame), Ok(message)) => prop_assert_eq!(&as_theirs(&frame), message),
            // Milliseconds beyond what their type holds.
            (Ok(frame), Err(_)) => prop_assert!(
                frame.headers().any(|(_, value)| matches!(value, Value::Timestamp(_))), "{:?}", theirs
            ),
            (Err(_), Err(_)) => {}
            (Err(broken), Ok(_)) => prop_assert!(false, "{broken:?} where AWS reads {theirs:?}"),
        }
    }

    #[test]
    fn arbitrary_bytes_are_framed_refused_or_wait(bytes in vec(any::<u8>(), 0..100)) {
        if let Ok(Some(end)) = frame_end(&bytes, LIMIT) {
            prop_assert!((EMPTY..=bytes.len()).contains(&end));
        }
        let _ = Frame::read(&bytes);
    }
}

/// The check value that catalogues of CRCs give for this one, and what a bit at a time gives.
#[test]
fn the_checksum_is_crc32_at_every_length() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    let bytes: Vec<u8> = (0..=255).collect();
    for length in 0..bytes.len() {
        let naive = bytes[..length].iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
        });
        assert_eq!(crc32(&bytes[..length]), !naive);
    }
}

#[test]
fn lengths_that_cannot_be_are_refused_with_the_prelude() {
    for (length, headers, broken) in [
        (0, 0, Broken::Length),
        (EMPTY - 1, 0, Broken::Length),
        (EMPTY, 1, Broken::Length),
        (EMPTY + 10, 11, Broken::Length),
        (LIMIT, HEADERS + 1, Broken::Length),
        (LIMIT + 1, 0, Broken::TooLong),
        (usize::try_from(u32::MAX).unwrap(), 0, Broken::TooLong),
    ] {
        let prelude = &sealed(length, headers, b"")[..PRELUDE];
        assert_eq!(frame_end(prelude, LIMIT), Err(broken), "{length} bytes, {headers} of headers");
        assert_eq!(frame_end(&prelude[..PRELUDE - 1], LIMIT), Ok(None));
    }
    assert_eq!(frame_end(&sealed(LIMIT, HEADERS, b"")[..PRELUDE], LIMIT), Ok(None));
}

#[test]
fn a_frame_is_read_alone() {
    let frame = sealed(EMPTY, 0, b"");
    assert!(Frame::read(&frame).is_ok());
    assert_eq!(Frame::read(&frame[..EMPTY - 1]), Err(Broken::Length));
    assert_eq!(Frame::read(&[&frame[..], b"x"].concat()), Err(Broken::Length));
}

#[test]
fn headers_are_found_by_name_where_they_are_strings() {
    let message = Message::new("{}")
        .add_header(Header::new(":event-type", HeaderValue::ByteArray(Blob::new("no").into_inner().into())))
        .add_header(Header::new(":event-type", HeaderValue::String("metadata".into())))
        .add_header(Header::new(":event-type", HeaderValue::String("later".into())));
    let bytes = written(&message);
    let frame = Frame::read(&bytes).unwrap();
    assert_eq!(frame.header(":event-type"), Some("metadata"));
    assert_eq!(frame.header(":message-type"), None);
    assert_eq!(frame.payload, b"{}");
}
