//! `threadline thread take`, `reply`, `note`, `hand-back`, `assign`, `ask` and `withdraw`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::thread::{spelled, standard_input};
use crate::{
    client::Client,
    failure::{Failure, Result},
    output::Output,
};

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
        /// A file to send with it; may be repeated
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<PathBuf>,
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
        /// A file of the note; may be repeated
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A member whom the note concerns: e-mail address or id; may be repeated
        #[arg(long = "mention", value_name = "MEMBER")]
        mentions: Vec<String>,
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
    #[command(after_help = "Examples:
  threadline thread ask THREAD 'wants a refund' --silent
  threadline thread ask THREAD 'wants a refund' --say 'I fetch somebody.' --as ada@example.com")]
    Ask {
        /// The thread's id, in any dialect's spelling
        #[arg(value_parser = spelled)]
        thread: String,
        /// Why
        reason: String,
        /// Silence the agent until a person comes, or until the time is over
        #[arg(long)]
        silent: bool,
        /// The end of the silence; default: after 15 minutes
        #[arg(long, value_name = "TIME", requires = "silent")]
        until: Option<String>,
        /// A sentence of the agent that the customer reads
        #[arg(long)]
        say: Option<String>,
        /// The member who asks: e-mail address or id; default: the key itself
        #[arg(long = "as")]
        member: Option<String>,
    },

    /// Withdraw the request for a person
    #[command(after_help = "Examples:\n  threadline thread withdraw THREAD --as ada@example.com")]
    Withdraw {
        #[command(flatten)]
        acting: Acting,
    },
}

const FIELDS: [&str; 5] = ["id", "handling", "assignee", "wanted.reason", "title"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    let thread = match command {
        Command::Take { acting: Acting { thread, member }, force } => {
            client.post(&["threads", &thread, "take"], &json!({"member": member, "force": force})).await?
        }
        Command::Reply { acting, text, files, keep, force, seen } => {
            return reply(acting, (given(text)?, files), (keep, force, seen), client, output).await;
        }
        Command::Note { acting: Acting { thread, member }, text, files, mentions, for_agent } => {
            let (text, attachments) = (given(text)?, upload(files, client).await?);
            let mut body = json!({"member": member, "text": text, "for_agent": for_agent});
            (body["mentions"], body["attachments"]) = (mentions.into(), attachments.into());
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
        Command::Ask { thread, reason, silent, until, say, member } => {
            let body = json!({"reason": reason, "silent": silent, "until": until, "say": say, "member": member});
            client.post(&["threads", &thread, "ask"], &body).await?
        }
        Command::Withdraw { acting: Acting { thread, member } } => {
            client.delete_with(&["threads", &thread, "ask"], &[("member", &member)]).await?
        }
    };
    output.thing(&thread, &FIELDS);
    Ok(())
}

async fn reply(
    Acting { thread, member }: Acting,
    (text, files): (String, Vec<PathBuf>),
    (keep, force, seen): (bool, bool, Option<i64>),
    client: &Client,
    output: Output,
) -> Result<()> {
    let seen: Value = match seen {
        Some(seen) => seen.into(),
        None => client.get(&["threads", &thread]).await?["last_seq"].clone(),
    };
    let mut content = vec![json!({"type": "text", "text": text})];
    let files = upload(files, client).await?;
    content.extend(files.into_iter().map(|id| json!({"type": "file", "attachment": id})));
    let body = json!({"member": member, "content": content, "seen": seen, "keep": keep, "force": force});
    output.thing(&client.post(&["threads", &thread, "replies"], &body).await?, &["id", "seq", "created_at"]);
    Ok(())
}

/// Uploads the files. Returns the ids of the attachments.
async fn upload(files: Vec<PathBuf>, client: &Client) -> Result<Vec<String>> {
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        let unread = |why: std::io::Error| Failure::usage(format!("cannot read {}: {why}", file.display()));
        let bytes = std::fs::read(&file).map_err(unread)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let attachment = client.upload(&name, bytes).await?;
        ids.push(attachment["id"].as_str().unwrap_or_default().to_owned());
    }
    Ok(ids)
}

fn given(text: String) -> Result<String> {
    if text == "-" { standard_input() } else { Ok(text) }
}
