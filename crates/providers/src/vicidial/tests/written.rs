use super::*;
use crate::export::Reader;
use crate::vicidial::import::COLUMNS;
use crate::vicidial::written::{Side, local, read};

fn check(text: &str, expected: Option<&str>) {
    assert_eq!(local(text).map(|(local, _)| local).as_deref(), expected, "{text}");
}

#[test]
fn both_forms_of_dates_are_read() {
    check("2026-03-31 12:00:05", Some("2026-03-31 12:00:05"));
    check("3/31/2026 9:05", Some("2026-03-31 09:05:00"));
    check("03/31/2026 09:05:07 PM", Some("2026-03-31 21:05:07"));
    check("03/31/2026 12:05 AM", Some("2026-03-31 00:05:00"));
}

#[test]
fn what_is_no_date_is_none() {
    for text in
        ["", "31.03.2026 12:00", "2026-03-31", "3/31/26 9:05", "3/31/2026 13:00 PM", "a b c"]
    {
        check(text, None);
    }
}

const HEAD: &str =
    "call_date\tphone_number_dialed\tstatus\tcampaign_id\tlead_id\talt_dial\tuniqueid\n";

fn read_row(row: &str) -> Result<(Option<Side>, String), String> {
    let file = format!("{HEAD}{row}\n");
    let row = Reader::open(file.as_bytes(), COLUMNS).unwrap().next_row().unwrap().unwrap();
    read(&row, &new_york(), SKEW).map(|wanted| (wanted.side, wanted.at.to_string()))
}

#[test]
fn a_row_says_on_which_side_it_is() {
    // 1774958400 is noon in UTC, eight in the morning in New York.
    let row =
        |alt: &str| format!("2026-03-31 08:00:00\t2015550101\tSALE\tX\t7\t{alt}\t1774958395.1");
    for (alt, side) in [
        ("NONE", Some(Side::Outbound)),
        ("X12", Some(Side::Outbound)),
        ("7.00", Some(Side::Queued)),
        ("", None),
    ] {
        assert_eq!(read_row(&row(alt)), Ok((side, "2026-03-31T12:00:00Z".to_owned())), "{alt}");
    }
}

#[test]
fn a_row_that_could_be_several_calls_is_none() {
    let without = "2026-03-31 08:00:00\t2015550101\tSALE\tX\t7\tNONE\t";
    assert!(read_row(without).unwrap_err().contains("has no `uniqueid`"));
    // The third of December, if the day came first, is not when its channel was created.
    let swapped = "12/03/2026 08:00\t2015550101\tSALE\tX\t7\tNONE\t1773316795.1";
    assert!(read_row(swapped).unwrap_err().contains("more than a day apart"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_date_or_none(text in ".{0,40}") {
        local(&text);
    }
}
