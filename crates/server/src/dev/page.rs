//! The output of `threadline dev`: the server's address, the key, and commands to paste.

use std::path::Path;

use domain::ThreadId;

use crate::{client::DEV_KEY, columns::plain, dialects};

/// The model that answers, as the page tells it.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub text: String,
    /// Variables with keys that are not used, each with the provider's name.
    pub unused: Vec<(&'static str, &'static str)>,
    /// Tells how to get a model on this machine.
    pub shows_how: bool,
}

impl Model {
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn echo() -> Self {
        Self::of("echo, which repeats what is said: no model is connected")
    }

    fn lines(&self) -> String {
        let mut lines = format!("  model   {}\n", plain(&self.text));
        for (variable, name) in &self.unused {
            lines += &format!("          {variable} is set and not used: start with --provider {name} to use it\n");
        }
        if self.shows_how {
            lines += "          one on this machine: install Ollama (https://ollama.com), run `ollama pull llama3.2`, and start again\n";
        }
        lines + "          another one: --provider NAME, or a configuration file (docs/models.md)\n"
    }
}

/// The whole text. `base` is the server's address as a URL, `link` the path of a link that signs in at the console, `shop`
/// the address of the demo shop.
pub fn write(
    base: &str,
    (key, thread, link, shop): (&str, ThreadId, &str, &str),
    data: &Path,
    model: &Model,
) -> String {
    let mut page =
        format!("\nThreadline {} at {base}\n  key     {key}\n  thread  {thread}\n", env!("CARGO_PKG_VERSION"));
    page += &format!("  console {base}{link}\n          (works once, for 15 minutes)\n");
    page += &format!("  shop    {shop}\n          (a demo page with the chat widget)\n");
    page += &model.lines();
    page.push('\n');
    for (title, command) in commands(base, key, thread) {
        page += &format!("# {title}\n{command}\n\n");
    }
    let program = std::env::args().next().unwrap_or_else(|| "threadline".into());
    let (program, folder) = (quoted(&program), quoted(&data.display().to_string()));
    page + &format!(
        "# The same from the command line, which finds the key in {}\n\
         {program} thread send {thread} 'Hello from here' --follow --url {base} --data {folder}\n\n\
         Ctrl-C stops the server.\n\n",
        data.join(DEV_KEY).display(),
    )
}

/// One command for each of the five contracts, and one to follow the thread.
fn commands(base: &str, key: &str, thread: ThreadId) -> Vec<(&'static str, String)> {
    let (capy, everruns) = (spelled("capy", thread), spelled("everruns", thread));
    let bearer = format!("-H 'Authorization: Bearer {key}'");
    let json = "-H 'Content-Type: application/json'";
    vec![
        (
            "Capy: send a message",
            format!(
                "curl -sS -w '\\n' {base}/api/v1/threads/{capy}/message {bearer} {json} -d '{{\"message\": \"Hello from Capy\"}}'"
            ),
        ),
        (
            "Capy: list the messages, the newest first",
            format!("curl -sS -w '\\n' '{base}/api/v1/threads/{capy}/messages?limit=20' {bearer}"),
        ),
        (
            "Feather: send a message",
            format!(
                "curl -sS -w '\\n' {base}/api/v1/threads/{thread}/messages -H 'X-API-Key: {key}' {json} -d '{{\"message\": \"Hello from Feather\"}}'"
            ),
        ),
        (
            "Algoreg: create a message of a customer (204: no body)",
            format!(
                "curl -sS -i {base}/api/v1/message {bearer} {json} -d '{{\"thread_id\": \"{thread}\", \"from_customer_id\": \"ada\", \"from\": \"ada@example.com\", \"subject\": \"Hello\", \"content\": \"Hello from Algoreg\"}}'"
            ),
        ),
        (
            "Everruns: create a message",
            format!(
                "curl -sS -w '\\n' {base}/v1/sessions/{everruns}/messages {bearer} {json} -d '{{\"message\": {{\"role\": \"user\", \"content\": [{{\"type\": \"text\", \"text\": \"Hello from Everruns\"}}]}}}}'"
            ),
        ),
        (
            "Follow the thread: everything that was and will be said, until Ctrl-C",
            format!("curl -sS -N {base}/threadline/v1/threads/{thread}/events {bearer} -H 'Accept: text/event-stream'"),
        ),
    ]
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The thread's id in the form of this dialect.
fn spelled(dialect: &str, thread: ThreadId) -> String {
    let door = dialects::all().into_iter().find(|door| door.name() == dialect);
    door.map_or_else(|| thread.to_string(), |door| door.spell_thread(thread))
}
