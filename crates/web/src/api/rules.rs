//! Rules of a source: all that are in force, and which calls are left out.

use axum::Json;
use axum::extract::State;
use domain::access::Area;
use domain::{Rule, RuleKey, Timestamp, Verdict};
use engine::place::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::RuleInForce;

use super::asked::{Asked, Said, exactly_one, page};
use super::in_force::{bounds, made, number};
use super::instant::Instant;
use super::route::Route;
use super::sources::{OfSourceAsked, named_or_only};
use super::told::{AsOf, Outcome, PreviewAsked};
use crate::failure::Failure;
use crate::guest::Guest;

/// Everything under `/rules`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::get("/rules", "List rules of sources in force", Operators, list)
            .asks::<OfSourceAsked>()
            .gives::<AsOf<Rules>>(),
        Route::post("/rules/exclude", "Leave calls out", Operators, exclude)
            .asks::<PreviewAsked>()
            .takes::<ExcludeSaid>()
            .gives::<Outcome>(),
        Route::post("/rules/include", "Count calls again that were left out", Operators, include)
            .asks::<PreviewAsked>()
            .takes::<ExcludeSaid>()
            .gives::<Outcome>(),
    ]
}

/// A page of rules.
#[derive(Debug, Serialize, JsonSchema)]
struct Rules {
    /// By id.
    rules: Vec<RuleFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    next: Option<i64>,
}

/// A rule of a source.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuleFacts {
    id: i64,
    source: String,
    /// `number`, `campaign`, `test_calls` or `whole_source`.
    kind: String,
    /// The number or the campaign.
    key: Option<String>,
    /// Whose the calls are; none where they are left out.
    account_id: Option<i64>,
    account: Option<String>,
    /// Whether the calls are left out.
    excludes: bool,
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

/// Which calls are left out: exactly one of number and test calls.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = exactly_one(&["number", "testCalls"])))]
struct ExcludeSaid {
    /// Calls where our side has this number, such as +12015550123.
    #[schemars(example = &"+12015550123")]
    number: Option<String>,
    /// Calls the provider says were made to try an agent out.
    #[serde(default)]
    test_calls: bool,
    /// The source, when there are several.
    source: Option<String>,
}

impl ExcludeSaid {
    fn key(&self) -> Result<RuleKey, Failure> {
        match (&self.number, self.test_calls) {
            (Some(written), false) => Ok(RuleKey::Number(number(written)?)),
            (None, true) => Ok(RuleKey::TestCalls),
            _ => {
                let sentence = "which calls are meant is said by one of number and testCalls";
                Err(Failure::Unusable { sentence: sentence.to_owned() })
            }
        }
    }
}

impl From<RuleInForce> for RuleFacts {
    fn from(row: RuleInForce) -> Self {
        let (from, to) = bounds(row.valid_from, row.valid_to);
        Self {
            id: row.rule_id,
            source: row.source,
            kind: row.kind,
            key: Some(row.key).filter(|key| !key.is_empty()),
            excludes: row.account_id.is_none(),
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
) -> Result<Json<AsOf<Rules>>, Failure> {
    let as_of = state.clock.now();
    let (source, after, most) = asked.bounds(&state).await?;
    let rows = state.store.rules_page(source, after, most).await?;
    let (rows, next) = page(rows, None, asked.limit, |row| row.rule_id)?;
    let rules = rows.into_iter().map(RuleFacts::from).collect();
    Ok(Json(AsOf { as_of, what: Rules { rules, next } }))
}

async fn exclude(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<PreviewAsked>,
    Said(said): Said<ExcludeSaid>,
) -> Result<Json<Outcome>, Failure> {
    let (key, verdict) = (said.key()?, Verdict::Exclude);
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    let source = named_or_only(&state, said.source.as_deref()).await?;
    let change = RuleChange::Establish(Rule { id: None, key, verdict, valid_from, valid_to });
    made(&state, &source, &change, (&guest.by(), asked.preview)).await
}

async fn include(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<PreviewAsked>,
    Said(said): Said<ExcludeSaid>,
) -> Result<Json<Outcome>, Failure> {
    let change = RuleChange::End { key: said.key()?, excludes: true, from: Timestamp::MIN };
    let source = named_or_only(&state, said.source.as_deref()).await?;
    made(&state, &source, &change, (&guest.by(), asked.preview)).await
}
