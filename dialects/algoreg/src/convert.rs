//! Between Algoreg's words and the domain's. A file for each noun.

pub mod customer;
pub mod letter;
pub mod message;
pub mod thread;
pub mod token;

use domain::{Error, Result, ThreadId, codes};

/// An id of a wrong form is the id of no thread.
///
/// # Errors
/// `not_found`.
pub fn thread_id(text: &str) -> Result<ThreadId> {
    ThreadId::parse(text).ok_or_else(thread_not_found)
}

pub fn thread_not_found() -> Error {
    Error::not_found(codes::THREAD_NOT_FOUND, "Thread")
}

pub fn message_not_found() -> Error {
    Error::not_found(codes::MESSAGE_NOT_FOUND, "Message")
}

pub fn customer_not_found() -> Error {
    Error::not_found(codes::CUSTOMER_NOT_FOUND, "Customer")
}

/// The engine's refusal in the names of this API: `(engine's, ours)`, each for the field itself and what lies below it.
pub fn renamed(mut error: Error, names: &[(&str, &str)]) -> Error {
    for field in &mut error.fields {
        let ours = names.iter().find_map(|(engine, ours)| {
            let rest = field.path.strip_prefix(engine)?;
            (rest.is_empty() || rest.starts_with('.')).then(|| format!("{ours}{rest}"))
        });
        if let Some(path) = ours {
            error.message = format!("{path}: {}", field.message);
            field.path = path;
        }
    }
    error
}
