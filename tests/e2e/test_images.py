"""Pictures of every language through the SDK. The fake provider writes into each picture what it was asked for."""

import base64
import io
import json
import os
import pathlib

import openai
import pytest

import extract_routes
import schemas as openai_schemas
from conftest import assert_error
from extract_routes import note
from samples import NASTY, PNG, multipart

SPEC = os.environ.get("ORQ_SPEC")
# (how its answer is read, in which forms it gives pictures, how many at a time)
BYTES, LINKS, BOTH = {"b64_json"}, {"url"}, {"b64_json", "url"}
MODELS = {
    "google-ai/imagen-4.0-generate-001": ("imagen", BYTES, 4), "google/imagen-4.0-generate-001": ("imagen", BYTES, 4),
    "google-ai/gemini-2.5-flash-image": ("gemini", BYTES, 1), "google/gemini-3-pro-image-preview": ("gemini", BYTES, 1),
    "aws/amazon.nova-canvas-v1:0": ("bedrock", BYTES, 5), "aws/amazon.titan-image-generator-v2:0": ("bedrock", BYTES, 5),
    "aws/stability.sd3-5-large-v1:0": ("stability", BYTES, 1), "aws/stability.stable-image-core-v1:1": ("stability", BYTES, 1),
    "xai/grok-imagine-image": ("openai", BOTH, 10), "togetherai/black-forest-labs/FLUX.1-schnell": ("openai", BOTH, 4),
    "openrouter/google/gemini-3-pro-image-preview": ("openai", BYTES, 10),
    "fal/fal-ai/flux/dev": ("fal", BOTH, 4), "fal/fal-ai/nano-banana": ("fal", BOTH, 4),
    "replicate/black-forest-labs/flux-schnell": ("replicate", LINKS, 4),
    "leonardoai/b24e16ff-06e3-43eb-8d33-4416c2d75876": ("leonardo", LINKS, 8),
    "leonardoai/seedream-4.5": ("leonardo", LINKS, 8), "bytedance/seedream-4-0-250828": ("openai", BOTH, 15),
    "huggingface/stabilityai/stable-diffusion-3.5-large": ("bytes", BYTES, 1),
    "nvidia/black-forest-labs/flux.1-schnell": ("nvidia", BYTES, 1),
    "fireworks/accounts/fireworks/models/flux-1-dev-fp8": ("fireworks", BYTES, 1),
    "fireworks/accounts/fireworks/models/stable-diffusion-xl-1024-v1-0": ("sdxl", BYTES, 16),
    "minimax/image-01": ("minimax", BOTH, 9), "fal/openai/gpt-image-2": ("fal", BOTH, 4),
    "replicate/stability-ai/sdxl:" + 64 * "7": ("replicate", LINKS, 4), "bytedance/seedream-4-5-251128": ("openai", BOTH, 15),
    "openai/gpt-image-1": ("openai", BYTES, 10), "openai/dall-e-2": ("openai", BOTH, 10),
}
OWN = [model for model in MODELS if not model.startswith("openai/")]
PROMPT = "A fox – größer 🌍 \"quoted\" \\ and\nnew"


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def provided(fake, model, language=None):
    last = fake.last()["answer"]
    kind = {name.lower(): value for name, value in last["headers"]}["content-type"]
    return extract_routes.pictures(language or MODELS[model][0], last["body"]["bytes"], kind)


def got(one):
    """The bytes of a picture that came, or its URL."""
    if one.b64_json is not None:
        return base64.b64decode(one.b64_json, validate=True)
    return extract_routes.picture(one.url)


@pytest.mark.parametrize("model", MODELS)
def test_a_picture_comes_as_the_provider_made_it(client, fake, schemas, model):
    raw = client.images.with_raw_response.generate(model=model, prompt=PROMPT)
    answer = raw.parse()
    assert answer.created > 1_500_000_000 and len(answer.data) == 1
    assert [got(one) for one in answer.data] == provided(fake, model)
    assert not schemas or not schemas.faults("ImagesResponse", json.loads(raw.text))
    if MODELS[model][1] != LINKS and not isinstance(got(answer.data[0]), str) and model in OWN:
        assert note(got(answer.data[0]))["prompt"] == PROMPT


@pytest.mark.parametrize("model", [model for model in OWN if "b64_json" in MODELS[model][1]])
def test_bytes_come_when_they_are_asked_for(client, fake, model):
    answer = client.images.generate(model=model, prompt=PROMPT, response_format="b64_json")
    assert answer.data[0].b64_json and not answer.data[0].url
    assert [got(one) for one in answer.data] == provided(fake, model) and note(got(answer.data[0]))["prompt"] == PROMPT


@pytest.mark.parametrize("model", [model for model in OWN if "url" in MODELS[model][1]])
def test_a_link_comes_when_it_is_asked_for(client, fake, model):
    answer = client.images.generate(model=model, prompt=PROMPT, response_format="url")
    assert answer.data[0].url.startswith("https://") and not answer.data[0].b64_json
    assert [one.url for one in answer.data] == provided(fake, model)


@pytest.mark.parametrize("model", [model for model in OWN if MODELS[model][1] == LINKS])
def test_bytes_that_are_not_at_hand_are_refused_by_name_or_named(client, model):
    try:
        answer = client.images.with_raw_response.generate(model=model, prompt=PROMPT, response_format="b64_json")
    except openai.BadRequestError as error:
        assert error.param == "response_format"
    else:
        assert "response_format" in answer.headers["x-orq-dropped-params"] and answer.parse().data[0].url


@pytest.mark.parametrize("model", [model for model in OWN if MODELS[model][1] == BYTES])
def test_a_link_that_nobody_keeps_is_a_data_url_or_named(client, fake, model):
    answer = client.images.with_raw_response.generate(model=model, prompt=PROMPT, response_format="url")
    one = answer.parse().data[0]
    assert one.url is not None and one.url.startswith("data:image/") or "response_format" in answer.headers.get(
        "x-orq-dropped-params", "")
    assert [got(one)] == provided(fake, model)


@pytest.mark.parametrize("model", OWN)
def test_several_pictures_come_or_the_number_is_named(client, fake, model):
    try:
        answer = client.images.with_raw_response.generate(model=model, prompt=PROMPT, n=3)
    except openai.BadRequestError as error:
        assert MODELS[model][2] < 3 and error.param == "n", error
    else:
        data = answer.parse().data
        if MODELS[model][2] >= 3:
            assert len(data) == 3 and [got(one) for one in data] == provided(fake, model)
            assert len({one.url or one.b64_json for one in data}) == 3
        elif len(data) == 1:
            assert "n" in answer.headers["x-orq-dropped-params"].split(", ")
        else:  # Who makes one at a time was asked three times.
            assert len(data) == 3 and fake.state()["requests"] >= 3
            assert all(got(one) == picture for one, picture in zip(data, 3 * provided(fake, model)))


@pytest.mark.parametrize("size", ["1024x1024", "1536x1024", "1024x1536", "1792x1024", "auto"])
@pytest.mark.parametrize("model", OWN)
def test_a_size_is_carried_or_named_or_refused(client, model, size):
    """What reaches the provider is checked there; nothing is dropped in silence."""
    try:
        answer = client.images.with_raw_response.generate(model=model, prompt=PROMPT, size=size)
    except openai.BadRequestError as error:
        assert error.param == "size" or model.startswith("nvidia/"), error  # How wide a picture may be there differs by model.
    else:
        assert len(answer.parse().data) == 1


def test_a_wide_picture_is_wide(client, fake):
    client.images.generate(model="aws/amazon.nova-canvas-v1:0", prompt=PROMPT, size="1536x1024")
    config = fake.last()["json"]["imageGenerationConfig"]
    assert (config["width"], config["height"]) == (1536, 1024)
    client.images.generate(model="google-ai/imagen-4.0-generate-001", prompt=PROMPT, size="1792x1024")
    assert fake.last()["json"]["parameters"]["aspectRatio"] == "16:9"
    client.images.generate(model="fal/fal-ai/flux/dev", prompt=PROMPT, size="1536x1024")
    assert fake.last()["json"]["image_size"] == {"width": 1536, "height": 1024}


PARAMETERS = {"quality": "high", "style": "vivid", "background": "transparent", "output_format": "jpeg", "output_compression": 50,
              "user": "someone",
              "moderation": "low"}


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("model", OWN)
def test_a_parameter_is_carried_or_named_or_refused(http_client, fake, model, name):
    """Carried: some member of what went up was not there without it."""
    plain = http_client.post("/images/generations", json={"model": model, "prompt": PROMPT})
    before = [(one["json"], one["header"].get("accept")) for one in fake.all()]
    fake.reset()
    answer = http_client.post("/images/generations", json={"model": model, "prompt": PROMPT, name: PARAMETERS[name]})
    assert plain.status_code == 200
    if answer.status_code == 400:
        assert_error(answer, 400, param=name)
        return
    assert answer.status_code == 200, answer.text
    dropped = answer.headers.get("x-orq-dropped-params", "").split(", ")
    after = [(one["json"], one["header"].get("accept")) for one in fake.all()]
    if not model.startswith("leonardoai/"):
        assert name in dropped or after != before, "%s is lost in silence" % name


WRONG = {"no prompt": ("prompt", {"prompt": None}), "a number": ("prompt", {"prompt": 7}), "none": ("n", {"n": 0}),
         "eleven": ("n", {"n": 11}),
         "a form": ("response_format", {"response_format": "tiff"}), "a size": ("size", {"size": "large"})}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("model", OWN)
def test_what_is_wrong_is_refused_by_name(http_client, fake, model, name):
    param, change = WRONG[name]
    if name == "a size" and model.startswith(("fal/", "bytedance/", "openrouter/")):
        return  # They have words for sizes, and models that have others.
    answer = http_client.post("/images/generations", json={"model": model, "prompt": PROMPT, **change})
    assert_error(answer, 400, param=param)
    assert fake.state()["requests"] == 0


# Edits and variations

EDITS = {
    "google-ai/gemini-2.5-flash-image": "gemini", "google/gemini-3-pro-image-preview": "gemini",
    "google/imagen-3.0-capability-001": "imagen",
    "xai/grok-imagine-image": "openai", "togetherai/black-forest-labs/FLUX.1-kontext-pro": "openai",
    "fal/fal-ai/nano-banana/edit": "fal",
    "fal/fal-ai/flux-pro/kontext": "fal", "replicate/black-forest-labs/flux-kontext-pro": "replicate",
    "aws/stability.sd3-5-large-v1:0": "stability", "openrouter/google/gemini-3-pro-image-preview": "openai",
    "bytedance/seedream-4-0-250828": "openai", "openai/gpt-image-1": "openai", "minimax/image-01": "minimax",
    "replicate/black-forest-labs/flux-2-pro": "replicate", "huggingface/timbrooks/instruct-pix2pix": "bytes",
    "nvidia/black-forest-labs/flux.1-kontext-dev": "nvidia", "fireworks/accounts/fireworks/models/flux-kontext-pro": "fireworks",
}


def digests(fake):
    """What the provider saw of pictures: digests, or what it wrote into its own."""
    import hashlib
    found = []
    for request in fake.all():
        text = request["body"]["bytes"]
        for data in (PNG, NASTY):
            if base64.b64encode(data) in text or data in text or hashlib.sha256(data).hexdigest().encode() in text:
                found.append(len(data))
    return found


@pytest.mark.parametrize("model", EDITS)
def test_a_picture_is_edited(client, fake, schemas, model):
    raw = client.images.with_raw_response.edit(model=model, prompt=PROMPT, image=("cat.png", PNG, "image/png"))
    answer = raw.parse()
    assert [got(one) for one in answer.data] == provided(fake, model, EDITS[model]) and len(PNG) in digests(fake)
    assert not schemas or not schemas.faults("ImagesResponse", json.loads(raw.text))
    assert any(PROMPT.split('"')[0] in one["body"]["bytes"].decode("utf-8", "replace") for one in fake.all())


@pytest.mark.parametrize("model",
                         [model for model in EDITS if "gemini" in model or "banana" in model or "seedream" in model
                          or "grok" in model])
def test_several_pictures_are_edited_together(client, fake, model):
    client.images.edit(model=model, prompt="Join", image=[("a.png", PNG, "image/png"), ("b.png", io.BytesIO(PNG), "image/png")])
    assert fake.last()["body"]["bytes"].count(base64.b64encode(PNG)) == 2


MASKED = ["google/imagen-3.0-capability-001", "aws/amazon.nova-canvas-v1:0", "aws/amazon.titan-image-generator-v2:0",
          "xai/grok-imagine-image",
          "aws/us.stability.stable-image-inpaint-v1:0"]


@pytest.mark.parametrize("model", MASKED + ["google-ai/gemini-2.5-flash-image", "togetherai/black-forest-labs/FLUX.1-kontext-pro"])
def test_a_mask_arrives_or_is_refused_by_name_or_named(client, fake, model):
    try:
        answer = client.images.with_raw_response.edit(model=model, prompt="A hat", image=("cat.png", PNG, "image/png"),
                                                      mask=("mask.png", PNG, "image/png"))
    except openai.BadRequestError as error:
        # A mask of transparency is not the mask of white and black that some want, and nobody here can make one of the other.
        assert error.param == "mask" and fake.state()["requests"] == 0
    else:
        carried = fake.last()["body"]["bytes"].count(base64.b64encode(PNG)) == 2
        assert carried or "mask" in answer.headers["x-orq-dropped-params"]


@pytest.mark.parametrize("model",
                         ["openai/dall-e-2", "aws/amazon.nova-canvas-v1:0", "aws/amazon.titan-image-generator-v2:0",
                          "fal/fal-ai/flux/dev/redux"])
def test_a_picture_is_varied(client, fake, model):
    answer = client.images.create_variation(model=model, image=("cat.png", PNG, "image/png"))
    assert len(answer.data) == 1 and len(PNG) in digests(fake)


@pytest.mark.parametrize("model", ["google-ai/imagen-4.0-generate-001", "leonardoai/seedream-4.5"])
@pytest.mark.parametrize("path", ["/images/edits", "/images/variations"])
def test_a_route_that_a_model_has_not_is_refused_with_a_sentence(http_client, fake, model, path):
    body, kind = multipart([("model", None, None, model.encode()), ("prompt", None, None, b"A hat"),
                            ("image", "a.png", "image/png", PNG)])
    answer = http_client.post(path, content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 404) and answer.json()["error"]["message"] and fake.state()["requests"] == 0


FORMS = {
    "no image": ("image", [("model", None, None, b"MODEL"), ("prompt", None, None, b"A hat")]),
    "an empty image": ("image",
                       [("model", None, None, b"MODEL"), ("prompt", None, None, b"A hat"), ("image", "a.png", "image/png", b"")]),
    "an image that is a text": ("image",
                                [("model", None, None, b"MODEL"), ("prompt", None, None, b"A hat"), ("image", None, None, b"x")]),
    "no prompt": ("prompt", [("model", None, None, b"MODEL"), ("image", "a.png", "image/png", PNG)]),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("model", ["google-ai/gemini-2.5-flash-image", "xai/grok-imagine-image", "fal/fal-ai/nano-banana/edit"])
def test_a_form_that_is_not_right_is_refused_by_name(http_client, fake, model, name):
    param, parts = FORMS[name]
    body, kind = multipart([(part, filename, of, data.replace(b"MODEL", model.encode())) for part, filename, of, data in parts])
    answer = http_client.post("/images/edits", content=body, headers={"content-type": kind})
    if name == "no prompt" and model.startswith("fal/"):
        return  # Some of its models need none.
    assert_error(answer, 400, param=param)
    assert fake.state()["requests"] == 0


# Jobs

@pytest.mark.parametrize("model", ["leonardoai/b24e16ff-06e3-43eb-8d33-4416c2d75876", "leonardoai/seedream-4.5",
                                   "fireworks/accounts/fireworks/models/flux-kontext-pro",
                                   "replicate/black-forest-labs/flux-kontext-pro", "replicate/stability-ai/sdxl:" + 64 * "7"])
def test_a_job_is_looked_at_until_it_ends(client, fake, model):
    answer = client.images.generate(model=model, prompt="patiently, a fox")
    assert answer.data[0].url.startswith("https://") and fake.state()["requests"] == 3


@pytest.mark.parametrize("model", ["leonardoai/seedream-4.5", "replicate/black-forest-labs/flux-schnell"])
def test_a_job_that_fails_is_an_error_with_a_sentence(client, model):
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(model=model, prompt="in vain, a fox")
    assert caught.value.message and caught.value.type


def test_a_picture_is_written_into_an_answer_by_replicate_too(client, fake):
    answer = client.images.generate(model="replicate/black-forest-labs/flux-schnell", prompt="directly, a fox")
    assert note(got(answer.data[0]))["prompt"] == "directly, a fox"


# Streams and errors

@pytest.mark.parametrize("model",
                         ["openai/gpt-image-1", "openrouter/google/gemini-3-pro-image-preview", "google-ai/gemini-2.5-flash-image",
                                   "xai/grok-imagine-image"])
def test_a_picture_streams_as_events(client, schemas, model):
    events = list(client.images.generate(model=model, prompt=PROMPT, stream=True))
    assert events[-1].type == "image_generation.completed" and events[-1].b64_json
    assert all(event.type == "image_generation.partial_image" for event in events[:-1])
    for event in events if schemas and "xai" not in model else ():
        told = json.loads(event.model_dump_json(exclude_unset=True))
        assert {fault for fault in schemas.faults("ImageGenStreamEvent", told) if "size" not in fault} == set()


FAULTY = ["google-ai/imagen-", "google-ai/gemini-image-", "aws/amazon.nova-canvas-", "aws/stability.", "xai/", "togetherai/",
          "openrouter/", "fal/fal-ai/",
          "replicate/owner/", "leonardoai/", "bytedance/", "minimax/", "huggingface/org/", "nvidia/org/",
          "fireworks/accounts/fireworks/models/"]
CLASSES = {400: openai.BadRequestError, 401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError,
           500: openai.InternalServerError, 503: openai.InternalServerError}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_becomes_its_exception(client, family, status):
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(model="%sfake-status-%d" % (family, status), prompt="A fox")
    # fal tells wrong requests with 422.
    # MiniMax's errors are numbers, none of which is a 404.
    assert isinstance(caught.value, CLASSES[status]) or (status, family) in ((400, "fal/fal-ai/"), (404, "minimax/")), caught.value
    assert "The fake provider answers %d." % status in caught.value.message and caught.value.type and caught.value.request_id


@pytest.mark.parametrize("model",
                         ["google-ai/imagen-fake-refusal", "google-ai/gemini-image-fake-refusal",
                          "google-ai/gemini-image-fake-blocked",
                                   "aws/amazon.nova-canvas-fake-refusal", "aws/stability.sd3-fake-refusal",
                                   "nvidia/org/fake-refusal"])
def test_a_picture_that_a_filter_kept_back_is_an_error_that_says_so(client, model):
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model=model, prompt="A fox")
    assert caught.value.code in ("moderation_blocked", "content_filter",
                                 "content_policy_violation") or "filter" in caught.value.message, caught.value


@pytest.mark.parametrize("fault", ["error-html-502", "error-empty-500", "broken-json", "hang-up"])
@pytest.mark.parametrize("family", FAULTY)
def test_an_answer_that_nobody_can_read_is_a_server_error(client, family, fault):
    with pytest.raises(openai.InternalServerError) as caught:
        client.images.generate(model="%sfake-%s" % (family, fault), prompt="A fox")
    assert caught.value.type and caught.value.message
