//! Converts models, the harness, and providers.

use domain::{Timestamp, model::Model};
use uuid::Uuid;

use super::agents::HARNESS_NAME;
use crate::{ids, wire};

/// Creation time of all built-in things: the day of the catalogue, 2026-06-26.
const SINCE: Timestamp = Timestamp(1_782_432_000_000_000);
/// The namespace of provider ids. It never changes, because clients store ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7468_7265_6164_5c69_8e65_7072_6f76_6964);

pub fn model(model: &Model) -> wire::ModelWithProvider {
    let id = ids::model(model.id());
    let url = format!("/v1/models/{id}");
    wire::ModelWithProvider {
        id,
        model_id: model.name.into(),
        display_name: model.display_name.into(),
        provider_id: provider_id(model.vendor),
        provider_name: model.vendor.into(),
        provider_type: driver(model.vendor).into(),
        model_vendor: vendor(model.vendor),
        capabilities: vec!["chat".into()],
        is_favorite: false,
        enabled: true,
        healthy: true,
        source: wire::ModelSource::Predefined,
        created_at: SINCE,
        updated_at: SINCE,
        self_url: url.clone(),
        view_url: url.clone(),
        ui_link: url,
    }
}

pub fn provider(vendor: &str) -> wire::Provider {
    wire::Provider {
        id: provider_id(vendor),
        name: vendor.into(),
        provider_type: driver(vendor).into(),
        api_key_set: false,
        status: wire::ProviderStatus::Active,
        created_at: SINCE,
        updated_at: SINCE,
    }
}

/// The vendors of the catalogue's models, each once.
pub fn vendors() -> Vec<&'static str> {
    let mut vendors: Vec<&str> = domain::model::CATALOGUE.iter().map(|model| model.vendor).collect();
    vendors.sort_unstable();
    vendors.dedup();
    vendors
}

fn provider_id(vendor: &str) -> String {
    format!("provider_{}", Uuid::new_v5(&NAMESPACE, vendor.as_bytes()).simple())
}

/// The contract's name of the interface. Other vendors keep their own name.
fn driver(vendor: &str) -> &str {
    match vendor {
        "google" => "gemini",
        "threadline" => "llmsim",
        other => other,
    }
}

fn vendor(vendor: &str) -> Option<wire::ModelVendor> {
    Some(match vendor {
        "openai" => wire::ModelVendor::Openai,
        "anthropic" => wire::ModelVendor::Anthropic,
        "google" => wire::ModelVendor::Google,
        "nvidia" => wire::ModelVendor::Nvidia,
        "qwen" => wire::ModelVendor::Qwen,
        "microsoft" => wire::ModelVendor::Microsoft,
        "minimax" => wire::ModelVendor::Minimax,
        "moonshot" => wire::ModelVendor::Moonshot,
        "xai" => wire::ModelVendor::Xai,
        "threadline" => wire::ModelVendor::Llmsim,
        _ => return None,
    })
}

pub fn harness() -> wire::Harness {
    wire::Harness {
        id: ids::HARNESS.into(),
        name: HARNESS_NAME.into(),
        display_name: "Generic".into(),
        system_prompt: String::new(),
        status: wire::HarnessStatus::Active,
        is_built_in: true,
        created_at: SINCE,
        updated_at: SINCE,
    }
}
