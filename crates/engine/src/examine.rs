//! Examining a connection, and keeping what was learnt.

use providers::{Probe, ProbeOutcome};
use store::{ProbeRow, StoreError};

use crate::{Context, Source};

/// Asks the provider's probes, and keeps their outcomes.
pub async fn examine(ctx: &Context, source: &Source) -> Result<Vec<Probe>, StoreError> {
    let probes = source.connection.examine().await;
    keep(ctx, source, &probes).await?;
    Ok(probes)
}

/// Keeps what was learnt.
pub(crate) async fn keep(
    ctx: &Context,
    source: &Source,
    probes: &[Probe],
) -> Result<(), StoreError> {
    let mut tx = ctx.store.begin().await?;
    tx.probes_save(source.row.id, &rows(probes), ctx.now()).await?;
    tx.commit().await
}

/// The same as it is kept.
pub fn rows(probes: &[Probe]) -> Vec<ProbeRow> {
    let row = |probe: &Probe| ProbeRow {
        name: probe.name.to_owned(),
        outcome: outcome_name(probe.outcome).to_owned(),
        sentence: probe.sentence.clone(),
        hint: probe.hint.clone(),
    };
    probes.iter().map(row).collect()
}

fn outcome_name(outcome: ProbeOutcome) -> &'static str {
    match outcome {
        ProbeOutcome::Right => "right",
        ProbeOutcome::Notable => "notable",
        ProbeOutcome::Wrong => "wrong",
    }
}
