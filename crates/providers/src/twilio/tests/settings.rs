//! Settings that cannot work are refused with a sentence.

use std::time::Duration;

use super::{ACCOUNT, KEY};
use crate::ConnectError;
use crate::twilio::Settings;

fn refusal(change: impl Fn(&mut Settings)) -> String {
    let mut settings = Settings::new(ACCOUNT);
    change(&mut settings);
    settings.checked().unwrap_err().to_string()
}

#[test]
fn the_defaults_need_the_account_only() {
    let read: Settings = toml::from_str(&format!("account_sid = \"{ACCOUNT}\"")).unwrap();
    assert_eq!(read, Settings::new(ACCOUNT));
    let (base, insights) = read.checked().unwrap();
    assert_eq!((base.as_str(), insights), ("https://api.twilio.com/", None));
    assert!(toml::from_str::<Settings>("account_sid = \"x\"\nfast = true").is_err());
}

#[test]
fn what_cannot_work_is_refused_and_not_repeated() {
    let secret = "0123456789abcdef0123456789abcdef";
    for why in [
        refusal(|it| it.account_sid = secret.to_owned()),
        refusal(|it| it.account_sid = format!("AC{secret}0")),
        refusal(|it| it.api_key_sid = Some(secret.to_owned())),
        refusal(|it| it.api_key_sid = Some(ACCOUNT.to_owned())),
        refusal(|it| it.parent_account_sid = Some(secret.to_owned())),
    ] {
        assert!(why.contains("32 hex digits") && !why.contains(secret), "{why}");
    }
    let both = refusal(|it| {
        it.parent_account_sid = Some(ACCOUNT.to_owned());
        it.api_key_sid = Some(KEY.to_owned());
    });
    assert!(both.contains("take one of them out"), "{both}");
    assert!(refusal(|it| it.page_size = 1001).contains("from 1 to 1000"));
    assert!(refusal(|it| it.page_size = 0).contains("from 1 to 1000"));
    assert!(refusal(|it| it.requests_at_once = 0).contains("`requests_at_once`"));
    assert!(refusal(|it| it.requests_per_10s = 0).contains("`requests_per_10s`"));
    assert!(refusal(|it| it.window_days_max = 0).contains("`window_days_max`"));
    assert!(refusal(|it| it.webhook_url = Some(secret.to_owned())).contains("`webhook_url`"));
    let unknown = refusal(|it| it.swept_statuses.push("answered".to_owned()));
    assert!(unknown.contains("`answered`") && unknown.contains("no-answer"), "{unknown}");
    assert!(refusal(|it| it.insights_url = Some("insights".to_owned())).contains("`insights`"));
    let mut settings = Settings::new(ACCOUNT);
    settings.base_url = "api.twilio.com".to_owned();
    assert!(matches!(settings.checked(), Err(ConnectError::NotAnAddress { .. })));
    settings.base_url = "https://api.twilio.com".to_owned();
    settings.api_key_sid = Some(KEY.to_owned());
    assert!(settings.checked().is_ok());
}

#[test]
fn half_a_day_is_not_asked_for_where_days_are() {
    let mut settings = Settings::new(ACCOUNT);
    assert_eq!(settings.capabilities().window_min, Duration::from_hours(24));
    settings.trusts_seconds = true;
    assert_eq!(settings.capabilities().window_min, Duration::from_hours(1));
}
