//! A pooler between the store and PostgreSQL.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::{Child, Command, Stdio},
};

use store::{OpenError, Options, Store, testing::Cluster};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::samples::{Insert, Names};

/// A PgBouncer of a test's own. Dropping it ends it.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    async fn start(mode: &str, size: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let settings = folder.path().join("pgbouncer.ini");
        let server = Cluster::of_this_process().port();
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
        );
        fs::write(&settings, text).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // It refuses to run as root.
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let mut command = Command::new(if is_root { "setpriv" } else { "pgbouncer" });
        if is_root {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "pgbouncer"]);
        }
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        let child = command.arg("-q").arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = child.spawn().expect("install Debian's pgbouncer package (./test does it)");
        let mut pooler = Self { child, port, _folder: folder };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            let ended = pooler.child.try_wait().unwrap();
            assert!(ended.is_none(), "install Debian's pgbouncer package (./test does it): {ended:?}");
            tokio::task::yield_now().await;
        }
        pooler
    }

    /// Opens a store on a fresh database behind it.
    async fn open(&self) -> (Result<Store, OpenError>, TempDir) {
        let (url, folder) = (Cluster::of_this_process().fresh_database().await, tempfile::tempdir().unwrap());
        let url = url.replace(&format!(":{}/", Cluster::of_this_process().port()), &format!(":{}/", self.port));
        (Store::open(Options { database: Some(url), ..Options::new(folder.path()) }).await, folder)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_lends_sessions_for_a_transaction_is_refused_with_what_to_do() {
    for (mode, size) in [("transaction", 4), ("transaction", 1), ("statement", 4)] {
        let (opened, _folder) = Pooler::start(mode, size).await.open().await;
        let Err(error) = opened else { panic!("it opened behind a pool of {size} for each {mode}") };
        assert!(matches!(error, OpenError::Pooler { .. }), "{mode}, {size}: {error}");
        assert!(error.to_string().contains("pool_mode = session"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_lends_sessions_for_as_long_as_they_are_held_may_be_used() {
    let pooler = Pooler::start("session", 20).await;
    let (opened, _folder) = pooler.open().await;
    let store = opened.unwrap();
    for result in futures_util::future::join_all((0..40).map(|_| store.read(Names))).await {
        assert!(result.unwrap().is_empty());
    }
    store.write(Insert("a")).await.unwrap();
    assert_eq!(store.read(Names).await.unwrap(), ["a"]);
    store.close().await;
}
