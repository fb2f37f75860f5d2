//! Spans of days that people ask for by name, in their own zone.

use domain::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::facts::CallsAsked;
use crate::list::Choice;
use crate::zone::Zone;

/// Each with its address.
pub fn choices(
    zone: &Zone,
    now: Timestamp,
    asked: &CallsAsked,
    at: impl Fn(&[(&str, Option<&str>)]) -> String,
) -> Vec<Choice> {
    let today = zone.date(now);
    let ago = |days: i64| today.checked_sub(days.days()).unwrap_or(today);
    let spans: [(&str, Option<(Date, Date)>); 6] = [
        ("Any day", None),
        ("Today", Some((today, today))),
        ("Yesterday", Some((ago(1), ago(1)))),
        ("7 days", Some((ago(6), today))),
        ("30 days", Some((ago(29), today))),
        ("This month", Some((today.first_of_month(), today))),
    ];
    let is_asked =
        |from: Option<&str>, to: Option<&str>| asked.get("from") == from && asked.get("to") == to;
    let choice = |(title, span): (&str, Option<(Date, Date)>)| {
        let written = span.map(|(from, to)| (from.to_string(), to.to_string()));
        let (from, to) = match &written {
            Some((from, to)) => (Some(from.as_str()), Some(to.as_str())),
            None => (None, None),
        };
        // The one that is shown leads nowhere.
        let value = if is_asked(from, to) {
            String::new()
        } else {
            at(&[("from", from), ("to", to), ("after", None)])
        };
        Choice { value, title: title.to_owned() }
    };
    spans.into_iter().map(choice).collect()
}
