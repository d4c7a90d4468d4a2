// SPDX-License-Identifier: Apache-2.0
//! A program of a user, in Rust: a peer that this file plays opens a connection, asks, is answered, and both sides close.
//! It ends with 0 if everything went as it should.
use std::error::Error;
use std::num::{NonZeroU16, NonZeroU64, Wrapping};

use dumbo::pdu::tcp::{self, Flags, TcpFields, TcpSegment};
use dumbo::pdu::{AddressPair, Addressing};
use dumbo::tcp::connection::{Connection, PassiveOpenError, PayloadSource, RecvError, State};
use dumbo::tcp::seq_after;

const OUR_PORT: u16 = 80;
const PEER_PORT: u16 = 40000;
const TO_US: AddressPair = AddressPair::new([169, 254, 1, 2], [169, 254, 169, 254]);
const TO_PEER: AddressPair = TO_US.reversed();
const QUESTION: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.0 200 OK\r\n\r\nhello";
const NOTHING: PayloadSource<'static, [u8]> = None;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The peer, and what it will send and expects next.
struct Peer {
    seq: u32,
    ack: u32,
}

impl Peer {
    fn segment(&mut self, flags: Flags, payload: &[u8]) -> Outcome<Vec<u8>> {
        let mut segment = vec![0; 600];
        let source = Some(payload).filter(|payload| !payload.is_empty());
        let fields = TcpFields::new(self.seq, self.ack, flags, 30000);
        let length = tcp::write(&mut segment, &fields, source, &Addressing::new(TO_US, PEER_PORT, OUR_PORT))?;
        segment.truncate(length);
        self.seq = self.seq.wrapping_add(octets(flags, payload));
        Ok(segment)
    }

    /// Lets the connection receive a segment, and returns the payload that it delivers.
    fn sends(&mut self, connection: &mut Connection, flags: Flags, payload: &[u8]) -> Outcome<Vec<u8>> {
        let segment = self.segment(flags, payload)?;
        let segment = TcpSegment::from_bytes(&segment[..], Some(&TO_US))?;
        let mut buffer = [0; 600];
        let (length, oddities) = connection.receive_segment(&segment, &mut buffer, 0)?;
        check(oddities.is_empty(), "nothing is odd about the peer's segment")?;
        Ok(buffer[..length.map_or(0, |length| length.get())].to_vec())
    }

    /// Lets the connection write a segment, and returns its flags and payload.
    fn hears(&mut self, connection: &mut Connection, source: PayloadSource<'_, [u8]>) -> Outcome<(Flags, Vec<u8>)> {
        let mut packet = [0; 600];
        let segment = connection.write_next_segment(&mut packet, 0, source, 0)?.ok_or("there is no segment")?;
        let segment = segment.finalize(OUR_PORT, PEER_PORT, Some(&TO_PEER));
        TcpSegment::from_bytes(segment.as_bytes(), Some(&TO_PEER))?;
        self.ack = segment.sequence_number().0.wrapping_add(octets(segment.flags(), segment.payload()));
        Ok((segment.flags(), segment.payload().to_vec()))
    }
}

/// How many sequence numbers a segment takes.
fn octets(flags: Flags, payload: &[u8]) -> u32 {
    payload.len() as u32 + u32::from(flags.intersects(Flags::SYN | Flags::FIN))
}

fn check(truth: bool, what: &str) -> Outcome<()> {
    if truth {
        Ok(())
    } else {
        Err(what.into())
    }
}

fn open(syn: &[u8]) -> Outcome<Connection> {
    let syn = TcpSegment::from_bytes(syn, Some(&TO_US))?;
    let (timeout, timeouts) = (NonZeroU64::new(1000).ok_or("no time")?, NonZeroU16::new(15).ok_or("no timeouts")?);
    Ok(Connection::passive_open(&syn, 65535, timeout, timeouts)?)
}

fn converse() -> Outcome<Connection> {
    let mut peer = Peer { seq: 4_294_967_290, ack: 0 };
    let mut connection = open(&peer.segment(Flags::SYN, b"")?)?;
    check(peer.hears(&mut connection, NOTHING)? == (Flags::SYN | Flags::ACK, vec![]), "the SYN is answered")?;
    let first = Wrapping(peer.ack);

    check(peer.sends(&mut connection, Flags::ACK | Flags::PSH, QUESTION)? == QUESTION, "the question arrives")?;
    check(connection.state() == State::Established, "the handshake is over")?;
    let answer = peer.hears(&mut connection, Some((ANSWER, first)))?;
    check(answer == (Flags::ACK, ANSWER.to_vec()), "the answer goes out with an ACK of the question")?;
    check(seq_after(connection.first_not_sent(), first), "the sequence numbers have moved on")?;

    connection.close();
    peer.sends(&mut connection, Flags::ACK, b"")?;
    check(peer.hears(&mut connection, NOTHING)? == (Flags::ACK | Flags::FIN, vec![]), "our half is closed")?;
    peer.sends(&mut connection, Flags::ACK | Flags::FIN, b"")?;
    check(peer.hears(&mut connection, NOTHING)? == (Flags::ACK, vec![]), "the peer's FIN is acknowledged")?;
    check(connection.is_done() && connection.fin_acknowledged(), "both sides are closed")?;
    Ok(connection)
}

fn fail(mut connection: Connection) -> Outcome<()> {
    let mut peer = Peer { seq: 1, ack: 1 };
    let refused = open(&peer.segment(Flags::ACK, b"")?).err().ok_or("an ACK has opened a connection")?;
    let reason = refused.downcast_ref::<PassiveOpenError>();
    check(reason == Some(&PassiveOpenError::InvalidSyn), "an ACK opens nothing")?;
    check(!refused.to_string().is_empty(), "an error has a text")?;
    connection.reset();
    let segment = peer.segment(Flags::ACK, b"x")?;
    let late = connection.receive_in_place(&segment, None, 0);
    check(late == Err(RecvError::ConnectionReset), "nothing is received behind a reset")
}

fn main() -> Outcome<()> {
    fail(converse()?)?;
    println!("a connection in Rust, from its SYN to both FINs, on libdumbo {}", dumbo::version());
    Ok(())
}
