//! What a thread's models need beside its messages: blocks, and the fit of the transcript.

use domain::{
    Kept, Map, MessageId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    block::{Blocks, Origin},
    event::Event,
    fit::Fit,
    turn::{State, Turn},
};
use store::{
    Tx, blocks,
    fits::{self, Frame},
    log, stored, threads, turns,
};

use super::{
    log::{entry, thread},
    turns::turn,
};
use crate::samples::id;

super::in_a_transaction! {
    blocks_are_kept_carried_counted_and_removed
    the_fit_of_a_thread_is_replaced_and_goes_with_it
    the_frame_tells_of_other_open_turns_and_of_changed_messages
}

/// The frame, read by a turn that the thread does not have.
async fn frame(tx: &mut Tx, thread: ThreadId) -> Result<Option<Frame>> {
    fits::frame(tx, thread, TurnId(id()), i64::MAX).await
}

async fn the_fit_of_a_thread_is_replaced_and_goes_with_it(tx: &mut Tx) -> Result<()> {
    let (one, other) = (thread(ProjectId(id())), thread(ProjectId(id())));
    threads::insert(tx, &one).await?;
    assert_eq!(frame(tx, one.id).await?, Some(Frame::default()));
    let first = Fit { from: Some(7), lowest: 5, shortened_below: 9, named_below: 8, summary: Some("é \"x\"".into()) };
    let second = Fit { from: Some(20), lowest: 20, ..Fit::default() };
    for fit in [&first, &second] {
        fits::save(tx, one.id, fit).await?;
        assert_eq!(frame(tx, one.id).await?, Some(Frame { fit: Some(fit.clone()), ..Frame::default() }));
    }
    threads::insert(tx, &other).await?;
    fits::save(tx, other.id, &first).await?;
    super::bounded::remove(tx, one.project, one.id).await?;
    assert_eq!(frame(tx, one.id).await?, None);
    assert_eq!(frame(tx, other.id).await?.and_then(|frame| frame.fit), Some(first));
    Ok(())
}

async fn the_frame_tells_of_other_open_turns_and_of_changed_messages(tx: &mut Tx) -> Result<()> {
    let mut one = thread(ProjectId(id()));
    threads::insert(tx, &one).await?;
    let running = Turn { first_seq: 5, ..turn(&one, 1, State::Running) };
    let queued = Turn { first_seq: 7, ..turn(&one, 2, State::Queued) };
    let ended = Turn { first_seq: 3, ended_at: Some(Timestamp(9)), ..turn(&one, 0, State::Completed) };
    for turn in [&running, &queued, &ended] {
        turns::insert(tx, turn).await?;
    }
    for (but, from) in [(TurnId(id()), 5), (running.id, 7)] {
        let frame = fits::frame(tx, one.id, but, 0).await?.expect("the thread exists");
        assert_eq!(frame.open_from, Some(from), "the asking turn itself does not count");
    }
    let said = entry(&mut one, Some("one"), None);
    let mut changed = entry(&mut one, None, None);
    changed.event = Event::MessageUpdated { message: MessageId(id()), changed: Map::new() };
    log::append(tx, &one, &[said.clone(), changed.clone()], 0).await?;
    for (known, is_changed) in [(0, true), (said.seq, true), (changed.seq, false), (i64::MAX, false)] {
        let frame = fits::frame(tx, one.id, running.id, known).await?.expect("the thread exists");
        assert_eq!(frame.is_changed, is_changed, "known up to {known}");
    }
    Ok(())
}

/// Blocks whose texts a JSON library would change: digits, and the order of members.
fn of(text: &str) -> Blocks {
    let origin = Origin { provider: "p".into(), wire: "anthropic".into(), model: "m".into() };
    let block: Kept = serde_json::from_str(&format!(r#"{{"z":1.50,"signature":"{text}","a":-0}}"#)).expect("JSON");
    Blocks { origin, blocks: vec![block] }
}

async fn blocks_are_kept_carried_counted_and_removed(tx: &mut Tx) -> Result<()> {
    let (mut one, other) = (thread(ProjectId(id())), thread(ProjectId(id())));
    threads::insert(tx, &one).await?;
    let entries: Vec<_> = ["a", "b", "c"].map(|text| entry(&mut one, Some(text), None)).into();
    let sizes = log::append(tx, &one, &entries, 0).await?;
    let (first, third) = (of("one"), of("three"));
    let bytes = [
        blocks::insert(tx, one.id, entries[0].seq, &first).await?,
        blocks::insert(tx, one.id, entries[2].seq, &third).await?,
    ];
    assert_eq!(blocks::since(tx, one.id, 0).await?, [(entries[0].seq, first.clone()), (entries[2].seq, third.clone())]);
    assert_eq!(blocks::since(tx, one.id, entries[1].seq).await?, [(entries[2].seq, third.clone())]);
    assert_eq!(
        stored::of_entries(tx, one.id, 0, 10).await?.map(|(_, all)| all),
        Some(sizes.iter().sum::<usize>() as i64 + bytes[0] + bytes[1])
    );

    let pairs = [(entries[0].seq, 11), (entries[1].seq, 12), (entries[2].seq, 13)];
    assert_eq!(blocks::carry(tx, one.id, other.id, &pairs).await?, bytes[0] + bytes[1]);
    assert_eq!(blocks::since(tx, other.id, 0).await?, [(11, first), (13, third)]);
    assert_eq!(blocks::carry(tx, one.id, other.id, &[]).await?, 0);

    super::bounded::remove(tx, one.project, one.id).await?;
    assert_eq!(blocks::since(tx, one.id, 0).await?, []);
    assert_eq!(blocks::since(tx, other.id, 0).await?.len(), 2, "another thread keeps its own");
    Ok(())
}
