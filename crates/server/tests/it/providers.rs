//! The server in front of providers of models that are programs of others.

mod aimock;
mod certificate;
mod check;
mod configuration;
mod killed;
mod llmock;
mod model;
mod pictures;
mod program;
mod readers;
pub mod smol;
mod talk;
mod times;
mod used;
