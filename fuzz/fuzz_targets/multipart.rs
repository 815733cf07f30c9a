//! The reader of forms against a naive one. The input's first line is a `content-type`, the rest a body.

#![no_main]

mod common;

use common::first_line;
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::wire::multipart::{Form, boundary};
use orq_ai_proxy::wire::splice::Splices;

/// Where delimiters stand, and behind them: each at the body's start or behind a line end, the second
/// of the two closing or with nothing but padding on its line.
fn delimiters(body: &[u8], boundary: &str) -> Option<Vec<(usize, usize)>> {
    let head = format!("--{boundary}");
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let behind_line_end = at == 0 || (at >= 2 && &body[at - 2..at] == b"\r\n");
        if behind_line_end && body[at..].starts_with(head.as_bytes()) {
            let mut end = at + head.len();
            if body[end..].starts_with(b"--") {
                found.push((at, end + 2));
                return Some(found);
            }
            while matches!(body.get(end), Some(b' ' | b'\t')) {
                end += 1;
            }
            if body[end..].starts_with(b"\r\n") {
                found.push((at, end + 2));
                at = end + 2;
                continue;
            }
        }
        at += 1;
    }
    None
}

fuzz_target!(|data: &[u8]| {
    let (content_type, body) = first_line(data);
    let Ok(content_type) = std::str::from_utf8(content_type) else { return };
    let Some(boundary) = boundary(content_type) else { return };
    assert!(!boundary.is_empty());
    // Envoy lets no line end into a header.
    if boundary.contains(char::is_control) {
        return;
    }
    let form = Form::parse(body, &boundary);
    let naive = delimiters(body, &boundary);
    let Ok(form) = form else { return };
    let naive = naive.expect("no closing delimiter, but a form");
    assert_eq!(form.parts().len(), naive.len() - 1);
    for (part, pair) in form.parts().iter().zip(naive.windows(2)) {
        let [(start, behind), (next, _)] = [pair[0], pair[1]];
        assert_eq!(part.span, start..next);
        assert!(part.content.start >= behind && part.content.start <= part.content.end);
        assert_eq!(part.content.end, next - 2);
        assert_eq!(form.content(part), &body[part.content.clone()]);
        // The content starts behind the first empty line.
        let headers = &body[behind..part.content.start];
        assert!(headers.ends_with(b"\r\n\r\n") && common::count(headers, b"\r\n\r\n") == 1);
    }

    let read = |form: &Form<'_>| -> Vec<(String, Vec<u8>)> {
        form.parts().iter().map(|part| (part.name.to_string(), form.content(part).to_vec())).collect()
    };
    // Another model in each place where one stands, and every second part gone, as a dialect does it.
    let mut expected = read(&form);
    let mut splices = Splices::default();
    for (index, part) in form.parts().iter().enumerate() {
        if index % 2 == 1 {
            splices.remove(part.span.clone());
        } else if part.name == "model" {
            expected[index].1 = b"m-1".to_vec();
            splices.replace(part.content.clone(), "m-1");
        }
    }
    let mut index = 0;
    expected.retain(|_| {
        index += 1;
        index % 2 == 1
    });
    let spliced = splices.apply(body.to_vec());
    let spliced = Form::parse(&spliced, &boundary).expect("a form still");
    assert_eq!(read(&spliced), expected);
});
