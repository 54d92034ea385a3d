//! The guard against endpoints on the loopback network.

mod addresses;
mod bodies;
mod endpoint;
mod log;
mod redirects;
mod times;
mod tls;
