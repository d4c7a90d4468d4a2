// SPDX-License-Identifier: Apache-2.0
//! What a connection tells: of segments that it received or sent, and of itself.
use core::num::{NonZeroU16, NonZeroUsize};

use dumbo_sys as sys;

flags! {
    /// Oddities of a received segment, none of which is an error.
    pub struct RecvStatusFlags: u32 {
        /// It acknowledges what was not sent, or what was long since.
        INVALID_ACK = DUMBO_ANOMALY_INVALID_ACK;
        /// A duplicate ACK; a retransmission is pending.
        DUP_ACK = DUMBO_ANOMALY_DUP_ACK;
        /// Its payload ends past our receive window, and is dropped.
        SEGMENT_BEYOND_RWND = DUMBO_ANOMALY_SEGMENT_BEYOND_RWND;
        /// Its payload is not the next one, and is dropped; an ACK is due.
        UNEXPECTED_SEQ = DUMBO_ANOMALY_UNEXPECTED_SEQ;
        /// The peer moved its window's right edge to the left, which is ignored.
        REMOTE_RWND_EDGE = DUMBO_ANOMALY_REMOTE_RWND_EDGE;
        /// Its payload lies past the peer's FIN, and is dropped.
        DATA_BEYOND_FIN = DUMBO_ANOMALY_DATA_BEYOND_FIN;
        /// A valid RST: the connection is reset.
        RESET_RECEIVED = DUMBO_ANOMALY_RESET_RECEIVED;
        /// A RST outside of our receive window, which is ignored.
        INVALID_RST = DUMBO_ANOMALY_INVALID_RST;
        /// A SYN, or anything but the SYN, out of turn.
        INVALID_SEGMENT = DUMBO_ANOMALY_INVALID_SEGMENT;
        /// It resets the connection: a RST waits to be written.
        CONN_RESETTING = DUMBO_ANOMALY_CONN_RESETTING;
        /// Its FIN is not the next octet, and is ignored.
        INVALID_FIN = DUMBO_ANOMALY_INVALID_FIN;
        /// It made a challenge ACK due.
        CHALLENGE_ACK = DUMBO_ANOMALY_CHALLENGE_ACK;
    }
}

enumeration! {
    /// The states of RFC 9293, as far as a passively opened connection without TIME-WAIT has them.
    pub enum State {
        /// Reset, or both FINs received and acknowledged.
        Closed = DUMBO_STATE_CLOSED,
        /// Waiting to write the SYNACK, or for its acknowledgement.
        SynReceived = DUMBO_STATE_SYN_RECEIVED,
        /// The handshake is over.
        Established = DUMBO_STATE_ESTABLISHED,
        /// Our FIN is sent, and not acknowledged.
        FinWait1 = DUMBO_STATE_FIN_WAIT_1,
        /// Our FIN is acknowledged.
        FinWait2 = DUMBO_STATE_FIN_WAIT_2,
        /// The peer's FIN is received, ours is not sent.
        CloseWait = DUMBO_STATE_CLOSE_WAIT,
        /// Both FINs are out, ours waits for its ACK.
        LastAck = DUMBO_STATE_LAST_ACK,
    }
}

enumeration! {
    /// Why a segment is sent.
    pub enum Cause {
        /// The SYNACK that answers the SYN.
        Syn = DUMBO_CAUSE_SYN,
        /// The SYNACK again, as the SYN came again.
        RepeatedSyn = DUMBO_CAUSE_REPEATED_SYN,
        /// Payload that was not sent before, perhaps with the FIN behind it.
        Data = DUMBO_CAUSE_DATA,
        /// An ACK was due; it may carry our FIN once more.
        Ack = DUMBO_CAUSE_ACK,
        /// Our FIN, which no payload carries.
        Fin = DUMBO_CAUSE_FIN,
        /// Something again that was not acknowledged in time.
        Timeout = DUMBO_CAUSE_TIMEOUT,
        /// Payload or FIN again: a duplicate ACK asked for them.
        DupAck = DUMBO_CAUSE_DUP_ACK,
        /// The octet of a probe again: the peer's window has opened.
        WindowOpened = DUMBO_CAUSE_WINDOW_OPENED,
        /// One octet into the peer's closed window.
        Probe = DUMBO_CAUSE_PROBE,
        /// A RST was queued.
        Reset = DUMBO_CAUSE_RESET,
        /// A RST: there were as many timeouts in a row as are allowed.
        GivenUp = DUMBO_CAUSE_GIVEN_UP,
    }
}

/// A segment that was written: how long it is, why it is sent, and how the device is to cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its bytes in the buffer.
    pub length: NonZeroUsize,
    /// Why it is sent.
    pub cause: Cause,
    /// The bytes of its TCP header.
    pub header_length: u16,
    /// The payload of each segment into which the device is to cut this one, if it is to.
    pub gso_size: Option<NonZeroU16>,
}

impl Sent {
    pub(super) fn from_c(length: NonZeroUsize, raw: &sys::dumbo_sent) -> Self {
        Self {
            length,
            cause: Cause::from_number(raw.cause),
            header_length: raw.header_length,
            gso_size: NonZeroU16::new(raw.gso_size),
        }
    }
}
