//! Rows under each other: aligned columns, no lines.

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// A table being made.
pub struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// A table with these columns; a name that begins with `>` is set to the right.
    pub fn new(columns: &[&str]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        inner.set_header(columns.iter().map(|name| name.trim_start_matches('>')));
        for (at, column) in inner.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if columns[at].starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { inner }
    }

    /// One more row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.inner.add_row(cells.into_iter().collect::<Vec<String>>());
    }

    /// The text, or this sentence when there is no row.
    pub fn text_or(&self, none: &str) -> String {
        if self.inner.is_empty() { none.to_owned() } else { self.text() }
    }

    /// The text, each line without blanks at its end.
    pub fn text(&self) -> String {
        let lines: Vec<String> =
            self.inner.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}
