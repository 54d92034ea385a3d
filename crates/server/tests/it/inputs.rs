//! The same input through several doors: what one takes the others take, what one refuses is refused in the schema of each.

use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

use crate::process::{KEY, Server, client};

struct World {
    server: Server,
    http: Client,
}

impl World {
    fn start() -> Self {
        Self { server: Server::start(), http: client() }
    }

    async fn ask(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> (u16, Value) {
        let url = Url::parse_with_params(&format!("{}{path}", self.server.url), query).expect("a URL");
        let request = self.http.request(method, url).bearer_auth(KEY);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        self.ask(Method::GET, path, query, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, &[], Some(&body)).await
    }

    /// The answer to a request that is taken.
    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert!(matches!(status, 200 | 201 | 204), "{path}: {status} {answer}");
        answer
    }
}

#[tokio::test]
async fn a_time_is_read_alike_wherever_one_is_read() {
    let world = World::start();
    let thread = world.server.thread();
    let (events, project) = (format!("/v1/sessions/session_{}/events", thread.replace('-', "")), project(&world).await);
    let hook = world.made("/threadline/v1/webhooks", json!({"url": "https://example.com/"})).await;
    let replay = format!("/threadline/v1/webhooks/{}/replay", hook["id"].as_str().expect("an id"));
    for (time, shown) in [
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
        ("2100-01-01T00:00:00.1234567890123Z", "2100-01-01T00:00:00.123456Z"),
        ("2100-01-01t02:00:00+02:00", "2100-01-01T00:00:00.000000Z"),
        ("2100-12-31 23:59:60Z", "2100-12-31T23:59:59.000000Z"),
        ("2100-01-01T00:00:00+24:00", ""),
        ("2100-01-01T00:00Z", ""),
        ("21000101T000000Z", ""),
        ("2100-01-01T00:00:00Z[Europe/Kyiv]", ""),
        ("2100-02-30T00:00:00Z", ""),
        ("2100-01-01T00:00:00", ""),
    ] {
        let key = json!({"name": "k", "scopes": ["read"], "expires_at": time});
        let (status, made) = world.post("/threadline/v1/keys", key).await;
        assert_eq!(
            (status, made["expires_at"].as_str().unwrap_or_default()),
            (if shown.is_empty() { 400 } else { 201 }, shown),
            "{time}"
        );
        let asked = [
            ("everruns", world.get(&events, &[("from_ts", time)]).await.0),
            ("native", world.post(&replay, json!({"since": time})).await.0),
        ];
        for (door, status) in asked {
            assert_eq!(status == 400, shown.is_empty(), "{door}: {time}: {status}");
        }
    }
    // Capy's contract knows `Z` alone, and lets the seconds be left out.
    for (to, status) in [("9999-12-31T23:59:59Z", 200), ("2100-01-01T00:00Z", 200), ("2100-01-01T00:00:00Z[UTC]", 422)]
    {
        let query = [("orgId", &*project), ("from", "2020-01-01T00:00:00.1234567890Z"), ("to", to)];
        assert_eq!(world.get("/api/v1/usage", &query).await.0, status, "{to}");
    }
}

async fn project(world: &World) -> String {
    let (status, page) = world.get("/api/v1/projects", &[]).await;
    assert_eq!(status, 200, "{page}");
    page["items"][0]["id"].as_str().expect("an id").to_owned()
}

/// One domain as people write it. Each spelling is the same.
const SPELLINGS: [&str; 5] = [
    "ann@bücher.example",
    "Ann@BÜCHER.example",
    "ann@bu\u{308}cher.example",
    "ann@xn--bcher-kva.example",
    "ANN@XN--BCHER-KVA.EXAMPLE",
];

#[tokio::test]
async fn an_address_with_an_international_domain_is_its_ascii_spellings_contact() {
    let world = World::start();
    for from in SPELLINGS {
        let email = json!({"from": from, "to": from, "cc": format!("Bob <bob@{}>", &from[4..]), "content": "x"});
        world.made("/api/v1/message", email).await;
    }
    let mut thread = String::new();
    for from in SPELLINGS {
        let (_, list) = world.get("/api/v1/customers", &[("email", from)]).await;
        assert_eq!(list["customers"].as_array().map(Vec::len), Some(1), "{from}: {list}");
        assert_eq!(list["customers"][0]["contacts"][0]["email"], "ann@xn--bcher-kva.example");
        let token = world.made("/api/v1/chat/token", json!({"emails": [from]})).await;
        assert!(token["token"].is_string(), "{token}");
        let (status, taken) = world.post("/api/v1/customers", json!({"emails": [from]})).await;
        assert_eq!(status, 409, "{from} is a customer's: {taken}");
        let found = world.made("/api/v1/thread/search", json!({"email": from})).await;
        assert_eq!(found["threads"].as_array().map(Vec::len), Some(SPELLINGS.len()), "{from}: {found}");
        thread = found["threads"][0]["id"].as_str().expect("an id").to_owned();
    }
    let answer = json!({"thread_id": thread, "to": SPELLINGS[1], "bcc": SPELLINGS[0], "content": "y"});
    world.made("/api/v1/message", answer).await;

    let member = world.made("/threadline/v1/members", json!({"email": "eve@bücher.example"})).await;
    assert_eq!(member["email"], "eve@xn--bcher-kva.example");
    let (status, _) = world.post("/threadline/v1/members", json!({"email": "eve@xn--BCHER-kva.example"})).await;
    assert_eq!(status, 409);
    let said = json!({"text": "x", "author": {"member": "EVE@BÜCHER.example"}, "respond": false});
    world.made(&format!("/threadline/v1/threads/{thread}/messages"), said).await;
    let shown = world.server.ask_json(&["member", "list"]);
    assert_eq!(shown[0]["email"], "eve@xn--bcher-kva.example");

    for bad in ["änn@example.com", "ann@-bücher.example", "ann@bücher..example", "ann@bü cher.example"] {
        let (status, refused) = world.post("/api/v1/message", json!({"from": bad, "content": "x"})).await;
        assert!(status == 400 && refused.to_string().contains("must be one e-mail address"), "{bad}: {refused}");
    }
}

#[tokio::test]
async fn a_tab_in_a_subject_or_a_name_loses_no_email() {
    let world = World::start();
    let thread = world.server.thread();
    let messages = format!("/threadline/v1/threads/{thread}/messages");
    let with = |blank: &str| {
        let (line, named) = (format!("One{blank}Two"), format!("Ann{blank}Lee <ann@example.com>"));
        let own = format!("{:x}@example.com", blank.chars().map(u32::from).sum::<u32>());
        [
            ("/api/v1/message", json!({"from": "ann@example.com", "subject": line, "content": "x"})),
            ("/api/v1/message", json!({"from": named, "content": "x"})),
            ("/api/v1/thread", json!({"subject": line})),
            ("/api/v1/customers", json!({"emails": [own], "name": line})),
            (&*messages, json!({"text": "x", "envelope": {"subject": line, "to": [named]}, "respond": false})),
            ("/threadline/v1/members", json!({"email": own, "name": line})),
        ]
        .map(|(path, body)| (path.to_owned(), body))
    };
    for (path, body) in with("\t") {
        world.made(&path, body).await;
    }
    for bad in ["\n", "\r", "\u{85}", "\u{2028}"] {
        for (path, body) in with(bad) {
            assert_eq!(world.post(&path, body.clone()).await.0, 400, "{path} {body}");
        }
    }
    let id = json!({"from": "ann@example.com", "ext_msg_id": "a\tb", "content": "x"});
    assert_eq!(world.post("/api/v1/message", id).await.0, 400, "an id is no text for people");
}

#[tokio::test]
async fn a_link_is_bounded_through_every_door_that_takes_one() {
    let world = World::start();
    let thread = world.server.thread();
    let hex = thread.replace('-', "");
    for (bytes, taken) in [(8_192, true), (8_193, false)] {
        let url = format!("https://example.com/{}", "a".repeat(bytes - 20));
        for (path, body) in [
            (format!("/threadline/v1/threads/{thread}/messages"), json!({"content": [{"type": "link", "url": url}]})),
            (format!("/threadline/v1/threads/{thread}/messages"), json!({"content": [{"type": "image", "url": url}]})),
            (format!("/api/v1/threads/jam_{hex}/message"), json!({"message": "x", "attachmentUrls": [url]})),
            (
                format!("/v1/sessions/session_{hex}/messages"),
                json!({"message": {"content": [{"type": "image", "url": url}]}}),
            ),
        ] {
            let (status, answer) = world.post(&path, body).await;
            assert_eq!(matches!(status, 200 | 201), taken, "{path}: {status}");
            let said = matches!(status, 400 | 422) && answer.to_string().contains("at most 8192 bytes");
            assert!(taken || said, "{path}: {status} {answer}");
        }
    }
}

#[tokio::test]
async fn a_command_prints_json_in_the_servers_order() {
    let world = World::start();
    let file = world.server.folder.path().join("agent.json");
    let settings = r#"{"metadata": {"z": 12345678901234567890123, "a": {"y": 1.50, "b": []}}}"#;
    std::fs::write(&file, settings).expect("a file");
    let made = world.server.ask(&["agent", "create", "own", "--json", "--file", file.to_str().expect("a path")]).out;
    let place = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("no {part} in {text}"));
    assert!(place(&made, "\"z\": 12345678901234567890123") < place(&made, "\"y\": 1.50"), "{made}");
    assert!(place(&made, "\"y\"") < place(&made, "\"b\": []"), "{made}");
    assert!(place(&made, "\"id\"") < place(&made, "\"created_at\""), "{made}");
    let thread = world.server.thread();
    let listed = world.server.ask(&["agent", "list", "--json"]).out;
    assert!(place(&listed, "\"z\"") < place(&listed, "\"y\""), "{listed}");
    let sent = world.server.ask(&["thread", "send", &thread, "Go", "--follow", "--json"]).out;
    let line = sent.lines().next().expect("an event");
    assert!(line.starts_with("{\"id\":\"") && place(line, "\"event\"") < place(line, "\"data\""), "{line}");
    let shown = world.server.ask(&["thread", "show", &thread, "--json"]).out;
    assert!(place(&shown, "\"thread\"") < place(&shown, "\"messages\""), "{shown}");
}
