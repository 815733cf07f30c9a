"""Transcription in the languages of those who have their own.

    https://elevenlabs.io/docs/api-reference/speech-to-text/convert
    https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded
    https://docs.mistral.ai/api/endpoint/audio/transcriptions    https://docs.x.ai/docs/guides/speech-to-text
    https://docs.cohere.com/reference/create-audio-transcription
    https://console.groq.com/docs/speech-to-text                 https://openrouter.ai/docs/api-reference/stt
    https://docs.together.ai/reference/audio-transcriptions      https://docs.fireworks.ai/api-reference/audio-transcriptions
    https://huggingface.co/docs/inference-providers/tasks/automatic-speech-recognition

What was heard says which file it was: its type, its size and the beginning of its digest.
"""

from __future__ import annotations

import hashlib
import re

import service
from answers import Whole, as_json
from checks import Refusal, Violation
from images import xai_error
from service import Service, file_of, query_of
from shapes import compare, decode, number
from speech import deepgram_error, eleven_error, mistral_error

SPEAKERS = 2


def heard(data: bytes) -> list:
    """The words, each with its start and end in seconds, as texts: with pauses, two sentences, and letters of more than a byte."""
    digest = hashlib.sha256(data).hexdigest()
    said = "Hello, Wörld. I heard %d bytes of %s today." % (len(data), digest[:12])
    words, now = [], 119
    for at, word in enumerate(said.split()):
        long = 40 * len(word) + 13 * (at % 3)
        words.append((word, "%d.%03d" % divmod(now, 1000), "%d.%03d" % divmod(now + long, 1000)))
        now += long + (900 if word.endswith(".") else 61)
    return words


def said(words: list) -> str:
    return " ".join(word for word, _, _ in words)


def duration(words: list) -> float:
    return round(float(words[-1][2]) + 0.25, 3)


def sentences(words: list) -> list:
    found: list = [[]]
    for word in words:
        found[-1].append(word)
        if word[0].endswith("."):
            found.append([])
    return [one for one in found if one]


# Forms

FLAG = "true|false"
ANYTHING = r"[\s\S]+"


def check_fields(request, allowed: dict, repeated=(), files=("file",), required=(), last=False) -> None:
    """Every part is known, comes once unless it may be repeated, and has a value that its pattern allows."""
    seen: list = []
    for part in request.parts:
        name = part["name"]
        if part["filename"] is not None:
            if name not in files:
                raise Violation("%s: there is no such file" % name, name)
        elif name not in allowed:
            raise Violation("%s: Extra inputs are not permitted" % name, name)
        elif not re.fullmatch(allowed[name], part["data"].decode()):
            raise Violation("%s: %r is not allowed" % (name, part["data"][:80]), name)
        if name in seen and name not in repeated:
            raise Violation("%s comes twice" % name, name)
        seen.append(name)
    for name in required:
        if name not in seen:
            raise Violation("%s: Field required" % name, name)
    request.chat = file_of(request, *files)
    if last and request.parts[-1] is not request.chat:
        raise Violation("the file is to be the last part of the form", "file")


# ElevenLabs

ELEVEN = {"model_id": r"[\w.+-]+", "language_code": "[a-z]{2,3}", "tag_audio_events": FLAG, "num_speakers": r"[1-9]|[12]\d|3[0-2]",
          "timestamps_granularity": "none|word|character", "diarize": FLAG, "temperature": r"[01](\.\d+)?|2(\.0+)?", "seed": r"\d+",
          "keyterms": ANYTHING,
          "additional_formats": ANYTHING, "diarization_threshold": r"0\.\d+", "no_verbatim": FLAG, "use_multi_channel": FLAG,
          "file_format": "pcm_s16le_16|other",
          "webhook": FLAG, "entity_detection": ANYTHING}


def check_eleven(request, target) -> None:
    for name, values in query_of(request).items():
        if name != "enable_logging" or values not in (["true"], ["false"]):
            raise Violation("%s: there is no such parameter" % name, name)
    check_fields(request, ELEVEN, repeated=("keyterms",), required=("model_id", "file"))


def answer_eleven(request, target, faults):
    fields, words, told = request.fields(), heard(request.chat["data"]), []
    granularity = fields.get("timestamps_granularity", "word")
    for at, (word, start, end) in enumerate(words):
        one = {"text": word, "type": "word", "logprob": -0.01}
        if granularity != "none":
            one.update(start=float(start), end=float(end))
        if fields.get("diarize") == "true":
            one["speaker_id"] = "speaker_%d" % (at // 3 % SPEAKERS)
        if granularity == "character":
            step = (float(end) - float(start)) / len(word)
            one["characters"] = [{"text": letter, "start": float(start) + step * place, "end": float(start) + step * (place + 1)}
                                 for place, letter in enumerate(word)]
        if told:
            space = {"text": " ", "type": "spacing", "logprob": 0.0}
            told.append(dict(space, start=told[-1]["end"], end=one["start"]) if granularity != "none" else space)
        told.append(one)
    text = said(words)
    if fields.get("tag_audio_events", "true") == "true":
        last = float(words[-1][2])
        told += [{"text": " ", "type": "spacing", "logprob": 0.0, "start": last, "end": last},
                 {"text": "(laughter)", "type": "audio_event", "logprob": -0.2, "start": last + 0.1, "end": last + 0.2}]
        text += " (laughter)"
    return as_json({"language_code": "eng", "language_probability": 0.98, "text": text, "words": told, "transcription_id": "t1",
                    "audio_duration_secs": duration(words)})


elevenlabs = Service("elevenlabs transcription", check_eleven, answer_eleven, eleven_error, service.in_header("xi-api-key"),
                     form="multipart",
                     model_of=lambda request: request.fields().get("model_id"))


# Deepgram: the body is the file, all else is in the query

TEXTS = {"language", "model", "keyterm", "keywords", "redact", "replace", "search", "tag", "extra", "callback", "version",
         "encoding", "language_hint",
         "custom_topic", "custom_intent"}
FLAGS = {"smart_format", "punctuate", "utterances", "diarize", "detect_language", "filler_words", "paragraphs", "profanity_filter",
         "numerals", "measurements",
         "multichannel", "dictation", "mip_opt_out", "detect_entities", "sentiment", "topics", "intents"}


def check_listen(request, target) -> None:
    asked = request.chat = query_of(request)
    for name, values in asked.items():
        if name in FLAGS and values not in (["true"], ["false"]) or name == "diarize_model" and values != ["latest"]:
            raise Violation("%s: %r is not allowed" % (name, values), name)
        if name not in FLAGS | TEXTS | {"diarize_model", "utt_split", "summarize"}:
            raise Violation("%s: there is no such parameter" % name, name)
        if len(values) > 1 and name not in ("keyterm", "keywords", "redact", "replace", "search", "tag", "extra", "language_hint"):
            raise Violation("%s comes twice" % name, name)
    if "language" in asked and asked.get("detect_language") == ["true"]:
        raise Violation("language and detect_language exclude each other", "language")
    if "keyterm" in asked and "nova-3" not in target.model:
        raise Refusal("Keyterm Prompting is only available for nova-3", "keyterm")


def answer_listen(request, target, faults):
    asked, words = request.chat, heard(request.body)
    by_speaker = asked.get("diarize") == ["true"] or "diarize_model" in asked

    def told(at, word, start, end):
        one = {"word": re.sub(r"\W", "", word).lower(), "start": float(start), "end": float(end), "confidence": 0.99}
        if asked.get("smart_format") == ["true"] or asked.get("punctuate") == ["true"]:
            one["punctuated_word"] = word
        return dict(one, speaker=at // 3 % SPEAKERS, speaker_confidence=0.8) if by_speaker else one

    listed = [told(at, *word) for at, word in enumerate(words)]
    transcript = " ".join(one.get("punctuated_word", one["word"]) for one in listed)
    channel = {"alternatives": [{"transcript": transcript, "confidence": 0.99, "words": listed}]}
    if asked.get("detect_language") == ["true"]:
        channel.update(detected_language="en", language_confidence=0.99)
    results = {"channels": [channel]}
    if asked.get("utterances") == ["true"]:
        results["utterances"], at = [], 0
        for sentence in sentences(words):
            part = listed[at:at + len(sentence)]
            at += len(sentence)
            one = {"start": part[0]["start"], "end": part[-1]["end"], "confidence": 0.99, "channel": 0, "words": part,
                   "id": "u%d" % at,
                   "transcript": " ".join(word.get("punctuated_word", word["word"]) for word in part)}
            results["utterances"].append(dict(one, speaker=part[0]["speaker"]) if by_speaker else one)
    return as_json({"metadata": {"transaction_key": "deprecated", "request_id": "r1",
                                 "sha256": hashlib.sha256(request.body).hexdigest(),
                                 "created": "2026-11-25T00:00:00.000Z", "duration": duration(words), "channels": 1, "models": ["m"],
                                 "model_info": {"m": {"name": "general-nova-3", "version": "2025-04-17.21547", "arch": "nova-3"}}},
                                 "results": results})


deepgram = Service("deepgram listen", check_listen, answer_listen, deepgram_error, service.keyed("Token"), form="raw",
                   model_of=service.model_in_query)


# Mistral

MISTRAL = {"model": r"\S+", "language": "[a-z]{2}", "temperature": r"[\d.]+", "stream": FLAG, "diarize": FLAG,
           "context_bias": ANYTHING,
           "timestamp_granularities": "word|segment", "speaker_references": ANYTHING, "file_url": ANYTHING, "file_id": ANYTHING}


def check_mistral(request, target) -> None:
    check_fields(request, MISTRAL, repeated=("context_bias", "timestamp_granularities"), required=("model", "file"))
    fields = request.fields()
    if "timestamp_granularities" in fields and "language" in fields:
        raise Violation("timestamp_granularities cannot be used with language", "language", 422)
    if fields.get("diarize") == "true" and fields.get("timestamp_granularities") != "segment":
        raise Violation("diarize requires timestamp_granularities to be ['segment']", "timestamp_granularities", 422)


def answer_mistral(request, target, faults):
    fields, words = request.fields(), heard(request.chat["data"])
    granularity = [part["data"].decode() for part in request.parts if part["name"] == "timestamp_granularities"]
    parts = [[word] for word in words] if "word" in granularity else sentences(words) if granularity else []
    segments = [{"type": "transcription_segment", "text": said(part), "start": float(part[0][1]), "end": float(part[-1][2])}
                for part in parts]
    for at, segment in enumerate(segments if fields.get("diarize") == "true" else []):
        segment["speaker_id"] = "speaker_%d" % (at % SPEAKERS + 1)
    usage = {"prompt_audio_seconds": 3, "prompt_tokens": 5, "total_tokens": 400, "completion_tokens": 20,
             "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 375}}
    whole = {"model": target.model, "text": said(words), "language": fields.get("language"), "segments": segments, "usage": usage,
             "finish_reason": None}
    if fields.get("stream") != "true":
        return as_json(whole)
    events = [("transcription.language", {"type": "transcription.language", "audio_language": "en"})]
    events += [("transcription.text.delta", {"type": "transcription.text.delta", "text": (" " if at else "") + word}) for at,
               (word, _, _) in enumerate(words)]
    events += [("transcription.segment", dict(segment, type="transcription.segment")) for segment in segments]
    return service.stream(events + [("transcription.done", dict(whole, type="transcription.done"))])


mistral = Service("mistral transcription", check_mistral, answer_mistral, mistral_error, service.bearer, form="multipart")


# xAI and Cohere want the file last

XAI = {"model": r"grok-[\w.-]+|[\w.+-]*fake[\w.+-]*", "language": "[a-z]{2,3}(-[A-Za-z]+)?", "format": FLAG, "diarize": FLAG,
       "keyterm": ANYTHING, "filler_words": FLAG,
       "multichannel": FLAG, "channels": r"[2-8]", "audio_format": r"\w+", "sample_rate": r"\d+", "url": ANYTHING}
COHERE = {"model": r"\S+", "language": "[a-z]{2}", "temperature": r"0(\.\d+)?|1(\.0+)?"}


def check_xai(request, target) -> None:
    check_fields(request, XAI, repeated=("keyterm",), required=("file",), last=True)
    fields = request.fields()
    if fields.get("format") == "true" and "language" not in fields:
        raise Violation("format requires language", "format")


def answer_xai(request, target, faults):
    words = heard(request.chat["data"])
    by_speaker = request.fields().get("diarize") == "true"
    told = [dict({"text": word, "start": float(start), "end": float(end)},
                 **({"speaker": at // 3 % SPEAKERS} if by_speaker else {}))
            for at, (word, start, end) in enumerate(words)]
    return as_json({"text": said(words), "language": request.fields().get("language", "en"), "duration": duration(words),
                    "words": told})


def check_cohere(request, target) -> None:
    check_fields(request, COHERE, required=("model", "language", "file"), last=True)


xai = Service("xai stt", check_xai, answer_xai, xai_error, service.bearer, form="multipart",
              model_of=lambda request: request.fields().get("model"))
cohere = Service("cohere transcription", check_cohere, lambda request, target,
                 faults: as_json({"text": said(heard(request.chat["data"]))}),
                 service.message, service.bearer, form="multipart")


# Those with OpenAI's form, whose members or formats are few

COMMON = {"model": r"\S+", "language": "[a-z]{2,3}|auto", "prompt": ANYTHING, "temperature": r"0(\.\d+)?|1(\.0+)?"}
GRANULAR = ("timestamp_granularities[]", "timestamp_granularities")
WITH_TIMES = {name: "word|segment" for name in GRANULAR}
GROQ = dict(COMMON, response_format="json|text|verbose_json", url=ANYTHING, **WITH_TIMES)
OPENROUTER = dict(COMMON, response_format="json|verbose_json", diarize=FLAG, **WITH_TIMES)
TOGETHER = dict(COMMON, response_format="json|verbose_json", diarize=FLAG, min_speakers=r"\d+", max_speakers=r"\d+", **WITH_TIMES)
FIREWORKS = dict(COMMON, response_format="json|text|srt|verbose_json|vtt", diarize=FLAG, min_speakers=r"\d+", max_speakers=r"\d+",
                 vad_model=r"[\w-]+",
                 alignment_model=r"[\w-]+", preprocessing=r"[\w-]+", **WITH_TIMES)


def formed(shape, without=()):
    def check(request, target) -> None:
        check_fields(request, {name: of for name, of in shape.items() if name not in without}, repeated=GRANULAR,
                     required=("model", "file"))
        fields = request.fields()
        if any(name in fields for name in GRANULAR) and fields.get("response_format") != "verbose_json":
            raise Violation("timestamp_granularities need the response_format verbose_json", "timestamp_granularities")
        if request.path.endswith("translations") and "language" in fields:
            raise Violation("language: Extra inputs are not permitted", "language")
    return check


def answer_as_openai(usage, bare=False):
    """`bare` leaves out of segments what only Whisper itself knows."""
    def answer(request, target, faults):
        fields, words = request.fields(), heard(request.chat["data"])
        kind, text = fields.get("response_format", "json"), said(words)
        if kind == "text":
            return Whole((" " + text).encode(), "text/plain; charset=UTF-8")
        if kind in ("srt", "vtt"):
            return Whole(subtitles(words, kind).encode(), "text/plain; charset=utf-8")
        if kind == "json":
            return as_json(dict({"text": text}, **usage))
        granular = [part["data"].decode() for part in request.parts if part["name"] in GRANULAR]
        whole = {"task": "translate" if request.path.endswith("translations") else "transcribe", "language": "English",
                 "duration": duration(words), "text": text}
        if "word" in granular:
            whole["words"] = [{"word": word, "start": float(start), "end": float(end)} for word, start, end in words]
        if "segment" in granular or not granular:
            rest = {} if bare else {"seek": 0, "tokens": [1, 2], "temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0,
                                    "no_speech_prob": 0.0}
            whole["segments"] = [dict({"id": at, "start": float(part[0][1]), "end": float(part[-1][2]), "text": " " + said(part)},
                                      **rest)
                                 for at, part in enumerate(sentences(words))]
        return as_json(dict(whole, **usage))
    return answer


def subtitles(words: list, kind: str) -> str:
    def time(seconds: str) -> str:
        whole, _, rest = seconds.partition(".")
        return "%02d:%02d:%02d%s%s" % (int(whole) // 3600, int(whole) // 60 % 60, int(whole) % 60, "," if kind == "srt" else ".",
                                       rest)
    cues = ["%s%s --> %s\n%s\n" % ("%d\n" % (at + 1) if kind == "srt" else "", time(part[0][1]), time(part[-1][2]), said(part))
            for at, part in enumerate(sentences(words))]
    return ("WEBVTT\n\n" if kind == "vtt" else "") + "\n".join(cues)


groq = Service("groq transcription", formed(GROQ), answer_as_openai({"x_groq": {"id": "req_1"}}), service.openai, service.bearer,
               form="multipart")
openrouter = Service("openrouter transcription", formed(OPENROUTER, ("prompt",)),
                     answer_as_openai({"usage": {"seconds": 3, "cost": 0.0001}}, bare=True),
                     service.openai, service.bearer, form="multipart")
together = Service("together transcription", formed(TOGETHER), answer_as_openai({}, bare=True), service.openai, service.bearer,
                   form="multipart")
fireworks = Service("fireworks transcription", formed(FIREWORKS), answer_as_openai({}), service.openai, service.bearer,
                    form="multipart")


# Hugging Face: the file itself, or base64 beside parameters

ASR = {"inputs": str, "parameters?": {"return_timestamps?": (bool, {"word"}), "generation_parameters?": {
    "temperature?": number(float, 0), "language?": str, "task?": {"transcribe", "translate"}, "do_sample?": bool,
    "max_new_tokens?": int}}}


def check_asr(request, target) -> None:
    if request.json is None:
        request.chat = request.body, None
        return
    compare(request.json, ASR, "")
    request.chat = decode(request.json["inputs"], "", "inputs"), request.json.get("parameters", {}).get("return_timestamps")


def answer_asr(request, target, faults):
    data, asked = request.chat
    words = heard(data)
    made = {"text": " " + said(words)}
    if asked:
        parts = [[word] for word in words] if asked == "word" else sentences(words)
        made["chunks"] = [{"text": " " + said(part), "timestamp": [float(part[0][1]), float(part[-1][2])]} for part in parts]
        made["chunks"][-1]["timestamp"][1] = None if asked is True else made["chunks"][-1]["timestamp"][1]
    return as_json(made)


huggingface = Service("huggingface asr", check_asr, answer_asr, service.word, service.bearer, form="raw or json")
