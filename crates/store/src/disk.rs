//! Tests whether the data folder's disk can be read, past the system's page cache.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{Error, Result};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

use crate::blobs;

/// Alignment of a direct read that fits every disk.
const BLOCK: usize = 4_096;
/// Longest wait for the disk's answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Disk {
    folder: PathBuf,
    /// Held during the read, so that a disk that never answers holds only one thread.
    reading: Arc<Mutex<()>>,
}

impl Disk {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), reading: Arc::default() }
    }

    /// # Errors
    /// `unavailable` if the disk fails or does not answer.
    pub(crate) async fn check(&self) -> Result<()> {
        let read = async {
            let (one, folder) = (self.reading.clone().lock_owned().await, self.folder.clone());
            let read = spawn_blocking(move || {
                let read = read_anew(&folder);
                drop(one);
                read
            });
            read.await.map_err(Error::internal)?.map_err(|e| blobs::disk(&e))
        };
        let silent = |_| Error::unavailable("The server's disk does not answer");
        timeout(PATIENCE, read).await.map_err(silent)?
    }
}

/// Reads a block of a file in the data folder from its disk. It is not the database, because closing SQLite's file
/// would release all its locks.
pub(crate) fn read_anew(folder: &Path) -> io::Result<()> {
    let path = folder.join(blobs::OWNER);
    let mut memory = vec![0; 2 * BLOCK];
    let from = memory.as_ptr().align_offset(BLOCK);
    let block = &mut memory[from..from + BLOCK];
    match open_directly(&path).and_then(|mut file| file.read(block)) {
        // A file system without direct reads, such as one in memory.
        Err(error) if error.kind() == ErrorKind::InvalidInput => File::open(&path)?.read(block).map(drop),
        // The first start had no space for the file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        read => read.map(drop),
    }
}

#[cfg(target_os = "linux")]
fn open_directly(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(libc::O_DIRECT).open(path)
}

#[cfg(not(target_os = "linux"))]
fn open_directly(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
