//! `threadline thread take`, `reply`, `note`, `hand-back`, `assign` and `ask`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::thread::{spelled, standard_input};
use crate::{client::Client, failure::Result, output::Output};

/// A thread, and the member who acts.
#[derive(Debug, Args)]
pub struct Acting {
    /// The thread's id, in any dialect's spelling
    #[arg(value_parser = spelled)]
    thread: String,
    /// The member who acts: e-mail address or id
    #[arg(long = "as")]
    member: String,
}

/// Whether the agent answers at once.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum When {
    Auto,
    Never,
    Now,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take a thread: the agent is silent until the thread is handed back
    #[command(after_help = "Examples:\n  threadline thread take THREAD --as ada@example.com")]
    Take {
        #[command(flatten)]
        acting: Acting,
        /// Take the thread from another member
        #[arg(long)]
        force: bool,
    },

    /// Reply to the customer in place of the agent
    #[command(after_help = "Examples:
  threadline thread reply THREAD 'I have the label.' --as ada@example.com
  threadline thread reply THREAD 'One moment.' --as ada@example.com --keep     and the agent goes on")]
    Reply {
        #[command(flatten)]
        acting: Acting,
        /// The text; `-` reads it from standard input
        text: String,
        /// Let the agent go on
        #[arg(long)]
        keep: bool,
        /// Reply in a thread that another member holds
        #[arg(long)]
        force: bool,
        /// The newest entry that the member has read; default: the thread's newest
        #[arg(long)]
        seen: Option<i64>,
    },

    /// Write a note that only the project sees
    #[command(after_help = "Examples:\n  threadline thread note THREAD 'The second parcel.' --as ada@example.com")]
    Note {
        #[command(flatten)]
        acting: Acting,
        /// The text; `-` reads it from standard input
        text: String,
        /// Let models read the note too
        #[arg(long)]
        for_agent: bool,
    },

    /// Hand a thread back to its agent, which answers what nobody has answered
    #[command(after_help = "Examples:
  threadline thread hand-back THREAD --as ada@example.com
  threadline thread hand-back THREAD --as ada@example.com --brief 'Offer a voucher.' --answer now")]
    HandBack {
        #[command(flatten)]
        acting: Acting,
        /// Whether the agent answers at once: if something is unanswered, never, or in any case
        #[arg(long, value_enum, default_value_t = When::Auto)]
        answer: When,
        /// Words to the agent
        #[arg(long)]
        brief: Option<String>,
        /// Hand back the thread of another member
        #[arg(long)]
        force: bool,
    },

    /// Assign a thread to a member, or to nobody
    #[command(after_help = "Examples:\n  threadline thread assign THREAD --to ben@example.com --as ada@example.com")]
    Assign {
        #[command(flatten)]
        acting: Acting,
        /// The new assignee: e-mail address or id; default: nobody
        #[arg(long)]
        to: Option<String>,
    },

    /// Ask for a person
    #[command(after_help = "Examples:\n  threadline thread ask THREAD 'wants a refund' --silent")]
    Ask {
        /// The thread's id, in any dialect's spelling
        #[arg(value_parser = spelled)]
        thread: String,
        /// Why
        reason: String,
        /// Silence the agent until a person comes, for 15 minutes at most
        #[arg(long)]
        silent: bool,
    },
}

const FIELDS: [&str; 5] = ["id", "handling", "assignee", "wanted.reason", "title"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    let thread = match command {
        Command::Take { acting: Acting { thread, member }, force } => {
            client.post(&["threads", &thread, "take"], &json!({"member": member, "force": force})).await?
        }
        Command::Reply { acting, text, keep, force, seen } => {
            return reply(acting, given(text)?, (keep, force, seen), client, output).await;
        }
        Command::Note { acting: Acting { thread, member }, text, for_agent } => {
            let body = json!({"member": member, "text": given(text)?, "for_agent": for_agent});
            output.thing(&client.post(&["threads", &thread, "notes"], &body).await?, &["id", "seq"]);
            return Ok(());
        }
        Command::HandBack { acting: Acting { thread, member }, answer, brief, force } => {
            let answer = answer.to_possible_value().map(|answer| answer.get_name().to_owned());
            let body = json!({"member": member, "answer": answer, "brief": brief, "force": force});
            let handed = client.post(&["threads", &thread, "hand-back"], &body).await?;
            output.thing(&handed, &["id", "handling", "turn.id", "turn.state", "agent_paused"]);
            return Ok(());
        }
        Command::Assign { acting: Acting { thread, member }, to } => {
            client.put(&["threads", &thread, "assignee"], &json!({"member": member, "assignee": to})).await?
        }
        Command::Ask { thread, reason, silent } => {
            client.post(&["threads", &thread, "ask"], &json!({"reason": reason, "silent": silent})).await?
        }
    };
    output.thing(&thread, &FIELDS);
    Ok(())
}

async fn reply(
    Acting { thread, member }: Acting,
    text: String,
    (keep, force, seen): (bool, bool, Option<i64>),
    client: &Client,
    output: Output,
) -> Result<()> {
    let seen: Value = match seen {
        Some(seen) => seen.into(),
        None => client.get(&["threads", &thread]).await?["last_seq"].clone(),
    };
    let body = json!({"member": member, "text": text, "seen": seen, "keep": keep, "force": force});
    output.thing(&client.post(&["threads", &thread, "replies"], &body).await?, &["id", "seq", "created_at"]);
    Ok(())
}

fn given(text: String) -> Result<String> {
    if text == "-" { standard_input() } else { Ok(text) }
}
