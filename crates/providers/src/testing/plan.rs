//! What the peer says, by the newest user text.

use std::time::Duration;

use super::rules::Asked;

/// An answer before it is told in the words of a wire.
#[derive(Debug)]
pub(super) struct Plan {
    number: u64,
    pub(super) acts: Vec<Act>,
    pub(super) outcome: Outcome,
    is_slow: bool,
    /// True if the answer repeats the text that it answers. It has no mark then, so that an answer that was interrupted
    /// in the moment of its end is taken for no whole one.
    is_repeated: bool,
}

#[derive(Debug)]
pub(super) enum Act {
    Think(String),
    /// Pieces of one text.
    Say(Vec<String>),
    Call {
        id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    End,
    Pause,
    Refusal,
    /// An error within the stream.
    Overloaded,
    /// The connection ends without the end of the answer.
    Cut,
}

impl Plan {
    /// The answer with this number. `pauses`: whether the wire has a pause.
    pub(super) fn of(asked: &Asked, number: u64, pauses: bool) -> Self {
        let line = asked.line();
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut plan = Self { number, acts: Vec::new(), outcome: Outcome::End, is_slow: false, is_repeated: false };
        match (words.as_slice(), asked.round) {
            (["think"], _) => plan.think().say("Thought about it."),
            (["call", name, rest @ ..], 0) => plan.think().say("I call.").call(name, &rest.join(" ")),
            (["calls", name], 0) => {
                let (one, other) = (r#"{"part":1,"digits":1.50}"#, r#"{"part":2}"#);
                plan.think().say("I call twice.").call(name, one).think().call(name, other)
            }
            (["calls", _], _) => plan.think().say("Both are done."),
            (["steps", count, name], round) if count.parse::<usize>().is_ok_and(|count| round < count) => {
                plan.think().say("The next step.").call(name, &format!(r#"{{"step":{round}}}"#))
            }
            (["broken", name], 0) => plan.say("I call.").call(name, r#"{"city": "Par"#),
            (["reuse", name], 0) => plan.say("I call again.").call_as("call_same", name, "{}"),
            (["pause"], 0) if pauses => plan.say("I pause.").ends(Outcome::Pause),
            (["refuse"], _) => plan.ends(Outcome::Refusal),
            (["overloaded"], _) => plan.say("I am about to").ends(Outcome::Overloaded),
            (["cut"], _) => plan.say("I was about to").ends(Outcome::Cut),
            (["slow"], _) => plan.slow(),
            (["use", names, ..], round) => {
                let names = names.trim_end_matches(':').split(',').filter(|_| round == 0);
                names.fold(plan.think().repeat(line), |plan, name| plan.call(name, "{}"))
            }
            (["fault", name, ..], 0) => plan.think().say("I call.").call(name, r#"{"part":1}"#),
            (_, 0) => plan.say(&format!("You said: {line}.")),
            (_, _) => plan.say("It is done."),
        };
        plan
    }

    /// Words that no other answer has. They end its text.
    pub(super) fn mark(&self) -> String {
        format!("(answer {})", self.number)
    }

    /// Tells whether the answer comes back in later requests, where its mark tells it.
    pub(super) fn comes_back(&self) -> bool {
        matches!(self.outcome, Outcome::End | Outcome::Pause) && !self.is_repeated
    }

    pub(super) fn has_calls(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Call { .. }))
    }

    /// The pause before each event.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_millis(if self.is_slow { 50 } else { 0 })
    }

    fn think(&mut self) -> &mut Self {
        self.acts.push(Act::Think(format!("Thought {} of answer {}.", self.acts.len(), self.number)));
        self
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.acts.push(Act::Say(vec![text.to_owned(), format!(" {}", self.mark())]));
        self
    }

    /// Says the text word for word, without the mark.
    fn repeat(&mut self, text: &str) -> &mut Self {
        self.acts.push(Act::Say(text.split_inclusive(' ').map(Into::into).collect()));
        self.is_repeated = true;
        self
    }

    fn slow(&mut self) -> &mut Self {
        let pieces = (1..20).map(|piece| format!("{piece} ")).chain([self.mark()]);
        self.acts.push(Act::Say(pieces.collect()));
        self.is_slow = true;
        self
    }

    fn call(&mut self, name: &str, arguments: &str) -> &mut Self {
        let id = format!("call_{}_{}", self.number, self.acts.len());
        self.call_as(&id, name, arguments)
    }

    fn call_as(&mut self, id: &str, name: &str, arguments: &str) -> &mut Self {
        self.acts.push(Act::Call { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() });
        self
    }

    fn ends(&mut self, outcome: Outcome) -> &mut Self {
        self.outcome = outcome;
        self
    }
}

/// The text in two pieces.
pub(super) fn halves(text: &str) -> [&str; 2] {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (first, second) = text.split_at(middle);
    [first, second]
}
