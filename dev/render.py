"""Writes the configuration of `make run`: envoy/ with other ports, the fake provider behind every cluster, and the
real one behind each provider whose key is in the environment. Prints the ids of the real ones.

The keys themselves are not written: the filter reads them from the environment.
"""

import argparse
import hashlib
import json
import os

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # macOS
)


def ca_bundle():
    return next((path for path in BUNDLES if os.path.exists(path)), BUNDLES[0])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def clusters(path):
    """Each cluster's text by its name, of a file that tests/generated.rs wrote."""
    found = {}
    for text in read(path).split('  - "@type": ')[1:]:
        name = text.split("name: ", 1)[1].split("\n", 1)[0]
        found[name] = '  - "@type": ' + text
    return found


def providers():
    """(id, variable of its key, kind) of each row."""
    return [line.split() for line in read("dev/keys").splitlines()]


def main(options):
    keys = {name: variable for name, variable, kind in providers() if kind == "public" and os.environ.get(variable)}
    head, _, body = read("envoy/demo/filter/orq.yaml").partition("value: |\n")
    config = json.loads(body)
    real = set(keys)
    for name in keys:
        real.update(config["providers"][name].get("clusters", {}).values())
    shown = clusters("envoy/demo/clusters.yaml")
    shown.update((name, text) for name, text in clusters("envoy/clusters.yaml").items() if name in real)
    text = "resources:\n" + "".join(shown.values())
    text = text.replace("port_value: 10001", "port_value: %d" % options.fake_port)
    write(options.out + "/clusters.yaml", text.replace(BUNDLES[0], ca_bundle()))

    config["keys"][0]["sha256"] = hashlib.sha256(options.key.encode()).hexdigest()
    for name, variable in keys.items():
        others = {"clusters": config["providers"][name]["clusters"]} if "clusters" in config["providers"][name] else {}
        config["providers"][name] = {"api_key": {"env": variable}, **others}
    head = head.replace("host_env_keys: []", "host_env_keys: [%s]" % ", ".join(sorted(keys.values())))
    body = json.dumps(config, indent=2).replace("\n", "\n" + " " * 12)
    write(options.out + "/filter/orq.yaml", head + "value: |\n" + " " * 12 + body + "\n")

    bootstrap = read("envoy/envoy.yaml")
    for old, new in (
        ("port_value: 10000", "port_value: %d" % options.port),
        ("port_value: 9901", "port_value: %d" % options.admin_port),
        ("path: envoy/filter", "path: %s/filter" % options.out),
        ("path: envoy/clusters.yaml", "path: %s/clusters.yaml" % options.out),
        ("path: envoy}", "path: %s}" % options.out),
        ("address: 0.0.0.0", "address: 127.0.0.1"),  # A demonstration is nobody else's.
    ):
        if old not in bootstrap:
            raise SystemExit("envoy/envoy.yaml has no `%s` any more: change dev/render.py with it." % old)
        bootstrap = bootstrap.replace(old, new)
    write(options.out + "/envoy.yaml", bootstrap)
    print(" ".join(keys))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default="target/run")
    parser.add_argument("--key", default="sk-orq-demo")
    parser.add_argument("--port", type=int, default=10000)
    parser.add_argument("--admin-port", type=int, default=9901)
    parser.add_argument("--fake-port", type=int, default=10001)
    main(parser.parse_args())
