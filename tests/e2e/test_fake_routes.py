"""The fake provider's other routes in the providers' own languages: each takes what is right, and each of its checks can fail."""

import base64
import copy
import json

import httpx
import pytest

from samples import NASTY, PNG, multipart, wav

DATA = base64.b64encode(PNG).decode()
URL = "data:image/png;base64," + DATA
BEARER = {"authorization": "Bearer provider-key"}
GOOGLE = {"x-goog-api-key": "provider-key"}
ELEVEN = {"xi-api-key": "provider-key"}
TOKEN = {"authorization": "Token provider-key"}
FAL = {"authorization": "Key provider-key"}
WAIT = dict(BEARER, prefer="wait")
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/"
DOCUMENTS = {"query": "a fox", "documents": ["a dog", "a quick fox"]}
NOVA = {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
    "embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 256, "text": {"truncationMode": "END", "value": "Hi"}}}
CANVAS = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a fox"},
          "imageGenerationConfig": {"numberOfImages": 2, "width": 512, "height": 512, "quality": "standard"}}
INPAINT = {"taskType": "INPAINTING", "inPaintingParams": {"image": DATA, "maskImage": DATA, "text": "a hat"}}
EDIT = {"instances": [{"prompt": "a hat", "referenceImages": [
    {"referenceType": "REFERENCE_TYPE_RAW", "referenceId": 1,
     "referenceImage": {"bytesBase64Encoded": DATA, "mimeType": "image/png"}}]}],
    "parameters": {"sampleCount": 1, "editMode": "EDIT_MODE_DEFAULT"}}
SPEAK = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {
    "responseModalities": ["AUDIO"], "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}}}
PAINT = {"contents": [{"role": "user", "parts": [{"text": "a fox"}, {"inlineData": {"mimeType": "image/png", "data": DATA}}]}],
         "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}}}
UUID = "6b645e3a-d64f-4341-a6d8-7a3690fbf042"


def batch(model="gemini-embedding-001", **more):
    return {"requests": [dict({"model": "models/" + model, "content": {"parts": [{"text": "Hi"}]}}, **more)]}


class Good:
    """A request that is right: JSON as a dict, a form as a list of (name, value or file), a file as bytes."""

    def __init__(self, path, body, host="fake", headers=BEARER, kind=None, method="POST"):
        self.path, self.body, self.host, self.headers, self.kind, self.method = path, body, host, headers, kind, method


FILE = ("file", ("a.wav", "audio/wav", wav()))
GOOD = {
    "cohere embed": Good("/v2/embed",
                         {"model": "embed-v4.0", "input_type": "search_document", "texts": ["Hi", "Ho"],
                          "embedding_types": ["float"]}),
    "cohere embed image": Good("/v2/embed",
                               {"model": "embed-v4.0", "input_type": "image", "images": [URL], "embedding_types": ["float"]}),
    "gemini batch": Good("/v1beta/models/gemini-embedding-001:batchEmbedContents", batch(outputDimensionality=8), headers=GOOGLE),
    "gemini 2 batch": Good("/v1beta/models/gemini-embedding-2:batchEmbedContents", batch("gemini-embedding-2"), headers=GOOGLE),
    "vertex embed": Good(VERTEX + "gemini-embedding-2:embedContent", {
        "content": {"parts": [{"text": "Hi"}]}, "embedContentConfig": {"outputDimensionality": 8}}),
    "vertex predict": Good(VERTEX + "text-embedding-005:predict",
                           {"instances": [{"content": "Hi", "task_type": "RETRIEVAL_QUERY"}]}),
    "titan": Good("/model/amazon.titan-embed-text-v2%3A0/invoke", {"inputText": "Hi", "dimensions": 256}),
    "titan 1": Good("/model/amazon.titan-embed-text-v1/invoke", {"inputText": "Hi"}),
    "nova embed": Good("/model/amazon.nova-2-multimodal-embeddings-v1%3A0/invoke", NOVA),
    "bedrock cohere": Good("/model/cohere.embed-v4%3A0/invoke",
                           {"texts": ["Hi"], "input_type": "search_query", "output_dimension": 256}),
    "voyage": Good("/v1/embeddings", {"model": "voyage-4", "input": ["Hi", "Ho"]}, "api.voyageai.com"),
    "voyage multimodal": Good("/v1/multimodalembeddings", {"model": "voyage-multimodal-3.5", "inputs": [
        {"content": [{"type": "text", "text": "Hi"}, {"type": "image_base64", "image_base64": URL}]}]}, "api.voyageai.com"),
    "jina": Good("/v1/embeddings", {"model": "jina-embeddings-v3", "input": ["Hi"], "dimensions": 8}, "api.jina.ai"),
    "features": Good("/hf-inference/models/BAAI/bge-small-en-v1.5/pipeline/feature-extraction", {"inputs": ["Hi"]}),
    "perplexity": Good("/v1/embeddings", {"model": "pplx-embed-v1-0.6b", "input": ["Hi"], "dimensions": 128}, "api.perplexity.ai"),
    "mistral": Good("/v1/embeddings", {"model": "mistral-embed", "input": ["Hi"], "encoding_format": "base64"}, "api.mistral.ai"),
    "cohere rerank": Good("/v2/rerank", dict(DOCUMENTS, model="rerank-v3.5", top_n=1)),
    "bedrock rerank": Good("/model/cohere.rerank-v3-5%3A0/invoke", dict(DOCUMENTS, api_version=2)),
    "voyage rerank": Good("/v1/rerank", dict(DOCUMENTS, model="rerank-2.5", top_k=1), "api.voyageai.com"),
    "jina rerank": Good("/v1/rerank", dict(DOCUMENTS, model="jina-reranker-v3", top_n=1), "api.jina.ai"),
    "together rerank": Good("/v1/rerank", dict(DOCUMENTS, model="Salesforce/Llama-Rank-v1"), "api.together.ai"),
    "openrouter rerank": Good("/api/v1/rerank", dict(DOCUMENTS, model="cohere/rerank-v3.5"), "openrouter.ai"),
    "fireworks rerank": Good("/inference/v1/rerank", dict(DOCUMENTS, model="fireworks/qwen3-reranker-8b"), "api.fireworks.ai"),
    "nvidia rerank": Good("/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking", {
        "model": "nvidia/llama-3.2-nv-rerankqa-1b-v2", "query": {"text": "a fox"},
        "passages": [{"text": "a dog"}, {"text": "a fox"}]}),
    "deepinfra rerank": Good("/v1/inference/Qwen/Qwen3-Reranker-8B", {"queries": ["a", "a"], "documents": ["a", "b"]},
                             "api.deepinfra.com"),
    "tei": Good("/rerank", {"query": "a fox", "texts": ["a dog", "a fox"]}),
    "mistral moderation": Good("/v1/moderations", {"model": "mistral-moderation-2603", "input": ["attack"]}, "api.mistral.ai"),
    "imagen": Good(VERTEX + "imagen-4.0-generate-001:predict",
                   {"instances": [{"prompt": "a fox"}], "parameters": {"sampleCount": 2}}),
    "imagen edit": Good(VERTEX + "imagen-3.0-capability-001:predict", EDIT),
    "gemini picture": Good("/v1beta/models/gemini-2.5-flash-image:generateContent", PAINT, headers=GOOGLE),
    "nova canvas": Good("/model/amazon.nova-canvas-v1%3A0/invoke", CANVAS),
    "nova canvas edit": Good("/model/amazon.nova-canvas-v1%3A0/invoke", INPAINT),
    "stability": Good("/model/stability.sd3-5-large-v1%3A0/invoke",
                      {"prompt": "a fox", "mode": "text-to-image", "aspect_ratio": "1:1"}),
    "stability edit": Good("/model/us.stability.stable-image-inpaint-v1%3A0/invoke",
                           {"prompt": "a hat", "image": DATA, "mask": DATA}),
    "xai images": Good("/v1/images/generations", {"model": "grok-imagine-image", "prompt": "a fox", "n": 2}, "api.x.ai"),
    "xai edits": Good("/v1/images/edits", {"model": "grok-imagine-image", "prompt": "a hat", "image": {"url": URL}}, "api.x.ai"),
    "together images": Good("/v1/images/generations",
                            {"model": "black-forest-labs/FLUX.1-dev", "prompt": "a fox", "width": 512, "height": 512},
                            "api.together.ai"),
    "openrouter images": Good("/api/v1/images", {"model": "google/gemini-3-pro-image", "prompt": "a fox", "input_references": [
        {"type": "image_url", "image_url": {"url": URL}}]}, "openrouter.ai"),
    "fal": Good("/fal-ai/flux/dev", {"prompt": "a fox", "image_size": {"width": 512, "height": 512}, "sync_mode": True}, "fal.run",
                FAL),
    "replicate": Good("/v1/models/black-forest-labs/flux-schnell/predictions", {"input": {"prompt": "a fox", "num_outputs": 2}},
                      headers=WAIT),
    "leonardo": Good("/api/rest/v1/generations",
                     {"prompt": "a fox", "modelId": UUID, "num_images": 2, "width": 512, "height": 512}),
    "leonardo 2": Good("/api/rest/v2/generations", {"model": "seedream-4.5", "parameters": {"prompt": "a fox", "quantity": 1}}),
    "modelark": Good("/api/v3/images/generations", {"model": "seedream-4-0", "prompt": "a fox", "size": "2K", "image": [URL]}),
    "huggingface picture": Good("/hf-inference/models/stabilityai/sdxl-turbo", {"inputs": "a fox", "parameters": {"width": 512}}),
    "minimax": Good("/v1/image_generation", {"model": "image-01", "prompt": "a fox", "aspect_ratio": "16:9", "response_format": "base64"}),
    "nvidia picture": Good("/v1/genai/black-forest-labs/flux.1-schnell", {"prompt": "a fox", "width": 1024, "height": 1024}),
    "fireworks picture": Good("/inference/v1/workflows/accounts/fireworks/models/flux-1-dev-fp8/text_to_image", {"prompt": "a fox"},
                              "api.fireworks.ai"),
    "fireworks kontext": Good("/inference/v1/workflows/accounts/fireworks/models/flux-kontext-pro",
                              {"prompt": "a hat", "input_image": URL},
                              "api.fireworks.ai"),
    "elevenlabs": Good("/v1/text-to-speech/EXAVITQu4vr4xnSDxMaL/stream?output_format=pcm_24000",
                       {"text": "Hi", "model_id": "eleven_v3"},
                       headers=ELEVEN),
    "deepgram": Good("/v1/speak?model=aura-2-thalia-en&encoding=linear16&container=wav", {"text": "Hi"}, headers=TOKEN),
    "xai tts": Good("/v1/tts", {"text": "Hi", "language": "auto", "voice_id": "eve", "output_format": {"codec": "wav"}}),
    "mistral speech": Good("/v1/audio/speech", {"model": "voxtral-mini-tts-latest", "input": "Hi", "voice_id": "en_paul_neutral"},
                           "api.mistral.ai"),
    "groq speech": Good("/openai/v1/audio/speech", {"model": "canopylabs/orpheus-v1-english", "input": "Hi", "voice": "troy",
                                                    "response_format": "wav"}, "api.groq.com"),
    "openrouter speech": Good("/api/v1/audio/speech", {"model": "hexgrad/kokoro-82m", "input": "Hi", "voice": "af_bella"},
                              "openrouter.ai"),
    "together speech": Good("/v1/audio/speech", {"model": "hexgrad/Kokoro-82M", "input": "Hi", "voice": "af_bella"},
                            "api.together.ai"),
    "gemini speech": Good("/v1beta/models/gemini-2.5-flash-preview-tts:generateContent", SPEAK, headers=GOOGLE),
    "huggingface speech": Good("/hf-inference/models/facebook/mms-tts-eng", {"inputs": "Hi"}),
    "elevenlabs stt": Good("/v1/speech-to-text?enable_logging=false", [("model_id", "scribe_v2"), FILE, ("diarize", "true")],
                           headers=ELEVEN),
    "deepgram stt": Good("/v1/listen?model=nova-3&smart_format=true&utterances=true", wav(), headers=TOKEN, kind="audio/wav"),
    "mistral stt": Good("/v1/audio/transcriptions", [("model", "voxtral-mini-latest"), FILE, ("timestamp_granularities", "word")],
                        "api.mistral.ai"),
    "xai stt": Good("/v1/stt", [("language", "en"), ("format", "true"), FILE]),
    "cohere stt": Good("/v2/audio/transcriptions", [("model", "cohere-transcribe-03-2026"), ("language", "en"), FILE]),
    "groq stt": Good("/openai/v1/audio/transcriptions", [("model", "whisper-large-v3"), FILE, ("response_format", "verbose_json"),
                                                         ("timestamp_granularities[]", "word")], "api.groq.com"),
    "openrouter stt": Good("/api/v1/audio/transcriptions", [("model", "openai/whisper-1"), FILE], "openrouter.ai"),
    "together stt": Good("/v1/audio/translations", [("model", "openai/whisper-large-v3"), FILE, ("prompt", "Hm")],
                         "api.together.ai"),
    "fireworks stt": Good("/v1/audio/transcriptions", [("model", "whisper-v3"), FILE, ("response_format", "srt")],
                          "audio-prod.us-virginia-1.direct.fireworks.ai"),
    "huggingface stt": Good("/hf-inference/models/openai/whisper-large-v3", wav(), kind="audio/wav"),
    "huggingface stt in JSON": Good("/hf-inference/models/openai/whisper-large-v3", {
        "inputs": base64.b64encode(wav()).decode(), "parameters": {"return_timestamps": "word"}}),
}


def written(body, kind):
    if isinstance(body, bytes):
        return body, kind
    if isinstance(body, dict):
        return json.dumps(body).encode(), "application/json"
    return multipart([(name, value[0], value[1], value[2]) if isinstance(value, tuple) else (name, None, None, value.encode())
                      for name, value in body])


@pytest.fixture
def ask(fake):
    fake.reset()
    with httpx.Client(base_url="http://127.0.0.1:%d" % fake.port) as client:
        def ask(name, change=None, **more):
            good = copy.copy(GOOD[name])
            good.body = copy.deepcopy(good.body)
            if isinstance(change, dict):
                good.body.update(change)
            elif isinstance(change, list):
                good.body = change
            elif callable(change):
                change(good.body)
            for part, value in more.items():
                setattr(good, part, value)
            body, kind = written(good.body, good.kind)
            return client.request(good.method, good.path, content=body,
                                  headers=dict(good.headers, host=good.host, **{"content-type": kind}))
        yield ask


def status_of(answer):
    """MiniMax's errors are answers; their own numbers say what they are."""
    code = answer.json().get("base_resp", {}).get("status_code") if answer.text.startswith('{"base_resp') else None
    return answer.status_code if code is None else {1004: 401}.get(code, 400)


@pytest.mark.parametrize("name", GOOD)
def test_the_fake_takes_what_is_right_on_every_route(ask, fake, name):
    answer = ask(name)
    assert answer.status_code in (200, 201), answer.text
    assert answer.content and fake.state()["violations"] == []
    if "json" in answer.headers["content-type"]:
        answer.json()


@pytest.mark.parametrize("name", GOOD)
def test_the_fake_wants_a_key_on_every_route(ask, name):
    answer = ask(name, headers={"prefer": "wait"})
    assert status_of(answer) in (401, 403), answer.text


@pytest.mark.parametrize("name", GOOD)
def test_the_fake_refuses_what_it_does_not_know_on_every_route(ask, fake, name):
    body = GOOD[name].body
    if isinstance(body, bytes):
        answer = ask(name,
                     path=GOOD[name].path + ("&" if "?" in GOOD[name].path else "?") + "novelty=1") if "deepgram" in name else None
    else:
        answer = ask(name, {"novelty": 1} if isinstance(body, dict) else [("novelty", "1")] + body)
    assert answer is None or status_of(answer) in (400, 422), answer.text
    assert answer is None or len(fake.state()["violations"]) == 1


TEXTS = {"texts": ["Hi"] * 97}
BAD = {
    "texts and images": ("exactly one", "cohere embed", {"images": [URL]}),
    "97 texts": ("at most 96", "cohere embed", TEXTS),
    "no purpose": ("input_type", "cohere embed", {"input_type": None}),
    "a size of its own": ("output_dimension", "cohere embed", {"output_dimension": 100}),
    "OpenAI's encoding": ("encoding_format", "cohere embed", {"encoding_format": "float"}),
    "a picture of another type": ("not of the type", "cohere embed image", {"images": ["data:image/jpeg;base64," + DATA]}),
    "the name of another model": ("models/", "gemini batch", batch("gemini-embedding-2")),
    "a task of the newest": ("task_type", "gemini 2 batch", batch("gemini-embedding-2", taskType="RETRIEVAL_QUERY")),
    "a title of a query": ("title", "gemini batch", batch(taskType="RETRIEVAL_QUERY", title="x")),
    "many at once": ("Only one input", "vertex predict", {"instances": [{"content": "Hi"}] * 2},
                     VERTEX + "gemini-embedding-001:predict"),
    "sizes of Titan": ("256, 512, 1024", "titan", {"dimensions": 300}),
    "sizes of Titan 1": ("dimensions", "titan 1", {"dimensions": 256}),
    "two kinds of Nova": ("exactly one", "nova embed",
                          lambda body: body["singleEmbeddingParams"].update(image={"format": "png", "source": {"bytes": DATA}})),
    "float of Voyage": ("encoding_format", "voyage", {"encoding_format": "float"}),
    "dimensions of Voyage": ("dimensions", "voyage", {"dimensions": 256}),
    "1001 of Voyage": ("1000", "voyage", {"input": ["Hi"] * 1001}),
    "an empty text": ("empty", "voyage", {"input": [""]}),
    "tokens": ("input", "jina", {"input": [1, 2]}),
    "encoding_format of Jina": ("encoding_format", "jina", {"encoding_format": "base64"}),
    "float of Perplexity": ("encoding_format", "perplexity", {"encoding_format": "float"}),
    "dimensions of Mistral": ("dimensions", "mistral", {"dimensions": 256}),
    "return_documents of Cohere": ("return_documents", "cohere rerank", {"return_documents": True}),
    "objects of Cohere": ("documents.0", "cohere rerank", {"documents": [{"text": "a"}]}),
    "no version": ("api_version", "bedrock rerank", lambda body: body.pop("api_version")),
    "top_n of Voyage": ("top_n", "voyage rerank", {"top_n": 1}),
    "return_documents of OpenRouter": ("return_documents", "openrouter rerank", {"return_documents": True}),
    "another path": ("not that of the path", "nvidia rerank", {"model": "nvidia/other"}),
    "one query": ("same length", "deepinfra rerank", {"queries": ["a"]}),
    "parts": ("input", "mistral moderation", {"input": [{"type": "text", "text": "Hi"}]}),
    "five of Imagen": ("sampleCount", "imagen", {"parameters": {"sampleCount": 5}}),
    "a seed under a watermark": ("watermark", "imagen", {"parameters": {"seed": 1}}),
    "a mode without its mask": ("mask", "imagen edit",
                                lambda body: body["parameters"].update(editMode="EDIT_MODE_INPAINT_INSERTION")),
    "two candidates": ("candidates", "gemini picture", lambda body: body["generationConfig"].update(candidateCount=2)),
    "a size of 2.5": ("image_size", "gemini picture", lambda body: body["generationConfig"]["imageConfig"].update(imageSize="2K")),
    "a width alone": ("go together", "nova canvas", lambda body: body["imageGenerationConfig"].pop("height")),
    "an odd size": ("size", "nova canvas", lambda body: body["imageGenerationConfig"].update(width=500)),
    "no mask": ("maskImage", "nova canvas edit", lambda body: body["inPaintingParams"].pop("maskImage")),
    "a data URL": ("base64", "nova canvas edit", lambda body: body["inPaintingParams"].update(image=URL)),
    "no strength": ("strength", "stability", {"image": DATA, "mode": "image-to-image"}),
    "a size of xAI": ("size", "xai images", {"size": "1024x1024"}),
    "image and images": ("exactly one", "xai edits", {"images": [{"url": URL}] * 2}),
    "b64_json of Together": ("response_format", "together images", {"response_format": "b64_json"}),
    "an odd width": ("multiple of 16", "together images", {"width": 500}),
    "response_format of OpenRouter": ("response_format", "openrouter images", {"response_format": "b64_json"}),
    "a size by ratio": ("aspect_ratio", "fal", {}, "/fal-ai/nano-banana"),
    "five of fal": ("num_images", "fal", {"num_images": 5}),
    "an odd height": ("multiple of 8", "leonardo", {"height": 513}),
    "a model by its name": ("UUID", "leonardo", {"modelId": "phoenix"}),
    "n of ModelArk": ("n: Extra", "modelark", {"n": 2}),
    "too few pixels": ("pixels", "modelark", {"size": "512x512"}),
    "a side alone": ("go together", "minimax", {"width": 512}),
    "two samples": ("samples", "nvidia picture", {"samples": 2}),
    "a file's format as a stream": ("output_format", "elevenlabs", {},
                                    "/v1/text-to-speech/EXAVITQu4vr4xnSDxMaL/stream?output_format=wav_24000"),
    "a voice by its name": ("not found", "elevenlabs", {}, "/v1/text-to-speech/sarah"),
    "a fast voice": ("speed", "elevenlabs", {"voice_settings": {"speed": 2}}),
    "a container of mp3": ("container", "deepgram", {}, "/v1/speak?model=aura-2-thalia-en&encoding=mp3&container=wav"),
    "a rate of mp3": ("sample_rate", "deepgram", {}, "/v1/speak?model=aura-2-thalia-en&encoding=mp3&sample_rate=24000"),
    "a language unsaid": ("language", "xai tts", lambda body: body.pop("language")),
    "a model in the body": ("model", "xai tts", {"model": "grok-tts"}),
    "aac of Mistral": ("response_format", "mistral speech", {"response_format": "aac"}),
    "mp3 of Orpheus": ("wav", "groq speech", {"response_format": "mp3"}),
    "opus of OpenRouter": ("response_format", "openrouter speech", {"response_format": "opus"}),
    "a voice of OpenAI's": ("alloy", "gemini speech", lambda body: body["generationConfig"].update(
        speechConfig={"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "alloy"}}})),
    "33 speakers": ("num_speakers", "elevenlabs stt", [("model_id", "scribe_v2"), FILE, ("num_speakers", "33")]),
    "a model of OpenAI's": ("model", "elevenlabs stt", [("model", "scribe_v2"), FILE]),
    "the file first": ("last", "xai stt", [FILE, ("language", "en")]),
    "a format without a language": ("language", "xai stt", [("format", "true"), FILE]),
    "no language": ("language", "cohere stt", [("model", "m"), FILE]),
    "times and a language": ("language", "mistral stt",
                             [("model", "m"), ("language", "en"), ("timestamp_granularities", "word"), FILE]),
    "srt of Groq": ("response_format", "groq stt", [("model", "m"), ("response_format", "srt"), FILE]),
    "times without verbose_json": ("verbose_json", "groq stt", [("model", "m"), ("timestamp_granularities[]", "word"), FILE]),
    "a prompt of OpenRouter": ("prompt", "openrouter stt", [("model", "m"), ("prompt", "x"), FILE]),
    "a model twice": ("twice", "groq stt", [("model", "m"), ("model", "m"), FILE]),
    "no file": ("file", "groq stt", [("model", "m")]),
    "a query that is not escaped": ("escaped", "deepgram stt", lambda body: None, "/v1/listen?model=nova-3&keyterm=a|b"),
    "a language and its detection": ("exclude", "deepgram stt", lambda body: None,
                                     "/v1/listen?model=nova-3&language=en&detect_language=true"),
}


@pytest.mark.parametrize("name", BAD)
def test_the_fake_refuses_on_a_route(ask, name):
    sentence, good, change, *path = BAD[name]
    answer = ask(good, change, **({"path": path[0]} if path else {}))
    assert 400 <= status_of(answer) < 500, answer.text
    assert sentence in answer.text, answer.text


def test_the_fake_reads_a_file_of_every_byte_in_a_form(ask, fake):
    answer = ask("xai stt", [("file", ("a.wav", "audio/wav", NASTY))])
    assert answer.status_code == 200 and "%d bytes" % len(NASTY) in answer.json()["text"], answer.text


def test_a_job_ends_at_the_second_look(ask):
    begun = ask("leonardo", {"prompt": "patiently, a fox"}).json()["sdGenerationJob"]["generationId"]

    def look():
        return ask("leonardo", lambda body: None, path="/api/rest/v1/generations/" + begun, method="GET", body=b"",
                   kind="").json()["generations_by_pk"]

    assert [look()["status"] for _ in range(2)] == ["PENDING", "COMPLETE"] and len(look()["generated_images"]) == 2
