//! What a thread's models need beside its messages: blocks, and the fit of the transcript.

use domain::{
    Kept, ProjectId, Result,
    block::{Blocks, Origin},
    fit::Fit,
};
use store::{Tx, blocks, fits, log, stored, threads};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    blocks_are_kept_carried_counted_and_removed
    the_fit_of_a_thread_is_replaced_and_goes_with_it
}

async fn the_fit_of_a_thread_is_replaced_and_goes_with_it(tx: &mut Tx) -> Result<()> {
    let (one, other) = (thread(ProjectId(id())), thread(ProjectId(id())));
    threads::insert(tx, &one).await?;
    assert_eq!(fits::find(tx, one.id).await?.0, None);
    let first = Fit { from: Some(7), lowest: 5, shortened_below: 9, named_below: 8, summary: Some("é \"x\"".into()) };
    let second = Fit { from: Some(20), lowest: 20, ..Fit::default() };
    for fit in [&first, &second] {
        fits::save(tx, one.id, fit).await?;
        assert_eq!(fits::find(tx, one.id).await?.0.as_ref(), Some(fit));
    }
    threads::insert(tx, &other).await?;
    fits::save(tx, other.id, &first).await?;
    super::bounded::remove(tx, one.project, one.id).await?;
    assert_eq!(fits::find(tx, one.id).await?.0, None);
    assert_eq!(fits::find(tx, other.id).await?.0, Some(first));
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
