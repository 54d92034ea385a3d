//! The HTTP client.

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, StatusCode, header};
use ipnet::IpNet;
use reqwest::{Certificate, redirect::Policy};
use tokio::{
    sync::OnceCell,
    time::{Sleep, sleep, timeout},
};
use tower::util::MapFutureLayer;

use crate::{
    BadCaFile, Body, Failure, Names, Request, Targets, Times, certificates,
    failure::ConnectTimedOut,
    names::Guarded,
    redirect::{self, Hop},
    target::Rules,
};

/// The policy of a client.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub targets: Targets,
    /// Networks whose addresses are allowed beside the public ones. The rules of ports and of inner names stay.
    pub allowed: Vec<IpNet>,
    /// Files of CA certificates in PEM, trusted beside those of the system.
    pub ca_files: Vec<PathBuf>,
    pub names: Names,
}

/// A client for one policy. Cheap to clone; the clones share their open connections.
///
/// It speaks HTTP/1.1, by http or https, repeats nothing, and keeps an idle connection for 30 s.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    targets: Targets,
    rules: Arc<Rules>,
    names: Names,
    certificates: Vec<Certificate>,
    /// Made by the first request, because the certificates of the system take memory.
    http: OnceCell<reqwest::Client>,
}

/// The answer to a request: its head, and its body as it arrives.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Dropping the body closes the connection, unless the body was read to its end.
    pub body: Body,
}

/// How long a connection without a request is kept.
const KEPT_IDLE: Duration = Duration::from_secs(30);

/// Headers that the client sets itself. A wrong one would lead elsewhere, or hide a second request in the body.
const FRAMING: [HeaderName; 4] = [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];

tokio::task_local! {
    /// The time-out of connections that the running request begins.
    static CONNECT: Duration;
}

impl Client {
    /// Reads the CA files. No connection is made.
    ///
    /// # Errors
    /// A CA file that cannot be read or has no usable certificate.
    pub fn new(settings: Settings) -> Result<Self, BadCaFile> {
        let certificates = certificates::read(&settings.ca_files)?;
        let Settings { targets, allowed, names, .. } = settings;
        let rules = Arc::new(Rules { targets, allowed });
        Ok(Self(Arc::new(Inner { targets, rules, names, certificates, http: OnceCell::new() })))
    }

    /// Sends the request, and returns when the head of the answer is there. Any status is an answer.
    ///
    /// Dropping the future ends the request and closes its connection.
    ///
    /// # Errors
    /// Every [`Failure`]. The body's own failures arrive in [`Answer::body`].
    pub async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let (times, bytes_max) = (request.times, request.bytes_max);
        let mut whole: Option<Pin<Box<Sleep>>> = times.whole.map(|whole| Box::pin(sleep(whole)));
        let followed = Box::pin(self.follow(request));
        let (origin, response) = match &mut whole {
            None => followed.await?,
            Some(end) => tokio::select! {
                biased;
                answered = followed => answered?,
                () = end.as_mut() => return Err(Failure::WholeTimedOut),
            },
        };
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: Body::new(response, origin, times.between, whole, bytes_max) })
    }

    /// The allowed targets, for checks of URLs before they are stored.
    pub fn targets(&self) -> Targets {
        self.0.targets
    }

    /// Sends the request and follows its redirects. Returns the last answer with its origin.
    async fn follow(&self, request: Request) -> Result<(String, reqwest::Response), Failure> {
        let Request { method, url, mut headers, body, times, redirects_max, .. } = request;
        FRAMING.iter().for_each(|name| drop(headers.remove(name)));
        let rules = &self.0.rules;
        let mut hop = Hop { method, url: rules.check(&url).map_err(Failure::Target)?, headers, body };
        for _ in 0..=redirects_max {
            let origin = hop.url.origin().ascii_serialization();
            // Without redirects, the body needs no memory once it is sent.
            let kept = (redirects_max > 0).then(|| hop.clone());
            let response = self.ask(hop, times, &origin).await?;
            let location = redirect::location(response.status(), response.headers());
            let Some((kept, location)) = kept.zip(location) else { return Ok((origin, response)) };
            hop = kept.next(response.status(), location)?;
            hop.url = rules.check(hop.url.as_str()).map_err(Failure::Target)?;
        }
        Err(Failure::TooManyRedirects)
    }

    async fn ask(&self, hop: Hop, times: Times, origin: &str) -> Result<reqwest::Response, Failure> {
        let http = self.0.http.get_or_try_init(|| async { self.0.build() }).await;
        let http = http.map_err(|error| Failure::of(error, origin))?;
        let sent = http.request(hop.method, hop.url).headers(hop.headers).body(hop.body).send();
        match timeout(times.first_byte, CONNECT.scope(times.connect, sent)).await {
            Ok(answered) => answered.map_err(|error| Failure::of(error, origin)),
            Err(_) => Err(Failure::FirstByteTimedOut),
        }
    }
}

/// The client of a policy without further settings.
impl From<Targets> for Client {
    fn from(targets: Targets) -> Self {
        Self::new(Settings { targets, ..Settings::default() }).expect("only a CA file can be bad, and there is none")
    }
}

impl Inner {
    fn build(&self) -> reqwest::Result<reqwest::Client> {
        // Fails if a provider was installed before, which is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect and a proxy would bypass the check of the target.
        reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .tls_certs_merge(self.certificates.clone())
            .dns_resolver(Guarded { names: self.names.clone(), rules: self.rules.clone() })
            .connector_layer(MapFutureLayer::new(in_time))
            .pool_idle_timeout(KEPT_IDLE)
            .user_agent(concat!("Threadline/", env!("CARGO_PKG_VERSION")))
            .build()
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Bounds the connecting by the time-out of the request that begins it.
fn in_time<T>(connecting: impl Future<Output = Result<T, Cause>>) -> impl Future<Output = Result<T, Cause>> {
    // A connection that another request takes over goes on in a task without the value, so the value is read here.
    let within = CONNECT.try_with(|within| *within);
    async move {
        match within {
            Ok(within) => timeout(within, connecting).await.unwrap_or_else(|_| Err(ConnectTimedOut.into())),
            Err(_) => connecting.await,
        }
    }
}
