//! Sets up the log: to standard error, readable on a terminal, and as JSON lines otherwise.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::LogFormat;

/// Starts logging, panics included. `filter` was checked with the settings.
pub fn start(filter: &str, format: LogFormat) {
    let human = match format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let filter = EnvFilter::try_new(filter).expect("the settings have checked it");
    let registry = tracing_subscriber::registry().with(filter);
    if human {
        let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        registry.with(fmt::layer().with_writer(io::stderr).with_ansi(colours)).init();
    } else {
        let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
        registry.with(lines.with_writer(io::stderr)).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        tracing::error!(location, "panic: {}", panic.payload_as_str().unwrap_or("without a text"));
    }));
}
