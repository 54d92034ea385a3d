//! The kit behind a real listener: two small dialects, driven by raw sockets and by an ordinary client.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod bodies;
mod connections;
mod dialects;
mod dispatch;
mod documents;
mod gate;
mod headers;
mod json;
mod keys;
mod logs;
mod panel;
mod raw;
mod server;
mod shutdown;
mod streams;
mod strict;
mod tree;
