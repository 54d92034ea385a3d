//! Writes the page of access rules from the route tables.

use dialect_kit::{
    Access, Contract,
    access::{Line, Needs, To, table},
};
use domain::caller::{Scope, SubjectKind};

use crate::dialects;

const INTRODUCTION: &str = "\
# Who may what

`threadline config --markdown docs` makes this page from the route tables in the code. One test fails when the two differ, and
another one tries every operation as every subject.

Each operation stands below with its scopes and its subjects. The server enforces this same table: it refuses everybody else before
it reads the body.

## Subjects

One of these subjects makes each request. All but `nobody` show a credential. A project makes and revokes keys. The server signs
tokens, and a token dies by itself.

| subject | its credential | it knows of |
|---|---|---|
| project key | a key made by `threadline key create` or `POST /threadline/v1/keys`, or a bearer of an hour from Algoreg's `POST /api/v1/token` | its project, and nothing of another |
| administrator of the installation | a key of the project `default` with the scope `admin` | its project; of the others their names, and it makes projects and keys for them |
| agent key | a key made with `agent`, for a program that was given one agent | that agent, and the threads that this key, or one it replaces, has begun in the agent's channel |
| end user | a token of Everruns' `POST /v1/channels/{channel_id}/runtime-auth`, or of `POST /threadline/v1/agents/{agent}/end-users/{name}/tokens`; or the program's key with the header `End-User` | their own threads with that agent |
| customer | a token of Algoreg's `POST /api/v1/chat/token`, or of `POST /threadline/v1/customers/{customer}/tokens` | the threads that they take part in |
| guest | a token of Feather's `POST /api/v1/chat/threads`, of `POST /threadline/v1/agents/{guest_id}/guests` or of `…/threads/{thread}/tokens`, and a ticket for a stream | one thread |
| a browser at the [console](console.md) | a cookie, by a key or as a member | the project, with the scopes of the key, or of the member's role |
| nobody | none | public documents, health, and the page to sign in |

A token that is made with a key has at most the key's scopes, and dies with the key. Everything that a token has open ends within
five seconds of its death.

## Scopes

| scope | meaning |
|---|---|
| `read` | to see threads, messages, agents |
| `write` | to send, create, change |
| `admin` | to manage agents, members, keys, webhooks, origins; to see the audit trail |
| `impersonate` | to speak for a member of the project; with a key of one agent, for the people whom its program serves |

A key keeps the scopes that it was made with, and makes keys with those scopes alone. Tokens of end users, customers and guests have
`read` and `write`, as far as their key has them.

## Refusals

- 401 (in Feather's API 403): no credential, an unknown or dead one, or one of a subject that the operation is not for. All of
  these get the same words.
- 403: a missing scope.
- 404: a thing of another project, or one that the subject does not know of, in the words for a thing that is not there.

A refused request has no effect.

## A thread, seen by each subject

Keys of the project see every entry of a thread's log. Agent keys, end users, customers and guests see the same positions, so that
positions have no gaps. Some entries are the project's alone: comments, and changes of the ticket, tags, customers, reminder,
variables or agent. The other subjects see such an entry as `thread.internal`, without content.

Keys of the project alone see why a thread was closed. Keys of the project and of an agent see why a turn failed.

## Operations

`(/api)/v1/…` stands for two paths, with and without `/api`. HEAD goes with GET. The last column names the parts of a request that
need more than the scopes. The documents at `/openapi/{dialect}.json` name the scopes too, in `security`. Health, these documents and
the list of them at `/` are open to everybody.
";

/// `access.md`.
pub fn page() -> String {
    dialects::all().iter().fold(INTRODUCTION.to_owned(), |page, door| page + &section(&**door))
}

fn section(door: &dyn Contract) -> String {
    let lines = table(door);
    let subjects: Vec<SubjectKind> =
        SubjectKind::ALL.iter().copied().filter(|kind| lines.iter().any(|line| is_for(&line.access, *kind))).collect();
    let nobody = lines.iter().any(|line| line.access.is_open());
    let mut head: Vec<&str> = vec!["operation", "scopes"];
    head.extend(subjects.iter().copied().map(name));
    head.extend(nobody.then_some("nobody"));
    head.push("more");
    let mut section = format!("\n### {}\n\n", door.terms().info.title);
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

/// The operations, without duplicates under a second base.
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

/// Tells whether the rule admits this kind of caller.
fn is_for(access: &Access, kind: SubjectKind) -> bool {
    !access.is_open() && access.admits(kind)
}

fn name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Project => "project key",
        SubjectKind::Agent => "agent key",
        SubjectKind::ExternalAgent => "external agent",
        SubjectKind::EndUser => "end user",
        SubjectKind::Customer => "customer",
        SubjectKind::Guest => "guest",
    }
}

fn cell(access: &Access, kind: SubjectKind) -> String {
    match (is_for(access, kind), access.to) {
        (true, To::Installation) => "of the administrator".into(),
        // No key of the whole project has this scope.
        (true, _) if kind == SubjectKind::Project && access.scopes().contains(&Scope::Agent) => "–".into(),
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
