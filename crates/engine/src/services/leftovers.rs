//! Garbage collection of attachment bytes that no row names: of a refused request, or of a deleted attachment.
//!
//! Bytes are on disk before the transaction that names them. Recently stored bytes are therefore kept, and the time of
//! storing is checked again at the removal ([`store::Blobs::remove`]).

use std::{sync::Arc, time::Duration};

use domain::{Result, Timestamp};
use store::{Operation, Tx};

use super::{Next, Round, Service};
use crate::inner::Inner;

/// Bytes stored within this time are kept. It is longer than any request.
const KEPT_S: i64 = 86_400;
/// Pause between two collections.
const EVERY: Duration = Duration::from_secs(3_600);
/// Hashes that are looked up at once.
const ROUND: usize = 256;

/// Removes unreferenced bytes now and then, but not at the start. An operator who opened the folder with an older copy
/// of its database then notices before bytes are lost.
#[derive(Default)]
pub struct Leftovers;

impl Service for Leftovers {
    const NAME: &'static str = "leftovers";

    fn pause(_: &Inner) -> Duration {
        EVERY
    }

    fn first(_: &Inner) -> Duration {
        EVERY
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let files = remove(inner).await?;
        if files > 0 {
            tracing::info!(files, "removed attachment bytes that nothing refers to");
        }
        Ok(Round { did: files, next: Next::After(EVERY) })
    }
}

async fn remove(inner: &Inner) -> Result<u64> {
    // The attachments of another database would all seem unreferenced.
    if !inner.blobs.are_of_this_database() {
        return Ok(0);
    }
    let before = inner.ages.steps(&inner.clock, &inner.store).await?.before(inner.clock.now(), KEPT_S * 1_000_000);
    let mut removed = 0;
    for first in 0..=u8::MAX {
        for hashes in inner.blobs.stored_before(first, before).await?.chunks(ROUND) {
            removed += remove_of(inner, hashes.to_vec(), before).await?;
        }
    }
    Ok(removed)
}

async fn remove_of(inner: &Inner, hashes: Vec<[u8; 32]>, before: Timestamp) -> Result<u64> {
    let mut removed = 0;
    for hash in inner.store.read_long(Unnamed(hashes)).await? {
        removed += u64::from(inner.blobs.remove(hash, before).await?);
    }
    Ok(removed)
}

/// The hashes without an attachment.
struct Unnamed(Vec<[u8; 32]>);

impl Operation for Unnamed {
    type Out = Vec<[u8; 32]>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let mut unnamed = Vec::new();
        for hash in self.0 {
            if !store::attachments::any_of(tx, &hash).await? {
                unnamed.push(hash);
            }
        }
        Ok(unnamed)
    }
}
