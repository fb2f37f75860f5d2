//! `[database]`: where everything is kept.

use std::path::Path;

use serde::Deserialize;

use super::environment;

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://USER@HOST/NAME`.
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://everycall.db".to_owned() }
    }
}

impl Database {
    /// The address to open: the environment's as it is, the file's with a path relative to the file.
    pub fn address(&self, folder: &Path) -> String {
        environment::read(environment::DATABASE_URL)
            .filter(|url| !url.trim().is_empty())
            .unwrap_or_else(|| relative_to(folder, &self.url))
    }

    /// Whether it is a file that is not there yet, so that nothing can be in it.
    pub fn is_new(&self, folder: &Path) -> bool {
        let address = self.address(folder);
        file_of(&address).is_some_and(|path| !Path::new(path).exists())
    }

    /// Where it is, as people may read it: a file with its whole path, an address without password.
    pub fn shown(&self, folder: &Path) -> String {
        let address = self.address(folder);
        let whole = file_of(&address).and_then(|path| std::path::absolute(path).ok());
        whole.map_or_else(|| store::without_password(&address), |path| path.display().to_string())
    }
}

/// The file of SQLite's that an address names.
fn file_of(address: &str) -> Option<&str> {
    let path = address.strip_prefix("sqlite://").or_else(|| address.strip_prefix("sqlite:"))?;
    path.split('?').next().filter(|path| !path.starts_with(':'))
}

fn relative_to(folder: &Path, url: &str) -> String {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some(path) if !path.starts_with('/') && !path.starts_with(':') => {
            format!("sqlite://{}", folder.join(path).display())
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, url: &str, address: &str) {
        assert_eq!(relative_to(Path::new(folder), url), address);
    }

    #[test]
    fn a_relative_database_lies_beside_its_configuration() {
        check("", "sqlite://calls.db", "sqlite://calls.db");
        check("/etc/everycall", "sqlite://calls.db", "sqlite:///etc/everycall/calls.db");
        check("/etc/everycall", "sqlite:///var/calls.db", "sqlite:///var/calls.db");
        check("/etc/everycall", "postgres://me@host/calls", "postgres://me@host/calls");
    }

    #[test]
    fn a_file_is_known_by_its_path_and_what_is_no_file_is_never_new() {
        assert_eq!(file_of("sqlite:///a/b.db?mode=ro"), Some("/a/b.db"));
        assert_eq!(file_of("sqlite:b.db"), Some("b.db"));
        assert_eq!(file_of("sqlite::memory:"), None);
        assert_eq!(file_of("postgres://host/calls"), None);
    }
}
