//! One call over HTTP: the request, the events of its answer, and the time-outs.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use domain::{Timestamp, fault::Fault};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use outward::{Answer, Body, Method};
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Sleep, sleep};

use crate::{
    model::{Chunk, Failure, Purpose, Request, Stream},
    provider::Provider,
    routes::Lead,
    wire::{Call, Reader, Wire},
};

/// Most bytes that arrive without an event.
const BETWEEN_EVENTS_MAX: u64 = 8 << 20;
/// Most bytes that are read of an answer that is no stream.
const REFUSAL_BYTES_MAX: usize = 64 << 10;
/// Longest id of a request that is kept, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 200;
/// The header with our id of the request, and those in which providers give theirs.
const REQUEST_ID: &str = "x-request-id";
const REQUEST_IDS: [&str; 2] = ["request-id", REQUEST_ID];

/// Calls the model at a lead. `now` is for waits that a provider gives as a date.
///
/// The first failure or the end of the answer closes the connection, and so does dropping the stream.
pub(crate) fn call(lead: Arc<Lead>, wire: &'static dyn Wire, request: Request, now: Timestamp) -> Stream {
    let silence = Box::pin(sleep(lead.provider.times.first_token));
    let opening = async move {
        match open(&lead, wire, request, now).await {
            Ok((events, reader, request_id)) => {
                let listening = Listening {
                    events: Some(events),
                    reader,
                    request_id,
                    silence: Some(silence),
                    waiting: VecDeque::new(),
                    lead,
                };
                stream::unfold(listening, Listening::next).boxed()
            }
            Err(failure) => stream::iter([Err(failure)]).boxed(),
        }
    };
    stream::once(opening).flatten().boxed()
}

type Opened = (Events, Box<dyn Reader>, Option<String>);

/// Sends the request, and returns the answer's events, their reader, and the provider's id of the request.
async fn open(lead: &Lead, wire: &dyn Wire, mut request: Request, now: Timestamp) -> Result<Opened, Failure> {
    let Provider { times, client, lost_key, .. } = &*lead.provider;
    if *lost_key {
        let message = "the provider's stored key cannot be opened; the server's log has the reason";
        return Err(Failure::new(Fault::Unauthenticated, message));
    }
    let call = call_of(&request, lead);
    let (outgoing, reader) = (wire.request(&call)?, wire.reader(&call));
    // The texts are in the outgoing request. A model may be silent for long.
    (request.transcript, request.files) = Default::default();
    let own_id = match request.purpose {
        Purpose::Answer => format!("{}-{}", request.turn, request.call),
        Purpose::Summary => format!("{}-{}-summary", request.turn, request.call),
    };
    let mut sent = outward::Request::new(
        Method::POST,
        outgoing.url,
        outward::Times {
            connect: times.connect,
            first_byte: times.first_byte,
            between: times.between,
            whole: Some(times.whole),
        },
    );
    (sent.headers, sent.body) = (outgoing.headers, outgoing.body);
    sent.headers.insert(REQUEST_ID, HeaderValue::from_str(&own_id).expect("ids and numbers are ASCII"));
    let Answer { status, headers, body } = client
        .send(sent)
        .await
        .map_err(|failure| Failure { is_refused: is_unsent(&failure), ..unreachable(&failure) })?;
    let request_id = request_id(&headers, &own_id);
    if let Some(refused) = unusable(status, &headers) {
        return Err(Failure { request_id, is_refused: true, ..refused });
    }
    if !status.is_success() {
        let told = wire.failure(&call_of(&request, lead), status, &headers, &beginning(body).await);
        let retry_after = outward::retry_after(&headers, now).or(told.retry_after);
        return Err(Failure { retry_after, request_id, is_refused: true, ..told });
    }
    Ok((Events::of(body), reader, request_id))
}

fn call_of<'c>(request: &'c Request, lead: &'c Lead) -> Call<'c> {
    let Provider { name, base_url, key, .. } = &*lead.provider;
    Call {
        request,
        provider: name,
        model: &lead.model,
        abilities: lead.abilities.as_ref(),
        base_url,
        key: key.as_ref().map(|key| key.as_str()),
    }
}

/// The failure of an answer that no wire reads: a page for people, or the address of another server.
fn unusable(status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
    if status.is_redirection() {
        return Some(Failure::new(Fault::Invalid, "the provider redirects to another address: its base URL is wrong"));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_page = kind.starts_with("text/html") || kind.starts_with("application/json");
    (status.is_success() && is_page).then(|| {
        Failure::new(Fault::Invalid, "the provider answered with a page instead of a stream: its base URL may be wrong")
    })
}

/// The id that the provider gave the request. A provider that gives none may send ours back.
fn request_id(headers: &HeaderMap, own_id: &str) -> Option<String> {
    let ids = REQUEST_IDS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let given = |id: &&str| !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX && *id != own_id;
    ids.filter(given).map(Into::into).next()
}

/// The beginning of the body, as far as it arrives.
async fn beginning(mut body: Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < REFUSAL_BYTES_MAX
        && let Some(Ok(piece)) = body.next().await
    {
        bytes.extend_from_slice(&piece);
    }
    bytes.truncate(REFUSAL_BYTES_MAX);
    bytes
}

/// The failure of a connection. Only a later try can succeed where the network is at fault.
fn unreachable(failure: &outward::Failure) -> Failure {
    use outward::Failure::{NoAddress, Refused, Target, Tls, Unprepared, Unreachable};
    let fault = match failure {
        Target(_) | Tls | Unprepared => Fault::Invalid,
        NoAddress | Refused | Unreachable => Fault::Unavailable,
        _ => Fault::Upstream,
    };
    Failure::new(fault, format!("the model's provider gave no answer: {failure}"))
}

/// Tells whether the failure came before the request was sent.
fn is_unsent(failure: &outward::Failure) -> bool {
    use outward::Failure::{ConnectTimedOut, NoAddress, Refused, Target, Tls, Unprepared};
    matches!(failure, ConnectTimedOut | NoAddress | Refused | Target(_) | Tls | Unprepared)
}

/// The events of an answer that is a stream, bounded in size.
pub struct Events {
    events: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    /// Bytes since the last event.
    bytes: Arc<AtomicU64>,
}

/// The reason why a body ends early.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Connection(outward::Failure),
    #[error("an event is too large")]
    TooLarge,
}

impl Events {
    /// The events of this body.
    pub fn of(body: impl futures_util::Stream<Item = Result<Bytes, outward::Failure>> + Send + 'static) -> Self {
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = bytes.clone();
        let count = move |piece: Result<Bytes, outward::Failure>| {
            let piece = piece.map_err(Broken::Connection)?;
            let more = piece.len() as u64;
            match counted.fetch_add(more, Ordering::Relaxed) + more > BETWEEN_EVENTS_MAX {
                true => Err(Broken::TooLarge),
                false => Ok(piece),
            }
        };
        Self { events: SseByteStream::new(body.map(count)).boxed(), bytes }
    }

    /// The next event with data: its type and the data. `None` at the end of the connection. The future may be dropped at
    /// any moment.
    ///
    /// # Errors
    /// An answer that breaks off, is not UTF-8, or has too large an event. Nothing follows.
    pub async fn next(&mut self) -> Option<Result<(Option<String>, String), Failure>> {
        loop {
            let event = self.events.next().await?;
            self.bytes.store(0, Ordering::Relaxed);
            match event {
                Ok(Sse { event, data: Some(data), .. }) => return Some(Ok((event, data))),
                Ok(_) => {}
                Err(error) => return Some(Err(broken(error))),
            }
        }
    }
}

fn broken(error: sse_stream::Error) -> Failure {
    let failure = match &error {
        sse_stream::Error::Body(cause) => match cause.downcast_ref::<Broken>() {
            Some(Broken::Connection(failure)) => return unreachable(failure),
            _ => "the provider sent an event of more than 8 MiB",
        },
        _ => "the provider's stream is not UTF-8",
    };
    Failure::new(Fault::Upstream, failure)
}

/// An answer that arrives.
struct Listening {
    lead: Arc<Lead>,
    /// `None` after the end of the answer or a failure.
    events: Option<Events>,
    reader: Box<dyn Reader>,
    request_id: Option<String>,
    /// Runs until the first chunk.
    silence: Option<Pin<Box<Sleep>>>,
    /// Chunks that were read and not yet given out, and the failure behind them.
    waiting: VecDeque<Result<Chunk, Failure>>,
}

impl Listening {
    async fn next(mut self) -> Option<(Result<Chunk, Failure>, Self)> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Some((self.with_id(next), self));
            }
            self.events.as_ref()?;
            self.hear().await;
        }
    }

    /// Reads one event, or the end of the connection.
    async fn hear(&mut self) {
        let Some(events) = &mut self.events else { return };
        let heard = match &mut self.silence {
            None => events.next().await,
            Some(silence) => tokio::select! {
                biased;
                heard = events.next() => heard,
                () = silence => {
                    let seconds = self.lead.provider.times.first_token.as_secs();
                    Some(Err(Failure::new(Fault::Upstream, format!("the model said nothing for {seconds} seconds"))))
                }
            },
        };
        let mut chunks = Vec::new();
        let read = match heard {
            Some(Ok((event, data))) => self.reader.read(event.as_deref(), &data, &mut chunks),
            Some(Err(failure)) => {
                self.events = None;
                // The reader knows whether the answer is whole all the same, and its usage.
                self.reader.eof(&mut chunks).map_err(|cut| Failure { usage: cut.usage, ..failure })
            }
            None => {
                self.events = None;
                self.reader.eof(&mut chunks)
            }
        };
        let is_end = read.is_err() || chunks.iter().any(|chunk| matches!(chunk, Chunk::End(_)));
        if is_end {
            self.events = None;
        }
        if !chunks.is_empty() {
            self.silence = None;
        }
        self.waiting.extend(chunks.into_iter().map(Ok));
        self.waiting.extend(read.err().map(Err));
    }

    /// The chunk or failure with the provider's id of the request, unless the wire told another.
    fn with_id(&mut self, mut next: Result<Chunk, Failure>) -> Result<Chunk, Failure> {
        match &mut next {
            Ok(Chunk::End(end)) => end.request_id = end.request_id.take().or_else(|| self.request_id.take()),
            Ok(_) => {}
            Err(failure) => failure.request_id = failure.request_id.take().or_else(|| self.request_id.take()),
        }
        next
    }
}
