"""Embeddings in the languages of those who have their own.

    https://docs.cohere.com/reference/embed                      https://docs.voyageai.com/reference/embeddings-api
    https://ai.google.dev/api/embeddings                         https://api.jina.ai/redoc
    https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
    https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html (and -titan-embed-text, -embed-v4)
    https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
    https://huggingface.co/docs/inference-providers/tasks/feature-extraction
    https://docs.perplexity.ai/api-reference/embeddings-post     https://docs.mistral.ai/api/endpoint/embeddings
"""

from __future__ import annotations

import re

import bedrock
import gemini
import service
import vectors
from answers import Whole, count
from checks import Refusal, Violation
from service import Service
from shapes import by_type, compare, decode, listed, number, text
from turn import blob


def filled(value, where) -> None:
    compare(value, str, where)
    if not value:
        raise Refusal("%s: expected minLength: 1, actual: 0" % where, where)


filled.kind = str


def told(value) -> Whole:
    return Whole(vectors.written(value).encode())


def seed_of(content) -> str:
    """What a vector is made of: the words, or a picture's type and bytes."""
    return content if isinstance(content, str) else repr(content)


def picture_of(url: str, where: str, pure=False) -> str:
    """A data URL, checked, as words."""
    found = re.fullmatch(r"data:(image/(?:png|jpeg|gif|webp));base64,([^,]*)", url)
    if not found:
        raise Violation("%s: invalid image: %r is no data URL of a picture" % (where, url[:60]), where)
    return blob(found[1], decode(found[2], found[1], where))


# Cohere, also on Bedrock, where some things differ

DIMENSIONS = (256, 512, 1024, 1536)
TYPES = {"float", "int8", "uint8", "binary", "ubinary"}
PURPOSES = {"search_document", "search_query", "classification", "clustering", "image"}
PART = by_type({"text": {"text": str}, "image_url": {"image_url": {"url": str, "detail?": str}}})
COHERE = {
    "model": str, "input_type": PURPOSES, "texts?": (listed(str, 1), None), "images?": (listed(str, 1), None),
    "inputs?": (listed({"content": listed(PART, 1)}, 1), None), "max_tokens?": (number(int, 1), None),
    "output_dimension?": (int, None), "embedding_types?": ([TYPES | {"base64"}], None),
    "truncate?": ({"NONE", "START", "END"}, None), "priority?": number(int, 0, 999),
}
BEDROCK_PART = by_type({"text": {"text": str}, "image_url": {"image_url": str}})
BEDROCK_COHERE = {
    "input_type": PURPOSES, "texts?": listed(str, 1), "images?": listed(str, 1), "embedding_types?": [TYPES],
    "truncate?": {"NONE", "START", "END"},
}
BEDROCK_COHERE_4 = dict(BEDROCK_COHERE, **{
    "inputs?": listed({"content": listed(BEDROCK_PART, 1)}, 1), "max_tokens?": number(int, 1), "output_dimension?": int,
    "truncate?": {"NONE", "LEFT", "RIGHT"}})


def is_v3(model: str) -> bool:
    return "-v3" in model or "v3-" in model


def check_cohere(request, target) -> None:
    fields = request.json
    compare(fields, COHERE, "")
    request.chat = cohere_inputs(fields, target.model, lambda part: part["image_url"]["url"])


def cohere_inputs(fields, model: str, url_of) -> list:
    there = [name for name in ("texts", "images", "inputs") if fields.get(name) is not None]
    if len(there) != 1:
        raise Violation("invalid request: exactly one of texts, images and inputs must be given, not %s" % (there or "none"),
                        "texts")
    given = fields[there[0]]
    if len(given) > 96:
        raise Violation("invalid request: total number of %s must be at most 96 - received %d" % (there[0], len(given)), there[0])
    size = fields.get("output_dimension")
    if size is not None and (is_v3(model) or size not in DIMENSIONS):
        raise Refusal("invalid request: output_dimension %r is not valid for this model" % size, "output_dimension")
    if is_v3(model) and there[0] == "inputs":
        raise Violation("invalid request: inputs is not supported by this model", "inputs")
    if is_v3(model) and there[0] == "images" and len(given) > 1:
        raise Violation("invalid request: at most 1 image may be embedded by this model", "images")
    if (fields["input_type"] == "image") != (there[0] == "images") and is_v3(model):
        raise Violation("invalid request: input_type image goes with images, and only with them", "input_type")
    if there[0] == "texts":
        return list(given)
    if there[0] == "images":
        return [picture_of(url, "images") for url in given]
    return [" ".join(part["text"] if part["type"] == "text" else picture_of(url_of(part), "inputs") for part in one["content"])
            for one in given]


def by_types(seeds: list, size: int, types: list) -> dict:
    made: dict = {}
    for kind in types:
        if kind == "float":
            made[kind] = [vectors.floats(seed, size) for seed in seeds]
        elif kind == "base64":
            made[kind] = [vectors.packed(seed, size) for seed in seeds]
        else:
            made[kind] = [vectors.bytes_of(seed, size if kind == "int8" else size // 8) for seed in seeds]
    return made


def answer_cohere(request, target, faults):
    fields, seeds = request.json, request.chat
    size = fields.get("output_dimension") or (1024 if is_v3(target.model) else 1536)
    made = {"id": "f7d80731-36f2-4a2f-9a2f-9f2c45fdd9ba",
            "embeddings": by_types(seeds, size, fields.get("embedding_types") or ["float"]),
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": count(seeds)}},
            "response_type": "embeddings_by_type"}
    if fields.get("texts") is not None:
        made["texts"] = fields["texts"]
    if fields.get("images") is not None:
        made["images"] = [{"width": 1, "height": 1, "format": "png", "bit_depth": 24}] * len(seeds)
        made["meta"]["billed_units"] = {"images": len(seeds), "image_tokens": 258 * len(seeds)}
    return told(made)


cohere = Service("cohere embed", check_cohere, answer_cohere, service.message, service.bearer)


# Gemini and Vertex AI

TASKS = {"TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING",
         "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"}
EMBED_PART = {"text?": str, "inlineData?": {"mimeType": str, "data": str}, "fileData?": {"mimeType?": str, "fileUri": str}}
CONTENT = {"parts": listed(EMBED_PART, 1), "role?": {"user"}}
ONE = {"model?": str, "content": CONTENT, "taskType?": TASKS, "title?": str, "outputDimensionality?": number(int, 1)}
CONFIG = {"taskType?": TASKS, "title?": str, "outputDimensionality?": number(int, 1), "autoTruncate?": bool, "documentOcr?": bool,
          "audioTrackExtraction?": bool}
INSTANCE = {"content": str, "taskType?": TASKS, "title?": str, "mimeType?": str}
PREDICT = {"instances": listed(INSTANCE, 1, 250), "parameters?": {"outputDimensionality?": number(int, 1), "autoTruncate?": bool}}
MULTIMODAL = {"instances": listed({"text?": str, "image?": {"bytesBase64Encoded?": str, "mimeType?": str, "gcsUri?": str}}, 1, 1),
              "parameters?": {"dimension?": number(int, 128, 1408)}}


def key_of_google(request, target) -> None:
    if target.vertex:
        service.bearer(request, target)
    else:
        service.in_header("x-goog-api-key")(request, target)
    if request.query:
        raise Violation("Invalid query %r" % request.query, "query")


def seed_of_content(content, where: str) -> str:
    said = []
    for part in content["parts"]:
        if len(part) != 1:
            raise Violation("%s: a part has exactly one of text, inlineData and fileData" % where, where)
        if "inlineData" in part:
            said.append(blob(part["inlineData"]["mimeType"],
                             decode(part["inlineData"]["data"], part["inlineData"]["mimeType"], where)))
        else:
            said.append(part.get("text") or part.get("fileData", {}).get("fileUri", ""))
    if not "".join(said):
        raise Refusal("%s: the content is empty" % where, where)
    return " ".join(said)


def check_one(fields, where: str, target) -> str:
    if "gemini-embedding-2" in target.model and ("taskType" in fields or "title" in fields):
        raise Violation("%s: task_type is not supported by gemini-embedding-2; write the task before the text" % where, where)
    if "title" in fields and fields.get("taskType") != "RETRIEVAL_DOCUMENT":
        raise Violation("%s: title is only applicable when the task type is RETRIEVAL_DOCUMENT" % where, where)
    if fields.get("outputDimensionality", 1) > 3072:
        raise Violation("%s: output_dimensionality must be between 1 and 3072" % where, where)
    return seed_of_content(fields["content"], where)


def check_google(request, target) -> None:
    fields = gemini.camel(request.json)
    if target.method == "batchEmbedContents":
        compare(fields, {"requests": listed(ONE, 1)}, "")
        if len(fields["requests"]) > 100:
            raise Violation("BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch", "requests")
        seeds = []
        for at, one in enumerate(fields["requests"]):
            if one.get("model") != "models/" + target.model:
                raise Violation("BatchEmbedContentsRequest.requests[%d].model: must be models/%s" % (at, target.model), "model")
            seeds.append(check_one(one, "requests[%d]" % at, target))
        sizes = {one.get("outputDimensionality") for one in fields["requests"]}
    else:
        compare(fields, dict(ONE, **{"embedContentConfig?": CONFIG, "autoTruncate?": bool}) if target.vertex else ONE, "")
        fields = dict(fields, **fields.get("embedContentConfig", {}))
        seeds, sizes = [check_one(fields, "content", target)], {fields.get("outputDimensionality")}
    request.chat = seeds, sizes.pop()


def answer_google(request, target, faults):
    seeds, size = request.chat
    usage = {"promptTokenCount": count(seeds), "promptTokenDetails": [{"modality": "TEXT", "tokenCount": count(seeds)}]}
    embeddings = [{"values": vectors.spaced(seed, size or 3072)} for seed in seeds]
    if target.method == "embedContent":
        return told({"embedding": embeddings[0], "usageMetadata": usage})
    made = {"embeddings": embeddings}
    if "gemini-embedding-2" in target.model:
        made["usageMetadata"] = usage  # The older models do not count.
    return told(made)


def check_predict(request, target) -> None:
    fields = gemini.camel(request.json)
    if "multimodal" in target.model:
        compare(fields, MULTIMODAL, "")
        for one in fields["instances"]:
            if not one:
                raise Violation("At least one of text, image and video is to be given", "instances")
            if "bytesBase64Encoded" in one.get("image", {}):
                decode(one["image"]["bytesBase64Encoded"], one["image"].get("mimeType", ""), "instances")
        return
    compare(fields, PREDICT, "")
    if len(fields["instances"]) > 1 and "gemini-embedding" in target.model:
        raise Violation("Only one input text is supported by %s" % target.model, "instances")
    for at, one in enumerate(fields["instances"]):
        if not one["content"]:
            raise Refusal("The text content is empty.", "instances[%d].content" % at)
    request.chat = [one["content"] for one in fields["instances"]]


def answer_predict(request, target, faults):
    fields = gemini.camel(request.json)
    parameters = fields.get("parameters", {})
    if "multimodal" in target.model:
        size, one = parameters.get("dimension", 1408), fields["instances"][0]
        made = {}
        if "text" in one:
            made["textEmbedding"] = vectors.spaced(one["text"], size)
        if "image" in one:
            made["imageEmbedding"] = vectors.spaced(str(one["image"])[:80], size)
        return told({"predictions": [made], "deployedModelId": "1"})
    predictions = [{"embeddings": {"values": vectors.spaced(seed, parameters.get("outputDimensionality", 768)),
                                   "statistics": {"truncated": False, "token_count": count(seed)}}} for seed in request.chat]
    return told({"predictions": predictions, "metadata": {"billableCharacterCount": sum(map(len, request.chat))}})


def google_error(status: int, message: str):
    return gemini.failing(status, message, None)


google = Service("google embed", check_google, answer_google, google_error, key_of_google)
predict = Service("vertex embed", check_predict, answer_predict, google_error, key_of_google)


# Bedrock, which wants one request for each text but of Cohere's models

NOVA_PURPOSES = {"GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL", "DOCUMENT_RETRIEVAL",
                 "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING"}
NOVA = {"schemaVersion?": {"nova-multimodal-embed-v1"}, "taskType": {"SINGLE_EMBEDDING"}, "singleEmbeddingParams": {
    "embeddingPurpose": NOVA_PURPOSES, "embeddingDimension?": int,
    "text?": {"truncationMode": {"START", "END", "NONE"}, "value": filled},
    "image?": {"format": {"png", "jpeg", "gif", "webp"}, "source": {"bytes": str}, "detailLevel?": str},
    "audio?": {"format": str, "source": {"bytes": str}}, "video?": dict}}
TITAN = {"inputText": filled}
TITAN_2 = dict(TITAN, **{"dimensions?": int, "normalize?": bool, "embeddingTypes?": [{"float", "binary"}]})
TITAN_IMAGE = {"inputText?": str, "inputImage?": str, "embeddingConfig?": {"outputEmbeddingLength": int}}


def sized(size, among: tuple, where: str) -> None:
    if size not in among:
        raise Violation("%s: %r is not one of %s" % (where, size, ", ".join(map(str, among))), where)


def check_invoke(request, target) -> None:
    fields, model = request.json, target.model
    if "cohere.embed" in model:
        compare(fields, BEDROCK_COHERE if is_v3(model) else BEDROCK_COHERE_4, "")
        request.chat = cohere_inputs(fields, model, lambda part: part["image_url"])
    elif "titan-embed-image" in model:
        compare(fields, TITAN_IMAGE, "")
        sized(fields.get("embeddingConfig", {}).get("outputEmbeddingLength", 1024), (256, 384, 1024), "embeddingConfig")
        if not fields.keys() & {"inputText", "inputImage"}:
            raise Violation("At least one of inputText and inputImage must be given", "inputText")
        seen = [blob("image", decode(fields["inputImage"], "", "inputImage"))] if "inputImage" in fields else []
        request.chat = [" ".join([fields.get("inputText", "")] + seen)]
    elif "titan-embed" in model:
        compare(fields, TITAN_2 if "v2" in model else TITAN, "")
        sized(fields.get("dimensions", 1024), (256, 512, 1024), "dimensions")
        request.chat = [fields["inputText"]]
    elif "nova" in model and "embeddings" in model:
        compare(fields, NOVA, "")
        asked = fields["singleEmbeddingParams"]
        sized(asked.get("embeddingDimension", 3072), (256, 384, 1024, 3072), "embeddingDimension")
        kinds = [kind for kind in ("text", "image", "audio", "video") if kind in asked]
        if len(kinds) != 1:
            raise Violation("singleEmbeddingParams: exactly one of text, image, audio and video, not %s" % kinds,
                            "singleEmbeddingParams")
        request.chat = [asked["text"]["value"] if kinds == ["text"] else
                        blob(kinds[0], decode(asked[kinds[0]]["source"]["bytes"], "", kinds[0]))]
    else:
        raise Violation("The provided model identifier is invalid.", "model")


def answer_invoke(request, target, faults):
    fields, model, seeds = request.json, target.model, request.chat
    counted = [("x-amzn-bedrock-input-token-count", str(count(seeds)))]
    if "cohere.embed" in model:
        types = fields.get("embedding_types")
        size = fields.get("output_dimension") or (1024 if is_v3(model) else 1536)
        made = {"id": "0a9d", "response_type": "embeddings_by_type" if types else "embeddings_floats",
                "embeddings": by_types(seeds, size, types) if types else by_types(seeds, size, ["float"])["float"]}
        if "texts" in fields:
            made["texts"] = [one.lower() for one in fields["texts"]]  # It gives them back in small letters.
    elif "nova" in model:
        asked = fields["singleEmbeddingParams"]
        made = {"embeddings": [{"embeddingType": "TEXT" if "text" in asked else "IMAGE",
                                "embedding": vectors.floats(seeds[0], asked.get("embeddingDimension", 3072))}]}
    else:
        size = fields.get("dimensions") or fields.get("embeddingConfig", {}).get("outputEmbeddingLength") or (
            1536 if model.startswith("amazon.titan-embed-text-v1") else 1024)
        made = {"embedding": vectors.floats(seeds[0], size), "inputTextTokenCount": count(seeds)}
        if "-v2" in model:
            made["embeddingsByType"] = {"float": made["embedding"]}
        if "image" in model:
            made["message"] = None
    whole = told(made)
    whole.headers += counted
    return whole


invoke = Service("bedrock invoke embed", check_invoke, answer_invoke,
                 lambda status, message: bedrock.failing(status, message, None), bedrock.check_key)


# Voyage

SIZES = (256, 512, 1024, 2048)
VOYAGE = {"input": (str, listed(str, 1)), "model": str, "input_type?": ({"query", "document"}, None), "truncation?": (bool, None),
          "output_dimension?": (int, None), "output_dtype?": ({"float", "int8", "uint8", "binary", "ubinary"}, None),
          "encoding_format?": ({"base64"}, None)}
SEGMENT = by_type({"text": {"text": str}, "image_url": {"image_url": str}, "image_base64": {"image_base64": str},
                   "video_url": {"video_url": str}, "video_base64": {"video_base64": str}})
VOYAGE_MULTIMODAL = {"inputs": listed({"content": listed(SEGMENT, 1)}, 1, 1000), "model": str,
                     "input_type?": ({"query", "document"}, None),
                     "truncation?": (bool, None), "output_dimension?": (int, None), "output_encoding?": ({"base64"}, None),
                     "encoding_format?": ({"base64"}, None)}


def check_voyage(request, target) -> None:
    fields = request.json
    if "multimodal" in target.model:
        raise Violation("Model %s is not supported. Use the multimodal endpoint." % target.model, "model")
    compare(fields, VOYAGE, "")
    given = [fields["input"]] if isinstance(fields["input"], str) else fields["input"]
    if len(given) > 1000:
        raise Violation("The batch size limit is 1000. Your batch size is %d." % len(given), "input")
    if not all(given):
        raise Refusal("Input cannot contain empty strings or empty lists", "input")
    if fields.get("output_dimension") is not None:
        sized(fields["output_dimension"], SIZES, "output_dimension")
    request.chat = given


def check_voyage_multimodal(request, target) -> None:
    compare(request.json, VOYAGE_MULTIMODAL, "")
    if "multimodal" not in target.model:
        raise Violation("Model %s is not supported. Supported models are ['voyage-multimodal-3', …]" % target.model, "model")
    request.chat = []
    for one in request.json["inputs"]:
        request.chat.append(" ".join(
            part["text"] if part["type"] == "text" else picture_of(part["image_base64"], "inputs") if part["type"] == "image_base64"
            else part[part["type"]] for part in one["content"]))


def answer_voyage(request, target, faults):
    fields, seeds = request.json, request.chat
    size, whole = fields.get("output_dimension") or 1024, fields.get("output_dtype") in (None, "float")
    short = "base64" in (fields.get("encoding_format"), fields.get("output_encoding"))
    data = []
    for index, seed in enumerate(seeds):
        if whole:
            vector = vectors.packed(seed, size) if short else vectors.floats(seed, size)
        else:
            vector = vectors.packed_bytes(seed, size) if short else vectors.bytes_of(seed, size)
        data.append({"object": "embedding", "embedding": vector, "index": index})
    usage = {"total_tokens": count(seeds)}
    if "inputs" in fields:
        usage = {"text_tokens": count(seeds), "image_pixels": 1, "total_tokens": count(seeds) + 1}
    return told({"object": "list", "data": data[::-1], "model": target.model, "usage": usage})  # `index` says the order.


voyage = Service("voyage", check_voyage, answer_voyage, service.detail, service.bearer)
voyage_multimodal = Service("voyage multimodal", check_voyage_multimodal, answer_voyage, service.detail, service.bearer)


# Jina

JINA_TASKS = {"retrieval.query", "retrieval.passage", "text-matching", "classification", "separation", "code.query", "code.passage",
              "nl2code.query", "nl2code.passage", "code2code.query", "code2code.passage", "qa.query", "qa.passage"}
JINA_INPUT = (str, {"text?": str, "image?": str, "pdf?": str, "video?": str, "audio?": str})
FORMS = {"float", "base64", "binary", "ubinary"}
JINA = {"model": str, "input": (str, listed(JINA_INPUT, 1)), "task?": (JINA_TASKS, None), "dimensions?": (number(int, 1), None),
        "embedding_type?": (FORMS, [FORMS]), "late_chunking?": bool, "truncate?": bool, "normalized?": bool,
        "return_multivector?": bool}


def check_jina(request, target) -> None:
    fields = request.json
    try:
        compare(fields, JINA, "")
    except Violation as violation:
        violation.status = 422
        raise
    given = fields["input"] if isinstance(fields["input"], list) else [fields["input"]]
    if len(given) > 2048:
        raise Violation("input: too many inputs", "input", 422)
    request.chat = []
    for one in given:
        if isinstance(one, dict) and len(one) != 1:
            raise Violation("input: exactly one of text and image", "input", 422)
        request.chat.append(one if isinstance(one, str) else list(one.values())[0][:200])
        if isinstance(one,
                      dict) and "text" not in one and "clip" not in target.model and "v4" not in target.model and "v5" not in target.model:
            raise Refusal("This model does not take pictures", "input", 422)


def answer_jina(request, target, faults):
    fields, size = request.json, request.json.get("dimensions") or 1024
    form = fields.get("embedding_type", "float")
    data = [{"object": "embedding", "index": index,
             "embedding": vectors.packed(seed, size) if form == "base64" else vectors.floats(seed, size)}
            for index, seed in enumerate(request.chat)]
    return told({"model": target.model, "object": "list", "data": data,
                 "usage": {"total_tokens": count(request.chat), "prompt_tokens": count(request.chat)}})


jina = Service("jina", check_jina, answer_jina, service.detail, service.bearer)


# Hugging Face

FEATURES = {"inputs": (str, listed(str, 1)), "normalize?": (bool, None), "prompt_name?": (str, None), "truncate?": (bool, None),
            "truncation_direction?": {"left", "right", "Left", "Right"}}


def check_features(request, target) -> None:
    compare(request.json, FEATURES, "")
    if target.model.count("/") != 1:
        raise Violation("Not Found", "model", 404)


def answer_features(request, target, faults):
    given = request.json["inputs"]
    if isinstance(given, str):
        return told(vectors.floats(given, 384))
    return told([vectors.floats(one, 384) for one in given])


features = Service("huggingface feature-extraction", check_features, answer_features, service.word, service.bearer)


# Perplexity, whose vectors are packed bytes

PERPLEXITY = {"input": (str, listed(str, 1)), "model": str, "dimensions?": (number(int, 128, 2560), None),
              "encoding_format?": {"base64_int8", "base64_binary"}, "user?": str}


def check_perplexity(request, target) -> None:
    compare(request.json, PERPLEXITY, "")
    given = request.json["input"] if isinstance(request.json["input"], list) else [request.json["input"]]
    if len(given) > 512 or not all(given):
        raise Refusal("input must have 1 to 512 texts that are not empty", "input")
    request.chat = given


def answer_perplexity(request, target, faults):
    fields = request.json
    size = fields.get("dimensions") or 1024
    data = [{"object": "embedding", "index": index, "embedding": vectors.packed_bytes(seed, size)}
            for index, seed in enumerate(request.chat)]
    cost = {"input_cost": 0.0, "total_cost": 0.0, "currency": "USD"}
    return told({"object": "list", "data": data, "model": target.model,
                 "usage": {"prompt_tokens": count(request.chat), "total_tokens": count(request.chat), "cost": cost}})


perplexity = Service("perplexity", check_perplexity, answer_perplexity, service.openai, service.bearer)


# Mistral

MISTRAL = {"model": str, "input": (str, listed(str, 1)), "metadata?": (dict, None),
           "output_dimension?": (number(int, 1, 3072), None),
           "output_dtype?": {"float", "int8", "uint8", "binary", "ubinary"}, "encoding_format?": {"float", "base64"}}


def flat(status: int, message: str):
    return service.as_json({"object": "error", "message": message, "type": "invalid_request_prompt", "param": None, "code": "3210",
                            "raw_status_code": status}, status)


def check_mistral(request, target) -> None:
    try:
        compare(request.json, MISTRAL, "")
    except Violation as violation:
        violation.status = 422
        raise
    if len(request.json["input"]) > 256 and not isinstance(request.json["input"], str):
        raise Refusal("Too many inputs in request, split into more batches.", "input")
    if "output_dimension" in request.json and "codestral-embed" not in target.model:
        raise Refusal("This model does not support output_dimension.", "output_dimension")


def answer_mistral(request, target, faults):
    fields = request.json
    given = fields["input"] if isinstance(fields["input"], list) else [fields["input"]]
    size = fields.get("output_dimension") or 1024
    data = [{"object": "embedding", "index": index,
             "embedding": vectors.packed(one, size) if fields.get("encoding_format") == "base64"
             else vectors.floats(one, size)} for index, one in enumerate(given)]
    return told({"id": "d5656d6c", "object": "list", "data": data, "model": target.model, "usage": {
        "prompt_audio_seconds": None, "prompt_tokens": count(given), "total_tokens": count(given), "completion_tokens": 0,
        "request_count": None, "prompt_token_details": None}})


mistral = Service("mistral embed", check_mistral, answer_mistral, flat, service.bearer)
