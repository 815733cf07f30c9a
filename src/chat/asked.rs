//! The settings of a tool that a provider runs, as the client asks for it.

use super::params::WebSearch;
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::write::Text;

/// A tool as the client asks for it, or an object of it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Where it stands: `tools[2]`.
    pub path: String,
    /// Its members.
    pub object: Object<'a>,
}

impl<'a> Asked<'a> {
    /// An object of it.
    #[must_use]
    pub fn inner(&self, name: &str) -> Option<Self> {
        let object = Object::parse(self.object.get(name)?.as_bytes()).ok()?;
        Some(Self { path: format!("{}.{name}", self.path), object })
    }

    /// A text that is there and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.object.get(name).and_then(Text::of).filter(|text| !text.is_empty())
    }

    /// Names the settings that ask for something, but for those that are `known`.
    ///
    /// # Errors
    /// 400 where what is not carried is refused.
    pub fn others(&self, call: &mut Call<'_>, known: &[&str]) -> Result<(), Error> {
        for member in self.object.members() {
            let (name, value) = (member.name.as_ref(), self.object.value(member));
            if name != "type" && !known.contains(&name) && !asks_nothing(name, value) {
                call.drop_param(&format!("{}.{name}", self.path))?;
            }
        }
        Ok(())
    }

    /// The search of the web that a tool asks for. Names the settings that no provider is told.
    ///
    /// # Errors
    /// 400 where what is not carried is refused.
    pub fn search(&self, call: &mut Call<'_>) -> Result<WebSearch<'a>, Error> {
        let search = WebSearch::read(self.path.as_str(), &self.object);
        // Of two lists of allowed domains one counts.
        let list = if search.allowed_name == "domains" { "domains" } else { "filters" };
        self.others(call, &["filters", list, "search_context_size", "user_location"])?;
        match self.inner("filters") {
            Some(filters) => filters.others(call, &["allowed_domains", "blocked_domains"])?,
            None => self.not_read(call, "filters")?,
        }
        match self.inner("user_location") {
            Some(place) if place.object.string("type").is_some_and(|kind| kind != "approximate") => {
                call.drop_param(&format!("{}.type", place.path))?;
            }
            Some(_) => {}
            None => self.not_read(call, "user_location")?,
        }
        Ok(search)
    }

    /// Names what is asked of an interpreter's container, where each answer has a new and empty one without a network.
    ///
    /// # Errors
    /// 400 where what is not carried is refused.
    pub fn container(&self, call: &mut Call<'_>) -> Result<(), Error> {
        match self.inner("container") {
            Some(container) => container.others(call, &[]),
            None => self.not_read(call, "container"),
        }
    }

    /// Names a setting that is no object, and should be one.
    fn not_read(&self, call: &mut Call<'_>, name: &str) -> Result<(), Error> {
        match self.object.get(name) {
            Some(value) if kind(value) != Kind::Null => call.drop_param(&format!("{}.{name}", self.path)),
            _ => Ok(()),
        }
    }
}

/// Whether a setting of a built-in tool says what saying nothing says.
fn asks_nothing(name: &str, value: &str) -> bool {
    let text = string(value);
    match (name, text.as_deref()) {
        (_, Some("auto")) => true,
        ("external_web_access", _) => value == "true",
        ("search_content_types", _) => items(value).all(|item| item == "\"text\""),
        // Containers of providers have no network to begin with.
        ("network_policy", _) => Object::parse(value.as_bytes())
            .is_ok_and(|policy| policy.string("type").as_deref() == Some("disabled")),
        ("output_format", text) => text == Some("png"),
        ("partial_images", _) => value == "0",
        _ => match kind(value) {
            Kind::Null => true,
            Kind::Array => items(value).next().is_none(),
            Kind::Object => Object::parse(value.as_bytes()).is_ok_and(|object| object.members().is_empty()),
            _ => false,
        },
    }
}
