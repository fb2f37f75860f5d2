//! Two contacts that are one person, the way back, and forgetting a person.

use anyhow::Result;
use clap::Args;
use domain::ContactId;

use super::{Writing, contact_id, refusal};
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};

/// Say that two contacts are one person; `contacts unmerge` takes them apart again
#[derive(Debug, Args)]
pub struct Merge {
    /// The contact that stays
    #[arg(value_parser = contact_id)]
    into: ContactId,
    /// The contact that becomes part of it
    #[arg(value_parser = contact_id)]
    contact: ContactId,
    #[command(flatten)]
    writing: Writing,
}

/// Take a merged contact apart again; calls that only a shared number places wait again
#[derive(Debug, Args)]
pub struct Unmerge {
    /// The contact that was merged into another
    #[arg(value_parser = contact_id)]
    contact: ContactId,
    #[command(flatten)]
    writing: Writing,
}

/// Erase everything about a person for good: names, numbers, transcripts, raw records
///
/// The calls stay and are counted as before, without numbers or words. Whatever the provider says
/// of them later is not kept. New calls from the same number are new calls.
#[derive(Debug, Args)]
pub struct Erase {
    /// The contact
    #[arg(value_parser = contact_id)]
    contact: ContactId,
    /// Yes, for good
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    writing: Writing,
}

/// Merges.
pub async fn merge(site: &Site, arguments: Merge) -> Result<Exit> {
    let desk = site.look().await?;
    let Merge { into, contact, writing } = arguments;
    let (who, dry) = (environment::user(), writing.dry_run);
    let merged =
        engine::contacts::merge(&desk.ctx.store, (into, contact), (&who, dry), desk.ctx.now())
            .await
            .map_err(|error| refusal(site, error))?;
    if writing.json {
        output::print_json(&serde_json::json!({
            "id": into, "merged": contact, "callsMoved": merged.calls_moved, "dryRun": dry,
        }))?;
    } else if dry {
        output::print(&format!("Would merge contact {contact} into {into}."))?;
    } else {
        let back = format!("{} contacts unmerge {contact}", site.here());
        output::print(&format!(
            "Merged contact {contact} into {into}; {} calls moved. The way back: {back}",
            count(merged.calls_moved)
        ))?;
    }
    Ok(Exit::Done)
}

/// Takes apart.
pub async fn unmerge(site: &Site, arguments: Unmerge) -> Result<Exit> {
    let desk = site.look().await?;
    let Unmerge { contact, writing } = arguments;
    let (who, dry) = (environment::user(), writing.dry_run);
    let merged = engine::contacts::unmerge(&desk.ctx.store, contact, (&who, dry), desk.ctx.now())
        .await
        .map_err(|error| refusal(site, error))?;
    if writing.json {
        output::print_json(&serde_json::json!({
            "id": contact, "callsMoved": merged.calls_moved, "dryRun": dry,
        }))?;
    } else if dry {
        output::print(&format!("Would make contact {contact} a person of its own again."))?;
    } else {
        output::print(&format!(
            "Contact {contact} is a person of its own again; {} calls moved.",
            count(merged.calls_moved)
        ))?;
    }
    Ok(Exit::Done)
}

/// Erases.
pub async fn erase(site: &Site, arguments: Erase) -> Result<Exit> {
    let desk = site.look().await?;
    let Erase { contact, yes, writing } = arguments;
    let dry = writing.dry_run;
    if !yes && !dry {
        let here = site.here();
        return Err(Mistake::new(
            format!("erasing contact {contact} cannot be undone"),
            format!("What would go: {here} contacts erase {contact} --dry-run; do it: {here} contacts erase {contact} --yes"),
        )
        .into());
    }
    let who = environment::user();
    let erased = engine::contacts::erase(&desk.ctx.store, contact, (&who, dry), desk.ctx.now())
        .await
        .map_err(|error| refusal(site, error))?;
    if writing.json {
        output::print_json(&serde_json::json!({
            "id": contact, "contacts": erased.contacts, "calls": erased.calls, "dryRun": dry,
        }))?;
    } else {
        let verb = if dry { "Would erase" } else { "Erased" };
        output::print(&format!(
            "{verb} contact {contact}, with the numbers and words of {} calls; the calls stay and are counted.",
            count(erased.calls)
        ))?;
    }
    Ok(Exit::Done)
}
