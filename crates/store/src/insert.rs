//! Many rows of one table, listed column by column and written in few statements.
//!
//! A statement has one text for both engines but for where its rows come from. PostgreSQL takes a
//! column as one array, so that it reads, plans and starts one short statement however many rows
//! there are; SQLite has no arrays and takes `VALUES`.

use std::borrow::Cow;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, PgConnection, SqliteConnection};

use crate::StoreError;
use crate::batch::{marks, pieces};
use crate::text::{text, text_opt};

/// Rows on their way into one table.
pub(crate) struct Insert<'r, T> {
    table: &'static str,
    rows: Vec<&'r T>,
    same: Vec<(&'static str, Same<'r>)>,
    columns: Vec<(&'static str, Column<'r>)>,
    /// What follows the rows: what happens where one is there already, where nothing said means
    /// that it is refused, and what is given back.
    conflict: &'static str,
}

/// A value all rows share: sent once.
enum Same<'r> {
    Number(Option<i64>),
    Text(Option<Cow<'r, str>>),
}

/// One value per row.
enum Column<'r> {
    Number(Vec<Option<i64>>),
    Text(Vec<Option<Cow<'r, str>>>),
    Bytes(Vec<Cow<'r, [u8]>>),
}

impl<'r, T> Insert<'r, T> {
    pub(crate) fn into(table: &'static str, rows: impl IntoIterator<Item = &'r T>) -> Self {
        let rows = rows.into_iter().collect();
        Self { table, rows, same: Vec::new(), columns: Vec::new(), conflict: "" }
    }

    pub(crate) fn same_number(mut self, column: &'static str, number: i64) -> Self {
        self.same.push((column, Same::Number(Some(number))));
        self
    }

    pub(crate) fn same_text(mut self, column: &'static str, value: &'r str) -> Self {
        self.same.push((column, Same::Text(Some(text(value)))));
        self
    }

    pub(crate) fn number<N: Into<Option<i64>>>(
        mut self,
        column: &'static str,
        of: impl Fn(&'r T) -> N,
    ) -> Self {
        let values: Vec<Option<i64>> = self.rows.iter().map(|row| of(row).into()).collect();
        match shared(&values) {
            Some(same) => self.same.push((column, Same::Number(*same))),
            None => self.columns.push((column, Column::Number(values))),
        }
        self
    }

    /// A number per row, even where all are alike: a statement needs one column that says how many
    /// rows there are.
    pub(crate) fn each_number<N: Into<Option<i64>>>(
        mut self,
        column: &'static str,
        of: impl Fn(&'r T) -> N,
    ) -> Self {
        let values = self.rows.iter().map(|row| of(row).into()).collect();
        self.columns.push((column, Column::Number(values)));
        self
    }

    /// A text per row, even where all are alike.
    pub(crate) fn each_text(mut self, column: &'static str, of: impl Fn(&'r T) -> &'r str) -> Self {
        let values = self.rows.iter().map(|row| Some(text(of(row)))).collect();
        self.columns.push((column, Column::Text(values)));
        self
    }

    pub(crate) fn text<S: Into<Option<&'r str>>>(
        mut self,
        column: &'static str,
        of: impl Fn(&'r T) -> S,
    ) -> Self {
        let values: Vec<Option<Cow<'r, str>>> =
            self.rows.iter().map(|row| text_opt(of(row).into())).collect();
        match shared(&values) {
            Some(same) => self.same.push((column, Same::Text(same.clone()))),
            None => self.columns.push((column, Column::Text(values))),
        }
        self
    }

    pub(crate) fn bytes<B: Into<Cow<'r, [u8]>>>(
        mut self,
        column: &'static str,
        of: impl Fn(&'r T) -> B,
    ) -> Self {
        let values = self.rows.iter().map(|row| of(row).into()).collect();
        self.columns.push((column, Column::Bytes(values)));
        self
    }

    pub(crate) fn on_conflict(mut self, conflict: &'static str) -> Self {
        self.conflict = conflict;
        self
    }

    fn sql(&self, same: &str, from: &str) -> AssertSqlSafe<String> {
        let names = self.same.iter().map(|(name, _)| *name);
        let names: Vec<&str> = names.chain(self.columns.iter().map(|(name, _)| *name)).collect();
        let (table, names, conflict) = (self.table, names.join(", "), self.conflict);
        // Without a condition, SQLite would take ON CONFLICT for the ON of a join.
        AssertSqlSafe(format!(
            "INSERT INTO {table} ({names})\nSELECT {same}rows.* FROM {from} AS rows WHERE TRUE{conflict}"
        ))
    }
}

/// Rows that are compared. Of fewer, many columns would be alike by chance, and each set of them
/// makes another statement.
const COMPARED_FROM: usize = 64;

/// What all of many rows say in a column: for most sources some columns are empty, or always the
/// same. Bytes are not compared, so that a column is left that says how many rows there are.
fn shared<V: PartialEq>(values: &[V]) -> Option<&V> {
    let first = values.first().filter(|_| values.len() >= COMPARED_FROM)?;
    values.iter().all(|value| value == first).then_some(first)
}

// At 512 rows of 24 columns a statement has 12,288 parameters, below SQLite's limit of 32,766.
const ROWS_MAX: usize = 512;

/// Where rows can be written.
pub(crate) trait Inserts {
    /// What a row that comes back is.
    type Row;

    async fn insert<T: Sync>(&mut self, insert: Insert<'_, T>) -> Result<(), StoreError>;

    /// Writes rows of an insert that says what it gives back.
    async fn insert_returning<T: Sync>(
        &mut self,
        insert: Insert<'_, T>,
    ) -> Result<Vec<Self::Row>, StoreError>;
}

impl Inserts for SqliteConnection {
    type Row = sqlx::sqlite::SqliteRow;

    async fn insert<T: Sync>(&mut self, insert: Insert<'_, T>) -> Result<(), StoreError> {
        self.insert_returning(insert).await?;
        Ok(())
    }

    async fn insert_returning<T: Sync>(
        &mut self,
        insert: Insert<'_, T>,
    ) -> Result<Vec<Self::Row>, StoreError> {
        let mut given = Vec::new();
        let numbers: Vec<usize> = (0..insert.rows.len()).collect();
        // Marks without numbers: SQLite looks each numbered one up among all the others.
        let same = "?, ".repeat(insert.same.len());
        let row = format!("({})", marks(insert.columns.len()));
        for piece in pieces(&numbers, ROWS_MAX) {
            let mut values = SqliteArguments::default();
            values.reserve(insert.same.len() + piece.len() * insert.columns.len(), 0);
            for (_, value) in &insert.same {
                add(&mut values, value)?;
            }
            for n in piece {
                for (_, column) in &insert.columns {
                    match column {
                        Column::Number(of) => values.add(of[*n]),
                        Column::Text(of) => values.add(of[*n].as_deref()),
                        Column::Bytes(of) => values.add(&*of[*n]),
                    }
                    .map_err(sqlx::Error::Encode)?;
                }
            }
            let from = format!("(VALUES {})", vec![row.as_str(); piece.len()].join(","));
            let query = sqlx::query_with(insert.sql(&same, &from), values);
            given.extend(query.fetch_all(&mut *self).await?);
        }
        Ok(given)
    }
}

impl Inserts for PgConnection {
    type Row = sqlx::postgres::PgRow;

    async fn insert<T: Sync>(&mut self, insert: Insert<'_, T>) -> Result<(), StoreError> {
        self.insert_returning(insert).await?;
        Ok(())
    }

    async fn insert_returning<T: Sync>(
        &mut self,
        insert: Insert<'_, T>,
    ) -> Result<Vec<Self::Row>, StoreError> {
        if insert.rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = PgArguments::default();
        for (_, value) in &insert.same {
            add(&mut values, value)?;
        }
        for (_, column) in &insert.columns {
            match column {
                Column::Number(of) => values.add(of),
                Column::Text(of) => values.add(of),
                Column::Bytes(of) => values.add(of.iter().map(|b| &**b).collect::<Vec<&[u8]>>()),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        let mark = |n: usize| format!("${}", n + 1);
        let (same, all) = (insert.same.len(), insert.same.len() + insert.columns.len());
        let constants: String = (0..same).map(|n| mark(n) + ", ").collect();
        let arrays: Vec<String> = (same..all).map(mark).collect();
        let from = format!("UNNEST({})", arrays.join(", "));
        Ok(sqlx::query_with(insert.sql(&constants, &from), values).fetch_all(self).await?)
    }
}

fn add<'r, A: Arguments>(values: &mut A, value: &'r Same<'_>) -> Result<(), StoreError>
where
    Option<i64>: sqlx::Encode<'r, A::Database> + sqlx::Type<A::Database>,
    Option<&'r str>: sqlx::Encode<'r, A::Database> + sqlx::Type<A::Database>,
{
    let added = match value {
        Same::Number(number) => values.add(*number),
        Same::Text(text) => values.add(text.as_deref()),
    };
    Ok(added.map_err(sqlx::Error::Encode)?)
}
