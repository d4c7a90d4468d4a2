// SPDX-License-Identifier: Apache-2.0
//! A TCP endpoint for virtual machine monitors, as safe Rust on [libdumbo](dumbo_sys).
//!
//! A VMM that wants to answer its guest's TCP connection inside its own process needs a TCP that opens no socket, starts
//! no thread, reads no clock and touches no network. Every input is an argument here: you hand in the guest's bytes,
//! your buffers and the time, and get back what to deliver and what to send.
//!
//! - [`tcp::connection::Connection`] is one connection: segments in, segments out.
//! - [`stack::Stack`] is a guest's whole interface: frames in, frames out, and events in between.
//! - [`pdu`] reads and writes what is around a segment: Ethernet, ARP, IPv4, checksums.
//!
//! One connection, from the guest's SYN to its end:
//!
//! ```
//! use std::num::{NonZeroU16, NonZeroU64};
//!
//! use dumbo::pdu::tcp::{Flags, TcpFields, TcpSegment};
//! use dumbo::pdu::{tcp, AddressPair, Addressing};
//! use dumbo::tcp::connection::Connection;
//! use dumbo::tcp::NextSegmentStatus;
//!
//! // A segment of the guest's, as its IPv4 packet would carry it.
//! fn from_guest(seq: u32, ack: u32, flags: Flags, text: &str) -> Vec<u8> {
//!     let to_us = AddressPair::new([169, 254, 0, 2], [169, 254, 169, 254]);
//!     let mut segment = vec![0; 600];
//!     let payload = Some(text.as_bytes()).filter(|text| !text.is_empty());
//!     let fields = TcpFields::new(seq, ack, flags, 65535);
//!     let length = tcp::write(&mut segment, &fields, payload, &Addressing::new(to_us, 50000, 80)).unwrap();
//!     segment.truncate(length);
//!     segment
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let to_guest = AddressPair::new([169, 254, 169, 254], [169, 254, 0, 2]);
//! let none = None::<(&[u8], _)>;
//! let mut packet = [0; 1500];
//! let mut received = [0; 1500];
//!
//! // The SYN opens the connection, which answers it ...
//! let syn = from_guest(1000, 0, Flags::SYN, "");
//! let syn = TcpSegment::from_bytes(&syn[..], None)?;
//! let timeout = NonZeroU64::new(200).unwrap(); // in the unit of every `now`: milliseconds, say
//! let mut connection = Connection::passive_open(&syn, 65535, timeout, NonZeroU16::new(15).unwrap())?;
//! let synack = connection.write_next_segment(&mut packet, 0, none, 0)?.expect("the SYN is answered");
//! let synack = synack.finalize(80, 50000, Some(&to_guest));
//! assert_eq!(synack.flags(), Flags::SYN | Flags::ACK);
//!
//! // ... and the guest's ACK, with a question in it, establishes it.
//! let isn = synack.sequence_number().0;
//! let question = from_guest(1001, isn.wrapping_add(1), Flags::ACK, "who am I?");
//! let question = TcpSegment::from_bytes(&question[..], None)?;
//! let (length, oddities) = connection.receive_segment(&question, &mut received, 1)?;
//! assert!(connection.is_established() && oddities.is_empty());
//! assert_eq!(&received[..length.unwrap().get()], b"who am I?");
//!
//! // The answer is lent from its first byte that is not acknowledged; it goes out with our FIN.
//! let answer = &b"you are i-1234"[..];
//! let first = connection.first_not_sent();
//! connection.close_after(answer.len() as u32)?;
//! let sent = connection.write_next_segment(&mut packet, 0, Some((answer, first)), 2)?.expect("there is an answer");
//! let sent = sent.finalize(80, 50000, Some(&to_guest));
//! assert_eq!((sent.payload(), sent.flags()), (answer, Flags::ACK | Flags::FIN));
//! assert_eq!(connection.control_segment_or_timeout_status(), NextSegmentStatus::Timeout(202));
//!
//! // The guest acknowledges it and closes too.
//! let end = from_guest(1010, isn.wrapping_add(16), Flags::ACK | Flags::FIN, "");
//! connection.receive_segment(&TcpSegment::from_bytes(&end[..], None)?, &mut received, 3)?;
//! assert!(connection.fin_received() && connection.fin_acknowledged());
//! let last = connection.write_next_segment(&mut packet, 0, none, 3)?.expect("its FIN is acknowledged");
//! assert_eq!(last.inner().ack_number().0, 1011);
//! assert!(connection.is_done());
//! # Ok(())
//! # }
//! ```
//!
//! # Guest memory
//!
//! A `&[u8]` promises Rust that nobody changes the bytes as long as it lives, and a guest that runs may write to its
//! memory at any time: such a slice over it is undefined behaviour, however briefly it lives, and a `&mut [u8]` is so,
//! too. Hence:
//!
//! - Copy what the guest has sent into memory of your own, with volatile accesses (those of `vm-memory`, say), before
//!   it becomes a slice here: for [`TcpSegment::from_bytes`](pdu::tcp::TcpSegment::from_bytes) and
//!   [`Connection::receive`](tcp::connection::Connection::receive) as well as for
//!   [`Stack::receive_frame`](stack::Stack::receive_frame).
//! - Have frames and segments written to memory of your own, and copy them to the guest from there.
//! - Payload that lies in guest memory is sent from a [`ByteBuffer`](pdu::bytes::ByteBuffer) whose `read` copies it
//!   with volatile accesses, or from an [`OnDemand`](pdu::bytes::OnDemand) whose closure does. A `[u8]`, pieces, and
//!   what is lent to a stack are slices all along.
//!
//! ```
//! use dumbo::pdu::bytes::{ByteBuffer, OnDemand, ReadFailed};
//!
//! /// Payload in guest memory.
//! ///
//! /// # Safety
//! ///
//! /// The `length` bytes at `start` must stay mapped as long as the result is used.
//! unsafe fn from_guest_memory(start: *const u8, length: usize) -> impl ByteBuffer {
//!     OnDemand::new(length, move |offset, to: &mut [u8]| {
//!         if offset.checked_add(to.len()).map_or(true, |end| end > length) {
//!             return Err(ReadFailed);
//!         }
//!         for (place, byte) in to.iter_mut().enumerate() {
//!             // SAFETY: the place is within the bytes that are mapped, and a volatile read takes what is there.
//!             *byte = unsafe { start.add(offset + place).read_volatile() };
//!         }
//!         Ok(())
//!     })
//! }
//! # let memory = *b"some bytes";
//! # // SAFETY: the array lives until the end.
//! # let payload = unsafe { from_guest_memory(memory.as_ptr(), memory.len()) };
//! # let mut copy = [0; 5];
//! # payload.read(5, &mut copy).unwrap();
//! # assert_eq!(&copy, b"bytes");
//! # assert!(payload.read(6, &mut copy).is_err());
//! ```
//!
//! # Features
//!
//! `std` (default): errors are `std::error::Error`, payload may be `IoSlice`s, a panic in a payload source is caught and
//! goes on behind the C library, a stack can be lent bytes of any owner's. `static`, `bundled`: how libdumbo is linked.
#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
#![warn(missing_debug_implementations, clippy::undocumented_unsafe_blocks)]

#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod macros;
#[cfg(all(test, feature = "std"))]
mod names;
mod payload;
mod text;

pub mod pdu;
pub mod stack;
pub mod tcp;

use core::{mem, ptr};

/// The version of the library that is running, "major.minor.patch".
pub fn version() -> &'static str {
    // SAFETY: the function returns a C string in static storage.
    unsafe { text::from_c(dumbo_sys::dumbo_version_string()) }
}

/// The library's own sentence for a result code. All errors print theirs.
pub fn strerror(code: i32) -> &'static str {
    text::of_error(code)
}

/// What goes into the struct_size of a struct of C's.
fn size_of_struct<T>() -> u32 {
    mem::size_of::<T>() as u32
}

/// The address of a value, NULL for none.
fn pointer_to<T>(value: &Option<T>) -> *const T {
    value.as_ref().map_or(ptr::null(), |value| value)
}

/// The README's example is compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
