"""The official Python SDK over every route."""

import base64
import hashlib
import io
import struct
import wave

import pydantic
import pytest

from samples import NASTY, PDF, PNG, data_url, wav

TOOLS = [{"type": "function", "function": {"name": "weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"], "additionalProperties": False}}}]
HI = [{"role": "user", "content": "Hi"}]


def test_models_are_listed_in_openais_shape(client):
    listed = client.models.list().data
    assert [model.id for model in listed if "*" in model.id] == []
    assert {"openai/gpt-4o", "fast", "deepseek/deepseek-chat", "my-vllm/org/model-with/slashes"} <= {model.id for model in listed}
    assert all(model.object == "model" and isinstance(model.created, int) and model.owned_by for model in listed)
    assert listed == client.models.list().data


@pytest.mark.parametrize("model", ["openai/gpt-4o", "fast", "my-vllm/org/model-with/slashes"])
def test_a_model_is_retrieved_with_its_slashes_escaped(client, model):
    assert client.models.retrieve(model).id == model


@pytest.mark.parametrize("path", ["openai/gpt-4o", "openai%2Fgpt-4o", "openai%2fgpt-4o", "my-vllm/org/model-with/slashes"])
def test_a_model_is_retrieved_by_a_raw_or_escaped_path(http_client, path):
    answer = http_client.get("/models/" + path)
    assert answer.status_code == 200
    assert answer.json()["id"] == path.replace("%2F", "/").replace("%2f", "/")


def test_a_chat_is_answered(client, fake):
    answer = client.chat.completions.create(model="openai/gpt-4o", messages=HI)
    assert answer.choices[0].message.content == "Hello from the fake provider. You said: Hi"
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens > 0
    assert fake.last()["model"] == "gpt-4o" and fake.last()["path"] == "/v1/chat/completions"


@pytest.mark.parametrize("model, upstream", [
    ("azure/gpt-4o", "gpt-4o"), ("mistral/mistral-small-latest", "mistral-small-latest"),
    ("groq/openai/gpt-oss-120b", "openai/gpt-oss-120b"), ("togetherai/meta-llama/Llama-3-8b", "meta-llama/Llama-3-8b"),
    ("deepseek/deepseek-chat", "deepseek-chat"), ("my-vllm/org/model-with/slashes", "org/model-with/slashes"),
    ("fast", "llama-3.3-70b-versatile"),
])
def test_a_chat_reaches_each_provider_with_its_own_model_name(client, fake, model, upstream):
    answer = client.chat.completions.create(model=model, messages=HI)
    assert "You said: Hi" in answer.choices[0].message.content
    assert fake.last()["model"] == upstream


def test_a_chat_streams_with_usage(client):
    stream = client.chat.completions.create(
        model="openai/gpt-4o", messages=HI, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == "Hello from the fake provider. You said: Hi"
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_the_stream_helper_puts_the_answer_together(client):
    with client.chat.completions.stream(model="openai/gpt-4o", messages=HI, tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.choices[0].message.tool_calls[0].function.parsed_arguments == {"city": "text", "days": 1}


def test_a_tool_is_called_and_its_result_is_taken(client):
    first = client.chat.completions.create(model="openai/gpt-4o", messages=HI, tools=TOOLS).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    assert call.function.name == "weather"
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    second = client.chat.completions.create(
        model="openai/gpt-4o", messages=HI + [first.message.model_dump(exclude_none=True), result], tools=TOOLS)
    assert "sunny" in second.choices[0].message.content


def test_images_by_url_and_data_url_arrive(client):
    content = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}},
    ]
    answer = client.chat.completions.create(model="openai/gpt-4o", messages=[{"role": "user", "content": content}])
    said = answer.choices[0].message.content
    assert "[image https://example.com/cat.png]" in said and "[image image/png, %d bytes]" % len(PNG) in said


def test_files_and_sound_arrive_as_parts(client):
    content = [
        {"type": "file", "file": {"filename": "report.pdf", "file_data": data_url("application/pdf", PDF)}},
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode(), "format": "wav"}},
    ]
    answer = client.chat.completions.create(model="openai/gpt-4o", messages=[{"role": "user", "content": content}])
    said = answer.choices[0].message.content
    assert "[file report.pdf application/pdf, %d bytes]" % len(PDF) in said
    assert "[audio wav, %d bytes]" % len(wav()) in said


def test_a_json_schema_is_parsed_into_a_class(client):
    class Step(pydantic.BaseModel):
        explanation: str
        value: int

    class Solution(pydantic.BaseModel):
        steps: list[Step]
        done: bool

    answer = client.chat.completions.parse(model="openai/gpt-4o", messages=HI, response_format=Solution)
    assert answer.choices[0].message.parsed == Solution(steps=[Step(explanation="text", value=1)], done=True)


def test_several_choices_come_whole_and_streamed(client):
    whole = client.chat.completions.create(model="openai/gpt-4o", messages=HI, n=3)
    assert [choice.index for choice in whole.choices] == [0, 1, 2]
    texts = ["", "", ""]
    for chunk in client.chat.completions.create(model="openai/gpt-4o", messages=HI, n=3, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == [whole.choices[0].message.content] * 3


def test_the_raw_answer_names_request_provider_and_model(client):
    raw = client.chat.completions.with_raw_response.create(model="groq/llama", messages=HI)
    assert raw.headers["x-request-id"]
    assert raw.headers["x-orq-provider"] == "groq" and raw.headers["x-orq-model"]
    assert raw.parse()._request_id == raw.headers["x-request-id"]


def test_completions_come_whole_and_streamed(client):
    whole = client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="Once")
    assert whole.choices[0].text.endswith("You said: Once")
    stream = client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="Once", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == whole.choices[0].text


def test_embeddings_come_as_base64_by_default_and_as_numbers(client, fake):
    by_default = client.embeddings.create(model="openai/text-embedding-3-small", input=["one", "two"], dimensions=16)
    assert fake.last()["json"]["encoding_format"] == "base64"
    numbers = client.embeddings.create(
        model="openai/text-embedding-3-small", input=["one", "two"], dimensions=16, encoding_format="float")
    assert [item.index for item in by_default.data] == [0, 1]
    assert len(by_default.data[0].embedding) == 16
    assert by_default.data[1].embedding == pytest.approx(numbers.data[1].embedding)
    text = client.embeddings.with_raw_response.create(
        model="openai/text-embedding-3-small", input="one", dimensions=4, encoding_format="base64").http_response.json()
    assert len(struct.unpack("<4f", base64.b64decode(text["data"][0]["embedding"]))) == 4


def test_images_are_generated(client):
    made = client.images.generate(model="openai/gpt-image-1", prompt="A cat", n=2)
    assert [base64.b64decode(image.b64_json) for image in made.data] == [PNG, PNG]


def test_an_image_stream_passes(client):
    kinds = [event.type for event in client.images.generate(
        model="openai/gpt-image-1", prompt="A cat", stream=True, partial_images=1)]
    assert kinds == ["image_generation.partial_image", "image_generation.completed"]


def test_an_image_is_edited(client, fake):
    made = client.images.edit(model="openai/gpt-image-1", prompt="Add a hat", image=("cat.png", PNG, "image/png"))
    assert base64.b64decode(made.data[0].b64_json) == PNG
    files = [part for part in fake.last()["parts"] if part["filename"]]
    assert [(part["name"], part["filename"], part["bytes"]) for part in files] == [("image", "cat.png", PNG)]


def test_several_images_are_edited_as_a_list(client, fake):
    client.images.edit(model="openai/gpt-image-1", prompt="Join", image=[("a.png", PNG), ("b.png", NASTY)])
    files = [part for part in fake.last()["parts"] if part["filename"]]
    assert [(part["name"], part["filename"]) for part in files] == [("image[]", "a.png"), ("image[]", "b.png")]
    assert files[1]["sha256"] == hashlib.sha256(NASTY).hexdigest()
    assert fake.last()["model"] == "gpt-image-1"


def test_an_image_is_varied(client, fake):
    made = client.images.create_variation(model="openai/dall-e-2", image=("cat.png", PNG), n=2, response_format="url")
    assert [image.url for image in made.data] == ["https://fake.invalid/image.png"] * 2
    assert fake.last()["model"] == "dall-e-2"


def test_texts_are_moderated(client):
    answer = client.moderations.create(model="openai/omni-moderation-latest", input=["peace", "attack"])
    assert [result.flagged for result in answer.results] == [False, True]


@pytest.mark.parametrize("model", ["togetherai/rerank-1", "jina/jina-reranker-v2-base-multilingual", "my-vllm/bge-reranker"])
def test_documents_are_ranked_again(http_client, fake, model):
    documents = ["nothing here", "the red fox", "a red house"]
    answer = http_client.post("/rerank", json={"model": model, "query": "red fox", "documents": documents, "top_n": 2})
    assert answer.status_code == 200, answer.text
    assert [result["index"] for result in answer.json()["results"]] == [1, 2]
    assert fake.last()["model"] == model.split("/", 1)[1]


def test_speech_is_made(client):
    sound = client.audio.speech.create(model="openai/tts-1", voice="alloy", input="Hello", response_format="wav")
    assert sound.response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(sound.read())) as file:
        assert file.getframerate() == 8000


@pytest.mark.parametrize("path", ["/speech", "/audio/speech"])
def test_speech_is_served_at_both_paths(http_client, fake, path):
    answer = http_client.post(path, json={"model": "openai/tts-1", "voice": "alloy", "input": "Hello"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "audio/mpeg"
    assert hashlib.sha256(answer.content).hexdigest() == fake.last()["answer"]["body"]["sha256"]
    assert fake.last()["path"] == "/v1/audio/speech"


def test_speech_streams_as_bytes_and_as_events(client, http_client):
    with client.audio.speech.with_streaming_response.create(model="openai/tts-1", voice="alloy", input="Hello") as answer:
        sound = b"".join(answer.iter_bytes())
    assert sound.startswith(b"ID3") and len(sound) == 10 + 4096
    events = http_client.post("/audio/speech", json={
        "model": "openai/gpt-4o-mini-tts", "voice": "alloy", "input": "Hello", "stream_format": "sse"})
    assert events.headers["content-type"].startswith("text/event-stream")
    assert "speech.audio.delta" in events.text and "speech.audio.done" in events.text


def transcribe(client, **more):
    return client.audio.transcriptions.create(model="openai/whisper-1", file=("talk.wav", wav(), "audio/wav"), **more)


def test_sound_is_transcribed_to_json(client, fake):
    assert transcribe(client, prompt="Talk").text == "Hello from the fake provider. You sent talk.wav, %d bytes." % len(wav())
    file = [part for part in fake.last()["parts"] if part["name"] == "file"][0]
    assert (file["sha256"], file["content_type"]) == (hashlib.sha256(wav()).hexdigest(), "audio/wav")
    assert fake.last()["model"] == "whisper-1"


def test_a_transcription_has_words_and_segments(client, fake):
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert answer.words[0].word == "Hello" and answer.segments[0].id == 0
    names = [part["name"] for part in fake.last()["parts"]]
    assert names.count("timestamp_granularities[]") == 2


@pytest.mark.parametrize("form, begin", [("text", "Hello"), ("srt", "1\n00:00:00,000"), ("vtt", "WEBVTT")])
def test_a_transcription_comes_as_text(client, form, begin):
    assert transcribe(client, response_format=form).startswith(begin)


def test_a_transcription_streams(client):
    events = list(transcribe(client, stream=True))
    text = "".join(event.delta for event in events if event.type == "transcript.text.delta")
    assert events[-1].type == "transcript.text.done" and events[-1].text == text


def test_sound_is_translated(client, fake):
    answer = client.audio.translations.create(model="openai/whisper-1", file=("rede.wav", wav(), "audio/wav"))
    assert "rede.wav" in answer.text and fake.last()["path"].endswith("/audio/translations")


def test_a_response_is_made(client):
    answer = client.responses.create(model="openai/gpt-4o", input="Hi")
    assert answer.output_text.endswith("You said: Hi") and answer.status == "completed"


def test_a_response_streams_its_full_sequence(client):
    events = list(client.responses.create(model="openai/gpt-4o", input="Hi", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = list(dict.fromkeys(event.type for event in events))
    assert kinds == ["response.created", "response.in_progress", "response.output_item.added",
                     "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                     "response.content_part.done", "response.output_item.done", "response.completed"]


def test_the_response_stream_helper_ends_with_the_whole_response(client):
    with client.responses.stream(model="openai/gpt-4o", input="Hi") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text.endswith("You said: Hi")
