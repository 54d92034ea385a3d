//! The accept loop. Connections must send their header quickly, stay small, and end with the server.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use domain::Limits;
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, header};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::{
    Doors, Peer, Proxies,
    body::Upload,
    crowd::Seat,
    pace::Pace,
    wire::{Busy, Shared, Wire},
};

/// Pause of the loop when the system provides no more connections.
const EXHAUSTED_MS: u64 = 100;
/// Time for which an idle connection stays open during shutdown, so that a request in transit gets its refusal.
const LAST_CALL: Duration = Duration::from_millis(500);
/// Most connections that the system accepted before the listener closed.
const BACKLOG: usize = 1_024;
/// Bytes of an answer that the system keeps before it has sent them. More would hide the client's reading speed, and
/// would use memory that nobody counts.
const UNSENT_BYTES: u32 = 131_072;

/// Serves HTTP/1.1 on the listener until the shutdown of `doors`. Then it accepts no more connections, lets each finish its
/// answer, refuses new requests with 503, and closes the rest after `drain`. `proxies` are trusted for client
/// addresses.
pub async fn serve(listener: TcpListener, doors: Doors, proxies: Proxies, drain: Duration) {
    let http = builder(doors.limits());
    let shutdown = doors.shutdown().clone();
    let mut down = pin!(shutdown.wait());
    let mut connections = JoinSet::new();
    let begin = |connections: &mut JoinSet<()>, stream, from: SocketAddr| {
        let peer = Peer(from.ip());
        let seat = doors.gate().crowd.enter(peer);
        let is_beyond = seat.is_beyond();
        let task = connections.spawn(connection(stream, peer, seat, proxies.clone(), http.clone(), doors.clone()));
        if is_beyond {
            doors.gate().crowd.is_beyond(task);
        }
    };
    loop {
        tokio::select! {
            () = &mut down => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => begin(&mut connections, stream, from),
                Err(error) => rest(error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    for _ in 0..BACKLOG {
        let Some(Ok((stream, from))) = listener.accept().now_or_never() else { break };
        begin(&mut connections, stream, from);
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(drain, all_ended).await.is_err() {
        warn!(connections = connections.len(), "closing the connections that did not end in time");
        connections.shutdown().await;
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX / 4);
    let mut http = http1::Builder::new();
    // The wire measures the time, because it distinguishes an idle connection from a slow header.
    http.header_read_timeout(None)
        // Twice the limits. `Doors` refuses the range between with an error in the dialect's schema, instead of an
        // empty 431.
        .max_headers(count(limits.headers) * 2)
        .max_buf_size((count(limits.header_bytes) * 2).max(8_192));
    http
}

async fn rest(error: io::Error) {
    let of_one_connection =
        [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionRefused];
    if !of_one_connection.contains(&error.kind()) {
        warn!(%error, "cannot take connections, trying again");
        sleep(Duration::from_millis(EXHAUSTED_MS)).await;
    }
}

fn keep_little_unsent(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES) {
        debug!(%error, "a connection without TCP_NOTSENT_LOWAT");
    }
}

async fn connection(stream: TcpStream, peer: Peer, seat: Seat, proxies: Proxies, http: http1::Builder, doors: Doors) {
    // Otherwise a short answer waits for the acknowledgement of the previous one.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection without TCP_NODELAY");
    }
    keep_little_unsent(&stream);
    let shutdown = doors.shutdown().clone();
    let wire = Wire::new(stream, doors.limits(), Pace::new(doors.limits(), doors.memory().clone(), seat.clone()));
    let shared = wire.shared();
    let service = service_fn(move |request: Request<Incoming>| {
        let busy = shared.begin();
        // Boxed, because the connection reserves its size for life, and a stream lives long.
        Box::pin(answer(request, peer, seat.clone(), proxies.clone(), doors.clone(), shared.clone(), busy))
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.wait() => match timeout(LAST_CALL, connection.as_mut()).await {
            Ok(ended) => ended,
            Err(_) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    seat: Seat,
    proxies: Proxies,
    doors: Doors,
    shared: Shared,
    busy: Busy,
) -> Result<Response<Attended>, Infallible> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(proxies.sender(peer, &parts.headers));
    parts.extensions.insert(seat);
    if let Some(flaw) = shared.flaw() {
        parts.extensions.insert(flaw);
    }
    let upload = Upload::new(body, &parts.headers, Arc::clone(doors.limits()), shared.clone());
    let mut response = doors.answer(Request::from_parts(parts, Body::new(upload))).await;
    if shared.flaw().is_some() || doors.shutdown().is_on() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Attended { body, _busy: busy }))
}

/// An answer's body. The connection is not idle until its end.
struct Attended {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Attended {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
