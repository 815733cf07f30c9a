//! The parameters of a request beside its messages and tools.
//!
//! A dialect takes those that its provider knows. What nobody took is named to the client, or the
//! request refused, when the request is written: nothing is lost because it was forgotten.

mod rest;

pub(crate) use rest::{no_model_here, says_nothing};

use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::multipart::Form;
use crate::wire::write::Text;
use core::cell::Cell;
use core::ops::RangeInclusive;
use std::borrow::Cow;

/// The most stop sequences that are read. OpenAI takes 4, Cohere 5, Bedrock 2500.
const MOST_STOPS: usize = 4096;

/// The parameters, each to be taken once.
#[derive(Debug)]
pub struct Params<'a> {
    list: Vec<Param<'a>>,
}

#[derive(Debug)]
struct Param<'a> {
    name: Cow<'a, str>,
    /// JSON; of a form the text as it is.
    value: &'a str,
    /// It is a field of a form.
    field: bool,
    taken: Cell<bool>,
}

impl Param<'_> {
    /// Whether it says nothing: null, or an empty field.
    fn is_null(&self) -> bool {
        if self.field { self.value.is_empty() } else { kind(self.value) == Kind::Null }
    }
}

/// A number as the client wrote it, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Number<'a> {
    /// The text: `1.50`.
    pub text: Cow<'a, str>,
    /// Its value.
    pub value: f64,
}

/// Orq's and Anthropic's `thinking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// No thinking.
    Disabled,
    /// As much as the model likes.
    Adaptive,
    /// At most so many tokens; `None` when the client named no budget.
    Enabled(Option<u64>),
}

/// OpenAI's `reasoning_effort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// `none`
    None,
    /// `minimal`
    Minimal,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`
    Xhigh,
    /// `max`
    Max,
}

impl Effort {
    const ALL: [(Self, &'static str); 7] = [
        (Self::None, "none"),
        (Self::Minimal, "minimal"),
        (Self::Low, "low"),
        (Self::Medium, "medium"),
        (Self::High, "high"),
        (Self::Xhigh, "xhigh"),
        (Self::Max, "max"),
    ];

    /// OpenAI's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(effort, _)| *effort == self).map_or("", |(_, word)| word)
    }
}

/// `response_format`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseFormat<'a> {
    /// `json_object`
    JsonObject,
    /// `json_schema`
    JsonSchema {
        /// The schema's name.
        name: Text<'a>,
        /// What it is for.
        description: Option<Text<'a>>,
        /// The schema, an object.
        schema: &'a str,
        /// Whether the answer must follow it to the letter.
        strict: Option<bool>,
    },
}

/// The model may search the web: `web_search_options`, or a tool `web_search`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSearch<'a> {
    /// Where the client says so: `web_search_options`, `tools[2]`.
    pub path: String,
    /// The pages may be of these domains alone; empty: of any.
    pub allowed_domains: Vec<Text<'a>>,
    /// What the client calls them, below the path.
    pub allowed_name: &'static str,
    /// The pages may not be of these domains.
    pub blocked_domains: Vec<Text<'a>>,
    /// `low`, `medium` or `high`.
    pub context_size: Option<Cow<'a, str>>,
    /// Where the user is.
    pub location: Option<Location<'a>>,
}

/// Roughly where the user is. Members that the client left out are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location<'a> {
    /// A city.
    pub city: Option<Text<'a>>,
    /// A country, two letters of ISO 3166-1.
    pub country: Option<Text<'a>>,
    /// A region.
    pub region: Option<Text<'a>>,
    /// An IANA time zone.
    pub timezone: Option<Text<'a>>,
}

/// The most domains that a search is told.
const MOST_DOMAINS: usize = 1024;

impl<'a> WebSearch<'a> {
    /// Reads `web_search_options`, or a tool that searches. Orq writes the domains as `domains`, OpenAI in `filters`.
    #[must_use]
    pub fn read(path: impl Into<String>, object: &Object<'a>) -> Self {
        let inner = |object: &Object<'a>, name| {
            object.get(name).and_then(|value| Object::parse(value.as_bytes()).ok())
        };
        // OpenAI's chat has the place one level deeper than its Responses have it.
        let place = inner(object, "user_location");
        let place = place.as_ref().and_then(|place| inner(place, "approximate")).or(place);
        let location = place.map(|place| {
            let text = |name| place.get(name).and_then(Text::of);
            Location {
                city: text("city"),
                country: text("country"),
                region: text("region"),
                timezone: text("timezone"),
            }
        });
        let filters = inner(object, "filters");
        let filter = |name| filters.as_ref().and_then(|filters| filters.get(name));
        let list = |value: Option<&'a str>| -> Vec<Text<'a>> {
            value.into_iter().flat_map(items).filter_map(Text::of).take(MOST_DOMAINS).collect()
        };
        let allowed = filter("allowed_domains");
        Self {
            path: path.into(),
            allowed_name: if allowed.is_some() { "filters.allowed_domains" } else { "domains" },
            allowed_domains: list(allowed.or_else(|| object.get("domains"))),
            blocked_domains: list(filter("blocked_domains")),
            context_size: object.string("search_context_size"),
            location,
        }
    }
}

impl<'a> Params<'a> {
    /// The members of a body, but for those that `elsewhere` names.
    #[must_use]
    pub fn new(object: &Object<'a>, elsewhere: impl Fn(&str) -> bool) -> Self {
        let members = object.members().iter().filter(|member| !elsewhere(&member.name));
        let list = members.map(|member| Param {
            name: member.name.clone(),
            value: object.value(member),
            field: false,
            taken: Cell::new(false),
        });
        Self { list: list.collect() }
    }

    /// The fields of a form that are no files, but for those that `elsewhere` names. Their texts are read as the
    /// values that JSON would have: `0.2`, `true`.
    ///
    /// # Errors
    /// 400 when a field is not UTF-8.
    pub fn of_form(form: &Form<'a>, elsewhere: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let mut list = Vec::new();
        for part in form.parts().iter().filter(|part| part.filename.is_none() && !elsewhere(&part.name)) {
            let value = form.text(part).ok_or_else(|| {
                let message = format!("Invalid '{}': it is not UTF-8.", shown(&part.name));
                Error::invalid(message).param(shown(&part.name)).code("invalid_value")
            })?;
            list.push(Param { name: part.name.clone(), value, field: true, taken: Cell::new(false) });
        }
        Ok(Self { list })
    }

    /// The values of a parameter that is a list: the elements of an array, or a form's fields of this name, with
    /// brackets behind it or without.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Text<'a>> {
        let named = |other: &str| other.strip_suffix("[]").unwrap_or(other) == name;
        let mut all = Vec::new();
        for param in self.list.iter().filter(|param| named(&param.name)) {
            param.taken.set(true);
            match (param.field, kind(param.value)) {
                (true, _) => all.push(Text::Plain(param.value)),
                (false, Kind::Array) => all.extend(items(param.value).filter_map(Text::of)),
                (false, _) => all.extend(Text::of(param.value)),
            }
        }
        all.into_iter()
    }

    /// The names and values of what nobody took, as they stand, and takes them all: for languages of which a server
    /// may know more than is known here.
    pub fn rest(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let left = self.list.iter().filter(|param| !param.taken.replace(true));
        left.map(|param| (param.name.as_ref(), param.value))
    }

    /// A parameter as it stands; `None` when it is absent or `null`.
    #[must_use]
    pub fn take(&self, name: &str) -> Option<&'a str> {
        let param = self.list.iter().find(|param| param.name == name)?;
        param.taken.set(true);
        (!param.is_null()).then_some(param.value)
    }

    /// Whether it is a field of a form.
    fn is_field(&self, name: &str) -> bool {
        self.list.iter().any(|param| param.name == name && param.field)
    }

    /// Whether a parameter is there and not `null`, without taking it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|param| param.name == name && !param.is_null())
    }

    fn typed<T>(
        &self,
        name: &str,
        wanted: Kind,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        if kind(value) != wanted {
            return Err(match self.is_field(name) {
                true => wrong_value(name, value, &format!(" It must be {}.", wanted.described())),
                false => wrong_type(name, wanted.described(), value),
            });
        }
        read(value).map(Some).ok_or_else(|| wrong_value(name, value, ""))
    }

    /// A string.
    ///
    /// # Errors
    /// 400 when it is of another kind.
    pub fn text(&self, name: &str) -> Result<Option<Text<'a>>, Error> {
        if self.is_field(name) {
            return Ok(self.take(name).map(Text::Plain));
        }
        self.typed(name, Kind::String, Text::of)
    }

    /// A boolean.
    ///
    /// # Errors
    /// 400 when it is of another kind.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.take(name) {
            // Python's `str` of it.
            Some("True") if self.is_field(name) => return Ok(Some(true)),
            Some("False") if self.is_field(name) => return Ok(Some(false)),
            _ => {}
        }
        self.typed(name, Kind::Boolean, |value| value.parse().ok())
    }

    /// A whole number that is not negative.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn integer(&self, name: &str) -> Result<Option<u64>, Error> {
        self.typed(name, Kind::Number, |value| {
            // 1e3 and 5.0 are whole numbers too.
            value.parse().ok().or_else(|| {
                let number: f64 = value.parse().ok()?;
                let fits = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
                // In these bounds the cast is exact.
                fits.then_some(number as u64)
            })
        })
    }

    /// A number.
    ///
    /// # Errors
    /// 400 when it is of another kind.
    pub fn number(&self, name: &str) -> Result<Option<Number<'a>>, Error> {
        self.typed(name, Kind::Number, |text| {
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
            Some(Number { text: Cow::Borrowed(text), value })
        })
    }

    /// A number, moved into the range that the provider takes. A number that was moved is named to the
    /// client like one that was left out.
    ///
    /// # Errors
    /// 400 when it is of another kind, or outside and such requests are refused.
    pub fn number_within(
        &self,
        call: &mut Call<'_>,
        name: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<Number<'a>>, Error> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        if range.contains(&number.value) {
            return Ok(Some(number));
        }
        call.drop_param(name)?;
        let value = number.value.max(*range.start()).min(*range.end());
        Ok(Some(Number { text: Cow::Owned(value.to_string()), value }))
    }

    /// The limit of tokens to answer with: `max_completion_tokens`, or the older `max_tokens`. When the
    /// client sends both with different values, the older one is named to it like what is left out.
    ///
    /// # Errors
    /// 400 when it is no whole number from 1, or when both are sent and such requests are refused.
    pub fn max_tokens(&self, call: &mut Call<'_>) -> Result<Option<u64>, Error> {
        let old = self.integer("max_tokens")?;
        let (name, limit) = match self.integer("max_completion_tokens")? {
            Some(limit) => {
                if old.is_some_and(|old| old != limit) {
                    call.drop_param("max_tokens")?;
                }
                ("max_completion_tokens", Some(limit))
            }
            None => ("max_tokens", old),
        };
        if limit == Some(0) {
            return Err(wrong_value(name, "0", " It must be at least 1."));
        }
        Ok(limit)
    }

    /// The stop sequences, of a string or of an array.
    ///
    /// # Errors
    /// 400 when there is anything but strings.
    pub fn stop(&self) -> Result<Vec<Text<'a>>, Error> {
        let Some(value) = self.take("stop") else { return Ok(Vec::new()) };
        match kind(value) {
            Kind::String => Ok(vec![Text::Json(value)]),
            Kind::Array => items(value)
                .enumerate()
                .map(|(index, item)| {
                    if index == MOST_STOPS {
                        return Err(Error::invalid(format!(
                            "Invalid 'stop': at most {MOST_STOPS} sequences."
                        ))
                        .param("stop")
                        .code("array_above_max_length"));
                    }
                    Text::of(item).ok_or_else(|| wrong_type(&format!("stop[{index}]"), "a string", item))
                })
                .collect(),
            _ => Err(wrong_type("stop", "a string or an array of strings", value)),
        }
    }

    /// `reasoning_effort`
    ///
    /// # Errors
    /// 400 when it is none of OpenAI's values.
    pub fn effort(&self) -> Result<Option<Effort>, Error> {
        const NAME: &str = "reasoning_effort";
        let Some(text) = self.text(NAME)? else { return Ok(None) };
        let word = text.decoded();
        let found = Effort::ALL.iter().find(|(_, name)| *name == word);
        found.map(|(effort, _)| Some(*effort)).ok_or_else(|| {
            let words = Effort::ALL.map(|(_, word)| word).join("', '");
            wrong_value(NAME, &word, &format!(" Supported values are: '{words}'."))
        })
    }

    /// `thinking`
    ///
    /// # Errors
    /// 400 when it is not of Orq's form.
    pub fn thinking(&self) -> Result<Option<Thinking>, Error> {
        let Some(object) = self.object("thinking")? else { return Ok(None) };
        let budget = match object.get("budget_tokens").filter(|value| kind(value) != Kind::Null) {
            None => None,
            Some(value) => {
                let budget = value
                    .parse::<u64>()
                    .map_err(|_| wrong_type("thinking.budget_tokens", "a whole number", value))?;
                Some(budget)
            }
        };
        match object.string("type").as_deref() {
            Some("disabled") => Ok(Some(Thinking::Disabled)),
            Some("adaptive") => Ok(Some(Thinking::Adaptive)),
            Some("enabled") => Ok(Some(Thinking::Enabled(budget))),
            other => Err(wrong_value(
                "thinking.type",
                other.unwrap_or_default(),
                " Supported values are: 'enabled', 'disabled' and 'adaptive'.",
            )),
        }
    }

    /// `response_format`; `None` for text.
    ///
    /// # Errors
    /// 400 when it is not of OpenAI's form.
    pub fn response_format(&self) -> Result<Option<ResponseFormat<'a>>, Error> {
        let Some(object) = self.object("response_format")? else { return Ok(None) };
        match object.string("type").as_deref() {
            Some("text") => Ok(None),
            Some("json_object") => Ok(Some(ResponseFormat::JsonObject)),
            Some("json_schema") => {
                const INNER: &str = "response_format.json_schema";
                let inner = object.get("json_schema").ok_or_else(|| missing(INNER))?;
                let inner =
                    Object::parse(inner.as_bytes()).map_err(|_| wrong_type(INNER, "an object", inner))?;
                let schema = inner.get("schema").ok_or_else(|| missing(&format!("{INNER}.schema")))?;
                if kind(schema) != Kind::Object {
                    return Err(wrong_type(&format!("{INNER}.schema"), "an object", schema));
                }
                Ok(Some(ResponseFormat::JsonSchema {
                    name: inner
                        .get("name")
                        .and_then(Text::of)
                        .ok_or_else(|| missing(&format!("{INNER}.name")))?,
                    description: inner.get("description").and_then(Text::of),
                    schema,
                    strict: inner.get("strict").and_then(|strict| strict.parse().ok()),
                }))
            }
            other => Err(wrong_value(
                "response_format.type",
                other.unwrap_or_default(),
                " Supported values are: 'text', 'json_object' and 'json_schema'.",
            )),
        }
    }

    /// `web_search_options`; `None` also when Orq's `enabled` is false.
    ///
    /// # Errors
    /// 400 when it is no object.
    pub fn web_search(&self) -> Result<Option<WebSearch<'a>>, Error> {
        let Some(object) = self.object("web_search_options")? else { return Ok(None) };
        if object.get("enabled") == Some("false") {
            return Ok(None);
        }
        Ok(Some(WebSearch::read("web_search_options", &object)))
    }

    /// An object.
    ///
    /// # Errors
    /// 400 when it is of another kind.
    pub fn object(&self, name: &str) -> Result<Option<Object<'a>>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match Object::parse(value.as_bytes()) {
            Ok(object) => Ok(Some(object)),
            Err(_) => Err(wrong_type(name, "an object", value)),
        }
    }

    /// What the client says to this provider alone, under its id or under that of its language: members
    /// of the provider's own body.
    ///
    /// # Errors
    /// As [`extras_of`](Self::extras_of).
    pub fn extras(&self, call: &Call<'_>, dialect: &str) -> Result<Option<Object<'a>>, Error> {
        match self.extras_of(&call.upstream.id)? {
            Some(extras) => Ok(Some(extras)),
            None if call.upstream.id != dialect => self.extras_of(dialect),
            None => Ok(None),
        }
    }

    /// What the client says under this name alone: members of the provider's own body.
    ///
    /// # Errors
    /// 400 when it is no object, or names a model: what the client's key was checked for is the body's.
    pub fn extras_of(&self, name: &str) -> Result<Option<Object<'a>>, Error> {
        let extras = self.object(name)?;
        // Some servers read names in any case.
        let members = extras.iter().flat_map(Object::members);
        match members.map(|member| &member.name).find(|member| member.eq_ignore_ascii_case("model")) {
            Some(model) => Err(no_model_here(&format!("{name}.{model}"))),
            None => Ok(extras),
        }
    }

    /// Names, or refuses, what nobody took and what asks for something.
    ///
    /// # Errors
    /// 400 when there is such a parameter and such requests are refused.
    pub fn finish(&self, call: &mut Call<'_>) -> Result<(), Error> {
        for param in self.list.iter().filter(|param| !param.taken.get()) {
            let says_nothing = match param.field {
                true => says_nothing(&param.name, param.value),
                false => asks_nothing(&param.name, param.value),
            };
            if !says_nothing {
                call.drop_param(&param.name)?;
            }
        }
        Ok(())
    }
}

/// Whether a parameter says what saying nothing says.
fn asks_nothing(name: &str, value: &str) -> bool {
    // `null` says nothing under any name.
    if kind(value) == Kind::Null {
        return true;
    }
    let zero = || value.parse::<f64>().is_ok_and(|number| number == 0.0);
    match name {
        "n" => value == "1",
        "speed" => value.parse() == Ok(1.0),
        "frequency_penalty" | "presence_penalty" | "top_logprobs" => zero(),
        "logprobs" | "store" => value == "false",
        "parallel_tool_calls" => value == "true",
        "user" => value == "\"\"",
        // Of pictures.
        "quality" | "background" | "moderation" => matches!(value, "\"auto\"" | "auto"),
        "output_compression" => value == "100",
        "partial_images" => value == "0",
        "service_tier" => matches!(string(value).as_deref(), Some("auto" | "default")),
        "modalities" => items(value).all(|item| item == "\"text\""),
        "logit_bias" | "metadata" | "web_search_options" => {
            // An empty object; Orq's switch, off.
            kind(value) == Kind::Object
                && Object::parse(value.as_bytes()).is_ok_and(|object| {
                    (object.members().is_empty() && name != "web_search_options")
                        || object.get("enabled") == Some("false")
                })
        }
        _ => false,
    }
}

/// 400: the parameter is of another kind.
pub(crate) fn wrong_type(param: &str, expected: &str, value: &str) -> Error {
    let got = kind(value).described();
    Error::invalid(format!(
        "Invalid type for '{}': expected {expected}, but got {got} instead.",
        shown(param)
    ))
    .param(shown(param))
    .code("invalid_type")
}

/// 400: the value is none that can be; `hint` is a sentence with a space before it.
pub(crate) fn wrong_value(param: &str, value: &str, hint: &str) -> Error {
    Error::invalid(format!("Invalid value: '{}'.{hint}", shown(value)))
        .param(shown(param))
        .code("invalid_value")
}

/// 400: it is not there.
pub(crate) fn missing(param: &str) -> Error {
    Error::invalid(format!("Missing required parameter: '{}'.", shown(param)))
        .param(shown(param))
        .code("missing_required_parameter")
}
