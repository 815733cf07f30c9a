"""What a provider said on the routes beside chats, read from the raw bytes of its answer by itself: no code is shared with the
filter. Each function knows the languages by the names that follow; `openai` stands for all that speak OpenAI's.

    vectors       openai, cohere, gemini, vertex, bedrock, huggingface, perplexity, ollama
    scores        openai, cohere, voyage, nvidia, tei, bedrock, deepinfra
    pictures      openai, imagen, gemini, bedrock, stability, fal, replicate, leonardo, bytes, nvidia, sdxl, fireworks, minimax
    sound         bytes, mistral, gemini
    transcript    openai, elevenlabs, deepgram, mistral, xai, gemini, huggingface
"""

import base64
import fractions
import json
import math
import re
import struct


class Number(str):
    """A number of JSON as it is written."""


def exact(body):
    return json.loads(body, parse_int=Number, parse_float=Number)


# Vectors

def float32(text):
    """The four bytes, little end first, of the float32 that is nearest to a number, of two equally near ones the even one."""
    double = float(text)
    if abs(double) > 1e-37 and struct.unpack("<Q", struct.pack("<d", double))[0] & 0x1FFFFFFF != 1 << 28:
        return struct.pack("<f", double)  # A double that is not halfway between two of them is rounded as the digits are.
    number = fractions.Fraction(text)
    guess = struct.unpack("<I", struct.pack("<f", abs(float(text))))[0]
    near = [(bits, struct.unpack("<f", struct.pack("<I", bits))[0]) for bits in (guess - 1, guess, guess + 1)
            if 0 <= bits < 0x7F800000]
    bits = min(near, key=lambda one: (abs(fractions.Fraction(one[1]) - abs(number)), one[0] & 1))[0]
    return struct.pack("<I", bits | (1 << 31 if text.startswith("-") else 0))


def bits(vector):
    """A vector as float32, whatever it was told as: numbers, or base64 of them."""
    if isinstance(vector, str):
        return base64.b64decode(vector, validate=True)
    return b"".join(float32(str(number)) for number in vector)


def vectors(language, body):
    """The vectors in the order of the inputs, each a list of number texts, or base64 of float32."""
    told = exact(body)
    if language == "perplexity":
        told = [struct.unpack("<%db" % len(packed), packed)
                for packed in (base64.b64decode(one["embedding"]) for one in by_index(told["data"]))]
        return [[Number(number) for number in vector] for vector in told]
    if language == "openai":
        return [one["embedding"] for one in by_index(told["data"])]
    if language in ("cohere", "ollama", "bedrock") and "embeddings" in told:
        found = told["embeddings"]
        if isinstance(found, dict):
            found = next(found[kind] for kind in ("float", "base64", "int8") if kind in found)
        return [one["embedding"] if isinstance(one, dict) else one for one in found]
    if language == "bedrock":
        return [told["embedding"]]
    if language == "gemini":
        return [one["values"] for one in told.get("embeddings") or [told["embedding"]]]
    if language == "vertex":
        return [one["embeddings"]["values"] if "embeddings" in one else one.get("textEmbedding") or one["imageEmbedding"]
                for one in told["predictions"]]
    assert language == "huggingface", language
    return told if isinstance(told[0], list) else [told]


def by_index(data):
    return sorted(data, key=lambda one: int(one["index"]))


# Scores

def scores(language, body):
    """(index, score as it is written, document or None), the best first. NVIDIA's are logits, and come as floats."""
    told = exact(body)
    if language == "deepinfra":
        found = [(index, score, None) for index, score in enumerate(told["scores"])]
    elif language == "nvidia":
        found = [(int(one["index"]), 1 / (1 + math.exp(-float(one["logit"]))), None) for one in told["rankings"]]
    else:
        listed = told if language == "tei" else told["data"] if "data" in told else told["results"]
        found = [(int(one["index"]), next(one[name] for name in ("relevance_score", "relevanceScore", "score") if name in one),
                  words_of(one.get("document", one.get("text")))) for one in listed]
    return sorted(found, key=lambda one: -float(one[1]))


def words_of(document):
    if isinstance(document, dict):
        return document.get("text")
    return document


# Pictures

def pictures(language, body, content_type="application/json"):
    """Each picture's bytes, or its URL."""
    if content_type.startswith("image/"):
        return [body]
    told = json.loads(body)
    if language == "openai":
        found = [one.get("b64_json") or one["url"] for one in told["data"] if "error" not in one]
    elif language == "imagen":
        found = [one["bytesBase64Encoded"] for one in told.get("predictions", ()) if "bytesBase64Encoded" in one]
    elif language == "gemini":
        found = [part["inlineData"]["data"] for candidate in told["candidates"] for part in candidate["content"]["parts"]
                 if "inlineData" in part]
    elif language == "fal":
        found = [one["url"] for one in told.get("images") or [told["image"]]]
    elif language == "replicate":
        found = [told["output"]] if isinstance(told["output"], str) else told["output"]
    elif language == "leonardo":
        found = [one["url"] for one in told["generations_by_pk"]["generated_images"]]
    elif language == "nvidia":
        found = [one["base64"] for one in told["artifacts"]] if "artifacts" in told else [told["image"]]
    elif language == "minimax":
        found = told["data"].get("image_urls") or told["data"]["image_base64"]
    elif language == "sdxl":
        found = [one["base64"] for one in told]
    elif language == "fireworks":
        found = told["base64"] if isinstance(told.get("base64"),
                                             list) else [told["base64"]] if "base64" in told else [told["result"]["sample"]]
    else:
        assert language in ("bedrock", "stability"), language
        found = told["images"]
    return [picture(one) for one in found]


def picture(text):
    if text.startswith("http"):
        return text
    return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)


def note(data):
    """What the fake provider wrote into a picture or a sound: the request as it understood it."""
    return json.JSONDecoder().raw_decode(data[data.index(b'{"'):].decode("latin-1"))[0]


# Sound

def sound(language, body):
    """The bytes of the sound, as the provider encoded it."""
    if language == "bytes":
        return body
    told = json.loads(body)
    if language == "mistral":
        return base64.b64decode(told["audio_data"])
    parts = [part["inlineData"] for candidate in told["candidates"] for part in candidate["content"].get("parts", ())]
    return b"".join(base64.b64decode(part["data"]) for part in parts)


def samples(data):
    """The samples of a WAV file, as bytes, and how many there are a second."""
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE" and data[12:16] == b"fmt ", data[:44]
    form, channels, rate, _, _, depth = struct.unpack("<HHIIHH", data[20:36])
    assert (form, channels, depth) == (1, 1, 16) and data[36:40] == b"data"
    size, = struct.unpack("<I", data[40:44])
    assert size in (len(data) - 44, 0xFFFFFFFF, 0x7FFFFFFF, 0), size
    return data[44:], rate


# Transcripts

class Transcript:
    """What was heard: words and segments are (text, start, end), with times as floats; None where the provider does not say.
    `strict` is false for events that are no words."""

    def __init__(self, text, language=None, duration=None, words=None, segments=None, speakers=()):
        self.text, self.language, self.duration, self.words, self.segments = text, language, duration, words, segments
        self.speakers = list(speakers)


def timed(listed, text="text"):
    return [(one[text].strip(), one["start"], one["end"]) for one in listed]


def transcript(language, body):
    told = json.loads(body)
    if language == "deepgram":
        channel, utterances = told["results"]["channels"][0], told["results"].get("utterances")
        best = channel["alternatives"][0]
        words = [(one.get("punctuated_word", one["word"]), one["start"], one["end"]) for one in best["words"]]
        return Transcript(best["transcript"], channel.get("detected_language"), told["metadata"]["duration"], words,
                          timed(utterances, "transcript") if utterances else None,
                          [one["speaker"] for one in best["words"] if "speaker" in one])
    if language == "elevenlabs":
        words = [one for one in told["words"] if one["type"] == "word" and one.get("start") is not None]
        return Transcript(told["text"], told["language_code"], told.get("audio_duration_secs"), timed(words) or None, None,
                          [one["speaker_id"] for one in words if one.get("speaker_id")])
    if language == "huggingface":
        chunks = [(one["text"].strip(), *one["timestamp"]) for one in told.get("chunks", ())]
        return Transcript(told["text"], None, None, None, chunks or None)
    if language == "gemini":
        return Transcript("".join(part["text"] for part in told["candidates"][0]["content"]["parts"]))
    segments = timed(told["segments"]) if told.get("segments") else None
    if language == "xai":
        return Transcript(told["text"], told.get("language"), told.get("duration"), timed(told["words"]), None,
                          [one["speaker"] for one in told["words"] if "speaker" in one])
    speakers = [one.get("speaker_id") or one.get("speaker") for one in told.get("segments") or () if one.get("speaker_id")
                or one.get("speaker")]
    words = timed(told["words"], "word") if told.get("words") else None
    return Transcript(told["text"], told.get("language"), told.get("duration"), words, segments, speakers)


CUE = re.compile(r"(\d+):(\d\d):(\d\d)[,.](\d{3}) --> (\d+):(\d\d):(\d\d)[,.](\d{3})")


def cues(text, form):
    """(text, start, end) of each subtitle of an SRT or VTT file that is as its format says."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    if form == "vtt":
        assert blocks[0] == "WEBVTT", text[:80]
        blocks = blocks[1:]
    found = []
    for at, block in enumerate(blocks):
        lines = block.strip("\n").split("\n")
        if form == "srt":
            assert lines.pop(0) == str(at + 1), block
        time = CUE.fullmatch(lines[0])
        assert time and ("," in lines[0]) == (form == "srt"), block
        hours = [int(part) for part in time.groups()]
        start, end = (hours[at] * 3600 + hours[at + 1] * 60 + hours[at + 2] + hours[at + 3] / 1000 for at in (0, 4))
        assert start <= end and len(lines) > 1, block
        found.append((" ".join(lines[1:]).strip(), start, end))
    return found
