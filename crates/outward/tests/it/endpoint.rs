//! An endpoint on an address of its own of the loopback network, scripted byte by byte.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, StreamExt};
use outward::{Answer, Client, Failure, Method, Names, Request, Settings, Targets, Times};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Long enough to never run out in a test that passes.
pub const LONG: Duration = Duration::from_secs(30);

pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

pub struct Endpoint {
    listener: TcpListener,
    pub address: Ipv4Addr,
}

impl Endpoint {
    /// Listens at a port that the rules allow. The address is not used by another endpoint or test process.
    pub async fn new() -> Self {
        static LAST: AtomicU8 = AtomicU8::new(0);
        let [.., high, low] = std::process::id().to_be_bytes();
        loop {
            let last = LAST.fetch_add(1, Ordering::Relaxed);
            let address = Ipv4Addr::new(127, high, low, last);
            if let Ok(listener) = TcpListener::bind((address, 8080)).await {
                return Self { listener, address };
            }
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.at())
    }

    pub fn at(&self) -> SocketAddr {
        (self.address, 8080).into()
    }

    /// Tells whether nobody has connected.
    pub fn is_untouched(&self) -> bool {
        self.listener.accept().now_or_never().is_none()
    }

    pub async fn accept(&self) -> Peer<TcpStream> {
        let (stream, _) = in_time(self.listener.accept()).await.expect("a connection");
        Peer { stream }
    }

    /// Reads one request, and answers it. Returns the request.
    pub async fn answer(&self, answer: &str) -> String {
        let mut peer = self.accept().await;
        let request = peer.request().await;
        peer.say(answer).await;
        request
    }
}

/// The client's connection, as the endpoint has it.
pub struct Peer<S> {
    pub stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// One request: its head in lower case, and its body.
    pub async fn request(&mut self) -> String {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_lowercase();
                let bytes = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= bytes.unwrap_or(0) {
                    return format!("{head}\n\n{body}");
                }
            }
            assert!(in_time(self.stream.read_buf(&mut read)).await.expect("bytes") > 0, "closed after {text:?}");
        }
    }

    pub async fn say(&mut self, text: &str) {
        in_time(self.stream.write_all(text.as_bytes())).await.expect("the client reads");
        in_time(self.stream.flush()).await.expect("the client reads");
    }

    /// Waits until the client closes the connection.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is as good as an end.
        let _ = in_time(self.stream.read_to_end(&mut rest)).await;
    }
}

/// Fails the test instead of waiting for ever.
pub async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it happens within 30 s")
}

/// A client that may connect to public addresses and to these endpoints.
pub fn client_for(endpoints: &[&Endpoint], names: &[(&str, &[IpAddr])]) -> Client {
    let allowed = endpoints.iter().map(|endpoint| IpAddr::from(endpoint.address).into()).collect();
    settled(Settings { targets: Targets::Public, allowed, names: table(names), ..Settings::default() })
}

/// A client that may connect to any address.
pub fn any_client() -> Client {
    Client::from(Targets::Any)
}

pub fn settled(settings: Settings) -> Client {
    Client::new(settings).expect("good CA files")
}

pub fn table(names: &[(&str, &[IpAddr])]) -> Names {
    let names = names.iter().map(|(name, addresses)| ((*name).to_owned(), addresses.to_vec()));
    Names::Table(Arc::new(names.collect::<HashMap<_, _>>()))
}

pub fn get(url: impl Into<String>) -> Request {
    Request::new(Method::GET, url, Times::within(LONG))
}

/// The bytes of the body, and its failure.
pub async fn read(answer: Answer) -> (Vec<u8>, Option<Failure>) {
    let mut body = answer.body;
    let reading = async {
        let mut read = Vec::new();
        while let Some(piece) = body.next().await {
            match piece {
                Ok(piece) => read.extend_from_slice(&piece),
                Err(failure) => {
                    assert!(body.next().await.is_none(), "nothing follows a failure");
                    return (read, Some(failure));
                }
            }
        }
        (read, None)
    };
    in_time(reading).await
}

/// Sends a request that may go to any address.
pub async fn send(request: Request) -> Result<Answer, Failure> {
    any_client().send(request).await
}
