// SPDX-License-Identifier: Apache-2.0
use dumbo_sys as sys;

/// Numbers that only grow, modulo 2^64, taken over from C field by field.
macro_rules! counters {
    (
        $(#[$about:meta])*
        pub struct $name:ident: $raw:ident { $($(#[$about_field:meta])* $field:ident,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$about_field])* pub $field: u64,)*
        }

        impl $name {
            pub(crate) fn from_c(raw: &sys::$raw) -> Self {
                Self { $($field: raw.$field,)* }
            }
        }
    };
}
pub(crate) use counters;

counters! {
    /// What a connection has done since it was opened or restored.
    pub struct Counters: dumbo_counters {
        /// Segments that were received and taken, except for the SYN that opened the connection.
        segments_in,
        /// Payload delivered.
        bytes_in,
        /// Segments written, RSTs included.
        segments_out,
        /// Payload written, repeated bytes included.
        bytes_out,
        /// Segments written again as they were not acknowledged in time.
        repeated_on_timeout,
        /// Segments written again as a duplicate ACK asked for them.
        repeated_on_dup_ack,
        /// Probes written again as the peer's window had opened.
        repeated_on_window_opened,
        /// SYNACKs written again as the SYN came again.
        repeated_on_syn,
        /// The payload of all of these.
        bytes_repeated,
        /// Probes of a closed window.
        probes,
        /// 1 if a RST of the peer's ended the connection.
        resets_by_peer,
        /// 1 if a segment out of turn did.
        resets_by_invalid_segment,
        /// 1 if a wrong ACK during the handshake did.
        resets_by_invalid_ack,
        /// 1 if `reset` did.
        resets_by_caller,
        /// 1 if timeouts did.
        resets_by_timeout,
        /// Segments with `INVALID_ACK`.
        invalid_ack,
        /// Segments with `DUP_ACK`.
        dup_ack,
        /// Segments with `SEGMENT_BEYOND_RWND`.
        segment_beyond_rwnd,
        /// Segments with `UNEXPECTED_SEQ`.
        unexpected_seq,
        /// Segments with `REMOTE_RWND_EDGE`.
        remote_rwnd_edge,
        /// Segments with `DATA_BEYOND_FIN`.
        data_beyond_fin,
        /// Segments with `RESET_RECEIVED`.
        reset_received,
        /// Segments with `INVALID_RST`.
        invalid_rst,
        /// Segments with `INVALID_SEGMENT`.
        invalid_segment,
        /// Segments with `CONN_RESETTING`.
        conn_resetting,
        /// Segments with `INVALID_FIN`.
        invalid_fin,
        /// Segments with `CHALLENGE_ACK`.
        challenge_ack,
        /// Segments that did not parse.
        malformed,
        /// Segments with a wrong checksum.
        checksum_errors,
        /// Segments that came after a reset.
        after_reset,
    }
}
