//! The binary `threadline`: the command line, the settings, and the wiring of a server.
//!
//! - what is asked: `cli`, `settings`; what it ends with: `failure`
//! - the server: `serve`, `dev`, `dialects`, `health`, `room`, `signals`, `logs`; its secrets: `secrets`; its routes: `provider`
//! - commands that talk to a running server: `commands`, over `client`
//! - what is printed: `output`, `columns`, `openapi`; the pages of all commands and of who may what: `manual`, `access`

mod access;
mod cli;
mod client;
mod columns;
mod commands;
mod dev;
mod dialects;
mod events;
mod failure;
mod health;
mod logs;
mod manual;
#[cfg(feature = "planted-bugs")]
mod misfits;
mod openapi;
mod output;
mod provider;
mod room;
mod secrets;
mod serve;
mod settings;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use tokio::runtime::{Builder, Runtime};

use crate::{
    cli::{Cli, Command, Config},
    client::Client,
    commands::{agent, inbox, key, member, model, project, search, thread, usage},
    failure::{Failure, Result},
    output::Output,
    settings::Layers,
};

/// A request makes many small allocations on one thread and frees them on another, for which the system's allocator is
/// slow. It also replaces C's allocator, and so serves SQLite.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            // Not a return, because after a second signal nothing may delay the exit.
            std::process::exit(failure.exit as i32)
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(flags) => {
            let settings = logged(&flags)?;
            on_server(serve::serve(settings))
        }
        Command::Dev(cli::Dev { flags, provider, look_at }) => {
            let settings = logged(&flags)?;
            on_server(dev::dev(settings, dev::Asked { provider, look_at }))
        }
        Command::Config(Config { markdown: Some(folder), .. }) => settings::write_pages(&folder),
        Command::Config(Config { flags, json, .. }) => {
            let layers = Layers::load(flags.given(), true)?;
            output::print(&settings::show(&layers, json));
            Ok(())
        }
        Command::Secrets { command: secrets::Command::Reseal(flags) } => {
            let settings = logged(&flags)?;
            on_server(secrets::reseal(settings))
        }
        Command::Provider { command: provider::Command::Check(check) } => {
            let settings = logged(&check.flags)?;
            runtime(Builder::new_current_thread())?.block_on(provider::check(settings, check))
        }
        Command::Key(cli::Remote { flags, json, command }) => ask(&flags, json, command, key::run),
        Command::Thread(cli::Remote { flags, json, command }) => ask(&flags, json, command, thread::run),
        Command::Project(cli::Remote { flags, json, command }) => ask(&flags, json, command, project::run),
        Command::Member(cli::Remote { flags, json, command }) => ask(&flags, json, command, member::run),
        Command::Agent(cli::Remote { flags, json, command }) => ask(&flags, json, command, agent::run),
        Command::Model(cli::Remote { flags, json, command }) => ask(&flags, json, command, model::run),
        Command::Search(cli::Remote { flags, json, command }) => ask(&flags, json, command, search::run),
        Command::Usage(cli::Question { flags, json, asked }) => ask(&flags, json, asked, usage::run),
        Command::Inbox(cli::Question { flags, json, asked }) => ask(&flags, json, asked, inbox::run),
        Command::Openapi { dialect } => openapi::print(dialect.as_deref()),
    }
}

/// The server's settings, with the log started.
fn logged(flags: &settings::flags::ServerFlags) -> Result<settings::Server> {
    let settings = settings::Server::load(flags)?;
    logs::start(&settings.log, settings.log_format);
    Ok(settings)
}

/// Runs a command that talks to a running server.
fn ask<C>(
    flags: &settings::flags::RemoteFlags,
    json: bool,
    command: C,
    run: impl AsyncFnOnce(C, &Client, Output) -> Result<()>,
) -> Result<()> {
    let client = Client::new(settings::Remote::load(flags)?)?;
    runtime(Builder::new_current_thread())?.block_on(run(command, &client, Output { json }))
}

/// Runs a server with a worker for each core. At its end, nothing is waited for, because a hanging disk would keep the
/// process forever.
fn on_server(server: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = runtime(Builder::new_multi_thread())?;
    let done = runtime.block_on(server);
    runtime.shutdown_background();
    done
}

fn runtime(mut builder: Builder) -> Result<Runtime> {
    builder.enable_all().build().map_err(|why| Failure::failed(format!("cannot start the runtime: {why}")))
}
