//! Accounts on the command line: added, changed, put away and taken away.

use crate::site::{Simulator, Site};

/// A site whose calls are read, and an agent with calls.
fn site(simulator: &Simulator) -> (Site, String, u64) {
    let site = Site::of(simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let agents = site.run(&["agents", "--json"]).json();
    let busiest = agents.iter().max_by_key(|agent| agent["calls"].as_u64()).unwrap();
    let id = busiest["providerAgentId"].as_str().unwrap().to_owned();
    let calls = busiest["calls"].as_u64().unwrap();
    (site, id, calls)
}

#[test]
fn an_account_is_added_changed_and_shown_with_its_history() {
    let simulator = Simulator::start(60);
    let (site, agent, calls) = site(&simulator);
    let added = site.run(&["accounts", "add", "Maple", "--country", "at", "--json"]).json();
    assert_eq!((&added[0]["name"], &added[0]["country"]), (&"Maple".into(), &"AT".into()));
    let said = site.run(&["assign", &agent, "--account", "Maple", "--json"]).json();
    assert_eq!((&said[0]["callsMoved"], &said[0]["changed"]), (&calls.into(), &true.into()));

    let reset = ["accounts", "change", "Maple", "--reset-date", "2026-01-01"];
    let preview = site.run(&[&reset[..], &["--preview"]].concat());
    let sentence = format!("Would change Maple and move {calls} calls. Nothing was changed.\n");
    assert_eq!(preview.stdout, sentence, "{preview:?}");
    let status = &site.run(&["status", "--json"]).json()[0];
    assert_eq!(status["excluded"], 0, "{status}");
    let done = site.run(&reset);
    assert_eq!(done.stdout, format!("Changed Maple: {calls} calls moved.\n"), "{done:?}");
    let again = site.run(&reset);
    assert_eq!(again.stdout, "Maple is so already; nothing was changed.\n", "{again:?}");
    let out = site.run(&["calls", "--source", "main", "--placement", "excluded", "--json"]).json();
    assert_eq!(out.len() as u64, calls);
    assert!(out.iter().all(|call| call["reason"] == "outside_reset_date"), "{out:?}");

    site.run(&["unassign", &agent]);
    let said = site.run(&["assign", &agent, "--account", "Maple"]);
    assert!(said.stdout.ends_with("Those before 2026-01-01T00:00:00Z are left out.\n"), "{said:?}");

    let back = site.run(&["accounts", "change", "Maple", "--no-reset-date", "--json"]).json();
    assert_eq!(back[0]["callsMoved"], calls);
    let renamed = site.run(&["accounts", "change", "Maple", "--name", "Maple & Co"]);
    assert_eq!(renamed.stdout, "Changed Maple & Co.\n", "{renamed:?}");
    let listed = site.run(&["accounts", "--json"]).json();
    assert_eq!((&listed[0]["name"], &listed[0]["calls"]), (&"Maple & Co".into(), &calls.into()));
    let shown = site.run(&["accounts", "show", "Maple & Co"]).stdout;
    for line in [
        "  agents       1".to_owned(),
        "  counts from  the first".to_owned(),
        "  country      AT".to_owned(),
        format!("changed the reset date of Maple to 2026-01-01T00:00:00Z: {calls} calls moved"),
        format!("took the reset date of Maple away: {calls} calls moved"),
        "renamed Maple to Maple & Co".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line}\n{shown}");
    }
    let history = site.run(&["accounts", "show", "Maple & Co", "--json"]).json();
    assert_eq!(history[0]["history"].as_array().map(Vec::len), Some(4), "{history:?}");
}

#[test]
fn adding_an_account_that_is_there_comes_to_the_same_as_text_and_as_json() {
    let site = Site::of(&Simulator::start(5));
    let add = ["accounts", "add", "Maple", "--country", "at"];
    let added = site.run(&[&add[..], &["--json"]].concat()).json();
    assert_eq!((&added[0]["changed"], &added[0]["country"]), (&true.into(), &"AT".into()));
    // As it is, whether more than the name is said or not.
    for again in [&add[..], &add[..3]] {
        let said = site.run(again);
        assert_eq!(said.code, Some(0), "{said:?}");
        let sentence = "There is an account “Maple” already; nothing was changed.\n";
        assert_eq!(said.stdout, sentence);
        let json = site.run(&[again, &["--json"]].concat());
        assert_eq!(json.code, Some(0), "{json:?}");
        let shown = &json.json()[0];
        assert_eq!((&shown["changed"], &shown["country"]), (&false.into(), &"AT".into()));
        assert_eq!(shown["id"], added[0]["id"]);
    }
    // Otherwise than it is.
    let other = ["accounts", "add", "Maple", "--country", "de", "--external-id", "crm 7"];
    for other in [&other[..], &[&other[..], &["--json"]].concat()[..]] {
        site.check_refused(
            other,
            1,
            "there is an account “Maple” already, and it is not as you say",
            "accounts change Maple --external-id 'crm 7' --country DE",
        );
    }
    let shown = site.run(&["accounts", "--json"]).json();
    assert_eq!((shown.len(), &shown[0]["country"]), (1, &"AT".into()));
    assert!(shown[0]["externalId"].is_null(), "{shown:?}");
}

#[test]
fn an_account_is_archived_rather_than_deleted_once_something_is_in_it() {
    let simulator = Simulator::start(60);
    let (site, agent, calls) = site(&simulator);
    for name in ["Maple", "Cedar"] {
        assert_eq!(site.run(&["accounts", "add", name]).code, Some(0));
    }
    assert_eq!(site.run(&["assign", &agent, "--account", "Maple"]).code, Some(0));
    let sentence = format!("Maple has {calls} calls, 1 assignment");
    site.check_refused(&["accounts", "delete", "Maple"], 1, &sentence, "accounts archive Maple");
    let archived = site.run(&["accounts", "archive", "Maple"]);
    assert!(
        archived.stdout.starts_with("Archived Maple.\nIt still gets the calls of 1 agent"),
        "{archived:?}"
    );
    let listed = site.run(&["accounts"]);
    assert!(
        !listed.stdout.contains("Maple") && listed.stdout.contains("1 is archived"),
        "{listed:?}"
    );
    assert!(site.run(&["accounts", "--archived"]).stdout.contains("Maple"));
    site.check_refused(
        &["assign", "--whole-source", "--account", "Maple"],
        1,
        "the account Maple is archived and is given nothing new",
        "accounts unarchive Maple",
    );
    let back = site.run(&["accounts", "unarchive", "Maple", "--json"]).json();
    assert_eq!((&back[0]["changed"], &back[0]["archived"]), (&true.into(), &false.into()));
    assert_eq!(site.run(&["assign", "--whole-source", "--account", "Maple"]).code, Some(0));

    let deleted = site.run(&["accounts", "delete", "Cedar"]);
    assert_eq!(deleted.stdout, "Deleted the account Cedar.\n", "{deleted:?}");
    site.check_refused(
        &["accounts", "delete", "Ceder"],
        1,
        "there is no account “Ceder”",
        "accounts add Ceder",
    );
    site.check_refused(&["accounts", "change", "Maple"], 2, "nothing is to change", "--reset-date");
}

#[test]
fn accounts_and_assignments_are_imported_from_files() {
    let simulator = Simulator::start(60);
    let (site, agent, calls) = site(&simulator);
    site.write("accounts.csv", "name,reset_date\nMaple,\nCedar,soon\n");
    let said = site.run(&["accounts", "import", "accounts.csv"]);
    let expected = "Imported: 2 lines = 1 new + 0 changed + 0 unchanged + 1 refused. 0 calls moved.\n  \
                    line 3: “soon” is no day or instant, such as 2026-01-31\n";
    assert_eq!((said.stdout.as_str(), said.code), (expected, Some(3)), "{said:?}");
    site.write("agents.csv", &format!("agent,account\n{agent},Maple\n{agent},Cedar\n"));
    let import = ["assign", "--import", "agents.csv"];
    let dry = site.run(&[&import[..], &["--preview", "--json"]].concat()).json();
    assert_eq!((&dry[0]["callsMoved"], &dry[0]["dryRun"]), (&calls.into(), &true.into()));
    let done = site.run(&[&import[..], &["--json"]].concat());
    let report = &done.json()[0];
    assert_eq!((&report["callsMoved"], done.code), (&calls.into(), Some(3)), "{done:?}");
    assert_eq!(report["refusedLines"][0]["why"], "there is no account “Cedar”");
    site.write("wrong.csv", "agent,colour\n");
    let refused = site.run(&["assign", "--import", "wrong.csv"]);
    assert!(
        refused.stderr.contains("wrong.csv: the header has columns nobody knows: colour"),
        "{refused:?}"
    );
    assert_eq!(refused.code, Some(2));
    site.check_refused(
        &["assign", "--account", "Maple"],
        2,
        "whose calls are meant was not said",
        "--whole-source",
    );
}

#[test]
fn new_agents_go_to_the_account_of_their_source_where_that_is_configured() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    site.write_more("everycall.toml", "auto_assign = \"Maple\"\n");
    let said = site.sync(&[]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("gives new agents to “Maple”, which is no account"), "{said:?}");
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    let report = &site.sync(&["--json"]).json()[0];
    assert_eq!(report["waiting"], 0, "{report}");
    assert!(report["autoAssigned"].as_array().is_some_and(|agents| agents.len() > 1), "{report}");
    site.check_refused(
        &["accounts", "delete", "Maple"],
        1,
        &format!(
            "Maple has 60 calls, {} assignments, 1 source that assigns new agents to it",
            report["autoAssigned"].as_array().map_or(0, Vec::len)
        ),
        "accounts archive Maple",
    );
}
