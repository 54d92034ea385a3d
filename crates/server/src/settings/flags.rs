//! The flags of the settings, made from the table, for clap.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::table::{self, Audience, Setting};

/// The flags of `serve`, `dev`, `config` and `secrets`.
#[derive(Clone, Debug, Default)]
pub struct ServerFlags(BTreeMap<String, String>);

/// The flags of the commands that talk to a running server.
#[derive(Clone, Debug, Default)]
pub struct RemoteFlags(BTreeMap<String, String>);

impl ServerFlags {
    /// The given values, by the setting's name.
    pub fn given(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl RemoteFlags {
    /// The given values, by the setting's name.
    pub fn given(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn settings(audience: Audience) -> impl Iterator<Item = (Setting, String)> {
    let with_flag = |setting: Setting| setting.flag().map(|flag| (setting, flag));
    table::all().into_iter().filter(move |setting| setting.is_for(audience)).filter_map(with_flag)
}

/// Distinct from arguments of commands, which may have the same names.
fn id(setting: &Setting) -> String {
    format!("setting {}", setting.name)
}

/// A client's flags may come before and after its verb: `threadline key --url … list` and `threadline key list --url
/// …`.
fn declare(command: Command, audience: Audience) -> Command {
    let anywhere = audience == Audience::Remote;
    settings(audience).fold(command, |command, (setting, flag)| {
        let default = setting.default.as_ref().map(|default| format!("; default {default}")).unwrap_or_default();
        let help = format!("{} [{}{default}]", setting.meaning, setting.variable());
        let word = setting.name.to_ascii_uppercase();
        command.arg(
            Arg::new(id(&setting)).long(flag).value_name(word).help(help).help_heading("Settings").global(anywhere),
        )
    })
}

fn collect(matches: &ArgMatches, audience: Audience) -> BTreeMap<String, String> {
    settings(audience)
        .filter_map(|(setting, _)| {
            let value = matches.get_one::<String>(&id(&setting)).cloned()?;
            Some((setting.name, value))
        })
        .collect()
}

macro_rules! flags {
    ($name:ident, $audience:expr) => {
        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                declare(command, $audience)
            }

            fn augment_args_for_update(command: Command) -> Command {
                declare(command, $audience)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(collect(matches, $audience)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(collect(matches, $audience));
                Ok(())
            }
        }
    };
}

flags!(ServerFlags, Audience::Server);
flags!(RemoteFlags, Audience::Remote);
