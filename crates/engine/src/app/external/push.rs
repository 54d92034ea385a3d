//! The push of a turn: the server claims the turn, posts the claim to the agent's endpoint, and hears the answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    AgentId, Caller, Error, KeyId, Kind, ProjectId, Result, ThreadId, TurnId,
    caller::{Scopes, Subject},
    codes,
    external::Claimed,
    shares::{Holder, Place},
};
use futures_util::{Stream, StreamExt};
use outward::{Method, Request, StatusCode, Times, header};
use providers::Events;
use store::op;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::{
    Act, Control, Report, Signal,
    unread::{Over, Unread},
};
use crate::{
    App,
    delivery::{headers, push_signatures},
    persist::persist,
    secret::sha256,
    signing::Signed,
    turns::external::{By, Take, Undelivered},
};

/// Pause after a failure of the store.
const STORE_FAILED: Duration = Duration::from_secs(1);

/// A claimed turn on its way to the agent's endpoint.
pub(crate) struct Push {
    app: App,
    /// The program of this attempt.
    caller: Caller,
    claimed: Claimed,
}

/// The ids of a push.
#[derive(Clone, Copy)]
struct Ids {
    project: ProjectId,
    thread: ThreadId,
    turn: TurnId,
    attempt: i64,
    agent: AgentId,
}

/// The endpoint's answer.
enum Answered<S> {
    /// The program reports by calls.
    Accepted,
    /// The program reports by events of this body.
    Stream(S),
    /// No answer, or another one.
    Refused,
}

impl Push {
    /// Claims the agent's turn that is longest due. `None`: none is due any more, or its transcript cannot be made.
    ///
    /// # Errors
    /// Errors of the store.
    pub(crate) async fn take(app: &App, project: ProjectId, agent: AgentId) -> Result<Option<Self>> {
        let now = app.clock.now();
        let next = op(move |tx| Box::pin(async move { store::external_turns::to_push(tx, project, agent, now).await }));
        let Some(store::external_turns::Offered(turn, _, thread)) = app.store.read(next).await? else {
            return Ok(None);
        };
        let take = Take { inner: app.inner().clone(), project, by: By::Endpoint, thread, turn };
        let Some(taken) = app.store.write(take).await? else { return Ok(None) };
        let subject = Subject::Attempt { turn, attempt: taken.turn.attempt };
        let nobodys = KeyId(Uuid::nil());
        let caller = Caller {
            project,
            key: nobodys,
            scopes: Scopes::AGENT,
            subject,
            line: nobodys,
            until: None,
            sign_in: None,
            generation: 0,
        };
        let claimed = app.described(&caller, taken).await?;
        Ok(claimed.map(|claimed| Self { app: app.clone(), caller, claimed }))
    }

    /// Posts the claim, and hears the answer to its end. The place is given back then.
    pub(crate) async fn run(self, place: Place) {
        let Self { app, caller, claimed } = self;
        let turn = &claimed.turn;
        let (project, thread, agent) = (turn.project, turn.thread, turn.agent);
        let ids = Ids { project, thread, turn: turn.id, attempt: turn.attempt, agent };
        place.set_slow(app.pushes.is_slow(agent.0));
        // The request ends with the attempt: after a cancel, or when the program was faster than its own answer.
        let Ok(mut control) = app.control(&caller, ids.turn, ids.attempt).await else { return };
        let answered = tokio::select! {
            answered = ask(&app, &caller, claimed) => answered,
            () = over(&mut control) => return,
        };
        match answered {
            Answered::Accepted => {}
            Answered::Stream(body) => {
                place.set_slow(true);
                let holder = Holder::project(project).within(agent.0.as_u128());
                let unread = Unread::new(app.memory().clone(), holder, app.limits.body_bytes);
                let (body, signs) = with_signs(unread.bound(body));
                let listening = Listening { app, caller, ids, n: 0, unread };
                listening.run(Events::of(body), &signs, &mut control).await;
            }
            Answered::Refused => {
                let Ids { project, thread, turn, attempt, .. } = ids;
                let undelivered = Undelivered { inner: app.inner().clone(), project, thread, turn, attempt };
                if let Err(error) = persist(app.inner(), undelivered).await {
                    tracing::error!(?error, %turn, "a turn that was not pushed could not be offered, so its hold will end");
                }
            }
        }
    }
}

/// Returns when the program's part is over.
async fn over(control: &mut Control) {
    loop {
        match control.next().await {
            Ok(Some(Signal::Steer(_))) => {}
            Ok(Some(Signal::Cancel | Signal::Taken { .. } | Signal::Ended(_)) | None) => return,
            Err(_) => sleep(STORE_FAILED).await,
        }
    }
}

/// Posts the claim, with the proof of this server and a token for the attempt.
async fn ask(app: &App, caller: &Caller, claimed: Claimed) -> Answered<outward::Body> {
    let (turn, agent) = (claimed.turn.id, claimed.agent.id);
    let id = format!("turn_{}_{}", turn.0.simple(), claimed.turn.attempt);
    let (Some(push), Some(wording)) = (claimed.agent.settings.push.clone(), app.push_wording.get()) else {
        return Answered::Refused;
    };
    let payload = wording.word(claimed, &app.attempt_token(caller).text);
    let signed = Signed { id: &id, at: app.clock.now(), body: &payload.body };
    let signatures = push_signatures(&app.secret, agent, &push, &signed);
    let mut headers = headers(&signed, payload.content_type, signatures);
    headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json, text/event-stream"));
    let (first, between) = (app.limits.push_s, app.limits.external_lease_s);
    let [first, between] = [first, between].map(Duration::from_secs);
    let times = Times { connect: first, first_byte: first, between, whole: None };
    let request = Request { headers, body: payload.body.into(), ..Request::new(Method::POST, push.url, times) };
    let sent = app.pushes.client.send(request).await;
    app.pushes.heard(agent.0, !sent.as_ref().is_err_and(outward::Failure::is_timeout));
    match sent {
        Ok(answer) if answer.status == StatusCode::ACCEPTED => Answered::Accepted,
        Ok(answer) if answer.status == StatusCode::OK && is_stream(&answer.headers) => Answered::Stream(answer.body),
        Ok(answer) => {
            tracing::warn!(%turn, %agent, status = answer.status.as_u16(), "the agent's endpoint did not accept a turn");
            Answered::Refused
        }
        Err(failure) => {
            tracing::warn!(%turn, %agent, %failure, "a turn could not be pushed to the agent's endpoint");
            Answered::Refused
        }
    }
}

fn is_stream(headers: &header::HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream")
}

/// The body, and whether something of it came. Comments count as well, so that a silent program can keep its turn.
fn with_signs<P>(
    body: impl Stream<Item = P> + Send + 'static,
) -> (impl Stream<Item = P> + Send + 'static, Arc<AtomicBool>)
where
    P: Send + 'static,
{
    let signs = Arc::new(AtomicBool::new(false));
    let heard = signs.clone();
    (body.inspect(move |_| heard.store(true, Ordering::Relaxed)), signs)
}

/// A program that reports by a stream.
struct Listening {
    app: App,
    caller: Caller,
    ids: Ids,
    /// The number of the last report.
    n: i64,
    unread: Unread,
}

impl Listening {
    /// Carries out the events until the program's part is over. A stream that breaks off is a program that is gone: its
    /// hold ends by itself.
    async fn run(mut self, mut events: Events, signs: &AtomicBool, control: &mut Control) {
        let third = Duration::from_secs(self.app.limits.external_lease_s).div_f64(3.0);
        let mut beat = interval(third);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = over(control) => return,
                _ = beat.tick() => {
                    if signs.swap(false, Ordering::Relaxed) && !self.beats().await {
                        return;
                    }
                }
                next = events.next() => {
                    let Some(Ok((event, data))) = next else { return self.broke_off().await };
                    if !self.hear(event.as_deref().unwrap_or("message"), &data).await {
                        return;
                    }
                    self.unread.is_read();
                }
            }
        }
    }

    async fn beats(&self) -> bool {
        let report = Report { n: None, ..self.report(None, [0; 32]) };
        // A failure of the store is no reason to lose the program.
        self.app.report(&self.caller, report, Act::Heartbeat).await.map_or(true, |replied| replied.answer.held)
    }

    /// Returns whether the program still holds the turn.
    async fn hear(&mut self, event: &str, data: &str) -> bool {
        let Some(wording) = self.app.push_wording.get().cloned() else { return false };
        if self.unread.read(data, wording.cost(data)).is_err() {
            self.broke_off().await;
            return false;
        }
        self.n += 1;
        let read = wording.read(event, data, &self.app.limits);
        let done = match read {
            Ok((reads, act)) => self.carry_out(reads, act, sha256(format!("{event}\n{data}").as_bytes())).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(held) => held,
            Err(error) => {
                self.refuse(error).await;
                false
            }
        }
    }

    async fn carry_out(&self, reads: Option<i64>, act: Act, fingerprint: [u8; 32]) -> Result<bool> {
        let report = self.report(reads, fingerprint);
        loop {
            match self.app.report(&self.caller, report, act.clone()).await {
                Ok(replied) => return Ok(replied.answer.held),
                // The same number is the same call, whether it was carried out or not.
                Err(error) if error.kind == Kind::Unavailable => sleep(STORE_FAILED).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// The stream is heard no further. Too large an event fails the turn. Any other end is a program that is gone, whose
    /// hold ends by itself: a server without memory for the event asks again then.
    async fn broke_off(&mut self) {
        match self.unread.over() {
            Some(Over::Event) => {
                self.n += 1;
                let most = self.app.limits.body_bytes;
                self.refuse(Error::too_large(format!("The event has more than {most} bytes of data"))).await;
            }
            Some(Over::Memory) => {
                let Ids { turn, agent, .. } = self.ids;
                tracing::warn!(%turn, %agent, "an endpoint is heard no further, because there is no memory for its event");
            }
            None => {}
        }
    }

    /// Fails the turn, because the program would send the same event again.
    async fn refuse(&self, error: Error) {
        if [codes::ATTEMPT_OVER, codes::TURN_ENDED].contains(&error.code) {
            return;
        }
        let fields = error.fields.iter().map(|field| format!("{} {}", field.path, field.message));
        let why = fields.chain([error.message.clone()]).next().unwrap_or_default();
        tracing::warn!(turn = %self.ids.turn, agent = %self.ids.agent, ?error, "an event of an endpoint was refused");
        let reason =
            format!("event {} of the endpoint was refused: {why}", self.n).chars().take(REASON_CHARS).collect();
        if let Err(error) = self.carry_out(None, Act::Fail(reason), [1; 32]).await {
            tracing::error!(?error, turn = %self.ids.turn, "a turn could not be failed, so its hold will end");
        }
    }

    fn report(&self, reads: Option<i64>, fingerprint: [u8; 32]) -> Report {
        Report { turn: self.ids.turn, attempt: self.ids.attempt, n: Some(self.n), reads, fingerprint }
    }
}

/// Longest reason of a failed turn.
const REASON_CHARS: usize = domain::event::Ended::REASON_CHARS;
