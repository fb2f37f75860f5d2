use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

/// Says all of it and hears all of it.
async fn said(port: u16, words: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    stream.write_all(words.as_bytes()).await.expect("it hears");
    stream.shutdown().await.expect("it hears the end");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.expect("it answers");
    heard
}

#[tokio::test]
async fn mail_is_taken_as_it_was_written() {
    let mailbox = Mailbox::start().await.expect("a port is free");
    mailbox.refuses("bob@example.com");
    let words = "EHLO me\r\nMAIL FROM:<us@example.com>\r\nRCPT TO:<bob@example.com>\r\n\
         RCPT TO:<ann@example.com>\r\nDATA\r\nSubject: hello\r\n\r\n..dots\r\n.\r\nQUIT\r\n";
    let heard = said(mailbox.port(), words).await;
    let codes: Vec<&str> = heard.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "250", "550", "250", "354", "250", "221"]);
    let mailed = mailbox.mailed();
    assert_eq!(mailed.len(), 1);
    assert_eq!(
        (mailed[0].from.as_str(), mailed[0].to.as_slice()),
        ("us@example.com", &["ann@example.com".to_owned()][..])
    );
    assert_eq!(mailed[0].content, "Subject: hello\n\n.dots\n");
}

#[tokio::test]
async fn mail_that_breaks_off_or_is_for_nobody_is_not_taken() {
    let mailbox = Mailbox::start().await.expect("a port is free");
    let heard = said(mailbox.port(), "EHLO me\r\nMAIL FROM:<a@b.c>\r\nDATA\r\nDANCE\r\n").await;
    assert!(heard.contains("503") && heard.contains("500"), "{heard}");
    said(mailbox.port(), "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nSubject: half").await;
    assert_eq!(mailbox.mailed(), []);
}

#[tokio::test]
async fn what_is_posted_is_kept_and_answered_as_told() {
    let program = PostedTo::start().await.expect("a port is free");
    program.answers(&[500]);
    let port =
        program.url("").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    for status in ["500", "204"] {
        let words = "POST /hook HTTP/1.1\r\nHost: x\r\nX-Sign: abc\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        let heard = said(port, words).await;
        assert!(heard.starts_with(&format!("HTTP/1.1 {status}")), "{heard}");
    }
    let posted = program.posted();
    assert_eq!(
        (posted.len(), posted[1].path.as_str(), posted[1].body.as_str()),
        (2, "/hook", "{}")
    );
    assert_eq!(posted[0].headers["x-sign"], "abc");
}
