// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"math/bits"
	"strings"
)

// Anomalies are the oddities of a received segment, as bits. None of them is an error.
type Anomalies uint32

// The oddities of a received segment.
const (
	AnomalyInvalidACK        Anomalies = C.DUMBO_ANOMALY_INVALID_ACK         // acknowledges what was not sent, or long since
	AnomalyDupACK            Anomalies = C.DUMBO_ANOMALY_DUP_ACK             // a duplicate ACK: a retransmission is pending
	AnomalySegmentBeyondRWND Anomalies = C.DUMBO_ANOMALY_SEGMENT_BEYOND_RWND // payload past our receive window; dropped
	AnomalyUnexpectedSeq     Anomalies = C.DUMBO_ANOMALY_UNEXPECTED_SEQ      // not the next payload; dropped, an ACK is due
	AnomalyRemoteRWNDEdge    Anomalies = C.DUMBO_ANOMALY_REMOTE_RWND_EDGE    // the peer's window shrank; ignored
	AnomalyDataBeyondFIN     Anomalies = C.DUMBO_ANOMALY_DATA_BEYOND_FIN     // payload past the peer's FIN; dropped
	AnomalyResetReceived     Anomalies = C.DUMBO_ANOMALY_RESET_RECEIVED      // a valid RST: the connection is reset
	AnomalyInvalidRST        Anomalies = C.DUMBO_ANOMALY_INVALID_RST         // a RST outside our receive window; ignored
	AnomalyInvalidSegment    Anomalies = C.DUMBO_ANOMALY_INVALID_SEGMENT     // a SYN, or anything but the SYN, out of turn
	AnomalyConnResetting     Anomalies = C.DUMBO_ANOMALY_CONN_RESETTING      // a RST waits to be written
	AnomalyInvalidFIN        Anomalies = C.DUMBO_ANOMALY_INVALID_FIN         // a FIN that is not the next octet; ignored
	AnomalyChallengeACK      Anomalies = C.DUMBO_ANOMALY_CHALLENGE_ACK       // it made a challenge ACK due
)

// String names the bits, "DUP_ACK|INVALID_FIN" for example; without any it is empty.
func (a Anomalies) String() string {
	return joined(uint32(a), func(bit int) string { return C.GoString(C.dumbo_anomaly_name(1 << bit)) })
}

// Cause is why a segment is sent.
type Cause uint32

// Why a segment is sent.
const (
	CauseNone         Cause = C.DUMBO_CAUSE_NONE          // nothing is sent
	CauseSYN          Cause = C.DUMBO_CAUSE_SYN           // the SYNACK that answers the SYN
	CauseRepeatedSYN  Cause = C.DUMBO_CAUSE_REPEATED_SYN  // the SYNACK again, as the SYN came again
	CauseData         Cause = C.DUMBO_CAUSE_DATA          // payload that was not sent before
	CauseACK          Cause = C.DUMBO_CAUSE_ACK           // an ACK was due
	CauseFIN          Cause = C.DUMBO_CAUSE_FIN           // our FIN, which no payload carries
	CauseTimeout      Cause = C.DUMBO_CAUSE_TIMEOUT       // something again that was not acknowledged in time
	CauseDupACK       Cause = C.DUMBO_CAUSE_DUP_ACK       // something again that a duplicate ACK asked for
	CauseWindowOpened Cause = C.DUMBO_CAUSE_WINDOW_OPENED // the octet of a probe again: the peer's window has opened
	CauseProbe        Cause = C.DUMBO_CAUSE_PROBE         // one octet into the peer's closed window
	CauseReset        Cause = C.DUMBO_CAUSE_RESET         // a RST was queued
	CauseGivenUp      Cause = C.DUMBO_CAUSE_GIVEN_UP      // a RST: as many timeouts in a row as are allowed
)

// String names the cause, "DUP_ACK" for example.
func (c Cause) String() string { return C.GoString(C.dumbo_cause_name(C.uint32_t(c))) }

// Status is what a connection, or a stack, would do next without further input.
type Status uint32

// What a connection or a stack would do next.
const (
	StatusNothing   Status = C.DUMBO_NEXT_SEGMENT_NOTHING   // nothing until something is received
	StatusAvailable Status = C.DUMBO_NEXT_SEGMENT_AVAILABLE // something can be written now
	StatusTimeout   Status = C.DUMBO_NEXT_SEGMENT_TIMEOUT   // a timeout is running
)

// String names the status, "TIMEOUT" for example.
func (s Status) String() string { return C.GoString(C.dumbo_next_segment_status_name(C.uint32_t(s))) }

// State is a state of RFC 9293, 3.3.2, as far as a passively opened connection without TIME-WAIT has them.
type State uint32

// The states of a connection.
const (
	StateClosed      State = C.DUMBO_STATE_CLOSED // reset, or both FINs received and acknowledged
	StateSYNReceived State = C.DUMBO_STATE_SYN_RECEIVED
	StateEstablished State = C.DUMBO_STATE_ESTABLISHED
	StateFINWait1    State = C.DUMBO_STATE_FIN_WAIT_1
	StateFINWait2    State = C.DUMBO_STATE_FIN_WAIT_2
	StateCloseWait   State = C.DUMBO_STATE_CLOSE_WAIT
	StateLastACK     State = C.DUMBO_STATE_LAST_ACK // CLOSING included
)

// String names the state, "ESTABLISHED" for example.
func (s State) String() string { return C.GoString(C.dumbo_state_name(C.uint32_t(s))) }

// TCPFlags are the control bits of a TCP header.
type TCPFlags uint8

// The control bits of a TCP header.
const (
	FlagFIN TCPFlags = C.DUMBO_TCP_FIN
	FlagSYN TCPFlags = C.DUMBO_TCP_SYN
	FlagRST TCPFlags = C.DUMBO_TCP_RST
	FlagPSH TCPFlags = C.DUMBO_TCP_PSH
	FlagACK TCPFlags = C.DUMBO_TCP_ACK
	FlagURG TCPFlags = C.DUMBO_TCP_URG
	FlagECE TCPFlags = C.DUMBO_TCP_ECE
	FlagCWR TCPFlags = C.DUMBO_TCP_CWR
)

// String names the flags, "SYN|ACK" for example; without any it is empty.
func (f TCPFlags) String() string {
	names := [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}
	return joined(uint32(f), func(bit int) string { return names[bit] })
}

// joined names the bits that are set.
func joined(set uint32, nameOf func(bit int) string) string {
	var names []string
	for ; set != 0; set &= set - 1 {
		names = append(names, nameOf(bits.TrailingZeros32(set)))
	}
	return strings.Join(names, "|")
}
