//! Search.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use domain::{CustomerId, Error, MessageId, ThreadId, Timestamp, author, codes, handling::Handling};
use engine::{
    App,
    app::messages::search::{Only, Search},
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Found, found, named_agent};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    wire::{self, Id, schema},
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
    /// Only messages in threads of this agent, by its id or its name.
    #[serde(default)]
    agent: Option<String>,
    /// Only messages in threads that this customer takes part in.
    #[param(value_type = Option<Id>)]
    #[serde(default)]
    customer: Option<Id>,
    /// Only messages in threads in which this side speaks.
    #[param(value_type = Option<schema::Handling>)]
    #[serde(default)]
    handling: Option<Handling>,
    /// Only messages of authors of this kind.
    #[param(inline, value_type = Option<schema::AuthorKind>)]
    #[serde(default)]
    author: Option<author::Kind>,
    /// Only messages from this time on.
    #[param(value_type = Option<schema::Time>)]
    #[serde(default)]
    since: Option<Timestamp>,
    /// Only messages before this time.
    #[param(value_type = Option<schema::Time>)]
    #[serde(default)]
    until: Option<Timestamp>,
    /// 1 to 1,000. Absent: 100.
    #[serde(default)]
    limit: Option<i64>,
    /// `next` of the previous page.
    #[serde(default)]
    cursor: Option<String>,
}

/// Search messages, newest first.
///
/// The search looks at text, links and names of files. An index leaves out messages that do not have the text; a text of less than three
/// characters has no index. A page looks at a bounded number of messages (limit `search_scan`). So a page may be short or empty and
/// still have a `next`.
#[utoipa::path(
    get, path = "/threadline/v1/search/messages", operation_id = "search_messages", tag = "messages", params(SearchQuery),
    responses((status = 200, description = "A page of messages", body = Page<wire::MessageHit>))
)]
pub async fn messages(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<SearchQuery>,
) -> Found<Page<wire::MessageHit>> {
    let SearchQuery { q, thread, agent, customer, handling, author, since, until, limit, cursor } = query;
    if since.zip(until).is_some_and(|(since, until)| until < since) {
        return Err(Error::field("until", "must not be before `since`").into());
    }
    let only = Only {
        agent: named_agent(&app, &caller, "agent", agent.as_deref()).await?,
        customer: customer.map(|id| CustomerId(id.0)),
        handling,
        author,
        since,
        until,
    };
    let search = Search { text: q.clone(), only: only.clone() };
    let page = PageQuery { limit, cursor };
    let unknown = || domain::Error::not_found(codes::THREAD_NOT_FOUND, "Thread");
    let (messages, next) = match thread {
        Some(thread) => {
            let thread = ThreadId::parse(&thread).ok_or_else(unknown)?;
            let asked: Asked<i64> = Asked::read(&app, &caller, "search", (thread, &q, &only), page)?;
            let hits = app.search_thread(&caller, thread, search, asked.from, asked.limit).await?;
            (hits.messages, hits.next.map(|seq| asked.cursor(&seq)))
        }
        None => {
            let asked: Asked<Uuid> = Asked::read(&app, &caller, "search", (&q, &only), page)?;
            let hits = app.search_messages(&caller, search, asked.from.map(MessageId), asked.limit).await?;
            (hits.messages, hits.next.map(|id| asked.cursor(&id.0)))
        }
    };
    let hit = |message| convert::message::hit(message, &q);
    found(Page { data: messages.into_iter().map(hit).collect(), next })
}

/// Get how far the messages are indexed for searches.
#[utoipa::path(
    get, path = "/threadline/v1/search/index", operation_id = "get_search_index", tag = "messages",
    responses((status = 200, description = "How far the project is indexed", body = wire::SearchIndex))
)]
pub async fn index(State(app): State<App>, Authed(caller): Authed) -> Found<wire::SearchIndex> {
    found(app.search_index(&caller).await?.into())
}

/// Drop the index of searches, so that the server makes it again.
///
/// The server indexes the project's messages and titles again, from the oldest on, also after a restart. Searches find the same
/// meanwhile, and take longer.
#[utoipa::path(
    delete, path = "/threadline/v1/search/index", operation_id = "rebuild_search_index", tag = "messages",
    responses((status = 200, description = "How far the project is indexed", body = wire::SearchIndex))
)]
pub async fn rebuild(State(app): State<App>, Authed(caller): Authed) -> Found<wire::SearchIndex> {
    found(app.rebuild_search_index(&caller).await?.into())
}
