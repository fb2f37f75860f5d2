//! Calls as Parquet: columns of known kinds in groups of rows, for whoever reads them with another
//! program.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use store::CallRow;

use super::columns::seconds;
use super::{COLUMNS, Cell, Column, ExportError, Kind};

/// Calls of one group of rows, which are held in memory until it is written.
pub const GROUP: usize = 50_000;

/// A file on its way.
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    /// Calls of the group that is not full yet.
    group: Vec<CallRow>,
}

impl<W: Write + Send> Parquet<W> {
    /// One without calls.
    pub fn new(out: W) -> Result<Self, ExportError> {
        let level = ZstdLevel::try_new(3)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level));
        let writer = SerializedFileWriter::new(out, schema()?, Arc::new(properties.build()))?;
        Ok(Self { writer, group: Vec::new() })
    }

    /// Some more calls.
    pub fn add(&mut self, calls: &[CallRow]) -> Result<(), ExportError> {
        for piece in calls.chunks(GROUP) {
            if self.group.len() + piece.len() > GROUP {
                self.write()?;
            }
            self.group.extend_from_slice(piece);
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ExportError> {
        let calls = std::mem::take(&mut self.group);
        let mut group = self.writer.next_row_group()?;
        for column in &COLUMNS {
            let Some(mut out) = group.next_column()? else { break };
            write_column(column, &calls, &mut out)?;
            out.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes what is left, and the table of contents that stands at the end.
    pub fn finish(mut self) -> Result<(), ExportError> {
        if !self.group.is_empty() {
            self.write()?;
        }
        let mut out = self.writer.into_inner()?;
        Ok(out.flush()?)
    }
}

/// One column of each kind; what is not known is null.
fn schema() -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Instant => {
                (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            }
            Kind::Length => (Physical::DOUBLE, None),
        };
        let field = Type::primitive_type_builder(column.name, physical);
        let field = field.with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
        field.build().map(Arc::new)
    };
    let fields = COLUMNS.iter().map(field).collect::<Result<Vec<TypePtr>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("call").with_fields(fields).build()?))
}

fn write_column(
    column: &Column,
    calls: &[CallRow],
    out: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let read = || calls.iter().map(column.read);
    let is_known: Vec<i16> = read().map(|cell| i16::from(cell != Cell::Nothing)).collect();
    let known = Some(is_known.as_slice());
    match column.kind {
        Kind::Text => {
            let texts: Vec<ByteArray> = read()
                .filter_map(|cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text)),
                    _ => None,
                })
                .collect();
            out.typed::<ByteArrayType>().write_batch(&texts, known, None)?;
        }
        Kind::Instant => {
            let instants: Vec<i64> = read()
                .filter_map(|cell| match cell {
                    Cell::Instant(millis) => Some(millis),
                    _ => None,
                })
                .collect();
            out.typed::<Int64Type>().write_batch(&instants, known, None)?;
        }
        Kind::Length => {
            let lengths: Vec<f64> = read()
                .filter_map(|cell| match cell {
                    Cell::Length(millis) => Some(seconds(millis)),
                    _ => None,
                })
                .collect();
            out.typed::<DoubleType>().write_batch(&lengths, known, None)?;
        }
    }
    Ok(())
}
