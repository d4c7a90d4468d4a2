// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// RestoreConfig says how to restore a connection or a stack. The zero value stands for the same clock and no counters.
type RestoreConfig struct {
	// Rebase moves it to another clock. OldNow is the old clock's time when the snapshot was taken, or later if the time
	// in between shall count; NewNow is the new clock's time now. Without Rebase both are 0.
	Rebase         bool
	OldNow, NewNow uint64
	// Counters has a restored connection count, from 0 on. A stack always counts, and takes this for an error.
	Counters bool
}

// Snapshot returns the whole connection as bytes, from which Restore makes the same connection again, in this process or
// another one. Save beside it the payload that is not acknowledged with its sequence number, the addresses and ports, and
// the time. The bytes are neither secret nor signed: protect them like the memory that they came from.
func (c *Connection) Snapshot() ([]byte, error) {
	if c.state.live() == nil {
		return nil, ErrClosed
	}
	snapshot := make([]byte, C.DUMBO_SNAPSHOT_LENGTH_MAX)
	written := C.dumbo_go_snapshot(c.state.handle, first(snapshot), C.size_t(len(snapshot)))
	if err := toError(written.code); err != nil {
		return nil, err
	}
	return snapshot[:written.length], nil
}

// Restore makes a connection from a snapshot. It goes on exactly as the original would have. Any bytes are allowed: what
// is damaged, of an unknown version, or of a state that no sequence of calls can have led to, is an error.
//
// Errors: ErrSnapshotLength to ErrSnapshotReset; ErrTimestampDecreased if OldNow is smaller than the snapshot's latest
// time; ErrInvalidArgument for times without Rebase; ErrOutOfMemory.
func Restore(snapshot []byte, config RestoreConfig) (*Connection, error) {
	return newConnection(C.dumbo_go_restore(first(snapshot), C.size_t(len(snapshot)), config.forC()))
}

func (c RestoreConfig) forC() C.dumbo_restore_config {
	var flags C.uint32_t
	if c.Rebase {
		flags |= C.DUMBO_RESTORE_REBASE
	}
	if c.Counters {
		flags |= C.DUMBO_RESTORE_COUNTERS
	}
	return C.dumbo_restore_config{flags: flags, old_now: C.uint64_t(c.OldNow), new_now: C.uint64_t(c.NewNow)}
}
