//! Fits limits to the machine: limits beyond its file descriptors or memory are lowered at the start, with a log line.

use std::fs;

use domain::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// File descriptors: the allowed number, and the number of open ones.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    pub limit: u64,
    pub open: u64,
}

impl Files {
    /// Raises the soft limit to the hard one. `None` if the system does not tell.
    pub fn raise() -> Option<Self> {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum
            && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        {
            warn!(%error, "the limit of open files cannot be raised");
        }
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let open = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
        Some(Self { limit, open })
    }

    /// Descriptors for connections. The rest is for attachments, webhooks, and further connections of the database.
    fn for_connections(self) -> u64 {
        let free = self.limit.saturating_sub(self.open);
        let reserve = (free / 4).clamp(16, 512);
        free.saturating_sub(reserve)
    }
}

/// Most memory of an open connection without large content, and therefore of a request in progress.
const EACH_BYTES: u64 = 16_384;

/// Lowers limits that do not fit, and logs it.
pub fn fit(limits: &mut Limits, memory_bytes: u64, files: Option<Files>) {
    let each = memory_bytes / 8 / EACH_BYTES;
    if lower(limits, each) {
        let Limits { connections, requests_under_way, stream_readers, .. } = limits;
        info!(memory_bytes, connections, requests_under_way, stream_readers, "memory_bytes allows no more connections");
    }
    let Some(files) = files else { return };
    // Beside connections with a place, a ninth as many are told that there is none.
    if lower(limits, (files.for_connections() / 9 * 8).max(1)) {
        let Limits { connections, stream_readers, .. } = limits;
        let Files { limit, .. } = files;
        warn!(
            limit,
            connections, stream_readers, "the limit of open files allows fewer connections; raise it with `ulimit -n`"
        );
    }
}

/// Lowers the limit to this many connections. A quarter of them is reserved for other requests than streams.
fn lower(limits: &mut Limits, connections: u64) -> bool {
    let before = limits.clone();
    limits.connections = limits.connections.min(connections);
    limits.requests_under_way = limits.requests_under_way.min(connections);
    limits.stream_readers = limits.stream_readers.min(limits.connections - limits.connections / 4);
    *limits != before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(memory_bytes: u64, files: Option<Files>) -> (u64, u64, u64) {
        let mut limits = Limits::default();
        fit(&mut limits, memory_bytes, files);
        (limits.connections, limits.requests_under_way, limits.stream_readers)
    }

    #[test]
    fn what_descriptors_or_memory_cannot_keep_is_lowered() {
        let plenty = Files { limit: 1 << 20, open: 40 };
        assert_eq!(fitted(1 << 40, Some(plenty)), (32_768, 8_192, 20_000));
        assert_eq!(fitted(1 << 40, None), (32_768, 8_192, 20_000));
        assert_eq!(fitted(1 << 28, Some(plenty)), (2_048, 2_048, 1_536));
        assert_eq!(fitted(1 << 40, Some(Files { limit: 1_064, open: 40 })), (680, 680, 510));
        assert_eq!(fitted(1 << 40, Some(Files { limit: 64, open: 30 })), (16, 16, 12));
        assert_eq!(fitted(1 << 40, Some(Files { limit: 20, open: 30 })), (1, 1, 1));
    }
}
