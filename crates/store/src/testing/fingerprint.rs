//! A fingerprint of a store's content, taken from outside.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

/// Reads the data folder of a running server on SQLite without taking part.
pub struct Observer {
    connection: Connection,
    attachments: PathBuf,
}

/// The number of rows and a hash of their content, for each table. The names of the attachments' files are one more
/// table.
pub type Fingerprint = BTreeMap<String, (u64, u64)>;

/// Tables that a service writes some time after the request, by the beginning of their names. A call that is written
/// belongs to a turn, whose entries are in other tables; an indexed text is in other tables too.
const LATER: [&str; 4] = ["step_usage", "usage_sums", "budget_draws", "search_"];

impl Observer {
    /// `data` is the data folder of an open store.
    pub fn new(data: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(data.join("threadline.db"), flags).expect("a store");
        Self { connection, attachments: data.join("attachments") }
    }

    /// The fingerprint of all committed data, [`LATER`] left out. Two fingerprints are equal if and only if the data is
    /// equal.
    pub fn fingerprint(&self) -> Fingerprint {
        let snapshot = self.connection.unchecked_transaction().expect("a transaction");
        let mut names =
            snapshot.prepare_cached("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("a schema");
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("texts");
        let names = names.into_iter().filter(|name| !LATER.iter().any(|later| name.starts_with(later)));
        let mut found: Fingerprint = names.map(|name| (name.clone(), table(&snapshot, &name))).collect();
        let mut files = Vec::new();
        walk(&self.attachments, &mut files);
        files.sort();
        let count = files.len() as u64;
        found.insert("(attachments)".into(), (count, hash_of(|hasher| files.hash(hasher))));
        found
    }
}

fn table(connection: &Connection, name: &str) -> (u64, u64) {
    let mut statement = connection.prepare_cached(&format!("SELECT * FROM \"{name}\"")).expect("a table");
    let columns = statement.column_count();
    let (mut count, mut sum) = (0, 0_u64);
    let mut rows = statement.query([]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        let row = hash_of(|hasher| {
            (0..columns).for_each(|column| hash_value(row.get_ref(column).expect("a column"), hasher));
        });
        // A sum, because rows come in no fixed order.
        (count, sum) = (count + 1, sum.wrapping_add(row));
    }
    (count, sum)
}

fn hash_value(value: ValueRef<'_>, hasher: &mut DefaultHasher) {
    match value {
        ValueRef::Null => 0_u8.hash(hasher),
        ValueRef::Integer(number) => number.hash(hasher),
        ValueRef::Real(number) => number.to_bits().hash(hasher),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(hasher),
    }
}

fn hash_of(write: impl FnOnce(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    write(&mut hasher);
    hasher.finish()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => walk(&path, files),
            path => files.push(path),
        }
    }
}
