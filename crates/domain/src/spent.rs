//! Model calls as they are charged, and their sums.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AgentId, KeyId, ProjectId, ThreadId, Timestamp, TurnId,
    usage::{Usage, Usd},
};

/// A model call that used tokens, finished or failed. Stored once, with the transaction that learned of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: Uuid,
    pub project: ProjectId,
    pub thread: ThreadId,
    pub turn: TurnId,
    pub agent: AgentId,
    /// The key that sent the turn's first message. Absent: a person did.
    pub key: Option<KeyId>,
    /// The time of the message that the call made, or of its failure.
    pub at: Timestamp,
    /// The configured name of the provider. Absent for `echo`, `scripted`, and calls of programs.
    pub provider: Option<String>,
    /// The provider's name of the model. Empty if a program did not say it.
    pub model: String,
    pub usage: Usage,
    /// Absent if the price is unknown.
    pub cost: Option<Usd>,
    pub failed: bool,
    /// True if the agent's own program reported it. The server has only bounded the numbers.
    pub reported: bool,
}

/// The sum of model calls, failed calls included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Number of calls that used tokens.
    pub calls: u64,
    /// Number of the calls that failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// Number of the calls without a known price. Their cost is missing in the sum.
    #[serde(skip_serializing_if = "is_zero")]
    pub unpriced: u64,
    /// Number of the calls that programs of external agents reported.
    #[serde(skip_serializing_if = "is_zero")]
    pub reported: u64,
    pub usage: Usage,
    /// The cost of the calls with a known price.
    #[serde(skip_serializing_if = "is_free")]
    pub cost: Usd,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_free(cost: &Usd) -> bool {
    *cost == Usd::default()
}

impl Spent {
    /// The cost. `None` if no call has a known price.
    pub fn known_cost(&self) -> Option<Usd> {
        (self.calls > self.unpriced).then_some(self.cost)
    }

    /// The sum, or `None` without calls.
    pub fn any(self) -> Option<Self> {
        (self.calls > 0).then_some(self)
    }
}

impl From<&Call> for Spent {
    fn from(call: &Call) -> Self {
        let [failed, unpriced, reported] = [call.failed, call.cost.is_none(), call.reported].map(u64::from);
        Self { calls: 1, failed, unpriced, reported, usage: call.usage, cost: call.cost.unwrap_or_default() }
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.failed = self.failed.saturating_add(more.failed);
        self.unpriced = self.unpriced.saturating_add(more.unpriced);
        self.reported = self.reported.saturating_add(more.reported);
        self.usage += more.usage;
        self.cost = self.cost.saturating_add(more.cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(cost: Option<i64>, failed: bool) -> Call {
        let id = Uuid::nil();
        Call {
            id,
            project: ProjectId(id),
            thread: ThreadId(id),
            turn: TurnId(id),
            agent: AgentId(id),
            key: None,
            at: Timestamp(1),
            provider: None,
            model: "m".into(),
            usage: Usage { input: 3, cache_read: 2, output: 1, ..Usage::default() },
            cost: cost.map(Usd),
            failed,
            reported: failed,
        }
    }

    #[test]
    fn a_sum_tells_how_many_calls_failed_and_had_no_price() {
        let mut sum = Spent::default();
        assert_eq!((sum.any(), sum.known_cost()), (None, None));
        sum += (&call(None, true)).into();
        assert_eq!(sum.known_cost(), None, "a cost that nobody knows is not zero");
        sum += (&call(Some(7), false)).into();
        sum += (&call(Some(5), false)).into();
        assert_eq!((sum.calls, sum.failed, sum.unpriced, sum.reported), (3, 1, 1, 1));
        assert_eq!(sum.known_cost(), Some(Usd(12)));
        assert_eq!(sum.usage, Usage { input: 9, cache_read: 6, output: 3, ..Usage::default() });
    }
}
