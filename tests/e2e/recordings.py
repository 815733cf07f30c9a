"""Recorded exchanges as test cases, the rows as documented, and a provider that says again what was recorded.

The recordings are not part of the project: `ORQ_CORPUS` names a folder with an `index.jsonl` (a line a case) and a folder
a case, which holds `meta.json`, the request if there is one, and the answer's body.
"""

import copy
import http.server
import json
import pathlib
import re
import threading

import envoy

ROUTES = {
    "chat": "/chat/completions", "chat-openai-compat": "/chat/completions", "completions": "/completions",
    "responses": "/responses", "embeddings": "/embeddings", "rerank": "/rerank", "v2-rerank": "/rerank",
    "moderations": "/moderations", "images-generations": "/images/generations", "images-edits": "/images/edits",
    "images-variations": "/images/variations", "audio-speech": "/audio/speech",
    "audio-transcriptions": "/audio/transcriptions", "audio-translations": "/audio/translations",
}
# Providers whose recorded API is OpenAI's, and the rows that they are; without one: a provider of the operator's own.
# Of the others only the endpoints named are OpenAI's.
ROWS = {
    "openai": "openai", "azure-openai": "azure", "mistral": "mistral", "groq": "groq", "together": "togetherai",
    "fireworks": "fireworks", "deepseek": "deepseek", "perplexity": "perplexity", "xai": "xai",
    "huggingface": "huggingface", "openrouter": "openrouter", "voyage": "voyage", "x-alibaba": "alibaba",
    "x-cerebras": "cerebras", "x-llamacpp": "llamacpp", "x-moonshot": "moonshotai", "x-ollama": "ollama",
    "x-sambanova": "sambanova", "x-zai": "zai", "bedrock-mantle": None, "x-cloudflare": None,
}
PARTLY = {
    ("gemini", "chat-openai-compat"): None, ("cohere", "chat-openai-compat"): None,
    ("cohere", "v2-rerank"): "cohere", ("anthropic", "chat-openai-compat"): None,
}
# Of the other routes only what passes as it came is replayed here; test_route_recordings.py has all of them.
TOLD = {"/chat/completions", "/completions", "/responses"}
AS_THEY_CAME = {"openai", "azure-openai"}
TYPES = {"json": "application/json", "sse": "text/event-stream", "bin": "application/octet-stream", "txt": "text/plain"}
# What belongs to a recorded connection rather than to the answer.
HOP = {"content-type", "content-length", "transfer-encoding", "connection", "keep-alive", "content-encoding", "trailer", "upgrade"}
# Of Orq's own members (src/orq.rs) those that recorded clients sent, meaning something else.
ORQS_OWN = {"inputs"}
AZURE = "resource.openai.azure.com"


# Differences whose outcome is not computed here a second time (goldens show it): what they may change.
REWRITES = {
    "of all parameters only these": "only", "reasoning of earlier answers": "replay", "of messages only these": "messages",
    "contents of messages are written": "messages", "tools and formats are written": "tools",
    "`thinking` is sent as": "thinking", "`web_search_options` are sent as": "search",
    "tools of Responses that run there": "told",  # Of requests that are told as chats, which are not replayed.
}
LOOSE = {
    "replay": {"messages"}, "messages": {"messages"},
    "tools": {"tools", "tool_choice", "response_format", "prediction", "service_tier"},
    "thinking": {"thinking", "reasoning_effort", "reasoning", "enable_thinking", "thinking_budget", "chat_template_kwargs"},
    "search": {"web_search_options", "tools", "enable_search", "disable_search"},
}
# What must stand in a request before a difference changes anything.
NEEDS = {"replay": (b"reasoning", b'"citations"', b"extra_content", b"thought_signature"),
         "thinking": (b'"thinking"', b'"reasoning_effort"'), "search": (b'"web_search_options"',)}


class Row:
    """A provider as docs/PROVIDERS.md, which is generated from the rows, describes it."""

    NAMES = {"chat": "/chat/completions", "completions": "/completions", "responses": "/responses",
             "embeddings": "/embeddings", "rerank": "/rerank", "moderations": "/moderations", "images": "/images/generations",
             "edits": "/images/edits", "variations": "/images/variations", "speech": "/audio/speech",
             "transcriptions": "/audio/transcriptions", "translations": "/audio/translations"}

    def __init__(self, text):
        self.id = text.split("\n", 1)[0].strip()
        self.authority, self.paths, self.versioned, self.quirks = None, {}, {}, []
        self.extends_chat = "Its chat answers pass as they are." not in text
        at = re.search(r"Listens at `https://([^`]+)`", text)
        local = re.search(r"plain HTTP at `127\.0\.0\.1:(\d+)`", text)
        if at or local:
            self.authority = at[1] if at else "localhost:" + local[1]
        paths = self.paths
        for line in text.splitlines():
            if line.startswith("| with `api_version`"):
                paths = self.versioned
            elif route := re.match(r"\| `POST (/\S+)`(?: for ([^|]+?))?(?: but for ([^|]+))? \| `(/\S+)`[^|]* \| openai \|", line):
                models, but = (tuple(re.findall("`([^`]+)…`", part or "")) for part in (route[2], route[3]))
                paths.setdefault(route[1], []).append((models or ("",), but, route[4]))
            elif line.startswith("- "):
                self.quirks.append(self.quirk(line))

    def path(self, dated, route, model):
        """Where a model is reached; None: it is not, or its route is told as another."""
        routes = (self.versioned if dated else self.paths).get(route, ())
        fits = (path for models, but, path in routes if model.startswith(models) and not model.startswith(but))
        return next(fits, None)

    def quirk(self, line):
        """Endpoints, beginnings of models, and (what, names…) of one sentence on a difference."""
        head = re.match(r"- ([a-z, ]+?)(?: with models ((?:`[^`]+…`(?:, )?)+))?: (.+)\.$", line)
        assert head, "this difference of %s cannot be read: %s" % (self.id, line)
        endpoints = [self.NAMES[name] for name in head[1].split(", ")]
        models = tuple(re.findall("`([^`]+)…`", head[2] or "")) or ("",)
        named = re.findall("`([^`]+)`", head[3])
        if head[3].startswith("not taken, so left out"):
            return endpoints, models, ("drop", *named[1:])
        if moved := re.fullmatch(r"`(\w+)` is moved into (\S+) to (\S+)", head[3]):
            return endpoints, models, ("clamp", moved[1], float(moved[2]), float(moved[3]))
        if re.fullmatch(r"`\w+` is sent as `\w+`", head[3]):
            return endpoints, models, ("rename", *named)
        for beginning, what in REWRITES.items():
            if head[3].startswith(beginning):
                return endpoints, models, (what, *named)
        if not TOLD & set(endpoints):
            return endpoints, models, ("beside",)  # What changes on the other routes is not computed here.
        assert head[3] == "messages of role `developer` are sent with role `system`", line
        return endpoints, models, ("developer",)

    def changed(self, route, model, members, body):
        """The request's members (of `exact`) after the row's quirks, the names that the client is told, and the names of
        members that may have changed in ways that are not computed here."""
        loose = set()
        told = {name for name, _ in members if name in ORQS_OWN}
        members = [pair for pair in members if pair[0] not in told]
        for endpoints, models, (what, *names) in self.quirks:
            if route not in endpoints or not model.startswith(models):
                continue
            present = dict(members)
            if what in LOOSE and any(need in body for need in NEEDS.get(what, (b"",))):
                loose |= LOOSE[what]
            if what == "only":
                told |= {name for name, value in members if name not in names and name not in loose and value is not None}
                members = [(name, value) for name, value in members if name in names and value is not None]
            if what == "rename" and names[0] in present:
                if names[1] in present:
                    told.add(names[0])
                    members = [pair for pair in members if pair[0] != names[0]]
                else:
                    members = [(names[1] if name == names[0] else name, value) for name, value in members]
            elif what == "drop":
                told |= {name for name, value in members if name in names and value is not None}
                members = [pair for pair in members if pair[0] not in names]
            elif what == "clamp" and isinstance(present.get(names[0]), tuple) and present[names[0]][0] == "number":
                value = float(present[names[0]][1])
                if not names[1] <= value <= names[2]:
                    told.add(names[0])
                    moved = ("number", "%g" % min(max(value, names[1]), names[2]))
                    members = [(name, moved if name == names[0] else value) for name, value in members]
            elif what == "developer" and isinstance(present.get("messages"), list):
                messages = [as_system(message) for message in present["messages"]]
                members = [(name, messages if name == "messages" else value) for name, value in members]
        return members, told, loose


def as_system(message):
    if isinstance(message, tuple) and message[0] == "object":
        return ("object", [("role", "system") if pair == ("role", "developer") else pair for pair in message[1]])
    return message


def rows():
    text = (envoy.ROOT / "docs" / "PROVIDERS.md").read_text()
    sections = (section for section in text.split("\n## ") if "([documentation](" in section)
    # Rows without a route in OpenAI's language are judged by test_translated.py.
    return {row.id: row for row in map(Row, sections) if row.paths}


def exact(text):
    """JSON so that nothing is equal but what is written alike: the order of members and the text of numbers count."""
    return json.loads(text, object_pairs_hook=lambda pairs: ("object", pairs),
                      parse_int=lambda digits: ("number", digits), parse_float=lambda digits: ("number", digits))


class Case:
    """One recorded exchange, and how it is replayed."""

    def __init__(self, folder, line, all_rows):
        self.folder, self.id, self.line = folder / line["case"], line["case"], line
        self.provider, self.recorded_endpoint = line["provider"], line["endpoint"]
        self.meta = json.loads((self.folder / "meta.json").read_bytes())
        self.status = line["status"]
        self.answer = (self.folder / line["response_file"]).read_bytes()
        headers = self.meta.get("response_headers") or {}
        self.content_type = headers.get("content-type") or TYPES[self.meta["response_format"]]
        self.headers = [(name, value) for name, value in headers.items() if name not in HOP]
        self.route = ROUTES[self.recorded_endpoint]
        self.url, _, query = (self.meta.get("url") or "").partition("?")
        version = re.search(r"api-version=([^&]+)", query)
        self.api_version = version[1] if version and self.provider == "azure-openai" else None
        row = all_rows.get(ROWS.get(self.provider) or PARTLY.get((self.provider, self.recorded_endpoint)))
        if row and row.id == "azure" and not self.url.startswith(("/openai/", "/chat/")):
            row = None  # Azure AI's older inference API, which is not the row's.
        self.multipart = line["request_file"] == "request.bin" or (
            not line["request_file"] and self.route in ("/images/variations", "/audio/transcriptions", "/audio/translations"))
        self.request_file = line["request_file"]
        if self.request_file and (self.folder / self.request_file).stat().st_size < 40 and self.multipart:
            self.request_file = None  # A form that was left out of the recording.
        self.request, self.request_type = self.read_request()
        self.model = self.read_model() or line["model"] or "a-model"
        self.place(row)

    def place(self, row):
        """Sends the case through a row; without one through a provider of the operator's own, at the recorded place."""
        self.row = row
        if row:
            dated = bool(self.api_version) and self.api_version[0].isdigit()
            path = row.path(dated, self.route, self.model)
            self.prefix, self.authority = row.id, row.authority or AZURE
        else:
            path, self.api_version, self.authority = self.url, None, self.meta["host"]
            base = self.url.removesuffix(self.route)
            self.prefix = "own-" + re.sub("[^a-z0-9]+", "-", (self.authority + base).lower())
            self.settings = {"dialect": "openai", "host": self.authority, "base_path": base}
        self.path = path and path.replace("{model}", self.model)
        if path and self.api_version:
            self.path += "?api-version=" + self.api_version

    def through(self, row):
        """The same case by way of another row."""
        other = copy.copy(self)
        other.api_version = None
        other.place(row)
        return other

    def with_developer(self):
        """The same chat with the newer name of the role `system`, which no recorded client sent."""
        other = copy.copy(self)
        if self.route == "/chat/completions":
            other.request = re.sub(rb'("role"\s*:\s*)"system"', rb'\1"developer"', self.request)
        return other

    @property
    def refused(self):
        """The provider has the route in a form of its own, and the row leaves it out."""
        return self.path is None

    def unfit(self):
        """Why it is not replayed, or None."""
        if self.refused and self.route in ("/completions", "/responses"):
            return "told as a chat"
        if not self.multipart and self.route.startswith("/audio/tran"):
            return "JSON where OpenAI takes a form"
        if not self.multipart and exact(self.request)[0] != "object":
            return "its request is no JSON object"
        return None

    def read_request(self):
        recorded = (self.meta.get("request_headers") or {}).get("content-type")
        if self.request_file:
            request = (self.folder / self.request_file).read_bytes()
            if not self.multipart:
                return request, recorded or "application/json"
            boundary = re.match(rb"\s*--([^\r\n]+)", request)[1].decode()
            return request, recorded or "multipart/form-data; boundary=" + boundary
        if self.multipart:
            parts = {"model": "a-model", 'file"; filename="a.wav': "RIFF"}
            text = "".join('--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part for part in parts.items())
            return (text + "--b--\r\n").encode(), "multipart/form-data; boundary=b"
        content = {"/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]}, "/completions": {"prompt": "Hi"},
                   "/rerank": {"query": "Hi", "documents": ["Hi"]}, "/images/generations": {"prompt": "Hi"}}
        content = content.get(self.route, {"input": "Hi"})
        return json.dumps({**content, **({"stream": True} if self.line["stream"] else {})}).encode(), "application/json"

    def read_model(self):
        if self.multipart:
            part = self.model_part()
            return self.request[part].decode() if part else None
        members = exact(self.request)
        model = dict(members[1]).get("model") if members[0] == "object" else None
        deployment = re.match(r"/openai/deployments/([^/]+)/", self.url)
        return deployment[1] if deployment else model

    def model_part(self):
        found = re.search(rb'name="?model"?(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--', self.request, re.S)
        return slice(*found.span(1)) if found else None

    def body(self, model):
        """The recorded request with another model, all else byte by byte as it was."""
        if self.multipart:
            part = self.model_part()
            if not part:
                boundary = self.request.split(b"\r\n", 1)[0]
                added = b'\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n'
                return boundary + added % model.encode() + self.request
            return self.request[:part.start] + model.encode() + self.request[part.stop:]
        text = self.request.decode()
        before = exact(text)[1]
        if "model" not in dict(before):
            return text.replace("{", '{"model":%s%s' % (json.dumps(model), "," if before else ""), 1).encode()
        wanted = [(name, model if name == "model" else value) for name, value in before]
        for found in re.finditer(r'"model"\s*:\s*("(?:[^"\\]|\\.)*")', text):
            changed = text[:found.start(1)] + json.dumps(model, ensure_ascii=False) + text[found.end(1):]
            if exact(changed)[1] == wanted:
                return changed.encode()
        raise AssertionError("the model's place in the request was not found")


def cases(folder):
    """The cases that are replayed, and the reason for every other one."""
    folder, all_rows, replayed, left_out = pathlib.Path(folder), rows(), [], {}
    for line in map(json.loads, (folder / "index.jsonl").read_text().splitlines()):
        place = line["provider"], line["endpoint"]
        if place[0] not in ROWS and place not in PARTLY:
            reason = "not OpenAI's language"
        elif place[1] not in ROUTES:
            reason = "the proxy has no such route, or the provider has it in a form of its own"
        elif ROUTES[place[1]] not in TOLD and place[0] not in AS_THEY_CAME:
            reason = "replayed by test_route_recordings.py"
        else:
            case = Case(folder, line, all_rows)
            reason = case.unfit()
            if not reason:
                replayed.append(case)
        if reason:
            left_out.setdefault((reason, place[0]), {}).setdefault(place[1], []).append(line["case"])
    return replayed, left_out


class Hold:
    """A place in an answer where the provider waits for the client, and whether it came in time."""

    def __init__(self, at):
        self.at, self.there, self.in_time = at, threading.Event(), True

    def wait(self):
        self.in_time = self.in_time and self.there.wait(2)


class Replay:
    """A provider that gives the answer it was told to, in pieces of `cut` bytes, and keeps the request that it got."""

    def __init__(self):
        replay = self
        self.answer, self.seen = None, None
        self.held = None  # A Hold: where the answer stops until the client has what came before.

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                size = self.headers.get("content-length")
                body = self.rfile.read(int(size)) if size else b""
                replay.seen = {"path": self.path, "headers": self.headers, "body": body}
                status, headers, body, cut = replay.answer
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header(*(("transfer-encoding", "chunked") if cut else ("content-length", str(len(body)))))
                self.end_headers()
                if not cut:
                    self.wfile.write(body)
                    return
                for at in range(0, len(body), cut):
                    piece = body[at:at + cut]
                    if replay.held and at >= replay.held.at:
                        replay.held.wait()
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def bootstrap(port, replayed, key, log):
    """An Envoy with every row, and one listener for each version of Azure's API, since a provider is configured once."""
    whole = None
    for version in sorted({case.api_version for case in replayed}, key=str):
        # A host of many regions is asked for one, as a host of the operator's is.
        public = {row.id for row in rows().values() if row.authority and "{" not in row.authority}
        providers = {row.id: {} if row.id in public else {"host": AZURE} for row in rows().values()}
        providers |= {case.prefix: dict(case.settings) for case in replayed if not case.row}
        if version:
            providers["azure"]["api_version"] = version
        for name, settings in providers.items():
            settings |= {"cluster": "openai", "api_key": {"value": "provider-key-" + name}}
        listed = sorted({"%s/%s" % (case.prefix, case.model) for case in replayed})
        config = {"keys": [envoy.client_key("demo", key)], "providers": providers, "models": listed + ["*"]}
        made = envoy.bootstrap(port, config=config, log=log)
        made["static_resources"]["listeners"][0]["name"] = str(version)
        if whole is None:
            whole = made
        else:
            whole["static_resources"]["listeners"] += made["static_resources"]["listeners"]
    return whole


def ports(proxy):
    listeners = json.loads(proxy.ask("/listeners?format=json"))["listener_statuses"]
    return {one["name"]: one["local_address"]["socket_address"]["port_value"] for one in listeners}
