// SPDX-License-Identifier: Apache-2.0

errors! {
    /// Why a stack could not be made.
    pub enum StackError {
        /// The config has a field out of its range, or too many ports.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
        /// There is no memory.
        OutOfMemory = DUMBO_ERR_OUT_OF_MEMORY,
        /// The operating system gave no randomness for the hash key.
        NoEntropy = DUMBO_ERR_NO_ENTROPY,
    }
}

errors! {
    /// Why a frame was not taken, or none was written. What is wrong with a frame is no error, but its verdict.
    pub enum FrameError {
        /// The buffer is shorter than [`FRAME_MINIMUM`](super::FRAME_MINIMUM).
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// `now` is smaller than on an earlier call.
        TimestampDecreased = DUMBO_ERR_TIMESTAMP_DECREASED,
    }
}

errors! {
    /// What is wrong with a frame, or with what it was to do.
    pub enum VerdictError {
        /// It ends before a header does.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// It has fewer bytes than it says.
        LengthMismatch = DUMBO_ERR_LENGTH_MISMATCH,
        /// IPv4: the version is not 4.
        IpVersion = DUMBO_ERR_IP_VERSION,
        /// IPv4: the total length is smaller than the header.
        TotalLength = DUMBO_ERR_TOTAL_LENGTH,
        /// The header length of IPv4 or TCP is out of range.
        HeaderLength = DUMBO_ERR_HEADER_LENGTH,
        /// The checksum of IPv4 or TCP does not verify.
        Checksum = DUMBO_ERR_CHECKSUM,
        /// ARP: the hardware type is not Ethernet.
        HardwareType = DUMBO_ERR_HARDWARE_TYPE,
        /// ARP: the protocol type is not IPv4.
        ProtocolType = DUMBO_ERR_PROTOCOL_TYPE,
        /// ARP: the length of hardware addresses is not 6.
        HardwareLength = DUMBO_ERR_HARDWARE_LENGTH,
        /// ARP: the length of protocol addresses is not 4.
        ProtocolLength = DUMBO_ERR_PROTOCOL_LENGTH,
        /// ARP: it is no request.
        Operation = DUMBO_ERR_OPERATION,
        /// The SYN has other flags, too, or a payload.
        InvalidSyn = DUMBO_ERR_INVALID_SYN,
        /// The SYN's MSS option is malformed, or its value is not accepted.
        MssOption = DUMBO_ERR_MSS_OPTION,
        /// The operating system gave no randomness for the initial sequence number.
        NoEntropy = DUMBO_ERR_NO_ENTROPY,
        /// The connection is reset.
        ConnectionReset = DUMBO_ERR_CONNECTION_RESET,
    }
}

errors! {
    /// Why nothing could be done with a connection of a stack's.
    pub enum ConnectionError {
        /// There is none of this id, or no longer.
        NoConnection = DUMBO_ERR_NO_CONNECTION,
        /// It was closed: nothing more can be sent on it.
        Closing = DUMBO_ERR_CONNECTION_CLOSING,
        /// Bytes are lent to it already, or others have to be lent again.
        Lent = DUMBO_ERR_LENT,
        /// An argument is out of its range.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
    }
}

errors! {
    /// Why a stack could not be written as bytes.
    pub enum SnapshotError {
        /// The buffer is too short; it is unchanged.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
    }
}
