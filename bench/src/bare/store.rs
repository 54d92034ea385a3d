//! Hand-written rusqlite: one writer thread that commits all waiting messages together, and read connections.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, params};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    CREATE TABLE IF NOT EXISTS messages(thread BLOB NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, turn BLOB NOT NULL,
        text TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(thread, seq)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS events(thread BLOB NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, message BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY(thread, seq)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS turns(id BLOB NOT NULL PRIMARY KEY, thread BLOB NOT NULL, state TEXT NOT NULL,
        at INTEGER NOT NULL) WITHOUT ROWID;";

const DEPTH: usize = 8_192;
const BATCH: usize = 512;
const READERS: usize = 4;

/// A message to store.
pub struct Accept {
    pub thread: Uuid,
    pub message: Uuid,
    pub turn: Uuid,
    pub text: String,
}

/// A stored message. `at` is in microseconds since 1970.
pub struct Stored {
    pub id: Uuid,
    pub thread: Uuid,
    pub seq: i64,
    pub turn: Uuid,
    pub text: String,
    pub at: i64,
}

type Job = (Accept, oneshot::Sender<Stored>);

/// The queue of the writer thread.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Creates an empty database in the folder, and the thread that writes to it until the last handle is dropped.
    pub fn open(data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let connection = Connection::open(file(data))?;
        connection.execute_batch(SCHEMA)?;
        let (queue, jobs) = mpsc::channel(DEPTH);
        std::thread::Builder::new().name("writer".into()).spawn(move || write(&connection, jobs))?;
        Ok(Self { queue })
    }

    /// Answers when the message, its event and its turn are on disk.
    pub async fn accept(&self, accept: Accept) -> Result<Stored> {
        let (answer, stored) = oneshot::channel();
        self.queue.send((accept, answer)).await.ok().context("the writer has ended")?;
        stored.await.context("the write failed")
    }
}

fn file(data: &Path) -> std::path::PathBuf {
    data.join("bare.db")
}

fn write(connection: &Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut last_seq = HashMap::new();
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        match commit(connection, &mut last_seq, &mut batch) {
            Ok(done) => done.into_iter().for_each(|(answer, stored)| drop(answer.send(stored))),
            Err(error) => return eprintln!("the bare server's writer ends: {error}"),
        }
    }
}

type Done = Vec<(oneshot::Sender<Stored>, Stored)>;

fn commit(connection: &Connection, last_seq: &mut HashMap<Uuid, i64>, batch: &mut Vec<Job>) -> Result<Done> {
    let mut done = Vec::with_capacity(batch.len());
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for (accept, answer) in batch.drain(..) {
        let seq = last_seq.entry(accept.thread).or_insert(0);
        *seq += 1;
        done.push((answer, insert(connection, accept, *seq)?));
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(done)
}

fn insert(connection: &Connection, accept: Accept, seq: i64) -> Result<Stored> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as i64;
    let Accept { thread, message, turn, text } = accept;
    connection
        .prepare_cached("INSERT INTO messages(thread, seq, id, turn, text, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![thread.as_bytes(), seq, message.as_bytes(), turn.as_bytes(), text, at])?;
    connection
        .prepare_cached("INSERT INTO events(thread, seq, kind, message, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![thread.as_bytes(), seq, "message.created", message.as_bytes(), at])?;
    connection.prepare_cached("INSERT INTO turns(id, thread, state, at) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        turn.as_bytes(),
        thread.as_bytes(),
        "queued",
        at
    ])?;
    Ok(Stored { id: message, thread, seq, turn, text, at })
}

/// Read connections, used on the caller's thread.
pub struct Pages {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Pages {
    /// Opens the database of [`Writer::open`].
    pub fn open(data: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || Ok(Mutex::new(Connection::open_with_flags(file(data), flags)?));
        let connections = (0..READERS).map(|_| open()).collect::<Result<_>>()?;
        Ok(Self { connections, next: AtomicUsize::new(0) })
    }

    /// The newest messages of the thread, newest first.
    pub fn last(&self, thread: Uuid, limit: i64) -> Result<Vec<Stored>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        let connection = self.connections[turn].lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(
            "SELECT id, seq, turn, text, at FROM messages WHERE thread = ?1 ORDER BY seq DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![thread.as_bytes(), limit], |row| {
            let id = Uuid::from_bytes(row.get(0)?);
            let turn = Uuid::from_bytes(row.get(2)?);
            Ok(Stored { id, thread, seq: row.get(1)?, turn, text: row.get(3)?, at: row.get(4)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
