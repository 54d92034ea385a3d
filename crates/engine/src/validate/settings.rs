//! Checks of an agent's settings.

use std::collections::HashSet;

use domain::{
    Error, Limits, Result,
    agent::{Kind, Settings, Tool, ToolKind},
    budget::Budget,
    built_in::BuiltIn,
    model,
    overrides::Overrides,
    script::Reply,
    usage::Usd,
};
use providers::Models;

use super::{at_most, chars, identifier, json_bytes, label, runner};

/// The limit of all models' interfaces.
const TOOL_NAME_MAX: usize = 64;

/// Checks an agent's settings, with each field by its name in [`Settings`].
pub(crate) fn settings(settings: &Settings, limits: &Limits, models: &Models) -> Result<()> {
    if let Some(name) = &settings.display_name {
        label("display_name", name, limits.name_chars)?;
    }
    if let Some(description) = &settings.description {
        chars("description", description, limits.description_chars)?;
    }
    at_most("instructions", "bytes", settings.instructions.len(), limits.instructions_bytes)?;
    own_model(settings, limits, models)?;
    external(settings, limits)?;
    script(&settings.script, limits)?;
    tools(&settings.tools, limits)?;
    super::controls(&settings.controls, limits, models)?;
    one_to("window_s", settings.window_s, limits.agent_window_s)?;
    one_to("hold_idle_s", settings.hold_idle_s, limits.agent_hold_idle_s)?;
    one_to("max_steps", settings.max_steps.map(i64::from), limits.agent_steps)?;
    budgets("budgets", &settings.budgets, limits)?;
    settings.guests.as_ref().map_or(Ok(()), |guests| super::guests(guests, limits))?;
    failure_texts(settings, limits)?;
    super::tags(&settings.tags, limits)?;
    settings.metadata.as_ref().map_or(Ok(()), |metadata| super::metadata(metadata, limits))
}

/// Checks a thread's overrides, by the rules of the agent's fields with the same names.
pub(crate) fn overrides(overrides: &Overrides, limits: &Limits, models: &Models) -> Result<()> {
    let Overrides { instructions, tools, controls, max_steps, budgets, forked_from: _ } = overrides.clone();
    let instructions = instructions.unwrap_or_default();
    settings(&Settings { instructions, tools, controls, max_steps, budgets, ..Settings::default() }, limits, models)
}

/// Checks budgets: one for each period, with at least one amount.
pub(crate) fn budgets(path: &str, budgets: &[Budget], limits: &Limits) -> Result<()> {
    let mut periods = HashSet::new();
    budgets.iter().enumerate().try_for_each(|(i, budget)| {
        if !periods.insert(budget.per) {
            return Err(Error::field(format!("{path}.{i}.per"), "must differ from the periods of the other budgets"));
        }
        if budget.tokens.is_none() && budget.usd.is_none() {
            return Err(Error::field(format!("{path}.{i}"), "must have `tokens` or `usd`"));
        }
        if budget.tokens.is_some_and(|tokens| tokens > limits.budget_tokens) {
            return Err(Error::field(
                format!("{path}.{i}.tokens"),
                format!("must be at most {}", limits.budget_tokens),
            ));
        }
        let most = Usd::ONE.0.saturating_mul(i64::try_from(limits.budget_usd).unwrap_or(i64::MAX));
        match budget.usd.is_some_and(|usd| usd.0 < 0 || usd.0 > most) {
            true => Err(Error::field(format!("{path}.{i}.usd"), format!("must be at most {}", limits.budget_usd))),
            false => Ok(()),
        }
    })
}

fn failure_texts(settings: &Settings, limits: &Limits) -> Result<()> {
    at_most("failure_texts", "languages", settings.failure_texts.len(), limits.failure_texts)?;
    settings.failure_texts.iter().try_for_each(|(language, text)| {
        super::locale("failure_texts", language, limits)?;
        let path = format!("failure_texts.{language}");
        super::not_blank(&path, text)?;
        chars(&path, text, limits.failure_text_chars)
    })
}

/// The server runs no script of an external agent, and no tool but its own.
fn external(settings: &Settings, limits: &Limits) -> Result<()> {
    one_to("unclaimed_s", settings.unclaimed_s, limits.agent_unclaimed_s)?;
    if settings.kind == Kind::Model {
        let set = [("unclaimed_s", settings.unclaimed_s.is_some()), ("push", settings.push.is_some())];
        return match set.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((field, _)) => Err(Error::field(*field, "is allowed only for an agent of the kind `external`")),
        };
    }
    if settings.model.as_deref() == Some(model::SCRIPTED) {
        return Err(Error::field("model", "must not be `scripted` for an agent of the kind `external`"));
    }
    let is_run = |tool: &Tool| matches!(tool.kind, ToolKind::Client | ToolKind::BuiltIn);
    match settings.tools.iter().position(|tool| !is_run(tool)) {
        None => Ok(()),
        Some(i) => {
            let message = "must be `client` or `built_in` for an agent of the kind `external`";
            Err(Error::field(format!("tools.{i}.kind"), message))
        }
    }
}

/// A script requires the model `scripted`, and the reverse.
fn own_model(settings: &Settings, limits: &Limits, models: &Models) -> Result<()> {
    match settings.model.as_deref() {
        Some(model::SCRIPTED) if settings.script.is_empty() => {
            Err(Error::field("script", "must have a reply for the model `scripted`"))
        }
        Some(model::SCRIPTED) => Ok(()),
        _ if !settings.script.is_empty() => Err(Error::field("script", "is allowed only with the model `scripted`")),
        Some(name) => super::model("model", name, limits, models),
        None => Ok(()),
    }
}

fn script(replies: &[Reply], limits: &Limits) -> Result<()> {
    at_most("script", "replies", replies.len(), limits.script_replies)?;
    replies.iter().enumerate().try_for_each(|(i, r)| reply(&format!("script.{i}"), r, limits))
}

fn reply(path: &str, reply: &Reply, limits: &Limits) -> Result<()> {
    for (field, text) in [("text", &reply.text), ("thinking", &reply.thinking)] {
        let bytes = text.as_ref().map_or(0, String::len);
        at_most(&format!("{path}.{field}"), "bytes", bytes, limits.reply_bytes)?;
    }
    one_to(&format!("{path}.chunks"), reply.chunks.map(i64::from), limits.script_chunks)?;
    if reply.recite && (reply.text.is_some() || reply.echo) {
        return Err(Error::field(format!("{path}.recite"), "must not be combined with `text` or `echo`"));
    }
    if reply.recite_transcript && (reply.text.is_some() || reply.echo || reply.recite) {
        let why = "must not be combined with `text`, `echo` or `recite`";
        return Err(Error::field(format!("{path}.recite_transcript"), why));
    }
    if reply.echo && reply.text.is_some() {
        return Err(Error::field(format!("{path}.echo"), "must not be combined with `text`"));
    }
    if reply.hang && reply.error.is_some() {
        return Err(Error::field(format!("{path}.hang"), "must not be combined with `error`"));
    }
    delay(path, reply.delay_ms, limits)?;
    at_most(&format!("{path}.tool_calls"), "calls", reply.tool_calls.len(), limits.tool_calls)?;
    let mut ids = HashSet::new();
    reply.tool_calls.iter().enumerate().try_for_each(|(i, call)| {
        let path = format!("{path}.tool_calls.{i}");
        tool_name(&path, &call.name)?;
        let Some(id) = &call.id else { return Ok(()) };
        identifier(&format!("{path}.id"), id, limits.name_chars)?;
        if ids.insert(id) {
            Ok(())
        } else {
            Err(Error::field(format!("{path}.id"), "must differ from the other calls"))
        }
    })
}

fn tools(tools: &[Tool], limits: &Limits) -> Result<()> {
    at_most("tools", "tools", tools.len(), limits.tools)?;
    let mut names = HashSet::new();
    tools.iter().enumerate().try_for_each(|(i, tool)| {
        let path = format!("tools.{i}");
        tool_name(&path, &tool.name)?;
        if !names.insert(&tool.name) {
            return Err(Error::field(format!("{path}.name"), "must differ from the other tools"));
        }
        if let Some(description) = &tool.description {
            chars(&format!("{path}.description"), description, limits.description_chars)?;
        }
        json_bytes(&format!("{path}.parameters"), &tool.parameters, limits.metadata_bytes)?;
        runner::check(&path, tool, limits)?;
        json_bytes(&format!("{path}.extras"), &tool.extras, limits.metadata_bytes)?;
        outcome(&path, tool, limits)
    })
}

/// The agent has the outcome of a scripted tool; the client decides that of its own.
fn outcome(path: &str, tool: &Tool, limits: &Limits) -> Result<()> {
    if tool.kind == ToolKind::External {
        return Err(Error::field(format!("{path}.kind"), "must be `scripted`, `client`, `http` or `built_in`"));
    }
    if tool.kind == ToolKind::BuiltIn {
        return built_in(path, tool);
    }
    if tool.result.is_some() && tool.error.is_some() {
        return Err(Error::field(format!("{path}.error"), "must not be combined with `result`"));
    }
    let scripted = tool.result.is_some() || tool.error.is_some() || tool.delay_ms.is_some();
    if tool.kind == ToolKind::Client && scripted {
        return Err(Error::field(path, "must be `scripted` if `result`, `error` or `delay_ms` is given"));
    }
    delay(path, tool.delay_ms, limits)
}

/// A built-in tool has a name of the server's, and nothing else but a description.
fn built_in(path: &str, tool: &Tool) -> Result<()> {
    if BuiltIn::of(tool).is_none() {
        let names: Vec<String> = BuiltIn::ALL.iter().map(|one| format!("`{}`", one.as_str())).collect();
        return Err(Error::field(format!("{path}.name"), format!("must be a built-in tool: {}", names.join(", "))));
    }
    let given = [
        ("parameters", tool.parameters.is_some()),
        ("result", tool.result.is_some()),
        ("error", tool.error.is_some()),
        ("delay_ms", tool.delay_ms.is_some()),
        ("approval", tool.approval.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) => Err(Error::field(format!("{path}.{field}"), "must not be given for a built-in tool")),
        None => Ok(()),
    }
}

fn delay(path: &str, delay_ms: Option<u64>, limits: &Limits) -> Result<()> {
    let most = limits.script_delay_ms;
    match delay_ms.is_some_and(|ms| ms > most) {
        true => Err(Error::field(format!("{path}.delay_ms"), format!("must be at most {most}"))),
        false => Ok(()),
    }
}

pub(crate) fn one_to(path: &str, given: Option<i64>, most: u64) -> Result<()> {
    match given.is_some_and(|n| n < 1 || n.unsigned_abs() > most) {
        true => Err(Error::field(path, format!("must be between 1 and {most}"))),
        false => Ok(()),
    }
}

/// Checks a tool's name against the interfaces of all models.
fn tool_name(path: &str, name: &str) -> Result<()> {
    let good = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    match good && (1..=TOOL_NAME_MAX).contains(&name.len()) {
        true => Ok(()),
        false => Err(Error::field(format!("{path}.name"), "must be 1 to 64 letters, digits, hyphens and underscores")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(value: Value, expect: &str) {
        let parsed: Settings = serde_json::from_value(value.clone()).expect("settings");
        let limits = Limits {
            tools: 2,
            tool_calls: 2,
            script_replies: 2,
            reply_bytes: 4,
            instructions_bytes: 8,
            metadata_bytes: 16,
            failure_texts: 2,
            failure_text_chars: 9,
            ..Limits::default()
        };
        let at_fault =
            settings(&parsed, &limits, &Models::default()).err().map(|e| e.fields[0].path.clone()).unwrap_or_default();
        assert_eq!(at_fault, expect, "{value}");
    }

    #[test]
    fn each_setting_is_held_to_its_rule() {
        check(json!({}), "");
        check(json!({"model": "claude-opus-4-8", "instructions": "12345678"}), "");
        check(json!({"model": "claude-opus-9"}), "model");
        check(json!({"instructions": "123456789"}), "instructions");
        check(json!({"failure_texts": {"en": "Sorry.", "uk-UA": "123456789"}}), "");
        check(json!({"failure_texts": {"en": "1234567890"}}), "failure_texts.en");
        check(json!({"failure_texts": {"en": " "}}), "failure_texts.en");
        check(json!({"failure_texts": {"e n": "Sorry."}}), "failure_texts");
        check(json!({"failure_texts": {"en": "a", "uk": "b", "de": "c"}}), "failure_texts");
        check(json!({"display_name": " "}), "display_name");
        check(json!({"description": "x".repeat(2_001)}), "description");
        check(json!({"controls": {"model": "scripted"}}), "controls.model");
        check(json!({"window_s": 1}), "");
        check(json!({"window_s": 31_536_000}), "");
        check(json!({"window_s": 0}), "window_s");
        check(json!({"window_s": 31_536_001}), "window_s");
        check(json!({"kind": "external", "unclaimed_s": 604_800, "model": "claude-opus-4-8"}), "");
        check(json!({"kind": "external", "unclaimed_s": 0}), "unclaimed_s");
        check(json!({"kind": "external", "unclaimed_s": 604_801}), "unclaimed_s");
        check(json!({"unclaimed_s": 60}), "unclaimed_s");
        check(json!({"kind": "external", "push": {"url": "https://a.example/"}}), "");
        check(json!({"push": {"url": "https://a.example/"}}), "push");
        check(json!({"kind": "external", "model": "scripted", "script": [{"echo": true}]}), "model");
        check(json!({"kind": "external", "tools": [{"name": "a", "kind": "client"}]}), "");
        check(json!({"kind": "external", "tools": [{"name": "a", "kind": "scripted"}]}), "tools.0.kind");
        check(json!({"kind": "external", "tools": [{"name": "a", "kind": "external"}]}), "tools.0.kind");
        check(json!({"tools": [{"name": "a", "kind": "external"}]}), "tools.0.kind");
        check(json!({"max_steps": 0}), "max_steps");
        check(json!({"max_steps": 10_000}), "");
        check(json!({"max_steps": 10_001}), "max_steps");
        check(json!({"guests": {"origins": ["https://a.example"]}}), "");
        check(json!({"guests": {"origins": ["https://a.example", "https://a.example/"]}}), "guests.origins.1");
        check(json!({"metadata": {"a": "123456789"}}), "metadata");
    }

    #[test]
    fn a_budget_has_a_period_of_its_own_and_an_amount() {
        let day = |more: Value| {
            let mut budget = json!({"per": "day"});
            budget.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!({"budgets": [budget]})
        };
        let dollars = |count: i64| count * 1_000_000_000_000;
        check(day(json!({"tokens": 0})), "");
        check(day(json!({"tokens": 1_000_000_000_000_u64, "usd": dollars(1_000_000)})), "");
        check(day(json!({})), "budgets.0");
        check(day(json!({"tokens": 1_000_000_000_001_u64})), "budgets.0.tokens");
        check(day(json!({"usd": dollars(1_000_000) + 1})), "budgets.0.usd");
        check(day(json!({"usd": -1})), "budgets.0.usd");
        let all = |periods: &[&str]| -> Value { periods.iter().map(|per| json!({"per": per, "tokens": 1})).collect() };
        check(json!({"budgets": all(&["turn", "day", "month"])}), "");
        check(json!({"budgets": all(&["turn", "day", "month", "day"])}), "budgets.3.per");
        check(json!({"guests": {"origins": [], "budgets": all(&["day", "day"])}}), "guests.budgets.1.per");
    }

    #[test]
    fn a_script_and_the_model_that_reads_it_come_together() {
        let script = |replies: Value| json!({"model": "scripted", "script": replies});
        check(script(json!([{"echo": true}, {"text": "x", "chunks": 10_000, "delay_ms": 600_000}])), "");
        check(json!({"model": "scripted"}), "script");
        check(json!({"script": [{"echo": true}]}), "script");
        check(json!({"model": "echo", "script": [{"echo": true}]}), "script");
        check(script(json!([{}, {}, {}])), "script");
        check(script(json!([{"text": "1234", "thinking": "äö"}])), "");
        check(script(json!([{"text": "12345"}])), "script.0.text");
        check(script(json!([{"thinking": "äöü"}])), "script.0.thinking");
        check(script(json!([{}, {"chunks": 0}])), "script.1.chunks");
        check(script(json!([{"chunks": 10_001}])), "script.0.chunks");
        check(script(json!([{"delay_ms": 600_001}])), "script.0.delay_ms");
        check(script(json!([{"echo": true, "text": "x"}])), "script.0.echo");
        check(script(json!([{"recite": true, "text": "x"}])), "script.0.recite");
        check(script(json!([{}, {"recite": true, "echo": true}])), "script.1.recite");
        check(script(json!([{"recite": true, "chunks": 3}])), "");
        for other in ["echo", "recite"] {
            check(script(json!([{"recite_transcript": true, other: true}])), "script.0.recite_transcript");
        }
        check(script(json!([{"hang": true, "error": "upstream"}])), "script.0.hang");
        check(script(json!([{"tool_calls": [{"name": "a b"}]}])), "script.0.tool_calls.0.name");
        check(
            script(json!([{"tool_calls": [{"name": "a", "id": "1"}, {"name": "a", "id": "1"}]}])),
            "script.0.tool_calls.1.id",
        );
        check(script(json!([{"tool_calls": [{"name": "a"}, {"name": "a"}, {"name": "a"}]}])), "script.0.tool_calls");
    }

    #[test]
    fn tools_have_names_of_their_own_and_one_outcome() {
        check(
            json!({"tools": [{"name": "look", "kind": "scripted", "result": 1}, {"name": "ask", "kind": "client"}]}),
            "",
        );
        check(
            json!({"tools": [{"name": "look", "kind": "client"}, {"name": "look", "kind": "client"}]}),
            "tools.1.name",
        );
        check(json!({"tools": [{"name": "", "kind": "client"}]}), "tools.0.name");
        check(
            json!({"tools": [{"name": "a", "kind": "client", "description": "x".repeat(2_001)}]}),
            "tools.0.description",
        );
        check(json!({"tools": [{"name": "a", "kind": "client", "extras": {"a": "123456789"}}]}), "tools.0.extras");
        check(json!({"tools": [{"name": "x".repeat(65), "kind": "client"}]}), "tools.0.name");
        check(json!({"tools": [{"name": "a", "kind": "scripted", "result": 1, "error": "e"}]}), "tools.0.error");
        check(json!({"tools": [{"name": "a", "kind": "scripted", "delay_ms": 600_001}]}), "tools.0.delay_ms");
        check(json!({"tools": [{"name": "a", "kind": "client", "result": 1}]}), "tools.0");
        check(
            json!({"tools": [{"name": "a", "kind": "client"}, {"name": "b", "kind": "client"}, {"name": "c", "kind": "client"}]}),
            "tools",
        );
    }
}
