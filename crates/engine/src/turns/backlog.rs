//! Due turns without a worker: left by an accept without a free worker, by a client's tool results, or by a dead
//! worker.
//!
//! The oldest turns of each project wait for places independently, so that no project delays another.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{ProjectId, Result, TurnId, shares::Holder};
use store::{on_behalf_of, turns::Due};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::claim::ClaimDue;
use crate::{inner::Inner, reschedule::reschedule};

/// Projects that are queried in one read.
const PROJECTS: i64 = 64;
/// Most waiting claims of one project, and the number at which more are queried.
const EACH: usize = 32;
const REFILL_AT: usize = EACH / 2;
/// Number of all claims above which each project has one.
const ALL: usize = 4_096;
/// Pause of a claim that failed and could not be rescheduled.
const FAILED: Duration = Duration::from_secs(1);

/// The waiting claims.
#[derive(Default)]
pub(crate) struct Backlog {
    claims: JoinSet<(ProjectId, TurnId)>,
    waiting: HashMap<ProjectId, HashSet<TurnId>>,
    /// Projects with more due turns than may wait.
    more: HashSet<ProjectId>,
}

impl Backlog {
    /// Queries every project once, and lets its oldest due turns wait for a place.
    pub(crate) async fn look(&mut self, inner: &Arc<Inner>) -> Result<()> {
        let mut from = Some(ProjectId(Uuid::nil()));
        while let Some(first) = from.filter(|_| !inner.workers.is_closed()) {
            while let Some(ended) = self.claims.try_join_next() {
                self.ended(ended);
            }
            let (room, now) = (self.rooms(), inner.clock.now());
            let look = store::op(move |tx| {
                Box::pin(async move {
                    let projects = store::turns::due_projects(tx, first, PROJECTS).await?;
                    let mut found = Vec::new();
                    for (project, _) in projects.iter().filter(|(_, due)| *due <= now) {
                        let (held, room) = room.of(*project);
                        if room > 0 {
                            // Turns that already wait are still due, and among the oldest.
                            let due = store::turns::due(tx, *project, now, (held + room) as i64).await?;
                            found.push((*project, room, due));
                        }
                    }
                    let next = projects.last().filter(|_| projects.len() as i64 == PROJECTS);
                    Ok((found, next.and_then(|(last, _)| last.0.as_u128().checked_add(1))))
                })
            });
            let (found, next) = inner.store.read(look).await?;
            for (project, room, due) in found {
                self.begin(inner, project, room, due);
            }
            from = next.map(|id| ProjectId(Uuid::from_u128(id)));
        }
        Ok(())
    }

    /// Waits for all claims that have started.
    pub(crate) async fn settle(&mut self) {
        while let Some(ended) = self.claims.join_next().await {
            self.ended(ended);
        }
    }

    fn begin(&mut self, inner: &Arc<Inner>, project: ProjectId, room: usize, due: Vec<Due>) {
        let waiting = self.waiting.entry(project).or_default();
        let full = waiting.len() + room;
        let asked = due.len() >= full;
        for due in due {
            if waiting.len() < full && waiting.insert(due.turn) {
                self.claims.spawn(on_behalf_of(Holder::project(project), claim(inner.clone(), project, due)));
            }
        }
        if asked {
            self.more.insert(project);
        } else {
            self.more.remove(&project);
        }
        if waiting.is_empty() {
            self.waiting.remove(&project);
        }
    }

    /// Waits until a project that had more turns has few claims left.
    pub(crate) async fn runs_low(&mut self) {
        while let Some(ended) = self.claims.join_next().await {
            if let Some(project) = self.ended(ended)
                && self.more.contains(&project)
                && self.waiting.get(&project).map_or(0, HashSet::len) <= REFILL_AT
            {
                return;
            }
        }
        std::future::pending().await
    }

    fn ended(&mut self, ended: Result<(ProjectId, TurnId), tokio::task::JoinError>) -> Option<ProjectId> {
        let (project, turn) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // The claim's project is unknown, so all are queried again. A duplicate claim finds nothing.
                tracing::error!(%error, "a claim panicked");
                self.waiting.clear();
                return None;
            }
        };
        if let Some(waiting) = self.waiting.get_mut(&project) {
            waiting.remove(&turn);
            if waiting.is_empty() {
                self.waiting.remove(&project);
            }
        }
        Some(project)
    }

    fn rooms(&self) -> Rooms {
        let held: HashMap<ProjectId, usize> = self.waiting.iter().map(|(id, turns)| (*id, turns.len())).collect();
        let each = if held.values().sum::<usize>() < ALL { EACH } else { 1 };
        Rooms { held, each }
    }
}

/// The number of waiting claims, and of further ones that may wait.
struct Rooms {
    held: HashMap<ProjectId, usize>,
    each: usize,
}

impl Rooms {
    fn of(&self, project: ProjectId) -> (usize, usize) {
        let held = self.held.get(&project).copied().unwrap_or(0);
        (held, self.each.saturating_sub(held))
    }
}

/// Claims one turn once it has a place.
async fn claim(inner: Arc<Inner>, project: ProjectId, due: Due) -> (ProjectId, TurnId) {
    let Due { turn, thread, agent } = due;
    let Some(permit) = inner.workers.wait_free(project, agent).await else { return (project, turn) };
    let claim = ClaimDue { inner: inner.clone(), turn, thread, project, permit, reserved: None };
    if let Err(error) = inner.store.write(claim).await {
        let off = |now, later| {
            store::op(move |tx| Box::pin(async move { store::turns::reschedule(tx, turn, now, later).await }))
        };
        if let Err(error) = reschedule(&inner, &format!("turn {turn}"), error, off).await {
            tracing::error!(?error, %turn, "a due turn could not be claimed, trying again");
            tokio::time::sleep(FAILED).await;
        }
    }
    (project, turn)
}
