// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// Connection is one TCP connection, opened by the peer. It takes segments in order only, and holds no payload: the caller
// lends both directions. Copies of the struct are the same connection.
type Connection struct {
	state *connectionState
}

// A connectionState is apart from its Connection, so that the Close of one copy is that of all.
type connectionState struct {
	handle *C.dumbo_connection
	// A payload's reader runs inside of a call into C, which Close must not take the connection from.
	isRead, isClosed bool
}

// live returns nil for a connection that was closed, or never open, or that calls a payload's reader.
func (s *connectionState) live() *C.dumbo_connection {
	if s == nil || s.isRead {
		return nil
	}
	return s.handle
}

// free gives back the memory, unless it is in use: it is called again then.
func (s *connectionState) free() {
	if s.isClosed && !s.isRead {
		C.dumbo_connection_free(s.handle)
		s.handle = nil
	}
}

// Sent is what there is to know of a segment that was written.
type Sent struct {
	Cause        Cause
	HeaderLength int // of its TCP header
	// GSOSize is 0, or with Addressing.TSO the payload of each segment into which the device is to cut this one.
	GSOSize int
}

// PassiveOpen opens a connection in answer to a SYN. It starts with a SYNACK to be written. Close it when it is no longer
// used.
//
// Errors: ErrInvalidArgument for a config field out of its range, and for addresses that are not two of IPv4;
// ErrTruncated, ErrHeaderLength, ErrChecksum; ErrInvalidSYN, ErrMSSOption; ErrNoEntropy, ErrOutOfMemory.
func PassiveOpen(syn []byte, verify AddressPair, config Config) (*Connection, error) {
	addresses, err := verify.forC()
	if err != nil {
		return nil, err
	}
	return newConnection(C.dumbo_go_passive_open(first(syn), C.size_t(len(syn)), addresses, config.forC()))
}

func newConnection(made C.dumbo_go_connection) (*Connection, error) {
	if err := toError(made.code); err != nil {
		return nil, err
	}
	return &Connection{&connectionState{handle: made.connection}}, nil
}

// Close gives back the connection's memory. It sends nothing: CloseWrite or Reset first if the peer shall know. Closing
// again has no effect. If a payload's reader calls it, the connection is closed when the call that reads returns. The
// error is always nil.
func (c *Connection) Close() error {
	if c.state != nil {
		c.state.isClosed = true
		c.state.free()
	}
	return nil
}

// Clone copies the connection. The copy is independent, and is to be closed itself.
func (c *Connection) Clone() (*Connection, error) {
	if c.state.live() == nil {
		return nil, ErrClosed
	}
	return newConnection(C.dumbo_go_clone(c.state.handle))
}

// ReceiveSegment takes a segment of the peer's and copies its payload, if it is accepted, to the start of buf. It returns
// how many bytes that are; with ErrBufferTooSmall, how many there would have to be. With addresses the checksum is
// verified, while the payload is copied: as much of buf as the payload is long may have been written to although
// nothing is delivered.
//
// Errors: ErrBufferTooSmall if the payload would be accepted and is longer than buf; ErrTimestampDecreased;
// ErrTruncated, ErrHeaderLength, ErrChecksum; ErrConnectionReset if a RST waits to be written, or the connection is reset;
// ErrInvalidArgument for addresses that are not two of IPv4.
//
// The payload consumes the receive window, which AdvanceLocalWindow opens again.
func (c *Connection) ReceiveSegment(
	segment, buf []byte, verify AddressPair, now uint64,
) (n int, anomalies Anomalies, err error) {
	if c.state.live() == nil {
		return 0, 0, ErrClosed
	}
	addresses, err := verify.forC()
	if err != nil {
		return 0, 0, err
	}
	got := C.dumbo_go_receive_segment(c.state.handle, first(segment), C.size_t(len(segment)), addresses, first(buf),
		C.size_t(len(buf)), C.uint64_t(now))
	return int(got.length), Anomalies(got.anomalies), toError(got.code)
}

// ReceiveSegmentInPlace takes a segment of the peer's without copying its payload. What is accepted of it is returned as
// a part of segment, which is empty if there is nothing. Those bytes count as delivered. The errors are those of
// ReceiveSegment, less ErrBufferTooSmall.
func (c *Connection) ReceiveSegmentInPlace(
	segment []byte, verify AddressPair, now uint64,
) (payload []byte, anomalies Anomalies, err error) {
	if c.state.live() == nil {
		return nil, 0, ErrClosed
	}
	addresses, err := verify.forC()
	if err != nil {
		return nil, 0, err
	}
	got := C.dumbo_go_receive_segment_in_place(c.state.handle, first(segment), C.size_t(len(segment)), addresses,
		C.uint64_t(now))
	end := got.offset + got.length
	return segment[got.offset:end:end], Anomalies(got.anomalies), toError(got.code)
}

// WriteNextSegment writes the next segment to the start of buf, if there is one, and returns its length: at most one a
// call. Call it until that is 0. buf should have 20 bytes for a header, 24 for a SYNACK, and room for what is to be sent
// in one segment. With ErrBufferTooSmall, n is the length of the header that did not fit.
//
// Errors: ErrBufferTooSmall; ErrTimestampDecreased; a [ReadError]; ErrPayloadTooLarge; ErrPayloadMissingSeq if the byte
// to send lies before the payload's first: on a timeout this error counts the timeout and starts the next one, the only
// error that changes anything; ErrDataAfterFIN if payload and the peer's window both reach past our FIN, and for an empty
// payload behind a FIN that was sent; ErrMSSReserved, ErrMSSOptionRoom, ErrEmptyPayload; ErrConnectionReset;
// ErrInvalidArgument for a Checksum that is unknown, or lacks its addresses, and for a payload of a negative size. On an
// error the contents of buf are unspecified.
func (c *Connection) WriteNextSegment(
	buf []byte, payload Payload, to Addressing, now uint64,
) (n int, sent Sent, err error) {
	if c.state.live() == nil {
		return 0, Sent{}, ErrClosed
	}
	addressing, err := to.forC()
	if err != nil {
		return 0, Sent{}, err
	}
	if payload.reader != nil {
		return c.writeFromReader(buf, payload, addressing, to.MSSReserved, now)
	}
	source, err := payload.forC(0)
	if err != nil {
		return 0, Sent{}, err
	}
	written := C.dumbo_go_write_next_segment(c.state.handle, first(buf), C.size_t(len(buf)), C.uint16_t(to.MSSReserved), source,
		first(payload.bytes), addressing, C.uint64_t(now))
	return int(written.length), toSent(written.sent), toError(written.code)
}

// Meanwhile the reader cannot use the connection. If it ends its goroutine, the call into C has no end either, and the
// connection stays out of reach.
func (c *Connection) writeFromReader(
	buf []byte, payload Payload, to C.dumbo_addressing, mssReserved uint16, now uint64,
) (int, Sent, error) {
	reader := lend(payload.reader)
	defer reader.end()
	source, err := payload.forC(reader.handle)
	if err != nil {
		return 0, Sent{}, err
	}
	c.state.isRead = true
	written := C.dumbo_go_write_next_segment(c.state.handle, first(buf), C.size_t(len(buf)), C.uint16_t(mssReserved), source,
		nil, to, C.uint64_t(now))
	c.state.isRead = false
	c.state.free()
	return int(written.length), toSent(written.sent), reader.result(written.code)
}

func toSent(sent C.dumbo_sent) Sent {
	return Sent{Cause(sent.cause), int(sent.header_length), int(sent.gso_size)}
}

// NextSegmentStatus tells whether a control segment can be written, or a timeout runs, or neither, and the time from
// which on writing acts on the timeout: 0 with StatusAvailable, Never with StatusNothing. Data is not considered, as the
// connection does not know what there is to send.
func (c *Connection) NextSegmentStatus() (status Status, deadline uint64) {
	got := C.dumbo_go_next_segment_status(c.state.live())
	return Status(got.status), uint64(got.deadline)
}

// CloseWrite closes our half: it records the FIN at the first sequence number not sent. Receiving goes on. Later calls
// have no effect. Close, other than this, gives back the memory.
func (c *Connection) CloseWrite() error {
	if c.state.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_connection_close(c.state.handle))
}

// CloseWriteAfter does the same with as many bytes still to be sent, at most MaxWindowSize, so that the segment with the
// last of them carries the FIN. The payload must not reach past it from then on. More than MaxWindowSize is
// ErrInvalidArgument.
func (c *Connection) CloseWriteAfter(octets uint32) error {
	if c.state.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_connection_close_after(c.state.handle, C.uint32_t(octets)))
}

// Reset asks for a reset: the next write is a RST, after which the connection is reset.
func (c *Connection) Reset() error {
	if c.state.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_connection_reset(c.state.handle))
}

// RST returns the RST that Reset would have written, without asking for it.
func (c *Connection) RST() (RST, error) {
	if c.state.live() == nil {
		return RST{}, ErrClosed
	}
	got := C.dumbo_go_make_rst_config(c.state.handle)
	return toRST(got.value), toError(got.code)
}

// AdvanceLocalWindow opens the receive window by n bytes, up to MaxWindowSize. If it was closed, an ACK that tells the
// peer becomes due, even for n = 0.
func (c *Connection) AdvanceLocalWindow(n uint32) error {
	if c.state.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_connection_advance_local_rwnd_edge(c.state.handle, C.uint32_t(n)))
}
