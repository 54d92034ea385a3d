//! The bytes of attachments: files named by their hash, beside either database.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, UNIX_EPOCH},
};

use domain::{Error, Result, Timestamp};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    task::spawn_blocking,
};

use crate::{OpenError, folder::sync};

/// The file in the data folder that names the database to which the bytes belong.
pub(crate) const OWNER: &str = "attachments.owner";

/// Bytes of a body that are read at once while it is stored.
const CHUNK_BYTES: usize = 64 << 10;

/// The files under `<data>/attachments`, as `ab/<sha256 in hex>`; `ab` is the first two digits. A clone is the same
/// store.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<Place>);

/// The folders of the store.
#[derive(Debug)]
struct Place {
    root: PathBuf,
    /// Held while a file gets or loses its name. Neither may happen between the other's check and its act.
    names: Mutex<()>,
    is_of_this_database: OnceLock<bool>,
}

/// Stored bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the bytes, which names the file.
    pub hash: [u8; 32],
    pub size: u64,
}

/// Bytes on their way in. They are removed if dropped before [`Upload::finish`].
pub struct Upload {
    place: Arc<Place>,
    temporary: Temporary,
    file: File,
    hash: Sha256,
    size: u64,
    limit: u64,
}

/// A file that is removed on drop.
struct Temporary(PathBuf);

impl Blobs {
    /// Free bytes of the data folder's disk, and all its bytes. `None` if the system does not tell.
    pub async fn room(&self) -> Option<(u64, u64)> {
        let root = self.0.root.parent()?.to_owned();
        let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&root).ok()).await.ok()??;
        let bytes = |blocks: u64| blocks.saturating_mul(asked.f_frsize);
        Some((bytes(asked.f_bavail), bytes(asked.f_blocks)))
    }

    /// Creates the folders and removes the unfinished uploads of an earlier process. The data folder is locked.
    ///
    /// Existing folders are also found on a full disk. Missing folders are made by the first upload.
    pub(crate) fn open(data: &Path) -> Result<Self, OpenError> {
        let root = data.join("attachments");
        let emptied = empty(&temporary_folder(&root)).and_then(|()| sync(data));
        match emptied {
            Err(error) if is_full(&error) => {
                tracing::warn!(%error, "attachments cannot be stored before there is space")
            }
            emptied => emptied.map_err(|source| OpenError::NotWritable { path: root.clone(), source })?,
        }
        Ok(Self(Arc::new(Place { root, names: Mutex::new(()), is_of_this_database: OnceLock::new() })))
    }

    /// Records that the bytes belong to the database with this installation secret, unless another owner is recorded.
    pub(crate) fn belong_to(&self, data: &Path, secret: &[u8; 32]) {
        let (path, name) = (data.join(OWNER), hex::encode(Sha256::digest([b"attachments of ", &secret[..]].concat())));
        let owner = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::write(&path, &name).map(|()| name.clone()),
            owner => owner,
        };
        let is_ours = owner.as_ref().is_ok_and(|owner| *owner == name);
        if !is_ours {
            let path = path.display();
            tracing::warn!(%path, "the attachments of this data folder belong to another database, so none is removed");
        }
        let _ = self.0.is_of_this_database.set(is_ours);
    }

    /// Tells whether the bytes belong to this database. If not, garbage collection must not run: the folder may have
    /// been opened with another database by mistake.
    pub fn are_of_this_database(&self) -> bool {
        self.0.is_of_this_database.get().copied().unwrap_or(false)
    }

    /// Stores everything that `reader` gives. The bytes are on disk when this returns; equal bytes are stored once.
    ///
    /// # Errors
    /// `too_large` beyond `limit` bytes, with nothing stored. `unavailable` if the disk is full or fails.
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

    /// Like [`Self::put`], for bytes that come in pieces.
    pub async fn upload(&self, limit: u64) -> Result<Upload> {
        // The folder was empty at the start, and no other process uses it.
        static UPLOADS: AtomicU64 = AtomicU64::new(0);
        let name = UPLOADS.fetch_add(1, Relaxed).to_string();
        let temporary = Temporary(temporary_folder(&self.0.root).join(name));
        let file = match File::create_new(&temporary.0).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(&temporary_folder(&self.0.root)).map_err(|e| disk(&e))?;
                File::create_new(&temporary.0).await
            }
            file => file,
        };
        let file = file.map_err(|e| disk(&e))?;
        Ok(Upload { place: self.0.clone(), temporary, file, hash: Sha256::new(), size: 0, limit })
    }

    /// The file with these bytes, positioned at its start. `None` if they were never stored.
    pub async fn open_file(&self, hash: &[u8; 32]) -> Result<Option<File>> {
        match File::open(path(&self.0.root, hash)).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk(&error)),
        }
    }

    /// Hashes with this first byte whose files nobody has stored, or stored again, since `before`.
    pub async fn stored_before(&self, first: u8, before: Timestamp) -> Result<Vec<[u8; 32]>> {
        let folder = self.0.root.join(hex::encode([first]));
        in_background(move || {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry?;
                let mut hash = [0; 32];
                let is_ours = hex::decode_to_slice(entry.file_name().as_encoded_bytes(), &mut hash).is_ok();
                if is_ours && is_older(&entry.path(), before)? {
                    found.push(hash);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Removes the bytes unless somebody stored them since `before`. `false` if they stay.
    pub async fn remove(&self, hash: [u8; 32], before: Timestamp) -> Result<bool> {
        let place = self.0.clone();
        in_background(move || {
            let path = path(&place.root, &hash);
            let _names = place.names();
            if !is_older(&path, before)? {
                return Ok(false);
            }
            fs::remove_file(&path).map(|()| true)
        })
        .await
    }
}

impl Place {
    fn names(&self) -> MutexGuard<'_, ()> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Number of bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hash of the bytes so far.
    pub fn hash(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Gives the bytes their name. They are on disk when this returns.
    pub async fn finish(mut self) -> Result<Blob> {
        self.file.flush().await.map_err(|e| disk(&e))?;
        let blob = Blob { hash: self.hash.finalize().into(), size: self.size };
        let (file, temporary, place) = (self.file.into_std().await, self.temporary, self.place);
        in_background(move || name(&file, &temporary, &place, &blob.hash)).await?;
        Ok(blob)
    }
}

/// Renames the file durably, also if the name exists. The file's time then tells when the bytes were last stored, so
/// that [`Blobs::remove`] spares bytes that a request in progress is about to name.
fn name(file: &fs::File, temporary: &Temporary, place: &Place, hash: &[u8; 32]) -> io::Result<()> {
    let target = path(&place.root, hash);
    let folder = target.parent().expect("a blob lies in a folder of its own");
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        sync(&place.root)?;
    }
    file.sync_all()?;
    let named = place.names();
    fs::rename(&temporary.0, &target)?;
    drop(named);
    sync(folder)
}

/// Tells whether the file exists and was last written before `before`.
fn is_older(path: &Path, before: Timestamp) -> io::Result<bool> {
    let before = UNIX_EPOCH + Duration::from_micros(before.0.max(0).unsigned_abs());
    match fs::metadata(path) {
        Ok(found) => Ok(found.modified()? < before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn in_background<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.map_err(Error::internal)?.map_err(|e| disk(&e))
}

/// Makes the folder, or removes its content.
fn empty(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return create(folder),
        entries => entries?,
    };
    for entry in entries {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn temporary_folder(root: &Path) -> PathBuf {
    root.join("incoming")
}

fn path(root: &Path, hash: &[u8; 32]) -> PathBuf {
    let name = hex::encode(hash);
    root.join(&name[..2]).join(name)
}

/// The client's error for a failure of the disk.
pub(crate) fn disk(error: &io::Error) -> Error {
    let said = match error.kind() {
        _ if is_full(error) => "The server cannot store anything: its disk is full",
        io::ErrorKind::ReadOnlyFilesystem => "The server cannot store anything: its data folder is read-only",
        _ => "The server's disk has failed",
    };
    Error::unavailable(said).with_source(error.to_string())
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove. A file that cannot be removed now is removed at the next start.
        let _ = fs::remove_file(&self.0);
    }
}
