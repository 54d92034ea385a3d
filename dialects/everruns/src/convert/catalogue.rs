//! Converts models, the harness, and providers.

use domain::Timestamp;
use engine::app::models::PublicModel;
use uuid::Uuid;

use super::agents::HARNESS_NAME;
use crate::{ids, wire};

/// Creation time of all built-in things: the day of the catalogue, 2026-06-26.
const SINCE: Timestamp = Timestamp(1_782_432_000_000_000);
/// The namespace of provider ids. It never changes, because clients store ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7468_7265_6164_5c69_8e65_7072_6f76_6964);
/// The vendor of `echo` in the catalogue.
const OUR_OWN: &str = "threadline";

pub fn model(public: PublicModel) -> wire::ModelWithProvider {
    let id = ids::model(public.id);
    let url = format!("/v1/models/{id}");
    let (provider, kind) = provider_of(&public);
    wire::ModelWithProvider {
        id,
        display_name: public.model.map_or_else(|| public.name.clone(), |model| model.display_name.into()),
        provider_id: provider_id(provider),
        provider_name: provider.into(),
        provider_type: driver(kind).into(),
        model_vendor: public.model.and_then(|model| vendor(model.vendor)),
        model_id: public.name.clone(),
        capabilities: vec!["chat".into()],
        is_favorite: false,
        enabled: true,
        healthy: true,
        source: match public.model {
            Some(_) => wire::ModelSource::Predefined,
            None => wire::ModelSource::Manual,
        },
        created_at: SINCE,
        updated_at: SINCE,
        self_url: url.clone(),
        view_url: url.clone(),
        ui_link: url,
    }
}

/// The name of the model's provider, and whose interface the provider has: the vendor for a model of the catalogue,
/// wherever it leads; else the provider that the configuration names.
pub fn provider_of(public: &PublicModel) -> (&str, &str) {
    match (public.model, &public.way) {
        (Some(model), _) => (model.vendor, model.vendor),
        (None, Some(way)) => (&way.first.provider, way.first.kind),
        (None, None) => (OUR_OWN, OUR_OWN),
    }
}

pub fn provider(name: &str, kind: &str) -> wire::Provider {
    wire::Provider {
        id: provider_id(name),
        name: name.into(),
        provider_type: driver(kind).into(),
        api_key_set: false,
        status: wire::ProviderStatus::Active,
        created_at: SINCE,
        updated_at: SINCE,
    }
}

fn provider_id(vendor: &str) -> String {
    format!("provider_{}", Uuid::new_v5(&NAMESPACE, vendor.as_bytes()).simple())
}

/// The contract's name of the interface. Other vendors keep their own name.
fn driver(vendor: &str) -> &str {
    match vendor {
        "google" => "gemini",
        OUR_OWN => "llmsim",
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
        OUR_OWN => wire::ModelVendor::Llmsim,
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
