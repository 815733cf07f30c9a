"""What comes back: the provider's bytes as they were, and its failures as OpenAI's errors."""

import hashlib
import json
import time

import httpx
import pytest

from conftest import assert_error
from samples import multipart, wav

HI = [{"role": "user", "content": "Hi"}]


def sent(fake):
    return fake.last()["answer"]["body"]


# Bytes

def test_a_json_answer_is_untouched(post, fake):
    answer = post("openai/fake-echo", messages=[{"role": "user", "content": "é 😀 \u2028 \\ / \" 1.50"}], temperature=1.0)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.content == sent(fake)["bytes"]


STREAMS = ["gpt-4o", "fake-cut-1", "fake-cut-2", "fake-cut-3", "fake-cut-7", "fake-crlf", "fake-comments",
           "fake-cut-1+crlf+comments", "fake-cut-2+crlf", "fake-cut-3+comments", "fake-cut-7+crlf+comments"]


@pytest.mark.parametrize("model", STREAMS)
def test_a_chat_stream_is_untouched_however_it_is_cut(post, fake, model):
    answer = post("openai/" + model, stream=True, stream_options={"include_usage": True},
                  messages=[{"role": "user", "content": "é 😀 \u2028"}])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == sent(fake)["bytes"] and answer.content.rstrip().endswith(b"[DONE]")


@pytest.mark.parametrize("model", ["gpt-4o", "fake-cut-1+crlf", "fake-cut-3+comments", "fake-cut-7"])
def test_a_response_stream_is_untouched_however_it_is_cut(post, fake, model):
    answer = post("openai/" + model, "/responses", input="é 😀 \u2028", stream=True)
    assert answer.content == sent(fake)["bytes"] and b"response.completed" in answer.content


@pytest.mark.parametrize("model", ["tts-1", "fake-cut-7", "fake-no-content-type"])
def test_sound_is_untouched(post, fake, model):
    answer = post("openai/" + model, "/audio/speech", voice="alloy", input="Hello", response_format="flac")
    assert hashlib.sha256(answer.content).hexdigest() == sent(fake)["sha256"] and answer.content.startswith(b"fLaC")


@pytest.mark.parametrize("form", ["json", "verbose_json", "text", "srt", "vtt"])
def test_a_transcription_is_untouched_in_every_form(http_client, fake, form):
    body, content_type = multipart([("file", "a.wav", "audio/wav", wav()), ("response_format", None, None, form.encode()),
                                    ("model", None, None, b"openai/whisper-1")])
    answer = http_client.post("/audio/transcriptions", content=body, headers={"content-type": content_type})
    assert answer.content == sent(fake)["bytes"]
    assert answer.headers["content-type"] == ("application/json" if "json" in form else "text/plain; charset=utf-8")


def test_an_answer_of_eight_mebibytes_is_untouched(post, fake):
    answer = post("openai/fake-big-8192")
    assert len(answer.content) > 8 << 20
    assert hashlib.sha256(answer.content).hexdigest() == sent(fake)["sha256"]


def test_an_answer_above_every_limit_of_a_buffer_passes(http_client, fake):
    answer = http_client.post("/audio/speech", json={"model": "openai/fake-big-51200", "input": "x", "voice": "alloy"})
    assert len(answer.content) > 50 << 20 and hashlib.sha256(answer.content).hexdigest() == sent(fake)["sha256"]
    answer = http_client.post("/chat/completions", json={"model": "openai/fake-big-51200", "messages": HI})
    assert len(answer.content) > 50 << 20 and hashlib.sha256(answer.content).hexdigest() == sent(fake)["sha256"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", ["early-hints", "trailers", "until-close", "early-hints+trailers+cut-5"])
def test_an_answer_in_an_unusual_frame_is_untouched(post, fake, fault, stream):
    answer = post("openai/fake-" + fault, stream=stream)
    assert answer.status_code == 200 and answer.content == sent(fake)["bytes"]


def test_an_answer_without_a_content_type_passes(post, fake):
    answer = post("openai/fake-no-content-type")
    assert answer.status_code == 200 and answer.content == sent(fake)["bytes"]


# Headers

@pytest.mark.parametrize("model, path, fields", [
    ("groq/llama", "/chat/completions", {}), ("groq/llama", "/chat/completions", {"stream": True}),
    ("openai/text-embedding-3-small", "/embeddings", {"input": "x"}),
    ("openai/tts-1", "/audio/speech", {"input": "x", "voice": "alloy"}),
    ("openai/fake-status-400", "/chat/completions", {}),
])
def test_an_answer_says_where_it_comes_from(post, model, path, fields):
    answer = post(model, path, **fields)
    provider, _, upstream = model.partition("/")
    assert answer.headers["x-orq-provider"] == provider
    assert answer.headers["x-orq-model"] in (model, upstream)
    assert answer.headers["x-request-id"].startswith("req_fake_")
    assert [name for name in answer.headers if name.startswith("x-orq-")] == [
        name for name in answer.headers if name in ("x-orq-provider", "x-orq-model", "x-orq-dropped-params")]


def test_an_alias_says_where_it_leads(post):
    answer = post("fast")
    assert answer.headers["x-orq-provider"] == "groq" and "llama-3.3-70b-versatile" in answer.headers["x-orq-model"]


@pytest.mark.parametrize("method, path, headers, status", [
    ("GET", "/models", {}, 200), ("GET", "/models", {"authorization": ""}, 401), ("GET", "/nothing", {}, 404),
    ("DELETE", "/models", {}, 405),
])
def test_every_answer_of_the_proxys_own_has_a_request_id(http_client, method, path, headers, status):
    with http_client.stream(method, path, headers=headers) as answer:
        assert (answer.status_code, bool(answer.headers.get("x-request-id"))) == (status, True)


def test_request_ids_differ(http_client):
    ids = {http_client.get("/models").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


def test_provider_keys_never_come_back(post):
    for model in ("openai/fake-echo", "azure/gpt-4o", "openai/fake-status-401", "dead/gpt"):
        answer = post(model)
        assert "provider-key" not in answer.text + str(answer.headers)


# Errors of providers

@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model, status, says", [
    ("fake-status-400", 400, "The fake provider answers 400."), ("fake-status-529", 529, "529"),
    ("fake-error-html-502", 502, ""), ("fake-error-html-403", 403, ""),
    ("fake-error-empty-500", 500, ""), ("fake-error-empty-404", 404, ""), ("fake-error-empty-429", 429, ""),
    ("fake-error-text-503", 503, "upstream says no"), ("fake-error-text-400", 400, "upstream says no"),
    ("fake-error-fastapi", 422, "Field required"), ("fake-error-string", 400, "The fake provider is unhappy."),
    ("fake-error-flat", 400, "The fake provider is flat."), ("fake-error-array", 400, "The fake provider is an array."),
])
def test_any_error_of_a_provider_becomes_openais_with_its_status(post, model, status, says, stream):
    # What the provider says beyond OpenAI's four members may stay.
    error = assert_error(post("openai/" + model, stream=stream), status, says=says, more={"status"})
    assert "<html>" not in error["message"]


def test_an_error_in_openais_form_keeps_its_type_code_and_param(post):
    error = assert_error(post("openai/fake-status-503"), 503, code="server_is_overloaded", param=None)
    assert error["type"] == "service_unavailable_error"
    assert assert_error(post("mistral/fake-error-flat"), 400, code="1500")["type"] == "invalid_model"


def test_errors_come_the_same_way_from_every_route(http_client, post):
    assert_error(post("openai/fake-error-html-502", "/embeddings", input="x"), 502)
    assert_error(post("openai/fake-error-string", "/audio/speech", input="x", voice="alloy"), 400)
    body, content_type = multipart([("file", "a.wav", None, b"x"), ("model", None, None, b"openai/fake-error-fastapi")])
    headers = {"content-type": content_type}
    assert_error(http_client.post("/audio/transcriptions", content=body, headers=headers), 422, says="Field required")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model, status, says", [("fake-200-error", 429, "Too many requests today."),
                                                 ("fake-200-error-word", 502, "Something is broken.")])
def test_an_error_with_status_200_gets_the_status_that_it_deserves(post, model, status, says, stream):
    assert_error(post("openai/" + model, stream=stream), status, says=says)


def test_a_rate_limit_keeps_its_headers_when_its_body_is_translated(post):
    answer = post("openai/fake-status-429")
    assert_error(answer, 429, code="rate_limit_exceeded")
    assert (answer.headers["retry-after"], answer.headers["x-request-id"]) == ("7", "req_fake_limited")
    assert answer.headers["x-ratelimit-reset-tokens"] == "6m0s"


# Providers that break HTTP or JSON

@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_broken_json_of_a_provider_is_a_bad_gateway(post, stream):
    assert_error(post("openai/fake-broken-json", stream=stream), 502)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_compression_that_nobody_asked_for_is_a_bad_gateway(post, stream):
    answer = post("openai/fake-gzip", stream=stream)
    if stream:
        # The fake compresses whole answers only: its streams are fine.
        assert answer.status_code == 200
    else:
        assert "content-encoding" not in answer.headers
        assert_error(answer, 502, says="gzip")


@pytest.mark.parametrize("model", ["fake-short-content-length", "fake-die-midstream"])
def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(post, model):
    try:
        answer = post("openai/" + model)
    except httpx.RemoteProtocolError:
        return
    assert_error(answer, answer.status_code)
    assert answer.status_code in (502, 503)


@pytest.mark.parametrize("model", ["fake-endless-header", "fake-huge-header"])
def test_a_header_without_end_is_a_bad_gateway(post, model):
    answer = post("openai/" + model)
    assert answer.status_code in (502, 503)
    assert_error(answer, answer.status_code)


def test_a_provider_that_is_down_is_named(post):
    answer = post("dead/gpt")
    assert answer.status_code in (502, 503)
    assert "could not connect to dead" in assert_error(answer, answer.status_code)["message"]


def test_a_provider_that_hangs_up_is_not_called_unreachable(post, fake):
    """It had the request, and may have worked on it: whoever asks again may pay twice, and must be told the truth."""
    answer = post("openai/fake-hang-up")
    assert answer.status_code in (502, 503) and fake.state()["requests"] == 1
    error = assert_error(answer, answer.status_code, says="openai")
    assert "could not connect" not in error["message"]


def test_a_cluster_that_is_missing_is_named(post):
    answer = post("lost/gpt")
    assert answer.status_code >= 500
    assert "lost" in assert_error(answer, answer.status_code)["message"]


def test_a_provider_that_falls_silent_is_named(post):
    error = assert_error(post("openai/fake-delay-8000"), 504, says="openai")
    assert "request did not arrive" not in error["message"]


# Streams that end badly

def events(answer):
    """The data of each event, decoded where it is JSON."""
    blocks = answer.text.replace("\r\n", "\n").split("\n\n")
    datas = [line[6:] for block in blocks for line in block.split("\n") if line.startswith("data: ")]
    return [data if data == "[DONE]" else json.loads(data) for data in datas]


def test_a_stream_without_done_is_whole_for_the_client(client, post):
    chunks = list(client.chat.completions.create(model="openai/fake-no-done", messages=HI, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"
    found = events(post("openai/fake-no-done", stream=True))
    assert found.count("[DONE]") <= 1 and not any("error" in event for event in found if event != "[DONE]")


def test_a_stream_that_ends_too_early_ends_with_an_error(post):
    found = events(post("openai/fake-truncated-stream+no-done", stream=True))
    assert found[-1] != "[DONE]" and found[-1]["error"]["code"] == "upstream_truncated"
    assert not any(choice["finish_reason"] for event in found[:-1] for choice in event["choices"])


@pytest.mark.parametrize("model, says", [("fake-stream-error", "The fake provider failed."),
                                         ("fake-stream-error-flat", "The fake provider failed flatly.")])
@pytest.mark.parametrize("cut", ["", "+cut-3"])
def test_an_error_event_reaches_the_client_with_its_message(post, model, says, cut):
    found = events(post("openai/" + model + cut, stream=True))
    # Neither SDK sees an error that is not below `error`: a flat one would end the stream as if all were well.
    assert found[-1]["error"]["message"] == says and "[DONE]" not in found
    assert any(event["choices"][0]["delta"].get("content") for event in found[:-1])


# What is counted

def last_record(proxy, path):
    """The filter's record in the access log's line of the request to this path."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        for line in reversed(proxy.access_log.read_text().splitlines()):
            if json.loads(line)["path"].endswith(path):
                return json.loads(json.loads(line)["record"])
        time.sleep(0.05)
    raise AssertionError("the access log has no line for " + path)


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/fake-cut-3", "openai/fake-crlf+cut-1", "groq/llama"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_access_log_counts_the_tokens_of_a_chat(http_client, proxy, model, stream):
    mark = "/chat/completions?count-%s-%s" % (model.replace("/", "-"), stream)
    body = {"model": model, "messages": HI, "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    answer = http_client.post(mark, json=body)
    found = [event for event in (events(answer) if stream else [answer.json()]) if event != "[DONE]"][-1].get("usage")
    record = last_record(proxy, mark.split("?")[1])
    assert record["key"] == "demo"
    assert record["usage"]["input"] == found["prompt_tokens"] and record["usage"]["output"] == found["completion_tokens"]


@pytest.mark.parametrize("path, body", [
    ("/embeddings?count-e", {"input": "x"}), ("/responses?count-r", {"input": "x"}),
    ("/responses?count-rs", {"input": "x", "stream": True}),
])
def test_the_access_log_counts_the_tokens_of_other_routes(http_client, proxy, path, body):
    assert http_client.post(path, json=dict(body, model="openai/gpt-4o")).status_code == 200
    assert last_record(proxy, path.split("?")[1])["usage"]["input"] > 0


def test_no_log_holds_a_secret(post, proxy):
    post("openai/fake-echo", messages=[{"role": "user", "content": "a-private-word"}])
    post("openai/fake-status-401")
    post("nobody/x", messages=[{"role": "user", "content": "a-private-word"}])
    time.sleep(0.2)
    text = proxy.access_log.read_text() + proxy.log.read_text()
    assert [secret for secret in ("sk-orq-demo", "provider-key", "a-private-word") if secret in text] == []
