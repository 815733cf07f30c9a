"""Google's Gemini API, https://ai.google.dev/api/generate-content, and the same of Vertex AI,
https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse.

Names of members are taken in both forms that the service takes, `maxOutputTokens` and `max_output_tokens`.
"""

from __future__ import annotations

import re

import gemini_media
from answers import Stream, as_json, count, dumps, words
from checks import Violation
from shapes import compare, decode, join, listed, number, one_of, text as text_like
from turn import CITED, SOURCE, Turn, blob, canonical, reply, sign

STREAM_TYPE = "text/event-stream"
ID_HEADER = None
STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    422: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED", 529: "UNAVAILABLE",
}
KNOWN = {
    "context-length": (400, "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576)."),
    "quota": (429, "You exceeded your current quota, please check your plan and billing details. For more information on this "
                   "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."),
    "bad-key": (400, "API key not valid. Please pass a valid API key."),
    "no-model": (404, "models/no-such-model is not found for API version v1beta, or is not supported for generateContent. Call "
                      "ListModels to see the list of available models and their supported methods."),
    "overloaded": (503, "The model is overloaded. Please try again later."),
}
# Signatures that stand for calls that another model made, `_` read as `/`: ai.google.dev/gemini-api/docs/thought-signatures.
FOREIGN = {"context/engineering/is/the/way/to/go", "skip/thought/signature/validator"}

# Shapes

BLOB = {"mimeType": text_like(r"[a-z]+/[-+.\w]+", "a media type"), "data": str, "displayName?": str}
RESPONSE = {"id?": str, "name": str, "response": dict, "parts?": list, "willContinue?": bool, "scheduling?": str}
DATA = {
    "text": str, "inlineData": BLOB, "fileData": {"mimeType?": str, "fileUri": str, "displayName?": str},
    "functionCall": {"id?": str, "name": str, "args?": dict}, "functionResponse": RESPONSE,
    "executableCode": {"id?": str, "language": str, "code": str},
    "codeExecutionResult": {"id?": str, "outcome": str, "output?": str}, "toolCall": dict, "toolResponse": dict,
}
PART = one_of(DATA, {"thought?": bool, "thoughtSignature?": str, "videoMetadata?": dict, "mediaResolution?": dict,
                     "partMetadata?": dict, "speechMetadata?": {"style?": str, "speaker?": str}})
CONTENT = {"role?": {"user", "model", "function"}, "parts": listed(PART, 1)}
NAME = text_like(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}", "a name that begins with a letter or an underscore")
FUNCTION = {"name": NAME, "description?": str, "parameters?": dict, "parametersJsonSchema?": object, "response?": dict,
            "responseJsonSchema?": object, "behavior?": str}
SEARCH = {"searchTypes?": dict, "timeRangeFilter?": dict, "excludeDomains?": [str], "blockingConfidence?": str}
FILES = {"fileSearchStoreNames": listed(text_like(r"fileSearchStores/\S+", "a store of files"), 1), "topK?": number(int, 1),
         "metadataFilter?": str}
SERVER = {"name?": str, "streamableHttpTransport": {
    "url": text_like(r"https?://\S+", "an address"), "headers?": dict, "timeout?": str, "sseReadTimeout?": str,
    "terminateOnClose?": bool}}
TOOL = {"functionDeclarations?": [FUNCTION], "googleSearch?": SEARCH, "googleSearchRetrieval?": dict, "codeExecution?": {},
        "urlContext?": {}, "enterpriseWebSearch?": dict, "googleMaps?": dict, "retrieval?": dict, "fileSearch?": FILES,
        "computerUse?": dict, "mcpServers?": listed(SERVER, 1)}
# What google-genai's types say that one of the two platforms does not know.
FOREIGN_TOOLS = {True: {"fileSearch", "mcpServers"}, False: {"enterpriseWebSearch", "retrieval"}}
CONFIG = {
    "temperature?": number(float, 0, 2), "topP?": number(float, 0, 1), "topK?": number(float, 1),
    "candidateCount?": number(int, 1, 8), "maxOutputTokens?": number(int, 1), "stopSequences?": listed(str, 0, 5),
    "responseLogprobs?": bool, "logprobs?": number(int, 0, 20), "presencePenalty?": number(float, -2, 2),
    "frequencyPenalty?": number(float, -2, 2), "seed?": number(int, -(1 << 31), (1 << 31) - 1),
    "responseMimeType?": {"text/plain", "application/json", "text/x.enum"}, "responseSchema?": dict,
    "responseJsonSchema?": object, "responseModalities?": [{"TEXT", "IMAGE", "AUDIO"}], "mediaResolution?": str,
    "speechConfig?": dict, "imageConfig?": dict, "routingConfig?": dict, "audioTimestamp?": bool,
    "enableEnhancedCivicAnswers?": bool, "thinkingConfig?": {
        "includeThoughts?": bool, "thinkingBudget?": number(int, -1, 32768),
        "thinkingLevel?": {level for name in ("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH") for level in (name, name.lower())}},
}
TOP = {
    "contents": listed(CONTENT, 1), "systemInstruction?": CONTENT, "tools?": [TOOL], "generationConfig?": CONFIG,
    "toolConfig?": {"functionCallingConfig?": {"mode?": {"AUTO", "ANY", "NONE", "VALIDATED"}, "allowedFunctionNames?": [str]},
                    "retrievalConfig?": dict, "includeServerSideToolInvocations?": bool},
    "safetySettings?": [{"category": (str, int), "threshold": (str, int), "method?": str}], "cachedContent?": str, "labels?": dict,
    "serviceTier?": str, "store?": bool, "modelArmorConfig?": dict, "model?": str,
}
SCHEMA = {
    "type": {name for kind in ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL") for name in (kind, kind.lower())},
    "format": str, "title": str, "description": str, "nullable": bool, "enum": [str], "maxItems": object, "minItems": object,
    "properties": dict, "required": [str], "minProperties": object, "maxProperties": object, "minLength": object,
    "maxLength": object, "pattern": str, "example": object, "anyOf": list, "propertyOrdering": [str], "default": object,
    "items": dict, "minimum": float, "maximum": float,
}
OPEN = {"args", "headers", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels",
        "partMetadata", "properties"}


def camel(value):
    """The same as the service reads it: its other spelling of names undone, where the names are its own, and nulls absent."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_([a-z])", lambda found: found.group(1).upper(), name): item for name, item in value.items()
             if item is not None}
    return {name: item if name in OPEN else camel(item) for name, item in named.items()}


# Checks

def check(request, target) -> None:
    if request.header("x-goog-api-key"):
        if target.vertex and not target.express:
            raise Violation("API keys are not supported by this API. Expected OAuth2 access token", "x-goog-api-key", 401)
    elif not re.fullmatch(r"Bearer \S+", request.header("authorization")):
        raise Violation("Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
                        "other form of API consumer identity to call this API.", "x-goog-api-key", 403)
    if "key=" in request.query:
        raise Violation("the key stands in the URL, where logs keep it", "key")
    if target.stream and "alt=sse" not in request.query.split("&"):
        raise Violation("alt=sse is missing, so the stream would be an array of JSON", "alt")
    fields = request.chat = camel(request.json)
    compare(fields, TOP, "")
    config = fields.get("generationConfig") or {}
    for at, content in enumerate(fields["contents"]):
        check_content(content, "contents[%d]" % at, target)
    check_turns(fields["contents"])
    check_signatures(fields["contents"], target.model)
    if generation(target.model) >= 3.6 and fields["contents"][-1].get("role") == "model":
        raise Violation("Requests ending with a model turn are not supported.", "contents")
    if target.vertex and "store" in fields or not target.vertex and "labels" in fields:
        raise Violation("Invalid JSON payload received. Unknown name \"%s\": Cannot find field." % ("store" if target.vertex else "labels"))
    declared = check_tools(fields, target)
    check_config(config, declared, target)
    check_thinking(config.get("thinkingConfig"), target.model)
    if gemini_media.asked(fields):
        gemini_media.check(fields, target)


def check_content(content, where: str, target) -> None:
    if target.vertex and content.get("role") not in ("user", "model"):
        raise Violation("Please use a valid role: user, model.", where)
    for at, part in enumerate(content["parts"]):
        here = "%s.parts[%d]" % (where, at)
        if part.get("text") == "" and target.vertex and "thoughtSignature" not in part:
            raise Violation("Unable to submit request because it must have a text parameter with something in it: %s" % here, here)
        if "inlineData" in part:
            decode(standard(part["inlineData"]["data"]), part["inlineData"]["mimeType"], here + ".inline_data")
        if "fileData" in part and target.vertex and "mimeType" not in part["fileData"]:
            raise Violation("Unable to submit request because the mimeType of a file is missing: %s" % here, here)


def kinds(content, name: str) -> list:
    return [part[name] for part in content["parts"] if name in part]


def check_turns(contents: list) -> None:
    for at, content in enumerate(contents):
        called, answered = kinds(content, "functionCall"), kinds(content, "functionResponse")
        role = content.get("role", "user")
        if called and role != "model":
            raise Violation("contents[%d]: function calls stand in the role model" % at, "contents")
        if answered and role == "model":
            raise Violation("contents[%d]: function responses stand in the role user" % at, "contents")
        if called and at and contents[at - 1].get("role", "user") == "model" or called and not at:
            raise Violation("Please ensure that function call turn comes immediately after a user turn or after a function response "
                            "turn.", "contents")
        before = kinds(contents[at - 1], "functionCall") if at else []
        if answered:
            if len(answered) != len(before):
                raise Violation("Please ensure that the number of function response parts is equal to the number of function call "
                                "parts of the function call turn.", "contents")
            if sorted(one["name"] for one in answered) != sorted(one["name"] for one in before):
                raise Violation("Please ensure that function responses have the names of the function calls: %s and %s"
                                % ([one["name"] for one in answered], [one["name"] for one in before]), "contents")
            ids = {one["id"] for one in before if "id" in one}
            if {one["id"] for one in answered if "id" in one} - ids and ids:
                raise Violation("contents[%d]: a function response has the id of no function call" % at, "contents")
        if called and at + 1 < len(contents) and not kinds(contents[at + 1], "functionResponse"):
            raise Violation("Please ensure that function response turn comes immediately after a function call turn.", "contents")


def standard(data: str) -> str:
    """Bytes are taken in both alphabets of base64; this is the one of `+` and `/`."""
    return data.replace("-", "+").replace("_", "/")


def call_signature(call) -> str:
    return sign("call", call["name"], canonical(call.get("args") or {}))


def check_signatures(contents: list, model: str) -> None:
    """A signature that comes back must be the one that was given; gemini-3 wants the one of its first call in every step."""
    current = 0
    for at, content in enumerate(contents):
        if content.get("role", "user") != "model" and not kinds(content, "functionResponse"):
            current = at
    for at, content in enumerate(contents):
        words_said = "".join(part["text"] for part in content["parts"] if "text" in part and not part.get("thought"))
        first = True
        for position, part in enumerate(content["parts"]):
            signature = standard(part["thoughtSignature"]) if "thoughtSignature" in part else None
            if "functionCall" in part:
                if signature is None and first and generation(model) >= 3 and at > current:
                    raise Violation("Function call is missing a thought_signature in functionCall parts. This is required for tools "
                                    "to work correctly, and missing thought_signature may lead to degraded model performance. "
                                    "Additional data, function call `default_api:%s` , position %d."
                                    % (part["functionCall"]["name"], position), "contents")
                right, first = call_signature(part["functionCall"]), False
            elif "executableCode" in part:
                right = sign("code", part["executableCode"]["code"])
            elif "toolCall" in part or "toolResponse" in part:
                right = sign("tool", (part.get("toolCall") or part["toolResponse"])["id"])
            else:
                right = sign("text", words_said)
            if signature is not None and signature not in FOREIGN and signature != right:
                raise Violation("Corrupted thought signature. contents[%d].parts[%d]" % (at, position), "contents")


def generation(model: str) -> float:
    found = re.search(r"gemini-(\d+(?:\.\d+)?)", model)
    return float(found.group(1)) if found else 0


def check_tools(fields, target) -> list:
    declared: list = []
    others = set()
    for at, tool in enumerate(fields.get("tools") or []):
        for position, function in enumerate(tool.get("functionDeclarations") or []):
            where = "tools[%d].function_declarations[%d]" % (at, position)
            if "parameters" in function and "parametersJsonSchema" in function:
                raise Violation("%s: parameters and parameters_json_schema are both there" % where, where)
            if "parameters" in function:
                check_schema(function["parameters"], where + ".parameters", target)
            declared.append(function["name"])
        others |= {name for name in tool if name != "functionDeclarations"}
        for name in FOREIGN_TOOLS[bool(target.vertex)] & set(tool):
            raise Violation("Invalid JSON payload received. Unknown name \"%s\" at 'tools[%d]': Cannot find field." % (name, at), "tools")
        if "excludeDomains" in tool.get("googleSearch", {}) and not target.vertex:
            raise Violation("exclude_domains parameter is not supported in Gemini API.", "tools")
    if len(set(declared)) != len(declared):
        raise Violation("Duplicate function declaration found: %s" % declared, "tools")
    config = fields.get("toolConfig") or {}
    calling = config.get("functionCallingConfig") or {}
    if declared and others and generation(target.model) < 3:
        raise Violation("Tool use with function calling is unsupported", "tools")
    if "includeServerSideToolInvocations" in config and target.vertex:
        raise Violation("Invalid JSON payload received. Unknown name \"includeServerSideToolInvocations\" at 'tool_config': Cannot find "
                        "field.", "toolConfig")
    if declared and others and not target.vertex:
        if not config.get("includeServerSideToolInvocations"):
            raise Violation("Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.",
                            "toolConfig")
        if calling.get("mode", "AUTO") == "AUTO":
            raise Violation("Function calling mode AUTO is not supported with server side tool invocations.", "toolConfig")
    allowed = calling.get("allowedFunctionNames") or []
    if allowed and calling.get("mode") not in ("ANY", "VALIDATED"):
        raise Violation("Allowed function names should only be set when the function calling mode is ANY.", "toolConfig")
    if set(allowed) - set(declared):
        raise Violation("allowed_function_names names functions that are not declared: %s" % allowed, "toolConfig")
    if calling.get("mode") in ("ANY", "VALIDATED") and not declared:
        raise Violation("Function calling config is set without function_declarations.", "toolConfig")
    return declared


def check_schema(schema, where: str, target) -> None:
    """The part of OpenAPI's schemas that `Schema` is; Vertex AI's also has three names of JSON Schema."""
    if not isinstance(schema, dict):
        raise Violation("Invalid value at '%s'" % where, where)
    known = dict(SCHEMA, **({"additionalProperties": object, "ref": str, "defs": dict} if target.vertex else {}))
    for name in camel(dict.fromkeys(schema, 0)):
        if name not in known:
            raise Violation("Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field." % (name, where), where)
    for name, value in zip(camel(dict.fromkeys(schema, 0)), schema.values()):
        compare(value, known[name], join(where, name))
    kind = str(schema.get("type", "")).lower()
    if kind == "array" and "items" not in schema and not target.vertex:
        raise Violation("%s.items: missing field." % where, where)
    if "enum" in schema and kind not in ("string", ""):
        raise Violation("%s.enum: only allowed for STRING type" % where, where)
    if kind == "string" and schema.get("format") not in (None, "enum", "date-time"):
        raise Violation("%s.format: only 'enum' and 'date-time' are supported for STRING type" % where, where)
    for name, inner in (schema.get("properties") or {}).items():
        check_schema(inner, "%s.properties[%s]" % (where, name), target)
    for name in schema.get("required") or []:
        if name not in (schema.get("properties") or {}):
            raise Violation("%s.required: property is not defined: %s" % (where, name), where)
    if "items" in schema:
        check_schema(schema["items"], where + ".items", target)
    for at, inner in enumerate(schema.get("anyOf") or schema.get("any_of") or []):
        check_schema(inner, "%s.any_of[%d]" % (where, at), target)


def check_config(config, declared, target) -> None:
    if "responseSchema" in config:
        check_schema(config["responseSchema"], "generation_config.response_schema", target)
    if "responseSchema" in config and "responseJsonSchema" in config:
        raise Violation("generation_config.response_json_schema: response_schema must not be set, too", "responseSchema")
    if generation(target.model) >= 3.6 and {"presencePenalty", "frequencyPenalty"} & set(config):
        raise Violation("Penalty is not enabled for this model", "generationConfig")
    kind = config.get("responseMimeType", "text/plain")
    if kind == "text/plain" and ("responseSchema" in config or "responseJsonSchema" in config):
        raise Violation("Response schema is only supported with a response mime type of application/json", "responseMimeType")
    if kind == "application/json" and declared and generation(target.model) < 3:
        raise Violation("Function calling with a response mime type: 'application/json' is unsupported", "responseMimeType")
    if "logprobs" in config and not config.get("responseLogprobs"):
        raise Violation("logprobs is set, but response_logprobs is not", "logprobs")


def check_thinking(thinking, model: str) -> None:
    if thinking is None:
        return
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    version = generation(model)
    if level is not None and budget is not None:
        raise Violation("You can only set one of thinking budget and thinking level.", "thinkingConfig")
    if version and version < 2.5:
        raise Violation("Unable to submit request because thinking is not supported by this model.", "thinkingConfig")
    if level is not None and version == 2.5:
        raise Violation("Thinking level is not supported for this model.", "thinkingConfig.thinkingLevel")
    if version == 2.5 and budget not in (None, -1):
        low, high = (128, 32768) if "pro" in model else (512, 24576) if "lite" in model else (0, 24576)
        if not (low <= budget <= high or budget == 0 and "pro" not in model):
            raise Violation("The thinking budget %d is invalid. Please choose a value between %d and %d." % (budget, low, high),
                            "thinkingConfig.thinkingBudget")
    if version >= 3 and "pro" in model and budget == 0:
        raise Violation("Budget 0 is invalid. This model only works in thinking mode.", "thinkingConfig.thinkingBudget")
    if version >= 3 and "pro" in model and str(level).upper() == "MINIMAL":
        raise Violation("Thinking level MINIMAL is not supported for this model.", "thinkingConfig.thinkingLevel")


# Answers

def turn_of(fields) -> Turn:
    content = fields["contents"][-1]
    prefill = ""
    if content.get("role") == "model" and len(fields["contents"]) > 1:
        prefill, content = describe(content), fields["contents"][-2]
    config = fields.get("generationConfig") or {}
    calling = (fields.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode = {"ANY": "any", "NONE": "none"}.get(calling.get("mode", "AUTO"), "auto")
    allowed = calling.get("allowedFunctionNames")
    tools, searches = [], False
    for tool in fields.get("tools") or []:
        searches = searches or "googleSearch" in tool
        for function in tool.get("functionDeclarations") or []:
            if not allowed or function["name"] in allowed:
                tools.append((function["name"], function.get("parametersJsonSchema") or function.get("parameters") or {}))
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    return Turn(describe(content), tools, mode, True, bool(kinds(content, "functionResponse")),
                bool((config.get("thinkingConfig") or {}).get("includeThoughts")), schema,
                config.get("responseMimeType") == "application/json" and schema is None, searches,
                config.get("maxOutputTokens"), config.get("stopSequences"), prefill)


def describe(content) -> str:
    said = []
    for part in content["parts"]:
        if part.get("thought"):
            continue
        if "text" in part:
            said.append(part["text"])
        elif "inlineData" in part:
            found = part["inlineData"]
            said.append(blob(found["mimeType"], decode(standard(found["data"]), "", "")))
        elif "fileData" in part:
            said.append(part["fileData"]["fileUri"])
        elif "functionResponse" in part:
            response = part["functionResponse"]["response"]
            said.append(" ".join(str(value) for value in response.values()))
    return " ".join(said)


CODE, PRINTED = "print(6 * 7)", "42\n"


def work_of(made, fields, model: str) -> list:
    """What the tools of Google's side did before the text: whoever has them uses them. A search has parts of its own where
    the client wants to see them. Code fails when the last message says so ("failing python"), and never ends ("endless python")."""
    tools = {name for tool in fields.get("tools") or [] for name in tool}
    signed = generation(model) >= 3
    parts: list = []
    if made.query and (fields.get("toolConfig") or {}).get("includeServerSideToolInvocations"):
        kind = {"toolType": "GOOGLE_SEARCH_WEB", "id": made.identity[:8]}
        signature = {"thoughtSignature": sign("tool", kind["id"])}
        parts.append({"toolCall": dict(kind, args={"queries": [made.query]}), **signature})
        parts.append({"toolResponse": dict(kind, response={"search_suggestions": "<div></div>"}), **signature})
    if "codeExecution" in tools and made.text:
        named = {"id": made.identity[8:16]} if signed else {}
        part = {"executableCode": dict(named, language="PYTHON", code=CODE)}
        if signed:
            part["thoughtSignature"] = sign("code", CODE)
        said = describe(fields["contents"][-1])
        outcome = {"outcome": "OUTCOME_OK", "output": PRINTED}
        if "failing python" in said:
            outcome = {"outcome": "OUTCOME_FAILED", "output": "NameError: name 'x' is not defined"}
        elif "endless python" in said:
            outcome = {"outcome": "OUTCOME_DEADLINE_EXCEEDED"}
        parts += [part, {"codeExecutionResult": dict(named, **outcome)}]
    return parts


def parts_of(made, model: str, work=()) -> list:
    """The parts of a whole answer."""
    parts = [{"text": thought, "thought": True} for thought in made.thoughts] + list(work)
    signed = generation(model) >= 3 or bool(made.thoughts)
    if made.text:
        parts.append({"text": made.text})
        if signed and not made.calls:
            parts[-1]["thoughtSignature"] = sign("text", made.text)
    for at, call in enumerate(made.calls):
        # Gemini 3 names its calls; of several calls only the first is signed.
        named = {"name": call["name"], "args": call["input"]}
        part = {"functionCall": dict(named, id=call["id"][:8] + call["id"][-2:]) if generation(model) >= 3 else named}
        if at == 0 and signed:
            part["thoughtSignature"] = call_signature(named)
        parts.append(part)
    return parts


def answer(request, target, faults, text=None):
    fields, config = request.chat, request.chat.get("generationConfig") or {}
    if gemini_media.asked(fields):
        return gemini_media.answer(fields, target, faults)
    made = reply(turn_of(fields), request, faults, text)
    prompt = count(fields["contents"])
    thinking = made.thinking_tokens() or (7 if generation(target.model) >= 2.5 else 0)
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": made.tokens() - made.thinking_tokens(),
             "totalTokenCount": prompt + made.tokens() - made.thinking_tokens() + thinking,
             "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}]}
    if fields.get("cachedContent"):
        usage["cachedContentTokenCount"] = 50
    if thinking:
        usage["thoughtsTokenCount"] = thinking
    if target.vertex:
        usage["trafficType"] = "ON_DEMAND"
    reason = {"stop": "STOP", "length": "MAX_TOKENS", "tools": "STOP", "sequence": "STOP", "refusal": "SAFETY"}[made.finish]
    about = {"modelVersion": target.model, "responseId": made.identity}
    if "blocked" in faults:
        whole = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {
            "promptTokenCount": prompt, "totalTokenCount": prompt}, **about}
        return Stream([(None, dumps(whole))], 0) if target.stream else as_json(whole)
    ended = {"finishReason": reason}
    if made.finish == "tools" and not target.vertex:
        ended["finishMessage"] = "Model generated function call(s)."
    if made.query:
        ended["groundingMetadata"] = grounding(made)
    if config.get("responseLogprobs") and made.text:
        ended.update(logprobs(made.text, config.get("logprobs", 0)))
    number_of = config.get("candidateCount", 1)
    work = work_of(made, fields, target.model)
    if target.stream:
        return stream(made, target.model, number_of, usage, ended, about, work)
    candidates = []
    for index in range(number_of):
        candidate = {"content": {"parts": parts_of(made, target.model, work), "role": "model"}, **ended, "index": index}
        if made.finish == "refusal":
            candidate.pop("content")
        candidates.append(candidate)
    return as_json({"candidates": candidates, "usageMetadata": usage, **about})


def stream(made, model: str, number_of: int, usage, ended, about, work=()) -> Stream:
    events: list = []

    def send(index, parts, **more):
        content = {"content": {"parts": parts, "role": "model"}} if parts else {}
        candidate = dict(content, **more, index=index)
        shown = usage if more else {"promptTokenCount": usage["promptTokenCount"], "totalTokenCount": usage["promptTokenCount"]}
        events.append((None, dumps(dict({"candidates": [candidate], "usageMetadata": shown}, **about))))

    for index in range(number_of):
        parts, last = parts_of(made, model, work), []
        for part in parts:
            if "functionCall" in part:
                last.append(part)
            elif "text" not in part:
                send(index, [part])
            elif "thoughtSignature" in part:
                # The signature of a text comes by itself, in a part whose text is empty.
                for piece in words(part["text"]):
                    send(index, [{"text": piece}])
                last = [{"text": "", "thoughtSignature": part["thoughtSignature"]}]
            else:
                for piece in words(part["text"]):
                    send(index, [dict(part, text=piece)])
        for part in last[:-1]:
            send(index, [part])
        send(index, last[-1:], **ended)
    return Stream(events, len(events) - 1)


def grounding(made) -> dict:
    """Segments are counted in bytes of UTF-8."""
    begin = len(made.text[:made.cited].encode())
    segment = {"startIndex": begin, "endIndex": begin + len(CITED), "text": CITED}
    return {"webSearchQueries": [made.query], "searchEntryPoint": {"renderedContent": "<div></div>"},
            "groundingChunks": [{"web": {"uri": SOURCE["url"], "title": SOURCE["title"], "domain": SOURCE["domain"]}}],
            "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}]}


def logprobs(text: str, top: int) -> dict:
    chosen = [{"token": piece, "tokenId": at, "logProbability": -0.25} for at, piece in enumerate(words(text))]
    return {"avgLogprobs": -0.25, "logprobsResult": {
        "chosenCandidates": chosen, "topCandidates": [{"candidates": [one] * max(1, top)} for one in chosen]}}


# Errors

def error(status: int, message: str, details=()):
    body = {"error": {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}}
    if details:
        body["error"]["details"] = list(details)
    return body


def details_of(message: str) -> list:
    kind = "type.googleapis.com/google.rpc."
    if message == KNOWN["bad-key"][1]:
        return [{"@type": kind + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
                 "metadata": {"service": "generativelanguage.googleapis.com"}}]
    if message == KNOWN["quota"][1]:
        violated = {"quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                    "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}
        return [{"@type": kind + "QuotaFailure", "violations": [violated]}, {"@type": kind + "RetryInfo", "retryDelay": "7s"}]
    return []


def failing(status: int, message: str, target):
    body = dumps(error(status, message, details_of(message)))
    whole = as_json({}, status, [("x-should-retry", "false")] if status >= 500 else [])
    # A failing stream of the Gemini API is an array, unless it was asked for as events.
    whole.body, whole.content_type = body.encode(), "application/json; charset=UTF-8"
    return whole


def stream_error(message: str, target) -> list:
    return [(None, dumps(error(503, message)))]


def refused(violation: Violation, target):
    return failing(getattr(violation, "status", 400), violation.message, target)
