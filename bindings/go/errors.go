// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import "fmt"

// Error is a result code of the library's. It can be compared with errors.Is. A call that fails has changed nothing,
// with the one exception that [Connection.WriteNextSegment] documents.
type Error int32

// The caller's arguments.
const (
	ErrInvalidArgument    Error = C.DUMBO_ERR_INVALID_ARGUMENT    // an argument is out of its documented range
	ErrBufferTooSmall     Error = C.DUMBO_ERR_BUFFER_TOO_SMALL    // an output buffer cannot hold the result
	ErrTimestampDecreased Error = C.DUMBO_ERR_TIMESTAMP_DECREASED // now is smaller than on an earlier call
	ErrCallback           Error = C.DUMBO_ERR_CALLBACK            // a payload's reader failed, see ReadError
)

// Opening.
const (
	ErrInvalidSYN Error = C.DUMBO_ERR_INVALID_SYN // the flags are not exactly SYN, or the segment carries a payload
	ErrMSSOption  Error = C.DUMBO_ERR_MSS_OPTION  // the MSS option is malformed or out of range
)

// Sending.
const (
	ErrPayloadTooLarge   Error = C.DUMBO_ERR_PAYLOAD_TOO_LARGE   // the payload is longer than MaxWindowSize
	ErrPayloadMissingSeq Error = C.DUMBO_ERR_PAYLOAD_MISSING_SEQ // the byte to send lies before the payload's first
	ErrDataAfterFIN      Error = C.DUMBO_ERR_DATA_AFTER_FIN      // the payload reaches past the FIN
	ErrMSSReserved       Error = C.DUMBO_ERR_MSS_RESERVED        // more bytes are reserved than the MSS holds
	ErrMSSOptionRoom     Error = C.DUMBO_ERR_MSS_OPTION_ROOM     // the MSS option does not fit what is left of the MSS
	ErrEmptyPayload      Error = C.DUMBO_ERR_EMPTY_PAYLOAD       // there is no room for payload, or none at that place
)

// Parsing.
const (
	ErrTruncated      Error = C.DUMBO_ERR_TRUNCATED       // fewer bytes than the shortest header
	ErrHeaderLength   Error = C.DUMBO_ERR_HEADER_LENGTH   // the header length field is out of range
	ErrChecksum       Error = C.DUMBO_ERR_CHECKSUM        // the checksum does not verify
	ErrIPVersion      Error = C.DUMBO_ERR_IP_VERSION      // not IP version 4
	ErrTotalLength    Error = C.DUMBO_ERR_TOTAL_LENGTH    // the total length is smaller than the header
	ErrLengthMismatch Error = C.DUMBO_ERR_LENGTH_MISMATCH // the bytes are more or fewer than the format says
	ErrHardwareType   Error = C.DUMBO_ERR_HARDWARE_TYPE   // ARP: the hardware type is not Ethernet
	ErrProtocolType   Error = C.DUMBO_ERR_PROTOCOL_TYPE   // ARP: the protocol type is not IPv4
	ErrHardwareLength Error = C.DUMBO_ERR_HARDWARE_LENGTH // ARP: the hardware address length is not 6
	ErrProtocolLength Error = C.DUMBO_ERR_PROTOCOL_LENGTH // ARP: the protocol address length is not 4
	ErrOperation      Error = C.DUMBO_ERR_OPERATION       // ARP: the operation is not the expected one
)

// Restoring.
const (
	ErrSnapshotLength    Error = C.DUMBO_ERR_SNAPSHOT_LENGTH    // not as long as a snapshot of its version
	ErrSnapshotFormat    Error = C.DUMBO_ERR_SNAPSHOT_FORMAT    // it does not begin like a snapshot
	ErrSnapshotVersion   Error = C.DUMBO_ERR_SNAPSHOT_VERSION   // its version is not known
	ErrSnapshotChecksum  Error = C.DUMBO_ERR_SNAPSHOT_CHECKSUM  // it is damaged
	ErrSnapshotValue     Error = C.DUMBO_ERR_SNAPSHOT_VALUE     // a field is out of its own range
	ErrSnapshotOption    Error = C.DUMBO_ERR_SNAPSHOT_OPTION    // it needs an option that its connection does not have
	ErrSnapshotHandshake Error = C.DUMBO_ERR_SNAPSHOT_HANDSHAKE // a handshake that cannot have come so far
	ErrSnapshotSend      Error = C.DUMBO_ERR_SNAPSHOT_SEND      // what was sent contradicts itself
	ErrSnapshotReceive   Error = C.DUMBO_ERR_SNAPSHOT_RECEIVE   // what was received contradicts itself
	ErrSnapshotTimeout   Error = C.DUMBO_ERR_SNAPSHOT_TIMEOUT   // a timeout that nothing waits for, or too many
	ErrSnapshotReset     Error = C.DUMBO_ERR_SNAPSHOT_RESET     // a RST that nothing can have led to
	ErrSnapshotStack     Error = C.DUMBO_ERR_SNAPSHOT_STACK     // a stack and its connections contradict each other
	ErrSnapshotConfig    Error = C.DUMBO_ERR_SNAPSHOT_CONFIG    // a stack for another address, or with more than fits
)

// A stack's connections.
const (
	ErrNoConnection      Error = C.DUMBO_ERR_NO_CONNECTION      // the stack has no such connection, or no longer
	ErrConnectionClosing Error = C.DUMBO_ERR_CONNECTION_CLOSING // it was closed: nothing more can be sent on it
	ErrLent              Error = C.DUMBO_ERR_LENT               // bytes are lent to it already
)

// The fatal ones: a connection is at its end, or could not be made.
const (
	ErrConnectionReset Error = C.DUMBO_ERR_CONNECTION_RESET // the connection was reset, by either side or by timeouts
	ErrOutOfMemory     Error = C.DUMBO_ERR_OUT_OF_MEMORY    // there is no memory
	ErrNoEntropy       Error = C.DUMBO_ERR_NO_ENTROPY       // the operating system gave no randomness
	ErrInternal        Error = C.DUMBO_ERR_INTERNAL         // a defect of the library; please report it
)

// Error returns a line of English text.
func (e Error) Error() string { return "dumbo: " + C.GoString(C.dumbo_strerror(C.int32_t(e))) }

// Name returns the code's name as dumbo.h spells it, "DUMBO_ERR_CHECKSUM" for example, or "unknown".
func (e Error) Name() string { return C.GoString(C.dumbo_error_name(C.int32_t(e))) }

// Fatal tells whether the connection is at its end. After ErrConnectionReset of a received segment a RST may still wait:
// write until [Connection.IsReset].
func (e Error) Fatal() bool { return bool(C.dumbo_err_is_fatal(C.int32_t(e))) }

// ReadError says that a payload's reader did not read what it was asked for. It is ErrCallback for errors.Is, and wraps
// the reader's own error.
type ReadError struct {
	Err error // of the reader; io.ErrUnexpectedEOF if it read too little without one
}

// Error says what the reader said.
func (e *ReadError) Error() string { return fmt.Sprintf("dumbo: reading the payload: %v", e.Err) }

// Unwrap returns the reader's error.
func (e *ReadError) Unwrap() error { return e.Err }

// Is tells that every ReadError is ErrCallback.
func (e *ReadError) Is(target error) bool { return target == ErrCallback }

func toError(code C.int32_t) error {
	if code == C.DUMBO_OK {
		return nil
	}
	return Error(code)
}
