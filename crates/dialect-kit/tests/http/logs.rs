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
