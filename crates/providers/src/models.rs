//! All models that this process can call.

use std::sync::Arc;

use domain::{
    Timestamp,
    model::{Abilities, ECHO, SCRIPTED, by_name},
};

use crate::{
    echo, http,
    model::{Request, Stream},
    provider::Protocol,
    routes::{DEFAULT, Lead, NoRoute, Routes},
    scripted, wire,
};

/// The part of a thread that a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Only the messages of its own turn.
    Turn,
    /// The thread's newest messages, up to the transcript's limit, and always those of its own turn.
    Thread,
}

/// The model that answers a call.
#[derive(Clone, Debug)]
pub enum Target {
    /// Repeats the user's text.
    Echo,
    /// Plays the script of its agent.
    Scripted,
    /// A provider's model.
    Provider(Arc<Lead>),
}

/// The targets of a public name: the first one answers, and the others follow in order when it fails for a passing
/// reason. Never empty.
#[derive(Clone, Debug)]
pub struct Route(Vec<Target>);

/// All models that this process can call. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Models {
    routes: Arc<Routes>,
}

impl Models {
    /// The default has no route: `scripted` plays its script, and `echo` answers for every model of the catalogue.
    pub fn new(routes: Routes) -> Self {
        Self { routes: Arc::new(routes) }
    }

    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The route of a public name, of [`SCRIPTED`], or of [`Self::default_name`].
    ///
    /// # Errors
    /// [`NoRoute`]. Without a provider, only a name outside of the catalogue has no route.
    pub fn route(&self, name: &str) -> Result<Route, NoRoute> {
        match name {
            SCRIPTED => Ok(Route(vec![Target::Scripted])),
            ECHO => Ok(Route(vec![Target::Echo])),
            _ if !self.routes.is_empty() || self.routes.has_own(name) => {
                Ok(Route(self.routes.leads(name)?.into_iter().map(Target::Provider).collect()))
            }
            _ if by_name(name).is_some() => Ok(Route(vec![Target::Echo])),
            _ => Err(NoRoute::Unknown),
        }
    }

    /// Tells whether a message or an agent may choose the name, wherever it leads.
    pub fn knows(&self, name: &str) -> bool {
        by_name(name).is_some() || self.routes.names(name)
    }

    /// The public name for an agent without a model.
    pub fn default_name(&self) -> &'static str {
        if self.routes.is_empty() && !self.routes.has_own(DEFAULT) { ECHO } else { DEFAULT }
    }

    /// Calls a target. The stream reports all errors. `now` is for waits that a provider gives as a date.
    pub fn call(&self, target: &Target, request: Request, now: Timestamp) -> Stream {
        match target {
            Target::Echo => echo::answer(&request),
            Target::Scripted => scripted::answer(&request),
            Target::Provider(lead) => http::call(lead.clone(), wire::of(lead.wire), request, now),
        }
    }
}

impl Route {
    pub fn first(&self) -> &Target {
        &self.0[0]
    }

    /// The targets in order.
    pub fn targets(&self) -> &[Target] {
        &self.0
    }
}

impl Lead {
    /// Tells whether the provider fetches pictures by their address.
    pub fn takes_picture_urls(&self) -> bool {
        wire::of(self.wire).takes_picture_urls(&self.provider.base_url)
    }

    /// Tells whether the provider bounds the size of pictures further, if a request has many of them.
    pub fn bounds_many_pictures(&self) -> bool {
        self.wire == Protocol::Anthropic
    }
}

impl Target {
    /// The part of a thread that the model reads. Echo and scripts answer the messages of their turn, so a long thread
    /// need not be read again at each step.
    pub fn reads(&self) -> Reads {
        match self {
            Self::Echo | Self::Scripted => Reads::Turn,
            Self::Provider(_) => Reads::Thread,
        }
    }

    /// Most tokens of an answer, where the configuration bounds it.
    pub fn most_output(&self) -> Option<u64> {
        match self {
            Self::Echo | Self::Scripted => None,
            Self::Provider(lead) => lead.most_output,
        }
    }

    /// Absent for a model that takes every word: echo, a script, and a model that nobody describes.
    pub fn abilities(&self) -> Option<&Abilities> {
        match self {
            Self::Echo | Self::Scripted => None,
            Self::Provider(lead) => lead.abilities.as_ref(),
        }
    }
}
