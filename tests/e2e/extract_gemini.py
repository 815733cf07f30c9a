"""Gemini's and Vertex's answers: https://ai.google.dev/api/generate-content,
https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest"""

import json
import re

from answers import CALLS, FILTER, LENGTH, STOP, Call, fault, usage
from framing import bodies

# https://ai.google.dev/api/generate-content#FinishReason. Their numbers, which an answer holds if it was asked for with
# `$alt=json;enum-encoding=int`: google/ai/generativelanguage/v1beta/generative_service.proto, enum Candidate.FinishReason.
GEMINI = {"STOP": STOP, "MAX_TOKENS": LENGTH, 1: STOP, 2: LENGTH, 3: FILTER, 4: FILTER, "MALFORMED_FUNCTION_CALL": STOP,
          "OTHER": STOP, "UNEXPECTED_TOOL_CALL": STOP, "TOO_MANY_TOOL_CALLS": STOP, "FINISH_REASON_UNSPECIFIED": STOP}
GEMINI |= dict.fromkeys(("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
                         "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"), FILTER)
COUNTS = {"promptTokenCount", "candidatesTokenCount", "totalTokenCount"}
OTHERS = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")


def gemini(said, body, stream):
    counts, growing = {}, {}
    for answer in [event for _, event in bodies(body)] if stream else [json.loads(body)]:
        if "error" in answer:
            error = answer["error"]
            said.error = fault(error.get("code", 500), error["message"], error.get("status", ""))
            break
        # Each event counts what there was until then, and the last one all; `{"trafficType": …}` alone counts nothing.
        if COUNTS & (answer.get("usageMetadata") or {}).keys():
            counts = answer["usageMetadata"]
        for candidate in answer.get("candidates") or []:
            choice = said.choice(candidate.get("index", 0))
            for part in (candidate.get("content") or {}).get("parts") or []:
                gemini_part(choice, part)
                gemini_call(choice, part.get("functionCall"), part.get("thoughtSignature"), growing)
            choice.cited |= gemini_cited(candidate.get("groundingMetadata") or {})
            if candidate.get("finishReason"):
                choice.finished(GEMINI[candidate["finishReason"]])
        if (answer.get("promptFeedback") or {}).get("blockReason"):
            said.blocked, said.choice().finish = True, FILTER
    for choice in said.choices.values():
        if not choice.finish and not stream:
            choice.finished(STOP)
    said.whole = bool(said.choices) and all(choice.finish for choice in said.choices.values())
    said.usage = gemini_usage(counts)


def gemini_part(choice, part):
    """Code that the vendor ran, its results, and calls of its own tools (`toolCall`) are neither text nor calls."""
    if "text" in part and part.get("thoughtSignature"):
        choice.signatures.append((len(choice.reasoning), part["thoughtSignature"]))
    choice.others += [kind for kind in OTHERS if kind in part]
    if "text" in part and part.get("thought"):
        choice.reasoning += part["text"]
    elif "text" in part:
        choice.text += part["text"]
    elif "inlineData" in part and not part.get("thought"):
        choice.media.append((part["inlineData"]["mimeType"], part["inlineData"]["data"]))


def gemini_call(choice, called, signature, growing):
    """A call, or a piece of its arguments: these come as (JSON path, piece) in parts without a name, until a part does not
    say `willContinue`. https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc"""
    if called is None:
        return
    if called.get("name"):
        choice.calls.append(Call(called.get("id"), called["name"], signature=signature))
        growing[id(choice)] = dict(called.get("args") or {})
    for piece in called.get("partialArgs") or []:
        place(growing[id(choice)], piece)
    choice.calls[-1].text = json.dumps(growing[id(choice)])


def place(arguments, piece):
    """Puts a piece of an argument where its JSON path says; strings grow, and a list has room for what comes."""
    steps = [name or int(number) for name, number in re.findall(r"\.([^.\[]+)|\[(\d+)\]", piece["jsonPath"])]
    at = arguments
    for step, following in zip(steps, steps[1:]):
        at = child(at, step, [] if isinstance(following, int) else {})
    kind = next((kind for kind in ("stringValue", "numberValue", "boolValue", "nullValue") if kind in piece), None)
    value = None if kind in (None, "nullValue") else piece[kind]
    if kind == "stringValue":
        value = (child(at, steps[-1], "") or "") + value
    child(at, steps[-1], None)
    at[steps[-1]] = value


def child(at, step, new):
    if isinstance(at, list):
        at.extend([None] * (step + 1 - len(at)))
        at[step] = new if at[step] is None else at[step]
        return at[step]
    return at.setdefault(step, new)


def gemini_cited(grounding):
    """The pages that sentences were grounded in: https://ai.google.dev/gemini-api/docs/google-search (inline citations)."""
    supports = grounding.get("groundingSupports") or []
    used = {index for support in supports for index in support.get("groundingChunkIndices") or []}
    pages = [(chunk.get("web") or {}).get("uri") for chunk in grounding.get("groundingChunks") or []]
    return {page for index, page in enumerate(pages) if index in used and page}


def gemini_usage(counts):
    """https://ai.google.dev/api/generate-content#UsageMetadata: promptTokenCount holds cachedContentTokenCount, what tools
    brought in (toolUsePromptTokenCount) and thoughts (thoughtsTokenCount) are counted apart, and totalTokenCount is the sum."""
    if not counts:
        return None
    count = lambda name: counts.get(name) or 0
    details = counts.get("promptTokensDetails") or []
    heard = sum(one.get("tokenCount", 0) for one in details if one.get("modality") in ("AUDIO", 4))
    prompt = count("promptTokenCount") + count("toolUsePromptTokenCount")
    completion = count("candidatesTokenCount") + count("thoughtsTokenCount")
    return usage(prompt, completion, count("cachedContentTokenCount"), count("thoughtsTokenCount"), audio=heard)


def gemini_error(status, headers, body):
    """https://ai.google.dev/gemini-api/docs/troubleshooting, https://google.aip.dev/193"""
    error = json.loads(body)
    error = (error[0] if isinstance(error, list) else error)["error"]
    reasons = [detail["reason"] for detail in error.get("details") or [] if detail.get("reason")]
    return fault(status, error["message"], error.get("status", ""), reasons[0] if reasons else "")
