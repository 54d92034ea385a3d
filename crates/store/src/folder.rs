//! The data folder: one process at a time, and files that only their owner may read.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use crate::OpenError;

/// Proof that no other process uses the folder. The system releases it when the process dies.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

/// Creates the folder if it is missing, readable only by its owner, and locks it.
pub(crate) fn lock(path: &Path) -> Result<Lock, OpenError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => return Err(OpenError::NotAFolder { path: path.to_owned() }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path).map_err(|source| OpenError::CannotCreate { path: path.to_owned(), source })?;
        }
        Err(source) => return Err(OpenError::CannotCreate { path: path.to_owned(), source }),
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join("lock"))
        .map_err(|source| OpenError::NotWritable { path: path.to_owned(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::CannotLock { path: path.to_owned(), source }),
    }
}

fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // The folder's own name must be durable too, or its content could be lost with it.
    sync(parent(path))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a line into a file that only its owner may read, completely or not at all. The file is durable afterwards. A
/// file of that name is replaced.
pub fn keep_private(path: &Path, line: &str) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    // A file of a dead process may have other permissions.
    match fs::remove_file(&unfinished) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{line}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync(parent(path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
