"""Pictures of those who run any model: fal, Replicate, Leonardo.Ai, ModelArk, Hugging Face, NVIDIA, MiniMax and
Fireworks; some as jobs.

    https://fal.ai/docs/model-apis                               https://replicate.com/docs/reference/http
    https://docs.leonardo.ai/reference/creategeneration          https://docs.byteplus.com/en/docs/ModelArk/1541523
    https://huggingface.co/docs/inference-providers/tasks/text-to-image
    https://docs.api.nvidia.com/nim/reference/black-forest-labs-flux_1-schnell-infer
    https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt
    https://platform.minimax.io/docs/api-reference/image-generation-t2i

A prompt says how a job goes on: `patiently` lets it end at the second look, `endlessly` never, `in vain` lets it fail.
"""

from __future__ import annotations

import hashlib
import re

import media
import service
from answers import CREATED, Whole, as_json, dumps
from checks import Refusal, Violation
from images import FILLED, pure, referenced
from service import Service
from shapes import compare, listed, number, text

LOOKS: dict = {}  # How often a job was looked at, by its id.
JOBS: dict = {}  # What was asked for, or made, by the job's id.


def job_of(request) -> str:
    found = hashlib.sha256(request.body).hexdigest()
    return "%s-%s-%s-%s-%s" % (found[:8], found[8:12], found[12:16], found[16:20], found[20:32])


def is_done(identity: str, prompt: str) -> bool:
    LOOKS[identity] = LOOKS.get(identity, 0) + 1
    return "endlessly" not in prompt and LOOKS[identity] >= (2 if "patiently" in prompt else 1)


def data_url(kind: str, **told) -> str:
    return "data:image/%s;base64,%s" % (kind, media.encoded(kind, **told))


# fal: the members that its image models have; others of one model are told apart by the model

FAL_SIZES = {"square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9", "auto", "1024x1024",
             "1536x1024", "1024x1536"}
FAL = {
    "prompt?": FILLED, "negative_prompt?": str, "num_images?": number(int, 1, 4), "seed?": int, "sync_mode?": bool,
    "num_inference_steps?": int,
    "guidance_scale?": float, "enable_safety_checker?": bool, "output_format?": {"jpeg", "png", "webp"}, "image_url?": str,
    "image_urls?": listed(str, 1), "mask_url?": str, "strength?": float, "quality?": {"auto", "low", "medium", "high"},
    "background?": str,
    "acceleration?": str, "safety_tolerance?": str, "aspect_ratio?": text(r"\d+:\d+|auto|default", "a ratio"), "resolution?": str,
    "image_size?": (FAL_SIZES, {"width": number(int, 64, 14142), "height": number(int, 64, 14142)}),
}
BY_RATIO = re.compile(r"nano-banana|gemini|imagen|ultra|kontext")


def fal_error(status: int, message: str):
    if status == 422 or status == 400:
        where, _, what = message.partition(": ")
        detail = [{"loc": ["body"] + where.split("."), "msg": what or message, "type": "value_error",
                   "url": "https://docs.fal.ai/errors#value_error"}]
        return as_json({"detail": detail}, 422)
    return as_json({"detail": message}, status)


def check_fal(request, target) -> None:
    fields = request.json
    compare(fields, FAL, "")
    if "image_size" in fields and BY_RATIO.search(target.model):
        raise Violation("image_size: %s takes an aspect_ratio" % target.model, "image_size")
    if "aspect_ratio" in fields and not BY_RATIO.search(target.model):
        raise Violation("aspect_ratio: %s takes an image_size" % target.model, "aspect_ratio")
    if "prompt" not in fields and "redux" not in target.model:
        raise Refusal("prompt: Field required", "prompt", 422)
    images = fields.get("image_urls", []) + [fields[name] for name in ("image_url", "mask_url") if name in fields]
    request.chat = {"prompt": fields.get("prompt"), "images": [referenced(one, "image_url") for one in images]}


def answer_fal(request, target, faults):
    fields, images = request.json, []
    kind = fields.get("output_format", "jpeg")
    for at in range(fields.get("num_images", 1)):
        told = dict(request.chat, at=at, size=fields.get("image_size"), ratio=fields.get("aspect_ratio"))
        url = data_url(kind, **told) if fields.get("sync_mode") else "https://v3b.fal.media/files/b/%d.%s" % (at, kind)
        images.append({"url": url, "width": 1, "height": 1, "content_type": "image/" + kind, "file_name": None, "file_size": None})
    made = {"timings": {"inference": 0.3}, "seed": 7, "has_nsfw_concepts": [False] * len(images),
            "prompt": fields.get("prompt", "")}
    return as_json(dict({"image": images[0]} if "remove-background" in target.model else {"images": images}, **made))


fal = Service("fal", check_fal, answer_fal, fal_error, service.keyed("Key"))


# Replicate

VERSIONED = text(r"[0-9a-f]{64}|[\w.-]+/[\w.-]+(?::[0-9a-f]{64})?", "a version")


def replicate_error(status: int, message: str):
    return as_json({"title": "Input validation failed" if status == 422 else "Error", "detail": message, "status": status}, status)


def check_replicate(request, target) -> None:
    shape = {"input": dict, "stream?": bool}
    compare(request.json, dict(shape, **({} if "/models/" in request.path else {"version": VERSIONED})), "")
    prefer = request.header("prefer")
    if not re.fullmatch(r"wait(?:=(?:[1-9]|[1-5]\d|60))?", prefer):
        raise Violation("prefer: %r is not wait, so there would be no pictures" % prefer, "prefer")
    given = request.json["input"]
    images: list = []
    for name, value in sorted(given.items()):
        if re.search(r"image|mask",
                     name) and not name.endswith(("size", "format", "images_count", "number_of_images", "megapixels")):
            images += [value] if isinstance(value, str) else value if isinstance(value, list) else []
    request.chat = {"prompt": given.get("prompt"), "images": [referenced(one, "input") for one in images]}


def answer_replicate(request, target, faults):
    given, identity = request.json["input"], job_of(request)
    prompt = given.get("prompt") or ""
    number_of = next((given[name] for name in ("num_outputs", "number_of_images", "max_images") if name in given), 1)
    kind = {"jpg": "jpeg"}.get(given.get("output_format"), given.get("output_format", "webp"))
    urls = ["https://replicate.delivery/xezq/%d.%s" % (at, kind) for at in range(number_of)]
    if "directly" in prompt:
        urls = [data_url(kind, at=at, **request.chat) for at in range(number_of)]
    status = "processing" if re.search("endlessly|patiently", prompt) else "failed" if "in vain" in prompt else "succeeded"
    made = {"id": identity, "model": target.model or request.json.get("version"), "version": "hidden", "input": given, "logs": "",
            "output": urls[0] if "kontext" in target.model or "nano" in target.model else urls, "data_removed": False,
            "error": None, "created_at": "2026-11-25T00:00:00.000Z",
            "urls": {"get": "https://api.replicate.com/v1/predictions/" + identity,
                     "cancel": "https://api.replicate.com/v1/predictions/%s/cancel" % identity}}
    JOBS[identity], LOOKS[identity] = made, 0
    return as_json(in_state(made, status), 202 if status == "processing" else 201)


def in_state(made: dict, status: str) -> dict:
    """A prediction in this state: what was made is there at the end, and an error if it failed."""
    told = dict(made, status=status)
    if status != "succeeded":
        told["output"] = None
    if status == "failed":
        told["error"] = "Prediction failed: E005"
    return told


def check_prediction(request, target) -> None:
    if target.method not in JOBS:
        raise Violation("no such prediction: %s" % target.method, "id", 404)


def answer_prediction(request, target, faults):
    made = JOBS[target.method]
    prompt = made["input"].get("prompt") or ""
    done = "failed" if "in vain" in prompt else "succeeded"
    return as_json(in_state(made, done if is_done(target.method, prompt) else "processing"))


def model_of_version(request):
    version = request.json.get("version")
    return version.partition(":")[0] if isinstance(version, str) else None


replicate = Service("replicate", check_replicate, answer_replicate, replicate_error, service.bearer, model_of=model_of_version)
prediction = Service("replicate prediction", check_prediction, answer_prediction, replicate_error, service.bearer, form="none",
                     model_of=service.no_model, method="GET")


# Leonardo.Ai: a job, and looks at it

UUID = text(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID")
SIDE = number(int, 32, 1536)
LEONARDO = {
    "prompt": text(r"[\s\S]{1,1500}", "a prompt"), "modelId?": (UUID, None), "width?": SIDE, "height?": SIDE,
    "num_images?": number(int, 1, 8),
    "public?": bool, "presetStyle?": str, "alchemy?": bool, "negative_prompt?": str, "seed?": int,
    "guidance_scale?": number(float, 1, 20),
    "contrast?": float, "ultra?": bool, "enhancePrompt?": bool, "init_image_id?": str, "init_strength?": float, "scheduler?": str,
    "num_inference_steps?": int, "photoReal?": bool, "photoRealVersion?": str, "styleUUID?": str, "transparency?": str,
    "tiling?": bool,
}
LEONARDO_2 = {"model": str, "public?": bool, "parameters": {
    "prompt": FILLED, "quantity?": number(int, 1, 8), "width?": int, "height?": int, "seed?": int,
    "quality?": {"LOW", "MEDIUM", "HIGH"},
    "style_ids?": [str], "prompt_enhance?": {"ON", "OFF"}, "guidances?": dict}}


def leonardo_error(status: int, message: str):
    return as_json({"error": message, "path": "$", "code": "unexpected"}, status)


def check_leonardo(request, target) -> None:
    fields = request.json
    compare(fields, LEONARDO_2 if target.method == "v2" else LEONARDO, "")
    asked = fields.get("parameters", fields)
    for name in ("width", "height"):
        if asked.get(name, 0) % 8:
            raise Violation("%s must be a multiple of 8" % name, name)
    request.chat = {"prompt": asked["prompt"], "number": asked.get("quantity") or asked.get("num_images", 4),
                    "size": [asked.get("width"), asked.get("height")]}


def answer_leonardo(request, target, faults):
    identity = job_of(request)
    JOBS[identity], LOOKS[identity] = request.chat, 0
    told = {"generationId": identity, "apiCreditCost": 11}
    return as_json({"generate": told} if target.method == "v2" else {"sdGenerationJob": told})


def check_look(request, target) -> None:
    if target.method not in JOBS:
        raise Violation("no such generation: %s" % target.method, "id", 404)


def answer_look(request, target, faults):
    identity, asked = target.method, JOBS[target.method]
    done = is_done(identity, asked["prompt"])
    status = "PENDING" if not done else "FAILED" if "in vain" in asked["prompt"] else "COMPLETE"
    images = [{"url": "https://cdn.leonardo.ai/users/u/generations/%s/%d.jpg" % (identity, at), "nsfw": False, "id": "img-%d" % at,
               "likeCount": 0,
               "motionMP4URL": None, "generated_image_variation_generics": []} for at in range(asked["number"])]
    return as_json({"generations_by_pk": {
        "generated_images": images if status == "COMPLETE" else [], "modelId": None, "motion": None, "prompt": asked["prompt"],
        "imageHeight": asked["size"][1], "imageWidth": asked["size"][0], "status": status, "id": identity,
        "createdAt": "2026-11-25T00:00:00.000"}})


leonardo = Service("leonardo", check_leonardo, answer_leonardo, leonardo_error, service.bearer,
                   model_of=lambda request: request.json.get("model") or request.json.get("modelId"))
look = Service("leonardo look", check_look, answer_look, leonardo_error, service.bearer, form="none", model_of=service.no_model,
               method="GET")


# ModelArk

MODELARK = {
    "model": str, "prompt": FILLED, "image?": (str, listed(str, 1, 14)), "size?": text(r"[1-4]K|\d+x\d+|adaptive", "a size"),
    "seed?": int,
    "response_format?": {"url", "b64_json"}, "guidance_scale?": float, "watermark?": bool,
    "sequential_image_generation?": {"auto", "disabled"},
    "sequential_image_generation_options?": {"max_images?": number(int, 1, 15)}, "optimize_prompt_options?": dict,
    "output_format?": {"jpeg", "png"},
    "stream?": bool, "tools?": list,
}


def ark_error(status: int, message: str):
    return as_json({"error": {"code": "InvalidParameter" if status < 500 else "InternalServiceError",
                              "message": message + " Request id: 02175",
                              "param": "", "type": "BadRequest" if status < 500 else "InternalServerError"}}, status)


def check_modelark(request, target) -> None:
    fields = request.json
    compare(fields, MODELARK, "")
    size = re.fullmatch(r"(\d+)x(\d+)", fields.get("size", ""))
    least = 3686400 if re.search(r"4-5|5-", target.model) else 921600
    if size and not least <= int(size[1]) * int(size[2]) <= 16777216:
        raise Violation(
            "The parameter `size` specified in the request is not valid: image size must be at least %d pixels." % least, "size")
    given = fields.get("image", [])
    request.chat = {"prompt": fields["prompt"],
                    "images": [referenced(one, "image") for one in ([given] if isinstance(given, str) else given)]}


def answer_modelark(request, target, faults):
    fields = request.json
    number_of = 1
    if fields.get("sequential_image_generation") == "auto":
        number_of = fields.get("sequential_image_generation_options", {}).get("max_images", 15)
    kind = fields.get("output_format", "jpeg")
    data = [{"b64_json": media.encoded(kind, at=at, size=fields.get("size"), **request.chat), "size": "2048x2048"}
            if fields.get("response_format") == "b64_json"
            else {"url": "https://ark-content.example/%d.%s" % (at, kind), "size": "2048x2048"}
            for at in range(number_of)]
    usage = {"generated_images": number_of, "output_tokens": 16384 * number_of, "total_tokens": 16384 * number_of}
    if fields.get("stream"):
        return service.stream([("image_generation.partial_succeeded",
                                dict(one, type="image_generation.partial_succeeded", image_index=at,
                                                                           model=target.model, created=CREATED)) for at,
                                                                           one in enumerate(data)]
                              + [("image_generation.completed",
                                  {"type": "image_generation.completed", "model": target.model, "created": CREATED,
                                   "usage": usage})], done=True)
    return as_json({"model": target.model, "created": CREATED, "data": data, "usage": usage})


modelark = Service("modelark images", check_modelark, answer_modelark, ark_error, service.bearer)


# Hugging Face: the picture itself

TEXT_TO_IMAGE = {"inputs": FILLED,
                 "parameters?": {"width?": number(int, 1), "height?": number(int, 1), "guidance_scale?": float,
                                 "negative_prompt?": str,
                                                   "num_inference_steps?": int, "seed?": int, "scheduler?": str,
                                                   "target_size?": {"width": int, "height": int},
                                                   "prompt?": str}}


def check_huggingface(request, target) -> None:
    compare(request.json, TEXT_TO_IMAGE, "")
    parameters = request.json.get("parameters", {})
    if "prompt" in parameters:
        request.chat = {"prompt": parameters["prompt"], "images": [pure(request.json["inputs"], "inputs")]}
    else:
        request.chat = {"prompt": request.json["inputs"], "size": [parameters.get("width"), parameters.get("height")]}


def answer_huggingface(request, target, faults):
    kind = "png" if request.header("accept").startswith("image/png") else "jpeg"
    return Whole(media.picture(kind, **request.chat), "image/" + kind)


huggingface = Service("huggingface image", check_huggingface, answer_huggingface, service.word, service.bearer)


# MiniMax, whose errors are answers with a status of their own

MINIMAX = {
    "model": str, "prompt": text(r"[\s\S]{1,1500}", "a prompt"), "style?": dict, "seed?": int, "n?": number(int, 1, 9),
    "aspect_ratio?": {"1:1", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "21:9"}, "width?": number(int, 512, 2048),
    "height?": number(int, 512, 2048), "response_format?": {"url", "base64"}, "prompt_optimizer?": bool, "aigc_watermark?": bool,
    "subject_reference?": listed({"type": {"character"}, "image_file": str}, 1),
}
CODES = {401: 1004, 402: 1008, 429: 1002, 500: 1000, 503: 1000}


def minimax_error(status: int, message: str):
    return as_json({"base_resp": {"status_code": CODES.get(status, 2013), "status_msg": message}})


def check_minimax(request, target) -> None:
    fields = request.json
    compare(fields, MINIMAX, "")
    if ("width" in fields) != ("height" in fields) or fields.get("width", 0) % 8 or fields.get("height", 0) % 8:
        raise Violation("invalid params, width and height go together, and are multiples of 8", "width")
    request.chat = {"prompt": fields["prompt"], "images": [referenced(one["image_file"], "subject_reference")
                                                           for one in fields.get("subject_reference", [])]}


def answer_minimax(request, target, faults):
    fields = request.json
    number_of, size = fields.get("n", 1), [fields.get("width"), fields.get("height"), fields.get("aspect_ratio")]
    if fields.get("response_format") == "base64":
        data = {"image_base64": [media.encoded("jpeg", at=at, size=size, **request.chat) for at in range(number_of)]}
    else:
        data = {"image_urls": ["https://hailuo-image.example/%d.jpeg" % at for at in range(number_of)]}
    return as_json({"id": "03ff3cd0820949eb8a410056b5f21d38", "data": data, "metadata": {
        "success_count": str(number_of), "failed_count": "0"}, "base_resp": {"status_code": 0, "status_msg": "success"}})


minimax = Service("minimax images", check_minimax, answer_minimax, minimax_error, service.bearer)


# NVIDIA

GENAI = {"prompt": FILLED, "width?": number(int, 64), "height?": number(int, 64), "cfg_scale?": float, "mode?": str,
         "samples?": number(int, 1, 1),
         "seed?": int, "steps?": int, "image?": (str, [str]), "aspect_ratio?": str}
DIFFUSION = {"prompt": FILLED, "cfg_scale?": float, "aspect_ratio?": {"1:1", "16:9", "9:16", "5:4", "4:5", "3:2", "2:3"},
             "negative_prompt?": str, "seed?": int,
             "steps?": int, "output_format?": {"jpeg"}, "mode?": str, "model?": str}


def check_genai(request, target) -> None:
    fields = request.json
    compare(fields, DIFFUSION if "diffusion-3" in target.model else GENAI, "")
    if max(fields.get("width", 0), fields.get("height", 0)) > 1568:
        raise Refusal("width: Input should be less than or equal to 1568", "width", 422)
    given = fields.get("image", [])
    request.chat = {"prompt": fields["prompt"],
                    "images": [referenced(one, "image") for one in ([given] if isinstance(given, str) else given)],
                    "size": [fields.get("width"), fields.get("height")]}


def answer_genai(request, target, faults):
    if "diffusion-3" in target.model:
        return as_json({"image": media.encoded("jpeg", **request.chat), "finish_reason": "SUCCESS", "seed": 7})
    filtered = "refusal" in faults
    return as_json({"artifacts": [{"base64": media.encoded("jpeg", **request.chat),
                                   "finishReason": "CONTENT_FILTERED" if filtered else "SUCCESS", "seed": 7}]})


genai = Service("nvidia images", check_genai, answer_genai, service.detail, service.bearer)


# Fireworks

FIREWORKS_RATIOS = {"1:1", "21:9", "16:9", "3:2", "5:4", "4:5", "2:3", "9:16", "9:21", "4:3", "3:4"}
WORKFLOW = {"prompt": FILLED, "aspect_ratio?": FIREWORKS_RATIOS, "guidance_scale?": float, "num_inference_steps?": int,
            "seed?": int}
SDXL = {"prompt": FILLED, "width?": int, "height?": int, "samples?": number(int, 1, 16), "cfg_scale?": float, "steps?": int,
        "seed?": int,
        "negative_prompt?": str, "safety_check?": bool, "sampler?": str}
KONTEXT = {"prompt": FILLED, "input_image?": (str, None), "aspect_ratio?": (FIREWORKS_RATIOS, None), "seed?": (int, None),
           "output_format?": {"jpeg", "png"},
           "prompt_upsampling?": bool, "safety_tolerance?": int, "webhook_url?": (str, None)}


def check_workflow(request, target) -> None:
    compare(request.json, WORKFLOW, "")


def answer_workflow(request, target, faults):
    accept = request.header("accept", "application/json")
    told = {"prompt": request.json["prompt"], "ratio": request.json.get("aspect_ratio")}
    for kind in ("png", "jpeg"):
        if accept.startswith("image/" + kind):
            return Whole(media.picture(kind, **told), "image/" + kind, headers=[("finish-reason", "SUCCESS"), ("seed", "7")])
    return as_json({"id": "f", "base64": [media.encoded("jpeg", **told)], "finishReason": "SUCCESS", "seed": 7})


def answer_sdxl(request, target, faults):
    fields = request.json
    told = {"prompt": fields["prompt"], "size": [fields.get("width"), fields.get("height")]}
    if request.header("accept").startswith("image/"):
        return Whole(media.picture("png", **told), "image/png", headers=[("finish-reason", "SUCCESS"), ("seed", "7")])
    return Whole(dumps([{"base64": media.encoded("png", at=at, **told), "finishReason": "SUCCESS", "seed": at}
                        for at in range(fields.get("samples", 1))]).encode())


def check_kontext(request, target) -> None:
    compare(request.json, KONTEXT, "")
    given = request.json.get("input_image")
    if given and not given.startswith(("data:", "http")):
        pure(given, "input_image")
    request.chat = {"prompt": request.json["prompt"],
                    "images": [referenced(given, "input_image") if given.startswith(("data:", "http")) else given] if given else []}


def answer_kontext(request, target, faults):
    identity = job_of(request)
    JOBS[identity], LOOKS[identity] = request.chat, 0
    return as_json({"request_id": identity})


def check_result(request, target) -> None:
    compare(request.json, {"id": str}, "")
    if request.json["id"] not in JOBS:
        raise Violation("no such task: %s" % request.json["id"], "id", 404)


def answer_result(request, target, faults):
    identity = request.json["id"]
    prompt = JOBS[identity]["prompt"]
    status = "Pending" if not is_done(identity, prompt) else "Content Moderated" if "in vain" in prompt else "Ready"
    sample = {"sample": "https://delivery.bfl.example/%s.jpeg" % identity}
    return as_json({"id": identity, "status": status, "result": sample if status == "Ready" else None, "progress": None,
                    "details": None})


workflow = Service("fireworks images", check_workflow, answer_workflow, service.openai, service.bearer)
sdxl = Service("fireworks sdxl", lambda request, target: compare(request.json, SDXL, ""), answer_sdxl, service.openai,
               service.bearer)
kontext = Service("fireworks kontext", check_kontext, answer_kontext, service.openai, service.bearer)
result = Service("fireworks result", check_result, answer_result, service.openai, service.bearer, model_of=service.no_model)
