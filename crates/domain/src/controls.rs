//! Controls: settings that a message chooses for its turn.

use serde::{Deserialize, Serialize};

use crate::{Map, SnapshotId};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The policy of a message while a turn is open. Without an open turn, each message starts a new one.
    Policy {
        /// Joins the running or waiting turn, which reads the message at its next step.
        Steer = "steer",
        /// Starts a new turn at the end of the queue.
        Queue = "queue",
        /// Joins the last queued turn if batch created it. Otherwise starts a new turn at the end of the queue.
        Batch = "batch",
        /// Cancels the running or waiting turn. The new turn runs next.
        Interrupt = "interrupt",
        /// The message is refused.
        Reject = "reject",
    }
}

words! {
    /// The amount of thinking before an answer: Capy's nine modes, which include Everruns' efforts.
    Reasoning {
        Off = "off", On = "on", None = "none", Minimal = "minimal", Low = "low",
        Medium = "medium", High = "high", Xhigh = "xhigh", Max = "max",
    }
}

words! {
    /// The service tier of the model. Capy uses the first two, Everruns the others.
    Speed {
        Fast = "fast", Standard = "standard", Flex = "flex", Default = "default",
        Priority = "priority", Ultrafast = "ultrafast",
    }
}

impl Reasoning {
    /// Tells whether the model is asked for its thinking.
    pub fn thinks(self) -> bool {
        !matches!(self, Self::Off | Self::None)
    }
}

/// Settings of one turn, chosen by its message. Absent fields default to the agent's. Stored with the turn and with the
/// message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Controls {
    /// A name of the catalogue ([`crate::model`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// The same three settings for the agents to which this turn's agent delegates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_speed: Option<Speed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_reasoning: Option<Reasoning>,
    /// A language tag (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Verbosity>,
    /// The detail of a failure that the reader gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_disclosure: Option<Disclosure>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub hints: Map,
    /// An empty list means no snapshots, whatever the agent has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser_snapshots: Option<Vec<SnapshotId>>,
}

words! {
    Verbosity { Low = "low", Medium = "medium", High = "high" }
}

words! {
    Disclosure { Generic = "generic", Standard = "standard", Detailed = "detailed" }
}

impl Controls {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These controls, with `base` for absent fields. Hints are merged key by key.
    pub fn over(self, base: &Self) -> Self {
        let mut hints = base.hints.clone();
        hints.extend(self.hints);
        Self {
            model: self.model.or_else(|| base.model.clone()),
            speed: self.speed.or(base.speed),
            reasoning: self.reasoning.or(base.reasoning),
            build_model: self.build_model.or_else(|| base.build_model.clone()),
            build_speed: self.build_speed.or(base.build_speed),
            build_reasoning: self.build_reasoning.or(base.build_reasoning),
            locale: self.locale.or_else(|| base.locale.clone()),
            verbosity: self.verbosity.or(base.verbosity),
            error_disclosure: self.error_disclosure.or(base.error_disclosure),
            hints,
            browser_snapshots: self.browser_snapshots.or_else(|| base.browser_snapshots.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn no_snapshots_are_another_choice_than_none_made() {
        let snapshots = |ids: &[u128]| {
            let ids = ids.iter().map(|id| SnapshotId(Uuid::from_u128(*id))).collect();
            Controls { browser_snapshots: Some(ids), ..Controls::default() }
        };
        let agent = snapshots(&[1]);
        assert_eq!(Controls::default().over(&agent), agent);
        assert_eq!(snapshots(&[]).over(&agent), snapshots(&[]));
        assert_eq!(snapshots(&[2]).over(&agent), snapshots(&[2]));
        for (controls, stored) in [(Controls::default(), json!({})), (snapshots(&[]), json!({"browser_snapshots": []}))]
        {
            assert_eq!(serde_json::to_value(&controls).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Controls>(stored).unwrap(), controls);
        }
    }
}
