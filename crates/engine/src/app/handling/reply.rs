//! Members reply in place of the agent.

use std::sync::Arc;

use domain::{
    Caller, Error, MessageId, Result, ThreadId,
    author::Author,
    codes,
    event::Event,
    message::{Message, Role},
    project::Member,
    ticket::Cause,
};
use store::{Operation, Tx};

use super::{actor, held, impersonator, record, refuse_closed, require_member, take::take};
use crate::{
    app::{
        keyed::{Keyed, Outcome},
        messages::{Send, send::keep_attachments},
    },
    inner::Inner,
    journal::Journal,
    unknown, validate,
};

/// A member's reply to the customer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The member, by id or address.
    pub member: String,
    /// Content and files.
    pub send: Send,
    /// The newest entry that the member has read.
    pub seen: i64,
    /// True if the agent goes on. Without it, the reply takes the thread.
    pub keep: bool,
    /// True to reply in a thread that another member holds.
    pub force: bool,
}

/// Newer messages that a refusal names.
const NAMED: i64 = 20;

impl Keyed<'_> {
    /// Stores a message of the member on the agent's side, which starts no turn. In a thread that nobody holds, the
    /// reply takes the thread, unless `keep` is set.
    ///
    /// # Errors
    /// As [`Keyed::take_thread`]; `invalid` for content beyond a limit, an unknown attachment, or a position beyond the
    /// log; `conflict` if the agent or another member has spoken after `seen` (`thread_moved`).
    #[crate::boxed]
    pub async fn reply(&self, caller: &Caller, thread: ThreadId, reply: Reply) -> Result<Message> {
        require_member(caller)?;
        let app = self.app;
        let models = app.catalogues.of(caller.project).await?;
        validate::body(&reply.send.body, &app.limits, app.link_targets, &models)?;
        let id = MessageId(app.clock.id());
        let replying = Replying { inner: app.inner().clone(), caller: caller.clone(), thread, id, reply };
        match self.once(caller, Some(thread), replying, |message| message.id.0).await? {
            Outcome::Done(message) => Ok(message),
            Outcome::Before(id) => {
                let find = store::op(move |tx| Box::pin(store::messages::find(tx, thread, MessageId(id))));
                app.store.read(find).await?.ok_or_else(unknown::message)
            }
        }
    }
}

struct Replying {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    id: MessageId,
    reply: Reply,
}

impl Operation for Replying {
    type Out = Message;

    async fn run(self, tx: &mut Tx) -> Result<Message> {
        let Self { inner, caller, thread, id, reply } = self;
        let mut journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        let member = actor(tx, &caller, &reply.member).await?;
        refuse_closed(&journal)?;
        refuse_moved(tx, &journal, reply.seen, &member).await?;
        match (reply.keep, journal.thread.people.holder()) {
            (true, Some(holder)) if holder != member.id && !reply.force => {
                return Err(held::held_by_other(tx, &journal, holder).await?);
            }
            (true, _) => {}
            (false, _) => take(tx, &mut journal, &member, reply.force, &inner).await.map(drop)?,
        }
        keep_attachments(tx, &mut journal, &caller, &reply.send).await?;
        record(tx, &journal, &caller, ("reply", Some(member.id)), Some(id), &inner).await?;
        let Member { id: member, email, name, .. } = member;
        let present = inner.clone();
        tx.on_commit(move || present.presence.said(thread, Some(member)));
        let author = Author::Member { member, email, name, impersonated_by: impersonator(&caller) };
        journal.touch_window();
        journal.move_ticket(Cause::Sent);
        let event = Event::MessageCompleted { record: None };
        let message = journal.say(None, event, id, (Role::Agent, author), reply.send.body);
        journal.write(tx, &inner).await?;
        store::seen::put(tx, caller.project, (thread, member), message.seq, message.at).await?;
        Ok(message)
    }
}

/// # Errors
/// `conflict` if somebody else on the agent's side has spoken after `seen`. A newer message of the customer is none.
async fn refuse_moved(tx: &mut Tx, journal: &Journal, seen: i64, member: &Member) -> Result<()> {
    if seen < 0 || seen > journal.thread.last_seq {
        return Err(Error::field("seen", "must be a position of the thread's log"));
    }
    let mut later = store::messages::spoken_since(tx, journal.thread.id, seen, NAMED).await?;
    later.retain(|message| !matches!(message.author, Author::Member { member: own, .. } if own == member.id));
    if later.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = later.iter().map(|message| format!("{} (entry {})", message.id, message.seq)).collect();
    let message = format!("Others have spoken since entry {seen}: {}", named.join(", "));
    Err(Error::conflict(codes::THREAD_MOVED, message))
}
