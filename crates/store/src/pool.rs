//! A pool of a few things that are lent to many.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::shares::{self, Holder, Place};

use crate::behalf;

/// A fixed set of `T`, lent one at a time, by shares.
pub(crate) struct Pool<T>(Arc<Shared<T>>);

struct Shared<T> {
    idle: Mutex<Vec<T>>,
    /// One place for each thing.
    places: shares::Pool,
}

/// A lent `T`, returned on drop.
pub(crate) struct Lent<T> {
    /// `None` only during drop.
    thing: Option<T>,
    pool: Arc<Shared<T>>,
    /// Released after `thing` is back, because fields are dropped after `drop`.
    place: Place,
}

/// Tells whether others wait for the lent thing.
#[derive(Clone)]
pub(crate) struct Wanted(shares::Pool, Holder);

impl<T> Pool<T> {
    pub(crate) fn new(things: Vec<T>) -> Self {
        let places = shares::Pool::new(things.len());
        Self(Arc::new(Shared { idle: Mutex::new(things), places }))
    }

    /// Waits until a thing is free for the task's holder. `None` once the pool is closed.
    pub(crate) async fn take(&self) -> Option<Lent<T>> {
        // Shared among parties only. A connection is held too briefly to share it among the keys of a party.
        let holder = Holder { within: None, ..behalf::holder() };
        let place = self.0.places.take(holder, 1).await?;
        let thing = self.0.idle().pop().expect("a place stands for an idle one");
        Some(Lent { thing: Some(thing), pool: self.0.clone(), place })
    }

    /// Waits for all lent things and drops them. Waiting callers get none.
    pub(crate) async fn close(&self) {
        self.0.places.close();
        self.0.places.drained().await;
        self.0.idle().clear();
    }
}

impl<T> Lent<T> {
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted(self.pool.places.clone(), self.place.holder())
    }
}

impl Wanted {
    pub(crate) fn by_others(&self) -> bool {
        self.0.is_wanted_beside(self.1.party)
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
