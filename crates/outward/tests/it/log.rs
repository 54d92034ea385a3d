//! The log says what a project is not told, and no secret.

use std::{
    io,
    sync::{Arc, Mutex},
};

use outward::{
    Failure, Request,
    header::{self, HeaderMap, HeaderValue},
};
use tracing_subscriber::fmt::MakeWriter;

use crate::endpoint::{Endpoint, get, send};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_failure_is_logged_with_its_origin_and_cause_and_without_a_secret() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt().with_writer(written.clone()).with_max_level(tracing::Level::TRACE);
    let guard = tracing::subscriber::set_default(subscriber.with_ansi(false).finish());
    let endpoint = Endpoint::new().await;
    let origin = format!("http://{}", endpoint.at());
    drop(endpoint);
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"))]);
    let request = Request { headers, body: "s3cret".into(), ..get(format!("{origin}/s3cret?key=s3cret")) };
    assert_eq!(send(request).await.err(), Some(Failure::Refused));
    drop(guard);

    let log = String::from_utf8(written.0.lock().expect("one thread").clone()).expect("UTF-8");
    assert!(log.contains(&format!("origin=\"{origin}\"")) && log.contains("Connection refused"), "{log}");
    assert!(!log.contains("s3cret"), "{log}");
    assert!(!Failure::Refused.to_string().contains("127."));
}
