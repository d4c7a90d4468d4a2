// SPDX-License-Identifier: Apache-2.0
//! One TCP connection, opened passively.
use core::fmt;
use core::num::{NonZeroU16, NonZeroU64, NonZeroUsize, Wrapping};
use core::ops::Range;
use core::ptr::{self, NonNull};

use dumbo_sys as sys;

use super::{Counters, NextSegmentStatus, RestoreConfig, RestoreError, RstConfig, Snapshot};
use crate::payload::with_payload;
use crate::pdu::bytes::{ByteBuffer, NetworkBytes};
use crate::pdu::tcp::TcpSegment;
use crate::pdu::{AddressPair, Addressing, Incomplete};
use crate::{pointer_to, size_of_struct};

mod config;
mod errors;
mod report;

pub use crate::pdu::bytes::PayloadSource;
pub use config::{ConnectionConfig, ConnectionOptions};
pub use errors::{CloneError, CloseError, PassiveOpenError, RecvError, WriteNextError};
pub use report::{Cause, RecvStatusFlags, Sent, State};

/// One TCP connection, opened passively, which holds no payload: the caller lends both directions.
///
/// The memory is the C library's, allocated when it opens and given back when it is dropped; nothing allocates in
/// between. The crate's first page shows one from its SYN to its end.
///
/// Whoever uses a connection in a way that changes it has it for himself:
///
/// ```compile_fail,E0499
/// # fn open() -> dumbo::tcp::connection::Connection { unimplemented!() }
/// let mut connection = open();
/// let one = &mut connection;
/// let other = &mut connection;
/// one.close();
/// other.close();
/// ```
pub struct Connection {
    raw: NonNull<sys::dumbo_connection>,
}

// SAFETY: a connection is bound to no thread.
unsafe impl Send for Connection {}
// SAFETY: calls that take a connection as const may overlap each other; all others take &mut self here.
unsafe impl Sync for Connection {}

impl Connection {
    /// Opens a connection in answer to a SYN.
    ///
    /// `local_rwnd_size` is the initial receive window, `rto_period` the retransmission timeout in the unit of every
    /// `now`, and so many as `rto_count_max` timeouts in a row reset the connection. [`open`](Self::open) knows more to
    /// choose.
    ///
    /// # Errors
    ///
    /// For a segment that is not a SYN, or has a payload or an MSS option that is not accepted, and for a window that is
    /// too large; without memory, or randomness for the initial sequence number.
    pub fn passive_open<T: NetworkBytes>(
        segment: &TcpSegment<'_, T>,
        local_rwnd_size: u32,
        rto_period: NonZeroU64,
        rto_count_max: NonZeroU16,
    ) -> Result<Self, PassiveOpenError> {
        let config = ConnectionConfig::new(rto_period).local_rwnd_size(local_rwnd_size).rto_count_max(rto_count_max);
        Self::open(segment.as_bytes(), None, &config)
    }

    /// Opens a connection in answer to a SYN, whose checksum is verified if there are addresses.
    ///
    /// # Errors
    ///
    /// Those of [`passive_open`](Self::passive_open); also for bytes that are no segment, a wrong checksum, and a config
    /// out of its range.
    pub fn open(
        segment: &[u8],
        verify: Option<&AddressPair>,
        config: &ConnectionConfig,
    ) -> Result<Self, PassiveOpenError> {
        let verify = verify.map(|addresses| addresses.to_c());
        let mut raw = ptr::null_mut();
        // SAFETY: address and length are a slice's, the addresses are NULL or a variable's, the config states its size,
        // and NULL stands for the C library's allocator.
        PassiveOpenError::check(unsafe {
            sys::dumbo_connection_passive_open(
                &mut raw,
                segment.as_ptr(),
                segment.len(),
                pointer_to(&verify),
                &config.raw,
                ptr::null(),
            )
        })?;
        Self::from_raw(raw).ok_or(PassiveOpenError::Unexpected(sys::DUMBO_ERR_INTERNAL))
    }

    /// Makes a connection from a [`snapshot`](Self::snapshot). It goes on exactly as the original would have.
    ///
    /// # Errors
    ///
    /// For bytes that are damaged, of an unknown version, or of a state that no connection can be in.
    pub fn restore(snapshot: &[u8], config: &RestoreConfig) -> Result<Self, RestoreError> {
        let mut raw = ptr::null_mut();
        // SAFETY: address and length are a slice's, the config states its size, and NULL stands for the C library's
        // allocator.
        RestoreError::check(unsafe {
            sys::dumbo_connection_restore(&mut raw, snapshot.as_ptr(), snapshot.len(), &config.to_c(), ptr::null())
        })?;
        Self::from_raw(raw).ok_or(RestoreError::Unexpected(sys::DUMBO_ERR_INTERNAL))
    }

    /// Copies the connection; the copy is independent of it. [`Clone`] does the same, and panics without memory.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn try_clone(&self) -> Result<Self, CloneError> {
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is alive, and NULL stands for the C library's allocator.
        CloneError::check(unsafe { sys::dumbo_connection_clone(self.as_ptr(), &mut raw, ptr::null()) })?;
        Self::from_raw(raw).ok_or(CloneError::Unexpected(sys::DUMBO_ERR_INTERNAL))
    }

    /// Takes a segment of the peer's and copies its payload, if it is accepted, to the start of `buf`.
    ///
    /// Returns how many bytes were delivered, if any, and what was odd about the segment.
    ///
    /// # Errors
    ///
    /// If the payload does not fit, time goes back, or the connection is reset.
    pub fn receive_segment<T: NetworkBytes>(
        &mut self,
        s: &TcpSegment<'_, T>,
        buf: &mut [u8],
        now: u64,
    ) -> Result<(Option<NonZeroUsize>, RecvStatusFlags), RecvError> {
        self.receive(s.as_bytes(), None, buf, now)
    }

    /// The same for bytes that were not parsed before. If there are addresses, the checksum is verified while the
    /// payload is copied; `buf` may have been written to then although nothing is delivered.
    ///
    /// # Errors
    ///
    /// Those of [`receive_segment`](Self::receive_segment), and for bytes that are no segment, or a wrong checksum.
    pub fn receive(
        &mut self,
        segment: &[u8],
        verify: Option<&AddressPair>,
        buf: &mut [u8],
        now: u64,
    ) -> Result<(Option<NonZeroUsize>, RecvStatusFlags), RecvError> {
        let verify = verify.map(|addresses| addresses.to_c());
        let (mut received, mut anomalies) = (0, 0);
        // SAFETY: the connection is alive and ours alone, addresses and lengths are slices' that cannot overlap, and the
        // addresses to verify with are NULL or a variable's.
        RecvError::check(unsafe {
            sys::dumbo_connection_receive_segment(
                self.as_mut_ptr(),
                segment.as_ptr(),
                segment.len(),
                pointer_to(&verify),
                buf.as_mut_ptr(),
                buf.len(),
                now,
                &mut received,
                &mut anomalies,
            )
        })?;
        Ok((NonZeroUsize::new(received), RecvStatusFlags::from_bits(anomalies)))
    }

    /// The same without a copy: what is accepted is a range of `segment`, empty for nothing. It counts as delivered and
    /// will be acknowledged.
    ///
    /// # Errors
    ///
    /// Those of [`receive`](Self::receive), except for a buffer that is too small.
    pub fn receive_in_place(
        &mut self,
        segment: &[u8],
        verify: Option<&AddressPair>,
        now: u64,
    ) -> Result<(Range<usize>, RecvStatusFlags), RecvError> {
        let verify = verify.map(|addresses| addresses.to_c());
        let (mut offset, mut received, mut anomalies) = (0, 0, 0);
        // SAFETY: the connection is alive and ours alone, address and length are a slice's, and the addresses to verify
        // with are NULL or a variable's.
        RecvError::check(unsafe {
            sys::dumbo_connection_receive_segment_in_place(
                self.as_mut_ptr(),
                segment.as_ptr(),
                segment.len(),
                pointer_to(&verify),
                now,
                &mut offset,
                &mut received,
                &mut anomalies,
            )
        })?;
        Ok((offset..offset + received, RecvStatusFlags::from_bits(anomalies)))
    }

    /// Writes the next segment, if there is one, without ports and checksum. Call it until there is none.
    ///
    /// `mss_reserved` is how much of the MSS lower layers use up, 0 most of the time. `payload_src` is what waits to be
    /// sent or acknowledged, with the sequence number of its first byte; a retransmission asks for it again. Pass `None`
    /// when there is nothing: a source without bytes still has a place among the sequence numbers, and once our FIN is
    /// sent its place lies behind it, which is [`WriteNextError::DataAfterFin`].
    ///
    /// # Errors
    ///
    /// If buffer, MSS or source do not do, time goes back, or the connection is reset.
    pub fn write_next_segment<'a, R: ByteBuffer + ?Sized>(
        &mut self,
        buf: &'a mut [u8],
        mss_reserved: u16,
        payload_src: PayloadSource<'_, R>,
        now: u64,
    ) -> Result<Option<Incomplete<TcpSegment<'a, &'a mut [u8]>>>, WriteNextError> {
        let sent = self.write_segment(buf, mss_reserved, payload_src, &Addressing::unknown(), now)?;
        let length = match sent {
            Some(sent) => sent.length.get(),
            None => return Ok(None),
        };
        let segment = TcpSegment::from_bytes(&mut buf[..length], None)
            .map_err(|error| WriteNextError::Unexpected(error.code()))?;
        Ok(Some(Incomplete::new(segment)))
    }

    /// Writes the next segment, if there is one, with ports and checksum. The payload is summed while it is copied. Call
    /// it until there is none.
    ///
    /// # Errors
    ///
    /// Those of [`write_next_segment`](Self::write_next_segment).
    pub fn write_segment<R: ByteBuffer + ?Sized>(
        &mut self,
        buf: &mut [u8],
        mss_reserved: u16,
        payload_src: PayloadSource<'_, R>,
        addressing: &Addressing,
        now: u64,
    ) -> Result<Option<Sent>, WriteNextError> {
        let addressing = addressing.to_c();
        let mut length = 0;
        let mut sent =
            sys::dumbo_sent { struct_size: size_of_struct::<sys::dumbo_sent>(), ..sys::dumbo_sent::default() };
        let raw = self.as_mut_ptr();
        let code = with_payload(payload_src, |payload| {
            // SAFETY: the connection is alive and ours alone, address and length are a slice's, the payload is valid
            // during the call, and the structs state their sizes.
            unsafe {
                sys::dumbo_connection_write_next_segment(
                    raw,
                    buf.as_mut_ptr(),
                    buf.len(),
                    mss_reserved,
                    payload,
                    &addressing,
                    now,
                    &mut length,
                    &mut sent,
                )
            }
        });
        WriteNextError::check(code)?;
        Ok(NonZeroUsize::new(length).map(|length| Sent::from_c(length, &sent)))
    }

    /// Whether a control segment can be written, or a timeout runs, or neither. Data is not considered: the connection
    /// does not know what there is to send.
    pub fn control_segment_or_timeout_status(&self) -> NextSegmentStatus {
        let mut deadline = 0;
        // SAFETY: the connection is alive, and the time is written to a variable of its type.
        let status = unsafe { sys::dumbo_connection_control_segment_or_timeout_status(self.as_ptr(), &mut deadline) };
        NextSegmentStatus::from_c(status, deadline)
    }

    /// Closes our half: the FIN stands at the first sequence number not sent. Later calls have no effect.
    pub fn close(&mut self) {
        // SAFETY: the connection is alive and ours alone.
        let code = unsafe { sys::dumbo_connection_close(self.as_mut_ptr()) };
        debug_assert_eq!(code, sys::DUMBO_OK);
    }

    /// Closes our half behind so many bytes that are still to be sent, so that the segment with the last of them
    /// carries the FIN. Later calls have no effect.
    ///
    /// # Errors
    ///
    /// For more bytes than the largest window has.
    pub fn close_after(&mut self, octets: u32) -> Result<(), CloseError> {
        // SAFETY: the connection is alive and ours alone.
        CloseError::check(unsafe { sys::dumbo_connection_close_after(self.as_mut_ptr(), octets) })
    }

    /// Asks for a reset: the next segment is a RST, and then the connection is at its end.
    pub fn reset(&mut self) {
        // SAFETY: the connection is alive and ours alone.
        let code = unsafe { sys::dumbo_connection_reset(self.as_mut_ptr()) };
        debug_assert_eq!(code, sys::DUMBO_OK);
    }

    /// The RST that [`reset`](Self::reset) would have written now.
    pub fn make_rst_config(&self) -> RstConfig {
        let mut rst = RstConfig::empty();
        // SAFETY: the connection is alive, and the configuration states its size.
        let code = unsafe { sys::dumbo_connection_make_rst_config(self.as_ptr(), &mut rst) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        RstConfig::from_c(&rst)
    }

    /// Opens the receive window: its right edge moves to the right by so many bytes.
    pub fn advance_local_rwnd_edge(&mut self, value: u32) {
        // SAFETY: the connection is alive and ours alone.
        let code = unsafe { sys::dumbo_connection_advance_local_rwnd_edge(self.as_mut_ptr(), value) };
        debug_assert_eq!(code, sys::DUMBO_OK);
    }

    /// Whether the handshake was completed; stays true afterwards.
    pub fn is_established(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_is_established(self.as_ptr()) }
    }

    /// Whether the peer's FIN was received: there is no more to receive.
    pub fn fin_received(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_fin_received(self.as_ptr()) }
    }

    /// Whether our FIN was sent and acknowledged: the peer has everything.
    pub fn fin_acknowledged(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_fin_acknowledged(self.as_ptr()) }
    }

    /// Whether the connection is done: reset, or FIN received and FIN sent. Keep it until
    /// [`fin_acknowledged`](Self::fin_acknowledged), or else that ACK finds no connection.
    pub fn is_done(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_is_done(self.as_ptr()) }
    }

    /// Whether the connection is reset, by the peer or by a RST of ours that was written: nothing more will happen.
    pub fn is_reset(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_is_reset(self.as_ptr()) }
    }

    /// Whether a retransmission is pending that a duplicate ACK asked for.
    pub fn dup_ack_pending(&self) -> bool {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_dup_ack_pending(self.as_ptr()) }
    }

    /// SND.NXT: the first sequence number not sent yet.
    pub fn first_not_sent(&self) -> Wrapping<u32> {
        // SAFETY: the connection is alive.
        Wrapping(unsafe { sys::dumbo_connection_first_not_sent(self.as_ptr()) })
    }

    /// SND.UNA: the highest acknowledgment number received.
    pub fn highest_ack_received(&self) -> Wrapping<u32> {
        // SAFETY: the connection is alive.
        Wrapping(unsafe { sys::dumbo_connection_highest_ack_received(self.as_ptr()) })
    }

    /// The right edge of the peer's receive window: the first sequence number that data may not take.
    pub fn remote_rwnd_edge(&self) -> Wrapping<u32> {
        // SAFETY: the connection is alive.
        Wrapping(unsafe { sys::dumbo_connection_remote_rwnd_edge(self.as_ptr()) })
    }

    /// RCV.NXT: the next sequence number expected of the peer.
    pub fn next_expected(&self) -> Wrapping<u32> {
        // SAFETY: the connection is alive.
        Wrapping(unsafe { sys::dumbo_connection_next_expected(self.as_ptr()) })
    }

    /// Our receive window: how many bytes the peer may still send.
    pub fn local_rwnd(&self) -> u32 {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_local_rwnd(self.as_ptr()) }
    }

    /// The maximum segment size in force: what the peer stated, or 536.
    pub fn mss(&self) -> u16 {
        // SAFETY: the connection is alive.
        unsafe { sys::dumbo_connection_mss(self.as_ptr()) }
    }

    /// The state in the terms of RFC 9293.
    pub fn state(&self) -> State {
        // SAFETY: the connection is alive.
        State::from_number(unsafe { sys::dumbo_connection_state(self.as_ptr()) })
    }

    /// What the connection has done, if it was opened or restored to count.
    pub fn counters(&self) -> Option<Counters> {
        let mut counters = sys::dumbo_counters {
            struct_size: size_of_struct::<sys::dumbo_counters>(),
            ..sys::dumbo_counters::default()
        };
        // SAFETY: the connection is alive, and the counters state their size.
        let code = unsafe { sys::dumbo_connection_counters(self.as_ptr(), &mut counters) };
        (code == sys::DUMBO_OK).then(|| Counters::from_c(&counters))
    }

    /// The whole connection as bytes, for [`restore`](Self::restore). Save what belongs to it beside: the payload from
    /// SND.UNA on, the addresses and ports, and the time.
    ///
    /// ```
    /// use dumbo::tcp::connection::Connection;
    /// use dumbo::tcp::{RestoreConfig, RestoreError};
    ///
    /// fn move_to_another_clock(old: &Connection, old_now: u64, new_now: u64) -> Result<Connection, RestoreError> {
    ///     Connection::restore(&old.snapshot(), &RestoreConfig::new().rebase(old_now, new_now))
    /// }
    /// # let _ = move_to_another_clock;
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.as_ptr())
    }

    fn from_raw(raw: *mut sys::dumbo_connection) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw })
    }

    fn as_ptr(&self) -> *const sys::dumbo_connection {
        self.raw.as_ptr()
    }

    fn as_mut_ptr(&mut self) -> *mut sys::dumbo_connection {
        self.raw.as_ptr()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the connection is alive, and nobody uses it after this.
        unsafe { sys::dumbo_connection_free(self.as_mut_ptr()) }
    }
}

impl Clone for Connection {
    fn clone(&self) -> Self {
        self.try_clone().expect("there should be memory for a connection")
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state())
            .field("highest_ack_received", &self.highest_ack_received().0)
            .field("first_not_sent", &self.first_not_sent().0)
            .field("remote_rwnd_edge", &self.remote_rwnd_edge().0)
            .field("next_expected", &self.next_expected().0)
            .field("local_rwnd", &self.local_rwnd())
            .field("next", &self.control_segment_or_timeout_status())
            .finish_non_exhaustive()
    }
}
