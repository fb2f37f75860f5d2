//! The books of a database, looked at without our own program.

use crate::TestDb;

const MUST_BE_NONE: [(&str, &str); 9] = [
    (
        "runs do not balance",
        "SELECT COUNT(*) FROM runs
         WHERE listed <> new + updated + unchanged + repeated + set_aside + failed",
    ),
    (
        "runs count other calls as new than they stored",
        "SELECT COUNT(*) FROM runs r
         WHERE new <> (SELECT COUNT(*) FROM calls c WHERE c.first_run = r.run_id)",
    ),
    (
        "calls are neither placed nor waiting nor excluded, or without a reason",
        "SELECT COUNT(*) FROM calls
         WHERE placement NOT IN ('placed', 'waiting', 'excluded') OR reason = ''
            OR (placement = 'placed') <> (account_id IS NOT NULL) AND placement <> 'excluded'",
    ),
    (
        "calls are without each of their contents",
        "SELECT COUNT(*) FROM calls c WHERE version <> (SELECT COUNT(*) FROM observations o
         WHERE o.source_id = c.source_id AND o.provider_call_id = c.provider_call_id)",
    ),
    (
        "contents are without a call",
        "SELECT COUNT(*) FROM observations o WHERE NOT EXISTS (SELECT 1 FROM calls c
         WHERE o.source_id = c.source_id AND o.provider_call_id = c.provider_call_id)",
    ),
    (
        "runs read other pages than they list",
        "SELECT COUNT(*) FROM runs r
         WHERE pages <> (SELECT COUNT(*) FROM run_pages p WHERE p.run_id = r.run_id)
            OR failed = 0 AND listed <> (SELECT COALESCE(SUM(p.listed), 0) FROM run_pages p
                          WHERE p.run_id = r.run_id)",
    ),
    (
        "calls are of a revision their source has not come to, or of none",
        "SELECT COUNT(*) FROM calls c LEFT JOIN revisions r ON r.source_id = c.source_id
         WHERE c.revision < 1 OR c.revision > COALESCE(r.revision, 0)",
    ),
    (
        "departures are of a revision their source has not come to",
        "SELECT COUNT(*) FROM departures d LEFT JOIN revisions r ON r.source_id = d.source_id
         WHERE d.revision < 1 OR d.revision > COALESCE(r.revision, 0)",
    ),
    (
        "calls were moved out of an account that was not told",
        "SELECT COUNT(*) FROM placements p
         WHERE p.account_before IS NOT NULL AND p.account_before <> COALESCE(p.account_id, 0)
           AND NOT EXISTS (SELECT 1 FROM departures d
           WHERE d.account_id = p.account_before AND d.source_id = p.source_id
             AND d.provider_call_id = p.provider_call_id)",
    ),
];

/// What is wrong with the books at this very instant, whatever happened, a line each.
pub async fn wrong_in_books(db: &TestDb) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, sql) in MUST_BE_NONE {
        let number = db.number(sql).await;
        if number != 0 {
            wrong.push(format!("{number} {what}"));
        }
    }
    wrong
}
