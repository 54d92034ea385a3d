//! The server under test: a child process that can be killed and started again on the same folder.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};

/// The first key of the store, with all scopes.
pub const KEY: &str = "crash-test-key-0123456789";

/// A start also takes over what the dead process has left.
const LISTENING_WITHIN: Duration = Duration::from_secs(60);
/// Lines of the log that a failure shows.
const LOG_LINES: usize = 30;

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    log: Log,
}

type Log = Arc<Mutex<VecDeque<String>>>;

impl Server {
    /// Starts it on a free port and returns when it listens. `plant`: the planted bug to switch on. `configuration`: its
    /// file.
    ///
    /// # Panics
    /// When it does not come up, with its log.
    pub async fn start(data: &Path, plant: Option<&str>, configuration: Option<&Path>) -> Self {
        let mut command = command(data, plant);
        command.envs(configuration.map(|file| ("THREADLINE_CONFIG", file)));
        let mut child = command.spawn().expect("the binary of this package was built with this test");
        let stderr = child.stderr.take().expect("its standard error is a pipe");
        let (log, (tell, told)) = (Log::default(), oneshot::channel());
        std::thread::spawn({
            let log = log.clone();
            move || keep_log(stderr, &log, tell)
        });
        let mut server = Self { child, url: String::new(), log };
        match timeout(LISTENING_WITHIN, told).await {
            Ok(Ok(address)) => server.url = format!("http://{address}"),
            _ => panic!("the server does not listen:\n{}", server.log_text()),
        }
        server
    }

    /// SIGKILL. Returns when the process is gone, and with it its lock on the folder.
    pub fn kill(&mut self) {
        let ended = self.child.try_wait().expect("it is our child");
        assert!(ended.is_none(), "the server has ended by itself ({ended:?}):\n{}", self.log_text());
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    pub fn log_text(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(|line| format!("  {line}\n")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, plant: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threadline"));
    // Nothing of the caller's own settings.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THREADLINE_")) {
        command.env_remove(name);
    }
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
    command.env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LIMITS_REQUESTS_PER_S", "0");
    // Without a line for each request, and with the one that names the address.
    command.env("THREADLINE_LOG", "warn,threadline=info");
    if let Some(bug) = plant {
        command.env("THREADLINE_PLANT", bug);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Reads the log to its end, so that the server never waits for us; tells the address once it is said.
fn keep_log(stderr: ChildStderr, log: &Log, tell: oneshot::Sender<String>) {
    let mut tell = Some(tell);
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(address) = listening(&line)
            && let Some(tell) = tell.take()
        {
            // Nobody listens any more when the start has failed meanwhile.
            let _ = tell.send(address);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_back(line);
        if log.len() > LOG_LINES {
            log.pop_front();
        }
    }
}

/// The address, if the line says that the server listens.
fn listening(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["message"].as_str()?.contains("is listening").then(|| line["address"].as_str().map(str::to_owned))?
}
