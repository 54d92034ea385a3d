//! `threadline thread …`

use std::io::Read;

use clap::Subcommand;
use domain::controls::Policy;
use serde::Serialize;
use serde_json::{Value, json};

use super::{follow, handling, told};
use crate::{
    client::{Answer, Client},
    dialects,
    failure::{Failure, Result},
    output::{self, Output},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a thread
    #[command(after_help = "Examples:
  threadline thread create --title 'Parcel 7'
  threadline thread create --agent support
  THREAD=$(threadline thread create --json | jq -r .id)")]
    Create {
        #[arg(long)]
        title: Option<String>,
        /// Name or id of the agent that answers; default: the project's agent `default`
        #[arg(long)]
        agent: Option<String>,
    },

    /// List threads, the newest first
    #[command(after_help = "Examples:\n  threadline thread list --title invoice --limit 5")]
    List {
        /// Only threads with this text in their title
        #[arg(long)]
        title: Option<String>,
        /// Only threads of this agent: its name or id
        #[arg(long)]
        agent: Option<String>,
        /// open or closed
        #[arg(long, value_parser = ["open", "closed"])]
        state: Option<String>,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },

    /// Show a thread and its newest messages
    #[command(after_help = "Examples:
  threadline thread show THREAD --messages 5
  threadline thread show jam_018f4e7c1c9b7d2ea3c55b3c2a1f0e9d      as Capy spells it; any dialect's spelling will do")]
    Show {
        /// Its id, in any dialect's spelling
        #[arg(value_parser = spelled)]
        thread: String,
        /// How many messages
        #[arg(long, default_value_t = 20)]
        messages: usize,
    },

    /// Send a message
    #[command(after_help = "Examples:
  threadline thread send THREAD 'What is new?' --follow     and print the reply as it is written
  git diff | threadline thread send THREAD -                the text from standard input
  threadline thread send THREAD 'Stop that' --when-busy interrupt")]
    Send {
        /// The thread's id, in any dialect's spelling
        #[arg(value_parser = spelled)]
        thread: String,
        /// The text; `-` reads it from standard input
        text: String,
        /// Print the reply as it is written, until the turn ends
        #[arg(long)]
        follow: bool,
        /// The model for this message
        #[arg(long)]
        model: Option<String>,
        /// Policy while a turn is open: queue, steer, batch, interrupt, reject
        #[arg(long, value_parser = policy)]
        when_busy: Option<Policy>,
    },

    #[command(flatten)]
    Handling(handling::Command),

    /// Follow a thread: each event as it happens, until interrupted
    #[command(after_help = "Examples:
  threadline thread tail THREAD                 from the beginning
  threadline thread tail THREAD --after head    only what is new
  threadline thread tail THREAD --json          a JSON object a line")]
    Tail {
        /// Its id, in any dialect's spelling
        #[arg(value_parser = spelled)]
        thread: String,
        /// The position after which to begin, or `head`
        #[arg(long)]
        after: Option<String>,
    },
}

const FIELDS: [&str; 5] = ["id", "state", "run", "title", "last_at"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    match command {
        Command::Create { title, agent } => create(title, agent, client, output).await,
        Command::List { title, agent, state, limit } => {
            let filters = [("q", &title), ("agent", &agent), ("state", &state)];
            let query: Vec<(&str, &str)> =
                filters.iter().filter_map(|(name, filter)| Some((*name, filter.as_deref()?))).collect();
            let mut threads = client.list(&["threads"], &query, limit).await?;
            threads.iter_mut().for_each(say_run);
            output.things(&threads, FIELDS);
            Ok(())
        }
        Command::Show { thread, messages } => show(&thread, messages, client, output).await,
        Command::Send { thread, text, follow, model, when_busy } => {
            let mut body = json!({ "text": if text == "-" { standard_input()? } else { text } });
            if let Some(model) = model {
                body["controls"] = json!({ "model": model });
            }
            if let Some(policy) = when_busy {
                body["when_busy"] = policy.as_str().into();
            }
            send(&thread, &body, follow, client, output).await
        }
        Command::Handling(command) => handling::run(command, client, output).await,
        Command::Tail { thread, after } => follow::tail(&thread, after, client, output).await,
    }
}

fn policy(word: &str) -> std::result::Result<Policy, String> {
    Policy::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Policy::ALL.iter().map(|policy| policy.as_str()).collect();
        format!("expected one of {}", words.join(", "))
    })
}

/// A thread's id in the native form, parsed from any dialect's.
pub(super) fn spelled(text: &str) -> std::result::Result<String, String> {
    let found = dialects::all().iter().find_map(|door| door.parse_thread(text));
    found.map(|id| id.to_string()).ok_or_else(|| "not the id of a thread in any dialect's spelling".into())
}

async fn create(title: Option<String>, agent: Option<String>, client: &Client, output: Output) -> Result<()> {
    let mut body = json!({});
    if let Some(title) = title {
        body["title"] = title.into();
    }
    if let Some(agent) = agent {
        body["agent"] = agent.into();
    }
    let mut made = client.post(&["threads"], &body).await?;
    say_run(&mut made);
    output.thing(&made, &FIELDS);
    Ok(())
}

async fn show(thread: &str, most: usize, client: &Client, output: Output) -> Result<()> {
    let mut found = client.get(&["threads", thread]).await?;
    let mut messages = client.list(&["threads", thread, "messages"], &[("order", "desc")], most).await?;
    messages.reverse();
    if output.json {
        output::print_json(&Shown { thread: found, messages });
        return Ok(());
    }
    say_run(&mut found);
    output.thing(&found, &["id", "state", "run", "title", "agent", "created_at", "last_at"]);
    for message in &messages {
        output::print(&format!("\n{}", told::message(message)));
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    thread: Answer,
    messages: Vec<Answer>,
}

/// Shows the run of a thread as one word.
fn say_run(thread: &mut Answer) {
    let run = &thread["run"];
    let word = match (&run["running"], &run["waiting"], run["queued"].as_i64()) {
        (Value::Bool(true), _, _) => "running",
        (_, Value::Bool(true), _) => "waiting",
        (_, _, Some(1..)) => "queued",
        _ => "idle",
    };
    thread.reword("run", word);
}

async fn send(thread: &str, body: &Value, follow: bool, client: &Client, output: Output) -> Result<()> {
    let sent = client.post(&["threads", thread, "messages"], body).await?;
    if follow {
        return follow::reply(thread, &sent, client, output).await;
    }
    if output.json {
        output::print_json(&sent);
    } else {
        output.thing(&sent, &["message.id", "message.seq", "turn.id", "turn.state"]);
    }
    Ok(())
}

pub(super) fn standard_input() -> Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|why| Failure::usage(format!("cannot read the text from standard input: {why}")))?;
    Ok(text)
}
