//! The ids of tool calls, and those of threads in an older schema.

use domain::{
    Kept, ProjectId, Result,
    message::{Part, Role, ToolCall},
};
use store::{Tx, log, op, testing::Scratch, threads, tool_calls};

use super::log::{entry, thread};
use crate::samples::id;

crate::on_both! {
    an_id_is_given_out_once_in_a_thread
    the_calls_of_an_older_schema_are_known
}

async fn an_id_is_given_out_once_in_a_thread(db: Scratch) {
    db.store.write(op(|tx| Box::pin(given_out_once(tx)))).await.unwrap();
}

async fn given_out_once(tx: &mut Tx) -> Result<()> {
    let (one, other, fork) = (thread(ProjectId(id())), thread(ProjectId(id())), thread(ProjectId(id())));
    for (thread, call, times) in [(&one, "x", 1), (&one, "x", 2), (&one, "X", 1), (&other, "x", 1), (&one, "x", 3)] {
        assert_eq!(tool_calls::take(tx, thread.id, call).await?, times, "{call}");
    }
    tool_calls::carry(tx, one.id, fork.id, &["x", "unknown"]).await?;
    tool_calls::carry(tx, one.id, fork.id, &["x"]).await?;
    for (call, times) in [("x", 4), ("X", 1), ("unknown", 1)] {
        assert_eq!(tool_calls::take(tx, fork.id, call).await?, times, "{call}");
    }
    threads::insert(tx, &one).await?;
    super::bounded::remove(tx, one.project, one.id).await?;
    assert_eq!(tool_calls::take(tx, one.id, "x").await?, 1, "they go with their thread");
    assert_eq!(tool_calls::take(tx, other.id, "x").await?, 2);
    Ok(())
}

async fn the_calls_of_an_older_schema_are_known(db: Scratch) {
    let mut head = thread(ProjectId(id()));
    let call = |id: &str| Part::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: Kept::null() });
    let mut entries = vec![entry(&mut head, Some("a \"tool_call\""), None), entry(&mut head, Some("b"), None)];
    for (entry, ids) in entries.iter_mut().zip([&["x", "x", "ü"][..], &["x"]]) {
        let message = entry.message.as_mut().expect("it is a message");
        message.role = Role::Agent;
        message.body.content.extend(ids.iter().map(|id| call(id)));
    }
    let id = head.id;
    let write = op(move |tx| {
        Box::pin(async move {
            threads::insert(tx, &head).await?;
            log::append(tx, &head, &entries, 0).await?;
            // Only the messages contained the ids of calls.
            super::schema::back_to(tx, 19).await
        })
    });
    db.store.write(write).await.unwrap();
    let (reopened, _folder) = db.reopen(|_| {}).await;
    let take = op(move |tx| {
        Box::pin(async move {
            let mut times = Vec::new();
            for call in ["x", "ü", "new"] {
                times.push(tool_calls::take(tx, id, call).await?);
            }
            Ok(times)
        })
    });
    assert_eq!(reopened.unwrap().write(take).await.unwrap(), [4, 2, 1]);
}
