//! `threadline search …`

use std::{
    io::{IsTerminal, Write, stderr},
    time::Duration,
};

use clap::Subcommand;

use crate::{
    client::{Answer, Client},
    failure::Result,
    output::{Output, field},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Index all messages of the project again, and show the progress
    ///
    /// The server does the work beside its requests, step by step, and goes on after a restart. This command only shows the
    /// progress: a bar on a terminal, and lines elsewhere. Ctrl-C ends the command; `threadline search index --follow` shows the
    /// progress again. Searches find the same meanwhile, and take longer.
    #[command(after_help = "Examples:
  threadline search reindex
  threadline search reindex --detach                begin, and do not wait")]
    Reindex {
        /// Do not wait for the end
        #[arg(long)]
        detach: bool,
    },

    /// Show how far the messages of the project are indexed
    #[command(after_help = "Examples:\n  threadline search index\n  threadline search index --follow")]
    Index {
        /// Wait until everything is indexed, and show the progress
        #[arg(long)]
        follow: bool,
    },
}

/// The path of the index.
const INDEX: [&str; 2] = ["search", "index"];
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Characters of the bar.
const BAR: usize = 40;
const FIELDS: [&str; 5] = ["oldest", "newest", "indexed_to", "is_behind", "percent"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    let (mut index, follow) = match command {
        Command::Reindex { detach } => (client.delete(&INDEX).await?, !detach),
        Command::Index { follow } => (client.get(&INDEX).await?, follow),
    };
    let mut progress = Progress::default();
    while follow && index["is_behind"] == true {
        progress.show(&index);
        tokio::time::sleep(PAUSE).await;
        index = client.get(&INDEX).await?;
    }
    progress.end(&index);
    output.thing(&index, &FIELDS);
    Ok(())
}

/// The progress on standard error. Nothing is shown twice.
#[derive(Default)]
struct Progress {
    shown: Option<String>,
}

impl Progress {
    fn show(&mut self, index: &Answer) {
        let percent = index["percent"].as_u64().unwrap_or(0).min(100);
        let line = format!("{percent:>3} %, up to {}", field(index, "indexed_to"));
        if self.shown.as_ref() == Some(&line) {
            return;
        }
        // Nobody has to read it.
        let _ = match stderr().is_terminal() {
            true => {
                let full = usize::try_from(percent).unwrap_or(0) * BAR / 100;
                write!(stderr(), "\r[{}{}] {line}", "=".repeat(full), " ".repeat(BAR - full))
            }
            false => writeln!(stderr(), "{line}"),
        };
        self.shown = Some(line);
    }

    fn end(&mut self, index: &Answer) {
        if self.shown.is_none() {
            return;
        }
        self.show(index);
        if stderr().is_terminal() {
            let _ = writeln!(stderr());
        }
    }
}
