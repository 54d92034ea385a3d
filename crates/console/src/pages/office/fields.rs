//! The fields of an agent's editor: what they show of an agent, and what they make of it.

use domain::{
    Error, Result,
    agent::{Agent, Kind, Push, Reopen, Settings, Tool},
    budget::{Budget, Per},
    controls::{Reasoning, Speed},
    model,
    script::Reply,
    usage::Usd,
};
use engine::app::{agents::Draft, models::PublicModel};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    form::{Field, Sent},
    welcome::{self, Welcome},
};

/// The language of the sentence that the editor shows for a failed turn.
const FAILURE_LANGUAGE: &str = "en";
/// The periods of budgets, with the names of their fields.
const PERIODS: [(Per, &str, &str, &str); 3] = [
    (Per::Turn, "a turn", "turn_tokens", "turn_usd"),
    (Per::Day, "a day", "day_tokens", "day_usd"),
    (Per::Month, "a month", "month_tokens", "month_usd"),
];
/// The names of fields, as the engine has them and as the form has them.
const NAMES: [(&str, &str); 5] = [
    ("controls.reasoning", "reasoning"),
    ("controls.speed", "speed"),
    ("push.url", "push"),
    ("failure_texts", "failure_text"),
    ("hold_idle_s", "hold_idle_s"),
];

/// A draft by which a change in between is noticed.
pub fn fingerprint(name: &str, settings: &Settings, is_archived: bool) -> String {
    let text = serde_json::to_string(settings).unwrap_or_default();
    let hash = Sha256::new().chain_update(name).chain_update([u8::from(is_archived)]).chain_update(text).finalize();
    hex::encode(&hash[..12])
}

/// The values of the editor's fields.
pub fn values(agent: &Agent) -> Sent {
    let settings = &agent.settings;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut sent = Sent::of([
        ("name", agent.name.clone()),
        ("display_name", text(&settings.display_name)),
        ("description", text(&settings.description)),
        ("kind", settings.kind.as_str().into()),
        ("instructions", settings.instructions.clone()),
        ("model", text(&settings.model)),
        ("reasoning", settings.controls.reasoning.map(|word| word.as_str().to_owned()).unwrap_or_default()),
        ("speed", settings.controls.speed.map(|word| word.as_str().to_owned()).unwrap_or_default()),
        ("tools", json(&settings.tools, settings.tools.is_empty())),
        ("script", json(&settings.script, settings.script.is_empty())),
        ("window_s", number(settings.window_s)),
        ("hold_idle_s", number(settings.hold_idle_s)),
        ("reopen", settings.reopen.as_str().into()),
        ("max_steps", number(settings.max_steps.map(i64::from))),
        ("unclaimed_s", number(settings.unclaimed_s)),
        ("push", settings.push.as_ref().map(|push| push.url.clone()).unwrap_or_default()),
        ("failure_text", settings.failure_texts.get(FAILURE_LANGUAGE).cloned().unwrap_or_default()),
    ]);
    if !settings.paused {
        sent.put("is_on", "on");
    }
    welcome::put(&mut sent, settings.guests.as_ref());
    for (per, _, tokens, usd) in PERIODS {
        if let Some(budget) = settings.budgets.iter().find(|budget| budget.per == per) {
            sent.put(tokens, budget.tokens.map(|most| most.to_string()).unwrap_or_default());
            sent.put(usd, budget.usd.map(|most| most.to_string()).unwrap_or_default());
        }
    }
    sent
}

/// JSON with line breaks. Empty for an empty list.
fn json(value: &impl Serialize, is_empty: bool) -> String {
    if is_empty {
        return String::new();
    }
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The fields, in the order of the page.
pub fn fields(agent: &Agent, models: &[PublicModel], sent: &Sent) -> Vec<Field> {
    let kinds = [("model", "A model, called by this server"), ("external", "A program of yours")];
    let kinds = kinds.map(|(value, text)| (value.to_owned(), text.to_owned())).into();
    let mut fields = vec![
        Field::switch("is_on", "Switched on", sent).hint("Off: messages are stored and get no answer."),
        Field::line("name", "Name", sent).hint("Programs name the agent by it.").narrow(),
        Field::line("display_name", "Name that people see", sent).narrow(),
        Field::line("description", "Description", sent),
        Field::heading("Answers"),
        Field::text("instructions", "Instructions", 12, sent)
            .hint("What the model is told before each thread. {{name}} stands for a variable of the thread."),
        Field::choice("kind", "Answered by", kinds, sent),
        Field::choice("model", "Model", model_choices(models, agent.settings.model.as_deref()), sent),
        Field::choice("reasoning", "Reasoning", words(Reasoning::ALL, |word| word.as_str()), sent),
        Field::choice("speed", "Speed", words(Speed::ALL, |word| word.as_str()), sent),
        Field::code("tools", "Tools", 8, sent).hint(
            "A JSON list. A tool has a name, a kind (client or scripted), a description, and its parameters as JSON Schema.",
        ),
    ];
    fields.extend(welcome::fields(sent));
    fields.extend([
        Field::heading("People"),
        Field::number("hold_idle_s", "Overdue after, in seconds", sent)
            .hint("So long a customer waits for a member who answers. Empty: the server's setting."),
        Field::choice("reopen", "When a customer reopens a thread", reopenings(), sent),
        Field::heading("Bounds"),
        Field::number("window_s", "Window, in seconds", sent)
            .hint("A thread with a window closes this long after its last message. Empty: the server's setting."),
        Field::number("max_steps", "Model calls in a turn", sent)
            .hint("One more fails the turn. Empty: the server's setting."),
    ]);
    for (_, period, tokens, usd) in PERIODS {
        fields.push(Field::number(tokens, format!("Tokens in {period}"), sent));
        fields.push(Field::line(usd, format!("Dollars in {period}"), sent).narrow());
    }
    fields.extend([
        Field::text("failure_text", "Sentence after a failed turn", 2, sent)
            .hint("In English. The only thing that people are told of a failure."),
        Field::heading("For a program of yours"),
        Field::line("push", "Endpoint", sent).hint("Turns are posted here. Empty: the program asks for turns."),
        Field::number("unclaimed_s", "Wait for the program, in seconds", sent).hint("Empty: the server's setting."),
        Field::heading("For tests"),
        Field::code("script", "Script", 6, sent).hint("A JSON list of replies, for the model scripted alone."),
    ]);
    fields
}

/// The sides to which a customer's message reopens a closed thread.
fn reopenings() -> Vec<(String, String)> {
    let sides =
        [(Reopen::Agent, "The agent answers"), (Reopen::Person, "A person is wanted, and the agent answers too")];
    sides.map(|(side, text)| (side.as_str().to_owned(), text.to_owned())).into()
}

/// The names of models, each with the place where it leads.
pub fn model_choices(models: &[PublicModel], own: Option<&str>) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), format!("{}: repeats what it is told", model::ECHO))];
    let shown = |public: &PublicModel| match &public.way {
        Some(way) if way.first.model == public.name => format!("{}: by {}", public.name, way.first.provider),
        Some(way) => format!("{}: {} by {}", public.name, way.first.model, way.first.provider),
        None => format!("{}: not connected", public.name),
    };
    let (connected, others): (Vec<_>, Vec<_>) =
        models.iter().filter(|public| public.name != model::ECHO).partition(|public| public.is_connected);
    all.extend(connected.into_iter().chain(others).map(|public| (public.name.clone(), shown(public))));
    all.push((model::SCRIPTED.to_owned(), format!("{}: says what a script says", model::SCRIPTED)));
    if let Some(own) = own.filter(|own| all.iter().all(|(name, _)| name != own)) {
        all.push((own.to_owned(), own.to_owned()));
    }
    all
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    let none = (String::new(), "As the model does".to_owned());
    std::iter::once(none).chain(all.iter().map(|one| (word(*one).to_owned(), word(*one).to_owned()))).collect()
}

/// What the fields make of an agent.
pub struct Change {
    name: String,
    display_name: Option<String>,
    description: Option<String>,
    kind: Kind,
    instructions: String,
    model: Option<String>,
    reasoning: Option<Reasoning>,
    speed: Option<Speed>,
    tools: Vec<Tool>,
    script: Vec<Reply>,
    is_on: bool,
    welcome: Welcome,
    hold_idle_s: Option<i64>,
    reopen: Reopen,
    window_s: Option<i64>,
    max_steps: Option<u32>,
    unclaimed_s: Option<i64>,
    push: Option<String>,
    failure_text: Option<String>,
    budgets: Vec<Budget>,
}

impl Change {
    /// # Errors
    /// `invalid` for a value that cannot be read, by the name of its field.
    pub fn read(sent: &Sent) -> Result<Self> {
        let mut budgets = Vec::new();
        for (per, _, tokens, usd) in PERIODS {
            let tokens = sent.number::<u64>(tokens)?;
            let must = || Error::field(usd, "must be dollars, as in 2.50");
            let usd = sent.given(usd).map(|text| Usd::parse(&text).ok_or_else(must)).transpose()?;
            if tokens.is_some() || usd.is_some() {
                budgets.push(Budget { per, tokens, usd });
            }
        }
        Ok(Self {
            name: sent.given("name").unwrap_or_default(),
            display_name: sent.given("display_name"),
            description: sent.given("description"),
            kind: sent.word("kind", Kind::parse)?.unwrap_or_default(),
            instructions: sent.text("instructions").to_owned(),
            model: sent.given("model"),
            reasoning: sent.word("reasoning", Reasoning::parse)?,
            speed: sent.word("speed", Speed::parse)?,
            tools: sent.json("tools")?,
            script: sent.json("script")?,
            is_on: sent.is_on("is_on"),
            welcome: Welcome::read(sent)?,
            hold_idle_s: sent.number("hold_idle_s")?,
            reopen: sent.word("reopen", Reopen::parse)?.unwrap_or_default(),
            window_s: sent.number("window_s")?,
            max_steps: sent.number("max_steps")?,
            unclaimed_s: sent.number("unclaimed_s")?,
            push: sent.given("push"),
            failure_text: sent.given("failure_text"),
            budgets,
        })
    }

    /// Changes what the form shows. Settings that it does not show stay.
    pub fn apply(self, draft: &mut Draft) {
        let settings = &mut draft.settings;
        draft.name = self.name;
        (settings.display_name, settings.description) = (self.display_name, self.description);
        (settings.kind, settings.instructions, settings.model) = (self.kind, self.instructions, self.model);
        (settings.controls.reasoning, settings.controls.speed) = (self.reasoning, self.speed);
        (settings.tools, settings.script, settings.paused) = (self.tools, self.script, !self.is_on);
        (settings.window_s, settings.max_steps) = (self.window_s, self.max_steps);
        (settings.unclaimed_s, settings.budgets) = (self.unclaimed_s, self.budgets);
        settings.push = self.push.map(|url| match settings.push.take() {
            Some(push) if push.url == url => push,
            _ => Push::to(url),
        });
        match self.failure_text {
            Some(text) => settings.failure_texts.insert(FAILURE_LANGUAGE.into(), text),
            None => settings.failure_texts.remove(FAILURE_LANGUAGE),
        };
        (settings.hold_idle_s, settings.reopen) = (self.hold_idle_s, self.reopen);
        settings.guests = self.welcome.apply(settings.guests.take());
    }

    /// The names of fields, as the engine has them and as the form has them.
    pub fn names(&self) -> Vec<(String, &'static str)> {
        let mut names: Vec<(String, &'static str)> =
            NAMES.into_iter().chain(welcome::NAMES).map(|(engine, ours)| (engine.to_owned(), ours)).collect();
        for (n, budget) in self.budgets.iter().enumerate() {
            for (per, _, tokens, usd) in PERIODS {
                if per == budget.per {
                    names.push((format!("budgets.{n}.tokens"), tokens));
                    names.push((format!("budgets.{n}.usd"), usd));
                }
            }
        }
        names
    }
}

/// The refusal by the names of the fields.
pub fn renamed(error: Error, names: &[(String, &str)]) -> Error {
    let names: Vec<(&str, &str)> = names.iter().map(|(engine, ours)| (engine.as_str(), *ours)).collect();
    error.renamed(&names)
}

/// The fields in which two agents differ, by their labels, with the values of the second.
pub fn differences(one: &Sent, other: &Sent, fields: &[Field]) -> Vec<(String, String)> {
    let differs = |name: &&str| one.text(name) != other.text(name);
    let named = fields.iter().filter(|field| differs(&field.name()));
    named.map(|field| (field.label().to_owned(), other.text(field.name()).to_owned())).collect()
}
