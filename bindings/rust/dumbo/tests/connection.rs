// SPDX-License-Identifier: Apache-2.0
use std::num::{NonZeroU16, NonZeroU64, NonZeroUsize, Wrapping};
use std::panic::{RefUnwindSafe, UnwindSafe};

use dumbo::pdu::bytes::{ByteBuffer, OnDemand, Piece, ReadFailed};
use dumbo::pdu::tcp::{Flags, TcpSegment};
use dumbo::pdu::{ChecksumPolicy, Incomplete};
use dumbo::tcp::connection::{
    Cause, CloseError, Connection, ConnectionConfig, ConnectionOptions, PassiveOpenError, PayloadSource, RecvError,
    RecvStatusFlags, State, WriteNextError,
};
use dumbo::tcp::{NextSegmentStatus, RestoreConfig, RestoreError, RstConfig, MAX_WINDOW_SIZE};

use support::*;

mod support;

const FIRST: Wrapping<u32> = Wrapping(OUR_ISN.wrapping_add(1));

fn is_for_threads<T: Send + Sync + 'static>() {}

#[test]
fn users_of_the_ancestor_find_its_signatures() {
    fn is_plain<T: Clone + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    type Bytes<'a> = TcpSegment<'a, &'static [u8]>;
    type Received = Result<(Option<NonZeroUsize>, RecvStatusFlags), RecvError>;
    type Written<'a> = Result<Option<Incomplete<TcpSegment<'a, &'a mut [u8]>>>, WriteNextError>;
    type Open = fn(&Bytes<'_>, u32, NonZeroU64, NonZeroU16) -> Result<Connection, PassiveOpenError>;
    type Receive = fn(&mut Connection, &Bytes<'_>, &mut [u8], u64) -> Received;
    type Write = for<'a> fn(&mut Connection, &'a mut [u8], u16, PayloadSource<'_, [u8]>, u64) -> Written<'a>;

    is_plain::<Connection>();
    let _: Open = Connection::passive_open::<&[u8]>;
    let _: Receive = Connection::receive_segment::<&[u8]>;
    let _: Write = Connection::write_next_segment::<[u8]>;
    let _: [fn(&mut Connection); 2] = [Connection::close, Connection::reset];
    let _: fn(&mut Connection, u32) = Connection::advance_local_rwnd_edge;
    let _: fn(&Connection) -> RstConfig = Connection::make_rst_config;
    let _: fn(&Connection) -> NextSegmentStatus = Connection::control_segment_or_timeout_status;
    let _: [fn(&Connection) -> bool; 4] =
        [Connection::is_established, Connection::fin_received, Connection::is_done, Connection::dup_ack_pending];
    let _: [fn(&Connection) -> Wrapping<u32>; 3] =
        [Connection::first_not_sent, Connection::highest_ack_received, Connection::remote_rwnd_edge];
}

#[test]
fn connections_and_what_describes_them_can_be_sent_to_and_shared_with_other_threads() {
    is_for_threads::<Connection>();
    is_for_threads::<ConnectionConfig>();
    is_for_threads::<Piece<'static>>();
    is_for_threads::<PassiveOpenError>();
    let connection = established();
    let there = std::thread::spawn(move || connection.state());
    assert_eq!(there.join().unwrap(), State::Established);
}

#[test]
fn a_segment_that_is_no_syn_opens_nothing() {
    let open = |segment: &[u8]| Connection::open(segment, Some(&TO_US), &config()).unwrap_err();
    assert_eq!(open(&from_guest(0, 0, Flags::SYN | Flags::ACK, b"")), PassiveOpenError::InvalidSyn);
    assert_eq!(open(&from_guest(0, 0, Flags::SYN, b"x")), PassiveOpenError::InvalidSyn);
    assert_eq!(open(&syn()[..19]), PassiveOpenError::Truncated);
    assert_eq!(open(&[]), PassiveOpenError::Truncated);
    let mut damaged = syn();
    damaged[0] ^= 1;
    assert_eq!(open(&damaged), PassiveOpenError::Checksum);
    damaged[12] = 0x40;
    assert_eq!(open(&damaged), PassiveOpenError::HeaderLength);
}

#[test]
fn a_syn_with_an_unacceptable_mss_opens_nothing() {
    let mut segment = syn();
    segment[22..24].copy_from_slice(&99_u16.to_be_bytes());
    let parsed = TcpSegment::from_bytes(&segment[..], None).unwrap();
    let (rto, count) = (NonZeroU64::new(1).unwrap(), NonZeroU16::new(1).unwrap());
    assert_eq!(Connection::passive_open(&parsed, 0, rto, count).unwrap_err(), PassiveOpenError::MssOption);
}

#[test]
fn a_window_above_the_largest_is_refused() {
    let too_large = config().local_rwnd_size(MAX_WINDOW_SIZE + 1);
    assert_eq!(Connection::open(&syn(), None, &too_large).unwrap_err(), PassiveOpenError::InvalidArgument);
    assert!(Connection::open(&syn(), None, &config().local_rwnd_size(MAX_WINDOW_SIZE)).is_ok());
}

#[test]
fn what_a_connection_is_opened_with_shows() {
    let parsed = syn();
    let parsed = TcpSegment::from_bytes(&parsed[..], None).unwrap();
    let mut connection =
        Connection::passive_open(&parsed, 1234, NonZeroU64::new(7).unwrap(), NonZeroU16::new(1).unwrap()).unwrap();
    assert_eq!((connection.local_rwnd(), connection.mss()), (1234, MSS));
    assert_eq!(connection.next_expected(), Wrapping(GUEST_ISN) + Wrapping(1));
    assert_eq!(connection.state(), State::SynReceived);
    assert_eq!(connection.control_segment_or_timeout_status(), NextSegmentStatus::Available);
    assert!(written(&mut connection, None, 10).is_some());
    assert_eq!(connection.control_segment_or_timeout_status(), NextSegmentStatus::Timeout(17));
    let mut buf = [0; 100];
    let sent = connection.write_segment(&mut buf, 0, NO_PAYLOAD, &addressing(), 17).unwrap().unwrap();
    assert_eq!(sent.cause, Cause::GivenUp);
    assert!(connection.is_reset());
}

#[test]
fn options_do_what_they_say() {
    let lingering = config().options(ConnectionOptions::LINGER);
    for (config, is_done) in [(config(), true), (lingering, false)] {
        let mut connection = established_with(&config);
        connection.close();
        assert!(written(&mut connection, None, 0).is_some());
        let fin = from_guest(1, 1, Flags::ACK | Flags::FIN, b"");
        connection.receive(&fin, None, &mut [], 0).unwrap();
        assert!(connection.fin_received() && !connection.fin_acknowledged());
        assert_eq!(connection.is_done(), is_done);
        assert_eq!(connection.state(), State::LastAck);
    }
    let unknown = config().options(ConnectionOptions::from_bits(0x100));
    assert_eq!(Connection::open(&syn(), None, &unknown).unwrap_err(), PassiveOpenError::InvalidArgument);
    assert!(Connection::open(&syn(), None, &config().options(ConnectionOptions::GUEST_FACING)).is_ok());
}

#[test]
fn a_receive_buffer_that_is_too_short_changes_nothing() {
    let mut connection = established();
    let before = connection.snapshot();
    let segment = from_guest(1, 1, Flags::ACK, b"four");
    let too_short = connection.receive(&segment, None, &mut [0; 3], 0);
    assert_eq!(too_short.unwrap_err(), RecvError::BufferTooSmall);
    assert_eq!(connection.snapshot(), before);
    let mut buf = *b".....";
    let (length, _) = connection.receive(&segment, None, &mut buf, 0).unwrap();
    assert_eq!((length, &buf), (NonZeroUsize::new(4), b"four."));
}

#[test]
fn a_buffer_without_room_for_a_header_changes_nothing() {
    let mut connection = Connection::open(&syn(), None, &config()).unwrap();
    let before = connection.snapshot();
    let too_short = connection.write_next_segment(&mut [0; 23], 0, NO_PAYLOAD, 0).unwrap_err();
    assert_eq!(too_short, WriteNextError::BufferTooSmall);
    assert_eq!(connection.snapshot(), before);
    assert!(connection.write_next_segment(&mut [0; 24], 0, NO_PAYLOAD, 0).unwrap().is_some());
}

#[test]
fn time_that_goes_back_is_refused() {
    let mut connection = established();
    deliver(&mut connection, &from_guest(1, 1, Flags::ACK, b""), 10);
    let before = connection.snapshot();
    let segment = from_guest(1, 1, Flags::ACK, b"x");
    assert_eq!(connection.receive(&segment, None, &mut [0; 9], 9).unwrap_err(), RecvError::TimestampDecreased);
    assert_eq!(connection.receive_in_place(&segment, None, 9).unwrap_err(), RecvError::TimestampDecreased);
    let back = connection.write_next_segment(&mut [0; 99], 0, NO_PAYLOAD, 9).unwrap_err();
    assert_eq!(back, WriteNextError::TimestampDecreased);
    assert_eq!(connection.snapshot(), before);
}

#[test]
fn payload_is_received_in_place_and_with_its_checksum() {
    let mut connection = established();
    let segment = from_guest(1, 1, Flags::ACK | Flags::PSH, b"hello");
    let mut damaged = segment.clone();
    damaged[21] ^= 1;
    assert_eq!(connection.receive_in_place(&damaged, Some(&TO_US), 0).unwrap_err(), RecvError::Checksum);
    let (place, oddities) = connection.receive_in_place(&segment, Some(&TO_US), 0).unwrap();
    assert_eq!((&segment[place], oddities), (&b"hello"[..], RecvStatusFlags::empty()));
    let (nothing, oddities) = connection.receive_in_place(&segment, Some(&TO_US), 0).unwrap();
    assert_eq!((nothing.len(), oddities), (0, RecvStatusFlags::UNEXPECTED_SEQ));
}

#[test]
fn a_closed_window_is_opened_again() {
    let mut connection = established_with(&config().local_rwnd_size(5));
    deliver(&mut connection, &from_guest(1, 1, Flags::ACK, b"hello"), 0);
    assert_eq!(connection.local_rwnd(), 0);
    let beyond = connection.receive(&from_guest(6, 1, Flags::ACK, b"x"), None, &mut [0; 9], 0).unwrap();
    assert_eq!(beyond, (None, RecvStatusFlags::SEGMENT_BEYOND_RWND));
    connection.advance_local_rwnd_edge(5);
    assert_eq!(deliver(&mut connection, &from_guest(6, 1, Flags::ACK, b"x"), 0), b"x");
}

/// What a fresh connection makes of a source.
fn sent_from<R: ByteBuffer + ?Sized>(source: &R) -> Vec<u8> {
    let mut connection = established();
    let mut buf = [0; 2000];
    let sent = connection.write_segment(&mut buf, 0, Some((source, FIRST)), &addressing(), 0).unwrap().unwrap();
    assert_eq!(sent.cause, Cause::Data);
    buf[..sent.length.get()].to_vec()
}

#[test]
fn all_kinds_of_sources_send_the_same() {
    let bytes: Vec<u8> = (0..=255).cycle().take(700).collect();
    let wanted = sent_from(&bytes[..]);
    assert_eq!(wanted[20..], bytes[..usize::from(MSS)]);

    let pieces = [&bytes[..3], &[], &bytes[3..450], &bytes[450..]].map(Piece::new);
    assert_eq!(sent_from(&pieces[..]), wanted);
    let closure = OnDemand::new(bytes.len(), |offset, to: &mut [u8]| {
        to.copy_from_slice(&bytes[offset..offset + to.len()]);
        Ok(())
    });
    assert_eq!(sent_from(&closure), wanted);
    #[cfg(feature = "std")]
    {
        let slices = [&bytes[..3], &[], &bytes[3..450], &bytes[450..]].map(std::io::IoSlice::new);
        assert_eq!(sent_from(&slices[..]), wanted);
    }
}

#[test]
fn sources_that_lie_in_memory_can_be_read_as_well() {
    let bytes = *b"0123456789";
    let pieces = [&bytes[..3], &[], &bytes[3..4], &bytes[4..]].map(Piece::new);
    assert_eq!(pieces[..].len(), 4);
    assert_eq!(ByteBuffer::len(&pieces[..]), 10);
    for offset in 0..=10 {
        for end in offset..=10 {
            let (mut one, mut other) = (vec![0; end - offset], vec![0; end - offset]);
            ByteBuffer::read(&pieces[..], offset, &mut one).unwrap();
            ByteBuffer::read(&bytes[..], offset, &mut other).unwrap();
            assert_eq!((&one[..], &other[..]), (&bytes[offset..end], &bytes[offset..end]));
        }
    }
    for (offset, length) in [(10, 1), (0, 11), (11, 0), (usize::MAX, 1)] {
        let mut to = vec![0; length];
        assert_eq!(ByteBuffer::read(&bytes[..], offset, &mut to), Err(ReadFailed));
    }
    assert_eq!(ByteBuffer::read(&pieces[..], 9, &mut [0; 2]), Err(ReadFailed));
}

#[test]
fn a_source_that_fails_changes_nothing() {
    let mut connection = established();
    let before = connection.snapshot();
    let failing = OnDemand::new(10, |_, _: &mut [u8]| Err(ReadFailed));
    let failed = connection.write_next_segment(&mut [0; 100], 0, Some((&failing, FIRST)), 0).unwrap_err();
    assert_eq!(failed, WriteNextError::ReadFailed);
    assert_eq!(connection.snapshot(), before);
}

#[cfg(feature = "std")]
#[test]
fn a_panic_in_a_source_goes_on_behind_the_call_and_changes_nothing() {
    let mut connection = established();
    let before = connection.snapshot();
    let panicking = OnDemand::new(10, |_, _: &mut [u8]| -> Result<(), ReadFailed> { panic!("on purpose") });
    let attempt = std::panic::AssertUnwindSafe(|| {
        let _ = connection.write_next_segment(&mut [0; 100], 0, Some((&panicking, FIRST)), 0);
    });
    let panic = std::panic::catch_unwind(attempt).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    assert_eq!(connection.snapshot(), before);
    assert!(written(&mut connection, Some((b"fine", FIRST)), 0).is_some());
}

/// Run by the test below, in a process of its own.
#[cfg(not(feature = "std"))]
#[test]
#[ignore = "it ends the process"]
fn panics_in_a_source() {
    let panicking = OnDemand::new(10, |_, _: &mut [u8]| -> Result<(), ReadFailed> { panic!("on purpose") });
    let attempt = std::panic::AssertUnwindSafe(|| {
        let _ = established().write_next_segment(&mut [0; 100], 0, Some((&panicking, FIRST)), 0);
    });
    let _ = std::panic::catch_unwind(attempt);
}

#[cfg(all(unix, not(feature = "std")))]
#[test]
fn without_std_a_panic_in_a_source_ends_the_program() {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "panics_in_a_source"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(SIGABRT));
}

#[test]
fn a_segment_is_the_same_whether_it_is_completed_at_once_or_later() {
    let payload = &b"payload of an odd length."[..];
    let mut one = established();
    let mut other = one.clone();
    let mut buf = [0; 100];
    let later = one.write_next_segment(&mut buf, 0, Some((payload, FIRST)), 0).unwrap().unwrap();
    assert_eq!(later.inner().source_port(), 0);
    let later = later.finalize(OUR_PORT, GUEST_PORT, Some(&TO_GUEST));
    let at_once = written(&mut other, Some((payload, FIRST)), 0).unwrap();
    assert_eq!(later.as_bytes(), at_once);
    let parsed = TcpSegment::from_bytes(&at_once[..], Some(&TO_GUEST)).unwrap();
    assert_eq!((later.source_port(), later.destination_port()), (OUR_PORT, GUEST_PORT));
    assert_eq!(later.checksum(), parsed.checksum());
    assert_eq!(one.snapshot(), other.snapshot());
}

#[test]
fn without_addresses_the_checksum_stays_zero() {
    let mut connection = established();
    let mut buf = [0; 100];
    let segment = connection.write_next_segment(&mut buf, 0, Some((&b"x"[..], FIRST)), 0).unwrap().unwrap();
    let segment = segment.finalize(1, 2, None);
    assert_eq!((segment.checksum(), &segment.as_bytes()[16..18]), (0, &[0, 0][..]));
}

#[test]
fn a_device_that_cuts_segments_gets_long_ones() {
    let mut connection = established();
    let bytes = [7; 1200];
    let mut buf = [0; 2000];
    let device = addressing().with_checksum(ChecksumPolicy::PseudoHeader).with_tso();
    let sent = connection.write_segment(&mut buf, 0, Some((&bytes[..], FIRST)), &device, 0).unwrap().unwrap();
    assert_eq!((sent.length.get(), sent.header_length), (1220, 20));
    assert_eq!(sent.gso_size, NonZeroU16::new(MSS));
}

#[test]
fn a_source_that_does_not_do_is_refused() {
    let mut connection = established();
    let mut buf = [0; 1000];
    let late = connection.write_next_segment(&mut buf, 0, Some((&b"x"[..], FIRST + Wrapping(1))), 0);
    assert_eq!(late.unwrap_err(), WriteNextError::PayloadMissingSeq);
    let long = OnDemand::new(MAX_WINDOW_SIZE as usize + 1, |_, _: &mut [u8]| Ok(()));
    let long = connection.write_next_segment(&mut buf, 0, Some((&long, FIRST)), 0);
    assert_eq!(long.unwrap_err(), WriteNextError::PayloadBufTooLarge);
    let reserved = connection.write_next_segment(&mut buf, MSS + 1, Some((&b"x"[..], FIRST)), 0);
    assert_eq!(reserved.unwrap_err(), WriteNextError::MssRemaining);
    let no_room = connection.write_next_segment(&mut buf, MSS, Some((&b"x"[..], FIRST)), 0);
    assert_eq!(no_room.unwrap_err(), WriteNextError::EmptyPayload);
    connection.close();
    let behind_fin = connection.write_next_segment(&mut buf, 0, Some((&b"x"[..], FIRST)), 0);
    assert_eq!(behind_fin.unwrap_err(), WriteNextError::DataAfterFin);
    let fin = connection.write_next_segment::<[u8]>(&mut buf, 0, None, 0);
    assert_eq!(fin.unwrap().unwrap().inner().flags(), Flags::ACK | Flags::FIN);
    let empty = connection.write_next_segment(&mut buf, 0, Some((&b""[..], FIRST + Wrapping(1))), 0);
    assert_eq!(empty.unwrap_err(), WriteNextError::DataAfterFin);
    assert!(connection.write_next_segment::<[u8]>(&mut buf, 0, None, 0).unwrap().is_none());
    assert_eq!(connection.close_after(MAX_WINDOW_SIZE + 1).unwrap_err(), CloseError::InvalidArgument);

    let mut fresh = Connection::open(&syn(), None, &config()).unwrap();
    let no_option = fresh.write_next_segment(&mut buf, MSS - 3, NO_PAYLOAD, 0);
    assert_eq!(no_option.unwrap_err(), WriteNextError::MssOptionRoom);
}

#[test]
fn lost_payload_is_sent_again() {
    let mut connection = established_with(&config().counters());
    let source = Some((&b"lost"[..], FIRST));
    let first = written(&mut connection, source, 0).unwrap();
    assert_eq!(written(&mut connection, source, RTO - 1), None);
    let mut buf = [0; 100];
    let sent = connection.write_segment(&mut buf, 0, source, &addressing(), RTO).unwrap().unwrap();
    assert_eq!((&buf[..sent.length.get()], sent.cause), (&first[..], Cause::Timeout));

    let duplicate = from_guest(1, 1, Flags::ACK, b"");
    let (_, oddities) = connection.receive(&duplicate, None, &mut [], RTO).unwrap();
    assert_eq!(oddities, RecvStatusFlags::DUP_ACK);
    assert!(connection.dup_ack_pending());
    let sent = connection.write_segment(&mut buf, 0, source, &addressing(), RTO).unwrap().unwrap();
    assert_eq!(sent.cause, Cause::DupAck);

    let counters = connection.counters().unwrap();
    assert_eq!((counters.repeated_on_timeout, counters.repeated_on_dup_ack, counters.dup_ack), (1, 1, 1));
    assert_eq!((counters.bytes_out, counters.bytes_repeated), (12, 8));
    assert_eq!(established().counters(), None);
}

#[test]
fn a_reset_is_a_rst_and_then_nothing() {
    let mut connection = established();
    assert_eq!(connection.make_rst_config(), RstConfig::Seq(FIRST.0));
    connection.reset();
    let refused = connection.receive(&from_guest(1, 1, Flags::ACK, b"x"), None, &mut [0; 9], 0);
    assert_eq!(refused.unwrap_err(), RecvError::ConnectionReset);
    let rst = written(&mut connection, None, 0).unwrap();
    let rst = TcpSegment::from_bytes(&rst[..], None).unwrap();
    assert_eq!((rst.flags(), rst.sequence_number()), (Flags::RST, FIRST));
    assert!(connection.is_reset() && connection.is_done());
    assert_eq!((connection.state(), connection.counters()), (State::Closed, None));
    let end = connection.write_next_segment(&mut [0; 99], 0, NO_PAYLOAD, 0).unwrap_err();
    assert_eq!(end, WriteNextError::ConnectionReset);
    assert_eq!(connection.control_segment_or_timeout_status(), NextSegmentStatus::Nothing);

    let fresh = Connection::open(&syn(), None, &config()).unwrap();
    assert_eq!(fresh.make_rst_config(), RstConfig::Ack(GUEST_ISN.wrapping_add(1)));
}

#[test]
fn a_clone_is_equal_and_goes_its_own_way() {
    let mut connection = established_with(&config().counters());
    let mut copy = connection.clone();
    assert_eq!(copy.snapshot(), connection.snapshot());
    assert_eq!(copy.counters(), connection.counters());
    let source = Some((&b"the same"[..], FIRST));
    assert_eq!(written(&mut copy, source, 3), written(&mut connection, source, 3));
    copy.reset();
    assert_ne!(copy.snapshot(), connection.snapshot());
    drop(connection);
    assert!(written(&mut copy, None, 3).is_some());
}

#[test]
fn a_transfer_goes_on_from_its_snapshot_by_another_clock() {
    let mut original = established();
    let source = Some((&b"half of it is acknowledged"[..], FIRST));
    assert!(written(&mut original, source, 40).is_some());
    deliver(&mut original, &from_guest(1, 11, Flags::ACK, b"more"), 50);
    let snapshot = original.snapshot();

    let mut same = Connection::restore(&snapshot, &RestoreConfig::new()).unwrap();
    assert_eq!(same.snapshot(), snapshot);
    assert_eq!(written(&mut same, source, 150), written(&mut original, source, 150));

    let rebased = RestoreConfig::new().rebase(60, 1_000_060).counters();
    let mut moved = Connection::restore(&snapshot, &rebased).unwrap();
    assert!(written(&mut moved, source, 1_000_060).is_some()); // the ACK of "more"
    assert_eq!(moved.control_segment_or_timeout_status(), NextSegmentStatus::Timeout(1_000_150));
    assert_eq!(moved.counters().map(|counters| counters.segments_in), Some(0));
    assert_eq!(moved.highest_ack_received(), FIRST + Wrapping(10));

    let early = RestoreConfig::new().rebase(49, 0);
    assert_eq!(Connection::restore(&snapshot, &early).unwrap_err(), RestoreError::TimestampDecreased);
}

#[test]
fn damaged_snapshots_are_refused() {
    let snapshot = established().snapshot();
    let restore = |bytes: &[u8]| Connection::restore(bytes, &RestoreConfig::new()).unwrap_err();
    assert_eq!(restore(&[]), RestoreError::Length);
    assert_eq!(restore(&snapshot[..snapshot.len() - 1]), RestoreError::Length);
    let mut bytes = snapshot.to_vec();
    bytes[0] ^= 1;
    assert_eq!(restore(&bytes), RestoreError::Format);
    bytes[0] ^= 1;
    bytes[40] ^= 1;
    assert_eq!(restore(&bytes), RestoreError::Checksum);
}

#[test]
fn errors_flags_and_connections_print_what_they_are() {
    assert_eq!(RecvError::BufferTooSmall.to_string(), "an output buffer cannot hold the result");
    assert_eq!(WriteNextError::DataAfterFin.code(), -22);
    assert_eq!(dumbo::strerror(-22), WriteNextError::DataAfterFin.to_string());
    assert!(RecvError::ConnectionReset.is_fatal() && !RecvError::BufferTooSmall.is_fatal());
    let flags = RecvStatusFlags::DUP_ACK | RecvStatusFlags::REMOTE_RWND_EDGE | RecvStatusFlags::from_bits(1 << 20);
    assert_eq!(format!("{flags:?}"), "RecvStatusFlags(DUP_ACK | REMOTE_RWND_EDGE | 0x100000)");
    assert_eq!(format!("{:?}", RecvStatusFlags::empty()), "RecvStatusFlags()");
    assert!(flags.contains(RecvStatusFlags::DUP_ACK) && !flags.contains(RecvStatusFlags::INVALID_ACK));
    assert!(flags.intersects(RecvStatusFlags::DUP_ACK | RecvStatusFlags::INVALID_ACK));
    assert_eq!((flags - RecvStatusFlags::from_bits(1 << 20)).bits(), 0x12);
    let text = format!("{:?}", established());
    assert!(text.starts_with("Connection { state: Established, highest_ack_received: 4294967291,"), "{text}");
    #[cfg(feature = "std")]
    {
        let boxed: Box<dyn std::error::Error + Send + Sync> = RecvError::Checksum.into();
        assert_eq!(boxed.to_string(), RecvError::Checksum.to_string());
    }
}
