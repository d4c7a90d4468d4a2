// SPDX-License-Identifier: Apache-2.0
//! One interface of a guest's, seen from the other end of the cable: frames of the guest's go in, frames for the guest
//! come out, and in between stand the connections that the guest has opened.
use core::fmt;
use core::num::{NonZeroU16, NonZeroU64};
use core::ptr::{self, NonNull};

use dumbo_sys as sys;

use crate::pdu::ChecksumPolicy;
use crate::tcp::connection::{ConnectionOptions, RecvStatusFlags, State};
use crate::tcp::{counters::counters, NextSegmentStatus, RestoreConfig, RestoreError};
use crate::{pointer_to, size_of_struct};

/// The ports that one stack can listen on.
pub const PORTS_MAX: usize = sys::DUMBO_STACK_PORTS_MAX as usize;
/// The shortest buffer that every frame without payload fits.
pub const FRAME_MINIMUM: usize = sys::DUMBO_STACK_FRAME_MINIMUM as usize;

errors! {
    /// Why a stack could not be made.
    pub enum StackError {
        /// The config has a field out of its range, or too many ports.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
        /// There is no memory.
        OutOfMemory = DUMBO_ERR_OUT_OF_MEMORY,
        /// The operating system gave no randomness for the hash key.
        NoEntropy = DUMBO_ERR_NO_ENTROPY,
    }
}

errors! {
    /// Why a frame was not taken, or none was written. What is wrong with a frame is no error, but its verdict.
    pub enum FrameError {
        /// The buffer is shorter than [`FRAME_MINIMUM`].
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// `now` is smaller than on an earlier call.
        TimestampDecreased = DUMBO_ERR_TIMESTAMP_DECREASED,
    }
}

errors! {
    /// Why nothing could be done with a connection of a stack's.
    pub enum ConnectionError {
        /// There is none of this id, or no longer.
        NoConnection = DUMBO_ERR_NO_CONNECTION,
        /// It was closed: nothing more can be sent on it.
        Closing = DUMBO_ERR_CONNECTION_CLOSING,
        /// Bytes are lent to it already, or others have to be lent again.
        Lent = DUMBO_ERR_LENT,
        /// An argument is out of its range.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
    }
}

errors! {
    /// Why a stack could not be written as bytes.
    pub enum SnapshotError {
        /// The buffer is too short; it is unchanged.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
    }
}

flags! {
    /// What the guest's device does for a stack.
    pub struct Offloads: u32 {
        /// It completes checksums.
        CHECKSUM = DUMBO_STACK_OFFLOAD_CHECKSUM;
        /// It takes segments above the MSS; only together with `CHECKSUM`.
        TSO4 = DUMBO_STACK_OFFLOAD_TSO4;
    }
}

flags! {
    /// Bits of a [`VirtioNetHeader`].
    pub struct VirtioNetFlags: u8 {
        /// The checksum is left to the device: `VIRTIO_NET_HDR_F_NEEDS_CSUM`.
        NEEDS_CHECKSUM = DUMBO_VIRTIO_NET_NEEDS_CHECKSUM;
        /// The checksum was verified: `VIRTIO_NET_HDR_F_DATA_VALID`.
        DATA_VALID = DUMBO_VIRTIO_NET_DATA_VALID;
    }
}

enumeration! {
    /// What became of a frame.
    pub enum VerdictKind {
        /// Not for us, of a kind that is not handled here, or from nobody who can be answered.
        Foreign = DUMBO_FRAME_FOREIGN,
        /// It contradicts its own format, or a checksum is wrong.
        Malformed = DUMBO_FRAME_MALFORMED,
        /// Of an IPv4 packet; nothing puts them together.
        Fragment = DUMBO_FRAME_FRAGMENT,
        /// For our address; it is answered.
        ArpRequest = DUMBO_FRAME_ARP_REQUEST,
        /// A segment that belongs to no connection and opens none; it is answered with a RST.
        Refused = DUMBO_FRAME_REFUSED,
        /// A SYN that finds no room now.
        Dropped = DUMBO_FRAME_DROPPED,
        /// A SYN that begins a connection.
        Opening = DUMBO_FRAME_OPENING,
        /// A segment of a connection.
        Received = DUMBO_FRAME_RECEIVED,
    }
}

enumeration! {
    /// How a connection ended.
    pub enum Reason {
        /// Both sides have closed, and everything has arrived.
        Finished = DUMBO_STACK_REASON_FINISHED,
        /// The guest sent a RST.
        ResetByPeer = DUMBO_STACK_REASON_RESET_BY_PEER,
        /// We sent one.
        Reset = DUMBO_STACK_REASON_RESET,
        /// The guest acknowledged nothing for too long.
        TimedOut = DUMBO_STACK_REASON_TIMED_OUT,
        /// It was idle, and gave way to a new one.
        Evicted = DUMBO_STACK_REASON_EVICTED,
    }
}

/// A number that is the stack's for one connection and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The number, for logs and for what is kept beside a snapshot.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id of a number. Any is allowed: a stack says which it knows.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// Something that happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The handshake is over: the first that is heard of a connection.
    Opened(ConnectionId),
    /// Payload has come in.
    Readable(ConnectionId),
    /// There is room again after a write took less than it was given, or all that was lent is acknowledged.
    Writable(ConnectionId),
    /// The guest will send no more: what can still be read is the end of it.
    PeerClosed(ConnectionId),
    /// The connection is no more, and its id means nothing from now on.
    Closed(ConnectionId, Reason),
    /// An event that a later version of the library has given a meaning to.
    Other(ConnectionId, u32),
}

/// What became of one frame, for those who count or log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What became of it.
    pub kind: VerdictKind,
    /// A result code that says more, as in C; 0 if there is nothing to say. [`strerror`](crate::strerror) has its text.
    pub error: i32,
    /// Oddities of a segment that a connection received.
    pub anomalies: RecvStatusFlags,
    /// Bytes of its payload that can be read now.
    pub delivered: u32,
    /// The connection that it belongs to.
    pub connection: Option<ConnectionId>,
}

/// What the header in front of a frame on a virtio-net queue says, in the machine's byte order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VirtioNetHeader {
    /// Who looks after the checksum.
    pub flags: VirtioNetFlags,
    /// `gso_type`: 0, or 1 for TCP in IPv4.
    pub gso_type: u8,
    /// `hdr_len`.
    pub header_length: u16,
    /// The payload of each segment that a frame is to be cut into.
    pub gso_size: u16,
    /// Where the sum begins.
    pub csum_start: u16,
    /// Where, from there on, it belongs.
    pub csum_offset: u16,
}

impl VirtioNetHeader {
    fn to_c(self) -> sys::dumbo_virtio_net_header {
        sys::dumbo_virtio_net_header {
            struct_size: size_of_struct::<sys::dumbo_virtio_net_header>(),
            flags: self.flags.bits(),
            gso_type: self.gso_type,
            header_length: self.header_length,
            gso_size: self.gso_size,
            csum_start: self.csum_start,
            csum_offset: self.csum_offset,
            reserved: 0,
        }
    }

    fn from_c(raw: &sys::dumbo_virtio_net_header) -> Self {
        Self {
            flags: VirtioNetFlags::from_bits(raw.flags),
            gso_type: raw.gso_type,
            header_length: raw.header_length,
            gso_size: raw.gso_size,
            csum_start: raw.csum_start,
            csum_offset: raw.csum_offset,
        }
    }
}

/// A connection at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Whether nothing more can be sent on it.
    pub is_closing: bool,
    /// Whether bytes have to be lent again, as the stack was restored.
    pub is_lent_missing: bool,
    /// Its state.
    pub state: State,
    /// The guest's MAC address.
    pub peer_mac: [u8; 6],
    /// The guest's address.
    pub peer_ipv4: [u8; 4],
    /// The guest's port.
    pub peer_port: u16,
    /// Ours.
    pub port: u16,
    /// The most payload of a segment of ours.
    pub mss: u16,
    /// Bytes that came in and were not consumed.
    pub readable: u32,
    /// Bytes that were written and are not acknowledged.
    pub queued: u32,
    /// Bytes that could be written now.
    pub room: u32,
    /// Bytes that were lent and are not acknowledged.
    pub lent: u64,
    /// When the latest segment of the guest's came in.
    pub last_heard: u64,
}

counters! {
    /// What a stack has done since it was made.
    pub struct InterfaceCounters: dumbo_interface_counters {
        /// Frames received, of whatever kind.
        frames_in,
        /// Frames written.
        frames_out,
        /// Frames not for us.
        foreign,
        /// Frames that contradict their format, except for wrong checksums.
        malformed,
        /// Wrong checksums of IPv4 or TCP.
        checksum_errors,
        /// Fragments.
        fragments,
        /// ARP requests for our address.
        arp_requests,
        /// ARP replies for which too many others waited.
        arp_replies_lost,
        /// Segments of no connection.
        refused,
        /// RSTs for which too many others waited.
        rsts_lost,
        /// SYNs that found no room.
        syns_dropped,
        /// SYNs that began a connection.
        opened,
        /// Handshakes that came to their end.
        established,
        /// Handshakes that gave way to newer ones.
        half_open_evicted,
        /// Connections that gave way to new ones.
        evicted,
        /// Connections that both sides closed.
        finished,
        /// Connections that the guest reset.
        reset_by_peer,
        /// Connections that we reset.
        reset,
        /// Connections that were given up.
        timed_out,
    }
}

/// What a stack shall be like. All of its memory follows from this.
#[derive(Clone, Copy, Debug)]
pub struct StackConfig {
    raw: sys::dumbo_stack_config,
    ports: usize,
}

impl StackConfig {
    /// The defaults, for our MAC and IPv4 address, with a retransmission timeout in the unit of every `now`. The ports
    /// are still missing.
    pub fn new(mac: [u8; 6], ipv4: [u8; 4], rto_period: NonZeroU64) -> Self {
        let mut raw = sys::dumbo_stack_config::default();
        // SAFETY: the config is a variable of the type whose size is stated.
        let code = unsafe { sys::dumbo_stack_config_init(&mut raw, size_of_struct::<sys::dumbo_stack_config>()) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        raw.mac = mac;
        raw.ipv4 = ipv4;
        raw.rto_period = rto_period.get();
        Self { raw, ports: 0 }
    }

    /// Listens on one more port, of [`PORTS_MAX`] at most.
    #[must_use]
    pub fn listen(mut self, port: NonZeroU16) -> Self {
        if let Some(place) = self.raw.ports.get_mut(self.ports) {
            *place = port.get();
        }
        self.ports += 1;
        self
    }

    /// So many consecutive timeouts reset a connection; 15 by default.
    #[must_use]
    pub fn rto_count_max(mut self, count: NonZeroU16) -> Self {
        self.raw.rto_count_max = count.get();
        self
    }

    /// Of every connection; [`ConnectionOptions::GUEST_FACING`] by default.
    #[must_use]
    pub fn options(mut self, options: ConnectionOptions) -> Self {
        self.raw.options = options.bits();
        self
    }

    /// How many connections there can be, and how many of them in their handshake; 64 and 16 by default.
    #[must_use]
    pub fn max_connections(mut self, all: u32, half_open: u32) -> Self {
        self.raw.max_connections = all;
        self.raw.max_half_open = half_open;
        self
    }

    /// Bytes that each connection keeps in either direction; 16384 by default.
    #[must_use]
    pub fn buffers(mut self, receive: u32, send: u32) -> Self {
        self.raw.receive_buffer = receive;
        self.raw.send_buffer = send;
        self
    }

    /// RSTs of no connection that can wait to be sent; 64 by default.
    #[must_use]
    pub fn max_replies(mut self, replies: u32) -> Self {
        self.raw.max_replies = replies;
        self
    }

    /// Of TCP in what goes out; [`ChecksumPolicy::Full`] by default.
    #[must_use]
    pub fn checksum(mut self, policy: ChecksumPolicy) -> Self {
        self.raw.checksum = policy.to_c();
        self
    }

    /// Does not verify the checksums of what comes in.
    #[must_use]
    pub fn trust_checksums(mut self) -> Self {
        self.raw.flags |= sys::DUMBO_STACK_TRUST_CHECKSUMS;
        self
    }

    /// What the device does at first, see [`Stack::set_offloads`]; nothing by default.
    #[must_use]
    pub fn offloads(mut self, offloads: Offloads) -> Self {
        self.raw.offloads = offloads.bits();
        self
    }

    /// Of the link: no IPv4 packet that goes out is longer; 1500 by default.
    #[must_use]
    pub fn mtu(mut self, mtu: u16) -> Self {
        self.raw.mtu = mtu;
        self
    }

    /// The time to live of what goes out, not 0; 64 by default.
    #[must_use]
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.raw.ttl = ttl;
        self
    }

    /// Where there is no room for a new connection, the one that was silent for longest gives way if it was for at
    /// least so long; 0 by default, `u64::MAX` for never.
    #[must_use]
    pub fn idle_threshold(mut self, time: u64) -> Self {
        self.raw.idle_threshold = time;
        self
    }

    /// A secret that keeps the guest from choosing addresses and ports that are slow to find; the operating system
    /// chooses one by default.
    #[must_use]
    pub fn hash_key(mut self, key: NonZeroU64) -> Self {
        self.raw.hash_key = key.get();
        self
    }

    /// The bytes that a stack needs, buffers and all: it never asks for more.
    ///
    /// # Errors
    ///
    /// For a config that no stack can have.
    pub fn size(&self) -> Result<usize, StackError> {
        let mut size = 0;
        // SAFETY: the config states its size, and the result is written to a variable of its type.
        StackError::check(unsafe { sys::dumbo_stack_size(self.checked()?, &mut size) })?;
        Ok(size)
    }

    fn checked(&self) -> Result<&sys::dumbo_stack_config, StackError> {
        if self.ports > PORTS_MAX {
            return Err(StackError::InvalidArgument);
        }
        Ok(&self.raw)
    }
}

/// Many connections behind one interface.
///
/// The memory is the C library's, allocated once. Like a connection, a stack is used by one thread at a time.
///
/// ```
/// use std::num::{NonZeroU16, NonZeroU64};
/// use dumbo::stack::{Stack, StackConfig, VerdictKind};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (us, our_mac) = ([169, 254, 169, 254], [6, 1, 0x23, 0x45, 0x67, 1]);
/// let config = StackConfig::new(our_mac, us, NonZeroU64::new(200).unwrap()) // milliseconds, say
///     .listen(NonZeroU16::new(80).unwrap());
/// let mut stack = Stack::new(&config)?;
///
/// // The guest at 169.254.0.2 asks who has 169.254.169.254.
/// let request = [
///     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
///     6, 0, 0, 0, 0, 2, 169, 254, 0, 2, 0, 0, 0, 0, 0, 0, 169, 254, 169, 254,
/// ];
/// let verdict = stack.receive_frame(&request, 0, None)?;
/// assert_eq!(verdict.kind, VerdictKind::ArpRequest);
///
/// let mut frame = [0; 1514];
/// while let Some(length) = stack.next_frame(&mut frame, 0)? {
///     assert_eq!(frame[22..length][..6], our_mac); // the answer, for the guest's receive queue
/// }
/// while let Some(event) = stack.next_event() {
///     println!("{event:?}"); // opened, readable, ...
/// }
/// # Ok(())
/// # }
/// ```
pub struct Stack {
    raw: NonNull<sys::dumbo_stack>,
    #[cfg(feature = "std")]
    lent: lent::Lent,
}

// SAFETY: a stack is bound to no thread, and neither is what is lent to it.
unsafe impl Send for Stack {}
// SAFETY: calls that take a stack as const may overlap each other; all others take &mut self here.
unsafe impl Sync for Stack {}

impl Stack {
    /// Makes a stack without connections. It allocates its memory here.
    ///
    /// # Errors
    ///
    /// For a config that no stack can have, or without memory or randomness.
    pub fn new(config: &StackConfig) -> Result<Self, StackError> {
        let mut raw = ptr::null_mut();
        // SAFETY: the config states its size, and NULL stands for the C library's allocator.
        StackError::check(unsafe { sys::dumbo_stack_create(&mut raw, config.checked()?, ptr::null()) })?;
        Self::from_raw(raw).ok_or(StackError::Unexpected(sys::DUMBO_ERR_INTERNAL))
    }

    /// Makes a stack from a snapshot, with every connection under its id. Bytes that were lent have to be lent again:
    /// [`ConnectionInfo::is_lent_missing`].
    ///
    /// # Errors
    ///
    /// For bytes that are damaged, of an unknown version, of a state that no stack can be in, or for which the config
    /// has no room.
    pub fn restore(snapshot: &[u8], config: &StackConfig, restore: &RestoreConfig) -> Result<Self, RestoreError> {
        let checked = config.checked().map_err(|error| RestoreError::from_code(error.code()))?;
        let mut raw = ptr::null_mut();
        // SAFETY: address and length are a slice's, the configs state their sizes, and NULL stands for the C library's
        // allocator.
        RestoreError::check(unsafe {
            sys::dumbo_stack_restore(&mut raw, snapshot.as_ptr(), snapshot.len(), checked, &restore.to_c(), ptr::null())
        })?;
        Self::from_raw(raw).ok_or(RestoreError::Unexpected(sys::DUMBO_ERR_INTERNAL))
    }

    /// Whether a frame might be for the stack's address: a cheap first test without false negatives.
    pub fn frame_is_for_us(&self, frame: &[u8]) -> bool {
        // SAFETY: the stack is alive, and address and length are a slice's.
        unsafe { sys::dumbo_stack_frame_is_for_us(self.as_ptr(), frame.as_ptr(), frame.len()) }
    }

    /// Takes a frame of the guest's, with what came in front of it on a virtio-net queue, and tells what became of it.
    /// Afterwards there may be events and frames.
    ///
    /// # Errors
    ///
    /// Only if time goes back.
    pub fn receive_frame(
        &mut self,
        frame: &[u8],
        now: u64,
        header: Option<&VirtioNetHeader>,
    ) -> Result<Verdict, FrameError> {
        let header = header.map(|header| header.to_c());
        let mut verdict = sys::dumbo_frame_verdict {
            struct_size: size_of_struct::<sys::dumbo_frame_verdict>(),
            ..sys::dumbo_frame_verdict::default()
        };
        // SAFETY: the stack is alive and ours alone, address and length are a slice's, the header is NULL or a
        // variable's, and the verdict states its size.
        FrameError::check(unsafe {
            sys::dumbo_stack_receive_frame(
                self.as_mut_ptr(),
                frame.as_ptr(),
                frame.len(),
                now,
                pointer_to(&header),
                &mut verdict,
            )
        })?;
        Ok(Verdict {
            kind: VerdictKind::from_number(verdict.kind),
            error: verdict.error,
            anomalies: RecvStatusFlags::from_bits(verdict.anomalies),
            delivered: verdict.delivered,
            connection: NonZeroU64::new(verdict.connection).map(|id| ConnectionId(id.get())),
        })
    }

    /// Writes the next frame for the guest and returns its length, if there is one. Call it until there is none.
    ///
    /// # Errors
    ///
    /// If the buffer is shorter than [`FRAME_MINIMUM`], or time goes back.
    pub fn next_frame(&mut self, buf: &mut [u8], now: u64) -> Result<Option<usize>, FrameError> {
        self.write_frame(buf, now, ptr::null_mut())
    }

    /// The same for a device that takes a part of the work, as [`set_offloads`](Self::set_offloads) says.
    ///
    /// # Errors
    ///
    /// Those of [`next_frame`](Self::next_frame).
    pub fn next_frame_for_device(
        &mut self,
        buf: &mut [u8],
        now: u64,
    ) -> Result<Option<(usize, VirtioNetHeader)>, FrameError> {
        let mut header = VirtioNetHeader::default().to_c();
        let length = self.write_frame(buf, now, &mut header)?;
        Ok(length.map(|length| (length, VirtioNetHeader::from_c(&header))))
    }

    fn write_frame(
        &mut self,
        buf: &mut [u8],
        now: u64,
        header: *mut sys::dumbo_virtio_net_header,
    ) -> Result<Option<usize>, FrameError> {
        let mut length = 0;
        // SAFETY: the stack is alive and ours alone, address and length are a slice's, and the header is NULL or a
        // variable's of this function's callers, which states its size.
        FrameError::check(unsafe {
            sys::dumbo_stack_next_frame(self.as_mut_ptr(), buf.as_mut_ptr(), buf.len(), now, &mut length, header)
        })?;
        Ok(Some(length).filter(|length| *length > 0))
    }

    /// Says anew what the guest's device does, as after each negotiation with its driver.
    ///
    /// # Errors
    ///
    /// For an unknown bit, or [`Offloads::TSO4`] alone.
    pub fn set_offloads(&mut self, offloads: Offloads) -> Result<(), StackError> {
        // SAFETY: the stack is alive and ours alone.
        StackError::check(unsafe { sys::dumbo_stack_set_offloads(self.as_mut_ptr(), offloads.bits()) })
    }

    /// Whether there is a frame now, or one has to be asked for again at a time, or neither. Data is considered here.
    ///
    /// # Errors
    ///
    /// Only if time goes back.
    pub fn next_status(&mut self, now: u64) -> Result<NextSegmentStatus, FrameError> {
        let (mut status, mut deadline) = (0, 0);
        // SAFETY: the stack is alive and ours alone, and the results are written to variables of their types.
        FrameError::check(unsafe { sys::dumbo_stack_next_status(self.as_mut_ptr(), now, &mut status, &mut deadline) })?;
        Ok(NextSegmentStatus::from_c(status, deadline))
    }

    /// Takes the next event, if there is one. Call it until there is none, after frames have come in or gone out.
    pub fn next_event(&mut self) -> Option<Event> {
        let mut event = sys::dumbo_stack_event {
            struct_size: size_of_struct::<sys::dumbo_stack_event>(),
            ..sys::dumbo_stack_event::default()
        };
        // SAFETY: the stack is alive and ours alone, and the event states its size.
        let code = unsafe { sys::dumbo_stack_next_event(self.as_mut_ptr(), &mut event) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        let id = ConnectionId(event.connection);
        let event = match event.kind {
            sys::DUMBO_STACK_EVENT_NONE => return None,
            sys::DUMBO_STACK_EVENT_OPENED => Event::Opened(id),
            sys::DUMBO_STACK_EVENT_READABLE => Event::Readable(id),
            sys::DUMBO_STACK_EVENT_WRITABLE => Event::Writable(id),
            sys::DUMBO_STACK_EVENT_PEER_CLOSED => Event::PeerClosed(id),
            sys::DUMBO_STACK_EVENT_CLOSED => Event::Closed(id, Reason::from_number(event.reason)),
            other => Event::Other(id, other),
        };
        #[cfg(feature = "std")]
        self.give_back_what_was_lent(event);
        Some(event)
    }

    /// Shows payload that has come in and was not consumed yet, where it lies; empty if there is none. That may be less
    /// than there is: consume it, and read again.
    ///
    /// ```compile_fail,E0502
    /// # use dumbo::stack::{ConnectionError, ConnectionId, Stack};
    /// fn too_long(stack: &mut Stack, id: ConnectionId) -> Result<(), ConnectionError> {
    ///     let payload = stack.read(id)?;
    ///     stack.consume(id, payload.len())?; // gives the bytes up ...
    ///     assert!(!payload.is_empty()); // ... that this looks at
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn read(&self, id: ConnectionId) -> Result<&[u8], ConnectionError> {
        let (mut data, mut length) = (ptr::null(), 0);
        // SAFETY: the stack is alive, and the results are written to variables of their types.
        ConnectionError::check(unsafe { sys::dumbo_stack_read(self.as_ptr(), id.0, &mut data, &mut length) })?;
        if length == 0 {
            return Ok(&[]);
        }
        // SAFETY: so many bytes lie there until the stack is told to change, for which it must not be borrowed.
        Ok(unsafe { core::slice::from_raw_parts(data, length) })
    }

    /// Gives up the first bytes of what can be read, and opens the receive window by as much. Returns how many were:
    /// no more than there are.
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn consume(&mut self, id: ConnectionId, n: usize) -> Result<usize, ConnectionError> {
        let mut consumed = 0;
        // SAFETY: the stack is alive and ours alone, and the result is written to a variable of its type.
        ConnectionError::check(unsafe { sys::dumbo_stack_consume(self.as_mut_ptr(), id.0, n, &mut consumed) })?;
        Ok(consumed)
    }

    /// Queues a copy of bytes to be sent, as many as there is room for, and returns how many that was. If they were not
    /// all, [`Event::Writable`] follows.
    ///
    /// # Errors
    ///
    /// If there is no such connection, or it was closed.
    pub fn write(&mut self, id: ConnectionId, data: &[u8]) -> Result<usize, ConnectionError> {
        let mut accepted = 0;
        // SAFETY: the stack is alive and ours alone, address and length are a slice's, and the result is written to a
        // variable of its type.
        ConnectionError::check(unsafe {
            sys::dumbo_stack_write(self.as_mut_ptr(), id.0, data.as_ptr(), data.len(), &mut accepted)
        })?;
        Ok(accepted)
    }

    /// Has bytes sent behind what is queued, without a copy. They are there for ever; `lend`, with the feature `std`,
    /// takes others.
    ///
    /// # Errors
    ///
    /// If there is no such connection, it was closed, or earlier bytes are still lent.
    pub fn lend_static(&mut self, id: ConnectionId, data: &'static [u8]) -> Result<(), ConnectionError> {
        // SAFETY: the stack is alive and ours alone, and the bytes are there for ever.
        ConnectionError::check(unsafe { sys::dumbo_stack_lend(self.as_mut_ptr(), id.0, data.as_ptr(), data.len()) })
    }

    /// How many of the lent bytes are not acknowledged yet: the last ones.
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn lent(&self, id: ConnectionId) -> Result<usize, ConnectionError> {
        let mut length = 0;
        // SAFETY: the stack is alive, and the result is written to a variable of its type.
        ConnectionError::check(unsafe { sys::dumbo_stack_lent(self.as_ptr(), id.0, &mut length) })?;
        Ok(length)
    }

    /// Closes our half: the last byte that is queued or lent goes out with a FIN. Keep reading.
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn close(&mut self, id: ConnectionId) -> Result<(), ConnectionError> {
        // SAFETY: the stack is alive and ours alone.
        ConnectionError::check(unsafe { sys::dumbo_stack_close(self.as_mut_ptr(), id.0) })
    }

    /// Resets a connection: its next frame is a RST, and then follows [`Event::Closed`].
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn abort(&mut self, id: ConnectionId) -> Result<(), ConnectionError> {
        // SAFETY: the stack is alive and ours alone.
        ConnectionError::check(unsafe { sys::dumbo_stack_abort(self.as_mut_ptr(), id.0) })
    }

    /// Sets the time to live of what a connection sends from now on, 1 to 255.
    ///
    /// # Errors
    ///
    /// If there is no such connection, or for 0.
    pub fn set_ttl(&mut self, id: ConnectionId, ttl: u8) -> Result<(), ConnectionError> {
        // SAFETY: the stack is alive and ours alone.
        ConnectionError::check(unsafe { sys::dumbo_stack_set_ttl(self.as_mut_ptr(), id.0, u32::from(ttl)) })
    }

    /// What there is to know about a connection.
    ///
    /// # Errors
    ///
    /// If there is no such connection.
    pub fn connection_info(&self, id: ConnectionId) -> Result<ConnectionInfo, ConnectionError> {
        let mut info = sys::dumbo_connection_info {
            struct_size: size_of_struct::<sys::dumbo_connection_info>(),
            ..sys::dumbo_connection_info::default()
        };
        // SAFETY: the stack is alive, and the struct states its size.
        ConnectionError::check(unsafe { sys::dumbo_stack_connection_info(self.as_ptr(), id.0, &mut info) })?;
        Ok(ConnectionInfo {
            is_closing: info.flags & sys::DUMBO_CONNECTION_INFO_CLOSING != 0,
            is_lent_missing: info.flags & sys::DUMBO_CONNECTION_INFO_LENT_MISSING != 0,
            state: State::from_number(info.state),
            peer_mac: info.peer_mac,
            peer_ipv4: info.peer_ipv4,
            peer_port: info.peer_port,
            port: info.port,
            mss: info.mss,
            readable: info.readable,
            queued: info.queued,
            room: info.room,
            lent: info.lent,
            last_heard: info.last_heard,
        })
    }

    /// How many connections there are, half-open and ended ones included.
    pub fn connection_count(&self) -> u32 {
        // SAFETY: the stack is alive.
        unsafe { sys::dumbo_stack_connection_count(self.as_ptr()) }
    }

    /// What the stack has done.
    pub fn counters(&self) -> InterfaceCounters {
        let mut counters = sys::dumbo_interface_counters {
            struct_size: size_of_struct::<sys::dumbo_interface_counters>(),
            ..sys::dumbo_interface_counters::default()
        };
        // SAFETY: the stack is alive, and the counters state their size.
        let code = unsafe { sys::dumbo_stack_counters(self.as_ptr(), &mut counters) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        InterfaceCounters::from_c(&counters)
    }

    /// The length of what [`snapshot_to`](Self::snapshot_to) would write now.
    pub fn snapshot_len(&self) -> usize {
        let mut length = 0;
        // SAFETY: the stack is alive, and NULL with length 0 only asks.
        let code = unsafe { sys::dumbo_stack_snapshot(self.as_ptr(), ptr::null_mut(), 0, &mut length) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        length
    }

    /// Writes the whole stack as bytes, and returns their number. Of lent bytes only their number is kept: save what
    /// they are.
    ///
    /// # Errors
    ///
    /// If the buffer is too short.
    pub fn snapshot_to(&self, buf: &mut [u8]) -> Result<usize, SnapshotError> {
        let mut length = 0;
        // SAFETY: the stack is alive, and address and length are a slice's.
        SnapshotError::check(unsafe {
            sys::dumbo_stack_snapshot(self.as_ptr(), buf.as_mut_ptr(), buf.len(), &mut length)
        })?;
        Ok(length)
    }

    fn from_raw(raw: *mut sys::dumbo_stack) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self {
            raw,
            #[cfg(feature = "std")]
            lent: lent::Lent::default(),
        })
    }

    fn as_ptr(&self) -> *const sys::dumbo_stack {
        self.raw.as_ptr()
    }

    fn as_mut_ptr(&mut self) -> *mut sys::dumbo_stack {
        self.raw.as_ptr()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the stack is alive, and nobody uses it after this. What is lent to it goes only afterwards.
        unsafe { sys::dumbo_stack_free(self.as_mut_ptr()) }
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("connections", &self.connection_count()).finish_non_exhaustive()
    }
}

/// Bytes that a stack sends from where they lie, and who owns them.
#[cfg(feature = "std")]
mod lent {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::vec::Vec;

    use super::{sys, ConnectionError, ConnectionId, Event, Stack};

    /// The owners stay where they are, and nobody changes them: an Arc, as a Box would claim to be the only way to its
    /// content.
    pub(super) type Lent = HashMap<ConnectionId, Arc<dyn AsRef<[u8]> + Send + Sync>>;

    impl Stack {
        /// Has bytes sent behind what is queued, without a copy. The stack keeps their owner until they are
        /// acknowledged and [`Event::Writable`] has told so, or [`Event::Closed`] was taken: a `Vec<u8>`, an
        /// `Arc<[u8]>`, or anything that lends bytes as long as it lives.
        ///
        /// # Errors
        ///
        /// If there is no such connection, it was closed, or earlier bytes are still lent. In a restored stack also if
        /// the bytes are not as many as are missing.
        pub fn lend<B: AsRef<[u8]> + Send + Sync + 'static>(
            &mut self,
            id: ConnectionId,
            bytes: B,
        ) -> Result<(), ConnectionError> {
            let owner: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
            let data: &[u8] = (*owner).as_ref();
            // Nothing must go wrong any more once the library has the bytes.
            self.lent.reserve(1);
            // SAFETY: the stack is alive and ours alone. The bytes are borrowed from an owner that stays in place and
            // that nobody can change, and it is kept until the library is done with them.
            ConnectionError::check(unsafe {
                sys::dumbo_stack_lend(self.as_mut_ptr(), id.0, data.as_ptr(), data.len())
            })?;
            if !data.is_empty() {
                self.lent.insert(id, owner);
            }
            Ok(())
        }

        /// The whole stack as bytes, for [`restore`](Self::restore).
        pub fn snapshot(&self) -> Vec<u8> {
            let mut bytes = std::vec![0; self.snapshot_len()];
            let written = self.snapshot_to(&mut bytes);
            debug_assert_eq!(written, Ok(bytes.len()));
            bytes
        }

        /// Lets owners go whose bytes the library has forgotten.
        pub(super) fn give_back_what_was_lent(&mut self, event: Event) {
            let id = match event {
                Event::Closed(id, _) => id,
                Event::Writable(id) if self.lent(id) == Ok(0) => id,
                _ => return,
            };
            self.lent.remove(&id);
        }
    }
}
