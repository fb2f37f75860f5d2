//! Rules of a source: who has the calls of a number, a campaign or all of them, and which calls are
//! left out.

use anyhow::Result;
use clap::Args;
use domain::{Rule, RuleKey, Timestamp, Verdict};
use engine::place::{AssignError, RuleChange, make_rule, preview_rule};
use store::SourceRow;

use super::Telling;
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::count;
use crate::wiring::Desk;

/// Leave calls out: keep them, and count them for nobody
///
/// Test calls, or those of a number of ours that no customer calls. `everycall include` undoes it.
#[derive(Debug, Args)]
pub struct Exclude {
    #[command(flatten)]
    which: Which,
}

/// Count calls again that were left out
#[derive(Debug, Args)]
pub struct Include {
    #[command(flatten)]
    which: Which,
}

/// Which calls are left out.
#[derive(Debug, Args)]
struct Which {
    /// The source, when there are several
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Calls the provider says were made to try an agent out
    #[arg(long, required_unless_present = "number", conflicts_with = "number")]
    test_calls: bool,
    /// Calls where our side has this number, such as +12015550123
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    #[command(flatten)]
    telling: Telling,
}

impl Which {
    fn key(&self) -> Result<RuleKey> {
        Ok(match &self.number {
            Some(written) => RuleKey::Number(number(written)?),
            None => RuleKey::TestCalls,
        })
    }
}

/// Leaves calls out.
pub async fn exclude(site: &Site, Exclude { which }: Exclude) -> Result<Exit> {
    let key = which.key()?;
    let desk = site.look().await?;
    let source = source(site, &desk, which.source.as_deref()).await?;
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    let rule = Rule { id: None, key, verdict: Verdict::Exclude, valid_from, valid_to };
    establish(site, &desk, &source, rule, which.telling).await
}

/// Counts them again.
pub async fn include(site: &Site, Include { which }: Include) -> Result<Exit> {
    let change = RuleChange::End { key: which.key()?, excludes: true, from: Timestamp::MIN };
    let desk = site.look().await?;
    let source = source(site, &desk, which.source.as_deref()).await?;
    make(site, &desk, &source, &change, which.telling).await
}

/// Lets a rule hold, or says which one is in the way.
pub async fn establish(
    site: &Site,
    desk: &Desk,
    source: &SourceRow,
    rule: Rule,
    telling: Telling,
) -> Result<Exit> {
    make(site, desk, source, &RuleChange::Establish(rule), telling).await
}

/// Makes a change of the rules of a source, or says what it would move.
pub async fn make(
    site: &Site,
    desk: &Desk,
    source: &SourceRow,
    change: &RuleChange,
    telling: Telling,
) -> Result<Exit> {
    let store = &desk.ctx.store;
    let of = &source.name;
    let done = if telling.preview {
        preview_rule(store, source.id, change).await.map(Some)
    } else {
        make_rule(store, source.id, change, &environment::user(), desk.ctx.now()).await
    };
    let moved = match done {
        Ok(moved) => moved,
        Err(error) => return Err(refusal(site, desk, source, error).await),
    };
    let sentence = match moved.map(count) {
        Some(calls) if telling.preview => {
            format!("Would move {calls} calls of {of}. Nothing was changed.")
        }
        Some(calls) => format!("Done: {calls} calls of {of} moved."),
        None => format!("It is so already in {of}; nothing was changed."),
    };
    telling.tell(moved, &sentence)
}

/// The source that is meant: the one named, or the only one.
pub async fn source(site: &Site, desk: &Desk, name: Option<&str>) -> Result<SourceRow> {
    let mut known = desk.known_or_all(name).await?;
    if known.len() > 1 {
        let names: Vec<String> = known.into_iter().map(|row| row.name).collect();
        let hint = format!("Say which with --source: {}", names.join(", "));
        return Err(Mistake::new("there are several sources", hint).into());
    }
    let begin = format!("Begin with a run: {} sync", site.here());
    let none = || Mistake::missing("nothing was read yet", begin);
    Ok(known.pop().ok_or_else(none)?)
}

/// A number in E.164. Written without its country it could mean several, so that is refused.
pub fn number(written: &str) -> Result<String> {
    let mistake = || {
        let sentence = format!("“{written}” is not a phone number with its country code");
        Mistake::new(sentence, "Write it such as +12015550123")
    };
    Ok(engine::place::number(written).ok_or_else(mistake)?)
}

/// Which rule is in the way, and how it is ended.
async fn refusal(
    site: &Site,
    desk: &Desk,
    source: &SourceRow,
    error: AssignError,
) -> anyhow::Error {
    let AssignError::Rivals { held } = &error else {
        return match &error {
            AssignError::Archived { name } => super::archived(site, name),
            _ => error.into(),
        };
    };
    let accounts = match desk.ctx.store.accounts_list().await {
        Ok(accounts) => accounts,
        Err(error) => return error.into(),
    };
    let (here, of) = (site.here(), super::quoted(&source.name));
    let hint = format!("End that first: {here} {} --source {of}", ends(held));
    Mistake::missing(error.sentence(&accounts), hint).into()
}

/// The command that ends a rule.
fn ends(held: &Rule) -> String {
    match (&held.key, held.verdict) {
        (RuleKey::Number(number), Verdict::Exclude) => format!("include --number {number}"),
        (RuleKey::TestCalls, _) => "include --test-calls".to_owned(),
        (RuleKey::Number(number), Verdict::Place(_)) => format!("unassign {number}"),
        (RuleKey::Campaign(name), _) => format!("unassign --campaign {}", super::quoted(name)),
        (RuleKey::WholeSource, _) => "unassign --whole-source".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::AccountId;

    use super::*;

    #[test]
    fn the_command_that_ends_a_rule_is_the_one_that_undoes_it() {
        let place = Verdict::Place(AccountId(1));
        let ended = |key, verdict| {
            let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
            ends(&Rule { id: None, key, verdict, valid_from, valid_to })
        };
        let number = || RuleKey::Number("+12015550123".to_owned());
        assert_eq!(ended(number(), place), "unassign +12015550123");
        assert_eq!(ended(number(), Verdict::Exclude), "include --number +12015550123");
        assert_eq!(ended(RuleKey::TestCalls, Verdict::Exclude), "include --test-calls");
        assert_eq!(ended(RuleKey::WholeSource, place), "unassign --whole-source");
        let campaign = RuleKey::Campaign("Spring 1".to_owned());
        assert_eq!(ended(campaign, place), "unassign --campaign 'Spring 1'");
    }
}
