//! The look for servers of models on this machine, at their usual ports.

use std::time::Duration;

use futures_util::{StreamExt, future::join_all};
use outward::{Client, Method, Request, StatusCode, Targets, Times};
use serde::Deserialize;
use tokio::time::timeout;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::failure::{Failure, Result};

/// A place where a server of models may be.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: &'static str,
    pub title: &'static str,
    pub base_url: String,
    /// The window, where the server cuts a longer prompt without a word.
    pub context: Option<u64>,
}

/// A server that answers, with the first of its models.
#[derive(Clone, Debug)]
pub struct Local {
    pub place: Place,
    pub model: String,
}

/// Name, title, usual port, and window. In the order in which they are taken.
const USUAL: [(&str, &str, u16, Option<u64>); 4] = [
    ("ollama", "Ollama", 11434, Some(4_096)),
    ("llama.cpp", "llama.cpp", 8080, None),
    ("lm-studio", "LM Studio", 1234, None),
    ("vllm", "vLLM", 8000, None),
];

/// The names that `--provider` takes.
pub const NAMES: [&str; 4] = [USUAL[0].0, USUAL[1].0, USUAL[2].0, USUAL[3].0];

/// The time of the whole look. All places are looked at together.
const WITHIN: Duration = Duration::from_secs(1);
/// The time of one place. The rest is for the client itself.
const ANSWERS_WITHIN: Duration = Duration::from_millis(700);
/// Most bytes of a list of models.
const LIST_BYTES_MAX: u64 = 1 << 20;
/// Longest name of a model, in characters.
const MODEL_CHARS_MAX: usize = 256;

/// The usual places. `look_at` replaces them by `NAME=URL`, separated by commas; a name without a URL is left out.
///
/// # Errors
/// Usage: another name.
pub fn places(look_at: Option<&str>) -> Result<Vec<Place>> {
    let usual = |(name, title, port, context): (&'static str, &'static str, u16, Option<u64>)| Place {
        name,
        title,
        base_url: format!("http://127.0.0.1:{port}/v1"),
        context,
    };
    let usual = USUAL.map(usual);
    let Some(text) = look_at else { return Ok(usual.into()) };
    let pairs = text.split(',').filter(|pair| !pair.is_empty());
    let place = |pair: &str| {
        let found = pair.split_once('=');
        let place = found.and_then(|(name, url)| Some((usual.iter().find(|place| place.name == name)?, url)));
        let (place, url) = place.ok_or_else(|| Failure::usage(format!("--look-at: {pair} is not NAME=URL")))?;
        Ok(Place { base_url: url.to_owned(), ..place.clone() })
    };
    pairs.map(place).collect()
}

/// The first of the places, in their order, whose server lists a model. The look takes a second at most.
pub async fn look(places: &[Place]) -> Option<Local> {
    if places.is_empty() {
        return None;
    }
    // The addresses are the operator's own machine.
    let client = Client::from(Targets::Any);
    // A place where nobody answers is the usual case, and no news for the log.
    let looks = join_all(places.iter().map(|place| first_model(&client, place))).with_subscriber(NoSubscriber::new());
    let models = timeout(WITHIN, looks).await;
    let found = models.ok()?.into_iter().zip(places).find_map(|(model, place)| Some((model?, place)));
    found.map(|(model, place)| Local { place: place.clone(), model })
}

/// The first model of the server's list. `None`: nobody answers in time, or not with such a list.
async fn first_model(client: &Client, place: &Place) -> Option<String> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Listed>,
    }
    #[derive(Deserialize)]
    struct Listed {
        id: String,
    }
    let url = format!("{}/models", place.base_url);
    let request =
        Request { bytes_max: Some(LIST_BYTES_MAX), ..Request::new(Method::GET, url, Times::within(ANSWERS_WITHIN)) };
    let mut answer = client.send(request).await.ok().filter(|answer| answer.status == StatusCode::OK)?;
    let mut bytes = Vec::new();
    while let Some(piece) = answer.body.next().await {
        bytes.extend_from_slice(&piece.ok()?);
    }
    let list: List = serde_json::from_slice(&bytes).ok()?;
    let is_name = |id: &String| {
        (1..=MODEL_CHARS_MAX).contains(&id.chars().count()) && !id.contains(char::is_control) && !id.trim().is_empty()
    };
    list.data.into_iter().map(|model| model.id).find(is_name)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server that says this to every request. With `streams`, it goes on for ever.
    async fn server(says: String, streams: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let says = says.clone();
                tokio::spawn(async move {
                    let _ = connection.read(&mut [0; 4_096]).await;
                    let _ = connection.write_all(says.as_bytes()).await;
                    while streams && connection.write_all(b"1\r\n \r\n").await.is_ok() {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    // A client that is told nothing more waits, unless the connection ends.
                    if says.is_empty() {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        url
    }

    fn answer(kind: &str, body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    #[tokio::test]
    async fn servers_that_list_no_model_hang_or_never_end_stall_nothing() {
        let html = server(answer("text/html", "<html>Hello</html>"), false).await;
        let hangs = server(String::new(), false).await;
        let endless = server(STREAM.into(), true).await;
        let look_at = format!("ollama={html},llama.cpp={hangs},lm-studio={endless},vllm=http://127.0.0.1:1/v1");
        assert!(look(&places(Some(&look_at)).unwrap()).await.is_none());
        for bad in ["{}", r#"{"data": []}"#, r#"{"data": [{"id": ""}]}"#, "[]", "{\"data\": [{\"id\": \"a\\nb\"}]}"] {
            let url = server(answer("application/json", bad), false).await;
            assert!(look(&places(Some(&format!("ollama={url}"))).unwrap()).await.is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_first_place_that_lists_a_model_is_taken_with_its_first_model() {
        let hangs = server(String::new(), false).await;
        let list =
            |name: &str| answer("application/json", &format!(r#"{{"data": [{{"id": "{name}"}}, {{"id": "z"}}]}}"#));
        let (one, two) = (server(list("one"), false).await, server(list("two"), false).await);
        let found = look(&places(Some(&format!("vllm={two},lm-studio={one},ollama={hangs}"))).unwrap()).await.unwrap();
        assert_eq!((found.place.name, found.model.as_str()), ("vllm", "two"), "the order is the one that is given");
    }

    #[test]
    fn the_usual_places_are_those_of_the_servers() {
        let urls: Vec<String> = places(None).unwrap().into_iter().map(|place| place.base_url).collect();
        let expected = [11434, 8080, 1234, 8000].map(|port| format!("http://127.0.0.1:{port}/v1"));
        assert_eq!(urls, expected);
        assert!(places(Some("")).unwrap().is_empty());
        assert!(places(Some("nobody=http://127.0.0.1:1")).is_err());
    }
}
