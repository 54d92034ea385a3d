//! Search.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use domain::{MessageId, ThreadId, codes};
use engine::App;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Found, found};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    wire::{self, Id},
};

/// The text to find.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A text that the message contains, whatever the case. 1 to 200 characters.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// Only messages of this thread.
    #[param(value_type = Option<Id>)]
    #[serde(default)]
    thread: Option<String>,
    /// 1 to 1,000. Absent: 100.
    #[serde(default)]
    limit: Option<i64>,
    /// `next` of the previous page.
    #[serde(default)]
    cursor: Option<String>,
}

/// Search messages, newest first.
///
/// The search looks at text, links and names of files. A page looks at a bounded number of messages (limit `search_scan`). So a page may
/// be short or empty and still have a `next`.
#[utoipa::path(
    get, path = "/threadline/v1/search/messages", operation_id = "search_messages", tag = "messages", params(SearchQuery),
    responses((status = 200, description = "A page of messages", body = Page<wire::Message>))
)]
pub async fn messages(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<SearchQuery>,
) -> Found<Page<wire::Message>> {
    let SearchQuery { q, thread, limit, cursor } = query;
    let page = PageQuery { limit, cursor };
    let unknown = || domain::Error::not_found(codes::THREAD_NOT_FOUND, "Thread");
    let (messages, next) = match thread {
        Some(thread) => {
            let thread = ThreadId::parse(&thread).ok_or_else(unknown)?;
            let asked: Asked<i64> = Asked::read(&app, &caller, "search", (thread, &q), page)?;
            let hits = app.search_thread(&caller, thread, &q, asked.from, asked.limit).await?;
            (hits.messages, hits.next.map(|seq| asked.cursor(&seq)))
        }
        None => {
            let asked: Asked<Uuid> = Asked::read(&app, &caller, "search", &q, page)?;
            let hits = app.search_messages(&caller, &q, asked.from.map(MessageId), asked.limit).await?;
            (hits.messages, hits.next.map(|id| asked.cursor(&id.0)))
        }
    };
    found(Page { data: messages.into_iter().map(convert::message::message).collect(), next })
}
