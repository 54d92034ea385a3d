//! The sealing keys of a server, and `threadline secrets …`.

use clap::Subcommand;
use engine::{Keys, Sealing, app::secrets::Sealed};

use crate::{
    failure::{Failure, Result},
    output,
    serve::{engine, failed},
    settings::{self, flags::ServerFlags},
};

/// The file in the data folder with the sealing keys of an SQLite database.
const KEY_FILE: &str = "sealing.key";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Seal every secret in the database with the first sealing key
    ///
    /// The server must not run. Afterwards only the first key is needed.
    #[command(after_help = "Examples:
  threadline secrets reseal --config threadline.toml
  THREADLINE_SEALING_KEY=$NEW,$OLD threadline secrets reseal --database postgres://threadline:secret@db/threadline")]
    Reseal(ServerFlags),
}

/// The sealing keys by the settings. On SQLite the data folder may have a file of them.
///
/// # Errors
/// Usage: two sources of keys, or a file that cannot be used.
pub fn sealing(settings: &settings::Server) -> Result<Sealing> {
    match (&settings.sealing_key, &settings.sealing_key_file) {
        (Some(_), Some(_)) => {
            Err(Failure::usage("`sealing_key` and `sealing_key_file` are both set: keep one of them"))
        }
        (Some(keys), None) => Ok(Sealing::with(keys.clone())),
        (None, Some(path)) => match Keys::of_file(path).map_err(Failure::usage)? {
            Some(keys) => Ok(Sealing::with(keys)),
            None => Err(Failure::usage(format!("the file of the sealing keys, {}, does not exist", path.display()))),
        },
        (None, None) if settings.database.is_none() => {
            Sealing::of_file(&settings.data.join(KEY_FILE)).map_err(Failure::usage)
        }
        (None, None) => Ok(Sealing::none()),
    }
}

/// `threadline secrets reseal`
pub async fn reseal(settings: settings::Server) -> Result<()> {
    let (store, app) = engine(&settings).await?;
    let sealed = app.reseal_secrets().await;
    store.close().await;
    let Sealed { rewritten, damaged, unknown, .. } = sealed.map_err(failed)?;
    output::print(&format!("sealed {rewritten} secrets with the first key\n"));
    let foreign: u64 = unknown.values().sum();
    if damaged + foreign == 0 {
        return Ok(());
    }
    let keys: Vec<&str> = unknown.keys().map(String::as_str).collect();
    Err(Failure::failed(match foreign {
        0 => format!("{damaged} secrets are damaged and stay as they are; the log names them"),
        _ => format!(
            "{foreign} secrets stay as they are, because these keys are not among the sealing keys: {}; {damaged} are damaged",
            keys.join(", ")
        ),
    }))
}
