//! What identifies a call: ViciDial has no id that stays, so it is put together of what does.
//!
//! A row of `vicidial_log` has a primary key that is rewritten when a manual call ends: only the
//! part after the dot changes. Its own code finds such a row by the second its channel was
//! created in and the lead, and so do we, with `start_epoch` beside them. Two rows that share even
//! that are told apart by the whole key of the later one.

use domain::{ProviderCallId, Timestamp};

use super::rows::Row;

/// Which table a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `vicidial_log`: an outbound call.
    Log,
    /// `vicidial_closer_log`: a call in a queue.
    Closer,
    /// `vicidial_did_log`: an inbound call that reached no queue.
    Did,
}

/// What a key says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Of `vicidial_log`.
    Log {
        /// The second of creation, or the whole `uniqueid`.
        unique: String,
        /// The lead.
        lead: i64,
        /// `start_epoch`, 0 where there is none.
        start: i64,
    },
    /// Of `vicidial_closer_log`.
    Closer(i64),
    /// Of `vicidial_did_log`.
    Did {
        /// Its `uniqueid`.
        unique: String,
        /// Its `call_date`, digits only.
        date: String,
        /// Its `server_ip`.
        server: String,
    },
}

impl Key {
    /// The key of a row, in the form that stays when the row is rewritten.
    pub fn of(kind: Kind, row: &Row) -> Option<Self> {
        match kind {
            Kind::Log => {
                let unique = row.get("uniqueid")?;
                let unique = created(unique).map_or(unique, |(second, _)| second).to_owned();
                let lead = row.number("lead_id").unwrap_or(0);
                Some(Self::Log { unique, lead, start: row.number("start_epoch").unwrap_or(0) })
            }
            Kind::Closer => row.number("closecallid").map(Self::Closer),
            Kind::Did => Some(Self::Did {
                unique: row.get("uniqueid")?.to_owned(),
                date: digits(row.get("call_date")?),
                server: row.get("server_ip").unwrap_or_default().to_owned(),
            }),
        }
    }

    /// The key of a row that shares its usual one with an earlier row.
    #[must_use]
    pub fn exact(self, row: &Row) -> Self {
        match (self, row.get("uniqueid")) {
            (Self::Log { lead, start, .. }, Some(whole)) => {
                Self::Log { unique: whole.to_owned(), lead, start }
            }
            (usual, _) => usual,
        }
    }

    /// Reads a call's id.
    pub fn read(id: &ProviderCallId) -> Option<Self> {
        let (kind, rest) = id.0.split_once('-')?;
        match kind {
            "vl" => {
                let mut parts = rest.rsplitn(3, '-');
                let start = parts.next()?.parse().ok()?;
                let lead = parts.next()?.parse().ok()?;
                Some(Self::Log { unique: parts.next()?.to_owned(), lead, start })
            }
            "vcl" => rest.parse().ok().map(Self::Closer),
            "did" => {
                let mut parts = rest.rsplitn(3, '-');
                let server = parts.next()?.to_owned();
                let date = parts.next()?.to_owned();
                Some(Self::Did { unique: parts.next()?.to_owned(), date, server })
            }
            _ => None,
        }
    }

    /// The call's id.
    pub fn id(&self) -> ProviderCallId {
        ProviderCallId(match self {
            Self::Log { unique, lead, start } => format!("vl-{unique}-{lead}-{start}"),
            Self::Closer(id) => format!("vcl-{id}"),
            Self::Did { unique, date, server } => format!("did-{unique}-{date}-{server}"),
        })
    }
}

/// The second and the sequence number in a `uniqueid` such as `1700000000.12`; nothing in one that
/// was made otherwise.
pub fn created(unique: &str) -> Option<(&str, u64)> {
    let (second, number) = unique.split_once('.')?;
    let is_epoch = second.len() == 10 && second.bytes().all(|byte| byte.is_ascii_digit());
    Some((second, number.parse().ok()?)).filter(|_| is_epoch)
}

/// When the channel of a `uniqueid` was created.
pub fn created_at(unique: &str) -> Option<Timestamp> {
    let seconds: i64 = created(unique)?.0.parse().ok()?;
    Some(Timestamp::from_millis(seconds * 1000))
}

/// The digits of a text.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
