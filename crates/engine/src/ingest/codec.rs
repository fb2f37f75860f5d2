//! Raw records at rest: zstd with a dictionary trained on the source's own records.

use std::collections::HashMap;

use zstd::dict::{DecoderDictionary, EncoderDictionary};

const LEVEL: i32 = 3;
const DICTIONARY_BYTES: usize = 32 * 1024;
/// Records a dictionary is trained on; fewer teach it too little.
pub(crate) const SAMPLES: usize = 400;
/// No record is larger than a whole page may be.
const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A stored record that cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored record cannot be unpacked: {why}. The database file may be damaged")]
pub struct CodecError {
    /// What zstd says.
    pub why: String,
}

/// Packs records with one dictionary, or with none.
pub struct Codec {
    /// The dictionary's id; 0 for none.
    pub dictionary_id: i64,
    dictionary: Option<EncoderDictionary<'static>>,
}

impl Codec {
    /// Without a dictionary.
    pub fn plain() -> Self {
        Self { dictionary_id: 0, dictionary: None }
    }

    /// With a stored dictionary.
    pub fn with(dictionary_id: i64, content: &[u8]) -> Self {
        Self { dictionary_id, dictionary: Some(EncoderDictionary::copy(content, LEVEL)) }
    }

    /// A dictionary for records like these; `None` when they are too few or too odd to learn from.
    pub fn train(samples: &[Vec<u8>]) -> Option<Vec<u8>> {
        zstd::dict::from_samples(samples, DICTIONARY_BYTES).ok()
    }

    /// Makes a packer; one packer serves many records.
    pub(crate) fn packer(&self) -> Result<Packer<'_>, CodecError> {
        let packer = match &self.dictionary {
            Some(dictionary) => zstd::bulk::Compressor::with_prepared_dictionary(dictionary),
            None => zstd::bulk::Compressor::new(LEVEL),
        };
        Ok(Packer(packer.map_err(|error| CodecError { why: error.to_string() })?))
    }
}

pub(crate) struct Packer<'d>(zstd::bulk::Compressor<'d>);

impl Packer<'_> {
    pub(crate) fn pack(&mut self, record: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.0.compress(record).map_err(|error| CodecError { why: error.to_string() })
    }
}

/// The dictionaries records were packed with, for unpacking.
#[derive(Default)]
pub struct Dictionaries(HashMap<i64, DecoderDictionary<'static>>);

impl Dictionaries {
    /// Whether a record packed with this dictionary can be unpacked.
    pub fn has(&self, dictionary_id: i64) -> bool {
        dictionary_id == 0 || self.0.contains_key(&dictionary_id)
    }

    /// Adds one.
    pub fn add(&mut self, dictionary_id: i64, content: &[u8]) {
        self.0.insert(dictionary_id, DecoderDictionary::copy(content));
    }

    /// The record as the provider sent it.
    pub fn unpack(&self, dictionary_id: i64, packed: &[u8]) -> Result<Vec<u8>, CodecError> {
        let damaged = |error: std::io::Error| CodecError { why: error.to_string() };
        let mut unpacker = match self.0.get(&dictionary_id) {
            Some(dictionary) => zstd::bulk::Decompressor::with_prepared_dictionary(dictionary),
            None if dictionary_id == 0 => zstd::bulk::Decompressor::new(),
            None => {
                let why = format!("its dictionary {dictionary_id} is missing");
                return Err(CodecError { why });
            }
        }
        .map_err(damaged)?;
        let size = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(RECORD_BYTES_MAX);
        unpacker.decompress(packed, size.min(RECORD_BYTES_MAX)).map_err(damaged)
    }
}
