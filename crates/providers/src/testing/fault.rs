//! Faults that the peer plays where a provider would have them.

use http::{Response, StatusCode, header};
use tokio::sync::watch;

use super::{
    Body,
    plan::{Act, Plan, halves},
    refused,
    rules::{Asked, Vendor},
    stream::{Ending, broken, event_stream, whole},
};

/// A fault of a provider. Before an answer it is a status where the vendor has one, else an event of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After: 1`. Within a stream the words say 20 ms.
    RateLimit,
    ServerError,
    /// The status is 200, and the stream tells it.
    Overloaded,
    /// The connection breaks.
    Cut,
    /// The connection stays open, and nothing comes.
    Silence,
    /// An event that is no JSON, and the end of the stream.
    Malformed,
    /// A page for people with status 200. Within a stream: the page, and the end of the stream.
    Page,
    /// The key is refused.
    Key,
    /// The prompt is longer than the model's window.
    Overflow,
}

/// The place of a fault in a turn that calls a tool and answers its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the first event.
    Start,
    /// Behind half a thought.
    Thinking,
    /// Behind the first piece of the text.
    Text,
    /// Behind the beginning of the call. Where the wire tells calls whole: behind the call.
    Call,
    /// Behind the call, before the end of the answer.
    Called,
    /// In the answer to the tool's result, before the first event.
    Result,
    /// In the answer to the tool's result, behind the first piece of the text.
    Answer,
    /// In the summary of the text that asks for the fault, before the first event.
    Summary,
    /// In the same summary, behind the first piece of the text.
    SummaryText,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::RateLimit,
        Self::ServerError,
        Self::Overloaded,
        Self::Cut,
        Self::Silence,
        Self::Malformed,
        Self::Page,
        Self::Key,
        Self::Overflow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimit => "rate_limit",
            Self::ServerError => "server_error",
            Self::Overloaded => "overloaded",
            Self::Cut => "cut",
            Self::Silence => "silence",
            Self::Malformed => "malformed",
            Self::Page => "page",
            Self::Key => "key",
            Self::Overflow => "overflow",
        }
    }

    /// The status, the code and the words of a fault that the vendor tells. `None` for a fault without words.
    fn words(self, wire: &str) -> Option<(u16, &'static str, &'static str)> {
        let told = match (self, wire) {
            (Self::RateLimit, "anthropic") => (429, "rate_limit_error", "Rate limited. Please try again in 20ms."),
            (Self::RateLimit, "gemini") => (429, "RESOURCE_EXHAUSTED", "Quota exceeded. Please retry in 20ms."),
            (Self::RateLimit, _) => (429, "rate_limit_exceeded", "Rate limit reached. Please try again in 20ms."),
            (Self::ServerError, "anthropic") => (500, "api_error", "Internal server error"),
            (Self::ServerError, "gemini") => (500, "INTERNAL", "An internal error has occurred."),
            (Self::ServerError, _) => (500, "server_error", "The server had an error."),
            (Self::Overloaded, "anthropic") => (529, "overloaded_error", "Overloaded"),
            (Self::Overloaded, "gemini") => (503, "UNAVAILABLE", "The model is overloaded."),
            (Self::Overloaded, _) => (503, "server_is_overloaded", "The server is overloaded."),
            (Self::Key, "anthropic") => (401, "authentication_error", "invalid x-api-key"),
            (Self::Key, "gemini") => (401, "UNAUTHENTICATED", "The request lacks valid credentials."),
            (Self::Key, _) => (401, "invalid_api_key", "Incorrect API key provided."),
            (Self::Overflow, "anthropic") => (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
            (Self::Overflow, "gemini") => {
                (400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed (8).")
            }
            (Self::Overflow, _) => (400, "context_length_exceeded", "The maximum context length is 8 tokens."),
            (Self::Cut | Self::Silence | Self::Malformed | Self::Page, _) => return None,
        };
        Some(told)
    }

    /// The answer that tells these events and then fails. `held` counts the answers that fall silent.
    pub(super) fn answer(
        self,
        vendor: &dyn Vendor,
        place: Place,
        before: Vec<String>,
        held: &watch::Sender<usize>,
    ) -> Response<Body> {
        let words = self.words(vendor.wire());
        let is_begun = place.is_begun();
        match (self, words) {
            (Self::RateLimit | Self::ServerError | Self::Key | Self::Overflow, Some((status, code, words)))
                if !is_begun =>
            {
                let status = StatusCode::from_u16(status).expect("a status");
                let mut answer = refused(status, &vendor.error(status.as_u16(), code, words));
                if self == Self::RateLimit {
                    answer.headers_mut().insert(header::RETRY_AFTER, 1.into());
                }
                answer
            }
            (Self::Page, _) if !is_begun => {
                let page = Response::builder().header(header::CONTENT_TYPE, "text/html");
                page.body(whole(PAGE.into())).expect("a header that is a constant")
            }
            (_, Some((status, code, words))) => {
                let event = vendor.error_event(status, code, words);
                event_stream(broken([before, vec![event]].concat(), Ending::Whole))
            }
            (Self::Silence, None) => event_stream(broken(before, Ending::Never(held.clone()))),
            (Self::Malformed, None) => {
                event_stream(broken([before, vec!["data: {\"broken\n\n".into()]].concat(), Ending::Whole))
            }
            (Self::Page, None) => event_stream(broken([before, vec![PAGE.into()]].concat(), Ending::Whole)),
            (_, None) => event_stream(broken(before, Ending::Broken)),
        }
    }
}

const PAGE: &str = "<html>\n<body>Bad gateway</body>\n</html>\n";

impl Place {
    /// The places in the answers of the turn itself.
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Thinking, Self::Text, Self::Call, Self::Called, Self::Result, Self::Answer];
    /// The places in a summary, which a later turn asks for.
    pub const OF_SUMMARY: [Self; 2] = [Self::Summary, Self::SummaryText];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Thinking => "thinking",
            Self::Text => "text",
            Self::Call => "call",
            Self::Called => "called",
            Self::Result => "result",
            Self::Answer => "answer",
            Self::Summary => "summary",
            Self::SummaryText => "summary_text",
        }
    }

    /// Tells whether a part of the answer comes before the fault.
    pub fn is_begun(self) -> bool {
        !matches!(self, Self::Start | Self::Result | Self::Summary)
    }

    /// Tells whether the place is in the answer behind so many messages of the agent.
    fn is_in(self, round: usize) -> bool {
        !self.is_of_summary() && matches!(self, Self::Result | Self::Answer) == (round > 0)
    }

    fn is_of_summary(self) -> bool {
        Self::OF_SUMMARY.contains(&self)
    }

    /// The events before the fault, of an answer that is told up to its end.
    pub(super) fn before(self, plan: &Plan, mut events: Vec<String>) -> Vec<String> {
        let count = match self.last_words(plan) {
            None if self == Self::Called => events.len(),
            None => 0,
            Some(words) => events.iter().position(|event| event.contains(words)).map_or(0, |place| place + 1),
        };
        events.truncate(count);
        events
    }

    /// Words of the last event before the fault.
    fn last_words(self, plan: &Plan) -> Option<&str> {
        plan.acts.iter().find_map(|act| match (self, act) {
            (Self::Thinking, Act::Think(thought)) => Some(halves(thought)[0]),
            (Self::Text | Self::Answer | Self::SummaryText, Act::Say(pieces)) => Some(&*pieces[0]),
            (Self::Call, Act::Call { name, .. }) => Some(name),
            _ => None,
        })
    }
}

/// A fault that the newest user text asks for: `fault TOOL FAULT PLACE TIMES …`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) fault: Fault,
    pub(super) place: Place,
    /// So many requests have the fault.
    pub(super) times: usize,
}

/// The beginning of a person's line in the record of a conversation that is to be summarized.
const RECORDED: &str = "Person: ";

impl Planned {
    /// The fault of a request, and the line that asks for it. `None` for a request without one.
    pub(super) fn of(asked: &Asked) -> Option<(Self, &str)> {
        let own = Self::parse(asked.line()).filter(|planned| planned.place.is_in(asked.round));
        let of_summary = || {
            let lines = asked.text.lines().filter_map(|line| line.strip_prefix(RECORDED));
            let mut planned = lines.filter_map(|line| Some((Self::parse(line)?, line)));
            planned.find(|(planned, _)| planned.place.is_of_summary())
        };
        own.map(|planned| (planned, asked.line())).or_else(of_summary)
    }

    /// `None` for a line that asks for no fault.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("fault ")?.split_whitespace().skip(1);
        let (fault, place, times) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            fault: Fault::ALL.into_iter().find(|one| one.as_str() == fault)?,
            place: Place::ALL.into_iter().chain(Place::OF_SUMMARY).find(|one| one.as_str() == place)?,
            times: times.parse().ok()?,
        })
    }
}
