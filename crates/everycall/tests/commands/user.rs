//! People who sign in, on the command line; and what `serve` prints while there is nobody.

use crate::site::{Served, Site};

const PASSWORD: &str = "four words do well";

/// A site that reads nothing yet.
fn site() -> Site {
    let site = Site::empty();
    site.write("everycall.toml", "");
    site
}

#[test]
fn a_user_is_added_with_a_password_that_is_read_and_never_kept() {
    let site = site();
    site.run(&["accounts", "add", "Maple"]);
    site.run(&["accounts", "add", "Elm"]);
    let added =
        site.run_with_input(&["user", "add", "Ann", "--operator"], &format!("{PASSWORD}\r\n"));
    assert_eq!(
        (added.code, added.stdout.as_str()),
        (Some(0), "Added Ann, an operator.\n"),
        "{added:?}"
    );
    let member = ["user", "add", "bob@example.com", "--account", "Maple", "--account", "Elm"];
    let added = site.run_with_input(&member, &format!("{PASSWORD}\n"));
    assert_eq!(added.stdout, "Added bob@example.com, a member of Elm, Maple.\n");
    let made = site.run(&["user", "add", "eve", "--generate"]);
    let shown =
        made.stdout.lines().map(str::trim).find(|line| line.len() == 19).unwrap().to_owned();
    let listed = site.run(&["user", "list", "--json"]);
    let rows = listed.json();
    let names: Vec<_> = rows.iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Ann", "bob@example.com", "eve"]);
    assert_eq!((&rows[0]["role"], &rows[1]["accounts"][0]), (&"operator".into(), &"Elm".into()));
    assert_eq!(rows[2]["state"], "is to choose a password");
    let table = site.run(&["user", "list"]).stdout;
    assert!(table.contains("may sign in") && table.contains("never"), "{table}");
    let log = site.run(&["audit-log", "--json"]);
    assert_eq!(log.json()[0]["what"], "Add a user");
    assert_eq!(log.json()[0]["target"], "user eve");
    for secret in [PASSWORD, shown.as_str()] {
        assert!(!listed.stdout.contains(secret) && !log.stdout.contains(secret));
        for file in std::fs::read_dir(site.path("")).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
    }
}

#[test]
fn what_makes_no_user_is_refused_with_what_to_do() {
    let site = site();
    let weak = site.run_with_input(&["user", "add", "ann", "--operator"], "short\n");
    assert_eq!(weak.code, Some(2), "{weak:?}");
    assert!(weak.stderr.contains("at least 12 letters"), "{weak:?}");
    site.run_with_input(&["user", "add", "ann", "--operator"], &format!("{PASSWORD}\n"));
    let taken = "there is a user “ANN”, or there was one, and a name is never used again";
    site.check_refused(&["user", "add", "ANN"], 1, taken, "another name");
    let none = "a name is an e-mail address or one word of at most 100 letters";
    site.check_refused(&["user", "add", "two words"], 2, none, "ann@example.com");
    site.check_refused(&["user", "disable", "bob"], 1, "there is no user “bob”", "user list");
    let last = "ann is the only operator who can sign in; make another one first";
    site.check_refused(&["user", "disable", "ann"], 1, last, "user add NAME --operator");
    site.check_refused(
        &["user", "grant", "ann", "Elm"],
        1,
        "there is no account “Elm”",
        "accounts add",
    );
    site.run(&["accounts", "add", "Elm"]);
    let all = "ann is an operator and sees every account";
    site.check_refused(&["user", "grant", "ann", "Elm"], 2, all, "Members");
}

#[test]
fn a_user_is_changed_on_the_command_line_and_told_in_the_log() {
    let site = site();
    site.run(&["accounts", "add", "Elm"]);
    site.run(&["user", "add", "eve", "--generate"]);
    for (command, told) in [
        (["user", "grant", "eve", "Elm"].as_slice(), "eve may look at Elm now.\n"),
        (&["user", "grant", "eve", "Elm"], "eve may look at Elm already; nothing was changed.\n"),
        (&["user", "revoke", "eve", "Elm"], "eve may not look at Elm now.\n"),
        (&["user", "disable", "eve"], "eve is shut out now.\n"),
        (&["user", "enable", "eve"], "eve may sign in now.\n"),
        (&["user", "unlock", "eve"], "eve may try again already; nothing was changed.\n"),
    ] {
        assert_eq!(site.run(command).stdout, told);
    }
    let said = site.run_with_input(&["user", "password", "eve"], &format!("{PASSWORD}\n"));
    assert_eq!(said.stdout, "eve has another password and is signed out everywhere.\n");
    let log = site.run(&["audit-log"]).stdout;
    let whats = [
        "Add a user",
        "Let a user look at an account",
        "Keep a user from an account",
        "Shut a user out",
        "Let a user in again",
        "Give a user another password",
    ];
    for what in whats {
        assert_eq!(log.matches(what).count(), 1, "{what}: {log}");
    }
    assert!(log.contains("command line"), "{log}");
}

#[test]
fn an_address_at_an_identity_provider_is_entered_on_the_command_line() {
    let site = site();
    for name in ["ann", "bob"] {
        site.run(&["user", "add", name, "--generate"]);
    }
    for (command, told) in [
        (
            ["user", "address", "ann", "Ann@example.com"].as_slice(),
            "Whoever has Ann@example.com at the identity provider comes in as ann now.\n",
        ),
        (
            &["user", "address", "ann", "ann@example.com"],
            "ann is entered so already; nothing was changed.\n",
        ),
        (&["user", "unlink", "ann"], "ann is linked to nobody; nothing was changed.\n"),
        (
            &["user", "address", "bob", "--none"],
            "bob is entered so already; nothing was changed.\n",
        ),
    ] {
        assert_eq!(site.run(command).stdout, told);
    }
    let rows = site.run(&["user", "list", "--json"]).json();
    assert_eq!(
        (&rows[0]["address"], &rows[0]["linkedAt"]),
        (&"Ann@example.com".into(), &().into())
    );
    assert_eq!(rows[1]["address"], serde_json::Value::Null);
    let taken = "ANN@example.com is entered at somebody else, and an address is one person's";
    site.check_refused(
        &["user", "address", "bob", "ANN@example.com"],
        1,
        taken,
        "user list --json",
    );
    let none = "this is no e-mail address, such as ann@example.com";
    site.check_refused(&["user", "address", "bob", "bob"], 2, none, "ann@example.com");
    let away = site.run(&["user", "address", "ann", "--none"]).stdout;
    assert_eq!(away, "ann comes in by a password alone now.\n");
    let log = site.run(&["audit-log", "--json"]).json();
    assert_eq!(log[0]["what"], "Enter a user's address at the identity provider");
    assert_eq!(log.iter().filter(|entry| entry["target"] == "user ann").count(), 3);
}

#[test]
fn a_service_starts_while_its_identity_provider_is_down_and_not_without_its_secret() {
    let site = site();
    let section = "[web.openid_connect]\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"everycall\"\n\
                   client_secret_file = \"secret\"\npublic_url = \"http://127.0.0.1:8080\"\n";
    site.write("everycall.toml", section);
    let serve = ["serve", "--only-dashboard", "--listen", "127.0.0.1:0"];
    let sentence = "the file secret is not set, cannot be read or is empty";
    site.check_refused(&serve, 2, sentence, "client_secret");
    site.write("secret", "hush\n");
    site.run(&["user", "add", "ann", "--operator", "--generate"]);
    let served = Served::by(&site);
    assert_eq!(served.form("/calls", None), (303, "/sign-in?next=/calls".to_owned()));
    assert_eq!(served.form("/sign-in/openid-connect", None).0, 502);
    assert_eq!(served.form("/sign-in", None).0, 200);
    let found = site.run(&["doctor", "--json"]).json();
    let found = found.iter().find(|found| found["about"] == "identity provider").unwrap();
    assert_eq!((&found["name"], &found["outcome"]), (&"published".into(), &"wrong".into()));
    let sentence = "the identity provider cannot be reached: no connection comes about";
    assert_eq!(found["sentence"], sentence);
}

#[test]
fn serving_to_the_network_without_sign_in_is_refused() {
    let site = site();
    let serve = ["serve", "--only-dashboard", "--no-sign-in", "--listen", "0.0.0.0:0"];
    let sentence = "--no-sign-in would let everybody in who reaches 0.0.0.0:0";
    site.check_refused(&serve, 2, sentence, "127.0.0.1");
}

#[test]
fn a_service_that_knows_nobody_lets_in_who_typed_the_code_it_printed() {
    let site = site();
    let served = Served::by(&site);
    let code = served.line_with(|line| line.len() == 19 && line.matches('-').count() == 3);
    assert_eq!(served.form("/calls", None), (303, "/sign-in?next=/calls".to_owned()));
    let form = |code: &str| {
        format!("code={code}&name=ann&password=four+words+do+well&again=four+words+do+well")
    };
    assert_eq!(served.form("/set-up", Some(&form("aaaa-bbbb-cccc-dddd"))).0, 403);
    assert_eq!(served.form("/set-up", Some(&form(&code))), (303, "/".to_owned()));
    assert_eq!(served.form("/set-up", Some(&form(&code))), (303, "/sign-in".to_owned()));
    let log = site.run(&["audit-log", "--json"]).json();
    assert_eq!((&log[1]["what"], &log[1]["target"]), (&"Set up".into(), &"user ann".into()));
    assert_eq!(log[0]["address"], "127.0.0.1");
    assert_eq!(served.ask("GET", "/calls", None, &serde_json::Value::Null).0, 401);
}
