//! Usage.

use domain::{Caller, Error, Result, codes, id, participant::Kind, usage::Usd};
use engine::app::usage::{Active, Charged, Order, Period, Question, Rows, Starter, Usage};

use super::thread::{status, user_type};
use crate::{
    THREAD_PREFIX,
    wire::{
        self, ThreadStatus,
        usage::{AgentType, Amounts, Currency, Routed, RoutedSource, RoutedSpend, SortBy, SortDirection, UsageQuery},
    },
};

/// The engine's query. `None`: nothing can match.
///
/// # Errors
/// `not_found` for an organization that is not the caller's project; `invalid` for a period that ends before it starts.
pub fn usage_query(query: &UsageQuery, caller: &Caller) -> Result<Option<Question>> {
    let own = |text: &str| id::plain(text) == Some(caller.project.0);
    if !own(&query.org_id.0) {
        return Err(Error::not_found(codes::ORGANIZATION_NOT_FOUND, "Organization"));
    }
    let period = Period { from: query.from.at, to: query.to.at };
    if period.to < period.from {
        return Err(Error::field("to", "must not be before `from`"));
    }
    let charged = match query.routed {
        Routed::All => Some(Charged::All),
        Routed::Paid => Some(Charged::Priced),
        Routed::NoCost => Some(Charged::Free),
        Routed::Oss
        | Routed::ExternalCopilot
        | Routed::ExternalCodex
        | Routed::ExternalByok
        | Routed::ExternalAzure
        | Routed::ExternalUnknown => None,
    };
    let others =
        query.project_ids.as_deref().is_some_and(|ids| !ids.is_empty() && !ids.split(',').any(|id| own(id.trim())));
    let by_other_agents = query.agent_type.is_some_and(|agent| agent != AgentType::Captain);
    let begun_by = query.user_id.as_ref().map(|user| id::plain(&user.0));
    if others || by_other_agents || begun_by == Some(None) {
        return Ok(None);
    }
    let Some(charged) = charged else { return Ok(None) };
    let order = match query.sort_by {
        Some(SortBy::Name) => Order::Title,
        Some(SortBy::Owner) => Order::BegunBy,
        Some(SortBy::Cost) => Order::Cost,
        Some(SortBy::LastActivity | SortBy::Diff) | None => Order::Activity,
    };
    let limit = query.page_size.0;
    let rows = Rows {
        order,
        ascending: query.sort_direction == Some(SortDirection::Asc),
        offset: (query.page.0 - 1).saturating_mul(limit),
        limit,
    };
    Ok(Some(Question { period, begun_by: begun_by.flatten(), charged, rows }))
}

/// `usage` is absent if nothing can match.
pub fn usage(query: UsageQuery, usage: Option<Usage>) -> wire::usage::UsageResponse {
    let usage = usage.unwrap_or(Usage { threads: Vec::new(), total: 0, people: Vec::new(), cost: Usd::default() });
    let page_size = query.page_size.0;
    wire::usage::UsageResponse {
        org_id: query.org_id.0,
        from: query.from.text,
        to: query.to.text,
        currency: Currency::Usd,
        routed: query.routed,
        totals: amounts(usage.cost),
        users: usage.people.into_iter().map(user).collect(),
        items: usage.threads.into_iter().map(item).collect(),
        total: usage.total,
        page: query.page.0,
        page_size,
        total_pages: usage.total.saturating_add(page_size - 1) / page_size,
    }
}

/// A machine costs nothing, because there is none.
fn amounts(cost: Usd) -> Amounts {
    let dollars = cost.dollars();
    Amounts { llm_dollars: dollars, vm_dollars: 0.0, total_dollars: dollars }
}

fn user(starter: Starter) -> wire::usage::UserUsage {
    let Starter { person, cost } = starter;
    wire::usage::UserUsage {
        llm_dollars: cost.dollars(),
        vm_dollars: 0.0,
        total_dollars: cost.dollars(),
        user_id: person.id.to_string(),
        user_type: user_type(person.kind),
        name: person.name,
        email: person.email,
        image_url: None,
        is_service_user: person.kind == Kind::Key,
    }
}

fn item(active: Active) -> wire::usage::ThreadUsage {
    let Active { thread, last_at, models, cost, begun_by } = active;
    let status = match status(&thread) {
        ThreadStatus::Active => "active",
        ThreadStatus::Idle => "idle",
        ThreadStatus::Archived => "archived",
    };
    let paid = Some(cost).filter(|cost| *cost > Usd::default());
    wire::usage::ThreadUsage {
        llm_dollars: cost.dollars(),
        vm_dollars: 0.0,
        total_dollars: cost.dollars(),
        jam_id: thread.id.prefixed(THREAD_PREFIX),
        jam_title: thread.title,
        jam_status: Some(status.into()),
        jam_agent_type: Some("captain".into()),
        jam_project_id: Some(thread.project.to_string()),
        jam_created_at: Some(thread.created_at.to_string()),
        jam_updated_at: Some(thread.last_at.to_string()),
        user_id: begun_by.id.to_string(),
        user_type: user_type(begun_by.kind),
        user_name: begun_by.name,
        user_email: begun_by.email,
        user_image_url: None,
        is_service_user: begun_by.kind == Kind::Key,
        task_id: None,
        task_project_id: None,
        task_number: None,
        task_title: None,
        last_activity_at: last_at.to_string(),
        model_count: models,
        diff_summary_by_mode: None,
        routed_source: if paid.is_some() { RoutedSource::Paid } else { RoutedSource::NoCost },
        routed_spend_dollars: paid.map(|cost| RoutedSpend { paid: cost.dollars() }),
    }
}
