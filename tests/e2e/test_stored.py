"""Responses that a provider keeps: reached where they live, by the header that says so."""

import json

import httpx
import pytest

from conftest import KEY, assert_error

HERE = {"x-orq-provider": "openai"}


@pytest.fixture
def made(client):
    return client.responses.create(model="openai/gpt-4o", input="Hello").id


def test_a_response_is_read_where_it_was_made(client, fake, made):
    found = client.responses.with_raw_response.retrieve(made, extra_headers=HERE)
    assert found.parse().id == made and found.headers["x-orq-provider"] == "openai"
    assert "x-orq-model" not in found.headers
    request = fake.last()
    assert (request["method"], request["path"]) == ("GET", "/v1/responses/" + made)
    assert "x-orq-provider" not in request["header"] and KEY not in json.dumps(request["header"])


def test_it_is_told_again_as_a_stream(client, made):
    events = list(client.responses.retrieve(made, stream=True, extra_headers=HERE))
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert events[-1].response.id == made


def test_its_input_is_listed_with_the_clients_query(client, fake, made):
    page = client.responses.input_items.list(made, limit=5, extra_headers=HERE)
    assert page.data[0].content[0].text == "Hello"
    assert fake.last()["query"] == "limit=5"


def test_it_is_cancelled_and_deleted(client, made):
    assert client.responses.cancel(made, extra_headers=HERE).status == "cancelled"
    client.responses.delete(made, extra_headers=HERE)
    with pytest.raises(Exception) as raised:
        client.responses.retrieve(made, extra_headers=HERE)
    assert raised.value.status_code == 404


def test_what_a_provider_does_not_keep_is_its_own_404(client):
    with pytest.raises(Exception) as raised:
        client.responses.retrieve("resp_unknown", extra_headers=HERE)
    assert raised.value.status_code == 404 and "resp_unknown" in raised.value.message


def test_where_several_providers_keep_responses_the_client_is_asked_which(http_client):
    answer = http_client.get("/responses/resp_1")
    assert_error(answer, 400, code="missing_required_parameter", param="x-orq-provider", says=["x-orq-provider"])


@pytest.mark.parametrize("provider", ["anthropic", "nobody"])
def test_a_provider_that_keeps_none_is_refused_by_name(http_client, provider):
    answer = http_client.get("/responses/resp_1", headers={"x-orq-provider": provider})
    assert_error(answer, 404, code="response_not_found", says=[provider])


def test_other_methods_and_paths_are_refused(http_client):
    answer = http_client.post("/responses/resp_1", json={})
    assert_error(answer, 405, code="method_not_supported", says=["GET, DELETE"])
    assert answer.headers["allow"] == "GET, DELETE"
    for path in ["/responses/resp_1/x", "/responses/a%2Fb", "/responses/"]:
        assert http_client.get(path).status_code in (404, 405), path


def test_without_a_key_nothing_is_read(proxy):
    answer = httpx.get(proxy.base_url.rstrip("/") + "/responses/resp_1", headers=HERE)
    assert_error(answer, 401)
