//! Why the database did not do what it was asked. One variant per thing the caller does next.

use sqlx::error::{DatabaseError, ErrorKind};

/// A statement or connection that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is no address.
    #[error("`{url}` is not a database address. Write sqlite://PATH or postgres://USER@HOST/NAME")]
    NotAnAddress {
        /// What was configured, without its password.
        url: String,
    },
    /// It cannot be opened or reached, or went away.
    #[error(
        "the database cannot be reached: {detail}. Check [database] url, and that the server runs; nothing is lost, run the command again"
    )]
    Unreachable {
        /// What the driver says.
        detail: String,
    },
    /// It may be read and not written.
    #[error(
        "the database is read-only: {detail}. Give this user the right to write to the file and its folder, or to the database"
    )]
    ReadOnly {
        /// What the driver says.
        detail: String,
    },
    /// There is no room left.
    #[error(
        "there is no room left for the database: {detail}. Free some disk space and run the command again; it goes on where it stopped"
    )]
    Full {
        /// What the driver says.
        detail: String,
    },
    /// Somebody else wrote for too long.
    #[error("the database was busy for too long: {detail}. Another program holds it; try again")]
    Busy {
        /// What the driver says.
        detail: String,
    },
    /// It refused this data, and would refuse it again.
    #[error("the database refused a row: {detail}")]
    Refused {
        /// What the driver says; never the row.
        detail: String,
    },
    /// Its schema is not the one this program knows.
    #[error(
        "the database cannot be brought to this program's schema: {detail}. It was probably made by a newer everycall; use that one, or another database"
    )]
    Schema {
        /// What is wrong.
        detail: String,
    },
    /// A stored value makes no sense.
    #[error(
        "the database holds {what}, which this program does not understand. It was probably written by a newer everycall"
    )]
    Nonsense {
        /// Which value.
        what: String,
    },
    /// Another worker took the work over.
    #[error(
        "another worker has taken over `{key}`, because this one did not report for too long. Nothing was written twice"
    )]
    LeaseLost {
        /// Which work.
        key: String,
    },
    /// Anything else: a defect of ours.
    #[error("a statement failed: {detail}. Please report this")]
    Statement {
        /// What the driver says.
        detail: String,
    },
}

impl StoreError {
    /// Whether the rows are to blame, so that writing them one by one may save most of them.
    pub fn is_about_rows(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let detail = error.to_string();
        match &error {
            sqlx::Error::Database(refusal) => from_database(refusal.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable { detail },
            sqlx::Error::Encode(_) => Self::Refused { detail },
            sqlx::Error::Configuration(_) => Self::NotAnAddress { url: detail },
            _ => Self::Statement { detail },
        }
    }
}

/// SQLite's result codes (sqlite.org/rescode.html) and PostgreSQL's SQLSTATE (appendix A).
fn from_database(refusal: &dyn DatabaseError) -> StoreError {
    let detail = refusal.message().to_owned();
    let code = refusal.code().unwrap_or_default();
    if matches!(
        refusal.kind(),
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
    ) {
        return StoreError::Refused { detail };
    }
    // SQLite's extended codes carry the primary one in their low byte.
    if let Ok(number) = code.parse::<u32>()
        && code.len() < 5
    {
        return match number & 0xff {
            5 | 6 => StoreError::Busy { detail },
            8 => StoreError::ReadOnly { detail },
            13 => StoreError::Full { detail },
            10 | 11 | 14 | 26 => StoreError::Unreachable { detail },
            18..=20 => StoreError::Refused { detail },
            _ => StoreError::Statement { detail },
        };
    }
    match &code[..code.len().min(2)] {
        "08" | "57" | "28" | "3D" => StoreError::Unreachable { detail },
        "53" => StoreError::Full { detail },
        "40" | "55" => StoreError::Busy { detail },
        "22" | "23" | "P0" => StoreError::Refused { detail },
        _ if code == "25006" || code == "42501" => StoreError::ReadOnly { detail },
        _ => StoreError::Statement { detail },
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(cause)
            | sqlx::migrate::MigrateError::ExecuteMigration(cause, _) => cause.into(),
            other => Self::Schema { detail: other.to_string() },
        }
    }
}
