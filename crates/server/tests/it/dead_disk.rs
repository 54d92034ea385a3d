//! A disk that fails under the running server: each read and write of the data folder is an I/O error.

use std::fs;

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    dialects, doors,
    process::{KEY, Server, Start, client, library},
};

/// Preloaded, it fails what is asked of files below a folder, as long as another file is there.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int dead(int fd) {
    const char *flag = getenv("DEAD_DISK"), *folder = getenv("DEAD_DISK_FOLDER");
    char link[64], path[4096];
    if (!flag || !folder || access(flag, F_OK)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return !strncmp(path, folder, strlen(folder));
}

#define DIES(type, name, parameters, ...)                            \
    type name parameters {                                           \
        static type (*real) parameters;                              \
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name);        \
        if (dead(fd)) { errno = EIO; return -1; }                    \
        return real(__VA_ARGS__);                                    \
    }

DIES(ssize_t, read, (int fd, void *to, size_t n), fd, to, n)
DIES(ssize_t, pread, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
DIES(ssize_t, pread64, (int fd, void *to, size_t n, off64_t at), fd, to, n, at)
DIES(ssize_t, write, (int fd, const void *from, size_t n), fd, from, n)
DIES(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), fd, from, n, at)
DIES(ssize_t, pwrite64, (int fd, const void *from, size_t n, off64_t at), fd, from, n, at)
DIES(int, fsync, (int fd), fd)
DIES(int, fdatasync, (int fd), fd)
"#;

async fn read(server: &Server, thread: &str) -> StatusCode {
    let url = format!("{}/threadline/v1/threads/{thread}/messages", server.url);
    client().get(url).bearer_auth(KEY).send().await.unwrap().status()
}

#[tokio::test]
async fn a_dead_disk_is_unavailable_and_never_an_error_of_the_server() {
    let beside = TempDir::new().unwrap();
    let (flag, folder) = (beside.path().join("dead"), std::sync::Arc::new(TempDir::new().unwrap()));
    let start = Start::on("serve", folder.clone()).env("THREADLINE_BOOTSTRAP_KEY", KEY);
    let start = start.env("LD_PRELOAD", &library(&beside, SHIM)).env("DEAD_DISK", flag.to_str().unwrap());
    let server = start.env("DEAD_DISK_FOLDER", folder.path().to_str().unwrap()).start();
    let thread = server.thread();
    assert_eq!(server.ask(&["thread", "send", &thread, "Before", "--follow"]).out, "Before\n");
    assert_eq!(server.get("/readyz").await.0, 200);
    // No connection has read anything since it was written: there is something to be read from the disk.
    let text = json!({"text": "x".repeat(100_000), "respond": false});
    let sent = client().post(format!("{}/threadline/v1/threads/{thread}/messages", server.url)).bearer_auth(KEY);
    assert_eq!(sent.json(&text).send().await.unwrap().status(), 201);

    fs::write(&flag, "").unwrap();
    assert_eq!(server.get("/readyz").await.0, 503);
    assert_eq!(server.get("/healthz").await.0, 200);
    let mut refused = 0;
    for _ in 0..8 {
        match read(&server, &thread).await.as_u16() {
            503 => refused += 1,
            status => assert_eq!(status, 200, "from memory"),
        }
    }
    assert!(refused > 0, "nothing was read from the disk");
    for door in dialects::names() {
        let sent = doors::send(&client(), &server.url, door, thread.parse().unwrap(), "After").send().await.unwrap();
        assert_eq!(sent.status(), 503, "{door}");
    }

    fs::remove_file(&flag).unwrap();
    assert_eq!(server.get("/readyz").await.0, 200);
    assert_eq!(read(&server, &thread).await, 200);
    assert_eq!(server.ask(&["thread", "send", &thread, "Again", "--follow"]).out, "Again\n");
}
