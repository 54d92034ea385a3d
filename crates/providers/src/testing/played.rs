//! A provider on loopback: a real server that speaks Chat Completions and plays the answers that it was given.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{Kind, Models, Provider, ProviderSettings, RouteSettings, Routes, Times};

/// One answer of the provider.
#[derive(Clone, Debug)]
pub enum Plays {
    /// A whole answer of this text, with 1,000 tokens of input and 100 of output.
    Says(&'static str),
    /// Thinking, then a whole answer.
    Thinks(&'static str, &'static str),
    /// The text, and the connection ends without the answer's end after a while, in which readers are shown the text.
    Breaks(&'static str),
    /// The text, which may be empty, and then nothing until the client hangs up.
    Hangs(&'static str),
    /// An error of this status with more headers, each with its line end, and this body.
    Refuses(u16, &'static str, &'static str),
}

/// The provider. It ends with the test.
#[derive(Clone)]
pub struct Peer {
    pub base_url: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Peer {
    /// Plays the answers in order. The last one repeats.
    pub async fn start(plays: impl Into<VecDeque<Plays>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let (asked, mut plays) = (Arc::<Mutex<Vec<(String, Value)>>>::default(), plays.into());
        let peer = Self { base_url, asked };
        let heard = peer.asked.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.expect("a connection");
                let play = if plays.len() > 1 { plays.pop_front() } else { plays.front().cloned() };
                tokio::spawn(answer(connection, play.expect("an answer"), heard.clone()));
            }
        });
        peer
    }

    /// The bodies of the requests so far.
    pub fn asked(&self) -> Vec<Value> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|(_, body)| body.clone()).collect()
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|(head, _)| head.clone()).collect()
    }

    /// The settings of a provider of this name at this address.
    pub fn provider(&self, name: &str) -> Provider {
        let times = Times::all(Duration::from_secs(30));
        let (kind, base_url, name) = (Kind::Openai, Some(self.base_url.clone()), name.to_owned());
        Provider::new(ProviderSettings { name, kind, base_url, wire: None, key: None, ca_file: None, times })
            .expect("there is no CA file")
    }
}

/// Models with these providers, and routes of these names.
pub fn models<const N: usize>(providers: Vec<Provider>, routes: [(&str, RouteSettings); N]) -> Models {
    let routes: BTreeMap<String, RouteSettings> =
        routes.into_iter().map(|(name, route)| (name.to_owned(), route)).collect();
    Models::new(Routes::new(providers, routes).expect("routes that lead somewhere"))
}

/// A route to a provider's model.
pub fn route(provider: &str, model: &str) -> RouteSettings {
    RouteSettings { provider: provider.into(), model: Some(model.into()), ..RouteSettings::default() }
}

async fn answer(mut connection: TcpStream, play: Plays, heard: Arc<Mutex<Vec<(String, Value)>>>) {
    let Some(request) = request_of(&mut connection).await else { return };
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let end = || {
        let usage = json!({"prompt_tokens": 1_000, "completion_tokens": 100});
        let stop = event(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        format!("{stop}{}data: [DONE]\n\n", event(json!({"choices": [], "usage": usage})))
    };
    let text = |text: &str| event(json!({"model": "own-1", "choices": [{"index": 0, "delta": {"content": text}}]}));
    let (breaks, hangs) = (matches!(play, Plays::Breaks(_)), matches!(play, Plays::Hangs(_)));
    let answer = match play {
        Plays::Says(said) => format!("{stream}{}{}", text(said), end()),
        Plays::Thinks(thought, said) => {
            let thought = event(json!({"choices": [{"index": 0, "delta": {"reasoning_content": thought}}]}));
            format!("{stream}{thought}{}{}", text(said), end())
        }
        Plays::Hangs("") => stream.into(),
        Plays::Breaks(said) | Plays::Hangs(said) => format!("{stream}{}", text(said)),
        Plays::Refuses(status, headers, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} Refused\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        }
    };
    // A client that has what it needs may be gone.
    let _ = connection.write_all(answer.as_bytes()).await;
    if breaks {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    if hangs {
        let _ = connection.read(&mut [0; 1]).await;
    }
}

fn event(data: Value) -> String {
    format!("data: {data}\n\n")
}

/// The head and the JSON body of the request. `None` if the client has gone.
async fn request_of(connection: &mut TcpStream) -> Option<(String, Value)> {
    let mut request = Vec::new();
    loop {
        let mut bytes = [0; 4096];
        let count = connection.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&bytes[..count]);
        let text = std::str::from_utf8(&request).ok();
        if let Some((head, body)) = text.and_then(|text| text.split_once("\r\n\r\n"))
            && let Ok(body) = serde_json::from_str(body)
        {
            return Some((head.to_ascii_lowercase(), body));
        }
    }
}
