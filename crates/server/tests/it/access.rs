//! Who may what: every operation of every dialect, asked by every subject, is held against the table of the routes.
//!
//! The operations come from the documents of the running server, and each must have its line in the table. A refusal is looked for
//! with a request that is good in all else, about things that are there; so is a request that must be let in.

mod requests;
mod subjects;
mod visits;

use std::collections::BTreeMap;

use dialect_kit::{
    Access, Contract,
    access::{Line, To, table},
};
use domain::caller::SubjectKind;
use serde_json::json;

use self::{
    requests::{Request, is_of_a_thread, status},
    subjects::{Subject, Subjects},
};
use crate::{
    bad_input::{
        classes::door,
        operation::{Operation, sharing},
        world::World,
    },
    dialects,
};

/// What a request is answered that is let in and cannot succeed: dialect, place and status.
const IN_VAIN: [(&str, &str, u16); 9] = [
    // Tasks and telephone numbers are not to be had.
    ("capy", "GET /tasks/{}", 404),
    ("feather", "POST /threads", 400),
    // The requests before it have given the agent other secrets.
    ("feather", "POST /chat/identify", 403),
    // Keys of the project see the thread, and are not its guests.
    ("feather", "POST /chat/threads/{}/identity", 403),
    ("feather", "POST /chat/threads/{}/typing", 403),
    ("feather", "PATCH /chat/threads/{}/contact", 403),
    ("feather", "POST /chat/threads/{}/attachments", 403),
    // Webhooks that are not called have sent nothing.
    ("native", "POST /webhooks/{}/postings/{}/replay", 404),
    // The server has no configuration file, and so none of its routes.
    ("native", "PUT /installation/routes/{}", 404),
];
/// Operations that check a token themselves, because it may have expired: the guest's alone is good.
const OWN_CHECK: [&str; 2] = ["POST /chat/threads/{}/token", "POST /chat/threads/{}/logout"];
/// Let in, and at odds with how things stand: a name is taken, no call waits, the turn has completed.
const AT_ODDS: u16 = 409;
/// Paths whose ids name no thing of a project: a catalogue's, or what the request itself makes.
const OF_NO_PROJECT: [&str; 10] = [
    "PUT /tags/{}",
    "PUT /agents/{}",
    "PUT /providers/{}",
    "PUT /routes/{}",
    "PUT /installation/routes/{}",
    "GET /models/{}",
    "GET /providers/{}",
    "GET /harnesses/{}",
    "GET /tasks/{}",
    "POST /webhooks/{}/postings/{}/replay",
];

/// What the table says of each operation that the documents tell of.
struct Table(BTreeMap<(&'static str, String), Access>);

impl Table {
    fn of(world: &World) -> Self {
        let line = |dialect: &dyn Contract, line: Line| {
            ((dialect.name(), format!("{} {}", line.method, line.template)), line.access)
        };
        let all = dialects::all();
        let lines = all.iter().flat_map(|dialect| table(&**dialect).into_iter().map(|one| line(&**dialect, one)));
        let table = Self(lines.collect());
        let documented: usize = world.operations.values().map(Vec::len).sum();
        assert_eq!(table.0.len(), documented, "what is routed is documented, and the other way round");
        table
    }

    fn access(&self, operation: &Operation) -> Access {
        let found = self.0.get(&(operation.dialect, operation.name()));
        *found.unwrap_or_else(|| panic!("{}: {} has no line in the table", operation.dialect, operation.name()))
    }
}

/// The operations with what the table says of each.
fn all<'w>(world: &'w World, table: &Table) -> Vec<(&'w Operation, Access)> {
    world.operations().map(|operation| (operation, table.access(operation))).collect()
}

/// How a subject is refused by what the table says; `None`: it is let in.
fn refusal(access: &Access, operation: &Operation, subject: &Subject) -> Option<u16> {
    let as_without_a_key = Some(door(operation.dialect).unauthenticated);
    let is_project = subject.kind == Some(SubjectKind::Project);
    match access.to {
        To::Everybody { .. } => None,
        To::Callers { bound, .. } if !is_project && !subject.kind.is_some_and(|kind| bound.contains(&kind)) => {
            as_without_a_key
        }
        To::Callers { scopes, .. } => scopes.iter().any(|scope| !subject.scopes.contains(scope)).then_some(403),
        To::Installation if !is_project => as_without_a_key,
        To::Installation => (!subject.administers).then_some(403),
    }
}

// The key of another project is refused where the installation is administered; of things it is told in another test.

#[tokio::test]
async fn those_whom_the_table_does_not_name_are_refused_by_every_operation_without_effect() {
    let world = World::make().await;
    let (table, subjects) = (Table::of(&world), Subjects::make(&world).await);
    let (mut wrong, mut asked) = (Vec::new(), 0);
    let before = world.observer.fingerprint();
    for (operation, access) in all(&world, &table) {
        for subject in subjects.all.iter().chain([&subjects.foreign]) {
            let Some(expected) = refusal(&access, operation, subject) else { continue };
            let request = Request::of(&world, &subjects, operation, subject);
            let status = status(&world, &request).await;
            asked += 1;
            // Without a credential a dialect that has such a path too may be meant.
            let is_shared = subject.kind.is_none() && !sharing(&world.operations, operation).is_empty();
            let alike = is_shared && [401, 403, 404, 405].contains(&status);
            if status != expected && !alike {
                wrong.push(format!("{}: {}: {status}, not {expected}", request.name, subject.name));
            }
        }
        if world.observer.fingerprint() != before {
            panic!("{}: {}: a refusal had an effect", operation.dialect, operation.name());
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 1_000, "{asked} refusals");
}

#[tokio::test]
async fn everybody_whom_the_table_names_is_let_in_by_every_operation() {
    let world = World::make().await;
    let (table, subjects) = (Table::of(&world), Subjects::make(&world).await);
    let (mut wrong, mut entered) = (Vec::new(), 0);
    for (operation, access) in all(&world, &table) {
        for subject in subjects.all.iter().filter(|subject| refusal(&access, operation, subject).is_none()) {
            let request = Request::afresh(&world, &subjects, operation, subject).await;
            let status = status(&world, &request).await;
            let place = operation.place();
            let is_in_vain = IN_VAIN.contains(&(operation.dialect, &place, status))
                || OWN_CHECK.contains(&place.as_str()) && status == 403 && subject.kind != Some(SubjectKind::Guest);
            match status {
                200..400 => entered += 1,
                AT_ODDS => {}
                _ if is_in_vain => {}
                _ => wrong.push(format!("{}: {}: {status}", request.name, subject.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(entered > 500, "{entered} were let in");
}

#[tokio::test]
async fn what_is_anothers_is_not_there_in_any_dialect() {
    let world = World::make().await;
    let (table, subjects) = (Table::of(&world), Subjects::make(&world).await);
    let (mut wrong, mut asked) = (Vec::new(), 0);
    let before = world.observer.fingerprint();
    for (operation, access) in all(&world, &table) {
        if operation.parameters().is_empty() || access.is_open() || OF_NO_PROJECT.contains(&&*operation.place()) {
            continue;
        }
        let foreign = if operation.is_of_programs() { &subjects.foreign_program } else { &subjects.foreign };
        let mut requests = vec![(foreign, Request::of(&world, &subjects, operation, foreign))];
        if is_of_a_thread(operation) {
            let bound = subjects.bound().filter(|subject| refusal(&access, operation, subject).is_none());
            requests.extend(bound.map(|subject| (subject, Request::at_sibling(&world, &subjects, operation, subject))));
        }
        for (subject, request) in requests {
            let status = status(&world, &request).await;
            asked += 1;
            if status != 404 {
                wrong.push(format!("{}: {}: {status}", request.name, subject.name));
            }
        }
        if world.observer.fingerprint() != before {
            panic!("{}: {}: a refusal had an effect", operation.dialect, operation.name());
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 150, "{asked} requests");
}

#[tokio::test]
async fn the_documents_name_the_scopes_of_the_table() {
    let world = World::make().await;
    for (operation, access) in all(&world, &Table::of(&world)) {
        let ways = operation.said["security"].as_array().expect("each operation says what it asks for");
        let scopes: Vec<&str> = access.scopes().iter().map(|scope| scope.as_str()).collect();
        assert_eq!(ways.is_empty(), access.is_open(), "{}", operation.name());
        for way in ways {
            let said: Vec<_> = way.as_object().expect("a way").values().collect();
            assert_eq!(said, [&json!(scopes)], "{}", operation.name());
        }
    }
}
