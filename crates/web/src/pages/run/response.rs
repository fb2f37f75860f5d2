//! What came back while a run went on, line by line.

use std::time::Duration;

use crate::facts::{ResponseFacts, TrafficFacts};
use crate::figures::{Count, bytes, span};

type Line = (&'static str, String);

/// What was recorded of it.
pub fn lines(facts: &ResponseFacts) -> Vec<Line> {
    let ms = |ms: u64| span(Duration::from_millis(ms));
    let mut lines = Vec::new();
    if facts.pages > 0 {
        let (mean, max) = (ms(facts.page_ms_mean), ms(facts.page_ms_max));
        let pages = Count(facts.pages).of_things("page", "pages");
        lines.push(("Pages", format!("{pages}, {mean} on average, {max} at most")));
    }
    if let Some(traffic) = &facts.traffic {
        lines.extend(of_traffic(traffic));
    }
    let told = [
        ("Requests at once", facts.concurrency.map(|at_once| format!("up to {at_once}"))),
        ("Slowest statement", facts.slowest_statement_ms.map(ms)),
        ("Contacts made", facts.contacts_made.map(|made| Count(made).to_string())),
        ("Agents assigned by it", Some(facts.auto_assigned.join(", "))),
        ("Left to the next run", facts.windows_left.map(windows)),
        ("Stopped", facts.was_cancelled.then(|| "by somebody, before its end".to_owned())),
        ("Memory of the process", facts.peak_bytes.map(|most| format!("{} at most", bytes(most)))),
    ];
    let told = told.into_iter().filter_map(|(what, how)| Some((what, how?)));
    lines.extend(told.filter(|(_, how)| !how.is_empty()));
    lines
}

fn windows(left: u64) -> String {
    if left == 0 { "nothing".to_owned() } else { Count(left).of_things("window", "windows") }
}

fn of_traffic(traffic: &TrafficFacts) -> Vec<Line> {
    let by_status = traffic.answers.iter();
    let by_status = by_status.map(|(status, count)| format!("{} answered {status}", Count(*count)));
    let none =
        (traffic.unanswered > 0).then(|| format!("{} not at all", Count(traffic.unanswered)));
    let how: Vec<String> = by_status.chain(none).collect();
    let sent = Count(traffic.requests());
    let sent =
        if how.is_empty() { "none".to_owned() } else { format!("{sent}: {}", how.join(", ")) };
    let again = Count(traffic.sent_again).to_string();
    let waited = match traffic.waited_ms {
        0 => "nothing".to_owned(),
        waited => format!("{}, of all together", span(Duration::from_millis(waited))),
    };
    vec![
        ("Requests", sent),
        ("Sent again", again),
        ("Came back", bytes(traffic.bytes)),
        ("Waited for the budget", waited),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_how_they_were_answered() {
        let answers = [("200".to_owned(), 1_030), ("429".to_owned(), 1)].into_iter().collect();
        let traffic = TrafficFacts {
            answers,
            unanswered: 2,
            sent_again: 3,
            bytes: 2_500_000,
            waited_ms: 3_200,
        };
        let facts = ResponseFacts { traffic: Some(traffic), ..ResponseFacts::default() };
        let told: Vec<String> =
            lines(&facts).into_iter().map(|(what, how)| format!("{what}: {how}")).collect();
        assert_eq!(
            told,
            [
                "Requests: 1,033: 1,030 answered 200, 1 answered 429, 2 not at all",
                "Sent again: 3",
                "Came back: 2.5 MB",
                "Waited for the budget: 3.2 s, of all together",
            ]
        );
        assert!(lines(&ResponseFacts::default()).is_empty(), "nothing is invented");
    }
}
