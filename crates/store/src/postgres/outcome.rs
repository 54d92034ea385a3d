//! The outcome of a transaction whose COMMIT was not answered. The server knows it by the transaction's number.

use std::time::Duration;

use domain::{Error, Kind, Result};
use tokio::time::{Instant, sleep};

use super::slot::{Slot, connection};

/// Time for asking the server. It is enough to reconnect, for a server to restart, and for a COMMIT to end.
const ASKING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// By the function's older name, which every version has.
const STATUS: &str = "SELECT txid_status(?1)";

/// Asks on a new connection. Returns `unknown` if the server cannot be asked or does not know.
pub(super) async fn outcome(slot: &mut Slot, transaction: i64, unknown: Error) -> Result<()> {
    let until = Instant::now() + ASKING;
    loop {
        match status(slot, transaction).await {
            Ok(Some(status)) if status == "committed" => return Ok(()),
            Ok(Some(status)) if status == "aborted" => {
                let said = "The database was lost before it committed, try again";
                return Err(Error::unavailable(said).with_source(unknown));
            }
            Ok(Some(_in_progress)) if Instant::now() < until => sleep(PAUSE).await,
            Err(error) if error.kind == Kind::Unavailable && Instant::now() < until => sleep(PAUSE).await,
            _ => return Err(unknown),
        }
    }
}

async fn status(slot: &mut Slot, transaction: i64) -> Result<Option<String>> {
    let tx = slot.ready().await?;
    let said: Vec<Option<String>> = connection(tx).query(STATUS, &[&transaction], 1).await?;
    Ok(said.into_iter().next().flatten())
}
