//! Redirects: followed when asked for, and never with a secret to another origin.

use outward::{
    Answer, Failure, Method, Request,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::endpoint::{Endpoint, OK, any_client, get};

fn to(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn following(redirects_max: u32, request: Request) -> Request {
    Request { redirects_max, ..request }
}

fn with(name: &'static str, request: Request) -> Request {
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("secret"))]);
    Request { headers, ..request }
}

fn post(endpoint: &Endpoint) -> Request {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    Request { method: Method::POST, headers, body: "words".into(), ..get(endpoint.url()) }
}

/// Sends the request while the endpoint gives these answers. Returns the requests that it got.
async fn exchange(endpoint: &Endpoint, request: Request, answers: &[String]) -> (Result<Answer, Failure>, Vec<String>) {
    let client = any_client();
    let answering = async {
        let mut requests = Vec::new();
        for answer in answers {
            requests.push(endpoint.answer(answer).await);
        }
        requests
    };
    tokio::join!(client.send(request), answering)
}

#[tokio::test]
async fn a_redirect_is_the_answer_unless_it_is_to_be_followed() {
    let endpoint = Endpoint::new().await;
    let (answered, _) = exchange(&endpoint, get(endpoint.url()), &[to(302, "/next")]).await;
    let answer = answered.expect("an answer");
    assert_eq!((answer.status.as_u16(), &answer.headers["location"]), (302, &HeaderValue::from_static("/next")));
    assert!(endpoint.is_untouched());
}

#[tokio::test]
async fn as_many_redirects_are_followed_as_the_request_allows() {
    let endpoint = Endpoint::new().await;
    let chain = [to(301, "/1"), to(307, &format!("{}2", endpoint.url())), OK.into()];
    let (answered, requests) = exchange(&endpoint, following(2, get(endpoint.url())), &chain).await;
    assert_eq!(answered.expect("an answer").status, 200);
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(lines, ["get / http/1.1", "get /1 http/1.1", "get /2 http/1.1"]);

    let (answered, _) = exchange(&endpoint, following(1, get(endpoint.url())), &chain[..2]).await;
    assert_eq!(answered.err(), Some(Failure::TooManyRedirects));
    assert!(endpoint.is_untouched());
}

#[tokio::test]
async fn a_redirect_says_whether_the_body_is_sent_again() {
    for (status, is_get) in [(301, true), (302, true), (303, true), (307, false), (308, false)] {
        let endpoint = Endpoint::new().await;
        let answers = [to(status, "/next"), OK.into()];
        let (_, requests) = exchange(&endpoint, following(1, post(&endpoint)), &answers).await;
        let next = &requests[1];
        let is_whole = next.ends_with("\n\nwords") && next.contains("\ncontent-type: text/plain");
        match is_get {
            true => assert!(next.starts_with("get /next") && !next.contains("content-") && !is_whole, "{next}"),
            false => assert!(next.starts_with("post /next") && is_whole, "{next}"),
        }
    }
}

#[tokio::test]
async fn a_header_that_may_carry_a_secret_stays_within_its_origin() {
    for name in ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-goog-api-key", "api-key", "x-own"] {
        let (endpoint, other) = (Endpoint::new().await, Endpoint::new().await);
        let request = || following(3, with(name, get(endpoint.url())));
        let (answered, _) = exchange(&endpoint, request(), &[to(302, &other.url())]).await;
        assert_eq!(answered.err(), Some(Failure::ForeignRedirect), "{name}");
        assert!(other.is_untouched(), "{name}");

        let (answered, requests) = exchange(&endpoint, request(), &[to(302, "/next"), OK.into()]).await;
        assert_eq!(answered.expect("an answer").status, 200);
        assert!(requests[1].contains(&format!("\n{name}: secret")), "{}", requests[1]);
    }
}

#[tokio::test]
async fn a_body_stays_within_its_origin() {
    let (endpoint, other) = (Endpoint::new().await, Endpoint::new().await);
    let (answered, _) = exchange(&endpoint, following(1, post(&endpoint)), &[to(307, &other.url())]).await;
    assert_eq!(answered.err(), Some(Failure::ForeignRedirect));
    assert!(other.is_untouched());
}

#[tokio::test]
async fn a_request_without_secrets_goes_to_another_origin() {
    let (endpoint, other) = (Endpoint::new().await, Endpoint::new().await);
    let request = following(1, with("accept", get(endpoint.url())));
    let redirect = [to(302, &format!("{}a", other.url()))];
    let (first, request) = tokio::join!(exchange(&endpoint, request, &redirect), other.answer(OK));
    assert_eq!(first.0.expect("an answer").status, 200);
    assert!(request.starts_with("get /a") && request.contains("\naccept: secret"), "{request}");
}
