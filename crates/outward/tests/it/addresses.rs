//! Local addresses are reached by no way that the rules do not allow.

use std::{net::IpAddr, process::Command};

use outward::{Client, Failure, Targets};

use crate::endpoint::{Endpoint, OK, any_client, client_for, get, send, settled, table};

const LOCAL: Failure = Failure::Target("must not lead to a private or local address");

async fn failure(client: &Client, url: &str) -> Failure {
    client.send(get(url)).await.err().unwrap_or_else(|| panic!("{url} answers"))
}

fn mapped(endpoint: &Endpoint) -> IpAddr {
    endpoint.address.to_ipv6_mapped().into()
}

#[tokio::test]
async fn a_local_address_is_refused_in_every_spelling() {
    let inner = Endpoint::new().await;
    let [a, b, c, d] = inner.address.octets();
    let number = u32::from(inner.address);
    for host in [
        format!("{}", inner.address),
        format!("{number}"),
        format!("{number:#x}"),
        format!("{a:#o}.{b}.{c}.{d}").replace("0o", "0"),
        format!("[::ffff:{}]", inner.address),
        format!("[{}]", inner.address.to_ipv6_mapped()),
        format!("[64:ff9b::{}]", inner.address),
        "localhost".into(),
    ] {
        let url = format!("http://{host}:8080/");
        assert_eq!(failure(&Client::from(Targets::Public), &url).await, LOCAL, "{url}");
    }
    assert!(inner.is_untouched());
    let (answered, _) = tokio::join!(send(get(inner.url())), inner.answer(OK));
    assert_eq!(answered.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_name_of_a_local_address_is_refused_like_an_unknown_one() {
    let inner = Endpoint::new().await;
    let names: [(&str, &[IpAddr]); 2] = [("plain.test", &[inner.address.into()]), ("mapped.test", &[mapped(&inner)])];
    let client = client_for(&[], &names);
    for name in ["plain.test", "mapped.test", "unknown.test"] {
        assert_eq!(failure(&client, &format!("http://{name}:8080/")).await, Failure::NoAddress, "{name}");
    }
    assert!(inner.is_untouched());

    let any = settled(outward::Settings { targets: Targets::Any, names: table(&names), ..Default::default() });
    let (answered, request) = tokio::join!(any.send(get("http://plain.test:8080/a?b")), inner.answer(OK));
    assert_eq!(answered.expect("an answer").status, 200);
    assert!(request.starts_with("get /a?b http/1.1") && request.contains("\nhost: plain.test:8080"), "{request}");
}

#[tokio::test]
async fn a_name_with_a_local_address_among_others_leads_to_the_others_alone() {
    let (inner, allowed) = (Endpoint::new().await, Endpoint::new().await);
    let addresses = [inner.address.into(), mapped(&inner), allowed.address.into()];
    let client = client_for(&[&allowed], &[("both.test", &addresses)]);
    let (answered, _) = tokio::join!(client.send(get("http://both.test:8080/")), allowed.answer(OK));
    assert_eq!(answered.expect("an answer").status, 200);
    assert!(inner.is_untouched());
}

#[tokio::test]
async fn a_redirect_to_a_local_address_is_refused() {
    let (inner, allowed) = (Endpoint::new().await, Endpoint::new().await);
    let client = client_for(&[&allowed], &[("inner.test", &[inner.address.into()])]);
    for (location, expected) in [
        (inner.url(), LOCAL),
        (format!("//{}/", inner.at()), LOCAL),
        (format!("http://[::ffff:{}]:8080/", inner.address), LOCAL),
        ("http://inner.test:8080/".into(), Failure::NoAddress),
        (format!("http://{}:22/", allowed.address), Failure::Target("must use port 80, 443, 8080 or 8443")),
        (format!("http://a:b@{}/", allowed.at()), Failure::Target("must not contain a user name or password")),
        ("file:///etc/passwd".into(), Failure::Target("must not contain a host")),
    ] {
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let mut request = get(allowed.url());
        request.redirects_max = 5;
        let (answered, _) = tokio::join!(client.send(request), allowed.answer(&answer));
        let failure = answered.err().unwrap_or_else(|| panic!("{location} is followed"));
        match location.starts_with("http") || location.starts_with("//") {
            true => assert_eq!(failure, expected, "{location}"),
            false => assert!(matches!(failure, Failure::Target(_)), "{location}: {failure:?}"),
        }
    }
    assert!(inner.is_untouched());
}

#[tokio::test]
async fn other_schemes_and_credentials_are_refused_for_any_target() {
    let inner = Endpoint::new().await;
    for url in [
        format!("ftp://{}/", inner.at()),
        format!("ws://{}/", inner.at()),
        format!("http://user:password@{}/", inner.at()),
        format!("http://@{}/", inner.at()),
        format!("{}", inner.at()),
    ] {
        assert!(matches!(failure(&any_client(), &url).await, Failure::Target(_)), "{url}");
    }
    assert!(inner.is_untouched());
}

#[tokio::test]
async fn a_client_of_one_policy_uses_no_connection_of_another() {
    let inner = Endpoint::new().await;
    let (answered, _) = tokio::join!(send(get(inner.url())), inner.answer(OK));
    drop(answered.expect("an answer"));
    assert_eq!(failure(&Client::from(Targets::Public), &inner.url()).await, LOCAL);
}

/// Runs another test in a process whose environment names a proxy that nobody can reach.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    let test = "addresses::a_name_with_a_local_address_among_others_leads_to_the_others_alone";
    let mut process = Command::new(std::env::current_exe().expect("a path"));
    process.args(["--exact", test]).env("http_proxy", "http://127.0.0.1:1").env_remove("no_proxy");
    let output = process.env_remove("NO_PROXY").output().expect("the test runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}
