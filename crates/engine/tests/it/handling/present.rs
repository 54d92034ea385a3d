//! Who views a thread and who types in it.

use domain::{Caller, Kind, ThreadId, caller::Subject, handling::Typing};
use engine::{
    Seen, Team, Typist,
    app::handling::presence::Presence,
    testing::{Choices, TestApp},
};

use super::{ANN, BEN, pass, reply, team, team_with, team_with_clock};

async fn tell(test: &TestApp, thread: ThreadId, member: &str, typing: Typing) -> Result<Vec<Seen>, Kind> {
    let told = Presence { member: member.into(), viewing: true, typing };
    test.app.tell_presence(&test.caller, thread, told).await.map_err(|error| error.kind)
}

fn guest(test: &TestApp, thread: ThreadId) -> Caller {
    Caller { subject: Subject::Thread(thread), ..test.caller.clone() }
}

fn names(seen: &[Seen]) -> Vec<(Option<&str>, Typing)> {
    let name = |seen: &'_ Seen| seen.member.as_ref().map(|member| member.email.clone());
    let known = |name: Option<String>| match name.as_deref() {
        Some(ANN) => Some(ANN),
        Some(BEN) => Some(BEN),
        _ => None,
    };
    seen.iter().map(|seen| (known(name(seen)), seen.typing)).collect()
}

#[tokio::test]
async fn members_see_each_other_and_who_is_not_told_again_is_gone() {
    let (test, us) = team_with_clock().await;
    let thread = test.thread().await.id;
    assert_eq!(names(&tell(&test, thread, ANN, Typing::Note).await.unwrap()), [(Some(ANN), Typing::Note)]);
    let both = tell(&test, thread, BEN, Typing::None).await.unwrap();
    assert_eq!(names(&both), [(Some(ANN), Typing::Note), (Some(BEN), Typing::None)]);
    pass(&us, 6);
    let present = test.app.present(&test.caller, thread).unwrap();
    assert_eq!(names(&present)[0], (Some(ANN), Typing::None), "typing has ended");
    pass(&us, 23);
    tell(&test, thread, BEN, Typing::None).await.unwrap();
    pass(&us, 1);
    assert_eq!(names(&test.app.present(&test.caller, thread).unwrap()), [(Some(BEN), Typing::None)]);
    let gone = Presence { member: BEN.into(), viewing: false, typing: Typing::None };
    assert_eq!(test.app.tell_presence(&test.caller, thread, gone).await.unwrap(), []);
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().last_seq, 1, "nothing is stored");
}

#[tokio::test]
async fn a_guest_sees_that_a_member_types_a_reply_and_never_a_note() {
    let test = team().await;
    let thread = test.thread().await.id;
    let guest = guest(&test, thread);
    let mut typists = test.app.follow_typists(&guest, thread).await.unwrap();
    tell(&test, thread, BEN, Typing::Note).await.unwrap();
    test.app.tell_typing(&guest, thread, true).await.unwrap();
    tell(&test, thread, ANN, Typing::Reply).await.unwrap();
    let ann = Typist { side: Some(Team { name: Some("Ann".into()), member: None }), typing: Typing::Reply };
    assert_eq!(typists.next().await.unwrap(), [ann], "no id, no note, and not the guest");
    reply(&test, thread, ANN, "Here.").await.unwrap();
    assert_eq!(typists.next().await.unwrap(), [], "who has replied types no more");
    let mut project = test.app.follow_typists(&test.caller, thread).await.unwrap();
    let sides: Vec<_> = project.next().await.unwrap().into_iter().map(|one| (one.side.is_some(), one.typing)).collect();
    assert_eq!(sides, [(false, Typing::Reply), (true, Typing::Note)]);
    test.app.tell_typing(&guest, thread, false).await.unwrap();
    assert_eq!(project.next().await.unwrap().len(), 1);
}

#[tokio::test]
async fn presence_is_for_those_who_may_know_of_the_thread_and_bounded() {
    let limits = domain::Limits { thread_presences: 1, ..Choices::default().limits };
    let test = team_with(Choices { limits, ..Choices::default() }).await;
    let (thread, other) = (test.thread().await.id, test.thread().await.id);
    let guest = guest(&test, thread);
    assert_eq!(test.app.tell_typing(&guest, other, true).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(test.app.follow_typists(&guest, other).await.err().map(|error| error.kind), Some(Kind::NotFound));
    assert_eq!(test.app.tell_typing(&test.caller, thread, true).await.unwrap_err().kind, Kind::Forbidden);
    assert_eq!(test.app.present(&guest, thread).unwrap_err().kind, Kind::Forbidden);
    let told = Presence { member: ANN.into(), viewing: true, typing: Typing::Reply };
    assert_eq!(test.app.tell_presence(&guest, thread, told).await.unwrap_err().kind, Kind::Forbidden);
    assert_eq!(tell(&test, thread, "eve@example.com", Typing::Reply).await, Err(Kind::Invalid));
    tell(&test, thread, ANN, Typing::Reply).await.unwrap();
    assert_eq!(tell(&test, thread, BEN, Typing::Reply).await, Err(Kind::RateLimited));
    tell(&test, other, BEN, Typing::Reply).await.unwrap();
}
