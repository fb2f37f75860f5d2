//! What this provider promises, against answers as documented and answers as feared.

mod history;
mod records;
mod requests;
mod walk;

use std::sync::Arc;

use domain::RetryPolicy;

use super::{Client, Settings, Teli};
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Server};
use crate::{Credential, Tuning};

const NOON: &str = "2026-03-01T12:00:00Z";

fn connect(server: &Server, change: impl FnOnce(&mut Settings)) -> Arc<Teli> {
    let mut settings = Settings::new(&server.url, "1700000000000x100000000000000000");
    change(&mut settings);
    let retry = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
    let tuning = Tuning { retry, rate: Some(Rate::Unlimited), ..Tuning::default() };
    let credential = Credential::PrivateToken("key-1".into());
    let clock = HandClock::at(NOON);
    let client = Client::new(settings, credential, tuning, clock, &Budgets::new()).unwrap();
    Arc::new(Teli::new(client))
}
