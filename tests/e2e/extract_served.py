"""Tools that a provider ran by itself, read from its recorded answer: what the items of a Responses answer must say of them.

`served` gives them in their order, as (kind of item, what it says); what OpenAI has no item for is `None`.
"""

import json

import extract
from answers import Answer
from framing import bodies, frames

SEARCH, CODE, MCP = "web_search_call", "code_interpreter_call", "mcp_call"


def served(chat):
    """Of a recorded chat."""
    if chat.status >= 400:
        return []
    reader = {"anthropic": anthropic, "gemini": gemini, "bedrock": bedrock}.get(chat.language, openai)
    return list(reader(chat))


def told(item):
    """What an item of a Responses answer says, in the same terms."""
    kind = item["type"]
    if kind == SEARCH:
        queries = item["action"].get("queries") or [item["action"].get("query")]
        return kind, [query for query in queries if query]
    if kind == CODE:
        logs = "".join(one.get("logs", "") for one in item["outputs"] or [])
        return kind, item["code"], logs
    if kind == MCP:
        return kind, item["server_label"], item["name"], json.loads(item["arguments"]), item["output"] or ""
    return kind, None


# --- https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview#server-tools ---


def anthropic(chat):
    """Web search, code execution (as a command of bash or as Python), and the MCP connector; others have no item."""
    message = extract.anthropic_stream(Answer(), chat.answer) if chat.streamed else json.loads(chat.answer)
    content = message["content"]
    results = {block["tool_use_id"]: block["content"] for block in content if "tool_use_id" in block}
    for block in content:
        if block["type"] not in ("server_tool_use", "mcp_tool_use"):
            continue
        given = json.loads(block["streamed"] or "{}") if block.get("streamed") is not None else block["input"]
        result, name = results.get(block["id"]), block["name"]
        if block["type"] == "mcp_tool_use":
            yield MCP, block["server_name"], name, given, "".join(one.get("text", "") for one in result or [])
        elif name == "web_search":
            yield SEARCH, [given["query"]]
        elif name in ("code_execution", "bash_code_execution"):
            result = result or {}
            yield CODE, given.get("code", given.get("command")), result.get("stdout", "") + result.get("stderr", "")
        else:
            yield None


# --- https://ai.google.dev/gemini-api/docs/code-execution, https://ai.google.dev/gemini-api/docs/google-search ---


def gemini(chat):
    """Code and its output, which is the part that follows; and of searches the words, which come with the grounding."""
    queries, runs = [], []
    for answer in [event for _, event in bodies(chat.answer)] if chat.streamed else [json.loads(chat.answer)]:
        for candidate in answer.get("candidates") or []:
            for part in (candidate.get("content") or {}).get("parts") or []:
                if "executableCode" in part:
                    runs.append([CODE, part["executableCode"]["code"], ""])
                elif "codeExecutionResult" in part:
                    runs[-1][2] += part["codeExecutionResult"].get("output", "")
                elif "toolCall" in part and part["toolCall"]["toolType"] != "GOOGLE_SEARCH_WEB":
                    runs.append(None)
            found = (candidate.get("groundingMetadata") or {}).get("webSearchQueries") or []
            queries += [query for query in found if query and query not in queries]
    yield from (run and tuple(run) for run in runs)
    if queries:
        yield SEARCH, queries


# --- https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-tools.html (system tools) ---


def bedrock(chat):
    answer = extract.bedrock_stream(Answer(), chat.answer) if chat.streamed else json.loads(chat.answer)
    content = answer["output"]["message"]["content"]
    results = {block["toolResult"]["toolUseId"]: block["toolResult"] for block in content if "toolResult" in block}
    for event in [json.loads(payload) for _, payload in frames(chat.answer)] if chat.streamed else ():
        if result := event.get("start", {}).get("toolResult"):
            at = result["toolUseId"]
        elif result := event.get("delta", {}).get("toolResult"):
            results[at].setdefault("content", []).extend(result)
    for block in content:
        use = block.get("toolUse") or {}
        if use.get("type") != "server_tool_use":
            continue
        given = json.loads(use["input"] or "{}") if isinstance(use["input"], str) else use["input"]
        result = [one.get("json") or {} for one in (results.get(use["toolUseId"]) or {}).get("content") or []]
        if use["name"] == "nova_code_interpreter":
            yield CODE, given["snippet"], "".join(one.get("stdOut", "") + one.get("stdErr", "") for one in result)
        elif use["name"] == "nova_grounding":
            yield SEARCH, [given["query"]] if given.get("query") else []
        else:
            yield None


# --- https://console.groq.com/docs/compound, https://docs.perplexity.ai/api-reference/chat-completions-post ---


def openai(chat):
    """Groq lists what its systems did; Perplexity searches for every answer and lists what it found."""
    tools, pages = {}, False
    for event in [event for _, event in bodies(chat.answer)] if chat.streamed else [json.loads(chat.answer)]:
        pages = pages or bool(event.get("search_results"))
        for choice in event.get("choices") or []:
            for tool in (choice.get("delta") or choice.get("message") or {}).get("executed_tools") or []:
                tools.setdefault(tool["index"], {}).update(tool)
    if chat.language == "perplexity" and pages:
        yield SEARCH, []
    for tool in tools.values():
        given = json.loads(tool.get("arguments") or "{}")
        yield (SEARCH, [given["query"]]) if tool["type"] == "search" else None
