//! The rule for secrets in the database: AES-256-GCM with a key that is not in the database.
//!
//! A sealed secret is `sealed:1:KEY:TEXT`. `1` is the version of the format, and `KEY` the id of the key. `TEXT` is the
//! base64 of a nonce of 96 random bits, the ciphertext and the tag of 128 bits. The associated data are the format,
//! project, table, row and field, so that the secret opens in its own place alone. A text of another form is a secret in
//! clear, as earlier versions stored it.
//!
//! `docs/decisions/0043-secrets-are-sealed.md` has the threat model.

mod keys;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use aes_gcm::aead::Payload;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use domain::{Error, Kind, ProjectId, Result, StoredSecret, codes};
use store::secrets::Column;
use uuid::Uuid;

pub use self::keys::Keys;
use crate::Clock;

/// The form of a sealed secret. Changed forms get another number.
const FORM: &str = "sealed:1:";
const NONCE_BYTES: usize = 12;

/// The place of a secret. A secret that was sealed for one place does not open in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub project: ProjectId,
    pub column: Column,
    pub row: Uuid,
}

impl Place {
    /// The associated data. No part contains the separator.
    fn context(&self) -> String {
        [FORM, &self.project.to_string(), self.column.table(), &self.row.to_string(), self.column.field()].join("\0")
    }

    fn named(&self) -> String {
        format!("{}.{} of {}", self.column.table(), self.column.field(), self.row)
    }
}

/// The state of a stored secret, by its first characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Clear,
    /// Sealed with the key that seals now.
    Current,
    /// Sealed with another known key.
    Earlier,
    /// Sealed with a key, by its id, that is not known.
    Unknown(String),
}

/// Seals and opens secrets. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sealing(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    keys: OnceLock<Keys>,
    /// The file of the keys, made with the first secret.
    file: Option<PathBuf>,
    making: Mutex<()>,
}

impl Sealing {
    /// Without a key: secrets in clear are read, and none is stored.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn with(keys: Keys) -> Self {
        Self(Arc::new(Inner { keys: keys.into(), ..Inner::default() }))
    }

    /// With the keys of a file. If the file does not exist, the first secret makes it, with one new key.
    ///
    /// # Errors
    /// The reason why the file cannot be used.
    pub fn of_file(path: &Path) -> std::result::Result<Self, String> {
        let keys = OnceLock::new();
        if let Some(found) = Keys::of_file(path)? {
            let _ = keys.set(found);
        }
        Ok(Self(Arc::new(Inner { keys, file: Some(path.to_owned()), making: Mutex::default() })))
    }

    /// Tells whether secrets can be stored.
    pub(crate) fn has_key(&self) -> bool {
        self.0.keys.get().is_some() || self.0.file.is_some()
    }

    /// Makes the key if the data folder has none.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub(crate) fn ready(&self, clock: &Clock) -> Result<()> {
        self.keys(clock).map(drop)
    }

    /// Seals the secret with the first key. The first secret of a data folder blocks while the key's file is written.
    ///
    /// # Errors
    /// `conflict` without a key; `unavailable` if the key's file cannot be written.
    pub(crate) fn seal(&self, clock: &Clock, place: &Place, secret: &str) -> Result<StoredSecret> {
        let key = self.keys(clock)?.first();
        let nonce: [u8; NONCE_BYTES] = clock.random();
        let context = place.context();
        let payload = Payload { msg: secret.as_bytes(), aad: context.as_bytes() };
        let text = STANDARD_NO_PAD.encode([&nonce[..], &key.seal(nonce, payload)].concat());
        Ok(StoredSecret::new(format!("{FORM}{}:{text}", key.id())))
    }

    /// The secret of this place. A secret in clear is returned as it is.
    ///
    /// # Errors
    /// `unavailable` with the code `secret_unreadable`. Its source has the reason: an unknown key, or another text than
    /// was sealed for this place.
    pub(crate) fn open(&self, place: &Place, stored: &StoredSecret) -> Result<String> {
        let Some(sealed) = stored.as_str().strip_prefix(FORM) else { return Ok(stored.as_str().into()) };
        let unreadable = |why: String| {
            let message = "A stored secret cannot be opened; the server's log has the reason";
            Error::new(Kind::Unavailable, codes::SECRET_UNREADABLE, message)
                .with_source(format!("{}: {why}", place.named()))
        };
        let damaged = || unreadable("the sealed secret is damaged, or is of another place".into());
        let (id, text) = sealed.split_once(':').ok_or_else(damaged)?;
        let key = self.0.keys.get().and_then(|keys| keys.find(id));
        let key = key.ok_or_else(|| unreadable(format!("its key {id} is not among the sealing keys")))?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| damaged())?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let opened = key.open(*nonce, Payload { msg: text, aad: place.context().as_bytes() }).ok_or_else(damaged)?;
        String::from_utf8(opened).map_err(|_| damaged())
    }

    /// The state of a secret. Its beginning is enough to tell it.
    pub(crate) fn state(&self, head: &str) -> State {
        let Some(sealed) = head.strip_prefix(FORM) else { return State::Clear };
        let id = sealed.split(':').next().unwrap_or_default();
        match self.0.keys.get() {
            Some(keys) if keys.first().id() == id => State::Current,
            Some(keys) if keys.find(id).is_some() => State::Earlier,
            _ => State::Unknown(id.into()),
        }
    }

    /// The keys, which are made if the data folder has none.
    fn keys(&self, clock: &Clock) -> Result<&Keys> {
        let Inner { keys, file, making } = &*self.0;
        if let Some(keys) = keys.get() {
            return Ok(keys);
        }
        let Some(path) = file else {
            let message = "The server has no sealing key, so it stores no secrets; the operator sets `sealing_key`";
            return Err(Error::conflict(codes::SEALING_KEY_MISSING, message));
        };
        let _making = making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = keys.get() {
            return Ok(keys);
        }
        let failed = |why: String| {
            Error::unavailable("The server cannot make its sealing key, try again later").with_source(why)
        };
        // An operator may have restored the file since the start.
        let found = match Keys::of_file(path).map_err(failed)? {
            Some(found) => found,
            None => make(path, clock).map_err(failed)?,
        };
        Ok(keys.get_or_init(|| found))
    }
}

/// Makes the file, which is durable before anything is sealed with its key.
fn make(path: &Path, clock: &Clock) -> std::result::Result<Keys, String> {
    let line = hex::encode(clock.random::<32>());
    store::keep_private(path, &line).map_err(|why| format!("cannot write {}: {why}", path.display()))?;
    let keys: Keys = line.parse()?;
    tracing::info!(path = %path.display(), "made the sealing key: back it up, apart from the database");
    Ok(keys)
}

#[cfg(test)]
mod tests;
