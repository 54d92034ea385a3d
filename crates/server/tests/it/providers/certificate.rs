//! Providers behind TLS: a certificate of the configured CA, one of an unknown CA, and one for another name.

use std::{fmt::Write, sync::Arc};

use providers::testing::played::{Peer, Plays};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use super::{
    configuration,
    talk::{Talk, one},
};
use crate::process::write;

/// A certificate authority, and its certificate as PEM.
struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The address of a provider behind TLS, whose certificate is for the name.
    async fn provider(&self, name: &str) -> String {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .expect("a certificate with its key");
        let peer = Peer::start([Plays::Says("safe")]).await;
        let plain = peer.base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    // The client ends the handshake if it refuses the certificate.
                    let Ok(mut stream) = acceptor.accept(connection).await else { return };
                    let mut behind = TcpStream::connect(plain).await.expect("the peer");
                    // The peer closes the connection without a word of TLS.
                    let _ = copy_bidirectional(&mut stream, &mut behind).await;
                });
            }
        });
        format!("https://localhost:{port}/v1")
    }
}

#[tokio::test]
async fn a_provider_is_spoken_to_only_behind_a_certificate_that_holds_for_it() {
    let (own, other, folder) = (Ca::new(), Ca::new(), TempDir::new().expect("a folder"));
    let ca_file = write(&folder, "ca.pem", &own.pem);
    let mut file = "[limits]\nmodel_tries = 1\n".to_owned();
    for (name, model, base_url) in [
        ("good", "gpt-5.5", own.provider("localhost").await),
        ("unknown", "gpt-5.4", other.provider("localhost").await),
        ("elsewhere", "gpt-5.4-mini", own.provider("elsewhere.test").await),
    ] {
        let provider = format!("kind = \"openai\"\nbase_url = \"{base_url}\"\nca_file = \"{ca_file}\"");
        write!(file, "[providers.{name}]\n{provider}\n[models.\"{model}\"]\nprovider = \"{name}\"\n")
            .expect("a text takes all");
    }
    let server = configuration::of_file(&file);
    let mut talk = Talk::begin(&server, "default").await;
    let is_end = |event: &Value| ["turn.completed", "turn.failed"].iter().any(|end| event["type"] == *end);
    for model in ["gpt-5.4", "gpt-5.4-mini"] {
        talk.send_to(model, "Hello").await;
        let events = talk.until(is_end).await;
        let failed = one(&events, "turn.failed");
        let reason = failed["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("certificate or TLS cannot be accepted"), "{model}: {failed}");
    }
    talk.send_to("gpt-5.5", "Hello").await;
    let events = talk.until(is_end).await;
    one(&events, "turn.completed");
    assert!(one(&events, "message.completed").to_string().contains("safe"), "{events:#?}");
}
