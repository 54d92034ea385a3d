//! Opens the file, after a check that changes nothing.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{Connection, Error as Sqlite, ErrorCode};

use super::{
    checkpoints::Checkpoints,
    connection::{open_for_checkpoints, open_reader, open_writer},
    failure::disk_fails,
    migrate::{migrate, version},
    readers::Readers,
    writer::Writer,
};
use crate::{
    OpenError, Options,
    folder::Lock,
    migrations::{self, Migration},
    queue::Queue,
};

const FILE: &str = "threadline.db";

/// A file up to this size is checked page by page at the start. Of a larger file, only pages that are needed anyway are
/// read.
const CHECKED_BYTES: u64 = 8 << 20;

/// An error of opening; [`explain`] adds the place.
pub(super) enum Opening {
    Sqlite(Sqlite),
    Migration(&'static Migration, Sqlite),
    Random(getrandom::Error),
    File(io::Error),
    Damaged(String),
    Newer(i64),
}

impl From<Sqlite> for Opening {
    fn from(error: Sqlite) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens the database of a locked folder and starts its writer. Blocks. Returns the installation secret too.
pub(crate) fn open(options: &Options, queue: Queue, lock: Lock) -> Result<(Readers, Writer, [u8; 32]), OpenError> {
    let path = options.data.join(FILE);
    let open = || {
        look(&path)?;
        create_private(&path).map_err(Opening::File)?;
        let mut db = open_writer(&path)?;
        let secret = migrate(&mut db)?;
        let readers = Readers::open(&path, options)?;
        let checkpoints = Checkpoints::start(&mut db, open_for_checkpoints(&path)?)?;
        let writer = Writer::start(db, checkpoints, queue, lock).map_err(Opening::File)?;
        Ok((readers, writer, secret))
    };
    open().map_err(|error| explain(&path, error))
}

/// Reads the header, the schema and its version. Writes nothing.
fn look(path: &Path) -> Result<(), Opening> {
    let Ok(file) = fs::metadata(path) else { return Ok(()) };
    if file.is_file() && file.len() == 0 {
        return Ok(());
    }
    let db = open_reader(path)?;
    let found = version(&db)?;
    if found > migrations::newest() {
        return Err(Opening::Newer(found));
    }
    if file.len() <= CHECKED_BYTES { check(&db) } else { Ok(()) }
}

/// The file holds live credentials, and others may be able to read the folder. The write-ahead log inherits the file's
/// mode.
fn create_private(path: &Path) -> io::Result<()> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path).map(drop)
}

fn check(db: &Connection) -> Result<(), Opening> {
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Opening::Damaged(found)) }
}

fn explain(path: &Path, error: Opening) -> OpenError {
    let place = path.to_owned();
    match error {
        Opening::Newer(found) => {
            OpenError::Newer { place: path.display().to_string(), found, known: migrations::newest() }
        }
        Opening::Damaged(detail) => OpenError::Corrupt { path: place, detail },
        Opening::Random(error) => OpenError::Random(error.to_string()),
        Opening::File(error) => OpenError::File { path: place, detail: error.to_string() },
        Opening::Migration(migration, error) => OpenError::Migration {
            place: path.display().to_string(),
            version: migration.version,
            name: migration.name,
            detail: error.to_string(),
        },
        Opening::Sqlite(error) => match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path: place },
            Some(ErrorCode::DatabaseCorrupt) if disk_fails(path.to_str()) => {
                OpenError::File { path: place, detail: "its disk cannot be read".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Corrupt { path: place, detail: error.to_string() },
            // A schema without our table.
            Some(ErrorCode::Unknown) => OpenError::Foreign { path: place },
            _ => OpenError::File { path: place, detail: error.to_string() },
        },
    }
}
