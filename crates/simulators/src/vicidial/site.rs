//! A database of one cluster on a server, and a user who may only read it.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ddl;
use super::settings::Settings;
use super::writer::Writer;

/// A server on this machine that lets root in without a password.
const LOCAL: &str = "mysql://root@127.0.0.1:3306";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The database; it goes when this is dropped.
pub(super) struct Site {
    pub writer: Writer,
    pub database: String,
    pub user: String,
    pub password: String,
    /// Host and port of the server itself.
    pub server: (String, u16),
}

impl Site {
    /// Makes an empty one.
    pub fn create(settings: &Settings) -> io::Result<Self> {
        let url = server_url();
        let opts = mysql_async::Opts::from_url(&url).map_err(io::Error::other)?;
        let writer = Writer::start(&url).map_err(|error| {
            let why = format!(
                "no MariaDB to simulate a cluster in ({error}); set EVERYCALL_TEST_MARIADB_URL"
            );
            io::Error::other(why)
        })?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let random =
            writer.must("SELECT LEFT(REPLACE(UUID(), '-', ''), 12), LEFT(MD5(RAND()), 20)")?;
        let word = |nth: usize| {
            random.first().and_then(|row| row.get(nth).cloned().flatten()).unwrap_or_default()
        };
        let tag = format!("{}_{}_{number}", word(0), std::process::id());
        let site = Self {
            writer,
            database: format!("everycall_vicidial_{tag}"),
            user: format!("ev_{tag}"),
            password: word(1),
            server: (opts.ip_or_hostname().to_owned(), opts.tcp_port()),
        };
        site.fill(settings)?;
        Ok(site)
    }

    fn fill(&self, settings: &Settings) -> io::Result<()> {
        let Self { database, user, password, writer, .. } = self;
        let mode = if settings.is_strict { "STRICT_TRANS_TABLES" } else { "" };
        writer.must(format!("SET SESSION sql_mode = '{mode}', time_zone = '+00:00'"))?;
        writer.must(format!("CREATE DATABASE {database} CHARSET utf8mb3"))?;
        writer.must(format!("USE {database}"))?;
        for statement in ddl::statements(settings) {
            writer.must(statement)?;
        }
        // Where there are anonymous users, one at localhost would go before `%`.
        for host in ["%", "localhost"] {
            writer.must(format!("CREATE USER '{user}'@'{host}' IDENTIFIED BY '{password}'"))?;
            writer.must(format!("GRANT SELECT ON {database}.* TO '{user}'@'{host}'"))?;
        }
        Ok(())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.writer.write(format!("DROP DATABASE IF EXISTS {}", self.database));
        for host in ["%", "localhost"] {
            self.writer.write(format!("DROP USER IF EXISTS '{}'@'{host}'", self.user));
        }
    }
}

fn server_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "only tests and the demo simulate a cluster")]
    std::env::var("EVERYCALL_TEST_MARIADB_URL")
        .ok()
        .filter(|url| !url.is_empty())
        .unwrap_or_else(|| LOCAL.to_owned())
}
