// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>

namespace {

struct ErrorText {
    std::int32_t code;
    const char* name;
    const char* text;
};

// No std::array: gcc 12 would put it among the writable data.
constexpr ErrorText error_texts[] = {
    {DUMBO_OK, "DUMBO_OK", "success"},
    {DUMBO_ERR_INVALID_ARGUMENT, "DUMBO_ERR_INVALID_ARGUMENT", "an argument is out of its documented range"},
    {DUMBO_ERR_BUFFER_TOO_SMALL, "DUMBO_ERR_BUFFER_TOO_SMALL", "an output buffer cannot hold the result"},
    {DUMBO_ERR_TIMESTAMP_DECREASED, "DUMBO_ERR_TIMESTAMP_DECREASED",
     "the time is smaller than on an earlier call on this connection"},
    {DUMBO_ERR_CALLBACK, "DUMBO_ERR_CALLBACK", "a payload callback reported failure"},
    {DUMBO_ERR_INVALID_SYN, "DUMBO_ERR_INVALID_SYN", "the flags are not exactly SYN, or the segment carries a payload"},
    {DUMBO_ERR_MSS_OPTION, "DUMBO_ERR_MSS_OPTION", "the MSS option is malformed or out of range"},
    {DUMBO_ERR_PAYLOAD_TOO_LARGE, "DUMBO_ERR_PAYLOAD_TOO_LARGE",
     "the payload source is longer than the largest window"},
    {DUMBO_ERR_PAYLOAD_MISSING_SEQ, "DUMBO_ERR_PAYLOAD_MISSING_SEQ",
     "the byte to send lies before the payload source's first byte"},
    {DUMBO_ERR_DATA_AFTER_FIN, "DUMBO_ERR_DATA_AFTER_FIN", "the payload source reaches past the recorded FIN"},
    {DUMBO_ERR_MSS_RESERVED, "DUMBO_ERR_MSS_RESERVED", "more bytes are reserved than the MSS holds"},
    {DUMBO_ERR_MSS_OPTION_ROOM, "DUMBO_ERR_MSS_OPTION_ROOM", "what is left of the MSS cannot hold the MSS option"},
    {DUMBO_ERR_EMPTY_PAYLOAD, "DUMBO_ERR_EMPTY_PAYLOAD", "there is room for 0 bytes of the payload to be sent"},
    {DUMBO_ERR_TRUNCATED, "DUMBO_ERR_TRUNCATED", "fewer bytes than the shortest header"},
    {DUMBO_ERR_HEADER_LENGTH, "DUMBO_ERR_HEADER_LENGTH", "the header length field is out of range"},
    {DUMBO_ERR_CHECKSUM, "DUMBO_ERR_CHECKSUM", "the checksum does not verify"},
    {DUMBO_ERR_IP_VERSION, "DUMBO_ERR_IP_VERSION", "not IP version 4"},
    {DUMBO_ERR_TOTAL_LENGTH, "DUMBO_ERR_TOTAL_LENGTH", "the total length field is smaller than the header"},
    {DUMBO_ERR_LENGTH_MISMATCH, "DUMBO_ERR_LENGTH_MISMATCH", "the bytes are more or fewer than the format says"},
    {DUMBO_ERR_HARDWARE_TYPE, "DUMBO_ERR_HARDWARE_TYPE", "the ARP hardware type is not Ethernet"},
    {DUMBO_ERR_PROTOCOL_TYPE, "DUMBO_ERR_PROTOCOL_TYPE", "the ARP protocol type is not IPv4"},
    {DUMBO_ERR_HARDWARE_LENGTH, "DUMBO_ERR_HARDWARE_LENGTH", "the ARP hardware address length is not 6"},
    {DUMBO_ERR_PROTOCOL_LENGTH, "DUMBO_ERR_PROTOCOL_LENGTH", "the ARP protocol address length is not 4"},
    {DUMBO_ERR_OPERATION, "DUMBO_ERR_OPERATION", "the ARP operation is not the expected one"},
    {DUMBO_ERR_SNAPSHOT_LENGTH, "DUMBO_ERR_SNAPSHOT_LENGTH", "the snapshot is not as long as its version's are"},
    {DUMBO_ERR_SNAPSHOT_FORMAT, "DUMBO_ERR_SNAPSHOT_FORMAT", "this does not begin like a snapshot"},
    {DUMBO_ERR_SNAPSHOT_VERSION, "DUMBO_ERR_SNAPSHOT_VERSION", "a snapshot of an unknown version"},
    {DUMBO_ERR_SNAPSHOT_CHECKSUM, "DUMBO_ERR_SNAPSHOT_CHECKSUM", "the snapshot is damaged"},
    {DUMBO_ERR_SNAPSHOT_VALUE, "DUMBO_ERR_SNAPSHOT_VALUE", "a field of the snapshot is out of its range"},
    {DUMBO_ERR_SNAPSHOT_OPTION, "DUMBO_ERR_SNAPSHOT_OPTION",
     "the snapshot's state needs an option that its connection does not have"},
    {DUMBO_ERR_SNAPSHOT_HANDSHAKE, "DUMBO_ERR_SNAPSHOT_HANDSHAKE", "the snapshot's handshake cannot have come so far"},
    {DUMBO_ERR_SNAPSHOT_SEND, "DUMBO_ERR_SNAPSHOT_SEND", "the snapshot's send side contradicts itself"},
    {DUMBO_ERR_SNAPSHOT_RECEIVE, "DUMBO_ERR_SNAPSHOT_RECEIVE", "the snapshot's receive side contradicts itself"},
    {DUMBO_ERR_SNAPSHOT_TIMEOUT, "DUMBO_ERR_SNAPSHOT_TIMEOUT", "the snapshot's timeouts contradict its state"},
    {DUMBO_ERR_SNAPSHOT_RESET, "DUMBO_ERR_SNAPSHOT_RESET", "the snapshot's RST cannot have come about"},
    {DUMBO_ERR_SNAPSHOT_STACK, "DUMBO_ERR_SNAPSHOT_STACK",
     "the snapshot's stack and connections contradict each other"},
    {DUMBO_ERR_SNAPSHOT_CONFIG, "DUMBO_ERR_SNAPSHOT_CONFIG", "the snapshot does not fit the stack's config"},
    {DUMBO_ERR_NO_CONNECTION, "DUMBO_ERR_NO_CONNECTION", "the stack has no such connection, or no longer"},
    {DUMBO_ERR_CONNECTION_CLOSING, "DUMBO_ERR_CONNECTION_CLOSING", "the connection is closed to what would be sent"},
    {DUMBO_ERR_LENT, "DUMBO_ERR_LENT", "bytes are lent to the connection already"},
    {DUMBO_ERR_CONNECTION_RESET, "DUMBO_ERR_CONNECTION_RESET", "the connection is reset"},
    {DUMBO_ERR_OUT_OF_MEMORY, "DUMBO_ERR_OUT_OF_MEMORY", "the allocator returned NULL"},
    {DUMBO_ERR_NO_ENTROPY, "DUMBO_ERR_NO_ENTROPY", "the operating system gave no randomness for a sequence number"},
    {DUMBO_ERR_INTERNAL, "DUMBO_ERR_INTERNAL", "a defect of the library"},
};

constexpr ErrorText unknown{0, "unknown", "unknown result code"};

const ErrorText& find(std::int32_t code) noexcept {
    for (const ErrorText& entry : error_texts) {
        if (entry.code == code) {
            return entry;
        }
    }
    return unknown;
}

}  // namespace

const char* dumbo_strerror(int32_t code) {
    return find(code).text;
}

const char* dumbo_error_name(int32_t code) {
    return find(code).name;
}

bool dumbo_err_is_fatal(int32_t code) {
    return code <= DUMBO_ERR_FATAL;
}
