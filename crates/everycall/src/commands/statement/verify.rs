//! Checking a statement: whose it is, that nobody changed it, and that it adds up.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use engine::statement::{NotSigned, PublicKey, Signed, check, differences};

use super::words;
use crate::commands::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};

/// The longest document that is read, in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// Check a statement without a database: who signed it, that it was not changed, and that it adds up
///
/// Exit code 0 when it is sound, whatever its verdict, and 1 when it is not.
#[derive(Debug, Args)]
pub struct Verify {
    /// The document
    file: PathBuf,
    /// The public key it must be signed with, 64 hex digits or a file with them
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Also check that the runs it speaks of are still in this database as they were
    #[arg(long)]
    here: bool,
}

/// Checks it.
pub async fn run(site: &Site, arguments: Verify) -> Result<Exit> {
    let key = arguments.key.as_deref().map(read_key).transpose()?;
    let text = read(&arguments.file)?;
    let signed = check(&text, key.as_ref()).map_err(|error| unsound(&arguments.file, &error))?;
    let style = Style::of_stdout();
    output::tell(&sound(&signed, key.is_some(), style));
    if arguments.here {
        let desk = site.look().await?;
        let said = differences(&desk.ctx, &signed).await?;
        if !said.is_empty() {
            let hint = "Somebody changed this database, or it is another one than the statement was made of";
            return Err(Mistake::missing(said.join("; "), hint).into());
        }
        output::tell(&format!("{} the runs it speaks of are here as they were", style.green("✓")));
    }
    Ok(Exit::Done)
}

fn sound(signed: &Signed, is_pinned: bool, style: Style) -> String {
    let by = signed.signed_by().map(|key| key.hex()).unwrap_or_default();
    let by = if is_pinned {
        format!("{} signed with the key you named", style.green("✓"))
    } else {
        format!(
            "{} signed with {by}\n  {} whether that is the key of whom you think, only they can tell you; --key checks it",
            style.green("✓"),
            style.yellow("!"),
        )
    };
    let tick = style.green("✓");
    let gist = words::gist(&signed.statement, style);
    format!("{gist}\n\n{by}\n{tick} not changed since\n{tick} its numbers add up to its verdict")
}

fn unsound(path: &Path, error: &NotSigned) -> Mistake {
    Mistake::missing(
        format!("{}: {error}", path.display()),
        "Do not rely on it; ask whoever gave it to you for the document as it was signed",
    )
}

fn read(path: &Path) -> Result<String, Mistake> {
    let unreadable = |error: std::io::Error| {
        let sentence = format!("{} cannot be read: {error}", path.display());
        Mistake::missing(sentence, "Name the file that `everycall statement make --out` wrote")
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > BYTES_MAX {
        let sentence = format!("{} is too long to be a statement", path.display());
        return Err(Mistake::missing(sentence, "Name another file"));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn read_key(text: &str) -> Result<PublicKey, Mistake> {
    let of_file = || PublicKey::read(&std::fs::read_to_string(text).ok()?);
    PublicKey::read(text).or_else(of_file).ok_or_else(|| {
        Mistake::new(
            format!("`{text}` is neither a public key of 64 hex digits nor a file with one"),
            "`everycall statement key` prints it, where statements are made",
        )
    })
}
