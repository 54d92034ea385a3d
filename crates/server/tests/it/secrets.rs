//! The sealing keys of a server: where they come from, what the log says of them, and `threadline secrets`.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use store::testing::Cluster;

use crate::process::{KEY, Ran, Server, Start, binary, client, write};

const OLD: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const NEW: &str = "0000000000000000000000000000000000000000000000000000000000000002";

/// The status and the body of a new webhook with a fixed header.
async fn webhook(server: &Server) -> (u16, Value) {
    let body = json!({"url": "https://example.com/", "kind": "authorization", "authorization": "Basic s3cret"});
    let url = format!("{}/threadline/v1/webhooks", server.url);
    let response = client().post(url).bearer_auth(KEY).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn stop(mut server: Server) {
    server.signal("TERM");
    assert_eq!(server.ended().0.code(), Some(0));
    while let Some(line) = server.log_line() {
        assert!(!line.to_string().contains("s3cret") && !line.to_string().contains(&OLD[..32]), "{line}");
    }
}

#[tokio::test]
async fn on_sqlite_the_first_secret_makes_the_key_in_the_data_folder() {
    let server = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let file = server.data().join("sealing.key");
    assert!(!file.exists());
    assert_eq!(webhook(&server).await.0, 201);
    server.logged("made the sealing key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = server.folder.clone();
    let data = server.data();
    stop(server);
    // The database has no trace of the secret, nor has the write-ahead log.
    for entry in fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = fs::read(&entry).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"s3cret"), "{}", entry.display());
    }
    fs::remove_file(&file).unwrap();
    let again = Start::on("serve", folder).env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let said = again.logged("secrets cannot be opened");
    assert_eq!((&said["level"], &said["secrets"]), (&json!("ERROR"), &json!(1)));
    assert_eq!(again.get("/readyz").await.0, 200);
    assert_eq!(again.get("/threadline/v1/webhooks").await.1["data"][0]["has_authorization"], true);
}

#[tokio::test]
async fn on_postgresql_without_a_key_no_secret_is_stored_and_the_reason_is_said() {
    let database = Cluster::of_this_process().fresh_database().await;
    let on = |start: Start| start.env("THREADLINE_DATABASE", &database).env("THREADLINE_BOOTSTRAP_KEY", KEY);
    let server = on(Start::new("serve")).start();
    let (status, problem) = webhook(&server).await;
    assert_eq!((status, &problem["code"]), (409, &json!("sealing_key_missing")));
    assert!(problem["detail"].as_str().unwrap().contains("`sealing_key`"), "{problem}");
    assert!(!server.data().join("sealing.key").exists());
    let folder = server.folder.clone();
    stop(server);
    let again = on(Start::on("serve", folder)).env("THREADLINE_SEALING_KEY", OLD).start();
    assert_eq!(webhook(&again).await.0, 201);
    stop(again);
}

#[tokio::test]
async fn a_key_is_replaced_by_a_list_and_a_reseal() {
    let database = Cluster::of_this_process().fresh_database().await;
    let on = |start: Start, keys: &str| {
        start
            .env("THREADLINE_DATABASE", &database)
            .env("THREADLINE_BOOTSTRAP_KEY", KEY)
            .env("THREADLINE_SEALING_KEY", keys)
            .start()
    };
    let server = on(Start::new("serve"), OLD);
    assert_eq!(webhook(&server).await.0, 201);
    let (folder, data) = (server.folder.clone(), server.data());
    let keys = write(&folder, "keys", &format!("{NEW}\n{OLD}\n"));
    let reseal = |name: &str, value: &str| {
        let mut command = binary();
        command.args(["secrets", "reseal", "--log-format", "json", "--data"]).arg(&data);
        Ran::of(command.env("THREADLINE_DATABASE", &database).env(name, value))
    };
    assert_eq!(reseal("THREADLINE_SEALING_KEY", NEW).code, 7, "the server runs");
    stop(server);
    let lost = reseal("THREADLINE_SEALING_KEY", NEW);
    assert_eq!(lost.code, 1, "{}", lost.err);
    assert!(lost.err.contains("1 secrets stay as they are") && !lost.err.contains(&OLD[..32]), "{}", lost.err);
    for (expected, _) in [("sealed 1 secrets with the first key\n", 1), ("sealed 0 secrets with the first key\n", 2)] {
        let ran = reseal("THREADLINE_SEALING_KEY_FILE", &keys);
        assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{}", ran.err);
    }
    let none = reseal("THREADLINE_LOG", "info");
    assert!(none.code == 1 && none.err.contains("no sealing key"), "{}", none.err);
    let again = on(Start::on("serve", folder), NEW);
    assert_eq!(webhook(&again).await.0, 201);
    stop(again);
}

#[test]
fn keys_that_cannot_be_used_stop_the_start_with_their_source() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bad) = (write(&folder, "keys", OLD), write(&folder, "bad", "s3cret"));
    let list = write(&folder, "t.toml", &format!("sealing_key = [\"{OLD}\", \"{OLD}\"]"));
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for (variables, expected) in [
        (&[("THREADLINE_SEALING_KEY", "s3cret")][..], "(environment THREADLINE_SEALING_KEY): it must have keys of 64"),
        (&[("THREADLINE_CONFIG", &*list)], "t.toml, key sealing_key): it must have keys of 64 hex digits"),
        (&[("THREADLINE_SEALING_KEY", OLD), ("THREADLINE_SEALING_KEY_FILE", &*file)], "are both set"),
        (&[("THREADLINE_SEALING_KEY_FILE", "/nowhere/keys")], "/nowhere/keys, does not exist"),
        (&[("THREADLINE_SEALING_KEY_FILE", &*bad)], "bad, must have keys of 64 hex digits"),
    ] {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        let ran = Ran::of(command.envs(variables.iter().copied()));
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(expected) && !ran.err.contains("s3cret"), "{}", ran.err);
    }
    write(&folder, "data/sealing.key", "s3cret");
    let ran = Ran::of(binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("sealing.key, must have keys") && !ran.err.contains("s3cret"), "{}", ran.err);
}
