use super::*;
use proptest::prelude::*;
use serde_json::Value;

/// Texts that look like JSON far more often than random bytes do.
fn near_json() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\"a\""),
            Just("\"b\""),
            Just("\"\\u00e9\""),
            Just("\"\\ud83d\\ude00\""),
            Just("\"é\""),
            Just("1"),
            Just("-0.50e+7"),
            Just("01"),
            Just("true"),
            Just("null"),
            Just(" "),
            Just("\n"),
            Just("\"\\x\""),
            Just("\""),
            Just("1."),
            Just("\u{1}"),
        ],
        0..14,
    )
    .prop_map(|parts| parts.concat())
}

/// Any JSON value.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths: floats that every reader and writer takes through a round trip unharmed.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        ".{0,70}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn oracle(text: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(text).ok().filter(Value::is_object)
}

/// serde_json keeps the last of two equal names and refuses half surrogates, which this reader
/// decodes in names alone: texts with either are not compared.
fn comparable(text: &str) -> bool {
    !text.contains("\\ud")
}

proptest! {
    #[test]
    fn the_reader_accepts_what_serde_json_accepts(text in near_json()) {
        let mine = Object::parse(text.as_bytes());
        if !matches!(mine, Err(Fault::Duplicate(_))) && comparable(&text) {
            prop_assert_eq!(mine.is_ok(), oracle(text.as_bytes()).is_some(), "{}: {:?}", text, mine);
        }
    }

    #[test]
    fn every_object_is_read_and_every_value_is_its_own_span(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let mine = Object::parse(text.as_bytes());
        match &value {
            Value::Object(map) => {
                let mine = mine.unwrap();
                prop_assert_eq!(mine.members().len(), map.len());
                for member in mine.members() {
                    let read: Value = serde_json::from_str(mine.value(member)).unwrap();
                    prop_assert_eq!(&read, &map[member.name.as_ref()]);
                }
            }
            _ => prop_assert!(matches!(mine, Err(Fault::NotObject(_)))),
        }
    }

    #[test]
    fn every_name_of_any_depth_is_known_to_stand_there(value in any_json()) {
        let value = Value::from_iter([("a", value)]);
        let text = value.to_string();
        let mine = Object::parse(text.as_bytes()).unwrap();
        let mut inside = vec![&value];
        while let Some(value) = inside.pop() {
            for (name, value) in value.as_object().into_iter().flatten() {
                // As it stands: with its escapes.
                let name = quoted(name);
                prop_assert!(mine.may_hold(&name[1..name.len() - 1]));
                inside.push(value);
            }
            inside.extend(value.as_array().into_iter().flatten());
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_no_body(value in any_json()) {
        if value.is_object() {
            let text = value.to_string();
            for cut in 0..text.len() {
                prop_assert!(Object::parse(&text.as_bytes()[..cut]).is_err());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(Object::parse(&bytes).is_ok(), oracle(&bytes).is_some());
    }

    #[test]
    fn bytes_in_a_string_are_judged_as_serde_json_judges_them(
        before in 0_usize..70, odd in any::<u8>(), after in 0_usize..70,
    ) {
        let mut text = b"{\"a\":\"".to_vec();
        text.extend(std::iter::repeat_n(b'x', before));
        text.push(odd);
        text.extend(std::iter::repeat_n(b'y', after));
        text.extend(b"\"}");
        prop_assert_eq!(Object::parse(&text).is_ok(), oracle(&text).is_some());
    }

    #[test]
    fn removing_members_removes_them_and_nothing_else(
        names in proptest::collection::btree_set("[a-d]{1,2}", 0..7), unwanted in any::<u8>(), pretty in any::<bool>(),
    ) {
        let map: serde_json::Map<String, Value> =
            names.iter().enumerate().map(|(i, name)| (name.clone(), Value::from(i))).collect();
        let text = if pretty { serde_json::to_string_pretty(&map) } else { serde_json::to_string(&map) }.unwrap();
        let gone = |name: &str| unwanted & (1 << (name.bytes().map(usize::from).sum::<usize>() % 8)) != 0;
        let mut splices = Splices::default();
        Object::parse(text.as_bytes()).unwrap().remove(&mut splices, |member| gone(&member.name));
        let left = splices.apply(text.into_bytes());
        let left: Value = serde_json::from_slice(&left).unwrap();
        let expected: serde_json::Map<String, Value> = map.into_iter().filter(|(name, _)| !gone(name)).collect();
        prop_assert_eq!(left, Value::Object(expected));
    }

    #[test]
    fn the_elements_of_an_array_are_its_own_spans(value in any_json()) {
        let text = value.to_string();
        let spans = elements(&text);
        let expected = value.as_array().cloned().unwrap_or_default();
        prop_assert_eq!(spans.len(), expected.len());
        for (span, element) in spans.into_iter().zip(expected) {
            prop_assert_eq!(&text[span], element.to_string());
        }
    }
}

#[test]
fn what_answers_add_is_known_to_be_missing_from_a_plain_chat() {
    let chat = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"reasoning"},{"type":"image_url",
        "image_url":{"url":"u","detail":"auto"}}]},{"role":"assistant","content":null,"refusal":null,"tool_calls":[
        {"id":"i","type":"function","function":{"name":"n","arguments":"{}"}}]},{"role":"tool","tool_call_id":"i"}],
        "model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":1,"tools":[{"type":"function",
        "function":{"name":"n","description":"d","parameters":{"type":"object","properties":{},"required":[]}}}],
        "tool_choice":"auto","max_completion_tokens":9,"response_format":{"type":"json_schema","json_schema":{"schema":
        {"additionalProperties":false},"strict":true}},"user":"u"}"#;
    let chat = Object::parse(chat.as_bytes()).unwrap();
    for name in ["reasoning", "reasoning_content", "citations", "extra_content", "thought_signature"] {
        assert!(!chat.may_hold(name), "{name}");
    }
    assert!(chat.may_hold("include_usage") && chat.may_hold("additionalProperties"));
}

#[test]
fn two_equal_names_are_refused_however_they_are_written() {
    let twice = Object::parse(br#"{"model":"a","mod\u0065l":"b"}"#).unwrap_err();
    assert_eq!(twice, Fault::Duplicate("model".into()));
    let mut many: Vec<String> = (0..4000).map(|i| format!("\"k{i}\":1")).collect();
    assert!(Object::parse(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
    many.push("\"k7\":2".into());
    let twice = Object::parse(format!("{{{}}}", many.join(",")).as_bytes()).unwrap_err();
    assert_eq!(twice, Fault::Duplicate("k7".into()));
}

#[test]
fn members_are_read_to_the_limit_and_refused_beyond_it() {
    let object = |count: usize| {
        let members: Vec<String> = (0..count).map(|i| format!("\"k{i}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(Object::parse(object(MAX_MEMBERS).as_bytes()).is_ok());
    assert_eq!(Object::parse(object(MAX_MEMBERS + 1).as_bytes()).unwrap_err(), Fault::TooMany);
}

#[test]
fn nesting_is_read_to_the_limit_and_refused_beyond_it() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(Object::parse(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
    assert_eq!(Object::parse(nested(MAX_DEPTH).as_bytes()).unwrap_err(), Fault::Depth);
    assert_eq!(Object::parse("{\"a\":".repeat(10_000).as_bytes()).unwrap_err(), Fault::Depth);
}

#[test]
fn a_member_put_in_front_leaves_the_rest() {
    for (text, expected) in [("{}", r#"{"n":1}"#), (r#"{ "a": 2}"#, r#"{"n":1, "a": 2}"#)] {
        let mut splices = Splices::default();
        Object::parse(text.as_bytes()).unwrap().insert(&mut splices, "n", "1");
        assert_eq!(splices.apply(text.as_bytes().to_vec()), expected.as_bytes());
    }
}
