//! Where somebody wanted to go before they signed in.

/// A path of ours to go on with, if this is one: anything that a browser could take for another site
/// is the first page.
pub fn local(next: Option<&str>) -> &str {
    const FIRST: &str = "/";
    let Some(next) = next else { return FIRST };
    let is_path = next.starts_with('/') && !next.starts_with("//");
    // A browser takes \ for / and drops tabs and lines.
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_door = ["/sign-in", "/set-up", "/sign-out"].iter().any(|door| next.starts_with(door));
    if is_path && is_plain && !is_door && next.len() <= 1000 { next } else { FIRST }
}

/// A text as a value in an address.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&domain::hex(&[byte]).to_uppercase());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_is_gone_to() {
        for path in
            ["/", "/calls", "/calls?source=main&after=1.2", "/runs/1#log", "/%2Fevil.example"]
        {
            assert_eq!(local(Some(path)), path);
        }
        let long = format!("/{}", "x".repeat(1000));
        for other in [
            "",
            "calls",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\tevil",
            "/x\r\nSet-Cookie: a=b",
            " //evil.example",
            "/é",
            "/sign-in?next=/sign-in",
            "/sign-out",
            &long,
        ] {
            assert_eq!(local(Some(other)), "/", "{other}");
        }
        assert_eq!(local(None), "/");
    }

    #[test]
    fn a_path_stands_whole_in_an_address() {
        assert_eq!(encoded("/calls?a=b&c=d e"), "/calls%3Fa%3Db%26c%3Dd%20e");
    }
}
