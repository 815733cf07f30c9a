//! OpenAI's paths and methods, and the endpoints behind them.
//!
//! Source: <https://platform.openai.com/docs/api-reference>; `rerank` and `speech` as Orq serves them.

/// One operation of the API that clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `GET /models`
    Models,
    /// `GET /models/{model}`
    Model,
    /// `POST /chat/completions`
    ChatCompletions,
    /// `POST /completions`
    Completions,
    /// `POST /responses`
    Responses,
    /// `POST /embeddings`
    Embeddings,
    /// `POST /rerank`
    Rerank,
    /// `POST /moderations`
    Moderations,
    /// `POST /images/generations`
    ImageGenerations,
    /// `POST /images/edits`
    ImageEdits,
    /// `POST /images/variations`
    ImageVariations,
    /// `POST /audio/speech` and `POST /speech`
    Speech,
    /// `POST /audio/transcriptions`
    Transcriptions,
    /// `POST /audio/translations`
    Translations,
}

impl Endpoint {
    /// Every endpoint that a provider can serve, in the order in which documentation lists them.
    pub const PROVIDED: [Self; 12] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Responses,
        Self::Embeddings,
        Self::Rerank,
        Self::Moderations,
        Self::ImageGenerations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
    ];
}

/// What a method and a path ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// This endpoint; for [`Endpoint::Model`] with the model's id.
    Endpoint(Endpoint, Option<String>),
    /// A path of the API, but with another method; the one that is allowed.
    Method(&'static str),
    /// No path of the API.
    Unknown,
}

impl Endpoint {
    /// The path below the base path, as OpenAI documents it.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Models => "/models",
            Self::Model => "/models/{model}",
            Self::ChatCompletions => "/chat/completions",
            Self::Completions => "/completions",
            Self::Responses => "/responses",
            Self::Embeddings => "/embeddings",
            Self::Rerank => "/rerank",
            Self::Moderations => "/moderations",
            Self::ImageGenerations => "/images/generations",
            Self::ImageEdits => "/images/edits",
            Self::ImageVariations => "/images/variations",
            Self::Speech => "/audio/speech",
            Self::Transcriptions => "/audio/transcriptions",
            Self::Translations => "/audio/translations",
        }
    }

    /// The method that it takes.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Models | Self::Model => "GET",
            _ => "POST",
        }
    }

    /// The forms in which it takes a request's body.
    #[must_use]
    pub const fn takes(self) -> Forms {
        match self {
            Self::ImageVariations | Self::Transcriptions | Self::Translations => {
                Forms { json: false, multipart: true }
            }
            // JSON since images can be named by URL or file id.
            Self::ImageEdits => Forms { json: true, multipart: true },
            _ => Forms { json: true, multipart: false },
        }
    }

    /// The endpoint at `path`, which stands below the base path and has no query.
    #[must_use]
    pub fn asked(method: &str, path: &str) -> Asked {
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        let (endpoint, model) = if let Some(model) = path.strip_prefix("/models/") {
            let Ok(model) = percent_encoding::percent_decode_str(model).decode_utf8() else {
                return Asked::Unknown;
            };
            (Self::Model, Some(model.into_owned()))
        } else if path == "/models" {
            (Self::Models, None)
        } else if path == "/speech" {
            (Self::Speech, None)
        } else {
            match Self::PROVIDED.into_iter().find(|endpoint| endpoint.path() == path) {
                Some(endpoint) => (endpoint, None),
                None => return Asked::Unknown,
            }
        };
        if method == endpoint.method() {
            Asked::Endpoint(endpoint, model)
        } else {
            Asked::Method(endpoint.method())
        }
    }
}

/// The forms of a body that an endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms {
    /// `application/json`
    pub json: bool,
    /// `multipart/form-data`
    pub multipart: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_path_leads_to_its_endpoint() {
        for endpoint in Endpoint::PROVIDED {
            let asked = Endpoint::asked("POST", endpoint.path());
            assert_eq!(asked, Asked::Endpoint(endpoint, None));
            assert_eq!(Endpoint::asked("POST", &format!("{}/", endpoint.path())), asked);
        }
        assert_eq!(Endpoint::asked("POST", "/speech"), Asked::Endpoint(Endpoint::Speech, None));
        assert_eq!(Endpoint::asked("GET", "/models"), Asked::Endpoint(Endpoint::Models, None));
    }

    #[test]
    fn a_model_is_asked_for_with_its_slash_as_it_is_and_encoded() {
        let model = || Asked::Endpoint(Endpoint::Model, Some("openai/gpt-4o".to_owned()));
        assert_eq!(Endpoint::asked("GET", "/models/openai/gpt-4o"), model());
        assert_eq!(Endpoint::asked("GET", "/models/openai%2Fgpt-4o"), model());
        assert_eq!(Endpoint::asked("GET", "/models/%ff"), Asked::Unknown);
    }

    #[test]
    fn another_method_is_told_the_one_that_is_allowed() {
        assert_eq!(Endpoint::asked("GET", "/chat/completions"), Asked::Method("POST"));
        assert_eq!(Endpoint::asked("DELETE", "/models/openai/x"), Asked::Method("GET"));
    }

    #[test]
    fn any_other_path_is_unknown() {
        for path in ["", "/", "/chat", "/chat/completions/x", "/v1/models", "//models", "/Models"] {
            assert_eq!(Endpoint::asked("POST", path), Asked::Unknown, "{path}");
        }
    }
}
