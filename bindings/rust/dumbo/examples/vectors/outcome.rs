// SPDX-License-Identifier: Apache-2.0
//! What came of a record, in the words of the vector files, and how it differs from what was wanted.
use crate::record::{Reading, Wanted};
use crate::values;

/// The keys whose values are bytes, of which there are several ways to write the same.
const BYTES: [&str; 3] = ["seg", "frame", "header"];

#[derive(Debug, Default)]
pub struct Outcome {
    word: Option<String>,
    fields: Vec<(&'static str, String)>,
}

impl Outcome {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn ok() -> Self {
        Self::word("ok")
    }

    pub fn word(word: impl ToString) -> Self {
        Self { word: Some(word.to_string()), fields: Vec::new() }
    }

    pub fn failure(name: impl ToString) -> Self {
        Self::new().with("err", name)
    }

    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.fields.push((key, value.to_string()));
        self
    }

    pub fn with_flag(self, key: &'static str, value: bool) -> Self {
        self.with(key, u8::from(value))
    }

    pub fn with_hex(self, key: &'static str, value: impl Into<u64>) -> Self {
        self.with(key, format!("{:x}", value.into()))
    }

    pub fn with_bytes(self, key: &'static str, value: &[u8]) -> Self {
        self.with(key, values::spelled(value))
    }

    pub fn is_failure(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, value)| *key == "err" && value == name)
    }

    /// What is different, if anything is. Keys that are wanted and not known here are not looked at, but one that is
    /// missing is a difference.
    pub fn difference(&self, wanted: &Wanted<'_>) -> Reading<Option<String>> {
        let mut differences = Vec::new();
        if self.word.as_deref() != wanted.word {
            differences.push(format!("{} instead of {}", or_nothing(&self.word.as_deref()), or_nothing(&wanted.word)));
        }
        if let Some(name) = wanted.fields.find("err").filter(|_| !self.fields.iter().any(|(key, _)| *key == "err")) {
            differences.push(format!("success instead of err={name}"));
        }
        for (key, value) in &self.fields {
            let wanted = match wanted.fields.find(key) {
                Some(text) if BYTES.contains(key) => Some(values::spelled(&values::bytes(text)?)),
                other => other.map(String::from),
            };
            if wanted.as_ref() != Some(value) {
                differences.push(format!("{key}={value} instead of {}", or_nothing(&wanted.as_deref())));
            }
        }
        Ok(Some(differences.join(", ")).filter(|text| !text.is_empty()))
    }
}

fn or_nothing<'a>(text: &Option<&'a str>) -> &'a str {
    text.unwrap_or("nothing")
}
