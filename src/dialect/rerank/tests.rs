use super::*;
use crate::dialect::{Ask, Convert, Payload, Received, Told};
use crate::provider::{Settings, Upstream};
use crate::surface::rerank::Request;
use crate::wire::json::Object;
use proptest::prelude::*;
use serde_json::{Value, json};

const FORMS: [&Form; 14] = [
    &ALIBABA,
    &BEDROCK_AMAZON,
    &BEDROCK_COHERE,
    &COHERE,
    &DEEPINFRA,
    &FIREWORKS,
    &JINA,
    &NIM,
    &NVIDIA,
    &OPEN,
    &OPENROUTER,
    &TEI,
    &TOGETHER,
    &VOYAGE,
];

fn upstream() -> Upstream {
    let settings = Settings { host: Some("h".to_owned()), ..Settings::default() };
    Upstream::new("p", &Provider::ROW, settings).unwrap()
}

/// What goes up, who reads the answer, and what was left out.
type Asked = (Value, Box<dyn Convert>, Vec<String>);

fn asked(form: &Form, request: &Value) -> Result<Asked, Error> {
    let upstream = upstream();
    let mut call = Call::new(Endpoint::Rerank, &upstream, "m");
    let text = request.to_string();
    let object = Object::parse(text.as_bytes()).unwrap();
    let request = Request::read(&call, &object)?;
    let sent = form.rerank(&mut call, &request)?;
    request.params.finish(&mut call)?;
    let Sent::Asked(Ask { payload: Payload::Written(body), .. }, Some(convert)) = sent else {
        panic!("{sent:?}")
    };
    Ok((serde_json::from_slice(&body.bytes(&[])).unwrap(), convert, call.dropped))
}

fn told(convert: &mut dyn Convert, body: &str) -> Result<String, Error> {
    let headers = Headers::default();
    match convert.whole(&Received { headers: &headers, body: body.as_bytes() })? {
        Told::Answer(whole) => Ok(String::from_utf8(whole.body).unwrap()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    /// In every form, whatever the order in which a provider tells them: the best first, as many as are wanted, each
    /// with the number that the provider wrote and the document that the client sent.
    #[test]
    fn the_best_documents_come_first_with_the_scores_as_they_were_written(
        scores in prop::collection::vec((0_u32..1000, 0_usize..4), 1..20),
        top in 1_usize..25,
    ) {
        let number = |(value, form): (u32, usize)| match form {
            0 => format!("0.{value:03}"),
            1 => format!("{value}e-3"),
            2 => format!("{value}.0E-03"),
            _ => format!("0.{value:03}000000000000000001"),
        };
        let scores: Vec<String> = scores.into_iter().map(number).collect();
        let documents: Vec<String> = (0..scores.len()).map(|at| format!("\"{at}\\é")).collect();
        let request = json!({
            "model": "p/m", "query": "q", "documents": documents, "top_n": top, "return_documents": true,
        });
        for form in FORMS {
            let (_, mut convert, dropped) = asked(form, &request).unwrap();
            prop_assert_eq!(dropped, Vec::<String>::new());
            let results = |name: &str| {
                let list = scores.iter().enumerate().map(|(at, score)| format!("{{\"{name}\":{score},\"index\":{at}}}"));
                list.collect::<Vec<_>>().join(",")
            };
            for body in [
                format!("{{\"results\":[{}]}}", results("relevance_score")),
                format!("{{\"data\":[{}]}}", results("relevanceScore")),
                format!("[{}]", results("score")),
                format!("{{\"scores\":[{}]}}", scores.join(",")),
            ] {
                let text = told(convert.as_mut(), &body).unwrap();
                let answer: Value = serde_json::from_str(&text).unwrap();
                let answer = answer["results"].as_array().unwrap();
                prop_assert_eq!(answer.len(), top.min(scores.len()));
                let mut last = f64::INFINITY;
                for result in answer {
                    let at = usize::try_from(result["index"].as_u64().unwrap()).unwrap();
                    let score = scores[at].parse::<f64>().unwrap();
                    prop_assert!(score <= last);
                    last = score;
                    let written = format!("\"index\":{at},\"relevance_score\":{},", scores[at]);
                    prop_assert!(text.contains(&written), "{}", text);
                    prop_assert_eq!(result["document"]["text"].as_str(), Some(documents[at].as_str()));
                }
            }
        }
    }

    #[test]
    fn no_answer_ends_the_module(body in "\\PC*") {
        let (_, mut convert, _) = asked(&OPEN, &json!({"query": "q", "documents": ["a"]})).unwrap();
        let _ = told(convert.as_mut(), &body);
    }

    #[test]
    fn a_logit_becomes_a_score_that_keeps_the_order(logits in prop::collection::vec(-700.0..700.0_f64, 2..20)) {
        let documents: Vec<String> = logits.iter().map(f64::to_string).collect();
        let (_, mut convert, _) = asked(&NIM, &json!({"query": "q", "documents": documents})).unwrap();
        let rankings: Vec<Value> =
            logits.iter().enumerate().map(|(index, logit)| json!({"index": index, "logit": logit})).collect();
        let body = json!({"rankings": &rankings}).to_string();
        let text = told(convert.as_mut(), &body).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        let (mut last, mut least) = (1.0, f64::INFINITY);
        for result in answer["results"].as_array().unwrap() {
            let score = result["relevance_score"].as_f64().unwrap();
            prop_assert!((0.0..=last).contains(&score), "{}", text);
            last = score;
            let at = usize::try_from(result["index"].as_u64().unwrap()).unwrap();
            let written = format!("\"logit\":{}}}", rankings[at]["logit"]);
            prop_assert!(text.contains(&written), "{}", text);
            prop_assert!(logits[at] <= least);
            least = logits[at];
        }
    }
}

#[test]
fn every_form_writes_what_its_vendor_reads() {
    let request =
        json!({"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1, "return_documents": false});
    let both = json!(["a", "b"]);
    let passages = json!([{"text": "a"}, {"text": "b"}]);
    for (form, expected) in [
        (&ALIBABA, json!({"model": "m", "query": "q", "documents": both, "top_n": 1})),
        (&BEDROCK_AMAZON, json!({"query": "q", "documents": both, "top_n": 1})),
        (&BEDROCK_COHERE, json!({"query": "q", "documents": both, "api_version": 2, "top_n": 1})),
        (&COHERE, json!({"model": "m", "query": "q", "documents": both, "top_n": 1})),
        (&DEEPINFRA, json!({"queries": ["q", "q"], "documents": both})),
        (
            &FIREWORKS,
            json!({"model": "m", "query": "q", "documents": both, "top_n": 1, "return_documents": false}),
        ),
        (
            &JINA,
            json!({"model": "m", "query": "q", "documents": both, "top_n": 1, "return_documents": false}),
        ),
        (&NIM, json!({"model": "m", "query": {"text": "q"}, "passages": passages})),
        (&NVIDIA, json!({"model": "m", "query": {"text": "q"}, "passages": passages})),
        (&OPENROUTER, json!({"model": "m", "query": "q", "documents": both, "top_n": 1})),
        (&TEI, json!({"query": "q", "texts": both, "return_text": false})),
        (
            &VOYAGE,
            json!({"model": "m", "query": "q", "documents": both, "top_k": 1, "return_documents": false}),
        ),
    ] {
        assert_eq!(asked(form, &request).unwrap().0, expected, "{}", form.id);
    }
    let mut expected = request.clone();
    expected["model"] = "m".into();
    for form in [&OPEN, &TOGETHER] {
        assert_eq!(asked(form, &request).unwrap().0, expected, "{}", form.id);
    }
}

#[test]
fn a_picture_goes_where_pictures_are_read_and_nowhere_else() {
    let request = json!({"query": "q", "documents": ["a", {"image": "data:image/png;base64,AA"}]});
    for form in FORMS {
        match (form.items, asked(form, &request)) {
            (Items::Texts, Err(error)) => {
                assert_eq!(error.param.as_deref(), Some("documents[1]"), "{}", form.id)
            }
            (Items::Images | Items::Any | Items::Passages, Ok((body, ..))) => {
                assert_eq!(
                    body[form.documents][1],
                    json!({"image": "data:image/png;base64,AA"}),
                    "{}",
                    form.id
                );
            }
            (_, other) => panic!("{}: {other:?}", form.id),
        }
    }
}

#[test]
fn a_query_that_would_stand_beside_too_many_documents_is_refused() {
    let query = "q".repeat(4 << 20);
    let refused = |most: usize| {
        let request = json!({"query": query, "documents": vec!["d"; most]});
        asked(&DEEPINFRA, &request).map(|_| ()).map_err(|error| (error.status, error.param))
    };
    assert_eq!(refused(2), Ok(()));
    assert_eq!(refused(10_000), Err((400, Some("query".to_owned()))));
}
