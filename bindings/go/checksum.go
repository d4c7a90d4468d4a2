// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// Checksum returns the Internet checksum of a byte string (RFC 1071). Over an IPv4 header with its checksum in place it
// is 0 when that checksum is right.
func Checksum(data []byte) uint16 {
	return uint16(C.dumbo_go_sum(first(data), C.size_t(len(data))).checksum)
}

// ChecksumTCP returns the value of the checksum field of a TCP segment. Set the field inside the segment to zero first;
// over a segment whose field is right the result is 0. Without IPv4 addresses it is ErrInvalidArgument.
func ChecksumTCP(addresses AddressPair, segment []byte) (uint16, error) {
	pair, err := addresses.given()
	if err != nil {
		return 0, err
	}
	sum := C.dumbo_go_sum_tcp(pair, first(segment), C.size_t(len(segment)))
	return uint16(sum.checksum), toError(sum.code)
}

// ChecksumUDP returns the same for a UDP datagram, where 0 is sent as 0xffff. Over a datagram whose field is right the
// result is 0xffff. Without IPv4 addresses it is ErrInvalidArgument.
func ChecksumUDP(addresses AddressPair, datagram []byte) (uint16, error) {
	pair, err := addresses.given()
	if err != nil {
		return 0, err
	}
	sum := C.dumbo_go_sum_udp(pair, first(datagram), C.size_t(len(datagram)))
	return uint16(sum.checksum), toError(sum.code)
}

// ChecksumUpdate returns the checksum of a message after one of its 16-bit words changed (RFC 1624).
func ChecksumUpdate(checksum, oldWord, newWord uint16) uint16 {
	return uint16(C.dumbo_checksum_update(C.uint16_t(checksum), C.uint16_t(oldWord), C.uint16_t(newWord)))
}

// ChecksumKernel names the way in which this machine computes checksums, for people to read: "avx2", for example.
func ChecksumKernel() string { return C.GoString(C.dumbo_checksum_kernel()) }
