//! Behind a proxy.

use reqwest::Method;

use crate::process::{KEY, Start, client};

#[tokio::test]
async fn behind_a_proxy_that_is_named_each_client_without_a_key_has_a_rate_of_its_own() {
    let server = Start::new("serve")
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_TRUSTED_PROXIES", "::1, 127.0.0.0/8")
        .env("THREADLINE_LIMITS_GUEST_REQUESTS_PER_S", "1")
        .env("THREADLINE_LIMITS_GUEST_REQUESTS_BURST", "1")
        .start();
    let http = client();
    let refused = async |forwarded: &dyn Fn(u8) -> String| {
        let mut refused = false;
        for n in 0..20 {
            let request = http
                .request(Method::OPTIONS, format!("{}/api/v1/chat/threads", server.url))
                .header("origin", "https://shop.example")
                .header("access-control-request-method", "POST")
                .header("x-forwarded-for", forwarded(n));
            refused |= request.send().await.unwrap().status() == 429;
        }
        refused
    };
    assert!(!refused(&|n| format!("203.0.113.{n}")).await, "twenty clients");
    assert!(refused(&|_| "203.0.113.1".into()).await, "one client");
}
