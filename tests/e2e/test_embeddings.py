"""Embeddings of every language through the SDK: the vectors that come are the provider's, bit by bit."""

import json
import os
import pathlib

import openai
import pytest

import extract_routes
import schemas as openai_schemas
from conftest import assert_error
from samples import PNG, data_url

SPEC = os.environ.get("ORQ_SPEC")
# (how its answer is read, a size that it can make or None)
MODELS = {
    "cohere/embed-v4.0": ("cohere", 256), "cohere/embed-english-v3.0": ("cohere", None),
    "google-ai/gemini-embedding-001": ("gemini", 128), "google-ai/gemini-embedding-2": ("gemini", 128),
    "google/text-embedding-005": ("vertex", 128), "google/gemini-embedding-001": ("vertex", 128),
    "google/gemini-embedding-2": ("gemini", 128),
    "aws/amazon.titan-embed-text-v2:0": ("bedrock", 256), "aws/amazon.titan-embed-text-v1": ("bedrock", None),
    "aws/cohere.embed-v4:0": ("bedrock", 256), "aws/cohere.embed-english-v3": ("bedrock", None),
    "aws/amazon.nova-2-multimodal-embeddings-v1:0": ("bedrock", 256),
    "voyage/voyage-4": ("openai", 256), "voyage/voyage-multimodal-3.5": ("openai", 256),
    "jina/jina-embeddings-v3": ("openai", 128), "huggingface/BAAI/bge-small-en-v1.5": ("huggingface", None),
    "perplexity/pplx-embed-v1-0.6b": ("perplexity", 128),
    "mistral/mistral-embed": ("openai", None), "mistral/codestral-embed-2505": ("openai", 128),
    "openai/text-embedding-3-small": ("openai", 128), "azure/text-embedding-3-small": ("openai", 128),
    "togetherai/intfloat/multilingual-e5-large-instruct": ("openai", None), "my-vllm/embed": ("openai", 16),
    "openrouter/openai/text-embedding-3-small": ("openai", 16), "nvidia/nvidia/llama-nemotron-embed-1b-v2": ("openai", 16),
    "fireworks/accounts/fireworks/models/qwen3-embedding-8b": ("openai", 16),
}
# Those whose language is not OpenAI's: what they cannot carry is refused before they are asked.
OWN = [model for model in MODELS
       if model.split("/")[0] in ("cohere", "google-ai", "google", "aws", "voyage", "jina", "huggingface")]
INPUTS = ["A fox", "a dog – Größe 🌍", "A fox", "three\nlines\nof \"text\" \\ with 　spaces", "x" * 3000]


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def provided(fake, model):
    """The vectors that the provider gave, over all its answers."""
    answers = [request["answer"]["body"]["bytes"] for request in fake.all() if request["answer"]["status"] == 200]
    return [vector for answer in answers if answer is not None for vector in extract_routes.vectors(MODELS[model][0], answer)]


def packed(vector):
    """The bits of what the SDK gives: floats that were float32."""
    return b"".join(extract_routes.float32(repr(number)) for number in vector)


@pytest.mark.parametrize("model", MODELS)
def test_the_sdk_gets_the_vectors_of_a_batch_bit_by_bit_and_in_order(client, fake, model):
    answer = client.embeddings.create(model=model, input=INPUTS)
    expected = provided(fake, model)
    assert len(expected) == len(INPUTS)
    assert [one.index for one in answer.data] == list(range(len(INPUTS))) and answer.object == "list"
    assert [packed(one.embedding) for one in answer.data] == [extract_routes.bits(vector) for vector in expected]
    assert answer.data[0].embedding == answer.data[2].embedding != answer.data[1].embedding
    assert answer.usage.total_tokens >= answer.usage.prompt_tokens >= 0 and answer.model


@pytest.mark.parametrize("model", MODELS)
def test_floats_are_written_as_the_provider_wrote_them(http_client, fake, schemas, model):
    answer = http_client.post("/embeddings", json={"model": model, "input": INPUTS[:2], "encoding_format": "float"})
    assert answer.status_code == 200, answer.text
    told, expected = extract_routes.exact(answer.content), provided(fake, model)
    if all(isinstance(vector, list) for vector in expected):
        assert [one["embedding"] for one in told["data"]] == expected
    assert [extract_routes.bits(one["embedding"]) for one in told["data"]] == [extract_routes.bits(vector) for vector in expected]
    assert all(isinstance(one["embedding"], list) for one in told["data"])
    assert not schemas or not schemas.faults("CreateEmbeddingResponse", json.loads(answer.content))


@pytest.mark.parametrize("model", MODELS)
def test_vectors_are_packed_when_that_is_asked_for(http_client, fake, model):
    answer = http_client.post("/embeddings", json={"model": model, "input": INPUTS[1], "encoding_format": "base64"})
    assert answer.status_code == 200, answer.text
    vector = answer.json()["data"][0]["embedding"]
    assert isinstance(vector, str) and extract_routes.bits(vector) == extract_routes.bits(provided(fake, model)[0])


@pytest.mark.parametrize("model", OWN)
def test_numbers_are_what_comes_when_no_form_is_asked_for(http_client, fake, model):
    answer = http_client.post("/embeddings", json={"model": model, "input": "A fox"})
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json()["data"][0]["embedding"], list)


@pytest.mark.parametrize("model", MODELS)
def test_dimensions_are_kept_or_named(client, fake, model):
    size = MODELS[model][1]
    try:
        answer = client.embeddings.with_raw_response.create(model=model, input="A fox", dimensions=size or 256)
    except openai.BadRequestError as error:
        assert size is None and (error.param == "dimensions" or model.startswith(("mistral/", "cohere/"))), error
    else:
        vector = answer.parse().data[0].embedding
        if size is None and model in OWN:
            assert "dimensions" in answer.headers["x-orq-dropped-params"]
        elif size is not None:
            assert len(vector) == size


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]], ids=["tokens", "lists of tokens"])
@pytest.mark.parametrize("model", OWN)
def test_tokens_are_refused_by_name_where_they_cannot_be_carried(http_client, fake, model, tokens):
    answer = http_client.post("/embeddings", json={"model": model, "input": tokens})
    error = assert_error(answer, 400)
    assert error["param"].startswith("input") and fake.state()["requests"] == 0
    assert "token" in error["message"]


@pytest.mark.parametrize("model", ["openai/text-embedding-3-small", "my-vllm/embed"])
def test_tokens_reach_those_who_take_them(http_client, fake, model):
    assert http_client.post("/embeddings", json={"model": model, "input": [[1, 2], [3]]}).status_code == 200
    assert fake.last()["json"]["input"] == [[1, 2], [3]]


MOST = {"cohere/embed-v4.0": 96, "google-ai/gemini-embedding-001": 100, "google/text-embedding-005": 250,
        "aws/cohere.embed-english-v3": 96,
        "voyage/voyage-4": 1000, "perplexity/pplx-embed-v1-0.6b": 512}


@pytest.mark.parametrize("model", MOST)
def test_too_many_inputs_are_refused_with_the_number_that_is_possible(http_client, fake, model):
    answer = http_client.post("/embeddings", json={"model": model, "input": ["A fox"] * (MOST[model] + 1)})
    assert_error(answer, 400, param="input", says=[str(MOST[model])])
    assert fake.state()["requests"] == 0


@pytest.mark.parametrize("model", MOST)
def test_as_many_inputs_as_are_possible_arrive(client, fake, model):
    answer = client.embeddings.create(model=model, input=["input %d" % at for at in range(MOST[model])], **(
        {"dimensions": MODELS[model][1]} if MODELS[model][1] else {}))
    assert len(answer.data) == MOST[model]
    last = answer.data[-1]
    assert last.index == MOST[model] - 1
    expected = provided(fake, model)  # Nothing, where the answer was too large for the fake to keep.
    assert not expected or packed(last.embedding) == extract_routes.bits(expected[-1])


@pytest.mark.parametrize("wrong", [[], 7, None, [None], [7.5]], ids=repr)
@pytest.mark.parametrize("model", OWN)
def test_a_wrong_input_is_refused_by_name(http_client, fake, model, wrong):
    answer = http_client.post("/embeddings", json={"model": model, "input": wrong})
    error = assert_error(answer, 400)
    assert (error["param"] or "").startswith("input") and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", OWN[:1] + OWN[12:])
def test_an_encoding_that_is_none_is_refused_by_name(http_client, fake, model):
    answer = http_client.post("/embeddings", json={"model": model, "input": "A fox", "encoding_format": "hex"})
    assert_error(answer, 400, param="encoding_format", says=["base64", "float"])
    assert fake.state()["requests"] == 0


def found(value, name):
    """The values of all members of a name, at any depth."""
    if isinstance(value, dict):
        return ([value[name]] if name in value else []) + [one for inner in value.values() for one in found(inner, name)]
    return [one for inner in value for one in found(inner, name)] if isinstance(value, list) else []


PURPOSES = {
    "cohere/embed-v4.0": ("input_type", "search_query"), "aws/cohere.embed-english-v3": ("input_type", "search_query"),
    "google-ai/gemini-embedding-001": ("taskType", "RETRIEVAL_QUERY"),
    "google/text-embedding-005": ("task_type", "RETRIEVAL_QUERY"),
    "voyage/voyage-4": ("input_type", "query"), "jina/jina-embeddings-v3": ("task", "retrieval.query"),
    "aws/amazon.nova-2-multimodal-embeddings-v1:0": ("embeddingPurpose", "GENERIC_RETRIEVAL"),
}


@pytest.mark.parametrize("model", PURPOSES)
@pytest.mark.parametrize("said", ["query", "search_query", "RETRIEVAL_QUERY"])
def test_what_an_input_is_for_is_said_in_the_providers_words(http_client, fake, model, said):
    answer = http_client.post("/embeddings", json={"model": model, "input": "A fox", "input_type": said})
    assert answer.status_code == 200, answer.text
    name, word = PURPOSES[model]
    sent = fake.last()["json"]
    told = found(sent, name) or found(sent, "taskType")
    assert told in ([word], ["TEXT_RETRIEVAL"], ["RETRIEVAL_QUERY"]), sent


# Errors, in each provider's own form

FAULTY = ["cohere/embed-", "google-ai/gemini-embedding-", "google/text-embedding-", "aws/cohere.embed-",
          "aws/amazon.titan-embed-text-v2-", "voyage/",
          "jina/", "perplexity/", "huggingface/org/", "mistral/"]
CLASSES = {400: openai.BadRequestError, 401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError,
           500: openai.InternalServerError, 503: openai.InternalServerError}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_becomes_its_exception(client, family, status):
    with pytest.raises(CLASSES[status]) as caught:
        client.embeddings.create(model="%sfake-status-%d" % (family, status), input="A fox")
    assert "The fake provider answers %d." % status in caught.value.message and caught.value.type and caught.value.request_id


@pytest.mark.parametrize("fault", ["error-html-502", "error-empty-500", "broken-json", "hang-up"])
@pytest.mark.parametrize("family", FAULTY[:-1])
def test_an_answer_that_nobody_can_read_is_a_server_error(client, family, fault):
    with pytest.raises(openai.InternalServerError) as caught:
        client.embeddings.create(model="%sfake-%s" % (family, fault), input="A fox")
    assert caught.value.type and caught.value.message


@pytest.mark.parametrize("model",
                         ["cohere/embed-fake-cut-1", "google-ai/gemini-embedding-fake-cut-3", "voyage/fake-cut-7",
                          "aws/cohere.embed-fake-cut-2"])
def test_an_answer_in_pieces_is_the_same(client, fake, model):
    answer = client.embeddings.create(model=model, input=["A fox"], dimensions=256)
    family = "cohere" if "cohere" in model else "gemini" if "gemini" in model else "openai"
    expected = extract_routes.vectors(family, fake.last()["answer"]["body"]["bytes"])
    assert packed(answer.data[0].embedding) == extract_routes.bits(expected[0])


# Pictures

PICTURES = ["cohere/embed-v4.0", "google-ai/gemini-embedding-2", "voyage/voyage-multimodal-3.5", "jina/jina-clip-v2",
            "aws/amazon.nova-2-multimodal-embeddings-v1:0", "aws/amazon.titan-embed-image-v1"]


@pytest.mark.parametrize("form", [lambda url: {"image": url}, lambda url: {"type": "image_url", "image_url": {"url": url}}],
                         ids=["image", "image_url"])
@pytest.mark.parametrize("model", PICTURES)
def test_a_picture_is_embedded_by_a_model_that_sees(http_client, fake, model, form):
    answer = http_client.post("/embeddings", json={"model": model, "input": [form(data_url("image/png", PNG))]})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == 1 and data_url("", PNG).partition(",")[2] in fake.last()["body"]["bytes"].decode()
