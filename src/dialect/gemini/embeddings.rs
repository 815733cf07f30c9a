//! Google's embeddings: `batchEmbedContents` of the Gemini API; `predict` and `embedContent` of Vertex AI.
//!
//! | where | models | call | inputs a call |
//! |---|---|---|---|
//! | Gemini API | all | `batchEmbedContents` | 100 |
//! | Vertex AI | `text-embedding-005` and the like | `predict` | 250 |
//! | | `gemini-embedding-001` | `predict` | 1 |
//! | | `multimodalembedding` | `predict`, in a form of its own | 1 |
//! | | newer Gemini, and those named `…-maas` | `embedContent` | 1 |
//!
//! Where a call takes one input, several are asked for one after the other.
//!
//! Newer Gemini models are told what a vector is for in the text itself, since they know no `taskType`.
//!
//! Sources: <https://ai.google.dev/api/embeddings>, <https://ai.google.dev/gemini-api/docs/embeddings>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api> and
//! google-genai's `models.py` and `_transformers.py` for which model is asked how.

use super::{Gemini, Platform};
use crate::chat::Source;
use crate::dialect::{Ask, Call, Convert, Dialect as _, Received, Sent, Told};
use crate::error::Error;
use crate::surface::embeddings::{
    Answer, Body, Input, Medium, NAMES, OneByOne, Part, Purpose, Request, Vector, Words,
};
use crate::wire::json::{Object, items};
use crate::wire::outgoing::Outgoing;
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// `taskType`
const WORDS: Words = Words {
    name: "taskType",
    known: &[
        (Purpose::Query, "RETRIEVAL_QUERY"),
        (Purpose::Document, "RETRIEVAL_DOCUMENT"),
        (Purpose::Classification, "CLASSIFICATION"),
        (Purpose::Clustering, "CLUSTERING"),
        (Purpose::Similarity, "SEMANTIC_SIMILARITY"),
        (Purpose::QuestionAnswering, "QUESTION_ANSWERING"),
        (Purpose::FactVerification, "FACT_VERIFICATION"),
        (Purpose::CodeQuery, "CODE_RETRIEVAL_QUERY"),
    ],
    own: &[],
};

/// How newer Gemini models are told in the text what its vector is for.
const IN_TEXT: &[(Purpose, &str)] = &[
    (Purpose::Query, "task: search result | query: "),
    (Purpose::Classification, "task: classification | query: "),
    (Purpose::Clustering, "task: clustering | query: "),
    (Purpose::Similarity, "task: sentence similarity | query: "),
    (Purpose::QuestionAnswering, "task: question answering | query: "),
    (Purpose::FactVerification, "task: fact checking | query: "),
    (Purpose::CodeQuery, "task: code retrieval | query: "),
];

/// How a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `batchEmbedContents`
    Batch,
    /// `predict` with texts, so many at once.
    Predict(usize),
    /// `predict` with a text, a picture and a video, each of which gets a vector.
    Multimodal,
    /// `embedContent`
    Single,
}

impl Form {
    fn of(platform: Platform, model: &str) -> Self {
        match platform {
            Platform::GeminiApi => Self::Batch,
            Platform::Vertex if model.starts_with("multimodalembedding") => Self::Multimodal,
            Platform::Vertex if model == "gemini-embedding-001" => Self::Predict(1),
            Platform::Vertex if model.contains("gemini") || model.contains("maas") => Self::Single,
            Platform::Vertex => Self::Predict(250),
        }
    }

    fn most(self) -> usize {
        match self {
            Self::Batch => 100,
            Self::Predict(most) => most,
            Self::Multimodal | Self::Single => 1,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Batch => "/models/{model}:batchEmbedContents",
            Self::Predict(_) | Self::Multimodal => "/publishers/google/models/{model}:predict",
            Self::Single => "/publishers/google/models/{model}:embedContent",
        }
    }
}

/// What is said of every input.
struct Said<'a> {
    /// `taskType`
    task: Option<Cow<'a, str>>,
    /// What a text starts with, in two parts.
    start: Option<[Text<'a>; 3]>,
    title: Option<Text<'a>>,
    dimensions: Option<u64>,
}

pub(super) fn ask(dialect: &Gemini, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let form = Form::of(dialect.platform, call.model);
    let said = said(call, request, form)?;
    // They stand beside each input.
    for (name, text) in [("title", said.title), ("task_type", said.task.as_deref().map(Text::Plain))]
        .into_iter()
        .chain(said.start.into_iter().flatten().map(|text| ("title", Some(text))))
    {
        Error::unless_fits(name, text.map_or(0, Text::length), request.inputs.len())?;
    }
    let path = Some(form.path());
    let (ask, calls) = match form.most() {
        1 => OneByOne::ask(call, request, path, |call, input| {
            body(dialect, call, request, form, &said, core::slice::from_ref(input))
        })?,
        most => {
            request.at_most(call, most)?;
            let body = body(dialect, call, request, form, &said, &request.inputs)?;
            (Ask { path, ..Ask::json(body) }, OneByOne::default())
        }
    };
    Ok(Sent::asked(ask, Answers { calls, answer: Answer::new(request.asked(call)) }))
}

/// The body of one call, for these inputs.
fn body<'a>(
    dialect: &Gemini,
    call: &Call<'_>,
    request: &Request<'a>,
    form: Form,
    said: &Said<'_>,
    inputs: &[Input<'a>],
) -> Result<Outgoing, Error> {
    let mut body = Body::new(call, request, dialect.id())?;
    match form {
        Form::Batch => {
            let model = format!("models/{}", call.model);
            body.list("requests", |out| {
                for input in inputs {
                    out.begin_object();
                    out.text_member("model", model.as_str());
                    out.name("content");
                    content(input, said, out);
                    config(said, out);
                    out.end_object();
                }
                Ok(())
            })?;
        }
        Form::Single => {
            for input in inputs {
                body.member("content", |out| content(input, said, out));
            }
            let own = ["autoTruncate", "documentOcr", "audioTrackExtraction"];
            let own = own.map(|name| (name, request.params.take(name)));
            body.member("embedContentConfig", |out| {
                out.object(|out| {
                    config(said, out);
                    for (name, value) in own {
                        if let Some(value) = value {
                            out.raw_member(name, value);
                        }
                    }
                });
            });
        }
        Form::Predict(_) => {
            body.list("instances", |out| {
                inputs.iter().try_for_each(|input| {
                    let text = input.text(call)?;
                    out.object(|out| {
                        out.text_member("content", text);
                        if let Some(task) = &said.task {
                            out.text_member("task_type", task.as_ref());
                        }
                        if let Some(title) = said.title {
                            out.text_member("title", title);
                        }
                    });
                    Ok(())
                })
            })?;
            parameters(&mut body, request, "outputDimensionality", &["autoTruncate"], said.dimensions);
        }
        Form::Multimodal => {
            body.list("instances", |out| inputs.iter().try_for_each(|input| instance(call, input, out)))?;
            parameters(&mut body, request, "dimension", &[], said.dimensions);
        }
    }
    Ok(body.finish())
}

/// What the request says of every input.
fn said<'a>(call: &mut Call<'_>, request: &Request<'a>, form: Form) -> Result<Said<'a>, Error> {
    let title = if form == Form::Multimodal { None } else { request.params.text("title")? };
    let mut said = Said { task: None, start: None, title, dimensions: request.dimensions()? };
    if form == Form::Multimodal {
        return Ok(said);
    }
    let task = WORDS.of(call, request)?;
    // Those before know `taskType`.
    let in_text = call.model.starts_with("gemini-embedding-") && call.model != "gemini-embedding-001";
    if !in_text {
        said.task = task;
        return Ok(said);
    }
    let purpose = task.as_deref().and_then(Purpose::of);
    // It stands in texts, and a title in those of documents alone.
    let is_text = |part: &Part<'_>| matches!(part, Part::Text(_));
    let told = request.inputs.iter().any(|input| input.parts().iter().any(is_text));
    if task.is_some()
        && (purpose.is_none() || !told)
        && let Some(name) = NAMES.into_iter().find(|name| request.params.has(name))
    {
        call.drop_param(name)?;
    }
    if said.title.is_some() && !(purpose == Some(Purpose::Document) && told) {
        call.drop_param("title")?;
    }
    let title = said.title.take();
    said.start = match purpose {
        None => None,
        Some(Purpose::Document) => {
            Some([Text::Plain("title: "), title.unwrap_or(Text::Plain("none")), Text::Plain(" | text: ")])
        }
        Some(purpose) => {
            let start = IN_TEXT.iter().find(|(known, _)| *known == purpose).map_or("", |(_, start)| start);
            Some([Text::Plain(start), Text::Plain(""), Text::Plain("")])
        }
    };
    Ok(said)
}

/// `EmbedContentConfig`
fn config(said: &Said<'_>, out: &mut Writer) {
    if let Some(task) = &said.task {
        out.text_member("taskType", task.as_ref());
    }
    if let Some(title) = said.title {
        out.text_member("title", title);
    }
    if let Some(dimensions) = said.dimensions {
        out.number_member("outputDimensionality", dimensions);
    }
}

/// `parameters` of `predict`.
fn parameters(
    body: &mut Body<'_>,
    request: &Request<'_>,
    dimensions_name: &str,
    own: &[&str],
    dimensions: Option<u64>,
) {
    let own: Vec<_> = own.iter().filter_map(|name| Some((*name, request.params.take(name)?))).collect();
    if dimensions.is_none() && own.is_empty() {
        return;
    }
    body.member("parameters", |out| {
        out.object(|out| {
            if let Some(dimensions) = dimensions {
                out.number_member(dimensions_name, dimensions);
            }
            for (name, value) in own {
                out.raw_member(name, value);
            }
        });
    });
}

/// `Content`
fn content(input: &Input<'_>, said: &Said<'_>, out: &mut Writer) {
    let parts = input.parts();
    out.begin_object();
    out.name("parts");
    out.begin_array();
    let mut start = said.start;
    for part in parts.iter() {
        match part {
            Part::Text(text) => out.object(|out| {
                out.name("text");
                let start = start.take().into_iter().flatten();
                out.texts(start.chain([*text]));
            }),
            Part::Media(media) => match &media.source {
                Source::Data { media_type, base64 } => out.object(|out| {
                    out.object_member("inlineData", |out| {
                        out.text_member("mimeType", media_type.as_ref());
                        out.text_member("data", base64.as_ref());
                    });
                }),
                Source::Url(uri) | Source::Id(uri) => out.object(|out| {
                    out.object_member("fileData", |out| out.text_member("fileUri", uri.as_ref()));
                }),
            },
        }
    }
    out.end_array();
    out.end_object();
}

/// An instance of `multimodalembedding`: one thing, since each gets a vector.
fn instance(call: &Call<'_>, input: &Input<'_>, out: &mut Writer) -> Result<(), Error> {
    let parts = input.parts();
    let [part] = parts.as_ref() else { return Err(input.refused(call, "several parts")) };
    out.begin_object();
    match part {
        Part::Text(text) => out.text_member("text", *text),
        Part::Media(media) => {
            out.name(match media.medium {
                Medium::Image => "image",
                Medium::Video => "video",
                other => return Err(input.refused(call, other.described())),
            });
            out.begin_object();
            match &media.source {
                Source::Data { media_type, base64 } => {
                    out.text_member("bytesBase64Encoded", base64.as_ref());
                    if media.medium == Medium::Image {
                        out.text_member("mimeType", media_type.as_ref());
                    }
                }
                Source::Url(uri) if uri.starts_with("gs://") => out.text_member("gcsUri", uri.as_ref()),
                _ => return Err(input.elsewhere(call)),
            }
            out.end_object();
        }
    }
    out.end_object();
    Ok(())
}

/// Reads an answer, of any of the calls.
#[derive(Debug)]
struct Answers {
    calls: OneByOne,
    answer: Answer,
}

impl Answers {
    /// Tells the vector that an object holds under one of the names.
    fn tell(&mut self, object: &Object<'_>, names: &[&str]) -> Result<(), Error> {
        let vector = names.iter().find_map(|name| object.get(name));
        let vector = vector.ok_or_else(|| Error::unreadable(&self.answer.asked().provider))?;
        self.answer.vector(Vector::Numbers(vector))
    }

    fn prediction(&mut self, prediction: &Object<'_>) -> Result<(), Error> {
        let Some(embeddings) = inner(prediction, "embeddings") else {
            // A video has one for each of its segments, of which the first is told.
            let segment = prediction.get("videoEmbeddings").and_then(|list| items(list).next());
            return match segment.and_then(|segment| Object::parse_str(segment).ok()) {
                Some(segment) => self.tell(&segment, &["embedding"]),
                None => self.tell(prediction, &["textEmbedding", "imageEmbedding"]),
            };
        };
        self.answer
            .count(inner(&embeddings, "statistics").and_then(|counted| number(&counted, "token_count")));
        self.tell(&embeddings, &["values"])
    }
}

impl Convert for Answers {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let provider = self.answer.asked().provider.clone();
        let unreadable = || Error::unreadable(&provider);
        let object = Object::parse(received.body).map_err(|_| unreadable())?;
        let list = |name| object.get(name).into_iter().flat_map(items);
        for entry in list("embeddings").chain(object.get("embedding")) {
            let entry = Object::parse_str(entry).map_err(|_| unreadable())?;
            self.tell(&entry, &["values"])?;
        }
        for prediction in list("predictions") {
            let prediction = Object::parse_str(prediction).map_err(|_| unreadable())?;
            self.prediction(&prediction)?;
        }
        self.answer
            .count(inner(&object, "usageMetadata").and_then(|usage| number(&usage, "promptTokenCount")));
        self.calls.told(&mut self.answer)
    }
}

fn inner<'a>(object: &Object<'a>, name: &str) -> Option<Object<'a>> {
    Object::parse_str(object.get(name)?).ok()
}

/// Counts can be written as floats.
fn number(object: &Object<'_>, name: &str) -> Option<u64> {
    let number: f64 = object.get(name)?.parse().ok()?;
    // The cast saturates.
    (number >= 0.0).then_some(number as u64)
}
