"""Pictures and speech of Gemini: what generateContent answers when its responseModalities ask for them.

    https://ai.google.dev/gemini-api/docs/image-generation       https://ai.google.dev/gemini-api/docs/speech-generation
"""

from __future__ import annotations

import base64
import re

import media
from answers import Stream, as_json, count, dumps
from checks import Violation
from media import digest
from shapes import compare, decode, listed, text

VOICES = set(
    "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina Erinome Algenib "
             "Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi Vindemiatrix Sadachbia Sadaltager "
             "Sulafat".split())
VOICE = {"prebuiltVoiceConfig?": {"voiceName": VOICES}, "voice?": str}
SPEECH = {"voiceConfig?": VOICE, "languageCode?": text(r"[a-z]{2,3}-[A-Z0-9]{2,3}", "a language and region"),
          "multiSpeakerVoiceConfig?": {
    "speakerVoiceConfigs": listed({"speaker": str, "voiceConfig": VOICE}, 2, 2)}}
RATIOS = {"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1"}
IMAGE = {"aspectRatio?": RATIOS, "imageSize?": {"512", "1K", "2K", "4K"}}
VERTEX_IMAGE = dict(IMAGE,
                    **{"imageOutputOptions?": {"mimeType?": {"image/png", "image/jpeg"}, "compressionQuality?": int},
                       "personGeneration?": str})
RATE = 24000


def asked(fields):
    """IMAGE or AUDIO, or None for words."""
    modalities = (fields.get("generationConfig") or {}).get("responseModalities") or ["TEXT"]
    return next((name for name in ("IMAGE", "AUDIO") if name in modalities), None)


def check(fields, target) -> None:
    kind, config = asked(fields), fields["generationConfig"]
    if kind == "AUDIO":
        if "tts" not in target.model and "fake" not in target.model:
            raise Violation("Model does not support the requested response modalities: audio", "responseModalities")
        if config["responseModalities"] != ["AUDIO"] or "systemInstruction" in fields:
            raise Violation("Developer instruction is not enabled for this model, and it answers with audio alone",
                            "responseModalities")
        compare(config.get("speechConfig", {}), SPEECH, "generation_config.speech_config")
        if "3.8" not in target.model and any("speechMetadata" in part for content in fields["contents"] for part in content["parts"]):
            raise Violation("speechMetadata is not supported by this model", "speechMetadata")
        return
    if "image" not in target.model and "fake" not in target.model:
        raise Violation("Model does not support the requested response modalities: image", "responseModalities")
    if config.get("candidateCount", 1) != 1:
        raise Violation("Multiple candidates is not enabled for this model", "candidateCount")
    if "speechConfig" in config:
        raise Violation("speechConfig goes with the modality AUDIO", "speechConfig")
    wanted = config.get("imageConfig", {})
    compare(wanted, VERTEX_IMAGE if target.vertex else IMAGE, "generation_config.image_config")
    if "imageSize" in wanted and not re.search(r"gemini-3|fake", target.model):
        raise Violation("image_size is not supported by this model", "imageSize")


def told_of(content) -> dict:
    """The words of a content and the digests of its files."""
    found: dict = {"prompt": " ".join(part["text"] for part in content["parts"] if "text" in part), "images": []}
    for part in content["parts"]:
        if "inlineData" in part:
            data = part["inlineData"]["data"].replace("-", "+").replace("_", "/")
            found["images"].append(digest(decode(data, "", "inlineData")))
        elif "fileData" in part:
            found["images"].append(part["fileData"]["fileUri"])
    return found


def answer(fields, target, faults):
    kind, config = asked(fields), fields["generationConfig"]
    told = told_of(fields["contents"][-1])
    prompt = count(fields["contents"])
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": 1290, "totalTokenCount": prompt + 1290,
             "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
             "candidatesTokensDetails": [{"modality": kind, "tokenCount": 1290}]}
    about = {"modelVersion": target.model, "responseId": digest(dumps(fields).encode())[:20]}
    if "blocked" in faults:
        return as_json(dict({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}, **about))
    if "refusal" in faults:
        return as_json(
            dict({"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "Unable to show the generated image.",
                                  "index": 0}],
                             "usageMetadata": usage}, **about))
    if kind == "AUDIO":
        voice = config.get("speechConfig", {})
        sound = media.samples(RATE, {"text": told["prompt"], "voice": voice.get("voiceConfig") or voice})
        return spoken(sound, target, usage, about)
    wanted = config.get("imageConfig", {})
    form = wanted.get("imageOutputOptions", {}).get("mimeType", "image/png")
    picture = media.encoded(form[6:], ratio=wanted.get("aspectRatio"), size=wanted.get("imageSize"), **told)
    parts = [{"inlineData": {"mimeType": form, "data": picture}}]
    if "TEXT" in config["responseModalities"]:
        parts.insert(0, {"text": "Here is your picture."})
    candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", "index": 0}
    whole = dict({"candidates": [candidate], "usageMetadata": usage}, **about)
    return Stream([(None, dumps(whole))], 0) if target.stream else as_json(whole)


def spoken(sound: bytes, target, usage, about):
    """Whole, or in pieces; the newest models give a file whole and samples in pieces."""
    newest = "3.8" in target.model
    media_type = "audio/l16; rate=24000; channels=1" if newest else "audio/L16;codec=pcm;rate=24000"

    def candidate(data: bytes, kind: str, **more):
        part = {"inlineData": {"mimeType": kind, "data": base64.b64encode(data).decode()}}
        return dict({"content": {"parts": [part], "role": "model"}, "index": 0}, **more)

    if not target.stream:
        data, kind = (media.wav(sound, RATE), "audio/wav") if newest else (sound, media_type)
        return as_json(dict({"candidates": [candidate(data, kind, finishReason="STOP")], "usageMetadata": usage}, **about))
    # A piece may end within a sample's two bytes.
    pieces = [sound[at:at + 1001] for at in range(0, len(sound), 1001)]
    events = [dict({"candidates": [candidate(piece, media_type)], "usageMetadata": usage}, **about) for piece in pieces]
    events.append(dict({"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": usage},
                       **about))
    return Stream([(None, dumps(event)) for event in events], len(events) - 1)
