//! The export as a second enumeration of the last whole day.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Window;
use tokio::sync::mpsc;

use super::{Notable, Right, Wrong, hinted, probe, unanswered};
use crate::teli::calibrate::Learnt;
use crate::teli::client::Client;
use crate::teli::compare::{Agreement, compare};
use crate::teli::exports;
use crate::teli::walk::walk;
use crate::{Page, Probe, SourceError, Walked};

const DAY: Duration = Duration::from_hours(24);

/// The ids of a day by one way of listing them, with their neighbours at its edges.
struct Enumerated {
    inside: BTreeSet<String>,
    all: BTreeSet<String>,
}

pub(super) async fn ask(client: &Client, learnt: &Learnt) -> Option<Probe> {
    let today = client.now().floor_to(DAY);
    let day = Window::new(today - DAY, today).ok()?;
    let listed = match listed(client, learnt, day).await {
        Ok(Ok(listed)) => listed,
        Ok(Err(why)) => {
            let sentence = format!("The calls of {day} are not comparable: {why}");
            return Some(probe("export", Notable, sentence));
        }
        Err(error) => return Some(unanswered("export", &error)),
    };
    let exported = match exported(client, learnt, day, &listed).await {
        Ok(exported) => exported,
        Err(error) => {
            let without = "Windows are proved without the export; only a millisecond with 100 calls \
                needs it";
            let probe = Probe { outcome: Notable, ..unanswered("export", &error) };
            return Some(hinted(probe, without));
        }
    };
    Some(judged(day, agreement(&listed, &exported)))
}

/// Calls near midnight count for a side only where the other had to have them.
fn agreement(listed: &Enumerated, exported: &Enumerated) -> Agreement {
    let of_day: BTreeSet<String> = listed.inside.union(&exported.inside).cloned().collect();
    let part = |all: &BTreeSet<String>| all.intersection(&of_day).cloned().collect();
    compare(&part(&listed.all), &part(&exported.all))
}

fn judged(day: Window, agreement: Agreement) -> Probe {
    let sentence = format!("For {day}, {}", agreement.sentence());
    match agreement {
        it if it.is_whole() => probe("export", Right, sentence),
        Agreement { only_export: 0, .. } => probe("export", Notable, sentence),
        _ => {
            let hint = "Set `verify_with_export` to read what only the export has";
            hinted(probe("export", Wrong, sentence), hint)
        }
    }
}

/// The list's calls, or why there is nothing to compare.
async fn listed(
    client: &Client,
    learnt: &Learnt,
    day: Window,
) -> Result<Result<Enumerated, String>, SourceError> {
    let (pages, mut arriving) = mpsc::channel::<Page>(2);
    let walking = async {
        let walked = walk(client, learnt, day, &pages).await;
        drop(pages);
        walked
    };
    let mut listed = Enumerated { inside: BTreeSet::new(), all: BTreeSet::new() };
    let collecting = async {
        while let Some(page) = arriving.recv().await {
            for identity in page.records.into_iter().filter_map(|(record, _)| record.identity.ok())
            {
                if day.contains(identity.occurred_at) {
                    listed.inside.insert(identity.id.0.clone());
                }
                listed.all.insert(identity.id.0);
            }
        }
    };
    let (walked, ()) = tokio::join!(walking, collecting);
    Ok(match walked? {
        Walked::Doubtful { why, .. } => Err(why),
        _ => Ok(listed),
    })
}

/// The export's calls. Where those lie that the list has not, their records by id say.
async fn exported(
    client: &Client,
    learnt: &Learnt,
    day: Window,
    listed: &Enumerated,
) -> Result<Enumerated, SourceError> {
    let mut exported = Enumerated { inside: BTreeSet::new(), all: BTreeSet::new() };
    let mut statuses: Vec<_> = learnt.statuses(client.settings()).into_iter().map(Some).collect();
    statuses.push(None);
    let mut unlisted = Vec::new();
    for status in statuses {
        for row in exports::export(client, status.as_deref(), day).await?.rows {
            let Some(id) = row.id().map(str::to_owned) else { continue };
            if exported.all.insert(id.clone()) && !listed.all.contains(&id) {
                unlisted.push(row);
            }
        }
    }
    let found = exports::look_up(client, unlisted, day).await;
    exported.inside.extend(found.inside.iter().filter_map(|row| row.id().map(str::to_owned)));
    Ok(exported)
}
