//! The files of the chat widget, and its page.

use std::sync::Arc;

use console::Widget;
use dialect_kit::{Proxies, testing::Server};
use dialect_native::Native;
use domain::agent::Guests;
use engine::testing::Choices;
use reqwest::{Client, Response, StatusCode};

async fn server(widget_url: Option<&str>) -> Server {
    let widget = Widget::new(widget_url);
    Server::of_surfaces(Proxies::default(), Choices::default(), vec![Arc::new(Native)], vec![Arc::new(widget)]).await
}

async fn get(server: &Server, path: &str) -> Response {
    // Its client installs the cryptography that every client needs.
    let _ = server.client();
    Client::new().get(format!("{}{path}", server.url)).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The agent `default` lets guests of these origins in. Returns its id for guests.
async fn guests(server: &Server, origins: &[&str]) -> String {
    let test = &server.test;
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap();
    let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
    let change = |draft: &mut engine::app::agents::Draft| {
        draft.settings.guests = Some(Guests { origins, ..Guests::default() });
    };
    let changed = test.app.update_agent(&test.caller, agent.id, change).await.unwrap();
    changed.guest_id.unwrap().to_string()
}

#[tokio::test]
async fn pages_of_all_origins_load_the_files_and_keep_them_by_their_hash() {
    let server = server(None).await;
    let loader = get(&server, "/widget.js").await;
    assert_eq!(header(&loader, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&loader, "access-control-allow-origin"), "*");
    assert_eq!(header(&loader, "cross-origin-resource-policy"), "cross-origin");
    assert_eq!(header(&loader, "cache-control"), "public, max-age=300");
    let text = loader.text().await.unwrap();
    let hash = text.split("/widget/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(hash.len(), 16, "{hash}");
    let mut modules = vec!["panel.js".to_owned()];
    let mut at = 0;
    while at < modules.len() {
        let module = get(&server, &format!("/widget/{hash}/{}", modules[at])).await;
        assert_eq!(module.status(), 200, "{}", modules[at]);
        assert_eq!(header(&module, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&module, "access-control-allow-origin"), "*");
        let text = module.text().await.unwrap();
        for used in text.split(" from './").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned()) {
            if !modules.contains(&used) {
                modules.push(used);
            }
        }
        at += 1;
    }
    assert_eq!(modules.len(), 8, "{modules:?}");
    assert_eq!(get(&server, "/widget/0000000000000000/panel.js").await.status(), 404);
    assert_eq!(get(&server, &format!("/widget/{hash}/other.js")).await.status(), 404);
}

#[tokio::test]
async fn the_page_is_framed_by_the_agents_origins_and_reaches_the_public_api_alone() {
    let server = server(None).await;
    let agent = guests(&server, &["https://shop.example", "https://www.shop.example"]).await;
    let page = get(&server, &format!("/chat/{agent}")).await;
    assert_eq!(page.status(), 200);
    let policy = header(&page, "content-security-policy").to_owned();
    let host = server.url.strip_prefix("http://").unwrap();
    for part in [
        "default-src 'none'".to_owned(),
        format!("connect-src {host}/api/v1/chat/;"),
        "form-action 'none'".to_owned(),
        "frame-ancestors https://shop.example https://www.shop.example;".to_owned(),
        "trusted-types 'none'".to_owned(),
    ] {
        assert!(policy.contains(&part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains(&format!("data-agent=\"{agent}\"")) && !text.contains("<form") && !text.contains(" style="));
}

#[tokio::test]
async fn an_agent_that_lets_nobody_in_has_no_page() {
    let server = server(None).await;
    let mut texts = Vec::new();
    for agent in ["00000000-0000-4000-8000-000000000000", "default", "%22%3E%3Cscript%3E"] {
        let page = get(&server, &format!("/chat/{agent}")).await;
        assert_eq!(
            (page.status(), header(&page, "content-type")),
            (StatusCode::NOT_FOUND, "text/plain; charset=utf-8")
        );
        texts.push(page.text().await.unwrap());
    }
    texts.dedup();
    assert_eq!(texts, ["Agent not found\n"]);
}

#[tokio::test]
async fn with_an_address_of_its_own_no_other_host_has_the_page() {
    let server = server(Some("https://talk.example.com")).await;
    let agent = guests(&server, &["https://shop.example"]).await;
    let path = format!("/chat/{agent}");
    assert_eq!(get(&server, &path).await.status(), 421);
    assert_eq!(get(&server, "/widget.js").await.status(), 200);
    let there = Client::new().get(format!("{}{path}", server.url)).header("host", "talk.example.com");
    assert_eq!(there.send().await.unwrap().status(), 200);
}
