// SPDX-License-Identifier: Apache-2.0
//! Ethernet II frames, without their FCS.
use core::ops::Range;

use dumbo_sys as sys;

use crate::size_of_struct;

/// Bytes in front of the payload.
pub const HEADER_LENGTH: usize = sys::DUMBO_ETHERNET_HEADER_LENGTH as usize;
/// The EtherType of IPv4.
pub const ETHERTYPE_IPV4: u16 = sys::DUMBO_ETHERTYPE_IPV4 as u16;
/// The EtherType of ARP.
pub const ETHERTYPE_ARP: u16 = sys::DUMBO_ETHERTYPE_ARP as u16;

errors! {
    /// Why a frame could not be read or written.
    pub enum EthernetError {
        /// It has fewer bytes than a header.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// The buffer cannot hold header and payload.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// No buffer could: header and payload are longer than memory.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
    }
}

/// The fields of a frame's header, and where its payload lies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EthernetHeader {
    /// Destination MAC address.
    pub destination: [u8; 6],
    /// Source MAC address.
    pub source: [u8; 6],
    /// What the payload is.
    pub ethertype: u16,
    /// The payload's place in the frame, padding included.
    pub payload: Range<usize>,
}

/// Reads a frame's header.
///
/// # Errors
///
/// Fewer than 14 bytes are [`Truncated`](EthernetError::Truncated).
pub fn parse(frame: &[u8]) -> Result<EthernetHeader, EthernetError> {
    let mut header = sys::dumbo_ethernet_header {
        struct_size: size_of_struct::<sys::dumbo_ethernet_header>(),
        ..sys::dumbo_ethernet_header::default()
    };
    // SAFETY: address and length are a slice's, and the header states its size.
    EthernetError::check(unsafe { sys::dumbo_ethernet_parse(frame.as_ptr(), frame.len(), &mut header) })?;
    let begin = usize::from(header.payload_offset);
    Ok(EthernetHeader {
        destination: header.destination,
        source: header.source,
        ethertype: header.ethertype,
        payload: begin..begin + header.payload_length as usize,
    })
}

/// Writes a header at the start of a frame whose payload has, or will have, `payload_length` bytes, and returns the
/// frame's length.
///
/// # Errors
///
/// If the frame does not fit the buffer, which is unchanged then.
pub fn write(
    buf: &mut [u8],
    destination: [u8; 6],
    source: [u8; 6],
    ethertype: u16,
    payload_length: usize,
) -> Result<usize, EthernetError> {
    let mut length = 0;
    // SAFETY: address and length are a slice's, and each address has the six bytes that are read.
    EthernetError::check(unsafe {
        sys::dumbo_ethernet_write(
            buf.as_mut_ptr(),
            buf.len(),
            destination.as_ptr(),
            source.as_ptr(),
            ethertype,
            payload_length,
            &mut length,
        )
    })?;
    Ok(length)
}
