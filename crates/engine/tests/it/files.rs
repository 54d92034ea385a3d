//! Pictures and text files of messages on their way to a model.

use std::collections::BTreeMap;

use ::providers::{
    Kind, Models, Overrides, Protocol, Provider, ProviderSettings, RouteSettings, Routes, Times, testing::StrictPeer,
};
use domain::{
    AttachmentId, Limits, ThreadId,
    agent::Settings,
    attachment::Attachment,
    controls::Policy,
    event::Ended,
    message::{Body, Part},
    shares::Holder,
};
use engine::{
    app::messages::Send,
    testing::{Choices, TestApp},
};
use futures_util::stream;
use serde_json::Value;

struct World {
    test: TestApp,
    peer: StrictPeer,
}

impl World {
    /// An engine whose only model is the peer's, over the wire `anthropic`.
    async fn start(limits: Limits, images: Option<bool>) -> Self {
        let (url, peer) = StrictPeer::start().await;
        let provider = ProviderSettings {
            name: "far".into(),
            kind: Kind::Anthropic,
            base_url: Some(url),
            wire: Some(Protocol::Anthropic),
            key: None,
            ca_file: None,
            times: Times::all(std::time::Duration::from_secs(60)),
        };
        let overrides = Overrides { images, ..Overrides::default() };
        let model = Some("one".into());
        let route = RouteSettings { provider: "far".into(), model, overrides, ..RouteSettings::default() };
        let providers = vec![Provider::new(provider).expect("a provider")];
        let routes = Routes::new(providers, BTreeMap::from([("default".into(), route)])).expect("a route");
        let test = TestApp::with(Choices { models: Models::new(routes), limits, ..Choices::default() }).await;
        test.default_agent(Settings::default()).await;
        Self { test, peer }
    }

    async fn upload(&self, name: &str, bytes: Vec<u8>) -> Attachment {
        let bytes = stream::iter([Ok(bytes)]);
        self.test.app.upload(&self.test.caller, name, bytes, None).await.expect("it is stored")
    }

    /// Says the text with these files, and waits for the end of the turn.
    async fn say(&self, thread: ThreadId, text: &str, files: &[&Attachment]) -> Ended {
        let mut body = Body::text(text);
        body.content.extend(files.iter().map(|file| file.part()));
        self.send(thread, body).await
    }

    async fn send(&self, thread: ThreadId, body: Body) -> Ended {
        self.test.app.send(&self.test.caller, Send::new(thread, body, Policy::Queue)).await.expect("it is accepted");
        self.test.settle(thread).await;
        self.test.log(thread).await.iter().rev().find_map(|e| e.event.ended().cloned()).expect("the turn has ended")
    }

    /// The blocks of all users' messages of the last request, in a word: the text, or `png`.
    fn shown(&self) -> Vec<String> {
        let messages = self.messages();
        let of_user = messages.iter().filter(|message| message["role"] == "user");
        let blocks = of_user.flat_map(|message| message["content"].as_array().expect("blocks"));
        let word = |block: &Value| match block["type"].as_str() {
            Some("image") => block["source"]["media_type"].as_str().expect("a type").replace("image/", ""),
            _ => block["text"].as_str().expect("a text").to_owned(),
        };
        blocks.map(word).collect()
    }

    fn messages(&self) -> Vec<Value> {
        let mut body = self.peer.requests().pop().expect("a request").body;
        unmarked(&mut body);
        body["messages"].as_array().expect("messages").clone()
    }
}

/// The marks of the cache move with the end of the prompt, and are no part of it.
fn unmarked(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("cache_control");
            members.values_mut().for_each(unmarked);
        }
        Value::Array(all) => all.iter_mut().for_each(unmarked),
        _ => {}
    }
}

/// A PNG with this number of pixels, which is all that anybody here reads. The checksums are wrong.
fn png(width: u32, height: u32, color: u8) -> Vec<u8> {
    png_with(width, height, color, 40)
}

/// The same, with this number of bytes for its pixels.
fn png_with(width: u32, height: u32, color: u8, bytes: usize) -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| [&(data.len() as u32).to_be_bytes(), kind, data, &[0; 4]].concat();
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = chunk(b"IHDR", &[&size[..], &[8, color, 0, 0, 0]].concat());
    [&b"\x89PNG\r\n\x1a\n"[..], &header, &chunk(b"IDAT", &vec![7; bytes]), &chunk(b"IEND", b"")].concat()
}

fn limits() -> Limits {
    Choices::default().limits
}

fn ok(ended: &Ended) {
    assert_eq!((&ended.code, &ended.reason), (&None, &None));
}

#[tokio::test]
async fn a_picture_and_a_text_file_reach_the_model_and_other_files_are_named() {
    let world = World::start(limits(), None).await;
    let thread = world.test.thread().await.id;
    let picture = world.upload("cat.png", png(10, 8_000, 2)).await;
    let text = world.upload("a.csv", b"a,b\n1,2\n".to_vec()).await;
    let pdf = world.upload("b.pdf", b"%PDF-1.7\n\x00\x01".to_vec()).await;
    ok(&world.say(thread, "look", &[&picture, &text, &pdf]).await);
    let named = format!("[b.pdf, application/pdf, {} bytes]", pdf.size_bytes);
    assert_eq!(world.shown(), ["look", "png", "[a.csv]\na,b\n1,2\n", &named]);
    let first = world.messages();
    ok(&world.say(thread, "and now?", &[]).await);
    assert_eq!(world.messages()[..first.len()], first[..], "the same prefix in the next turn");
    assert_eq!(world.peer.complaints(), [""; 0]);
    assert_eq!(world.test.app.memory().lent(), 0, "the memory of the files is returned");
}

#[tokio::test]
async fn pictures_beyond_the_number_of_a_request_are_named_from_the_oldest_on_and_stay_so() {
    let world = World::start(Limits { model_pictures: 5, ..limits() }, None).await;
    let thread = world.test.thread().await.id;
    let mut pictures = Vec::new();
    for number in 0..9 {
        pictures.push(world.upload(&format!("{number}.png"), png(number + 1, 1, 2)).await);
    }
    let mut shown = Vec::new();
    let mut before: Vec<Value> = Vec::new();
    let mut kept = 0;
    for (number, picture) in pictures.iter().enumerate() {
        ok(&world.say(thread, &format!("picture {number}"), &[picture]).await);
        let messages = world.messages();
        kept += usize::from(messages.starts_with(&before));
        before = messages;
        shown.push(world.shown().iter().filter(|word| *word == "png").count());
    }
    assert_eq!(shown, [1, 2, 3, 4, 5, 3, 4, 5, 3], "three fifths stay when the sixth comes");
    assert_eq!(kept, 7, "the prefix changes twice in nine turns");
    assert_eq!(world.shown().iter().filter(|word| word.starts_with('[')).count(), 6);
    assert_eq!(world.peer.complaints(), [""; 0]);
}

#[tokio::test]
async fn the_21st_picture_of_a_thread_breaks_nothing_whatever_the_operator_allows() {
    for (most, shown) in [(20, 2), (1_000, 2), (4, 2), (0, 0)] {
        let world = World::start(Limits { model_pictures: most, ..limits() }, None).await;
        let thread = world.test.thread().await.id;
        let picture = world.upload("a.png", png(3_000, 3_000, 2)).await;
        let many = |count: usize| vec![&picture; count];
        ok(&world.say(thread, "nineteen", &many(19)).await);
        for _ in 0..2 {
            ok(&world.say(thread, "one more", &many(1)).await);
        }
        let words = world.shown();
        assert_eq!(words.iter().filter(|word| *word == "png").count(), shown, "{most}: {words:?}");
        assert_eq!(world.peer.complaints(), [""; 0], "{most}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_what_it_should_be_is_named_with_the_reason() {
    let limits = Limits { model_picture_bytes: 200, model_text_bytes: 4, ..limits() };
    let world = World::start(limits, None).await;
    let thread = world.test.thread().await.id;
    let whole = png(20, 20, 2);
    let cut = whole[..whole.len() - 12].to_vec();
    let of_bytes = |bytes: usize| png_with(20, 20, 2, 40 + bytes - png(20, 20, 2).len());
    let mut files = Vec::new();
    for (name, bytes) in [
        ("exact.png", of_bytes(200)),
        ("large.png", of_bytes(201)),
        ("wide.png", png(8_001, 1, 2)),
        ("huge.png", png(20_000, 20_000, 2)),
        ("cut.png", cut.clone()),
        ("binary.txt", b"text\0\x01".to_vec()),
        ("long.txt", "abcä".as_bytes().to_vec()),
    ] {
        files.push(world.upload(name, bytes).await);
    }
    ok(&world.say(thread, "look", &files.iter().collect::<Vec<_>>()).await);
    let size = whole.len();
    let words = world.shown();
    assert_eq!(words[..2], ["look", "png"]);
    assert_eq!(words[2], "[large.png, image/png, 201 bytes: not shown, because it has more than 200 bytes]");
    let wide = |name: &str| {
        format!("[{name}, image/png, {size} bytes: not shown, because it has more than 8000 pixels a side]")
    };
    assert_eq!(words[3..5], [wide("wide.png"), wide("huge.png")]);
    assert_eq!(words[5], format!("[cut.png, image/png, {} bytes: not shown, because it is damaged]", cut.len()));
    assert_eq!(words[6], "[binary.txt, application/octet-stream, 6 bytes]");
    assert_eq!(words[7], "[long.txt]\nabc\n[2 more bytes of this file are left out]");
    assert_eq!(world.peer.complaints(), [""; 0]);
}

#[tokio::test]
async fn a_picture_that_was_deleted_is_named_in_later_turns() {
    let world = World::start(limits(), None).await;
    let thread = world.test.thread().await.id;
    let picture = world.upload("cat.png", png(10, 10, 2)).await;
    ok(&world.say(thread, "look", &[&picture]).await);
    assert_eq!(world.shown(), ["look", "png"]);
    world.test.app.delete_image(&world.test.caller, picture.id).await.expect("it is deleted");
    ok(&world.say(thread, "again", &[]).await);
    assert_eq!(world.shown(), ["look", "[cat.png: deleted]", "again"]);
}

#[tokio::test]
async fn a_model_without_eyes_gets_names_and_an_address_that_nobody_fetches_is_a_named_link() {
    let blind = World::start(limits(), Some(false)).await;
    let seeing = World::start(limits(), None).await;
    for (world, word) in [(&blind, ""), (&seeing, "png")] {
        let thread = world.test.thread().await.id;
        let picture = world.upload("cat.png", png(10, 10, 2)).await;
        let url = Part::Image { url: Some("https://example.com/a.png".into()), attachment: None, media_type: None };
        let stored = |attachment: AttachmentId| Part::ImageFile { attachment, filename: Some("own.png".into()) };
        let mut body = Body::text("look");
        body.content.extend([stored(picture.id), url]);
        ok(&world.send(thread, body).await);
        let size = picture.size_bytes;
        let named = format!("[cat.png, image/png, {size} bytes: not shown, because this model reads no pictures]");
        let first = if word.is_empty() { named.as_str() } else { word };
        assert_eq!(world.shown(), ["look", first, "[https://example.com/a.png]"]);
    }
}

#[tokio::test]
async fn a_picture_that_the_provider_refuses_is_named_from_then_on_and_the_turn_is_answered() {
    let world = World::start(limits(), None).await;
    let thread = world.test.thread().await.id;
    let picture = world.upload("odd.png", png(10, 10, 9)).await;
    ok(&world.say(thread, "look", &[&picture]).await);
    assert_eq!(world.peer.complaints(), ["anthropic: Could not process image"]);
    assert_eq!(world.shown(), ["look", "[odd.png]"]);
    let good = world.upload("good.png", png(10, 10, 2)).await;
    ok(&world.say(thread, "and this?", &[&good]).await);
    assert_eq!(world.shown(), ["look", "[odd.png]", "and this?", "png"]);
    assert_eq!(world.peer.complaints().len(), 1, "the refused picture is not sent again");
}

#[tokio::test]
async fn pictures_stay_within_the_bytes_of_a_request() {
    let picture_bytes = png(1, 1, 2).len() as u64;
    let limits = Limits { model_pictures_bytes: 5 * picture_bytes, ..limits() };
    let world = World::start(limits, None).await;
    let thread = world.test.thread().await.id;
    let picture = world.upload("a.png", png(1, 1, 2)).await;
    let count = || world.shown().iter().filter(|word| *word == "png").count();
    ok(&world.say(thread, "five", &[&picture; 5]).await);
    assert_eq!(count(), 5);
    ok(&world.say(thread, "one more", &[&picture]).await);
    assert_eq!(count(), 1, "the five are one message, and leave together");
    ok(&world.say(thread, "six", &[&picture; 6]).await);
    assert_eq!(count(), 5, "the oldest of the message is named");
}

#[tokio::test]
async fn a_turn_without_memory_for_its_files_waits_and_is_answered_later() {
    let world = World::start(limits(), None).await;
    let (test, thread) = (&world.test, world.test.thread().await.id);
    let picture = world.upload("a.png", png(1, 1, 2)).await;
    // Three quarters of the memory that is lent, which is half of the budget: the project gets no more.
    let most = Choices::default().memory_bytes / 2 / 4 * 3;
    let held = test.app.memory().take(Holder::project(test.caller.project), most).expect("memory");
    let mut body = Body::text("look");
    body.content.push(picture.part());
    test.app.send(&test.caller, Send::new(thread, body, Policy::Queue)).await.expect("it is accepted");
    while test.workers().used() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.peer.requests(), [], "the turn waits without a worker");
    drop(held);
    test.settle(thread).await;
    assert_eq!(world.shown(), ["look", "png"]);
    assert_eq!(test.app.memory().lent(), 0);
}
