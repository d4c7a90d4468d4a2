// SPDX-License-Identifier: Apache-2.0

// Package dumbo is libdumbo for Go: a TCP endpoint for virtual machine monitors that opens no socket, starts no thread
// and reads no clock. Segments or frames go in with the time, payload and segments come out.
//
// A [Connection] is one TCP connection, opened by a guest's SYN. A [Stack] is a whole network interface with the
// connections that a guest opens to it. The codecs ([ParseTCP], [WriteIPv4] and the like) stand for themselves.
//
// # Memory
//
// Connections and stacks live in memory of the C library's, which Close gives back. There are no finalizers: what is not
// closed stays. After Close, and where nothing was ever opened, methods that return an error return [ErrClosed], and the
// others answer as for a connection that was reset, or a stack without connections. Copies of a struct share what it
// stands for, and its Close. Byte slices are used during a call only, and nothing that belongs to Go is kept in C. Input
// and output buffers must not overlap.
//
// Receiving, and writing from a byte slice, does not allocate.
//
// # Goroutines
//
// One goroutine at a time may use a connection, or a stack with all that is in it; distinct ones are independent. The
// functions of the package are safe at any time.
//
// # Time
//
// The argument now is a number in a unit of the caller's, the same as that of [Config.RTOPeriod], and must not decrease
// from one call on a connection, or a stack, to the next.
//
// # Guest memory
//
// Copy a segment or frame out of memory that the guest can still change before handing it in, and have output written to
// memory that it cannot see yet.
package dumbo

// #cgo pkg-config: dumbo
// #include "shim.h"
import "C"

import (
	"errors"
	"math"
	"unsafe"
)

// Never is the time that does not come.
const Never uint64 = math.MaxUint64

// MaxWindowSize is the largest window, and the horizon within which two sequence numbers are ordered.
const MaxWindowSize = C.DUMBO_MAX_WINDOW_SIZE

// The maximum segment size that is assumed of a peer which announces none, and the smallest and largest one accepted.
const (
	MSSDefault = C.DUMBO_MSS_DEFAULT
	MSSMin     = C.DUMBO_MSS_MIN
	MSSMax     = C.DUMBO_MSS_MAX
)

// ErrClosed is returned by the methods of a connection or stack after Close, by those of a zero value, and to a payload's
// reader that calls them.
var ErrClosed = errors.New("dumbo: used after Close")

// Version returns the version of the library that is running, "major.minor.patch".
func Version() string { return C.GoString(C.dumbo_version_string()) }

// VersionNumber returns the same as major * 1000000 + minor * 1000 + patch.
func VersionNumber() uint32 { return uint32(C.dumbo_version_num()) }

// SeqAfter tells whether sequence number a lies after b, by less than MaxWindowSize modulo 2^32. For some pairs neither
// lies after the other.
func SeqAfter(a, b uint32) bool { return bool(C.dumbo_seq_after(C.uint32_t(a), C.uint32_t(b))) }

// SeqAtOrAfter tells whether a equals b or lies after it.
func SeqAtOrAfter(a, b uint32) bool {
	return bool(C.dumbo_seq_at_or_after(C.uint32_t(a), C.uint32_t(b)))
}

// first returns where the bytes begin, as C wants it.
func first(bytes []byte) *C.uint8_t {
	if len(bytes) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&bytes[0]))
}
