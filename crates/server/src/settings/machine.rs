//! The memory that is available to this process.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The least budget of a server.
pub const MEMORY_BYTES_MIN: u64 = 64 << 20;
/// The assumed memory if the system does not tell.
const UNKNOWN_BYTES: u64 = 2 << 30;

/// Half of the available memory, and the source of the figure.
pub fn half_of_memory() -> (u64, &'static str) {
    half_of_memory_below(Path::new("/"))
}

fn half_of_memory_below(root: &Path) -> (u64, &'static str) {
    let machine = machine(root).map(|bytes| (bytes, "half of the machine's memory"));
    let cgroup = cgroup(root).map(|bytes| (bytes, "half of the cgroup's limit"));
    let smaller = machine.into_iter().chain(cgroup).min_by_key(|(bytes, _)| *bytes);
    let (bytes, of) = smaller.unwrap_or((UNKNOWN_BYTES, "the machine's memory is unknown"));
    ((bytes / 2).max(MEMORY_BYTES_MIN), of)
}

fn machine(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

/// The least limit of the process's control groups and their parents, of either version.
fn cgroup(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = text.lines().filter_map(|line| {
        let mut words = line.splitn(3, ':');
        let (_, controllers, path) = (words.next()?, words.next()?, words.next()?);
        match controllers {
            "" => least(root.join("sys/fs/cgroup"), path, "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => {
                least(root.join("sys/fs/cgroup/memory"), path, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    limits.min()
}

/// In a container, the path is often the host's, and the top is the container's own group.
fn least(top: PathBuf, path: &str, file: &str) -> Option<u64> {
    let own = top.join(path.trim_start_matches('/'));
    let groups = own.ancestors().take_while(|group| group.starts_with(&top));
    groups.filter_map(|group| fs::read_to_string(group.join(file)).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_half_of_the_smaller_of_the_machines_memory_and_the_cgroups_limit() {
        let (machine, group) = ("half of the machine's memory", "half of the cgroup's limit");
        let gib = (1_u64 << 30).to_string();
        for (files, expected) in [
            (&[][..], (1 << 30, "the machine's memory is unknown")),
            (&[("proc/meminfo", "MemTotal:        4194304 kB\nMemFree: 1 kB\n")], (2 << 30, machine)),
            (&[("proc/self/cgroup", "0::/a/b\n"), ("sys/fs/cgroup/a/memory.max", "max\n")], (2 << 30, machine)),
            (&[("sys/fs/cgroup/a/memory.max", &*gib)], (1 << 29, group)),
            (&[("sys/fs/cgroup/a/b/memory.max", "536870912")], (1 << 28, group)),
            (&[("sys/fs/cgroup/memory.max", "1000")], (MEMORY_BYTES_MIN, group)),
            (
                &[
                    ("proc/self/cgroup", "3:cpu:/x\n2:hugetlb,memory:/a\n1:name=systemd:/\n"),
                    ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712"),
                ],
                (2 << 30, machine),
            ),
            (&[("sys/fs/cgroup/memory/memory.limit_in_bytes", &*gib)], (1 << 29, group)),
        ]
        .iter()
        .scan(tempfile::tempdir().unwrap(), |folder, (files, expected)| {
            for (name, text) in *files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Some((half_of_memory_below(folder.path()), *expected))
        }) {
            assert_eq!(files, expected);
        }
    }
}
