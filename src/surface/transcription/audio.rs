//! Which audio a file is: by its name, by the type that the client gave it, and by its first bytes.

/// The formats that OpenAI takes, as its error lists them.
pub const FORMATS: &str = "['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']";

/// Endings of names and their media types. The first ten are OpenAI's, the others some providers take besides.
const ENDINGS: [(&str, &str); 26] = [
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("mp3", "audio/mpeg"),
    ("mp4", "audio/mp4"),
    ("mpeg", "audio/mpeg"),
    ("mpga", "audio/mpeg"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("wav", "audio/wav"),
    ("webm", "audio/webm"),
    ("3gp", "video/3gpp"),
    ("aac", "audio/aac"),
    ("aif", "audio/aiff"),
    ("aiff", "audio/aiff"),
    ("amr", "audio/amr"),
    ("avi", "video/x-msvideo"),
    ("caf", "audio/x-caf"),
    ("flv", "video/x-flv"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("opus", "audio/opus"),
    ("pcm", "audio/pcm"),
    ("ts", "video/mp2t"),
    ("wma", "audio/x-ms-wma"),
    ("wmv", "video/x-ms-wmv"),
    ("mp2", "audio/mpeg"),
];

/// The media type of a file; `None` when nothing tells it. What the client says counts most, unless it says nothing
/// (`application/octet-stream`); its first bytes are looked at last.
#[must_use]
pub fn media_type<'a>(
    content_type: Option<&'a str>,
    filename: Option<&str>,
    content: &[u8],
) -> Option<&'a str> {
    let said = content_type.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let said = said.filter(|kind| is_sound(kind) && is_token(kind));
    said.or_else(|| ending(filename?).and_then(of_ending)).or_else(|| of_bytes(content))
}

/// Whether a file is plainly none with sound: its name, its type and its first bytes say something else, or nothing
/// says anything good and one of them something bad.
#[must_use]
pub fn is_none(content_type: Option<&str>, filename: Option<&str>, content: &[u8]) -> bool {
    if media_type(content_type, filename, content).is_some() {
        return false;
    }
    let says_something = content_type.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        !kind.is_empty() && !kind.eq_ignore_ascii_case("application/octet-stream")
    });
    says_something || filename.is_some_and(|name| ending(name).is_some())
}

fn is_sound(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.starts_with("audio/") || kind.starts_with("video/") || kind == "application/ogg"
}

/// Whether it can stand in a header.
fn is_token(kind: &str) -> bool {
    kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte))
}

/// What stands behind the last dot of a name.
fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| !ending.is_empty())
}

fn of_ending(ending: &str) -> Option<&'static str> {
    ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, kind)| *kind)
}

fn of_bytes(content: &[u8]) -> Option<&'static str> {
    let brand = content.get(4..8);
    let wave = content.get(8..12);
    match content {
        [b'R', b'I', b'F', b'F', ..] if wave == Some(b"WAVE") => Some("audio/wav"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        // A frame of MPEG audio: eleven bits, then a layer that is not reserved.
        [0xff, second, ..] if *second >= 0xe0 && second & 0x06 != 0 => Some("audio/mpeg"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("audio/webm"),
        _ if brand == Some(b"ftyp") => Some("audio/mp4"),
        _ => None,
    }
}
