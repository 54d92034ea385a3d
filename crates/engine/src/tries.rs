//! Tries in a minute, which are counted by party: failed sign-ins by address, checks of providers by project.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{Error, Result, Timestamp};

/// The tries of the last minute, by party.
#[derive(Default)]
pub struct Tries(Mutex<HashMap<u128, Vec<Timestamp>>>);

const MINUTE_S: i64 = 60;
/// Most parties that are kept. Beyond that, everybody waits until a minute has passed.
const KEPT_MAX: usize = 10_000;

impl Tries {
    /// Takes one of the party's `most` tries, before the try is looked at. A try that succeeds is given back.
    ///
    /// # Errors
    /// `rate_limited` if the party has used `most` tries in the last minute.
    pub fn take(&self, party: u128, now: Timestamp, most: u64) -> Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Timestamp| at.plus_s(MINUTE_S) > now && *at <= now;
        if all.len() >= KEPT_MAX {
            all.retain(|_, failures| failures.iter().any(is_recent));
        }
        if all.len() >= KEPT_MAX && !all.contains_key(&party) {
            return Err(Error::rate_limited(MINUTE_S as u32));
        }
        let own = all.entry(party).or_default();
        own.retain(is_recent);
        if own.len() as u64 >= most {
            let wait_us = own[0].plus_s(MINUTE_S).since_us(now);
            return Err(Error::rate_limited((wait_us as u64).div_ceil(1_000_000).max(1) as u32));
        }
        own.push(now);
        Ok(())
    }

    /// Gives a try back that succeeded.
    pub fn give_back(&self, party: u128) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&party) {
            own.pop();
            if own.is_empty() {
                all.remove(&party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_five_tries_a_minute() {
        let tries = Tries::default();
        let at = |s: i64| Timestamp(1_000_000_000).plus_s(s);
        assert!((0..5).all(|s| tries.take(1, at(s), 5).is_ok()));
        assert_eq!(tries.take(1, at(5), 5).unwrap_err().retry_after_s, Some(55));
        assert!(tries.take(2, at(5), 5).is_ok());
        tries.give_back(1);
        assert!(tries.take(1, at(6), 5).is_ok());
        assert_eq!(tries.take(1, at(59), 5).unwrap_err().retry_after_s, Some(1));
        assert!(tries.take(1, at(60), 5).is_ok());
    }
}
