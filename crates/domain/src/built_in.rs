//! Built-in tools: the tools that the server itself has.
//!
//! An agent lists the built-in tools that its model or its program may call. The engine runs a call in the transaction
//! that stores the call's result, so an effect and its result are stored together or not at all.

use crate::{
    Kept,
    agent::{Tool, ToolKind},
    controls::words,
};

words! {
    /// A built-in tool, by its name.
    BuiltIn {
        /// Asks for a person of the project.
        AskPerson = "ask_person",
    }
}

impl BuiltIn {
    /// The built-in tool that an agent's tool stands for.
    pub fn of(tool: &Tool) -> Option<Self> {
        if tool.kind == ToolKind::BuiltIn { Self::parse(&tool.name) } else { None }
    }

    /// The description for models, if the agent has none of its own.
    pub fn description(self) -> &'static str {
        match self {
            Self::AskPerson => {
                "Asks for a person of the team to take over this conversation. You go on answering until a person \
                 comes. Use it when the user wants a person, or when you cannot help."
            }
        }
    }

    /// The JSON Schema of the arguments.
    pub fn parameters(self) -> Kept {
        let text = match self {
            Self::AskPerson => {
                r#"{"type":"object","properties":{"reason":{"type":"string","minLength":1,"maxLength":500,"description":"Why a person is needed. The team reads it, the user does not."},"silent":{"type":"boolean","description":"True to say nothing more until a person comes or the time is over."},"until":{"type":"string","format":"date-time","description":"The end of the silence, at most 15 minutes from now. Only with silent."}},"required":["reason"],"additionalProperties":false}"#
            }
        };
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl Tool {
    /// The tool as models and programs are told of it: a built-in tool has its own schema, and its own description
    /// unless the agent has another.
    pub fn told(mut self) -> Self {
        if let Some(built_in) = BuiltIn::of(&self) {
            self.description.get_or_insert_with(|| built_in.description().to_owned());
            self.parameters = Some(built_in.parameters());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_tool_has_a_description_and_a_schema() {
        for built_in in BuiltIn::ALL {
            let told = Tool::new(built_in.as_str(), ToolKind::BuiltIn).told();
            assert!(told.description.is_some_and(|text| text.chars().count() <= 1_000));
            assert!(told.parameters.is_some_and(|schema| schema.text().contains(r#""type":"object""#)));
        }
        let own = Tool { description: Some("Rings the bell".into()), ..Tool::new("ask_person", ToolKind::BuiltIn) };
        assert_eq!(own.told().description.as_deref(), Some("Rings the bell"));
        let client = Tool::new("ask_person", ToolKind::Client);
        assert_eq!(client.clone().told(), client, "another runner's tool with the name stays as it is");
    }
}
