//! `threadline provider check`.

use std::{fmt::Write, net::SocketAddr, process::Stdio};

use providers::testing::played::{Peer, Plays};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::process::{Ran, binary, write};

const KEY: &str = "sk-check-secret";

/// Runs the check on a configuration of these providers, each with a route of its name.
async fn check(providers: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let folder = TempDir::new().expect("a temporary folder");
    let mut file = String::new();
    for (name, base_url) in providers {
        write!(file, "[providers.{name}]\nkind = \"openai\"\nbase_url = \"{base_url}\"\napi_key_env = \"CHECK_KEY\"\n")
            .and_then(|()| write!(file, "[models.{name}]\nprovider = \"{name}\"\nmodel = \"m-{name}\"\n"))
            .expect("a text takes all");
    }
    let config = write(&folder, "threadline.toml", &file);
    let mut command = binary();
    command.args(["provider", "check", "--config", &config]).args(arguments).env("CHECK_KEY", KEY).stdin(Stdio::null());
    let ran = tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it ran");
    assert!(!format!("{}{}", ran.out, ran.err).contains(KEY), "{}{}", ran.out, ran.err);
    ran
}

/// A server that answers a TLS handshake with something else.
async fn without_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("a client that reads");
        }
    });
    address
}

#[tokio::test]
async fn each_route_is_called_once_and_told_in_plain_words() {
    let peer = |plays| Peer::start([plays]);
    let good = peer(Plays::Says("OK")).await;
    let key = r#"{"error":{"code":"invalid_api_key","message":"Incorrect API key provided: sk-check-secret."}}"#;
    let refuses = peer(Plays::Refuses(401, "", key)).await;
    let unknown = peer(Plays::Refuses(404, "", r#"{"error":{"message":"no such model"}}"#)).await;
    let page = peer(Plays::Refuses(200, "Content-Type: text/html\r\n", "<html>Welcome</html>")).await;
    let endless = peer(Plays::Hangs("O")).await;
    let busy = peer(Plays::Refuses(503, "Retry-After: 60\r\n", r#"{"error":{"message":"loading"}}"#)).await;
    let insecure = format!("https://{}/v1", without_tls().await);
    let providers = [
        ("busy", busy.base_url.as_str()),
        ("endless", &endless.base_url),
        ("good", &good.base_url),
        ("insecure", &insecure),
        ("page", &page.base_url),
        ("refuses", &refuses.base_url),
        ("unknown", &unknown.base_url),
        ("unreachable", "http://127.0.0.1:1/v1"),
    ];
    let ran = check(&providers, &["--within", "2"]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    let problems = [
        ("busy", "the provider cannot be reached, or is overloaded: loading"),
        ("endless", "the answer failed: the answer did not end within 2 seconds"),
        ("insecure", "the endpoint's certificate or TLS cannot be accepted"),
        ("page", "answered with a page instead of a stream: its base URL may be wrong"),
        ("refuses", "the provider refuses the key: Incorrect API key provided: [key]."),
        ("unknown", "no such model (model m-unknown)"),
        ("unreachable", "the endpoint refused the connection"),
    ];
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), providers.len(), "{}", ran.out);
    for (name, problem) in problems {
        let line = lines.iter().find(|line| line.starts_with(&format!("{name}  failed: m-{name} of {name}: ")));
        assert!(line.is_some_and(|line| line.ends_with(problem)), "{name}: {}", ran.out);
    }
    assert!(lines.iter().any(|line| line.starts_with("good  ok: m-good of good answered in ")), "{}", ran.out);
    assert!(
        ran.err.contains("checking 3 of 8: good") && ran.err.contains("error: 7 of 8 routes failed"),
        "{}",
        ran.err
    );
    for one in [&good, &refuses, &unknown, &page, &endless, &busy] {
        assert_eq!(one.asked().len(), 1, "{:?}", one.asked());
    }
    assert_eq!(good.asked()[0]["max_tokens"], 16, "{:?}", good.asked());
}

#[tokio::test]
async fn single_routes_are_checked_and_told_as_json() {
    let good = Peer::start([Plays::Says("OK")]).await;
    let providers = [("bad", "http://127.0.0.1:1/v1"), ("good", good.base_url.as_str())];
    let ran = check(&providers, &["good", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut expected = json!([{"route": "good", "ok": true, "provider": "good", "model": "m-good"}]);
    expected[0]["latency_ms"] = told[0]["latency_ms"].clone();
    assert!(told[0]["latency_ms"].is_u64() && told == expected, "{told}");

    let ran = check(&providers, &["--json"]).await;
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, &told[0]["ok"], &told[0]["code"]), (1, &json!(false), &json!("unavailable")), "{told}");

    let ran = check(&providers, &["other"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no route is configured as other; the routes are bad, good"), "{}", ran.err);
    let ran = check(&[], &[]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no route is configured"), "{}", ran.err);
}
