//! How fast calls are placed in memory, on one core.
//!
//! `place_speed [CALLS]` places calls of 10,000 assignments and some rules of their source, first
//! by the rules alone and then with their contact among 1,000,000, found in batches as the engine
//! does. It prints one line of JSON for each.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]
#![expect(clippy::disallowed_methods, reason = "it measures how long something takes")]

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::{
    AccountId, AgentId, Assignment, AssignmentId, Caller, Candidate, Candidates, ContactFields,
    ContactId, ContactPolicy, Direction, HeldAssignment, Identified, Placement, PlacementFacts,
    Rule, RuleId, RuleKey, Rules, Timestamp, Verdict, identify, place,
};

const ACCOUNTS: u64 = 500;
const AGENTS: u64 = 5_000;
const NUMBERS: u64 = 2_000;
const CAMPAIGNS: u64 = 200;
const CONTACTS: u64 = 1_000_000;
const BATCH: usize = 512;

/// Each agent changes its account here.
const BORDER: i64 = 1_760_000_000_000;

/// A call as far as placement looks at it.
struct Told {
    agent: Option<String>,
    at: i64,
    ours: String,
    theirs: String,
    campaign: Option<String>,
}

/// Whose number is whose, in each account.
type Book = HashMap<AccountId, HashMap<String, ContactId>>;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(2_000_000), |text| text.parse())?;
    let rules = rules();
    let calls: Vec<Told> = (0..count).map(|n| told(n, &rules)).collect();

    let began = Instant::now();
    let placed = calls.iter().filter(|call| is_placed(black_box(place(call.facts(), &rules))));
    let placed = placed.count();
    say("by rules", count, placed, began.elapsed());

    let (book, callers) = (book(), callers(&calls));
    let began = Instant::now();
    let mut known = 0;
    for (batch, callers) in calls.chunks(BATCH).zip(callers.chunks(BATCH)) {
        let placements: Vec<Placement> =
            batch.iter().map(|call| place(call.facts(), &rules)).collect();
        let found: Vec<Identified> =
            placements.iter().zip(callers).map(|(to, caller)| find(*to, caller, &book)).collect();
        known += found.iter().filter(|one| matches!(one, Identified::Known(..))).count();
        black_box((placements, found));
    }
    say("by rules, and with which contact", count, known, began.elapsed());
    Ok(())
}

fn say(name: &str, calls: u64, placed: usize, took: Duration) {
    let nanos = took.as_nanos();
    println!(
        "{{\"name\":\"{name}\",\"calls\":{calls},\"placed\":{placed},\"duration_ns\":{nanos}}}"
    );
}

fn is_placed(placement: Placement) -> bool {
    matches!(placement, Placement::Placed { .. })
}

fn find(placement: Placement, caller: &Caller, book: &Book) -> Identified {
    let Placement::Placed { account, .. } = placement else { return Identified::NotAsked };
    let of_phone = caller.phone.as_ref().and_then(|phone| book.get(&account)?.get(phone));
    let candidate =
        |contact: &ContactId| Candidate { contact: *contact, root: *contact, has_other_id: false };
    let by_phone = of_phone.map(candidate).into_iter().collect();
    let among = Candidates { by_external_id: None, by_phone };
    identify(ContactPolicy::Matched, caller, &among)
}

/// Two assignments of each agent, and rules by number and campaign for who has none.
fn rules() -> Rules {
    let agents = (0..AGENTS).map(|n| (agent(n), AgentId(signed(n))));
    let assignments = (0..AGENTS).flat_map(|n| {
        let held = |part: u64, (valid_from, valid_to)| HeldAssignment {
            id: AssignmentId(signed(n * 2 + part)),
            assignment: Assignment {
                agent: AgentId(signed(n)),
                account: account(n + part),
                valid_from,
                valid_to,
            },
        };
        let border = Timestamp::from_millis(BORDER);
        [held(0, (Timestamp::MIN, border)), held(1, (border, Timestamp::MAX))]
    });
    let keys = (0..NUMBERS).map(|n| (n, RuleKey::Number(ours(n))));
    let keys = keys.chain((0..CAMPAIGNS).map(|n| (n, RuleKey::Campaign(campaign(n)))));
    let rule = |(n, key)| Rule {
        id: Some(RuleId(signed(n))),
        key,
        verdict: Verdict::Place(account(n)),
        valid_from: Timestamp::MIN,
        valid_to: Timestamp::MAX,
    };
    Rules::new(agents, assignments, []).ruling(keys.map(rule).collect())
}

/// Seven of ten calls name a known agent, one an unknown one, and two none; of the latter one has a
/// number of ours and the other a campaign. Of the placed ones ten of eleven are with a contact of
/// their account.
fn told(n: u64, rules: &Rules) -> Told {
    let chance = scattered(n);
    let named = match chance % 10 {
        0..7 => Some(agent(chance % AGENTS)),
        7 => Some(agent(AGENTS + chance % 100)),
        _ => None,
    };
    let place = if chance % 10 == 8 { chance % NUMBERS } else { NUMBERS + chance % 100 };
    let call = Told {
        agent: named,
        at: BORDER + signed(chance % 20_000_000) - 10_000_000,
        ours: ours(place),
        theirs: String::new(),
        campaign: (chance % 10 == 9).then(|| campaign(chance % CAMPAIGNS)),
    };
    let of_account = match domain::place(call.facts(), rules) {
        Placement::Placed { account, .. } => account.0.unsigned_abs(),
        _ => 0,
    };
    let person = scattered(chance) % (CONTACTS / ACCOUNTS * 11 / 10);
    Told { theirs: theirs(person * ACCOUNTS + of_account), ..call }
}

impl Told {
    fn facts(&self) -> PlacementFacts<'_> {
        PlacementFacts {
            direction: Some(Direction::Inbound),
            from: Some(&self.theirs),
            to: Some(&self.ours),
            campaign: self.campaign.as_deref(),
            ..PlacementFacts::of_agent(self.agent.as_deref(), Timestamp::from_millis(self.at))
        }
    }
}

/// A million contacts, spread over the accounts.
fn book() -> Book {
    let mut book = Book::new();
    for n in 0..CONTACTS {
        let account = account(n);
        book.entry(account).or_default().insert(theirs(n), ContactId(signed(n)));
    }
    book
}

fn callers(calls: &[Told]) -> Vec<Caller> {
    let caller = |call: &Told| Caller {
        phone: Some(call.theirs.clone()),
        external: None,
        fields: ContactFields::new(),
    };
    calls.iter().map(caller).collect()
}

fn agent(n: u64) -> String {
    format!("agent-{n:020}")
}

fn account(n: u64) -> AccountId {
    AccountId(signed(n % ACCOUNTS))
}

fn ours(n: u64) -> String {
    format!("+1201555{n:04}")
}

fn theirs(n: u64) -> String {
    format!("+1202{n:07}")
}

fn campaign(n: u64) -> String {
    format!("CAMPAIGN {n}")
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A number that looks like chance and is the same each time (`SplitMix64`).
fn scattered(n: u64) -> u64 {
    let mixed = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
