//! Tokens of guests: renewal, generations, and the identities that a project's server signs.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    Caller, Code, GuestId, Kind, ThreadId,
    agent::{Guests, Settings},
    caller::{Scopes, Subject},
    codes,
};
use engine::{
    app::{messages::follow::Start, people::arrivals::Arrival},
    testing::{Choices, TestApp},
};

use crate::outcome::code;

const DAY_S: i64 = 86_400;
const VOID: (Kind, Code) = (Kind::Unauthenticated, codes::UNAUTHORIZED);

async fn start() -> (TestApp, Arc<AtomicI64>, GuestId) {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let guests = Some(Guests::default());
    let agent = test.default_agent(Settings { guests, ..Settings::default() }).await;
    (test, us, agent.guest_id.expect("a guest id"))
}

fn pass(us: &AtomicI64, seconds: i64) {
    us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
}

#[tokio::test]
async fn a_token_is_renewed_until_its_line_has_lived_for_180_days() {
    let (test, us, agent) = start().await;
    let (thread, first) = test.app.begin_as_guest(agent, None).await.unwrap();
    pass(&us, DAY_S - 1);
    assert!(test.app.authenticate(&first.text).await.is_ok());
    pass(&us, 1);
    assert_eq!(code(test.app.authenticate(&first.text).await), VOID);
    let mut token = test.app.renew_guest(&first.text, thread.id, None).await.unwrap();
    assert!(test.app.authenticate(&token.text).await.is_ok());
    assert_eq!(token.expires_at.since_us(test.app.clock().now()), DAY_S * 1_000_000);
    // Each time at the last moment.
    for _ in 0..5 {
        pass(&us, DAY_S + 30 * DAY_S - 1);
        token = test.app.renew_guest(&token.text, thread.id, None).await.unwrap();
        assert!(test.app.authenticate(&token.text).await.is_ok());
    }
    let late = token.clone();
    pass(&us, 31 * DAY_S);
    assert_eq!(code(test.app.renew_guest(&late.text, thread.id, None).await), VOID, "30 days after its end");
    let (other, _) = test.app.begin_as_guest(agent, None).await.unwrap();
    assert_eq!(code(test.app.renew_guest(&token.text, other.id, None).await), VOID, "another thread's");
}

#[tokio::test]
async fn no_line_of_tokens_outlives_its_bound() {
    let (test, us, agent) = start().await;
    let (thread, mut token) = test.app.begin_as_guest(agent, None).await.unwrap();
    for _ in 0..7 {
        pass(&us, 25 * DAY_S);
        token = test.app.renew_guest(&token.text, thread.id, None).await.unwrap();
    }
    pass(&us, 5 * DAY_S - 1);
    let last = test.app.renew_guest(&token.text, thread.id, None).await.unwrap();
    assert_eq!(last.expires_at.since_us(test.app.clock().now()), 1_000_000, "the line ends here");
    pass(&us, 1);
    for old in [&token, &last] {
        assert_eq!(code(test.app.renew_guest(&old.text, thread.id, None).await), VOID);
    }
}

#[tokio::test]
async fn a_logout_and_a_revocation_end_tokens_tickets_and_streams() {
    for by_project in [false, true] {
        let (test, us, agent) = start().await;
        let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
        let (other, others) = test.app.begin_as_guest(agent, None).await.unwrap();
        let of_key = test.app.let_in(&test.caller, Subject::Thread(thread.id)).await.unwrap();
        let guest = test.app.authenticate(&token.text).await.unwrap();
        let ticket = test.app.ticket(&guest, thread.id).await.unwrap();
        let mut reader = test.app.follow(&guest, thread.id, Start::Head).await.unwrap();
        match by_project {
            true => {
                assert_eq!(test.app.keyed(None).revoke_guest_tokens(&test.caller, thread.id).await.unwrap(), 1);
                assert_eq!(test.app.keyed(None).revoke_guest_tokens(&test.caller, thread.id).await.unwrap(), 2);
            }
            false => {
                // An expired token ends the others too, and a repeated request ends nothing more.
                for _ in 0..2 {
                    test.app.log_out(&token.text, thread.id, None).await.unwrap();
                }
            }
        }
        pass(&us, 5);
        for void in [&token, &of_key] {
            assert_eq!(code(test.app.authenticate(&void.text).await), VOID);
            assert_eq!(code(test.app.renew_guest(&void.text, thread.id, None).await), VOID);
        }
        assert_eq!(code(test.app.redeem_ticket(&ticket.text, thread.id).await), VOID);
        // The stream's credential is looked at again and again.
        assert_eq!(code(reader.next().await), VOID);
        // A token that was trusted for a moment longer makes no ticket that is good.
        let late = test.app.ticket(&guest, thread.id).await.unwrap();
        assert_eq!(code(test.app.redeem_ticket(&late.text, thread.id).await), VOID);
        assert!(test.app.authenticate(&others.text).await.is_ok(), "{}: another thread's", other.id);
        let new = test.app.let_in(&test.caller, Subject::Thread(thread.id)).await.unwrap();
        assert!(test.app.authenticate(&new.text).await.is_ok(), "a token of the new generation");
    }
}

#[tokio::test]
async fn only_the_project_revokes_and_only_in_its_own_threads() {
    let (test, _, agent) = start().await;
    let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
    let guest = test.app.authenticate(&token.text).await.unwrap();
    assert_eq!(code(test.app.keyed(None).revoke_guest_tokens(&guest, thread.id).await).0, Kind::Forbidden);
    let (foreign, _) = test.other_project().await;
    assert_eq!(code(test.app.keyed(None).revoke_guest_tokens(&foreign, thread.id).await).0, Kind::NotFound);
    let reads = Caller { scopes: Scopes::of(&[domain::caller::Scope::Read]), ..test.caller.clone() };
    assert_eq!(code(test.app.keyed(None).revoke_guest_tokens(&reads, thread.id).await).0, Kind::Forbidden);
    let (other, _) = test.app.begin_as_guest(agent, None).await.unwrap();
    assert_eq!(code(test.app.log_out(&token.text, other.id, None).await), VOID, "another thread's");
    assert_eq!(code(test.app.log_out("tlt_x", thread.id, None).await), VOID);
    assert!(test.app.authenticate(&token.text).await.is_ok());
}

#[tokio::test]
async fn the_same_person_finds_their_threads_and_nobody_elses() {
    let (test, _, agent) = start().await;
    let secret = test.guest_secret().await;
    let ada = test.identity(&secret, agent, "u-1");
    assert!(test.app.identify(agent, None, &ada, None).await.unwrap().threads.is_empty());
    let mut threads: Vec<ThreadId> = Vec::new();
    for _ in 0..2 {
        let arrival = Arrival { identity: Some(ada.clone()), ..Arrival::from_page(agent, None) };
        threads.push(test.app.arrive(arrival).await.unwrap().thread.id);
    }
    let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
    let guest = test.app.authenticate(&token.text).await.unwrap();
    for _ in 0..2 {
        test.app.join_identity(&guest, thread.id, &ada).await.unwrap();
    }
    threads.push(thread.id);
    let found = test.app.identify(agent, None, &ada, None).await.unwrap();
    let ids: Vec<ThreadId> = found.threads.iter().map(|known| known.thread).collect();
    threads.reverse();
    assert_eq!((ids, found.more), (threads.clone(), false), "newest first");
    for known in &found.threads {
        let caller = test.app.authenticate(&known.token.text).await.unwrap();
        assert_eq!(caller.subject, Subject::Thread(known.thread));
    }
    let next = test.app.identify(agent, None, &ada, Some(threads[1])).await.unwrap();
    assert_eq!(next.threads.len(), 1);
    let ben = test.identity(&secret, agent, "u-2");
    assert!(test.app.identify(agent, None, &ben, None).await.unwrap().threads.is_empty());
    let refused = code(test.app.join_identity(&guest, thread.id, &ben).await);
    assert_eq!(refused, (Kind::Conflict, codes::IDENTITY_TAKEN));
    let customers = test.app.thread_customers(&test.caller, thread.id).await.unwrap();
    assert_eq!((customers.len(), customers[0].name.as_deref()), (1, Some("Ada")));
    assert_eq!(customers[0].external_id.as_deref(), Some("u-1"));
}

#[tokio::test]
async fn an_identity_is_good_for_its_agent_and_secret_alone_and_the_former_secret_for_a_day() {
    let (test, us, agent) = start().await;
    let refused = (Kind::Forbidden, codes::IDENTITY_NOT_VALID);
    let own = async |secret: &str| test.app.identify(agent, None, &test.identity(secret, agent, "u"), None).await;
    assert_eq!(code(own("").await), refused, "without a secret");
    let first = test.guest_secret().await;
    assert!(first.starts_with("tlg_") && first.len() == 47, "32 bytes");
    assert!(own(&first).await.is_ok());
    let second = test.guest_secret().await;
    assert!(own(&first).await.is_ok() && own(&second).await.is_ok());
    pass(&us, DAY_S - 1);
    assert!(own(&first).await.is_ok());
    pass(&us, 1);
    assert_eq!(code(own(&first).await), refused);
    assert!(own(&second).await.is_ok());
    let foreign = test.identity(&second, GuestId(uuid::Uuid::from_u128(1)), "u");
    assert_eq!(code(test.app.identify(agent, None, &foreign, None).await), refused);
    let bad = Arrival { identity: Some(foreign), ..Arrival::from_page(agent, None) };
    let before = test.app.list_threads(&test.caller, Default::default(), None, 10).await.unwrap().threads.len();
    assert_eq!(code(test.app.arrive(bad).await), refused, "an error, and not a guest");
    assert_eq!(test.app.list_threads(&test.caller, Default::default(), None, 10).await.unwrap().threads.len(), before);
}

#[tokio::test]
async fn a_page_that_the_agent_does_not_list_neither_ends_nor_renews_a_token() {
    let (test, _, agent) = start().await;
    let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
    let page = Some("https://elsewhere.example");
    assert_eq!(code(test.app.renew_guest(&token.text, thread.id, page).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.log_out(&token.text, thread.id, page).await).0, Kind::Forbidden);
    assert!(test.app.authenticate(&token.text).await.is_ok(), "the refused logout has ended nothing");
    test.app.log_out(&token.text, thread.id, None).await.unwrap();
    assert_eq!(code(test.app.authenticate(&token.text).await), VOID);
}
