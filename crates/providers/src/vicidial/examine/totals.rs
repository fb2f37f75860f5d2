//! Control totals: yesterday, counted by the Non-Agent API and by us, group by group and hour by hour.
//!
//! The API knows only tables in use, and only queues that its campaigns name, so a difference is
//! worth knowing and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::api::{Api, Total};
use super::super::client::Client;
use super::super::sql;
use super::super::tables::Table;
use super::refused;
use crate::examine::{hinted, probe, unanswered};
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right};

/// Groups that are named, at most.
const NAMED_MAX: usize = 5;

type Counts = BTreeMap<String, [u64; 24]>;

pub(super) async fn control_total(client: &Client, api: &Api) -> Probe {
    let yesterday = client.zone().local(client.now() - Duration::from_hours(24));
    let day = yesterday.get(..10).unwrap_or_default();
    let theirs = match api.totals_of_day(day, "---ALL---").await {
        Ok(theirs) => theirs,
        Err(why) => return refused("control_total", &why),
    };
    let ours = match counted(client, day).await {
        Ok(ours) => ours,
        Err(error) => return unanswered("control_total", &error),
    };
    compare(day, &theirs, &ours)
}

/// Our own counts, by group and hour of the cluster's clock.
async fn counted(client: &Client, day: &str) -> Result<Counts, SourceError> {
    let range = (format!("{day} 00:00:00"), format!("{day} 23:59:59.9"));
    let condition = sql::between("call_date", &range);
    let mut counts = Counts::new();
    for table in [Table::Log, Table::Closer] {
        let statement = format!(
            "SELECT campaign_id, SUBSTR(call_date, 12, 2), COUNT(*) FROM {} WHERE {condition} \
             GROUP BY 1, 2",
            table.name()
        );
        for row in client.ask("control total", &statement).await?.rows {
            let group = row.nth(0).unwrap_or_default().to_uppercase();
            let hour: Option<usize> = row.nth(1).and_then(|hour| hour.parse().ok());
            let count = row.nth(2).and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
            let hours = counts.entry(group).or_default();
            if let Some(hour) = hour.and_then(|hour| hours.get_mut(hour)) {
                *hour += count;
            }
        }
    }
    Ok(counts)
}

/// Compares what both count.
fn compare(day: &str, theirs: &[Total], ours: &Counts) -> Probe {
    let none = [0; 24];
    let of = |group: &str| ours.get(&group.to_uppercase()).unwrap_or(&none);
    let differ = theirs.iter().filter_map(|total| {
        let own = of(&total.group);
        let sum: u64 = own.iter().sum();
        let hours = total.hours.map_or(0, |hours| {
            hours.iter().zip(own).filter(|(theirs, ours)| theirs != ours).count()
        });
        (sum != total.calls || hours > 0).then(|| {
            let Total { group, calls, .. } = total;
            let hours = if hours > 0 { format!(", in {hours} hours") } else { String::new() };
            format!("{group}: {calls} there, {sum} here{hours}")
        })
    });
    let mut differ: Vec<String> = differ.collect();
    let known = |group: &String| theirs.iter().any(|it| it.group.eq_ignore_ascii_case(group));
    let uncounted: Vec<&String> = ours.keys().filter(|group| !known(group)).collect();
    let (sum_theirs, sum_ours) =
        (theirs.iter().map(|total| total.calls).sum::<u64>(), ours.values().flatten().sum::<u64>());
    let sentence =
        format!("Of {day} the Non-Agent API counts {sum_theirs} calls, the tables have {sum_ours}");
    if differ.is_empty() && uncounted.is_empty() {
        return probe("control_total", Right, sentence);
    }
    if differ.len() > NAMED_MAX {
        let more = differ.len() - NAMED_MAX;
        differ.truncate(NAMED_MAX);
        differ.push(format!("and {more} more"));
    }
    if !uncounted.is_empty() {
        differ.push(format!("{} groups it does not count", uncounted.len()));
    }
    let sentence = format!("{sentence}; they differ in {}", differ.join("; "));
    hinted(
        probe("control_total", Notable, sentence),
        "It counts tables in use only, and of in-groups those a campaign names; archived days differ",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(group: &str, at: usize, calls: u64) -> Total {
        let mut hours = [0; 24];
        hours[at] = calls;
        Total { group: group.to_owned(), calls, hours: Some(hours) }
    }

    fn check(theirs: &[Total], ours: &[Total], expected: &str) {
        let ours = ours.iter().map(|it| (it.group.clone(), it.hours.unwrap())).collect();
        let probe = compare("2026-03-30", theirs, &ours);
        assert_eq!(probe.outcome == Right, !expected.contains("differ"), "{probe:?}");
        assert!(probe.sentence.ends_with(expected), "{}", probe.sentence);
    }

    #[test]
    fn equal_counts_are_said_to_be_equal() {
        check(&[total("A", 9, 3)], &[total("A", 9, 3)], "counts 3 calls, the tables have 3");
        check(&[total("a", 9, 3), total("B", 1, 0)], &[total("A", 9, 3)], "the tables have 3");
    }

    #[test]
    fn equal_sums_of_other_hours_differ() {
        let expected = "they differ in A: 3 there, 3 here, in 2 hours";
        check(&[total("A", 9, 3)], &[total("A", 10, 3)], expected);
    }

    #[test]
    fn differences_that_cancel_out_are_seen() {
        let (theirs, ours) =
            ([total("A", 9, 3), total("B", 9, 1)], [total("A", 9, 1), total("B", 9, 3)]);
        let expected = "A: 3 there, 1 here, in 1 hours; B: 1 there, 3 here, in 1 hours";
        let found = compare(
            "d",
            &theirs,
            &ours.into_iter().map(|it| (it.group, it.hours.unwrap())).collect(),
        );
        assert!(found.sentence.ends_with(expected), "{}", found.sentence);
    }

    #[test]
    fn a_group_it_does_not_count_is_said() {
        check(&[], &[total("Q", 9, 3)], "they differ in 1 groups it does not count");
    }
}
