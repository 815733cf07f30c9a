//! OpenAI's built-in tools, as Anthropic runs them.
//!
//! Sources: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool>,
//! <https://platform.claude.com/docs/en/agents-and-tools/mcp-connector>; of what is asked for, OpenAI's
//! specification (`WebSearchTool`, `CodeInterpreterTool`, `MCPTool`).
//!
//! * A search is `web_search_20250305`, which every model and Vertex AI have. The later versions search from
//!   within code, which some models cannot, and are not for those whose data must not be kept. Who wants one of them
//!   writes it as it is: kinds with a date pass.
//! * `code_interpreter` is `code_execution_20260120`, which every model that runs code takes, also beside the later
//!   searches. It needs no beta header. Files go up as `container_upload`.
//! * `mcp` is a server in `mcp_servers`, and its toolset. The beta of 2026-09-15 tells what tools the server has.
//!   The API calls them without asking, and OpenAI's default is to ask: so only tools that are marked as `never` to
//!   be asked for can be called.
//! * On Vertex AI ("Google managed") there is no code execution and no MCP connector.
//!
//! What OpenAI's others do (`file_search`, `image_generation`), or leave to the client (`computer_use_preview`,
//! `local_shell`, `shell`, `apply_patch`), nothing here does.

use super::Place;
use super::models::Model;
use crate::chat::{Asked, ChatRequest, Tool, ToolChoice, WebSearch, is_web_search};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{self, Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;

const WEB_SEARCH: &str = "web_search";
const CODE_EXECUTION: &str = "code_execution";
/// The beta of the MCP connector.
const MCP_BETA: &str = "mcp-client-2026-09-15";

/// The tools of a chat that the provider runs.
#[derive(Debug, Default)]
pub struct Hosted<'a> {
    /// What is written for each tool that is no function, in the client's order. Nothing for those that are not allowed.
    pub tools: Vec<Option<Cow<'a, str>>>,
    /// `mcp_servers`, without the brackets.
    servers: String,
    /// The container that code runs in.
    pub container: Option<Text<'a>>,
    /// Files for it.
    pub uploads: Vec<Text<'a>>,
    /// The names that they take from the client's functions.
    pub names: BTreeSet<&'static str>,
    /// The labels of MCP servers.
    labels: BTreeSet<String>,
    /// The calls that `max_tool_calls` allows, where there is nothing but a search.
    most: Option<u64>,
}

impl<'a> Hosted<'a> {
    /// Reads the tools that are no functions.
    ///
    /// # Errors
    /// 400 for kinds that the provider does not have, and for what it cannot do as it is asked for.
    pub fn read(
        place: Place,
        call: &mut Call<'_>,
        request: &'a ChatRequest<'_>,
        model: &Model,
        search: Option<&WebSearch<'_>>,
    ) -> Result<Self, Error> {
        let mut hosted = Self::default();
        let option = search.is_some_and(|search| !search.path.starts_with("tools["));
        if option {
            hosted.names.insert(WEB_SEARCH);
        } else if search.is_some() && request.params.web_search()?.is_some() {
            call.drop_param("web_search_options")?;
        }
        hosted.limit(call, request, option)?;
        for tool in &request.tools {
            let Tool::Other { kind, object, path } = tool else { continue };
            if !is_allowed(request, tool) {
                hosted.tools.push(None);
                continue;
            }
            let asked = Object::parse(object.as_bytes()).unwrap_or_else(|_| Object::empty());
            let ours = Asked { path: path.clone(), object: asked };
            let written = match kind.as_ref() {
                // The API's own kinds have a date: `web_search_20250305`.
                kind if is_dated(kind) || kind == "mcp_toolset" => Cow::Borrowed(*object),
                kind if is_web_search(kind) => {
                    let search = search.filter(|search| search.path == *path);
                    hosted.search(call, &ours, search)?.into()
                }
                _ if place == Place::Vertex => return Err(tool.refused(call)),
                "code_interpreter" | "mcp" if !model.runs_tools => {
                    return Err(Error::invalid(format!(
                        "Invalid value: '{kind}'. The model {} of the provider {} has no such tool.",
                        shown(call.model),
                        call.upstream.id
                    ))
                    .param(format!("{path}.type"))
                    .code("unsupported_value"));
                }
                "code_interpreter" => hosted.code(call, &ours)?.into(),
                "mcp" => hosted.mcp(call, &ours)?.into(),
                _ => return Err(tool.refused(call)),
            };
            hosted.tools.push(Some(written));
        }
        if let Some(ToolChoice::Served(kind)) = &request.tool_choice
            && matches!(kind.as_ref(), "mcp" | "mcp_toolset")
        {
            let what = "a 'tool_choice' of an MCP server";
            return Err(call.unknown_form("tool_choice", what, "Use 'auto' or 'required'"));
        }
        Ok(hosted)
    }

    /// `max_tool_calls` counts the calls of all built-in tools together, which the API does for a search alone.
    /// `option`: one is asked for beside the tools.
    fn limit(&mut self, call: &mut Call<'_>, request: &ChatRequest<'_>, option: bool) -> Result<(), Error> {
        let Some(most) = request.params.integer("max_tool_calls")? else { return Ok(()) };
        let others = request.tools.iter().filter(|tool| is_allowed(request, tool));
        let kinds = others.filter_map(|tool| match tool {
            Tool::Other { kind, .. } => Some(kind.as_ref()),
            Tool::Function(_) => None,
        });
        let kinds: Vec<&str> = kinds.chain(option.then_some(WEB_SEARCH)).collect();
        match kinds.as_slice() {
            // No tool of the provider's is called.
            [] => {}
            [kind] if is_web_search(kind) && most > 0 => self.most = Some(most),
            _ => call.drop_param("max_tool_calls")?,
        }
        Ok(())
    }

    /// A search that a tool asks for. `None`: it is a second one.
    fn search(
        &mut self,
        call: &mut Call<'_>,
        asked: &Asked<'_>,
        search: Option<&WebSearch<'_>>,
    ) -> Result<String, Error> {
        let search = search.ok_or_else(|| again(asked))?;
        self.take(asked, WEB_SEARCH)?;
        asked.search(call)?;
        self.web_search(call, search)
    }

    /// The search tool. How much it looks at is how often it searches: the API has no size of context.
    ///
    /// # Errors
    /// 400 for what is left out, where such requests are refused.
    pub fn web_search(&self, call: &mut Call<'_>, search: &WebSearch<'_>) -> Result<String, Error> {
        let uses = match search.context_size.as_deref() {
            // Orq's word for it is `small`.
            Some("low" | "small") => Some(1),
            Some("medium") => Some(5),
            Some("high" | "large") => Some(10),
            Some(_) => {
                call.drop_param(&format!("{}.search_context_size", search.path))?;
                None
            }
            None => None,
        };
        let uses = uses.map_or(self.most, |uses: u64| Some(self.most.map_or(uses, |most| uses.min(most))));
        // "Provide `allowed_domains` or `blocked_domains`, not both."
        let allows = !search.allowed_domains.is_empty();
        if allows && !search.blocked_domains.is_empty() {
            call.drop_param(&format!("{}.filters.blocked_domains", search.path))?;
        }
        let mut out = Writer::with_capacity(128);
        out.object(|out| {
            out.text_member("type", "web_search_20250305");
            out.text_member("name", WEB_SEARCH);
            if let Some(uses) = uses {
                out.number_member("max_uses", uses);
            }
            if allows {
                texts(out, "allowed_domains", &search.allowed_domains);
            } else if !search.blocked_domains.is_empty() {
                texts(out, "blocked_domains", &search.blocked_domains);
            }
            let Some(location) = &search.location else { return };
            let members = [
                ("city", location.city),
                ("country", location.country),
                ("region", location.region),
                ("timezone", location.timezone),
            ];
            // "Provide at least one" of them.
            if members.iter().any(|(_, text)| text.is_some()) {
                out.object_member("user_location", |out| {
                    out.text_member("type", "approximate");
                    for (name, text) in members {
                        if let Some(text) = text {
                            out.text_member(name, text);
                        }
                    }
                });
            }
        });
        Ok(out.finish())
    }

    fn code(&mut self, call: &mut Call<'_>, asked: &Asked<'a>) -> Result<String, Error> {
        self.take(asked, CODE_EXECUTION)?;
        asked.others(call, &["container"])?;
        match asked.object.get("container") {
            Some(id) if kind(id) == Kind::String => self.container = Text::of(id),
            Some(_) => {
                if let Some(container) = asked.inner("container") {
                    // Its containers reach nothing outside.
                    container.others(call, &["file_ids"])?;
                    let files = container.object.get("file_ids").into_iter().flat_map(items);
                    self.uploads.extend(files.filter_map(Text::of));
                }
            }
            None => {}
        }
        Ok(format!("{{\"type\":\"code_execution_20260120\",\"name\":\"{CODE_EXECUTION}\"}}"))
    }

    fn mcp(&mut self, call: &mut Call<'_>, asked: &Asked<'a>) -> Result<String, Error> {
        let Asked { path, .. } = asked;
        let label = asked.text("server_label").ok_or_else(|| missing(asked, "server_label"))?;
        if !self.labels.insert(label.decoded().into_owned()) {
            return Err(again(asked));
        }
        for other in ["connector_id", "tunnel_id"] {
            if asked.text(other).is_some() {
                let what = format!("'{other}' of an MCP server");
                let instead = "Give the address of the server in 'server_url'";
                return Err(call.unknown_form(&format!("{path}.{other}"), &what, instead));
            }
        }
        let url = asked.text("server_url").ok_or_else(|| missing(asked, "server_url"))?;
        if !url.decoded().starts_with("https://") {
            let what = "an address of an MCP server without https";
            let instead = "It must begin with https://";
            return Err(call.unknown_form(&format!("{path}.server_url"), what, instead));
        }
        let token = token(asked, call)?;
        let allowed = enabled(asked, call)?;
        let known = [
            "server_label",
            "server_url",
            "connector_id",
            "tunnel_id",
            "authorization",
            "headers",
            "allowed_tools",
            "require_approval",
        ];
        asked.others(call, &known)?;
        let mut out = Writer::default();
        out.object(|out| {
            out.text_member("type", "url");
            out.text_member("url", url);
            out.text_member("name", label);
            if let Some(token) = &token {
                out.text_member("authorization_token", token.as_str());
            }
        });
        if !self.servers.is_empty() {
            self.servers.push(',');
        }
        self.servers.push_str(&out.finish());
        let mut out = Writer::default();
        out.object(|out| {
            out.text_member("type", "mcp_toolset");
            out.text_member("mcp_server_name", label);
            let Some(allowed) = &allowed else { return };
            out.object_member("default_config", |out| out.raw_member("enabled", "false"));
            out.object_member("configs", |out| {
                for name in allowed {
                    out.object_member(name, |out| out.raw_member("enabled", "true"));
                }
            });
        });
        Ok(out.finish())
    }

    /// Takes a name of the API's, of which there is one.
    fn take(&mut self, asked: &Asked<'_>, name: &'static str) -> Result<(), Error> {
        if self.names.insert(name) { Ok(()) } else { Err(again(asked)) }
    }

    /// `mcp_servers`, if there are any.
    #[must_use]
    pub fn servers(&self) -> Option<String> {
        (!self.servers.is_empty()).then(|| format!("[{}]", self.servers))
    }

    /// The beta that a request needs beside those of the client.
    #[must_use]
    pub fn beta(&self, betas: &[String]) -> Option<&'static str> {
        let asked = betas.iter().any(|beta| beta.starts_with("mcp-client-"));
        (!self.servers.is_empty() && !asked).then_some(MCP_BETA)
    }
}

/// What the API calls a tool that `tool_choice` names by its type.
#[must_use]
pub fn name_of<'a>(request: &'a ChatRequest<'_>, chosen: &'a str) -> Cow<'a, str> {
    match chosen {
        "code_interpreter" => Cow::Borrowed(CODE_EXECUTION),
        kind if is_web_search(kind) => Cow::Borrowed(WEB_SEARCH),
        // One of its own says its name.
        other => {
            let object = request.tools.iter().find_map(|tool| match tool {
                Tool::Other { kind, object, .. } if kind == other => Object::parse(object.as_bytes()).ok(),
                _ => None,
            });
            object.and_then(|object| object.string("name")).unwrap_or(Cow::Borrowed(other))
        }
    }
}

/// Whether `tool_choice` leaves a tool to be called.
#[must_use]
pub fn is_allowed(request: &ChatRequest<'_>, tool: &Tool<'_>) -> bool {
    match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => names.contains(&tool.listed_as()),
        _ => true,
    }
}

/// A list of strings.
fn names(asked: &Asked<'_>, name: &str) -> Option<Vec<String>> {
    asked.object.get(name).filter(|value| kind(value) == Kind::Array).map(strings)
}

/// What the server wants to see: `authorization`, or the header of that name.
fn token(asked: &Asked<'_>, call: &Call<'_>) -> Result<Option<String>, Error> {
    let mut token = asked.object.string("authorization").map(Cow::into_owned);
    let Some(headers) = asked.inner("headers") else { return Ok(token) };
    for member in headers.object.members() {
        let value = json::string(headers.object.value(member)).unwrap_or_default();
        let bearer = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        match bearer.and(value.get(7..)) {
            Some(bearer) if token.is_none() && member.name.eq_ignore_ascii_case("authorization") => {
                token = Some(bearer.trim().to_owned());
            }
            // What a server is not told can change what it does, or lets be done.
            _ => {
                let what = "headers for an MCP server but one 'Authorization: Bearer …'";
                let instead = "Give its token in 'authorization', and leave the others out";
                let param = format!("{}.{}", headers.path, member.name);
                return Err(call.unknown_form(&param, what, instead));
            }
        }
    }
    Ok(token)
}

/// The tools of a server that may be called, each once; `None`: all.
fn enabled(asked: &Asked<'_>, call: &mut Call<'_>) -> Result<Option<Vec<String>>, Error> {
    let mut allowed = names(asked, "allowed_tools");
    if let Some(filter) = asked.inner("allowed_tools") {
        no_read_only(&filter, call)?;
        allowed = names(&filter, "tool_names");
    }
    if asked.object.string("require_approval").as_deref() != Some("never") {
        let never = asked.inner("require_approval").and_then(|approval| approval.inner("never"));
        let free = match &never {
            Some(never) => {
                no_read_only(never, call)?;
                names(never, "tool_names")
            }
            None => None,
        };
        let Some(free) = free else {
            let what = "MCP servers whose calls are to be approved: it calls them without asking";
            let instead = "Set 'require_approval' to 'never', or list the tools that need none under \
                           'never'";
            return Err(call.unknown_form(&format!("{}.require_approval", asked.path), what, instead));
        };
        let mut listed = BTreeSet::new();
        listed.extend(free);
        let free = listed;
        // The tools that are to be asked for are not there at all.
        if allowed.as_ref().is_none_or(|allowed| !allowed.iter().all(|name| free.contains(name))) {
            call.drop_param(&format!("{}.require_approval", asked.path))?;
        }
        allowed = Some(match allowed {
            Some(allowed) => allowed.into_iter().filter(|name| free.contains(name)).collect(),
            None => free.into_iter().collect(),
        });
    }
    let mut seen = BTreeSet::new();
    Ok(allowed.map(|names| names.into_iter().filter(|name| seen.insert(name.clone())).collect()))
}

/// 400 for a filter of tools that only read: the API knows tools by their names alone.
fn no_read_only(asked: &Asked<'_>, call: &Call<'_>) -> Result<(), Error> {
    if asked.object.get("read_only").is_none_or(|value| kind(value) == Kind::Null) {
        return Ok(());
    }
    let what = "a filter of tools by 'read_only'";
    let instead = "List the tools in 'tool_names'";
    Err(call.unknown_form(&format!("{}.read_only", asked.path), what, instead))
}

fn missing(asked: &Asked<'_>, name: &str) -> Error {
    let param = format!("{}.{name}", asked.path);
    Error::invalid(format!("Missing required parameter: '{param}'."))
        .param(param)
        .code("missing_required_parameter")
}

/// 400: there is one already.
fn again(asked: &Asked<'_>) -> Error {
    Error::invalid(format!(
        "Invalid '{}': there is such a tool before it. Leave one of them out.",
        asked.path
    ))
    .param(asked.path.as_str())
    .code("invalid_value")
}

fn is_dated(kind: &str) -> bool {
    let date = kind.rsplit_once('_').map(|(_, date)| date).unwrap_or_default();
    date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())
}

fn strings(list: &str) -> Vec<String> {
    items(list).filter_map(json::string).map(Cow::into_owned).collect()
}

fn texts(out: &mut Writer, name: &str, texts: &[Text<'_>]) {
    out.name(name);
    out.begin_array();
    texts.iter().for_each(|text| out.text(*text));
    out.end_array();
}
