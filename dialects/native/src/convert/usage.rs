//! The use of model calls.

use engine::app::usage::sums::{Names, Sum, Sums};

use crate::{
    page::Asked,
    wire::{Id, UsageGroup, UsagePage},
};

/// A page of the groups after the first `offset`.
pub fn page(sums: Sums, asked: &Asked<i64>, offset: i64) -> UsagePage {
    let Sums { groups, names, total } = sums;
    let (rows, next) = asked.cut(groups, |_| offset + asked.limit);
    UsagePage { data: rows.into_iter().map(|sum| group(sum, &names)).collect(), next, total: total.into() }
}

fn group(sum: Sum, names: &Names) -> UsageGroup {
    let key = sum.key.filter(|key| !key.0.is_nil());
    UsageGroup {
        day: sum.day.map(|day| day.to_string()),
        agent: sum.agent.map(|id| Id(id.0)),
        agent_name: sum.agent.and_then(|id| names.agents.get(&id).cloned()),
        key: key.map(|id| Id(id.0)),
        key_name: key.and_then(|id| names.keys.get(&id).cloned()),
        provider: sum.provider.filter(|name| !name.is_empty()),
        model: sum.model.filter(|name| !name.is_empty()),
        usage: sum.spent.into(),
    }
}
