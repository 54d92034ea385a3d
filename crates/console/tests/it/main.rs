//! The console through its pages: a real server, and requests as a browser sends them.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod access;
mod browser;
mod colors;
mod desk;
mod lists;
mod office;
mod pages;
mod sign_in;
mod templates;
mod widget;
