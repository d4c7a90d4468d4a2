// SPDX-License-Identifier: Apache-2.0

errors! {
    /// Why a connection could not be opened.
    pub enum PassiveOpenError {
        /// The flags are not exactly SYN, or there is a payload.
        InvalidSyn = DUMBO_ERR_INVALID_SYN,
        /// The MSS option is malformed, or its value is not accepted.
        MssOption = DUMBO_ERR_MSS_OPTION,
        /// The receive window is above [`MAX_WINDOW_SIZE`](crate::tcp::MAX_WINDOW_SIZE), or an option is unknown.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
        /// The segment has fewer bytes than a header.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// Its header length is out of range.
        HeaderLength = DUMBO_ERR_HEADER_LENGTH,
        /// Its checksum does not verify.
        Checksum = DUMBO_ERR_CHECKSUM,
        /// The operating system gave no randomness for the initial sequence number.
        NoEntropy = DUMBO_ERR_NO_ENTROPY,
        /// There is no memory.
        OutOfMemory = DUMBO_ERR_OUT_OF_MEMORY,
    }
}

errors! {
    /// Why a segment was not taken. The connection is as it was.
    pub enum RecvError {
        /// The payload would be accepted, and is longer than the buffer.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// A RST waits to be written, or the connection is reset.
        ConnectionReset = DUMBO_ERR_CONNECTION_RESET,
        /// `now` is smaller than on an earlier call.
        TimestampDecreased = DUMBO_ERR_TIMESTAMP_DECREASED,
        /// The segment has fewer bytes than a header.
        Truncated = DUMBO_ERR_TRUNCATED,
        /// Its header length is out of range.
        HeaderLength = DUMBO_ERR_HEADER_LENGTH,
        /// Its checksum does not verify.
        Checksum = DUMBO_ERR_CHECKSUM,
    }
}

errors! {
    /// Why no segment was written. The connection is as it was, except that
    /// [`PayloadMissingSeq`](Self::PayloadMissingSeq) on a timeout counts it.
    pub enum WriteNextError {
        /// The connection is reset.
        ConnectionReset = DUMBO_ERR_CONNECTION_RESET,
        /// The source reaches past the FIN that `close` has recorded, and the peer's window reaches past it, too; or
        /// the FIN was sent, and the source is empty: pass `None` then.
        DataAfterFin = DUMBO_ERR_DATA_AFTER_FIN,
        /// More is reserved than the MSS holds.
        MssRemaining = DUMBO_ERR_MSS_RESERVED,
        /// The source is longer than [`MAX_WINDOW_SIZE`](crate::tcp::MAX_WINDOW_SIZE).
        PayloadBufTooLarge = DUMBO_ERR_PAYLOAD_TOO_LARGE,
        /// The byte to send lies before the source's first.
        PayloadMissingSeq = DUMBO_ERR_PAYLOAD_MISSING_SEQ,
        /// The buffer cannot hold the header.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
        /// What is left of the MSS cannot hold the SYNACK's MSS option.
        MssOptionRoom = DUMBO_ERR_MSS_OPTION_ROOM,
        /// A payload is to be sent, and there is no room for it, or its source holds nothing at that place.
        EmptyPayload = DUMBO_ERR_EMPTY_PAYLOAD,
        /// `now` is smaller than on an earlier call.
        TimestampDecreased = DUMBO_ERR_TIMESTAMP_DECREASED,
        /// The source could not be read.
        ReadFailed = DUMBO_ERR_CALLBACK,
    }
}

errors! {
    /// Why a connection could not be closed behind bytes that are still to be sent.
    pub enum CloseError {
        /// They are more than [`MAX_WINDOW_SIZE`](crate::tcp::MAX_WINDOW_SIZE).
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
    }
}

errors! {
    /// Why a connection could not be copied.
    pub enum CloneError {
        /// There is no memory.
        OutOfMemory = DUMBO_ERR_OUT_OF_MEMORY,
    }
}
