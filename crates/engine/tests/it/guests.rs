//! Guests: the agents that let them in, the allowed origins, and their thread.

use domain::{
    AgentId, Code, GuestId, Kind,
    agent::{Agent, Guests, Settings},
    author::Author,
    codes,
    controls::Policy,
    message::Body,
};
use engine::{
    app::{
        agents::{Draft, NewAgent},
        messages::Send,
    },
    testing::TestApp,
};
use uuid::Uuid;

use crate::outcome::code;

const SHOP: &str = "https://shop.example";
const FOREIGN: (Kind, Code) = (Kind::Forbidden, codes::ORIGIN_NOT_ALLOWED);
const NO_AGENT: (Kind, Code) = (Kind::NotFound, codes::AGENT_NOT_FOUND);

fn open_to(origins: &[&str]) -> Settings {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    Settings { guests: Some(Guests { origins, ..Guests::default() }), ..Settings::default() }
}

fn guest_id(agent: &Agent) -> GuestId {
    agent.guest_id.expect("an agent that lets guests in")
}

#[tokio::test]
async fn a_guest_comes_into_a_thread_of_their_own_and_is_answered() {
    let test = TestApp::start().await;
    let agent = guest_id(&test.default_agent(open_to(&[SHOP])).await);
    for origin in [Some(SHOP), None] {
        let (thread, token) = test.app.begin_as_guest(agent, origin).await.unwrap();
        let guest = test.app.authenticate(&token.text).await.unwrap();
        let sent = test.app.send(&guest, Send::new(thread.id, Body::text("x"), Policy::Queue)).await.unwrap();
        assert_eq!((sent.message.author, thread.window_s), (Author::Guest {}, Some(7_200)));
        test.settle(thread.id).await;
        assert_eq!(test.messages(thread.id).await.len(), 2);
    }
}

#[tokio::test]
async fn only_an_agent_that_lets_guests_in_can_be_told_from_none() {
    let test = TestApp::start().await;
    let closed = test.app.agent_by_name(&test.caller, "default").await.unwrap().id;
    let new = NewAgent { name: "old".into(), settings: open_to(&[SHOP]), ..NewAgent::default() };
    let archived = test.app.create_agent(&test.caller, new, None).await.unwrap();
    test.app.archive_agent(&test.caller, archived.id).await.unwrap();
    for agent in [closed.0, archived.id.0, guest_id(&archived).0, Uuid::from_u128(1)] {
        let agent = GuestId(agent);
        assert_eq!(code(test.app.begin_as_guest(agent, Some(SHOP)).await), NO_AGENT);
    }
}

#[tokio::test]
async fn an_agent_has_one_id_for_its_guests_whatever_becomes_of_it() {
    let test = TestApp::start().await;
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap();
    assert_eq!(agent.guest_id, None, "it lets nobody in");
    let open = guest_id(&test.default_agent(open_to(&[SHOP])).await);
    assert!(open.0 != agent.id.0 && open.0.get_version_num() == 4, "{open}");
    let closed = test.default_agent(Settings::default()).await;
    assert_eq!(code(test.app.begin_as_guest(open, None).await), NO_AGENT);
    assert_eq!((closed.guest_id, guest_id(&test.default_agent(open_to(&[])).await)), (Some(open), open));
}

#[tokio::test]
async fn nobody_gets_the_guests_of_another_project_by_taking_its_agents_id() {
    let test = TestApp::start().await;
    let (theirs, _) = test.other_project().await;
    let new = |name: &str, id| NewAgent { id, name: name.into(), settings: open_to(&[SHOP]) };
    let agent = test.app.create_agent(&theirs, new("support", None), None).await.unwrap();
    let known = guest_id(&agent);
    // Before or after the others, by their agent's id or by its guest id.
    for (name, id) in [("thief", agent.id), ("robber", AgentId(known.0))] {
        let thief = test.app.create_agent(&test.caller, new(name, Some(id)), None).await.unwrap();
        assert_ne!(guest_id(&thief), known);
    }
    let (thread, _) = test.app.begin_as_guest(known, Some(SHOP)).await.unwrap();
    assert_eq!(thread.project, theirs.project);
    test.app.archive_agent(&theirs, agent.id).await.unwrap();
    assert_eq!(code(test.app.begin_as_guest(known, Some(SHOP)).await), NO_AGENT, "nor when they close it");
}

#[tokio::test]
async fn pages_from_elsewhere_are_refused_and_so_are_all_when_the_agent_closes_again() {
    let test = TestApp::start().await;
    let own = test.default_agent(open_to(&[SHOP])).await;
    let agent = guest_id(&own);
    let (thread, token) = test.app.begin_as_guest(agent, Some(SHOP)).await.unwrap();
    let guest = test.app.authenticate(&token.text).await.unwrap();
    for origin in ["null", "", "https://shop.example.evil", "http://shop.example", "https://shop.example:444"] {
        assert_eq!(code(test.app.begin_as_guest(agent, Some(origin)).await), FOREIGN, "{origin}");
        assert_eq!(code(test.app.admit_page(&guest, thread.id, origin).await), FOREIGN, "{origin}");
        assert!(!test.app.knows_origin(origin).await.unwrap());
    }
    test.app.admit_page(&guest, thread.id, SHOP).await.unwrap();
    assert!(test.app.knows_origin(SHOP).await.unwrap());
    let close = |draft: &mut Draft| draft.settings.guests = None;
    test.app.update_agent(&test.caller, own.id, close).await.unwrap();
    assert_eq!(code(test.app.admit_page(&guest, thread.id, SHOP).await), FOREIGN);
    let refused = code(test.app.authenticate(&token.text).await);
    assert_eq!(refused, (Kind::Unauthenticated, codes::UNAUTHORIZED), "nor does a program get in");
    assert!(!test.app.knows_origin(SHOP).await.unwrap());
}

#[tokio::test]
async fn a_project_has_origins_of_its_own() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    assert_eq!(test.app.list_origins(&test.caller).await.unwrap(), Vec::<String>::new());
    let set = test.app.set_origins(&test.caller, vec![SHOP.into(), SHOP.into()]).await.unwrap();
    assert_eq!((set, test.app.list_origins(&other).await.unwrap()), (vec![SHOP.to_owned()], vec![]));
    assert_eq!(
        code(test.app.set_origins(&test.caller, vec!["*".into()]).await),
        (Kind::Invalid, codes::INVALID_PARAMETER)
    );
    assert_eq!(test.app.list_origins(&test.caller).await.unwrap(), [SHOP]);
}
