//! Starting: what is opened, what is said, and what stands in the way.

use std::{fs, net::TcpListener};

use store::testing::Cluster;

use crate::process::{KEY, Ran, Server, Start, binary, client, library, write};

#[tokio::test]
async fn a_server_says_what_it_is_and_answers_health_and_readiness() {
    let server = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let said = server.logged("no model provider is configured");
    assert!(said["message"].as_str().unwrap().contains("`echo`"), "{said}");
    for path in ["/healthz", "/health"] {
        assert_eq!(server.get(path).await, (200, serde_json::json!({ "status": "ok" })), "{path}");
    }
    assert_eq!(server.get("/readyz").await, (200, serde_json::json!({ "status": "ready" })));
    let anybody = client().get(format!("{}/healthz", server.url)).send().await.unwrap();
    assert_eq!(anybody.status(), 200, "no key is needed");
    assert!(anybody.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn the_first_start_says_what_it_made_and_later_ones_make_nothing() {
    let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY);
    let mut command = start.start();
    command.signal("TERM");
    assert_eq!(command.ended().0.code(), Some(0));
    let folder = command.folder.clone();

    let other = "tl_another_key_of_twenty_or_more";
    let again = Start::on("serve", folder).env("THREADLINE_BOOTSTRAP_KEY", other).start();
    let warned = again.logged("the bootstrap key is not a key of this store");
    assert_eq!(warned["level"], "WARN");
    assert!(!warned.to_string().contains(other), "{warned}");
    assert_eq!(again.get("/threadline/v1/threads").await.0, 200, "the first key is still good");
    assert_eq!(again.ask_as(other, &["thread", "list"]).code, 4, "a bootstrap key is the first key or none");
}

#[test]
fn every_log_line_of_a_request_has_its_id_and_no_secret() {
    let server = Server::start();
    server.thread();
    let line = server.logged("answered");
    assert_eq!(line["path"], "/threadline/v1/threads");
    assert!(line["id"].as_str().is_some_and(|id| id.len() == 36), "{line}");
    assert!(!line.to_string().contains(KEY));
}

#[test]
fn a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let server = Server::start();
    let second = Ran::of(binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(server.data()));
    assert_eq!(second.code, 7, "{}", second.err);
    let folder = server.data();
    assert!(
        second.err.contains(folder.to_str().unwrap()) && second.err.contains("used by another process"),
        "{}",
        second.err
    );
    server.thread();
}

#[test]
fn a_damaged_folder_is_refused_with_what_to_do_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let garbage = "no database at all ".repeat(1_000);
    let database = write(&folder, "data/threadline.db", &garbage);
    let ran = Ran::of(binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data")));
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert!(ran.err.contains(&database) && ran.err.contains("Move it away"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&database).unwrap(), garbage);
}

#[test]
fn a_database_that_cannot_be_opened_is_named_with_what_to_look_for() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("data/threadline.db");
    fs::create_dir_all(&database).unwrap();
    let ran = Ran::of(binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data")));
    assert_eq!(ran.code, 7, "{}", ran.err);
    let says = |text: &str| ran.err.contains(text);
    assert!(
        says(database.to_str().unwrap()) && says("this user may read and write it") && says("space"),
        "{}",
        ran.err
    );
}

#[test]
fn a_database_that_is_not_there_is_an_error_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::of(
        binary()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .env("THREADLINE_DATABASE", "postgres://ada:s3cret@127.0.0.1:1/threads"),
    );
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert!(ran.err.contains("127.0.0.1:1") && !ran.err.contains("s3cret"), "{}", ran.err);
}

#[tokio::test]
async fn a_server_on_postgresql_goes_on_where_it_was_and_never_tells_its_password() {
    let database = Cluster::of_this_process().fresh_database().await.replace("postgres@", "postgres:s3cret@");
    let on = |start: Start| start.env("THREADLINE_DATABASE", &database).env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let mut server = on(Start::new("serve"));
    let thread = server.thread();
    assert_eq!(server.ask(&["thread", "send", &thread, "Hello", "--follow"]).out, "Hello\n");
    server.signal("TERM");
    assert_eq!(server.ended().0.code(), Some(0));

    let mut again = Start::on("serve", server.folder.clone());
    again = again.env("THREADLINE_LOG", "trace");
    let again = on(again);
    assert_eq!(again.ask(&["thread", "show", &thread]).out.matches("  Hello\n").count(), 2);
    again.signal("TERM");
    while let Some(line) = again.log_line() {
        assert!(!line.to_string().contains("s3cret"), "{line}");
    }
}

#[tokio::test]
async fn a_second_server_on_one_database_says_what_they_do_not_do_for_one_another() {
    let database = Cluster::of_this_process().fresh_database().await;
    let start =
        || Start::new("serve").env("THREADLINE_DATABASE", &database).env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let first = start();
    let of_postgres = |line: &&serde_json::Value| line["target"].as_str().is_some_and(|t| t.contains("postgres"));
    assert_eq!(first.before.iter().find(of_postgres), None, "notices say what went as it should");
    let second = start();
    let warned = second.logged("another server has this database open");
    assert_eq!(warned["level"], "WARN");
    let upload = client().post(format!("{}/threadline/v1/attachments?name=a.txt", first.url)).bearer_auth(KEY);
    let stored: serde_json::Value = upload.body("here").send().await.unwrap().json().await.unwrap();
    let content = format!("/threadline/v1/attachments/{}/content", stored["id"].as_str().unwrap());
    assert_eq!(client().get(format!("{}{content}", first.url)).bearer_auth(KEY).send().await.unwrap().status(), 200);
    let (status, body) = second.get(&content).await;
    assert_eq!(status, 503, "{body}");
    assert!(body.to_string().contains("not in this server's data folder"), "{body}");
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::of(binary().args(["serve", "--listen", &address, "--data"]).arg(folder.path()));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains(&address) && ran.err.contains("--listen"), "{}", ran.err);
    // Off a terminal the log is for programs, whatever goes wrong after it has begun.
    let log: Vec<&str> = ran.err.lines().take_while(|line| !line.starts_with("error: ")).collect();
    assert!(
        !log.is_empty() && log.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{log:?}"
    );
}

/// Preloaded, it gives no port below 1024 away: what the system does to those who have no right to them.
const NO_LOW_PORTS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *at, socklen_t length) {
    static int (*real)(int, const struct sockaddr *, socklen_t);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "bind");
    const struct sockaddr_in *in = (const struct sockaddr_in *)at;
    if (at->sa_family == AF_INET && ntohs(in->sin_port) > 0 && ntohs(in->sin_port) < 1024) { errno = EACCES; return -1; }
    return real(fd, at, length);
}
"#;

#[test]
fn a_port_that_the_system_keeps_is_told_from_one_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let preloaded = library(&folder, NO_LOW_PORTS);
    let listen = |address: &str| {
        let mut serve = binary();
        serve.args(["serve", "--listen", address, "--data"]).arg(folder.path().join("data"));
        Ran::of(serve.env("LD_PRELOAD", &preloaded))
    };
    let low = listen("127.0.0.1:80");
    assert_eq!(low.code, 1, "{}", low.err);
    for part in ["cannot listen on 127.0.0.1:80", "from 1024 on", "--listen", "cap_net_bind_service"] {
        assert!(low.err.contains(part), "{part}: {}", low.err);
    }
    let used = listen(&taken.local_addr().unwrap().to_string());
    assert!(used.err.contains("stop what is using the port") && !used.err.contains("1024"), "{}", used.err);
    let foreign = listen("192.0.2.1:7420");
    assert!(foreign.err.contains("an address of this machine") && !foreign.err.contains("using"), "{}", foreign.err);
}
