//! Feather's door on a real server: the contract to the letter, what is kept of it, and every refusal.

mod arriving;
mod bytes;
mod chat;
mod client;
mod credentials;
mod documents;
mod exchanges;
mod keys;
mod list;
mod lists;
mod live;
mod pages;
mod receipts;
mod send;
mod shared;
mod stock;
mod stream;
mod threads;
mod widget;
mod window;
mod wire;
