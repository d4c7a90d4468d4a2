// SPDX-License-Identifier: Apache-2.0
//! IPv4 packets (RFC 791).
use core::ops::Range;

use dumbo_sys as sys;

use crate::size_of_struct;

/// Bytes of a header without options.
pub const HEADER_LENGTH: usize = sys::DUMBO_IPV4_HEADER_LENGTH as usize;
/// The protocol number of TCP.
pub const PROTOCOL_TCP: u8 = sys::DUMBO_IPV4_PROTOCOL_TCP as u8;
/// The protocol number of UDP.
pub const PROTOCOL_UDP: u8 = sys::DUMBO_IPV4_PROTOCOL_UDP as u8;

errors! {
    /// Why a packet could not be read or written.
    pub enum Ipv4Error {
        /// It has fewer bytes than a header.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// The version is not 4.
        Version = DUMBO_ERR_IP_VERSION,
        /// The header length is below 20 bytes.
        HeaderLength = DUMBO_ERR_HEADER_LENGTH,
        /// The total length is smaller than the header length.
        TotalLength = DUMBO_ERR_TOTAL_LENGTH,
        /// There are more or fewer bytes than the total length says.
        LengthMismatch = DUMBO_ERR_LENGTH_MISMATCH,
        /// The header checksum does not verify.
        Checksum = DUMBO_ERR_CHECKSUM,
        /// The buffer cannot hold the packet.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// More than 40 bytes of options, or a packet above 65535 bytes.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
    }
}

/// The header of a packet that was received, and where its payload lies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv4Header {
    /// 4.
    pub version: u8,
    /// In bytes, 20 to 60.
    pub header_length: u8,
    /// The differentiated services code point.
    pub dscp: u8,
    /// The explicit congestion notification.
    pub ecn: u8,
    /// In bytes.
    pub total_length: u16,
    /// Which packet a fragment belongs to.
    pub identification: u16,
    /// 2 is "don't fragment", 1 "more fragments".
    pub flags: u8,
    /// In units of 8 bytes.
    pub fragment_offset: u16,
    /// The time to live.
    pub ttl: u8,
    /// What the payload is.
    pub protocol: u8,
    /// Of the header.
    pub checksum: u16,
    /// Where the packet comes from.
    pub source: [u8; 4],
    /// Where it goes to.
    pub destination: [u8; 4],
    /// The payload's place in the packet.
    pub payload: Range<usize>,
}

/// Reads a packet's header. The packet must be as long as its total length says: cut the padding of a short frame with
/// [`total_length`] first.
///
/// # Errors
///
/// For what is not a packet of version 4, or, if `verify_checksum`, has a wrong header checksum.
pub fn parse(packet: &[u8], verify_checksum: bool) -> Result<Ipv4Header, Ipv4Error> {
    let mut header =
        sys::dumbo_ipv4_header { struct_size: size_of_struct::<sys::dumbo_ipv4_header>(), ..Default::default() };
    let flags = if verify_checksum { sys::DUMBO_IPV4_CHECKSUM } else { 0 };
    // SAFETY: address and length are a slice's, and the header states its size.
    Ipv4Error::check(unsafe { sys::dumbo_ipv4_parse(packet.as_ptr(), packet.len(), flags, &mut header) })?;
    let begin = usize::from(header.payload_offset);
    Ok(Ipv4Header {
        version: header.version,
        header_length: header.header_length,
        dscp: header.dscp,
        ecn: header.ecn,
        total_length: header.total_length,
        identification: header.identification,
        flags: header.flags,
        fragment_offset: header.fragment_offset,
        ttl: header.ttl,
        protocol: header.protocol,
        checksum: header.checksum,
        source: header.source,
        destination: header.destination,
        payload: begin..begin + usize::from(header.payload_length),
    })
}

/// The total length that a header states; 0 for fewer than 20 bytes.
pub fn total_length(packet: &[u8]) -> u16 {
    // SAFETY: address and length are a slice's.
    unsafe { sys::dumbo_ipv4_total_length(packet.as_ptr(), packet.len()) }
}

/// Whether a frame would go to an address if it were IPv4: a cheap first test without false negatives.
pub fn frame_is_for(frame: &[u8], ipv4: [u8; 4]) -> bool {
    // SAFETY: address and length are a slice's, and the address has the four bytes that are read.
    unsafe { sys::dumbo_ipv4_frame_is_for(frame.as_ptr(), frame.len(), ipv4.as_ptr()) }
}

/// The fields of a header to be written: those of [`new`](Self::new), and what is assigned to them afterwards.
///
/// ```
/// use dumbo::pdu::ipv4::{self, Ipv4Fields, HEADER_LENGTH, PROTOCOL_TCP};
///
/// let mut packet = [0; HEADER_LENGTH + 5];
/// let mut fields = Ipv4Fields::new([169, 254, 169, 254], [169, 254, 0, 2], PROTOCOL_TCP, 5);
/// fields.ttl = 1;
/// assert_eq!(ipv4::write(&mut packet, &fields)?, packet.len());
/// assert_eq!(ipv4::parse(&packet, true)?.ttl, 1);
/// # Ok::<(), dumbo::pdu::ipv4::Ipv4Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv4Fields {
    /// Where the packet comes from.
    pub source: [u8; 4],
    /// Where it goes to.
    pub destination: [u8; 4],
    /// What the payload is.
    pub protocol: u8,
    /// The time to live.
    pub ttl: u8,
    /// Which packet a fragment would belong to.
    pub identification: u16,
    /// Bytes between header and payload, up to 40. They are the caller's, and the header length field does not count
    /// them.
    pub options_length: u16,
    /// Bytes behind them.
    pub payload_length: u16,
    /// Whether the header checksum is computed; it is 0 otherwise.
    pub with_checksum: bool,
}

impl Ipv4Fields {
    /// A packet without options that may take 64 hops, with its header checksum.
    pub fn new(source: [u8; 4], destination: [u8; 4], protocol: u8, payload_length: u16) -> Self {
        Self {
            source,
            destination,
            protocol,
            ttl: 64,
            identification: 0,
            options_length: 0,
            payload_length,
            with_checksum: true,
        }
    }
}

/// Writes a header in front of options and payload, and returns the packet's length.
///
/// # Errors
///
/// If the packet fits no packet, or not the buffer, which is unchanged then.
pub fn write(buf: &mut [u8], fields: &Ipv4Fields) -> Result<usize, Ipv4Error> {
    let fields = sys::dumbo_ipv4_fields {
        struct_size: size_of_struct::<sys::dumbo_ipv4_fields>(),
        source: fields.source,
        destination: fields.destination,
        protocol: fields.protocol,
        ttl: fields.ttl,
        identification: fields.identification,
        options_length: fields.options_length,
        payload_length: fields.payload_length,
        flags: if fields.with_checksum { sys::DUMBO_IPV4_CHECKSUM } else { 0 },
    };
    let mut length = 0;
    // SAFETY: address and length are a slice's, and the fields state their size.
    Ipv4Error::check(unsafe { sys::dumbo_ipv4_write(buf.as_mut_ptr(), buf.len(), &fields, &mut length) })?;
    Ok(length)
}
