//! Lists: what most pages are. A page says its columns and its rows; how they look, and how they
//! become a file, is said here.

mod cell;
mod filter;
mod tabs;

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::sheet::Sheet;

pub use cell::{Cell, Column};
pub use filter::{Choice, Filter, address, encoded, given};
pub use tabs::{Tab, tabs};

use crate::failure::Failure;
use crate::frame::{Frame, html};

/// A table.
#[derive(Default)]
pub struct Table {
    /// What is told of each.
    pub columns: Vec<Column>,
    /// Each, cell by cell.
    pub rows: Vec<Vec<Cell>>,
    /// Said where there is none.
    pub empty: String,
}

impl Table {
    /// One with these columns and no rows.
    pub fn new(columns: impl IntoIterator<Item = Column>, empty: impl Into<String>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new(), empty: empty.into() }
    }

    /// The same with these rows.
    #[must_use]
    pub fn with<T>(
        mut self,
        of: impl IntoIterator<Item = T>,
        row: impl Fn(T) -> Vec<Cell>,
    ) -> Self {
        self.rows.extend(of.into_iter().map(row));
        self
    }

    /// Each cell with its column.
    pub fn cells<'t>(&'t self, row: &'t [Cell]) -> Vec<(&'t Column, &'t Cell)> {
        self.columns.iter().zip(row).collect()
    }

    /// As a CSV file.
    pub fn as_csv(&self, name: &str) -> Result<Response, Failure> {
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        let mut bytes = Vec::new();
        let written = Sheet::new(&mut bytes, &titles).and_then(|mut sheet| {
            for row in &self.rows {
                let texts: Vec<String> = row.iter().map(Cell::plain).collect();
                sheet.row(texts.iter().map(String::as_str))?;
            }
            sheet.finish()
        });
        written.map_err(|error| Failure::Defect { detail: error.to_string() })?;
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        ];
        Ok((headers, bytes).into_response())
    }
}

/// A page that is a list.
#[derive(Template)]
#[template(path = "list/page.html")]
pub struct List {
    /// What surrounds it.
    pub frame: Frame,
    /// Other pages about the same.
    pub tabs: Vec<Tab>,
    /// What it is, in a sentence.
    pub lead: String,
    /// Where its form leads.
    pub path: String,
    /// What can be asked for.
    pub filters: Vec<Filter>,
    /// Columns that are not shown; the form keeps them so.
    pub hidden: String,
    /// The list.
    pub table: Table,
    /// Where it begins, on every page but the first.
    pub first: Option<String>,
    /// Where it goes on.
    pub next: Option<String>,
    /// What can be added from here: where the form leads, what carries it, and its one field.
    pub adding: Option<Adding>,
    /// Where the same is as a file: what it is called, and its address.
    pub files: Vec<(&'static str, String)>,
}

/// A form that adds one by its name.
pub struct Adding {
    /// Where it leads.
    pub action: &'static str,
    /// What is asked for.
    pub label: &'static str,
}

impl List {
    /// A list that is whole and cannot be narrowed.
    pub fn new(frame: Frame, lead: impl Into<String>, table: Table) -> Self {
        Self {
            frame,
            tabs: Vec::new(),
            lead: lead.into(),
            path: String::new(),
            filters: Vec::new(),
            hidden: String::new(),
            table,
            first: None,
            next: None,
            adding: None,
            files: Vec::new(),
        }
    }

    /// The page.
    pub fn show(&self) -> Result<Response, Failure> {
        Ok(html(self)?.into_response())
    }
}
