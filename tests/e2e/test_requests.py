"""What reaches the provider: every byte that the client meant for it, its own key, and nothing else."""

import hashlib
import json

import httpx
import pytest

from conftest import KEY, assert_error, raw_head
from http2 import Http2
from samples import NASTY, PNG, multipart, wav

CHAT = "/chat/completions"
JSON = {"content-type": "application/json"}
MODEL = b'"my-vllm/org/model"'
BODIES = {
    "numbers in any form": b'{"temperature":1.50,"model":%s,"seed":12345678901234567890123,"top_p":1e-2,"x":-0.0,"messages":[{"role":"user","content":"Hi"}]}',
    "unknown fields in any order": b'{"zeta":{"b":[1,{"a":null}],"a":true},"model":%s,"alpha":"x","messages":[{"role":"user","content":"Hi","own":{}}]}',
    "escapes as they were": b'{"messages":[{"role":"user","content":"\\u0041\\ud83d\\ude00 \\/ \xc3\xa9 \\" \\u2028"}],"model":%s}',
    "white space as it was": b' {\r\n\t"model" :\n %s\n ,\t"messages" : [ { "role":"user" , "content" : "Hi" } ] } \n',
    "model names inside strings": b'{"messages":[{"role":"user","content":"{\\"model\\":\\"my-vllm/org/model\\"}"}],"metadata":{"model":"my-vllm/org/model"},"model":%s}',
}


def chat(model, **more):
    return json.dumps(dict({"model": model, "messages": [{"role": "user", "content": "Hi"}]}, **more))


@pytest.mark.parametrize("name", BODIES)
def test_the_bytes_around_the_model_are_untouched(http_client, fake, name):
    answer = http_client.post(CHAT, content=BODIES[name] % MODEL, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert fake.last()["body"]["bytes"] == BODIES[name] % b'"org/model"'
    assert fake.last()["header"]["content-type"] == "application/json"


def test_a_model_that_is_written_with_escapes_is_the_same_model(http_client, fake):
    answer = http_client.post(CHAT, content=BODIES["numbers in any form"] % b'"my-vllm\\/org\\u002fmodel"', headers=JSON)
    assert answer.status_code == 200, answer.text
    assert fake.last()["model"] == "org/model"


def test_a_body_without_a_content_type_goes_on_as_json(http_client, fake):
    answer = http_client.post(CHAT, content=chat("openai/gpt-4o"))
    assert answer.status_code == 200, answer.text
    assert fake.last()["header"]["content-type"] == "application/json"


def test_a_model_in_any_script_arrives(post, fake):
    answer = post("my-vllm/模型-é-😀")
    assert answer.status_code == 200 and fake.last()["model"] == "模型-é-😀"


def test_a_chunked_body_arrives_whole(http_client, fake):
    body = BODIES["escapes as they were"]
    answer = http_client.post(CHAT, content=iter([body[:7], body[7:30], body[30:] % MODEL]), headers=JSON)
    assert answer.status_code == 200, answer.text
    assert fake.last()["body"]["bytes"] == body % b'"org/model"'


def test_a_body_that_comes_byte_by_byte_arrives_whole(raw, fake):
    body = BODIES["escapes as they were"] % MODEL
    connection = raw().send(raw_head("/v2/proxy" + CHAT, b"transfer-encoding: chunked"))
    for at in range(len(body)):
        connection.send(b"1\r\n%s\r\n" % body[at:at + 1])
    assert connection.send(b"0\r\n\r\n").answer().status_code == 200
    assert fake.last()["body"]["bytes"] == BODIES["escapes as they were"] % b'"org/model"'


def test_a_chunked_body_may_end_with_trailers(raw):
    body = chat("openai/gpt-4o").encode()
    head = raw_head("/v2/proxy" + CHAT, b"transfer-encoding: chunked", b"trailer: x-sum")
    answer = raw().send(head + b"%x\r\n%s\r\n0\r\nx-sum: 1\r\n\r\n" % (len(body), body)).answer()
    assert answer.status_code == 200, answer.text


def test_a_client_may_wait_for_100_continue(raw):
    body = chat("openai/gpt-4o").encode()
    connection = raw().send(raw_head("/v2/proxy" + CHAT, b"expect: 100-continue", b"content-length: %d" % len(body)))
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 ")
    assert connection.send(body).answer().status_code == 200


@pytest.mark.parametrize("field", [
    {"orq": {"name": "trace", "retry": {"count": 2, "on_codes": [429]}}},
    {"orq": {}, "temperature": 1},
], ids=["settings", "empty"])
def test_orqs_own_fields_stay_in_the_proxy(post, fake, field):
    answer = post("my-vllm/org/model", **field)
    assert answer.status_code == 200, answer.text
    assert "orq" not in fake.last()["json"]


# Forms

def send_form(http_client, parts, path="/audio/transcriptions", **more):
    body, content_type = multipart(parts, **more)
    return http_client.post(path, content=body, headers={"content-type": content_type})


FILE = ("file", "talk \u00e9;\"x\".wav".replace('"', "%22"), "audio/wav", NASTY)
ORDERS = {
    "first": lambda model: [("model", None, None, model), FILE, ("language", None, None, b"de")],
    "middle": lambda model: [("language", None, None, b"de"), ("model", None, None, model), FILE],
    "last": lambda model: [FILE, ("language", None, None, b"de"), ("model", None, None, model)],
}


@pytest.mark.parametrize("place", ORDERS)
def test_a_form_is_untouched_but_for_its_model_wherever_that_stands(http_client, fake, place):
    answer = send_form(http_client, ORDERS[place](b"my-vllm/whisper-large"))
    assert answer.status_code == 200, answer.text
    assert fake.last()["body"]["bytes"] == multipart(ORDERS[place](b"whisper-large"))[0]
    file = [part for part in fake.last()["parts"] if part["name"] == "file"][0]
    assert file["sha256"] == hashlib.sha256(NASTY).hexdigest()


@pytest.mark.parametrize("names", [["image"], ["image[]"], ["image[]", "image[]"]], ids="+".join)
def test_an_image_form_takes_every_name_of_the_image(http_client, fake, names):
    parts = [(name, "a.png", "image/png", PNG + NASTY) for name in names]
    answer = send_form(http_client, parts + [("model", None, None, b"openai/gpt-image-1"), ("prompt", None, None, b"x")],
                       "/images/edits")
    assert answer.status_code == 200, answer.text
    files = [part for part in fake.last()["parts"] if part["filename"]]
    assert [part["name"] for part in files] == names
    assert {part["sha256"] for part in files} == {hashlib.sha256(PNG + NASTY).hexdigest()}


def test_a_form_of_several_mebibytes_keeps_its_file(http_client, fake):
    sound = wav(0.1) + bytes(range(256)) * 40000
    answer = send_form(http_client, [("file", "long.wav", "audio/wav", sound), ("model", None, None, b"openai/whisper-1")])
    assert answer.status_code == 200, answer.text
    assert fake.last()["parts"][0]["sha256"] == hashlib.sha256(sound).hexdigest()


@pytest.mark.parametrize("boundary", ["x", "a" * 70, "\"quoted '()+_,-./:=?\""], ids=["short", "longest", "quoted"])
def test_any_boundary_will_do(http_client, fake, boundary):
    body, _ = multipart(ORDERS["last"](b"openai/whisper-1"), boundary=boundary.strip('"'))
    content_type = "Multipart/Form-Data; charset=utf-8; boundary=" + boundary
    answer = http_client.post("/audio/transcriptions", content=body, headers={"content-type": content_type})
    assert answer.status_code == 200, answer.text
    assert fake.last()["model"] == "whisper-1"


# Where it goes

@pytest.mark.parametrize("model, host, path", [
    ("openai/gpt-4o", "api.openai.com", "/v1/chat/completions"),
    ("mistral/mistral-small-latest", "api.mistral.ai", "/v1/chat/completions"),
    ("groq/llama", "api.groq.com", "/openai/v1/chat/completions"),
    ("my-vllm/org/model", "vllm.local", "/deep/v1/chat/completions"),
])
def test_host_and_path_are_the_providers(post, fake, model, host, path):
    assert post(model).status_code == 200
    assert (fake.last()["header"]["host"], fake.last()["path"]) == (host, path)


def test_azure_has_its_deployment_in_the_path_and_its_version_in_the_query(http_client, fake):
    answer = http_client.post(CHAT + "?x=%20y", content=chat("azure/my-gpt.4o"), headers=JSON)
    assert answer.status_code == 200, answer.text
    last = fake.last()
    assert last["header"]["host"] == "my-resource.openai.azure.com" and last["header"]["api-key"] == "provider-key-azure"
    assert "authorization" not in last["header"]
    assert last["path"] == "/openai/deployments/my-gpt.4o/chat/completions"
    assert sorted(last["query"].split("&")) == ["api-version=2024-10-21", "x=%20y"]


@pytest.mark.parametrize("query", ["a=b&c=%20d%2F&e", "x=1&x=2&%C3%A9=%F0%9F%98%80", "q=../..//?&="])
def test_query_strings_survive(http_client, fake, proxy, query):
    answer = http_client.post(httpx.URL(proxy.base_url + CHAT + "?" + query), content=chat("openai/gpt-4o"), headers=JSON)
    assert answer.status_code == 200, answer.text
    assert fake.last()["query"] == query


@pytest.mark.parametrize("model, sent, arrives, dropped", [
    ("groq/llama", b'"logprobs":true,"seed":1,', b'"seed":1,', "logprobs"),
    ("mistral/small", b'"seed":1.0,"max_completion_tokens":7,', b'"random_seed":1.0,"max_tokens":7,', "own"),
    ("mistral/small", b'"temperature":2,"user":"me",', b'"temperature":1.5,', "temperature, user, own"),
    ("openai/gpt-5", b'"max_tokens":7,"x":1.50,', b'"max_completion_tokens":7,"x":1.50,', None),
    ("openai/gpt-4o", b'"max_tokens":7,"seed":1,', b'"max_tokens":7,"seed":1,', None),
])
def test_parameters_become_what_the_provider_takes(http_client, fake, model, sent, arrives, dropped):
    body = b'{%s"model":"%s","messages":[{"role":"user","content":"Hi"}],"own":1.50}'
    answer = http_client.post(CHAT, content=body % (sent, model.encode()), headers=JSON)
    assert answer.status_code == 200, answer.text
    expected = json.loads(body % (arrives, model.split("/", 1)[1].encode()))
    # Mistral takes no parameter that it does not know.
    keeps = "own" not in (dropped or "").split(", ") or expected.pop("own") is None
    assert json.loads(fake.last()["body"]["bytes"]) == expected
    assert (b'"own":1.50' in fake.last()["body"]["bytes"]) == keeps
    assert answer.headers.get("x-orq-dropped-params") == dropped


def test_the_developer_is_the_system_where_that_role_is_unknown(post, fake):
    assert post("deepseek/deepseek-chat", messages=[{"role": "developer", "content": "x"}]).status_code == 200
    assert fake.last()["json"]["messages"] == [{"role": "system", "content": "x"}]


@pytest.mark.parametrize("provider, header, value", [
    ("openai/gpt-4o", "authorization", "Bearer provider-key-openai"),
    ("mistral/small", "authorization", "Bearer provider-key-mistral"),
    ("my-vllm/org/model", "authorization", "Bearer provider-key-vllm"),
    ("azure/gpt-4o", "api-key", "provider-key-azure"),
])
def test_the_provider_gets_its_own_key(post, fake, provider, header, value):
    assert post(provider).status_code == 200
    assert fake.last()["header"][header] == value


CREDENTIALS = {
    "api-key": "client-secret", "x-api-key": "client-secret", "x-goog-api-key": "client-secret",
    "cookie": "session=client-secret", "openai-organization": "org-client", "openai-project": "proj-client",
    "proxy-authorization": "Basic client-secret", "x-amz-security-token": "client-secret",
}


@pytest.mark.parametrize("model", ["openai/gpt-4o", "azure/gpt-4o", "my-vllm/org/model"])
def test_no_credential_of_the_client_goes_upstream(http_client, fake, model):
    answer = http_client.post(CHAT, content=chat(model), headers=dict(JSON, **CREDENTIALS))
    assert answer.status_code == 200, answer.text
    leaked = [name for name, value in fake.last()["headers"] if value in CREDENTIALS.values() or KEY in value]
    assert leaked == []


INTERNAL = {
    "x-orq-cluster": "dead", "x-orq-provider": "groq", "x-orq-model": "other", "x-orq-token": "guess",
    "x-orq-identity-id": "someone", "x-orq-metadata-team": "us", "x-envoy-max-retries": "9", "x-envoy-retry-on": "5xx",
    "x-envoy-upstream-rq-timeout-ms": "1", "x-envoy-upstream-rq-per-try-timeout-ms": "1", "x-envoy-original-path": "/x",
    "x-envoy-upstream-alt-stat-name": "x", "x-envoy-hedge-on-per-try-timeout": "true", "x-envoy-decorator-operation": "x",
    "x-envoy-internal": "true", "x-envoy-ip-tags": "x", "x-envoy-expected-rq-timeout-ms": "1",
    "x-envoy-upstream-stream-duration-ms": "1",
}


def test_internal_headers_of_the_client_have_no_effect_and_stay(http_client, fake):
    answer = http_client.post(CHAT, content=chat("my-vllm/fake-delay-300"), headers=dict(JSON, **INTERNAL))
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-orq-provider"] == "my-vllm"
    arrived = fake.last()["header"]
    assert {name: arrived[name] for name in INTERNAL if name in arrived and name != "x-orq-cluster"} == {}
    assert arrived.get("x-orq-cluster", "vllm") == "vllm"


def test_a_client_cannot_make_envoy_retry(http_client, fake):
    headers = dict(JSON, **{"x-envoy-retry-on": "5xx", "x-envoy-max-retries": "3"})
    answer = http_client.post(CHAT, content=chat("my-vllm/fake-status-500"), headers=headers)
    assert answer.status_code == 500 and fake.state()["requests"] == 1


def test_harmless_headers_of_the_client_pass(http_client, fake):
    harmless = {"user-agent": "my-app/1.0", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "openai-beta": "assistants=v2", "x-stainless-lang": "python"}
    assert http_client.post(CHAT, content=chat("openai/gpt-4o"), headers=dict(JSON, **harmless)).status_code == 200
    arrived = fake.last()["header"]
    assert {name: arrived.get(name) for name in ("user-agent", "traceparent", "openai-beta")} == {
        name: harmless[name] for name in ("user-agent", "traceparent", "openai-beta")}


def test_the_provider_is_not_offered_compression(http_client, fake):
    headers = dict(JSON, **{"accept-encoding": "gzip, br, zstd"})
    assert http_client.post(CHAT, content=chat("openai/gpt-4o"), headers=headers).status_code == 200
    assert fake.last()["header"].get("accept-encoding", "identity") == "identity"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_of_the_key_is_case_insensitive(http_client, scheme):
    assert http_client.get("/models", headers={"authorization": "%s %s" % (scheme, KEY)}).status_code == 200


def test_a_key_that_ends_later_works_today(http_client):
    assert http_client.get("/models", headers={"authorization": "Bearer sk-orq-lasting"}).status_code == 200


# Who may use what

def limited(http_client, model):
    return http_client.post(CHAT, content=chat(model), headers=dict(JSON, authorization="Bearer sk-orq-limited"))


def test_a_key_with_patterns_uses_what_they_name(http_client):
    assert limited(http_client, "groq/llama").status_code == 200
    assert limited(http_client, "openai/gpt-4o").status_code == 200


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "mistral/small", "my-vllm/groq/llama"])
def test_a_key_with_patterns_is_refused_the_rest(http_client, fake, model):
    assert_error(limited(http_client, model), 403, code="model_not_found", says=model)
    assert fake.state()["requests"] == 0


def test_a_key_with_patterns_lists_only_what_it_may_use(http_client):
    listed = http_client.get("/models", headers={"authorization": "Bearer sk-orq-limited"}).json()["data"]
    assert "openai/gpt-4o" in [model["id"] for model in listed]
    assert "deepseek/deepseek-chat" not in [model["id"] for model in listed]


# Routes

@pytest.mark.parametrize("model, path, body", [
    ("deepseek/deepseek-chat", "/embeddings", {"input": "x"}),
    ("groq/llama", "/images/generations", {"prompt": "x"}),
    ("openai/gpt-4o", "/rerank", {"query": "x", "documents": ["x"]}),
])
def test_a_route_that_a_provider_lacks_is_refused_by_both_names(http_client, fake, model, path, body):
    error = assert_error(http_client.post(path, json=dict(body, model=model)), 400)
    assert model.split("/")[0] in error["message"] and path in error["message"]
    assert fake.state()["requests"] == 0


@pytest.mark.parametrize("path", ["/nothing", "/chat", "/chat/completions/x", "//models", "/audio"])
def test_an_unknown_path_is_not_found(proxy, http_client, path):
    assert_error(http_client.get(httpx.URL(proxy.base_url + path)), 404)


@pytest.mark.parametrize("path", ["/", "/v1/chat/completions", "/v2/proxyx/models", "/v2/proxy/../proxy/nothing"])
def test_a_path_outside_of_the_base_is_not_found(raw, path):
    assert_error(raw().send(raw_head(path, method="GET", content_type=None)).answer(), 404)


@pytest.mark.parametrize("method, path, allow", [
    ("GET", "/chat/completions", "POST"), ("DELETE", "/chat/completions", "POST"), ("PUT", "/embeddings", "POST"),
    ("PATCH", "/responses", "POST"), ("POST", "/models", "GET"), ("DELETE", "/models/openai/gpt-4o", "GET"),
    ("GET", "/audio/speech", "POST"), ("GET", "/speech", "POST"),
])
def test_a_wrong_method_is_refused_with_the_right_one(http_client, method, path, allow):
    answer = http_client.request(method, path)
    assert_error(answer, 405)
    assert allow in [name.strip() for name in answer.headers["allow"].split(",")]


@pytest.mark.parametrize("model", ["deepseek/other", "nobody/gpt", "gpt-4o"])
def test_an_unknown_model_of_the_list_is_not_found(http_client, model):
    assert_error(http_client.get("/models/" + model), 404, code="model_not_found", param="model")


# HTTP/2

def test_http2_with_prior_knowledge_works(proxy, fake):
    with httpx.Client(http1=False, http2=True, base_url=proxy.base_url, headers={"authorization": "Bearer " + KEY}) as client:
        answer = client.post(CHAT, content=chat("my-vllm/org/model", temperature=1.5), headers=JSON)
        assert answer.http_version == "HTTP/2" and answer.status_code == 200
        stream = client.post(CHAT, content=chat("my-vllm/fake-cut-2", stream=True), headers=JSON)
        assert stream.text.endswith("data: [DONE]\n\n")
        assert_error(client.post(CHAT, content=chat("nobody/gpt"), headers=JSON), 404, code="model_not_found")


def test_an_http2_request_may_end_with_trailers(proxy, fake):
    with Http2(proxy.port, KEY) as connection:
        connection.post("/v2/proxy" + CHAT, chat("my-vllm/org/model").encode(), trailers=[("x-sum", "1")])
        connection.read()
    assert connection.status == 200 and b"You said: Hi" in connection.body
    assert fake.last()["model"] == "org/model"
