//! What there is in each world.

use std::fmt::{self, Write as _};

use domain::access::Role;
use domain::users::{UserName, UserRole};
use domain::{RunKind, RunStatus};
use engine::access::{TokenAsked, token_add};
use engine::users::{UserAsked, add, chosen};
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::{RunEnd, SeenAgent, Store};
use testkit::TestDb;

use crate::people::{PASSWORD, entrance};
use crate::sample::{self, NOW, Names, USUAL, at};
use crate::single_sign_on;
use crate::world::{Asks, send};

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Empty,
    Usual,
    Huge,
    Hostile,
}

/// All of them.
pub const KINDS: [Kind; 4] = [Kind::Empty, Kind::Usual, Kind::Huge, Kind::Hostile];

const HOSTILE: Names<'static> = Names {
    sources: ["\"><script>alert(1)</script>", "' OR 1=1; DROP TABLE calls; --"],
    account: "<img src=x onerror=alert(1)>",
    agents: [
        "</td></table><b>bold",
        "\u{202e}desrever {{7*7}} ${x}",
        "=HYPERLINK(\"javascript:x\")",
    ],
};

/// More than fits on a page.
const MANY: usize = 60;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Usual => "usual",
            Self::Huge => "huge",
            Self::Hostile => "hostile",
        })
    }
}

/// A service over a database of its own, at which olga is an operator.
pub struct World {
    pub state: web::State,
    db: TestDb,
    source: &'static str,
}

impl World {
    pub async fn of(like: &TestDb, kind: Kind) -> Self {
        let db = TestDb::made(like.kind).await;
        let mut state = sample::over(db.store.clone());
        // On any day there is an identity provider, too, which nobody reaches.
        state.entrance = match kind {
            Kind::Usual => single_sign_on::entrance("http://127.0.0.1:1", web::Place::default()),
            _ => entrance(web::Place::default()),
        };
        operator(&state).await;
        let names = if kind == Kind::Hostile { HOSTILE } else { USUAL };
        if kind != Kind::Empty {
            sample::fill(&db.store, &names).await;
            asked(&state, &names).await;
            sample::compared(&db.store, names.sources[0]).await;
        }
        if kind == Kind::Huge {
            much(&db.store).await;
        }
        Self { state, db, source: names.sources[0] }
    }

    /// The address of a page, with what there is of each kind in every world but the empty one.
    pub fn url(&self, path: &str) -> String {
        let source = encoded(self.source);
        let mut url = path.to_owned();
        for (place, value) in [
            ("{source}", source.as_str()),
            ("{call}", "call-1-00001"),
            ("{day}", "2026-11-20"),
            ("{provider}", "twilio"),
            ("{id}", "3"),
            ("{run}", "13"),
            ("{provider}", "vicidial"),
        ] {
            url = url.replace(place, value);
        }
        // Everything else is known by its number.
        while let Some((before, rest)) = url.split_once('{') {
            let (_, after) = rest.split_once('}').expect("a place ends");
            url = format!("{before}1{after}");
        }
        url
    }

    pub async fn leave(self) {
        self.db.gone().await;
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").expect("a text grows");
    }
    encoded
}

async fn operator(state: &web::State) {
    let name = &UserName::new("olga").expect("it is a name");
    let secret = secrecy::SecretString::from(PASSWORD);
    let password_hash = &chosen(&secret, name).expect("it is good");
    let (is_temporary, is_first) = (false, false);
    let (role, accounts) = (UserRole::Operator, [].as_slice());
    let asked = UserAsked { name, role, accounts, password_hash, is_temporary, is_first };
    add(&state.store, &asked, "test", at(NOW)).await.expect("it is new");
}

/// What people asked for: a job, a schedule, a contact, and a comparison with one difference.
async fn asked(state: &web::State, names: &Names<'_>) {
    let asked = TokenAsked {
        name: "writer".to_owned(),
        role: Role::Operator,
        may_write: true,
        expires_at: None,
    };
    let (_, token) = token_add(&state.store, &asked, "op", at(NOW)).await.expect("it is new");
    let (source, account) = (names.sources[0], names.account);
    for (path, said) in [
        (
            "/jobs",
            json!({ "kind": "sync", "source": source, "from": "2026-11-01", "to": "2026-11-02" }),
        ),
        (
            "/schedules",
            json!({ "name": "weekly", "source": source, "cron": "0 6 * * mon", "account": account }),
        ),
        (
            "/contacts",
            json!({ "account": account, "firstName": account, "phones": ["+12015550123"] }),
        ),
    ] {
        let answer = send(state, Some(token.expose_secret()), &Asks::post(path, &said)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
    }
}

/// More sources, accounts and agents than fit on a page.
async fn much(store: &Store) {
    let mut tx = store.begin().await.expect("nobody else writes");
    let long = "of the company with the long name ".repeat(6);
    for n in 0..MANY {
        let source = sample::source(&mut tx, &format!("source {n:03}"), "2026-11-20").await;
        tx.account_ensure(&format!("Account {n:03} {long}"), at(NOW)).await.expect("it is new");
        let seen = SeenAgent {
            provider_agent_id: format!("agent-{n:03}"),
            name: format!("Agent {n:03} {long}"),
            inbound_number: None,
        };
        tx.agents_see(source, &[seen], at(NOW)).await.expect("it is new");
        let run = tx.run_start(source, RunKind::Auto, "{}", at(NOW)).await.expect("it is new");
        let end = RunEnd::new(RunStatus::Failed, "{}", Some("the provider refused the token"));
        tx.run_finish(run, end, at(NOW)).await.expect("it is under way");
    }
    tx.commit().await.expect("there is room");
}
