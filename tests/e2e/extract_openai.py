"""Answers in OpenAI's form, with what each provider makes of it: https://platform.openai.com/docs/api-reference/chat/object"""

import functools
import json

from answers import CALLS, FILTER, LENGTH, STOP, Call, Fault, fault, usage
from framing import bodies

PROVIDERS = ("openai", "azure-openai", "mistral", "groq", "together", "fireworks", "deepseek", "perplexity", "xai",
             "huggingface", "openrouter")
# eos: https://docs.together.ai/docs/chat-overview (`finish_reason`: stop, eos, length, tool_calls);
# model_length: https://docs.mistral.ai/api/#tag/chat; eos_token, stop_sequence: huggingface's text-generation-inference.
FINISH = {"stop": STOP, "length": LENGTH, "tool_calls": CALLS, "function_call": CALLS, "content_filter": FILTER, "eos": STOP,
          "model_length": LENGTH, "eos_token": STOP, "stop_sequence": STOP}


def of(provider):
    return functools.partial(openai, provider)


def openai(provider, said, body, stream):
    events = bodies(body) if stream else [(None, json.loads(body))]
    counts = None
    for name, event in events:
        if event.get("error") or name == "error":
            inner = event.get("error") if isinstance(event.get("error"), dict) else event
            said.error = fault(int(inner.get("status_code") or 500), told(event))
            break
        # Groq counts in its own member at the end of a stream, too: https://console.groq.com/docs/api-reference#chat-create
        counts = event.get("usage") or (event.get("x_groq") or {}).get("usage") or counts
        for given in event.get("choices") or []:
            choice = said.choice(given.get("index", 0))
            add(choice, given.get("delta" if stream else "message") or {})
            if given.get("finish_reason"):
                choice.finished(FINISH[given["finish_reason"]])
        if provider == "perplexity":
            # The pages of [1], [2], … in the text: https://docs.perplexity.ai/api-reference/chat-completions-post
            said.choice().cited |= set(event.get("citations") or [])
    said.whole = bool(said.choices) and all(choice.finish for choice in said.choices.values())
    if counts:
        said.usage = counted(provider, counts)


def add(choice, message):
    """A message, or a delta of one."""
    content = message.get("content")
    for part in content if isinstance(content, list) else [{"type": "text", "text": content}]:
        # https://docs.mistral.ai/capabilities/reasoning/: text comes in chunks, and thinking is a chunk of chunks.
        if part["type"] == "text":
            choice.text += part["text"] or ""
        elif part["type"] == "thinking":
            choice.reasoning += "".join(piece.get("text", "") for piece in part["thinking"])
    choice.refusal += message.get("refusal") or ""
    # `reasoning_content`: https://api-docs.deepseek.com/guides/reasoning_model, fireworks, xai; `reasoning`:
    # https://console.groq.com/docs/reasoning, https://openrouter.ai/docs/use-cases/reasoning-tokens
    thought = message.get("reasoning_content") or message.get("reasoning")
    details = message.get("reasoning_details") or []
    choice.signatures += [(len(choice.reasoning), one["signature"]) for one in details if one.get("signature")]
    choice.reasoning += thought or "".join(one.get("text") or one.get("summary") or "" for one in details)
    if (message.get("audio") or {}).get("data"):
        choice.media.append(("audio", message["audio"]["data"]))
    for note in message.get("annotations") or []:
        if note.get("type") == "url_citation":
            choice.cited.add(note["url_citation"]["url"])
    for number, given in enumerate(message.get("tool_calls") or []):
        # Pieces of one call share an index; without one (Mistral) each call comes whole.
        index = given.get("index", len(choice.calls) if given.get("id") else number)
        while len(choice.calls) <= index:
            choice.calls.append(Call())
        call, function = choice.calls[index], given.get("function") or {}
        call.id = call.id or given.get("id")
        call.name = call.name or function.get("name") or ""
        call.text += function.get("arguments") or ""


def counted(provider, counts):
    """Most count as OpenAI does. xAI counts reasoning beside completion_tokens: https://docs.x.ai/docs/guides/reasoning, and
    total_tokens is the sum of the three. Cached tokens have other names with DeepSeek (prompt_cache_hit_tokens:
    https://api-docs.deepseek.com/guides/kv_cache), Mistral (num_cached_tokens) and Together (cached_tokens). Mistral counts audio
    beside prompt_tokens and within total_tokens: https://docs.mistral.ai/capabilities/audio/"""
    read, wrote = counts.get("prompt_tokens_details") or {}, counts.get("completion_tokens_details") or {}
    reasoning = wrote.get("reasoning_tokens") or counts.get("reasoning_tokens") or 0
    cached = next((count for count in (read.get("cached_tokens"), counts.get("prompt_cache_hit_tokens"),
                                       counts.get("num_cached_tokens"), counts.get("cached_tokens")) if count), 0)
    completion = counts["completion_tokens"] + (reasoning if provider == "xai" else 0)
    prompt = counts["total_tokens"] - completion if provider == "mistral" else counts["prompt_tokens"]
    return usage(prompt, completion, cached, reasoning, read.get("cache_write_tokens"), read.get("audio_tokens") or 0)


def told(value):
    """The first sentence with which an error explains itself."""
    if isinstance(value, str):
        return value
    for one in value if isinstance(value, list) else [value.get(name) for name in ("error", "message", "msg", "detail")]:
        if one and (found := told(one)):
            return found
    return ""


def error(status, headers, body):
    """Errors pass with the status, the words and the code that the provider chose; numbers and classes are no codes."""
    given = json.loads(body)
    inner = given["error"] if isinstance(given, dict) and isinstance(given.get("error"), dict) else given
    codes = set() if isinstance(inner, dict) and isinstance(inner.get("code"), str) else fault(status, told(given)).codes
    return Fault(told(given), {status}, codes)
