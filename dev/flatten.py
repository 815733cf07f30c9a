"""One Envoy bootstrap with everything in it: its CDS and ECDS files become static parts, printed as JSON.

`envoy --mode validate` reads only the bootstrap; this way it checks the clusters and loads the module
with the filter's configuration as well.
"""

import json
import os
import sys

import yaml

from render import ca_bundle


def resources(source):
    with open(source["path_config_source"]["path"], encoding="utf-8") as file:
        return yaml.safe_load(file)["resources"]


def without_type(resource):
    return {key: value for key, value in resource.items() if key != "@type"}


def flatten(node):
    """The same tree, with each `config_discovery` replaced by what its file says."""
    if isinstance(node, list):
        return [flatten(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "config_discovery" in node:
        found = [r for r in resources(node["config_discovery"]["config_source"]) if r["name"] == node["name"]]
        if len(found) != 1:
            sys.exit("%d filters are called %s in its file; there must be one" % (len(found), node["name"]))
        return {"name": node["name"], "typed_config": flatten(found[0]["typed_config"])}
    return {key: flatten(value) for key, value in node.items()}


def main(path):
    with open(path, encoding="utf-8") as file:
        bootstrap = flatten(yaml.safe_load(file))
    cds = bootstrap.get("dynamic_resources", {}).pop("cds_config", None)
    if cds:
        clusters = bootstrap["static_resources"].setdefault("clusters", [])
        clusters.extend(without_type(cluster) for cluster in resources(cds))
    text = json.dumps(bootstrap, default=str)
    print(text.replace("/etc/ssl/certs/ca-certificates.crt", ca_bundle()))


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    main(sys.argv[1])
