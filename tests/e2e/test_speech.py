"""Speech of every language through the SDK: the bytes that come are the provider's, in the form that was asked for."""

import base64
import json
import os
import pathlib
import struct

import openai
import pytest

import extract_routes
import schemas as openai_schemas
from conftest import assert_error
from extract_routes import note

SPEC = os.environ.get("ORQ_SPEC")
# (how its answer is read, a voice of its own, the formats that it has)
ALL = {"mp3", "opus", "aac", "flac", "wav", "pcm"}
MODELS = {
    "elevenlabs/eleven_turbo_v2_5": ("bytes", "sarah", {"mp3", "opus", "wav", "pcm"}), "deepgram/aura-2": ("bytes", "thalia", ALL),
    "deepgram/aura-2-thalia-en": ("bytes", "thalia", ALL),
    "google-ai/gemini-2.5-flash-preview-tts": ("gemini", "Kore", {"wav", "pcm"}),
    "google/gemini-2.5-pro-preview-tts": ("gemini", "Kore", {"wav", "pcm"}),
    "google-ai/gemini-3.8-flash-tts": ("gemini", "Kore", {"wav", "pcm"}),
    "groq/canopylabs/orpheus-v1-english": ("bytes", "troy", {"wav"}),
    "xai/grok-voice-tts-1.0": ("bytes", "eve", {"mp3", "wav", "pcm"}),
    "mistral/voxtral-mini-tts-latest": ("mistral", "en_paul_neutral", {"mp3", "opus", "flac", "wav", "pcm"}),
    "openrouter/hexgrad/kokoro-82m": ("bytes", "af_bella", {"mp3", "pcm"}),
    "togetherai/hexgrad/Kokoro-82M": ("bytes", "af_bella", {"mp3", "wav", "pcm"}),
    "huggingface/facebook/mms-tts-eng": ("bytes", None, {"flac"}),
    "openai/gpt-4o-mini-tts": ("bytes", "alloy", ALL), "azure/tts-1": ("bytes", "alloy", ALL),
}
OWN = [model for model in MODELS if not model.startswith(("openai/", "azure/"))]
BEGINNINGS = {"mp3": (b"ID3", b"\xff"), "opus": (b"OggS",), "aac": (b"\xff\xf1",), "flac": (b"fLaC",), "wav": (b"RIFF",),
              "pcm": (b"",)}
TYPES = {"mp3": "audio/mpeg", "opus": "audio/", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/", "pcm": "audio/"}
TEXT = "Hello – größer 🌍, \"quoted\" \\ text."


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def speak(client, model, **more):
    voice = more.pop("voice", MODELS[model][1] or "alloy")
    return client.audio.speech.create(model=model, voice=voice, input=more.pop("input", TEXT), **more)


def provided(fake, model):
    return extract_routes.sound(MODELS[model][0], fake.last()["answer"]["body"]["bytes"])


def check_sound(data, sent, form, model):
    """The same sound: the same bytes, or the same samples where only the head of the file is another."""
    assert data.startswith(BEGINNINGS[form]), data[:16]
    if model.startswith("mistral/") and form == "pcm":
        # Theirs are floats, OpenAI's 16 bits.
        floats = struct.unpack("<%df" % (len(sent) // 4), sent)
        assert len(data) == 2 * len(floats) and all(abs(mine / 32768 - theirs) <= 1 / 32768 for mine, theirs in zip(
            struct.unpack("<%dh" % len(floats), data), floats))
    elif form == "wav":
        assert extract_routes.samples(data) == (extract_routes.samples(sent) if sent[:4] == b"RIFF" else (sent, 24000))
    elif form == "pcm" and sent[:4] == b"RIFF":
        assert data == extract_routes.samples(sent)[0]
    else:
        assert data == sent


@pytest.mark.parametrize("form", sorted(ALL))
@pytest.mark.parametrize("model", MODELS)
def test_speech_comes_in_the_form_that_was_asked_for_or_that_form_is_refused(client, fake, model, form):
    forms = MODELS[model][2]
    try:
        answer = speak(client, model, response_format=form)
    except openai.BadRequestError as error:
        assert form not in forms and error.param == "response_format", error
        assert any(other in error.message for other in forms) and fake.state()["requests"] == 0
        return
    data = answer.content
    if form not in forms:
        # Orq's page: what a provider has not is its own format instead; then the client is told.
        assert "response_format" in answer.response.headers["x-orq-dropped-params"]
        assert data == provided(fake, model)
        return
    assert answer.response.headers["content-type"].startswith(TYPES[form])
    check_sound(data, provided(fake, model), form, model)


@pytest.mark.parametrize("model", MODELS)
def test_speech_comes_when_no_form_is_asked_for(client, fake, model):
    answer = speak(client, model)
    data, sent = answer.content, provided(fake, model)
    assert answer.response.headers["content-type"].startswith("audio/")
    if "mp3" in MODELS[model][2]:
        assert data.startswith(BEGINNINGS["mp3"]) and data == sent
    else:
        assert data == sent or extract_routes.samples(data)[0] == sent or extract_routes.samples(
            data) == extract_routes.samples(sent)
    if model in OWN:
        assert TEXT in note(sent if MODELS[model][0] != "mistral" else data).get("text", ""), note(data)


@pytest.mark.parametrize("model", MODELS)
def test_speech_streams_as_bytes(client, fake, model):
    form = "pcm" if "pcm" in MODELS[model][2] else sorted(MODELS[model][2])[0]
    with client.audio.speech.with_streaming_response.create(model=model, voice=MODELS[model][1] or "alloy", input=TEXT,
                                                            response_format=form) as answer:
        data = b"".join(answer.iter_bytes())
    if MODELS[model][0] != "gemini":
        check_sound(data, provided(fake, model), form, model)
    assert len(data) > 1000


STREAMS = ["mistral/voxtral-mini-tts-latest", "google-ai/gemini-2.5-flash-preview-tts", "google/gemini-2.5-pro-preview-tts",
           "google-ai/gemini-3.8-flash-tts", "elevenlabs/eleven_turbo_v2_5", "deepgram/aura-2", "xai/grok-voice-tts-1.0",
           "openai/gpt-4o-mini-tts"]


@pytest.mark.parametrize("model", STREAMS)
def test_speech_streams_as_events(http_client, fake, schemas, model):
    form = "pcm" if model.startswith("google") else "mp3"
    answer = http_client.post("/audio/speech",
                              json={"model": model, "voice": MODELS[model][1], "input": TEXT, "stream_format": "sse",
                                                     "response_format": form})
    if answer.status_code == 400:  # Who does not stream may say so.
        assert_error(answer, 400, param="stream_format")
        assert model.split("/")[0] in ("elevenlabs", "deepgram", "xai")
        return
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream"), answer.text
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
    assert [event["type"] for event in events[-1:]] == ["speech.audio.done"] and {event["type"]
                                                                                  for event in events[:-1]} == {
                                                                                      "speech.audio.delta"}
    for event in events:
        assert not schemas or not schemas.faults("CreateSpeechResponseStreamEvent", event)
    assert events[-1]["usage"]["total_tokens"] >= 0
    data = b"".join(base64.b64decode(event["audio"], validate=True) for event in events[:-1])
    assert data.startswith(BEGINNINGS[form]) and (model in OWN or len(data) > 1000)
    assert model not in OWN or TEXT in note(data)["text"]


# Voices

def test_a_voice_of_elevenlabs_is_known_by_its_name_and_by_its_id(client, fake):
    for voice in ("sarah", "Sarah", "EXAVITQu4vr4xnSDxMaL"):
        speak(client, "elevenlabs/eleven_turbo_v2_5", voice=voice)
        assert fake.last()["path"].startswith("/v1/text-to-speech/EXAVITQu4vr4xnSDxMaL")


NAMES = "aria roger sarah laura charlie george callum river liam charlotte alice matilda will jessica eric chris brian daniel lily bill".split()


@pytest.mark.parametrize("voice", NAMES)
def test_every_voice_that_orq_names_is_known(client, voice):
    assert note(speak(client, "elevenlabs/eleven_turbo_v2_5", voice=voice).content)["voice"]


@pytest.mark.parametrize("voice", ["nobody", "../v1/voices", "sarah?x=1", "", "a b", "%2e%2e"])
def test_a_voice_that_is_none_is_refused_by_name(http_client, fake, voice):
    answer = http_client.post("/audio/speech", json={"model": "elevenlabs/eleven_turbo_v2_5", "voice": voice, "input": TEXT})
    assert answer.status_code in (400, 404), answer.text
    error = answer.json()["error"]
    assert error["param"] == "voice" and error["message"]
    assert all(one["path"].startswith("/v1/text-to-speech/") and one["path"].count("/") <= 4 for one in fake.all())


@pytest.mark.parametrize("model",
                         ["google-ai/gemini-2.5-flash-preview-tts", "groq/canopylabs/orpheus-v1-english", "deepgram/aura-2",
                                   "xai/grok-voice-tts-1.0"])
def test_a_wrong_voice_is_refused_with_what_is_possible(http_client, model):
    answer = http_client.post("/audio/speech",
                              json={"model": model, "voice": "no such voice!", "input": TEXT, "response_format": "wav"})
    error = answer.json()["error"]
    assert answer.status_code in (400, 404) and error["message"], answer.text
    assert error["param"] == "voice" or model.startswith(("groq/", "xai/"))  # They have voices that nobody else knows of.


@pytest.mark.parametrize("model",
                         ["google-ai/gemini-2.5-flash-preview-tts", "elevenlabs/eleven_turbo_v2_5", "xai/grok-voice-tts-1.0",
                          "deepgram/aura-2"])
def test_a_voice_of_openais_is_mapped_or_refused_by_name(client, model):
    try:
        assert speak(client, model, voice="alloy", response_format="wav").content
    except (openai.BadRequestError, openai.NotFoundError) as error:
        assert error.param == "voice" or model.startswith("xai/")


# Parameters

@pytest.mark.parametrize("model", OWN)
@pytest.mark.parametrize("name, value", [("speed", 1.1), ("instructions", "Whisper.")])
def test_a_parameter_is_carried_or_named_or_refused(http_client, fake, model, name, value):
    form = "wav" if "wav" in MODELS[model][2] else sorted(MODELS[model][2])[0]
    asked = {"model": model, "voice": MODELS[model][1] or "alloy", "input": TEXT, "response_format": form}
    plain = http_client.post("/audio/speech", json=asked)
    assert plain.status_code == 200, plain.text
    before = fake.last()["json"], fake.last()["query"]
    answer = http_client.post("/audio/speech", json=dict(asked, **{name: value}))
    if answer.status_code == 400:
        assert_error(answer, 400, param=name)
        return
    assert answer.status_code == 200, answer.text
    assert name in answer.headers.get("x-orq-dropped-params", "").split(", ") or (fake.last()["json"],
                                                                                  fake.last()["query"]) != before


WRONG = {"no input": ("input", {"input": None}), "an empty input": ("input", {"input": ""}), "a number": ("input", {"input": 7}),
         "a format": ("response_format", {"response_format": "tiff"}), "a speed": ("speed", {"speed": "fast"}),
         "no voice": ("voice", {"voice": None}),
         "a stream": ("stream_format", {"stream_format": "ndjson"})}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("model",
                         [model for model in OWN if not model.startswith(("groq/", "openrouter/", "togetherai/", "huggingface/"))])
def test_what_is_wrong_is_refused_by_name(http_client, fake, model, name):
    param, change = WRONG[name]
    asked = {"model": model, "voice": MODELS[model][1], "input": TEXT,
             "response_format": "wav" if "wav" in MODELS[model][2] else "mp3", **change}
    if name == "no voice" and model.startswith(("deepgram/aura-2-", "xai/", "mistral/", "google")):
        return  # Their models have a voice of their own.
    answer = http_client.post("/audio/speech", json=asked)
    if name == "a speed" and answer.status_code == 200:  # Who has no speed leaves it out, whatever it was.
        assert answer.headers["x-orq-dropped-params"] == "speed"
        return
    assert_error(answer, 400, param=param)
    assert fake.state()["requests"] == 0


# Errors

FAULTY = {"elevenlabs/": "sarah", "deepgram/": None, "google-ai/gemini-tts-": "Kore", "mistral/": "en_paul_neutral",
          "groq/": "troy",
          "openrouter/": "af_bella", "togetherai/": "af_bella", "huggingface/org/tts-": None}
CLASSES = {400: openai.BadRequestError, 401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError,
           500: openai.InternalServerError, 503: openai.InternalServerError}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_becomes_its_exception(client, family, status):
    if family == "deepgram/":
        pytest.skip("a voice is a part of the name of Deepgram's models")
    with pytest.raises(CLASSES[status]) as caught:
        client.audio.speech.create(model="%sfake-status-%d" % (family, status), voice=FAULTY[family] or "alloy", input=TEXT,
                                   response_format=(
            "flac" if "huggingface" in family else "mp3" if "google" not in family else "wav"))
    assert "The fake provider answers %d." % status in caught.value.message and caught.value.type and caught.value.request_id
