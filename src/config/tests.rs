use super::*;
use crate::endpoint::Endpoint;

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn environment(name: &str) -> Option<String> {
    match name {
        "SET" => Some("secret-of-the-provider\n".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn fault(text: &str) -> String {
    load(text.as_bytes(), &environment).map(|_| ()).expect_err(text)
}

#[test]
fn the_whole_of_a_configuration_is_read() {
    let text = format!(
        r#"{{
          "base_path": "/v2/proxy/",
          "keys": [{{"id": "demo", "sha256": "{HASH}", "models": ["openai/*"], "expires_at": "2027-01-01T00:00:00Z"}}],
          "providers": {{
            "openai": {{"api_key": {{"env": "SET"}}}},
            "mistral": {{"api_key": {{"value": "v"}}, "headers": {{"X-Own": "a"}}, "cluster": "c"}},
            "groq": {{"api_key": {{"injected": true}}}},
            "azure": {{"host": "my.openai.azure.com", "api_version": "2024-10-21", "api_key": {{"value": "k"}}}},
            "ollama": null,
            "my-vllm": {{"dialect": "openai", "cluster": "vllm", "host": "vllm.local:8000", "base_path": "/v1/"}}
          }},
          "models": ["openai/gpt-4o", {{"id": "fast", "target": "groq/llama"}}, "mistral/*"],
          "limits": {{"body_bytes": 33554432, "event_bytes": 1048576}},
          "unsupported_params": "reject"
        }}"#
    );
    let gateway = load(text.as_bytes(), &environment).unwrap();
    assert_eq!(gateway.base_path, "/v2/proxy");
    assert_eq!(gateway.unsupported, Unsupported::Reject);
    let providers = gateway.garden.providers();
    let header = |id: &str, name: &str| {
        let list = &providers[id].headers;
        list.iter().find(|(key, _)| key == name).map(|(_, value)| String::from_utf8(value.clone()).unwrap())
    };
    assert_eq!(header("openai", "authorization").as_deref(), Some("Bearer secret-of-the-provider"));
    assert_eq!(header("azure", "api-key").as_deref(), Some("k"));
    assert_eq!(header("groq", "authorization"), None);
    assert_eq!(header("mistral", "x-own").as_deref(), Some("a"));
    assert_eq!(providers["mistral"].cluster, "c");
    let path = |id: &str| {
        let route = providers[id].route(Endpoint::ChatCompletions, "m").unwrap();
        providers[id].path(route, "a/b", false, Some("x=1"))
    };
    assert_eq!(path("azure"), "/openai/deployments/a%2Fb/chat/completions?api-version=2024-10-21&x=1");
    assert_eq!(path("my-vllm"), "/v1/chat/completions?x=1");
    assert_eq!(providers["my-vllm"].authority, "vllm.local:8000");
    assert_eq!(providers["ollama"].authority, "localhost:11434");
}

#[test]
fn azure_without_a_dated_version_speaks_its_present_form() {
    let path = |version: &str| {
        let text = format!(r#"{{"providers": {{"azure": {{"host": "h"{version}}}}}}}"#);
        let gateway = load(text.as_bytes(), &environment).unwrap();
        let azure = &gateway.garden.providers()["azure"];
        azure.path(azure.route(Endpoint::ChatCompletions, "m").unwrap(), "m", false, None)
    };
    assert_eq!(path(""), "/openai/v1/chat/completions");
    assert_eq!(path(r#", "api_version": "preview""#), "/openai/v1/chat/completions?api-version=preview");
}

#[test]
fn a_route_of_another_host_goes_to_the_cluster_that_is_named_for_it() {
    let place = |settings: &str| {
        let text = format!(r#"{{"providers": {{"nvidia": {{{settings}}}}}}}"#);
        let gateway = load(text.as_bytes(), &environment).unwrap();
        let nvidia = &gateway.garden.providers()["nvidia"];
        let [chat, rerank] = [Endpoint::ChatCompletions, Endpoint::Rerank].map(|endpoint| {
            let (host, cluster) = nvidia.place(nvidia.route(endpoint, "m").unwrap());
            format!("{host} {cluster}")
        });
        (chat, rerank)
    };
    let chat = "integrate.api.nvidia.com nvidia".to_owned();
    assert_eq!(place(""), (chat.clone(), "ai.api.nvidia.com nvidia".to_owned()));
    let named = r#""clusters": {"ai.api.nvidia.com": "other"}"#;
    assert_eq!(place(named), (chat, "ai.api.nvidia.com other".to_owned()));
    let own = "nim.local nvidia".to_owned();
    assert_eq!(place(r#""host": "nim.local""#), (own.clone(), own));
}

#[test]
fn whatever_is_wrong_is_named_by_its_path() {
    for (text, start) in [
        ("", "configuration: "),
        ("[]", "configuration: "),
        ("{} {}", "configuration: "),
        (r#"{"kyes": []}"#, "kyes: unknown field"),
        (r#"{"base_path": "v2"}"#, "base_path: "),
        (r#"{"base_path": "/a?b"}"#, "base_path: "),
        (r#"{"providers": {"openai": {"base_path": "/v1#x"}}}"#, "providers.openai.base_path: "),
        (
            r#"{"providers": {"openai": {"headers": {"Transfer-Encoding": "x"}}}}"#,
            "providers.openai.headers: ",
        ),
        (r#"{"providers": {"openai": {}}, "models": ["openai/"]}"#, "models[0]: `openai/` names no model"),
        (r#"{"providers": {"openai": {}}, "models": ["openai/../a"]}"#, "models[0]: "),
        (r#"{"keys": [{"id": "a", "sha256": "12"}]}"#, "keys[0].sha256: "),
        (r#"{"keys": [{"id": "a"}]}"#, "keys[0]: missing field `sha256`"),
        (
            r#"{"providers": {"openai": {"api_key": {"env": "UNSET"}}}}"#,
            "providers.openai.api_key.env: the environment variable UNSET",
        ),
        (r#"{"providers": {"openai": {"api_key": {"env": "EMPTY"}}}}"#, "providers.openai.api_key.env: "),
        (r#"{"providers": {"openai": {"api_key": {}}}}"#, "providers.openai.api_key: "),
        (r#"{"providers": {"openai": {"api_key": {"value": "a b"}}}}"#, "providers.openai.api_key: "),
        (r#"{"providers": {"openai": {"host": "https://x/"}}}"#, "providers.openai.host: "),
        (r#"{"providers": {"openai": {"dialect": "openai"}}}"#, "providers.openai.dialect: "),
        (r#"{"providers": {"openai": {"api_version": "1"}}}"#, "providers.openai.api_version: "),
        (r#"{"providers": {"openai": {"headers": {"a": "\n"}}}}"#, "providers.openai.headers: "),
        (r#"{"providers": {"azure": {}}}"#, "providers.azure.host: is needed"),
        (r#"{"providers": {"azure": {"host": "h", "api_version": "a&b"}}}"#, "providers.azure.api_version: "),
        (r#"{"providers": {"mine": {}}}"#, "providers.mine: there is no such provider"),
        (
            r#"{"providers": {"mine": {"dialect": "klingon", "host": "h"}}}"#,
            "providers.mine.dialect: must be one of: ",
        ),
        (r#"{"providers": {"mine": {"dialect": "openai"}}}"#, "providers.mine.host: is needed"),
        (r#"{"models": ["openai/x"]}"#, "models[0]: the provider `openai` is not among"),
        (r#"{"models": ["x"]}"#, "models[0]: `x` is not of the form"),
        (r#"{"models": [1]}"#, "models[0]: invalid type"),
        (r#"{"providers": {"openai": {}}, "models": ["openai/*x"]}"#, "models[0]: "),
        (
            r#"{"providers": {"openai": {}}, "models": ["openai/x", "openai/x"]}"#,
            "models[1]: `openai/x` stands twice",
        ),
        (
            r#"{"providers": {"nvidia": {"clusters": {"h": "c"}}}}"#,
            "providers.nvidia.clusters: must be of hosts",
        ),
        (
            r#"{"providers": {"nvidia": {"clusters": {"ai.api.nvidia.com": ""}}}}"#,
            "providers.nvidia.clusters: must be visible",
        ),
        (r#"{"limits": {"body_bytes": 1}}"#, "limits.body_bytes: "),
        (r#"{"unsupported_params": "maybe"}"#, "unsupported_params: "),
    ] {
        let fault = fault(text);
        assert!(fault.starts_with(start), "{text}: {fault}");
    }
}

#[test]
fn no_key_is_repeated_in_a_refusal() {
    for text in [
        r#"{"providers": {"openai": {"api_key": {"value": "hush hush"}}}}"#,
        r#"{"providers": {"openai": {"api_key": {"value": "hush", "env": "hush"}}}}"#,
        r#"{"keys": [{"id": "a", "sha256": "hush"}]}"#,
        r#"{"providers": {"openai": {"api_key": "hush"}}}"#,
        r#"{"providers": {"openai": {"headers": "hush \", expected hush"}}}"#,
    ] {
        assert!(!fault(text).contains("hush"));
    }
}

#[test]
fn times_are_read_to_the_second() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-29T12:00:01Z", Some(951_825_601)),
        ("2027-01-01T00:00:00.5Z", Some(1_798_761_600)),
        ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
        ("2027-13-01T00:00:00Z", None),
        ("2027-01-01", None),
        ("2027-01-01T00:00:00+01:00", None),
        ("x-01-01T00:00:00Z", None),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = load(text.as_bytes(), &environment);
        let _ = seconds(&text);
    }
}
