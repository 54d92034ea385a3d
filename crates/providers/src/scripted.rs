//! The model that follows its agent's script. It can drive every path of a turn without a network.
//!
//! The same request gives the same chunks. One entry of the script is one call: thinking in pieces and its signature,
//! text in pieces, tool calls, and then the end, a failure, or silence.

use std::time::Duration;

use domain::{
    block::{Blocks, Origin},
    fault::Fault,
    message::{Part, Role, ToolCall},
    model::SCRIPTED,
    script::{Reply, ScriptedCall},
    step::Stop,
};
use futures_util::{StreamExt, future::pending, stream};
use serde::Serialize;

use crate::{
    echo,
    model::{Chunk, End, Failure, Purpose, Request, Said, Stream},
};

/// One act of the model.
#[derive(Debug, PartialEq)]
enum Step {
    Pause(Duration),
    Say(Chunk),
    Fail(Failure),
    /// Stays silent and never ends.
    Hang,
}

/// Plays the script's entry for this call. The last entry repeats, and an empty script echoes. Entries for summaries
/// answer calls for summaries alone.
pub(crate) fn answer(request: &Request) -> Stream {
    let for_summary = request.purpose == Purpose::Summary;
    let script: Vec<&Reply> = request.script.iter().filter(|reply| reply.summary == for_summary).collect();
    let last = script.len().saturating_sub(1);
    let entry = script.get(last.min(request.call as usize)).map(|reply| (*reply).clone()).unwrap_or_default();
    stream::iter(steps(request, &entry)).filter_map(perform).boxed()
}

async fn perform(step: Step) -> Option<Result<Chunk, Failure>> {
    match step {
        Step::Pause(pause) => {
            tokio::time::sleep(pause).await;
            None
        }
        Step::Say(chunk) => Some(Ok(chunk)),
        Step::Fail(failure) => Some(Err(failure)),
        Step::Hang => pending().await,
    }
}

/// The acts of the entry, in order: pieces, tool calls, outcome. An early end comes before all that follows it.
fn steps(request: &Request, entry: &Reply) -> Vec<Step> {
    let pieces = pieces(request, entry);
    let calls: Vec<Chunk> = (1..).zip(&entry.tool_calls).map(|(place, call)| tool_call(request, place, call)).collect();
    let pause = entry.delay_ms.filter(|ms| *ms > 0).map(Duration::from_millis);
    let cut = entry.cut_after.map_or(usize::MAX, |n| n as usize);
    let silent = pieces.is_empty();
    let stop = entry.stop.unwrap_or(if calls.is_empty() { Stop::End } else { Stop::ToolCalls });
    let approximate = || echo::usage(request, pieces.iter().chain(&calls).map(chars).sum());
    let usage = entry.usage.as_deref().copied().unwrap_or_else(approximate);
    let end = Chunk::End(End { blocks: blocks(entry), ..End::plain(usage, stop) });

    let mut steps = Vec::new();
    let mut count = 0;
    for chunk in pieces {
        let is_piece = !matches!(chunk, Chunk::Signature(_));
        if is_piece && count == cut {
            break;
        }
        if is_piece {
            steps.extend(pause.map(Step::Pause));
            count += 1;
        }
        steps.push(Step::Say(chunk));
    }
    if silent {
        steps.extend(pause.map(Step::Pause));
    }
    if count == cut {
        let failure = Failure::new(Fault::Upstream, "the model's stream ended early");
        steps.push(Step::Fail(Failure { usage: entry.usage.as_deref().copied(), ..failure }));
        return steps;
    }
    steps.extend(calls.into_iter().map(Step::Say));
    steps.push(outcome(entry, end));
    steps
}

/// The entry's thinking and text, each cut into `chunks` pieces, with the signature between them.
fn pieces(request: &Request, entry: &Reply) -> Vec<Chunk> {
    let chunks = entry.chunks.unwrap_or(1);
    let mut pieces = Vec::new();
    if let Some(thinking) = entry.thinking.as_deref().filter(|text| !text.is_empty()) {
        pieces.extend(cut(thinking, chunks).map(Chunk::Thinking));
        pieces.push(Chunk::Signature(format!("scripted_{}", request.call + 1)));
    }
    pieces.extend(cut(&text(request, entry), chunks).map(Chunk::Text));
    pieces
}

/// The entry's text, or the user's if it asks for an echo or names nothing else to do.
fn text(request: &Request, entry: &Reply) -> String {
    let does_nothing_else = entry.tool_calls.is_empty() && entry.error.is_none() && !entry.hang;
    match &entry.text {
        Some(text) => text.clone(),
        None if entry.recite => request.instructions.clone(),
        None if entry.recite_transcript => recital(&request.transcript),
        None if entry.echo || does_nothing_else => echo::said_last(&request.transcript),
        None => String::new(),
    }
}

/// The transcript as JSON.
fn recital(transcript: &[Said]) -> String {
    #[derive(Serialize)]
    struct Line<'s> {
        role: Role,
        content: &'s [Part],
        #[serde(skip_serializing_if = "Option::is_none")]
        origin: Option<&'s Origin>,
    }
    let line = |said: &'_ Said| -> Option<String> {
        let origin = said.blocks.as_ref().map(|blocks| &blocks.origin);
        let line = Line { role: said.message.role, content: &said.message.body.content, origin };
        serde_json::to_string(&line).ok()
    };
    let lines: Vec<String> = transcript.iter().filter_map(line).collect();
    format!("[{}]", lines.join(","))
}

/// `text` in `count` pieces of almost equal length in characters. No piece is empty, so there is at most one for each
/// character.
fn cut(text: &str, count: u32) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let count = (count.max(1) as usize).min(chars.len());
    (0..count).map(move |i| chars[i * chars.len() / count..(i + 1) * chars.len() / count].iter().collect())
}

fn blocks(entry: &Reply) -> Option<Blocks> {
    let name = || SCRIPTED.to_owned();
    let origin = Origin { provider: name(), wire: name(), model: name() };
    (!entry.blocks.is_empty()).then(|| Blocks { origin, blocks: entry.blocks.to_vec() })
}

fn tool_call(request: &Request, place: usize, call: &ScriptedCall) -> Chunk {
    let id = call.id.clone().unwrap_or_else(|| format!("call_{}_{place}", request.call + 1));
    Chunk::Call(ToolCall { id, name: call.name.clone(), arguments: call.arguments.clone() })
}

/// Number of characters of a chunk that count as output.
fn chars(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Thinking(text) | Chunk::Text(text) => text.chars().count(),
        Chunk::Call(call) => call.name.chars().count(),
        Chunk::Signature(_) | Chunk::End(_) => 0,
    }
}

fn outcome(entry: &Reply, end: Chunk) -> Step {
    match entry.error {
        Some(fault) => {
            let retry_after = entry.retry_after_s.map(|s| Duration::from_secs(s.into()));
            Step::Fail(Failure {
                retry_after,
                is_refused: true,
                usage: entry.usage.as_deref().copied(),
                ..Failure::new(fault, explanation(fault))
            })
        }
        None if entry.hang => Step::Hang,
        None => Step::Say(end),
    }
}

fn explanation(fault: Fault) -> &'static str {
    match fault {
        Fault::RateLimited => "the model is answering too many requests",
        Fault::Unavailable => "the model is not available",
        Fault::Upstream => "the model's provider failed",
        Fault::Invalid => "the model's provider refused the request as invalid",
        Fault::Unauthenticated => "the model's provider refused the credential",
        Fault::ContextTooLong => "the conversation is longer than the model can read",
        Fault::Refused => "the model refused to answer",
        Fault::OutOfCredit => "the account at the model's provider has no credit left",
        Fault::BlocksRefused => "the model's provider refused blocks of earlier answers",
        Fault::PicturesRefused => "the model's provider refused a picture",
    }
}
