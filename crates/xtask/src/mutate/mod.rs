//! `cargo xtask mutate`: takes one counter or one guard away at a time, and asks whether a test
//! notices.
//!
//! What is taken away, and which tests are to notice, is in `mutants.toml`. It happens in a copy of
//! the tree, so that whoever works here is not disturbed.

mod cargo;
mod list;
mod tree;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::needs::mariadb::Mariadb;
use crate::needs::postgres::Postgres;
use crate::needs::{self, Choice, Ready};
use crate::run;
use cargo::Cargo;
use list::Mutant;
use tree::Tree;

/// What to take away.
#[derive(Args)]
pub struct MutateArguments {
    /// Only mutants whose name has this text, or one of several
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Begin with the first whose name has this text, to go on with a run that was broken off
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,
    /// List them and stop
    #[arg(long)]
    list: bool,
}

/// What came of a mutant.
enum Verdict {
    /// These tests failed.
    Caught(Vec<String>),
    /// The tests did not come to their end.
    Hung,
    /// No test failed.
    Survived,
    /// Without it the program does not compile, which shows nothing.
    Broken(String),
}

/// Takes each away in turn; fails unless a test notices every one.
pub fn mutate(arguments: &MutateArguments) -> Result<()> {
    let mut mutants = list::read()?;
    if let Some(text) = &arguments.from {
        let first = mutants.iter().position(|mutant| mutant.name.contains(text.as_str()));
        mutants.drain(..first.unwrap_or(mutants.len()));
    }
    if !arguments.only.is_empty() {
        let is_meant = |name: &str| arguments.only.iter().any(|text| name.contains(text.as_str()));
        mutants.retain(|mutant| is_meant(&mutant.name));
    }
    ensure!(!mutants.is_empty(), "no mutant has that text in its name; `--list` names them all");
    if arguments.list {
        for mutant in &mutants {
            println!("{}", mutant.name);
        }
        return Ok(());
    }
    let needs =
        [needs::provide(&Postgres, Choice::Found)?, needs::provide(&Mariadb, Choice::Found)?];
    let tree = Tree::copy()?;
    let cargo = Cargo::new(&tree, needs.iter().flat_map(Ready::variables));
    unharmed(&cargo, &mutants)?;
    let (mut unnoticed, mut broken) = (Vec::new(), Vec::new());
    for mutant in &mutants {
        run::stop_if_interrupted()?;
        let started = Instant::now();
        let verdict = take_away(&tree, &cargo, mutant)?;
        println!("{}", line(mutant, &verdict, started.elapsed()));
        match verdict {
            Verdict::Survived => unnoticed.push(mutant.name.as_str()),
            Verdict::Broken(_) => broken.push(mutant.name.as_str()),
            Verdict::Caught(_) | Verdict::Hung => {}
        }
    }
    let noticed = mutants.len() - unnoticed.len() - broken.len();
    println!("\n{noticed} of {} were noticed.", mutants.len());
    if !broken.is_empty() {
        bail!(
            "without these the program does not compile, so mend the list: {}",
            broken.join("; ")
        );
    }
    if !unnoticed.is_empty() {
        bail!("no test notices when these are taken away: {}", unnoticed.join("; "));
    }
    Ok(())
}

/// The tests must pass before anything is taken away, and there must be some.
fn unharmed(cargo: &Cargo, mutants: &[Mutant]) -> Result<()> {
    println!("With nothing taken away:");
    for tests in list::distinct(mutants) {
        let ran = cargo.test(&tests)?;
        ensure!(ran.has_built, "the tests of {tests} do not compile:\n{}", ran.said);
        let failed = ran.failed.join(", ");
        ensure!(ran.has_passed, "tests of {tests} fail with nothing taken away: {failed}");
        ensure!(ran.passed > 0, "{tests} is no test");
        println!("  {tests}: {} tests pass", ran.passed);
    }
    println!();
    Ok(())
}

fn take_away(tree: &Tree, cargo: &Cargo, mutant: &Mutant) -> Result<Verdict> {
    let taken = tree.edit(&mutant.file, |text| mutant.applied_to(text))?;
    let ran = cargo.test(&mutant.tests)?;
    taken.put_back()?;
    Ok(match ran {
        ran if !ran.has_built => Verdict::Broken(ran.said),
        ran if ran.has_hung => Verdict::Hung,
        ran if ran.has_passed => Verdict::Survived,
        ran => Verdict::Caught(ran.failed),
    })
}

fn line(mutant: &Mutant, verdict: &Verdict, took: Duration) -> String {
    let (word, by) = match verdict {
        Verdict::Caught(tests) if tests.is_empty() => ("caught", "the tests broke off".to_owned()),
        Verdict::Caught(tests) => {
            let more = tests.len() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            ("caught", format!("{}{more}", tests[0]))
        }
        Verdict::Hung => ("caught", "the tests never ended".to_owned()),
        Verdict::Survived => ("SURVIVED", mutant.tests.to_string()),
        Verdict::Broken(said) => ("BROKEN", said.trim().to_owned()),
    };
    format!("{word:<8} {:>5.0} s  {}\n                  {by}", took.as_secs_f64(), mutant.name)
}
