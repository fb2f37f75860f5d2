//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::logging::LogFormat;

const EXIT_CODES: &str = "\
Exit codes:
  0    it worked
  1    it failed, or `doctor` found something wrong
  2    it was asked or configured the wrong way; nothing was done
  3    a run read only a part, or its accounts do not balance; `gaps` found some, or `backfill`
       has some left; a statement's verdict is less than complete
  130  it was stopped by Ctrl-C; what was read is kept";

/// Every call, accounted for.
///
/// Everycall pulls the call records of voice providers into your own database, and proves that
/// none is missing. `everycall demo` shows it without any account.
#[derive(Debug, Parser)]
#[command(name = "everycall", version, after_long_help = EXIT_CODES, after_help = EXIT_CODES)]
pub struct Cli {
    /// The configuration file [default: everycall.toml, and without one what holds by itself]
    #[arg(long, global = true, env = "EVERYCALL_CONFIG", value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Show the log on stderr; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How the log is written
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "text|json",
        hide_possible_values = true
    )]
    pub log_format: LogFormat,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(commands::demo::Demo),
    Init(commands::init::Init),
    Doctor(commands::doctor::Doctor),
    Sync(commands::sync::Sync),
    Backfill(commands::backfill::Backfill),
    Compare(commands::compare::Compare),
    Audit(commands::audit::Audit),
    Import(commands::import::Import),
    Status(commands::status::Status),
    Coverage(commands::coverage::Coverage),
    Gaps(commands::gaps::Gaps),
    Volumes(commands::volumes::Volumes),
    Runs(commands::runs::Runs),
    Jobs(commands::jobs::Jobs),
    Schedule(commands::schedule::Schedule),
    Calls(commands::calls::Calls),
    Legs(commands::legs::Legs),
    Statement(commands::statement::Statement),
    Sources(commands::sources::Sources),
    Agents(commands::agents::Agents),
    Accounts(commands::accounts::Accounts),
    Contacts(commands::contacts::Contacts),
    Assign(commands::assign::Assign),
    Unassign(commands::assign::Unassign),
    Exclude(commands::assign::Exclude),
    Include(commands::assign::Include),
    User(commands::user::User),
    Token(commands::token::Token),
    AuditLog(commands::audit_log::AuditLog),
    Waiting(commands::waiting::Waiting),
    Serve(commands::serve::Serve),
    Work(commands::work::Work),
    Simulate(commands::simulate::Simulate),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
