//! Calls as files from the dashboard, and the evidence of one.

use std::io::{Cursor, Read as _};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use futures::StreamExt as _;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use testkit::on_both_databases;
use tower::ServiceExt as _;

use crate::browser::{Browser, HOST};
use crate::people::{PASSWORD, People};
use crate::world::number;

/// A file, as a browser that is signed in gets it.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("it is text")
    }
}

async fn get(people: &People, who: &str, path: &str) -> Got {
    let browser = Browser::signed_in(&people.state, who, PASSWORD).await;
    get_with(people, &browser, path).await
}

async fn get_with(people: &People, browser: &Browser, path: &str) -> Got {
    let cookie = browser.cookie.as_ref().expect("they are signed in");
    let cookie = format!("everycall={cookie}");
    let request = Request::get(path).header("host", HOST).header("cookie", cookie);
    let request = request.body(Body::empty()).expect("the test writes a request");
    let answer = web::router(people.state.clone()).oneshot(request).await.expect("it never fails");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = to_bytes(answer.into_body(), 16 << 20).await.expect("it ends as it should");
    Got { status, headers, bytes: bytes.to_vec() }
}

/// Every cell of a file as text, and how many calls there are.
async fn read(people: &People, browser: &Browser, format: &str, asked: &str) -> (usize, String) {
    let path = format!("/calls/export?format={format}{asked}");
    let got = get_with(people, browser, &path).await;
    assert_eq!(got.status, StatusCode::OK, "{path}");
    let disposition = format!("attachment; filename=\"calls.{format}\"");
    assert_eq!(got.headers["content-disposition"], disposition.as_str());
    match format {
        "csv" => (got.text().lines().count() - 1, got.text()),
        "jsonl" => (got.text().lines().count(), got.text()),
        "parquet" => {
            let bytes = axum::body::Bytes::from(got.bytes);
            let reader = SerializedFileReader::new(bytes).expect("it can be read back");
            let columns = reader.metadata().file_metadata().schema_descr().columns();
            let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
            let rows = reader.get_row_iter(None).expect("it has rows");
            let rows: Vec<String> =
                rows.map(|row| row.expect("it has cells").to_string()).collect();
            (rows.len(), format!("{}\n{}", names.join(","), rows.join("\n")))
        }
        _ => {
            let mut book = zip::ZipArchive::new(Cursor::new(got.bytes)).expect("an archive");
            let mut sheet = book.by_name("xl/worksheets/sheet1.xml").expect("it has a sheet");
            let mut text = String::new();
            sheet.read_to_string(&mut text).expect("it is text");
            (text.matches("<row ").count() - 1, text)
        }
    }
}

const FORMATS: [&str; 4] = ["csv", "jsonl", "xlsx", "parquet"];

/// Whether a file has a word or a number of an account.
fn tells_of(text: &str, name: &str) -> bool {
    text.to_lowercase().contains(name) || text.contains(&number(name, 0)[..8])
}

on_both_databases! {
    async fn a_members_export_has_no_byte_of_anothers(db) {
        let people = People::of(&db).await;
        let anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        for format in FORMATS {
            let (calls, text) = read(&people, &anna, format, "").await;
            assert_eq!(calls, 3, "{format}: {text}");
            assert!(tells_of(&text, "alder"), "{format}: {text}");
            assert!(!tells_of(&text, "birch") && !tells_of(&text, "nobody"), "{format}: {text}");
            // What is another's is not there, also where it is asked for by name.
            let (calls, text) = read(&people, &anna, format, "&account=birch%20ltd").await;
            assert_eq!(calls, 0, "{format}: {text}");
            assert!(!tells_of(&text, "birch"), "{format}: {text}");
        }
    }

    async fn an_export_has_every_call_that_is_asked_for(db) {
        let people = People::of(&db).await;
        let olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        for format in FORMATS {
            for (asked, wanted) in [
                ("", 10),
                // A list would be cut here.
                ("&limit=2", 10),
                ("&account=alder%20ltd", 3),
                ("&placement=waiting", 4),
                ("&agent=agent-birch&direction=inbound", 3),
                ("&number=%2B12015551001", 1),
                ("&from=2030-01-01", 0),
            ] {
                let (calls, text) = read(&people, &olga, format, asked).await;
                assert_eq!(calls, wanted, "{format}{asked}: {text}");
                // Lines have no head; all else has one also without calls.
                assert!(format == "jsonl" || text.contains("occurredAt"));
            }
        }
    }

    async fn a_format_or_a_filter_nobody_knows_is_refused(db) {
        let people = People::of(&db).await;
        for (asked, sentence) in [
            ("format=txt", "format is one of csv, jsonl, xlsx, parquet."),
            ("format=csv&status=gone", "status is one of"),
            ("format=xlsx&acount=alder", "unknown field"),
        ] {
            let got = get(&people, "olga", &format!("/calls/export?{asked}")).await;
            assert_eq!(got.status, StatusCode::BAD_REQUEST, "{asked}");
            assert!(got.text().contains(sentence), "{asked}: {}", got.text());
        }
    }

    async fn only_so_many_files_are_made_at_once(db) {
        let mut people = People::of(&db).await;
        people.state.limits.files = web::Files { at_once: 2, of_one: 1 };
        let router = web::router(people.state.clone());
        let mut cookies = Vec::new();
        for who in ["anna", "bert", "olga"] {
            let browser = Browser::signed_in(&people.state, who, PASSWORD).await;
            cookies.push(format!("everycall={}", browser.cookie.expect("they are signed in")));
        }
        let [anna, bert, olga] = &<[String; 3]>::try_from(cookies).expect("there are three");
        let asked = async |cookie: &str, format: &str| {
            let request = Request::get(format!("/calls/export?format={format}"));
            let request = request.header("host", HOST).header("cookie", cookie);
            let request = request.body(Body::empty()).expect("the test writes a request");
            router.clone().oneshot(request).await.expect("it never fails")
        };
        let first = asked(anna, "xlsx").await;
        let refused = asked(anna, "parquet").await;
        assert_eq!((first.status(), refused.status()), (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(refused.headers()["retry-after"], "10");
        let page = to_bytes(refused.into_body(), 1 << 20).await.expect("it is small");
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("too many files at once in one session. Go on in 10 seconds."), "{page}");
        // What is sent as it is read takes no room.
        assert_eq!(asked(anna, "csv").await.status(), StatusCode::OK);
        let second = asked(bert, "parquet").await;
        assert_eq!(second.status(), StatusCode::OK);
        assert_eq!(asked(olga, "xlsx").await.status(), StatusCode::TOO_MANY_REQUESTS);
        drop(first);
        assert_eq!(asked(olga, "xlsx").await.status(), StatusCode::OK);
        assert_eq!(asked(anna, "xlsx").await.status(), StatusCode::OK);
        // One that is made makes room, and is its session's until it is sent.
        let third = asked(olga, "xlsx").await;
        let mut sending = second.into_body().into_data_stream();
        assert!(sending.next().await.is_some());
        assert_eq!(asked(anna, "xlsx").await.status(), StatusCode::OK);
        assert_eq!(asked(bert, "xlsx").await.status(), StatusCode::TOO_MANY_REQUESTS);
        drop((sending, third));
        assert_eq!(asked(bert, "xlsx").await.status(), StatusCode::OK);
    }

    async fn a_page_of_calls_leads_to_its_files(db) {
        let people = People::of(&db).await;
        let page = get(&people, "olga", "/calls?source=main&placement=waiting&hide=tags").await.text();
        for format in FORMATS {
            // As HTML has it.
            let link = ["&#38;", "&amp;"].iter().any(|and| {
                page.contains(&format!("/calls/export?source=main{and}placement=waiting{and}format={format}"))
            });
            assert!(link, "{format}: {page}");
        }
    }

    async fn the_evidence_of_a_call_is_an_archive_for_operators(db) {
        let people = People::of(&db).await;
        let path = "/calls/main/call-alder-0/evidence.zip";
        let got = get(&people, "olga", path).await;
        assert_eq!((got.status, &got.headers["content-type"]), (StatusCode::OK, &"application/zip".parse().expect("a value")));
        let holds = |part: &[u8]| got.bytes.windows(part.len()).any(|window| window == part);
        assert!(got.bytes.starts_with(b"PK\x03\x04"));
        for part in ["call.json", "manifest.json", "records/0001", "runs/1.json"] {
            assert!(holds(part.as_bytes()), "{part}");
        }
        assert!(holds(br#"{"said":"hello alder"}"#), "the record is there byte by byte");
        assert!(get(&people, "olga", "/calls/main/call-alder-0").await.text().contains(path));
        assert_eq!(get(&people, "anna", path).await.status, StatusCode::FORBIDDEN);
        assert!(!get(&people, "anna", "/calls/main/call-alder-0").await.text().contains(path));
        let absent = get(&people, "olga", "/calls/main/none/evidence.zip").await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND);
    }
}
