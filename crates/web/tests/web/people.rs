//! A service at which people sign in: an operator, a member of each account, one of both and one of
//! none.

use std::sync::Arc;

use domain::AccountId;
use domain::users::{UserName, UserRole};
use engine::users::{UserAsked, add, chosen};
use testkit::{HandClock, TestDb};

use crate::sample::{NOW, at};
use crate::world::{World, two_accounts};

/// The password of everybody.
pub const PASSWORD: &str = "four words do well";

/// The world of two accounts, with people.
pub struct People {
    pub world: World,
    pub state: web::State,
    pub clock: HandClock,
}

impl People {
    pub async fn of(db: &TestDb) -> Self {
        let world = two_accounts(db).await;
        let clock = HandClock::at(at(NOW));
        let mut state = world.state.clone();
        state.clock = Arc::new(clock.clone());
        state.entrance = entrance(web::Place::default());
        let [alder, birch] = world.accounts;
        let secret = secrecy::SecretString::from(PASSWORD);
        let hash = chosen(&secret, &UserName::new("nobody").expect("one")).expect("it is good");
        for (name, role, accounts) in [
            ("olga", UserRole::Operator, vec![]),
            ("anna", UserRole::Member, vec![alder]),
            ("bert", UserRole::Member, vec![birch]),
            ("both", UserRole::Member, vec![alder, birch]),
            ("none", UserRole::Member, vec![]),
        ] {
            person(&state, (name, role), &accounts, &hash).await;
        }
        Self { world, state, clock }
    }

    /// Texts of every row of a table, to look for what must not stand there.
    pub async fn audit(&self) -> Vec<store::AuditRow> {
        self.state.store.audit_list(None, 1000).await.expect("it answers")
    }
}

/// A way in where people sign in.
pub fn entrance(place: web::Place) -> Arc<web::Entrance> {
    Arc::new(web::Entrance::with_sign_in(place).expect("there is randomness"))
}

async fn person(
    state: &web::State,
    (name, role): (&str, UserRole),
    accounts: &[AccountId],
    password_hash: &str,
) {
    let name = &UserName::new(name).expect("it is a name");
    let (is_temporary, is_first) = (false, false);
    let asked = UserAsked { name, role, accounts, password_hash, is_temporary, is_first };
    add(&state.store, &asked, "test", at(NOW)).await.expect("it is new");
}
