//! Fits a transcript to a window, once for many turns.
//!
//! A transcript that is larger than the greatest part of its window is cut down to a much smaller part, so that the
//! beginning of the prompt stays the same until the next fit. Each fit costs the provider's cache once. The order of
//! the cuts: old results of tools are shortened, old pictures are named, the oldest whole turns are left
//! out. Where only the pictures are too many, only the oldest pictures are named.

use domain::{
    Limits, MessageId, TurnId,
    fit::Fit,
    message::{Body, Message, Part, Role, ToolResult},
};
use providers::Said;
use uuid::Uuid;

use super::{
    estimate::Size,
    files::{Takes, picture_bytes, shortly_named},
};

/// A transcript above this percentage of a window is fitted …
const FULL_PERCENT: u64 = 85;
/// … to this percentage.
const TARGET_PERCENT: u64 = 60;
/// The part of a transcript that a model is thought to take after it has refused the whole.
const REFUSED_PERCENT: u64 = 80;
/// Characters of a shortened result that are left at its beginning and its end.
const HEAD_CHARS: usize = 1_500;
const TAIL_CHARS: usize = 500;

/// The bounds of a transcript. The tokens are without those of instructions, tools and the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(Size);

impl Window {
    /// `tokens`: those that the model leaves for the transcript, if its window is known. `takes`: the files that it
    /// takes, if it reads any.
    pub(crate) fn new(limits: &Limits, tokens: Option<u64>, takes: Option<&Takes>) -> Self {
        let most = |of: fn(&Takes) -> u64| takes.map_or(u64::MAX, of);
        Self(Size {
            messages: limits.transcript,
            bytes: limits.transcript_bytes,
            tokens: tokens.unwrap_or(u64::MAX),
            file_bytes: most(|takes| takes.bytes_of_texts),
            pictures: most(|takes| takes.most_pictures),
            picture_bytes: most(|takes| takes.bytes_of_pictures),
        })
    }

    /// The window of a model that refused a transcript of this size as too long.
    pub(crate) fn below(self, size: Size) -> Self {
        Self(Size { tokens: self.0.tokens.min(size.tokens * REFUSED_PERCENT / 100), ..self.0 })
    }

    /// Tells whether the transcript is within the window.
    pub(crate) fn holds(&self, size: Size) -> bool {
        self.holds_words(size, 100) && self.holds_pictures(size, 100)
    }

    fn holds_words(&self, size: Size, percent: u64) -> bool {
        let most = &self.0;
        let counts = [(size.messages, most.messages), (size.bytes, most.bytes), (size.tokens, most.tokens)];
        counts
            .into_iter()
            .chain([(size.file_bytes, most.file_bytes)])
            .all(|(count, most)| is_within(count, most, percent))
    }

    fn holds_pictures(&self, size: Size, percent: u64) -> bool {
        let most = &self.0;
        let counts = [(size.pictures, most.pictures), (size.picture_bytes, most.picture_bytes)];
        counts.into_iter().all(|(count, most)| is_within(count, most, percent))
    }

    /// Tells whether the transcript needs no new fit. All pictures that a request may have are sent.
    pub(crate) fn is_roomy_for(&self, size: Size) -> bool {
        self.holds_words(size, FULL_PERCENT) && self.holds_pictures(size, 100)
    }

    fn is_target_of(&self, size: Size) -> bool {
        self.holds_words(size, TARGET_PERCENT) && self.holds_pictures(size, TARGET_PERCENT)
    }
}

fn is_within(count: u64, most: u64, percent: u64) -> bool {
    u128::from(count) * 100 <= u128::from(most) * u128::from(percent)
}

/// The size of a whole transcript.
pub(crate) fn size(transcript: &[Said]) -> Size {
    transcript.iter().map(Size::of).fold(Size::default(), Size::and)
}

/// The transcript as the fit leaves it. The messages that people said in `turn` are never left out.
pub(crate) fn apply(transcript: Vec<Said>, fit: &Fit, turn: TurnId) -> Vec<Said> {
    let first = fit.from.map_or(0, |from| start(&transcript, from));
    let mut fitted = Vec::with_capacity(transcript.len() - first + 1);
    if fit.from.is_some() {
        fitted.extend(transcript.first().map(|oldest| left_out(&oldest.message, fit.summary.as_deref())));
    }
    for (at, mut said) in transcript.into_iter().enumerate() {
        let is_asked = said.message.turn == Some(turn) && said.message.role == Role::User;
        if at < first && !is_asked {
            continue;
        }
        shorten(&mut said.message, fit);
        fitted.push(said);
    }
    fitted
}

/// The place of the first message that is read: that of the entry, or of the first entry behind it.
fn start(transcript: &[Said], from: i64) -> usize {
    let exact = transcript.iter().position(|said| said.message.seq == from && said.message.role != Role::Tool);
    exact.or_else(|| transcript.iter().position(|said| said.message.seq >= from)).unwrap_or(0)
}

/// A fit for the window. `None` if not even the newest part of the turn fits, or if nothing more can be left out.
pub(crate) fn fit(transcript: &[Said], former: &Fit, window: &Window, turn: TurnId) -> Option<Fit> {
    let before = apply(transcript.to_vec(), former, turn);
    let fewer = Fit { named_below: named_below(&before, window).max(former.named_below), ..former.clone() };
    if fewer != *former && window.is_roomy_for(size(&apply(transcript.to_vec(), &fewer, turn))) {
        return Some(fewer);
    }
    let starts = starts(transcript, turn);
    let newest = starts.last().map_or(0, |at| transcript[*at].message.seq);
    let shortened = Fit { shortened_below: newest, named_below: newest.max(fewer.named_below), ..former.clone() };
    let kept = former.from.map_or(0, |from| start(transcript, from));
    let mut found = None;
    for at in starts.into_iter().filter(|at| *at >= kept) {
        let from = (at > kept || former.from.is_some()).then(|| transcript[at].message.seq);
        let lowest = transcript[at..].iter().map(|said| said.message.seq).min().unwrap_or(0);
        let candidate = Fit { from, lowest, ..shortened.clone() };
        let size = size(&apply(transcript.to_vec(), &candidate, turn));
        if window.holds(size) {
            found = Some(candidate);
        }
        if window.is_target_of(size) {
            break;
        }
    }
    found.filter(|fit| fit != former)
}

/// The entry below which pictures are named, so that the newest ones fill the target part of the window. The newest
/// message with pictures always sends them.
fn named_below(transcript: &[Said], window: &Window) -> i64 {
    let of_message = |said: &Said| {
        let sizes = said.message.body.content.iter().filter_map(picture_bytes);
        sizes.fold(Size::default(), |sum, bytes| sum.and(Size { pictures: 1, picture_bytes: bytes, ..Size::default() }))
    };
    let of_users = transcript.iter().filter(|said| said.message.role == Role::User);
    let mut shown: Vec<(i64, Size)> = of_users.map(|said| (said.message.seq, of_message(said))).collect();
    shown.retain(|(_, size)| size.pictures > 0);
    let all = shown.iter().fold(Size::default(), |sum, (_, size)| sum.and(*size));
    if window.holds_pictures(all, 100) {
        return 0;
    }
    shown.sort_unstable_by_key(|(seq, _)| -seq);
    let mut sum = Size::default();
    let within = shown.iter().take_while(|(_, size)| {
        let is_first = sum.pictures == 0;
        sum = sum.and(*size);
        is_first || window.holds_pictures(sum, TARGET_PERCENT)
    });
    within.last().map_or(0, |(seq, _)| *seq)
}

/// The messages that `fit` leaves out and `former` does not.
pub(crate) fn newly_left_out(transcript: &[Said], former: &Fit, fit: &Fit) -> Vec<Message> {
    let of = |fit: &Fit| fit.from.map_or(0, |from| start(transcript, from));
    let (begin, end) = (of(former), of(fit));
    transcript.get(begin..end).unwrap_or_default().iter().map(|said| said.message.clone()).collect()
}

/// Places at which a transcript may begin: where people begin to speak, and in this turn also each answer of the agent.
fn starts(transcript: &[Said], turn: TurnId) -> Vec<usize> {
    let role = |at: usize| transcript[at].message.role;
    let begins = |at: &usize| match role(*at) {
        Role::User => *at == 0 || role(*at - 1) != Role::User,
        Role::Agent => *at == 0 || transcript[*at].message.turn == Some(turn),
        Role::Tool => false,
    };
    (0..transcript.len()).filter(begins).collect()
}

/// The message in place of those that are left out.
fn left_out(near: &Message, summary: Option<&str>) -> Said {
    let text = match summary {
        Some(summary) => format!("[Summary of the earlier conversation]\n{summary}"),
        None => "[Earlier messages of this conversation are left out.]".to_owned(),
    };
    let mut message = near.clone();
    (message.id, message.seq, message.turn, message.role) = (MessageId(Uuid::nil()), 0, None, Role::User);
    message.body = Body::text(text);
    Said { message, blocks: None }
}

/// Shortens old results, and names old pictures.
fn shorten(message: &mut Message, fit: &Fit) {
    let seq = message.seq;
    for part in &mut message.body.content {
        match part {
            Part::ToolResult(result) if seq < fit.shortened_below => shorten_result(result),
            _ if seq < fit.named_below && picture_bytes(part).is_some() => *part = shortly_named(part),
            _ => {}
        }
    }
}

fn shorten_result(result: &mut ToolResult) {
    let Some(kept) = &result.result else { return };
    let text = kept.clone().into_plain();
    let count = text.chars().count();
    if count <= 2 * (HEAD_CHARS + TAIL_CHARS) {
        return;
    }
    let head: String = text.chars().take(HEAD_CHARS).collect();
    let tail: String = text.chars().skip(count - TAIL_CHARS).collect();
    let left_out = count - HEAD_CHARS - TAIL_CHARS;
    result.result = Some(format!("{head}\n[{left_out} characters are left out]\n{tail}").into());
}

#[cfg(test)]
mod tests {
    use domain::{AgentId, ThreadId, Timestamp, author::Author, message::ToolCall};

    use super::*;

    const NOW: TurnId = TurnId(Uuid::max());

    fn said(seq: i64, role: Role, part: Part) -> Said {
        let id = Uuid::from_u128(seq as u128);
        let author = Author::Agent { agent: AgentId(id) };
        let body = Body { content: vec![part], ..Body::default() };
        let turn = Some(if seq > 100 { NOW } else { TurnId(Uuid::from_u128(seq as u128 / 4)) });
        let (thread, at) = (ThreadId(Uuid::nil()), Timestamp(seq));
        Said::from(Message { id: MessageId(id), thread, seq, turn, role, author, at, body })
    }

    /// A turn of four messages with this first entry: a question, a call, a long result, an answer.
    fn turn(seq: i64) -> Vec<Said> {
        let text = |text: &str| Part::Text { text: text.repeat(100) };
        let call = ToolCall { id: seq.to_string(), name: "look".into(), arguments: serde_json::json!({}).into() };
        let found = "r".repeat(10_000);
        let result = ToolResult { tool_call_id: seq.to_string(), result: Some(found.into()), error: None };
        vec![
            said(seq, Role::User, text("what")),
            said(seq + 1, Role::Agent, Part::ToolCall(call)),
            said(seq + 2, Role::Tool, Part::ToolResult(result)),
            said(seq + 3, Role::Agent, text("this")),
        ]
    }

    fn turns(seqs: &[i64]) -> Vec<Said> {
        seqs.iter().flat_map(|seq| turn(*seq)).collect()
    }

    fn window(messages: u64, bytes: u64, tokens: u64) -> Window {
        let (file_bytes, pictures, picture_bytes) = (u64::MAX, u64::MAX, u64::MAX);
        Window(Size { messages, bytes, tokens, file_bytes, pictures, picture_bytes })
    }

    /// The entries that are left, and the bytes of their texts.
    fn shape(transcript: &[Said]) -> (Vec<i64>, u64) {
        (transcript.iter().map(|said| said.message.seq).collect(), size(transcript).bytes)
    }

    #[test]
    fn long_results_of_earlier_turns_are_shortened_before_anything_is_left_out() {
        let transcript = turns(&[4, 8, 12, 104]);
        let all = size(&transcript);
        let window = window(1_000, all.bytes, u64::MAX);
        assert!(!window.is_roomy_for(all));
        let found = fit(&transcript, &Fit::default(), &window, NOW).expect("a fit");
        assert_eq!((found.from, found.shortened_below), (None, 107));
        let fitted = apply(transcript, &found, NOW);
        assert_eq!(fitted.len(), 16);
        assert!(size(&fitted).bytes < all.bytes / 2);
        let Part::ToolResult(ToolResult { result: Some(result), .. }) = &fitted[2].message.body.content[0] else {
            panic!()
        };
        let result = result.clone().into_plain();
        assert!(
            result.starts_with("rrr") && result.ends_with("rrr") && result.contains("[8000 characters are left out]")
        );
    }

    #[test]
    fn the_oldest_whole_turns_are_left_out_and_the_beginning_stays_until_the_window_is_full_again() {
        let window = window(16, u64::MAX, u64::MAX);
        let mut seqs = vec![4, 8, 12, 104];
        let found = fit(&turns(&seqs), &Fit::default(), &window, NOW).expect("a fit");
        assert_eq!((found.from, found.lowest), (Some(12), 12), "9.6 messages, of them one in place of the others");
        let beginning = apply(turns(&seqs), &found, NOW);
        assert_eq!(shape(&beginning).0, [0, 12, 13, 14, 15, 104, 105, 106, 107]);
        seqs.push(108);
        let later = apply(turns(&seqs), &found, NOW);
        assert!(window.is_roomy_for(size(&later)));
        assert_eq!(later[..beginning.len()], beginning[..], "the same prefix");
    }

    #[test]
    fn a_second_fit_goes_on_from_the_first_and_knows_what_it_leaves_out() {
        let window = window(16, u64::MAX, u64::MAX);
        let first = fit(&turns(&[4, 8, 12, 104]), &Fit::default(), &window, NOW).expect("a fit");
        let more = turns(&[4, 8, 12, 16, 20, 104]);
        let second = fit(&more, &first, &window, NOW).expect("a fit");
        assert_eq!(second.from, Some(20));
        let left: Vec<i64> = newly_left_out(&more, &first, &second).iter().map(|message| message.seq).collect();
        assert_eq!(left, [12, 13, 14, 15, 16, 17, 18, 19]);
    }

    #[test]
    fn the_question_of_the_turn_stays_and_what_cannot_fit_is_said() {
        let transcript = turns(&[4, 104]);
        let small = window(4, u64::MAX, u64::MAX);
        let found = fit(&transcript, &Fit::default(), &small, NOW).expect("a fit");
        assert_eq!(shape(&apply(transcript.clone(), &found, NOW)).0, [0, 104, 107]);
        assert_eq!(fit(&transcript, &found, &small, NOW), None, "nothing more can be left out");
        let question = size(&transcript[4..5]).tokens;
        assert_eq!(fit(&transcript, &Fit::default(), &window(100, u64::MAX, question - 1), NOW), None);
    }

    #[test]
    fn pictures_of_earlier_turns_are_named() {
        let picture = Part::Image { url: Some("https://example.com/a.png".into()), attachment: None, media_type: None };
        let mut transcript = vec![said(4, Role::User, picture.clone())];
        transcript.extend(turn(104));
        let found = Fit { named_below: 104, ..Fit::default() };
        let fitted = apply(transcript, &found, NOW);
        assert_eq!(fitted[0].message.body.content, [Part::Text { text: "[https://example.com/a.png]".into() }]);
    }
}
