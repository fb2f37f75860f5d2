use std::time::Duration;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

const MINE: AccountId = AccountId(1);
const THEIRS: AccountId = AccountId(2);

fn terms(role: Role, may_write: bool) -> Terms {
    Terms { role, may_write, expires_at: None, revoked_at: None }
}

fn check(terms: Option<Terms>, area: Area, writes: bool, wanted: Result<Admitted, Refused>) {
    assert_eq!(admit(terms.as_ref(), Needs { area, writes }, at(100)), wanted, "{terms:?}");
}

#[test]
fn an_operator_sees_all_and_a_member_its_own() {
    let all = Ok(Admitted::All);
    for area in [Area::Operators, Area::Accounts] {
        check(Some(terms(Role::Operator, false)), area, false, all);
        check(Some(terms(Role::Operator, true)), area, true, all);
    }
    let member = Some(terms(Role::Member(MINE), true));
    check(member, Area::Accounts, true, Ok(Admitted::Account(MINE)));
    check(member, Area::Operators, false, Err(Refused::OperatorsOnly));
    assert_eq!(Admitted::Account(MINE).to(MINE), Ok(()));
    assert_eq!(Admitted::Account(MINE).to(THEIRS), Err(Refused::AccountNotGranted));
    assert_eq!(Admitted::All.to(THEIRS), Ok(()));
}

#[test]
fn a_token_that_reads_does_not_write() {
    for (role, area) in [(Role::Operator, Area::Operators), (Role::Member(MINE), Area::Accounts)] {
        check(Some(terms(role, false)), area, true, Err(Refused::MayNotWrite));
    }
}

#[test]
fn a_token_that_no_longer_holds_is_told_nothing_else() {
    check(None, Area::Accounts, false, Err(Refused::Unknown));
    let member = terms(Role::Member(MINE), false);
    let expired = Terms { expires_at: Some(at(100)), ..member };
    check(Some(expired), Area::Operators, true, Err(Refused::Expired { at: at(100) }));
    let later = Terms { expires_at: Some(at(101)), ..member };
    check(Some(later), Area::Accounts, false, Ok(Admitted::Account(MINE)));
    let revoked = Terms { revoked_at: Some(at(7)), ..expired };
    check(Some(revoked), Area::Operators, true, Err(Refused::Revoked { at: at(7) }));
}

#[test]
fn so_many_at_once_and_so_many_a_minute_afterwards() {
    let pace = Pace { burst: 3, per_minute: 60 };
    let mut kept = None;
    for _ in 0..3 {
        kept = Some(pace.take(kept, at(0)).expect("three at once"));
    }
    assert_eq!(pace.take(kept, at(0)), Err(Duration::from_secs(1)));
    let kept = pace.take(kept, at(1)).expect("one a second afterwards");
    assert_eq!(pace.take(Some(kept), at(1)), Err(Duration::from_secs(1)));
    let rested = pace.take(Some(kept), at(60)).expect("who rested may ask again");
    assert_eq!(rested, at(61), "and has all of it again");
}

#[test]
fn over_an_hour_nobody_gets_more_than_the_pace_allows() {
    let pace = Pace { burst: 5, per_minute: 20 };
    let (mut kept, mut passed) = (None, 0);
    for tenth in 0..36_000_i64 {
        if let Ok(paid) = pace.take(kept, Timestamp::from_millis(tenth * 100)) {
            (kept, passed) = (Some(paid), passed + 1);
        }
    }
    assert_eq!(passed, 5 + 60 * 20 - 1);
}
