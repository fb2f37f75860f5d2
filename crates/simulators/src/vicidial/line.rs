//! Rows to insert.

use std::collections::HashSet;

use super::settings::Settings;

/// Rows of one statement, at most.
const ROWS_MAX: usize = 400;

/// One row of a table, its values as SQL.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub table: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Line {
    pub fn of(table: &'static str) -> Self {
        Self { table, values: Vec::new() }
    }

    /// A text.
    pub fn text(mut self, column: &'static str, text: &str) -> Self {
        self.values.push((column, quoted(text)));
        self
    }

    /// A number.
    pub fn number(mut self, column: &'static str, number: impl Into<i64>) -> Self {
        self.values.push((column, number.into().to_string()));
        self
    }

    /// A number, or NULL.
    pub fn perhaps(mut self, column: &'static str, number: Option<i64>) -> Self {
        let sql = number.map_or_else(|| "NULL".to_owned(), |number| number.to_string());
        self.values.push((column, sql));
        self
    }

    fn columns(&self) -> Vec<&'static str> {
        self.values.iter().map(|(column, _)| *column).collect()
    }
}

/// A text as SQL.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The statements that insert these rows into what tables and columns this site has; rows of one
/// table go together.
pub(super) fn inserts(lines: Vec<Line>, settings: &Settings) -> Vec<String> {
    let missing: HashSet<_> = settings.without_columns.iter().copied().collect();
    let mut statements: Vec<(&'static str, Vec<&'static str>, String, usize)> = Vec::new();
    for mut line in lines {
        if settings.without_tables.contains(&line.table) {
            continue;
        }
        line.values.retain(|(column, _)| !missing.contains(&(line.table, *column)));
        let (table, columns) = (line.table, line.columns());
        let values: Vec<String> = line.values.into_iter().map(|(_, value)| value).collect();
        let values = format!("({})", values.join(","));
        let fits = |it: &&mut (&str, Vec<&str>, String, usize)| {
            it.0 == table && it.1 == columns && it.3 < ROWS_MAX
        };
        if let Some((.., statement, rows)) = statements.iter_mut().rev().take(12).find(fits) {
            statement.push(',');
            statement.push_str(&values);
            *rows += 1;
            continue;
        }
        let names = columns.join(",");
        let statement = format!("INSERT INTO {table} ({names}) VALUES {values}");
        statements.push((table, columns, statement, 1));
    }
    statements.into_iter().map(|(.., statement, _)| statement).collect()
}
