//! Who asks: a credential of each subject, and of each scope.

use domain::caller::{Scope, SubjectKind};
use serde_json::{Value, json};

use super::visits::{BegunBy, Visit};
use crate::{
    bad_input::world::{Api, World, text},
    process::KEY,
};

/// Somebody with a credential, or nobody.
#[derive(Clone)]
pub struct Subject {
    pub name: String,
    /// `None`: nobody.
    pub kind: Option<SubjectKind>,
    pub scopes: Vec<Scope>,
    /// Whether it administers the installation.
    pub administers: bool,
    pub secret: Option<String>,
    /// One that it may see, where it sees less than the project.
    pub thread: Option<Visit>,
}

pub struct Subjects {
    /// All who ask about the first project's things.
    pub all: Vec<Subject>,
    /// A full key of another project.
    pub foreign: Subject,
    /// A program of another project.
    pub foreign_program: Subject,
    pub begun_by: BegunBy,
    /// A model of the catalogue, and who provides it.
    pub model: (String, String),
}

/// All scopes that combine.
const ALL: [Scope; 4] = [Scope::Read, Scope::Write, Scope::Admin, Scope::Impersonate];
const TALK: [Scope; 2] = [Scope::Read, Scope::Write];
const OF_PROGRAMS: [Scope; 3] = [Scope::Read, Scope::Write, Scope::Impersonate];

impl Subjects {
    pub async fn make(world: &World) -> Self {
        let api = Api { server: &world.server, key: KEY };
        let bootstrap = text(&api.get("keys").await["data"][0]["id"]);
        let agent = &world.own.ids["agents"];
        let mut all = vec![Subject::new("nobody", None, &[], None)];
        all.push(Subject::key("a full key", &ALL, KEY));
        for scope in &ALL {
            let new = json!({"name": "one", "scopes": [scope.as_str()], "replaces": bootstrap});
            all.push(Subject::key(&format!("a key with {}", scope.as_str()), &[*scope], &api.key(new).await.1));
        }
        let scopes: Vec<&str> = OF_PROGRAMS.iter().map(|scope| scope.as_str()).collect();
        let (id, program) = api.key(json!({"name": "program", "scopes": scopes, "agent": agent})).await;
        all.push(Subject::new("an agent key", Some(SubjectKind::Agent), &OF_PROGRAMS, Some(program.clone())));
        for scope in OF_PROGRAMS {
            let new = json!({"name": "one", "scopes": [scope.as_str()], "agent": agent, "replaces": id});
            let name = format!("an agent key with {}", scope.as_str());
            all.push(Subject::new(&name, Some(SubjectKind::Agent), &[scope], Some(api.key(new).await.1)));
        }
        let end_user = end_user(world, &program).await;
        all.push(Subject::new("an end user", Some(SubjectKind::EndUser), &TALK, Some(end_user)));
        let (customer, token) = customer(world).await;
        all.push(Subject::new("a customer", Some(SubjectKind::Customer), &TALK, Some(token)));
        all.push(Subject::new("a guest", Some(SubjectKind::Guest), &TALK, Some(world.guests().0.into())));
        let foreign = Subject::key("a full key of another project", &ALL, &world.keys.foreign);
        let of_program = |name: &str, secret: &str| {
            Subject::new(name, Some(SubjectKind::ExternalAgent), &[Scope::Agent], Some(secret.into()))
        };
        all.push(of_program("an external agent", &world.own.program.secret));
        let foreign_program = of_program("an external agent of another project", &world.foreign.program.secret);
        let foreign = Subject { administers: false, ..foreign };
        let models = world.get("/v1/models", ("authorization", KEY.into())).await;
        let model = (text(&models["data"][0]["id"]), text(&models["data"][0]["provider_id"]));
        let begun_by = BegunBy { program, customer };
        let sees_less = [SubjectKind::Agent, SubjectKind::EndUser, SubjectKind::Customer].map(Some);
        for subject in all.iter_mut().filter(|subject| sees_less.contains(&subject.kind)) {
            subject.thread = Some(Visit::of(world, subject, &begun_by).await);
        }
        Self { all, foreign, foreign_program, begun_by, model }
    }

    /// Those who are bound to less than the project, with all scopes that they can have.
    pub fn bound(&self) -> impl Iterator<Item = &Subject> {
        self.all.iter().filter(|subject| subject.kind.is_some_and(|kind| kind != SubjectKind::Project))
    }
}

impl Subject {
    fn new(name: &str, kind: Option<SubjectKind>, scopes: &[Scope], secret: Option<String>) -> Self {
        Self { name: name.into(), kind, scopes: scopes.to_vec(), administers: false, secret, thread: None }
    }

    /// A key of the project `default`.
    fn key(name: &str, scopes: &[Scope], secret: &str) -> Self {
        let administers = scopes.contains(&Scope::Admin);
        Self { administers, ..Self::new(name, Some(SubjectKind::Project), scopes, Some(secret.into())) }
    }
}

async fn end_user(world: &World, program: &str) -> String {
    let url = format!("{}/v1/channels/{}/runtime-auth", world.server.url, world.own.ids["channels"]);
    let token = World::json(world.http.post(url).bearer_auth(program).header("End-User", "ann")).await;
    text(&token["access_token"])
}

/// Their id and their token.
async fn customer(world: &World) -> (String, String) {
    let url = format!("{}/api/v1/chat/token", world.server.url);
    let token: Value = World::json(world.http.post(url).bearer_auth(KEY).json(&json!({"external_id": "bob"}))).await;
    let api = Api { server: &world.server, key: KEY };
    let found = api.get("customers?external_id=bob").await;
    (text(&found["data"][0]["id"]), text(&token["token"]))
}
