//! The accept loop: connections that must be quick with their header, stay small, and end when the server does.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::body::Body;
use domain::Limits;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::{Doors, Peer, Proxies, body::Upload, wire::Wire};

/// How long the loop rests when the system gives out no more connections.
const EXHAUSTED_MS: u64 = 100;

/// Serves HTTP/1.1 on the listener until the doors' shutdown is on, then takes no more connections, lets each finish the
/// answer that it is in, and cuts what is left after `drain`. `proxies`: who may say whom a request comes from.
pub async fn serve(listener: TcpListener, doors: Doors, proxies: Proxies, drain: Duration) {
    let http = builder(doors.limits());
    let shutdown = doors.shutdown().clone();
    let mut down = pin!(shutdown.wait());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut down => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    drop(connections.spawn(connection(stream, Peer(from.ip()), proxies.clone(), http.clone(), doors.clone())));
                }
                Err(error) => rest(error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(drain, all_ended).await.is_err() {
        warn!(connections = connections.len(), "cutting the connections that have not ended in time");
        connections.shutdown().await;
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX / 4);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_wait_s))
        // Twice the limits: what lies between is refused by the doors, in a dialect's schema, instead of by an empty 431.
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

async fn connection(stream: TcpStream, peer: Peer, proxies: Proxies, http: http1::Builder, doors: Doors) {
    // Without it a short answer waits for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection without TCP_NODELAY");
    }
    let shutdown = doors.shutdown().clone();
    let wire = Wire::new(stream, Duration::from_secs(doors.limits().body_wait_s));
    let flaw = wire.flaw();
    let service = service_fn(move |request: Request<Incoming>| {
        let doors = doors.clone();
        let proxies = proxies.clone();
        let flaw = flaw.get();
        // Boxed, because the connection keeps room for it as long as it lives, and a stream lives long.
        Box::pin(async move {
            let limits = Arc::clone(doors.limits());
            let (mut parts, body) = request.into_parts();
            parts.extensions.insert(proxies.sender(peer, &parts.headers));
            if let Some(flaw) = flaw {
                parts.extensions.insert(flaw);
            }
            let upload = Upload::new(body, &parts.headers, limits);
            Ok::<_, Infallible>(doors.answer(Request::from_parts(parts, Body::new(upload))).await)
        })
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}
