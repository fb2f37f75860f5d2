//! Where a secret is: in the environment or in a file, never in the configuration itself.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::environment;
use crate::mistake::Mistake;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In this environment variable.
    Env(String),
    /// In this file.
    File(PathBuf),
}

impl Secret {
    /// The secret behind `{key}_env` or `{key}_file`, of which there must be one.
    pub fn of(
        source: &str,
        key: &str,
        env: Option<String>,
        file: Option<PathBuf>,
    ) -> Result<Self, Mistake> {
        match (env, file) {
            (Some(name), None) if is_name(&name) => Ok(Self::Env(name)),
            // It may be the secret itself, so it is not repeated.
            (Some(_), None) => Err(Mistake::new(
                format!(
                    "source `{source}`: `{key}_env` is not the name of an environment variable"
                ),
                format!(
                    "Write the variable's name, such as {key}_env = \"HIGHLEVEL_TOKEN\", and put the secret into the variable"
                ),
            )),
            (None, Some(path)) => Ok(Self::File(path)),
            (Some(_), Some(_)) => Err(Mistake::new(
                format!("source `{source}` has both `{key}_env` and `{key}_file`"),
                "Keep one of the two",
            )),
            (None, None) => Err(Mistake::new(
                format!("source `{source}` has no `{key}_env` and no `{key}_file`"),
                format!(
                    "Add {key}_env = \"NAME_OF_A_VARIABLE\" or {key}_file = \"PATH\" below its [[sources]]"
                ),
            )),
        }
    }

    /// The secret, without blanks around it and without a `Bearer` before it.
    pub fn read(&self, folder: &Path, source: &str) -> Result<SecretString, Mistake> {
        let text = match self {
            Self::Env(name) => environment::read(name).ok_or_else(|| {
                Mistake::new(
                    format!(
                        "the environment variable {name}, which source `{source}` needs, is not set"
                    ),
                    format!(
                        "Set it: export {name}=…, or use a file instead (token_file = \"PATH\")"
                    ),
                )
            })?,
            Self::File(path) => {
                let path = folder.join(path);
                fs::read_to_string(&path).map_err(|error| unreadable(&path, source, &error))?
            }
        };
        let bare = engine::set_up::bare(&text);
        if bare.is_empty() {
            return Err(self.empty(folder, source));
        }
        if bare.contains(char::is_whitespace) || bare.contains(char::is_control) {
            return Err(Mistake::new(
                format!(
                    "{}, which source `{source}` needs, holds more than a token",
                    self.place(folder)
                ),
                "Leave nothing but the token itself in it",
            ));
        }
        Ok(SecretString::from(bare))
    }

    fn empty(&self, folder: &Path, source: &str) -> Mistake {
        let sentence = format!("{}, which source `{source}` needs, is empty", self.place(folder));
        Mistake::new(sentence, "Put the token into it")
    }

    fn place(&self, folder: &Path) -> String {
        match self {
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", folder.join(path).display()),
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && name.chars().all(is_fit) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn unreadable(path: &Path, source: &str, error: &std::io::Error) -> Mistake {
    let what = match error.kind() {
        std::io::ErrorKind::NotFound => "is not there".to_owned(),
        std::io::ErrorKind::InvalidData => "is not text".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Mistake::new(
        format!("the file {}, which source `{source}` needs, {what}", path.display()),
        "Write the token into it and let only your user read it (chmod 600), or correct the path; it is relative to the configuration file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_without_its_wrapping() {
        use engine::set_up::bare;
        for text in ["pit-1", " pit-1\n", "Bearer pit-1", "bearer  pit-1\r\n"] {
            assert_eq!(bare(text), "pit-1");
        }
        assert_eq!(bare("bear"), "bear");
    }

    #[test]
    fn a_token_in_place_of_a_name_is_refused_and_not_repeated() {
        let refused = Secret::of("main", "token", Some("pit-secret".to_owned()), None);
        let text = refused.map_err(|mistake| mistake.to_string()).err();
        assert!(text.is_some_and(|text| !text.contains("pit-secret")));
    }
}
