//! After the load: everything comes to rest, and every door is asked once more what there is.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{
    doors::{self, Api, native},
    history::{Door, EverrunsEvent, History, Thread},
    sse::Stream,
};

/// A turn is stuck that is open while nothing has been written for so long: twice the time of a lease.
const STUCK_AFTER: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Waits until no turn is open, for as long as anything moves; the threads where that came to be.
///
/// # Errors
/// What was answered instead.
pub async fn rest(api: &Api, threads: &[Uuid]) -> Result<HashSet<Uuid>, String> {
    let (mut moved, mut entries) = (Instant::now(), 0);
    loop {
        let (mut rested, mut sum) = (HashSet::new(), 0);
        for thread in threads {
            let (rests, last_seq) = native::rests(api, *thread).await?;
            rested.extend(rests.then_some(*thread));
            sum += last_seq;
        }
        if sum != entries {
            (moved, entries) = (Instant::now(), sum);
        }
        if rested.len() == threads.len() || moved.elapsed() > STUCK_AFTER {
            return Ok(rested);
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Gives each thread a last entry, by which its readers know that they have seen all.
///
/// # Errors
/// What was answered instead.
pub async fn mark_ends(api: &Api, threads: &[Uuid]) -> Result<HashMap<Uuid, i64>, String> {
    let mut ends = HashMap::new();
    for thread in threads {
        ends.insert(*thread, native::mark_end(api, *thread).await?);
    }
    Ok(ends)
}

/// Everything about a thread, through each door.
///
/// # Errors
/// What was answered instead.
pub async fn thread(api: &Api, id: Uuid, rests: bool) -> Result<Thread, String> {
    let log = native::log(api, id).await?;
    let mut lists = Vec::new();
    for door in Door::ALL {
        let list = api.list(door, id).await.map_err(|what| format!("the list of {door:?}: {what}"))?;
        lists.push((door, list));
    }
    let events = timeout(ANSWERED_WITHIN, everruns(api, id, log.len() as i64)).await;
    let events = events.map_err(|_| "the stream of Everruns does not show the last entry")??;
    Ok(Thread { id, rests, turns: native::turns(api, id).await?, log, lists, events })
}

/// The whole stream, up to the entry of this number.
async fn everruns(api: &Api, id: Uuid, last: i64) -> Result<Vec<EverrunsEvent>, String> {
    let response = doors::follow(api, id, None, None).send().await.map_err(|error| error.to_string())?;
    let (mut stream, mut events) = (Stream::new(response), Vec::<EverrunsEvent>::new());
    while events.last().is_none_or(|event| event.sequence.is_none_or(|seq| seq < last)) {
        let event = stream.next().await.ok_or("the stream of Everruns has ended by itself")?;
        events.extend(doors::event(&event));
    }
    Ok(events)
}

/// The history in numbers.
pub fn sum_up(history: &History) -> String {
    let answered = history.sends.iter().filter(|send| send.answered.is_some()).count();
    let repeated: usize = history.sends.iter().map(|send| send.answers.len().saturating_sub(1)).sum();
    let resumed: usize = history.readings.iter().map(|reading| reading.resumed).sum();
    let of = |kind: &str| history.threads.iter().flat_map(|t| &t.log).filter(|entry| entry.kind == kind).count();
    format!(
        "{} messages sent, {answered} accepted, {repeated} repeated; {} turns completed, {} cancelled, {} taken over; \
         {} tool calls; {} readers resumed {resumed} times; {} entries",
        history.sends.len(),
        of("turn.completed"),
        of("turn.cancelled"),
        of("turn.attempt"),
        of("tool.called"),
        history.readings.len(),
        history.threads.iter().map(|thread| thread.log.len()).sum::<usize>(),
    )
}
