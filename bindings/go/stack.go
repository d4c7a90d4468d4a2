// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// Stack is one network interface of a guest's, seen from the other end of the cable: frames of the guest go in, frames
// for the guest come out, and in between stand the connections that the guest has opened to one IPv4 address. It answers
// ARP, and keeps payload in both directions, in memory that is all there from the beginning. Copies of the struct are the
// same stack.
type Stack struct {
	state *stackState
}

// A stackState is apart from its Stack, so that the Close of one copy is that of all, and of every Conn.
type stackState struct {
	handle *C.dumbo_stack
	// The connections whose EventPeerClosed was taken. What a read at their end says depends on it.
	peerClosed map[ConnectionID]struct{}
}

// live returns nil for a stack that was closed, or never made.
func (s *stackState) live() *C.dumbo_stack {
	if s == nil {
		return nil
	}
	return s.handle
}

// ConnectionID is a stack's number for one connection and no other. It is never 0.
type ConnectionID uint64

// VerdictKind is what became of a frame.
type VerdictKind uint32

// What became of a frame.
const (
	FrameForeign    VerdictKind = C.DUMBO_FRAME_FOREIGN     // not for us, or from nobody who can be answered
	FrameMalformed  VerdictKind = C.DUMBO_FRAME_MALFORMED   // it contradicts its own format, or a checksum is wrong
	FrameFragment   VerdictKind = C.DUMBO_FRAME_FRAGMENT    // of an IPv4 packet; nothing puts them together
	FrameARPRequest VerdictKind = C.DUMBO_FRAME_ARP_REQUEST // for our address; it is answered
	FrameRefused    VerdictKind = C.DUMBO_FRAME_REFUSED     // of no connection, answered with a RST unless it is one
	FrameDropped    VerdictKind = C.DUMBO_FRAME_DROPPED     // a SYN that finds no room now
	FrameOpening    VerdictKind = C.DUMBO_FRAME_OPENING     // a SYN that begins a connection
	FrameReceived   VerdictKind = C.DUMBO_FRAME_RECEIVED    // a segment of a connection
)

// String names the verdict, "MALFORMED" for example.
func (k VerdictKind) String() string { return C.GoString(C.dumbo_frame_verdict_name(C.uint32_t(k))) }

// Verdict is what became of one frame, for those who count or log. No reaction is needed to any of it.
type Verdict struct {
	Kind       VerdictKind
	Err        error        // nil, or an Error that says more: why a frame is malformed, or a connection did not take it
	Anomalies  Anomalies    // of FrameReceived
	Delivered  int          // of FrameReceived: bytes of payload that can be read now
	Connection ConnectionID // of FrameOpening and FrameReceived
}

// The flags and the kinds of segmentation that a VirtioNetHeader knows.
const (
	VirtioNetNeedsChecksum = C.DUMBO_VIRTIO_NET_NEEDS_CHECKSUM // VIRTIO_NET_HDR_F_NEEDS_CSUM
	VirtioNetDataValid     = C.DUMBO_VIRTIO_NET_DATA_VALID     // VIRTIO_NET_HDR_F_DATA_VALID
	VirtioNetGSONone       = C.DUMBO_VIRTIO_NET_GSO_NONE       // VIRTIO_NET_HDR_GSO_NONE
	VirtioNetGSOTCPv4      = C.DUMBO_VIRTIO_NET_GSO_TCPV4      // VIRTIO_NET_HDR_GSO_TCPV4
)

// VirtioNetHeader is what the header in front of a frame on a virtio-net queue says (virtio 1.2, 5.1.6).
type VirtioNetHeader struct {
	Flags        uint8
	GSOType      uint8
	HeaderLength uint16 // of Ethernet, IPv4 and TCP, for a frame to be cut
	GSOSize      uint16 // payload of each segment that a frame is to be cut into, else 0
	CsumStart    uint16 // with VirtioNetNeedsChecksum: where the sum begins,
	CsumOffset   uint16 // and where, from there on, it belongs
}

// EventKind is what happened to a connection.
type EventKind uint32

// What can happen to a connection.
const (
	EventNone       EventKind = C.DUMBO_STACK_EVENT_NONE        // nothing has happened
	EventOpened     EventKind = C.DUMBO_STACK_EVENT_OPENED      // the handshake is over: the first that is heard of it
	EventReadable   EventKind = C.DUMBO_STACK_EVENT_READABLE    // payload has come in
	EventWritable   EventKind = C.DUMBO_STACK_EVENT_WRITABLE    // there is room again after a short write
	EventPeerClosed EventKind = C.DUMBO_STACK_EVENT_PEER_CLOSED // what can still be read is the end of it
	EventClosed     EventKind = C.DUMBO_STACK_EVENT_CLOSED      // the connection is no more, and its id means nothing
)

// String names the kind of event, "PEER_CLOSED" for example.
func (k EventKind) String() string { return C.GoString(C.dumbo_stack_event_name(C.uint32_t(k))) }

// Reason is how a connection ended.
type Reason uint32

// How a connection can end.
const (
	ReasonNone        Reason = C.DUMBO_STACK_REASON_NONE          // it did not
	ReasonFinished    Reason = C.DUMBO_STACK_REASON_FINISHED      // both sides have closed, and everything has arrived
	ReasonResetByPeer Reason = C.DUMBO_STACK_REASON_RESET_BY_PEER // the guest sent a RST
	ReasonReset       Reason = C.DUMBO_STACK_REASON_RESET         // we sent one
	ReasonTimedOut    Reason = C.DUMBO_STACK_REASON_TIMED_OUT     // the guest acknowledged nothing
	ReasonEvicted     Reason = C.DUMBO_STACK_REASON_EVICTED       // it was idle, and gave way to a new one
)

// String names the reason, "TIMED_OUT" for example.
func (r Reason) String() string { return C.GoString(C.dumbo_stack_reason_name(C.uint32_t(r))) }

// Event is something that happened to a connection.
type Event struct {
	Kind       EventKind
	Reason     Reason // of EventClosed
	Connection ConnectionID
}

// NewStack makes a stack without connections. Close it when it is no longer used.
//
// Errors: ErrInvalidArgument for a config field out of its range; ErrOutOfMemory, ErrNoEntropy.
func NewStack(config StackConfig) (*Stack, error) {
	forC, err := config.forC()
	if err != nil {
		return nil, err
	}
	return newStack(C.dumbo_go_stack_create(forC))
}

func newStack(made C.dumbo_go_stack) (*Stack, error) {
	if err := toError(made.code); err != nil {
		return nil, err
	}
	return &Stack{&stackState{made.stack, make(map[ConnectionID]struct{})}}, nil
}

// Close gives back the memory of the stack and all its connections. It sends nothing: close or abort the connections
// first if the guest shall know. Closing again has no effect. The error is always nil.
func (s *Stack) Close() error {
	if s.state.live() != nil {
		C.dumbo_stack_free(s.state.handle)
		s.state.handle = nil
	}
	return nil
}

// FrameIsForUs tells whether a frame might be for the stack's address, for a device that several take frames from: a cheap
// first test without false negatives among well-formed frames.
func (s *Stack) FrameIsForUs(frame []byte) bool {
	return bool(C.dumbo_stack_frame_is_for_us(s.state.live(), first(frame), C.size_t(len(frame))))
}

// ReceiveFrame takes an Ethernet frame of the guest's, without FCS, padded or not. Whatever the frame is, that is no
// error; what came of it is in the verdict. Afterwards there may be events and frames. The error is
// ErrTimestampDecreased, if any.
func (s *Stack) ReceiveFrame(frame []byte, now uint64) (Verdict, error) {
	return s.receiveFrame(frame, now, false, VirtioNetHeader{})
}

// ReceiveFrameWithHeader does the same with a frame that came with a virtio-net header. Any flag in it vouches for the
// frame's TCP checksum. The frame may have been spared the cutting, and be of any length up to 65549 bytes.
func (s *Stack) ReceiveFrameWithHeader(frame []byte, now uint64, header VirtioNetHeader) (Verdict, error) {
	return s.receiveFrame(frame, now, true, header)
}

func (s *Stack) receiveFrame(frame []byte, now uint64, hasHeader bool, header VirtioNetHeader) (Verdict, error) {
	if s.state.live() == nil {
		return Verdict{}, ErrClosed
	}
	got := C.dumbo_go_stack_receive_frame(s.state.handle, first(frame), C.size_t(len(frame)), C.uint64_t(now),
		C.bool(hasHeader), header.forC())
	return toVerdict(&got.value), toError(got.code)
}

func toVerdict(from *C.dumbo_frame_verdict) Verdict {
	return Verdict{
		Kind:       VerdictKind(from.kind),
		Err:        toError(from.error),
		Anomalies:  Anomalies(from.anomalies),
		Delivered:  int(from.delivered),
		Connection: ConnectionID(from.connection),
	}
}

// NextFrame writes the next frame for the guest to the start of buf, if there is one, and returns its length: at most one a
// call. Call it until that is 0. No frame is longer than buf, which must have StackFrameMinimum bytes, nor than the
// config's MTU + 14.
//
// Errors: ErrBufferTooSmall if buf has fewer than StackFrameMinimum bytes; ErrTimestampDecreased.
func (s *Stack) NextFrame(buf []byte, now uint64) (n int, err error) {
	n, _, err = s.nextFrame(buf, now, false)
	return n, err
}

// NextFrameWithHeader does the same for a device that takes a virtio-net header with each frame, and does what was said
// by the config's Offloads or SetOffloads. With OffloadTSO4 a frame can have 65549 bytes.
func (s *Stack) NextFrameWithHeader(buf []byte, now uint64) (n int, header VirtioNetHeader, err error) {
	return s.nextFrame(buf, now, true)
}

func (s *Stack) nextFrame(buf []byte, now uint64, hasHeader bool) (int, VirtioNetHeader, error) {
	if s.state.live() == nil {
		return 0, VirtioNetHeader{}, ErrClosed
	}
	got := C.dumbo_go_stack_next_frame(s.state.handle, first(buf), C.size_t(len(buf)), C.uint64_t(now), C.bool(hasHeader))
	return int(got.length), toVirtioNetHeader(got.header), toError(got.code)
}

// SetOffloads says anew what the guest's device does, as after each negotiation with its driver. OffloadTSO4 alone is
// ErrInvalidArgument.
func (s *Stack) SetOffloads(offloads Offloads) error {
	if s.state.live() == nil {
		return ErrClosed
	}
	return toError(C.dumbo_stack_set_offloads(s.state.handle, C.uint32_t(offloads)))
}

// NextStatus tells whether NextFrame would write a frame now, or has to be asked again at a time, or neither. The deadline
// is 0 with StatusAvailable, Never with StatusNothing.
func (s *Stack) NextStatus(now uint64) (status Status, deadline uint64, err error) {
	if s.state.live() == nil {
		return StatusNothing, Never, ErrClosed
	}
	got := C.dumbo_go_stack_next_status(s.state.handle, C.uint64_t(now))
	return Status(got.status), uint64(got.deadline), toError(got.code)
}

// NextEvent takes the next event, if there is one. Call it until the kind is EventNone, after every ReceiveFrame and
// NextFrame, or every few of them.
func (s *Stack) NextEvent() (Event, error) {
	if s.state.live() == nil {
		return Event{}, ErrClosed
	}
	got := C.dumbo_go_stack_next_event(s.state.handle)
	event := Event{EventKind(got.value.kind), Reason(got.value.reason), ConnectionID(got.value.connection)}
	switch event.Kind {
	case EventPeerClosed:
		s.state.peerClosed[event.Connection] = struct{}{}
	case EventClosed:
		delete(s.state.peerClosed, event.Connection)
	}
	return event, toError(got.code)
}

// ConnectionCount returns how many connections there are: half-open ones, and ended ones of which the application has yet
// to hear, included.
func (s *Stack) ConnectionCount() int { return int(C.dumbo_stack_connection_count(s.state.live())) }

// Snapshot returns the whole stack as bytes, from which RestoreStack makes the same stack again, in this process or another
// one: every connection under its id, with what was not read and what is queued. The counters are left out.
func (s *Stack) Snapshot() ([]byte, error) {
	if s.state.live() == nil {
		return nil, ErrClosed
	}
	needed := C.dumbo_go_stack_snapshot(s.state.handle, nil, 0)
	if err := toError(needed.code); err != nil {
		return nil, err
	}
	snapshot := make([]byte, needed.length)
	written := C.dumbo_go_stack_snapshot(s.state.handle, first(snapshot), C.size_t(len(snapshot)))
	return snapshot, toError(written.code)
}

// RestoreStack makes a stack from a snapshot. MAC and Address must be the snapshot's, and everything must find its place.
// Any bytes are allowed.
//
// Where a program in C had lent bytes to the stack, a connection can miss them, as ConnectionInfo tells: it sends nothing
// more, and is to be aborted. Where EventPeerClosed was taken before the snapshot, and both sides had closed, a read at the
// end is ErrWouldBlock: EventClosed follows.
//
// Errors: ErrSnapshotLength to ErrSnapshotConfig; ErrTimestampDecreased if OldNow is smaller than the snapshot's latest
// time; ErrInvalidArgument, ErrOutOfMemory, ErrNoEntropy.
func RestoreStack(snapshot []byte, config StackConfig, restore RestoreConfig) (*Stack, error) {
	forC, err := config.forC()
	if err != nil {
		return nil, err
	}
	return newStack(C.dumbo_go_stack_restore(first(snapshot), C.size_t(len(snapshot)), forC, restore.forC()))
}

func (h VirtioNetHeader) forC() C.dumbo_virtio_net_header {
	return C.dumbo_virtio_net_header{
		flags:         C.uint8_t(h.Flags),
		gso_type:      C.uint8_t(h.GSOType),
		header_length: C.uint16_t(h.HeaderLength),
		gso_size:      C.uint16_t(h.GSOSize),
		csum_start:    C.uint16_t(h.CsumStart),
		csum_offset:   C.uint16_t(h.CsumOffset),
	}
}

func toVirtioNetHeader(header C.dumbo_virtio_net_header) VirtioNetHeader {
	return VirtioNetHeader{
		Flags:        uint8(header.flags),
		GSOType:      uint8(header.gso_type),
		HeaderLength: uint16(header.header_length),
		GSOSize:      uint16(header.gso_size),
		CsumStart:    uint16(header.csum_start),
		CsumOffset:   uint16(header.csum_offset),
	}
}
