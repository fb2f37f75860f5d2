//! Fills an empty database with calls of a year.

use std::borrow::Cow;
use std::time::Duration;

use domain::{
    AccountId, AgentId, AgentRef, Assignment, Because, Call, CallStatus, ContentHash, Country,
    Covered, Direction, Level, Phone, Placement, ProviderCallId, ProviderKind, ProviderTime,
    RunKind, RunStatus, SourceId, Timestamp, WaitingReason, Window,
};
use store::{NewCall, NewObservation, RunEnd, SeenAgent, Store};

use crate::Done;

const SOURCES: i64 = 5;
const AGENTS: i64 = 40;
const ACCOUNTS: i64 = 20;
const DAYS: i64 = 365;
const PAGE: i64 = 2_000;

/// So many calls of five sources, forty agents each, twenty accounts and a year.
pub async fn fill(store: &Store, calls: i64, now: Timestamp) -> Done {
    let mut accounts = Vec::new();
    let mut tx = store.begin().await?;
    for nth in 0..ACCOUNTS {
        accounts.push(tx.account_ensure(&format!("account-{nth}"), now).await?.id);
    }
    tx.commit().await?;
    for nth in 0..SOURCES {
        let source = set_up(store, nth, &accounts, now).await?;
        let each = calls / SOURCES;
        let mut first = 0;
        while first < each {
            let last = (first + PAGE).min(each);
            write(store, source, (first..last, each), &accounts, now).await?;
            first = last;
        }
    }
    Ok(())
}

async fn set_up(store: &Store, nth: i64, accounts: &[AccountId], now: Timestamp) -> Done<SourceId> {
    let since = now - Duration::from_hours(24) * u32::try_from(DAYS)?;
    let mut tx = store.begin().await?;
    let name = format!("source-{nth}");
    let row = tx.source_ensure(&name, ProviderKind::HighlevelVoiceAi, &name, since, now).await?;
    let seen = |agent: i64| SeenAgent {
        provider_agent_id: format!("agent-{agent}"),
        name: format!("Agent {agent}"),
        inbound_number: None,
    };
    tx.agents_see(row.id, &(0..AGENTS).map(seen).collect::<Vec<_>>(), now).await?;
    for agent in 0..AGENTS - 2 {
        let account = accounts[usize::try_from(agent % ACCOUNTS)?];
        let agent = AgentId(nth * AGENTS + agent + 1);
        let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
        let assignment = Assignment { agent, account, valid_from, valid_to };
        tx.assignment_add(&assignment, "bench", now).await?;
    }
    let run = tx.run_start(row.id, RunKind::Manual, "{}", now).await?;
    let covered = Covered::new(Window::new(since, now)?, Level::Settled, run, now);
    tx.coverage_mark(row.id, covered).await?;
    tx.run_finish(run, RunEnd::new(RunStatus::Success, "{}", None), now).await?;
    for _ in 0..200 {
        let run = tx.run_start(row.id, RunKind::Auto, "{}", now).await?;
        tx.run_finish(run, RunEnd::new(RunStatus::Success, "{}", None), now).await?;
    }
    tx.commit().await?;
    Ok(row.id)
}

async fn write(
    store: &Store,
    source: SourceId,
    (calls, of): (std::ops::Range<i64>, i64),
    accounts: &[AccountId],
    now: Timestamp,
) -> Done {
    let ids: Vec<String> = calls.clone().map(|n| format!("call-{n}")).collect();
    let raw = vec![7_u8; 250];
    let new: Vec<NewCall> = calls
        .zip(&ids)
        .map(|(n, id)| call(n, of, id, accounts, now))
        .collect::<Done<Vec<NewCall>>>()?;
    let records: Vec<NewObservation> = ids
        .iter()
        .map(|id| NewObservation {
            provider_call_id: Cow::Borrowed(id),
            version: 1,
            content_hash: ContentHash::of(id.as_bytes()),
            dictionary_id: 0,
            raw: Cow::Borrowed(&raw),
        })
        .collect();
    let mut tx = store.begin().await?;
    tx.calls_write(source, 1, "poll", now, &new).await?;
    tx.observations_add(source, 1, "poll", now, &records).await?;
    Ok(tx.commit().await?)
}

fn call(
    n: i64,
    of: i64,
    id: &str,
    accounts: &[AccountId],
    now: Timestamp,
) -> Done<NewCall<'static>> {
    let at = now.as_millis() - (of - n) * (DAYS * 86_400_000 / of);
    let agent = n % AGENTS;
    let number = |n: i64| Some(Phone::new(&format!("+1201555{:04}", n % 10_000), Country::US));
    let occurred_at = ProviderTime { at: Timestamp::from_millis(at), text: at.to_string() };
    let call = Call {
        duration: Some(Duration::from_secs(u64::try_from(n % 300)?)),
        direction: Some(if n % 3 == 0 { Direction::Outbound } else { Direction::Inbound }),
        status: if n % 10 == 0 { CallStatus::NoAnswer } else { CallStatus::Completed },
        agent: Some(AgentRef { provider_agent_id: format!("agent-{agent}"), is_deleted: false }),
        from: number(n),
        to: number(n * 7),
        ..Call::bare(ProviderCallId(id.to_owned()), occurred_at)
    };
    let placement = if agent < AGENTS - 2 {
        Placement::Placed {
            account: accounts[usize::try_from(agent % ACCOUNTS)?],
            agent: Some(AgentId(agent + 1)),
            because: Because::AgentAssignment,
            decided_by: None,
        }
    } else {
        Placement::Waiting { agent: None, reason: WaitingReason::AgentNotAssignedToUser }
    };
    Ok(NewCall::first(Cow::Owned(call), placement, ContentHash::of(id.as_bytes())))
}
