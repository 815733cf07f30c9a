"""Reranking and moderation in every language: one form for the client, and the provider's own numbers in it."""

import json
import os
import pathlib

import openai
import pytest

import extract_routes
import schemas as openai_schemas
from conftest import assert_error

SPEC = os.environ.get("ORQ_SPEC")
# How its answer is read.
MODELS = {
    "cohere/rerank-v3.5": "cohere", "aws/cohere.rerank-v3-5:0": "bedrock", "aws/amazon.rerank-v1:0": "bedrock",
    "voyage/rerank-2.5": "voyage",
    "jina/jina-reranker-v3": "openai", "togetherai/Salesforce/Llama-Rank-v1": "openai", "openrouter/cohere/rerank-v3.5": "openai",
    "fireworks/fireworks/qwen3-reranker-8b": "voyage", "nvidia/nvidia/llama-3.2-nv-rerankqa-1b-v2": "nvidia",
    "deepinfra/Qwen/Qwen3-Reranker-8B": "deepinfra", "my-vllm/bge-reranker": "openai",
}
DOCUMENTS = ["A dog sleeps.", "The quick red fox – größer 🌍", "A red \"fox\" \\ hunts.", "", "Nothing\nat all"]
QUERY = "red fox"


def ask(http_client, model, **more):
    return http_client.post("/rerank",
                            json={"model": model, "query": QUERY, "documents": [text for text in DOCUMENTS if text], **more})


def given(fake, model):
    return extract_routes.scores(MODELS[model], fake.last()["answer"]["body"]["bytes"])


def check_form(answer, documents=None):
    """API.md A8: the members, the order and the range; gives (index, score as written)."""
    assert answer.status_code == 200, answer.text
    told = extract_routes.exact(answer.content)
    assert told["object"] == "list", told
    found = [(int(one["index"]), one["relevance_score"]) for one in told["results"]]
    assert all(one["object"] == "rerank" for one in told["results"]), told
    scores = [float(score) for _, score in found]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores), scores
    assert len({index for index, _ in found}) == len(found)
    assert "usage" not in told or int(told["usage"]["total_tokens"]) > 0
    for one in told["results"]:
        if documents is not None:
            assert one["document"]["text"] == documents[int(one["index"])], one
    return found


def same(found, expected):
    if not all(isinstance(score, str) for _, score, *_ in expected):  # A logit's sigmoid is computed: the last digits may differ.
        assert [index for index, _ in found] == [index for index, *_ in expected]
        return all(abs(float(mine) - theirs) <= 1e-9 * max(theirs, 1e-300) for (_, mine), (_, theirs, *_) in zip(found, expected))
    return found == [(index, score) for index, score, *_ in expected]


@pytest.mark.parametrize("model", MODELS)
def test_the_scores_are_written_as_the_provider_wrote_them_best_first(http_client, fake, model):
    found = check_form(ask(http_client, model))
    assert len(found) == 4 and same(found, given(fake, model))
    assert {found[0][0], found[1][0]} == {1, 2}


@pytest.mark.parametrize("model", MODELS)
def test_only_the_best_come_when_that_is_asked_for(http_client, fake, model):
    found = check_form(ask(http_client, model, top_n=2))
    assert len(found) == 2 and same(found, given(fake, model)[:2])


@pytest.mark.parametrize("model", MODELS)
def test_more_than_there_are_are_all(http_client, model):
    assert len(check_form(ask(http_client, model, top_n=99))) == 4


@pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("my-vllm")])
def test_documents_come_back_when_that_is_asked_for(http_client, model):
    check_form(ask(http_client, model, return_documents=True), [text for text in DOCUMENTS if text])


@pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("my-vllm")])
def test_documents_stay_away_when_that_is_asked_for(http_client, model):
    answer = ask(http_client, model, return_documents=False)
    check_form(answer)
    assert not any(one.get("document") for one in answer.json()["results"])


@pytest.mark.parametrize("model", MODELS)
def test_documents_may_be_objects_with_a_text(http_client, fake, model):
    answer = http_client.post("/rerank",
                              json={"model": model, "query": QUERY, "documents": [{"text": "a dog"}, {"text": "a red fox"}]})
    found = check_form(answer)
    assert [index for index, _ in found] == [1, 0]
    assert "a red fox" in fake.last()["body"]["bytes"].decode()


OWN = [model for model in MODELS if not model.startswith("my-vllm")]
WRONG = {"no documents": ("documents", {"documents": []}), "one document": ("documents", {"documents": "a"}),
         "no query": ("query", {"query": None}),
         "an empty query": ("query", {"query": ""}), "a number": ("documents", {"documents": ["a", 7]}),
         "top 0": ("top_n", {"top_n": 0}),
         "top two": ("top_n", {"top_n": "two"}), "half": ("top_n", {"top_n": 1.5})}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("model", OWN)
def test_what_is_wrong_is_refused_by_name(http_client, fake, model, name):
    param, change = WRONG[name]
    error = assert_error(ask(http_client, model, **change), 400)
    assert error["param"].startswith(param) and fake.state()["requests"] == 0


MOST = {"voyage/rerank-2.5": 1000, "aws/amazon.rerank-v1:0": 1000, "nvidia/nvidia/llama-3.2-nv-rerankqa-1b-v2": 1000}


@pytest.mark.parametrize("model", MOST)
def test_too_many_documents_are_refused_with_the_number_that_is_possible(http_client, fake, model):
    answer = ask(http_client, model, documents=["a"] * (MOST[model] + 1))
    error = assert_error(answer, 400, param="documents")
    assert str(MOST[model]) in error["message"].replace(",", "") and fake.state()["requests"] == 0


CLASSES = {400: 400, 401: 401, 404: 404, 429: 429, 500: 500, 503: 503}
FAULTY = ["cohere/", "aws/cohere.rerank-", "voyage/rerank-", "jina/", "togetherai/", "openrouter/", "fireworks/", "deepinfra/org/"]


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_is_told_with_its_sentence(http_client, family, status):
    answer = ask(http_client, "%sfake-status-%d" % (family, status))
    more = frozenset(answer.json()["error"]) - {"message", "type", "param", "code"}
    assert_error(answer, CLASSES[status], says="The fake provider answers %d." % status, more=more)


@pytest.mark.parametrize("fault", ["error-html-502", "error-empty-500", "broken-json", "hang-up"])
@pytest.mark.parametrize("family", FAULTY[:4])
def test_an_answer_that_nobody_can_read_is_a_server_error(http_client, family, fault):
    assert assert_error(ask(http_client, "%sfake-%s" % (family, fault)),
                        ask(http_client, "%sfake-%s" % (family, fault)).status_code)
    assert ask(http_client, "%sfake-%s" % (family, fault)).status_code >= 500


# Moderation

NAMES = ["harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
         "self-harm/instructions",
         "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"]
OF_MISTRAL = {"violence_and_threats": "violence", "hate_and_discrimination": "hate", "selfharm": "self-harm", "sexual": "sexual"}


@pytest.mark.parametrize("model",
                         ["openai/omni-moderation-latest", "mistral/mistral-moderation-2603", "mistral/mistral-moderation-2411"])
def test_texts_are_judged_one_by_one(client, model):
    answer = client.moderations.create(model=model, input=["peace", "an attack", "hate"])
    assert answer.id and answer.model and len(answer.results) == 3
    flagged = [result.flagged for result in answer.results]
    assert flagged == [False, True, model.startswith("mistral/")]
    assert answer.results[1].categories.violence is True and answer.results[0].categories.violence is False
    assert answer.results[1].category_scores.violence > 0.5 > answer.results[0].category_scores.violence


@pytest.mark.parametrize("model", ["mistral/mistral-moderation-2603", "mistral/mistral-moderation-2411"])
def test_all_thirteen_categories_are_there_and_the_providers_own_beside(http_client, fake, model):
    answer = http_client.post("/moderations", json={"model": model, "input": "my account number, and an attack"})
    told = extract_routes.exact(answer.content)
    theirs = extract_routes.exact(fake.last()["answer"]["body"]["bytes"])["results"][0]
    result = told["results"][0]
    for part in ("categories", "category_scores", "category_applied_input_types"):
        assert set(NAMES) <= set(result[part]), part
    for name in theirs["categories"]:
        assert result["categories"][name] == theirs["categories"][name], name
        assert result["category_scores"][name] == theirs["category_scores"][name], name
        if name in OF_MISTRAL:
            assert result["category_scores"][OF_MISTRAL[name]] == theirs["category_scores"][name], name
    assert result["flagged"] is True and result["categories"]["pii"] is True
    if SPEC:
        assert not openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json").faults("CreateModerationResponse",
                                                                                     json.loads(answer.content))


def test_parts_of_text_are_judged_by_mistral_too(http_client, fake):
    answer = http_client.post("/moderations",
                              json={"model": "mistral/mistral-moderation-2603", "input": [{"type": "text", "text": "an attack"}]})
    assert answer.status_code == 200 and answer.json()["results"][0]["flagged"] is True
    assert "an attack" in str(fake.last()["json"]["input"])


def test_a_picture_that_mistral_cannot_judge_is_refused_by_name(http_client, fake):
    part = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    answer = http_client.post("/moderations", json={"model": "mistral/mistral-moderation-2603", "input": [part]})
    error = assert_error(answer, 400)
    assert error["param"].startswith("input") and fake.state()["requests"] == 0


@pytest.mark.parametrize("wrong", [None, 7, [], [7]], ids=repr)
def test_a_wrong_input_is_refused_by_name(http_client, fake, wrong):
    error = assert_error(http_client.post("/moderations", json={"model": "mistral/mistral-moderation-2603", "input": wrong}), 400)
    assert error["param"].startswith("input") and fake.state()["requests"] == 0


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_of_moderation_becomes_its_exception(client, status):
    kind = {401: openai.AuthenticationError, 429: openai.RateLimitError, 500: openai.InternalServerError}[status]
    with pytest.raises(kind):
        client.moderations.create(model="mistral/fake-status-%d" % status, input="peace")


def test_a_judgement_without_a_model_is_asked_of_openais(http_client, fake):
    answer = http_client.post("/moderations", json={"input": "an attack"})
    assert answer.status_code == 200 and answer.json()["results"][0]["flagged"] is True
    assert fake.last()["model"] == "omni-moderation-latest" and fake.last()["header"]["host"] == "api.openai.com"
