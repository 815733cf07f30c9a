"""Every class of exception of the Python SDK, through the proxy."""

import openai
import pytest

HI = [{"role": "user", "content": "Hi"}]
CLASSES = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError,
    404: openai.NotFoundError, 409: openai.ConflictError, 422: openai.UnprocessableEntityError,
    429: openai.RateLimitError, 500: openai.InternalServerError, 503: openai.InternalServerError,
    529: openai.InternalServerError,
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", CLASSES)
def test_a_providers_status_becomes_its_exception(client, status, stream):
    with pytest.raises(CLASSES[status]) as caught:
        client.chat.completions.create(model="openai/fake-status-%d" % status, messages=HI, stream=stream)
    assert type(caught.value) is CLASSES[status] and caught.value.status_code == status
    assert "The fake provider answers %d." % status in caught.value.message
    assert caught.value.type and caught.value.request_id


def test_a_rate_limit_keeps_what_a_client_needs_to_wait(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="openai/fake-status-429", messages=HI)
    headers = caught.value.response.headers
    assert headers["retry-after"] == "7" and headers["x-request-id"] == "req_fake_limited"
    assert headers["x-ratelimit-remaining-requests"] == "0" and headers["x-ratelimit-reset-tokens"] == "6m0s"
    assert headers["x-ratelimit-limit-requests"] == "60" and headers["x-ratelimit-limit-tokens"] == "150000"
    assert caught.value.code == "rate_limit_exceeded" and caught.value.type == "requests"


def test_a_wrong_key_is_an_authentication_error(proxy):
    client = openai.OpenAI(base_url=proxy.base_url, api_key="sk-orq-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.models.list()
    assert caught.value.code == "invalid_api_key" and "sk-orq-wrong" not in str(caught.value.body)


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="openai-of-another-planet/gpt", messages=HI)
    assert caught.value.code == "model_not_found"


def test_a_model_without_a_provider_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=HI)
    assert caught.value.param == "model"


def test_a_provider_that_is_down_is_a_server_error(client):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="dead/gpt", messages=HI)
    assert caught.value.status_code in (502, 503)


@pytest.mark.parametrize("model", ["fake-die-midstream", "fake-die-midstream+cut-7"])
def test_a_death_in_mid_stream_is_an_error_and_never_a_short_answer(client, model):
    """The SDK lets errors of its HTTP client through while it reads a stream; an error event is as good an answer."""
    stream = client.chat.completions.create(model="openai/" + model, messages=HI, stream=True)
    with pytest.raises(Exception) as caught:
        for _ in stream:
            pass
    assert isinstance(caught.value, openai.APIError) or type(caught.value).__name__ == "RemoteProtocolError"


def test_an_error_event_in_mid_stream_is_an_api_error(client):
    stream = client.chat.completions.create(model="openai/fake-stream-error", messages=HI, stream=True)
    text = ""
    with pytest.raises(openai.APIError) as caught:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert text.startswith("Hello") and caught.value.message == "The fake provider failed."


def test_an_error_event_in_the_middle_of_a_response_is_an_api_error(client):
    with pytest.raises(openai.APIError):
        for _ in client.responses.create(model="openai/fake-stream-error", input="Hi", stream=True):
            pass


def test_the_sdk_retries_what_the_provider_calls_temporary(proxy, fake):
    client = openai.OpenAI(base_url=proxy.base_url, api_key="sk-orq-demo", max_retries=1)
    with pytest.raises(openai.ConflictError):
        client.chat.completions.create(model="openai/fake-status-409", messages=HI)
    assert fake.state()["requests"] == 2


def test_the_sdk_obeys_a_provider_that_says_not_to_retry(proxy, fake):
    client = openai.OpenAI(base_url=proxy.base_url, api_key="sk-orq-demo", max_retries=2)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="openai/fake-status-503", messages=HI)
    assert fake.state()["requests"] == 1
