"""Every request of Responses and completions at every model that a bridge serves: what the provider receives is valid by its own
types and rules, or the client gets a 400 that names a part of its own request. Nothing is lost without a word.

The requests are ours (`responses_requests.py`) and, where `ORQ_CORPUS` is set, every recorded one. A failure is told once for each
reason, with the requests that it came of. The answers are judged, too: their laws, and what they say again of the request.
"""

import collections
import copy
import json
import os
import pathlib
import re

import pytest

import completions_laws
import responses_laws
import responses_requests as requests
import schemas as openai_schemas
import upstream_targets as targets
from test_upstream_requests import tell

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
RESPONSES, COMPLETIONS = "/responses", "/completions"
# Providers of OpenAI's language that have chat, and no Responses.
TARGETS = {**targets.TARGETS, "togetherai/moonshotai/Kimi-K2-Instruct": "openai", "cerebras/gpt-oss-120b": "openai"}


class Stage(targets.Stage):
    """The stage of chats, with these providers."""

    name, languages = "responses", TARGETS
    providers = {**targets.PROVIDERS, "togetherai": {}, "cerebras": {}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    yield from Stage.staged(tmp_path_factory.mktemp("responses"))


@pytest.fixture(scope="module")
def strict_stage(tmp_path_factory):
    yield from Stage.staged(tmp_path_factory.mktemp("responses"), unsupported="reject")


@pytest.fixture(scope="module")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


@pytest.fixture(params=TARGETS)
def target(request):
    if TARGETS[request.param] in ("openai", "mistral") and not SPEC:
        pytest.skip("ORQ_SPEC names no folder of specifications, and no package has this provider's")
    return request.param


def needs_bridge(stage, target, path):
    body = {"model": target, "input" if path == RESPONSES else "prompt": "Hi"}
    seen = stage.ask(target, json.dumps(body).encode(), path).seen
    if seen and seen["path"].endswith(path) and not seen["path"].endswith("/chat/completions"):
        pytest.skip("%s has its own %s" % (target, path))


# --- What is wrong with one request's way ---

# A model that has none of the newer tools.
OLD = {"anthropic/claude-3-5-haiku-20241022"}
# What a provider of OpenAI's language refuses by itself, under the same name or one that is known to stand for it.
PASSED = {"temperature", "max_tokens", "max_output_tokens"}


def resolves(body, param):
    """Whether a parameter's name leads into the client's request: its last step may be what is missing there."""
    steps = [name or int(index) for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", param)]
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        if isinstance(step, int):
            if not isinstance(body, list) or step >= len(body):
                return False
            body = body[step]
        elif not isinstance(body, dict) or step not in body:
            # The member that is asked for, of an object that the client wrote, or of the request itself.
            return last and isinstance(body, dict)
        else:
            body = body[step]
    return bool(steps)


def blame_faults(request, body, error, languages_refuse):
    param = str(error["param"])
    if not resolves(body, param):
        return ["the param %s is not the client's (%s)" % (param, error["message"][:100])]
    if request.blames and not param.startswith(tuple(request.blames.split("|"))):
        return ["%s is to blame, not %s: %s" % (request.blames, param, error["message"][:120])]
    if not request.blames and not languages_refuse:
        return ["refused, though this can be carried: %s (%s)" % (error["message"][:160], param)]
    return []


def judge(stage, target, request, path, schemas):
    """The faults of one request at one target, and the answer."""
    answered = stage.ask(target, request.sent(target), path)
    try:
        body = json.loads(request.sent(target))
    except ValueError:
        body = {}
    if answered.seen is None:
        found, error = targets.refusal_faults(answered)
        if error and not found:
            refuses = TARGETS[target] in request.may_refuse or request.may_refuse and target in OLD
            found = blame_faults(request, body, error, refuses)
        return found, answered
    found = []
    if request.blames and TARGETS[target] in ("openai", "mistral") and request.blames in PASSED:
        return [], answered
    if request.blames:
        found.append("a wrong request was sent on: %s is to blame" % request.blames)
    found += sorted(valid(target, answered, body, schemas))
    for name in answered.dropped:
        if not resolves(body, name) or name.split("[")[0].split(".")[0] not in body:
            found.append("what is left out is named %s, which the client did not write" % name)
    found += ["%s is not named as left out: %s" % (place, answered.dropped) for place in request.leaves
              if not any(place.startswith(name) for name in answered.dropped)]
    found += answer_faults(answered, body, path, schemas)
    found += unsaid(body, answered.sent)
    return found, answered


def valid(target, answered, body, schemas):
    if TARGETS[target] != "openai":
        return targets.faults(target, answered, SPEC and pathlib.Path(SPEC))
    if answered.unreadable:
        return {answered.unreadable}
    found = set(schemas.faults("CreateChatCompletionRequest", answered.sent.body))
    known = {name for part in schemas.all["CreateChatCompletionRequest"]["allOf"] for name in members(schemas.all, part)}
    # What many servers of OpenAI's language take beyond it, where the client wrote it.
    beyond = {"thinking", "reasoning", *body}
    return found | {"%s is no parameter of a chat" % name for name in answered.sent.body if name not in known | beyond}


def members(schemas, part):
    part = schemas[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
    return {*part.get("properties", ()), *(name for one in part.get("allOf", ()) for name in members(schemas, one))}


# --- What arrives, and what the answer says again ---


def texts(item):
    """What an item says, each text by itself."""
    content = item.get("content") if item.get("type", "message") == "message" else None
    for part in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
        yield (part.get("text") or part.get("refusal") or "").strip()
    if item.get("type") in ("function_call_output", "custom_tool_call_output"):
        output = item["output"]
        yield from [output.strip()] if isinstance(output, str) else [part.get("text", "").strip() for part in output]


def unsaid(body, sent):
    """What a request says and the provider does not hear, or hears in another order."""
    if not sent:
        return []
    had, given, found, at = list(targets.strings(sent.body)), list(targets.objects(sent.body)), [], 0
    whole = "\n".join(had)
    items = body.get("input") if isinstance(body.get("input"), list) else [{"role": "user", "content": body.get("input")}]
    for text in [body.get("instructions"), *(text for item in items for text in texts(item))]:
        if text and text not in whole and not any(one in given for one in targets.objects(text)):
            found.append("%s does not arrive" % text[:60])
    for item in items:
        if item.get("type") == "function_call":
            if json.loads(item["arguments"] or "{}") not in given or item["name"] not in whole:
                found.append("the call of %s does not arrive" % item["name"])
        elif item.get("type") == "custom_tool_call" and not any(item["input"] in one for one in had):
            found.append("the input of %s does not arrive" % item["name"])
        if item.get("role") in ("user", "assistant"):
            for text in texts(item):
                after = next((index for index in range(at, len(had)) if text in had[index]), None) if text in whole else at
                if after is None:
                    found.append("%s comes before what is said before it" % text[:60])
                    return found
                at = after
    if body.get("tool_choice") in (None, "auto", "required"):
        for tool in body.get("tools") or []:
            for text in (tool.get("name"), tool.get("description")) if tool.get("type") in ("function", "custom") else ():
                if text and text not in whole:
                    found.append("%s of a tool does not arrive" % text)
    return found


SAID_AGAIN = ("instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "prompt_cache_key",
              "safety_identifier", "temperature", "tool_choice", "top_logprobs", "top_p", "truncation", "user")


def within(asked, told):
    """Whether all that was asked stands in what is told, which may hold more."""
    if isinstance(asked, dict) and isinstance(told, dict):
        return all(within(one, told.get(name)) for name, one in asked.items())
    if isinstance(asked, list) and isinstance(told, list):
        return len(asked) == len(told) and all(map(within, asked, told))
    return asked is None or asked == told


def answer_faults(answered, body, path, schemas):
    """The laws that the answer breaks, and what it does not say again of the request."""
    if answered.status != 200:
        return ["an answer of status %d: %s" % (answered.status, answered.body[:200])]
    streams = body.get("stream") is True
    if path == COMPLETIONS:
        options = body.get("stream_options") or {}
        laws = completions_laws.stream(answered.body, schemas, bool(options.get("include_usage")))[1] if streams \
            else completions_laws.whole(answered.body, schemas)[1]
        return ["the answer: " + law for law in dict.fromkeys(laws)]
    _, laws, response = (responses_laws.stream if streams else responses_laws.whole)(answered.body, schemas)
    found = ["the answer: " + law for law in dict.fromkeys(laws)]
    if not response:
        return found
    for name in (*SAID_AGAIN, "text", "reasoning", "tools"):
        asked = body.get(name)
        # Where a server is, and the key to it, are not said again in full: https://platform.openai.com/docs/guides/tools-connectors-mcp
        if name == "tools" and isinstance(asked, list):
            asked = [{one: value for one, value in tool.items() if one not in ("authorization", "headers", "server_url")}
                     for tool in asked]
            found += ["a secret is said again: %s" % tool for tool in response.get("tools") or [] if "a-token" in str(tool)]
        # What is left out is not so, and may be said as it is.
        if asked not in (None, [], {}) and name not in answered.dropped and not within(asked, response.get(name)):
            found.append("the response says %s again as %s, not %s" % (name, str(response.get(name))[:80], str(asked)[:80]))
    return found


# --- What is lost ---

# What asks for nothing that would not be so anyway, and what has its effect on the answer alone.
IDLE = [*targets.IDLE, ("background", False), ("truncation", "disabled"), ("echo", False), ("best_of", 1), ("effort", "none"),
        ("strict", False), ("format", {"type": "text"})]
ANSWERS = {"store", "metadata", "include", "stream_options", "echo", "summary"}


def lost(stage, target, request, path):
    """The members of a request that change nothing and are not named."""
    whole = stage.ask(target, request.sent(target), path)
    if whole.seen is None or len(whole.dropped) >= targets.MOST_DROPPED:
        return []
    found = []
    for place in places(request.body):
        name, value = place[-1], request.body
        for step in place:
            value = value[step]
        if name in ANSWERS or value in (None, [], {}, "", "auto") or (name, value) in IDLE:
            continue
        tools = request.body.get("tools") or []
        # It counts the calls of tools that the provider runs.
        hosted = [tool for tool in tools if tool["type"] not in ("function", "custom")]
        if name in ("tool_choice", "parallel_tool_calls") and not tools or name == "max_tool_calls" and not hosted \
                or place[0] == "tools" and request.body.get("tool_choice") not in (None, "auto", "required"):
            continue
        if any(covers(dropped, spelled(place)) for dropped in whole.dropped):
            continue
        less = copy.deepcopy(request.body)
        at = less
        for step in place[:-1]:
            at = at[step]
        del at[place[-1]]
        without = stage.ask(target, requests.Request(request.name, less).sent(target), path)
        if without.seen and without.upward() == whole.upward():
            found.append("%s is lost in silence" % re.sub(r"\d+", "", spelled(place)))
    return found


# Members of items and tools that a language may have no place for.
NESTED = {"detail", "encrypted_content", "strict", "description", "filters", "search_context_size", "user_location", "effort",
          "summary", "verbosity", "format", "allowed_tools", "authorization", "require_approval", "file_ids"}


def places(value, inside=()):
    """Where a request's parameters stand, and such members within them; schemas are the client's own."""
    if isinstance(value, list):
        for at, one in enumerate(value[:6]):
            yield from places(one, (*inside, at))
    elif isinstance(value, dict):
        for name, one in value.items():
            if not inside and name not in ("input", "prompt", "text", "reasoning") or inside and name in NESTED:
                # What an item of nothing holds, and words of what a provider made, mean nothing to another.
                if name != "encrypted_content" or str(one).startswith("gAAAA"):
                    yield (*inside, name)
            if name not in ("parameters", "arguments", "metadata", "tool_choice", "input_audio", "format"):
                yield from places(one, (*inside, name))


def covers(dropped, place):
    """Whether what is named as left out is a member, what it stands in, or a member of it."""
    return (dropped + ".").startswith(place + ".") or place.startswith((dropped + ".", dropped + "["))


def spelled(place):
    return "".join("[%d]" % step if isinstance(step, int) else "." + step for step in place)[1:]


# --- The judge itself ---


def test_a_parameter_is_the_clients_where_its_name_leads_into_the_request():
    body = {"input": [{"content": [{"text": "Hi"}]}, {}], "tools": []}
    for param in ("input", "input[0].content[0].text", "input[1].content", "stream", "tools"):
        assert resolves(body, param), param
    for param in ("", "messages[0]", "input[2]", "input[0].content[1]", "input.content", "input[1].content.text", "tools[0].type"):
        assert not resolves(body, param), param


def test_what_does_not_arrive_is_found_out():
    body = {"instructions": "Be brief.", "input": requests.LOOP, "tools": [requests.WEATHER]}
    said = ["Be brief.", "How warm is it in Lima, and what time?", {"weather": {"city": "Lima"}}, "19 °C", "Tells of weather."]
    had = lambda texts: type("Sent", (), {"body": [json.dumps(one) if isinstance(one, dict) else one for one in texts]})
    assert unsaid(body, had([*said, '{"city":"Lima"}'])) == []
    for number in range(len(said)):
        assert unsaid(body, had([*said[:number], *said[number + 1:], *(['{"city":"Lima"}'] if number != 2 else [])])), said[number]
    turns = {"input": [requests.user("One"), requests.said("Two"), requests.user("Three")]}
    assert unsaid(turns, had(["One", "Two", "Three"])) == [] and unsaid(turns, had(["Two", "One", "Three"]))


def test_what_is_not_said_again_is_found_out():
    for asked, told in (({"a": 1}, {}), ([1], [2]), ([1], []), (1, 2), ({"a": {"b": 1}}, {"a": {"c": 1}})):
        assert not within(asked, told), (asked, told)
    assert within({"a": None, "b": [{"c": 1}]}, {"b": [{"c": 1, "d": 2}]})


def test_what_covers_a_loss_is_the_member_what_it_stands_in_or_a_part_of_it():
    assert all(covers(dropped, "tools[0].filters") for dropped in ("tools", "tools[0]", "tools[0].filters", "tools[0].filters.a"))
    assert not any(covers(dropped, "tools[0].filters") for dropped in ("tool", "tools[1]", "tools[0].filtersome", "input"))


# --- The tests ---

each_list = pytest.mark.parametrize("path, all_", [(RESPONSES, requests.REQUESTS), (COMPLETIONS, requests.PROMPTS)],
                                    ids=["responses", "completions"])


def judged(stage, target, all_, path, schemas):
    reasons, sent = collections.defaultdict(list), 0
    for request in all_:
        found, answered = judge(stage, target, request, path, schemas)
        sent += answered.seen is not None
        for fault in found:
            reasons[fault].append(request.name)
    return reasons, sent


def test_our_requests_are_valid_or_refused_by_name(stage, target, schemas):
    needs_bridge(stage, target, RESPONSES)
    reasons, sent = judged(stage, target, requests.REQUESTS, RESPONSES, schemas)
    tell(reasons)
    assert sent > 60, "too few of them are carried"


def test_our_prompts_are_valid_or_refused_by_name(stage, target, schemas):
    needs_bridge(stage, target, COMPLETIONS)
    reasons, sent = judged(stage, target, requests.PROMPTS, COMPLETIONS, schemas)
    tell(reasons)
    assert sent > 8, "too few of them are carried"


@each_list
def test_nothing_that_a_client_asks_is_lost_in_silence(stage, target, path, all_):
    needs_bridge(stage, target, path)
    reasons = collections.defaultdict(list)
    for request in all_:
        if not request.blames:
            for fault in lost(stage, target, request, path):
                reasons[fault].append(request.name)
    tell(reasons)


@each_list
def test_what_is_left_out_is_refused_where_that_is_configured(stage, strict_stage, target, path, all_):
    needs_bridge(stage, target, path)
    reasons = collections.defaultdict(list)
    for request in all_:
        free, strict = (one.ask(target, request.sent(target), path) for one in (stage, strict_stage))
        if not free.dropped:
            if (free.seen or strict.seen) and free.upward() != strict.upward():
                reasons["nothing is left out, and yet %d became %d" % (free.status, strict.status)].append(request.name)
            continue
        found, error = targets.refusal_faults(strict)
        if strict.seen or found or error["param"] not in free.dropped:
            reasons["%s is left out, but what is refused is %s" % (free.dropped, error and error["param"])].append(request.name)
    tell(reasons)


def recorded(endpoint):
    """Every recorded request whose body is an object, with its model left out."""
    for line in map(json.loads, (pathlib.Path(CORPUS) / "index.jsonl").read_text().splitlines()):
        if line["endpoint"] == endpoint and line["request_file"]:
            body = json.loads((pathlib.Path(CORPUS) / line["case"] / line["request_file"]).read_bytes())
            if isinstance(body, dict):
                body.pop("model", None)
                yield requests.Request(line["case"], body, may_refuse=requests.ANY)


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS names no folder of recorded traffic")
@pytest.mark.parametrize("path", [RESPONSES, COMPLETIONS])
def test_recorded_requests_are_valid_or_refused_by_name(stage, target, path, schemas):
    needs_bridge(stage, target, path)
    all_, refused = list(recorded(path[1:])), collections.Counter()
    reasons, sent = collections.defaultdict(list), 0
    for request in all_:
        found, answered = judge(stage, target, request, path, schemas)
        sent += answered.seen is not None
        if answered.seen is None and not found:
            error = json.loads(answered.body)["error"]
            refused["%s: %s" % (error["param"], error["message"])] += 1
        for fault in found:
            reasons[fault].append(request.name)
    print("%s: %d of %d sent on; refused: %s" % (target, sent, len(all_), json.dumps(refused.most_common(), indent=1)))
    tell(reasons)
    assert sent > len(all_) / 2, "most of them should be carried"
