//! Texts of statements. Pure.
//!
//! Statements are sent as text, because then every value comes back as text too. The session has
//! no `sql_mode`, so a backslash escapes.

/// Values of one list, at most; a longer list becomes several statements.
pub const LIST_MAX: usize = 1000;

/// A text as a literal.
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for letter in text.chars() {
        match letter {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Texts as a list of literals.
pub fn list<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| literal(text.as_ref())).collect::<Vec<_>>().join(",")
}

/// A name of a table or column.
pub fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The condition for a half-open range of local times.
pub fn between(column: &str, range: &(String, String)) -> String {
    let column = name(column);
    format!("{column} >= {} AND {column} < {}", literal(&range.0), literal(&range.1))
}

/// The condition for a text that begins with this.
pub fn begins(column: &str, start: &str) -> String {
    let pattern = start.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{} LIKE {}", name(column), literal(&format!("{pattern}%")))
}
