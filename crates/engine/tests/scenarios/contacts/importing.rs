//! Contacts from a file.

use super::*;

on_both_databases! {
    /// The header is refused whole, a line by itself, and what can be used is used.
    async fn a_file_of_contacts_is_imported_as_far_as_it_can_be(db) {
        let floor = Floor::set(db).await;
        let store = &floor.rig.db.store;
        let asked = ContactImport { account: floor.account, home: Country::US, by: "ann", is_dry_run: false };
        let refused = |file: &'static str| import(store, file.as_bytes(), &asked, floor.rig.ctx.now());
        let error = refused("phone,colour\n").await.unwrap_err().to_string();
        assert!(error.contains("colour") && error.contains("vendor_lead_code"), "{error}");
        let error = refused("first_name\nAda\n").await.unwrap_err().to_string();
        assert!(error.contains("lacks a column") && error.contains("phone"), "{error}");
        let file = "phone,vendor_lead_code,first_name,custom.size\n\
                    201 555 0101,,Ada,big\n\
                    five,,Bob,\n\
                    2015550102,12345678901A3,Cyd,\n\
                    ,0000000000003,Dee,\n\
                    ,,Eve,\n\
                    \n\
                    (201) 555-0101,,Ann,\n\
                    2015550104,,Fay,small,more\n";
        let report = floor.import(file).await;
        assert_eq!((report.lines, report.new, report.refused), (7, 2, 5), "{report:#?}");
        let lines: Vec<u64> = report.refused_lines.iter().map(|refused| refused.line).collect();
        assert_eq!(lines, [3, 4, 6, 8, 9], "{report:#?}");
        assert!(report.refused_lines[1].why.contains("13 digits"), "{report:#?}");
        let shown = format!("{report:?}");
        assert!(!shown.contains("0101") && !shown.contains("0102"), "numbers are not told: {shown}");
        // As a spreadsheet of another system writes it.
        let again = floor.import(&file.replace('\n', "\r\n")).await;
        assert_eq!((again.new, again.changed, again.unchanged, again.refused), (0, 0, 2, 5));
        assert_eq!(again.refused_lines, report.refused_lines);
        let ada = show(&floor.rig, contacts(&floor.rig).await[0]).await;
        assert_eq!(ada.fields.text("size").as_deref(), Some("big"));
    }

    /// Thousands of contacts are imported in batches, and the second time changes nothing.
    async fn many_contacts_imported_twice_change_nothing_the_second_time(db) {
        let floor = Floor::set(db).await;
        let line = |n: i64| format!("{},2015{n:06},Ada {n}", lead_code(100_000 + n));
        let lines: Vec<String> = (0..3_000).map(line).collect();
        let file = format!("vendor_lead_code,phone,first_name\n{}\n", lines.join("\n"));
        let first = floor.import(&file).await;
        assert_eq!((first.lines, first.new), (3_000, 3_000));
        let second = floor.import(&file).await;
        assert_eq!((second.unchanged, second.new, second.changed), (3_000, 0, 0));
        assert_eq!(floor.rig.db.number("SELECT COUNT(*) FROM contacts").await, 3_000);
        assert_eq!(floor.rig.db.number("SELECT COUNT(*) FROM contact_phones").await, 3_000);
    }
}
