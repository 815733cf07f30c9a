"""Responses that the fake keeps, as OpenAI does unless it is asked not to: read, cancelled and deleted by their ids."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import faults
from answers import as_json, response_events, response_of

PATH = re.compile(r"/responses/([^/]+)(/cancel|/input_items)?$")
METHODS = {None: ("GET", "DELETE"), "/cancel": ("POST",), "/input_items": ("GET",)}
MOST = 64


class Stored:
    """The last responses, by the host that was asked and their id."""

    def __init__(self):
        self.kept: dict = {}

    def keep(self, request, model: str) -> None:
        if request.json.get("store") is False or faults.faults_of(model):
            return
        response = response_of(request, model)
        items = request.json["input"]
        if isinstance(items, str):
            items = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": items}]}]
        self.kept[host_of(request), response["id"]] = (response, items)
        while len(self.kept) > MOST:
            del self.kept[next(iter(self.kept))]

    def asked(self, request):
        """What a request about a kept response is answered; None: it is about something else."""
        found = PATH.search(request.path)
        if found is None or request.method not in METHODS[found[2]]:
            return None
        id_, below = found.groups()
        kept = self.kept.get((host_of(request), id_))
        if kept is None:
            return faults.error(404, "Response with id '%s' not found." % id_, "invalid_request_error", None)
        response, items = kept
        if below == "/cancel":
            return as_json(dict(response, status="cancelled"))
        if below == "/input_items":
            data = [dict(item, id="msg_%d" % at) for at, item in enumerate(items)]
            return as_json({"object": "list", "data": data, "first_id": data[0]["id"], "last_id": data[-1]["id"],
                            "has_more": False})
        if request.method == "DELETE":
            del self.kept[host_of(request), id_]
            return as_json({"id": id_, "object": "response", "deleted": True})
        if parse_qs(request.query or "").get("stream") == ["true"]:
            return response_events(response)
        return as_json(response)


def host_of(request) -> str:
    return request.header("host")
