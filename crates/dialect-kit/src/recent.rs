//! The newest requests of each project, for people who connect a program and want to see what arrives.
//!
//! They stand in memory alone. They have what the log line has: no body, no query, no header.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::extract::FromRequestParts;
use domain::{Limits, ProjectId, Timestamp};
use http::{Extensions, request::Parts};

use crate::{Fault, edge::Edge};

/// Longest path that is kept, in characters.
const PATH_CHARS: usize = 200;

/// The newest requests of each project. An extractor.
#[derive(Clone)]
pub struct Recent(Arc<Inner>);

struct Inner {
    /// Requests of one project that are kept.
    most: usize,
    projects: usize,
    rings: Mutex<Rings>,
}

#[derive(Default)]
struct Rings {
    /// The number of the newest request.
    last: u64,
    of: HashMap<ProjectId, VecDeque<Seen>>,
}

/// An answered request of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Higher than that of all earlier requests.
    pub number: u64,
    pub at: Timestamp,
    pub dialect: &'static str,
    pub method: String,
    pub path: String,
    pub status: u16,
    /// The code of a refusal or a failure.
    pub code: Option<&'static str>,
    pub ms: u64,
    /// The id by which the log has more of the request.
    pub request_id: String,
}

impl Recent {
    pub(crate) fn new(limits: &Limits) -> Self {
        let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        let (most, projects) = (count(limits.recent_requests), count(limits.recent_projects));
        Self(Arc::new(Inner { most, projects, rings: Mutex::default() }))
    }

    /// The project's newest requests after this one, the newest first.
    pub fn of(&self, project: ProjectId, after: u64) -> Vec<Seen> {
        let rings = self.rings();
        let ring = rings.of.get(&project).into_iter().flatten();
        ring.rev().take_while(|seen| seen.number > after).cloned().collect()
    }

    pub(crate) fn note(&self, project: ProjectId, mut seen: Seen) {
        if self.0.most == 0 || self.0.projects == 0 {
            return;
        }
        if let Some((end, _)) = seen.path.char_indices().nth(PATH_CHARS) {
            seen.path.truncate(end);
            seen.path.push('…');
        }
        let mut rings = self.rings();
        rings.last += 1;
        seen.number = rings.last;
        if !rings.of.contains_key(&project) && rings.of.len() >= self.0.projects {
            let newest = |ring: &VecDeque<Seen>| ring.back().map_or(0, |seen| seen.number);
            let oldest = rings.of.iter().min_by_key(|(_, ring)| newest(ring)).map(|(project, _)| *project);
            oldest.map(|project| rings.of.remove(&project));
        }
        let ring = rings.of.entry(project).or_default();
        ring.push_back(seen);
        while ring.len() > self.0.most {
            ring.pop_front();
        }
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.0.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sync> FromRequestParts<S> for Recent {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Edge::of(&parts.extensions).recent.clone())
    }
}

/// The project whose key a request has, as soon as it is known. In the request's extensions.
#[derive(Clone, Default)]
pub(crate) struct Asker(Arc<OnceLock<ProjectId>>);

impl Asker {
    pub fn is(extensions: &Extensions, project: ProjectId) {
        if let Some(Self(asker)) = extensions.get() {
            let _ = asker.set(project);
        }
    }

    pub fn project(&self) -> Option<ProjectId> {
        self.0.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn project(n: u128) -> ProjectId {
        ProjectId(Uuid::from_u128(n))
    }

    fn seen(path: &str) -> Seen {
        let (method, path, request_id) = ("GET".into(), path.into(), "r".into());
        Seen { number: 0, at: Timestamp(0), dialect: "x", method, path, status: 200, code: None, ms: 1, request_id }
    }

    fn paths(recent: &Recent, n: u128, after: u64) -> Vec<String> {
        recent.of(project(n), after).into_iter().map(|seen| seen.path).collect()
    }

    #[test]
    fn a_project_sees_its_own_newest_requests_and_no_others() {
        let recent = Recent::new(&Limits { recent_requests: 2, recent_projects: 2, ..Limits::default() });
        for (n, path) in [(1, "/a"), (2, "/b"), (1, "/c"), (1, "/d")] {
            recent.note(project(n), seen(path));
        }
        assert_eq!(paths(&recent, 1, 0), ["/d", "/c"]);
        assert_eq!(paths(&recent, 2, 0), ["/b"]);
        assert_eq!(paths(&recent, 1, 3), ["/d"]);
        assert!(paths(&recent, 1, 4).is_empty());
    }

    #[test]
    fn beyond_the_most_projects_the_one_that_was_silent_longest_goes() {
        let recent = Recent::new(&Limits { recent_requests: 2, recent_projects: 2, ..Limits::default() });
        for n in [1, 2, 1, 3] {
            recent.note(project(n), seen("/x"));
        }
        assert_eq!([1, 2, 3].map(|n| recent.of(project(n), 0).len()), [2, 0, 1]);
    }

    #[test]
    fn a_long_path_is_cut() {
        let recent = Recent::new(&Limits::default());
        recent.note(project(1), seen(&"ä".repeat(PATH_CHARS + 1)));
        assert_eq!(paths(&recent, 1, 0)[0].chars().count(), PATH_CHARS + 1);
        recent.note(project(1), seen(&"ä".repeat(PATH_CHARS)));
        assert_eq!(paths(&recent, 1, 0)[0].chars().count(), PATH_CHARS);
    }
}
