//! A few things that many take in turn.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A fixed set of `T`, lent one at a time to each.
pub(crate) struct Pool<T>(Arc<Shared<T>>);

struct Shared<T> {
    idle: Mutex<Vec<T>>,
    size: usize,
    /// A permit for each idle one.
    free: Arc<Semaphore>,
}

/// A lent `T`, given back when dropped.
pub(crate) struct Lent<T> {
    /// `None` only while it is dropped.
    thing: Option<T>,
    pool: Arc<Shared<T>>,
    /// Dropped after `thing` is back, as fields are after `drop`.
    _permit: OwnedSemaphorePermit,
}

impl<T> Pool<T> {
    pub(crate) fn new(things: Vec<T>) -> Self {
        let (size, free) = (things.len(), Arc::new(Semaphore::new(things.len())));
        Self(Arc::new(Shared { idle: Mutex::new(things), size, free }))
    }

    /// Waits until one is free; first come, first served. `None` once the pool is closed.
    pub(crate) async fn take(&self) -> Option<Lent<T>> {
        let permit = self.0.free.clone().acquire_owned().await.ok()?;
        let thing = self.0.idle().pop().expect("a permit stands for an idle one");
        Some(Lent { thing: Some(thing), pool: self.0.clone(), _permit: permit })
    }

    /// Waits for all that are lent, and drops them. Who waits for one gets none.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.0.size).expect("a pool is small");
        let Ok(_every_permit) = self.0.free.acquire_many(all).await else { return };
        self.0.free.close();
        self.0.idle().clear();
    }
}

impl<T> Shared<T> {
    fn idle(&self) -> MutexGuard<'_, Vec<T>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        self.pool.idle().extend(self.thing.take());
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.thing.as_ref().expect("lent until dropped")
    }
}

impl<T> DerefMut for Lent<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.thing.as_mut().expect("lent until dropped")
    }
}
