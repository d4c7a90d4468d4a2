// SPDX-License-Identifier: Apache-2.0
//! Lines of a vector file, taken apart.
use crate::values;

/// Why a file cannot be replayed: something in it is not understood.
pub type Reading<T> = Result<T, String>;

/// The keys and values of one part of a record.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    pub fn read(text: &'a str) -> Reading<Self> {
        let mut fields = Vec::new();
        for token in text.split(' ').filter(|_| !text.is_empty()) {
            let (key, value) = token.split_once('=').ok_or_else(|| format!("'{token}' is no KEY=VALUE"))?;
            if value.is_empty() || fields.iter().any(|&(earlier, _)| earlier == key) {
                return Err(format!("'{token}' is empty, or not the first of its key"));
            }
            fields.push((key, value));
        }
        Ok(Self(fields))
    }

    pub fn find(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == key).map(|&(_, value)| value)
    }

    pub fn text(&self, key: &str) -> Reading<&'a str> {
        self.find(key).ok_or_else(|| format!("there is no {key}="))
    }

    pub fn number<N: TryFrom<u64>>(&self, key: &str) -> Reading<N> {
        values::number(self.text(key)?)
    }

    pub fn hex<N: TryFrom<u64>>(&self, key: &str) -> Reading<N> {
        values::hex_number(self.text(key)?)
    }

    pub fn bytes(&self, key: &str) -> Reading<Vec<u8>> {
        values::bytes(self.text(key)?)
    }

    pub fn ipv4(&self, key: &str) -> Reading<[u8; 4]> {
        values::ipv4(self.text(key)?)
    }

    pub fn mac(&self, key: &str) -> Reading<[u8; 6]> {
        values::mac(self.text(key)?)
    }

    pub fn pair(&self, key: &str) -> Reading<Option<dumbo::pdu::AddressPair>> {
        values::pair(self.text(key)?)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.0.iter().copied()
    }
}

/// What a record wants: a word, fields, or a failure.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub word: Option<&'a str>,
    pub fields: Fields<'a>,
}

impl<'a> Wanted<'a> {
    fn read(text: &'a str) -> Reading<Self> {
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (word, fields) = if first.contains('=') { (None, text) } else { (Some(first), rest) };
        Ok(Self { word, fields: Fields::read(fields)? })
    }
}

/// One line: `VERB INPUT -> WANTED | STATE`.
#[derive(Debug)]
pub struct Record<'a> {
    pub verb: &'a str,
    pub input: Fields<'a>,
    pub wanted: Option<Wanted<'a>>,
    pub state: Fields<'a>,
}

impl<'a> Record<'a> {
    pub fn read(line: &'a str) -> Reading<Self> {
        let (event, result) = match line.split_once(" -> ") {
            Some((event, result)) => (event, Some(result)),
            None => (line, None),
        };
        let (verb, input) = event.split_once(' ').unwrap_or((event, ""));
        let (result, state) = match result.and_then(|result| result.split_once(" | ")) {
            Some((result, state)) => (Some(result), state),
            None => (result, ""),
        };
        let wanted = result.map(Wanted::read).transpose()?;
        Ok(Self { verb, input: Fields::read(input)?, wanted, state: Fields::read(state)? })
    }

    pub fn wanted(&self) -> Reading<&Wanted<'a>> {
        self.wanted.as_ref().ok_or_else(|| format!("'{}' has no result", self.verb))
    }
}

/// The records of a file with their line numbers, and the file's kind.
pub fn records(text: &str) -> Reading<(&str, Vec<(usize, &str)>)> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let (_, first) = lines.next().ok_or("the file is empty")?;
    let kind = first.strip_prefix("dumbo-vectors version=1 kind=").ok_or("no vector file of version 1")?;
    Ok((kind, lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect()))
}
