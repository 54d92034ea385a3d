//! A proxy between a store and PostgreSQL that can cut connections.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};

use store::testing::Cluster;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    select,
    sync::watch,
};

/// The moment of the cut.
#[derive(Clone, Copy, PartialEq)]
pub enum Cut {
    /// Before the server gets it.
    Before,
    /// After the server has done it, and before the store gets the answer.
    Behind,
    /// Like `Behind`, and the server stays away until [`Proxy::up`].
    BehindForGood,
}

pub struct Proxy {
    port: u16,
    switches: Arc<Switches>,
}

struct Switches {
    /// While set, every connection is closed as soon as it is made.
    down: AtomicBool,
    /// Number of connections that are told that the server is starting up.
    starting: AtomicU32,
    /// The moment of the cut of the connection that sends COMMIT.
    cut_at_commit: Mutex<Option<Cut>>,
    /// Changes to cut all connections.
    cut: watch::Sender<u32>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, _) = watch::channel(0);
        let switches = Arc::new(Switches {
            down: AtomicBool::new(false),
            starting: AtomicU32::new(0),
            cut_at_commit: Mutex::default(),
            cut,
        });
        let shared = switches.clone();
        tokio::spawn(async move {
            while let Ok((store, _)) = listener.accept().await {
                if shared.starting.load(SeqCst) > 0 {
                    shared.starting.fetch_sub(1, SeqCst);
                    refuse(store).await;
                } else if !shared.down.load(SeqCst) {
                    tokio::spawn(wire(store, shared.clone()));
                }
            }
        });
        Self { port, switches }
    }

    /// `url`, through this proxy.
    pub fn url(&self, url: &str) -> String {
        let server = Cluster::of_this_process().port();
        url.replace(&format!(":{server}/"), &format!(":{}/", self.port))
    }

    /// Cuts every connection, and every new one until [`Self::up`].
    pub fn down(&self) {
        self.switches.down.store(true, SeqCst);
        self.switches.cut.send_modify(|n| *n += 1);
    }

    pub fn up(&self) {
        self.switches.down.store(false, SeqCst);
    }

    /// Tells so many connections that the server is starting up.
    pub fn starts_up(&self, connections: u32) {
        self.switches.starting.store(connections, SeqCst);
    }

    /// The remaining number.
    pub fn starting(&self) -> u32 {
        self.switches.starting.load(SeqCst)
    }

    /// Cuts the connection at the next COMMIT.
    pub fn cut_at_commit(&self, cut: Cut) {
        *self.switches.cut_at_commit.lock().unwrap() = Some(cut);
    }
}

/// Answers like PostgreSQL during its recovery.
async fn refuse(mut store: TcpStream) {
    let _ = store.read(&mut [0; 1024]).await.unwrap();
    let said = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
    let length = u32::try_from(said.len() + 4).unwrap().to_be_bytes();
    store.write_all(&[b"E", &length[..], said].concat()).await.unwrap();
}

/// Carries bytes until either side ends or the wire is cut.
async fn wire(store: TcpStream, switches: Arc<Switches>) {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, Cluster::of_this_process().port())).await.unwrap();
    let mut cut = switches.cut.subscribe();
    let ((mut from_store, mut to_store), (mut from_server, mut to_server)) = (store.into_split(), server.into_split());
    let requests = async {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let n = from_store.read(&mut bytes).await.unwrap_or(0);
            let commits = bytes[..n].windows(7).any(|word| word == b"COMMIT\0");
            let cut = if commits { switches.cut_at_commit.lock().unwrap().take() } else { None };
            if n == 0 || cut == Some(Cut::Before) || to_server.write_all(&bytes[..n]).await.is_err() {
                return None;
            }
            if cut.is_some() {
                return cut;
            }
        }
    };
    let lost = select! {
        cut = requests => cut,
        _ = copy(&mut from_server, &mut to_store) => None,
        _ = cut.changed() => None,
    };
    if let Some(lost) = lost {
        // The server has answered the COMMIT when this returns; the store never sees it.
        let _ = from_server.read(&mut [0; 1024]).await;
        switches.down.store(lost == Cut::BehindForGood, SeqCst);
    }
}
