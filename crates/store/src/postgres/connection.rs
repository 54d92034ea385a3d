//! One connection, with pipelined statements.

use std::{
    collections::HashMap,
    pin::pin,
    task::{Context, Waker},
};

use domain::{Error, Result};
use futures_util::{
    TryStreamExt,
    future::{join, join_all},
};
use tokio_postgres::{Client, Error as Postgres, NoTls, SimpleQueryMessage, Statement};

use super::{
    failure::{failed, is_lost, is_refusal, unanswered},
    statement::translated,
};
use crate::{Bound, Fitted, FromRow, Params, Row, Value, fitting::Taking, row::Source};

/// A session with its prepared statements.
pub(crate) struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// The BEGIN that is sent together with the next statement.
    ahead: Option<&'static str>,
    /// The number of the open transaction, if BEGIN asked for it.
    number: Option<i64>,
    lost: bool,
}

/// The reason why a COMMIT was not confirmed.
pub(super) enum Uncommitted {
    Refused(Error),
    /// The connection was lost. The server can tell the outcome by the transaction's number.
    Unanswered(Option<i64>, Error),
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new(), ahead: None, number: None, lost: false }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    /// Opens a transaction with the next statement. Without a statement, there is no transaction.
    pub(super) fn begin_with_next(&mut self, begin: &'static str) {
        (self.ahead, self.number) = (Some(begin), None);
    }

    pub(crate) async fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64> {
        let statement = self.statement(sql, params).await?;
        let begin = self.ahead.take();
        let run = self.client.execute_raw(&statement, values(params));
        let done = behind(&self.client, begin, &mut self.number, run).await;
        self.note(sql, done)
    }

    /// The first `max` rows. The rest is read too, because an error may follow that COMMIT would not report.
    pub(crate) async fn query<T: FromRow + Send>(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
        max: usize,
    ) -> Result<Vec<T>> {
        let statement = self.statement(sql, params).await?;
        let begin = self.ahead.take();
        let client = &self.client;
        let run = async {
            let mut rows = pin!(client.query_raw(&statement, values(params)).await?);
            let mut out = Vec::new();
            while let Some(row) = rows.try_next().await? {
                if out.len() < max {
                    out.push(T::from_row(&Row(Source::Postgres(&row))));
                }
            }
            Ok(out)
        };
        let done = behind(client, begin, &mut self.number, run).await;
        self.note(sql, done)?.into_iter().collect()
    }

    /// The rows within the bound. The rest is read too, as in [`Self::query`]; the statement left out all but one row
    /// of it.
    pub(crate) async fn query_fitting<T: FromRow + Send>(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
        bound: Bound,
    ) -> Result<Fitted<T>> {
        let statement = self.statement(sql, params).await?;
        let begin = self.ahead.take();
        let client = &self.client;
        let run = async {
            let mut rows = pin!(client.query_raw(&statement, values(params)).await?);
            let mut taking = Taking::new(bound);
            while let Some(row) = rows.try_next().await? {
                taking.take(&Row(Source::Postgres(&row)));
            }
            Ok(taking)
        };
        let done = behind(client, begin, &mut self.number, run).await;
        self.note(sql, done)?.done()
    }

    pub(crate) async fn execute_all(&mut self, all: &[(&'static str, Params<'_>)]) -> Result<Vec<u64>> {
        let Some((first, _)) = all.first() else { return Ok(Vec::new()) };
        let mut statements = Vec::with_capacity(all.len());
        for (sql, params) in all {
            statements.push(self.statement(sql, params).await?);
        }
        let begin = self.ahead.take();
        let client = &self.client;
        // Polled, and therefore sent, in order.
        let runs =
            all.iter().zip(&statements).map(|((_, params), statement)| client.execute_raw(statement, values(params)));
        let run = async { join_all(runs).await.into_iter().collect::<Result<Vec<u64>, Postgres>>() };
        let done = behind(client, begin, &mut self.number, run).await;
        self.note(first, done)
    }

    /// Must follow an operation without a failed statement, because the COMMIT of a failed transaction reports success.
    pub(super) async fn commit(&mut self) -> Result<(), Uncommitted> {
        if self.ahead.take().is_some() {
            return Ok(());
        }
        let done = self.client.batch_execute("COMMIT").await;
        done.map_err(|error| {
            if is_refusal(&error) {
                return Uncommitted::Refused(failed("COMMIT", &error));
            }
            self.lost = true;
            Uncommitted::Unanswered(self.number, unanswered(&error))
        })
    }

    pub(super) async fn rollback(&mut self) {
        if self.ahead.take().is_none() && self.client.batch_execute("ROLLBACK").await.is_err() {
            // The end of the session also ends any open transaction.
            self.lost = true;
        }
    }

    /// Ends a read-only transaction without waiting. The next statement follows on the connection.
    pub(super) fn leave(&mut self) {
        if self.ahead.take().is_none() {
            // The first poll sends the statement.
            let _ = pin!(self.client.batch_execute("ROLLBACK")).poll(&mut Context::from_waker(Waker::noop()));
        }
    }

    /// Ends a statement that was dropped midway, and its transaction. Returns when the connection is usable again or
    /// lost.
    pub(super) async fn cancel(&mut self) {
        if self.ahead.is_none() && self.client.cancel_token().cancel_query(NoTls).await.is_err() {
            self.lost = true;
        }
        self.rollback().await;
    }

    async fn statement(&mut self, sql: &'static str, params: Params<'_>) -> Result<Statement> {
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let prepared = self.client.prepare(&translated(sql)).await;
                let statement = self.note(sql, prepared)?;
                self.statements.insert(sql, statement.clone());
                statement
            }
        };
        match (statement.params().len(), params.len()) {
            (wanted, given) if wanted == given => Ok(statement),
            (wanted, given) => Err(Error::internal(format!("{given} parameters for {wanted}: {sql}"))),
        }
    }

    fn note<T>(&mut self, sql: &str, done: Result<T, Postgres>) -> Result<T> {
        done.map_err(|error| {
            self.lost |= is_lost(&error);
            failed(sql, &error)
        })
    }
}

/// The parameters' values, in order.
fn values<'p>(params: Params<'p>) -> impl ExactSizeIterator<Item = Value<'p>> {
    params.iter().map(|param| param.value())
}

/// Sends `run` together with BEGIN, because each is sent at its first poll. BEGIN may answer with the transaction's
/// number.
async fn behind<T>(
    client: &Client,
    begin: Option<&'static str>,
    number: &mut Option<i64>,
    run: impl Future<Output = Result<T, Postgres>>,
) -> Result<T, Postgres> {
    let Some(begin) = begin else { return run.await };
    let (begun, done) = join(client.simple_query(begin), run).await;
    *number = begun?.iter().find_map(|said| match said {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    done
}
