//! Values go in and come out the same on both databases.

use domain::{Error, Kind, Result, ThreadId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Json, Tx, json, op, testing::Scratch};

use crate::samples::id;

crate::on_both! {
    every_type_comes_back_as_it_was
    null_comes_back_as_none
    parameters_are_bound_by_number_not_by_order
    the_first_row_is_the_answer_of_query_opt
    a_column_of_another_type_is_an_error_that_names_it
    a_document_that_does_not_fit_is_an_error_that_does_not_quote_it
    a_nul_in_a_text_is_an_error
    an_error_does_not_tell_the_client_about_the_database
}

/// SQLite takes any name of a type.
const TABLE: &str = "CREATE TABLE samples (i BIGINT, b BOOLEAN, s TEXT, id UUID, at BIGINT)";

async fn table(db: &Scratch) {
    db.store.write(op(|tx| Box::pin(async move { tx.execute(TABLE, &[]).await }))).await.unwrap();
}

async fn every_type_comes_back_as_it_was(db: Scratch) {
    table(&db).await;
    let (id, at) = (ThreadId(id()), Timestamp(1_760_000_000_123_456));
    let row: Option<(i64, bool, String, ThreadId, Timestamp)> = db
        .store
        .write(op(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO samples (i, b, s, id, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    &[&i64::MIN, &true, &"ü\u{1F600}'\\", &id, &at],
                )
                .await?;
                tx.query_opt("SELECT i, b, s, id, at FROM samples", &[]).await
            })
        }))
        .await
        .unwrap();
    assert_eq!(row, Some((i64::MIN, true, "ü\u{1F600}'\\".to_owned(), id, at)));

    let bytes =
        db.store.read(op(|tx| Box::pin(async move { tx.query_opt("SELECT secret FROM installation", &[]).await })));
    assert_eq!(bytes.await.unwrap(), Some(db.store.secret()));
}

type Nulls = (Option<i64>, Option<bool>, Option<String>, Option<ThreadId>, Option<Timestamp>);

async fn null_comes_back_as_none(db: Scratch) {
    table(&db).await;
    let row = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                let none = None::<i64>;
                tx.execute(
                    "INSERT INTO samples (i, b, s, id, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    &[&none, &None::<bool>, &None::<&str>, &None::<ThreadId>, &none],
                )
                .await?;
                tx.query_opt::<Nulls>("SELECT i, b, s, id, at FROM samples", &[]).await
            })
        }))
        .await;
    assert_eq!(row.unwrap(), Some((None, None, None, None, None)));
}

async fn parameters_are_bound_by_number_not_by_order(db: Scratch) {
    let row: Option<(i64, i64, i64, i64)> = db
        .store
        .read(op(|tx| {
            Box::pin(async move {
                let sql = "SELECT CAST(?3 AS BIGINT), CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), CAST(?3 AS BIGINT)";
                tx.query_opt(sql, &[&1_i64, &2_u32, &3_i32]).await
            })
        }))
        .await
        .unwrap();
    assert_eq!(row, Some((3, 1, 2, 3)));
}

async fn the_first_row_is_the_answer_of_query_opt(db: Scratch) {
    table(&db).await;
    let found = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                tx.execute("INSERT INTO samples (i) VALUES (3), (1), (2)", &[]).await?;
                let first: Option<i64> = tx.query_opt("SELECT i FROM samples ORDER BY i", &[]).await?;
                let none: Option<i64> = tx.query_opt("SELECT i FROM samples WHERE i = 9", &[]).await?;
                Ok((first, none))
            })
        }))
        .await;
    assert_eq!(found.unwrap(), (Some(1), None));
}

/// Inserts `text` and reads it back as a `C`.
async fn read_as<C: store::Column + Send + 'static>(db: &Scratch, text: &'static str) -> Result<Option<C>> {
    db.store
        .write(op(move |tx| {
            Box::pin(async move {
                tx.execute("INSERT INTO samples (s) VALUES (?1)", &[&text]).await?;
                tx.query_opt("SELECT s FROM samples", &[]).await
            })
        }))
        .await
}

async fn a_column_of_another_type_is_an_error_that_names_it(db: Scratch) {
    table(&db).await;
    let error = format!("{:?}", read_as::<i64>(&db, "secret").await.unwrap_err());
    assert!(error.contains("column 0 (s)") && !error.contains("secret"), "{error}");
}

async fn a_document_that_does_not_fit_is_an_error_that_does_not_quote_it(db: Scratch) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Document {
        n: u32,
    }
    table(&db).await;
    let text: &'static str = json(&Document { n: 7 }).unwrap().leak();
    assert_eq!(read_as::<Json<Document>>(&db, text).await.unwrap(), Some(Json(Document { n: 7 })));
    db.store.write(op(|tx| Box::pin(async move { tx.execute("DELETE FROM samples", &[]).await }))).await.unwrap();
    let error = format!("{:?}", read_as::<Json<Document>>(&db, r#"{"n":"secret"}"#).await.unwrap_err());
    assert!(error.contains("column 0 (s)") && !error.contains("secret"), "{error}");
}

async fn a_nul_in_a_text_is_an_error(db: Scratch) {
    table(&db).await;
    assert_eq!(read_as::<String>(&db, "a\0b").await.unwrap_err().kind, Kind::Internal);
    async fn count(tx: &mut Tx) -> Result<Option<i64>> {
        tx.query_opt("SELECT COUNT(*) FROM samples", &[]).await
    }
    assert_eq!(db.store.read(op(|tx| Box::pin(count(tx)))).await.unwrap(), Some(0));
}

async fn an_error_does_not_tell_the_client_about_the_database(db: Scratch) {
    let failed: Result<Vec<i64>> =
        db.store.read(op(|tx| Box::pin(async move { tx.query("SELECT i FROM no_such_table", &[]).await }))).await;
    let error: Error = failed.unwrap_err();
    assert_eq!(error.message, Error::internal("").message);
    assert!(error.source.unwrap().to_string().contains("no_such_table"));
}
