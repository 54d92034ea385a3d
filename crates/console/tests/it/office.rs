//! The administration: forms with their faults, and changes by two people.

use domain::{AgentId, caller::Scope, project::Role};
use engine::app::{agents::Draft, people::members::NewMember};

use crate::browser::Browser;

/// The value of a hidden field of a form.
fn hidden(page: &str, form: &str, name: &str) -> String {
    let form = page.split(&format!("id=\"{form}\"")).nth(1).unwrap();
    let field = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

async fn default_agent(browser: &Browser) -> AgentId {
    let test = &browser.server.test;
    test.app.agent_by_name(&test.caller, "default").await.unwrap().id
}

#[tokio::test]
async fn a_fault_stands_at_its_field_and_what_was_written_stays() {
    let browser = Browser::signed_in(None).await;
    let agent = default_agent(&browser).await;
    let path = format!("/console/agents/{agent}");
    let seen = hidden(&browser.get(&path).await.text, "agent", "seen");
    for (form, field, message) in [
        ("name=No+Name", "name", "must"),
        ("name=default&tools=%5B%7B%5D", "tools", "line 1"),
        ("name=default&window_s=soon", "window_s", "whole number"),
        ("name=default&window_s=-5", "window_s", "must be"),
        ("name=default&day_usd=x", "day_usd", "dollars"),
        ("name=default&month_tokens=99999999999999999", "month_tokens", "at most"),
        ("name=default&model=nowhere", "model", "not a known model"),
        ("name=default&lets_guests_in=on&origins=nothing", "origins", "origin"),
        ("name=default&reasoning=deep", "reasoning", "choices"),
        ("name=default&kind=external&push=nowhere", "push", "must"),
    ] {
        let page = browser.post(&path, &format!("{form}&seen={seen}&is_on=on&instructions=kept+%3Cb%3E")).await;
        assert_eq!(page.status, 400, "{form}");
        let at = format!("id=\"agent-{field}-about\"><span class=\"wrong\">");
        let told = page.text.split(&at).nth(1).unwrap_or_else(|| panic!("{form}: no problem at {field}"));
        assert!(told.split('<').next().unwrap().contains(message), "{form}: {}", &told[..80]);
        assert!(page.text.contains("kept &#60;b&#62;"), "{form}: the text stays");
        assert_eq!(page.text.matches(" autofocus").count(), 1, "{form}");
    }
    let test = &browser.server.test;
    assert_eq!(
        test.app.agent(&test.caller, agent).await.unwrap().settings.instructions,
        "",
        "a refusal changes nothing"
    );
}

#[tokio::test]
async fn an_agent_that_somebody_else_changed_is_not_overwritten() {
    let browser = Browser::signed_in(None).await;
    let (test, agent) = (&browser.server.test, default_agent(&browser).await);
    let path = format!("/console/agents/{agent}");
    let seen = hidden(&browser.get(&path).await.text, "agent", "seen");
    let theirs = |draft: &mut Draft| draft.settings.instructions = "theirs".into();
    test.app.update_agent(&test.caller, agent, theirs).await.unwrap();
    let mine = format!("name=default&is_on=on&instructions=mine&seen={seen}");
    let told = browser.post(&path, &mine).await;
    assert_eq!(told.status, 409);
    assert!(told.text.contains("theirs") && told.text.contains("mine"), "{}", told.text);
    let now = async || test.app.agent(&test.caller, agent).await.unwrap().settings.instructions;
    assert_eq!(now().await, "theirs");
    assert_eq!(browser.post(&path, &mine).await.status, 409, "the same form again is refused again");
    let again = hidden(&told.text, "agent", "seen");
    let saved = browser.post(&path, &format!("name=default&is_on=on&instructions=mine&seen={again}")).await;
    assert_eq!((saved.status, now().await.as_str()), (303, "mine"));
}

#[tokio::test]
async fn settings_that_the_editor_does_not_show_stay() {
    let browser = Browser::signed_in(None).await;
    let (test, agent) = (&browser.server.test, default_agent(&browser).await);
    let with_more = |draft: &mut Draft| {
        draft.settings.tags = vec!["vip".into()];
        draft.settings.failure_texts.insert("de".into(), "Leider nicht.".into());
    };
    test.app.update_agent(&test.caller, agent, with_more).await.unwrap();
    let path = format!("/console/agents/{agent}");
    let seen = hidden(&browser.get(&path).await.text, "agent", "seen");
    let saved = browser.post(&path, &format!("name=default&is_on=on&failure_text=Sorry.&seen={seen}")).await;
    assert_eq!((saved.status, saved.location.unwrap().as_str()), (303, format!("{path}?done=saved").as_str()));
    let settings = test.app.agent(&test.caller, agent).await.unwrap().settings;
    assert_eq!((settings.tags.as_slice(), settings.failure_texts.len()), (["vip".to_owned()].as_slice(), 2));
}

#[tokio::test]
async fn a_key_is_shown_once_and_made_once() {
    let browser = Browser::signed_in(None).await;
    let page = browser.get("/console/keys").await.text;
    let once = hidden(&page, "new-key", "once");
    let form = format!("once={once}&name=till&scopes=read&scopes=write");
    let made = browser.post("/console/keys", &form).await;
    assert_eq!((made.status, made.header("cache-control")), (200, "no-store"));
    let secret = made.text.split("data-copy>tl_").nth(1).unwrap().split('<').next().unwrap().trim().to_owned();
    assert!(!browser.get("/console/keys").await.text.contains(&secret));
    assert_eq!(browser.post("/console/keys", &form).await.status, 409);
    let test = &browser.server.test;
    let keys = test.app.list_keys(&test.caller, None, 100).await.unwrap();
    let till: Vec<_> = keys.iter().filter(|key| key.name == "till").collect();
    assert_eq!(till.len(), 1);
    assert!(till[0].scopes.has(Scope::Write) && !till[0].scopes.has(Scope::Admin));
}

#[tokio::test]
async fn a_trial_is_thrown_away_and_no_other_thread() {
    let browser = Browser::signed_in(None).await;
    let (test, agent) = (&browser.server.test, default_agent(&browser).await);
    let other = test.thread().await.id;
    let discard = format!("/console/agents/{agent}/try/discard");
    assert_eq!(browser.post(&discard, &format!("thread={other}")).await.status, 404);
    test.app.thread(&test.caller, other).await.unwrap();
    let said = browser.post(&format!("/console/agents/{agent}/try"), "text=Hello").await;
    let place = said.location.unwrap();
    let id = place.split("trial=").nth(1).unwrap().trim_end_matches("#trial").to_owned();
    assert!(browser.get(&format!("/console/agents/{agent}?trial={id}")).await.text.contains("Hello"));
    assert!(!browser.get(&format!("/console/agents/{agent}?trial={other}")).await.text.contains("data-thread"));
    assert_eq!(browser.post(&discard, &format!("thread={id}")).await.status, 303);
    assert_eq!(browser.get(&format!("/console/threads/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_saved_reply_is_written_changed_and_removed() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let list = "/console/saved-replies";
    let once = hidden(&browser.get(list).await.text, "new-reply", "once");
    let form = format!("once={once}&name=hours&text=From+%3Cb%3E9%0D%0Ato+5");
    for _ in 0..2 {
        let made = browser.post(list, &form).await;
        assert_eq!((made.status, made.location.as_deref()), (303, Some("/console/saved-replies?done=made")));
    }
    let all = test.app.list_saved_replies(&test.caller, None, 10).await.unwrap();
    assert_eq!(all.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(), ["From <b>9\nto 5"]);
    let page = browser.get(list).await.text;
    assert!(page.contains("From &#60;b&#62;9 to 5"), "{page}");
    let again = browser.post(list, "name=hours&text=other").await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("already has a saved reply") && again.text.contains("other"), "{}", again.text);
    let path = format!("{list}/{}", all[0].id);
    let empty = browser.post(&path, "name=hours&text=").await;
    assert_eq!(empty.status, 400);
    assert!(empty.text.contains("id=\"reply-text-about\"><span class=\"wrong\">"), "{}", empty.text);
    assert_eq!(browser.post(&path, "name=times&text=From+8").await.status, 303);
    assert_eq!(test.app.saved_reply(&test.caller, all[0].id).await.unwrap().text, "From 8");
    assert_eq!(browser.post(&format!("{path}/remove"), "").await.status, 303);
    assert_eq!(browser.get(&path).await.status, 404);
    assert_eq!(browser.get(&format!("{list}/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_role_is_changed_at_once_and_the_last_admin_stays() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let member = async |email: &str, role| {
        let new = NewMember { email: email.into(), name: None, role: Some(role) };
        test.app.create_member(&test.caller, new, None).await.unwrap().id
    };
    let (ann, ben) = (member("ann@example.com", Role::Admin).await, member("ben@example.com", Role::Member).await);
    let path = |id| format!("/console/members/{id}");
    let refused = browser.post(&path(ann), "role=member").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("last admin"), "{}", refused.text);
    let refused = browser.post(&format!("{}/remove", path(ann)), "").await;
    assert_eq!((refused.status, refused.text.contains("last admin")), (409, true));
    assert_eq!(browser.post(&path(ben), "role=owner").await.status, 400);
    assert_eq!(browser.post(&path(ben), "role=admin").await.status, 303);
    assert_eq!(browser.post(&path(ann), "role=member").await.status, 303);
    let audit = browser.get("/console/audit").await.text;
    for words in ["Made a member an admin", "Took the role of an admin from a member", "ben@example.com"] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
}

#[tokio::test]
async fn a_demoted_member_loses_the_pages_of_admins_with_the_next_request() {
    let mut browser = Browser::signed_in(None).await;
    let app = browser.server.test.app.clone();
    let caller = browser.server.test.caller.clone();
    let mut ids = Vec::new();
    for email in ["ann@example.com", "ben@example.com"] {
        let new = NewMember { email: email.into(), name: None, role: Some(Role::Admin) };
        ids.push(app.create_member(&caller, new, None).await.unwrap().id);
    }
    let link = app.create_sign_in_link(&caller, ids[0], None).await.unwrap().secret;
    browser.cookie = None;
    assert_eq!(browser.enter(&format!("link={link}")).await.status, 303);
    assert_eq!(browser.get("/console/keys").await.status, 200);
    app.set_member_role(&caller, ids[0], Role::Member).await.unwrap();
    assert_eq!(browser.get("/console/keys").await.status, 403);
    assert_eq!(browser.get("/console").await.status, 200);
}

#[tokio::test]
async fn the_changes_of_an_agent_say_who_made_them_and_what_it_was() {
    let browser = Browser::signed_in(None).await;
    let (test, agent) = (&browser.server.test, default_agent(&browser).await);
    let path = format!("/console/agents/{agent}/changes");
    assert!(browser.get(&path).await.text.contains("No change yet"));
    for words in ["one <b>", "two"] {
        let change = |draft: &mut Draft| draft.settings.instructions = words.into();
        test.app.update_agent(&test.caller, agent, change).await.unwrap();
        test.app.update_agent(&test.caller, agent, change).await.unwrap();
    }
    let page = browser.get(&path).await.text;
    assert_eq!(page.matches("<strong>The key").count(), 2, "the same settings again are no change: {page}");
    assert!(page.contains("one &#60;b&#62;") && page.contains("two") && page.contains("Instructions"), "{page}");
    assert_eq!(browser.get(&format!("/console/agents/{}/changes", AgentId(uuid::Uuid::nil()))).await.status, 404);
}

#[tokio::test]
async fn the_editor_shows_and_sets_the_chat_of_guests_and_what_people_do() {
    let browser = Browser::signed_in(None).await;
    let (test, agent) = (&browser.server.test, default_agent(&browser).await);
    let path = format!("/console/agents/{agent}");
    let seen = || async { hidden(&browser.get(&path).await.text, "agent", "seen") };
    let base = "name=default&is_on=on&lets_guests_in=on&origins=https%3A%2F%2Fshop.example.com";
    for (form, field, message) in [
        ("colour=red", "colour", "hexadecimal"),
        ("greeting_after_s=-1", "greeting_after_s", "between"),
        ("guest_texts=%7B%22de%22%3A%7B%22x%22%3A1%7D%7D", "guest_texts", "line 1"),
        ("hold_idle_s=0", "hold_idle_s", "must be"),
        ("reopen=nobody", "reopen", "choices"),
    ] {
        let page = browser.post(&path, &format!("{base}&{form}&seen={}", seen().await)).await;
        assert_eq!(page.status, 400, "{form}");
        let at = format!("id=\"agent-{field}-about\"><span class=\"wrong\">");
        let told = page.text.split(&at).nth(1).unwrap_or_else(|| panic!("{form}: no problem at {field}"));
        assert!(told.split('<').next().unwrap().contains(message), "{form}: {}", &told[..80]);
    }
    let form =
        "guest_title=Shop&greeting=Hello&colour=%231E5BA1&position=left&guests_ask=on&hold_idle_s=90&reopen=person";
    let saved = browser.post(&path, &format!("{base}&{form}&seen={}", seen().await)).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let settings = test.app.agent(&test.caller, agent).await.unwrap().settings;
    let guests = settings.guests.clone().unwrap();
    assert_eq!((guests.title.as_deref(), guests.colour.as_deref()), (Some("Shop"), Some("#1e5ba1")));
    assert_eq!((guests.show_names, guests.ask.is_some(), settings.hold_idle_s), (Some(false), true, Some(90)));
    assert_eq!(settings.reopen.as_str(), "person");
    let again = browser.get(&path).await.text;
    let form = format!("{base}&{form}&seen={}", hidden(&again, "agent", "seen"));
    assert_eq!(browser.post(&path, &form).await.status, 303);
    assert_eq!(test.app.agent(&test.caller, agent).await.unwrap().settings, settings, "the same form changes nothing");
}
