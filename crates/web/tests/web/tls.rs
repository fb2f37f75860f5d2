//! TLS of our own: over a socket, with a certificate made for the test.

use std::sync::Arc;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;
use web::Tls;

use crate::certificate::Made;
use crate::people::entrance;
use crate::{folder, sample};

/// The certificate and its key, from files.
pub fn read(folder: &TempDir, made: &Made) -> Tls {
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, made.certificate_pem()).expect("there is room");
    std::fs::write(&key, made.key_pem()).expect("there is room");
    Tls::read(&certificate, &key).expect("they belong together")
}

/// Whoever trusts that certificate.
pub fn client(made: &Made) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(made.certificate.clone().into()).expect("it is a certificate");
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let client = client.with_safe_default_protocol_versions().expect("there are some");
    client.with_root_certificates(roots).with_no_client_auth()
}

#[tokio::test]
async fn pages_are_served_over_tls_with_a_cookie_for_tls_alone() {
    let folder = folder();
    let made = Made::here("localhost");
    let tls = read(&folder, &made);
    let mut state = sample::empty(folder.path()).await;
    state.entrance = entrance(web::Place { is_tls: true, ..web::Place::default() });
    let code = state.entrance.offer_set_up(sample::at(sample::NOW)).expect("there is randomness");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    let stop = CancellationToken::new();
    let serving = web::serve(listener, state, Some(tls), stop.clone());

    let connector = TlsConnector::from(Arc::new(client(&made)));
    let asking = async {
        // Whoever connects and says nothing keeps nobody waiting.
        let _silent = TcpStream::connect(address).await.expect("it listens");
        let stream = TcpStream::connect(address).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("it is a name");
        let mut stream = connector.connect(name, stream).await.expect("they shake hands");
        let form = format!(
            "code={}&name=olga&password=four+words+do+well&again=four+words+do+well",
            code.expose_secret()
        );
        let request = format!(
            "POST /set-up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes()).await.expect("it takes it");
        let mut answer = String::new();
        // A server may close without the last word of TLS.
        let _read = stream.read_to_string(&mut answer).await;
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
        stop.cancel();
        answer
    };
    let (served, answer) = tokio::join!(serving, asking);
    served.expect("it ends well");
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("set-cookie: __Host-everycall="), "{answer}");
}

#[test]
fn files_that_are_no_certificate_are_told_by_name() {
    let folder = folder();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, "nothing of the kind").expect("there is room");
    let error = Tls::read(&certificate, &key).err().expect("there is no key");
    assert!(error.to_string().contains(".pem"), "{error}");
    let [one, two] = ["one", "two"].map(Made::here);
    std::fs::write(&certificate, one.certificate_pem()).expect("there is room");
    std::fs::write(&key, two.key_pem()).expect("there is room");
    let error = Tls::read(&certificate, &key).err().expect("they are of two");
    assert!(error.to_string().contains("cannot be used"), "{error}");
}
