//! Compares what `docs/operating.md` asks of a PostgreSQL-compatible database with what the
//! migrations and the statements of `store` use.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{named_tests, table};

const HEADER: [&str; 2] = ["what", "where it matters"];

/// How the sentence begins that names what is not used.
const NOTHING: &str = "Nothing uses ";

/// What shows in SQL that something is used, and what it is called on the page.
const FEATURES: [(&str, &str); 22] = [
    ("ON CONFLICT", "ON CONFLICT"),
    ("RETURNING", "RETURNING"),
    ("FOR SHARE", "FOR SHARE"),
    ("CREATE TRIGGER", "CREATE TRIGGER"),
    ("LANGUAGE plpgsql", "PL/pgSQL"),
    ("AS IDENTITY", "Identity columns"),
    ("COLLATE \"C\"", "COLLATE \"C\""),
    ("CHECK (", "CHECK"),
    ("REFERENCES", "foreign keys"),
    ("WITH RECURSIVE", "WITH RECURSIVE"),
    ("ANY(", "= ANY($1)"),
    ("UNNEST(", "UNNEST"),
    ("enable_seqscan", "enable_seqscan"),
    ("\"jit\"", "jit"),
    ("FOR UPDATE", "FOR UPDATE"),
    ("SKIP LOCKED", "SKIP LOCKED"),
    ("LISTEN ", "LISTEN"),
    ("VIEW ", "views"),
    ("SEQUENCE ", "sequences"),
    ("PARTITION BY", "partitions"),
    ("CREATE EXTENSION", "extensions"),
    ("PREPARE TRANSACTION", "prepared transactions"),
];

/// What the page says.
pub struct Page {
    // The left column, row by row.
    needed: Vec<String>,
    absent: String,
}

impl Page {
    /// Reads the document.
    pub fn parse(text: &str) -> Result<Self> {
        let rows = table::rows(text, &HEADER)?;
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(NOTHING));
        let absent = lines.next().context("no line says what nothing uses")?.to_owned();
        ensure!(lines.next().is_none(), "two lines say what nothing uses");
        Ok(Self { needed: rows.into_iter().map(|mut row| row.swap_remove(0)).collect(), absent })
    }

    /// One sentence for each thing of which the page and these statements say different things.
    pub fn differences(&self, sql: &str) -> Vec<String> {
        let mut said = Vec::new();
        for (shows, called) in FEATURES {
            let is_used = sql.contains(shows);
            let is_needed = self.needed.iter().any(|what| what.contains(called));
            let is_absent = self.absent.contains(called);
            if is_used && !is_needed {
                said.push(format!("`{called}` is used, and no row has it"));
            }
            if is_used && is_absent {
                said.push(format!("`{called}` is used, and is said not to be"));
            }
            if !is_used && is_needed {
                said.push(format!("a row has `{called}`, which is not used"));
            }
            if !is_used && !is_absent {
                said.push(format!("`{called}` is not used, which is not said"));
            }
        }
        said
    }
}

/// The migrations of PostgreSQL and all of `store`, without lines that are comments.
pub fn statements(root: &Path) -> Result<String> {
    let store = root.join("crates/store");
    let mut files = named_tests::sources(&store.join("src"));
    for entry in fs::read_dir(store.join("migrations/postgres"))? {
        files.push(entry?.path());
    }
    let mut all = String::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let is_comment =
            |line: &&str| ["--", "//"].iter().any(|mark| line.trim().starts_with(mark));
        for line in text.lines().filter(|line| !is_comment(line)) {
            all.push_str(line);
            all.push('\n');
        }
    }
    Ok(all)
}
