//! One file per command: its arguments, what it does, and what it prints.

pub mod accounts;
pub mod agents;
pub mod assign;
pub mod audit;
pub mod audit_log;
pub mod backfill;
pub mod calls;
pub mod compare;
pub mod contacts;
pub mod coverage;
pub mod demo;
pub mod doctor;
pub mod gaps;
pub mod import;
mod imported;
pub mod init;
pub mod jobs;
pub mod legs;
pub mod runs;
pub mod schedule;
pub mod serve;
pub mod simulate;
pub mod sources;
pub mod statement;
pub mod status;
pub mod sync;
pub mod token;
pub mod user;
pub mod volumes;
pub mod waiting;
pub mod work;

mod site;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::mistake::Exit;
use site::Site;

/// Does what was asked.
pub async fn run(cli: Cli) -> Result<Exit> {
    let Cli { config, command, .. } = cli;
    let site = Site::new(config);
    match command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Init(init) => init::run(&site, &init),
        Command::Doctor(doctor) => doctor::run(&site, doctor).await,
        Command::Sync(sync) => sync::run(&site, sync).await,
        Command::Backfill(backfill) => backfill::run(&site, backfill).await,
        Command::Compare(compare) => Box::pin(compare::run(&site, compare)).await,
        Command::Audit(audit) => audit::run(&site, audit).await,
        Command::Import(import) => import::run(&site, import).await,
        Command::Statement(statement) => statement::run(&site, statement).await,
        Command::Status(status) => status::run(&site, status).await,
        Command::Coverage(coverage) => coverage::run(&site, coverage).await,
        Command::Gaps(gaps) => gaps::run(&site, gaps).await,
        Command::Volumes(volumes) => volumes::run(&site, volumes).await,
        Command::Runs(runs) => runs::run(&site, runs).await,
        Command::Jobs(jobs) => jobs::run(&site, jobs).await,
        Command::Schedule(schedule) => schedule::run(&site, schedule).await,
        Command::Calls(calls) => calls::run(&site, calls).await,
        Command::Legs(legs) => legs::run(&site, legs).await,
        Command::Sources(sources) => sources::run(&site, sources).await,
        Command::Agents(agents) => agents::run(&site, agents).await,
        Command::Accounts(accounts) => accounts::run(&site, accounts).await,
        Command::Contacts(contacts) => contacts::run(&site, contacts).await,
        Command::Assign(assign) => assign::run(&site, assign).await,
        Command::Unassign(unassign) => assign::unassign(&site, unassign).await,
        Command::Exclude(which) => assign::exclude(&site, which).await,
        Command::Include(which) => assign::include(&site, which).await,
        Command::User(user) => user::run(&site, user).await,
        Command::AuditLog(log) => audit_log::run(&site, log).await,
        Command::Token(token) => token::run(&site, token).await,
        Command::Waiting(waiting) => waiting::run(&site, waiting).await,
        Command::Serve(serve) => serve::run(&site, serve).await,
        Command::Work(work) => work::run(&site, work).await,
        Command::Simulate(simulate) => simulate::run(simulate).await,
    }
}
