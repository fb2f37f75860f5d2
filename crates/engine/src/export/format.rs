//! What a file of calls can be.

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table as text.
    Csv,
    /// A JSON object a line.
    Lines,
    /// A sheet.
    Xlsx,
    /// Columns of known kinds, for other programs.
    Parquet,
}

impl Format {
    /// Each.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Lines, Self::Xlsx, Self::Parquet];

    /// How names of such files end, without the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Lines => "jsonl",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Lines => "JSON lines",
            Self::Xlsx => "XLSX",
            Self::Parquet => "Parquet",
        }
    }

    /// What browsers are told it is.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Lines => "application/x-ndjson",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// The one whose names end so.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }
}
