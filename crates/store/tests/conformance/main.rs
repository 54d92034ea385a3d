//! The promises of a store: the same cases on SQLite and on PostgreSQL, then those of one database only.

// In tests an unwrap says what would have to hold.
#![allow(clippy::unwrap_used)]

mod alone;
mod blobs;
mod cancel;
mod full_disk;
mod hooks;
mod lost_sqlite;
mod open_postgres;
mod open_sqlite;
mod outage;
mod pooler;
mod proxy;
mod reads;
mod samples;
mod shares;
mod statements;
mod values;

/// Declares a test on each database for every named `async fn case(db: Scratch)`.
macro_rules! on_both {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$case(store::testing::Scratch::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$case(store::testing::Scratch::postgres().await).await;
            })*
        }
    };
}
use on_both;
