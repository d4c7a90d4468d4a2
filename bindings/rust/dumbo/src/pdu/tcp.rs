// SPDX-License-Identifier: Apache-2.0
//! TCP segments (RFC 9293, 3.1).
use core::fmt;
use core::marker::PhantomData;
use core::num::Wrapping;

use dumbo_sys as sys;

use super::bytes::{ByteBuffer, NetworkBytes, NetworkBytesMut};
use super::{checksum, AddressPair, Addressing, Incomplete};
use crate::payload::with_payload;
use crate::{pointer_to, size_of_struct};

/// Bytes of a header without options.
pub const HEADER_LENGTH: usize = sys::DUMBO_TCP_HEADER_LENGTH as usize;
/// The longest segment that is ever written.
pub const MAX_SEGMENT_LENGTH: usize = sys::DUMBO_TCP_MAX_SEGMENT_LENGTH as usize;

flags! {
    /// The control bits of a header.
    pub struct Flags: u8 {
        /// No more data from the sender.
        FIN = DUMBO_TCP_FIN;
        /// Synchronize sequence numbers.
        SYN = DUMBO_TCP_SYN;
        /// Reset the connection.
        RST = DUMBO_TCP_RST;
        /// Push.
        PSH = DUMBO_TCP_PSH;
        /// The acknowledgment number counts.
        ACK = DUMBO_TCP_ACK;
        /// The urgent pointer counts.
        URG = DUMBO_TCP_URG;
        /// ECN echo.
        ECE = DUMBO_TCP_ECE;
        /// Congestion window reduced.
        CWR = DUMBO_TCP_CWR;
    }
}

errors! {
    /// Why a segment could not be read.
    pub enum TcpError {
        /// It has fewer bytes than a header.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// The header length is below 20 bytes, or longer than the segment.
        HeaderLength = DUMBO_ERR_HEADER_LENGTH,
        /// The checksum does not verify.
        Checksum = DUMBO_ERR_CHECKSUM,
    }
}

errors! {
    /// Why a segment could not be written.
    pub enum TcpWriteError {
        /// The buffer cannot hold the header.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// What may be used of the MSS cannot hold the MSS option.
        MssOptionRoom = DUMBO_ERR_MSS_OPTION_ROOM,
        /// There is a payload, and no byte of it can be carried.
        EmptyPayload = DUMBO_ERR_EMPTY_PAYLOAD,
        /// The payload could not be read.
        ReadFailed = DUMBO_ERR_CALLBACK,
    }
}

/// What the options of a segment say about the MSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MssOption {
    /// Nothing.
    Absent,
    /// A value that is accepted.
    Present(u16),
    /// The options are malformed, or the value is not accepted.
    Invalid,
}

/// A segment: its bytes, and what its header says.
///
/// ```
/// use dumbo::pdu::tcp::{Flags, TcpSegment};
///
/// let bytes = [0xc3, 0x50, 0, 80, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
/// let syn = TcpSegment::from_bytes(&bytes[..], None)?;
/// assert_eq!(syn.flags(), Flags::SYN);
/// assert_eq!((syn.source_port(), syn.destination_port()), (50000, 80));
/// # Ok::<(), dumbo::pdu::tcp::TcpError>(())
/// ```
#[derive(Clone, Copy)]
pub struct TcpSegment<'a, T: 'a> {
    bytes: T,
    header: sys::dumbo_tcp_segment,
    lifetime: PhantomData<&'a T>,
}

impl<'a, T: NetworkBytes> TcpSegment<'a, T> {
    /// Reads a segment, and verifies its checksum if there are addresses. The bytes must not be
    /// [guest memory](crate#guest-memory), which changes at any time.
    ///
    /// # Errors
    ///
    /// For bytes that are no segment, or a wrong checksum.
    pub fn from_bytes(bytes: T, verify: Option<&AddressPair>) -> Result<Self, TcpError> {
        let mut header = sys::dumbo_tcp_segment {
            struct_size: size_of_struct::<sys::dumbo_tcp_segment>(),
            ..sys::dumbo_tcp_segment::default()
        };
        let verify = verify.map(|addresses| addresses.to_c());
        // Looked at once: another time it might be another slice.
        let segment: &[u8] = &bytes;
        // SAFETY: address and length are a slice's, the addresses are NULL or a variable's, and the header states its
        // size.
        TcpError::check(unsafe {
            sys::dumbo_tcp_parse(segment.as_ptr(), segment.len(), pointer_to(&verify), &mut header)
        })?;
        Ok(Self { bytes, header, lifetime: PhantomData })
    }

    /// All bytes of the segment.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes behind the header, at most as many as make the segment 65535 bytes long.
    pub fn payload(&self) -> &[u8] {
        let begin = usize::from(self.header.header_length);
        self.bytes.get(begin..usize::from(self.header.length)).unwrap_or(&[])
    }
}

impl<T> TcpSegment<'_, T> {
    /// The sender's port.
    pub fn source_port(&self) -> u16 {
        self.header.source_port
    }

    /// The receiver's port.
    pub fn destination_port(&self) -> u16 {
        self.header.destination_port
    }

    /// The sequence number of the first byte, or of SYN.
    pub fn sequence_number(&self) -> Wrapping<u32> {
        Wrapping(self.header.seq)
    }

    /// The next sequence number that the sender expects, if ACK is among the flags.
    pub fn ack_number(&self) -> Wrapping<u32> {
        Wrapping(self.header.ack)
    }

    /// The length of the header with its options, in bytes.
    pub fn header_len(&self) -> u8 {
        self.header.header_length
    }

    /// The control bits.
    pub fn flags(&self) -> Flags {
        Flags::from_bits(self.header.flags)
    }

    /// The three reserved bits and NS, as they stand in byte 12.
    pub fn reserved_bits(&self) -> u8 {
        self.header.reserved_bits
    }

    /// The bit NS.
    pub fn ns(&self) -> bool {
        self.header.ns != 0
    }

    /// The sender's receive window, unscaled.
    pub fn window_size(&self) -> u16 {
        self.header.window
    }

    /// The checksum, verified or not.
    pub fn checksum(&self) -> u16 {
        self.header.checksum
    }

    /// The urgent pointer.
    pub fn urgent_pointer(&self) -> u16 {
        self.header.urgent_pointer
    }

    /// The length of the segment, 65535 for a longer one.
    pub fn len(&self) -> u16 {
        self.header.length
    }

    /// No segment is: this is false.
    pub fn is_empty(&self) -> bool {
        self.header.length == 0
    }

    /// The length of the payload.
    pub fn payload_len(&self) -> u16 {
        self.header.payload_length
    }

    /// What the options say about the MSS.
    pub fn mss_option(&self) -> MssOption {
        match sys::dumbo_mss_option::from(self.header.mss_option) {
            sys::DUMBO_MSS_OPTION_ABSENT => MssOption::Absent,
            sys::DUMBO_MSS_OPTION_PRESENT => MssOption::Present(self.header.mss),
            _ => MssOption::Invalid,
        }
    }
}

impl<T> fmt::Debug for TcpSegment<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpSegment")
            .field("source_port", &self.source_port())
            .field("destination_port", &self.destination_port())
            .field("sequence_number", &self.sequence_number().0)
            .field("ack_number", &self.ack_number().0)
            .field("flags", &self.flags())
            .field("window_size", &self.window_size())
            .field("payload_len", &self.payload_len())
            .finish_non_exhaustive()
    }
}

impl<'a, T: NetworkBytesMut> Incomplete<TcpSegment<'a, T>> {
    /// Fills in ports, and, if there are addresses, the checksum.
    ///
    /// [`Connection::write_segment`](crate::tcp::connection::Connection::write_segment) writes complete segments at
    /// once, and sums the payload while it copies it.
    pub fn finalize(
        self,
        source_port: u16,
        destination_port: u16,
        compute_checksum: Option<&AddressPair>,
    ) -> TcpSegment<'a, T> {
        let mut segment = self.inner;
        segment.header.source_port = source_port;
        segment.header.destination_port = destination_port;
        segment.bytes[0..2].copy_from_slice(&source_port.to_be_bytes());
        segment.bytes[2..4].copy_from_slice(&destination_port.to_be_bytes());
        if let Some(addresses) = compute_checksum {
            segment.header.checksum = checksum::of_tcp(addresses, &segment.bytes);
            segment.bytes[16..18].copy_from_slice(&segment.header.checksum.to_be_bytes());
        }
        segment
    }
}

/// The fields of a header to be written: those of [`new`](Self::new), and what is assigned to them afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpFields {
    /// The sequence number.
    pub sequence_number: u32,
    /// The acknowledgment number.
    pub ack_number: u32,
    /// The control bits.
    pub flags: Flags,
    /// The receive window.
    pub window_size: u16,
    /// The value of an MSS option, if there is to be one.
    pub mss_option: Option<u16>,
    /// The most bytes that MSS option and payload may have together.
    pub mss_remaining: u16,
    /// The most bytes of the payload that may be used, from its first on.
    pub payload_max: u64,
}

impl TcpFields {
    /// A header without options, in front of as much payload as a segment can have.
    pub fn new(sequence_number: u32, ack_number: u32, flags: Flags, window_size: u16) -> Self {
        Self {
            sequence_number,
            ack_number,
            flags,
            window_size,
            mss_option: None,
            mss_remaining: u16::MAX,
            payload_max: u64::MAX,
        }
    }

    fn to_c(self) -> sys::dumbo_tcp_fields {
        sys::dumbo_tcp_fields {
            struct_size: size_of_struct::<sys::dumbo_tcp_fields>(),
            seq: self.sequence_number,
            ack: self.ack_number,
            window: self.window_size,
            flags: self.flags.bits(),
            has_mss_option: u8::from(self.mss_option.is_some()),
            mss_option: self.mss_option.unwrap_or(0),
            mss_remaining: self.mss_remaining,
            reserved: 0,
            payload_max: self.payload_max,
        }
    }
}

/// Writes a complete segment with as much of the payload as limits and buffer allow, and returns its length.
///
/// ```
/// use dumbo::pdu::tcp::{write, Flags, TcpFields, TcpSegment};
/// use dumbo::pdu::{AddressPair, Addressing};
///
/// let addresses = AddressPair::new([169, 254, 0, 2], [169, 254, 169, 254]);
/// let mut buf = [0; 100];
/// let fields = TcpFields::new(7, 11, Flags::ACK | Flags::PSH, 65535);
/// let length = write(&mut buf, &fields, Some(&b"hello"[..]), &Addressing::new(addresses, 50000, 80))?;
/// let segment = TcpSegment::from_bytes(&buf[..length], Some(&addresses)).unwrap();
/// assert_eq!(segment.payload(), b"hello");
/// # Ok::<(), dumbo::pdu::tcp::TcpWriteError>(())
/// ```
///
/// # Errors
///
/// What was in the buffer is lost then.
pub fn write<R: ByteBuffer + ?Sized>(
    buf: &mut [u8],
    fields: &TcpFields,
    payload: Option<&R>,
    addressing: &Addressing,
) -> Result<usize, TcpWriteError> {
    let (fields, addressing) = (fields.to_c(), addressing.to_c());
    let mut length = 0;
    let code = with_payload(payload.map(|bytes| (bytes, Wrapping(0))), |payload| {
        // SAFETY: address and length are a slice's, the payload is valid during the call, and the structs state their
        // sizes.
        unsafe { sys::dumbo_tcp_write(buf.as_mut_ptr(), buf.len(), &fields, payload, &addressing, &mut length) }
    });
    TcpWriteError::check(code)?;
    Ok(length)
}
