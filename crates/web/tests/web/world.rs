//! Two accounts with everything an account can have, each told apart from the other by its words and
//! numbers, and a token for each kind of guest.

use std::borrow::Cow;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use domain::access::Role;
use domain::{
    AccountId, AgentId, AgentRef, Assignment, Because, Call, CallStatus, ContactId, ContentHash,
    Country, Direction, ExternalId, Phone, Placement, ProviderCallId, ProviderTime, Timestamp,
    WaitingReason,
};
use engine::access::{TokenAsked, token_add};
use engine::contacts::Entry;
use engine::place::{AccountEdit, change_account};
use secrecy::ExposeSecret as _;
use store::{MovedCall, NewCall, NewObservation, SeenAgent};
use testkit::TestDb;
use tower::ServiceExt as _;

use crate::{Answer, sample};
use sample::{NOW, at};

/// Who made and changed what is there; none of a member's business.
pub const OPERATOR: &str = "secretop";

/// Everything there is, and how to ask for it.
pub struct World {
    pub state: web::State,
    /// A member's of each account, both of which may write.
    pub alder: String,
    pub birch: String,
    /// An operator's that reads, and one's that writes.
    pub reader: String,
    pub writer: String,
    pub accounts: [AccountId; 2],
    /// Contacts of Alder's.
    pub contacts: Vec<ContactId>,
    /// A contact of Birch's.
    pub other: ContactId,
}

/// A request, ready to be sent by anybody.
#[derive(Clone)]
pub struct Asks {
    pub method: Method,
    pub url: String,
    pub body: Option<(&'static str, Vec<u8>)>,
    pub headers: Vec<(&'static str, String)>,
}

impl Asks {
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: Method::GET, url: url.into(), body: None, headers: Vec::new() }
    }

    pub fn json(method: Method, url: impl Into<String>, body: &serde_json::Value) -> Self {
        let body = Some(("application/json", body.to_string().into_bytes()));
        Self { method, body, ..Self::get(url) }
    }

    pub fn post(url: impl Into<String>, body: &serde_json::Value) -> Self {
        Self::json(Method::POST, url, body)
    }

    pub fn bare(method: Method, url: impl Into<String>) -> Self {
        Self { method, ..Self::get(url) }
    }

    pub fn csv(url: impl Into<String>, file: &str) -> Self {
        let body = Some(("text/csv", file.as_bytes().to_vec()));
        Self { method: Method::POST, body, ..Self::get(url) }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Sends it through a router of its own, with this token or without.
pub async fn send(state: &web::State, token: Option<&str>, asks: &Asks) -> Answer {
    through(web::router(state.clone()), token, asks).await
}

/// The same through this router, which remembers who asked.
pub async fn through(router: axum::Router, token: Option<&str>, asks: &Asks) -> Answer {
    let url = format!("/api/v1{}", asks.url);
    let mut request = Request::builder().method(asks.method.clone()).uri(url);
    request = request.header("host", "127.0.0.1:7070");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in &asks.headers {
        request = request.header(*name, value);
    }
    let body = match &asks.body {
        Some((kind, bytes)) => {
            request = request.header("content-type", *kind);
            Body::from(bytes.clone())
        }
        None => Body::empty(),
    };
    let request = request.body(body).expect("the test writes a request");
    let answer = router.oneshot(request).await.expect("it never fails");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = to_bytes(answer.into_body(), 16 << 20).await.expect("the answer is small");
    Answer { status, headers, text: String::from_utf8(body.to_vec()).expect("it is text") }
}

impl Answer {
    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).expect("it is JSON")
    }
}

/// The world in this database.
pub async fn two_accounts(db: &TestDb) -> World {
    let state = sample::over(db.store.clone());
    let store = &state.store;
    let mut tx = store.begin().await.expect("nobody else writes");
    let source = sample::source(&mut tx, "main", "2026-08-24").await;
    let seen = ["alder", "birch", "nobody"].map(|name| SeenAgent {
        provider_agent_id: format!("agent-{name}"),
        name: format!("Agent {name}"),
        inbound_number: None,
    });
    tx.agents_see(source, &seen, at(NOW)).await.expect("they are new");
    let ids = tx.agent_ids(source).await.expect("they are there");
    let mut accounts = [AccountId(0); 2];
    for (place, name) in ["alder", "birch"].into_iter().enumerate() {
        let mut row = tx.account_ensure(&format!("{name} ltd"), at(NOW)).await.expect("new");
        row.country = Country::new("US");
        tx.account_change(&row).await.expect("it is there");
        accounts[place] = row.id;
        let (agent, account) = (ids[&format!("agent-{name}")].0, row.id);
        let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
        let whole = Assignment { agent, account, valid_from, valid_to };
        tx.assignment_add(&whole, OPERATOR, at(NOW)).await.expect("it is new");
        let calls: Vec<NewCall> = (0..3).map(|n| call(name, n, Some((account, agent)))).collect();
        tx.calls_write(source, 1, "poll", at(NOW), &calls).await.expect("they are new");
    }
    let waiting: Vec<NewCall> = (0..4).map(|n| call("nobody", n, None)).collect();
    tx.calls_write(source, 1, "poll", at(NOW), &waiting).await.expect("they are new");
    let records: Vec<NewObservation> = ["alder", "birch"].into_iter().map(record).collect();
    tx.observations_add(source, 1, "poll", at(NOW), &records).await.expect("they are new");
    // Alder's first call was Birch's before; who moved it and from where is none of Alder's business.
    let change = tx.change_add(("birch's ann", "gave birch ltd up"), &[], at(NOW)).await;
    let because = Because::AgentAssignment;
    let (account, agent) = (accounts[0], Some(ids["agent-alder"].0));
    let moved = MovedCall {
        provider_call_id: "call-alder-0".to_owned(),
        account_before: Some(accounts[1].0),
        reason_before: because.as_str().to_owned(),
        placement: Placement::Placed { account, agent, because, decided_by: None },
    };
    let change = (change.expect("it is new"), source);
    tx.placements_add(change, &[moved], at(NOW)).await.expect("it is new");
    let run = tx.run_start(source, domain::RunKind::Manual, "{}", at(NOW)).await;
    run.expect("it is new");
    tx.commit().await.expect("there is room");
    let token = async |name: &str, role, may_write| {
        let asked = TokenAsked { name: name.to_owned(), role, may_write, expires_at: None };
        let (_, secret) = token_add(store, &asked, OPERATOR, at(NOW)).await.expect("it is new");
        secret.expose_secret().to_owned()
    };
    for (account, name) in accounts.into_iter().zip(["alder", "birch"]) {
        let edit = AccountEdit { external_id: Some(format!("crm-{name}")), ..Default::default() };
        let changed = change_account(store, account, &edit, OPERATOR, at(NOW)).await;
        changed.expect("it is there");
    }
    let mut contacts = Vec::new();
    for n in 0..12 {
        contacts.push(contact(&state, accounts[0], "alder", n).await);
    }
    World {
        alder: token("crm-alder", Role::Member(accounts[0]), true).await,
        birch: token("crm-birch", Role::Member(accounts[1]), true).await,
        reader: token("reader", Role::Operator, false).await,
        writer: token("writer", Role::Operator, true).await,
        other: contact(&state, accounts[1], "birch", 0).await,
        accounts,
        contacts,
        state,
    }
}

/// A second source, in which Alder's calls have the ids and times they have in the first.
pub async fn twins(world: &World) {
    let mut tx = world.state.store.begin().await.expect("nobody else writes");
    let source = sample::source(&mut tx, "twin", "2026-08-24").await;
    let whose = Some((world.accounts[0], AgentId(1)));
    let calls: Vec<NewCall> = (0..3).map(|n| call("alder", n, whose)).collect();
    tx.calls_write(source, 1, "poll", at(NOW), &calls).await.expect("they are new");
    tx.commit().await.expect("there is room");
}

/// A second source, in which all calls are Birch's.
pub async fn birchs_own(world: &World) {
    let mut tx = world.state.store.begin().await.expect("nobody else writes");
    let source = sample::source(&mut tx, "birchline", "2026-08-24").await;
    let whose = Some((world.accounts[1], AgentId(2)));
    let calls: Vec<NewCall> = (0..3).map(|n| call("birch", n, whose)).collect();
    tx.calls_write(source, 1, "poll", at(NOW), &calls).await.expect("they are new");
    tx.commit().await.expect("there is room");
}

/// A number that only this account has to do with.
pub fn number(name: &str, n: usize) -> String {
    let area = match name {
        "alder" => "+1201555",
        "birch" => "+1302555",
        _ => "+1404555",
    };
    format!("{area}{:04}", 1000 + n)
}

fn call(name: &str, n: usize, whose: Option<(AccountId, AgentId)>) -> NewCall<'static> {
    let happened = at(NOW) - std::time::Duration::from_mins(10 * (n as u64 + 1));
    let placement = match whose {
        Some((account, agent)) => Placement::Placed {
            account,
            agent: Some(agent),
            because: Because::AgentAssignment,
            decided_by: None,
        },
        None => Placement::Waiting { agent: None, reason: WaitingReason::AgentNotAssignedToUser },
    };
    let number = |n| Some(Phone::new(&number(name, n), Country::US));
    let provider_agent_id = format!("agent-{name}");
    let call = Call {
        provider_call_id: ProviderCallId(format!("call-{name}-{n}")),
        occurred_at: ProviderTime { at: happened, text: happened.to_string() },
        from: number(n),
        to: number(900),
        agent: Some(AgentRef { provider_agent_id, is_deleted: false }),
        ..plain_call()
    };
    NewCall::first(Cow::Owned(call), placement, ContentHash::from_bytes([1; 16]))
}

/// A call that says nothing of anybody.
pub fn plain_call() -> Call {
    Call {
        duration: Some(std::time::Duration::from_secs(42)),
        direction: Some(Direction::Inbound),
        status: CallStatus::Completed,
        ..Call::bare(
            ProviderCallId("call".to_owned()),
            ProviderTime { at: at(NOW), text: NOW.to_owned() },
        )
    }
}

fn record(name: &str) -> NewObservation<'static> {
    let raw = format!(r#"{{"said":"hello {name}"}}"#);
    NewObservation {
        provider_call_id: Cow::Owned(format!("call-{name}-0")),
        version: 1,
        content_hash: ContentHash::from_bytes([1; 16]),
        dictionary_id: 0,
        raw: Cow::Owned(zstd::bulk::compress(raw.as_bytes(), 3).expect("it packs")),
    }
}

async fn contact(state: &web::State, account: AccountId, name: &str, n: usize) -> ContactId {
    let mut entry = Entry::default();
    entry.fields.state("first_name", format!("Ann {n}").into(), at(NOW));
    entry.fields.state("email", format!("ann{n}@{name}.example").into(), at(NOW));
    entry.phones.push(number(name, n));
    let code = if name == "alder" { 1_000_000_000_000_u64 } else { 2_000_000_000_000 };
    entry.ids.extend(ExternalId::lead_code(&(code + n as u64).to_string()));
    let by = (OPERATOR, false);
    let added = engine::contacts::add(&state.store, account, entry, by, at(NOW)).await;
    added.expect("it is written").0.contact().expect("it is new")
}
