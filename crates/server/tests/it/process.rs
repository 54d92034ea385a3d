//! The binary as a child process: a server that is waited for, or a command that runs to its end.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// The first key of every server that [`Server::start`] starts.
pub const KEY: &str = "tl_key_of_the_tests_with_all_scopes";

/// Longer than anything takes. A test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The binary, with nothing of the caller's own settings.
pub fn binary() -> Command {
    program(env!("CARGO_BIN_EXE_threadline"))
}

/// A program, with nothing of the caller's own settings of ours.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THREADLINE_")) {
        command.env_remove(name);
    }
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"] {
        command.env_remove(name);
    }
    command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
    command
}

/// What a command that ran to its end has left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the command starts");
        Self {
            code: output.status.code().expect("the command was not killed"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Standard output as JSON, of a command that has done what it was asked.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {}", self.out))
    }
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Lines of its log, as JSON.
    log: Receiver<Value>,
    /// Its standard output, as far as it is not read.
    out: Option<BufReader<std::process::ChildStdout>>,
    /// What it said before it listened.
    pub before: Vec<Value>,
    pub url: String,
    pub folder: std::sync::Arc<TempDir>,
}

/// How a server is to be started.
pub struct Start {
    command: Command,
    pub folder: std::sync::Arc<TempDir>,
}

impl Start {
    /// `serve` or `dev` on a free port and on a folder of its own.
    pub fn new(verb: &str) -> Self {
        Self::on(verb, std::sync::Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    pub fn on(verb: &str, folder: std::sync::Arc<TempDir>) -> Self {
        Self::by(binary(), verb, folder)
    }

    /// After a command of the shell that limits it.
    pub fn limited(verb: &str, limit: &str) -> Self {
        let mut shell = program("sh");
        shell.arg("-c").arg(format!("{limit}; exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_threadline"));
        Self::by(shell, verb, std::sync::Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    fn by(mut command: Command, verb: &str, folder: std::sync::Arc<TempDir>) -> Self {
        command.arg(verb);
        if verb == "dev" {
            // Nothing at the usual ports of this machine is looked at.
            command.args(["--look-at", ""]);
        }
        command.args(["--listen", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data(&folder));
        command.env("THREADLINE_MISFITS", misfits(&folder));
        Self { command, folder }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// Without a look at each answer, where memory is measured.
    pub fn unwatched(mut self) -> Self {
        self.command.env_remove("THREADLINE_MISFITS");
        self
    }

    /// Waits until it listens.
    pub fn start(self) -> Server {
        let Self { mut command, folder } = self;
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (tell, log) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let out = child.stdout.take().map(BufReader::new);
        let mut server = Server { child, log, out, before: Vec::new(), url: String::new(), folder };
        let listening = loop {
            let line = server.log_line().unwrap_or_else(|| panic!("it never listened: {:?}", server.before));
            if line["message"].as_str().is_some_and(|text| text.contains("is listening")) {
                break line;
            }
            server.before.push(line);
        };
        server.url = format!("http://{}", listening["address"].as_str().expect("an address"));
        server
    }
}

impl Server {
    /// `serve` with the key [`KEY`].
    pub fn start() -> Self {
        Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).start()
    }

    pub fn data(&self) -> PathBuf {
        data(&self.folder)
    }

    /// Waits for a line of the log whose message has this in it.
    pub fn logged(&self, message: &str) -> Value {
        loop {
            let line = self.log_line().unwrap_or_else(|| panic!("the log never said {message:?}"));
            assert!(line.is_object(), "not a log line: {line}");
            if line["message"].as_str().is_some_and(|text| text.contains(message)) {
                return line;
            }
        }
    }

    /// The next line of its log; `None` after its end.
    pub fn log_line(&self) -> Option<Value> {
        match self.log.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the log neither went on nor ended"),
        }
    }

    /// Standard output up to the line that begins with this.
    pub fn printed(&mut self, last: &str) -> String {
        let out = self.out.as_mut().expect("a pipe");
        let mut text = String::new();
        loop {
            let from = text.len();
            assert_ne!(out.read_line(&mut text).expect("UTF-8"), 0, "the output ended: {text}");
            if text[from..].starts_with(last) {
                return text;
            }
        }
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had.
    pub fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line of its peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1_024
    }

    /// Waits for its end, and gives the rest of its standard output with it.
    pub fn ended(&mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.out.take().expect("a pipe").read_to_string(&mut rest).expect("UTF-8");
        (self.child.wait().expect("a child of ours"), rest)
    }

    /// Its exit code, unless it lives on for longer than this.
    pub fn ended_within(&mut self, longest: Duration) -> Option<i32> {
        let since = std::time::Instant::now();
        while since.elapsed() < longest {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// A command against this server with the key [`KEY`].
    pub fn ask(&self, arguments: &[&str]) -> Ran {
        self.ask_as(KEY, arguments)
    }

    pub fn ask_as(&self, key: &str, arguments: &[&str]) -> Ran {
        Ran::of(binary().args(arguments).env("THREADLINE_URL", &self.url).env("THREADLINE_KEY", key))
    }

    /// The same, as JSON.
    pub fn ask_json(&self, arguments: &[&str]) -> Value {
        self.ask(&[arguments, &["--json"]].concat()).json()
    }

    /// A new thread's id.
    pub fn thread(&self) -> String {
        self.ask_json(&["thread", "create"])["id"].as_str().expect("an id").to_owned()
    }

    /// The status of a GET with the key, and the body.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let response = client().get(format!("{}{path}", self.url)).bearer_auth(KEY).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let misfits = std::fs::read_to_string(misfits(&self.folder)).unwrap_or_default();
        assert!(misfits.is_empty() || thread::panicking(), "answers that their documents do not say:\n{misfits}");
    }
}

pub fn client() -> reqwest::Client {
    // Fails from the second call on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Where a server writes which of its answers are not what their documents say.
fn misfits(folder: &TempDir) -> PathBuf {
    folder.path().join("misfits")
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Writes a file beside the data.
pub fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path: &Path = &folder.path().join(name);
    std::fs::write(path, text).expect("the folder is writable");
    path.to_str().expect("UTF-8").to_owned()
}

/// Builds a C source into a library beside the data, to be preloaded.
pub fn library(folder: &TempDir, source: &str) -> String {
    let (source, library) = (write(folder, "preloaded.c", source), folder.path().join("preloaded.so"));
    let made = program("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).args([&source, "-ldl"]).output();
    let made = made.expect("install a C compiler (./test does it)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    library.to_str().expect("UTF-8").to_owned()
}

/// The identity of a person for this agent's guests, as the project's own server signs it, for some minutes.
pub fn identity(secret: &str, agent: &str) -> String {
    let exp = engine::Clock::default().now().0 / 1_000_000 + 3_000;
    engine::testing::signed(secret, &serde_json::json!({"sub": "probe", "aud": agent, "exp": exp}))
}
