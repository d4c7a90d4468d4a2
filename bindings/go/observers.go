// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// State returns the state of RFC 9293, 3.3.2.
func (c *Connection) State() State { return State(C.dumbo_connection_state(c.state.live())) }

// IsEstablished tells whether the handshake was completed; it stays true afterwards.
func (c *Connection) IsEstablished() bool {
	return bool(C.dumbo_connection_is_established(c.state.live()))
}

// FINReceived tells whether the peer's FIN was received: there is no more to receive.
func (c *Connection) FINReceived() bool { return bool(C.dumbo_connection_fin_received(c.state.live())) }

// FINAcknowledged tells whether our FIN was sent and acknowledged: the peer has everything.
func (c *Connection) FINAcknowledged() bool {
	return bool(C.dumbo_connection_fin_acknowledged(c.state.live()))
}

// IsDone tells whether the connection is reset, or the FIN received and ours sent. It does not wait for the
// acknowledgement of ours, except with OptionLinger. Keep the connection until FINAcknowledged.
func (c *Connection) IsDone() bool { return bool(C.dumbo_connection_is_done(c.state.live())) }

// IsReset tells whether the connection is reset, by the peer or by a RST of ours that was written.
func (c *Connection) IsReset() bool { return bool(C.dumbo_connection_is_reset(c.state.live())) }

// DupACKPending tells whether a retransmission that a duplicate ACK asked for is pending.
func (c *Connection) DupACKPending() bool {
	return bool(C.dumbo_connection_dup_ack_pending(c.state.live()))
}

// FirstNotSent is SND.NXT: the first sequence number not sent yet.
func (c *Connection) FirstNotSent() uint32 {
	return uint32(C.dumbo_connection_first_not_sent(c.state.live()))
}

// HighestACKReceived is SND.UNA: the highest acknowledgement number received.
func (c *Connection) HighestACKReceived() uint32 {
	return uint32(C.dumbo_connection_highest_ack_received(c.state.live()))
}

// RemoteWindowEdge is the right edge of the peer's receive window: the first sequence number that data may not take.
func (c *Connection) RemoteWindowEdge() uint32 {
	return uint32(C.dumbo_connection_remote_rwnd_edge(c.state.live()))
}

// NextExpected is RCV.NXT: the next sequence number expected of the peer.
func (c *Connection) NextExpected() uint32 {
	return uint32(C.dumbo_connection_next_expected(c.state.live()))
}

// LocalWindow is our receive window: how many bytes the peer may still send.
func (c *Connection) LocalWindow() uint32 {
	return uint32(C.dumbo_connection_local_rwnd(c.state.live()))
}

// MSS is the maximum segment size in force: what the peer announced, or MSSDefault.
func (c *Connection) MSS() int { return int(C.dumbo_connection_mss(c.state.live())) }
