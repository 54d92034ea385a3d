//! Certificates: the system's, the operator's own, and all others.

use std::{fs, path::PathBuf, sync::Arc};

use outward::{Client, Failure, Settings, Targets};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::endpoint::{Endpoint, OK, Peer, get, settled, table};

/// A certificate authority, and its file.
struct Ca {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let folder = TempDir::new().expect("a folder");
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(folder.path().join("ca.pem"), certificate.pem()).expect("a file");
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server's side of TLS, with a certificate for the name.
    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .expect("a certificate with its key");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A client that knows the endpoint as `good.test` and `other.test`.
fn client(endpoint: &Endpoint, ca_files: Vec<PathBuf>) -> Client {
    let address = [endpoint.address.into()];
    let names = table(&[("good.test", &address), ("other.test", &address)]);
    settled(Settings { targets: Targets::Any, ca_files, names, ..Settings::default() })
}

/// Accepts one connection, with a certificate for `good.test`, and answers one request on it.
async fn answer(endpoint: &Endpoint, ca: &Ca) {
    let peer = endpoint.accept().await;
    // The client ends the handshake if it refuses the certificate.
    if let Ok(stream) = ca.acceptor("good.test").accept(peer.stream).await {
        let mut peer = Peer { stream };
        peer.request().await;
        peer.say(OK).await;
    }
}

#[tokio::test]
async fn a_certificate_of_an_own_ca_is_accepted_for_its_name() {
    let (endpoint, ca) = (Endpoint::new().await, Ca::new());
    let client = client(&endpoint, vec![ca.file()]);
    let (answered, ()) = tokio::join!(client.send(get("https://good.test:8080/")), answer(&endpoint, &ca));
    assert_eq!(answered.expect("an answer").status, 200);
    let refused = endpoint_refuses(&endpoint, &client, "https://other.test:8080/", &ca).await;
    assert_eq!(refused, Some(Failure::Tls));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_ca_is_refused() {
    let (endpoint, ca, other) = (Endpoint::new().await, Ca::new(), Ca::new());
    let client = client(&endpoint, vec![other.file()]);
    let refused = endpoint_refuses(&endpoint, &client, "https://good.test:8080/", &ca).await;
    assert_eq!(refused, Some(Failure::Tls));
}

async fn endpoint_refuses(endpoint: &Endpoint, client: &Client, url: &str, ca: &Ca) -> Option<Failure> {
    let (answered, ()) = tokio::join!(client.send(get(url)), answer(endpoint, ca));
    answered.err()
}

#[tokio::test]
async fn an_endpoint_without_tls_is_refused() {
    let (endpoint, ca) = (Endpoint::new().await, Ca::new());
    let client = client(&endpoint, vec![ca.file()]);
    let speaks = async { endpoint.accept().await.say(OK).await };
    let (answered, ()) = tokio::join!(client.send(get("https://good.test:8080/")), speaks);
    assert_eq!(answered.err(), Some(Failure::Tls));
}

#[test]
fn a_ca_file_without_a_certificate_is_an_error_at_the_start() {
    let ca = Ca::new();
    let write = |name: &str, text: &str| {
        let path = ca.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    };
    let not_der = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    for bad in [
        ca.folder.path().join("absent.pem"),
        write("empty.pem", ""),
        write("words.pem", "no certificate"),
        write("not-der.pem", not_der),
        write("cut.pem", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n"),
    ] {
        let settings = Settings { ca_files: vec![ca.file(), bad.clone()], ..Settings::default() };
        let error = Client::new(settings).err().unwrap_or_else(|| panic!("{} is read", bad.display()));
        assert_eq!(error.path, bad);
        assert!(error.to_string().contains(&*bad.to_string_lossy()), "{error}");
    }
}
