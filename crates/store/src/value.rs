//! Values of parameters and of columns, the same for both databases.

use std::fmt;

use domain::{
    AgentId, AttachmentId, ContactId, CustomerId, DeliveryAttemptId, DeliveryId, GuestId, KeyId, MemberId, MessageId,
    ModelId, ProjectId, SavedReplyId, SignInId, SnapshotId, StoredSecret, ThreadId, Timestamp, TurnId, WebhookId,
    WorkerId,
};
use uuid::Uuid;

/// One value, borrowed from a parameter or from a row.
///
/// In a row of SQLite, a boolean is `Int` and an id is `Bytes`. [`Column`] reads both forms.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

impl Value<'_> {
    /// The kind of the value. Never the value itself, which may be secret, because this text goes to the log.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Bool(_) => "a boolean",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Uuid(_) => "an id",
        }
    }
}

/// Prints the kind, as in an error, because a driver may print it to the log.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// A type that can be bound to `?n`. `i64`, `i32`, `u32` and times are BIGINT; ids are UUID (16 bytes on SQLite).
pub trait Param: Sync {
    fn value(&self) -> Value<'_>;
}

/// A statement's parameters: `?1` is the first.
pub type Params<'a> = &'a [&'a dyn Param];

/// A type that can be read from one column.
pub trait Column: Sized {
    fn read(value: Value<'_>) -> Result<Self, Mismatch>;
}

/// A column with another type than the code expects. Names both types, never the value.
#[derive(Debug)]
pub struct Mismatch(pub(crate) String);

impl Mismatch {
    fn new(expected: &str, found: Value<'_>) -> Self {
        Self(format!("expected {expected}, found {}", found.kind()))
    }
}

impl Param for i64 {
    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Param for i32 {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Param for u32 {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for StoredSecret {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Param for Uuid {
    fn value(&self) -> Value<'_> {
        Value::Uuid(*self)
    }
}

impl Param for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Int(self.0)
    }
}

impl<P: Param> Param for Option<P> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<P: Param + ?Sized> Param for &P {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl Column for i64 {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Int(i) => Ok(i),
            other => Err(Mismatch::new("an integer", other)),
        }
    }
}

impl Column for bool {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(b) => Ok(b),
            Value::Int(i @ (0 | 1)) => Ok(i == 1),
            other => Err(Mismatch::new("a boolean", other)),
        }
    }
}

impl Column for String {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Text(s) => Ok(s.to_owned()),
            other => Err(Mismatch::new("text", other)),
        }
    }
}

impl Column for StoredSecret {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        String::read(value).map(Self::new)
    }
}

impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Bytes(b) => Ok(b.to_vec()),
            other => Err(Mismatch::new("bytes", other)),
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Bytes(b) => b.try_into().map_err(|_| Mismatch(format!("expected {N} bytes, found {}", b.len()))),
            other => Err(Mismatch::new("bytes", other)),
        }
    }
}

impl Column for Uuid {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Uuid(id) => Ok(id),
            Value::Bytes(b) => {
                Uuid::from_slice(b).map_err(|_| Mismatch(format!("expected an id of 16 bytes, found {}", b.len())))
            }
            other => Err(Mismatch::new("an id", other)),
        }
    }
}

impl Column for Timestamp {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        i64::read(value).map(Timestamp)
    }
}

impl<C: Column> Column for Option<C> {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        match value {
            Value::Null => Ok(None),
            value => C::read(value).map(Some),
        }
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Param for $id {
            fn value(&self) -> Value<'_> {
                Value::Uuid(self.0)
            }
        }

        impl Column for $id {
            fn read(value: Value<'_>) -> Result<Self, Mismatch> {
                Uuid::read(value).map($id)
            }
        }
    )*};
}

ids! {
    ProjectId KeyId MemberId CustomerId ContactId AgentId ThreadId MessageId TurnId AttachmentId SavedReplyId SnapshotId SignInId DeliveryId
    ModelId WorkerId WebhookId DeliveryAttemptId GuestId
}
