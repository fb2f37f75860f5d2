//! The only place where the environment is read.

use std::env;

/// The variable that names the database.
pub const DATABASE_URL: &str = "EVERYCALL_DATABASE_URL";

/// A variable's value; `None` when it is absent or is no text.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn read(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether somebody asked for texts without colour (no-color.org).
pub fn no_color() -> bool {
    read("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The command as it was typed, for texts that say what to type next.
pub fn program() -> String {
    let typed = env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    typed.unwrap_or_else(|| "everycall".to_owned())
}

/// Who is working: for the record of who assigned what.
pub fn user() -> String {
    read("USER").or_else(|| read("LOGNAME")).unwrap_or_else(|| "operator".to_owned())
}
