//! What a thread has of its own, over and beside what its agent has.

use serde::{Deserialize, Serialize};

use crate::{
    ThreadId,
    agent::{self, Tool},
    controls::Controls,
};

/// What a thread has of its own, over and beside what its agent has. Set when the thread is made; turns that begin later
/// than a change have the change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Said to the model before the agent's instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Beside the agent's; one of the same name is in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults of the thread's messages, over the agent's.
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
}

/// Where a thread branched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    pub thread: ThreadId,
    /// The newest entry of that thread at the time.
    pub seq: i64,
}

impl Overrides {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes of an agent's settings those that hold in the thread.
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
