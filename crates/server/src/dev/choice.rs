//! The model of `threadline dev`: a configured provider, else a key of the environment, else a server of this machine,
//! else echo.

use std::{
    collections::BTreeMap,
    env,
    io::{self, BufRead, IsTerminal, Write},
};

use domain::model::ECHO;
use providers::{DEFAULT, Key, Kind, Overrides, Provider, ProviderSettings, RouteSettings, Routes};

use super::{
    local::{self, Local},
    page::Model,
};
use crate::{
    failure::{Failure, Result},
    settings,
};

/// A hosted provider whose key may stand in the environment.
struct Hosted {
    name: &'static str,
    title: &'static str,
    variable: &'static str,
    kind: Kind,
    /// Absent: the vendor's own.
    base_url: Option<&'static str>,
    /// The pattern of the vendor's names in the catalogue, which lead to the models of these names.
    own: Option<&'static str>,
    /// The provider's name of the model that answers for every other name.
    model: &'static str,
}

/// In the order in which they are taken.
const HOSTED: [Hosted; 4] = [
    Hosted {
        name: "openai",
        title: "OpenAI",
        variable: "OPENAI_API_KEY",
        kind: Kind::Openai,
        base_url: None,
        own: Some("gpt-*"),
        model: "gpt-5.4-mini",
    },
    Hosted {
        name: "anthropic",
        title: "Anthropic",
        variable: "ANTHROPIC_API_KEY",
        kind: Kind::Anthropic,
        base_url: None,
        own: Some("claude-*"),
        model: "claude-haiku-4-5",
    },
    Hosted {
        name: "gemini",
        title: "Google",
        variable: "GEMINI_API_KEY",
        kind: Kind::Gemini,
        base_url: None,
        own: Some("gemini-*"),
        model: "gemini-3-flash-preview",
    },
    Hosted {
        name: "openrouter",
        title: "OpenRouter",
        variable: "OPENROUTER_API_KEY",
        kind: Kind::Openai,
        base_url: Some("https://openrouter.ai/api/v1"),
        own: None,
        model: "openai/gpt-5.4-mini",
    },
];

/// Chooses the model, and leads the routes to it.
///
/// # Errors
/// Usage: a provider that does not exist, has no key or does not answer, or one beside a configured one.
pub async fn choose(settings: &mut settings::Server, named: Option<&str>, look_at: Option<&str>) -> Result<Model> {
    let places = local::places(look_at)?;
    if !settings.routes.is_empty() {
        return configured(&settings.routes, named);
    }
    if let Some(name) = named {
        return by_name(settings, name, &places).await;
    }
    let mut unused = Vec::new();
    for hosted in HOSTED.iter().filter(|hosted| env::var_os(hosted.variable).is_some()) {
        match may_use(hosted) {
            true => return lead_to_hosted(settings, hosted),
            false => unused.push((hosted.variable, hosted.name)),
        }
    }
    let found = local::look(&places).await;
    let mut model = match found {
        Some(found) => lead_to_local(settings, found)?,
        None => Model { shows_how: true, ..Model::echo() },
    };
    model.unused = unused;
    Ok(model)
}

fn configured(routes: &Routes, named: Option<&str>) -> Result<Model> {
    if named.is_some() {
        return Err(Failure::usage("--provider cannot be given, because the configuration file has a provider")
            .hint("leave --provider out, or take `providers` and `models` out of the file"));
    }
    let names: Vec<&str> = routes.providers().map(|provider| provider.name.as_str()).collect();
    Ok(Model::of(format!("as the configuration says: {}", names.join(", "))))
}

async fn by_name(settings: &mut settings::Server, name: &str, places: &[local::Place]) -> Result<Model> {
    if name == ECHO {
        return Ok(Model::echo());
    }
    if let Some(hosted) = HOSTED.iter().find(|hosted| hosted.name == name) {
        return lead_to_hosted(settings, hosted);
    }
    let Some(place) = places.iter().find(|place| place.name == name) else {
        let hosted = HOSTED.iter().map(|hosted| hosted.name);
        let names: Vec<&str> = hosted.chain(local::NAMES).chain([ECHO]).collect();
        return Err(Failure::usage(format!("unknown provider {name}")).hint(format!("one of {}", names.join(", "))));
    };
    let found = local::look(std::slice::from_ref(place)).await;
    let found = found.ok_or_else(|| {
        Failure::usage(format!("{} does not answer at {} with a list of models", place.title, place.base_url))
            .hint("start it, and let it load a model")
    })?;
    lead_to_local(settings, found)
}

/// Asks on a terminal. Without one, a key is not used, because its calls cost money.
fn may_use(hosted: &Hosted) -> bool {
    let (input, error) = (io::stdin(), io::stderr());
    if !input.is_terminal() || !error.is_terminal() {
        return false;
    }
    eprint!("{} is set. Let {} answer? Its calls cost money. [y/N] ", hosted.variable, hosted.title);
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let is_read = input.lock().read_line(&mut answer).is_ok();
    is_read && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

fn lead_to_hosted(settings: &mut settings::Server, hosted: &Hosted) -> Result<Model> {
    let key = env::var(hosted.variable).ok().and_then(|text| Key::parse(&text)).ok_or_else(|| {
        Failure::usage(format!("{} has no key", hosted.variable))
            .hint(format!("set the variable {}, or choose another --provider", hosted.variable))
    })?;
    let own = hosted.own.map(|pattern| (pattern.to_owned(), RouteSettings::default()));
    let default = RouteSettings { model: Some(hosted.model.into()), ..RouteSettings::default() };
    let base_url = hosted.base_url.map(Into::into);
    lead(settings, hosted.name, (hosted.kind, base_url, Some(key)), own, default)?;
    Ok(Model::of(format!("{} of {}, by the key in {}", hosted.model, hosted.title, hosted.variable)))
}

fn lead_to_local(settings: &mut settings::Server, found: Local) -> Result<Model> {
    let Local { place, model } = found;
    let overrides = Overrides { context: place.context, ..Overrides::default() };
    let default = RouteSettings { model: Some(model.clone()), overrides, ..RouteSettings::default() };
    lead(settings, place.name, (Kind::Openai, Some(place.base_url.clone()), None), None, default)?;
    Ok(Model::of(format!("{model} of {} at {}", place.title, place.base_url)))
}

/// Leads every name to the provider.
fn lead(
    settings: &mut settings::Server,
    name: &str,
    (kind, base_url, key): (Kind, Option<String>, Option<Key>),
    own: Option<(String, RouteSettings)>,
    default: RouteSettings,
) -> Result<()> {
    let times = settings::times(&settings.limits);
    let configured = ProviderSettings { name: name.into(), kind, base_url, wire: None, key, ca_file: None, times };
    let provider = Provider::new(configured).map_err(|why| Failure::failed(why.to_string()))?;
    let of_provider = |route: RouteSettings| RouteSettings { provider: name.into(), ..route };
    let routes = own.into_iter().chain([(DEFAULT.to_owned(), default)]);
    let routes: BTreeMap<String, RouteSettings> = routes.map(|(name, route)| (name, of_provider(route))).collect();
    settings.routes = Routes::new(vec![provider], routes).map_err(|why| Failure::failed(why.to_string()))?;
    Ok(())
}
