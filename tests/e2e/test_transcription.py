"""Transcription and translation of every language through the SDK, in every form; the fake provider hears a file's size and digest."""

import hashlib
import json
import os
import pathlib

import openai
import pytest

import extract_routes
import schemas as openai_schemas
from conftest import assert_error
from samples import NASTY, multipart, wav

SPEC = os.environ.get("ORQ_SPEC")
# (how its answer is read, what it knows of times: words, segments, or nothing)
MODELS = {
    "elevenlabs/scribe_v2": ("elevenlabs", "words"), "deepgram/nova-3": ("deepgram", "words"),
    "mistral/voxtral-mini-latest": ("mistral", "words"),
    "xai/grok-voice-transcribe-1.0": ("xai", "words"), "cohere/cohere-transcribe-03-2026": ("xai-like", None),
    "google-ai/gemini-2.5-flash": ("gemini", None), "google/gemini-2.5-flash": ("gemini", None),
    "huggingface/openai/whisper-large-v3": ("huggingface", "segments"), "groq/whisper-large-v3": ("openai", "words"),
    "openrouter/openai/whisper-1": ("openai", "words"), "togetherai/openai/whisper-large-v3": ("openai", "words"),
    "fireworks/whisper-v3": ("openai", "words"), "openai/whisper-1": ("openai", "words"), "azure/whisper": ("openai", "words"),
}
OWN = [model for model in MODELS if not model.startswith(("openai/", "azure/"))]
WITH_TIMES = [model for model in OWN if MODELS[model][1]]
WITHOUT = [model for model in OWN if not MODELS[model][1]]
SOUND = wav()


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def listen(client, model, data=SOUND, name="talk.wav", kind="audio/wav", **more):
    if model.startswith("cohere/"):
        more.setdefault("language", "en")
    return client.audio.transcriptions.create(model=model, file=(name, data, kind), **more)


def heard(fake, model):
    body = fake.last()["answer"]["body"]["bytes"]
    language = MODELS[model][0]
    if language == "xai-like":
        return extract_routes.Transcript(json.loads(body)["text"])
    if not body.lstrip().startswith(b"{"):
        return extract_routes.Transcript(body.decode())
    return extract_routes.transcript(language, body)


def check_heard(text, data):
    """The file arrived as it was: Gemini is told otherwise, its fake speaks of what it got."""
    digest = hashlib.sha256(data).hexdigest()
    assert "%d bytes" % len(data) in text and (digest[:12] in text or digest[:16] in text), text


@pytest.mark.parametrize("data", [SOUND, SOUND[:44] + NASTY], ids=["sound", "every byte"])
@pytest.mark.parametrize("model", OWN)
def test_a_file_is_heard_as_it_was_sent(client, fake, model, data):
    answer = listen(client, model, data)
    assert answer.text.strip() == heard(fake, model).text.strip()
    check_heard(answer.text, data)


@pytest.mark.parametrize("model", OWN)
def test_json_is_what_openai_has(http_client, schemas, model):
    parts = [("model", None, None, model.encode()), ("language", None, None, b"en"), ("file", "a.wav", "audio/wav", SOUND)]
    body, kind = multipart(parts)
    answer = http_client.post("/audio/transcriptions", content=body, headers={"content-type": kind})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/json"), answer.text
    assert not schemas or not schemas.faults("CreateTranscriptionResponseJson", answer.json())


@pytest.mark.parametrize("model", OWN)
def test_text_is_the_text_alone(client, fake, model):
    answer = listen(client, model, response_format="text")
    assert isinstance(answer, str) and answer.strip() == heard(fake, model).text.strip()


def covers(cues, words):
    """Each word stands in a cue, in order, within its time."""
    said = " ".join(text for text, _, _ in cues).split()
    position = 0
    for word, start, end in words:
        for piece in word.split():
            assert piece in said[position:], (word, said[position:])
            position += said[position:].index(piece) + 1
        assert any(begin - 0.001 <= start and end <= until + 0.001 and word in text for text, begin, until in cues), (word, start,
                                                                                                                      end, cues)


@pytest.mark.parametrize("form", ["srt", "vtt"])
@pytest.mark.parametrize("model", WITH_TIMES)
def test_subtitles_are_made_from_the_providers_times(client, fake, model, form):
    answer = listen(client, model, response_format=form)
    cues, given = extract_routes.cues(answer, form), heard(fake, model)
    assert all(one[2] <= other[1] + 0.001 for one, other in zip(cues, cues[1:])), cues
    said = " ".join(text for text, _, _ in cues).split()
    missing = [word for word in given.text.split() if word not in said and not word.startswith("(")]
    assert not missing, (missing, answer)
    timed = given.segments or given.words
    if timed:
        assert abs(cues[0][1] - timed[0][1]) < 0.002, (cues, timed)
        covers(cues, [one for one in given.words or [] if one[2] is not None])


@pytest.mark.parametrize("form", ["srt", "vtt", "verbose_json"])
@pytest.mark.parametrize("model", WITHOUT)
def test_times_that_a_provider_does_not_know_are_refused_by_name(client, fake, model, form):
    try:
        answer = listen(client, model, response_format=form)
    except openai.BadRequestError as error:
        assert error.param == "response_format" and "json" in error.message and fake.state()["requests"] == 0
    else:
        assert form == "verbose_json" and answer.text and not answer.words and not answer.segments


@pytest.mark.parametrize("model", WITH_TIMES)
def test_verbose_json_has_what_the_provider_knows(client, fake, schemas, model):
    raw = client.audio.transcriptions.with_raw_response.create(model=model, file=("a.wav", SOUND, "audio/wav"),
                                                               response_format="verbose_json")
    answer, given = json.loads(raw.text), heard(fake, model)
    assert not schemas or not schemas.faults("CreateTranscriptionResponseVerboseJson", answer)
    assert answer["text"].strip() == given.text.strip() and answer["segments"], answer
    if given.duration is not None:
        assert answer["duration"] == given.duration
    segments = [(one["text"].strip(), one["start"], one["end"]) for one in answer["segments"]]
    assert [one["id"] for one in answer["segments"]] == list(range(len(segments)))
    if given.segments:
        assert [one[:2] for one in segments] == [one[:2] for one in given.segments]
    else:
        covers(segments, given.words)


@pytest.mark.parametrize("model", [model for model in WITH_TIMES if MODELS[model][1] == "words"] + ["openai/whisper-1"])
def test_words_come_with_their_times(client, fake, schemas, model):
    answer = listen(client, model, response_format="verbose_json", timestamp_granularities=["word"])
    given = heard(fake, model)
    words = [(one.word.strip(), one.start, one.end) for one in answer.words]
    expected = given.words or given.segments  # Mistral's segments are words then.
    assert [one for one in words if not one[0].startswith("(")] == expected, (words, expected)


def test_words_of_hugging_face_come_when_they_are_asked_for(client, fake):
    answer = listen(client, "huggingface/openai/whisper-large-v3", response_format="verbose_json", timestamp_granularities=["word"])
    assert [(one.word.strip(), one.start, one.end) for one in answer.words] == heard(fake,
                                                                                     "huggingface/openai/whisper-large-v3").segments


@pytest.mark.parametrize("model",
                         [model for model in WITH_TIMES if MODELS[model][1] == "words" and not model.startswith("mistral/")])
def test_words_and_segments_come_together(client, model):
    answer = listen(client, model, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert answer.words and answer.segments


# Streams

STREAMS = ["mistral/voxtral-mini-latest", "google-ai/gemini-2.5-flash", "google/gemini-2.5-flash", "openai/gpt-4o-transcribe"]


@pytest.mark.parametrize("model", STREAMS)
def test_a_transcription_streams(client, schemas, model):
    events = list(listen(client, model, stream=True))
    assert events[-1].type == "transcript.text.done" and "".join(one.delta for one in events
                                                                 if one.type == "transcript.text.delta") == events[-1].text
    assert len(events) > 2 and ("bytes" in events[-1].text)
    for event in events if schemas else ():
        assert not schemas.faults("CreateTranscriptionResponseStreamEvent", json.loads(event.model_dump_json(exclude_unset=True)))


@pytest.mark.parametrize("model",
                         ["elevenlabs/scribe_v2", "deepgram/nova-3", "xai/grok-voice-transcribe-1.0",
                          "cohere/cohere-transcribe-03-2026",
                                   "huggingface/openai/whisper-large-v3"])
def test_a_stream_of_who_does_not_stream_is_told_at_once_or_refused_by_name(client, model):
    try:
        events = list(listen(client, model, stream=True))
    except openai.BadRequestError as error:
        assert error.param == "stream"
    else:
        assert events[-1].type == "transcript.text.done"


# Parameters

ORQS = [("diarize", "true"), ("num_speakers", "2"), ("tag_audio_events", "false"), ("timestamps_granularity", "character"),
        ("enable_logging", "false")]


def post(http_client, model, *fields, path="/audio/transcriptions"):
    parts = [("model", None, None, model.encode())] + [(name, None, None, value.encode()) for name, value in fields]
    body, kind = multipart(parts + [("file", "a.wav", "audio/wav", SOUND)])
    return http_client.post(path, content=body, headers={"content-type": kind})


def test_orqs_fields_reach_elevenlabs(http_client, fake):
    assert post(http_client, "elevenlabs/scribe_v1", *ORQS).status_code == 200
    fields = {part["name"]: part["bytes"].decode("latin-1") for part in fake.last()["parts"] if part["filename"] is None}
    assert fields == {"model_id": "scribe_v1", "diarize": "true", "num_speakers": "2", "tag_audio_events": "false",
                      "timestamps_granularity": "character"}
    assert fake.last()["query"] == "enable_logging=false"


@pytest.mark.parametrize("name, value",
                         ORQS + [("prompt", "Hm"), ("temperature", "0.5"), ("include[]", "logprobs"), ("chunking_strategy", "auto"),
                                                ("language", "de")])
@pytest.mark.parametrize("model", OWN)
def test_a_parameter_is_carried_or_named_or_refused(http_client, fake, model, name, value):
    plain = post(http_client, model, *([("language", "en")] if model.startswith("cohere/") else []))
    assert plain.status_code == 200, plain.text

    def went_up():
        last = fake.last()
        parts = [(part["name"], part["bytes"]) for part in last["parts"] or ()]
        return last["query"], last["json"], parts

    before = went_up()
    extra = [("language", "en")] if model.startswith("cohere/") and name != "language" else []
    answer = post(http_client, model, (name, value), *extra)
    if answer.status_code == 400:
        error = assert_error(answer, 400)
        assert error["param"].startswith(name.removesuffix("[]"))
        return
    assert answer.status_code == 200, answer.text
    dropped = answer.headers.get("x-orq-dropped-params", "")
    # What is the default there changes nothing.
    default = (name, value) in (("tag_audio_events", "false"), ("enable_logging", "false")) and not model.startswith("elevenlabs/")
    assert name.removesuffix("[]") in dropped or went_up() != before or default, "%s is lost in silence" % name


@pytest.mark.parametrize("model",
                         ["elevenlabs/scribe_v2", "deepgram/nova-3", "mistral/voxtral-mini-latest",
                          "xai/grok-voice-transcribe-1.0"])
def test_speakers_come_when_they_are_asked_for(http_client, fake, model):
    answer = post(http_client, model, ("diarize", "true"), ("response_format", "verbose_json"))
    assert answer.status_code == 200, answer.text
    given = extract_routes.transcript(MODELS[model][0], fake.last()["answer"]["body"]["bytes"])
    assert len(set(given.speakers)) > 1
    assert "speaker" in answer.text


@pytest.mark.parametrize("model",
                         ["openai/gpt-4o-transcribe-diarize", "deepgram/nova-3", "elevenlabs/scribe_v2",
                          "mistral/voxtral-mini-latest"])
def test_diarized_json_has_speakers_or_is_refused_by_name(http_client, schemas, model):
    answer = post(http_client, model, ("response_format", "diarized_json"))
    if answer.status_code == 400:
        assert_error(answer, 400, param="response_format")
        return
    if not model.startswith("openai/"):
        assert all(one["speaker"] for one in answer.json()["segments"])
        assert not schemas or not schemas.faults("CreateTranscriptionResponseDiarizedJson", answer.json())


# Translations

@pytest.mark.parametrize("model",
                         ["groq/whisper-large-v3", "togetherai/openai/whisper-large-v3", "fireworks/whisper-v3", "openai/whisper-1",
                                   "google-ai/gemini-2.5-flash"])
def test_a_file_is_translated(client, model):
    answer = client.audio.translations.create(model=model, file=("a.wav", SOUND, "audio/wav"))
    assert "bytes" in answer.text


@pytest.mark.parametrize("model",
                         ["elevenlabs/scribe_v2", "deepgram/nova-3", "xai/grok-voice-transcribe-1.0",
                          "cohere/cohere-transcribe-03-2026",
                                   "mistral/voxtral-mini-latest"])
def test_who_does_not_translate_is_not_asked_to(http_client, fake, model):
    answer = post(http_client, model, path="/audio/translations")
    assert answer.status_code in (400, 404) and answer.json()["error"]["message"] and fake.state()["requests"] == 0


@pytest.mark.parametrize("path", ["/audio/transcriptions", "/audio/translations"])
def test_a_file_without_a_model_is_heard_by_openais_or_the_model_is_asked_for(http_client, fake, path):
    body, kind = multipart([("file", "a.wav", "audio/wav", SOUND)])
    answer = http_client.post(path, content=body, headers={"content-type": kind})
    if answer.status_code == 400:
        assert_error(answer, 400, param="model")
    else:
        assert answer.status_code == 200 and fake.last()["model"] == "whisper-1"


# Forms that are not right

FORMS = {
    "no file": ("file", [("model", None, None, b"MODEL")]),
    "an empty file": ("file", [("model", None, None, b"MODEL"), ("file", "a.wav", "audio/wav", b"")]),
    "a text as file": ("file", [("model", None, None, b"MODEL"), ("file", None, None, b"x")]),
    "a format": ("response_format",
                 [("model", None, None, b"MODEL"), ("file", "a.wav", "audio/wav", SOUND),
                  ("response_format", None, None, b"tiff")]),
    "a temperature": ("temperature",
                      [("model", None, None, b"MODEL"), ("file", "a.wav", "audio/wav", SOUND),
                       ("temperature", None, None, b"hot")]),
    "a granularity": ("timestamp_granularities", [("model", None, None, b"MODEL"), ("file", "a.wav", "audio/wav", SOUND), (
        "timestamp_granularities[]", None, None, b"letter"), ("response_format", None, None, b"verbose_json")]),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("model", OWN)
def test_a_form_that_is_not_right_is_refused_by_name(http_client, fake, model, name):
    if name in ("a temperature", "an empty file") and model.split("/")[0] in ("groq", "openrouter", "togetherai", "fireworks"):
        return  # They speak OpenAI's language, and say so themselves.
    param, parts = FORMS[name]
    parts = [("language", None, None, b"en")] + parts if model.startswith("cohere/") else parts
    body, kind = multipart([(part, filename, of, data.replace(b"MODEL", model.encode())) for part, filename, of, data in parts])
    answer = http_client.post("/audio/transcriptions", content=body, headers={"content-type": kind})
    if name == "a temperature" and answer.status_code == 200:  # Who has no temperature leaves it out, whatever it was.
        assert answer.headers["x-orq-dropped-params"] == "temperature"
        return
    error = assert_error(answer, 400)
    assert (error["param"] or "").startswith(param), error
    assert fake.state()["requests"] == 0


BROKEN = {
    "no last boundary": lambda body: body[:body.rindex(b"\r\n--")],
    "no boundary at all": lambda body: b"x" * 100,
    "headers that do not end": lambda body: body[:60],
    "nothing": lambda body: b"",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("model",
                         ["elevenlabs/scribe_v2", "deepgram/nova-3", "google-ai/gemini-2.5-flash", "groq/whisper-large-v3"])
def test_a_form_that_is_broken_is_refused_with_a_sentence(http_client, fake, model, name):
    body, kind = multipart([("model", None, None, model.encode()), ("file", "a.wav", "audio/wav", SOUND)])
    error = assert_error(http_client.post("/audio/transcriptions", content=BROKEN[name](body), headers={"content-type": kind}), 400)
    assert error["message"] and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", OWN)
def test_json_in_place_of_a_form_is_refused(http_client, fake, model):
    answer = http_client.post("/audio/transcriptions", json={"model": model, "file": "x"})
    assert answer.status_code in (400, 415) and answer.json()["error"]["message"] and fake.state()["requests"] == 0


# Errors

FAULTY = ["elevenlabs/", "deepgram/", "mistral/", "cohere/", "groq/", "openrouter/", "togetherai/", "google-ai/gemini-",
          "huggingface/org/whisper-"]
CLASSES = {400: openai.BadRequestError, 401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError,
           500: openai.InternalServerError, 503: openai.InternalServerError}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_becomes_its_exception(client, family, status):
    with pytest.raises(CLASSES[status]) as caught:
        listen(client, "%sfake-status-%d" % (family, status))
    assert "The fake provider answers %d." % status in caught.value.message and caught.value.type and caught.value.request_id


@pytest.mark.parametrize("fault", ["error-html-502", "error-empty-500", "broken-json", "hang-up"])
@pytest.mark.parametrize("family",
                         ["elevenlabs/", "deepgram/", "mistral/", "cohere/", "google-ai/gemini-", "huggingface/org/whisper-"])
def test_an_answer_that_nobody_can_read_is_a_server_error(client, family, fault):
    with pytest.raises(openai.InternalServerError) as caught:
        listen(client, "%sfake-%s" % (family, fault))
    assert caught.value.type and caught.value.message
