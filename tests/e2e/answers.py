"""What an answer says, whoever said it, and how two of them differ.

`extract.py` reads one from a provider's recorded bytes, `laws.py` one from what the proxy sent.
"""

import dataclasses
import json
import re

STOP, LENGTH, CALLS, FILTER = "stop", "length", "tool_calls", "content_filter"


@dataclasses.dataclass
class Call:
    """A tool call: `id` is None where the provider has none, `text` the arguments as JSON text, whole or cut short,
    `signature` what the next turn must say again with it."""

    id: str | None = None
    name: str = ""
    text: str = ""
    signature: str | None = None

    @property
    def arguments(self):
        try:
            return json.loads(self.text or "{}")
        except ValueError:
            return self.text


@dataclasses.dataclass
class Choice:
    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    calls: list = dataclasses.field(default_factory=list)
    finish: str | None = None
    # Signatures of the reasoning, as (how much reasoning came before, signature).
    signatures: list = dataclasses.field(default_factory=list)
    # Pages that are cited by address, and how many citations have none.
    cited: set = dataclasses.field(default_factory=set)
    quoted: int = 0
    media: list = dataclasses.field(default_factory=list)
    # Blocks that OpenAI's chat has no name for, by kind: uses of the vendor's own tools and the like.
    others: list = dataclasses.field(default_factory=list)

    @property
    def signature(self):
        """All signatures in one: the first, then of each further one the reasoning before it, and itself."""
        return " ".join(("%d %s" % one if number else one[1]) for number, one in enumerate(self.signatures))

    @property
    def begun(self):
        return bool(self.text or self.refusal or self.reasoning or self.calls or self.media)

    def finished(self, reason):
        """Calls are what a client must act on, whatever the provider said, unless the answer was cut or filtered."""
        self.finish = CALLS if self.calls and reason == STOP else reason


@dataclasses.dataclass
class Fault:
    """An error: its statuses and codes leave a choice where OpenAI's table does; an empty set of codes judges none."""

    message: str
    statuses: set
    codes: set = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class Answer:
    choices: dict = dataclasses.field(default_factory=dict)
    usage: dict | None = None
    # Ended with what the provider ends answers with. A stream that did not is told so (`upstream_truncated`).
    whole: bool = False
    error: Fault | None = None
    # The provider refused the prompt itself: an empty choice or an error are both OpenAI's (Azure answers 400).
    blocked: bool = False

    def choice(self, index=0):
        return self.choices.setdefault(index, Choice())


def usage(prompt, completion, cached=0, reasoning=0, written=None, audio=0):
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "cached_tokens": cached, "reasoning_tokens": reasoning, "cache_write_tokens": written, "audio_tokens": audio}


# --- errors: https://platform.openai.com/docs/guides/error-codes ---

AUTH, UNKNOWN, LIMIT, BUSY = {"invalid_api_key"}, {"model_not_found"}, {"rate_limit_exceeded"}, {"server_is_overloaded"}
LONG = {"context_length_exceeded"}
TOO_LONG = re.compile("(?:prompt|input) is too long|input token count.*exceeds|maximum context length|too many tokens", re.I)


def fault(status, message, kind="", reason=""):
    """An error of a provider: `kind` its class in the vendor's words, `reason` what else it says of itself."""
    if TOO_LONG.search(message):
        return Fault(message, {400}, LONG)
    if reason == "API_KEY_INVALID" or status == 401:
        return Fault(message, {401}, AUTH)
    if kind in ("UnrecognizedClientException", "ExpiredTokenException") or "unregistered callers" in message:
        return Fault(message, {401, 403})
    if "model identifier is invalid" in message:
        return Fault(message, {400, 404})
    if status == 404:
        return Fault(message, {404}, UNKNOWN)
    if status == 429:
        return Fault(message, {429}, LIMIT | {"insufficient_quota"})
    if status == 529 or kind == "overloaded_error":
        return Fault(message, {503}, BUSY)
    return Fault(message, {status})


def differences(said, heard):
    """How what the client heard differs from what the provider said, a sentence each."""
    if said.blocked and heard.error:
        told = heard.error.statuses == {400} and heard.error.codes == {"content_filter"}
        return [] if told else ["a blocked prompt is %s" % heard.error]
    found = fault_differences(said, heard)
    if said.error and not said.choices:
        return found
    for index in sorted(said.choices.keys() | heard.choices.keys()):
        if heard.error and index in said.choices and not said.choices[index].begun:
            continue  # An error came before the choice said anything.
        if index not in said.choices or index not in heard.choices:
            found.append("choice %d is %s" % (index, "lost" if index in said.choices else "made up"))
            continue
        found += choice_differences(index, said.choices[index], heard.choices[index], bool(heard.error))
    if heard.error:
        return found
    if not said.usage:  # Nothing counted may be no usage or zeros.
        return found + (["usage made up: %s" % heard.usage] if any((heard.usage or {}).values()) else [])
    if not heard.usage:
        return found + ["usage lost: %s" % said.usage]
    for name, count in said.usage.items():
        # Written tokens, where the provider does not count them, may be 0 or absent.
        if (count or 0) != (heard.usage[name] or 0):
            found.append("usage.%s: %s, not %s" % (name, heard.usage[name], count))
    return found


def fault_differences(said, heard):
    if not said.error and said.whole:
        return ["an error where there was none: %s" % heard.error] if heard.error else []
    if not heard.error:
        return ["no error: %s" % (said.error or "the provider's stream was cut short")]
    if not said.error:
        return [] if heard.error.codes == {"upstream_truncated"} else ["code %s, not upstream_truncated" % heard.error.codes]
    found = []
    if said.error.message not in heard.error.message:
        found.append("the error says %r, not %r" % (heard.error.message[:200], said.error.message[:200]))
    # A status is the whole answer's; an error in a stream has none.
    if heard.error.statuses and not heard.error.statuses <= said.error.statuses:
        found.append("status %s, not %s" % (heard.error.statuses, said.error.statuses))
    if said.error.codes and not heard.error.codes <= said.error.codes:
        found.append("code %s, not %s" % (heard.error.codes, said.error.codes))
    return found


def choice_differences(index, said, heard, failed):
    """`failed`: an error came, before or behind a finish_reason, which is then nothing to go by."""
    found = []
    # A filter's explanation, where the vendor gives one, may be the refusal.
    explained = said.finish == FILTER and not said.refusal
    for name in ("text", "reasoning") + (() if explained else ("refusal",)) + (() if failed else ("finish",)):
        if getattr(said, name) != getattr(heard, name):
            found.append("choice %d: %s" % (index, unlike(name, getattr(said, name) or "", getattr(heard, name) or "")))
    if len(said.calls) != len(heard.calls):
        found.append("choice %d: %d calls, not %d" % (index, len(heard.calls), len(said.calls)))
    for number, (one, other) in enumerate(zip(said.calls, heard.calls)):
        begun = failed and other.text is not None and "".join(one.text.split()).startswith("".join(other.text.split()))
        if one.name != other.name or not (begun or one.arguments == other.arguments) \
                or one.id not in (None, "", other.id) or one.signature != other.signature:
            found.append("choice %d: call %d is %s, not %s" % (index, number, other, one))
    if failed:  # What follows comes with finish_reason.
        return found
    if said.signature != heard.signature:
        found.append("choice %d: %s" % (index, unlike("signature", said.signature, heard.signature)))
    if said.quoted and not heard.quoted and not heard.cited:
        found.append("choice %d: %d citations lost" % (index, said.quoted))
    if len(said.others) > len(heard.others):
        found.append("choice %d: %d other blocks, not %s" % (index, len(heard.others), said.others))
    if lost := said.cited - heard.cited:
        found.append("choice %d: citations lost: %s" % (index, sorted(lost)[:3]))
    if sorted(data for _, data in said.media) != sorted(data for _, data in heard.media):
        kinds = [kind for kind, _ in heard.media], [kind for kind, _ in said.media]
        found.append("choice %d: media: %s, not %s" % (index, *kinds))
    return found


def unlike(name, said, heard):
    """Where two texts part."""
    at = next((at for at, (one, other) in enumerate(zip(said, heard)) if one != other), min(len(said), len(heard)))
    around = slice(max(at - 20, 0), at + 40)
    return "%s (%d characters, not %d) is %r, not %r, at %d" % (name, len(heard), len(said), heard[around], said[around], at)
