//! One running Envoy: its bootstrap, its process on a core of its own, its CPU time and memory.

use crate::traffic;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What stands before the router.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Nothing; these are the bodies that its direct answers give.
    None { models: String, unauthorized: String },
    /// The gateway's module.
    Gateway(PathBuf),
    /// Some other module with this configuration, to price what a module costs that does less.
    Probe(PathBuf, String),
}

/// A running Envoy. Dropped, it is ended.
#[derive(Debug)]
pub struct Envoy {
    /// Where it listens.
    pub port: u16,
    child: Child,
}

impl Envoy {
    /// Starts it on core 0, ready when this returns.
    pub fn start(binary: &str, name: &str, filter: &Filter, upstream: u16) -> Result<Self, String> {
        let port = free_port()?;
        let folder = Path::new("target/bench");
        fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
        let bootstrap = folder.join(format!("{name}.json"));
        let log = folder.join(format!("{name}.log"));
        fs::write(&bootstrap, text(filter, port, upstream))
            .map_err(|e| format!("{}: {e}", bootstrap.display()))?;
        let output = fs::File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let errors = output.try_clone().map_err(|e| e.to_string())?;
        let child = Command::new("taskset")
            .args([
                "-c",
                "0",
                binary,
                "--concurrency",
                "1",
                "--disable-hot-restart",
                "--log-level",
                "warn",
                "-c",
            ])
            .arg(&bootstrap)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|e| format!("Envoy cannot be started by `taskset -c 0 {binary}`: {e}"))?;
        let mut envoy = Self { port, child };
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = envoy.child.try_wait() {
                let text = fs::read_to_string(&log).unwrap_or_default();
                let end: Vec<&str> = text.lines().rev().take(6).collect();
                let end: Vec<&str> = end.into_iter().rev().collect();
                return Err(format!(
                    "the {name} Envoy ended at its start ({status}); {} says:\n{}",
                    log.display(),
                    end.join("\n")
                ));
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                break;
            }
            if start.elapsed() > Duration::from_secs(60) {
                return Err(format!("the {name} Envoy does not listen after 60 s; see {}", log.display()));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(envoy)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time of all its threads so far.
    pub fn cpu(&self) -> Duration {
        cpu(self.pid())
    }

    /// A field of its /proc/<pid>/status in MiB, such as VmRSS.
    pub fn memory(&self, field: &str) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.pid());
        let text = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'));
        let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
        kib.map(|k| k / 1024.0).ok_or_else(|| format!("{path} has no {field}"))
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of a process's threads: nanoseconds from schedstat, else ticks of 10 ms.
fn cpu(pid: u32) -> Duration {
    let mut nanos = 0;
    if let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) {
        for task in tasks.flatten() {
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            nanos += text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    if nanos > 0 {
        return Duration::from_nanos(nanos);
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| format!("no free port: {e}"))?;
    socket.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
}

/// A JSON string.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The whole bootstrap: the same for every filter but for the filter and its routes.
fn text(filter: &Filter, port: u16, upstream: u16) -> String {
    let (module, routes) = match filter {
        Filter::None { models, unauthorized } => (String::new(), plain_routes(models, unauthorized)),
        Filter::Probe(path, words) => (wasm(path, words), plain_routes("{}", "{}")),
        Filter::Gateway(path) => (
            wasm(path, &gateway_configuration()),
            r#"{ "match": { "prefix": "/" }, "request_headers_to_remove": ["x-orq-cluster", "x-forwarded-proto"],
                "route": { "cluster_header": "x-orq-cluster", "timeout": "0s" } }"#
                .to_owned(),
        ),
    };
    format!(
        r#"{{
  "static_resources": {{
    "listeners": [{{
      "name": "bench",
      "address": {{ "socket_address": {{ "address": "127.0.0.1", "port_value": {port} }} }},
      "per_connection_buffer_limit_bytes": 33554432,
      "filter_chains": [{{ "filters": [{{
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {{
          "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "stat_prefix": "bench", "codec_type": "AUTO", "generate_request_id": true,
          "route_config": {{ "virtual_hosts": [{{ "name": "all", "domains": ["*"], "routes": [
            {routes}
          ] }}] }},
          "http_filters": [{module}
            {{ "name": "envoy.filters.http.router", "typed_config": {{
              "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" }} }}
          ]
        }}
      }}] }}]
    }}],
    "clusters": [{{
      "name": "openai", "type": "STATIC", "connect_timeout": "5s",
      "per_connection_buffer_limit_bytes": 33554432,
      "circuit_breakers": {{ "thresholds": [{{ "max_connections": 100000, "max_pending_requests": 100000,
        "max_requests": 100000, "max_retries": 100000 }}] }},
      "load_assignment": {{ "cluster_name": "openai", "endpoints": [{{ "lb_endpoints": [{{ "endpoint": {{
        "address": {{ "socket_address": {{ "address": "127.0.0.1", "port_value": {upstream} }} }} }} }}] }}] }}
    }}]
  }}
}}
"#
    )
}

fn plain_routes(models: &str, unauthorized: &str) -> String {
    let (models, unauthorized) = (quote(models), quote(unauthorized));
    let json = r#""response_headers_to_add": [{ "header": { "key": "content-type", "value": "application/json" },
              "append_action": "OVERWRITE_IF_EXISTS_OR_ADD" }]"#;
    format!(
        r#"{{ "match": {{ "path": "/v2/proxy/models", "headers": [{{ "name": "authorization",
                "string_match": {{ "exact": "Bearer {key}" }} }}] }},
              "direct_response": {{ "status": 200, "body": {{ "inline_string": {models} }} }}, {json} }},
            {{ "match": {{ "path": "/v2/proxy/models" }},
              "direct_response": {{ "status": 401, "body": {{ "inline_string": {unauthorized} }} }}, {json} }},
            {{ "match": {{ "path": "/v2/proxy/chat/completions" }}, "route": {{ "cluster": "openai", "timeout": "0s" }} }},
            {{ "match": {{ "path": "/v2/proxy/responses" }}, "route": {{ "cluster": "openai", "timeout": "0s" }} }},
            {{ "match": {{ "path": "/v2/proxy/embeddings" }}, "route": {{ "cluster": "openai", "timeout": "0s" }} }},
            {{ "match": {{ "path": "/v2/proxy/audio/transcriptions" }}, "route": {{ "cluster": "openai", "timeout": "0s" }} }}"#,
        key = traffic::KEY
    )
}

/// The module as the design runs it.
fn wasm(module: &Path, configuration: &str) -> String {
    let module = quote(&module.to_string_lossy());
    let configuration = quote(configuration);
    format!(
        r#"
            {{ "name": "envoy.filters.http.wasm", "typed_config": {{
              "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
              "config": {{
                "name": "orq", "root_id": "orq", "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": true,
                "vm_config": {{ "vm_id": "orq", "runtime": "envoy.wasm.runtime.v8",
                  "code": {{ "local": {{ "filename": {module} }} }} }},
                "configuration": {{ "@type": "type.googleapis.com/google.protobuf.StringValue", "value": {configuration} }}
              }} }} }},"#
    )
}

fn gateway_configuration() -> String {
    let key = r#""api_key":{"value":"sk-of-the-provider-0123456789abcdef"}"#;
    let native: String =
        [("anthropic", ""), ("google-ai", ""), ("aws", r#","region":"eu-west-1""#), ("cohere", "")]
            .map(|(id, more)| format!(r#","{id}":{{{key},"cluster":"openai"{more}}}"#))
            .concat();
    format!(
        r#"{{"keys":[{{"id":"bench","sha256":"{}"}}],"providers":{{"openai":{{{key}}}{native}}},"models":["openai/gpt-4o","openai/gpt-4o-mini","openai/gpt-4.1","openai/gpt-4.1-mini","openai/gpt-5","openai/gpt-5-mini","openai/o3","openai/o4-mini","openai/text-embedding-3-small","openai/text-embedding-3-large","openai/whisper-1","anthropic/*","google-ai/*","aws/*","cohere/*"]}}"#,
        traffic::KEY_SHA256
    )
}
