//! The log: one line a request, found by its id, without a secret.

use std::{
    io::{self, Write},
    sync::{Mutex, Once},
};

use reqwest::Method;
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{KEY, Server};

/// Everything that this process has logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::fmt().json().with_writer(Log).init());
}

#[derive(Clone, Copy)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

fn lines_of(id: &str) -> Vec<String> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    log.lines().filter(|line| line.contains(id)).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_key_that_was_put_into_a_path_is_not_logged() {
    let server = Server::start().await;
    let made = server.test.new_key(domain::caller::Scopes::ALL).await;
    let unprefixed = made.replacen("tl_", "shop_", 1);
    for (id, key) in [
        ("log-bootstrap", KEY),
        ("log-made", &made),
        ("log-escaped", &KEY.replacen('_', "%5f", 3)),
        ("log-unprefixed", &unprefixed),
        ("log-token", "tlt_AAAA"),
    ] {
        let path = format!("/alpha/things/{key}");
        let reply = server.request(Method::GET, &path).bearer_auth(KEY).header("x-request-id", id).send().await;
        assert!(reply.is_ok());
        let lines = lines_of(id);
        assert!(lines.iter().all(|line| line.contains("/alpha/things/***") && !line.contains(key)), "{lines:?}");
    }
    let id = "session_01933b5a000070008000000000000001";
    let path = format!("/alpha/things/{id}");
    server.get(&path).header("x-request-id", "log-id").send().await.unwrap();
    assert!(lines_of("log-id")[0].contains(&path));
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_id_and_no_secret() {
    let server = Server::start().await;
    for (id, method, path, status, level) in [
        ("log-good", Method::GET, "/alpha/things/x?limit=1&secret=in-the-query", 200, "INFO"),
        ("log-refused", Method::PUT, "/alpha/things/x", 405, "INFO"),
        ("log-panic", Method::GET, "/alpha/broken", 500, "ERROR"),
    ] {
        let request = server.request(method, path).bearer_auth(KEY).header("x-request-id", id);
        assert_eq!(request.send().await.unwrap().status(), status);
        let lines = lines_of(id);
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["level"], level, "{line}");
        assert_eq!(entry["fields"]["status"], status, "{line}");
        assert_eq!(entry["fields"]["dialect"], "alpha", "{line}");
        assert!(!line.contains(KEY) && !line.contains("in-the-query"), "{line}");
    }
    assert!(lines_of("log-panic")[0].contains("a handler panicked: the secret of the panic"));
}
