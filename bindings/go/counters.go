// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// Counters is what a connection has done since it was opened or restored. Numbers only grow, modulo 2^64.
type Counters struct {
	SegmentsIn  uint64 // received and taken, the opening not among them
	BytesIn     uint64 // payload delivered
	SegmentsOut uint64 // written, RSTs included
	BytesOut    uint64 // payload written, repeated bytes included

	// Segments written again, by cause, and the payload that they carried.
	RepeatedOnTimeout      uint64
	RepeatedOnDupACK       uint64
	RepeatedOnWindowOpened uint64
	RepeatedOnSYN          uint64
	BytesRepeated          uint64
	Probes                 uint64 // of a closed window, repeated ones included

	// What ended the connection, or began to: at most one of these is 1.
	ResetsByPeer           uint64
	ResetsByInvalidSegment uint64
	ResetsByInvalidACK     uint64
	ResetsByCaller         uint64
	ResetsByTimeout        uint64

	// Segments with each anomaly.
	InvalidACK        uint64
	DupACK            uint64
	SegmentBeyondRWND uint64
	UnexpectedSeq     uint64
	RemoteRWNDEdge    uint64
	DataBeyondFIN     uint64
	ResetReceived     uint64
	InvalidRST        uint64
	InvalidSegment    uint64
	ConnResetting     uint64
	InvalidFIN        uint64
	ChallengeACK      uint64

	// Segments that were not taken.
	Malformed      uint64 // ErrTruncated, ErrHeaderLength
	ChecksumErrors uint64 // ErrChecksum
	AfterReset     uint64 // ErrConnectionReset
}

// Counters reads the counters of a connection that was opened or restored with Counters. For any other one it is
// ErrInvalidArgument.
func (c *Connection) Counters() (Counters, error) {
	if c.state.live() == nil {
		return Counters{}, ErrClosed
	}
	got := C.dumbo_go_connection_counters(c.state.handle)
	return toCounters(&got.value), toError(got.code)
}

func toCounters(from *C.dumbo_counters) Counters {
	return Counters{
		SegmentsIn:             uint64(from.segments_in),
		BytesIn:                uint64(from.bytes_in),
		SegmentsOut:            uint64(from.segments_out),
		BytesOut:               uint64(from.bytes_out),
		RepeatedOnTimeout:      uint64(from.repeated_on_timeout),
		RepeatedOnDupACK:       uint64(from.repeated_on_dup_ack),
		RepeatedOnWindowOpened: uint64(from.repeated_on_window_opened),
		RepeatedOnSYN:          uint64(from.repeated_on_syn),
		BytesRepeated:          uint64(from.bytes_repeated),
		Probes:                 uint64(from.probes),
		ResetsByPeer:           uint64(from.resets_by_peer),
		ResetsByInvalidSegment: uint64(from.resets_by_invalid_segment),
		ResetsByInvalidACK:     uint64(from.resets_by_invalid_ack),
		ResetsByCaller:         uint64(from.resets_by_caller),
		ResetsByTimeout:        uint64(from.resets_by_timeout),
		InvalidACK:             uint64(from.invalid_ack),
		DupACK:                 uint64(from.dup_ack),
		SegmentBeyondRWND:      uint64(from.segment_beyond_rwnd),
		UnexpectedSeq:          uint64(from.unexpected_seq),
		RemoteRWNDEdge:         uint64(from.remote_rwnd_edge),
		DataBeyondFIN:          uint64(from.data_beyond_fin),
		ResetReceived:          uint64(from.reset_received),
		InvalidRST:             uint64(from.invalid_rst),
		InvalidSegment:         uint64(from.invalid_segment),
		ConnResetting:          uint64(from.conn_resetting),
		InvalidFIN:             uint64(from.invalid_fin),
		ChallengeACK:           uint64(from.challenge_ack),
		Malformed:              uint64(from.malformed),
		ChecksumErrors:         uint64(from.checksum_errors),
		AfterReset:             uint64(from.after_reset),
	}
}

// InterfaceCounters is what a stack has done since it was made. Numbers only grow, modulo 2^64.
type InterfaceCounters struct {
	FramesIn  uint64
	FramesOut uint64

	// Frames by what became of them, and of their answers.
	Foreign        uint64
	Malformed      uint64 // except for those with a wrong checksum
	ChecksumErrors uint64
	Fragments      uint64
	ARPRequests    uint64
	ARPRepliesLost uint64
	Refused        uint64
	RSTsLost       uint64
	SYNsDropped    uint64

	Opened          uint64 // SYNs that began a connection
	Established     uint64 // handshakes that came to their end
	HalfOpenEvicted uint64 // handshakes that gave way to newer ones

	// Connections that ended, by reason.
	Evicted     uint64
	Finished    uint64
	ResetByPeer uint64
	Reset       uint64
	TimedOut    uint64
}

// Counters reads the counters.
func (s *Stack) Counters() (InterfaceCounters, error) {
	if s.state.live() == nil {
		return InterfaceCounters{}, ErrClosed
	}
	got := C.dumbo_go_stack_counters(s.state.handle)
	return toInterfaceCounters(&got.value), toError(got.code)
}

func toInterfaceCounters(from *C.dumbo_interface_counters) InterfaceCounters {
	return InterfaceCounters{
		FramesIn:        uint64(from.frames_in),
		FramesOut:       uint64(from.frames_out),
		Foreign:         uint64(from.foreign),
		Malformed:       uint64(from.malformed),
		ChecksumErrors:  uint64(from.checksum_errors),
		Fragments:       uint64(from.fragments),
		ARPRequests:     uint64(from.arp_requests),
		ARPRepliesLost:  uint64(from.arp_replies_lost),
		Refused:         uint64(from.refused),
		RSTsLost:        uint64(from.rsts_lost),
		SYNsDropped:     uint64(from.syns_dropped),
		Opened:          uint64(from.opened),
		Established:     uint64(from.established),
		HalfOpenEvicted: uint64(from.half_open_evicted),
		Evicted:         uint64(from.evicted),
		Finished:        uint64(from.finished),
		ResetByPeer:     uint64(from.reset_by_peer),
		Reset:           uint64(from.reset),
		TimedOut:        uint64(from.timed_out),
	}
}
