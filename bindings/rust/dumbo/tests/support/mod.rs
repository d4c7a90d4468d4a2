// SPDX-License-Identifier: Apache-2.0
//! A guest, played by the tests.
#![allow(dead_code)] // no test program needs all of it

use std::num::{NonZeroU64, Wrapping};

use dumbo::pdu::tcp::{self, Flags, TcpFields, TcpSegment};
use dumbo::pdu::{AddressPair, Addressing};
use dumbo::tcp::connection::{Connection, ConnectionConfig};

pub const US: [u8; 4] = [169, 254, 169, 254];
pub const GUEST: [u8; 4] = [169, 254, 0, 2];
pub const GUEST_PORT: u16 = 50000;
pub const OUR_PORT: u16 = 80;
pub const TO_US: AddressPair = AddressPair::new(GUEST, US);
pub const TO_GUEST: AddressPair = AddressPair::new(US, GUEST);

/// The guest's initial sequence number and ours: both wrap soon.
pub const GUEST_ISN: u32 = u32::MAX - 2;
pub const OUR_ISN: u32 = u32::MAX - 5;
pub const MSS: u16 = 500;
pub const RTO: u64 = 100;
pub const NO_PAYLOAD: Option<(&[u8], Wrapping<u32>)> = None;

pub fn addressing() -> Addressing {
    Addressing::new(TO_GUEST, OUR_PORT, GUEST_PORT)
}

pub fn config() -> ConnectionConfig {
    ConnectionConfig::new(NonZeroU64::new(RTO).unwrap()).initial_sequence_number(OUR_ISN)
}

/// A segment of the guest's. Its numbers count from the initial ones on, so that the first byte has number 1.
pub fn from_guest(seq: u32, ack: u32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let mut fields = TcpFields::new(GUEST_ISN.wrapping_add(seq), OUR_ISN.wrapping_add(ack), flags, 65535);
    fields.mss_option = Some(MSS).filter(|_| flags.contains(Flags::SYN));
    let mut segment = vec![0; 24 + payload.len()];
    let payload = Some(payload).filter(|payload| !payload.is_empty());
    let length = tcp::write(&mut segment, &fields, payload, &Addressing::new(TO_US, GUEST_PORT, OUR_PORT)).unwrap();
    segment.truncate(length);
    segment
}

pub fn syn() -> Vec<u8> {
    from_guest(0, 0, Flags::SYN, b"")
}

/// A connection right after its handshake, at time 0.
pub fn established() -> Connection {
    established_with(&config())
}

pub fn established_with(config: &ConnectionConfig) -> Connection {
    let mut connection = Connection::open(&syn(), Some(&TO_US), config).unwrap();
    assert!(written(&mut connection, None, 0).is_some());
    deliver(&mut connection, &from_guest(1, 1, Flags::ACK, b""), 0);
    assert!(connection.is_established());
    connection
}

/// What the connection delivers of a segment that is as it should be.
pub fn deliver(connection: &mut Connection, segment: &[u8], now: u64) -> Vec<u8> {
    let mut buf = [0; 2000];
    let (length, oddities) = connection.receive(segment, Some(&TO_US), &mut buf, now).unwrap();
    assert!(oddities.is_empty(), "{oddities:?}");
    buf[..length.map_or(0, |length| length.get())].to_vec()
}

/// The segment that the connection writes, if there is one.
pub fn written(connection: &mut Connection, source: Option<(&[u8], Wrapping<u32>)>, now: u64) -> Option<Vec<u8>> {
    let mut buf = [0; 2000];
    let sent = connection.write_segment(&mut buf, 0, source, &addressing(), now).unwrap()?;
    let segment = buf[..sent.length.get()].to_vec();
    TcpSegment::from_bytes(&segment[..], Some(&TO_GUEST)).expect("what is written has a good checksum");
    Some(segment)
}
