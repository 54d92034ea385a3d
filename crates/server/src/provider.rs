//! `threadline provider check`: calls each configured route once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clap::{Args, Subcommand};
use domain::fault::Fault;
use engine::Clock;
use providers::{Failure as CallFailure, Lead, Models};
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    failure::{Failure, Result},
    output,
    settings::{self, flags::ServerFlags},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Call each configured route once, with a short prompt, and say what is wrong
    ///
    /// Needs the configuration alone: no server has to run. Each call may cost a fraction of a cent.
    #[command(after_help = "Examples:
  threadline provider check --config threadline.toml
  threadline provider check --config threadline.toml 'claude-*' default
  threadline provider check --config threadline.toml --json | jq '.[] | select(.ok | not)'

The exit code is 1 if a route failed.")]
    Check(Check),
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub flags: ServerFlags,
    /// Names or patterns of routes, as the configuration has them; all without it
    #[arg(value_name = "ROUTE")]
    routes: Vec<String>,
    /// Seconds that a route may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    within: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result of a route.
#[derive(Debug, Serialize)]
struct Checked {
    route: String,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// The provider's name of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
    /// The kind of the failure, as a turn has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// `threadline provider check`
pub async fn check(settings: settings::Server, check: Check) -> Result<()> {
    let models = Models::new(settings.routes);
    let samples = chosen(models.routes().samples(), &check.routes)?;
    let mut results = Vec::new();
    for (at, (route, lead)) in samples.iter().enumerate() {
        eprintln!("checking {} of {}: {route}", at + 1, samples.len());
        let checked = call(&models, route, lead.as_ref(), Duration::from_secs(check.within)).await;
        if !check.json {
            output::print(&line(&checked));
        }
        results.push(checked);
    }
    if check.json {
        output::print_json(&results);
    }
    match results.iter().filter(|checked| !checked.ok).count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of {} routes failed", results.len()))),
    }
}

type Sample = (String, Option<Arc<Lead>>);

/// The samples of these routes, or all.
fn chosen(mut samples: Vec<Sample>, routes: &[String]) -> Result<Vec<Sample>> {
    if samples.is_empty() {
        return Err(Failure::usage("no route is configured").hint(
            "give the configuration file with --config; its sections [providers.NAME] and [models.NAME] make routes",
        ));
    }
    if let Some(unknown) = routes.iter().find(|route| samples.iter().all(|(name, _)| name != *route)) {
        let names: Vec<&str> = samples.iter().map(|(name, _)| name.as_str()).collect();
        return Err(Failure::usage(format!(
            "no route is configured as {unknown}; the routes are {}",
            names.join(", ")
        )));
    }
    samples.retain(|(name, _)| routes.is_empty() || routes.contains(name));
    Ok(samples)
}

async fn call(models: &Models, route: &str, lead: Option<&Arc<Lead>>, within: Duration) -> Checked {
    let mut checked = Checked {
        route: route.into(),
        ok: true,
        provider: lead.map(|lead| lead.provider.name.clone()),
        model: lead.map(|lead| lead.model.clone()),
        latency_ms: None,
        code: None,
        problem: None,
    };
    let Some(lead) = lead else { return checked };
    let begun_at = Instant::now();
    let answered = timeout(within, models.check(lead, Clock::System.now())).await.unwrap_or_else(|_| {
        let message = format!("the answer did not end within {} seconds", within.as_secs());
        Err(CallFailure::new(Fault::Upstream, message))
    });
    checked.latency_ms = Some(u64::try_from(begun_at.elapsed().as_millis()).unwrap_or(u64::MAX));
    if let Err(failure) = answered {
        (checked.ok, checked.code, checked.problem) = (false, Some(failure.fault.as_str()), Some(failure.words()));
    }
    checked
}

fn line(checked: &Checked) -> String {
    let Checked { route, provider, model, latency_ms, problem, .. } = checked;
    let (Some(provider), Some(model), Some(ms)) = (provider, model, latency_ms) else {
        return format!("{route}  skipped: no name of the catalogue leads here\n");
    };
    match problem {
        None => format!("{route}  ok: {model} of {provider} answered in {ms} ms\n"),
        Some(problem) => format!("{route}  failed: {model} of {provider}: {problem}\n"),
    }
}
