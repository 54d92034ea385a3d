//! A program that is an agent, for tests.

use std::time::Duration;

use domain::{
    Caller, Code, Error, Kept, Result, ThreadId, TurnId,
    agent::{Agent, Kind, Settings, Tool, ToolKind},
    caller::Scopes,
    controls::Policy,
    event::Event,
    external::Answer,
    message::{Part, ToolCall, ToolResult},
};
use engine::{
    app::{
        access::keys::NewKey,
        external::{Act, Claimed, Replied, Report, Reported, Wanted},
    },
    testing::{Choices, TestApp},
};

/// An engine whose agent `default` is external, and the key of its program.
pub struct Program {
    pub test: TestApp,
    pub caller: Caller,
    pub agent: Agent,
}

/// The settings of an external agent with one tool of the client, `ask`.
pub fn settings() -> Settings {
    Settings { kind: Kind::External, tools: vec![Tool::new("ask", ToolKind::Client)], ..Settings::default() }
}

pub async fn key(test: &TestApp, agent: &Agent) -> Caller {
    let new = NewKey { name: "program".into(), scopes: Scopes::AGENT, agents: vec![agent.id], ..NewKey::default() };
    let (_, secret) = test.app.create_key(&test.caller, new, None).await.unwrap();
    test.app.authenticate(&secret).await.unwrap()
}

impl Program {
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        let test = TestApp::with(choices).await;
        let agent = test.default_agent(settings()).await;
        let caller = key(&test, &agent).await;
        Self { test, caller, agent }
    }

    /// A thread with one message, whose turn nobody has claimed.
    pub async fn asked(&self) -> ThreadId {
        let thread = self.test.thread().await.id;
        self.test.say(thread, "hello", Policy::Queue).await;
        thread
    }

    pub async fn claim_now(&self) -> Vec<Claimed> {
        self.claim(16, 0).await.unwrap()
    }

    pub async fn claim(&self, most: u64, wait_ms: u64) -> Result<Vec<Claimed>> {
        let wanted = Wanted { most, wait: Duration::from_millis(wait_ms), ..Wanted::default() };
        self.test.app.claim_turns(&self.caller, wanted, Box::pin(std::future::pending())).await
    }

    /// Claims the only offered turn.
    pub async fn claim_one(&self) -> Held<'_> {
        let mut claimed = self.claim(16, 60_000).await.unwrap();
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        let claimed = claimed.remove(0);
        Held { program: self, turn: claimed.turn.id, attempt: claimed.turn.attempt, n: 0, claimed }
    }

    pub async fn call(&self, report: Report, act: Act) -> Result<Replied> {
        self.test.app.report(&self.caller, report, act).await
    }
}

/// A claimed turn, and the number of the program's calls.
pub struct Held<'p> {
    pub program: &'p Program,
    pub turn: TurnId,
    pub attempt: i64,
    pub n: i64,
    pub claimed: Claimed,
}

impl Held<'_> {
    /// The next call.
    pub async fn next(&mut self, act: Act) -> Result<Replied> {
        self.next_at(act, None).await
    }

    /// The next call, of a program that has read the log up to `reads`.
    pub async fn next_at(&mut self, act: Act, reads: Option<i64>) -> Result<Replied> {
        self.n += 1;
        let done = self.again(self.n, act, reads).await;
        self.n -= i64::from(done.is_err());
        done
    }

    /// The call with this number.
    pub async fn again(&self, n: i64, act: Act, reads: Option<i64>) -> Result<Replied> {
        let mut fingerprint = [0; 32];
        let text = format!("{act:?}{reads:?}");
        for (i, byte) in text.bytes().enumerate() {
            fingerprint[i % 32] ^= byte.rotate_left(i as u32 / 32);
        }
        let report = Report { turn: self.turn, attempt: self.attempt, n: Some(n), reads, fingerprint };
        self.program.call(report, act).await
    }

    pub async fn beat(&self) -> Result<Replied> {
        let report = Report { turn: self.turn, attempt: self.attempt, n: None, reads: None, fingerprint: [0; 32] };
        self.program.call(report, Act::Heartbeat).await
    }

    /// The texts of the transcript.
    pub fn transcript(&self) -> Vec<String> {
        self.claimed.transcript.iter().map(|message| message.body.plain_text()).collect()
    }
}

pub fn said(text: &str) -> Vec<Reported> {
    vec![Reported { content: vec![Part::Text { text: text.into() }], ..Reported::default() }]
}

/// One message with calls: id and name each.
pub fn calling(calls: &[(&str, &str)]) -> Act {
    let call = |(id, name): &(&str, &str)| {
        let arguments: Kept = serde_json::json!({}).into();
        Part::ToolCall(ToolCall { id: (*id).into(), name: (*name).into(), arguments })
    };
    Act::Messages(vec![Reported { content: calls.iter().map(call).collect(), ..Reported::default() }])
}

pub fn result(id: &str) -> ToolResult {
    ToolResult { tool_call_id: id.into(), result: Some(1.into()), error: None }
}

pub fn code<T: std::fmt::Debug>(done: Result<T, Error>) -> Code {
    done.expect_err("a refusal").code
}

pub fn field<T: std::fmt::Debug>(done: Result<T, Error>) -> String {
    done.expect_err("a refusal").fields.remove(0).path
}

pub fn held() -> Answer {
    Answer { held: true, ..Answer::default() }
}

/// The kinds of the thread's entries from the first turn on.
pub async fn kinds(test: &TestApp, thread: ThreadId) -> Vec<&'static str> {
    let all = test.kinds(thread).await;
    all.into_iter().skip_while(|kind| !kind.starts_with("turn.")).collect()
}

/// The end of the thread's last ended turn.
pub async fn ended(test: &TestApp, thread: ThreadId) -> (&'static str, Option<String>) {
    let log = test.log(thread).await;
    let end = log.iter().rev().find_map(|entry| entry.event.ended().map(|ended| (entry.event.kind(), ended)));
    let (kind, ended) = end.expect("an end");
    (kind, ended.code.clone())
}

/// The step's own position up to which it reads, of each step.
pub async fn steps(test: &TestApp, thread: ThreadId) -> Vec<(u32, i64)> {
    let of = |event: &Event| match event {
        Event::StepStarted { step, reads, .. } => Some((*step, *reads)),
        _ => None,
    };
    test.log(thread).await.iter().filter_map(|entry| of(&entry.event)).collect()
}
