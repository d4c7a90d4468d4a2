// SPDX-License-Identifier: Apache-2.0
//! Internet checksums (RFC 1071), in host order.
use dumbo_sys as sys;

use super::AddressPair;

/// The checksum of bytes. Over an IPv4 header with its checksum in place it is 0 when that checksum is right.
///
/// ```
/// assert_eq!(dumbo::pdu::checksum::of_bytes(&[0x12, 0x34]), !0x1234);
/// ```
pub fn of_bytes(data: &[u8]) -> u16 {
    let mut checksum = 0;
    // SAFETY: address and length are a slice's, and the result is written to a variable of its type.
    let code = unsafe { sys::dumbo_checksum(data.as_ptr(), data.len(), &mut checksum) };
    debug_assert_eq!(code, sys::DUMBO_OK);
    checksum
}

/// The checksum of a TCP segment as it stands, with its pseudo header: 0 if the field inside is right, the field's
/// value if the field inside is 0.
pub fn of_tcp(addresses: &AddressPair, segment: &[u8]) -> u16 {
    let mut checksum = 0;
    // SAFETY: address and length are a slice's, and the result is written to a variable of its type.
    let code = unsafe { sys::dumbo_checksum_tcp(&addresses.to_c(), segment.as_ptr(), segment.len(), &mut checksum) };
    debug_assert_eq!(code, sys::DUMBO_OK);
    checksum
}

/// The same for a UDP datagram, where 0xffff stands for 0.
pub fn of_udp(addresses: &AddressPair, datagram: &[u8]) -> u16 {
    let mut checksum = 0;
    // SAFETY: address and length are a slice's, and the result is written to a variable of its type.
    let code = unsafe { sys::dumbo_checksum_udp(&addresses.to_c(), datagram.as_ptr(), datagram.len(), &mut checksum) };
    debug_assert_eq!(code, sys::DUMBO_OK);
    checksum
}

/// The checksum of a message after one of its words has changed, without looking at the message (RFC 1624).
pub fn update(checksum: u16, old_word: u16, new_word: u16) -> u16 {
    // SAFETY: the function takes any numbers.
    unsafe { sys::dumbo_checksum_update(checksum, old_word, new_word) }
}

/// The way in which this machine computes checksums, for people to read.
pub fn kernel() -> &'static str {
    // SAFETY: the function returns a C string in static storage.
    unsafe { crate::text::from_c(sys::dumbo_checksum_kernel()) }
}
