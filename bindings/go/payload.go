// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"io"
	"math"
	"runtime/cgo"
	"unsafe"
)

// Payload is what waits to be sent or acknowledged. The zero value stands for no payload, which is not the same as an
// empty one. It is used during a call only: a retransmission asks again, so keep what was not acknowledged.
type Payload struct {
	isGiven bool
	seq     uint32
	length  uint64
	bytes   []byte
	reader  io.ReaderAt
}

// Bytes lends a byte slice, of which the first byte has the sequence number seq. It is the way that costs least.
func Bytes(seq uint32, bytes []byte) Payload {
	return Payload{isGiven: true, seq: seq, length: uint64(len(bytes)), bytes: bytes}
}

// Buffers lends several byte slices, one behind the other; a net.Buffers is one such value. What is sent is read as with
// [ReaderAt], since Go memory that is handed to C must not hold pointers to other Go memory.
func Buffers(seq uint32, buffers [][]byte) Payload {
	var length uint64
	for _, buffer := range buffers {
		length += uint64(len(buffer))
	}
	return Payload{isGiven: true, seq: seq, length: length, reader: buffersReader(buffers)}
}

// ReaderAt lends size bytes that are read when they are sent, from offset 0 on. A size below 0 is ErrInvalidArgument for
// the call that gets it.
//
// A read that falls short gives up the call, with a [ReadError]; the connection is unchanged. A reader that panics
// does the same, and the panic goes on in the call. The reader must neither use the connection that it is called for,
// which answers as if it were closed, except for Close, nor end its goroutine, after which the connection stays so.
func ReaderAt(seq uint32, reader io.ReaderAt, size int64) Payload {
	length := uint64(size)
	if size < 0 {
		length = math.MaxUint64
	}
	return Payload{isGiven: true, seq: seq, length: length, reader: reader}
}

func (p Payload) forC(reader cgo.Handle) (C.dumbo_go_source, error) {
	if p.length > math.MaxInt64 {
		return C.dumbo_go_source{}, ErrInvalidArgument
	}
	return C.dumbo_go_source{
		is_given: C.bool(p.isGiven),
		is_read:  C.bool(p.reader != nil),
		seq:      C.uint32_t(p.seq),
		len:      C.uint64_t(p.length),
		reader:   C.uintptr_t(reader),
	}, nil
}

type buffersReader [][]byte

func (b buffersReader) ReadAt(to []byte, offset int64) (n int, err error) {
	for _, buffer := range b {
		if offset >= int64(len(buffer)) {
			offset -= int64(len(buffer))
			continue
		}
		n += copy(to[n:], buffer[offset:])
		offset = 0
		if n == len(to) {
			return n, nil
		}
	}
	return n, io.EOF
}

// A loan is a reader while a call into C asks it for bytes. An error and a panic wait here for the call's return: neither
// can pass through C.
type loan struct {
	handle     cgo.Handle
	reader     io.ReaderAt
	err        error
	isPanicked bool
	panicked   any
}

func lend(reader io.ReaderAt) *loan {
	l := &loan{reader: reader}
	l.handle = cgo.NewHandle(l)
	return l
}

func (l *loan) end() { l.handle.Delete() }

// result returns what a call with this code returns, or goes on with the reader's panic.
func (l *loan) result(code C.int32_t) error {
	if l.isPanicked {
		panic(l.panicked)
	}
	if l.err != nil {
		return &ReadError{l.err}
	}
	return toError(code)
}

// read returns what a dumbo_read_fn does.
func (l *loan) read(to []byte, offset int64) (status C.int32_t) {
	l.isPanicked = true
	status = -1
	defer func() {
		if l.isPanicked {
			l.panicked = recover()
		}
	}()
	n, err := l.reader.ReadAt(to, offset)
	l.isPanicked = false
	if n == len(to) {
		return 0
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	l.err = err
	return status
}

//export dumboGoRead
func dumboGoRead(reader C.uintptr_t, offset C.uint64_t, dst *C.uint8_t, length C.size_t) C.int32_t {
	to := unsafe.Slice((*byte)(unsafe.Pointer(dst)), int(length))
	return cgo.Handle(reader).Value().(*loan).read(to, int64(offset))
}
