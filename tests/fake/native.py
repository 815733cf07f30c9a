"""The providers' own languages: which path is whose, and the way of such a request through its language.

A language is a module, or a Service of one route (service.py), with
    check(request, target)                 raises a Violation for what the real service refuses
    answer(request, target, faults, text)  a Whole or a Stream
    failing(status, message, target)       an error in its own form;  refused(violation, target) the same of a violation
    stream_error(message, target)          the events that end a stream with an error
    KNOWN                                  errors that clients have to tell apart: {name: (status, message)}
    STREAM_TYPE, ID_HEADER                 headers of its answers
and, where its streams are not server-sent events, encode(event, faults).
"""

from __future__ import annotations

import re
import urllib.parse

import anthropic
import bedrock
import cohere
import embed
import gemini
import images
import jobs
import rerank
import speech
import transcribe
from checks import Violation, check_body, check_headers
from service import Service

GOOGLE = r"/v1(?:beta1?)?(?P<scope>/projects/[^/]+/locations/[^/]+)?/publishers/"
GENERATE = r"(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)"
EMBED = r"(?P<model>[^/:]+):(?P<method>embedContent|batchEmbedContents)"
PREDICT = r"(?P<model>%s):(?P<method>predict)"
FACE = r"/hf-inference/models/(?P<model>[^/]+/[^/]+)"
INVOKE = r"/model/(?P<model>[^/]*%s[^/]*)/(?P<method>invoke)"
PAINTS = r"(?:stable|sd3|stability)"

# (the method's path, its language, what the target is besides, the host where the path alone does not say whose it is)
PATHS = [
    (r"/v1/messages", anthropic, {}, ""),
    (r"/v1(?:beta)?/models/" + GENERATE, gemini, {}, ""),
    (GOOGLE + "google/models/" + GENERATE, gemini, {"vertex": True}, ""),
    (GOOGLE + r"anthropic/models/(?P<model>[^/:]+):(?P<method>rawPredict|streamRawPredict)", anthropic, {"vertex": True}, ""),
    (r"/model/(?P<model>[^/]+)/(?P<method>converse|converse-stream)", bedrock, {}, ""),
    (r"/v2/chat", cohere, {}, ""),
    # Embeddings
    (r"/v2/embed", embed.cohere, {}, ""),
    (r"/v1(?:beta)?/models/" + EMBED, embed.google, {}, ""),
    (GOOGLE + "google/models/" + EMBED, embed.google, {"vertex": True}, ""),
    (GOOGLE + "google/models/" + PREDICT % r"[^/:]*embedding[^/:]*", embed.predict, {"vertex": True}, ""),
    (INVOKE % "embed", embed.invoke, {}, ""),
    (r"/v1/embeddings", embed.voyage, {}, "api.voyageai.com"),
    (r"/v1/multimodalembeddings", embed.voyage_multimodal, {}, ""),
    (r"/v1/embeddings", embed.jina, {}, "api.jina.ai"),
    (r"/v1/embeddings", embed.perplexity, {}, "api.perplexity.ai"),
    (r"/v1/embeddings", embed.mistral, {}, "api.mistral.ai"),
    (FACE + "/pipeline/feature-extraction", embed.features, {}, ""),
    # Reranking and moderation
    (r"/v2/rerank", rerank.cohere, {}, ""),
    (INVOKE % "rerank", rerank.invoke, {}, ""),
    (r"/v1/rerank", rerank.voyage, {}, "api.voyageai.com"),
    (r"/v1/rerank", rerank.jina, {}, "api.jina.ai"),
    (r"/v1/rerank", rerank.together, {}, "api.together.ai"),
    (r"/api/v1/rerank", rerank.openrouter, {}, "openrouter.ai"),
    (r"/inference/v1/rerank", rerank.fireworks, {}, "api.fireworks.ai"),
    (r"/v1/inference/(?P<model>[^/]+/[^/]+)", rerank.deepinfra, {}, "api.deepinfra.com"),
    (r"/v1/retrieval/[^/]+/(?P<method>[^/]+)/reranking", rerank.nvidia, {}, ""),
    (r"/v1/ranking", rerank.nvidia, {}, ""),
    (r"/rerank", rerank.tei, {}, ""),
    (r"/v1/moderations", rerank.mistral_moderation, {}, "api.mistral.ai"),
    # Pictures
    (r"/v1(?:beta)?/models/" + PREDICT % r"[^/:]+", images.imagen, {}, ""),
    (GOOGLE + "google/models/" + PREDICT % r"[^/:]+", images.imagen, {"vertex": True}, ""),
    (INVOKE % PAINTS, images.stability, {}, ""),
    (INVOKE % "", images.amazon, {}, ""),
    (r"/v1/images/generations", images.xai, {}, "api.x.ai"),
    (r"/v1/images/edits", images.xai_edit, {}, "api.x.ai"),
    (r"/v1/images/generations", images.together, {}, "api.together.ai"),
    (r"/api/v1/images", images.openrouter, {}, "openrouter.ai"),
    (r"/(?P<model>[^/]+/.+)", jobs.fal, {}, "fal.run"),
    (r"/v1/models/(?P<model>[^/]+/[^/]+)/predictions", jobs.replicate, {}, ""),
    (r"/v1/predictions", jobs.replicate, {}, ""),
    (r"/v1/predictions/(?P<method>[^/]+)", jobs.prediction, {}, ""),
    (r"/api/rest/(?P<method>v1|v2)/generations", jobs.leonardo, {}, ""),
    (r"/api/rest/v1/generations/(?P<method>[^/]+)", jobs.look, {}, ""),
    (r"/api/v3/images/generations", jobs.modelark, {}, ""),
    (r"/v1/image_generation", jobs.minimax, {}, ""),
    (r"/v1/genai/(?P<model>[^/]+/[^/]+)", jobs.genai, {}, ""),
    (r"/inference/v1/workflows/(?P<model>.+)/text_to_image", jobs.workflow, {}, ""),
    (r"/inference/v1/workflows/(?P<model>.+)/get_result", jobs.result, {}, ""),
    (r"/inference/v1/workflows/(?P<model>.+)", jobs.kontext, {}, ""),
    (r"/inference/v1/image_generation/(?P<model>.+)", jobs.sdxl, {}, ""),
    # Speech
    (r"/v1/text-to-speech/(?P<method>[^/]+?)(?:/stream)?", speech.elevenlabs, {}, ""),
    (r"/v1/speak", speech.deepgram, {}, ""),
    (r"/v1/tts", speech.xai, {}, ""),
    (r"/v1/audio/speech", speech.mistral, {}, "api.mistral.ai"),
    (r"/openai/v1/audio/speech", speech.groq, {}, "api.groq.com"),
    (r"/api/v1/audio/speech", speech.openrouter, {}, "openrouter.ai"),
    (r"/v1/audio/speech", speech.together, {}, "api.together.ai"),
    # Transcription
    (r"/v1/speech-to-text", transcribe.elevenlabs, {}, ""),
    (r"/v1/listen", transcribe.deepgram, {}, ""),
    (r"/v1/stt", transcribe.xai, {}, ""),
    (r"/v2/audio/transcriptions", transcribe.cohere, {}, ""),
    (r"/v1/audio/transcriptions", transcribe.mistral, {}, "api.mistral.ai"),
    (r"/openai/v1/audio/trans(?:cript|lat)ions", transcribe.groq, {}, "api.groq.com"),
    (r"/api/v1/audio/transcriptions", transcribe.openrouter, {}, "openrouter.ai"),
    (r"/v1/audio/trans(?:cript|lat)ions", transcribe.together, {}, "api.together.ai"),
    (r"/v1/audio/trans(?:cript|lat)ions", transcribe.fireworks, {}, "fireworks.ai"),
]
ROUTES = [(re.compile(path), language, more, host) for path, language, more, host in PATHS]
# What a model of Hugging Face is for stands on its page, not in the request: here its name says so.
FACES = [("whisper", transcribe.huggingface), ("tts", speech.huggingface), ("rerank", rerank.tei), ("", jobs.huggingface)]
PROVIDERS = re.compile(
    r"(anthropic|google-ai|google|aws|cohere|vertex|voyage|jina|huggingface|perplexity|mistral|xai|togetherai|openrouter|fal|"
                       r"replicate|leonardoai|bytedance|fireworks/accounts|elevenlabs|deepgram|groq|deepinfra|nvidia/nvidia)/")


# Whose models are named after others that are providers, too.
HUBS = re.compile("^/(api/v1|v1/models|v1/genai|openai/v1)/")


class Target:
    """Where a request in a native language is to go. `express` is Vertex AI with an API key and no project."""

    def __init__(self, language, rules, model="", method="", scope=None, vertex=False):
        self.language, self.rules, self.method, self.vertex = language, rules, method, vertex
        self.model = urllib.parse.unquote(model)
        self.stream = method.startswith("stream") or method.endswith("stream")
        self.express = vertex and not scope


def find(request, rules):
    """The target of a request, or None when its path is of no native language."""
    host = request.header("host").split(":")[0]
    for pattern, language, more, wanted in ROUTES:
        found = pattern.fullmatch(request.path)
        if found and request.method == getattr(language, "method", "POST") and host.endswith(wanted):
            return Target(language, rules, **{**{name: value for name, value in found.groupdict().items() if value}, **more})
    found = re.fullmatch(FACE, request.path)
    if found and request.method == "POST":
        return Target(next(language for word, language in FACES if word in found["model"].lower()), rules, found["model"])
    return None


def check(request, target) -> str:
    """The model that a request is for, or a Violation."""
    check_headers(request, target.rules)
    check_body(request, getattr(target.language, "form", "json"))
    if not target.model:
        service = isinstance(target.language, Service)
        model = target.language.model_of(request) if service else request.json.get("model", "")
        if model is not None and (not isinstance(model, str) or not model):
            raise Violation("model: Field required", "model")
        target.model = model or ""
    if PROVIDERS.match(target.model) and not HUBS.search(request.path):
        raise Violation("the model %r still has its provider's prefix" % target.model, "model")
    if "orq" in request.fields():
        raise Violation("the field orq reached the provider", "orq")
    target.language.check(request, target)
    return target.model
