use super::*;
use crate::wire::write::Text;
use proptest::prelude::*;
use serde_json::{Value, json};

fn asked(format: Format) -> Asked {
    Asked { format, words: true, segments: true, ..Asked::default() }
}

/// Words from a text, each with its start and its end in milliseconds, and who says it.
type Said<'a> = Vec<(&'a str, u64, u64, usize)>;

fn told(asked: Asked, text: &str, said: &Said<'_>) -> Vec<u8> {
    let mut transcript = Transcription::new(asked);
    transcript.whole_text(Text::Plain(text));
    for (word, start, end, speaker) in said {
        let seconds = |time: u64| format!("{}.{:03}", time / 1000, time % 1000);
        transcript.said(&Word {
            text: Text::Plain(word),
            start: &seconds(*start),
            end: &seconds(*end),
            speaker: Some(&speaker.to_string()),
            logprob: None,
        });
    }
    transcript.finish().body
}

fn json_of(asked: Asked, text: &str, said: &Said<'_>) -> Value {
    serde_json::from_slice(&told(asked, text, said)).unwrap()
}

/// Words, with white space between them, pauses and speakers.
fn speech() -> impl Strategy<Value = (String, Vec<(String, u64, u64, usize)>)> {
    let word = prop_oneof![
        4 => "[a-zé\u{4f60}\"\\\\-]{1,12}",
        1 => "[a-z]{1,6}[.?!。…]",
        1 => "[a-z]{80,100}",
    ];
    let gap = prop_oneof![4 => Just(" "), 1 => Just("\n"), 1 => Just("  "), 1 => Just("")];
    let one = (word, gap, 0..1500_u64, 0..4000_u64, 0..2_usize);
    proptest::collection::vec(one, 0..30).prop_map(|list| {
        let (mut text, mut now, mut said) = (String::new(), 0, Vec::new());
        for (at, (word, gap, pause, long, speaker)) in list.into_iter().enumerate() {
            if at > 0 {
                text.push_str(gap);
            }
            text.push_str(&word);
            now += pause;
            said.push((word, now, now + long, speaker));
            now += long;
        }
        (text, said)
    })
}

proptest! {
    #[test]
    fn segments_that_are_made_of_words_are_the_text_one_after_the_other((text, said) in speech()) {
        let said: Said<'_> = said.iter().map(|(word, start, end, who)| (word.as_str(), *start, *end, *who)).collect();
        let body = json_of(asked(Format::VerboseJson), &text, &said);
        let segments = body["segments"].as_array().unwrap();
        let joined: String = segments.iter().map(|segment| segment["text"].as_str().unwrap()).collect();
        prop_assert_eq!(&joined, &text);
        prop_assert_eq!(body["words"].as_array().unwrap().len(), said.len());
        let mut last = 0.0;
        for (at, segment) in segments.iter().enumerate() {
            prop_assert_eq!(segment["id"].as_u64(), Some(at as u64));
            let (start, end) = (segment["start"].as_f64().unwrap(), segment["end"].as_f64().unwrap());
            prop_assert!(last <= start && start <= end);
            last = end;
            let text = segment["text"].as_str().unwrap();
            // One word alone may be longer.
            let words = said.iter().filter(|(_, from, to, _)| *from as f64 >= start * 1000.0 - 0.1 && *to as f64 <= end * 1000.0 + 0.1);
            if words.count() > 1 {
                prop_assert!(text.chars().count() <= 84 + 2, "{}", text);
                prop_assert!(end - start <= 7.001);
            }
        }
    }

    #[test]
    fn no_segment_has_two_speakers_or_two_sentences((text, said) in speech()) {
        let said: Said<'_> = said.iter().map(|(word, start, end, who)| (word.as_str(), *start, *end, *who)).collect();
        let body = json_of(asked(Format::DiarizedJson), &text, &said);
        for segment in body["segments"].as_array().unwrap() {
            let (start, end) = (segment["start"].as_f64().unwrap(), segment["end"].as_f64().unwrap());
            let text = segment["text"].as_str().unwrap().trim();
            let inner = text.trim_end_matches(['.', '?', '!', '。', '…']);
            prop_assert!(!inner.contains(['.', '?', '!', '。', '…']), "{}", text);
            let by: Vec<_> = said
                .iter()
                .filter(|(_, from, to, _)| from < to)
                .filter(|(_, from, to, _)| *from as f64 / 1000.0 >= start - 0.0001 && *to as f64 / 1000.0 <= end + 0.0001)
                .map(|(.., who)| who)
                .collect();
            prop_assert!(by.windows(2).all(|pair| pair[0] == pair[1]), "{:?} {:?}", segment, by);
        }
    }

    #[test]
    fn subtitles_have_a_number_a_time_and_one_line_for_each_segment((text, said) in speech()) {
        let said: Said<'_> = said.iter().map(|(word, start, end, who)| (word.as_str(), *start, *end, *who)).collect();
        let count = json_of(asked(Format::VerboseJson), &text, &said)["segments"].as_array().unwrap().len();
        let srt = String::from_utf8(told(asked(Format::Srt), &text, &said)).unwrap();
        let cues: Vec<&str> = srt.split_terminator("\n\n").collect();
        prop_assert_eq!(cues.len(), count);
        for (at, cue) in cues.iter().enumerate() {
            let lines: Vec<&str> = cue.split('\n').collect();
            prop_assert_eq!(lines.len(), 3, "{}", cue);
            prop_assert_eq!(lines[0], (at + 1).to_string());
            prop_assert!(!lines[2].trim().is_empty());
        }
        let vtt = String::from_utf8(told(asked(Format::Vtt), &text, &said)).unwrap();
        prop_assert_eq!(vtt.matches(" --> ").count(), count);
    }

    #[test]
    fn a_stream_says_what_the_whole_answer_says(parts in proptest::collection::vec(".{0,10}", 0..8)) {
        let mut stream = Transcription::new(Asked { streams: true, ..Asked::default() });
        let mut whole = Transcription::new(Asked::default());
        stream.text(Text::Plain(""));
        whole.text(Text::Plain(""));
        for part in &parts {
            stream.text(Text::Plain(part));
            whole.text(Text::Plain(part));
        }
        let events = String::from_utf8(stream.finish().body).unwrap();
        let whole: Value = serde_json::from_slice(&whole.finish().body).unwrap();
        let events: Vec<&str> = events.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect();
        let (end, events) = events.split_last().unwrap();
        prop_assert_eq!(*end, "[DONE]");
        let events: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        let (done, deltas) = events.split_last().unwrap();
        prop_assert_eq!(&done["type"], "transcript.text.done");
        prop_assert_eq!(&done["text"], &whole["text"]);
        let joined: String = deltas.iter().map(|event| event["delta"].as_str().unwrap()).collect();
        prop_assert_eq!(joined, whole["text"].as_str().unwrap());
    }

    #[test]
    fn any_name_type_and_bytes_are_judged(kind in ".{0,12}", name in ".{0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..16)) {
        let found = audio::media_type(Some(&kind), Some(&name), &bytes);
        prop_assert!(found.is_none_or(|kind| kind.bytes().all(|byte| byte.is_ascii_graphic())));
        prop_assert!(!(found.is_some() && audio::is_none(Some(&kind), Some(&name), &bytes)));
    }
}

#[test]
fn an_arrow_in_a_cue_is_no_time() {
    let srt = told(asked(Format::Srt), "a --> b", &vec![("a --> b", 0, 3_723_004, 0)]);
    assert_eq!(String::from_utf8(srt).unwrap(), "1\n00:00:00,000 --> 01:02:03,004\na -> b\n\n");
}

#[test]
fn a_text_without_times_is_one_segment() {
    let mut transcript = Transcription::new(asked(Format::Vtt));
    transcript.whole_text(Text::Plain("Hello."));
    transcript.duration("1.5");
    let body = String::from_utf8(transcript.finish().body).unwrap();
    assert_eq!(body, "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello.\n\n");
}

#[test]
fn silence_has_no_segments() {
    let mut transcript = Transcription::new(asked(Format::VerboseJson));
    transcript.whole_text(Text::Plain(""));
    let body: Value = serde_json::from_slice(&transcript.finish().body).unwrap();
    assert_eq!(
        body,
        json!({"task": "transcribe", "language": "und", "duration": 0, "text": "", "words": [], "segments": []})
    );
}

#[test]
fn speakers_are_counted_in_letters() {
    assert_eq!([0, 25, 26, 27, 52].map(cues::speaker), ["A", "Z", "AA", "AB", "BA"]);
}

#[test]
fn a_recording_is_known_by_its_type_its_name_or_its_bytes() {
    for (kind, name, bytes, expected) in [
        (Some("audio/x-wav; a=b"), Some("a.mp3"), &b""[..], Some("audio/x-wav")),
        (Some("application/octet-stream"), Some("A.B.MP3"), b"", Some("audio/mpeg")),
        (None, Some("a.m4a"), b"", Some("audio/mp4")),
        (None, Some("blob"), b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
        (Some("application/octet-stream"), None, b"OggS", Some("audio/ogg")),
        (None, None, b"\xff\xfb\x90", Some("audio/mpeg")),
        (None, None, b"\0\0\0\x20ftypM4A ", Some("audio/mp4")),
        (Some("text/plain"), Some("a.wav"), b"", Some("audio/wav")),
        (None, Some("blob"), b"????", None),
        (Some(""), None, b"", None),
    ] {
        assert_eq!(audio::media_type(kind, name, bytes), expected, "{kind:?} {name:?}");
        assert!(!audio::is_none(kind, name, bytes), "{kind:?} {name:?}");
    }
    for (kind, name) in [
        (Some("text/plain"), Some("a.txt")),
        (None, Some("a.pdf")),
        (Some("image/png"), None),
        (Some("application/json"), Some("x")),
    ] {
        assert!(audio::is_none(kind, name, b"Hello."), "{kind:?} {name:?}");
    }
}
