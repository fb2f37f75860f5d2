//! What an operator sets for one ViciDial cluster.

use std::path::PathBuf;
use std::time::Duration;

use domain::{Capabilities, Tiers};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::zone::Zone;
use crate::ConnectError;
use crate::http::tls::is_link_local_address;
use crate::setup::{Question, SetUp};
use crate::webhooks;

/// What a person must say.
pub(super) const SET_UP: SetUp = SetUp {
    questions: &[
        Question {
            key: "host",
            asks: "Host of the database, better a replica than the primary",
            example: "db.example.com",
            found: "On a dialler: VARDB_server in /etc/astguiclient.conf names the primary",
        },
        Question {
            key: "user",
            asks: "Database user that may only read",
            example: "everycall",
            found: "Make one: CREATE USER … IDENTIFIED BY …; GRANT SELECT ON asterisk.* TO …",
        },
        Question {
            key: "timezone",
            asks: "Zone of the cluster, whose local times its tables hold",
            example: "America/New_York",
            found: "On the database server: timedatectl. No table says it",
        },
    ],
    optional: &[
        Question { key: "port", asks: "Port of the database", example: "3306", found: "" },
        Question {
            key: "database",
            asks: "Name of the database",
            example: "asterisk",
            found: "On a dialler: VARDB_database in /etc/astguiclient.conf",
        },
        Question {
            key: "cluster",
            asks: "Your name for the cluster, so that another host stays the same source",
            example: "main",
            found: "Where it was not said at first, say the first host's name when the host changes",
        },
    ],
    // Calls and what is proved stand at instants that were read in this zone.
    stays: &["timezone", "database"],
    secret: Question {
        key: "password",
        asks: "Password of the database user",
        example: "VICIDIAL_PASSWORD",
        found: "The one you gave the user when you made it",
    },
};

/// The settings of one connection. `host`, `user` and `timezone` have no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the database is; a replica where there is one.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// The database; a replica of several clusters may have renamed it.
    #[serde(default = "database")]
    pub database: String,
    /// Who reads: a user that may do nothing but SELECT.
    pub user: String,
    /// The zone the cluster writes its times in: an IANA name such as `America/New_York`, or a
    /// POSIX rule. No table says it.
    pub timezone: String,
    /// The cluster's own name; with it, another host (such as a new replica) stays the same source.
    #[serde(default)]
    pub cluster: Option<String>,
    /// Whether the connection is encrypted; by default it is, except to this machine.
    #[serde(default)]
    pub tls: Option<bool>,
    /// A file with the certificate that signed the server's own, where no public one did.
    #[serde(default)]
    pub tls_ca_file: Option<PathBuf>,
    /// Connections at once.
    #[serde(default = "connections")]
    pub connections: u32,
    /// Rows of one table that one statement may bring; a longer slice is halved.
    #[serde(default = "slice_rows_max")]
    pub slice_rows_max: u64,
    /// What a statement should take at most; after a longer one slices are halved.
    #[serde(default = "statement_ms_target")]
    pub statement_ms_target: u64,
    /// When the server is to break a statement off.
    #[serde(default = "statement_seconds_max")]
    pub statement_seconds_max: u32,
    /// How long to rest after a statement, in percent of what it took.
    #[serde(default = "rest_percent")]
    pub rest_percent: u32,
    /// The longest window read in one walk.
    #[serde(default = "window_days_max")]
    pub window_days_max: u32,
    /// How old an instant must be before its window can be proved: rows are inserted with a time
    /// up to ten minutes in the past.
    #[serde(default = "lag_minutes")]
    pub lag_minutes: u32,
    /// How far the clocks of the cluster's hosts may differ.
    #[serde(default = "skew_seconds")]
    pub skew_seconds: u32,
    /// Whether the server follows no other, said by the operator where our user may not ask it.
    #[serde(default)]
    pub is_primary: bool,
    /// How far a server is taken to be behind that tells our user nothing of it and is not said to
    /// be the primary.
    #[serde(default = "replica_lag_minutes")]
    pub replica_lag_minutes: u32,
    /// Whether rows may lie in archives. Without this, archives our user cannot see do not exist.
    #[serde(default = "yes")]
    pub archives: bool,
    /// How long a call without an ending is asked for by its id.
    #[serde(default = "patience_hours")]
    pub patience_hours: u32,
    /// Whether inbound calls that reached no queue are calls too.
    #[serde(default = "yes")]
    pub did_calls: bool,
    /// How far back the examination compares dial requests with calls.
    #[serde(default = "ledger_hours")]
    pub ledger_hours: u32,
    /// The Non-Agent API, such as `https://dialer.example.com/vicidial/non_agent_api.php`. It is
    /// asked when the connection is examined, and never for calls.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Where campaigns and in-groups are to tell of their calls (their dispo call URL). Nothing is
    /// changed there; the examination says which differ.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// Its user, for control totals; needs level 9 and `view_reports`.
    #[serde(default)]
    pub api_user: Option<String>,
}

const fn yes() -> bool {
    true
}

const fn port() -> u16 {
    3306
}

fn database() -> String {
    "asterisk".to_owned()
}

const fn connections() -> u32 {
    2
}

const fn slice_rows_max() -> u64 {
    2000
}

const fn statement_ms_target() -> u64 {
    200
}

const fn statement_seconds_max() -> u32 {
    5
}

const fn rest_percent() -> u32 {
    50
}

const fn window_days_max() -> u32 {
    7
}

const fn lag_minutes() -> u32 {
    15
}

const fn skew_seconds() -> u32 {
    60
}

const fn replica_lag_minutes() -> u32 {
    60
}

const fn patience_hours() -> u32 {
    24
}

const fn ledger_hours() -> u32 {
    24
}

const fn minutes(count: u32) -> Duration {
    Duration::from_secs(count as u64 * 60)
}

impl Settings {
    /// The defaults for one cluster.
    pub fn new(
        host: impl Into<String>,
        user: impl Into<String>,
        timezone: impl Into<String>,
    ) -> Self {
        Self {
            host: host.into(),
            port: port(),
            database: database(),
            user: user.into(),
            timezone: timezone.into(),
            cluster: None,
            tls: None,
            tls_ca_file: None,
            connections: connections(),
            slice_rows_max: slice_rows_max(),
            statement_ms_target: statement_ms_target(),
            statement_seconds_max: statement_seconds_max(),
            rest_percent: rest_percent(),
            window_days_max: window_days_max(),
            lag_minutes: lag_minutes(),
            skew_seconds: skew_seconds(),
            is_primary: false,
            replica_lag_minutes: replica_lag_minutes(),
            archives: true,
            patience_hours: patience_hours(),
            did_calls: true,
            ledger_hours: ledger_hours(),
            api_url: None,
            webhook_url: None,
            api_user: None,
        }
    }

    /// What the settings let us promise.
    pub fn capabilities(&self) -> Capabilities {
        // People edit a call's status weeks later, and nothing marks the row. The first age is past
        // the lag, or it would never come due.
        let ages = [30 * 60, 2 * 3600, 6 * 3600, 24 * 3600, 7 * 86_400, 35 * 86_400];
        Capabilities {
            window_max: Duration::from_secs(u64::from(self.window_days_max) * 86_400),
            window_min: Duration::from_mins(5),
            // A walk reads slice by slice, so no window is too large for memory.
            window_calls_max: u64::MAX,
            // A slice is asked for by every local time it can have, and a little more.
            margin: Duration::ZERO,
            lag: minutes(self.lag_minutes),
            tiers: Tiers::new(ages.map(Duration::from_secs).to_vec()),
            patience: Duration::from_secs(u64::from(self.patience_hours) * 3600),
        }
    }

    pub(super) fn skew(&self) -> Duration {
        Duration::from_secs(self.skew_seconds.into())
    }

    pub(super) fn lag(&self) -> Duration {
        minutes(self.lag_minutes)
    }

    pub(super) fn replica_lag(&self) -> Duration {
        minutes(self.replica_lag_minutes)
    }

    pub(super) fn ledger_span(&self) -> Duration {
        Duration::from_secs(u64::from(self.ledger_hours) * 3600)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.unwrap_or(!is_this_machine(&self.host))
    }

    /// The zone, with settings that cannot work refused.
    pub(super) fn checked(&self, password: &SecretString) -> Result<Zone, ConnectError> {
        let refused = |why: String| Err(ConnectError::Setting { why });
        let at_least_one = [
            ("port", u64::from(self.port)),
            ("connections", u64::from(self.connections)),
            ("slice_rows_max", self.slice_rows_max),
            ("statement_ms_target", self.statement_ms_target),
            ("statement_seconds_max", u64::from(self.statement_seconds_max)),
            ("window_days_max", u64::from(self.window_days_max)),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return refused(format!("`{name}` must be at least 1"));
        }
        let texts = [("host", &self.host), ("user", &self.user), ("database", &self.database)];
        if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return refused(format!("`{name}` is empty"));
        }
        if self.host.parse().is_ok_and(is_link_local_address) {
            return refused(format!("`host` = `{}` is a link-local address", self.host));
        }
        if self.user == "cron" && password.expose_secret() == "1234" {
            return refused(
                "`user` is `cron` with the password every ViciDial is installed with, and it may \
                 change everything; make a user that may only SELECT"
                    .to_owned(),
            );
        }
        if self.api_user.is_some() && self.api_url.is_none() {
            return refused("`api_user` needs `api_url`".to_owned());
        }
        self.webhook()?;
        let Some(zone) = Zone::read(&self.timezone) else {
            return refused(format!(
                "`timezone` = `{}` is no time zone such as America/New_York",
                self.timezone
            ));
        };
        Ok(zone)
    }

    /// Where campaigns and in-groups are to tell of their calls.
    pub(super) fn webhook(&self) -> Result<Option<Url>, ConnectError> {
        webhooks::expected(self.webhook_url.as_deref())
    }

    pub(super) fn api_address(&self) -> Result<Option<Url>, ConnectError> {
        let Some(address) = &self.api_url else { return Ok(None) };
        match Url::parse(address).ok().filter(Url::has_host) {
            Some(url) => Ok(Some(url)),
            None => Err(ConnectError::Setting {
                why: format!(
                    "`api_url` = `{address}` is not an address such as \
                     https://dialer.example.com/vicidial/non_agent_api.php"
                ),
            }),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    host == "localhost" || host.parse().is_ok_and(is_loopback)
}
