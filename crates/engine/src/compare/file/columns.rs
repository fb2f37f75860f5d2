//! Which column of a file is what: said by a person, remembered, or known by its name.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::written::name;

/// What of a call a column may say, and the names by which it is known, best first.
const FIELDS: &[(&str, &[&str])] = &[
    ("id", &["call_id", "call_sid", "sid", "conversation_id", "uniqueid", "callid", "id"]),
    (
        "time",
        &[
            "start_time",
            "started_at",
            "created_at",
            "call_start",
            "call_time",
            "call_date",
            "date_created",
            "date_time",
            "datetime",
            "date+time",
            "timestamp",
            "call_date_time",
            "start",
            "date",
            "time",
        ],
    ),
    (
        "duration",
        &[
            "duration",
            "call_duration",
            "duration_seconds",
            "duration_sec",
            "duration_secs",
            "length_in_sec",
            "call_length",
            "length",
        ],
    ),
    ("status", &["status", "call_status"]),
    ("direction", &["direction", "call_direction"]),
    ("from", &["from", "from_number", "caller_number", "caller_id", "caller"]),
    ("to", &["to", "to_number", "called_number", "called", "destination"]),
    ("agent", &["agent_id", "assistant_id"]),
];

/// Which column each field is read from: a name of the header, or several joined by `+`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(pub BTreeMap<String, String>);

/// What is wrong with `--map`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` does not say which column is what. Write for example --map \"id=Call Sid,time=Start Time\"; fields are id, time, duration, status, direction, from, to and agent"
)]
pub struct NotColumns {
    /// What was written.
    pub text: String,
}

impl FromStr for Columns {
    type Err = NotColumns;
    fn from_str(text: &str) -> Result<Self, NotColumns> {
        let refused = || NotColumns { text: text.to_owned() };
        let mut columns = BTreeMap::new();
        for pair in text.split(',') {
            let (field, column) = pair.split_once('=').ok_or_else(refused)?;
            let (field, column) = (field.trim(), column.trim());
            let is_known = FIELDS.iter().any(|(name, _)| *name == field);
            if !is_known || column.is_empty() || columns.contains_key(field) {
                return Err(refused());
            }
            columns.insert(field.to_owned(), column.to_owned());
        }
        Ok(Self(columns))
    }
}

/// The places in a header that each field is read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeMap<&'static str, Vec<usize>>);

impl Columns {
    /// Finds the columns in a header: those said, and by their names those of which nothing is
    /// said. `None` unless it has at least a time, and an id or a number; a said column that is not
    /// there is none.
    pub(super) fn find(&self, header: &[String]) -> Option<(Self, Places)> {
        let names: Vec<String> = header.iter().map(|it| name(it)).collect();
        let place = |wanted: &str| names.iter().position(|it| *it == name(wanted));
        let all = |wanted: &str| wanted.split('+').map(place).collect::<Option<Vec<usize>>>();
        let (mut found, mut places) = (BTreeMap::new(), BTreeMap::new());
        for (field, known) in FIELDS {
            let at = match self.0.get(*field) {
                Some(said) => Some(all(said)?),
                None => known.iter().find_map(|it| all(it)),
            };
            let Some(at) = at else { continue };
            let shown = at.iter().filter_map(|place| header.get(*place)).map(|it| it.trim());
            found.insert((*field).to_owned(), shown.collect::<Vec<_>>().join("+"));
            places.insert(*field, at);
        }
        let is_known = ["id", "from", "to"].iter().any(|field| places.contains_key(field));
        let is_enough = is_known && places.contains_key("time");
        is_enough.then_some((Self(found), Places(places)))
    }

    /// As a person reads and writes them.
    pub fn shown(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(field, it)| format!("{field}={it}")).collect();
        pairs.join(",")
    }
}

impl Places {
    /// Whether calls have ids.
    pub(super) fn has_ids(&self) -> bool {
        self.0.contains_key("id")
    }

    /// What a row says of a field; `None` where it says nothing.
    pub(super) fn get(&self, field: &str, cells: &[String]) -> Option<String> {
        let places = self.0.get(field)?;
        let cell =
            |place: &usize| cells.get(*place).map(|it| it.trim()).filter(|it| !it.is_empty());
        if let [one] = places.as_slice() {
            return cell(one).map(str::to_owned);
        }
        let all: Vec<&str> = places.iter().filter_map(cell).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]
mod tests {
    use super::*;

    fn check(said: &str, header: &str, found: Option<&str>) {
        let said = if said.is_empty() { Columns::default() } else { said.parse().unwrap() };
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let shown = said.find(&header).map(|(columns, _)| columns.shown());
        assert_eq!(shown.as_deref(), found, "{header:?}");
    }

    #[test]
    fn headers_of_providers_are_known() {
        check(
            "",
            "Call Sid,Start Time,Duration,Status,From,To",
            Some("duration=Duration,from=From,id=Call Sid,status=Status,time=Start Time,to=To"),
        );
        check(
            "",
            "id,createdAt,fromNumber,agentId,duration",
            Some("agent=agentId,duration=duration,from=fromNumber,id=id,time=createdAt"),
        );
        check("", "Call Id,Date,Time", Some("id=Call Id,time=Date+Time"));
    }

    #[test]
    fn without_an_id_a_number_is_enough() {
        check("", "Caller,Date,Duration", Some("duration=Duration,from=Caller,time=Date"));
        check("", "To,Start Time,Direction", Some("direction=Direction,time=Start Time,to=To"));
    }

    #[test]
    fn a_header_without_id_or_time_is_none() {
        check("", "Name,Phone,Date", None);
        check("", "Caller,Called,Name", None);
        check("", "Call Id,Name", None);
        check("id=Nothing", "Call Id,Date", None);
    }

    #[test]
    fn what_a_person_says_goes_before_what_is_known() {
        check("id=Reference", "Call Id,Reference,Date", Some("id=Reference,time=Date"));
        check("time=Day+Clock", "Id,Day,Clock", Some("id=Id,time=Day+Clock"));
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for text in ["", "id", "id=", "colour=Red", "id=A,id=B"] {
            assert!(text.parse::<Columns>().is_err(), "{text}");
        }
    }
}
