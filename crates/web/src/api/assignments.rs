//! Assignments: whose the calls of an agent, a number, a campaign or a source are.

use axum::Json;
use axum::extract::State;
use domain::access::Area;
use domain::{Assignment, Rule, RuleKey, Timestamp, Verdict};
use engine::place::{
    Change, Importing, RuleChange, Sought, Who, agent_row, find_agent, import_assignments, make,
    preview, preview_unlisted,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AssignmentInForce, SourceRow};

use super::asked::{Asked, Named, Said, Sent, account, exactly_one, page};
use super::in_force::{bounds, made, number, outcome};
use super::instant::{DayOrInstant, Instant};
use super::route::Route;
use super::sources::{OfSourceAsked, named_or_all, named_or_only};
use super::told::{AsOf, DryRunAsked, Imported, Outcome, PreviewAsked};
use crate::failure::Failure;
use crate::guest::Guest;

/// Everything under `/assignments`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::get("/assignments", "List assignments of agents in force", Operators, list)
            .asks::<OfSourceAsked>()
            .gives::<AsOf<Assignments>>(),
        Route::post("/assignments", "Assign calls, history too", Operators, assign)
            .asks::<PreviewAsked>()
            .takes::<AssignSaid>()
            .gives::<Outcome>(),
        Route::post("/assignments/end", "End assignments", Operators, unassign)
            .asks::<PreviewAsked>()
            .takes::<UnassignSaid>()
            .gives::<Outcome>(),
        Route::post("/assignments/import", "Assign as a CSV file says", Operators, import)
            .asks::<DryRunAsked>()
            .takes_csv()
            .gives::<Imported>(),
    ]
}

/// A page of assignments.
#[derive(Debug, Serialize, JsonSchema)]
struct Assignments {
    /// By id.
    assignments: Vec<AssignmentFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    next: Option<i64>,
}

/// An assignment of an agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AssignmentFacts {
    id: i64,
    source: String,
    provider_agent_id: String,
    agent: String,
    account_id: i64,
    account: String,
    /// First instant it holds; none for always.
    #[schemars(with = "Option<Instant>")]
    from: Option<Timestamp>,
    /// First instant it no longer holds; none for never.
    #[schemars(with = "Option<Instant>")]
    to: Option<Timestamp>,
    #[schemars(with = "Instant")]
    created_at: Timestamp,
    created_by: String,
}

/// Whose calls are meant: exactly one of agent, number, campaign and whole source.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = exactly_one(&["agent", "number", "campaign", "wholeSource"])))]
pub struct AssignSaid {
    /// The agent's name, or the provider's id of it.
    pub agent: Option<String>,
    /// A number of ours, such as +12015550123.
    #[schemars(example = &"+12015550123")]
    pub number: Option<String>,
    /// A campaign, queue or batch, in the provider's words.
    pub campaign: Option<String>,
    /// All calls of the source.
    #[serde(default)]
    pub whole_source: bool,
    /// The source, when there are several.
    pub source: Option<String>,
    /// The account, by its id or name.
    pub account: Named,
    /// From this day or instant on; always where it is not said.
    #[schemars(with = "Option<DayOrInstant>")]
    pub from: Option<Timestamp>,
    /// Up to, and without, this day or instant; for ever where it is not said.
    #[schemars(with = "Option<DayOrInstant>")]
    pub to: Option<Timestamp>,
}

/// Whose assignments end: exactly one of agent, number, campaign and whole source.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = exactly_one(&["agent", "number", "campaign", "wholeSource"])))]
struct UnassignSaid {
    /// The agent's name, or the provider's id of it.
    agent: Option<String>,
    /// A number of ours, such as +12015550123.
    #[schemars(example = &"+12015550123")]
    number: Option<String>,
    /// A campaign, queue or batch, in the provider's words.
    campaign: Option<String>,
    /// All calls of the source.
    #[serde(default)]
    whole_source: bool,
    /// The source, when there are several.
    source: Option<String>,
    /// From this day or instant on; as if they had never been where it is not said.
    #[schemars(with = "Option<DayOrInstant>")]
    from: Option<Timestamp>,
}

/// Whose calls.
enum Whose {
    Agent(String),
    Rule(RuleKey),
}

impl Whose {
    fn of(
        agent: Option<String>,
        number_: Option<&str>,
        campaign: Option<String>,
        whole_source: bool,
    ) -> Result<Self, Failure> {
        let key = number_.map(|written| number(written).map(RuleKey::Number)).transpose()?;
        let keys = [key, campaign.map(RuleKey::Campaign)];
        let keys = keys.into_iter().flatten().chain(whole_source.then_some(RuleKey::WholeSource));
        let mut meant: Vec<Self> = agent.into_iter().map(Self::Agent).collect();
        meant.extend(keys.map(Self::Rule));
        if let (Some(one), true) = (meant.pop(), meant.is_empty()) {
            return Ok(one);
        }
        let sentence = "whose calls are meant is said by exactly one of agent, number, campaign \
            and wholeSource";
        Err(Failure::Unusable { sentence: sentence.to_owned() })
    }
}

impl From<AssignmentInForce> for AssignmentFacts {
    fn from(row: AssignmentInForce) -> Self {
        let (from, to) = bounds(row.valid_from, row.valid_to);
        Self {
            id: row.assignment_id,
            source: row.source,
            provider_agent_id: row.provider_agent_id,
            agent: row.agent,
            account_id: row.account_id,
            account: row.account,
            from,
            to,
            created_at: Timestamp::from_millis(row.created_at),
            created_by: row.created_by,
        }
    }
}

async fn list(
    State(state): State<crate::State>,
    Asked(asked): Asked<OfSourceAsked>,
) -> Result<Json<AsOf<Assignments>>, Failure> {
    let as_of = state.clock.now();
    let (source, after, most) = asked.bounds(&state).await?;
    let rows = state.store.assignments_page(source, after, most).await?;
    let (rows, next) = page(rows, None, asked.limit, |row| row.assignment_id)?;
    let assignments = rows.into_iter().map(AssignmentFacts::from).collect();
    Ok(Json(AsOf { as_of, what: Assignments { assignments, next } }))
}

async fn assign(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<PreviewAsked>,
    Said(said): Said<AssignSaid>,
) -> Result<Json<Outcome>, Failure> {
    assigned(&state, &guest, said, asked.preview).await
}

/// Assigns calls as it is said, or says how many that would move.
pub async fn assigned(
    state: &crate::State,
    guest: &Guest,
    said: AssignSaid,
    is_preview: bool,
) -> Result<Json<Outcome>, Failure> {
    let AssignSaid { agent, number, campaign, whole_source, source, .. } = said;
    let whose = Whose::of(agent, number.as_deref(), campaign, whole_source)?;
    let account = account(state, guest, &said.account).await?.id;
    let valid_from = said.from.unwrap_or(Timestamp::MIN);
    let valid_to = said.to.unwrap_or(Timestamp::MAX);
    if valid_from >= valid_to {
        let sentence = format!("its from, {valid_from}, does not lie before its to, {valid_to}");
        return Err(Failure::Unusable { sentence });
    }
    let (by, now) = (guest.by(), state.clock.now());
    let word = match whose {
        Whose::Rule(key) => {
            let source = named_or_only(state, source.as_deref()).await?;
            let verdict = Verdict::Place(account);
            let rule = Rule { id: None, key, verdict, valid_from, valid_to };
            let change = RuleChange::Establish(rule);
            return made(state, &source, &change, (&by, is_preview)).await;
        }
        Whose::Agent(word) => word,
    };
    let (source, who) = agent_called(state, source.as_deref(), &word).await?;
    if let (true, Who::Unlisted(id)) = (is_preview, &who) {
        let (at, span) = ((source.id, id.as_str()), (valid_from, valid_to));
        let calls = preview_unlisted(&state.store, at, span).await?;
        return Ok(Json(Outcome::of(Some(calls), true)));
    }
    let agent = agent_row(&state.store, &source, &who, &by, now).await?;
    let change = Change::Assign(Assignment { agent, account, valid_from, valid_to });
    change_made(state, change, (&by, is_preview)).await
}

async fn unassign(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<PreviewAsked>,
    Said(said): Said<UnassignSaid>,
) -> Result<Json<Outcome>, Failure> {
    let UnassignSaid { agent, number, campaign, whole_source, source, from } = said;
    let whose = Whose::of(agent, number.as_deref(), campaign, whole_source)?;
    let from = from.unwrap_or(Timestamp::MIN);
    let by = guest.by();
    let word = match whose {
        Whose::Rule(key) => {
            let source = named_or_only(&state, source.as_deref()).await?;
            let change = RuleChange::End { key, excludes: false, from };
            return made(&state, &source, &change, (&by, asked.preview)).await;
        }
        Whose::Agent(word) => word,
    };
    let (_, who) = agent_called(&state, source.as_deref(), &word).await?;
    match who {
        // Nobody ever assigned an agent that has no row.
        Who::Unlisted(_) => Ok(Json(Outcome::of(None, asked.preview))),
        Who::Listed(row) => {
            let agent = domain::AgentId(row.agent_id);
            change_made(&state, Change::Unassign { agent, from }, (&by, asked.preview)).await
        }
    }
}

async fn import(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
    Sent(file): Sent,
) -> Result<Json<Imported>, Failure> {
    let (by, now) = (guest.by(), state.clock.now());
    let asked = Importing { by: &by, is_dry_run: dry_run, now };
    let report = import_assignments(&state.store, &file[..], asked).await?;
    Ok(Json(Imported::of(report, dry_run)))
}

/// The agent that is meant, in the source of this name or in any.
async fn agent_called(
    state: &crate::State,
    source: Option<&str>,
    word: &str,
) -> Result<(SourceRow, Who), Failure> {
    let sources = named_or_all(state, source).await?;
    match find_agent(&state.store, sources, word, state.clock.now()).await? {
        Sought::One(source, who) => Ok((source, who)),
        Sought::Nobody(_) => Err(Failure::NotFound { what: "agent" }),
        Sought::Several(found) => {
            let shown = |(source, who): &(SourceRow, Who)| {
                format!("{} ({})", who.provider_agent_id(), source.name)
            };
            let these: Vec<String> = found.iter().map(shown).collect();
            let (count, these) = (these.len(), these.join(", "));
            let sentence =
                format!("{count} agents are called “{word}”; say which by id or source: {these}");
            Err(Failure::Conflict { sentence })
        }
    }
}

async fn change_made(
    state: &crate::State,
    change: Change,
    (by, is_preview): (&str, bool),
) -> Result<Json<Outcome>, Failure> {
    let done = if is_preview {
        preview(&state.store, change).await.map(Some)
    } else {
        make(&state.store, change, by, state.clock.now()).await
    };
    outcome(state, done, is_preview).await
}
