"""Speech in the languages of those who have their own; Gemini's is in gemini_media.py.

    https://elevenlabs.io/docs/api-reference/text-to-speech/convert
    https://developers.deepgram.com/reference/text-to-speech/speak-request
    https://docs.x.ai/docs/api-reference#text-to-speech          https://docs.mistral.ai/api/endpoint/audio/speech
    https://console.groq.com/docs/text-to-speech                 https://openrouter.ai/docs/api-reference/tts
    https://docs.together.ai/reference/audio-speech              https://huggingface.co/docs/inference-providers/tasks/text-to-speech

What is spoken is written in the sound itself: see media.py.
"""

from __future__ import annotations

import base64
import re
import struct

import media
import service
from answers import Whole, as_json
from checks import Refusal, Violation
from images import FILLED, xai_error
from service import Service, query_of
from shapes import compare, listed, number, text


def spoken(kind: str, rate: int, content_type=None, **told) -> Whole:
    return Whole(media.sound(kind, rate, **told), content_type or media.AUDIO_TYPES[kind])


def asked_in_query(request, allowed: dict) -> dict:
    """The parameters of the URL, each at most once and known, with a value that its pattern allows."""
    found = {}
    for name, values in query_of(request).items():
        if name not in allowed:
            raise Violation("%s: there is no such parameter" % name, name)
        if len(values) != 1 or not re.fullmatch(allowed[name], values[0]):
            raise Violation("%s: %r is not allowed" % (name, values), name)
        found[name] = values[0]
    return found


# ElevenLabs: the voice is a segment of the path

VOICES = {
    "aria": "9BWtsMINqrJLrRacOk9x", "roger": "CwhRBWXzGAHq8TQ4Fs17", "sarah": "EXAVITQu4vr4xnSDxMaL",
    "laura": "FGY2WhTYpPnrIDTdsKH5",
    "charlie": "IKne3meq5aSn9XLyUdCD", "george": "JBFqnCBsd6RMkjVDRZzb", "callum": "N2lVS1w4EtoT3dr4eOWO",
    "river": "SAz9YHcvj6GT2YYXdXww",
    "liam": "TX3LPaxmHKxFdv7VOQHJ", "charlotte": "XB0fDUnXU5powFXDhCwa", "alice": "Xb7hH8MSUJpSbSDYk0k2",
    "matilda": "XrExE9yKIg1WjnnlVkGX",
    "will": "bIHbv24MWmeRgasZH58o", "jessica": "cgSgspJ2msm6clMCkdW9", "eric": "cjVigY5qzO86Huf0OWal",
    "chris": "iP95p4xoKVk53GoZ742B",
    "brian": "nPczCjzI2devNBz1zQrb", "daniel": "onwK4e9ZLuTAKqWW03F9", "lily": "pFZP5JQG7iQjIQuC4Bku",
    "bill": "pqHfZKP75CvOlQylNhV4",
}
OUTPUT = r"(mp3_(22050_32|24000_48|44100_(32|64|96|128|192))|pcm_(8000|16000|22050|24000|32000|44100|48000)|opus_48000_(32|64|96|128|192)|[ua]law_8000"
ELEVEN_QUERY = {"output_format": OUTPUT + ")", "enable_logging": "true|false", "optimize_streaming_latency": "[0-4]"}
SETTINGS = {"stability?": number(float, 0, 1), "similarity_boost?": number(float, 0, 1), "style?": number(float, 0, 1),
            "use_speaker_boost?": bool,
            "speed?": number(float, 0.7, 1.2), "clone_strength?": float}
ELEVEN = {"text": FILLED, "model_id?": str, "language_code?": str, "voice_settings?": SETTINGS,
          "pronunciation_dictionary_locators?": listed(dict, 0, 3),
          "seed?": number(int, 0, 4294967295), "previous_text?": str, "next_text?": str, "previous_request_ids?": listed(str, 0, 3),
          "next_request_ids?": listed(str, 0, 3), "use_pvc_as_ivc?": bool, "apply_text_normalization?": {"auto", "on", "off"},
          "apply_language_text_normalization?": bool, "audio_effects?": dict}


def eleven_error(status: int, message: str):
    return as_json({"detail": {"status": "voice_not_found" if "voice_id" in message else "invalid_request", "message": message}}, status)


def check_eleven(request, target) -> None:
    whole = not request.path.endswith("/stream")
    allowed = dict(ELEVEN_QUERY,
                   **({"output_format": OUTPUT + r"|wav_(8000|16000|22050|24000|32000|44100|48000))"} if whole else {}))
    request.chat = asked_in_query(request, allowed)
    compare(request.json, ELEVEN, "")
    if target.method not in VOICES.values():
        raise Refusal("A voice with the voice_id '%s' was not found." % target.method, "voice_id", 404)


def answer_eleven(request, target, faults):
    kind, _, rest = request.chat.get("output_format", "mp3_44100_128").partition("_")
    settings = request.json.get("voice_settings", {})
    return spoken({"ulaw": "mulaw"}.get(kind, kind), int(rest.partition("_")[0]), voice=target.method, text=request.json["text"],
                  speed=settings.get("speed"), model=target.model)


def model_id(request):
    return request.json.get("model_id", "eleven_multilingual_v2")


elevenlabs = Service("elevenlabs speech", check_eleven, answer_eleven, eleven_error, service.in_header("xi-api-key"),
                     model_of=model_id)


# Deepgram: all but the text is in the query

DEEPGRAM_QUERY = {"model": r"aura-[a-z]+-[a-z]{2}|aura-2-[a-z]+-[a-z]{2}|[a-z0-9+-]*fake[a-z0-9+-]*",
                  "encoding": "linear16|flac|mulaw|alaw|mp3|opus|aac",
                  "container": "none|wav|ogg", "sample_rate": r"\d+", "bit_rate": r"\d+", "speed": r"0\.[7-9]\d*|1(\.[0-5]\d*)?",
                  "mip_opt_out": "true|false",
                  "tag": ".+"}
RATES = {"linear16": {"8000", "16000", "24000", "32000", "48000"}, "flac": {"8000", "16000", "22050", "32000", "48000"},
         "mulaw": {"8000", "16000"}, "alaw": {"8000", "16000"}, "mp3": set(), "opus": set(), "aac": set()}
CONTAINERS = {"linear16": {"none", "wav"}, "mulaw": {"none", "wav"}, "alaw": {"none", "wav"}, "opus": {"ogg"}, "mp3": {"none"},
              "flac": {"none"}, "aac": {"none"}}


def deepgram_error(status: int, message: str):
    return as_json({"err_code": "INVALID_AUTH" if status == 401 else "Bad Request" if status < 500 else "INTERNAL_SERVER_ERROR",
                    "err_msg": message,
                    "request_id": "0a9d1b2c-0000-0000-0000-000000000000"}, status)


def check_speak(request, target) -> None:
    asked = request.chat = asked_in_query(request, DEEPGRAM_QUERY)
    compare(request.json, {"text": FILLED}, "")
    if len(request.json["text"]) > 2000:
        raise Refusal("Input text exceeds maximum character limit of 2000.", "text", 413)
    encoding = asked.get("encoding", "mp3")
    if asked.get("sample_rate") is not None and asked["sample_rate"] not in RATES[encoding]:
        raise Violation("sample_rate: not applicable to encoding %s" % encoding, "sample_rate")
    if asked.get("container") is not None and asked["container"] not in CONTAINERS[encoding]:
        raise Violation("container: not applicable to encoding %s" % encoding, "container")


def answer_speak(request, target, faults):
    asked = request.chat
    encoding = asked.get("encoding", "mp3")
    rate = int(asked.get("sample_rate", 24000))
    kind = ("pcm" if asked.get("container") == "none" else "wav") if encoding == "linear16" else encoding
    content_type = "audio/l16;rate=%d;channels=1" % rate if kind == "pcm" else None
    return spoken(kind, rate, content_type, model=asked.get("model"), text=request.json["text"], speed=asked.get("speed"))


deepgram = Service("deepgram speak", check_speak, answer_speak, deepgram_error, service.keyed("Token"),
                   model_of=service.model_in_query)


# xAI: it has one model, so the body names none

XAI_FORMAT = {"codec?": {"mp3", "wav", "pcm", "mulaw", "ulaw", "alaw"}, "sample_rate?": number(int, 8000, 48000),
              "bit_rate?": number(int, 32000, 192000)}
XAI = {"text": text(r"[\s\S]{1,15000}", "a text of at most 15000 characters"),
       "voice_id?": str,
       "language": text(r"auto|[a-z]{2,3}(-[A-Za-z]+)*", "a language"), "output_format?": XAI_FORMAT,
       "speed?": number(float, 0.7, 1.5),
       "optimize_streaming_latency?": number(int, 0, 2), "text_normalization?": bool}


def check_xai(request, target) -> None:
    compare(request.json, XAI, "")
    asked = request.json.get("output_format", {})
    if not re.fullmatch(r"(?i)eve|ara|leo|rex|sal|[a-z0-9]{8,}", request.json.get("voice_id", "eve")):
        raise Refusal("Voice not found: %s" % request.json["voice_id"], "voice_id", 404)
    if "bit_rate" in asked and asked.get("codec", "mp3") != "mp3":
        raise Violation("bit_rate is for mp3", "output_format")


def answer_xai(request, target, faults):
    fields = request.json
    asked = fields.get("output_format", {})
    kind = asked.get("codec", "mp3").replace("ulaw", "mulaw").replace("mmulaw", "mulaw")
    return spoken(kind, asked.get("sample_rate", 24000), voice=fields.get("voice_id", "eve").lower(), text=fields["text"],
                  speed=fields.get("speed"))


xai = Service("xai tts", check_xai, answer_xai, xai_error, service.bearer, model_of=service.no_model)


# Mistral: base64 in JSON, and pcm of float32

MISTRAL = {"input": FILLED, "model?": str, "metadata?": (dict, None), "stream?": bool, "prompt_cache_key?": str,
           "voice_id?": (str, None), "voice?": str,
           "ref_audio?": str, "expressiveness?": number(float, 1), "phoneme_hints?": dict, "conversation_history?": list,
           "response_format?": {"pcm", "wav", "mp3", "flac", "opus"}}


def mistral_error(status: int, message: str):
    return as_json({"object": "error", "message": message, "type": "invalid_request_error", "param": None, "code": "3051",
                    "raw_status_code": status}, status)


def check_mistral(request, target) -> None:
    compare(request.json, MISTRAL, "")


def answer_mistral(request, target, faults):
    fields = request.json
    kind = fields.get("response_format", "mp3")
    told = {"voice": fields.get("voice_id") or fields.get("voice"), "text": fields["input"], "model": fields.get("model")}
    sound = media.sound(kind, 24000, **told)
    if kind == "pcm":
        pairs = struct.unpack("<%dh" % (len(sound) // 2), sound)
        sound = struct.pack("<%df" % len(pairs), *(pair / 32768 for pair in pairs))
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    if fields.get("stream"):
        pieces = [sound[at:at + 1000] for at in range(0, len(sound), 1000)]
        return service.stream([("speech.audio.delta",
                                {"type": "speech.audio.delta", "audio_data": base64.b64encode(piece).decode()}) for piece in pieces]
                              + [("speech.audio.done", {"type": "speech.audio.done", "usage": usage})])
    return as_json({"audio_data": base64.b64encode(sound).decode()})


mistral = Service("mistral speech", check_mistral, answer_mistral, mistral_error, service.bearer)


# Those with OpenAI's form, whose formats are few

GROQ_VOICES = {"autumn", "diana", "hannah", "austin", "daniel", "troy", "fahad", "sultan", "lulwa", "noura", "abdullah", "aisha"}
GROQ = {"model": str, "input": FILLED, "voice": str, "response_format?": {"flac", "mp3", "mulaw", "ogg", "wav"},
        "speed?": number(float, 0.5, 5),
        "sample_rate?": int}
OPENROUTER = {"model": str, "input": FILLED, "voice?": str, "response_format?": {"mp3", "pcm"}, "speed?": float,
              "instructions?": str, "provider?": dict,
              "user?": str, "session_id?": str, "trace?": dict, "input_references?": list}
TOGETHER = {"model": str, "input": FILLED, "voice": str, "response_format?": {"mp3", "wav", "raw", "pcm"}, "stream?": bool,
            "language?": str,
            "response_encoding?": {"pcm_f32le", "pcm_s16le", "pcm_mulaw", "pcm_alaw"}, "sample_rate?": int, "bit_rate?": int,
            "extra_params?": dict}


def check_groq(request, target) -> None:
    compare(request.json, GROQ, "")
    if "orpheus" in target.model:
        if request.json.get("response_format", "mp3") != "wav":
            raise Violation("`response_format` must be one of [wav]", "response_format")
        if len(request.json["input"]) > 200:
            raise Refusal("input: at most 200 characters", "input")
        if request.json["voice"] not in GROQ_VOICES:
            raise Refusal("`voice` must be one of [%s]" % " ".join(sorted(GROQ_VOICES)), "voice")


def answer_as_openai(default: str, model_of=service.model_in_fields):
    def answer(request, target, faults):
        fields = request.json
        return spoken(fields.get("response_format", default), fields.get("sample_rate", 24000), model=target.model,
                      text=fields["input"],
                      voice=fields.get("voice"), speed=fields.get("speed"), instructions=fields.get("instructions"))
    return answer


def check_together(request, target) -> None:
    compare(request.json, TOGETHER, "")
    fields = request.json
    if fields.get("stream") and fields.get("response_format") != "raw":
        raise Violation("streaming supports the format raw alone", "response_format")
    if "response_encoding" in fields and fields.get("response_format") not in ("raw", "pcm"):
        raise Violation("response_encoding is for raw and pcm", "response_encoding")


def answer_together(request, target, faults):
    whole = answer_as_openai("wav")(request, target, faults)
    if not request.json.get("stream"):
        return whole
    pieces = [whole.body[at:at + 1000] for at in range(0, len(whole.body), 1000)]
    return service.stream([(None, {"object": "audio.tts.chunk", "model": target.model, "b64": base64.b64encode(piece).decode()})
                           for piece in pieces], done=True)


groq = Service("groq speech", check_groq, answer_as_openai("mp3"), service.openai, service.bearer)
openrouter = Service("openrouter speech", lambda request, target: compare(request.json, OPENROUTER, ""), answer_as_openai("pcm"),
                     service.openai, service.bearer)
together = Service("together speech", check_together, answer_together, service.openai, service.bearer)


# Hugging Face: the sound itself, in the format that the model has

TEXT_TO_SPEECH = {"inputs": FILLED, "parameters?": {"generation_parameters?": dict}}
huggingface = Service("huggingface speech", lambda request, target: compare(request.json, TEXT_TO_SPEECH, ""),
                      lambda request, target, faults: spoken("flac", 16000, text=request.json["inputs"]), service.word,
                      service.bearer)
