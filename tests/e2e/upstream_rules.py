"""What providers document of requests and their types do not say: order of turns, pairs, ranges, what excludes what.

Each rule is one that a provider answers with an error. The vendors' pages: platform.claude.com/docs (Messages, extended thinking,
structured outputs, errors), ai.google.dev/gemini-api/docs and cloud.google.com/vertex-ai/generative-ai/docs (function calling,
thinking, thought signatures), docs.aws.amazon.com/bedrock (Converse, its model's documentation), docs.cohere.com/v2,
docs.mistral.ai.
"""

import json
import re
import urllib.parse

from upstream import base64_fault

BEFORE_4_6 = re.compile(r"claude-(3|opus-4(-[015])?\b(?!-[678])|sonnet-4(-[05])?\b(?!-6)|haiku-4)")
BEFORE_4_5 = re.compile(r"claude-(3|(opus|sonnet)-4(-[01])?(?!\d|-[5-9]))")
# Sampling and thinking by budget end with these.
LAST_SAMPLED = re.compile(r"claude-(3|(opus|sonnet)-4(-[0-6])?(?!\d|-[78])|haiku-4)")
STRUCTURED = re.compile(r"claude-(opus-4-[1-9]|sonnet-4-[5-9]|haiku-4-[5-9]|(opus|sonnet|haiku|fable|mythos)-[5-9])")
EFFORT = re.compile(r"claude-(opus-4-[5-9]|sonnet-4-[6-9]|(opus|sonnet|haiku|fable|mythos)-[5-9])")
ONE_SAMPLER = re.compile(r"claude-(opus-4-[1-9]|sonnet-4-[5-9]|haiku-4-[5-9])")
SYSTEM_TURNS = re.compile(r"claude-(opus-4-[89]|(opus|sonnet|haiku|fable|mythos)-[5-9])")
# Keywords of JSON Schema that no grammar of Anthropic's is made from.
NO_GRAMMAR = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
              "maxItems", "uniqueItems", "patternProperties", "oneOf", "not", "if", "then", "else", "propertyNames",
              "minProperties", "maxProperties", "prefixItems", "contains", "unevaluatedProperties"}


# In it all tools of a server can be called, and its own tool_configuration says otherwise; later ones have toolsets.
FIRST_MCP_BETA = "mcp-client-2025-04-04"


class Faults(set):
    def unless(self, holds, text, *about):
        if not holds:
            self.add(text % about if about else text)
        return bool(holds)


def faults(language, sent, model=""):
    """What the provider would answer with an error though the types allow it."""
    found = Faults()
    rules = {"anthropic": anthropic, "vertex-anthropic": anthropic, "gemini": google, "vertex": google, "bedrock": bedrock,
             "cohere": cohere, "mistral": mistral}
    if isinstance(sent.body, dict):
        model = sent.body.get("model") or model or path_model(sent.path)
        rules[language](sent.body, model, found, language, sent)
    return found


def path_model(path):
    found = re.search(r"/models?/([^/:]+(?:(?::|%3A)\d+)?)", path)
    return urllib.parse.unquote(found[1]) if found else ""


def blank(text):
    return not isinstance(text, str) or not text.strip()


# --- Anthropic ---


def anthropic(body, model, found, language, sent):
    if language == "anthropic":
        found.unless(sent.headers.get("anthropic-version", "2023-06-01") == "2023-06-01",
                     "anthropic-version is not the one whose types are checked")
    messages = body.get("messages") or []
    found.unless(messages, "there are no messages")
    for at, message in enumerate(messages):
        if message.get("role") == "system" and found.unless(
                SYSTEM_TURNS.search(model) and language == "anthropic", "%s takes no system message among the messages", model):
            after = messages[at + 1].get("role") if at + 1 < len(messages) else "assistant"
            found.unless(at and messages[at - 1].get("role") == "user" and after == "assistant",
                         "a system message that does not stand between a user's and an assistant's")
    for block in blocks(body.get("system")):
        found.unless(not blank(block.get("text")), "system has a blank text")
    turns = [(message.get("role"), blocks(message.get("content"))) for message in messages]
    for at, (role, content) in enumerate(turns):
        found.unless(content or role == "assistant" and at == len(turns) - 1, "a message of role %s has no content", role)
        for block in content:
            anthropic_block(block, language, found)
    marked = sum(1 for _ in cache_marks([body.get("tools"), body.get("system"), messages])) + ("cache_control" in body)
    found.unless(marked <= 4, "more than 4 blocks have cache_control")
    anthropic_pairs(turns, found)
    last = turns[-1] if turns else ("user", [])
    if last[0] == "assistant":
        found.unless(BEFORE_4_6.search(model), "%s takes no prefill", model)
        text = last[1][-1].get("text") if last[1] else None
        found.unless(not text or text == text.rstrip(), "the prefill ends with white space")
    claude(body, model, last, turns, found)
    for stop in body.get("stop_sequences") or []:
        found.unless(not blank(stop), "a stop sequence is blank")
    names = [tool["name"] for tool in body.get("tools") or [] if "name" in tool]
    found.unless(len(names) == len(set(names)), "two tools have one name")
    for tool in body.get("tools") or []:
        if "input_schema" in tool:
            anthropic_tool(tool, model, found)
    anthropic_hosted(body, model, found, language, sent)
    choice = body.get("tool_choice") or {}
    if choice:
        found.unless(body.get("tools"), "tool_choice without tools")
        found.unless(choice.get("type") != "tool" or choice.get("name") in names, "tool_choice names no tool")
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    if schema is not None:
        found.unless(STRUCTURED.search(model), "%s has no structured output", model)
        grammar("output_config.format.schema", schema, found)
    user = (body.get("metadata") or {}).get("user_id")
    found.unless(user is None or len(user) <= 512, "metadata.user_id is longer than 512")


def blocks(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def cache_marks(value):
    """Every cache_control of a body outside of what is the client's own data."""
    if isinstance(value, dict):
        if value.get("cache_control"):
            yield value
        for name, one in value.items():
            if name not in ("input", "input_schema"):
                yield from cache_marks(one)
    elif isinstance(value, list):
        for one in value:
            yield from cache_marks(one)


def anthropic_hosted(body, model, found, language, sent):
    """The tools that Anthropic runs: code and MCP from version 4.5 on, and not on Vertex AI."""
    tools = body.get("tools") or []
    used = [tool.get("mcp_server_name") for tool in tools if tool.get("type") == "mcp_toolset"]
    code = any(str(tool.get("type")).startswith("code_execution_") for tool in tools)
    found.unless(language == "anthropic" or not used and not code, "code or MCP on Vertex AI")
    found.unless(not BEFORE_4_5.search(model) or not used and not code, "code or MCP with %s", model)
    servers = body.get("mcp_servers") or []
    betas = sent.headers.get("anthropic-beta", "")
    found.unless(not servers or "mcp-client-" in betas, "MCP servers without their beta")
    if FIRST_MCP_BETA in betas:
        found.unless(not used, "toolsets, which the first beta of MCP does not have")
    else:
        found.unless(sorted(server.get("name") for server in servers) == sorted(used), "not each MCP server has one toolset")
        found.unless(not any("tool_configuration" in server for server in servers), "a tool_configuration beside toolsets")
    for tool in tools:
        if str(tool.get("type")).startswith("web_search_"):
            found.unless(not (tool.get("allowed_domains") and tool.get("blocked_domains")), "domains allowed and blocked")
            found.unless(tool.get("user_location") != {"type": "approximate"}, "a place of the user that says nothing")
    uploads = any(block.get("type") == "container_upload" for message in body.get("messages") or []
                  for block in blocks(message.get("content")))
    found.unless(code or not uploads, "files for a container without code")


def anthropic_block(block, language, found):
    kind, source = block.get("type"), block.get("source")
    source = source if isinstance(source, dict) else {}
    if kind == "text":
        found.unless(not blank(block.get("text")), "a text block is blank")
    if kind == "thinking":
        found.unless(block.get("signature"), "a thinking block has no signature")
    if kind in ("tool_use", "tool_result"):
        id_ = block.get("id") or block.get("tool_use_id") or ""
        found.unless(re.fullmatch(r"[a-zA-Z0-9_-]+", id_), "the id of a %s does not match [a-zA-Z0-9_-]+", kind)
    if kind == "tool_use":
        found.unless(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", block.get("name") or ""), "the name of a tool_use does not match")
    if kind == "tool_result":
        for part in blocks(block.get("content")) if not isinstance(block.get("content"), str) else []:
            anthropic_block(part, language, found)
    if source.get("type") == "base64":
        fault = base64_fault(source.get("data") or "")
        found.unless(source.get("data") and not fault, "the data of a %s is empty or %s", kind, fault)
    if source.get("type") == "text":
        found.unless(not blank(source.get("data")), "a text document is blank")
    if source.get("type") == "url":
        found.unless(language == "anthropic", "a URL of a %s, which Vertex does not take", kind)
        found.unless(str(source.get("url")).startswith("https://"), "a URL that is not https")
    if source.get("type") == "file":
        found.unless(language == "anthropic", "a file_id, which Vertex does not take")


def anthropic_pairs(turns, found):
    """Each call is answered in the user turn that follows, results before anything else; ids are unique."""
    joined = []
    for role, content in turns:
        if joined and joined[-1][0] == role:
            joined[-1][1].extend(content)
        else:
            joined.append((role, list(content)))
    seen = set()
    for at, (role, content) in enumerate(joined):
        calls = [block.get("id") for block in content if block.get("type") == "tool_use"]
        results = [block.get("tool_use_id") for block in content if block.get("type") == "tool_result"]
        found.unless(role == "assistant" or not calls, "a tool_use of a user")
        found.unless(role == "user" or not results, "a tool_result of an assistant")
        found.unless(not seen & set(calls) and len(set(calls)) == len(calls), "a tool_use id stands twice")
        seen |= set(calls)
        before = joined[at - 1] if at else ("", [])
        called = [block.get("id") for block in before[1] if block.get("type") == "tool_use"]
        if role == "user":
            found.unless(set(results) <= set(called), "a tool_result without its tool_use in the message before")
            found.unless(len(set(results)) == len(results), "two tool_results of one tool_use")
            found.unless(set(called) <= set(results), "a tool_use without its tool_result in the next message")
            found.unless(all(block.get("type") == "tool_result" for block in content[:len(results)]),
                         "something stands before the tool_results")
        if calls and at == len(joined) - 1:
            found.add("the last message has a tool_use and no result follows")


def claude(body, model, last, turns, found):
    """Sampling and thinking, which Bedrock's Claude shares."""
    thinking, choice = body.get("thinking") or {}, body.get("tool_choice") or {}
    on = thinking.get("type") in ("enabled", "adaptive")
    sampled = {name: body[name] for name in ("temperature", "top_p", "top_k") if body.get(name) is not None}
    if not LAST_SAMPLED.search(model):
        found.unless(not sampled, "%s takes no %s", model, "/".join(sampled))
    found.unless(0 <= sampled.get("temperature", 1) <= 1, "temperature is not from 0 to 1")
    found.unless(0 <= sampled.get("top_p", 1) <= 1, "top_p is not from 0 to 1")
    found.unless(sampled.get("top_k", 0) >= 0, "top_k is negative")
    if ONE_SAMPLER.search(model):
        found.unless(not {"temperature", "top_p"} <= set(sampled), "%s takes temperature or top_p, not both", model)
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens", 0)
        found.unless(budget >= 1024, "budget_tokens is below 1024")
        # On Bedrock it may be absent: then it is the most that the model writes.
        found.unless(body.get("max_tokens") is None or budget < body["max_tokens"], "budget_tokens is not below max_tokens")
        found.unless("claude-3-5" not in model and "claude-3-haiku" not in model, "%s does not think", model)
        found.unless(LAST_SAMPLED.search(model), "%s thinks adaptively alone", model)
    if thinking.get("type") == "adaptive":
        found.unless(not BEFORE_4_6.search(model), "%s does not think adaptively", model)
    if on:
        found.unless(sampled.get("temperature", 1) == 1, "thinking with a temperature")
        found.unless("top_k" not in sampled, "thinking with top_k")
        found.unless(sampled.get("top_p", 1) >= 0.95, "thinking with a top_p below 0.95")
        found.unless(choice.get("type") in (None, "auto", "none"), "thinking with a forced tool choice")
        found.unless(last[0] != "assistant", "thinking with a prefill")
        loop = last[0] == "user" and any(block.get("type") == "tool_result" for block in last[1])
        said = [content for role, content in turns if role == "assistant"]
        if thinking.get("type") == "enabled" and loop and said and said[-1]:
            found.unless(said[-1][0].get("type") in ("thinking", "redacted_thinking"),
                         "thinking, but the assistant's turn of this tool loop does not start with a thinking block")
    effort = (body.get("output_config") or {}).get("effort")
    found.unless(effort is None or EFFORT.search(model), "%s takes no effort", model)
    found.unless(effort != "max" or not re.search("claude-opus-4-5", model), "%s takes no effort max", model)


def anthropic_tool(tool, model, found):
    found.unless(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name") or ""), "the name of a tool does not match")
    schema = tool["input_schema"]
    if isinstance(schema, dict):
        found.unless(schema.get("type") == "object", "an input_schema is not of type object")
        for name in ("oneOf", "anyOf", "allOf"):
            found.unless(name not in schema, "an input_schema has %s at its top", name)
    if tool.get("strict"):
        found.unless(STRUCTURED.search(model), "%s has no strict tools", model)
        grammar("a strict input_schema", schema, found)


def grammar(what, schema, found):
    """The subset of JSON Schema that Anthropic compiles."""
    definitions = {"#/%s/%s" % (place, name): one for place in ("$defs", "definitions")
                   for name, one in (schema.get(place) or {}).items()} if isinstance(schema, dict) else {}

    def walk(one, inside):
        if isinstance(one, list):
            for member in one:
                walk(member, inside)
        if not isinstance(one, dict):
            return
        found.unless(not NO_GRAMMAR & set(one), "%s has %s", what, ", ".join(sorted(NO_GRAMMAR & set(one))))
        found.unless(one.get("minItems", 0) in (0, 1), "%s has minItems above 1", what)
        kinds = one.get("type") if isinstance(one.get("type"), list) else [one.get("type")]
        if "object" in kinds:
            found.unless(one.get("additionalProperties") is False, "%s has an object without additionalProperties false", what)
        ref = one.get("$ref")
        if ref is not None:
            found.unless(ref not in inside, "%s is recursive", what)
            if found.unless(ref in definitions or ref == "#", "%s refers to nothing", what) and ref not in inside:
                walk(definitions.get(ref), inside | {ref})
        for name, member in one.items():
            if name == "properties":
                walk(list(member.values()), inside)
            elif name not in ("enum", "const", "default", "examples", "$defs", "definitions", "required"):
                walk(member, inside)

    walk(schema, frozenset({"#"}))


# --- Gemini ---


def google(body, model, found, language, sent):
    contents = body.get("contents") or []
    found.unless(contents, "there are no contents")
    turns = [(content.get("role"), content.get("parts") or []) for content in contents]
    for role, parts in turns:
        found.unless(role in ("user", "model", "function") or role is None and len(turns) == 1, "a role %s", role)
        found.unless(parts, "a content has no parts")
        for part in parts:
            google_part(part, language, found)
    for part in (body.get("systemInstruction") or {}).get("parts") or []:
        found.unless(part.get("text"), "systemInstruction has something but texts, or an empty one")
    if body.get("systemInstruction"):
        found.unless(body["systemInstruction"].get("parts"), "systemInstruction has no parts")
    google_pairs(turns, model, found)
    config = body.get("generationConfig") or {}
    for name, least, most in (("temperature", 0, 2), ("topP", 0, 1), ("candidateCount", 1, 8), ("logprobs", 0, 20),
                              ("presencePenalty", -2, 2), ("frequencyPenalty", -2, 2), ("topK", 1, 1 << 31),
                              ("maxOutputTokens", 1, 1 << 31), ("seed", -1 << 31, (1 << 31) - 1)):
        found.unless(config.get(name) is None or least <= config[name] <= most, "%s is not from %s to %s", name, least, most)
    if re.search(r"gemini-3\.[6-9]|gemini-3\.5-flash-lite", model):
        found.unless(not {"presencePenalty", "frequencyPenalty"} & set(config), "%s takes no penalties", model)
        found.unless(not turns or turns[-1][0] != "model", "%s takes no last turn of the model", model)
    stops = config.get("stopSequences") or []
    found.unless(len(stops) <= 5 and all(stops), "more than 5 stopSequences, or an empty one")
    found.unless(config.get("logprobs") is None or config.get("responseLogprobs"), "logprobs without responseLogprobs")
    schemas = {"responseSchema", "responseJsonSchema"} & set(config)
    found.unless(len(schemas) < 2, "responseSchema and responseJsonSchema")
    if schemas:
        found.unless(config.get("responseMimeType") in ("application/json", "text/x.enum"), "a schema without responseMimeType")
    if "responseSchema" in config:
        google_schema("responseSchema", config["responseSchema"], found)
    google_thinking(config.get("thinkingConfig") or {}, model, found)
    google_tools(body, config, model, found, language)
    if body.get("labels"):
        for name, value in body["labels"].items():
            found.unless(re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name) and re.fullmatch(r"[a-z0-9_-]{0,63}", value),
                         "a label that does not match")
        found.unless(len(body["labels"]) <= 64, "more than 64 labels")


DATA = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult",
        "toolCall", "toolResponse"}


def google_part(part, language, found):
    data = DATA & set(part)
    found.unless(len(data) == 1, "a part has %s of what it can hold", len(data))
    if "text" in part:
        found.unless(part["text"] or part.get("thoughtSignature"), "a text part is empty")
    if "inlineData" in part:
        fault = base64_fault(in_standard_letters(part["inlineData"].get("data") or ""))
        found.unless(part["inlineData"].get("data") and not fault, "inlineData is empty or %s", fault)
    if "fileData" in part and language == "vertex":
        found.unless(part["fileData"].get("mimeType"), "fileData without mimeType, which Vertex demands")
    for kind in ("functionCall", "functionResponse"):
        if kind in part:
            found.unless(function_name(part[kind].get("name")), "the name of a %s does not match", kind)
    if "functionResponse" in part:
        found.unless(isinstance(part["functionResponse"].get("response"), dict), "a functionResponse's response is no object")
    if "thoughtSignature" in part:
        found.unless(not base64_fault(in_standard_letters(part["thoughtSignature"])), "a thoughtSignature is no base64")


def in_standard_letters(text):
    """Protobuf's JSON reads both alphabets of base64."""
    return text.replace("-", "+").replace("_", "/")


def function_name(name):
    return isinstance(name, str) and re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}", name)


def google_pairs(turns, model, found):
    """Responses follow their calls at once, as many as there were; a turn of calls follows a user's or responses."""
    for at, (role, parts) in enumerate(turns):
        calls = [part for part in parts if "functionCall" in part]
        answered = [part for part in parts if "functionResponse" in part]
        if calls:
            found.unless(role == "model", "a functionCall of role %s", role)
            found.unless(at and turns[at - 1][0] != "model", "a turn of calls does not follow a user's turn")
            after = turns[at + 1][1] if at + 1 < len(turns) else []
            responses = [part for part in after if "functionResponse" in part]
            found.unless(len(responses) == len(calls), "%s functionCalls are answered by %s functionResponses",
                         "as many" if len(responses) == len(calls) else "several", "another number of")
            if len(responses) == len(calls):
                names = sorted(part["functionCall"].get("name", "") for part in calls)
                found.unless(names == sorted(part["functionResponse"].get("name", "") for part in responses),
                             "the names of functionResponses are not those of the calls")
        if answered:
            before = turns[at - 1][1] if at else []
            found.unless(any("functionCall" in part for part in before), "a functionResponse without a call before it")
            found.unless(role != "model", "a functionResponse of role model")
    if "gemini-3" in model:
        # Of the current turn, the first call of each step must have its signature.
        asked = max((at for at, (role, parts) in enumerate(turns)
                     if role == "user" and any("functionResponse" not in part for part in parts)), default=-1)
        for role, parts in turns[asked + 1:]:
            calls = [part for part in parts if "functionCall" in part]
            found.unless(not calls or calls[0].get("thoughtSignature"), "a call of the current turn has no thoughtSignature")


def google_thinking(thinking, model, found):
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    found.unless(budget is None or level is None, "thinkingBudget and thinkingLevel")
    if level is not None:
        found.unless("gemini-3" in model, "%s takes no thinkingLevel", model)
        found.unless("gemini-3-pro" not in model or level.upper() in ("LOW", "HIGH"), "%s has no thinkingLevel %s", model, level)
    if budget is not None and "2.5-pro" in model:
        found.unless(budget == -1 or 128 <= budget <= 32768, "thinkingBudget %s is not from 128 to 32768", budget)
    if budget is not None and "2.5-flash" in model:
        found.unless(-1 <= budget <= 24576, "thinkingBudget %s is not from 0 to 24576", budget)


def google_tools(body, config, model, found, language):
    tools = body.get("tools") or []
    declared = [one for tool in tools for one in tool.get("functionDeclarations") or []]
    builtin = [name for tool in tools for name in tool if name != "functionDeclarations"]
    names = [one.get("name") for one in declared]
    found.unless(len(set(names)) == len(names), "two functions have one name")
    for one in declared:
        found.unless(function_name(one.get("name")), "the name of a function does not match")
        found.unless(not {"parameters", "parametersJsonSchema"} <= set(one), "parameters and parametersJsonSchema")
        if "parameters" in one:
            google_schema("parameters", one["parameters"], found)
    for tool in tools:
        found.unless(tool and tool.get("functionDeclarations") != [], "an empty tool")
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig")
    if calling is not None:
        found.unless(declared, "functionCallingConfig without functionDeclarations")
        allowed = calling.get("allowedFunctionNames") or []
        found.unless(not allowed or calling.get("mode") in ("ANY", "VALIDATED"), "allowedFunctionNames without mode ANY")
        found.unless(set(allowed) <= set(names), "allowedFunctionNames names no function")
    if declared and "googleSearch" in builtin and language == "gemini":
        found.unless((body.get("toolConfig") or {}).get("includeServerSideToolInvocations") or "gemini-3" not in model,
                     "functions together with %s without includeServerSideToolInvocations", "/".join(builtin))
    if "gemini-3" not in model:
        found.unless(not (declared and builtin), "functions together with %s", "/".join(builtin))
        forced = config.get("responseMimeType") == "application/json"
        found.unless(not (declared and forced), "functions together with responseMimeType application/json")
        found.unless(not (builtin and forced), "%s together with responseMimeType application/json", "/".join(builtin))


def google_schema(what, schema, found):
    if not isinstance(schema, dict):
        return
    kind = str(schema.get("type", "")).upper()
    found.unless(kind or "anyOf" in schema or set(schema) <= {"description", "title", "nullable"}, "a schema in %s has no type",
    what)
    if kind == "ARRAY":
        found.unless("items" in schema, "an array in %s has no items", what)
    if kind == "STRING" and "format" in schema:
        found.unless(schema["format"] in ("enum", "date-time"), "a string in %s has the format %s", what, schema["format"])
    if "enum" in schema:
        found.unless(kind == "STRING" and all(schema["enum"]), "an enum in %s is not of strings, or has an empty one", what)
    found.unless(set(schema.get("required") or ()) <= set(schema.get("properties") or ()), "%s requires what it does not list",
    what)
    for one in [*(schema.get("properties") or {}).values(), schema.get("items"), *(schema.get("anyOf") or [])]:
        google_schema(what, one, found)


# --- Bedrock ---


def bedrock(body, model, found, language, sent):
    messages = body.get("messages") or []
    found.unless(messages, "there are no messages")
    turns = [(message.get("role"), message.get("content") or []) for message in messages]
    is_claude, is_nova = "claude" in model, "nova" in model
    # Claude alone takes another start.
    found.unless(is_claude or not turns or turns[0][0] == "user", "the conversation does not start with a user's message")
    names, tooled = [], False
    for at, (role, content) in enumerate(turns):
        found.unless(role != "system", "a system message among the messages, which only the newest models take")
        found.unless(at == 0 or turns[at - 1][0] != role, "roles do not alternate")
        found.unless(content, "a message has no content")
        kinds = [next(iter(block), None) for block in content]
        tooled = tooled or "toolUse" in kinds or "toolResult" in kinds
        if "document" in kinds:
            found.unless("text" in kinds, "a document without a text beside it")
        found.unless(kinds.count("image") <= 20 and kinds.count("document") <= 5, "more than 20 images or 5 documents")
        found.unless(role == "user" or not {"image", "document", "video"} & set(kinds), "an image or document of an assistant")
        for at_block, block in enumerate(content):
            if "text" in block:
                found.unless(not blank(block["text"]), "a text block is blank")
            if "document" in block:
                name = block["document"].get("name") or ""
                found.unless(re.fullmatch(r"[A-Za-z0-9\s()\[\]-]+", name) and not re.search(r"\s\s", name),
                             "the name of a document does not match")
                names.append(name)
            for part in (block.get("toolResult") or {}).get("content") or []:
                found.unless("text" not in part or not is_claude or part["text"], "a toolResult's text is empty")
            if "cachePoint" in block:
                found.unless(at_block, "a cachePoint has nothing before it")
    found.unless(len(set(names)) == len(names), "two documents have one name")
    for block in body.get("system") or []:
        found.unless("text" not in block or not blank(block["text"]), "a system text is blank")
    bedrock_pairs(turns, found)
    config = body.get("toolConfig") or {}
    found.unless(not tooled or config, "no toolConfig, though the conversation has toolUse or toolResult")
    tools = [tool["toolSpec"] for tool in config.get("tools") or [] if "toolSpec" in tool]
    named = [tool.get("name") for tool in tools]
    found.unless(len(set(named)) == len(named), "two tools have one name")
    for tool in tools:
        schema = (tool.get("inputSchema") or {}).get("json")
        found.unless(isinstance(schema, dict) and schema.get("type") == "object", "an inputSchema is not of type object")
        if isinstance(schema, dict) and is_claude:
            for name in ("oneOf", "anyOf", "allOf"):
                found.unless(name not in schema, "an inputSchema has %s at its top", name)
        if tool.get("strict") and (is_claude or is_nova or "mistral-large-2402" in model):
            found.unless(is_claude, "%s has no strict tools", model)
            grammar("a strict inputSchema", schema, found)
    choice = config.get("toolChoice") or {}
    if "tool" in choice:
        found.unless(is_claude or is_nova, "%s takes no toolChoice tool", model)
        found.unless(choice["tool"].get("name") in named, "toolChoice names no tool")
    points = json.dumps(body.get("messages")).count('"cachePoint"') + json.dumps([body.get("system"),
    config]).count('"cachePoint"')
    found.unless(points <= 4, "more than 4 cachePoints")
    found.unless(not points or is_claude or is_nova, "%s takes no cachePoint", model)
    found.unless(not is_nova or '"cachePoint"' not in json.dumps(config), "%s takes no cachePoint of tools", model)
    inference, more = body.get("inferenceConfig") or {}, body.get("additionalModelRequestFields") or {}
    stops = inference.get("stopSequences") or []
    found.unless(not is_claude or not any(map(blank, stops)), "a stop sequence is blank")
    found.unless(len(stops) <= 10 or "mistral" not in model, "more than 10 stopSequences")
    output = body.get("outputConfig") or {}
    if "textFormat" in output:
        none = is_claude and not STRUCTURED.search(model) or is_nova or "mistral-large-2402" in model
        found.unless(not none, "%s has no structured output", model)
        try:
            grammar("outputConfig's schema", json.loads(output["textFormat"]["structure"]["jsonSchema"]["schema"]), found)
        except ValueError:
            found.add("outputConfig's schema is no JSON")
    if is_claude:
        known = {"thinking", "top_k", "anthropic_beta", "output_config", "tool_choice"}
        found.unless(set(more) <= known, "additionalModelRequestFields has %s", "/".join(sorted(set(more) - known)))
        forced = {"any": "any", "tool": "tool"}.get(next(iter(choice), ""), "auto")
        body = {**more, "temperature": inference.get("temperature"), "top_p": inference.get("topP"),
                "max_tokens": inference.get("maxTokens"), "tool_choice": {"type": forced},
                "output_config": {"effort": output.get("effort"), **(more.get("output_config") or {})}}
        kinds = {"reasoningContent": "thinking", "toolResult": "tool_result"}
        turns = [(role, [{"type": kinds.get(next(iter(block), ""))} for block in content if "cachePoint" not in block])
                 for role, content in turns]
        claude(body, model, turns[-1] if turns else ("user", []), turns, found)
        found.unless(BEFORE_4_6.search(model) or not turns or turns[-1][0] == "user", "%s takes no prefill", model)
    elif is_nova:
        known = {"inferenceConfig", "reasoningConfig"} if "nova-2" in model else {"inferenceConfig"}
        found.unless(set(more) <= known, "additionalModelRequestFields has %s", "/".join(more))
        for name, most in (("topK", 128),):
            value = (more.get("inferenceConfig") or {}).get(name)
            found.unless(value is None or 0 <= value <= most, "%s is not from 0 to %s", name, most)


def bedrock_pairs(turns, found):
    seen = set()
    for at, (role, content) in enumerate(turns):
        calls = [block["toolUse"].get("toolUseId") for block in content if "toolUse" in block]
        results = [block["toolResult"].get("toolUseId") for block in content if "toolResult" in block]
        found.unless(not seen & set(calls) and len(set(calls)) == len(calls), "a toolUseId stands twice")
        seen |= set(calls)
        before = [block["toolUse"].get("toolUseId") for block in turns[at - 1][1] if "toolUse" in block] if at else []
        if role == "user":
            found.unless(set(results) <= set(before), "a toolResult without its toolUse in the message before")
            found.unless(set(before) <= set(results), "a toolUse without its toolResult in the next message")
            found.unless(len(set(results)) == len(results), "two toolResults of one toolUse")
        found.unless(not calls or at < len(turns) - 1, "the last message has a toolUse and no result follows")


# --- Cohere ---


def cohere(body, model, found, language, sent):
    messages = body.get("messages") or []
    found.unless(messages, "there are no messages")
    for name, least, most in (("temperature", 0, 1), ("p", 0.01, 0.99), ("k", 0, 500), ("frequency_penalty", 0, 1),
                              ("presence_penalty", 0, 1), ("seed", 0, (1 << 64) - 1), ("max_tokens", 1, 1 << 31)):
        found.unless(body.get(name) is None or least <= body[name] <= most, "%s is not from %s to %s", name, least, most)
    found.unless(len(body.get("stop_sequences") or []) <= 5, "more than 5 stop_sequences")
    tools = [(tool.get("function") or {}).get("name") for tool in body.get("tools") or []]
    found.unless(not body.get("tool_choice") or tools, "tool_choice without tools")
    found.unless(not body.get("strict_tools") or tools, "strict_tools without tools")
    if (body.get("response_format") or {}).get("type") == "json_object":
        found.unless(not tools and not body.get("documents"), "response_format together with tools or documents")
    found.unless((body.get("thinking") or {}).get("token_budget") is None or body["thinking"]["token_budget"] > 0,
                 "thinking.token_budget is not positive")
    open_, answered = [], set()
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role == "tool":
            id_ = message.get("tool_call_id")
            found.unless(id_ in open_ and id_ not in answered,
            "a tool message without its call in the assistant's message before")
            answered.add(id_)
            continue
        found.unless(set(open_) == answered, "a tool call without its result")
        open_ = [call.get("id") for call in message.get("tool_calls") or []] if role == "assistant" else []
        found.unless(len(set(open_)) == len(open_), "a tool call's id stands twice")
        answered = set()
        parts = blocks(content)
        if role == "assistant":
            found.unless(open_ or parts, "an assistant's message with neither content nor tool_calls")
            for call in message.get("tool_calls") or []:
                try:
                    fine = isinstance(json.loads((call.get("function") or {}).get("arguments") or ""), dict)
                except ValueError:
                    fine = False
                found.unless(fine, "the arguments of a tool call are no JSON object")
        else:
            found.unless(parts, "a message of role %s has no content", role)
        if role == "user" and parts:
            found.unless(any(part.get("type") != "text" or part.get("text") for part in parts), "a user's message is empty")
    found.unless(set(open_) == answered, "a tool call without its result")


# --- Mistral ---


def mistral(body, model, found, language, sent):
    messages = body.get("messages") or []
    found.unless(messages, "there are no messages")
    last = messages[-1] if messages else {}
    found.unless(last.get("role") in ("user", "tool", "system") or last.get("prefix"),
                 "the last message is an assistant's without prefix")
    calls = 0
    for message in messages:
        if message.get("role") == "tool":
            found.unless(calls > 0, "a tool message without a call before it")
            calls -= 1
            continue
        found.unless(calls == 0, "a tool call without its result")
        calls = len(message.get("tool_calls") or [])
        for call in message.get("tool_calls") or []:
            found.unless(re.fullmatch("[a-zA-Z0-9]{9}", call.get("id") or ""),
            "the id of a tool call has not 9 letters and digits")
        if message.get("role") == "assistant":
            found.unless(message.get("content") or calls, "an assistant's message with neither content nor tool_calls")
