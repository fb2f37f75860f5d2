//! Walking one window: every status by itself, and once without one.

use domain::Window;
use tokio::sync::mpsc;

use super::calibrate::Learnt;
use super::client::Client;
use super::reading::{Reading, Status, Stopped, is_moving};
use crate::{Page, SourceError, Walked};

/// Reads every call of `request` into `pages` and says whether that was all.
pub(super) async fn walk(
    client: &Client,
    learnt: &Learnt,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let mut reading = Reading::new(client, learnt, pages);
    match read(client, learnt, request, &mut reading).await {
        Ok(()) => Ok(reading.conclude()),
        Err(Stopped::Failed(error)) => Err(error),
        Err(Stopped::LeftAlone) => {
            let why = "nobody took the pages any more, so the list was not read to its end";
            Ok(Walked::Doubtful { why: why.to_owned(), total: None })
        }
    }
}

async fn read(
    client: &Client,
    learnt: &Learnt,
    request: Window,
    reading: &mut Reading<'_>,
) -> Result<(), Stopped> {
    let settings = client.settings();
    let mut statuses: Vec<Status> = learnt.statuses(settings).into_iter().map(Some).collect();
    if !settings.assume_status_filter_exact {
        statuses.push(None);
    }
    // A call that ends while it is read is found by what is asked for later.
    let (moving, ended): (Vec<_>, Vec<_>) =
        statuses.into_iter().partition(|status| is_moving(status.as_deref()));
    reading.look_without_status(request).await?;
    reading.read(&moving, request).await?;
    reading.read(&ended, request).await?;
    loop {
        let further = reading.further_statuses();
        if further.is_empty() {
            break;
        }
        reading.read(&further, request).await?;
    }
    reading.settle_what_is_too_dense().await?;
    if settings.verify_with_export {
        reading.verify_with_export(request).await?;
    }
    Ok(())
}
