"""Pictures of those who make them behind one call: Imagen, Bedrock, xAI, Together and OpenRouter. Gemini's are in gemini_media.py.

    https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api (and -edit)
    https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
    https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html (and -diffusion-3-text-image, -stability)
    https://docs.x.ai/docs/api-reference#image-generations       https://docs.together.ai/reference/post-images-generations
    https://openrouter.ai/docs/api-reference/images

Every picture says in its own bytes what it was made from: see media.py.
"""

from __future__ import annotations

import re

import bedrock
import media
import service
from answers import CREATED, as_json
from checks import Refusal, Violation
from embed import google_error, key_of_google
from media import digest
from service import Service
from shapes import compare, decode, listed, number, text

FILLED = text(r"[\s\S]*\S[\s\S]*", "a text with something in it")
PICTURE_TYPES = {"image/png", "image/jpeg", "image/webp", "image/gif"}


def pure(data: str, where: str) -> str:
    """Base64 of a picture without any head, as the digest of its bytes."""
    if data.startswith("data:"):
        raise Violation("%s: base64 is wanted, not a data URL" % where, where)
    found = decode(data, "", where)
    return digest(found)


def referenced(url: str, where: str) -> str:
    """A URL, or a data URL as the digest of its bytes."""
    if url.startswith("data:"):
        head, comma, data = url[5:].partition(";base64,")
        if not comma or head not in PICTURE_TYPES:
            raise Violation("%s: the data URL is not one of a picture: %r" % (where, url[:60]), where)
        return digest(decode(data, head, where))
    if not re.fullmatch(r"https?://\S+", url):
        raise Violation("%s: %r is no URL" % (where, url[:60]), where)
    return url


# Imagen

RATIOS = {"1:1", "3:4", "4:3", "9:16", "16:9"}
IMAGE = {"bytesBase64Encoded?": str, "mimeType?": str, "gcsUri?": str}
REFERENCE = {"referenceType": {"REFERENCE_TYPE_" + kind for kind in ("RAW", "MASK", "CONTROL", "STYLE", "SUBJECT")},
             "referenceId": int,
             "referenceImage?": IMAGE,
             "maskImageConfig?": {"maskMode": str, "maskClasses?": [int], "dilation?": number(float, 0, 1)},
             "controlImageConfig?": dict, "styleImageConfig?": dict, "subjectImageConfig?": dict}
PARAMETERS = {
    "sampleCount?": number(int, 1, 4), "aspectRatio?": RATIOS, "sampleImageSize?": {"1K", "2K", "4K"}, "personGeneration?": str,
    "outputOptions?": {"mimeType?": {"image/png", "image/jpeg"}, "compressionQuality?": number(int, 0, 100)}, "safetySetting?": str,
    "includeRaiReason?": bool, "includeSafetyAttributes?": bool, "language?": str, "guidanceScale?": number(float, 0),
}
VERTEX_PARAMETERS = dict(PARAMETERS, **{
    "negativePrompt?": str, "seed?": number(int, 0), "addWatermark?": bool, "enhancePrompt?": bool, "storageUri?": str,
    "mode?": {"upscale"},
    "upscaleConfig?": {"upscaleFactor": {"x2", "x3", "x4"}}, "editConfig?": {"baseSteps?": number(int, 1)},
    "editMode?": {"EDIT_MODE_" + mode for mode in ("DEFAULT", "INPAINT_INSERTION", "INPAINT_REMOVAL", "OUTPAINT", "BGSWAP",
                                                  "CONTROLLED_EDITING", "STYLE", "PRODUCT_IMAGE")}})
INSTANCE = {"prompt": str, "image?": IMAGE, "referenceImages?": listed(REFERENCE, 1, 16)}


def check_imagen(request, target) -> None:
    shape = {"instances": listed(INSTANCE if target.vertex else {"prompt": FILLED}, 1, 1),
             "parameters?": VERTEX_PARAMETERS if target.vertex else PARAMETERS, "labels?": dict}
    compare(request.json, shape, "")
    one, parameters = request.json["instances"][0], request.json.get("parameters", {})
    references = one.get("referenceImages", [])
    if references and "capability" not in target.model:
        raise Violation("Image editing is not supported by %s" % target.model, "referenceImages")
    kinds = [reference["referenceType"] for reference in references]
    if references and "REFERENCE_TYPE_RAW" not in kinds and not one["prompt"].count("["):
        raise Violation("A raw reference image is needed", "referenceImages")
    if len({reference["referenceId"] for reference in references}) != len(references):
        raise Violation("Two reference images have the same id", "referenceImages")
    if ("REFERENCE_TYPE_MASK" in kinds) != (parameters.get("editMode", "").startswith("EDIT_MODE_INPAINT")) and references:
        raise Violation("A mask goes with the edit modes that need one: %s, %s" % (kinds, parameters.get("editMode")), "editMode")
    if parameters.get("seed") is not None and parameters.get("addWatermark") is not False:
        raise Violation("Seed is not supported when watermark is enabled", "seed")
    if "compressionQuality" in parameters.get("outputOptions", {}) and parameters["outputOptions"].get("mimeType") != "image/jpeg":
        raise Violation("compressionQuality is only for image/jpeg", "outputOptions")
    request.chat = {"prompt": one["prompt"], "images": [pure(reference["referenceImage"]["bytesBase64Encoded"], "referenceImages")
                                                        for reference in references if "referenceImage" in reference]}


def answer_imagen(request, target, faults):
    parameters = request.json.get("parameters", {})
    kind = parameters.get("outputOptions", {}).get("mimeType", "image/png")[6:]
    predictions = [{"bytesBase64Encoded": media.encoded(kind, at=at, ratio=parameters.get("aspectRatio"), **request.chat),
                    "mimeType": "image/" + kind}
                   for at in range(parameters.get("sampleCount", 4))]
    if "refusal" in faults:
        predictions = [
            {"raiFilteredReason": "The response is blocked, as it may violate our policies."}] if parameters.get("includeRaiReason") else []
    return as_json({"predictions": predictions, "deployedModelId": "1"} if predictions else {})


imagen = Service("imagen", check_imagen, answer_imagen, google_error, key_of_google)


# Bedrock: Amazon's own

B64 = text(r"[A-Za-z0-9+/=]+", "base64")
CONFIG = {"numberOfImages?": number(int, 1, 5), "width?": int, "height?": int, "quality?": {"standard", "premium"},
          "cfgScale?": number(float, 1.1, 10), "seed?": number(int, 0, 2147483646)}
TASKS = {
    "TEXT_IMAGE": ("textToImageParams",
                   {"text": FILLED, "negativeText?": FILLED, "style?": str, "conditionImage?": B64, "controlMode?": str,
                                         "controlStrength?": float}),
    "INPAINTING": ("inPaintingParams",
                   {"image": B64, "text?": FILLED, "negativeText?": FILLED, "maskImage?": B64, "maskPrompt?": FILLED,
                                        "returnMask?": bool}),
    "OUTPAINTING": ("outPaintingParams",
                    {"image": B64, "text": FILLED, "negativeText?": FILLED, "maskImage?": B64, "maskPrompt?": FILLED,
                                          "outPaintingMode?": {"DEFAULT", "PRECISE"}, "returnMask?": bool}),
    "IMAGE_VARIATION": ("imageVariationParams", {"images": listed(B64, 1, 5), "text?": FILLED, "negativeText?": FILLED,
                                                 "similarityStrength?": number(float, 0.2, 1)}),
    "BACKGROUND_REMOVAL": ("backgroundRemovalParams", {"image": B64}),
    "COLOR_GUIDED_GENERATION": ("colorGuidedGenerationParams", dict),
}
TITAN_SIZES = {(1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384), (768, 1280), (384, 640),
               (1280, 768),
               (640, 384), (896, 1152), (448, 576), (1152, 896), (576, 448), (768, 1408), (384, 704), (1408, 768), (704, 384),
               (640, 1408),
               (320, 704), (1408, 640), (704, 320), (1152, 640), (1173, 640)}


def check_amazon(request, target) -> None:
    fields = request.json
    task = fields.get("taskType")
    if task not in TASKS:
        raise Violation("Malformed input request: #: #/taskType: %r is not a valid enum value" % task, "taskType")
    name, shape = TASKS[task]
    compare(fields,
            {"taskType": {task}, name: shape, **({} if task == "BACKGROUND_REMOVAL" else {"imageGenerationConfig?": CONFIG})}, "")
    asked, config = fields[name], fields.get("imageGenerationConfig", {})
    longest = 512 if "titan" in target.model else 1024
    if len(asked.get("text", "")) > longest:
        raise Violation("#/%s/text: expected maxLength: %d, actual: %d" % (name, longest, len(asked["text"])), "text")
    if task in ("INPAINTING", "OUTPAINTING") and ("maskImage" in asked) == ("maskPrompt" in asked):
        raise Violation("Exactly one of maskPrompt and maskImage must be provided", name)
    if ("width" in config) != ("height" in config):
        raise Violation("width and height go together", "width")
    if "width" in config:
        check_size(config["width"], config["height"], "titan" in target.model)
    images = [asked[part] for part in ("image", "maskImage") if part in asked] + asked.get("images", [])
    request.chat = {"prompt": asked.get("text"), "task": task, "images": [pure(one, name) for one in images]}


def check_size(width: int, height: int, titan: bool) -> None:
    if titan:
        fits = (width, height) in TITAN_SIZES
    else:
        fits = (320 <= min(width, height) and max(width, height) <= 4096 and width % 16 == 0 and height % 16 == 0
                and width * height <= 4194304 and max(width, height) <= 4 * min(width, height))
    if not fits:
        raise Violation("The size %dx%d is not valid for this model" % (width, height), "width")


def answer_amazon(request, target, faults):
    config = request.json.get("imageGenerationConfig", {})
    size = "%sx%s" % (config.get("width", 1024), config.get("height", 1024))
    images = [media.encoded("png", at=at, size=size, quality=config.get("quality", "standard"), **request.chat)
              for at in range(config.get("numberOfImages", 1))]
    if "refusal" in faults:
        return bedrock_error(400,
                             "This request has been blocked by our content filters. Our filters automatically flagged this prompt "
                                  "because it may conflict with our AUP or AWS Responsible AI Policy. Please adjust your text prompt to submit a new request.")
    return as_json({"images": images, "error": None})


def bedrock_error(status: int, message: str):
    return bedrock.failing(status, message, None)


amazon = Service("bedrock invoke image", check_amazon, answer_amazon, bedrock_error, bedrock.check_key)


# Bedrock: Stability's

STABLE_RATIOS = {"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}
GENERATE = {"prompt": text(r"[\s\S]{1,10000}", "a prompt"), "mode?": {"text-to-image", "image-to-image"},
            "aspect_ratio?": STABLE_RATIOS,
            "output_format?": {"png", "jpeg", "webp"}, "seed?": number(int, 0, 4294967294), "negative_prompt?": str, "image?": B64,
            "strength?": number(float, 0, 1)}
SERVE = {"image?": B64, "init_image?": B64, "style_image?": B64, "mask?": B64, "prompt?": str, "negative_prompt?": str,
         "seed?": int,
         "output_format?": {"png", "jpeg", "webp"}, "search_prompt?": str, "select_prompt?": str, "grow_mask?": number(int, 0, 20),
         "style_preset?": str, "left?": int, "right?": int, "up?": int, "down?": int, "creativity?": float,
         "control_strength?": float,
         "fidelity?": float, "aspect_ratio?": STABLE_RATIOS, "style_strength?": float, "composition_fidelity?": float,
         "change_strength?": float}
SERVICES = re.compile(r"inpaint|erase-object|search-|remove-background|control-|style-|upscale|outpaint")


def check_stability(request, target) -> None:
    fields = request.json
    served = SERVICES.search(target.model)
    compare(fields, SERVE if served else GENERATE, "")
    if not served:
        if ("image" in fields) != ("strength" in fields) or "image" in fields and "aspect_ratio" in fields:
            raise Violation("image-to-image needs image and strength, and takes no aspect_ratio", "image")
        if fields.get("mode",
                      "text-to-image") != ("image-to-image" if "image" in fields else "text-to-image") and "sd3" in target.model:
            raise Violation("the mode is not that of the members", "mode")
        if "image" in fields and "core" in target.model:
            raise Refusal("extraneous key [image] is not permitted", "image")
    elif not fields.keys() & {"image", "init_image"}:
        raise Violation("image is required", "image")
    request.chat = {"prompt": fields.get("prompt"),
                    "images": [pure(fields[name], name) for name in ("image", "init_image", "style_image", "mask")
                                                               if name in fields]}


def answer_stability(request, target, faults):
    if "refusal" in faults:
        return as_json({"seeds": [7], "finish_reasons": ["Filter reason: prompt"], "images": [None]})
    image = media.encoded(request.json.get("output_format", "png"), ratio=request.json.get("aspect_ratio"), **request.chat)
    return as_json({"seeds": [2130420379], "finish_reasons": [None], "images": [image]})


stability = Service("bedrock invoke stability", check_stability, answer_stability, bedrock_error, bedrock.check_key)


# xAI

XAI_RATIOS = {"1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "9:19.5", "19.5:9", "9:20", "20:9", "1:2", "2:1", "auto"}
XAI_IMAGE = {"url?": str, "type?": {"image_url"}, "file_id?": str}
XAI = {"model": str, "prompt": FILLED, "n?": number(int, 1, 10), "aspect_ratio?": XAI_RATIOS, "resolution?": {"1k", "2k"},
       "quality?": {"low", "medium", "high"}, "response_format?": {"url", "b64_json"}, "user?": str}
XAI_EDIT = dict(XAI, **{"image?": XAI_IMAGE, "images?": listed(XAI_IMAGE, 2, 3), "mask?": XAI_IMAGE})


def xai_error(status: int, message: str):
    return as_json({"code": "Client specified an invalid argument" if status < 500 else "The service is currently unavailable",
                    "error": message}, status)


def check_xai(request, target) -> None:
    compare(request.json, XAI, "")
    request.chat = {"prompt": request.json["prompt"]}


def check_xai_edit(request, target) -> None:
    fields = request.json
    compare(fields, XAI_EDIT, "")
    if ("image" in fields) == ("images" in fields):
        raise Violation("exactly one of image and images", "image")
    images = [fields["image"]] if "image" in fields else fields["images"]
    images += [fields["mask"]] if "mask" in fields else []
    request.chat = {"prompt": fields["prompt"], "images": [referenced(one["url"], "image") for one in images]}


def answer_xai(request, target, faults):
    fields, data = request.json, []
    for at in range(fields.get("n", 1)):
        if fields.get("response_format") == "b64_json":
            one = {"b64_json": media.encoded("jpeg", at=at, ratio=fields.get("aspect_ratio"), **request.chat)}
        else:
            one = {"url": "https://imgen.x.ai/xai-imgen/xai-tmp-imgen-%d.jpeg" % at}
        data.append(dict(one, mime_type="image/jpeg", revised_prompt="", respect_moderation=True))
    return as_json({"data": data, "usage": {"cost_in_usd_ticks": 700000000}})


xai = Service("xai images", check_xai, answer_xai, xai_error, service.bearer)
xai_edit = Service("xai image edits", check_xai_edit, answer_xai, xai_error, service.bearer)


# Together

TOGETHER = {"model": str, "prompt": FILLED, "n?": number(int, 1, 4), "width?": number(int, 64, 4096),
            "height?": number(int, 64, 4096),
            "steps?": number(int, 1), "seed?": int, "negative_prompt?": str, "guidance_scale?": float,
            "response_format?": {"base64", "url"},
            "output_format?": {"jpeg", "png"}, "image_url?": str, "reference_images?": listed(str, 1), "image_loras?": [dict],
            "disable_safety_checker?": bool, "aspect_ratio?": text(r"\d+:\d+", "a ratio"), "prompt_upsampling?": bool}


def check_together(request, target) -> None:
    fields = request.json
    compare(fields, TOGETHER, "")
    if ("width" in fields) != ("height" in fields):
        raise Violation("width and height go together", "width")
    for name in ("width", "height"):
        if fields.get(name, 0) % 16:
            raise Violation("%s must be a multiple of 16" % name, name)
    images = ([fields["image_url"]] if "image_url" in fields else []) + fields.get("reference_images", [])
    request.chat = {"prompt": fields["prompt"], "images": [referenced(one, "image_url") for one in images]}


def answer_together(request, target, faults):
    fields, data = request.json, []
    size = "%sx%s" % (fields.get("width", 1024), fields.get("height", 1024))
    for at in range(fields.get("n", 1)):
        if fields.get("response_format") == "base64":
            one = {"b64_json": media.encoded(fields.get("output_format", "jpeg"), at=at, size=size, **request.chat)}
        else:
            one = {"url": "https://api.together.ai/imgproxy/%d" % at}
        data.append(dict(one, index=at, timings={"inference": 0.45}))
    return as_json({"id": "9026bb179bfad652-CDG", "model": target.model, "object": "list", "data": data})


together = Service("together images", check_together, answer_together, service.openai, service.bearer)


# OpenRouter

ROUTER_RATIOS = {"1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2", "5:4", "5:7", "7:5",
                 "8:1",
                 "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"}
OPENROUTER = {
    "model": str, "prompt": FILLED, "n?": number(int, 1, 10), "aspect_ratio?": ROUTER_RATIOS,
    "resolution?": {"512", "768", "1K", "1.5K", "2K", "4K"},
    "size?": str, "quality?": {"auto", "low", "medium", "high", "xhigh", "max"}, "background?": {"auto", "transparent", "opaque"},
    "output_format?": {"png", "jpeg", "webp", "svg"}, "output_compression?": number(int, 0, 100), "seed?": int, "stream?": bool,
    "input_references?": [{"type": {"image_url"}, "image_url": {"url": str}}], "provider?": dict, "session_id?": str,
    "trace?": dict, "user?": str,
}


def check_openrouter(request, target) -> None:
    compare(request.json, OPENROUTER, "")
    request.chat = {"prompt": request.json["prompt"], "images": [referenced(one["image_url"]["url"], "input_references")
                                                                 for one in request.json.get("input_references", [])]}


def answer_openrouter(request, target, faults):
    fields = request.json
    kind = fields.get("output_format", "png")
    usage = {"prompt_tokens": 11, "completion_tokens": 1120, "total_tokens": 1131, "cost": 0.0336}
    made = [media.encoded(kind, at=at, size=fields.get("size"), ratio=fields.get("aspect_ratio"), **request.chat)
            for at in range(fields.get("n", 1))]
    if fields.get("stream"):
        events = [("image_generation.partial_image",
                   {"type": "image_generation.partial_image", "b64_json": made[0], "partial_image_index": 0}),
                  ("image_generation.completed", {"type": "image_generation.completed", "b64_json": made[0], "created": CREATED,
                                                  "media_type": "image/" + kind, "usage": usage})]
        return service.stream(events)
    return as_json({"created": CREATED, "data": [{"b64_json": one, "media_type": "image/" + kind} for one in made], "usage": usage})


openrouter = Service("openrouter images", check_openrouter, answer_openrouter, service.openai, service.bearer)
