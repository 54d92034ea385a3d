//! The page on which members work: they take threads, write, and hand back. Everything without JavaScript.

use domain::{
    ThreadId,
    author::Author,
    caller::{Scope, Scopes},
    controls::Policy,
    event::Event,
    message::{Message, Part, Role},
    project::Role as MemberRole,
    script::Reply as Scripted,
};
use engine::app::{handling::ask::Ask, people::members::NewMember};
use reqwest::Method;
use url::form_urlencoded::Serializer;

use crate::browser::{Browser, Page};

/// A browser in which this new member is signed in.
async fn signed_in(name: &str) -> Browser {
    let mut browser = Browser::start().await;
    enter(&mut browser, name).await;
    browser
}

/// Signs a new member in.
async fn enter(browser: &mut Browser, name: &str) {
    let test = &browser.server.test;
    let email = format!("{}@example.com", name.to_lowercase());
    let new = NewMember { email, name: Some(name.into()), role: Some(MemberRole::Member) };
    let member = test.app.create_member(&test.caller, new, None).await.unwrap();
    let link = test.app.create_sign_in_link(&test.caller, member.id, None).await.unwrap().secret;
    browser.cookie = None;
    assert_eq!(browser.enter(&format!("link={link}")).await.status, 303);
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The value of a hidden field of the page.
fn hidden<'p>(page: &'p Page, name: &str) -> &'p str {
    let field = format!("name=\"{name}\" value=\"");
    page.text.split(&field).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{}", page.text))
}

async fn said_by_members(browser: &Browser, thread: ThreadId) -> Vec<Message> {
    let mut messages = browser.server.test.messages(thread).await;
    messages.retain(|message| matches!(message.author, Author::Member { .. }));
    messages
}

#[tokio::test]
async fn a_member_takes_a_thread_replies_notes_and_hands_back() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    test.script(vec![Scripted { text: Some("slow".into()), delay_ms: Some(600_000), ..Scripted::default() }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "Where is it?", Policy::Queue).await;
    let path = |rest: &str| format!("/console/threads/{thread}{rest}");
    let page = browser.get(&path("")).await;
    assert!(page.text.contains("You take over with it"), "{}", page.text);
    let taken = browser.post(&path("/take"), "").await;
    assert_eq!((taken.status, taken.location), (303, Some(path(""))));
    let page = browser.get(&path("")).await;
    for part in ["You answer here", "Ann took over", "the answer was stopped", "Sent as Ann to", "Hand back"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let (key, seen) = (hidden(&page, "key").to_owned(), hidden(&page, "seen").to_owned());
    let note = form(&[("kind", "note"), ("text", "A <second> parcel"), ("for_agent", "true"), ("key", &key)]);
    assert_eq!(browser.post(&path("/say"), &note).await.status, 303);
    let reply = form(&[("kind", "reply"), ("text", "Hello\r\nI am Ann"), ("key", &format!("{key}r")), ("seen", &seen)]);
    assert_eq!(browser.post(&path("/say"), &reply).await.status, 303);
    let said = said_by_members(&browser, thread).await;
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].role, said[0].body.only_text().as_str()), (Role::Agent, "Hello\nI am Ann"));
    let page = browser.get(&path("")).await.text;
    for part in ["A &#60;second&#62; parcel", "Note to team and agent", "Hello\nI am Ann", "by-person note"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let handed = form(&[("answer", "never"), ("brief", "Give 10 %")]);
    assert_eq!(browser.post(&path("/hand-back"), &handed).await.status, 303);
    let page = browser.get(&path("")).await.text;
    assert!(page.contains("Ann handed back to the agent") && page.contains("Give 10 %"), "{page}");
    assert!(!test.app.thread(&test.caller, thread).await.unwrap().run.is_open(), "never: no turn");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_reply() {
    let browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let path = format!("/console/threads/{thread}/say");
    let page = browser.get(&format!("/console/threads/{thread}")).await;
    let (key, seen) = (hidden(&page, "key").to_owned(), hidden(&page, "seen").to_owned());
    let reply = |text: &str| form(&[("kind", "reply"), ("text", text), ("key", &key), ("seen", &seen)]);
    let (once, twice) = (reply("Hello"), reply("Hello"));
    let (one, other) = tokio::join!(browser.post(&path, &once), browser.post(&path, &twice));
    assert_eq!((one.status, other.status), (303, 303));
    assert_eq!(said_by_members(&browser, thread).await.len(), 1);
    let other = browser.post(&path, &reply("Something else")).await;
    assert_eq!(other.status, 409, "a key names one reply");
    assert!(other.text.contains("Something else"), "the text is kept: {}", other.text);
    assert_eq!(said_by_members(&browser, thread).await.len(), 1);
}

#[tokio::test]
async fn a_reply_to_a_thread_that_moved_is_refused_with_the_news_and_the_text_is_kept() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    test.say(thread, "Hello", Policy::Queue).await;
    test.settle(thread).await;
    let path = format!("/console/threads/{thread}/say");
    let reply = |key: &str, seen: &str| {
        form(&[("kind", "reply"), ("text", "Mine <&>"), ("key", key), ("seen", seen), ("keep", "true")])
    };
    let refused = browser.post(&path, &reply("k", "1")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("Others have answered since") && refused.text.contains("-again\""), "the news");
    assert!(refused.text.contains("Mine &#60;&#38;&#62;</textarea>"), "the text is kept: {}", refused.text);
    assert!(said_by_members(&browser, thread).await.is_empty());
    let seen = hidden(&refused, "seen").to_owned();
    assert_eq!(browser.post(&path, &reply("k", &seen)).await.status, 303);
    assert_eq!(said_by_members(&browser, thread).await.len(), 1);
}

#[tokio::test]
async fn errors_stand_at_the_text_and_change_nothing() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    let path = format!("/console/threads/{thread}/say");
    let long = "x".repeat(10_001);
    for (fields, status) in [
        (vec![("kind", "reply"), ("text", " \n ")], 400),
        (vec![("kind", "note"), ("text", "")], 400),
        (vec![("kind", "note"), ("text", long.as_str())], 400),
        (vec![("kind", "reply"), ("text", "x"), ("seen", "99")], 400),
    ] {
        let refused = browser.post(&path, &form(&fields)).await;
        assert_eq!(refused.status, status, "{fields:?}");
        assert!(refused.text.contains("aria-invalid=\"true\" autofocus"), "{}", refused.text);
    }
    let edge = form(&[("kind", "note"), ("text", &long[1..])]);
    assert_eq!(browser.post(&path, &edge).await.status, 303, "at the edge of the limit");
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().last_seq, 2, "only the note at the edge");
}

#[tokio::test]
async fn a_thread_of_another_member_is_told_and_may_be_forced() {
    let mut browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let path = |rest: &str| format!("/console/threads/{thread}{rest}");
    browser.post(&path("/take"), "").await;
    enter(&mut browser, "Ben").await;
    let page = browser.get(&path("")).await.text;
    assert!(page.contains("Ann answers here") && page.contains("Take over anyway"), "{page}");
    let refused = browser.post(&path("/take"), "").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("Ann has held the thread since"), "{}", refused.text);
    assert_eq!(browser.post(&path("/take?force=true"), "").await.status, 303);
    assert!(browser.get(&path("")).await.text.contains("from Ann"));
    let none = browser.post(&path("/assign"), "assignee=").await;
    assert_eq!(none.status, 409, "a held thread is handed back instead");
    assert_eq!(browser.post(&path("/hand-back"), "").await.status, 303);
}

#[tokio::test]
async fn a_key_acts_for_the_member_that_it_chooses_if_it_may_impersonate() {
    let mut browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let path = |rest: &str| format!("/console/threads/{thread}{rest}");
    let ann = browser.server.test.app.member_of_address(&browser.server.test.caller, "ann@example.com").await;
    let ann = ann.unwrap().unwrap().id.to_string();
    let key = browser.server.test.key.clone();
    browser.cookie = None;
    browser.sign_in(&key).await;
    let page = browser.get(&path("")).await.text;
    assert!(page.contains("In the name of") && page.contains(&format!("value=\"{ann}\"")), "{page}");
    assert_eq!(browser.post(&path("/take"), "").await.status, 400, "nobody was chosen");
    assert_eq!(browser.post(&path("/take"), &form(&[("member", &ann)])).await.status, 303);

    let writer = browser.server.test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    browser.cookie = None;
    browser.sign_in(&writer).await;
    let page = browser.get(&path("")).await.text;
    assert!(
        page.contains("Ann answers here") && !page.contains("id=\"composer\"") && !page.contains("/take"),
        "{page}"
    );
    for act in ["/take", "/hand-back", "/withdraw", "/assign", "/say"] {
        let refused = browser.post(&path(act), &form(&[("member", &ann), ("text", "x"), ("kind", "note")])).await;
        assert_eq!(refused.status, 403, "{act}");
    }
}

#[tokio::test]
async fn a_member_who_is_signed_in_cannot_name_another_one() {
    let mut browser = signed_in("Ann").await;
    let ben = {
        let test = &browser.server.test;
        let new = NewMember { email: "ben@example.com".into(), name: None, role: None };
        test.app.create_member(&test.caller, new, None).await.unwrap().id
    };
    let thread = browser.server.test.thread().await.id;
    let path = format!("/console/threads/{thread}/take");
    assert_eq!(browser.post(&path, &form(&[("member", &ben.to_string())])).await.status, 303);
    let holder = browser.server.test.app.thread(&browser.server.test.caller, thread).await.unwrap().people.holder();
    assert_ne!(holder, Some(ben), "the name of the form is not read");
    enter(&mut browser, "Cem").await;
    assert!(browser.get(&format!("/console/threads/{thread}")).await.text.contains("Ann answers here"));
}

#[tokio::test]
async fn a_members_page_leads_to_the_threads_of_the_member_alone() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let [taken, other] = [test.thread().await.id, test.thread().await.id];
    assert_eq!(browser.post(&format!("/console/threads/{taken}/take"), "").await.status, 303);
    let holder = test.app.thread(&test.caller, taken).await.unwrap().people.holder().unwrap();
    let page = browser.get(&format!("/console/members/{holder}")).await.text;
    let path = format!("/console/threads?assignee={holder}");
    assert!(page.contains(&path), "{page}");
    let list = browser.get(&path).await.text;
    assert!(list.contains(&taken.to_string()) && !list.contains(&other.to_string()), "{list}");
    assert_eq!(browser.get("/console/threads?assignee=nobody").await.status, 200);
}

#[tokio::test]
async fn a_file_goes_with_the_next_reply() {
    let browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let path = |rest: &str| format!("/console/threads/{thread}{rest}");
    let upload = async |files: &str, name: &str| {
        let body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"files\"\r\n\r\n{files}\r\n--x\r\ncontent-disposition: \
             form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nbytes of it\r\n--x--\r\n"
        );
        let request = browser.request(Method::POST, &path("/files")).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "multipart/form-data; boundary=x").body(body);
        Page::of(request.send().await.unwrap()).await
    };
    let first = upload("", "label <1>.txt").await;
    assert_eq!(first.status, 303);
    let page = browser.get(first.location.as_ref().unwrap().split('#').next().unwrap()).await;
    assert!(page.text.contains("label &#60;1&#62;.txt"), "{}", page.text);
    let listed = hidden(&page, "files").to_owned();
    let second = upload(&listed, "b.txt").await.location.unwrap();
    assert_eq!(second.matches("files=").count(), 2, "{second}");
    let full = [listed.as_str(); 10].join(" ");
    assert_eq!(upload(&full, "c.txt").await.status, 400, "no reply has more files");
    let reply = form(&[("kind", "reply"), ("text", ""), ("files", &listed), ("seen", "1"), ("key", "k")]);
    assert_eq!(browser.post(&path("/say"), &reply).await.status, 303);
    let said = said_by_members(&browser, thread).await;
    assert!(matches!(&said[0].body.content[..], [Part::File { name, .. }] if name == "label <1>.txt"), "{said:?}");
}

#[tokio::test]
async fn an_export_has_every_entry_and_leaves_a_record() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    for n in 0..3 {
        test.say(thread, &format!("number {n}"), Policy::Queue).await;
        test.settle(thread).await;
    }
    let export = browser.post(&format!("/console/threads/{thread}/export"), "").await;
    assert_eq!((export.status, export.header("content-type")), (200, "application/x-ndjson"));
    let lines: Vec<serde_json::Value> = export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<i64> = lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect();
    let last = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
    let audit = test.app.list_audit(&test.caller, None, 10).await.unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].thread), ("export", Some(thread)));
    assert!(audit[0].member.is_some());
}

#[tokio::test]
async fn a_copy_of_a_thread_is_led_to() {
    let browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let forked = browser.post(&format!("/console/threads/{thread}/fork"), "").await;
    assert_eq!(forked.status, 303);
    assert_ne!(forked.location.as_ref().unwrap(), &format!("/console/threads/{thread}"));
    assert_eq!(browser.get(&forked.location.unwrap()).await.status, 200);
}

#[tokio::test]
async fn lines_about_people_arrive_live() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    let live = format!("/console/live?topics=t:{thread}@1");
    let mut live = browser.request(Method::GET, &live).header("sec-fetch-site", "same-origin").send().await.unwrap();
    browser.post(&format!("/console/threads/{thread}/take"), "").await;
    let note = form(&[("kind", "note"), ("text", "for us"), ("key", "k")]);
    browser.post(&format!("/console/threads/{thread}/say"), &note).await;
    let mut read = String::new();
    while !(read.contains("for us") && read.contains("Ann took over") && read.contains("You answer here")) {
        read += std::str::from_utf8(&live.chunk().await.unwrap().expect("the stream goes on")).unwrap();
    }
    let kinds: Vec<_> = test.log(thread).await.into_iter().map(|entry| entry.event).collect();
    assert!(matches!(kinds[..], [_, Event::ThreadTaken { .. }, Event::ThreadNoted { .. }]), "{kinds:?}");
}

#[tokio::test]
async fn who_types_and_who_goes_arrives_live_and_moves_no_position() {
    let mut browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    let live = format!("/console/live?topics=t:{thread}@1");
    let mut live = browser.request(Method::GET, &live).header("sec-fetch-site", "same-origin").send().await.unwrap();
    enter(&mut browser, "Ben").await;
    let path = format!("/console/threads/{thread}/presence");
    let mut read = String::new();
    for (told, shown) in [
        ("viewing=true&typing=reply", "Ben types a reply"),
        ("viewing=true&typing=none", "Ben looks at this"),
        ("viewing=false&typing=none", "<p class=\\\"present small\\\" id=\\\"present\\\" role=\\\"status\\\"></p>"),
    ] {
        assert_eq!(browser.post(&path, told).await.status, 200);
        while !read.contains(shown) {
            read += std::str::from_utf8(&live.chunk().await.unwrap().expect("the stream goes on")).unwrap();
        }
        let line = read.lines().find(|line| line.contains(shown)).unwrap();
        assert!(line.contains("\"position\":\"\""), "{line}");
        read.clear();
    }
}

#[tokio::test]
async fn the_inbox_has_who_waits_longest_first_then_ones_own_then_everything() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let threads = [test.thread().await.id, test.thread().await.id, test.thread().await.id];
    for thread in threads {
        test.say(thread, "Help", Policy::Queue).await;
        test.settle(thread).await;
    }
    let page = browser.get("/console").await.text;
    assert!(page.contains("aria-current=\"page\">Everything"), "nobody waits: {page}");
    for thread in [threads[2], threads[0]] {
        let ask = Ask { reason: "a refund".into(), ..Ask::default() };
        test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap();
        test.say(thread, "Still there?", Policy::Queue).await;
        test.settle(thread).await;
    }
    let order = |page: &str| -> Vec<usize> {
        let place = |thread: &ThreadId| page.find(&format!("id=\"t-{thread}\""));
        let mut found: Vec<(usize, usize)> =
            threads.iter().enumerate().filter_map(|(n, thread)| Some((place(thread)?, n))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, n)| n).collect()
    };
    let page = browser.get("/console").await.text;
    assert!(page.contains("Needs a person <span class=\"count\" id=\"waiting\">2</span>"), "{page}");
    let mut needs = order(&page);
    needs.sort_unstable();
    assert_eq!(needs, [0, 2], "{page}");
    assert_eq!(order(&browser.get("/console?tab=all").await.text), [0, 2, 1], "the newest entry first");
    assert_eq!(order(&browser.get("/console?tab=mine").await.text), [0; 0]);
    browser.post(&format!("/console/threads/{}/take", threads[1]), "").await;
    let mine = browser.get("/console?tab=mine").await.text;
    assert!(order(&mine) == [1] && mine.contains("You answer"), "{mine}");
}

#[tokio::test]
async fn presence_is_told_to_others_and_what_is_shown_is_read() {
    let mut browser = signed_in("Ann").await;
    let thread = browser.server.test.thread().await.id;
    browser.server.test.say(thread, "Hello", Policy::Queue).await;
    let last = browser.server.test.settle(thread).await.last_seq;
    let path = format!("/console/threads/{thread}/presence");
    assert!(browser.get("/console?tab=all").await.text.contains("Unread:"));
    let told = form(&[("viewing", "true"), ("typing", "reply"), ("seen", &last.to_string())]);
    let own = browser.post(&path, &told).await;
    assert_eq!((own.status, own.text.contains("Ann")), (200, false), "{}", own.text);
    assert!(!browser.get("/console?tab=all").await.text.contains("Unread:"));
    assert_eq!(browser.post(&path, &form(&[("viewing", "true"), ("seen", "99")])).await.status, 400);
    enter(&mut browser, "Ben").await;
    assert!(browser.post(&path, "").await.text.contains("Ann types a reply"));
    let inbox = browser.get("/console?tab=all").await.text;
    assert!(inbox.contains("Ann looks at this") && inbox.contains("Unread:"), "{inbox}");
}

#[tokio::test]
async fn rows_arrive_live_with_how_many_wait() {
    let browser = signed_in("Ann").await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    let now = test.app.clock().now().0;
    let live = async |list: &str| {
        let path = format!("/console/live?topics=i:{list}@{now}");
        browser.request(Method::GET, &path).header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let (mut needs, mut all) = (live("needs").await, live("all").await);
    let ask = Ask { reason: "a refund".into(), ..Ask::default() };
    test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap();
    for stream in [&mut needs, &mut all] {
        let mut read = String::new();
        while !(read.contains("event: row") && read.contains("event: waiting") && read.contains("Asks for a person")) {
            read += std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap();
        }
        assert!(read.contains("\"html\":\"1\""), "{read}");
    }
    browser.post(&format!("/console/threads/{thread}/take"), "").await;
    let mut read = String::new();
    while !(read.contains("event: left") && read.contains("\"html\":\"0\"")) {
        read += std::str::from_utf8(&needs.chunk().await.unwrap().expect("the stream goes on")).unwrap();
    }
}
