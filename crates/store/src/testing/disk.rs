//! A small disk for one test: a tmpfs in a private mount namespace.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

/// Set in the child process: the folder of the small disk.
const DISK: &str = "STORE_TEST_DISK";

/// The folder of a disk of `size`, which exists as long as the test's process. A namespace belongs to a process, so the
/// test runs again alone in a child process. `None` in the parent, after the child has passed.
///
/// # Panics
/// If the child fails or may not mount.
pub fn small_disk(test: &str, size: &str) -> Option<PathBuf> {
    if let Ok(disk) = env::var(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = format!("mount -t tmpfs -o size={size} tmpfs \"${DISK}\" && exec \"$0\" --exact {test} --nocapture");
    let mut command = Command::new("unshare");
    // Root of a user namespace may mount too, where the system allows user namespaces.
    if !fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0) {
        command.arg("--map-root-user");
    }
    let Output { status, stdout, stderr } = command
        .args(["--mount", "sh", "-c", &script])
        .arg(env::current_exe().expect("the test's own program"))
        .env(DISK, folder.path())
        .output()
        .expect("unshare of util-linux can be run");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(!said.contains("unshare failed") && !said.contains("mount:"), "this test must be allowed to mount: {said}");
    assert!(status.success() && said.contains("1 passed"), "{said}");
    None
}
