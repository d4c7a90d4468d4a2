// SPDX-License-Identifier: Apache-2.0
use std::num::{NonZeroU16, NonZeroU64};
use std::panic::{RefUnwindSafe, UnwindSafe};

use dumbo::pdu::arp::{ArpOperation, ArpPacket};
use dumbo::pdu::ethernet::{self, ETHERTYPE_ARP, ETHERTYPE_IPV4};
use dumbo::pdu::ipv4::{self, Ipv4Fields, PROTOCOL_TCP};
use dumbo::pdu::tcp::{self, Flags, TcpFields, TcpSegment};
use dumbo::pdu::{AddressPair, Addressing};
use dumbo::stack::{
    ConnectionError, ConnectionId, Event, FrameError, Offloads, Reason, SnapshotError, Stack, StackConfig, StackError,
    VerdictError, VerdictKind, VirtioNetFlags, VirtioNetHeader,
};
use dumbo::tcp::connection::State;
use dumbo::tcp::{NextSegmentStatus, RestoreConfig, RestoreError};

const US: [u8; 4] = [169, 254, 169, 254];
const GUEST: [u8; 4] = [169, 254, 0, 2];
const OUR_MAC: [u8; 6] = [6, 0, 0, 0, 0, 1];
const GUEST_MAC: [u8; 6] = [6, 0, 0, 0, 0, 2];
const TO_US: AddressPair = AddressPair::new(GUEST, US);
const TO_GUEST: AddressPair = AddressPair::new(US, GUEST);
const HEADERS: usize = ethernet::HEADER_LENGTH + ipv4::HEADER_LENGTH;
const MSS: u16 = 100;
const NOBODY: ConnectionId = ConnectionId::from_number(77);

fn config() -> StackConfig {
    StackConfig::new(OUR_MAC, US, NonZeroU64::new(200).unwrap()).listen(NonZeroU16::new(80).unwrap())
}

/// The guest's end of one connection, at time 0 for ever.
struct Guest {
    next: u32,
    expected: u32,
}

impl Guest {
    fn frame(&mut self, flags: Flags, payload: &[u8]) -> Vec<u8> {
        let mut fields = TcpFields::new(self.next, self.expected, flags, 65535);
        fields.mss_option = Some(MSS).filter(|_| flags.contains(Flags::SYN));
        let mut frame = vec![0; 1514];
        let body = Some(payload).filter(|payload| !payload.is_empty());
        let addressing = Addressing::new(TO_US, 50000, 80);
        let length = tcp::write(&mut frame[HEADERS..], &fields, body, &addressing).unwrap();
        let fields = Ipv4Fields::new(GUEST, US, PROTOCOL_TCP, length as u16);
        let packet = &mut frame[ethernet::HEADER_LENGTH..];
        let length = ipv4::write(packet, &fields).unwrap();
        let length = ethernet::write(&mut frame, OUR_MAC, GUEST_MAC, ETHERTYPE_IPV4, length).unwrap();
        frame.truncate(length);
        let octets = payload.len() + usize::from(flags.intersects(Flags::SYN | Flags::FIN));
        self.next = self.next.wrapping_add(octets as u32);
        frame
    }

    fn sends(&mut self, stack: &mut Stack, flags: Flags, payload: &[u8]) {
        let verdict = stack.receive_frame(&self.frame(flags, payload), 0, None).unwrap();
        assert_eq!((verdict.kind, verdict.error), (VerdictKind::Received, None));
    }

    /// Takes all frames that wait, and returns their payload and flags.
    fn hears(&mut self, stack: &mut Stack) -> (Vec<u8>, Flags) {
        let (mut heard, mut flags) = (Vec::new(), Flags::empty());
        let mut frame = [0; 1514];
        while let Some(length) = stack.next_frame(&mut frame, 0).unwrap() {
            let packet = &frame[ethernet::parse(&frame[..length]).unwrap().payload][..length - 14];
            let header = ipv4::parse(packet, true).unwrap();
            let segment = TcpSegment::from_bytes(&packet[header.payload], Some(&TO_GUEST)).unwrap();
            let octets = segment.payload().len() + usize::from(segment.flags().intersects(Flags::SYN | Flags::FIN));
            self.expected = segment.sequence_number().0.wrapping_add(octets as u32);
            heard.extend_from_slice(segment.payload());
            flags |= segment.flags();
        }
        (heard, flags)
    }

    fn connects(stack: &mut Stack) -> (Self, ConnectionId) {
        let mut guest = Self { next: 1000, expected: 0 };
        let verdict = stack.receive_frame(&guest.frame(Flags::SYN, b""), 0, None).unwrap();
        assert_eq!(verdict.kind, VerdictKind::Opening);
        assert_eq!(guest.hears(stack), (vec![], Flags::SYN | Flags::ACK));
        guest.sends(stack, Flags::ACK, b"");
        let id = verdict.connection.unwrap();
        assert_eq!(stack.next_event(), Some(Event::Opened(id)));
        assert_eq!(stack.next_event(), None);
        (guest, id)
    }
}

#[test]
fn stacks_can_be_sent_to_and_shared_with_other_threads() {
    fn is_for_threads<T: Send + Sync + 'static>() {}
    is_for_threads::<Stack>();
    is_for_threads::<StackConfig>();
}

#[test]
fn stacks_can_be_used_behind_a_panic_that_was_caught() {
    fn is_for_catching<T: UnwindSafe + RefUnwindSafe>() {}
    is_for_catching::<Stack>();
    is_for_catching::<StackConfig>();
}

#[test]
fn configs_that_no_stack_can_have_are_refused() {
    let without_ports = StackConfig::new(OUR_MAC, US, NonZeroU64::new(200).unwrap());
    assert_eq!(Stack::new(&without_ports).unwrap_err(), StackError::InvalidArgument);
    let ports = (1..=9).filter_map(NonZeroU16::new);
    let with_too_many = ports.clone().fold(without_ports, StackConfig::listen);
    assert_eq!(Stack::new(&with_too_many).unwrap_err(), StackError::InvalidArgument);
    assert_eq!(with_too_many.size(), Err(StackError::InvalidArgument));
    assert!(Stack::new(&ports.take(8).fold(without_ports, StackConfig::listen)).is_ok());
    assert_eq!(Stack::new(&config().offloads(Offloads::TSO4)).unwrap_err(), StackError::InvalidArgument);
    let refused = Stack::restore(&[], &with_too_many, &RestoreConfig::new());
    assert_eq!(refused.unwrap_err(), RestoreError::InvalidArgument);
}

#[test]
fn the_size_follows_from_the_config() {
    let small = config().max_connections(1, 1).buffers(1000, 1000).max_replies(1);
    let large = config().max_connections(2, 1).buffers(1000, 1000).max_replies(1);
    assert!(small.size().unwrap() + 2000 <= large.size().unwrap());
}

#[test]
fn bytes_go_both_ways_and_both_sides_close() {
    let mut stack = Stack::new(&config()).unwrap();
    let (mut guest, id) = Guest::connects(&mut stack);

    guest.sends(&mut stack, Flags::ACK | Flags::PSH, b"question");
    assert_eq!(stack.next_event(), Some(Event::Readable(id)));
    assert_eq!(stack.read(id).unwrap(), b"question");
    assert_eq!(stack.consume(id, 5), Ok(5));
    assert_eq!(stack.read(id).unwrap(), b"ion");
    assert_eq!(stack.consume(id, 100), Ok(3));
    assert_eq!(stack.read(id).unwrap(), b"");

    assert_eq!(stack.write(id, b"answer, "), Ok(8));
    stack.lend_static(id, b"and more").unwrap();
    assert_eq!(stack.lend_static(id, b"too much"), Err(ConnectionError::Lent));
    assert_eq!(stack.next_status(0), Ok(NextSegmentStatus::Available));
    let info = stack.connection_info(id).unwrap();
    assert_eq!((info.state, info.peer_ipv4, info.peer_port), (State::Established, GUEST, 50000));
    assert_eq!((info.queued, info.lent, info.mss, info.is_closing), (8, 8, MSS, false));
    stack.close(id).unwrap();
    assert_eq!(stack.write(id, b"x"), Err(ConnectionError::Closing));
    assert_eq!(guest.hears(&mut stack), (b"answer, and more".to_vec(), Flags::ACK | Flags::FIN));
    assert_eq!(stack.lent(id), Ok(8));
    assert_eq!(stack.next_status(0), Ok(NextSegmentStatus::Timeout(200)));

    guest.sends(&mut stack, Flags::ACK | Flags::FIN, b"");
    guest.hears(&mut stack);
    let events: Vec<_> = std::iter::from_fn(|| stack.next_event()).collect();
    assert_eq!(events.last(), Some(&Event::Closed(id, Reason::Finished)));
    assert_eq!(stack.connection_count(), 0);
    let counters = stack.counters();
    assert_eq!((counters.opened, counters.established, counters.finished), (1, 1, 1));
}

#[test]
fn an_aborted_connection_is_reset() {
    let mut stack = Stack::new(&config()).unwrap();
    let (mut guest, id) = Guest::connects(&mut stack);
    stack.set_ttl(id, 1).unwrap();
    assert_eq!(stack.set_ttl(id, 0), Err(ConnectionError::InvalidArgument));
    stack.abort(id).unwrap();
    assert!(guest.hears(&mut stack).1.contains(Flags::RST));
    assert_eq!(stack.next_event(), Some(Event::Closed(id, Reason::Reset)));
    let verdict = stack.receive_frame(&guest.frame(Flags::ACK, b"x"), 0, None).unwrap();
    assert_eq!((verdict.kind, verdict.connection), (VerdictKind::Refused, None));
}

#[test]
fn frames_for_others_and_damaged_ones_are_told_apart() {
    let mut stack = Stack::new(&config()).unwrap();
    let mut frame = Guest { next: 1, expected: 0 }.frame(Flags::SYN, b"");
    assert!(stack.frame_is_for_us(&frame));
    frame[40] ^= 1;
    let verdict = stack.receive_frame(&frame, 0, None).unwrap();
    assert_eq!((verdict.kind, verdict.error), (VerdictKind::Malformed, Some(VerdictError::Checksum)));
    frame[33] ^= 1;
    assert!(!stack.frame_is_for_us(&frame));
    assert_eq!(stack.receive_frame(&[0; 60], 0, None).unwrap().kind, VerdictKind::Foreign);
    assert_eq!(stack.receive_frame(&[], 0, None).unwrap().kind, VerdictKind::Malformed);
}

#[test]
fn what_is_wrong_with_a_frame_is_told() {
    let mut stack = Stack::new(&config()).unwrap();
    let mut told = |frame: &[u8]| stack.receive_frame(frame, 0, None).unwrap().error;
    let frame = |flags, payload: &[u8]| Guest { next: 1, expected: 0 }.frame(flags, payload);
    let ipv4 = |version_and_length, total_length| {
        let mut altered = frame(Flags::SYN, b"");
        altered[14] = version_and_length;
        altered[17] = total_length;
        altered
    };
    assert_eq!(told(&frame(Flags::SYN | Flags::FIN, b"")), Some(VerdictError::InvalidSyn));
    assert_eq!(told(&frame(Flags::SYN, b"")), None);
    assert_eq!(told(&frame(Flags::SYN, b"")[..13]), Some(VerdictError::Truncated));
    assert_eq!(told(&frame(Flags::SYN, b"")[..57]), Some(VerdictError::LengthMismatch));
    assert_eq!(told(&ipv4(0x55, 44)), Some(VerdictError::IpVersion));
    assert_eq!(told(&ipv4(0x41, 44)), Some(VerdictError::HeaderLength));
    assert_eq!(told(&ipv4(0x46, 23)), Some(VerdictError::TotalLength));
    let arp = |place: usize, value| {
        let packet = ArpPacket::new(ArpOperation::Request, GUEST_MAC, GUEST, [0; 6], US);
        let mut frame = [0; 42];
        ethernet::write(&mut frame, OUR_MAC, GUEST_MAC, ETHERTYPE_ARP, 28).unwrap();
        packet.write(&mut frame[14..]).unwrap();
        frame[14 + place] = value;
        frame
    };
    assert_eq!(told(&arp(1, 2)), Some(VerdictError::HardwareType));
    assert_eq!(told(&arp(2, 0)), Some(VerdictError::ProtocolType));
    assert_eq!(told(&arp(4, 5)), Some(VerdictError::HardwareLength));
    assert_eq!(told(&arp(5, 5)), Some(VerdictError::ProtocolLength));
    assert_eq!(told(&arp(7, 2)), Some(VerdictError::Operation));
}

#[test]
fn a_connection_that_is_not_there_is_an_error_for_every_call() {
    let mut stack = Stack::new(&config()).unwrap();
    let wanted = Err(ConnectionError::NoConnection);
    assert_eq!(stack.read(NOBODY).map(|_| ()), wanted);
    assert_eq!(stack.consume(NOBODY, 1).map(|_| ()), wanted);
    assert_eq!(stack.write(NOBODY, b"x").map(|_| ()), wanted);
    assert_eq!(stack.lend_static(NOBODY, b"x"), wanted);
    assert_eq!(stack.lent(NOBODY).map(|_| ()), wanted);
    assert_eq!(stack.close(NOBODY), wanted);
    assert_eq!(stack.abort(NOBODY), wanted);
    assert_eq!(stack.set_ttl(NOBODY, 1), wanted);
    assert_eq!(stack.connection_info(NOBODY).map(|_| ()), wanted);
}

#[test]
fn time_that_goes_back_and_short_buffers_are_refused() {
    let mut stack = Stack::new(&config()).unwrap();
    stack.receive_frame(&[], 10, None).unwrap();
    assert_eq!(stack.receive_frame(&[], 9, None), Err(FrameError::TimestampDecreased));
    assert_eq!(stack.next_frame(&mut [0; 58], 9), Err(FrameError::TimestampDecreased));
    assert_eq!(stack.next_status(9), Err(FrameError::TimestampDecreased));
    assert_eq!(stack.next_frame(&mut [0; 57], 10), Err(FrameError::BufferTooSmall));
    assert_eq!(stack.snapshot_to(&mut [0; 9]), Err(SnapshotError::BufferTooSmall));
}

#[test]
fn a_device_is_told_what_it_has_to_do() {
    let mut stack = Stack::new(&config()).unwrap();
    let (_, id) = Guest::connects(&mut stack);
    stack.set_offloads(Offloads::CHECKSUM | Offloads::TSO4).unwrap();
    assert_eq!(stack.set_offloads(Offloads::TSO4), Err(StackError::InvalidArgument));
    stack.write(id, &[5; 300]).unwrap();
    let (length, header) = stack.next_frame_for_device(&mut [0; 1514], 0).unwrap().unwrap();
    assert_eq!((length, header.gso_size, header.gso_type), (HEADERS + 320, MSS, VirtioNetHeader::GSO_TCPV4));
    assert_eq!((header.flags, header.csum_start, header.csum_offset), (VirtioNetFlags::NEEDS_CHECKSUM, 34, 16));

    let mut frame = Guest { next: 1, expected: 0 }.frame(Flags::SYN, b"");
    frame[50] ^= 1; // the checksum, for which the header vouches
    let verdict = stack.receive_frame(&frame, 0, Some(&header)).unwrap();
    assert_ne!(verdict.kind, VerdictKind::Malformed);
}

#[test]
fn a_stack_is_restored_with_its_connections() {
    let mut stack = Stack::new(&config()).unwrap();
    let (mut guest, id) = Guest::connects(&mut stack);
    guest.sends(&mut stack, Flags::ACK, b"unread");
    stack.write(id, b"unsent").unwrap();
    let mut bytes = vec![0; stack.snapshot_len()];
    assert_eq!(stack.snapshot_to(&mut bytes), Ok(bytes.len()));
    drop(stack);

    let mut stack = Stack::restore(&bytes, &config(), &RestoreConfig::new().rebase(0, 0)).unwrap();
    assert_eq!(stack.read(id).unwrap(), b"unread");
    assert_eq!(guest.hears(&mut stack).0, b"unsent");

    bytes[100] ^= 1;
    let damaged = Stack::restore(&bytes, &config(), &RestoreConfig::new());
    assert_eq!(damaged.unwrap_err(), RestoreError::Checksum);
}

/// With std a stack keeps the owners of bytes that are lent to it.
#[cfg(feature = "std")]
mod lending {
    use std::sync::Arc;

    use dumbo::stack::LendError;

    use super::*;

    fn lent() -> Arc<[u8]> {
        Arc::from(&b"from where it lies"[..])
    }

    #[test]
    fn bytes_are_kept_until_they_are_acknowledged() {
        let bytes = lent();
        let mut stack = Stack::new(&config()).unwrap();
        let (mut guest, id) = Guest::connects(&mut stack);
        stack.lend(id, Arc::clone(&bytes)).unwrap();
        let refused = stack.lend(id, Arc::clone(&bytes)).unwrap_err();
        assert_eq!(refused, LendError { error: ConnectionError::Lent, bytes: Arc::clone(&bytes) });
        drop(refused);
        assert_eq!(Arc::strong_count(&bytes), 2);
        assert_eq!(guest.hears(&mut stack).0, &bytes[..]);
        assert_eq!((stack.next_event(), Arc::strong_count(&bytes)), (None, 2));
        guest.sends(&mut stack, Flags::ACK, b"");
        assert_eq!((stack.next_event(), Arc::strong_count(&bytes)), (Some(Event::Writable(id)), 1));
        stack.lend(id, b"and others".to_vec()).unwrap();
        assert_eq!(guest.hears(&mut stack).0, b"and others");
    }

    #[test]
    fn bytes_are_kept_until_the_end_of_their_connection_is_told() {
        let bytes = lent();
        let mut stack = Stack::new(&config()).unwrap();
        let (mut guest, id) = Guest::connects(&mut stack);
        stack.lend(id, Arc::clone(&bytes)).unwrap();
        stack.abort(id).unwrap();
        guest.hears(&mut stack);
        assert_eq!(Arc::strong_count(&bytes), 2);
        assert_eq!(stack.next_event(), Some(Event::Closed(id, Reason::Reset)));
        assert_eq!(Arc::strong_count(&bytes), 1);
    }

    #[test]
    fn bytes_go_with_the_stack() {
        let bytes = lent();
        let mut stack = Stack::new(&config()).unwrap();
        let (_, id) = Guest::connects(&mut stack);
        stack.lend(id, Arc::clone(&bytes)).unwrap();
        drop(stack);
        assert_eq!(Arc::strong_count(&bytes), 1);
    }

    #[test]
    fn no_bytes_are_no_loan() {
        let mut stack = Stack::new(&config()).unwrap();
        let (_, id) = Guest::connects(&mut stack);
        stack.lend(id, Vec::new()).unwrap();
        assert_eq!(stack.lent(id), Ok(0));
    }

    #[test]
    fn bytes_that_are_refused_are_given_back() {
        struct Bytes(&'static [u8]); // which cannot be printed, compared or copied
        impl AsRef<[u8]> for Bytes {
            fn as_ref(&self) -> &[u8] {
                self.0
            }
        }
        let mut stack = Stack::new(&config()).unwrap();
        let refused = stack.lend(NOBODY, Bytes(b"once and never again")).unwrap_err();
        assert_eq!((refused.error, refused.bytes.0), (ConnectionError::NoConnection, &b"once and never again"[..]));
        assert_eq!(refused.to_string(), ConnectionError::NoConnection.to_string());
        assert_eq!(format!("{refused:?}"), "LendError { error: NoConnection, .. }");
        let _: Box<dyn std::error::Error> = refused.into();
    }

    #[test]
    fn what_was_lent_to_a_stack_is_lent_again_when_it_is_restored() {
        let mut stack = Stack::new(&config()).unwrap();
        let (mut guest, id) = Guest::connects(&mut stack);
        stack.lend(id, lent()).unwrap();
        let bytes = stack.snapshot();
        let mut stack = Stack::restore(&bytes, &config(), &RestoreConfig::new()).unwrap();
        assert!(stack.connection_info(id).unwrap().is_lent_missing);
        assert_eq!(guest.hears(&mut stack).0, b"");
        assert_eq!(stack.lend(id, b"something else".to_vec()).unwrap_err().error, ConnectionError::Lent);
        stack.lend(id, lent()).unwrap();
        assert_eq!(guest.hears(&mut stack).0, &lent()[..]);
    }
}
