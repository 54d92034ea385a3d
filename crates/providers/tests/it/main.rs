//! The models as their callers see them, and the wires on answers of providers.

mod anthropic;
mod chat;
mod gemini;
mod harness;
mod models;
mod peer;
mod responses;
