//! Overrides: settings of a thread that replace or extend its agent's.

use serde::{Deserialize, Serialize};

use crate::{
    ThreadId,
    agent::{self, Tool},
    budget::Budget,
    controls::Controls,
};

/// Settings of a thread that replace or extend its agent's. They are set when the thread is created. A change applies
/// to turns that start later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Text for the model, before the agent's instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Added to the agent's tools. A tool with the same name replaces the agent's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults of the thread's messages, before the agent's.
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// The most that model calls in the thread may use, beside the agent's budgets. A change holds from the next call on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
}

/// The source of a forked thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    pub thread: ThreadId,
    /// The newest entry of the source thread at the time of the fork.
    pub seq: i64,
}

impl Overrides {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Applies the overrides to an agent's settings.
    pub fn apply(&self, settings: &mut agent::Settings) {
        if let Some(own) = &self.instructions {
            settings.instructions = match settings.instructions.is_empty() {
                true => own.clone(),
                false => format!("{own}\n\n{}", settings.instructions),
            };
        }
        settings.tools.retain(|tool| self.tools.iter().all(|own| own.name != tool.name));
        settings.tools.extend(self.tools.iter().cloned());
        settings.controls = self.controls.clone().over(&settings.controls);
        settings.max_steps = self.max_steps.or(settings.max_steps);
        settings.is_budgeted |= !self.budgets.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{Settings, ToolKind};

    #[test]
    fn what_a_thread_has_of_its_own_goes_before_its_agents() {
        let mut settings = Settings {
            instructions: "Be kind.".into(),
            tools: vec![Tool::new("look", ToolKind::Scripted), Tool::new("ask", ToolKind::Scripted)],
            controls: Controls { locale: Some("de".into()), model: Some("echo".into()), ..Controls::default() },
            max_steps: Some(9),
            ..Settings::default()
        };
        let own = Overrides {
            instructions: Some("Be brief.".into()),
            tools: vec![Tool::new("ask", ToolKind::Client)],
            controls: Controls { locale: Some("uk".into()), ..Controls::default() },
            ..Overrides::default()
        };
        own.apply(&mut settings);
        assert_eq!(settings.instructions, "Be brief.\n\nBe kind.");
        let tools: Vec<_> = settings.tools.iter().map(|tool| (tool.name.as_str(), tool.kind)).collect();
        assert_eq!(tools, [("look", ToolKind::Scripted), ("ask", ToolKind::Client)]);
        assert_eq!(
            (settings.controls.locale.as_deref(), settings.controls.model.as_deref()),
            (Some("uk"), Some("echo"))
        );
        assert_eq!(settings.max_steps, Some(9));
        let before = settings.clone();
        Overrides::default().apply(&mut settings);
        assert_eq!(settings, before);
    }
}
