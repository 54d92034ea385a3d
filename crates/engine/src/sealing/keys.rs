//! Sealing keys, and their written form.

use std::{collections::BTreeSet, fmt, fs, io::ErrorKind, path::Path, str::FromStr};

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};

use crate::secret::sha256;

/// Keys by which secrets are sealed. The first seals, all of them open.
///
/// Written, each is 64 hex digits, that is 32 bytes. Commas or white space separate them.
#[derive(Clone)]
pub struct Keys {
    first: Key,
    others: Vec<Key>,
}

/// One key.
#[derive(Clone)]
pub(super) struct Key {
    id: String,
    cipher: Aes256Gcm,
}

impl Keys {
    /// The written form, for the refusal of another.
    pub const FORM: &str =
        "must have keys of 64 hex digits, as `openssl rand -hex 32` makes, separated by commas, each once";

    /// The keys of a file. `None` if the file does not exist.
    ///
    /// # Errors
    /// The reason why the file cannot be used.
    pub fn of_file(path: &Path) -> Result<Option<Self>, String> {
        let named = |why: &dyn fmt::Display| format!("the file of the sealing keys, {}, {why}", path.display());
        match fs::read_to_string(path) {
            Ok(text) => text.parse().map(Some).map_err(|why: &str| named(&why)),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(named(&format_args!("cannot be read: {why}"))),
        }
    }

    pub(super) fn first(&self) -> &Key {
        &self.first
    }

    /// The key of this id.
    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.first).chain(&self.others).find(|key| key.id == id)
    }
}

/// Shows the ids alone.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entry(&self.first.id).entries(self.others.iter().map(|key| &key.id)).finish()
    }
}

impl FromStr for Keys {
    type Err = &'static str;

    /// # Errors
    /// [`Keys::FORM`], without the text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|written| !written.is_empty());
        let keys = written.map(Key::parse).collect::<Option<Vec<Key>>>().unwrap_or_default();
        // A secret names its key by the id alone.
        let ids: BTreeSet<&str> = keys.iter().map(Key::id).collect();
        if ids.len() < keys.len() {
            return Err(Self::FORM);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(Self::FORM)?;
        Ok(Self { first, others: keys.collect() })
    }
}

impl Key {
    fn parse(written: &str) -> Option<Self> {
        let bytes: [u8; 32] = hex::decode(written).ok()?.try_into().ok()?;
        Some(Self { id: hex::encode(&sha256(&bytes)[..4]), cipher: Aes256Gcm::new(&bytes.into()) })
    }

    /// The first 8 hex digits of the key's SHA-256.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Ciphertext and tag.
    pub(super) fn seal(&self, nonce: [u8; 12], payload: Payload<'_, '_>) -> Vec<u8> {
        self.cipher.encrypt(&nonce.into(), payload).expect("a secret has less than 64 GiB")
    }

    /// `None` if the text, the nonce or the associated data are not those that were sealed.
    pub(super) fn open(&self, nonce: [u8; 12], payload: Payload<'_, '_>) -> Option<Vec<u8>> {
        self.cipher.decrypt(&nonce.into(), payload).ok()
    }
}
