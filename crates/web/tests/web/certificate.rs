//! A certificate signed by its own key, made for one test: as much of X.509 as a client asks for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

/// A certificate and its key.
pub struct Made {
    /// As DER.
    pub certificate: Vec<u8>,
    key: Vec<u8>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const BYTES: u8 = 0x04;
const TEXT: u8 = 0x0c;
const TIME: u8 = 0x17;

const SIGNED_BY: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const KEY_KIND: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const CURVE: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const OTHER_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];

impl Made {
    /// One for a host of this name.
    pub fn here(host: &str) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let key = key.expect("there is randomness").as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key, &random);
        let pair = pair.expect("it was made just now");
        let oid = |bytes: &[u8]| der(OID, &[bytes]);
        let by = der(SEQUENCE, &[&oid(&SIGNED_BY)]);
        let called = der(SEQUENCE, &[&oid(&COMMON_NAME), &der(TEXT, &[host.as_bytes()])]);
        let name = der(SEQUENCE, &[&der(SET, &[&called])]);
        let span = [&der(TIME, &[b"200101000000Z"])[..], &der(TIME, &[b"491231235959Z"])];
        let kind = der(SEQUENCE, &[&oid(&KEY_KIND), &oid(&CURVE)]);
        let public = der(BITS, &[&[0], pair.public_key().as_ref()]);
        let names = der(SEQUENCE, &[&der(0x82, &[host.as_bytes()])]);
        let names = der(SEQUENCE, &[&oid(&OTHER_NAMES), &der(BYTES, &[&names])]);
        let told = der(
            SEQUENCE,
            &[
                &der(0xa0, &[&der(INTEGER, &[&[2]])]),
                &der(INTEGER, &[&[1]]),
                &by,
                &name,
                &der(SEQUENCE, &span),
                &name,
                &der(SEQUENCE, &[&kind, &public]),
                &der(0xa3, &[&der(SEQUENCE, &[&names])]),
            ],
        );
        let signed = pair.sign(&random, &told).expect("there is randomness");
        let signature = der(BITS, &[&[0], signed.as_ref()]);
        Self { certificate: der(SEQUENCE, &[&told, &by, &signature]), key }
    }

    pub fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    pub fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key)
    }
}

fn der(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("it is short").to_be_bytes();
    let head = match content.len() {
        0..128 => vec![kind, length[1]],
        128..256 => vec![kind, 0x81, length[1]],
        _ => vec![kind, 0x82, length[0], length[1]],
    };
    [head, content].concat()
}

fn pem(kind: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(bytes))
}
