//! Contacts on the command line: added, imported, shown, merged and erased.

use crate::site::{Simulator, Site};

const CSV: &str = "phone,vendor_lead_code,first_name,custom.size\n\
                   201 555 0101,,Ada,big\n\
                   nobody,,Bob,\n\
                   ,0000000000003,Cyd,\n";

#[test]
fn contacts_are_imported_shown_merged_and_erased() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    site.write("leads.csv", CSV);
    let import = ["contacts", "import", "leads.csv", "--account", "Maple"];
    let dry = site.run(&[&import[..], &["--dry-run", "--json"]].concat()).json();
    assert_eq!((&dry[0]["new"], &dry[0]["dryRun"]), (&2.into(), &true.into()));
    assert!(site.run(&["contacts", "list", "--json"]).json().is_empty());
    let said = site.run(&import);
    assert_eq!(said.code, Some(3), "{said:?}");
    let sum = "Imported into Maple: 3 lines = 2 new + 0 changed + 0 unchanged + 1 refused.";
    assert!(said.stdout.starts_with(sum), "{said:?}");
    assert!(said.stdout.contains("line 3: its phone is no phone number"), "{said:?}");

    let add = ["contacts", "add", "--account", "Maple", "--phone", "(201) 555-0101"];
    let added = site.run(&[&add[..], &["--last-name", "Low", "--json"]].concat()).json();
    assert_eq!((&added[0]["outcome"], &added[0]["id"]), (&"changed".into(), &1.into()));
    let shown = site.run(&["contacts", "show", "1", "--json"]).json();
    assert_eq!((&shown[0]["firstName"], &shown[0]["lastName"]), (&"Ada".into(), &"Low".into()));
    assert_eq!(shown[0]["custom"]["size"], "big");
    let changed = site.run(&["contacts", "change", "2", "--email", "cyd@mail.example"]);
    assert!(changed.stdout.starts_with("Changed contact 2."), "{changed:?}");

    let listed = site.run(&["contacts", "list"]).stdout;
    assert!(listed.contains("Ada Low  +12015550101"), "{listed}");

    let merged = site.run(&["contacts", "merge", "1", "2"]);
    assert!(merged.stdout.contains("contacts unmerge 2"), "{merged:?}");
    let listed = site.run(&["contacts", "list", "--account", "Maple", "--json"]).json();
    assert_eq!((listed.len(), &listed[0]["merged"][0]), (1, &2.into()));
    assert_eq!(listed[0]["email"], "cyd@mail.example");
    assert_eq!(listed[0]["phones"][0], "+12015550101");
    site.check_refused(
        &["contacts", "change", "2", "--email", "a@mail.example"],
        1,
        "contact 2 was merged into contact 1",
        "Name 1 instead",
    );
    assert_eq!(site.run(&["contacts", "unmerge", "2"]).code, Some(0));

    site.check_refused(
        &["contacts", "erase", "1"],
        2,
        "erasing contact 1 cannot be undone",
        "--dry-run",
    );
    let erased = site.run(&["contacts", "erase", "1", "--yes", "--json"]).json();
    assert_eq!((&erased[0]["contacts"], &erased[0]["calls"]), (&1.into(), &0.into()));
    let shown = site.run(&["contacts", "show", "1", "--json"]).json();
    assert!(shown[0]["firstName"].is_null() && !shown[0]["erasedAt"].is_null(), "{shown:?}");
    let text = site.run(&["contacts", "show", "2"]);
    assert!(text.stdout.contains("Cyd") && text.stdout.contains("0000000000003"), "{text:?}");
}

#[test]
fn the_next_page_that_a_list_names_is_of_the_same_list() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    for account in ["Maple & Co", "Cedar"] {
        assert_eq!(site.run(&["accounts", "add", account]).code, Some(0));
    }
    for nth in 0..10 {
        let (account, phone) = (["Maple & Co", "Cedar"][nth % 2], format!("+1201555010{nth}"));
        let added = site.run(&["contacts", "add", "--account", account, "--phone", &phone]);
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    let list = ["contacts", "list", "--account", "Maple & Co", "--limit", "2"];
    let pages = site.pages(&list, "More: ");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let ids =
        pages.concat().into_iter().map(|row| row.split_whitespace().next().unwrap().to_owned());
    assert_eq!(ids.collect::<Vec<_>>(), ["1", "3", "5", "7", "9"]);
    let all = site.pages(&["contacts", "list", "--limit", "5"], "More: ");
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5], "no page is empty");
}

#[test]
fn a_file_of_something_else_is_refused_with_what_is_accepted() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    site.run(&["accounts", "add", "Maple"]);
    site.write("wrong.csv", "phone,colour\n2015550101,red\n");
    let said = site.run(&["contacts", "import", "wrong.csv", "--account", "Maple"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("colour") && said.stderr.contains("vendor_lead_code"), "{said:?}");
    site.check_refused(&["contacts", "show", "7"], 1, "there is no contact 7", "contacts list");
}
