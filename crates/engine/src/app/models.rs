//! The public names of models: the abilities of the models behind them, and where the names lead.

use domain::{
    Caller, ModelId, Result,
    caller::Subject,
    model::{self, Abilities, Model},
};
pub use providers::Models;
use providers::{Lead, Public};
use store::op;

use super::projects::administers_installation;
use crate::App;

/// A public name of a model, as the caller may see it.
#[derive(Clone, Debug)]
pub struct PublicModel {
    pub id: ModelId,
    pub name: String,
    /// The model of the catalogue. Absent for a name that only the configuration has.
    pub model: Option<&'static Model>,
    /// Absent for a model that nobody describes, and for echo, which takes everything.
    pub abilities: Option<Abilities>,
    /// Tells whether the model calls tools. Absent: unknown.
    pub calls_tools: Option<bool>,
    /// Tells whether the model itself answers under this name.
    pub is_connected: bool,
    /// Where the name leads. Absent for echo, for a name without a route, and for callers below the project.
    pub way: Option<Way>,
}

/// Where a public name leads.
#[derive(Clone, Debug)]
pub struct Way {
    pub first: Place,
    /// The models that answer in its place, in order.
    pub fallbacks: Vec<Place>,
}

/// A provider's model.
#[derive(Clone, Debug)]
pub struct Place {
    /// The public name. For a fallback: its own.
    pub name: String,
    /// The configured name of the provider.
    pub provider: String,
    /// The vendor whose API the provider speaks: `openai`, `anthropic` or `gemini`.
    pub kind: &'static str,
    /// The name of the wire.
    pub wire: &'static str,
    /// The provider's address. Absent unless the caller administers the installation.
    pub base_url: Option<String>,
    /// The provider's name of the model.
    pub model: String,
}

impl App {
    /// All public names that can be listed: those of the catalogue, then the exact ones of the configuration and of the
    /// project.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn public_models(&self, caller: &Caller) -> Result<Vec<PublicModel>> {
        let models = self.catalogues.of(caller.project).await?;
        let is_projects = caller.subject == Subject::Project;
        let asking = caller.clone();
        let ask = op(move |tx| Box::pin(async move { administers_installation(tx, &asking).await }));
        let is_told_addresses = is_projects && self.store.read(ask).await?;
        let shown = |public: Public<'_>| {
            let place = |lead: &Lead| place(lead, is_told_addresses);
            let way = public.leads.split_first().map(|(first, rest)| Way {
                first: place(first),
                fallbacks: rest.iter().map(|lead| place(lead)).collect(),
            });
            PublicModel {
                id: model::id(public.name),
                name: public.name.to_owned(),
                model: public.model,
                abilities: public.abilities().cloned(),
                calls_tools: public.calls_tools(),
                is_connected: public.is_echo() || way.is_some(),
                way: way.filter(|_| is_projects),
            }
        };
        Ok(models.public().map(shown).collect())
    }
}

fn place(lead: &Lead, is_told_addresses: bool) -> Place {
    Place {
        name: lead.name.clone(),
        provider: lead.provider.name.clone(),
        kind: lead.provider.kind.as_str(),
        wire: lead.wire.as_str(),
        base_url: is_told_addresses.then(|| lead.provider.base_url.clone()),
        model: lead.model.clone(),
    }
}
