use std::io::{Cursor, Read as _, Write};
use std::sync::{Arc, Mutex};

use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;

use super::*;

/// A file that can be looked at when it is done.
#[derive(Default, Clone)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn call(n: i64) -> CallRow {
    CallRow {
        source_id: 1,
        source: "main".to_owned(),
        provider_call_id: format!("call-{n}"),
        occurred_at: 1_795_266_300_250 + n,
        occurred_text: "then".to_owned(),
        duration_ms: Some(42_500),
        direction: None,
        status: "completed".to_owned(),
        from_raw: Some("2015550123".to_owned()),
        from_e164: Some("+12015550123".to_owned()),
        to_raw: None,
        to_e164: None,
        provider_agent_id: Some("agent".to_owned()),
        provider_contact_id: None,
        agent: Some("=1+1".to_owned()),
        account: Some("A & <B>, \"C\"".to_owned()),
        placement: "placed".to_owned(),
        reason: "agent_assignment".to_owned(),
        tags: "a b".to_owned(),
        parts: 0,
        version: 1,
        first_seen_at: 1_795_266_400_000,
        first_seen_by: "poll".to_owned(),
        changed_at: 1_795_266_400_000,
        campaign: None,
        decided_by: None,
        status_heard: None,
    }
}

fn file(format: Format, calls: &[CallRow]) -> Vec<u8> {
    let kept = Kept::default();
    let mut export = Export::new(format, kept.clone()).expect("there is room");
    for page in calls.chunks(5_000) {
        export.add(page).expect("there is room");
    }
    export.finish().expect("there is room");
    kept.0.lock().expect("nobody panics").clone()
}

fn sheet(calls: &[CallRow]) -> String {
    let bytes = Cursor::new(file(Format::Xlsx, calls));
    let mut book = zip::ZipArchive::new(bytes).expect("it is an archive");
    let mut sheet = book.by_name("xl/worksheets/sheet1.xml").expect("it has a sheet");
    let mut text = String::new();
    sheet.read_to_string(&mut text).expect("it is text");
    text
}

#[test]
fn a_table_as_text_has_its_head_once_and_no_formula() {
    let text = String::from_utf8(file(Format::Csv, &[call(0), call(1)])).expect("it is text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("source,providerCallId,occurredAt,durationSeconds,direction"));
    assert!(lines[1].starts_with("main,call-0,2026-11-21T"), "{}", lines[1]);
    assert!(lines[1].contains(",42.5,,completed,+12015550123,,'=1+1,agent,"), "{}", lines[1]);
    assert!(lines[1].contains("\"A & <B>, \"\"C\"\"\""), "{}", lines[1]);
}

#[test]
fn lines_are_a_call_each() {
    let text = String::from_utf8(file(Format::Lines, &[call(0), call(1)])).expect("it is text");
    let ids: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("it is JSON"))
        .map(|call| call["providerCallId"].clone())
        .collect();
    assert_eq!(ids, ["call-0", "call-1"]);
}

#[test]
fn a_sheet_has_texts_as_texts_and_numbers_as_numbers() {
    let sheet = sheet(&[call(0)]);
    assert!(!sheet.contains("<f>"), "{sheet}");
    assert!(sheet.contains("<t>=1+1</t>"), "{sheet}");
    assert!(sheet.contains("<t>A &amp; &lt;B&gt;, \"C\"</t>"), "{sheet}");
    assert!(sheet.contains("<t>+12015550123</t>"), "{sheet}");
    assert!(sheet.contains("<v>42.5</v>"), "{sheet}");
    // The day of the sheet for the 21st of November 2026.
    assert!(sheet.contains("<v>46347."), "{sheet}");
}

#[test]
fn a_sheet_takes_no_more_than_it_holds() {
    let mut xlsx = xlsx::Xlsx::new(Vec::new()).expect("there is room");
    xlsx.pretend(XLSX_CALLS_MAX - 1);
    xlsx.add(&[call(0)]).expect("the last fits");
    let error = xlsx.add(&[call(1)]).expect_err("there is no row left");
    assert!(error.to_string().contains("choose CSV"), "{error}");
}

#[test]
fn no_calls_are_a_file_with_its_head() {
    let text = String::from_utf8(file(Format::Csv, &[])).expect("it is text");
    assert_eq!(text.lines().count(), 1);
    assert!(file(Format::Lines, &[]).is_empty());
    assert!(sheet(&[]).contains("<t>changedAt</t>"));
}

#[test]
fn an_ending_nobody_knows_is_no_format() {
    assert_eq!(Format::of_ending("xlsx"), Some(Format::Xlsx));
    assert_eq!(Format::of_ending("txt"), None);
    assert_eq!(Format::of_ending(""), None);
}

fn read_back(calls: &[CallRow]) -> SerializedFileReader<bytes::Bytes> {
    let bytes = bytes::Bytes::from(file(Format::Parquet, calls));
    SerializedFileReader::new(bytes).expect("it can be read back")
}

#[test]
fn parquet_has_each_column_in_its_kind() {
    let reader = read_back(&[call(0), CallRow { duration_ms: None, ..call(1) }]);
    let rows = reader.get_row_iter(None).expect("it has rows");
    let rows: Vec<_> = rows.map(|row| row.expect("it can be read")).collect();
    assert_eq!(rows.len(), 2);
    let cells = |nth: usize| -> Vec<(String, Field)> {
        rows[nth].get_column_iter().map(|(name, cell)| (name.clone(), cell.clone())).collect()
    };
    let names: Vec<String> = cells(0).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, COLUMNS.each_ref().map(|column| column.name));
    let cell = |nth: usize, name: &str| {
        cells(nth).into_iter().find(|(of, _)| of == name).expect("it is a column").1
    };
    assert_eq!(cell(0, "agent"), Field::Str("=1+1".to_owned()), "a text is as it is");
    assert_eq!(cell(0, "account"), Field::Str("A & <B>, \"C\"".to_owned()));
    assert_eq!(cell(0, "occurredAt"), Field::TimestampMillis(1_795_266_300_250));
    assert_eq!(cell(0, "durationSeconds"), Field::Double(42.5));
    assert_eq!((cell(1, "durationSeconds"), cell(0, "campaign")), (Field::Null, Field::Null));
}

#[test]
fn parquet_has_groups_of_bounded_size() {
    let calls: Vec<CallRow> = (0..120_000).map(call).collect();
    let reader = read_back(&calls);
    let groups = reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows);
    assert_eq!(groups.collect::<Vec<_>>(), [50_000, 50_000, 20_000]);
    let last = reader.get_row_iter(None).expect("it has rows").last().expect("it has one");
    let last = last.expect("it can be read").to_string();
    assert!(last.contains("call-119999"), "{last}");
    assert_eq!(read_back(&[]).metadata().file_metadata().num_rows(), 0);
}
