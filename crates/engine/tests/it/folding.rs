//! Every search ignores case, on every database and under every collation, because the database's own folding never
//! decides.

use domain::{Limits, agent::Settings, controls::Policy, thread::Ticket};
use engine::{
    app::{
        agents::{self, NewAgent},
        messages::search::Search as Sought,
        threads::{Filter, NewThread, page},
        tickets::overview,
    },
    testing::{Choices, TestApp},
};
use store::testing::Cluster;

/// The stored text, a part of it in another spelling, and whether the part is found.
const TEXTS: &[(&str, &str, bool)] = &[
    ("Ärger", "äRGER", true),
    ("ТЕСТ", "тест", true),
    ("İZMİR", "İZMİR", true),
    ("ΦΙΛΟΣΟΦΙΑ", "ΦΙΛΟΣ", true),
    ("ΦΙΛΟΣΟΦΙΑ", "φιλος", true),
    ("ΟΔΟΣ", "οδοσ", true),
    ("k\u{212A}", "Kk", true),
    ("TITLE I", "title i", true),
    ("title i", "TITLE I", true),
    ("100% of A_Z", "% OF a_z", true),
    ("1000 of AbZ", "% OF a_z", false),
    ("a \"quoted\" \\ text", "\"QUOTED\" \\", true),
];

async fn every_search_finds_it(test: &TestApp) {
    let (app, caller) = (&test.app, &test.caller);
    for (i, (text, sought, found)) in TEXTS.iter().enumerate() {
        let (mark, hits) = (format!("m{i}. "), usize::from(*found));
        let (text, sought) = (format!("{mark}{text}"), (*sought).to_owned());
        let new = NewThread { title: Some(text.clone()), ..NewThread::default() };
        let thread = app.create_thread(caller, new).await.unwrap().id;
        let said = test.thread().await.id;
        test.say(said, &text, Policy::Queue).await;
        let settings = Settings { description: Some(text.clone()), ..Settings::default() };
        app.create_agent(caller, NewAgent { id: None, name: format!("a{i}"), settings }, None).await.unwrap();

        let of_title = |title: &str| Filter { title: Some(title.into()), ..Filter::default() };
        let whole = app.list_threads(caller, of_title(&text), None, 10).await.unwrap().threads;
        assert_eq!(whole.iter().map(|one| one.id).collect::<Vec<_>>(), [thread], "{text} by itself");
        let titled = app.list_threads(caller, of_title(&sought), None, 10).await.unwrap().threads;
        assert_eq!(titled.iter().filter(|one| one.id == thread).count(), hits, "{sought} in the title {text}");
        let search = page::Search { title: Some(sought.clone()), limit: 100, ..Default::default() };
        let (page, total) = app.page_threads(caller, search).await.unwrap();
        assert_eq!(page.iter().filter(|one| one.thread.id == thread).count(), hits, "{sought} in {text}");
        assert_eq!(total, page.len() as i64, "{sought}");
        let search =
            overview::Search { title: Some(sought.clone()), ticket: Some(Ticket::Waiting), ..Default::default() };
        let found = app.search_tickets(caller, search, 0, 100).await.unwrap();
        assert_eq!(found.threads.iter().filter(|one| one.last.thread.id == thread).count(), hits, "{sought} in {text}");
        assert_eq!(found.total, found.threads.len() as i64);
        let saying = app.threads_that_say(caller, Filter::default(), &sought, None, 100).await.unwrap().threads;
        assert_eq!(
            saying.iter().filter(|one| [thread, said].contains(&one.id)).count(),
            hits * 2,
            "{sought} in {text}"
        );
        let messages = app.search_messages(caller, Sought::of(&sought), None, 100).await.unwrap().messages;
        assert_eq!(messages.iter().filter(|one| one.thread == said).count(), hits, "{sought} in the message {text}");
        let search = agents::Search { words: Some(sought.clone()), limit: 100, ..Default::default() };
        let (agents, _) = app.search_agents(caller, search).await.unwrap();
        assert_eq!(agents.iter().filter(|one| one.agent.name == format!("a{i}")).count(), hits, "{sought} in {text}");
    }
}

fn quiet() -> Choices {
    Choices { turns: 0, limits: Limits { requests_per_s: 0, ..Limits::default() }, ..Choices::default() }
}

#[tokio::test]
async fn texts_are_found_whatever_their_case_on_sqlite() {
    every_search_finds_it(&TestApp::with(quiet()).await).await;
}

#[tokio::test]
async fn texts_are_found_whatever_their_case_on_postgres() {
    let cluster = Cluster::of_this_process();
    for how in ["", "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"] {
        let database = Some(cluster.fresh_database_with(how).await);
        every_search_finds_it(&TestApp::with(Choices { database, ..quiet() }).await).await;
    }
}
