//! What follows from the providers' rows is written here and kept in the repository, so that it can be read and
//! reviewed: Envoy's clusters, the configuration of the demonstration, and docs/PROVIDERS.md.
//!
//! The tests fail when a file is not what the rows say; `make generate` (or `UPDATE=1 cargo test --test generated`)
//! writes them.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    reason = "test code: a panic fails a test"
)]

mod golden;

use orq_ai_proxy::dialect::openai::embeddings::Packed;
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::provider::transcripts::{Times, Transcripts};
use orq_ai_proxy::provider::{
    Auth, Change, Given, Host, Provider, Quirk, Replay, Route, Search, Spoken, Thinking, table,
};
use orq_ai_proxy::surface::is_told_as_chat;
use serde_json::json;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// Where the fake provider listens; dev/render.py puts another port here.
const FAKE_PORT: u16 = 10001;
/// The SHA-256 of `sk-orq-demo`.
const DEMO_KEY: &str = "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed";
const YAML_NOTE: &str =
    "# Generated from the rows in src/provider/table: change those, then `make generate`.\n";

#[test]
fn the_clusters_are_those_of_the_rows() {
    let mut out = YAML_NOTE.to_owned();
    out.push_str(CLUSTERS_NOTE);
    for row in table::all() {
        match row.host {
            Host::Public(host) => out.push_str(&public_cluster(row.id, host)),
            Host::Local(port) => out.push_str(&plain_cluster(row.id, port)),
            // Its host is the operator's to know: docs/PROVIDERS.md has a template.
            Host::Configured(_) | Host::Regional { .. } => {}
        }
        for host in other_hosts(row) {
            out.push_str(&public_cluster(&other_cluster(row, host), host));
        }
    }
    current("envoy/clusters.yaml", &out);
}

#[test]
fn the_clusters_of_the_demonstration_all_lead_to_the_fake_provider() {
    let names = table::all().flat_map(|row| {
        let others = other_hosts(row).into_iter().map(|host| other_cluster(row, host));
        [row.id.to_owned()].into_iter().chain(others)
    });
    let clusters: String = names.map(|name| plain_cluster(&name, FAKE_PORT)).collect();
    current("envoy/demo/clusters.yaml", &format!("{YAML_NOTE}resources:\n{clusters}"));
}

#[test]
fn the_demonstration_knows_every_provider() {
    let providers: serde_json::Map<_, _> = table::all()
        .map(|row| {
            let mut settings = json!({ "api_key": { "value": format!("fake-key-of-{}", row.id) } });
            if let Host::Configured(example) = row.host {
                settings["host"] = json!(example);
            }
            for place in places(row) {
                settings[place] = json!(example_of(place));
            }
            for host in other_hosts(row) {
                settings["clusters"][host] = json!(other_cluster(row, host));
            }
            (row.id.to_owned(), settings)
        })
        .collect();
    let mut models = vec![json!("openai/gpt-4o"), json!({ "id": "fast", "target": "openai/gpt-4o-mini" })];
    models.extend(table::all().map(|row| json!(format!("{}/*", row.id))));
    let config = json!({
        "keys": [{ "id": "demo", "sha256": DEMO_KEY }],
        "providers": providers,
        "models": models,
    });
    let config = serde_json::to_string_pretty(&config).unwrap().replace('\n', "\n            ");
    current("envoy/demo/filter/orq.yaml", &format!("{YAML_NOTE}{DEMO_FILTER}            {config}\n"));
}

#[test]
fn every_key_has_a_variable() {
    let mut out = String::new();
    for row in table::all() {
        let kind = match row.host {
            Host::Public(_) => "public",
            Host::Local(_) => "local",
            Host::Configured(_) | Host::Regional { .. } => "configured",
        };
        writeln!(out, "{} {} {kind}", row.id, variable(row.id)).unwrap();
    }
    current("dev/keys", &out);
}

#[test]
fn the_documentation_has_every_row() {
    let mut out = DOCS_HEAD.to_owned();
    out.push_str("| provider | host | auth | key |");
    for endpoint in Endpoint::PROVIDED {
        write!(out, " {} |", short(endpoint)).unwrap();
    }
    let columns = Endpoint::PROVIDED.len().checked_add(4).unwrap();
    write!(out, "\n|{}\n", "---|".repeat(columns)).unwrap();
    for row in table::all() {
        let host = match row.host {
            Host::Public(host) => format!("`{host}`"),
            Host::Local(port) => format!("`127.0.0.1:{port}`"),
            Host::Configured(_) => "configured".to_owned(),
            Host::Regional { by, host, .. } => format!("`{}`", host.replace("{}", &format!("{{{by}}}"))),
        };
        write!(out, "| [{0}](#{0}) | {host} | {1} | `{2}` |", row.id, auth(row.auth), variable(row.id))
            .unwrap();
        for endpoint in Endpoint::PROVIDED {
            out.push_str(served(row, endpoint));
        }
        out.push('\n');
    }
    out.push_str(LANGUAGES_HEAD);
    out.push_str(&golden::features::tables());
    for row in table::all() {
        out.push_str(&section(row));
    }
    current("docs/PROVIDERS.md", &out);
}

/// Whether a row has an endpoint of its own, by its chat, or the one for some models and the other for the rest.
fn served(row: &Provider, endpoint: Endpoint) -> &'static str {
    let of =
        |endpoint| row.routes.iter().chain(row.versioned).filter(move |route| route.endpoint == endpoint);
    let own = of(endpoint).next().is_some();
    let own_for_all = of(endpoint).any(|route| route.models.is_empty() && route.but.is_empty());
    let by_chat = is_told_as_chat(endpoint) && of(Endpoint::ChatCompletions).next().is_some();
    match (own, by_chat && !own_for_all) {
        (true, true) => " ✓ or chat |",
        (true, false) => " ✓ |",
        (false, true) => " chat |",
        (false, false) => " |",
    }
}

/// The hosts that some routes of a row have of their own.
fn other_hosts(row: &Provider) -> Vec<&'static str> {
    let mut hosts: Vec<_> = row.routes.iter().filter_map(|route| route.host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// The cluster of one of them: `nvidia-ai` for `ai.api.nvidia.com`.
fn other_cluster(row: &Provider, host: &str) -> String {
    format!("{}-{}", row.id, host.split('.').next().unwrap_or_default())
}

/// The environment variable that the demonstration and the examples read a provider's key from.
fn variable(id: &str) -> String {
    format!("{}_API_KEY", id.to_uppercase().replace(['-', '.'], "_"))
}

fn short(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Models => "models",
        Endpoint::Model => "model",
        Endpoint::ChatCompletions => "chat",
        Endpoint::Completions => "completions",
        Endpoint::Responses => "responses",
        Endpoint::StoredResponses => "stored responses",
        Endpoint::Embeddings => "embeddings",
        Endpoint::Rerank => "rerank",
        Endpoint::Moderations => "moderations",
        Endpoint::ImageGenerations => "images",
        Endpoint::ImageEdits => "edits",
        Endpoint::ImageVariations => "variations",
        Endpoint::Speech => "speech",
        Endpoint::Transcriptions => "transcriptions",
        Endpoint::Translations => "translations",
    }
}

/// What of OpenAI's transcriptions a provider has, and what is made of it.
fn transcripts(how: &Transcripts) -> String {
    let mut out = "the form is written anew, with ".to_owned();
    let fields: Vec<String> = how
        .fields
        .iter()
        .map(|field| match field.from == field.to {
            true => format!("`{}`", field.from),
            false => format!("`{}` as `{}`", field.from, field.to),
        })
        .collect();
    out.push_str(&fields.join(", "));
    if let Some(name) = how.diarize {
        out.push_str(&format!(" and `{name}`"));
    }
    out.push_str(" and the file as its last part; `response_format` can be ");
    out.push_str(match (how.times, how.diarize) {
        (Times::Never, _) => "`json` or `text`",
        (_, None) => "any but `diarized_json`",
        (_, Some(_)) => "any",
    });
    out.push_str(match how.streams {
        true => ", and `stream` streams",
        false => ", and a stream has the whole text at once",
    });
    out
}

/// The settings that say where a provider is.
fn places(row: &Provider) -> Vec<&'static str> {
    let by = if let Host::Regional { by, .. } = row.host { by } else { "" };
    let named = |name: &&str| *name == by || row.base_path.contains(&format!("{{{name}}}"));
    ["region", "project", "location"].into_iter().filter(named).collect()
}

fn example_of(place: &str) -> &'static str {
    match place {
        "region" => "eu-west-1",
        "project" => "my-project",
        _ => "europe-west1",
    }
}

fn auth(auth: Auth) -> String {
    match auth {
        Auth::Bearer => "bearer".to_owned(),
        Auth::Scheme(scheme) => format!("`authorization: {scheme} …`"),
        Auth::Header(name) => format!("`{name}`"),
    }
}

fn section(row: &Provider) -> String {
    let mut out = format!("\n## {}\n\n{} ([documentation]({})).", row.id, row.name, row.docs);
    match row.host {
        Host::Public(host) => writeln!(out, " Listens at `https://{host}`.").unwrap(),
        Host::Local(port) => {
            writeln!(out, " A server of your own: plain HTTP at `127.0.0.1:{port}`, as its cluster says.")
                .unwrap()
        }
        Host::Configured(example) => {
            writeln!(
                out,
                " Its host is yours to name (`host: {example}`), and so is its cluster, called `{}`.",
                row.id
            )
            .unwrap();
        }
        Host::Regional { by, host, .. } => {
            writeln!(
                out,
                " Listens at `https://{}`; its cluster, called `{}`, is yours to write.",
                host.replace("{}", &format!("{{{by}}}")),
                row.id
            )
            .unwrap();
        }
    }
    let places: Vec<_> =
        places(row).iter().map(|place| format!("`{place}: {}`", example_of(place))).collect();
    if !places.is_empty() {
        writeln!(out, "\nSettings of its own: {}.", places.join(", ")).unwrap();
    }
    if let Some(placeless) = row.placeless {
        writeln!(
            out,
            "\nWithout them it listens at `https://{}{}`, and the key goes into {}.",
            placeless.host,
            placeless.base_path,
            auth(placeless.auth)
        )
        .unwrap();
    }
    for (name, value) in row.headers {
        writeln!(out, "\nEvery request carries `{name}: {value}`.").unwrap();
    }
    routes(&mut out, "| route | its path | language |", row.base_path, row.routes);
    if !row.versioned.is_empty() {
        routes(&mut out, "| with `api_version` | its path | language |", "", row.versioned);
    }
    if !row.own_params.is_empty() {
        let names = row.own_params.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        writeln!(out, "\nIts own parameters, which pass although Orq's API has some of that name: {names}.")
            .unwrap();
    }
    if !row.extends_chat {
        out.push_str("\nIts chat answers pass as they are.\n");
    }
    if !row.quirks.is_empty() {
        out.push_str("\nWhere it differs from OpenAI:\n\n");
        for (scope, refused, others) in differences(row.quirks) {
            for what in others {
                writeln!(out, "- {scope}: {what}.").unwrap();
            }
            if !refused.is_empty() {
                let names = refused.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                writeln!(
                    out,
                    "- {scope}: not taken, so left out or refused as `unsupported_params` says: {names}."
                )
                .unwrap();
            }
        }
    }
    out
}

fn routes(out: &mut String, head: &str, base: &str, routes: &[Route]) {
    write!(out, "\n{head}\n|---|---|---|\n").unwrap();
    for route in routes {
        let (method, path) = (route.endpoint.method(), route.endpoint.path());
        let list = |word: &str, starts: &[&str]| {
            let starts = starts.iter().map(|start| format!("`{start}…`")).collect::<Vec<_>>().join(", ");
            if starts.is_empty() { starts } else { format!(" {word} {starts}") }
        };
        let models = list("for", route.models) + &list("but for", route.but);
        let streams =
            route.stream_path.map_or_else(String::new, |path| format!(", streams at `{base}{path}`"));
        let key = route.auth.map_or_else(String::new, |header| format!(", auth: {}", auth(header)));
        let host = route.host.map_or_else(String::new, |host| format!(" at `https://{host}`"));
        writeln!(
            out,
            "| `{method} {path}`{models} | `{base}{}`{host}{streams}{key} | {} |",
            route.path,
            route.dialect.id()
        )
        .unwrap();
    }
}

/// The quirks by where they hold, in the order of the row: the parameters that are refused there, and the rest in words.
fn differences(quirks: &[Quirk]) -> Vec<(String, Vec<&'static str>, Vec<String>)> {
    let mut groups: Vec<(String, Vec<&'static str>, Vec<String>)> = Vec::new();
    for quirk in quirks {
        let mut scope =
            quirk.endpoints.iter().map(|endpoint| short(*endpoint)).collect::<Vec<_>>().join(", ");
        if !quirk.models.is_empty() {
            let models =
                quirk.models.iter().map(|model| format!("`{model}…`")).collect::<Vec<_>>().join(", ");
            write!(scope, " with models {models}").unwrap();
        }
        let at = groups.iter().position(|group| group.0 == scope).unwrap_or_else(|| {
            groups.push((scope, Vec::new(), Vec::new()));
            groups.len().saturating_sub(1)
        });
        let (_, refused, others) = groups.get_mut(at).unwrap();
        match quirk.change {
            Change::Unsupported(param) => refused.push(param),
            Change::Rename { from, to } => others.push(format!("`{from}` is sent as `{to}`")),
            Change::Clamp { param, min, max } => {
                others.push(format!("`{param}` is moved into {min} to {max}"))
            }
            Change::DeveloperAsSystem => {
                others.push("messages of role `developer` are sent with role `system`".to_owned());
            }
            Change::Only(params) => others.push(format!(
                "of all parameters only these are taken, and the rest is left out or refused: {}",
                listed(params)
            )),
            Change::Reasoning(replay) => others.push(match replay {
                Replay::Out => "reasoning of earlier answers stays out of messages".to_owned(),
                Replay::As(name) => format!("reasoning of earlier answers goes back as `{name}`"),
                Replay::Details => {
                    "reasoning of earlier answers goes back as `reasoning`, signed as `reasoning_details`"
                        .to_owned()
                }
                Replay::Chunk => {
                    "reasoning of earlier answers goes back as a `thinking` chunk of the content".to_owned()
                }
            }),
            Change::MessageMembers(members) => {
                others.push(format!("of messages only these members are taken: {}", listed(members)))
            }
            Change::Chunks => others.push(
                "contents of messages are written as chunks: `file` as `document_url`, `input_audio` as its data; \
                 ids of tool calls are made nine letters and digits, and a last message of the assistant gets \
                 `prefix`"
                    .to_owned(),
            ),
            Change::StrictTools => {
                others.push("tools and formats are written with the members that are known there".to_owned())
            }
            Change::Runs(kinds) => {
                others.push(format!("tools of Responses that run there, too: {}", listed(kinds)))
            }
            Change::Thinking(form) => others.push(format!("`thinking` is sent as {}", thinking(form))),
            Change::Search(form) => others.push(format!("`web_search_options` are sent as {}", search(form))),
            Change::TextsAlone => others.push("`input` is texts: arrays of tokens are refused".to_owned()),
            Change::MostInputs(most) => others.push(format!("`input` has at most {most} elements")),
            Change::Purpose { words, usual } => {
                let known: Vec<_> = words.known.iter().map(|(_, word)| *word).collect();
                let usual = usual.map_or_else(String::new, |usual| format!(", `{usual}` unless it is said"));
                others.push(format!("what vectors are for is sent as `{}`, {}{usual}", words.name, listed(&known)));
            }
            Change::Vectors(packed) => others.push(match packed {
                Packed::Floats => "`encoding_format` is not sent, and base64 is made of the numbers".to_owned(),
                Packed::Bytes => {
                    "`encoding_format` is not sent, and vectors of signed bytes become numbers, or base64 of them as floats"
                        .to_owned()
                }
            }),
            Change::Pictures(Given::Data) => others.push(
                "`response_format` is not sent: pictures come as `b64_json`, and as data URLs where `url` is asked for".to_owned(),
            ),
            Change::Pictures(Given::Urls) => {
                others.push("`response_format` is not sent: pictures come by their addresses".to_owned());
            }
            Change::Speech(Spoken { formats, .. }) => {
                let words: Vec<_> = formats
                    .iter()
                    .map(|(format, word)| match format.as_str() {
                        name if name == *word => format!("`{name}`"),
                        name => format!("`{name}`, asked for as `{word}`"),
                    })
                    .collect();
                if let Some((first, more)) = words.split_first() {
                    let more: String = more.iter().map(|word| format!(", {word}")).collect();
                    others.push(format!("formats are {first} (also when none is asked for){more}"));
                }
                others.push("`stream_format` `sse` is made by the proxy".to_owned());
            }
            Change::Transcripts(how) => others.push(transcripts(how)),
        }
    }
    groups
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn thinking(form: Thinking) -> String {
    match form {
        Thinking::Switch => "`thinking` without a budget, and the effort `none` as its `disabled`".to_owned(),
        Thinking::Effort { off, levels } => {
            let off = off.map_or_else(
                || "; it cannot be turned off".to_owned(),
                |off| format!("; turned off as `{off}`"),
            );
            let levels = if levels.is_empty() { String::new() } else { format!(" of {}", listed(levels)) };
            format!("`reasoning_effort`{levels}{off}")
        }
        Thinking::Flag => "`enable_thinking` and `thinking_budget`".to_owned(),
        Thinking::Object { budget: true } => "`reasoning` with `enabled` and `max_tokens`".to_owned(),
        Thinking::Object { budget: false } => "`reasoning` with `enabled`".to_owned(),
        Thinking::Template => "`chat_template_kwargs`".to_owned(),
    }
}

fn search(form: Search) -> String {
    match form {
        Search::Native { off: None, .. } => "they are, without `enabled`".to_owned(),
        Search::Native { off: Some(off), .. } => {
            format!("they are, without `enabled`; `enabled: false` is sent as `{off}: true`")
        }
        Search::Tool(tool) => format!("the tool `{tool}`"),
        Search::Parameters(named) => format!("the tool `{named}`, with their settings as its parameters"),
        Search::Flag(name) => format!("`{name}: true`"),
        Search::Compound => "nothing: such models search by themselves".to_owned(),
    }
}

fn public_cluster(id: &str, host: &str) -> String {
    PUBLIC_CLUSTER.replace("{id}", id).replace("{host}", host)
}

fn plain_cluster(id: &str, port: u16) -> String {
    PLAIN_CLUSTER.replace("{id}", id).replace("{port}", &port.to_string())
}

/// Asserts that the file is just this, or writes it where `UPDATE` is set.
fn current(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // By a move, since an Envoy may be watching.
        let new = file.with_extension("new");
        fs::write(&new, wanted).unwrap();
        fs::rename(&new, &file).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not what the rows in src/provider/table say: run `make generate` and commit it"
    );
}

const CLUSTERS_NOTE: &str = "\
#
# The choices, the same for every provider:
#   DNS          one endpoint with all addresses (a CDN's change by the minute; a rotation drains no connection), both
#                families tried by happy eyeballs. One vendor's DNS trouble does not delay the start (wait_for_warm_on_init).
#   TLS          SNI and a certificate for exactly this name, signed by one of the system's CAs (Fedora and RHEL have them at
#                /etc/pki/tls/certs/ca-bundle.crt, macOS at /etc/ssl/cert.pem).
#   protocol     h2 or HTTP/1.1, as ALPN finds. Dead connections show by h2 pings and TCP keepalives: a stream that
#                thinks for minutes would otherwise hang on one. Idle ones end before the provider's side does it.
#   breakers     answers take seconds to minutes, so many are open at once; Envoy's default of 1024 would answer 503.
#   outliers     are not ejected: there is one host, and 429 or 503 are about a model or a quota, not about it.
resources:
";

const PUBLIC_CLUSTER: &str = r#"  - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
    name: {id}
    connect_timeout: 5s
    wait_for_warm_on_init: false
    cluster_type:
      name: envoy.cluster.dns
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
        dns_lookup_family: ALL
        dns_refresh_rate: 60s
        respect_dns_ttl: true
        all_addresses_in_single_endpoint: true
    load_assignment:
      cluster_name: {id}
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: {host}, port_value: 443}}}}]}]
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: {host}
        common_tls_context:
          tls_params: {tls_minimum_protocol_version: TLSv1_2}
          validation_context:
            trusted_ca: {filename: /etc/ssl/certs/ca-certificates.crt}
            match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: {host}}}]
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        auto_config: {http2_protocol_options: {connection_keepalive: {interval: 30s, timeout: 10s}}}
        common_http_protocol_options: {idle_timeout: 55s, max_headers_count: 200}
    upstream_connection_options: {tcp_keepalive: {keepalive_time: 60, keepalive_interval: 15, keepalive_probes: 4}}
    circuit_breakers: {thresholds: [{max_connections: 10000, max_pending_requests: 10000, max_requests: 10000, max_retries: 1000}]}
"#;

const PLAIN_CLUSTER: &str = r#"  - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
    name: {id}
    connect_timeout: 2s
    type: STATIC
    load_assignment:
      cluster_name: {id}
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: {port}}}}}]}]
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http_protocol_options: {}}
        common_http_protocol_options: {idle_timeout: 4s, max_headers_count: 200}
    circuit_breakers: {thresholds: [{max_connections: 10000, max_pending_requests: 10000, max_requests: 10000, max_retries: 1000}]}
"#;

const DEMO_FILTER: &str = r#"#
# The demonstration's filter: the key is `sk-orq-demo`, and every provider is the fake one (tests/fake).
resources:
  - "@type": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig
    name: orq
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
      config:
        name: orq
        failure_policy: FAIL_RELOAD
        allow_on_headers_stop_iteration: true
        vm_config:
          runtime: envoy.wasm.runtime.v8
          code: {local: {filename: target/orq_ai_proxy.wasm}}
          environment_variables: {host_env_keys: []}
        configuration:
          "@type": type.googleapis.com/google.protobuf.StringValue
          value: |
"#;

const LANGUAGES_HEAD: &str = "
## Chat in other languages

What of `POST /chat/completions` a provider gets whose language is not OpenAI's, and what of its answers the client. Each
mark leads to a whole exchange that shows it: ✓ is carried, *named* is left out or changed and named in
`x-orq-dropped-params` (or a 400, under `unsupported_params: reject`), 400 is refused in a sentence. Where a cell has
several marks, it depends on the model, or on what exactly is asked. An empty cell is something that the language does
not have.

`anthropic` is also Claude on Vertex AI, and `gemini` the Gemini API and Vertex AI: where they differ, the exchange says so.
";

const DOCS_HEAD: &str = "\
# Providers

Generated from the rows in `src/provider/table`: change those, then `make generate`.

A model is named `provider/model`. A provider is on when the filter's configuration names it under `providers`; a route that
it does not serve is refused before anything is sent. Every row may override `cluster`, `host`, `base_path` and `headers`.
`make run` and the examples read a provider's key from the variable in the column *key*.

Envoy needs one cluster for each provider, called like it. `envoy/clusters.yaml` has those of the public and the local ones.
Where the host is *configured*, copy the cluster of any public provider and put your host in its three places (the address, `sni`,
and the name that the certificate must have).

✓: the provider has the route itself. *chat*: it has none, or none for some of its models, and their chat is told in the form that was
asked for.

";
