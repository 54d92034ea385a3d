//! The public names of models, with the models behind them.

use std::sync::Arc;

use domain::{
    ModelId,
    model::{self, Abilities, CATALOGUE, ECHO, Model},
};

use crate::{models::Models, routes::Lead};

/// A public name that a message or an agent may choose, and where the name leads.
#[derive(Clone, Debug)]
pub struct Public<'m> {
    pub name: &'m str,
    /// The model of the catalogue. Absent for a name that only the configuration has.
    pub model: Option<&'static Model>,
    /// The lead of its route, and those of the fallbacks behind it. Empty: the name leads to no provider.
    pub leads: Vec<Arc<Lead>>,
}

impl Models {
    /// The names of the catalogue, in its order, and then the exact names that only the configuration has. A name that
    /// only a pattern of the configuration has is not among them.
    pub fn public(&self) -> impl Iterator<Item = Public<'_>> {
        let known = CATALOGUE.iter().map(|model| (model.name, Some(model)));
        let own = self.routes().own_names().map(|name| (name, None));
        known.chain(own).map(|(name, model)| Public {
            name,
            model,
            leads: self.routes().leads(name).unwrap_or_default(),
        })
    }

    /// The public name with this id: one of [`Self::public`].
    pub fn name_of(&self, id: ModelId) -> Option<&str> {
        let known = model::by_id(id).map(|model| model.name);
        known.or_else(|| self.routes().own_names().find(|name| model::id(name) == id))
    }
}

impl Public<'_> {
    pub fn is_echo(&self) -> bool {
        self.name == ECHO
    }

    /// The abilities of the model to which the name leads, else those of the catalogue. Absent for a model that nobody
    /// describes, and for echo, which takes everything.
    pub fn abilities(&self) -> Option<&Abilities> {
        match self.leads.first() {
            Some(lead) => lead.abilities.as_ref(),
            None => model::abilities(self.name),
        }
    }

    /// Tells whether the model calls tools. Absent: unknown, as for each model outside of the catalogue.
    pub fn calls_tools(&self) -> Option<bool> {
        let model = self.leads.first().map_or(self.name, |lead| lead.model.as_str());
        match self.is_echo() {
            true => Some(false),
            false => model::by_name(model).map(|_| true),
        }
    }
}
