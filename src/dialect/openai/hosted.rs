//! Tools that OpenAI runs itself, in a request of Responses that is told as a chat.
//!
//! In a chat as clients write it such a tool is a word between them and the provider, and stays as it is. Here it is
//! OpenAI's, and becomes what the provider has for it, or is refused.
//!
//! Sources: <https://platform.openai.com/docs/api-reference/responses/create>, Groq's systems
//! <https://console.groq.com/docs/compound/built-in-tools> and groq-python's `completion_create_params.py`, and those
//! of [`tools`](super::tools).

use super::quirks::Edited;
use super::tools::{self, OPTIONS};
use crate::chat::{Asked, Tool, WebSearch, is_web_search};
use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Search;
use crate::wire::json::{Kind, Object, elements, kind, quoted, string};
use crate::wire::write::Writer;
use core::ops::Range;

/// Makes such tools the provider's. `form`: how it searches the web, if it does. `runs`: the others that it runs.
///
/// # Errors
/// 400 for a tool that the provider does not have, and for a setting that is not carried when such requests are
/// refused.
pub(super) fn write(
    call: &mut Call<'_>,
    edited: &mut Edited<'_, '_>,
    form: Option<Search>,
    runs: &'static [&'static str],
) -> Result<(), Error> {
    let Some(list) = edited.get("tools").filter(|tools| kind(tools) == Kind::Array) else { return Ok(()) };
    let Some(start) = edited.object.member("tools").map(|member| member.span.start) else { return Ok(()) };
    let idle = edited.get("tool_choice").and_then(string).as_deref() == Some("none");
    let mut ran = Ran { form, runs, idle, searches: false, enabled: Vec::new(), settings: Vec::new() };
    let mut kept = Kept::default();
    for (at, range) in elements(list).into_iter().enumerate() {
        let text = list.get(range.clone()).unwrap_or_default();
        let object = Object::parse(text.as_bytes()).ok();
        let named = object.as_ref().and_then(|object| object.string("type"));
        let becomes = match (object, named.filter(|named| named != "function")) {
            (Some(object), Some(named)) => {
                let path = format!("tools[{at}]");
                ran.tool(call, &Tool::Other { kind: named, object: text, path }, object)?
            }
            _ => Some(text.to_owned()),
        };
        kept.next(range, becomes, text, start, edited);
    }
    for (name, value) in &ran.settings {
        edited.add(name, value);
    }
    if !ran.enabled.is_empty() && !idle {
        let names: Vec<_> = ran.enabled.iter().map(|name| quoted(name)).collect();
        let value = format!("{{\"tools\":{{\"enabled_tools\":[{}]}}}}", names.join(","));
        edited.add("compound_custom", &value);
    }
    if !kept.any {
        edited.remove("tools");
        edited.remove("parallel_tool_calls");
    }
    choice(call, edited, kept.any)
}

/// `tool_choice`: no such provider can be told to use a tool that it runs itself, and most take no choice where there
/// is nothing to choose.
fn choice(call: &mut Call<'_>, edited: &mut Edited<'_, '_>, any: bool) -> Result<(), Error> {
    const PARAM: &str = "tool_choice";
    let Some(value) = edited.get(PARAM) else { return Ok(()) };
    let named = Object::parse(value.as_bytes()).ok().and_then(|choice| choice.string("type"));
    let forces =
        named.is_some_and(|named| !matches!(named.as_ref(), "function" | "allowed_tools" | "custom"));
    let asks = !matches!(string(value).as_deref(), Some("auto" | "none"));
    if forces || (!any && asks) {
        call.drop_param(PARAM)?;
    }
    if forces || !any {
        edited.remove(PARAM);
    }
    Ok(())
}

/// The tools of a request that the provider runs.
struct Ran {
    form: Option<Search>,
    runs: &'static [&'static str],
    /// No tool may be used.
    idle: bool,
    searches: bool,
    /// The tools that a system is to use, in Groq's words.
    enabled: Vec<&'static str>,
    /// Parameters that say so.
    settings: Vec<(&'static str, String)>,
}

impl Ran {
    /// What becomes of a tool; `None`: it goes.
    fn tool(
        &mut self,
        call: &mut Call<'_>,
        tool: &Tool<'_>,
        object: Object<'_>,
    ) -> Result<Option<String>, Error> {
        let Tool::Other { kind: named, path, .. } = tool else { return Ok(None) };
        let asked = Asked { path: path.clone(), object };
        match (self.form, named.as_ref()) {
            (Some(form), named) if is_web_search(named) => {
                if self.idle {
                    return Ok(None);
                }
                if core::mem::replace(&mut self.searches, true) {
                    // One is enough.
                    return call.drop_param(path).map(|()| None);
                }
                let search = asked.search(call)?;
                self.search(call, form, &search)
            }
            (Some(Search::Compound), "code_interpreter") => {
                self.enabled.push("code_interpreter");
                asked.others(call, &["container"])?;
                asked.container(call)?;
                Ok(None)
            }
            (_, named) if self.runs.contains(&named) => {
                asked.others(call, &["container"])?;
                asked.container(call)?;
                Ok((!self.idle).then(|| format!("{{\"type\":{}}}", quoted(named))))
            }
            _ => Err(tool.refused(call)),
        }
    }

    fn search(
        &mut self,
        call: &mut Call<'_>,
        form: Search,
        search: &WebSearch<'_>,
    ) -> Result<Option<String>, Error> {
        let path = search.path.as_str();
        let takes = match form {
            Search::Native { domains, .. } => (domains.is_some(), true, true),
            Search::Parameters(_) => (true, true, true),
            Search::Compound => (true, false, false),
            Search::Tool(_) | Search::Flag(_) => (false, false, false),
        };
        let (domains, size, location) = takes;
        // Allowed ones and blocked ones together are taken by none.
        let both = !search.allowed_domains.is_empty() && !search.blocked_domains.is_empty();
        if !search.allowed_domains.is_empty() && !domains {
            call.drop_param(&format!("{path}.{}", search.allowed_name))?;
        }
        if !search.blocked_domains.is_empty() && (!domains || both) {
            call.drop_param(&format!("{path}.filters.blocked_domains"))?;
        }
        // `medium` is what saying nothing says.
        if !size && search.context_size.as_deref().is_some_and(|size| size != "medium") {
            call.drop_param(&format!("{path}.search_context_size"))?;
        }
        if !location && search.location.is_some() {
            call.drop_param(&format!("{path}.user_location"))?;
        }
        match form {
            Search::Native { domains, .. } => {
                self.settings.push((OPTIONS, options(search)));
                if let (Some(name), Some(list)) = (domains, marked(search)) {
                    self.settings.push((name, list));
                }
                Ok(None)
            }
            Search::Tool(tool) => Ok(Some(tool.to_owned())),
            Search::Parameters(named) => Ok(Some(tools::with_parameters(named, search))),
            Search::Flag(name) => {
                self.settings.push((name, "true".to_owned()));
                Ok(None)
            }
            Search::Compound => {
                self.enabled.push("web_search");
                let list = match search.allowed_domains.is_empty() {
                    true => ("exclude_domains", &search.blocked_domains),
                    false => ("include_domains", &search.allowed_domains),
                };
                if !list.1.is_empty() {
                    let mut out = Writer::default();
                    out.object(|out| tools::list(out, list.0, list.1));
                    self.settings.push(("search_settings", out.finish()));
                }
                Ok(None)
            }
        }
    }
}

/// `web_search_options` of OpenAI's chat.
fn options(search: &WebSearch<'_>) -> String {
    let mut out = Writer::default();
    out.object(|out| {
        if let Some(size) = &search.context_size {
            out.text_member("search_context_size", size.as_ref());
        }
        if let Some(location) = &search.location {
            out.object_member("user_location", |out| {
                out.text_member("type", "approximate");
                out.object_member("approximate", |out| tools::place(out, location));
            });
        }
    });
    out.finish()
}

/// One list for both: what is not to be searched has a minus sign.
fn marked(search: &WebSearch<'_>) -> Option<String> {
    let (sign, domains) = match search.allowed_domains.is_empty() {
        true => ("-", &search.blocked_domains),
        false => ("", &search.allowed_domains),
    };
    let quoted: Vec<_> =
        domains.iter().map(|domain| quoted(&format!("{sign}{}", domain.decoded()))).collect();
    (!quoted.is_empty()).then(|| format!("[{}]", quoted.join(",")))
}

/// What goes from an array and what stays in it.
#[derive(Default)]
struct Kept {
    any: bool,
    /// Where the element before ends.
    end: usize,
    /// Where an element that goes began, until it is known what follows.
    open: Option<usize>,
}

impl Kept {
    /// The next element: as it becomes, or gone.
    fn next(
        &mut self,
        range: Range<usize>,
        becomes: Option<String>,
        text: &str,
        offset: usize,
        edited: &mut Edited<'_, '_>,
    ) {
        let place = |from: usize, to: usize| from.saturating_add(offset)..to.saturating_add(offset);
        match becomes {
            Some(becomes) => {
                // Those in front of the first that stays go with the commas behind them.
                if let Some(open) = self.open.take() {
                    edited.splices.remove(place(open, range.start));
                }
                if becomes != text {
                    edited.splices.replace(place(range.start, range.end), becomes);
                }
                self.any = true;
            }
            None if self.any => edited.splices.remove(place(self.end, range.end)),
            None => self.open = self.open.or(Some(range.start)),
        }
        self.end = range.end;
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::openai::OPENAI;
    use crate::dialect::{Body, Call, Dialect, Sent};
    use crate::endpoint::Endpoint;
    use crate::error::Error;
    use crate::provider::{Settings, Upstream, table};
    use crate::surface::Names;
    use crate::wire::json::Object;
    use serde_json::{Value, json};

    /// The body that goes to a provider, and what was left out.
    fn sent(model: &str, members: &Value, list: &'static str) -> Result<(Value, Vec<String>), Error> {
        let (id, model) = model.split_once('/').unwrap();
        let settings = Settings { key: Some("key".to_owned()), ..Settings::default() };
        let upstream = Upstream::new(id, table::find(id).unwrap(), settings).unwrap();
        let mut call = Call {
            names: Names { list, ..Names::default() },
            ..Call::new(Endpoint::ChatCompletions, &upstream, model)
        };
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let text = body.to_string();
        let object = Object::parse(text.as_bytes()).unwrap();
        let Sent::Spliced(splices) = OPENAI.request(&mut call, Body::Json(&object))? else {
            panic!("it is spliced")
        };
        let written = splices.apply(text.clone().into_bytes());
        let mut written: Value = serde_json::from_slice(&written).unwrap();
        let rest = written.as_object_mut().unwrap();
        rest.remove("model");
        rest.remove("messages");
        Ok((written, call.dropped))
    }

    fn bridged(model: &str, members: Value) -> Result<(Value, Vec<String>), Error> {
        sent(model, &members, "input")
    }

    fn function(name: &str) -> Value {
        json!({"type": "function", "function": {"name": name}})
    }

    #[test]
    fn a_search_is_asked_for_as_the_row_says() {
        let search = json!({"type": "web_search", "search_context_size": "low",
            "filters": {"allowed_domains": ["a.example"]}, "user_location": {"type": "approximate", "country": "DE"}});
        let place = json!({"country": "DE"});
        let asked = |model| bridged(model, json!({"tools": [search]})).unwrap();
        let all =
            ["tools[0].filters.allowed_domains", "tools[0].search_context_size", "tools[0].user_location"];

        let (body, dropped) = asked("groq/groq/compound");
        assert_eq!(
            body,
            json!({"compound_custom": {"tools": {"enabled_tools": ["web_search"]}},
                "search_settings": {"include_domains": ["a.example"]}})
        );
        assert_eq!(dropped, &all[1..]);
        let (body, dropped) = asked("alibaba/glm-5");
        assert_eq!((body, dropped), (json!({"enable_search": true}), all.map(str::to_owned).to_vec()));
        let (body, dropped) = asked("zai/glm-5");
        assert_eq!(body["tools"][0]["web_search"]["enable"], true);
        assert_eq!(dropped, all);
        let (body, dropped) = asked("openrouter/a/b");
        let parameters = json!({"allowed_domains": ["a.example"], "search_context_size": "low",
            "user_location": {"type": "approximate", "country": "DE"}});
        assert_eq!(body, json!({"tools": [{"type": "openrouter:web_search", "parameters": parameters}]}));
        assert!(dropped.is_empty(), "{dropped:?}");
        let (body, dropped) = asked("perplexity/sonar");
        let options = json!({"search_context_size": "low",
            "user_location": {"type": "approximate", "approximate": place}});
        assert_eq!(body, json!({"web_search_options": options, "search_domain_filter": ["a.example"]}));
        assert!(dropped.is_empty(), "{dropped:?}");
    }

    #[test]
    fn what_a_search_is_not_told_is_named() {
        let lists = json!({"allowed_domains": ["a.example"], "blocked_domains": ["b.example"], "later": 1});
        let search = json!({"type": "web_search", "filters": lists, "domains": ["c.example"],
            "user_location": {"type": "exact", "city": "Ulm"}});
        let (body, dropped) = bridged("mistral/mistral-medium-latest", json!({"tools": [search]})).unwrap();
        assert_eq!(body["tools"], json!([{"type": "web_search"}]));
        let below = ["domains", "filters.later", "user_location.type", "filters.allowed_domains"];
        let below = below.into_iter().chain(["filters.blocked_domains", "user_location"]);
        assert_eq!(dropped, below.map(|name| format!("tools[0].{name}")).collect::<Vec<_>>());
        // What is none of what it should be.
        let search = json!({"type": "web_search", "filters": "a.example", "user_location": "Ulm"});
        let (_, dropped) = bridged("mistral/mistral-medium-latest", json!({"tools": [search]})).unwrap();
        assert_eq!(dropped, ["tools[0].filters", "tools[0].user_location"]);
    }

    #[test]
    fn an_interpreter_is_asked_for_where_there_is_one() {
        let code = json!({"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["f"]}});
        let (body, dropped) = bridged("groq/groq/compound", json!({"tools": [code]})).unwrap();
        assert_eq!(body, json!({"compound_custom": {"tools": {"enabled_tools": ["code_interpreter"]}}}));
        assert_eq!(dropped, ["tools[0].container.file_ids"]);
        let error = bridged("zai/glm-5", json!({"tools": [code]})).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some("tools[0].type")));
        assert!(
            error.message.contains("'code_interpreter'") && error.message.contains("zai"),
            "{}",
            error.message
        );
    }

    #[test]
    fn tools_that_a_provider_runs_go_by_their_types() {
        let tools = json!([{"type": "code_interpreter", "container": "c"}, function("f"), {"type": "web_search_preview"},
            {"type": "image_generation", "size": "auto", "quality": "high"}]);
        let (body, dropped) = bridged("mistral/mistral-medium-latest", json!({"tools": tools})).unwrap();
        let kinds: Vec<_> =
            body["tools"].as_array().unwrap().iter().map(|tool| tool["type"].clone()).collect();
        assert_eq!(kinds, ["code_interpreter", "function", "web_search", "image_generation"]);
        assert!(
            body["tools"][3].as_object().unwrap().len() == 1
                && body["tools"][0].as_object().unwrap().len() == 1
        );
        assert_eq!(dropped, ["tools[0].container", "tools[3].quality"]);
        let error = bridged("mistral/m", json!({"tools": [{"type": "mcp"}]})).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("tools[0].type"));
    }

    #[test]
    fn what_a_provider_does_not_run_is_refused() {
        let kinds =
            ["web_search", "web_search_preview", "mcp", "file_search", "computer_use_preview", "shell"];
        for kind in kinds.into_iter().chain(["image_generation", "hologram"]) {
            let error = bridged("cerebras/gpt-oss-120b", json!({"tools": [function("f"), {"type": kind}]}))
                .unwrap_err();
            assert_eq!(error.param.as_deref(), Some("tools[1].type"), "{kind}");
        }
    }

    #[test]
    fn functions_stay_wherever_the_others_stand() {
        let search = json!({"type": "web_search"});
        for mask in 1..16_u32 {
            let (mut tools, mut kept) = (Vec::new(), Vec::new());
            for at in 0..4_u32 {
                if mask & (1 << at) == 0 {
                    tools.push(search.clone());
                } else {
                    tools.push(function(&format!("f{at}")));
                    kept.push(function(&format!("f{at}")));
                }
            }
            let (body, _) = bridged("alibaba/glm-5", json!({"tools": tools, "tool_choice": "auto"})).unwrap();
            assert_eq!(body["tools"], json!(kept), "{mask:b}");
            assert_eq!(body["tool_choice"], "auto");
        }
    }

    #[test]
    fn a_choice_is_left_out_where_nothing_can_be_chosen() {
        let search = json!([{"type": "web_search"}]);
        let chosen = |choice: Value| {
            bridged(
                "alibaba/glm-5",
                json!({"tools": search, "tool_choice": choice, "parallel_tool_calls": true}),
            )
            .unwrap()
        };
        let searches = json!({"enable_search": true});
        assert_eq!(chosen(json!("auto")), (searches.clone(), vec![]));
        assert_eq!(chosen(json!("required")), (searches.clone(), vec!["tool_choice".to_owned()]));
        assert_eq!(chosen(json!({"type": "web_search"})), (searches, vec!["tool_choice".to_owned()]));
        assert_eq!(chosen(json!("none")), (json!({}), vec![]));
    }

    #[test]
    fn tools_of_a_chat_are_the_clients_own_words() {
        let tools = json!({"tools": [{"type": "web_search_preview"}, {"type": "mcp"}]});
        assert_eq!(sent("alibaba/glm-5", &tools, "").unwrap(), (tools, vec![]));
    }
}
