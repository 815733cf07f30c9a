"""`/completions` of OpenAI's Python SDK over models whose providers have only chats."""

import json

import openai
import pytest

from models import (BEDROCK, CLAUDE, COHERE, COHERE_REASONING, FAULTY, GEMINI, MISTRAL, MODELS, NOVA, SAID, VERTEX,
                    VERTEX_CLAUDE)
from responses import dropped

# It speaks OpenAI's language, has chats alone, and gives probabilities.
POOLSIDE = "poolside/laguna"
BRIDGED = MODELS + [MISTRAL, POOLSIDE]
FAMILIES = FAULTY + ["mistral/"]
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def complete(client, stream=False, **request):
    """The completion, whole or as its chunks add up: (text, finish_reason) of each choice, and one that tells of the rest."""
    if not stream:
        answer = client.completions.create(**request)
        return [(choice.text, choice.finish_reason) for choice in answer.choices], answer
    texts, finishes, chunks = {}, {}, list(client.completions.create(stream=True, **request))
    for chunk in chunks:
        for choice in chunk.choices:
            assert choice.index not in finishes, "a text behind its end"
            texts[choice.index] = texts.get(choice.index, "") + choice.text
            if choice.finish_reason:
                finishes[choice.index] = choice.finish_reason
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
    return [(texts[index], finishes.get(index)) for index in sorted(texts)], chunks[-1]


@STREAM
@pytest.mark.parametrize("prompt", ["Hi", ["Hi"]], ids=["string", "array"])
@pytest.mark.parametrize("model", BRIDGED)
def test_a_prompt_is_completed(client, model, prompt, stream):
    choices, answer = complete(client, stream, model=model, prompt=prompt)
    assert choices == [(SAID + "Hi", "stop")]
    assert answer.object == "text_completion" and answer.id.startswith("cmpl-") and answer.created > 0
    assert answer.model == model.split("/", 1)[1]


@pytest.mark.parametrize("model", BRIDGED)
def test_usage_comes_whole_and_where_it_is_asked_for_in_a_stream(client, model):
    whole = client.completions.create(model=model, prompt="Hi").usage
    assert whole.prompt_tokens > 0 and whole.total_tokens == whole.prompt_tokens + whole.completion_tokens
    chunks = list(client.completions.create(model=model, prompt="Hi", stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage == whole and all(chunk.usage is None for chunk in chunks[:-1])
    chunks = list(client.completions.create(model=model, prompt="Hi", stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks) and len(chunks) > 4, "it came in one piece"


@pytest.mark.parametrize("model", BRIDGED)
def test_a_stream_ends_with_its_mark(http_client, model):
    answer = http_client.post("/completions", json={"model": model, "prompt": "Hi", "stream": True})
    events = answer.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""] and answer.text.count("[DONE]") == 1
    for event in events[:-2]:
        chunk = json.loads(event.removeprefix("data: "))
        assert chunk["object"] == "text_completion"
        assert all({"text", "index", "logprobs", "finish_reason"} <= choice.keys() for choice in chunk["choices"])


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_a_completion_has_sixteen_tokens_unless_more_are_asked_for(client, model, stream):
    [(text, finish)] = complete(client, stream, model=model, prompt="long " * 50)[0]
    assert finish == "length" and len(text) == 64
    [(text, finish)] = complete(client, stream, model=model, prompt="long " * 50, max_tokens=3000)[0]
    assert finish == "stop" and text.startswith(SAID + "long long")


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_the_prompt_is_said_again_when_asked_for(client, model, stream):
    assert complete(client, stream, model=model, prompt="Grüße 🌍", echo=True, max_tokens=3000)[0] == [
        ("Grüße 🌍" + SAID + "Grüße 🌍", "stop")]


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_a_completion_ends_at_a_stop(client, model, stream):
    for stop in ("provider", ["never", "provider"]):
        assert complete(client, stream, model=model, prompt="Hi", stop=stop)[0] == [("Hello from the fake ", "stop")]


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_there_are_as_many_completions_as_asked_for_or_n_is_named(client, model, stream):
    try:
        raw = client.completions.with_raw_response.create(model=model, prompt="Hi", n=2)
    except openai.BadRequestError as error:
        assert error.param == "n" and model not in (GEMINI, VERTEX, POOLSIDE)
        return
    count = 1 if "n" in dropped(raw) else 2
    assert count == 2 or model not in (GEMINI, VERTEX, POOLSIDE)
    assert complete(client, stream, model=model, prompt="Hi", n=2)[0] == [(SAID + "Hi", "stop")] * count


@STREAM
@pytest.mark.parametrize("model", [GEMINI, VERTEX, COHERE, POOLSIDE])
def test_probabilities_have_the_form_of_old(client, model, stream):
    request = {"model": model, "prompt": "Hi", "logprobs": 2}
    if stream:
        given = [choice.logprobs for chunk in client.completions.create(stream=True, **request) for choice in chunk.choices
                 if choice.logprobs]
    else:
        given = [client.completions.create(**request).choices[0].logprobs]
    tokens = [token for one in given for token in one.tokens]
    assert "".join(tokens) == SAID + "Hi" and len(tokens) > 4
    assert [value for one in given for value in one.token_logprobs] == [-0.25] * len(tokens)
    offsets = [offset for one in given for offset in one.text_offset]
    assert offsets == [len("Hi") + sum(map(len, tokens[:at])) for at in range(len(tokens))], "they count from the prompt's begin"
    for token, top in zip(tokens, [top for one in given for top in one.top_logprobs or []]):
        assert token in top and top[token] == -0.25 and (model == COHERE or len(top) <= 2)
    assert model == COHERE or given[0].top_logprobs


@pytest.mark.parametrize("model", [CLAUDE, VERTEX_CLAUDE, BEDROCK, NOVA, MISTRAL])
def test_probabilities_that_a_service_has_not_are_named(client, model):
    try:
        raw = client.completions.with_raw_response.create(model=model, prompt="Hi", logprobs=2)
    except openai.BadRequestError as error:
        assert error.param == "logprobs"
    else:
        assert "logprobs" in dropped(raw) and raw.parse().choices[0].logprobs is None


REFUSED = [
    ({"prompt": ["a", "b"]}, "prompt"), ({"prompt": [1, 2, 3]}, "prompt"), ({"prompt": [[1, 2]]}, "prompt"),
    ({"suffix": "end"}, "suffix"), ({"best_of": 2}, "best_of"), ({"best_of": 3, "n": 2}, "best_of"),
]


@pytest.mark.parametrize("model", BRIDGED)
def test_what_a_chat_cannot_do_is_refused_by_name(client, fake, model):
    for asked, param in REFUSED:
        with pytest.raises(openai.BadRequestError) as caught:
            client.completions.create(**{"model": model, "prompt": "Hi", **asked})
        assert caught.value.param == param and model.split("/")[0] in caught.value.message, caught.value
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=model, prompt="Hi", echo=True, logprobs=2)
    assert caught.value.param in ("echo", "logprobs") and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", BRIDGED)
def test_every_parameter_of_openai_may_be_there(client, fake, model):
    raw = client.completions.with_raw_response.create(
        model=model, prompt="Hi", temperature=0.5, top_p=0.9, presence_penalty=0.5, frequency_penalty=0.5, seed=7, n=1, best_of=1,
        user="ada", stop=["never"], max_tokens=3000, logit_bias={"1": 1}, echo=False, suffix=None, logprobs=None,
        extra_body={"novelty": 1})
    assert raw.parse().choices[0].text == SAID + "Hi"
    for name in ("logit_bias", "novelty"):
        assert (name in dropped(raw)) != (name in fake.last()["json"]), name
    assert not {"max_tokens", "max_completion_tokens", "messages", "best_of", "echo", "suffix"} & set(dropped(raw))


@STREAM
def test_thoughts_stand_beside_the_text(client, stream):
    request = {"model": COHERE_REASONING, "prompt": "Hi", "max_tokens": 3000}
    if stream:
        choices = [choice for chunk in client.completions.create(stream=True, **request) for choice in chunk.choices]
    else:
        choices = client.completions.create(**request).choices
    assert "".join(getattr(choice, "reasoning", None) or "" for choice in choices) == "The user says: Hi"
    assert "".join(choice.text for choice in choices) == SAID + "Hi"


# Answers that were stopped, and errors

@STREAM
@pytest.mark.parametrize("family", FAULTY[:-1])
def test_a_stopped_completion_says_that_it_was_filtered(client, family, stream):
    choices, _ = complete(client, stream, model=family + "fake-refusal", prompt="Hi")
    assert [finish for _, finish in choices] == ["content_filter"]


CLASSES = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError,
    500: openai.InternalServerError, 503: openai.InternalServerError,
}


@STREAM
@pytest.mark.parametrize("family", FAMILIES)
def test_a_status_becomes_its_exception(client, family, stream):
    for status, kind in CLASSES.items():
        with pytest.raises(kind) as caught:
            client.completions.create(model="%sfake-status-%d" % (family, status), prompt="Hi", stream=stream)
        assert caught.value.status_code == status and "The fake provider answers %d." % status in caught.value.message


@pytest.mark.parametrize("family", FAULTY)
def test_a_prompt_that_is_too_long_is_named(client, family):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=family + "fake-context-length", prompt="Hi")
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "prompt")


@pytest.mark.parametrize("fault", ["stream-error", "truncated-stream"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_failure_in_mid_stream_is_an_api_error(client, family, fault):
    text = ""
    with pytest.raises(openai.APIError) as caught:
        for chunk in client.completions.create(model=family + "fake-" + fault, prompt="Hi", stream=True):
            text += chunk.choices[0].text
    assert text.startswith("Hello")
    assert caught.value.code == "upstream_truncated" if fault == "truncated-stream" else "failed" in caught.value.message
