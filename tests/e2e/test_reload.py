"""Keys and models change while requests run: Envoy reads the filter's configuration from a watched file."""

import os
import threading
import time

import httpx
import pytest

import envoy

CHAT = "/chat/completions"


class Reloading:
    """A proxy of its own whose filter configuration lies in a file."""

    def __init__(self, folder, fake, dead_port):
        self.folder = folder / "filter"
        self.folder.mkdir()
        self.config = envoy.plugin_config()
        self.write(envoy.ecds_file(self.config))
        self.proxy = envoy.Envoy(folder, "reload", envoy.bootstrap(fake.port, dead_port, ecds=self.folder / "ecds.json"))
        self.http = httpx.Client(base_url=self.proxy.base_url, timeout=10)
        assert self.settles(lambda: self.chat("sk-orq-demo") == 200), "the first configuration did not arrive"

    def write(self, text):
        """Replaces the file in one move, as a mounted volume or a careful operator does."""
        fresh = self.folder / "ecds.json.new"
        fresh.write_text(text)
        os.replace(fresh, self.folder / "ecds.json")

    def chat(self, key, model="openai/gpt-4o"):
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
        return self.http.post(CHAT, json=body, headers={"authorization": "Bearer " + key}).status_code

    def settles(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return False

    def both(self, key, status, **model):
        """Whether both workers agree by now: several fresh connections in a row."""
        def ask():
            body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **model}
            return httpx.post(self.proxy.base_url + CHAT, json=body, headers={"authorization": "Bearer " + key}).status_code
        return self.settles(lambda: all(ask() == status for _ in range(12)))


@pytest.fixture(scope="module")
def reloading(fake, dead_port, tmp_path_factory, proxy):
    reloading = Reloading(tmp_path_factory.mktemp("reload"), fake, dead_port)
    yield reloading
    reloading.http.close()
    reloading.proxy.stop()


class Load:
    """Requests without a pause from four threads; whatever is not 200 counts as failed."""

    def __init__(self, reloading):
        self.reloading, self.done, self.count, self.failed, self.threads = reloading, threading.Event(), 0, [], []

    def run(self):
        with httpx.Client(base_url=self.reloading.proxy.base_url, timeout=10) as client:
            body = {"model": "openai/gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
            while not self.done.is_set():
                try:
                    answer = client.post(CHAT, json=body, headers={"authorization": "Bearer sk-orq-demo"})
                    if answer.status_code != 200 or not answer.text.endswith("[DONE]\n\n"):
                        self.failed.append(answer.text)
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))
                self.count += 1

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run) for _ in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


def test_keys_and_models_change_under_load_without_a_failed_request(reloading):
    machines = reloading.proxy.stats("wasm_vm_count")["wasm.wasm_vm_count"]
    assert reloading.chat("sk-orq-new") == 401 and reloading.chat("sk-orq-demo", "deepseek/deepseek-coder") == 404
    with Load(reloading) as load:
        reloading.config["keys"].append(envoy.client_key("new", "sk-orq-new"))
        reloading.write(envoy.ecds_file(reloading.config))
        assert reloading.both("sk-orq-new", 200)
        reloading.config["models"].append("deepseek/deepseek-coder")
        reloading.write(envoy.ecds_file(reloading.config))
        assert reloading.both("sk-orq-new", 200, model="deepseek/deepseek-coder")
        for at in range(10):
            reloading.config["keys"].append(envoy.client_key("more-%d" % at, "sk-orq-more-%d" % at))
            reloading.write(envoy.ecds_file(reloading.config))
            time.sleep(0.05)
        assert reloading.both("sk-orq-more-9", 200)
    assert load.count > 50 and load.failed == []
    assert not reloading.proxy.failures()
    # Each configuration has VMs of its own; those of the past must go.
    assert reloading.settles(lambda: reloading.proxy.stats("wasm_vm_count")["wasm.wasm_vm_count"] <= machines)


def test_a_key_that_is_taken_out_stops_working(reloading):
    reloading.config["keys"].append(envoy.client_key("brief", "sk-orq-brief"))
    reloading.write(envoy.ecds_file(reloading.config))
    assert reloading.both("sk-orq-brief", 200)
    reloading.config["keys"] = [key for key in reloading.config["keys"] if key["id"] != "brief"]
    reloading.write(envoy.ecds_file(reloading.config))
    assert reloading.both("sk-orq-brief", 401)


def bad_files(config):
    yield "an unknown key", envoy.ecds_file(dict(config, providerz={}))
    yield "a wrong value", envoy.ecds_file(dict(config, keys=[{"id": "x", "sha256": "short"}]))
    yield "a missing variable", envoy.ecds_file(dict(config, providers={"openai": {"api_key": {"env": "NOT_THERE"}}}))
    yield "no JSON", "{"
    yield "nothing", ""


@pytest.mark.parametrize("name", ["an unknown key", "a wrong value", "a missing variable", "no JSON", "nothing"])
def test_a_bad_file_is_refused_and_the_last_good_one_stays(reloading, name):
    """And the next good file is taken."""
    def refused():
        return sum(reloading.proxy.stats("extension_config_discovery.*config_fail").values())

    before = refused()
    with Load(reloading) as load:
        reloading.write(dict(bad_files(reloading.config))[name])
        assert reloading.settles(lambda: refused() == before + 1)
        assert reloading.both("sk-orq-demo", 200)
    assert load.failed == []
    key = "sk-orq-after-" + name.replace(" ", "-")
    reloading.config["keys"].append(envoy.client_key(key[7:], key))
    reloading.write(envoy.ecds_file(reloading.config))
    assert reloading.both(key, 200)


def test_azure_without_a_version_speaks_v1(reloading, fake):
    reloading.config["providers"]["azure"].pop("api_version")
    reloading.write(envoy.ecds_file(reloading.config))

    def arrives():
        assert reloading.chat("sk-orq-demo", "azure/gpt-4o") == 200
        return fake.last()["path"] == "/openai/v1/chat/completions" and not fake.last()["query"]

    assert reloading.settles(arrives)
    assert fake.last()["model"] == "gpt-4o" and fake.last()["header"]["api-key"] == "provider-key-azure"


def test_a_first_configuration_that_is_wrong_stops_envoy_with_one_clear_sentence(tmp_path, fake, proxy):
    config = envoy.plugin_config()
    config["providers"]["azure"].pop("host")
    with pytest.raises(RuntimeError) as caught:
        envoy.Envoy(tmp_path, "wrong", envoy.bootstrap(fake.port, config=config)).stop()
    assert "providers.azure.host: " in str(caught.value)
    assert "provider-key" not in str(caught.value)
