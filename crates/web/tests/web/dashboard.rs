//! What a person does on the pages: find calls, look at one, assign, ask for a job, watch it.

use axum::http::{Method, StatusCode};
use domain::RunStatus;

use crate::browser::{Browser, HOST};
use crate::{ask, folder, get, sample};

fn rows(page: &str) -> usize {
    page.matches("<th scope=\"row\"").count()
}

#[tokio::test]
async fn calls_are_found_by_everything_that_is_told_of_them() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let count = async |asked: &str| {
        let page = get(&state, &format!("/calls?limit=500&{asked}")).await;
        assert_eq!(page.status, StatusCode::OK, "{asked}: {}", page.text);
        rows(&page.text)
    };
    // Of each forty calls of west, two name the third agent, and wait.
    assert_eq!(count("source=west").await, 300);
    assert_eq!(count("source=west&agent=agent-2").await, 16);
    assert_eq!(count("source=west&placement=waiting").await, 24);
    assert_eq!(count("source=west&account=Northwind%20Dental&agent=agent-2").await, 0);
    let (answered, others) =
        (count("source=west&status=completed").await, count("source=west&status=busy").await);
    assert!(answered > 0 && others == 0, "{answered} {others}");
    let day = count("source=west&from=2026-11-20&to=2026-11-20").await;
    let before = count("source=west&to=2026-11-19").await;
    let after = count("source=west&from=2026-11-21").await;
    assert!(day > 0);
    assert_eq!(day + before + after, 300);
}

#[tokio::test]
async fn a_date_is_that_of_whoever_looks() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let path = "/calls?source=west&limit=500&from=2026-11-20&to=2026-11-20";
    let here = get(&state, path).await.text;
    let request = axum::http::Request::get(path).header("host", HOST);
    let there = ask(&state, request.header("cookie", "zone=Asia/Kolkata")).await.text;
    assert!(here.contains("Times are in UTC. "), "there is nothing to point at: {here}");
    assert!(there.contains("Times are in Asia/Kolkata"), "{there}");
    assert!(there.contains(" UTC\">"), "each instant has its UTC");
    let times = |page: &str| -> Vec<String> {
        let parts = page.split("<time datetime=\"").skip(2);
        parts.map(|it| it.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let first = |page: &str| times(page).into_iter().min().expect("there are calls");
    assert!(first(&here).starts_with("2026-11-20T"), "{}", first(&here));
    assert!(first(&there).as_str() >= "2026-11-19T18:30", "{}", first(&there));
    assert!(
        times(&there)
            .iter()
            .all(|at| at.as_str() < "2026-11-20T18:30" || at.starts_with("2026-11-21T13:05"))
    );
}

#[tokio::test]
async fn a_run_is_told_in_the_zone_of_whoever_looks() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let runs = state.store.runs_before((None, None, None), None, 1).await.expect("there are runs");
    let request = axum::http::Request::get(format!("/runs/{}", runs[0].run_id));
    let request = request.header("host", HOST).header("cookie", "zone=Asia/Kolkata");
    let page = ask(&state, request).await.text;
    let utc = |tag: &str| tag.split(" title=\"").nth(1).is_some_and(|it| it.contains(" UTC\">"));
    let tags: Vec<&str> = page.split("<time datetime=\"").skip(2).collect();
    assert!(tags.len() > 3, "begin, end, windows and log: {page}");
    assert!(tags.iter().all(|tag| utc(tag)), "{page}");
    assert!(page.contains("Times are in Asia/Kolkata"), "{page}");
}

#[tokio::test]
async fn a_column_that_is_hidden_stays_hidden_on_the_next_page() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let page = get(&state, "/calls?hide=from.to.nonsense").await.text;
    assert!(!page.contains(">From</th>") && page.contains(">Agent</th>"), "{page}");
    let (before, _) = page.split_once("\" rel=\"next\"").expect("there is more");
    let (_, next) = before.rsplit_once("href=\"").expect("it is a link");
    assert!(next.ends_with("hide=from.to"), "{next}");
}

#[tokio::test]
async fn a_call_shows_all_that_happened_to_it() {
    let folder = folder();
    let hostile = "<script>alert(1)</script>";
    let state = sample::usual(folder.path(), hostile).await;
    let list = get(&state, "/calls?source=main&agent=agent-2").await.text;
    let (_, rest) = list.split_once("\"/calls/main/").expect("it leads to a call");
    let (id, _) = rest.split_once('"').expect("it ends");
    let page = get(&state, &format!("/calls/main/{id}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for wanted in ["Where it belongs", "waiting</span>", "Everything that happened", "It happened"]
    {
        assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
    }
    assert!(page.text.contains("&#60;script&#62;alert(1)") && !page.text.contains("<script>"));
    assert_eq!(get(&state, "/calls/west/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn calls_are_assigned_only_after_a_look_and_by_our_own_form() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let asked = "source=main&what=agent&value=agent-2&account=Northwind%20Dental";
    let page = get(&state, &format!("/assign?{asked}")).await.text;
    assert!(page.contains("<b>60</b> calls would move to <b>Northwind Dental</b>"), "{page}");
    assert!(get(&state, "/waiting").await.text.contains(">60</a>"), "nothing has moved yet");

    let fields = [
        ("source", "main"),
        ("what", "agent"),
        ("value", "agent-2"),
        ("account", "Northwind Dental"),
    ];
    let mut browser = Browser::of(&state);
    let foreign = browser.send("/assign", &[&fields[..], &[("csrf", "guessed")]].concat()).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(browser.get("/waiting").await.text.contains(">60</a>"));

    let csrf = page.split_once("name=\"csrf\" value=\"").expect("there is a form").1;
    let csrf = csrf.split_once('"').expect("it ends").0.to_owned();
    let done = browser.send("/assign", &[&fields[..], &[("csrf", &csrf)]].concat()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let told = browser.get(done.to()).await.text;
    assert!(told.contains("60 calls moved to Northwind Dental"), "{told}");
    // The page that was looked at a moment ago is not shown again to whoever changed something.
    assert!(!browser.get("/waiting").await.text.contains(">60</a>"));
}

#[tokio::test]
async fn a_job_is_asked_for_watched_and_stopped() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let mut browser = Browser::of(&state);
    let page = browser.get("/sync?source=west").await.text;
    let csrf = page.split_once("name=\"csrf\" value=\"").expect("there is a form").1;
    let csrf = csrf.split_once('"').expect("it ends").0.to_owned();
    let fields =
        [("source", "west"), ("kind", "sync"), ("from", "2026-11-20"), ("to", "2026-11-21")];
    let asked = browser.send("/jobs", &[&fields[..], &[("csrf", &csrf)]].concat()).await;
    assert_eq!((asked.status, asked.to()), (StatusCode::SEE_OTHER, "/jobs/1"), "{}", asked.text);
    let shown = browser.get("/jobs/1").await.text;
    for wanted in
        ["data-live=\"/jobs/1/live\"", "http-equiv=\"refresh\"", ">waiting</span>", "Stop it"]
    {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let stopped = browser.send("/jobs/1/cancel", &[("csrf", &csrf)]).await;
    assert_eq!(stopped.to(), "/jobs/1", "{}", stopped.text);
    let live = browser.get("/jobs/1/live").await;
    assert_eq!(live.headers["content-type"], "text/event-stream");
    assert!(live.text.starts_with("event: end\ndata: "), "{}", live.text);
    assert!(live.text.contains(">cancelled</span>"), "{}", live.text);
    assert!(!browser.get("/jobs/1").await.text.contains("data-live"));

    let never =
        [("source", "west"), ("kind", "sync"), ("from", "2027-01-01"), ("to", "2027-01-02")];
    let refused = browser.send("/jobs", &[&never[..], &[("csrf", &csrf)]].concat()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("is in the future"), "{}", refused.text);
}

#[tokio::test]
async fn a_comparison_is_shown_with_causes_and_what_to_do() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let run = sample::compared(&state.store, "west").await;
    let path = format!("/diagnostics/{}", run.0);
    let page = get(&state, &path).await.text;
    for wanted in
        ["1 unexplained", "<b>103</b>missing here", "Repair, and compare again", ">Assign</a>"]
    {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let first = page.find("<dt>unexplained</dt>").expect("it is a cause");
    assert!(first < page.find("<dt>window never read</dt>").expect("it is one too"));
    let front = get(&state, "/").await.text;
    assert!(front.contains("103 missing, 1 unexplained"), "{front}");
    let csv = get(&state, &format!("{path}?file=missing")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(csv.text.contains("'=1+1"), "no cell is a formula: {}", csv.text);
    assert_eq!(get(&state, "/diagnostics/1").await.status, StatusCode::NOT_FOUND);
}

/// What is kept of a comparison that found nothing, with this beside it.
fn found_nothing(beside: &str) -> String {
    format!(
        r#"{{"summary":{{"dateRange":{{"from":"2026-11-20T00:00:00Z","to":"2026-11-21T00:00:00Z"}},
        "missingInDatabase":0,"extraInDatabase":0,"unexplained":0}}{beside}}}"#
    )
}

/// Only a comparison that looked at everything again takes back what one before it found.
#[tokio::test]
async fn what_a_comparison_found_stands_until_all_is_looked_at_again() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    sample::prove_the_rest(&state).await;
    let front = async || get(&state, "/").await.text;
    let ended = async |status, beside: &str| {
        sample::ended(&state.store, "west", status, &found_nothing(beside)).await
    };
    assert!(front().await.contains("class=\"sentence whole\""));
    ended(RunStatus::Failed, "").await;
    let page = front().await;
    assert!(page.contains("could not look at everything"), "{page}");
    assert!(!page.contains("unexplained"), "nobody has looked: {page}");
    sample::compared(&state.store, "west").await;
    for (status, beside, says) in [
        (RunStatus::Success, r#","account":"Northwind Dental""#, false),
        (RunStatus::Success, r#","withSource":{"name":"lines"}"#, false),
        (RunStatus::Success, r#","file":{"name":"calls.csv"}"#, false),
        (RunStatus::Partial, "", true),
        (RunStatus::Failed, "", true),
    ] {
        ended(status, beside).await;
        let page = front().await;
        assert!(page.contains("class=\"sentence open\""), "{beside}: {page}");
        assert!(page.contains("accounted for, 103 missing, 1 unexplained"), "{beside}: {page}");
        assert_eq!(page.contains("could not look at everything"), says, "{beside}: {page}");
        let told = get(&state, "/api/v1/status").await.text;
        assert!(told.contains(r#""missing":103,"unexplained":1}"#), "{beside}: {told}");
    }
    ended(RunStatus::Success, "").await;
    let page = front().await;
    assert!(page.contains("class=\"sentence whole\""), "{page}");
    assert!(page.contains("accounted for, 0 unexplained"), "{page}");
}

/// A call that is missing for a known reason is missing all the same, and one that only we have and
/// nothing explains is unexplained.
#[tokio::test]
async fn nothing_is_whole_while_a_call_is_missing_or_unexplained() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    sample::prove_the_rest(&state).await;
    for (was, is, says) in [
        (r#""missingInDatabase":0"#, r#""missingInDatabase":2"#, "2 missing, 0 unexplained"),
        (r#""unexplained":0"#, r#""unexplained":3"#, "0 missing, 3 unexplained"),
    ] {
        let kept = found_nothing("").replace(was, is);
        sample::ended(&state.store, "west", RunStatus::Success, &kept).await;
        let page = get(&state, "/").await.text;
        assert!(page.contains("class=\"sentence open\""), "{page}");
        assert!(page.contains(says), "{page}");
    }
}

/// A comparison between two sources is asked for on the page and says how it paired; it offers no
/// repair, because nothing read from the provider would end it.
#[tokio::test]
async fn a_comparison_with_another_source_is_asked_for_and_shown() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let page = get(&state, "/diagnostics").await.text;
    assert!(
        page.contains("<select name=\"with\"><option value=\"\">Its provider</option>"),
        "{page}"
    );
    let kept = r#"{"source":"west","withSource":{"name":"lines","provider":"twilio","seconds":{}},
        "pairing":{"toleranceSeconds":60,"byId":120,"byNumber":20,"ambiguous":2,"legs":3,"couldNotLook":4},
        "summary":{"dateRange":{"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"},
        "providerTotal":143,"databaseTotal":140,"matching":140,"differing":0,"missingInDatabase":3,
        "extraInDatabase":0,"unexplained":0},"proof":{"provider":"whole"},"missingCalls":[],
        "differingCalls":[],"reasonBreakdown":{"merged":3},"extraBreakdown":{},
        "agentAnalysis":{"unassignedAgents":[]},"doubts":[]}"#;
    let run = sample::ended(&state.store, "west", RunStatus::Success, kept).await;
    let page = get(&state, &format!("/diagnostics/{}", run.0)).await.text;
    for wanted in [
        "With lines: 120 calls are paired by their names, 20 by numbers and time",
        "<b>143</b>at the other source",
        "both lists are proved whole",
        "<dt>merged</dt>",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(!page.contains("Repair, and compare again"), "{page}");
    assert!(get(&state, "/diagnostics").await.text.contains("with lines"));
}

/// Every page that needs nothing but its path, of a store without anything, with the usual, and with
/// names that try to be markup.
#[tokio::test]
async fn every_page_is_whole_whatever_there_is() {
    let hostile = "\"><img src=x onerror=alert(1)>";
    let (none, some) = (folder(), folder());
    let (empty, full) =
        (sample::empty(none.path()).await, sample::usual(some.path(), hostile).await);
    for page in web::pages() {
        if page.method != Method::GET || page.path.contains('{') || page.to != web::To::Area {
            continue;
        }
        for state in [&empty, &full] {
            let shown = get(state, page.path).await;
            assert_eq!(shown.status, StatusCode::OK, "{}: {}", page.path, shown.text);
            let text = &shown.text;
            if page.path == "/calls/export" {
                assert!(shown.headers.contains_key("content-disposition"), "it is a file");
                continue;
            }
            for wanted in
                ["<title>", "<main id=\"main\">", "<h1>", "<nav class=\"rail\"", "lang=\"en\""]
            {
                assert!(text.contains(wanted), "{} lacks {wanted}: {text}", page.path);
            }
            for banned in ["<img src=x", " style=", "javascript:", "<script>", " onclick"] {
                assert!(!text.contains(banned), "{} has {banned}", page.path);
            }
        }
    }
}

#[tokio::test]
async fn lists_are_files_too() {
    let folder = folder();
    let state = sample::usual(folder.path(), "=cmd|' /C calc'!A0").await;
    for path in ["/waiting", "/set-aside", "/gaps", "/runs", "/agents", "/jobs"] {
        let file = get(&state, &format!("{path}?file=csv")).await;
        assert_eq!(file.status, StatusCode::OK, "{path}: {}", file.text);
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8", "{path}");
        assert!(file.text.lines().next().is_some_and(|line| line.contains(',')), "{path}");
        assert!(!file.text.lines().any(|line| line.starts_with('=')), "{path}: {}", file.text);
    }
}

#[tokio::test]
async fn a_schedule_is_added_paused_and_removed() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent").await;
    let mut browser = Browser::of(&state);
    let csrf = browser.get("/schedules").await.text;
    let csrf = csrf.split_once("name=\"csrf\" value=\"").expect("there is a form").1.to_owned();
    let csrf = csrf.split_once('"').expect("it ends").0.to_owned();
    let fields = |days: &'static str| {
        let csrf = csrf.clone();
        [
            ("csrf", csrf),
            ("name", "weekly".to_owned()),
            ("source", "west".to_owned()),
            ("account", String::new()),
            ("cron", "0 6 * * mon".to_owned()),
            ("time_zone", "Europe/Berlin".to_owned()),
            ("days", days.to_owned()),
            ("send_to", "https://example.com/hook, ann@example.com".to_owned()),
        ]
    };
    let send = async |browser: &mut Browser, days| {
        let fields = fields(days);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        browser.send("/schedules", &fields).await
    };
    let refused = send(&mut browser, "many").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let added = send(&mut browser, "7").await;
    assert_eq!(added.to(), "/schedules", "{}", added.text);
    let page = browser.get("/schedules").await.text;
    for wanted in [
        "west, 7 days",
        "0 6 * * mon in Europe/Berlin",
        "23 Nov 2026, 05:00",
        "https://example.com/hook, ann@example.com",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    browser.send("/schedules/1/pause", &[("csrf", &csrf), ("rest", "on")]).await;
    assert!(browser.get("/schedules").await.text.contains(">rests</span>"));
    browser.send("/schedules/1/remove", &[("csrf", &csrf)]).await;
    assert!(browser.get("/schedules").await.text.contains("Nothing is compared by itself yet"));
}
