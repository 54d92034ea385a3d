//! The page of the documentation that is made of the route tables: who may what.

use dialect_kit::{
    Access, Dialect,
    access::{Line, Needs, To, table},
};
use domain::caller::{Scope, SubjectKind};

use crate::doors;

const INTRODUCTION: &str = "\
# Who may what

Made by `threadline config --markdown docs` from the route tables in the code; a test fails when the two differ, and another one
tries every operation as every subject.

Each operation stands below with the scopes that it needs and the subjects that may use it. The server enforces this same table: it
refuses everybody else before it reads the body.

## Subjects

A request is made by one of these. All but the last show a credential: a key, which a project makes and revokes, or a token, which
the server signs and which dies by itself.

| subject | its credential | what it knows of |
|---|---|---|
| project key | a key made by `threadline key create` or `POST /threadline/v1/keys`, or a bearer of an hour from Algoreg's `POST /api/v1/token` | its project, and nothing of another |
| administrator of the installation | a key of the project `default` with the scope `admin` | its project; of the others their names, and it makes projects and keys for them |
| agent key | a key made with `agent`, for a program that was given one agent | that agent, and the threads that this key, or one it replaces, has begun in the agent's channel |
| end user | a token of Everruns' `POST /v1/channels/{channel_id}/runtime-auth`; or the program's key with the header `End-User` | their own threads with that agent |
| customer | a token of Algoreg's `POST /api/v1/chat/token` | the threads that they take part in |
| guest | a token of Feather's `POST /api/v1/chat/threads`, and the ticket that it gets for a stream | one thread |
| nobody | none | what is open to everybody |

A token that hangs on a key has at most that key's scopes, and dies with it. What a token opens also ends within five seconds of its
death.

## Scopes

| scope | what it allows |
|---|---|
| `read` | to see threads, messages, agents |
| `write` | to send, create, change |
| `admin` | to manage agents, members, keys, webhooks, origins; to see the audit trail |
| `impersonate` | to speak for a member of the project; with a key of one agent, for the people whom its program serves |

A key has the scopes that it was made with, and makes keys with no others. Tokens of end users, customers and guests have `read` and `write`, as far as their key
has them.

## Refusals

- No credential, an unknown or dead one, or one of a subject that the operation is not for: 401, in Feather's API 403. All of these
  are told in the same words.
- A scope that is missing: 403.
- A thing of another project, or one that the subject does not know of: 404, in the words for a thing that is not there.

A refused request has no effect.

## What is seen of a thread

Keys of the project see every entry of a thread's log. Agent keys, end users, customers and guests see the same positions, so that
nothing is missing and nothing is counted twice. An entry that is the project's alone has the type `thread.internal` for them, and
is empty: comments, and changes of the ticket, tags, customers, reminder, variables or agent. They are not told why a thread was
closed. Why a turn failed is told to agent keys alone.

## Operations

`(/api)/v1/…` stands for two paths, with and without `/api`. HEAD goes with GET. In the last column stands what a part of a request
needs beside the scopes. The documents at `/openapi/{dialect}.json` name the scopes too, in `security`. Health, these documents and
the list of them at `/` are open to everybody.
";

/// `access.md`.
pub fn page() -> String {
    doors::all().iter().fold(INTRODUCTION.to_owned(), |page, door| page + &section(&**door))
}

fn section(door: &dyn Dialect) -> String {
    let lines = table(door);
    let subjects: Vec<SubjectKind> =
        SubjectKind::ALL.iter().copied().filter(|kind| lines.iter().any(|line| is_for(&line.access, *kind))).collect();
    let nobody = lines.iter().any(|line| line.access.is_open());
    let mut head: Vec<&str> = vec!["operation", "scopes"];
    head.extend(subjects.iter().copied().map(name));
    head.extend(nobody.then_some("nobody"));
    head.push("more");
    let mut section = format!("\n### {}\n\n", door.contract().info.title);
    section += &row(&head);
    section += &row(&vec!["---"; head.len()]).replace(' ', "");
    for (path, line) in folded(&lines) {
        let mut cells = vec![format!("`{} {path}`", line.method), scopes(&line.access)];
        cells.extend(subjects.iter().map(|kind| cell(&line.access, *kind)));
        cells.extend(nobody.then(|| of_nobody(&line.access)));
        cells.push(more(&line.access));
        section += &row(&cells);
    }
    section
}

/// The operations, those that stand under two bases once.
fn folded(lines: &[Line]) -> Vec<(String, &Line)> {
    let is_there = |line: &Line, template: &str| {
        lines
            .iter()
            .any(|other| (&other.method, &*other.template, other.access) == (&line.method, template, line.access))
    };
    let shown = |line: &'_ Line| match line.template.strip_prefix("/api") {
        Some(bare) if is_there(line, bare) => None,
        None if is_there(line, &format!("/api{}", line.template)) => Some(format!("(/api){}", line.template)),
        _ => Some(line.template.clone()),
    };
    lines.iter().filter_map(|line| Some((shown(line)?, line))).collect()
}

/// Whether it is for callers of this kind by their credential.
fn is_for(access: &Access, kind: SubjectKind) -> bool {
    !access.is_open() && access.admits(kind)
}

fn name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Project => "project key",
        SubjectKind::Agent => "agent key",
        SubjectKind::EndUser => "end user",
        SubjectKind::Customer => "customer",
        SubjectKind::Guest => "guest",
    }
}

fn cell(access: &Access, kind: SubjectKind) -> String {
    match (is_for(access, kind), access.to) {
        (true, To::Installation) => "of the administrator".into(),
        (true, _) => "yes".into(),
        (false, _) => "–".into(),
    }
}

fn of_nobody(access: &Access) -> String {
    match access.to {
        To::Everybody { shown: None } => "yes".into(),
        To::Everybody { shown: Some(what) } => format!("with {what}"),
        To::Callers { .. } | To::Installation => "–".into(),
    }
}

fn scopes(access: &Access) -> String {
    let words: Vec<String> = access.scopes().iter().map(|scope| word(*scope)).collect();
    match words.as_slice() {
        [] if access.is_open() => "–".into(),
        [] => "any".into(),
        _ => words.join(", "),
    }
}

fn word(scope: Scope) -> String {
    format!("`{}`", scope.as_str())
}

fn more(access: &Access) -> String {
    let one = |(part, needs): &(&str, Needs)| match needs {
        Needs::Scope(scope) => format!("{part}: {}", word(*scope)),
        Needs::Installation => format!("{part}: administrator"),
    };
    access.also.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn row(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}
