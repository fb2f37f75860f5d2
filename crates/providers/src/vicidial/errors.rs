//! What the database's refusals mean, and what the operator must change.
//!
//! A refusal's own words name users, hosts and sometimes values, so only its number is repeated.

use mysql_async::Error;

use super::Settings;
use crate::SourceError;

/// Why a statement brought no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It took too long, or waited too long for a lock: a shorter slice may do.
    TooSlow(String),
    /// The connection is gone, or the server is busy: another one may do.
    Broken(String),
    /// A table or column is not what it was when columns were looked up.
    OtherSchema(String),
    /// Only a change by the operator can help.
    Refused(u16),
}

impl Trouble {
    /// What the driver's error means.
    pub fn of(error: &Error) -> Self {
        let server = match error {
            Error::Server(server) => server,
            // Its text may name the host and more.
            Error::Io(_) => return Self::Broken("the connection broke".to_owned()),
            _ => return Self::Broken("the server spoke otherwise than expected".to_owned()),
        };
        let code = server.code;
        match code {
            // MariaDB's and MySQL's limit of a statement, a lock waited for, a deadlock.
            1969 | 3024 | 1205 | 1213 => {
                Self::TooSlow(format!("a statement was broken off (error {code})"))
            }
            // Too many connections, shutdown, killed, packets out of order, gone.
            1040 | 1053 | 1077 | 1152..=1161 | 1184 | 1317 | 1927 | 2006 | 2013 => {
                Self::Broken(format!("the server is busy or going away (error {code})"))
            }
            1054 | 1146 => Self::OtherSchema(format!("a table has changed (error {code})")),
            other => Self::Refused(other),
        }
    }

    /// In words, for good.
    pub fn explain(self, request: &str, attempts: u32, settings: &Settings) -> SourceError {
        let request = request.to_owned();
        match self {
            Self::TooSlow(what) | Self::Broken(what) => {
                SourceError::Unavailable { request, what, attempts, wait: None }
            }
            Self::OtherSchema(what) => SourceError::Nonsense { request, what },
            Self::Refused(code) => refused(request, code, settings),
        }
    }
}

fn refused(request: String, code: u16, settings: &Settings) -> SourceError {
    let said = format!("error {code}");
    let database = &settings.database;
    let hint = match code {
        1045 | 1698 | 2059 => {
            let hint = "Check `user` and the password of the source".to_owned();
            return SourceError::Unauthorised { request, said, hint };
        }
        1049 => {
            let hint = format!("There is no database `{database}`; check `database`");
            return SourceError::NotFound { request, said, hint };
        }
        1044 | 1142 | 1143 => format!("Let `user` read: GRANT SELECT ON {database}.* TO the user"),
        1129 | 1130 => {
            "The server lets nobody in from this machine; create the user for this machine's \
             address, or FLUSH HOSTS after many failures"
                .to_owned()
        }
        1227 => "GRANT SLAVE MONITOR (or REPLICATION CLIENT) ON *.* TO the user".to_owned(),
        _ => {
            let hint = "The server understood the connection and not the statement".to_owned();
            return SourceError::Misspoken { request, said, hint };
        }
    };
    SourceError::NotPermitted { request, said, hint }
}

/// What to do when a table cannot be seen, which is how a missing right looks.
pub(super) fn unseen(table: &str, settings: &Settings) -> SourceError {
    SourceError::NotPermitted {
        request: format!("table {table}"),
        said: "it cannot be seen".to_owned(),
        hint: format!(
            "GRANT SELECT ON {}.{table} TO the user, or check `database`",
            settings.database
        ),
    }
}
