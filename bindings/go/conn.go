// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"errors"
	"io"
	"net/netip"
)

// ErrWouldBlock is returned where a read has nothing to give yet, or a write finds no room for all of it. The stack's
// events tell when to try again.
var ErrWouldBlock = errors.New("dumbo: it would block")

var errInvalidWrite = errors.New("dumbo: a writer took more or less than there was")

// Conn is a stack's connection as an io.ReadWriteCloser that never blocks. It is a number and its stack: it can be
// copied, and made anew from an [Event]. After EventClosed its methods return ErrNoConnection.
type Conn struct {
	stack *stackState
	id    ConnectionID
}

var (
	_ io.ReadWriteCloser = Conn{}
	_ io.WriterTo        = Conn{}
)

// ConnectionInfo is a stack's connection at a glance.
type ConnectionInfo struct {
	State       State // StateClosed for one that has ended
	Peer        netip.AddrPort
	PeerMAC     MAC
	Port        uint16 // ours
	MSS         int    // most payload of a segment of ours
	Readable    int    // bytes that came in and were not read
	Queued      int    // bytes written that are not acknowledged
	Room        int    // bytes that Write would take now
	Lent        uint64 // bytes that C has lent and that are not acknowledged
	LastHeard   uint64 // when the latest segment of the guest came in
	Closing     bool   // Close or Abort was called, or it has ended
	LentMissing bool   // the stack was restored, and bytes have to be lent again
}

// Conn returns the connection with an id, whether there is one or not.
func (s *Stack) Conn(id ConnectionID) Conn { return Conn{s.state, id} }

// ID returns the connection's number.
func (c Conn) ID() ConnectionID { return c.id }

// Read reads what has come in, as far as p has room, and opens the receive window by as much. Where there is nothing, it
// returns io.EOF if the guest will send no more, and ErrWouldBlock if it may. A connection that was reset has no end: the
// event that closes it tells.
func (c Conn) Read(p []byte) (n int, err error) {
	if c.stack.live() == nil {
		return 0, ErrClosed
	}
	return c.toRead(len(p), C.dumbo_go_stack_read(c.stack.handle, C.uint64_t(c.id), first(p), C.size_t(len(p))))
}

// peek reads what stays there to be read.
func (c Conn) peek(p []byte) (n int, err error) {
	if c.stack.live() == nil {
		return 0, ErrClosed
	}
	return c.toRead(len(p), C.dumbo_go_stack_peek(c.stack.handle, C.uint64_t(c.id), first(p), C.size_t(len(p))))
}

func (c Conn) toRead(room int, read C.dumbo_go_length) (n int, err error) {
	if read.code != C.DUMBO_OK || read.length > 0 || room == 0 {
		return int(read.length), toError(read.code)
	}
	if c.peerHasClosed() {
		return 0, io.EOF
	}
	return 0, ErrWouldBlock
}

// peerHasClosed tells whether the guest's FIN has arrived. A connection in StateClosed may have been reset as well: of
// that one the event is proof.
func (c Conn) peerHasClosed() bool {
	if _, isTold := c.stack.peerClosed[c.id]; isTold {
		return true
	}
	state := State(C.dumbo_go_stack_connection_info(c.stack.handle, C.uint64_t(c.id)).value.state)
	return state == StateCloseWait || state == StateLastACK
}

// Discard gives up the first n bytes of what can be read, and returns how many there were. A negative n is
// ErrInvalidArgument.
func (c Conn) Discard(n int) (discarded int, err error) {
	if c.stack.live() == nil {
		return 0, ErrClosed
	}
	if n < 0 {
		return 0, ErrInvalidArgument
	}
	consumed := C.dumbo_go_stack_consume(c.stack.handle, C.uint64_t(c.id), C.size_t(n))
	return int(consumed.length), toError(consumed.code)
}

// Write queues a copy of p to be sent. If there is no room for all of it, it returns how much it took, and ErrWouldBlock;
// EventWritable follows when there is room. After Close, and at the connection's end, it is ErrConnectionClosing.
func (c Conn) Write(p []byte) (n int, err error) {
	if c.stack.live() == nil {
		return 0, ErrClosed
	}
	taken := C.dumbo_go_stack_write(c.stack.handle, C.uint64_t(c.id), first(p), C.size_t(len(p)))
	if taken.code == C.DUMBO_OK && int(taken.length) < len(p) {
		return int(taken.length), ErrWouldBlock
	}
	return int(taken.length), toError(taken.code)
}

// WriteTo writes what can be read to w, and consumes what w takes: the rest can be read, or written to w, later. It
// returns nil if that was all there will be, and ErrWouldBlock if more may come. Where w takes less than it is given, that
// is w's error, or io.ErrShortWrite if it has none; of another Conn it is ErrWouldBlock, too.
func (c Conn) WriteTo(w io.Writer) (n int64, err error) {
	buffer := make([]byte, 4096)
	for {
		got, err := c.peek(buffer)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		put, writeErr := w.Write(buffer[:got])
		if put < 0 || put > got {
			return n, errInvalidWrite
		}
		n += int64(put)
		_, err = c.Discard(put)
		switch {
		case writeErr != nil:
			return n, writeErr
		case err != nil:
			return n, err
		case put < got:
			return n, io.ErrShortWrite
		}
	}
}

// Close closes our half: the last byte that is queued goes out with a FIN. Reading goes on, and is needed. Later calls
// have no effect.
func (c Conn) Close() error {
	if c.stack.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_stack_close(c.stack.handle, C.uint64_t(c.id)))
}

// Abort resets the connection: the next frame of it is a RST, and then follows EventClosed.
func (c Conn) Abort() error {
	if c.stack.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_stack_abort(c.stack.handle, C.uint64_t(c.id)))
}

// SetTTL sets the time to live of what the connection sends from now on: 1 keeps it from being forwarded. 0 is
// ErrInvalidArgument.
func (c Conn) SetTTL(ttl uint8) error {
	if c.stack.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_stack_set_ttl(c.stack.handle, C.uint64_t(c.id), C.uint32_t(ttl)))
}

// Info tells what there is to know about the connection.
func (c Conn) Info() (ConnectionInfo, error) {
	if c.stack.live() == nil {
		return ConnectionInfo{}, ErrClosed
	}
	got := C.dumbo_go_stack_connection_info(c.stack.handle, C.uint64_t(c.id))
	if err := toError(got.code); err != nil {
		return ConnectionInfo{}, err
	}
	return toConnectionInfo(&got.value), nil
}

func toConnectionInfo(from *C.dumbo_connection_info) ConnectionInfo {
	return ConnectionInfo{
		State:       State(from.state),
		Peer:        netip.AddrPortFrom(toAddress(from.peer_ipv4), uint16(from.peer_port)),
		PeerMAC:     toMAC(from.peer_mac),
		Port:        uint16(from.port),
		MSS:         int(from.mss),
		Readable:    int(from.readable),
		Queued:      int(from.queued),
		Room:        int(from.room),
		Lent:        uint64(from.lent),
		LastHeard:   uint64(from.last_heard),
		Closing:     from.flags&C.DUMBO_CONNECTION_INFO_CLOSING != 0,
		LentMissing: from.flags&C.DUMBO_CONNECTION_INFO_LENT_MISSING != 0,
	}
}
