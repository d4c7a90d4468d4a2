// SPDX-License-Identifier: Apache-2.0
//! What a stack tells: of frames, of connections, and of itself.
use dumbo_sys as sys;

use super::VerdictError;
use crate::tcp::connection::{RecvStatusFlags, State};
use crate::tcp::counters::counters;

/// A number that is the stack's for one connection and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub(super) u64);

impl ConnectionId {
    /// The number, for logs and for what is kept beside a snapshot.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id of a number. Any is allowed: a stack says which it knows.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

enumeration! {
    /// How a connection ended.
    pub enum Reason {
        /// Both sides have closed, and everything has arrived.
        Finished = DUMBO_STACK_REASON_FINISHED,
        /// The guest sent a RST.
        ResetByPeer = DUMBO_STACK_REASON_RESET_BY_PEER,
        /// We sent one.
        Reset = DUMBO_STACK_REASON_RESET,
        /// The guest acknowledged nothing for too long.
        TimedOut = DUMBO_STACK_REASON_TIMED_OUT,
        /// It was idle, and gave way to a new one.
        Evicted = DUMBO_STACK_REASON_EVICTED,
    }
}

/// Something that happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The handshake is over: the first that is heard of a connection.
    Opened(ConnectionId),
    /// Payload has come in.
    Readable(ConnectionId),
    /// There is room again after a write took less than it was given, or all that was lent is acknowledged.
    Writable(ConnectionId),
    /// The guest will send no more: what can still be read is the end of it.
    PeerClosed(ConnectionId),
    /// The connection is no more, and its id means nothing from now on.
    Closed(ConnectionId, Reason),
    /// An event that a later version of the library has given a meaning to.
    Other(ConnectionId, u32),
}

impl Event {
    pub(super) fn from_c(raw: &sys::dumbo_stack_event) -> Option<Self> {
        let id = ConnectionId(raw.connection);
        Some(match raw.kind {
            sys::DUMBO_STACK_EVENT_NONE => return None,
            sys::DUMBO_STACK_EVENT_OPENED => Self::Opened(id),
            sys::DUMBO_STACK_EVENT_READABLE => Self::Readable(id),
            sys::DUMBO_STACK_EVENT_WRITABLE => Self::Writable(id),
            sys::DUMBO_STACK_EVENT_PEER_CLOSED => Self::PeerClosed(id),
            sys::DUMBO_STACK_EVENT_CLOSED => Self::Closed(id, Reason::from_number(raw.reason)),
            other => Self::Other(id, other),
        })
    }
}

enumeration! {
    /// What became of a frame.
    pub enum VerdictKind {
        /// Not for us, of a kind that is not handled here, or from nobody who can be answered.
        Foreign = DUMBO_FRAME_FOREIGN,
        /// It contradicts its own format, or a checksum is wrong.
        Malformed = DUMBO_FRAME_MALFORMED,
        /// Of an IPv4 packet; nothing puts them together.
        Fragment = DUMBO_FRAME_FRAGMENT,
        /// For our address; it is answered.
        ArpRequest = DUMBO_FRAME_ARP_REQUEST,
        /// A segment that belongs to no connection and opens none; it is answered with a RST.
        Refused = DUMBO_FRAME_REFUSED,
        /// A SYN that finds no room now.
        Dropped = DUMBO_FRAME_DROPPED,
        /// A SYN that begins a connection.
        Opening = DUMBO_FRAME_OPENING,
        /// A segment of a connection.
        Received = DUMBO_FRAME_RECEIVED,
    }
}

/// What became of one frame, for those who count or log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What became of it.
    pub kind: VerdictKind,
    /// What is wrong with it, if there is something to say.
    pub error: Option<VerdictError>,
    /// Oddities of a segment that a connection received.
    pub anomalies: RecvStatusFlags,
    /// Bytes of its payload that can be read now.
    pub delivered: u32,
    /// The connection that it belongs to.
    pub connection: Option<ConnectionId>,
}

impl Verdict {
    pub(super) fn from_c(raw: &sys::dumbo_frame_verdict) -> Self {
        Self {
            kind: VerdictKind::from_number(raw.kind),
            error: VerdictError::check(raw.error).err(),
            anomalies: RecvStatusFlags::from_bits(raw.anomalies),
            delivered: raw.delivered,
            connection: Some(ConnectionId(raw.connection)).filter(|id| id.0 != 0),
        }
    }
}

/// A connection at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Whether nothing more can be sent on it.
    pub is_closing: bool,
    /// Whether bytes have to be lent again, as the stack was restored.
    pub is_lent_missing: bool,
    /// Its state.
    pub state: State,
    /// The guest's MAC address.
    pub peer_mac: [u8; 6],
    /// The guest's address.
    pub peer_ipv4: [u8; 4],
    /// The guest's port.
    pub peer_port: u16,
    /// Ours.
    pub port: u16,
    /// The most payload of a segment of ours.
    pub mss: u16,
    /// Bytes that came in and were not consumed.
    pub readable: u32,
    /// Bytes that were written and are not acknowledged.
    pub queued: u32,
    /// Bytes that could be written now.
    pub room: u32,
    /// Bytes that were lent and are not acknowledged.
    pub lent: u64,
    /// When the latest segment of the guest's came in.
    pub last_heard: u64,
}

impl ConnectionInfo {
    pub(super) fn from_c(raw: &sys::dumbo_connection_info) -> Self {
        Self {
            is_closing: raw.flags & sys::DUMBO_CONNECTION_INFO_CLOSING != 0,
            is_lent_missing: raw.flags & sys::DUMBO_CONNECTION_INFO_LENT_MISSING != 0,
            state: State::from_number(raw.state),
            peer_mac: raw.peer_mac,
            peer_ipv4: raw.peer_ipv4,
            peer_port: raw.peer_port,
            port: raw.port,
            mss: raw.mss,
            readable: raw.readable,
            queued: raw.queued,
            room: raw.room,
            lent: raw.lent,
            last_heard: raw.last_heard,
        }
    }
}

counters! {
    /// What a stack has done since it was made.
    pub struct InterfaceCounters: dumbo_interface_counters {
        /// Frames received, of whatever kind.
        frames_in,
        /// Frames written.
        frames_out,
        /// Frames not for us.
        foreign,
        /// Frames that contradict their format, except for wrong checksums.
        malformed,
        /// Wrong checksums of IPv4 or TCP.
        checksum_errors,
        /// Fragments.
        fragments,
        /// ARP requests for our address.
        arp_requests,
        /// ARP replies for which too many others waited.
        arp_replies_lost,
        /// Segments of no connection.
        refused,
        /// RSTs for which too many others waited.
        rsts_lost,
        /// SYNs that found no room.
        syns_dropped,
        /// SYNs that began a connection.
        opened,
        /// Handshakes that came to their end.
        established,
        /// Handshakes that gave way to newer ones.
        half_open_evicted,
        /// Connections that gave way to new ones.
        evicted,
        /// Connections that both sides closed.
        finished,
        /// Connections that the guest reset.
        reset_by_peer,
        /// Connections that we reset.
        reset,
        /// Connections that were given up.
        timed_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_each_field_from_its_own() {
        let mut raw = sys::dumbo_frame_verdict {
            struct_size: 1,
            kind: sys::DUMBO_FRAME_RECEIVED,
            error: sys::DUMBO_ERR_CHECKSUM,
            anomalies: sys::DUMBO_ANOMALY_DUP_ACK,
            delivered: 2,
            reserved: 3,
            connection: 4,
        };
        let verdict = Verdict {
            kind: VerdictKind::Received,
            error: Some(VerdictError::Checksum),
            anomalies: RecvStatusFlags::DUP_ACK,
            delivered: 2,
            connection: Some(ConnectionId(4)),
        };
        assert_eq!(Verdict::from_c(&raw), verdict);
        raw.connection = 0;
        raw.error = sys::DUMBO_OK;
        assert_eq!(Verdict::from_c(&raw), Verdict { connection: None, error: None, ..verdict });
    }

    #[test]
    fn a_connections_info_has_each_field_from_its_own() {
        let mut raw = sys::dumbo_connection_info {
            struct_size: 1,
            flags: 0,
            state: sys::DUMBO_STATE_FIN_WAIT_1,
            peer_mac: [2, 3, 4, 5, 6, 7],
            peer_port: 8,
            peer_ipv4: [9, 10, 11, 12],
            port: 13,
            mss: 14,
            readable: 15,
            queued: 16,
            room: 17,
            lent: 18,
            last_heard: 19,
        };
        let info = ConnectionInfo {
            is_closing: false,
            is_lent_missing: false,
            state: State::FinWait1,
            peer_mac: [2, 3, 4, 5, 6, 7],
            peer_ipv4: [9, 10, 11, 12],
            peer_port: 8,
            port: 13,
            mss: 14,
            readable: 15,
            queued: 16,
            room: 17,
            lent: 18,
            last_heard: 19,
        };
        assert_eq!(ConnectionInfo::from_c(&raw), info);
        raw.flags = sys::DUMBO_CONNECTION_INFO_CLOSING;
        assert_eq!(ConnectionInfo::from_c(&raw), ConnectionInfo { is_closing: true, ..info });
        raw.flags = sys::DUMBO_CONNECTION_INFO_LENT_MISSING;
        assert_eq!(ConnectionInfo::from_c(&raw), ConnectionInfo { is_lent_missing: true, ..info });
    }
}
