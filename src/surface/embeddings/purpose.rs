//! What vectors are for: models that search embed a question otherwise than what answers it.
//!
//! OpenAI's models do not, and its request has no word for it; every vendor has one of its own, by a name of its own. The
//! names and the words of all of them are understood, so that a client can go on with those that it has.

use super::Request;
use crate::chat::wrong_type;
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::string;
use std::borrow::Cow;

/// The names by which clients say it: Cohere's, Voyage's and NVIDIA's, Google's, Jina's, that of Sentence Transformers,
/// and Amazon's.
pub const NAMES: [&str; 6] =
    ["input_type", "task_type", "taskType", "task", "prompt_name", "embeddingPurpose"];

/// What vectors are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A question that is searched for.
    Query,
    /// What is searched.
    Document,
    /// To be classified.
    Classification,
    /// To be grouped.
    Clustering,
    /// To be compared.
    Similarity,
    /// A question that documents answer.
    QuestionAnswering,
    /// A statement that documents prove.
    FactVerification,
    /// A question that code answers.
    CodeQuery,
}

/// The words that clients know, in lower case with `_`.
const WORDS: &[(&str, Purpose)] = &[
    ("query", Purpose::Query),
    ("search_query", Purpose::Query),
    ("retrieval_query", Purpose::Query),
    ("generic_retrieval", Purpose::Query),
    ("text_retrieval", Purpose::Query),
    ("document", Purpose::Document),
    ("passage", Purpose::Document),
    ("search_document", Purpose::Document),
    ("retrieval_document", Purpose::Document),
    ("retrieval_passage", Purpose::Document),
    ("generic_index", Purpose::Document),
    ("classification", Purpose::Classification),
    ("clustering", Purpose::Clustering),
    ("separation", Purpose::Clustering),
    ("similarity", Purpose::Similarity),
    ("semantic_similarity", Purpose::Similarity),
    ("text_matching", Purpose::Similarity),
    ("sts", Purpose::Similarity),
    ("question_answering", Purpose::QuestionAnswering),
    ("fact_verification", Purpose::FactVerification),
    ("code_retrieval_query", Purpose::CodeQuery),
    ("code_query", Purpose::CodeQuery),
    ("nl2code_query", Purpose::CodeQuery),
];

impl Purpose {
    /// What a client's word means, if it is known here.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase().replace(['.', '-', ' '], "_");
        WORDS.iter().find(|(other, _)| *other == word).map(|(_, purpose)| *purpose)
    }
}

/// How a provider is told what vectors are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Its own name of it.
    pub name: &'static str,
    /// Its words. A purpose that is not here it does not know.
    pub known: &'static [(Purpose, &'static str)],
    /// Words of its own, besides, which stay as they are.
    pub own: &'static [&'static str],
}

impl Words {
    /// The provider's word for what a client says of the purpose under any of the [`NAMES`]; what it has no word for is
    /// named as left out.
    ///
    /// # Errors
    /// 400 when it is no string, or when the provider has no word and such requests are refused.
    pub fn of<'a>(self, call: &mut Call<'_>, request: &Request<'a>) -> Result<Option<Cow<'a, str>>, Error> {
        // Its own name is meant for it, and says most.
        let has = |name: &&'static str| request.params.has(name);
        let Some(name) = core::iter::once(self.name).chain(NAMES).find(has) else { return Ok(None) };
        let Some(value) = request.params.take(name) else { return Ok(None) };
        let word = string(value).ok_or_else(|| wrong_type(name, "a string", value))?;
        let word = self.word(name, word);
        if word.is_none() {
            call.drop_param(name)?;
        }
        Ok(word)
    }

    /// The provider's word for a client's, said under this name.
    #[must_use]
    pub fn word<'a>(self, name: &str, word: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let is_own = |own: &&str| *own == word;
        if self.own.iter().any(is_own) || self.known.iter().any(|(_, own)| is_own(own)) {
            return Some(word);
        }
        match Purpose::of(&word) {
            Some(purpose) => {
                let found = self.known.iter().find(|(known, _)| *known == purpose);
                found.map(|(_, own)| Cow::Borrowed(*own))
            }
            // It may know more than is known here.
            None if name == self.name => Some(word),
            None => None,
        }
    }
}
