"""Requests of Responses and completions as OpenAI's clients send them, one for each thing that is carried or refused by name.

A request that is fine by OpenAI may be refused only by the languages that `may_refuse` names (ANY: by all). One that is wrong, or
that needs what no bridge has, `blames` what the parameter that the refusal names must begin with (of several, with | between,
one). `leaves` are parts of the request that must be named as left out wherever it is sent on.
"""

import dataclasses
import json

from chat_requests import JPEG, LINK, PDF, PERSON, PNG, SIGNATURE, TEXT, WAV
from chat_requests import ANY as LANGUAGES

ANY = LANGUAGES | {"openai"}
# Whose models run which tools: https://platform.claude.com/docs/en/agents-and-tools, https://ai.google.dev/gemini-api/docs/tools,
# https://docs.aws.amazon.com/nova/latest/nova2-userguide. Of the others, and of some models of these, they are not to be had.
SEARCH = ANY - {"anthropic"}
CODE = ANY - {"anthropic", "gemini", "vertex"}
MCP = ANY - {"anthropic"}


@dataclasses.dataclass(frozen=True)
class Request:
    name: str
    body: dict | bytes
    may_refuse: frozenset = frozenset()
    blames: str | None = None
    leaves: tuple = ()

    def sent(self, model, **more):
        """The bytes that a client sends."""
        if isinstance(self.body, bytes):
            return self.body.replace(b"MODEL", json.dumps(model).encode())
        return json.dumps({"model": model, **self.body, **more}).encode()


REQUESTS, PROMPTS = [], []


def ask(name, input_="What is the capital of Peru?", may_refuse=frozenset(), leaves=(), **fields):
    REQUESTS.append(Request(name, {"input": input_, **fields}, frozenset(may_refuse), leaves=tuple(leaves)))


def wrong(name, blames, input_="Hi", **fields):
    body = {"input": input_, **fields}
    REQUESTS.append(Request(name, {one: value for one, value in body.items() if value is not ...}, blames=blames))


def prompt(name, prompt_="Once upon a time", may_refuse=frozenset(), blames=None, **fields):
    PROMPTS.append(Request(name, {"prompt": prompt_, **fields}, frozenset(may_refuse), blames))


# --- Words to say them with ---


def user(content, **more):
    return {"role": "user", "content": content, **more}


def said(words, **more):
    """A message of an earlier answer."""
    part = {"type": "output_text", "text": words, "annotations": [], "logprobs": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part], **more}


def text(words):
    return {"type": "input_text", "text": words}


def image(url=PNG, **more):
    return {"type": "input_image", "image_url": url, "detail": "auto", **more}


def call(id_="call_1", name="weather", arguments='{"city":"Lima"}', **more):
    return {"type": "function_call", "id": "fc_" + id_, "call_id": id_, "name": name, "arguments": arguments,
            "status": "completed", **more}


def result(id_="call_1", output="19 °C", **more):
    return {"type": "function_call_output", "call_id": id_, "output": output, **more}


def thought(*summary, **more):
    return {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": one} for one in summary], **more}


def function(name="weather", **more):
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
    return {"type": "function", "name": name, "description": "Tells of %s." % name, "parameters": parameters, "strict": False, **more}


def formatted(**more):
    return {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True, **more}}


ASKED = user("How warm is it in Lima, and what time?")
LOOP = [ASKED, call(), result()]
WEATHER, TIME = function(), function("local_time")
CUSTOM = {"type": "custom", "name": "shout", "description": "Shouts it."}
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: \"a\"+"}
SERVER = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.com/sse", "require_approval": "never"}
LIMA = {"type": "approximate", "city": "Lima", "country": "PE", "region": "Lima", "timezone": "America/Lima"}

# --- Input ---

ask("plain")
ask("plain streamed", stream=True)
ask("stream options", stream=True, stream_options={"include_obfuscation": False})
ask("one message", [user("Hi")])
ask("a message with its type", [{"type": "message", **user("Hi")}])
ask("a text part", [user([text("Hi")])])
ask("text parts", [user([text("Hi."), text("Who are you?")])])
ask("instructions", "Hi", instructions="Be brief.")
ask("instructions and a developer", [{"role": "developer", "content": "Be kind."}, user("Hi")], instructions="Be brief.")
ask("a system message of parts", [{"role": "system", "content": [text("Be brief.")]}, user("Hi")])
ask("a developer later", [user("Hi"), said("Hello!"), {"role": "developer", "content": "Now be brief."}, user("Who are you?")])
ask("turns", [user("Hi"), said("Hello!"), user("Who are you?")])
ask("turns of plain text", [user("Hi"), {"role": "assistant", "content": "Hello!"}, user("Who are you?")])
ask("an answer of two parts", [user("Hi"), said("", content=[
    {"type": "output_text", "text": one, "annotations": []} for one in ("Hello!", "And welcome.")]), user("Who are you?")])
ask("a refusal of before", [user("Hi"), said("", content=[{"type": "refusal", "refusal": "I will not."}]), user("Why?")])
ask("two users in a row", [user("Hi"), user("Who are you?")])
ask("an answer last", [user("Count to three."), said("One, two,")], may_refuse=ANY)
ask("an image", [user([text("What is this?"), image()])], may_refuse={"bedrock", "cohere", "openai"})
ask("an image by its address", [user([text("What is this?"), image(LINK)])], may_refuse=ANY)
ask("an image in detail", [user([text("What is this?"), image(JPEG, detail="high")])], may_refuse={"bedrock", "cohere", "openai"})
ask("an image of a file", [user([text("What?"), {"type": "input_image", "file_id": "file-1", "detail": "auto"}])], may_refuse=ANY)
ask("a document", [user([text("What?"), {"type": "input_file", "filename": "a.pdf", "file_data": PDF}])], may_refuse=ANY)
ask("a text file", [user([text("What?"), {"type": "input_file", "filename": "a.txt", "file_data": TEXT}])], may_refuse=ANY)
ask("a document by its address", [user([text("What?"), {"type": "input_file", "file_url": "https://example.com/a.pdf"}])],
    may_refuse=ANY)
ask("a document of a file", [user([text("What?"), {"type": "input_file", "file_id": "file-1"}])], may_refuse=ANY)
ask("sound", [user([text("What?"), {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}])], may_refuse=ANY)
ask("a user's content of an answer's part", [user([{"type": "output_text", "text": "Hi", "annotations": []}])], may_refuse=ANY)

# --- Calls and what came of them ---

ask("a loop", LOOP, tools=[WEATHER])
ask("a loop with more to ask", [*LOOP, user("And tomorrow?")], tools=[WEATHER])
ask("a loop without ids of items", [ASKED, {name: one for name, one in call().items() if name not in ("id", "status")}, result()],
    tools=[WEATHER])
ask("a loop with words before the call", [ASKED, said("Let me see."), call(), result()], tools=[WEATHER])
ask("two calls at once", [ASKED, call(), call("call_2", "local_time"), result(), result("call_2", "noon")], tools=[WEATHER, TIME])
ask("results in another order", [ASKED, call(), call("call_2", "local_time"), result("call_2", "noon"), result()],
    tools=[WEATHER, TIME])
ask("two rounds", [*LOOP, call("call_2", "local_time"), result("call_2", "noon")], tools=[WEATHER, TIME])
ask("calls by turns", [ASKED, call(), result(), call("call_2", "local_time"), result("call_2", "noon"), said("19 °C at noon."),
                       user("Thanks. And in Cusco?")], tools=[WEATHER, TIME])
ask("a result of parts", [ASKED, call(), result(output=[text("19 °C"), text("and windy")])], tools=[WEATHER])
ask("a result with an image", [ASKED, call(), result(output=[text("See"), image()])], tools=[WEATHER], may_refuse=ANY)
ask("a result with a file", [ASKED, call(), result(output=[{"type": "input_file", "filename": "a.pdf", "file_data": PDF}])],
    tools=[WEATHER], may_refuse=ANY)
ask("an empty result", [ASKED, call(), result(output="")], tools=[WEATHER])
ask("arguments of nothing", [ASKED, call(arguments="{}"), result()], tools=[WEATHER])
ask("a loop without its tools", LOOP, may_refuse=ANY)
ask("a custom tool's loop", [user("Shout hi"), {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "shout",
                             "input": "hi there"}, {"type": "custom_tool_call_output", "call_id": "call_1", "output": "HI"}],
    tools=[CUSTOM])

# --- Reasoning, of before and now ---

ask("thoughts of before", [ASKED, thought("The user asks of Lima."), call(), result()], tools=[WEATHER])
ask("thoughts of nothing", [ASKED, thought(), call(), result()], tools=[WEATHER])
ask("OpenAI's own thoughts", [ASKED, thought(encrypted_content="gAAAAABo"), call(), result()], tools=[WEATHER],
    leaves=["input[1].encrypted_content"])
ask("thoughts in full", [user("Hi"), thought(content=[{"type": "reasoning_text", "text": "They greet me."}]), said("Hello!"),
                         user("Why?")])
ask("thoughts of this proxy", [ASKED, thought("The user asks.", encrypted_content="orq1:s:%s:" % "anthropic" + SIGNATURE),
                               call(), result()], tools=[WEATHER])
ask("thoughts that the provider hides", [ASKED, thought(encrypted_content="orq1:r:anthropic:" + SIGNATURE), call(), result()],
    tools=[WEATHER])
ask("a call's own signature", [ASKED, thought(encrypted_content="orq1:c:gemini:" + SIGNATURE), call(), result()], tools=[WEATHER])
for _effort in ("none", "minimal", "low", "medium", "high", "xhigh"):
    ask("effort " + _effort, reasoning={"effort": _effort}, may_refuse=ANY)
for _summary in ("auto", "concise", "detailed"):
    ask("a summary " + _summary, reasoning={"effort": "low", "summary": _summary})
ask("a summary alone", reasoning={"summary": "auto"})
ask("reasoning of nothing", reasoning={"effort": None, "summary": None})
ask("thinking", thinking={"type": "enabled", "budget_tokens": 2048}, max_output_tokens=4096)

# --- Tools ---

ask("a function", ASKED["content"], tools=[WEATHER])
ask("a strict function", tools=[function(strict=True)])
ask("a function without strict", tools=[{name: one for name, one in WEATHER.items() if name != "strict"}])
ask("a function of nulls", tools=[function(strict=None, description=None)])
ask("a function without parameters", tools=[function(parameters=None)])
ask("a custom tool", tools=[CUSTOM])
ask("a custom tool of text", tools=[{**CUSTOM, "format": {"type": "text"}}])
ask("a custom tool with a grammar", tools=[{**CUSTOM, "format": GRAMMAR}], leaves=["tools[0].format"])
for _choice in ("auto", "none", "required"):
    ask("choice " + _choice, tools=[WEATHER], tool_choice=_choice)
ask("choice of a function", tools=[WEATHER, TIME], tool_choice={"type": "function", "name": "weather"})
ask("choice of a custom tool", tools=[WEATHER, CUSTOM], tool_choice={"type": "custom", "name": "shout"})
for _mode in ("auto", "required"):
    ask("choice of allowed tools, " + _mode, tools=[WEATHER, TIME], tool_choice={
        "type": "allowed_tools", "mode": _mode, "tools": [{"type": "function", "name": "weather"}]})
ask("one call at a time", tools=[WEATHER], parallel_tool_calls=False)
ask("calls at once", tools=[WEATHER], parallel_tool_calls=True)
ask("a limit of calls", tools=[WEATHER], max_tool_calls=3)
ask("a limit of searches", tools=[{"type": "web_search"}], max_tool_calls=3, may_refuse=SEARCH)
for _kind in ("web_search", "web_search_preview", "web_search_2025_08_26"):
    ask(_kind, tools=[{"type": _kind}], may_refuse=SEARCH)
ask("a search of domains", tools=[{"type": "web_search", "filters": {"allowed_domains": ["example.com"]}}], may_refuse=SEARCH)
ask("a search by its size", tools=[{"type": "web_search", "search_context_size": "low"}], may_refuse=SEARCH)
ask("a search from a place", tools=[{"type": "web_search", "user_location": LIMA}], may_refuse=SEARCH)
ask("a search beside a function", tools=[{"type": "web_search"}, WEATHER], may_refuse=SEARCH)
ask("a search that must be", tools=[{"type": "web_search_preview"}], tool_choice={"type": "web_search_preview"}, may_refuse=ANY)
ask("a search and its sources", tools=[{"type": "web_search"}], include=["web_search_call.action.sources"], may_refuse=SEARCH)
ask("code", tools=[{"type": "code_interpreter", "container": {"type": "auto"}}], may_refuse=CODE)
ask("code in a container", tools=[{"type": "code_interpreter", "container": "cntr_1"}], may_refuse=ANY)
ask("code with files", tools=[{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}], may_refuse=ANY)
ask("an MCP server", tools=[SERVER], may_refuse=MCP)
ask("an MCP server with a key", tools=[{**SERVER, "authorization": "a-token", "allowed_tools": ["search"]}], may_refuse=MCP)
ask("an MCP server that asks", tools=[{**SERVER, "require_approval": "always"}], may_refuse=ANY)
ask("a connector", tools=[{"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail", "authorization": "a"}],
    may_refuse=ANY)
ask("a search of files", tools=[{"type": "file_search", "vector_store_ids": ["vs_1"]}], may_refuse=ANY)
ask("a picture to make", tools=[{"type": "image_generation"}], may_refuse=ANY)
ask("a shell", tools=[{"type": "local_shell"}], may_refuse=ANY)
ask("a computer", tools=[{"type": "computer_use_preview", "display_width": 1024, "display_height": 768, "environment": "browser"}],
    may_refuse=ANY)
ask("the records of a search", [user("Who won?"), {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {
    "type": "search", "query": "who won"}}, said("Peru."), user("When?")], leaves=["input[1]"])
ask("the records of code", [user("1+1?"), {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "1+1",
    "container_id": "c", "outputs": [{"type": "logs", "logs": "2"}]}, said("2."), user("And 2+2?")], leaves=["input[1]"])

# --- Form, measure and the rest ---

ask("text", text={"format": {"type": "text"}})
ask("JSON", "A person, in JSON", text={"format": {"type": "json_object"}}, may_refuse=ANY)
ask("a schema", text=formatted())
ask("a schema that is not strict", text=formatted(strict=False, description="Of a person."))
ask("a schema beside a function", text=formatted(), tools=[WEATHER], may_refuse=ANY)
for _verbosity in ("low", "high"):
    ask("verbosity " + _verbosity, text={"verbosity": _verbosity})
ask("a measure", max_output_tokens=200, temperature=0.5)
ask("a nucleus", top_p=0.9)
ask("probabilities", top_logprobs=3, include=["message.output_text.logprobs"], may_refuse=ANY)
ask("probabilities alone", top_logprobs=2, may_refuse=ANY)
ask("metadata", metadata={"run": "7"}, user="u-1")
ask("a safety identifier", safety_identifier="s-1", prompt_cache_key="k-1")
ask("a tier", service_tier="flex", may_refuse=ANY)
ask("truncation auto", truncation="auto", leaves=["truncation"])
ask("truncation disabled", truncation="disabled", background=False, previous_response_id=None, conversation=None, prompt=None)
ask("stored", store=True)
ask("not stored", store=False, include=["reasoning.encrypted_content"])
ask("nulls", **dict.fromkeys(("instructions", "max_output_tokens", "metadata", "reasoning", "temperature", "text", "tools", "top_p",
                              "tool_choice", "user", "truncation", "include", "store", "stream", "parallel_tool_calls")))
ask("further parameters", top_k=20, seed=7, may_refuse=ANY)
ask("a member that nobody knows", aura="bright", may_refuse=ANY)
ask("much at once", LOOP, instructions="Be brief.", tools=[WEATHER, TIME], text={"verbosity": "low"}, max_output_tokens=900,
    temperature=1, metadata={"a": "b"}, reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], store=False,
    stream=True, parallel_tool_calls=False, truncation="disabled")

# --- What no bridge has, and what is wrong ---

wrong("a response of before", "previous_response_id", previous_response_id="resp_1")
wrong("a conversation", "conversation", conversation="conv_1")
wrong("a prompt of a store", "prompt", prompt={"id": "pmpt_1"})
wrong("in the background", "background", background=True)
wrong("an item by its id", "input[1]", [user("Hi"), {"type": "item_reference", "id": "msg_1"}])
wrong("a computer's picture", "input[1]", [user("Hi"), {"type": "computer_call_output", "call_id": "c", "output": {
    "type": "computer_screenshot", "image_url": PNG}}])
wrong("a shell's output", "input[1]", [user("Hi"), {"type": "local_shell_call_output", "id": "c", "output": "x"}])
wrong("an approval", "input[1]", [user("Hi"), {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True}])
wrong("a result without its call", "input", [user("Hi"), result("call_9")], tools=[WEATHER])
wrong("no input", "input", ...)
wrong("input null", "input", None)
wrong("input of a wrong type", "input", 7)
wrong("no items", "input", [])
wrong("an item of a wrong type", "input[0]", ["Hi"])
wrong("an item that nobody knows", "input[0]", [{"type": "aura", "glow": 1}])
wrong("a message without content", "input[0]", [{"role": "user"}])
wrong("a role that nobody knows", "input[0]", [{"role": "oracle", "content": "Hi"}])
wrong("a part that nobody knows", "input[0]", [user([{"type": "aura"}])])
wrong("a part without its text", "input[0]", [user([{"type": "input_text"}])])
wrong("an image without anything", "input[0]", [user([{"type": "input_image", "detail": "auto"}])])
wrong("a call without a name", "input[1]", [ASKED, {"type": "function_call", "call_id": "c", "arguments": "{}"}, result("c")])
wrong("a result without call_id", "input[2]", [ASKED, call(), {"type": "function_call_output", "output": "x"}], tools=[WEATHER])
wrong("tools of a wrong type", "tools", tools={"type": "function"})
wrong("a function without a name", "tools[0]", tools=[{"type": "function", "parameters": {}}])
wrong("a tool that nobody knows", "tools[0]", tools=[{"type": "aura"}])
wrong("a tool of a chat", "tools[0]", tools=[{"type": "function", "function": {"name": "weather"}}])
wrong("choice that nobody knows", "tool_choice", tools=[WEATHER], tool_choice="sometimes")
wrong("choice of a function that is not there", "tool_choice", tools=[WEATHER], tool_choice={"type": "function", "name": "x"})
wrong("temperature of a wrong type", "temperature", temperature="warm")
wrong("max_output_tokens of a wrong type", "max_output_tokens", max_output_tokens="many")
wrong("max_output_tokens below 1", "max_output_tokens", max_output_tokens=-1)
wrong("text of a wrong type", "text", text="json")
wrong("a format that nobody knows", "text.format", text={"format": {"type": "yaml"}})
wrong("a schema of a wrong type", "text.format", text=formatted(schema="object"))
wrong("reasoning of a wrong type", "reasoning", reasoning="hard")
wrong("stream of a wrong type", "stream", stream="yes")
wrong("instructions of a wrong type", "instructions", instructions=7)

# --- Completions ---

prompt("a prompt")
prompt("a prompt in an array", ["Once upon a time"])
prompt("a prompt streamed", stream=True, stream_options={"include_usage": True})
prompt("a measure", max_tokens=100, temperature=0.5)
prompt("a nucleus", top_p=0.9)
prompt("stops", stop=["\n", "END"])
prompt("penalties", frequency_penalty=0.5, presence_penalty=0.5)
prompt("a seed", seed=7, user="u-1")
prompt("an echo", echo=True)
prompt("two", n=2, may_refuse=ANY)
prompt("the best of one", best_of=1)
prompt("probabilities", logprobs=3, may_refuse=ANY)
prompt("a bias", logit_bias={"50256": -100}, may_refuse=ANY)
prompt("nulls", suffix=None, best_of=None, logprobs=None, stop=None, max_tokens=None, echo=None, stream=None)
prompt("two prompts", ["a", "b"], blames="prompt")
prompt("tokens", [1, 2, 3], blames="prompt")
prompt("tokens in an array", [[1, 2, 3]], blames="prompt")
prompt("no prompts", [], blames="prompt")
prompt("a prompt of a wrong type", 7, blames="prompt")
prompt("a suffix", suffix="the end.", blames="suffix")
prompt("the best of many", best_of=3, blames="best_of")
prompt("an echo with probabilities", echo=True, logprobs=2, blames="echo|logprobs")
prompt("max_tokens of a wrong type", max_tokens="many", blames="max_tokens")
