// SPDX-License-Identifier: Apache-2.0

package dumbo

// PeersClosed returns how many connections the stack keeps a note of.
func (s *Stack) PeersClosed() int { return len(s.state.peerClosed) }

// HasMemory tells whether the connection still has what Close gives back.
func (c *Connection) HasMemory() bool { return c.state.handle != nil }
