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
