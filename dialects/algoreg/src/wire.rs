//! Algoreg's bodies as they stand on the wire (docs.algoreg.com, API reference, Go!Chat).

mod callback;
mod customer;
mod error;
mod message;
mod page;
mod thread;
mod token;

pub use callback::{Callback, Data, ThreadMessage};
pub use customer::{Contact, Customer, CustomerInput, Customers, CustomersQuery};
pub use error::{APIError, APIErrors};
pub use message::{
    Attachment, AttachmentMovements, Bytes, Message, MessageInput, MessageInputAttachment, MessageUpdate, Messages,
    ThreadReminderInput,
};
pub use page::ListMessagesQuery;
pub use thread::{Status, Thread, ThreadInput, ThreadReminder, ThreadSearch, Threads};
pub use token::{EndUser, EndUserToken, Token, TokenRefusal, TokenRequest};
