//! The models as their callers see them, and the wires on recorded answers.

mod anthropic;
mod chat;
mod gemini;
mod harness;
mod models;
