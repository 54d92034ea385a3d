//! The projects of a run: a quiet one, a greedy one, and 50 well-behaved ones.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::load::Load;
use crate::{
    driver::{Client, KEY, concurrently, messages_path, request_by},
    scenarios::Bench,
    server::{Server, Which},
};

const MANY: usize = 50;
/// Messages of each project's long thread, and characters of each message.
const LONG: usize = 200;
const LONG_CHARS: usize = 2_000;

/// A server with its projects.
pub struct World {
    pub server: Server,
    pub quiet: Project,
    pub greedy: Project,
    pub many: Vec<Project>,
    _receivers: [Receiver; 2],
}

/// A project with its key.
#[derive(Clone)]
pub struct Project {
    pub key: String,
    /// Threads for new messages.
    pub threads: Vec<String>,
    /// A thread to search, fork and export.
    pub long: String,
}

impl World {
    pub async fn begin(bench: &Bench, load: Load) -> Result<Self> {
        let server = Server::start_with(Which::Ours { ours: &bench.ours, turns: None }, load.settings()).await?;
        let address = server.address;
        let receivers =
            [Receiver::open(None).await?, Receiver::open(Some("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await?];
        let hands = load.hands();
        let quiet = Project::make(address, "quiet".into(), 8, load).await?;
        let greedy = Project::make(address, "greedy".into(), hands, load).await?;
        let made = (0..MANY).map(|i| Project::make(address, format!("p{i}"), hands.div_ceil(MANY), load));
        let many = concurrently(made).await?;
        match load {
            Load::Workers => greedy.hangs(address).await?,
            Load::Senders => {
                let [silent, answers] = receivers.each_ref().map(|receiver| receiver.url.as_str());
                for _ in 0..20 {
                    greedy.is_watched(address, silent).await?;
                }
                for project in &many {
                    project.is_watched(address, answers).await?;
                }
            }
            _ => {}
        }
        Ok(Self { server, quiet, greedy, many, _receivers: receivers })
    }
}

impl Project {
    async fn make(address: SocketAddr, name: String, threads: usize, load: Load) -> Result<Self> {
        let mut client = Client::connect(address).await?;
        let made = ask(&mut client, KEY, "POST", "/threadline/v1/projects", &json!({"name": name})).await?;
        let key = json!({"name": name, "project": made["id"], "scopes": ["read", "write", "admin"]});
        let key = text(&ask(&mut client, KEY, "POST", "/threadline/v1/keys", &key).await?["secret"])?;
        let mut project = Self { key, threads: Vec::new(), long: String::new() };
        for _ in 0..threads {
            project.threads.push(project.thread(&mut client).await?);
        }
        project.long = project.thread(&mut client).await?;
        let said = json!({"text": "lorem ipsum ".repeat(LONG_CHARS / 12), "respond": false});
        for _ in 0..if load == Load::LongReads { LONG } else { 50 } {
            ask(&mut client, &project.key, "POST", &messages_path(&project.long), &said).await?;
        }
        Ok(project)
    }

    async fn thread(&self, client: &mut Client) -> Result<String> {
        text(&ask(client, &self.key, "POST", "/threadline/v1/threads", &json!({})).await?["id"])
    }

    /// Gives the project a model that stays silent.
    async fn hangs(&self, address: SocketAddr) -> Result<()> {
        let silent = json!({"model": "scripted", "script": [{"hang": true}]});
        let mut client = Client::connect(address).await?;
        ask(&mut client, &self.key, "PATCH", "/threadline/v1/agents/default", &silent).await.map(drop)
    }

    /// Gives the project a webhook to this URL.
    async fn is_watched(&self, address: SocketAddr, url: &str) -> Result<()> {
        let mut client = Client::connect(address).await?;
        ask(&mut client, &self.key, "POST", "/threadline/v1/webhooks", &json!({"url": url})).await.map(drop)
    }
}

/// Sends a request that must succeed, and returns the answer.
async fn ask(client: &mut Client, key: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
    let answer = client.request(&request_by(key, method, path, &body.to_string())).await?;
    ensure!(matches!(answer.status, 200 | 201), "{method} {path} answered {}: {}", answer.status, answer.text());
    Ok(serde_json::from_slice(answer.body)?)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("no text where one is awaited")?.to_owned())
}

/// The endpoint of the webhooks. Stops on drop.
struct Receiver {
    url: String,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// Gives this answer to every request, or none.
    async fn open(answer: Option<&'static str>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut input = vec![0; 16 * 1024];
                    // One read is one request, because requests are small.
                    while stream.read(&mut input).await.is_ok_and(|read| read > 0) {
                        if let Some(answer) = answer
                            && stream.write_all(answer.as_bytes()).await.is_err()
                        {
                            return;
                        }
                    }
                });
            }
        });
        Ok(Self { url, serving })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
