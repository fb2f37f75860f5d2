use super::*;

#[test]
fn a_name_is_one_word_in_any_case() {
    let name = UserName::new("  Ann@Example.com ").expect("it is one");
    assert_eq!((name.as_str(), name.key().as_str()), ("Ann@Example.com", "ann@example.com"));
    assert_eq!(UserName::new("ÄNN").map(|name| name.key()), Ok("änn".to_owned()));
    let long = "x".repeat(101);
    for none in ["", "  ", "ann b", "ann\0", "ann\r\nSet-Cookie: a=b", &long] {
        assert_eq!(UserName::new(none), Err(NotAName), "{none}");
    }
    assert!(UserName::new(&"x".repeat(100)).is_ok());
}

fn check(password: &str, name: &str, wanted: Result<(), WeakPassword>) {
    assert_eq!(judge_password(password, name), wanted, "{password} of {name}");
}

#[test]
fn a_password_is_long_and_neither_the_name_nor_common() {
    check("four words do well", "ann", Ok(()));
    check("aaaaaaaaaaab", "ann", Ok(()));
    check("éééééééééééé", "ann", Ok(()));
    check("elevenlette", "ann", Err(WeakPassword::TooShort));
    check(&"x".repeat(200), "ann", Ok(()));
    check(&"x".repeat(201), "ann", Err(WeakPassword::TooLong));
    check("Passw0rd1234", "ann", Err(WeakPassword::Common));
    check("123456789012", "ann", Err(WeakPassword::Common));
    check("ann.smith@example.com", "ann.smith@example.com", Err(WeakPassword::LikeTheName));
    check("ANN.SMITH2026", "ann.smith@example.com", Err(WeakPassword::LikeTheName));
    check("annannannann", "ann", Err(WeakPassword::LikeTheName));
    check("joanna likes trees", "ann", Ok(()));
    check("aaaaaaaaaaaa", "a", Ok(()));
}

#[test]
fn every_common_password_would_be_long_enough() {
    // Others are refused for being short, and need no place in the list.
    check("password", "ann", Err(WeakPassword::TooShort));
    assert!(judge_password("correcthorsebatterystaple", "ann").is_err());
}

#[test]
fn a_name_is_locked_for_longer_each_time_and_never_for_ever() {
    let minutes = |failures| locked_for(failures).map(|span| span.as_secs() / 60);
    for free in 0..=4 {
        assert_eq!(minutes(free), None, "{free}");
    }
    let locked: Vec<_> = (5..13).map(minutes).collect();
    assert_eq!(locked, [1, 2, 4, 8, 16, 32, 60, 60].map(Some));
    assert_eq!(minutes(u32::MAX), Some(60));
}

#[test]
fn a_session_ends_when_it_rests_and_in_any_case() {
    let begun = Timestamp::from_millis(0);
    let after = |hours: u64| begun + Duration::from_hours(hours);
    assert_eq!(session_ends(begun, begun), after(12));
    assert_eq!(session_ends(begun, after(11)), after(23));
    assert_eq!(session_ends(begun, after(719)), after(720));
}

#[test]
fn a_member_sees_the_account_they_look_at_and_no_page_of_operators() {
    let one = AccountId(1);
    let (operator, member) = (UserRole::Operator, UserRole::Member);
    assert_eq!(admit_user(operator, None, Area::Operators), Ok(Admitted::All));
    assert_eq!(admit_user(operator, None, Area::Accounts), Ok(Admitted::All));
    assert_eq!(admit_user(member, Some(one), Area::Accounts), Ok(Admitted::Account(one)));
    assert_eq!(admit_user(member, None, Area::Accounts), Err(NotTheirs::NoAccount));
    for looks_at in [None, Some(one)] {
        let refused = admit_user(member, looks_at, Area::Operators);
        assert_eq!(refused, Err(NotTheirs::OperatorsOnly));
    }
}

#[test]
fn a_role_is_read_as_it_is_written() {
    for role in [UserRole::Operator, UserRole::Member] {
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    assert!("admin".parse::<UserRole>().is_err());
}

#[test]
fn an_address_is_one_word_with_two_sides() {
    for typed in
        ["ann@example.com", " Ann@Example.COM ", "\"a@b\"@example.com", "ännchen@example.com"]
    {
        assert!(EmailAddress::new(typed).is_ok(), "{typed}");
    }
    let long = format!("{}@example.com", "x".repeat(243));
    for typed in ["", "ann", "@example.com", "ann@", "ann @example.com", "a\n@example.com", &long] {
        assert_eq!(EmailAddress::new(typed), Err(NotAnAddress), "{typed}");
    }
}

#[test]
fn two_spellings_of_one_address_are_one_and_letters_that_only_look_alike_are_not() {
    let key = |typed| EmailAddress::new(typed).expect("it is one").key();
    assert_eq!(key("ANN@Example.com"), key("ann@example.COM"));
    // The sign of kelvin, and an i without its dot.
    assert_ne!(key("\u{212A}im@example.com"), key("kim@example.com"));
    assert_ne!(key("k\u{131}m@example.com"), key("kim@example.com"));
}
