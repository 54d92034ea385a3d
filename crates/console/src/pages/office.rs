//! The administration: agents, dialects, webhooks, customers, members, keys, usage, audit and system.

mod more;

use dialect_kit::{Routes, access::READ};
use utoipa::openapi::HttpMethod::Get;

/// Adds the routes of these pages.
pub fn add(routes: Routes) -> Routes {
    routes.undocumented(Get, "/console/more", READ, more::show)
}
