//! A PostgreSQL server that lives as long as the test process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::MetadataExt,
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};

use tokio_postgres::NoTls;

/// Runs as the owner of the cluster: creates the cluster in its own folder, and removes it at the end of standard
/// input. The input ends with the test process, however that process dies.
const SUPERVISOR: &str = r#"
set -e
folder=$(mktemp -d /tmp/threadline-postgres.XXXXXXXX)
cd "$folder"
trap 'kill -INT $server 2>/dev/null && wait $server; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
"$BIN/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions >/dev/null
printf 'host all guarded all scram-sha-256\nlocal all all trust\nhost all all all trust\n' >data/pg_hba.conf
exec 3<&0
"$BIN/postgres" -D data -k "$folder" -h 127.0.0.1 -p "$PORT" -c max_connections=400 -c shared_buffers=64MB \
    -c fsync=off -c full_page_writes=off -c autovacuum=off 3<&- </dev/null &
server=$!
{ read -r _ <&3 || true; kill -INT $server; } >/dev/null 2>&1 &
wait $server
"#;

const READY: &str = "database system is ready to accept connections";

/// A server on a free port of 127.0.0.1 without any durability. All users log in without a password, except `guarded`,
/// whom a test creates.
pub struct Cluster {
    port: u16,
    databases: AtomicU32,
    /// Keeps the supervisor's standard input open.
    _supervisor: Child,
}

impl Cluster {
    /// The server of this process. The first call starts it and blocks for a second or two.
    pub fn of_this_process() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(Self::start)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database as the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Creates an empty database and returns its address.
    pub async fn fresh_database(&self) -> String {
        self.fresh_database_with("").await
    }

    /// Like [`Cluster::fresh_database`]; `how` follows the name in `CREATE DATABASE`.
    pub async fn fresh_database_with(&self, how: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Relaxed));
        self.run(&format!("CREATE DATABASE {name} {how}")).await;
        self.url(&name)
    }

    /// Runs a statement as the superuser, in the database `postgres`.
    pub async fn run(&self, sql: &str) {
        let (client, driver) =
            tokio_postgres::connect(&self.url("postgres"), NoTls).await.expect("the cluster answers");
        let driver = tokio::spawn(driver);
        client.batch_execute(sql).await.expect("the cluster does what a test asks");
        drop(client);
        driver.await.expect("the driver does not panic").expect("the cluster says goodbye");
    }

    fn start() -> Self {
        let programs = programs();
        // Another process may take the free port before the server does.
        for _ in 0..5 {
            let port = free_port();
            let mut supervisor = supervise(&programs, port);
            let said = supervisor.stderr.take().expect("it is piped");
            match wait_until_ready(said) {
                Ok(()) => return Self { port, databases: AtomicU32::new(0), _supervisor: supervisor },
                Err(said) if said.contains("Address already in use") => continue,
                Err(said) => panic!("PostgreSQL did not start:\n{said}"),
            }
        }
        panic!("no port stayed free for PostgreSQL");
    }
}

/// The folder of `initdb` and `postgres`, of the newest version.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .map(|entry| (entry.file_name().to_string_lossy().parse().unwrap_or(0), entry.path().join("bin")))
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found
        .pop()
        .map(|(_, folder)| folder)
        .or_else(on_path)
        .expect("install Debian's postgresql package (./test does it)")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

/// PostgreSQL refuses to run as root, and its package has a user for it.
fn supervise(programs: &PathBuf, port: u16) -> Child {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command
        .args(["-c", SUPERVISOR])
        .env("BIN", programs)
        .env("PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("setpriv of util-linux, or sh, can be run")
}

/// Reads the server's messages until it is ready, and afterwards so that it never blocks on a full pipe. Returns the
/// messages if the server ended early.
fn wait_until_ready(said: ChildStderr) -> Result<(), String> {
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let mut before = String::new();
    for line in lines.by_ref() {
        if line.contains(READY) {
            thread::spawn(move || lines.for_each(drop));
            return Ok(());
        }
        before.push_str(&line);
        before.push('\n');
    }
    Err(before)
}
