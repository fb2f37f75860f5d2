//! Contacts from a CSV file.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::Country;
use engine::contacts::{ContactImport, ImportReport, import};
use engine::lines::FileError;

use super::change::placed;
use super::{Writing, country};
use crate::commands::assign::account;
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};

/// Import contacts from a CSV file; calls that waited for one of them are placed at once
///
/// The first line names the columns: phone, phone_2, phone_3, vendor_lead_code, highlevel_contact,
/// first_name, last_name, email, appointment_time, day, month, and custom.NAME for fields of your
/// own. A line that cannot be used is told with its number, and the rest is imported. Importing a
/// file twice changes nothing the second time.
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// Whose contacts they are
    #[arg(long, value_name = "NAME")]
    account: String,
    /// The country of numbers written without one [default: the account's, or US]
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
    #[command(flatten)]
    writing: Writing,
}

/// Imports.
pub async fn run(site: &Site, arguments: Import) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, &arguments.account).await?;
    let shown = arguments.file.display();
    let file = File::open(&arguments.file).map_err(|error| {
        Mistake::new(format!("{shown} cannot be opened: {error}"), "Check the name of the file")
    })?;
    let who = environment::user();
    let asked = ContactImport {
        account: account.id,
        home: arguments.country.or(account.country).unwrap_or(Country::US),
        by: &who,
        is_dry_run: arguments.writing.dry_run,
    };
    let file = BufReader::with_capacity(1 << 16, file);
    let report = match import(&desk.ctx.store, file, &asked, desk.ctx.now()).await {
        Ok(report) => report,
        Err(FileError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let hint = "Correct the file and import it again; what was imported before stays";
            return Err(Mistake::new(format!("{shown}: {error}"), hint).into());
        }
    };
    if arguments.writing.json {
        let mut json = serde_json::to_value(&report)?;
        json["dryRun"] = arguments.writing.dry_run.into();
        output::tell_json(&json);
    } else {
        output::tell(&text(&report, &account.name, arguments.writing.dry_run));
    }
    Ok(if report.refused > 0 { Exit::Incomplete } else { Exit::Done })
}

fn text(report: &ImportReport, account: &str, is_dry: bool) -> String {
    let verb = if is_dry { "Would import into" } else { "Imported into" };
    let mut lines = vec![format!(
        "{verb} {account}: {} lines = {} new + {} changed + {} unchanged + {} refused.{}",
        count(report.lines),
        count(report.new),
        count(report.changed),
        count(report.unchanged),
        count(report.refused),
        placed(report.calls_placed)
    )];
    lines.extend(
        report
            .refused_lines
            .iter()
            .map(|refused| format!("  line {}: {}", refused.line, refused.why)),
    );
    let untold = report.refused - report.refused_lines.len() as u64;
    if untold > 0 {
        lines.push(format!("  and {} more", count(untold)));
    }
    lines.join("\n")
}
