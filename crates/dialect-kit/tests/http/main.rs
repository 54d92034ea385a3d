//! The kit behind a real listener: two small dialects, driven by raw sockets and by an ordinary client.

mod bodies;
mod connections;
mod dialects;
mod dispatch;
mod documents;
mod json;
mod keys;
mod logs;
mod raw;
mod server;
mod shutdown;
mod streams;
