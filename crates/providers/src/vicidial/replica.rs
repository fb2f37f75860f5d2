//! How far a replica is behind: what it has not applied yet, it cannot list.

use std::time::Duration;

use domain::Timestamp;

use super::client::Client;
use crate::SourceError;

/// What the server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replica {
    /// It follows nobody.
    No,
    /// It has applied everything up to this long ago.
    Behind(Duration),
    /// It follows somebody and has stopped.
    Stopped,
    /// It is read-only, so it probably follows somebody, and does not tell our user.
    Untold,
}

/// Asks the server.
pub(super) async fn ask(client: &Client) -> Result<Replica, SourceError> {
    // The older word works on every version.
    match client.ask("replica status", "SHOW SLAVE STATUS").await {
        Ok(timed) => {
            let Some(row) = timed.rows.first() else { return Ok(Replica::No) };
            let behind = row.number("Seconds_Behind_Master");
            // No number means that it stands still, not that it is up to date.
            let Some(behind) = behind.and_then(|seconds| u64::try_from(seconds).ok()) else {
                return Ok(Replica::Stopped);
            };
            Ok(Replica::Behind(Duration::from_secs(behind)))
        }
        Err(error) if error.needs_operator() => {
            let timed = client.ask("read_only", "SELECT @@global.read_only").await?;
            let is_read_only = timed.rows.first().and_then(|row| row.nth(0)) != Some("0");
            Ok(if is_read_only { Replica::Untold } else { Replica::No })
        }
        Err(error) => Err(error),
    }
}

/// Why a window that ends at `to` proves nothing yet; nothing if it may.
pub(super) async fn doubt(client: &Client, to: Timestamp) -> Result<Option<String>, SourceError> {
    let age = client.now().since(to);
    Ok(match ask(client).await? {
        Replica::Stopped => {
            Some("the replica has stopped, so nobody knows what it lacks".to_owned())
        }
        Replica::Behind(behind) if age < behind + client.settings().lag() => Some(format!(
            "the replica is {} s behind, and the window ended {} s ago",
            behind.as_secs(),
            age.as_secs()
        )),
        Replica::Untold if age < client.settings().replica_lag() => Some(format!(
            "the server is read-only and does not tell our user how far it is behind, and the \
             window ended {} s ago",
            age.as_secs()
        )),
        Replica::No | Replica::Behind(_) | Replica::Untold => None,
    })
}
