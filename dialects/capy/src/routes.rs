//! The handlers: decode, convert, call, encode.

pub mod messages;
pub mod models;
pub mod projects;
pub mod snapshots;
pub mod tags;
pub mod tasks;
pub mod threads;
pub mod usage;

use dialect_kit::{Contract, Params};
use domain::{Caller, Error, ProjectId, Result, ThreadId, codes};

use crate::Capy;

// A malformed id is unknown.

fn thread_id(params: &Params) -> Result<ThreadId> {
    params.parse("threadId", |text| Capy.parse_thread(text), || Error::not_found(codes::THREAD_NOT_FOUND, "Thread"))
}

/// The project in the path, which must be the caller's.
fn own_project(params: &Params, caller: &Caller) -> Result<()> {
    let text = params.text("projectId").ok_or_else(project_not_found)?;
    is_own_project(text, caller)
}

/// A key sees only its own project.
fn is_own_project(text: &str, caller: &Caller) -> Result<()> {
    match ProjectId::parse(text) == Some(caller.project) {
        true => Ok(()),
        false => Err(project_not_found()),
    }
}

fn project_not_found() -> Error {
    Error::not_found(codes::PROJECT_NOT_FOUND, "Project")
}
