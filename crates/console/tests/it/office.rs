//! The administration: forms with their faults, and changes by two people.

use domain::{AgentId, caller::Scope};
use engine::app::agents::Draft;

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
