//! Words and rules of Everycall: pure, no IO, no clock, no randomness, no async.
//!
//! One word per idea, here and in SQL, API, dashboard and manual alike:
//!
//! | word | meaning |
//! |---|---|
//! | provider | a kind of system that has calls: [`ProviderKind`] |
//! | source | one configured connection to a provider: [`SourceId`] |
//! | account | the tenant a call belongs to: [`AccountId`] |
//! | agent | who handled the call at the provider: [`AgentId`], [`AgentRef`] |
//! | assignment | "calls of this agent belong to this account", valid from … to …: [`Assignment`] |
//! | rule | the same for calls of one number, one campaign or the whole source; or that such calls are left out: [`Rule`] |
//! | change | somebody's change of assignments or rules, and the calls it moved |
//! | contact | the person on the other side of a call; belongs to an account: [`ContactId`] |
//! | caller | what one call says about the person on its other side: [`Caller`] |
//! | call | one record in normal form, keyed by source and [`ProviderCallId`]: [`Call`] |
//! | alias | another name of a call, told by its provider: [`Alias`] |
//! | revision, bookmark | a number that grows in a source with each transaction that changes what is shown of its calls; up to which somebody has read: [`Bookmark`] |
//! | departure | a call that left an account, told to whoever keeps a copy of its calls |
//! | leg, witness | one of the calls, of several sources or one, that are one conversation: [`legs::Witness`] |
//! | observation | one time we saw a call with some content, told apart by [`ContentHash`] |
//! | window | a half-open span of time in UTC: [`Window`] |
//! | tier | an age at which every instant is read again, because providers change records: [`Tiers`] |
//! | territory | the span of time one window answers for when a run counts: [`Territory`] |
//! | coverage | the ledger of windows and how well each is verified: [`Coverage`] |
//! | proof | how well a span is proved, from nobody looked to compared: [`Proof`] |
//! | statement | a signed document of what is proved about an account's calls of a period: [`Statement`] |
//! | gap | an uncovered window, or a covered one whose volume is not believable: [`Lacking`], [`Quiet`] |
//! | run | one execution over a window, whose accounts balance: [`RunAccounts`] |
//! | schedule | when a source is read by itself: [`Rhythm`]; and when a comparison is made by itself: [`due()`] |
//! | lease | for how long nobody else takes up what a worker holds; it ends unless the worker reports |
//! | portion | how many requests a worker may send to a provider before it asks again what the others sent |
//! | set-up | what a person said in the dashboard to make a source, its secret sealed |
//! | job | what a person or a schedule asks to be done and a worker does: [`JobKind`], [`JobStatus`] |
//! | finding | one difference a comparison found: [`Compared`], each with its [`Cause`] |
//! | placed, waiting, excluded | the three outcomes of placement: [`Placement`] |
//! | set aside | a record nobody could read, kept whole with its error |
//! | token | a secret that opens the API, given out once for an operator or for one account: [`access::Terms`] |
//! | operator, member | who sees and changes everything, and who sees the accounts they are given: [`users::UserRole`] |
//! | user, session | a person who signs in to the pages, and one time they did: [`users::UserRole`] |
//! | settled | old enough, and re-read often enough, that the provider no longer changes it: [`Tiers`] |

pub mod access;
mod bookmark;
mod call;
mod compare;
mod contacts;
mod coverage;
mod hash;
mod ids;
mod job;
mod lacking;
mod lateness;
pub mod legs;
mod phone;
mod placement;
mod plan;
mod retry;
mod run;
#[cfg(test)]
mod samples;
mod schedule;
mod settle;
mod standing;
mod statement;
mod status;
mod time;
pub mod users;
mod volume;
mod walk;
mod window;
mod words;
pub mod written;

pub use bookmark::{Bookmark, NotABookmark, ReadTo, Revised};
pub use call::{AgentRef, Alias, Awaited, Call, ContactRef, Direction, ProviderTime, Tag};
pub use compare::{
    ById, Cause, Compared, Difference, Digest, Elsewhere, Explained, Extra, Field, Joined, Joining,
    Leg, Missing, NoClock, PAIRING_TOLERANCE, Pair, Paired, Pairing, RepairPlan, Repairable, Seen,
    Shift, Side, Told, Tolerances, WallClock, compare, compare_by_hour, differing,
    differing_across, explain_extra, explain_leg, explain_missing, is_pairable, pair, plan_repair,
    shift,
};
pub use contacts::{
    Caller, Candidate, Candidates, ContactFields, ContactPolicy, ExternalId, ExternalKind, FoundBy,
    Identified, identify,
};
pub use coverage::{Coverage, Covered, Level, Mark};
pub use hash::{ContentHash, hex, unhex};
pub use ids::{
    AccountId, AgentId, AssignmentId, ContactId, JobId, ProviderCallId, ProviderKind, RuleId,
    RunId, SourceId, UnknownProvider,
};
pub use job::{JobKind, JobParameters, JobRefused, JobStatus};
pub use lacking::{Lack, Lacking, LatestRun, WhyLacking, lacking, why_lacking};
pub use lateness::{Found, LOOKED_BACK, Lateness, Watch, Widened, widened};
pub use phone::{Country, Phone};
pub use placement::{
    Assignment, AssignmentEdit, Because, ExcludedReason, HeldAssignment, Overlap, Placement,
    PlacementFacts, Rule, RuleEdit, RuleKey, Rules, Verdict, WaitingReason, edited, end, establish,
    place, reassign, ruled, unassign,
};
pub use plan::{
    Capabilities, Planned, Territory, Tried, Unseen, Why, due_spans, plan, portion, territories,
    unseen, within,
};
pub use retry::{Next, RetryPolicy, Trouble};
pub use run::{Conclusion, RunAccounts, RunKind, RunStatus, Unbalanced, conclude};
pub use schedule::{
    Due, NextRun, NoTimes, PastRun, Rhythm, Times, WhyThen, due, is_slow, look_at, next_run,
};
pub use settle::{Tiers, look_again, look_until_told};
pub use standing::{Day, Proof, Span, Standing, days, spans};
pub use statement::{
    Chain, ChainedRun, STATEMENT_FORMAT, StatedAccount, StatedComparison, StatedDay, StatedRuns,
    StatedSource, StatedSpan, Statement, Verdict as StatementVerdict, assumptions, contradictions,
    judge,
};
pub use status::{Advance, CallStatus, Heard};
pub use time::{Clock, NotATime, Timestamp};
pub use volume::{Judged, Quiet, judge_volume, volume_span};
pub use walk::{CursorFacts, CursorWalk, Doubt, PageFacts, Walk};
pub use window::{NotAWindow, Window};
pub use words::{LETTERS_MAX, NoWords, Words};
