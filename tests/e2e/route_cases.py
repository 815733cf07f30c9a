"""Recorded exchanges of the routes beside chats as test cases: which row serves them, what a client asks to get them, and how the
answer is read."""

import json
import pathlib

import envoy
from samples import PNG, multipart, wav

EMBED, RERANK, MODERATE = "/embeddings", "/rerank", "/moderations"
DRAW, EDIT, VARY, SPEAK = "/images/generations", "/images/edits", "/images/variations", "/audio/speech"
HEAR, TRANSLATE = "/audio/transcriptions", "/audio/translations"
# (provider, endpoint): (row, route, how extract_routes reads the answer, the model where none is recorded)
PLACES = {
    ("azure-openai", "embeddings"): ("azure", EMBED, "openai", "embedding"),
    ("bedrock", "rerank"): ("aws", RERANK, "bedrock", "cohere.rerank-v3-5:0"),
    ("cohere", "v1-embed"): ("cohere", EMBED, "cohere", "embed-v4.0"),
    ("cohere", "v2-embed"): ("cohere", EMBED, "cohere", "embed-v4.0"),
    ("cohere", "v1-rerank"): ("cohere", RERANK, "cohere", "rerank-v3.5"),
    ("cohere", "v2-rerank"): ("cohere", RERANK, "cohere", "rerank-v3.5"),
    ("cohere", "v2-audio-transcriptions"): ("cohere", HEAR, "openai", "cohere-transcribe-03-2026"),
    ("deepgram", "listen"): ("deepgram", HEAR, "deepgram", "nova-3-general"),
    ("deepgram", "speak"): ("deepgram", SPEAK, "bytes", "aura-2"),
    ("elevenlabs", "speech-to-text"): ("elevenlabs", HEAR, "elevenlabs", "scribe_v1"),
    ("elevenlabs", "text-to-speech"): ("elevenlabs", SPEAK, "bytes", "eleven_turbo_v2_5"),
    ("gemini", "batchEmbedContents"): ("google-ai", EMBED, "gemini", "gemini-embedding-001"),
    ("gemini", "embedContent"): ("google-ai", EMBED, "gemini", "gemini-embedding-001"),
    ("groq", "audio-transcriptions"): ("groq", HEAR, "openai", "whisper-large-v3"),
    ("mistral", "audio-speech"): ("mistral", SPEAK, "mistral", "voxtral-mini-tts-latest"),
    ("mistral", "audio-transcriptions"): ("mistral", HEAR, "mistral", "voxtral-mini-latest"),
    ("mistral", "embeddings"): ("mistral", EMBED, "openai", "mistral-embed"),
    ("openai", "audio-speech"): ("openai", SPEAK, "bytes", "tts-1"),
    ("openai", "audio-transcriptions"): ("openai", HEAR, "openai", "whisper-1"),
    ("openai", "audio-translations"): ("openai", TRANSLATE, "openai", "whisper-1"),
    ("openai", "embeddings"): ("openai", EMBED, "openai", "text-embedding-3-small"),
    ("openai", "images-edits"): ("openai", EDIT, "openai", "gpt-image-1"),
    ("openai", "images-generations"): ("openai", DRAW, "openai", "gpt-image-1"),
    ("openai", "images-variations"): ("openai", VARY, "openai", "dall-e-2"),
    ("openai", "moderations"): ("openai", MODERATE, "openai", "omni-moderation-latest"),
    ("openrouter", "audio-speech"): ("openrouter", SPEAK, "bytes", "hexgrad/kokoro-82m"),
    ("openrouter", "audio-transcriptions"): ("openrouter", HEAR, "openai", "openai/whisper-1"),
    ("openrouter", "embeddings"): ("openrouter", EMBED, "openai", "openai/text-embedding-3-small"),
    ("openrouter", "images-generations"): ("openrouter", DRAW, "openai", "google/gemini-3.1-flash-lite-image"),
    ("openrouter", "rerank"): ("openrouter", RERANK, "openai", "voyageai/rerank-2.5-lite"),
    ("perplexity", "embeddings"): ("perplexity", EMBED, "perplexity", "pplx-embed-v1-0.6b"),
    ("together", "images-generations"): ("togetherai", DRAW, "openai", "black-forest-labs/FLUX.1-schnell"),
    ("together", "rerank"): ("togetherai", RERANK, "openai", "Salesforce/Llama-Rank-v1"),
    ("vertex", "embedContent"): ("google", EMBED, "gemini", "gemini-embedding-2"),
    ("vertex", "predict"): ("google", EMBED, "vertex", "gemini-embedding-001"),
    ("voyage", "embeddings"): ("voyage", EMBED, "openai", "voyage-3.5"),
    ("voyage", "multimodalembeddings"): ("voyage", EMBED, "openai", "voyage-multimodal-3"),
    ("voyage", "rerank"): ("voyage", RERANK, "voyage", "rerank-2-lite"),
    ("x-llamacpp", "embeddings"): ("llamacpp", EMBED, "openai", "m"), ("x-llamacpp", "rerank"): ("llamacpp", RERANK, "openai", "m"),
    ("xai", "images-edits"): ("xai", EDIT, "openai", "grok-imagine-image"),
    ("xai", "images-generations"): ("xai", DRAW, "openai", "grok-imagine-image"),
    ("xai", "stt"): ("xai", HEAR, "xai", "grok-voice-transcribe-1.0"),
    ("xai", "tts"): ("xai", SPEAK, "bytes", "grok-voice-tts-1.0"),
}
PICTURES = ("google", DRAW, "imagen", "imagen-4.0-generate-001")  # What Vertex AI predicts, too.
VOICES = {"elevenlabs": "sarah", "deepgram": "zeus", "xai": "eve", "mistral": "en_paul_neutral", "openrouter": "af_bella"}
SETTINGS = {"azure": {"host": "resource.openai.azure.com", "api_version": "2024-10-21"},
            "google": {"project": "p", "location": "us-central1"},
            "aws": {"region": "us-west-2"}, "llamacpp": {"host": "llamacpp.local"}}
# Recordings that are no answers of these routes, and why.
LEFT_OUT = {
    "groq/audio-transcriptions/fixture-groq-transcription-text": "a record of an answer, with its status and headers in JSON",
    "cohere/v1-embed/embedding-matrix-single-text-convenience": "version 1 of the API: vectors in no type",
}
KINDS = {"json": "application/json", "sse": "text/event-stream", "bin": "application/octet-stream", "txt": "text/plain"}


class Case:
    """One recorded answer. `count` is how many results it has, so that the client asks for as many."""

    def __init__(self, folder, line):
        self.id, folder = line["case"], folder / line["case"]
        meta = json.loads((folder / "meta.json").read_bytes())
        self.status, self.answer = line["status"], (folder / line["response_file"]).read_bytes()
        self.row, self.route, self.language, default = PLACES[line["provider"], line["endpoint"]]
        if line["endpoint"] == "predict" and (b"bytesBase64Encoded" in self.answer or b"Image generation" in self.answer):
            self.row, self.route, self.language, default = PICTURES
        self.model = default if line["model"] in (None, "unknown") or self.row in ("azure",
                                                                                   "cohere") and self.route != HEAR else line["model"]
        if self.status >= 400 and self.row not in ("openai", "openrouter", "llamacpp", "azure"):
            self.model = default  # What no row can place by its name.
        headers = meta.get("response_headers") or {}
        self.content_type = headers.get("content-type") or KINDS[meta["response_format"]]
        self.headers = [(name, value) for name, value in headers.items() if name in ("x-request-id", "request-id")]
        self.streamed = "event-stream" in self.content_type
        self.count = self.counted()

    def counted(self):
        try:
            told = json.loads(self.answer)
        except ValueError:
            return 1
        if isinstance(told, dict) and self.route in (EMBED, DRAW, EDIT, VARY, MODERATE):
            for name in ("data", "predictions", "embeddings", "results"):
                found = told.get(name)
                if isinstance(found, dict):
                    found = next((one for one in found.values() if isinstance(one, list)), [])
                if isinstance(found, list) and found:
                    return len(found)
        if self.route == RERANK and isinstance(told, dict):
            found = told.get("results") or told.get("data") or []
            return max([1, len(found)] + [one["index"] + 1 for one in found])
        return 1

    def request(self, **more):
        """(body, content-type) of what a client asks."""
        model = "%s/%s" % (self.row, self.model)
        if self.route in (HEAR, TRANSLATE):
            fields = dict({"model": model}, **({"language": "en"} if self.row == "cohere" else {}),
                          **({"stream": "true"} if self.streamed else {}), **more)
            parts = [(name, None, None, value.encode()) for name, value in fields.items()]
            return multipart(parts + [("file", "a.wav", "audio/wav", wav())])
        if self.route in (EDIT, VARY):
            fields = dict({"model": model}, **({"prompt": "A hat"} if self.route == EDIT else {}),
                          **({"n": str(self.count)} if self.count > 1 else {}), **more)
            return multipart([(name, None, None, value.encode()) for name, value in fields.items()]
                             + [("image", "a.png", "image/png", PNG)])
        texts = ["text %d" % at for at in range(self.count)]
        asked = {EMBED: {"input": texts}, RERANK: {"query": "text", "documents": texts}, MODERATE: {"input": texts},
                 DRAW: dict({"prompt": "A fox"}, **({"n": self.count} if self.count > 1 else {})),
                 SPEAK: {"input": "Hi", "voice": VOICES.get(self.row, "alloy")}}[self.route]
        if self.route == SPEAK and "wav" in self.content_type:
            asked["response_format"] = "wav"
        if self.route == DRAW and self.row == "xai":
            asked["response_format"] = "b64_json"
        return json.dumps(dict(asked, model=model, **more)).encode(), "application/json"


def cases(folder):
    folder = pathlib.Path(folder)
    lines = map(json.loads, (folder / "index.jsonl").read_text().splitlines())
    return [Case(folder, line) for line in lines if (line["provider"], line["endpoint"]) in PLACES and line["case"] not in LEFT_OUT]


def bootstrap(port, key, log):
    rows = {row for row, *_ in [*PLACES.values(), PICTURES]}
    providers = {row: {**SETTINGS.get(row, {}), "cluster": "openai", "api_key": {"value": "provider-key-" + row}}
                 for row in sorted(rows)}
    config = {"keys": [envoy.client_key("demo", key)], "providers": providers, "models": ["*"]}
    return envoy.bootstrap(port, config=config, log=log)
