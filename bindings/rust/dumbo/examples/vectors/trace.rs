// SPDX-License-Identifier: Apache-2.0
//! The lives of connections.
use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU64, Wrapping};

use dumbo::pdu::bytes::{OnDemand, PayloadSource, Piece};
use dumbo::pdu::tcp::TcpSegment;
use dumbo::pdu::AddressPair;
use dumbo::tcp::connection::{
    Connection, ConnectionConfig, PassiveOpenError, RecvError, RecvStatusFlags, WriteNextError,
};
use dumbo::tcp::{NextSegmentStatus, RestoreConfig};

use crate::codecs::{addressing, rst_text};
use crate::outcome::Outcome;
use crate::record::{Fields, Reading, Record};
use crate::values::{self, Run};
use crate::Way;

const STATE: [&str; 8] = ["fns", "har", "rre", "est", "fin", "done", "dup", "next"];

/// What the receive buffer holds beforehand.
const PATTERN: u8 = 0xa5;

/// Longer sources are never written down in full: no byte of them is sent.
const LONGEST_IN_MEMORY: u64 = 1 << 20;

/// One connection, the settings of its trace, and the state that it should be in.
pub struct Trace {
    way: Way,
    settings: Settings,
    connection: Option<Connection>,
    state: BTreeMap<String, String>,
    is_opened: bool,
    is_over: bool,
    restarts: usize,
    writes: usize,
}

/// How a record came out.
pub enum Verdict {
    AsWanted,
    Different(String),
    /// The record contradicts itself: the trace ends here, and this is no difference.
    NoSource,
}

#[derive(Default)]
struct Settings {
    now: u64,
    rbuf: usize,
    wbuf: usize,
    res: u16,
    sport: u16,
    dport: u16,
    csum: Option<AddressPair>,
}

impl Settings {
    fn read(&mut self, input: &Fields<'_>) -> Reading<()> {
        for (key, value) in input.iter() {
            match key {
                "now" => self.now = values::number(value)?,
                "rbuf" => self.rbuf = values::number(value)?,
                "wbuf" => self.wbuf = values::number(value)?,
                "res" => self.res = values::number(value)?,
                "sport" => self.sport = values::number(value)?,
                "dport" => self.dport = values::number(value)?,
                "csum" => self.csum = values::pair(value)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Trace {
    pub fn begin(record: &Record<'_>, way: Way) -> Reading<Self> {
        for key in ["now", "rbuf", "wbuf", "res", "sport", "dport", "csum"] {
            record.input.text(key)?;
        }
        let mut settings = Settings::default();
        settings.read(&record.input)?;
        Ok(Self {
            way,
            settings,
            connection: None,
            state: BTreeMap::new(),
            is_opened: false,
            is_over: false,
            restarts: 0,
            writes: 0,
        })
    }

    /// Whether it had its `open`, whatever came of that.
    pub fn is_opened(&self) -> bool {
        self.is_opened
    }

    /// Whether its last records are left out.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    pub fn replay(&mut self, record: &Record<'_>) -> Reading<Verdict> {
        self.settings.read(&record.input)?;
        if self.way == Way::Hard {
            self.go_on_as_another_connection()?;
        }
        let outcome = self.act(record)?;
        let difference = outcome.difference(record.wanted()?)?;
        if difference.is_some() && outcome.is_failure("tcp_empty_payload") && is_without_source(record)? {
            self.is_over = true;
            return Ok(self.state_difference().map_or(Verdict::NoSource, Verdict::Different));
        }
        for (key, value) in record.state.iter() {
            self.state.insert(key.into(), value.into());
        }
        let differences: Vec<String> = difference.into_iter().chain(self.state_difference()).collect();
        Ok(if differences.is_empty() { Verdict::AsWanted } else { Verdict::Different(differences.join(", ")) })
    }

    fn act(&mut self, record: &Record<'_>) -> Reading<Outcome> {
        match record.verb {
            "open" => self.open(&record.input),
            "recv" => self.receive(&record.input.bytes("seg")?),
            "write" => self.write(record.input.find("src").map(Run::read).transpose()?),
            "close" => self.tell(|connection| connection.close()),
            "reset" => self.tell(|connection| connection.reset()),
            "adv" => {
                let n = record.input.number("n")?;
                self.tell(|connection| connection.advance_local_rwnd_edge(n))
            }
            "rstcfg" => Ok(Outcome::word(rst_text(self.connection()?.make_rst_config()))),
            other => Err(format!("the verb '{other}' is not known")),
        }
    }

    fn connection(&mut self) -> Reading<&mut Connection> {
        self.connection.as_mut().ok_or_else(|| "there is no connection".into())
    }

    fn tell(&mut self, action: impl FnOnce(&mut Connection)) -> Reading<Outcome> {
        action(self.connection()?);
        Ok(Outcome::ok())
    }

    /// A copy, and a connection restored from a snapshot, are as good as the original.
    fn go_on_as_another_connection(&mut self) -> Reading<()> {
        let connection = match &self.connection {
            None => return Ok(()),
            Some(connection) => connection,
        };
        self.restarts += 1;
        let other = if self.restarts % 2 == 0 {
            connection.clone()
        } else {
            Connection::restore(&connection.snapshot(), &RestoreConfig::new())
                .map_err(|error| format!("a snapshot cannot be restored: {error}"))?
        };
        self.connection = Some(other);
        Ok(())
    }

    fn open(&mut self, input: &Fields<'_>) -> Reading<Outcome> {
        self.is_opened = true;
        let (rto, rto_max) = (NonZeroU64::new(input.number("rto")?), NonZeroU16::new(input.number("rto_max")?));
        let (rto, rto_max) = match (rto, rto_max) {
            (Some(rto), Some(rto_max)) => (rto, rto_max),
            _ => return Ok(Outcome::failure("invalid_argument")), // which the types do not even let pass
        };
        let config = ConnectionConfig::new(rto)
            .rto_count_max(rto_max)
            .local_rwnd_size(input.number("rwnd")?)
            .initial_sequence_number(input.number("isn")?);
        Ok(match Connection::open(&input.bytes("seg")?, None, &config) {
            Ok(connection) => {
                self.connection = Some(connection);
                Outcome::ok()
            }
            Err(PassiveOpenError::InvalidArgument) => Outcome::failure("invalid_argument"),
            Err(PassiveOpenError::InvalidSyn) => Outcome::failure("invalid_syn"),
            Err(PassiveOpenError::MssOption) => Outcome::failure("mss_option"),
            Err(other) => Outcome::failure(other),
        })
    }

    fn receive(&mut self, segment: &[u8]) -> Reading<Outcome> {
        let (way, now) = (self.way, self.settings.now);
        let mut buf = vec![PATTERN; self.settings.rbuf];
        let connection = self.connection()?;
        let before = connection.clone();
        let parsed = TcpSegment::from_bytes(segment, None).map_err(|error| error.to_string())?;
        let received = connection.receive_segment(&parsed, &mut buf, now);
        let length = received.map_or(0, |(length, _)| length.map_or(0, |length| length.get()));
        if buf[..length] != parsed.payload()[..length] || buf[length..].iter().any(|&byte| byte != PATTERN) {
            return Ok(Outcome::failure("the buffer does not hold the payload and what it held before"));
        }
        let flags = match received {
            Ok((_, flags)) => flags,
            Err(RecvError::BufferTooSmall) => return Ok(Outcome::failure("buffer_too_small")),
            Err(RecvError::ConnectionReset) => return Ok(Outcome::failure("connection_reset")),
            Err(other) => return Ok(Outcome::failure(other)),
        };
        if way == Way::Hard {
            *connection = before;
            let in_place = connection.receive_in_place(segment, None, now);
            if !is_same_payload(segment, &in_place, &buf[..length], flags) {
                return Ok(Outcome::failure(format!("something else, {in_place:?}, without a copy")));
            }
        }
        Ok(Outcome::new().with("len", length).with_hex("flags", flags.bits()))
    }

    /// Lends the source in one of the forms that there are.
    fn write(&mut self, source: Option<Run>) -> Reading<Outcome> {
        self.writes += 1;
        let run = match source {
            None => return self.write_from::<[u8]>(None),
            Some(run) => run,
        };
        let first = Wrapping(run.first);
        if run.length > LONGEST_IN_MEMORY {
            return self.write_from(Some((&run, first)));
        }
        let bytes = run.bytes();
        match (self.way, self.writes % 4) {
            (Way::Plain, _) | (_, 0) => self.write_from(Some((&bytes[..], first))),
            (_, 1) => self.write_from(Some((&run, first))),
            (_, 2) => {
                let pieces: Vec<_> = bytes.chunks(97).map(Piece::new).collect();
                self.write_from(Some((&pieces[..], first)))
            }
            _ => {
                let copy = OnDemand::new(bytes.len(), |offset, to: &mut [u8]| {
                    to.copy_from_slice(&bytes[offset..offset + to.len()]);
                    Ok(())
                });
                self.write_from(Some((&copy, first)))
            }
        }
    }

    fn write_from<R: dumbo::pdu::bytes::ByteBuffer + ?Sized>(
        &mut self,
        source: PayloadSource<'_, R>,
    ) -> Reading<Outcome> {
        let Settings { now, wbuf, res, sport, dport, csum, .. } = self.settings;
        let mut buf = vec![0; wbuf];
        let way = self.way;
        let connection = self.connection()?;
        let written = if way == Way::Plain {
            let segment = connection.write_next_segment(&mut buf, res, source, now);
            segment
                .map(|segment| segment.map(|segment| segment.finalize(sport, dport, csum.as_ref()).as_bytes().to_vec()))
        } else {
            let sent = connection.write_segment(&mut buf, res, source, &addressing(csum, sport, dport), now);
            sent.map(|sent| sent.map(|sent| buf[..sent.length.get()].to_vec()))
        };
        Ok(match written {
            Ok(None) => Outcome::word("none"),
            Ok(Some(segment)) => Outcome::new().with_bytes("seg", &segment),
            Err(error) => Outcome::failure(write_failure(error)),
        })
    }

    /// How the connection looks from outside, if that is not as it should.
    fn state_difference(&self) -> Option<String> {
        let connection = self.connection.as_ref()?;
        let next = match connection.control_segment_or_timeout_status() {
            NextSegmentStatus::Available => "A".into(),
            NextSegmentStatus::Nothing => "N".into(),
            NextSegmentStatus::Timeout(time) => format!("T{time}"),
        };
        let flag = |value: bool| u8::from(value).to_string();
        let values = [
            connection.first_not_sent().to_string(),
            connection.highest_ack_received().to_string(),
            connection.remote_rwnd_edge().to_string(),
            flag(connection.is_established()),
            flag(connection.fin_received()),
            flag(connection.is_done()),
            flag(connection.dup_ack_pending()),
            next,
        ];
        let differences: Vec<String> = STATE
            .iter()
            .zip(values)
            .map(|(key, value)| (key, value, self.state.get(*key).map_or("nothing", String::as_str)))
            .filter(|(_, value, wanted)| value != wanted)
            .map(|(key, value, wanted)| format!("{key}={value} instead of {wanted}"))
            .collect();
        Some(differences.join(", ")).filter(|text| !text.is_empty())
    }
}

fn is_same_payload(
    segment: &[u8],
    in_place: &Result<(std::ops::Range<usize>, RecvStatusFlags), RecvError>,
    payload: &[u8],
    flags: RecvStatusFlags,
) -> bool {
    matches!(in_place, Ok((range, their_flags)) if segment.get(range.clone()) == Some(payload) && *their_flags == flags)
}

fn write_failure(error: WriteNextError) -> String {
    match error {
        WriteNextError::ConnectionReset => "connection_reset".into(),
        WriteNextError::DataAfterFin => "data_after_fin".into(),
        WriteNextError::MssRemaining => "mss_remaining".into(),
        WriteNextError::PayloadBufTooLarge => "payload_buf_too_large".into(),
        WriteNextError::PayloadMissingSeq => "payload_missing_seq".into(),
        WriteNextError::BufferTooSmall => "tcp_slice_too_short".into(),
        WriteNextError::MssOptionRoom => "tcp_mss_remaining".into(),
        WriteNextError::EmptyPayload => "tcp_empty_payload".into(),
        other => other.to_string(),
    }
}

/// Whether the payload that is wanted lies behind the end of the source that it is wanted from.
fn is_without_source(record: &Record<'_>) -> Reading<bool> {
    let (wanted, source) = match (record.wanted()?.fields.find("seg"), record.input.find("src")) {
        (Some(segment), Some(source)) => (values::bytes(segment)?, Run::read(source)?),
        _ => return Ok(false),
    };
    let segment = TcpSegment::from_bytes(&wanted[..], None).map_err(|error| error.to_string())?;
    let offset = segment.sequence_number() - Wrapping(source.first);
    Ok(!segment.payload().is_empty() && u64::from(offset.0) >= source.length)
}
