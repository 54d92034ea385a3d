//! The measured servers: child processes on a free port, with an empty data folder that is removed with them.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::driver::{Client, KEY};

/// The variable with the address of the model server that the bare server's proxy leads to.
pub const MODEL: &str = "BENCH_MODEL";

const READY_WITHIN: Duration = Duration::from_secs(20);

/// The stand-in for our server.
pub enum Ours {
    Binary(PathBuf),
    /// A second bare server.
    Bare,
}

/// The server to start.
#[derive(Clone, Copy)]
pub enum Which<'a> {
    Bare,
    /// `turns` is the number of concurrent turns; `None` is the default.
    Ours {
        ours: &'a Ours,
        turns: Option<u32>,
    },
}

/// A ready server. Dropping it kills the process and removes the data.
pub struct Server {
    process: Process,
    pub address: SocketAddr,
    pub start_to_ready: Duration,
    folder: TempDir,
}

impl Server {
    pub async fn start(which: Which<'_>) -> Result<Self> {
        Self::start_with(which, &[]).await
    }

    /// Starts a server with these environment variables.
    pub async fn start_with(which: Which<'_>, settings: &[(&str, &str)]) -> Result<Self> {
        // Beside the binary and not in /tmp, which may be in memory, where a sync costs nothing.
        let binary = std::env::current_exe()?;
        let folder = TempDir::new_in(binary.parent().context("a binary lies in a folder")?)?;
        Self::start_in(which, folder, settings).await
    }

    /// Stops the server and starts it again on the same data.
    pub async fn restart(self, which: Which<'_>) -> Result<Self> {
        let Self { process, folder, .. } = self;
        drop(process);
        Self::start_in(which, folder, &[]).await
    }

    async fn start_in(which: Which<'_>, folder: TempDir, settings: &[(&str, &str)]) -> Result<Self> {
        let address = free_address()?;
        let log = folder.path().join("log");
        let mut command = command(which, address, &folder.path().join("data"))?;
        command.envs(settings.iter().copied());
        let output = File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let start = Instant::now();
        let mut process = Process(command.spawn().with_context(|| format!("cannot start {command:?}"))?);
        while !is_ready(address).await {
            if let Some(status) = process.0.try_wait()? {
                bail!("the server ended at once ({status}):\n{}", std::fs::read_to_string(&log)?);
            }
            ensure!(start.elapsed() < READY_WITHIN, "not ready in time:\n{}", std::fs::read_to_string(&log)?);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self { process, address, start_to_ready: start.elapsed(), folder })
    }

    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

/// A process that is killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(which: Which<'_>, address: SocketAddr, data: &Path) -> Result<Command> {
    let (mut command, turns) = match which {
        Which::Bare | Which::Ours { ours: Ours::Bare, .. } => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("bare");
            (command, None)
        }
        Which::Ours { ours: Ours::Binary(path), turns } => {
            let mut command = Command::new(path);
            command.arg("serve");
            (command, turns)
        }
    };
    command.arg("--listen").arg(address.to_string()).arg("--data").arg(data);
    if let Some(turns) = turns {
        command.arg("--turns").arg(turns.to_string());
    }
    // Removes the caller's own settings, and lifts the limits, which are not measured.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THREADLINE_")) {
        command.env_remove(name);
    }
    command.env("THREADLINE_BOOTSTRAP_KEY", KEY);
    command.env("THREADLINE_LIMITS_REQUESTS_PER_S", "0");
    command.env("THREADLINE_LIMITS_PROJECT_REQUESTS_PER_S", "0");
    command.env("THREADLINE_LIMITS_QUEUED_TURNS", "100000000");
    Ok(command)
}

/// A port that was free just now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(address).await else { return false };
    client.get("/readyz").await.is_ok_and(|answer| answer.status == 200)
}

/// Builds this workspace's server with the release profile, and returns its path.
pub fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--package", "threadline", "--message-format", "json-render-diagnostics"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the server does not build");
    let messages = String::from_utf8(output.stdout)?;
    let binaries = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let path = binaries.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    path.context("cargo named no binary of the package `server`")
}
