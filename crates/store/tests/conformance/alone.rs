//! A failure of an operation affects only itself.

use domain::{Error, Kind, codes};
use futures_util::future::join_all;
use store::{op, testing::Scratch};

use crate::samples::{Insert, Names, hold, insert, names};

crate::on_both! {
    an_operation_is_committed_when_it_is_answered
    one_that_fails_among_many_fails_alone
    a_refusal_after_writing_rolls_back
    a_swallowed_failure_still_fails_the_operation
    a_panic_rolls_back_and_the_store_goes_on
    a_foreign_await_rolls_back_and_the_store_goes_on
    a_statement_dropped_midway_fails_the_operation
    too_few_parameters_are_an_error
    statements_without_a_result_run_together_in_order
}

async fn an_operation_is_committed_when_it_is_answered(db: Scratch) {
    db.store.write(Insert("a")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["a"]);
    let (reopened, _folder) = db.reopen(|_| {}).await;
    assert_eq!(reopened.unwrap().read(Names).await.unwrap(), ["a"]);
}

async fn one_that_fails_among_many_fails_alone(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    db.store.write(Insert("taken")).await.unwrap();
    // While one is held, the others wait, and are then taken together.
    let held = hold(&db.store, "held").await;
    let waiting = join_all(["a", "taken", "b", "taken", "c"].map(|name| db.store.write(Insert(name))));
    let (held, answers) = tokio::join!(held.release(), waiting);
    held.unwrap();
    let fine: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(fine, [true, false, true, false, true]);
    let refused = answers[1].as_ref().unwrap_err();
    assert_eq!(refused.kind, Kind::Internal, "{refused:?}");
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b", "c", "held", "taken"]);
}

async fn a_refusal_after_writing_rolls_back(db: Scratch) {
    let refused: Result<(), Error> = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                Err(Error::conflict(codes::CUSTOMER_EXISTS, "not today"))
            })
        }))
        .await;
    assert_eq!(refused.unwrap_err().code, codes::CUSTOMER_EXISTS);
    assert!(db.store.read(Names).await.unwrap().is_empty());
}

async fn a_swallowed_failure_still_fails_the_operation(db: Scratch) {
    db.store.write(Insert("taken")).await.unwrap();
    let swallowed = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                let _ = insert(tx, "taken").await;
                Ok(())
            })
        }))
        .await;
    assert_eq!(swallowed.unwrap_err().kind, Kind::Internal);
    assert_eq!(db.store.read(Names).await.unwrap(), ["taken"]);
}

async fn a_panic_rolls_back_and_the_store_goes_on(db: Scratch) {
    let panicked = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                if names(tx).await? == ["a"] {
                    panic!("on purpose");
                }
                Ok(())
            })
        }))
        .await;
    let error = panicked.unwrap_err();
    assert!(format!("{error:?}").contains("on purpose"), "{error:?}");
    assert!(!error.message.contains("on purpose"), "the client learns nothing of it");
    db.store.write(Insert("b")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["b"]);
}

async fn a_foreign_await_rolls_back_and_the_store_goes_on(db: Scratch) {
    let waited = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        }))
        .await;
    assert_eq!(waited.unwrap_err().kind, Kind::Internal);
    db.store.write(Insert("b")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["b"]);
}

/// On SQLite, a polled statement has already run, and dropping it later changes nothing.
async fn a_statement_dropped_midway_fails_the_operation(db: Scratch) {
    let dropped = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                let _ = futures_util::FutureExt::now_or_never(insert(tx, "b"));
                Ok(())
            })
        }))
        .await;
    assert_eq!(dropped.is_ok(), !db.store.is_postgres());
    db.store.write(Insert("c")).await.unwrap();
    let expected: &[&str] = if db.store.is_postgres() { &["c"] } else { &["a", "b", "c"] };
    assert_eq!(db.store.read(Names).await.unwrap(), expected);
}

async fn too_few_parameters_are_an_error(db: Scratch) {
    for given in [&[] as store::Params<'static>, &[&1_i64], &[&1_i64, &2_i64, &3_i64]] {
        let answer: Result<Option<i64>, Error> = db
            .store
            .write(op(move |tx| {
                Box::pin(async move { tx.query_opt("SELECT CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT)", given).await })
            }))
            .await;
        assert_eq!(answer.unwrap_err().kind, Kind::Internal, "{} parameters", given.len());
    }
}

async fn statements_without_a_result_run_together_in_order(db: Scratch) {
    let rows = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                insert(tx, "a").await?;
                tx.execute_all(&[
                    ("UPDATE projects SET name = ?1", &[&"b"]),
                    ("UPDATE projects SET name = ?2 WHERE name = ?1", &[&"b", &"c"]),
                    ("DELETE FROM projects WHERE name = 'a'", &[]),
                ])
                .await
            })
        }))
        .await;
    assert_eq!(rows.unwrap(), [1, 1, 0]);
    assert_eq!(db.store.read(Names).await.unwrap(), ["c"]);
}
