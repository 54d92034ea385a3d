//! Event ids: a log position in 128 bits, encrypted by a block cipher with a key of the thread.
//!
//! Both SDKs resume at the id of the last event that they received, including deltas. Every event therefore has an id
//! that contains its position, and no id is stored or looked up. Another thread's id, or an invented one, decodes to a
//! position whose last 48 bits are not zero.

use aes::{
    Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use domain::{Error, Position, Result, ThreadId, codes, id};
use engine::App;
use uuid::Uuid;

const PREFIX: &str = "event_";

/// Encodes and decodes the event ids of one thread.
pub struct EventIds(Aes256);

impl EventIds {
    pub fn new(app: &App, thread: ThreadId) -> Self {
        Self(Aes256::new(&Array::from(app.derive(&format!("everruns event ids of {thread}")))))
    }

    pub fn write(&self, position: Position) -> String {
        let mut block = Array::from(bits(position).to_be_bytes());
        self.0.encrypt_block(&mut block);
        format!("{PREFIX}{}", Uuid::from_bytes(block.into()).simple())
    }

    /// # Errors
    /// `invalid_event_id` for a malformed event id, or another thread's.
    pub fn read(&self, text: &str) -> Result<Position> {
        self.decode(text)
            .ok_or_else(|| Error::invalid(codes::INVALID_EVENT_ID, "This is not the id of an event of this session"))
    }

    fn decode(&self, text: &str) -> Option<Position> {
        let id = match text.strip_prefix(PREFIX) {
            Some(hex) => id::simple(hex)?,
            None => id::plain(text)?,
        };
        let mut block = Array::from(id.into_bytes());
        self.0.decrypt_block(&mut block);
        position(u128::from_be_bytes(block.into()))
    }
}

/// 40 bits of the entry, 32 of the delta, 8 of the derived event, 48 zero.
fn bits(Position { seq, n, k }: Position) -> u128 {
    // Entries are numbered from 1, far below 2^40.
    (seq as u128) << 88 | u128::from(n) << 56 | u128::from(k) << 48
}

fn position(bits: u128) -> Option<Position> {
    let position = Position { seq: (bits >> 88) as i64, n: (bits >> 56) as u32, k: (bits >> 48) as u8 };
    (self::bits(position) == bits).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(key: u8) -> EventIds {
        EventIds(Aes256::new(&Array::from([key; 32])))
    }

    #[test]
    fn every_position_reads_back_and_no_two_look_alike() {
        let ids = ids(1);
        let mut seen = std::collections::HashSet::new();
        for seq in [0, 1, 12, (1 << 40) - 1] {
            for n in [0, 1, u32::MAX] {
                for k in [0, 1, 255] {
                    let (position, text) = (Position { seq, n, k }, ids.write(Position { seq, n, k }));
                    assert_eq!(ids.read(&text).ok(), Some(position));
                    assert_eq!(text.len(), 38);
                    assert!(seen.insert(text));
                }
            }
        }
    }

    #[test]
    fn what_was_not_issued_for_the_thread_is_refused() {
        let (own, other) = (ids(1), ids(2));
        let good = own.write(Position::entry(7));
        let flipped = format!("{}{}", &good[..37], if good.ends_with('0') { '1' } else { '0' });
        for bad in [
            "",
            "7",
            "event_",
            &good[6..],
            &good.to_uppercase(),
            &flipped,
            &other.write(Position::entry(7)),
            "event_00000000000000000000000000000000",
            &"event_0".repeat(1_500),
        ] {
            assert_eq!(own.read(bad).expect_err(bad).code, codes::INVALID_EVENT_ID);
        }
    }
}
