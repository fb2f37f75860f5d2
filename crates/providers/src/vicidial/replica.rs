//! How far a replica is behind: what it has not applied yet, it cannot list.

use std::time::Duration;

use domain::Timestamp;

use super::client::Client;
use super::rows::Row;
use crate::examine::probe;
use crate::{Probe, ProbeOutcome, SourceError};

/// What the server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replica {
    /// It follows nobody.
    No,
    /// It does not tell our user, and the operator says that it follows nobody.
    Primary,
    /// It has applied everything up to this long ago.
    Behind(Duration),
    /// It follows somebody and has stopped.
    Stopped,
    /// It does not tell our user. One that may be written to may follow somebody all the same.
    Untold,
}

/// The question in the words of each kind of server. Only the first one sees every primary of a
/// server that follows several; MariaDB understands it, and new MySQL only the last.
const QUESTIONS: [&str; 3] = ["SHOW ALL SLAVES STATUS", "SHOW SLAVE STATUS", "SHOW REPLICA STATUS"];

/// Asks the server.
pub(super) async fn ask(client: &Client) -> Result<Replica, SourceError> {
    for question in QUESTIONS {
        match client.ask("replica status", question).await {
            Ok(timed) => return Ok(worst(&timed.rows)),
            Err(SourceError::Misspoken { .. }) => {}
            Err(error) if error.needs_operator() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(if client.settings().is_primary { Replica::Primary } else { Replica::Untold })
}

/// Of several primaries, the one that is furthest away counts.
fn worst(rows: &[Row]) -> Replica {
    let mut worst = Replica::No;
    for row in rows {
        let behind = row.number("Seconds_Behind_Master");
        let behind = behind.or_else(|| row.number("Seconds_Behind_Source"));
        // No number means that it stands still, not that it is up to date; and what it has not
        // even been sent, it does not count.
        let receives = row.get("Slave_IO_Running").or_else(|| row.get("Replica_IO_Running"));
        let receives = receives.is_none_or(|said| said.eq_ignore_ascii_case("yes"));
        let behind = behind.and_then(|seconds| u64::try_from(seconds).ok()).filter(|_| receives);
        let Some(behind) = behind.map(Duration::from_secs) else { return Replica::Stopped };
        worst = match worst {
            Replica::Behind(most) => Replica::Behind(most.max(behind)),
            _ => Replica::Behind(behind),
        };
    }
    worst
}

/// Asks, and moves the edge of what can be proved back by what the server lacks.
pub(super) async fn learn(client: &Client) -> Result<Option<Probe>, SourceError> {
    let replica = ask(client).await?;
    let behind = match replica {
        Replica::Behind(behind) => behind,
        Replica::Untold => client.settings().replica_lag(),
        // One that has stopped proves nothing, however old: the walk says so.
        Replica::No | Replica::Primary | Replica::Stopped => Duration::ZERO,
    };
    client.learn_behind(behind);
    let seconds = behind.as_secs();
    let sentence = if replica == Replica::Untold {
        format!("The server does not tell how far it is behind, so {seconds} s are assumed")
    } else {
        format!("The replica is {seconds} s behind, so the newest calls are proved that much later")
    };
    let said = probe("replica", ProbeOutcome::Notable, sentence);
    Ok((!behind.is_zero()).then_some(said))
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
            "the server does not tell our user how far it is behind, and the window ended {} s ago",
            age.as_secs()
        )),
        Replica::No | Replica::Primary | Replica::Behind(_) | Replica::Untold => None,
    })
}
