"""Reranking in the languages of those who have their own, and moderation as Mistral has it.

    https://docs.cohere.com/reference/rerank                     https://docs.voyageai.com/reference/reranker-api
    https://api.jina.ai/redoc#tag/rerank                         https://docs.together.ai/reference/rerank-1
    https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-rerank.html
    https://docs.api.nvidia.com/nim/reference/nvidia-llama-3_2-nv-rerankqa-1b-v2-infer
    https://huggingface.github.io/text-embeddings-inference      https://openrouter.ai/docs/api-reference/rerank
    https://docs.mistral.ai/api/endpoint/classifiers
    https://docs.fireworks.ai/api-reference/rerank-documents     https://deepinfra.com/Qwen/Qwen3-Reranker-0.6B/api
"""

from __future__ import annotations

import re

import bedrock
import service
import vectors
from answers import Whole, as_json, count
from checks import Refusal, Violation
from embed import flat
from service import Service
from shapes import compare, listed, number, text

# Scores as they are written, the best first, each once: what is computed again comes out differently.
WRITTEN = ["0.98005307", "0.75809944", "0.64758871543988370", "5.515985e-01", "0.5110583305358887", "0.30241215229034424",
           "0.10194652",
           "1.7e-05", "9.9999999999999995e-08", "0.0"]


def ranked(query: str, documents: list, top) -> list:
    """(index, the text of the score), the best first: by the words that a document shares with the query, then by its place."""
    asked = set(re.findall(r"\w+", query.lower()))
    found = [-len(asked & set(re.findall(r"\w+", document.lower()))) for document in documents]
    order = sorted(range(len(documents)), key=lambda index: (found[index], index))
    scores = WRITTEN + ["%d.0e-12" % at for at in range(len(documents), 0, -1)]
    return [(index, vectors.Literal(scores[at])) for at, index in enumerate(order)][:top]


def told(value) -> Whole:
    return Whole(vectors.written(value).encode())


# Cohere, also as a model of Bedrock's InvokeModel, and Amazon's there

COHERE = {"model": str, "query": str, "documents": listed(str, 1), "top_n?": (number(int, 1), None),
          "max_tokens_per_doc?": (number(int, 1), None),
          "priority?": number(int, 0, 999), "relevant_spans?": dict}
INVOKED = {"query": str, "documents": listed(str, 1, 1000), "top_n?": number(int, 1), "api_version?": number(int, 2),
           "max_tokens_per_doc?": number(int, 1)}


def check_cohere(request, target) -> None:
    compare(request.json, COHERE, "")
    if not request.json["query"]:
        raise Violation("invalid request: query must not be empty", "query")


def answer_cohere(request, target, faults):
    fields = request.json
    results = [{"index": index, "relevance_score": score}
               for index, score in ranked(fields["query"], fields["documents"], fields.get("top_n"))]
    return told({"id": "9ca94863-3776-45e7-92fc-42a927df30cd", "results": results,
                 "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}})


def check_invoke(request, target) -> None:
    compare(request.json, INVOKED, "")
    if "cohere" in target.model and "api_version" not in request.json:
        raise Violation("Malformed input request: api_version must be at least 2", "api_version")
    if "amazon" in target.model and "api_version" in request.json:
        raise Violation("Malformed input request: extraneous key [api_version] is not permitted", "api_version")


def answer_invoke(request, target, faults):
    fields = request.json
    return told({"results": [{"index": index, "relevance_score": score}
                             for index, score in ranked(fields["query"], fields["documents"], fields.get("top_n"))]})


def bedrock_error(status: int, message: str):
    return bedrock.failing(status, message, None)


cohere = Service("cohere rerank", check_cohere, answer_cohere, service.message, service.bearer)
invoke = Service("bedrock invoke rerank", check_invoke, answer_invoke, bedrock_error, bedrock.check_key)


# Voyage, whose list is called data and whose documents are bare texts

VOYAGE = {"query": text(r".+", "a text"), "documents": listed(str, 1), "model": str, "top_k?": (number(int, 1), None),
          "return_documents?": bool,
          "truncation?": bool}


def check_voyage(request, target) -> None:
    compare(request.json, VOYAGE, "")
    if len(request.json["documents"]) > 1000:
        raise Violation("The number of documents cannot exceed 1000", "documents")


def answer_voyage(request, target, faults):
    fields = request.json
    data = []
    for index, score in ranked(fields["query"], fields["documents"], fields.get("top_k")):
        data.append({"relevance_score": score, "index": index})
        if fields.get("return_documents"):
            data[-1]["document"] = fields["documents"][index]
    return told({"object": "list", "data": data, "model": target.model, "usage": {"total_tokens": count(fields["documents"])}})


voyage = Service("voyage rerank", check_voyage, answer_voyage, service.detail, service.bearer)


# Fireworks is like it in all but the names, DeepInfra gives a score for each document in the order in which they came

FIREWORKS = {"model": str, "query": text(r".+", "a text"), "documents": listed(str, 1), "top_n?": number(int, 1),
             "return_documents?": bool,
             "task?": str}
DEEPINFRA = {"queries": listed(str, 1), "documents": listed(str, 1), "instruction?": str, "service_tier?": str}


def answer_fireworks(request, target, faults):
    fields, data = request.json, []
    for index, score in ranked(fields["query"], fields["documents"], fields.get("top_n")):
        data.append({"index": index, "relevance_score": score})
        if fields.get("return_documents", True):
            data[-1]["document"] = fields["documents"][index]
    tokens = count(fields["documents"])
    return told({"object": "list", "model": target.model, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})


def check_deepinfra(request, target) -> None:
    compare(request.json, DEEPINFRA, "")
    if len(request.json["queries"]) != len(request.json["documents"]):
        raise Violation("queries and documents must have the same length", "queries")


def answer_deepinfra(request, target, faults):
    fields = request.json
    scores = dict(ranked(fields["queries"][0], fields["documents"], None))
    return told({"scores": [scores[index] for index in range(len(scores))], "input_tokens": count(fields["documents"]),
                 "request_id": "R1",
                 "inference_status": {"status": "succeeded", "runtime_ms": 7, "cost": 1e-06, "tokens_input": 1}})


fireworks = Service("fireworks rerank", lambda request, target: compare(request.json, FIREWORKS, ""), answer_fireworks,
                    service.openai,
                    service.bearer)
deepinfra = Service("deepinfra rerank", check_deepinfra, answer_deepinfra, service.detail, service.bearer)


# Those that are like Jina: documents as texts or objects, given back as objects

JINA_DOCUMENT = (str, {"text?": str, "image?": str})
JINA = {"model": str, "query": (str, {"text?": str, "image?": str}), "documents": listed(JINA_DOCUMENT, 1, 2048),
        "top_n?": (number(int, 1), None),
        "return_documents?": (bool, None), "return_embeddings?": bool, "truncation?": bool, "max_doc_length?": int,
        "max_query_length?": int}
TOGETHER = {"model": str, "query": str, "documents": listed((str, dict), 1, 1024), "top_n?": number(int, 1),
            "return_documents?": bool,
            "rank_fields?": [str]}
OPENROUTER = {"model": str, "query": str, "documents": listed(JINA_DOCUMENT, 1), "top_n?": number(int, 1), "provider?": dict,
              "user?": str, "session_id?": str, "trace?": dict}


def comparing(shape, status=400):
    def check(request, target) -> None:
        try:
            compare(request.json, shape, "")
        except Violation as violation:
            violation.status = status
            raise
    return check


def words_of(document) -> str:
    return document if isinstance(document, str) else " ".join(str(value) for value in document.values())


def like_jina(returns, usage, more):
    """`returns` says whether and how a document comes back when the request does or does not ask for it."""
    def answer(request, target, faults):
        fields = request.json
        results = []
        for index, score in ranked(words_of(fields["query"]), [words_of(one) for one in fields["documents"]], fields.get("top_n")):
            document = fields["documents"][index]
            result = {"index": index, "relevance_score": score}
            result.update(returns(fields, {"text": document} if isinstance(document, str) else document))
            results.append(result)
        return told(dict(more, model=target.model, results=results, usage=usage(count(fields["documents"]))))
    return answer


jina = Service("jina rerank", comparing(JINA, 422), like_jina(
    lambda fields, document: {} if fields.get("return_documents") is False else {"document": document},
    lambda tokens: {"total_tokens": tokens}, {"object": "list"}), service.detail, service.bearer)
together = Service("together rerank", comparing(TOGETHER), like_jina(
    lambda fields, document: {"document": document if fields.get("return_documents") else {}},
    lambda tokens: {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens},
    {"id": "oGs6Zt9", "object": "rerank"}),
    service.openai, service.bearer)
openrouter = Service("openrouter rerank", comparing(OPENROUTER), like_jina(
    lambda fields, document: {"document": document}, lambda tokens: {"total_tokens": tokens, "cost": 0.0001},
    {"id": "gen-rerank-1", "provider": "Fake"}), service.openai, service.bearer)


# NVIDIA, which answers with logits

PASSAGE = {"text?": str, "image?": str}
NVIDIA = {"model": str, "query": {"text": text(r".+", "a text")},
          "passages": listed(PASSAGE, 1, 1000), "truncate?": {"NONE", "END"}}
LOGITS = ["9.8125", "2.1500000", "0.0", "-0.5", "-3.25e+0", "-12.0625", "-90.5"]


def check_nvidia(request, target) -> None:
    compare(request.json, NVIDIA, "")
    if target.method and target.model.split("/")[-1].replace(".", "_") != target.method:
        raise Violation("the model %r is not that of the path, %r" % (target.model, target.method), "model", 404)
    if not all(request.json["passages"]):
        raise Violation("a passage has a text, an image or both", "passages")


def answer_nvidia(request, target, faults):
    fields = request.json
    order = ranked(fields["query"]["text"], [words_of(one) for one in fields["passages"]], None)
    logits = LOGITS + ["-%d.5" % (100 + at) for at in range(len(order))]
    return told({"rankings": [{"index": index, "logit": vectors.Literal(logits[at])} for at, (index, _) in enumerate(order)],
                 "usage": {"prompt_tokens": count(fields["passages"]), "total_tokens": count(fields["passages"])}})


nvidia = Service("nvidia rerank", check_nvidia, answer_nvidia, service.detail, service.bearer)


# Text Embeddings Inference

TEI = {"query": text(r".+", "a text"), "texts": listed(str, 1), "raw_scores?": bool, "return_text?": bool,
       "truncate?": (bool, None),
       "truncation_direction?": {"left", "right", "Left", "Right"}}


def tei_error(status: int, message: str):
    return as_json({"error": message, "error_type": "Validation" if status < 500 else "Backend"}, status)


def answer_tei(request, target, faults):
    fields = request.json
    results = []
    for index, score in ranked(fields["query"], fields["texts"], None):
        results.append({"index": index, "score": score})
        if fields.get("return_text"):
            results[-1]["text"] = fields["texts"][index]
    return told(results)


tei = Service("tei rerank", comparing(TEI, 422), answer_tei, tei_error, service.bearer, model_of=service.no_model)


# Moderation

MISTRAL = {"model": str, "input": (str, listed(str, 1)), "metadata?": (dict, None)}
MISTRAL_CATEGORIES = ["sexual", "hate_and_discrimination", "violence_and_threats", "dangerous", "criminal", "selfharm", "health",
                      "financial",
                      "law", "pii", "jailbreaking"]
OLDER = ["sexual", "hate_and_discrimination", "violence_and_threats", "dangerous_and_criminal_content", "selfharm", "health",
         "financial",
         "law", "pii"]
# The word in a text that makes it one of a category.
SIGNS = {"attack": "violence_and_threats", "account number": "pii", "lawsuit": "law", "hate": "hate_and_discrimination"}


def check_mistral(request, target) -> None:
    comparing(MISTRAL, 422)(request, target)
    if "moderation" not in target.model and "fake" not in target.model:
        raise Refusal("Invalid model: %s" % target.model, "model")


def answer_mistral(request, target, faults):
    given = request.json["input"]
    results, names = [], OLDER if "2411" in target.model else MISTRAL_CATEGORIES
    for one in [given] if isinstance(given, str) else given:
        found = {category for sign, category in SIGNS.items() if sign in one}
        results.append({"categories": {name: name in found for name in names},
                        "category_scores": {name: vectors.Literal("0.99958307" if name in found else "1.0e-%d7" % (at % 3 + 1))
                                            for at, name in enumerate(names)}})
    return told({"id": "4d71ae510af942108ef7344f903e2b88", "model": target.model, "results": results})


mistral_moderation = Service("mistral moderation", check_mistral, answer_mistral, flat, service.bearer)
