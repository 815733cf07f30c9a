"""The tools that Anthropic runs: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools.

Whatever was said is searched for, run and asked. Words in the last message ask for more: `failing` makes the tool fail, `paused`
ends the turn before the first tool has run, `undone` leaves the last one undone, as beside a tool of the client's; `python` and
`editor` choose how code is run.
"""

from __future__ import annotations

import re
import shlex

from checks import Violation
from shapes import by_type, compare, number, text as text_like
from turn import CITED, SOURCE, sign

CACHE = {"cache_control?": (by_type({"ephemeral": {"ttl?": {"5m", "1h"}}}), None)}
DOMAIN = text_like(r"(?![a-z]+://)[^*/]+(/.*)?", "a domain without scheme and wildcard")
PLACE = {"city?": (str, None), "region?": (str, None), "country?": (text_like(r"[A-Z]{2}", "a country of two letters"), None),
         "timezone?": (str, None)}
WEB_SEARCH = {"name": {"web_search"}, "type": {"web_search_20250305", "web_search_20260209", "web_search_20260318"},
              "max_uses?": (number(int, 1), None), "allowed_domains?": ([DOMAIN], None), "blocked_domains?": ([DOMAIN], None),
              "strict?": bool, "allowed_callers?": [str], "defer_loading?": bool, "response_inclusion?": {"full", "excluded"},
              "user_location?": (by_type({"approximate": PLACE}), None), **CACHE}
CODE = {"name": {"code_execution"}, "type": {"code_execution_20250825", "code_execution_20260120", "code_execution_20260521"},
        "allowed_callers?": [str], "defer_loading?": bool, "strict?": bool, **CACHE}
SWITCHES = {"enabled?": bool, "defer_loading?": bool}
LISTED = {"name": str, "description?": (str, None), "input_schema": dict}
TOOLSET = {"type": {"mcp_toolset"}, "mcp_server_name": str, "default_config?": SWITCHES, "configs?": (dict, None), **CACHE}
SERVER = by_type({"url": {"url": text_like(r"https://\S+", "a URL that starts with https://"), "name": text_like(r".+", "a name"),
                          "authorization_token?": (str, None), "tool_configuration?": (dict, None)}})
MCP_BETAS = ("mcp-client-2025-11-20", "mcp-client-2026-09-15")


def check(fields, claude, vertex: bool, betas: list) -> None:
    tools = fields.get("tools") or []
    kinds = [str(tool.get("type")) for tool in tools]
    for at, (tool, kind) in enumerate(zip(tools, kinds)):
        where = "tools.%d" % at
        if kind.startswith("web_search_"):
            check_search(tool, where, vertex, betas)
        elif kind.startswith("code_execution_"):
            compare(tool, CODE, where)
            runs(claude, vertex, kind, where)
        elif kind == "mcp_toolset":
            compare(tool, {**TOOLSET, **({"tools?": [LISTED]} if MCP_BETAS[1] in betas else {})}, where)
            for name, config in (tool.get("configs") or {}).items():
                compare(config, SWITCHES, "%s.configs.%s" % (where, name))
            runs(claude, vertex, kind, where)
    later = {"web_search_20260209", "web_search_20260318"} & set(kinds)
    if later and "code_execution_20250825" in kinds:
        raise Violation("tools: %s requires code_execution_20260120 or later" % later.pop(), "tools")
    check_servers(fields, tools, betas)
    container = fields.get("container")
    if isinstance(container, str) and not re.fullmatch(r"container_\w+", container):
        raise Violation("container: Container not found: %s" % container, "container")
    blocks = [block for message in fields["messages"] if isinstance(message.get("content"), list) for block in message["content"]]
    uploads = any(isinstance(block, dict) and block.get("type") == "container_upload" for block in blocks)
    if uploads and not any(kind.startswith("code_execution_") for kind in kinds):
        raise Violation("container_upload blocks require the code execution tool", "messages")


def check_search(tool, where: str, vertex: bool, betas: list) -> None:
    compare(tool, WEB_SEARCH, where)
    if tool.get("allowed_domains") and tool.get("blocked_domains"):
        raise Violation("%s: allowed_domains and blocked_domains cannot be used together" % where, where)
    place = tool.get("user_location")
    if place and not any(place.get(name.rstrip("?")) for name in PLACE):
        raise Violation("%s.user_location: at least one of city, region, country and timezone is required" % where, where)
    if vertex and (tool["type"] != "web_search_20250305" or "web-search-2025-03-05" not in betas):
        raise Violation("%s: Vertex AI has web_search_20250305 alone, with its beta header" % where, where)


def runs(claude, vertex: bool, kind: str, where: str) -> None:
    if vertex or claude.before(4, 5):
        raise Violation("%s: '%s' is not supported %s" % (where, kind, "on Vertex AI" if vertex else "by this model"), where)


def check_servers(fields, tools: list, betas: list) -> None:
    servers = fields.get("mcp_servers") or []
    used = [tool["mcp_server_name"] for tool in tools if tool.get("type") == "mcp_toolset"]
    if (servers or used) and not any(beta in betas for beta in MCP_BETAS):
        raise Violation("mcp_servers: Extra inputs are not permitted", "mcp_servers")
    for at, server in enumerate(servers):
        compare(server, SERVER, "mcp_servers.%d" % at)
        if used.count(server["name"]) != 1:
            raise Violation("mcp_servers.%d: MCP server '%s' must be referenced by exactly one MCPToolset" % (at, server["name"]),
                            "mcp_servers")
    names = [server["name"] for server in servers]
    if len(set(names)) != len(names):
        raise Violation("mcp_servers: names must be unique", "mcp_servers")
    for name in used:
        if name not in names:
            raise Violation("tools: MCP server '%s' not found in mcp_servers definition" % name, "tools")


def named(fields) -> set:
    """The names of the tools that are hosted, for `tool_choice`."""
    return {tool["name"] for tool in fields.get("tools") or [] if "name" in tool and "input_schema" not in tool}


# Answers

def around(fields, made, said: str, betas: list) -> tuple:
    """The blocks before the answer's text, and the reason why the turn ends early, if it does."""
    tools = fields.get("tools") or []
    blocks = []
    if MCP_BETAS[1] in betas:
        blocks += [listing(tool) for tool in tools if tool.get("type") == "mcp_toolset" and "tools" not in tool]
    if not made.text or (fields.get("tool_choice") or {}).get("type") == "none":
        return blocks, None
    if made.query:
        blocks += searched(made, "failing" in said)
    if any(str(tool.get("type")).startswith("code_execution_") for tool in tools):
        blocks += ran(made, said)
    for at, tool in enumerate(tool for tool in tools if tool.get("type") == "mcp_toolset"):
        blocks += asked(made, tool, at, said)
    calls = [at for at, block in enumerate(blocks) if block["type"] in ("server_tool_use", "mcp_tool_use")]
    if calls and "paused" in said:
        return blocks[:calls[0] + 1], "pause_turn"
    return blocks[:-1] if calls and "undone" in said else blocks, None


def pair(use: dict, kind: str, content, **more) -> list:
    return [use, dict({"type": kind, "tool_use_id": use["id"], "content": content}, **more)]


def searched(made, fails: bool) -> list:
    use = {"type": "server_tool_use", "id": "srvtoolu_01" + made.identity[:20], "name": "web_search", "input": {"query": made.query}}
    found = [{"type": "web_search_result", "title": SOURCE["title"], "url": SOURCE["url"], "encrypted_content": sign("found"),
              "page_age": None}]
    error = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    return pair(use, "web_search_tool_result", error if fails else found)


def cited(text: str) -> list:
    """The answer's text, with what it rests on."""
    place = {"type": "web_search_result_location", "cited_text": "It is as they say.", "url": SOURCE["url"], "title": SOURCE["title"],
             "encrypted_index": sign("index")}
    return [{"type": "text", "text": text}, {"type": "text", "text": CITED, "citations": [place]}]


def ran(made, said: str) -> list:
    use = {"type": "server_tool_use", "id": "srvtoolu_02" + made.identity[:20]}
    if "python" in said:
        name, given = "code_execution", {"code": "print(%r)\n" % said}
    elif "editor" in said:
        name, given = "text_editor_code_execution", {"command": "view", "path": "/tmp/said.txt"}
    else:
        name, given = "bash_code_execution", {"command": "echo %s" % shlex.quote(said)}
    if "failing" in said:
        result = {"type": name + "_tool_result_error", "error_code": "unavailable"}
    elif "editor" in said:
        result = {"type": "text_editor_code_execution_view_result", "file_type": "text", "content": said, "num_lines": 1,
                  "start_line": 1, "total_lines": 1}
    else:
        result = {"type": name + "_result", "stdout": said + "\n", "stderr": "", "return_code": 0, "content": []}
    return pair({**use, "name": name, "input": given}, name + "_tool_result", result)


def tools_of(toolset: dict) -> list:
    """What a server has, and whether it may be called: `ask`, `look` and whatever the toolset names."""
    configs, enabled = toolset.get("configs") or {}, (toolset.get("default_config") or {}).get("enabled", True)
    names = [tool["name"] for tool in toolset.get("tools") or []] or list(dict.fromkeys([*configs, "ask", "look"]))
    return [(name, configs.get(name, {}).get("enabled", enabled)) for name in names]


def listing(toolset: dict) -> dict:
    schema = {"type": "object", "properties": {"question": {"type": "string"}}, "required": ["question"]}
    return {"type": "mcp_tool_listing", "mcp_server_name": toolset["mcp_server_name"],
            "tools": [{"name": name, "description": "Does %s." % name, "input_schema": schema} for name, _ in tools_of(toolset)]}


def asked(made, toolset: dict, at: int, said: str) -> list:
    server, fails = toolset["mcp_server_name"], "failing" in said
    name = next((name for name, enabled in tools_of(toolset) if enabled), None)
    if name is None:
        return []
    use = {"type": "mcp_tool_use", "id": "mcptoolu_%02d%s" % (at, made.identity[:20]), "name": name, "server_name": server,
           "input": {"question": said}}
    content = [{"type": "text", "text": "%s is out." % server if fails else "%s says: %s" % (server, said)}]
    return pair(use, "mcp_tool_result", content, is_error=fails)


def container(fields, made) -> dict:
    """Where code has run, if it has: the one that was named, or a new one."""
    given = fields.get("container")
    name = given if isinstance(given, str) else (given or {}).get("id")
    return {"id": name or "container_01" + made.identity[:20], "expires_at": "2026-12-24T12:00:00Z"}
