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
    /// `GET` and `DELETE /responses/{id}`, and what stands below: `POST …/cancel`, `GET …/input_items`
    StoredResponses,
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
    pub const PROVIDED: [Self; 13] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Responses,
        Self::StoredResponses,
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
    /// A response that was made before.
    Stored(Stored),
    /// A path of the API, but with another method; those that are allowed.
    Method(&'static str),
    /// No path of the API.
    Unknown,
}

/// A response that was made before, or what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id: letters, digits, `-`, `_`, `.` and `:`, and no path segment of dots.
    pub id: String,
    /// What stands behind it in the path: `` for itself, `/cancel`, `/input_items`.
    pub below: &'static str,
}

/// The longest id of a response, in bytes. OpenAI's have 53.
const LONGEST_ID: usize = 256;

impl Stored {
    /// What a method and the path below `/responses/` ask for.
    fn asked(method: &str, rest: &str) -> Asked {
        let (id, below) = rest.split_once('/').unwrap_or((rest, ""));
        let (below, allowed) = match below {
            "" => ("", "GET, DELETE"),
            "cancel" => ("/cancel", "POST"),
            "input_items" => ("/input_items", "GET"),
            _ => return Asked::Unknown,
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let dots = id.bytes().all(|byte| byte == b'.');
        if dots || id.len() > LONGEST_ID || !id.bytes().all(fits) {
            return Asked::Unknown;
        }
        match allowed.split(", ").any(|allowed| allowed == method) {
            true => Asked::Stored(Self { id: id.to_owned(), below }),
            false => Asked::Method(allowed),
        }
    }
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
            Self::StoredResponses => "/responses/{id}",
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

    /// The method that it takes; the first of several.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Models | Self::Model | Self::StoredResponses => "GET",
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
        } else if let Some(rest) = path.strip_prefix("/responses/") {
            return Stored::asked(method, rest);
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
        for endpoint in Endpoint::PROVIDED.into_iter().filter(|endpoint| endpoint.method() == "POST") {
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
    fn a_stored_response_is_asked_for_by_its_id() {
        let stored = |below| Asked::Stored(Stored { id: "resp_1-a.b:c".to_owned(), below });
        assert_eq!(Endpoint::asked("GET", "/responses/resp_1-a.b:c"), stored(""));
        assert_eq!(Endpoint::asked("DELETE", "/responses/resp_1-a.b:c/"), stored(""));
        assert_eq!(Endpoint::asked("POST", "/responses/resp_1-a.b:c/cancel"), stored("/cancel"));
        assert_eq!(Endpoint::asked("GET", "/responses/resp_1-a.b:c/input_items"), stored("/input_items"));
        assert_eq!(Endpoint::asked("POST", "/responses/r"), Asked::Method("GET, DELETE"));
        assert_eq!(Endpoint::asked("GET", "/responses/r/cancel"), Asked::Method("POST"));
        for path in ["", "..", ".", "a%2Fb", "a/b", "a/cancel/", "a/cancel/x", "{id}", "a b"] {
            assert_eq!(Endpoint::asked("GET", &format!("/responses/{path}x/y")), Asked::Unknown, "{path}");
        }
        for id in ["..", ".", "a%2Fb", "{id}", "a b", &"a".repeat(257)] {
            assert_eq!(Endpoint::asked("GET", &format!("/responses/{id}")), Asked::Unknown, "{id}");
        }
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
