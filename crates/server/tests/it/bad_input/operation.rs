//! The operations, as the documents tell of them.

use std::collections::BTreeMap;

use serde_json::Value;

/// One method of one path of one dialect.
#[derive(Clone, Debug)]
pub struct Operation {
    pub dialect: &'static str,
    pub method: &'static str,
    /// `/v1/sessions/{session_id}`.
    pub template: String,
    /// What the document says of it.
    pub said: Value,
}

/// What a request must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Key,
    /// The token of a guest.
    Guest,
    /// The key of a program that is an agent.
    Program,
    /// Nothing.
    Open,
}

/// Where a sender's own name for a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnName {
    /// `Idempotency-Key`.
    Header,
    Field(&'static str),
}

impl OwnName {
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Header => None,
            Self::Field(field) => Some(field),
        }
    }
}

/// Dialect, operation and field: the name of what is sent, which wins over the request's.
const NAMED: [(&str, &str, &str); 5] = [
    ("native", "POST /threads/{}/messages", "client_id"),
    ("capy", "POST /threads/{}/message", "messageId"),
    ("algoreg", "POST /message", "ext_msg_id"),
    ("everruns", "POST /sessions/{}/messages", "client_message_id"),
    ("everruns", "POST /channels/{}/sessions/{}/messages", "client_message_id"),
];

const METHODS: [&str; 5] = ["PUT", "PATCH", "DELETE", "POST", "GET"];
/// Below one of these begin the paths of a document; the same thing has the same place below each.
const BASES: [&str; 3] = ["/threadline/v1", "/api/v1", "/v1"];

/// Every operation of the document.
pub fn all(dialect: &'static str, document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let of = |(template, item): (&String, &Value)| {
        let said = METHODS.into_iter().map(|method| (method, item[method.to_lowercase()].clone()));
        let said = said.filter(|(_, said)| said.is_object());
        said.map(|(method, said)| Operation { dialect, method, template: template.clone(), said }).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// `POST /threads/{}/messages`: the same below every base.
    pub fn place(&self) -> String {
        let below = BASES.iter().find_map(|base| self.template.strip_prefix(base)).unwrap_or(&self.template);
        format!("{} {}", self.method, shape(below))
    }

    /// What stands before each parameter, and its name: `("sessions", "session_id")`.
    pub fn parameters(&self) -> Vec<(&str, &str)> {
        let parts: Vec<&str> = self.template.split('/').collect();
        let named = parts.iter().enumerate().filter_map(|(i, part)| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            // Guests know an agent by an id of its own.
            let is_of_guests = parts.get(i + 1) == Some(&"guests");
            Some((if is_of_guests { "guests" } else { parts[i - 1] }, name))
        });
        named.collect()
    }

    /// The path with these in the places of its parameters, in order.
    pub fn path(&self, ids: &[String]) -> String {
        let mut ids = ids.iter();
        let part = |part: &str| match part.starts_with('{') {
            true => ids.next().expect("an id for each parameter").clone(),
            false => part.to_owned(),
        };
        self.template.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// What it asks for.
    pub fn access(&self) -> Access {
        match self.said["security"].as_array().map(Vec::as_slice) {
            Some([]) => Access::Open,
            Some([way, ..]) if way["Token"].is_array() => Access::Guest,
            _ if self.is_of_programs() => Access::Program,
            _ => Access::Key,
        }
    }

    /// Whether it is about a guest's thread.
    pub fn is_of_guests(&self) -> bool {
        self.template.starts_with("/api/v1/chat/threads/")
    }

    /// Whether it is for programs that are agents.
    pub fn is_of_programs(&self) -> bool {
        self.template.starts_with("/threadline/v1/turns/")
    }

    /// Whether the credential says which dialect is meant.
    pub fn is_by_credential(&self) -> bool {
        ["/api/v1/threads", "/api/v1/models"].iter().any(|shared| self.template.starts_with(shared))
    }

    pub fn takes(&self, content_type: &str) -> bool {
        self.said["requestBody"]["content"][content_type].is_object()
    }

    pub fn takes_body(&self) -> bool {
        self.said["requestBody"].is_object()
    }

    /// The schema of its JSON.
    pub fn schema(&self) -> &Value {
        &self.said["requestBody"]["content"]["application/json"]["schema"]
    }

    /// How a sender names a request of its own, or what it sends, so that it counts once.
    pub fn own_names(&self) -> Vec<OwnName> {
        let place = self.place();
        let fields = NAMED.iter().filter(|(dialect, of, _)| (*dialect, *of) == (self.dialect, &place));
        let header = self.takes_header("Idempotency-Key").then_some(OwnName::Header);
        header.into_iter().chain(fields.map(|(.., field)| OwnName::Field(field))).collect()
    }

    /// Whether the document tells of this header.
    pub fn takes_header(&self, name: &str) -> bool {
        let mut parameters = self.said["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == "header" && parameter["name"] == name)
    }

    pub fn needs_body(&self) -> bool {
        self.said["requestBody"]["required"] == true
    }

    /// Whether it cannot be asked without a query.
    pub fn query_is_required(&self) -> bool {
        let mut parameters = self.said["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == "query" && parameter["required"] == true)
    }

    /// Name and schema of each parameter of the query.
    pub fn query(&self) -> Vec<(&str, &Value)> {
        let parameters = self.said["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        query.map(|parameter| (parameter["name"].as_str().expect("a name"), &parameter["schema"])).collect()
    }
}

/// The methods that some dialect takes at a path of this shape.
pub fn methods<'a>(all: &'a BTreeMap<&str, Vec<Operation>>, template: &str) -> Vec<&'a str> {
    let same = all.values().flatten().filter(|other| shape(&other.template) == shape(template));
    same.map(|other| other.method).collect()
}

/// A method that none takes.
pub fn wrong_method(all: &BTreeMap<&str, Vec<Operation>>, template: &str) -> &'static str {
    let taken = methods(all, template);
    METHODS.into_iter().find(|method| !taken.contains(method)).unwrap_or("TRACE")
}

/// The other dialects that have a path of this shape.
pub fn sharing(all: &BTreeMap<&'static str, Vec<Operation>>, operation: &Operation) -> Vec<&'static str> {
    let has = |operations: &Vec<Operation>| {
        operation.is_by_credential()
            || operations.iter().any(|other| shape(&other.template) == shape(&operation.template))
    };
    let others = all.iter().filter(|(dialect, operations)| **dialect != operation.dialect && has(operations));
    others.map(|(dialect, _)| *dialect).collect()
}

fn shape(template: &str) -> String {
    let part = |part: &'_ str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}
