//! Every statement on both databases: values come back unchanged, within their own project and thread only.

mod blocks;
mod bounded;
mod bounds;
mod budgets;
mod chat;
mod clock_steps;
mod coverage;
mod credentials;
mod customers;
mod external_turns;
mod guests;
mod handling;
mod heads;
mod kept;
mod log;
mod overrides;
mod owed;
mod people;
mod providers;
mod schema;
mod search;
mod secrets;
mod sign_ins;
mod spending;
mod stored;
mod tags;
mod tickets;
mod tool_calls;
mod turns;
mod usage;
mod webhooks;

/// Declares a test on each database for every named `async fn case(tx: &mut Tx) -> Result<()>`, in one transaction.
macro_rules! in_a_transaction {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let db = store::testing::Scratch::sqlite().await;
                db.store.write(store::op(|tx| Box::pin(super::$case(tx)))).await.unwrap();
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                let db = store::testing::Scratch::postgres().await;
                db.store.write(store::op(|tx| Box::pin(super::$case(tx)))).await.unwrap();
            })*
        }
    };
}
use in_a_transaction;
