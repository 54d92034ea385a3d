//! The bytes of attachments: files named by their hash, beside whichever database.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use domain::{Error, Result};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    task::spawn_blocking,
};

use crate::{OpenError, folder::sync};

/// What is read at once of a body that is stored.
const CHUNK_BYTES: usize = 64 << 10;

/// The files under `<data>/attachments`: `ab/<sha256 in hex>`, `ab` its first two digits. A clone is the same store.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<PathBuf>);

/// Stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the bytes: their name.
    pub hash: [u8; 32],
    pub size: u64,
}

/// Bytes on their way in. Dropped without [`Upload::finish`] they are gone.
pub struct Upload {
    root: Arc<PathBuf>,
    temporary: Temporary,
    file: File,
    hash: Sha256,
    size: u64,
    limit: u64,
}

/// A file that is removed when dropped.
struct Temporary(PathBuf);

impl Blobs {
    /// Creates the folder and forgets what an earlier process left half written. The data folder is locked.
    pub(crate) fn open(data: &Path) -> Result<Self, OpenError> {
        let root = data.join("attachments");
        let temporary = temporary_folder(&root);
        let emptied = match fs::remove_dir_all(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => DirBuilder::new().recursive(true).mode(0o700).create(&temporary).and_then(|()| sync(data)),
        };
        emptied.map_err(|source| OpenError::NotWritable { path: root.clone(), source })?;
        Ok(Self(Arc::new(root)))
    }

    /// Stores all that `reader` gives. The bytes are on disk when this returns; the same bytes are stored once.
    ///
    /// More than `limit` bytes are too large, and leave nothing. A disk that is full or fails is unavailable.
    pub async fn put(&self, mut reader: impl AsyncRead + Unpin, limit: u64) -> Result<Blob> {
        let mut upload = self.upload(limit).await?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = reader.read(&mut chunk).await.map_err(|e| disk(&e))?;
            if read == 0 {
                return upload.finish().await;
            }
            upload.write(&chunk[..read]).await?;
        }
    }

    /// As [`Self::put`], for bytes that come in pieces.
    pub async fn upload(&self, limit: u64) -> Result<Upload> {
        // The folder was empty at the start, and no other process is in it.
        static UPLOADS: AtomicU64 = AtomicU64::new(0);
        let name = UPLOADS.fetch_add(1, Relaxed).to_string();
        let temporary = Temporary(temporary_folder(&self.0).join(name));
        let file = File::create_new(&temporary.0).await.map_err(|e| disk(&e))?;
        Ok(Upload { root: self.0.clone(), temporary, file, hash: Sha256::new(), size: 0, limit })
    }

    /// The file with these bytes, at its beginning; `None` when they were never stored.
    pub async fn open_file(&self, hash: &[u8; 32]) -> Result<Option<File>> {
        match File::open(path(&self.0, hash)).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk(&error)),
        }
    }
}

impl Upload {
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.size += chunk.len() as u64;
        if self.size > self.limit {
            return Err(Error::too_large(format!("more than {} bytes", self.limit)));
        }
        self.hash.update(chunk);
        self.file.write_all(chunk).await.map_err(|e| disk(&e))
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Puts the bytes in their place. They are on disk when this returns.
    pub async fn finish(mut self) -> Result<Blob> {
        self.file.flush().await.map_err(|e| disk(&e))?;
        let blob = Blob { hash: self.hash.finalize().into(), size: self.size };
        let (file, temporary, target) = (self.file.into_std().await, self.temporary, path(&self.root, &blob.hash));
        spawn_blocking(move || place(&file, temporary, &target))
            .await
            .map_err(Error::internal)?
            .map_err(|e| disk(&e))?;
        Ok(blob)
    }
}

/// Durable bytes under a durable name. Whoever finds the name taken still waits for it to be durable.
fn place(file: &fs::File, temporary: Temporary, target: &Path) -> io::Result<()> {
    let folder = target.parent().expect("a blob lies in a folder of its own");
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        sync(folder.parent().expect("which lies in the root"))?;
    }
    if !target.exists() {
        file.sync_all()?;
        fs::rename(&temporary.0, target)?;
    }
    sync(folder)
}

fn temporary_folder(root: &Path) -> PathBuf {
    root.join("incoming")
}

fn path(root: &Path, hash: &[u8; 32]) -> PathBuf {
    let name = hex::encode(hash);
    root.join(&name[..2]).join(name)
}

fn disk(error: &io::Error) -> Error {
    let said = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The server cannot store anything: its disk is full"
        }
        io::ErrorKind::ReadOnlyFilesystem => "The server cannot store anything: its data folder is read-only",
        _ => "The server's disk has failed",
    };
    Error::unavailable(said).with_source(error.to_string())
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; what cannot be removed goes with the next start.
        let _ = fs::remove_file(&self.0);
    }
}
