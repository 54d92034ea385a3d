//! The settings of guests: each limit at its edge.

use domain::{
    Limits,
    agent::Settings,
    guests::{Asking, Contact, Day, Files, Guests, Hours, Span},
};
use engine::{app::agents::Draft, testing::TestApp};

async fn set(test: &TestApp, guests: Guests) -> Result<(), String> {
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap();
    let settings = Settings { guests: Some(guests), ..Settings::default() };
    let change = move |draft: &mut Draft| draft.settings = settings;
    let set = test.app.update_agent(&test.caller, agent.id, change).await;
    set.map(drop).map_err(|refused| refused.fields.first().map(|field| field.path.clone()).unwrap_or_default())
}

fn open(days: Vec<Day>, from: &str, to: &str) -> Hours {
    let span = Span { days, from: from.into(), to: to.into() };
    Hours { time_zone: "Europe/Berlin".into(), open: vec![span] }
}

fn asking(hours: Hours) -> Guests {
    Guests { ask: Some(Asking { hours: Some(hours), most_waiting: None }), ..Guests::default() }
}

fn files(types: &[&str], bytes: u64) -> Guests {
    let types = types.iter().map(|own| (*own).to_owned()).collect();
    Guests { files: Some(Files { types, bytes: i64::try_from(bytes).unwrap() }), ..Guests::default() }
}

fn texts(languages: u64, names: u64) -> Guests {
    let of = |language: u64| {
        let own = (0..names).map(|n| (format!("text_{n}"), "words".to_owned())).collect();
        (format!("l{language}"), own)
    };
    Guests { texts: (0..languages).map(of).collect(), ..Guests::default() }
}

fn contact(email: bool, consent: Option<String>) -> Guests {
    Guests { contact: Some(Contact { name: false, email, consent }), ..Guests::default() }
}

#[tokio::test]
async fn each_setting_is_taken_up_to_its_limit_and_refused_beyond_it() {
    let test = TestApp::start().await;
    let limits = Limits::default();
    let long = |chars: u64| Some("x".repeat(usize::try_from(chars).unwrap()));
    let most = |n: u64| Some(i64::try_from(n).unwrap());
    let waiting = |most_waiting| Guests { ask: Some(Asking { hours: None, most_waiting }), ..Guests::default() };
    let spans = |n: u64| {
        let mut hours = open(vec![Day::Monday], "09:00", "17:00");
        hours.open = vec![hours.open[0].clone(); usize::try_from(n).unwrap()];
        asking(hours)
    };
    let types = |n: u64| files(&vec!["image/png"; usize::try_from(n).unwrap()], 1);
    let title = |chars| Guests { title: long(chars), ..Guests::default() };
    let greeting = |chars| Guests { greeting: long(chars), ..Guests::default() };
    let after = |greeting_after_s| Guests { greeting_after_s, ..Guests::default() };
    for (path, good, bad) in [
        ("guests.title", title(limits.guest_title_chars), title(limits.guest_title_chars + 1)),
        ("guests.greeting", greeting(limits.guest_text_chars), greeting(limits.guest_text_chars + 1)),
        ("guests.greeting_after_s", after(most(limits.guest_greeting_s)), after(most(limits.guest_greeting_s + 1))),
        ("guests.greeting_after_s", after(Some(0)), after(Some(-1))),
        ("guests.texts", texts(limits.guest_languages, 1), texts(limits.guest_languages + 1, 1)),
        ("guests.texts.l0", texts(1, limits.guest_texts), texts(1, limits.guest_texts + 1)),
        ("guests.ask.most_waiting", waiting(most(limits.guest_waiting)), waiting(most(limits.guest_waiting + 1))),
        ("guests.ask.most_waiting", waiting(Some(1)), waiting(Some(0))),
        ("guests.ask.hours.open", spans(limits.guest_hours), spans(limits.guest_hours + 1)),
        ("guests.files.types", types(limits.guest_file_types), types(limits.guest_file_types + 1)),
        ("guests.files.types", types(1), types(0)),
        ("guests.files.bytes", files(&["image/*"], limits.upload_bytes), files(&["image/*"], limits.upload_bytes + 1)),
        ("guests.files.bytes", files(&["image/*"], 1), files(&["image/*"], 0)),
        ("guests.contact", contact(true, None), contact(false, None)),
        (
            "guests.contact.consent",
            contact(true, long(limits.guest_text_chars)),
            contact(true, long(limits.guest_text_chars + 1)),
        ),
    ] {
        assert_eq!(set(&test, good).await, Ok(()), "{path}");
        assert_eq!(set(&test, bad).await, Err(path.to_owned()));
    }
}

#[tokio::test]
async fn malformed_settings_are_refused_by_name() {
    let test = TestApp::start().await;
    let colour = |text: &str| Guests { colour: Some(text.into()), ..Guests::default() };
    assert_eq!(set(&test, colour("#1e5ba1")).await, Ok(()));
    for text in ["", "#", "1e5ba1", "#1E5BA1", "#1e5ba", "#1e5ba1f", "#1e5bag", "red", "#é1e5b"] {
        assert_eq!(set(&test, colour(text)).await, Err("guests.colour".into()), "{text}");
    }
    for (hours, path) in [
        (open(vec![Day::Monday], "09:00", "09:00"), "guests.ask.hours.open.0"),
        (open(vec![Day::Monday], "9:00", "17:00"), "guests.ask.hours.open.0"),
        (open(vec![], "09:00", "17:00"), "guests.ask.hours.open.0.days"),
        (open(vec![Day::Monday; 8], "09:00", "17:00"), "guests.ask.hours.open.0.days"),
        (Hours { time_zone: "Europe/Nowhere".into(), open: vec![] }, "guests.ask.hours.time_zone"),
        (Hours { time_zone: "../etc/passwd".into(), open: vec![] }, "guests.ask.hours.time_zone"),
        (Hours { time_zone: String::new(), open: vec![] }, "guests.ask.hours.time_zone"),
    ] {
        assert_eq!(set(&test, asking(hours)).await, Err(path.into()));
    }
    for own in ["", "image", "*/*", "image/", "/png", "Image/png", "image/p*", "image/png; q=1", "image/png/x"] {
        assert_eq!(set(&test, files(&[own], 1)).await, Err("guests.files.types.0".into()), "{own}");
    }
    let text = |language: &str, name: &str, words: &str| {
        let own = [(name.to_owned(), words.to_owned())].into();
        Guests { texts: [(language.to_owned(), own)].into(), ..Guests::default() }
    };
    for (guests, path) in [
        (text("", "send", "x"), "guests.texts"),
        (text("d e", "send", "x"), "guests.texts"),
        (text("de", "", "x"), "guests.texts.de"),
        (text("de", "se.nd", "x"), "guests.texts.de"),
        (text("de", &"n".repeat(65), "x"), "guests.texts.de"),
        (text("de", "send", " "), "guests.texts.de.send"),
    ] {
        assert_eq!(set(&test, guests).await, Err(path.into()));
    }
}
