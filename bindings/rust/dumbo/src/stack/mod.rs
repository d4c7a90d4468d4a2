// SPDX-License-Identifier: Apache-2.0
//! One interface of a guest's, seen from the other end of the cable: frames of the guest's go in, frames for the guest
//! come out, and in between stand the connections that the guest has opened.
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::{self, NonNull};

use dumbo_sys as sys;

use crate::tcp::{NextSegmentStatus, RestoreConfig, RestoreError};
use crate::{pointer_to, size_of_struct};

mod config;
mod errors;
#[cfg(feature = "std")]
mod lent;
mod report;
mod virtio_net;

pub use config::{StackConfig, PORTS_MAX};
pub use errors::{ConnectionError, FrameError, SnapshotError, StackError, VerdictError};
#[cfg(feature = "std")]
pub use lent::LendError;
pub use report::{ConnectionId, ConnectionInfo, Event, InterfaceCounters, Reason, Verdict, VerdictKind};
pub use virtio_net::{Offloads, VirtioNetFlags, VirtioNetHeader};

/// The shortest buffer that every frame without payload fits.
pub const FRAME_MINIMUM: usize = sys::DUMBO_STACK_FRAME_MINIMUM as usize;

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

// With and without std alike, although owners of lent bytes do not say so of themselves: a panic of theirs comes before
// anything is changed here.
impl UnwindSafe for Stack {}
impl RefUnwindSafe for Stack {}

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
    /// Afterwards there may be events and frames. The frame is a copy of what lies in
    /// [guest memory](crate#guest-memory).
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
        Ok(Verdict::from_c(&verdict))
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
        let event = Event::from_c(&event)?;
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
        Ok(ConnectionInfo::from_c(&info))
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

    /// The whole stack as bytes, for [`restore`](Self::restore).
    #[cfg(feature = "std")]
    pub fn snapshot(&self) -> std::vec::Vec<u8> {
        let mut bytes = std::vec![0; self.snapshot_len()];
        let written = self.snapshot_to(&mut bytes);
        debug_assert_eq!(written, Ok(bytes.len()));
        bytes
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
