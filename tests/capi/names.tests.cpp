// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

// Names and texts of codes, and the version.
namespace {

struct Named {
    std::int64_t code;
    const char* name;
};

const std::vector<Named> errors = {{DUMBO_OK, "DUMBO_OK"},
                                   {DUMBO_ERR_INVALID_ARGUMENT, "DUMBO_ERR_INVALID_ARGUMENT"},
                                   {DUMBO_ERR_BUFFER_TOO_SMALL, "DUMBO_ERR_BUFFER_TOO_SMALL"},
                                   {DUMBO_ERR_TIMESTAMP_DECREASED, "DUMBO_ERR_TIMESTAMP_DECREASED"},
                                   {DUMBO_ERR_CALLBACK, "DUMBO_ERR_CALLBACK"},
                                   {DUMBO_ERR_INVALID_SYN, "DUMBO_ERR_INVALID_SYN"},
                                   {DUMBO_ERR_MSS_OPTION, "DUMBO_ERR_MSS_OPTION"},
                                   {DUMBO_ERR_PAYLOAD_TOO_LARGE, "DUMBO_ERR_PAYLOAD_TOO_LARGE"},
                                   {DUMBO_ERR_PAYLOAD_MISSING_SEQ, "DUMBO_ERR_PAYLOAD_MISSING_SEQ"},
                                   {DUMBO_ERR_DATA_AFTER_FIN, "DUMBO_ERR_DATA_AFTER_FIN"},
                                   {DUMBO_ERR_MSS_RESERVED, "DUMBO_ERR_MSS_RESERVED"},
                                   {DUMBO_ERR_MSS_OPTION_ROOM, "DUMBO_ERR_MSS_OPTION_ROOM"},
                                   {DUMBO_ERR_EMPTY_PAYLOAD, "DUMBO_ERR_EMPTY_PAYLOAD"},
                                   {DUMBO_ERR_TRUNCATED, "DUMBO_ERR_TRUNCATED"},
                                   {DUMBO_ERR_HEADER_LENGTH, "DUMBO_ERR_HEADER_LENGTH"},
                                   {DUMBO_ERR_CHECKSUM, "DUMBO_ERR_CHECKSUM"},
                                   {DUMBO_ERR_IP_VERSION, "DUMBO_ERR_IP_VERSION"},
                                   {DUMBO_ERR_TOTAL_LENGTH, "DUMBO_ERR_TOTAL_LENGTH"},
                                   {DUMBO_ERR_LENGTH_MISMATCH, "DUMBO_ERR_LENGTH_MISMATCH"},
                                   {DUMBO_ERR_HARDWARE_TYPE, "DUMBO_ERR_HARDWARE_TYPE"},
                                   {DUMBO_ERR_PROTOCOL_TYPE, "DUMBO_ERR_PROTOCOL_TYPE"},
                                   {DUMBO_ERR_HARDWARE_LENGTH, "DUMBO_ERR_HARDWARE_LENGTH"},
                                   {DUMBO_ERR_PROTOCOL_LENGTH, "DUMBO_ERR_PROTOCOL_LENGTH"},
                                   {DUMBO_ERR_OPERATION, "DUMBO_ERR_OPERATION"},
                                   {DUMBO_ERR_SNAPSHOT_LENGTH, "DUMBO_ERR_SNAPSHOT_LENGTH"},
                                   {DUMBO_ERR_SNAPSHOT_FORMAT, "DUMBO_ERR_SNAPSHOT_FORMAT"},
                                   {DUMBO_ERR_SNAPSHOT_VERSION, "DUMBO_ERR_SNAPSHOT_VERSION"},
                                   {DUMBO_ERR_SNAPSHOT_CHECKSUM, "DUMBO_ERR_SNAPSHOT_CHECKSUM"},
                                   {DUMBO_ERR_SNAPSHOT_VALUE, "DUMBO_ERR_SNAPSHOT_VALUE"},
                                   {DUMBO_ERR_SNAPSHOT_OPTION, "DUMBO_ERR_SNAPSHOT_OPTION"},
                                   {DUMBO_ERR_SNAPSHOT_HANDSHAKE, "DUMBO_ERR_SNAPSHOT_HANDSHAKE"},
                                   {DUMBO_ERR_SNAPSHOT_SEND, "DUMBO_ERR_SNAPSHOT_SEND"},
                                   {DUMBO_ERR_SNAPSHOT_RECEIVE, "DUMBO_ERR_SNAPSHOT_RECEIVE"},
                                   {DUMBO_ERR_SNAPSHOT_TIMEOUT, "DUMBO_ERR_SNAPSHOT_TIMEOUT"},
                                   {DUMBO_ERR_SNAPSHOT_RESET, "DUMBO_ERR_SNAPSHOT_RESET"},
                                   {DUMBO_ERR_SNAPSHOT_STACK, "DUMBO_ERR_SNAPSHOT_STACK"},
                                   {DUMBO_ERR_SNAPSHOT_CONFIG, "DUMBO_ERR_SNAPSHOT_CONFIG"},
                                   {DUMBO_ERR_NO_CONNECTION, "DUMBO_ERR_NO_CONNECTION"},
                                   {DUMBO_ERR_CONNECTION_CLOSING, "DUMBO_ERR_CONNECTION_CLOSING"},
                                   {DUMBO_ERR_LENT, "DUMBO_ERR_LENT"},
                                   {DUMBO_ERR_CONNECTION_RESET, "DUMBO_ERR_CONNECTION_RESET"},
                                   {DUMBO_ERR_OUT_OF_MEMORY, "DUMBO_ERR_OUT_OF_MEMORY"},
                                   {DUMBO_ERR_NO_ENTROPY, "DUMBO_ERR_NO_ENTROPY"},
                                   {DUMBO_ERR_INTERNAL, "DUMBO_ERR_INTERNAL"}};

const std::vector<Named> anomalies = {{DUMBO_ANOMALY_INVALID_ACK, "INVALID_ACK"},
                                      {DUMBO_ANOMALY_DUP_ACK, "DUP_ACK"},
                                      {DUMBO_ANOMALY_SEGMENT_BEYOND_RWND, "SEGMENT_BEYOND_RWND"},
                                      {DUMBO_ANOMALY_UNEXPECTED_SEQ, "UNEXPECTED_SEQ"},
                                      {DUMBO_ANOMALY_REMOTE_RWND_EDGE, "REMOTE_RWND_EDGE"},
                                      {DUMBO_ANOMALY_DATA_BEYOND_FIN, "DATA_BEYOND_FIN"},
                                      {DUMBO_ANOMALY_RESET_RECEIVED, "RESET_RECEIVED"},
                                      {DUMBO_ANOMALY_INVALID_RST, "INVALID_RST"},
                                      {DUMBO_ANOMALY_INVALID_SEGMENT, "INVALID_SEGMENT"},
                                      {DUMBO_ANOMALY_CONN_RESETTING, "CONN_RESETTING"},
                                      {DUMBO_ANOMALY_INVALID_FIN, "INVALID_FIN"},
                                      {DUMBO_ANOMALY_CHALLENGE_ACK, "CHALLENGE_ACK"}};

const std::vector<Named> causes = {
    {DUMBO_CAUSE_NONE, "NONE"},       {DUMBO_CAUSE_SYN, "SYN"},         {DUMBO_CAUSE_REPEATED_SYN, "REPEATED_SYN"},
    {DUMBO_CAUSE_DATA, "DATA"},       {DUMBO_CAUSE_ACK, "ACK"},         {DUMBO_CAUSE_FIN, "FIN"},
    {DUMBO_CAUSE_TIMEOUT, "TIMEOUT"}, {DUMBO_CAUSE_DUP_ACK, "DUP_ACK"}, {DUMBO_CAUSE_WINDOW_OPENED, "WINDOW_OPENED"},
    {DUMBO_CAUSE_PROBE, "PROBE"},     {DUMBO_CAUSE_RESET, "RESET"},     {DUMBO_CAUSE_GIVEN_UP, "GIVEN_UP"}};

const std::vector<Named> statuses = {{DUMBO_NEXT_SEGMENT_NOTHING, "NOTHING"},
                                     {DUMBO_NEXT_SEGMENT_AVAILABLE, "AVAILABLE"},
                                     {DUMBO_NEXT_SEGMENT_TIMEOUT, "TIMEOUT"}};

const std::vector<Named> states = {{DUMBO_STATE_CLOSED, "CLOSED"},           {DUMBO_STATE_SYN_RECEIVED, "SYN-RECEIVED"},
                                   {DUMBO_STATE_ESTABLISHED, "ESTABLISHED"}, {DUMBO_STATE_FIN_WAIT_1, "FIN-WAIT-1"},
                                   {DUMBO_STATE_FIN_WAIT_2, "FIN-WAIT-2"},   {DUMBO_STATE_CLOSE_WAIT, "CLOSE-WAIT"},
                                   {DUMBO_STATE_LAST_ACK, "LAST-ACK"}};

const std::vector<Named> verdicts = {{DUMBO_FRAME_FOREIGN, "FOREIGN"},   {DUMBO_FRAME_MALFORMED, "MALFORMED"},
                                     {DUMBO_FRAME_FRAGMENT, "FRAGMENT"}, {DUMBO_FRAME_ARP_REQUEST, "ARP_REQUEST"},
                                     {DUMBO_FRAME_REFUSED, "REFUSED"},   {DUMBO_FRAME_DROPPED, "DROPPED"},
                                     {DUMBO_FRAME_OPENING, "OPENING"},   {DUMBO_FRAME_RECEIVED, "RECEIVED"}};

const std::vector<Named> events = {{DUMBO_STACK_EVENT_NONE, "NONE"},
                                   {DUMBO_STACK_EVENT_OPENED, "OPENED"},
                                   {DUMBO_STACK_EVENT_READABLE, "READABLE"},
                                   {DUMBO_STACK_EVENT_WRITABLE, "WRITABLE"},
                                   {DUMBO_STACK_EVENT_PEER_CLOSED, "PEER_CLOSED"},
                                   {DUMBO_STACK_EVENT_CLOSED, "CLOSED"}};

const std::vector<Named> reasons = {{DUMBO_STACK_REASON_NONE, "NONE"},
                                    {DUMBO_STACK_REASON_FINISHED, "FINISHED"},
                                    {DUMBO_STACK_REASON_RESET_BY_PEER, "RESET_BY_PEER"},
                                    {DUMBO_STACK_REASON_RESET, "RESET"},
                                    {DUMBO_STACK_REASON_TIMED_OUT, "TIMED_OUT"},
                                    {DUMBO_STACK_REASON_EVICTED, "EVICTED"}};

// Every number around the known ones, and the far ends of the type.
std::vector<std::int64_t> numbers_around(const std::vector<Named>& known, std::int64_t lowest, std::int64_t highest) {
    std::set<std::int64_t> numbers = {lowest, lowest + 1, highest - 1, highest, 0};
    for (const Named& entry : known) {
        for (std::int64_t number = entry.code - 20; number <= entry.code + 20; ++number) {
            if (number >= lowest && number <= highest) {
                numbers.insert(number);
            }
        }
    }
    return {numbers.begin(), numbers.end()};
}

void check_names(const std::vector<Named>& known, std::int64_t lowest, std::int64_t highest,
                 const std::function<const char*(std::int64_t)>& name_of) {
    for (const std::int64_t number : numbers_around(known, lowest, highest)) {
        std::string expected = "unknown";
        for (const Named& entry : known) {
            expected = entry.code == number ? entry.name : expected;
        }
        CAPTURE(number);
        REQUIRE(name_of(number) != nullptr);
        CHECK(std::string(name_of(number)) == expected);
        CHECK(name_of(number) == name_of(number));  // static storage: the same text at the same place
    }
}

constexpr std::int64_t int32_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t uint32_max = std::numeric_limits<std::uint32_t>::max();

}  // namespace

TEST_CASE("each code has the name that the header gives it, any other is unknown", "[names]") {
    check_names(errors, int32_min, int32_max,
                [](std::int64_t code) { return dumbo_error_name(static_cast<std::int32_t>(code)); });
    check_names(anomalies, 0, uint32_max,
                [](std::int64_t bit) { return dumbo_anomaly_name(static_cast<std::uint32_t>(bit)); });
    check_names(causes, 0, uint32_max,
                [](std::int64_t cause) { return dumbo_cause_name(static_cast<std::uint32_t>(cause)); });
    check_names(statuses, 0, uint32_max,
                [](std::int64_t status) { return dumbo_next_segment_status_name(static_cast<std::uint32_t>(status)); });
    check_names(states, 0, uint32_max,
                [](std::int64_t state) { return dumbo_state_name(static_cast<std::uint32_t>(state)); });
    check_names(verdicts, 0, uint32_max,
                [](std::int64_t kind) { return dumbo_frame_verdict_name(static_cast<std::uint32_t>(kind)); });
    check_names(events, 0, uint32_max,
                [](std::int64_t kind) { return dumbo_stack_event_name(static_cast<std::uint32_t>(kind)); });
    check_names(reasons, 0, uint32_max,
                [](std::int64_t reason) { return dumbo_stack_reason_name(static_cast<std::uint32_t>(reason)); });
}

TEST_CASE("a set of several anomalies has no single name", "[names]") {
    CHECK(std::string(dumbo_anomaly_name(DUMBO_ANOMALY_INVALID_SEGMENT | DUMBO_ANOMALY_CONN_RESETTING)) == "unknown");
}

TEST_CASE("each code has a text of its own on one line, unknown codes share another", "[names]") {
    std::set<std::string> texts;
    for (const Named& error : errors) {
        const char* text = dumbo_strerror(static_cast<std::int32_t>(error.code));
        REQUIRE(text != nullptr);
        CAPTURE(error.name, text);
        CHECK(std::string(text).size() > 5);
        CHECK(std::string(text).find('\n') == std::string::npos);
        CHECK(texts.insert(text).second);
    }
    const std::string unknown = dumbo_strerror(-9999);
    CHECK(texts.count(unknown) == 0);
    for (const std::int64_t code : numbers_around(errors, int32_min, int32_max)) {
        const char* text = dumbo_strerror(static_cast<std::int32_t>(code));
        REQUIRE(text != nullptr);
        const bool is_known = std::string(dumbo_error_name(static_cast<std::int32_t>(code))) != "unknown";
        CHECK((text == unknown) == !is_known);
    }
}

TEST_CASE("the upper end of the fatal block is no code of its own", "[names]") {
    CHECK(std::string(dumbo_error_name(DUMBO_ERR_FATAL)) == "unknown");
}

TEST_CASE("codes are fatal from the fatal block downwards", "[names]") {
    for (const Named& error : errors) {
        CAPTURE(error.name);
        CHECK(dumbo_err_is_fatal(static_cast<std::int32_t>(error.code)) == (error.code <= DUMBO_ERR_FATAL));
    }
    CHECK(dumbo_err_is_fatal(DUMBO_ERR_FATAL));
    CHECK_FALSE(dumbo_err_is_fatal(DUMBO_ERR_FATAL + 1));
    CHECK(dumbo_err_is_fatal(std::numeric_limits<std::int32_t>::min()));
    CHECK_FALSE(dumbo_err_is_fatal(std::numeric_limits<std::int32_t>::max()));
}

TEST_CASE("the version at run time is that of the header", "[version]") {
    CHECK(dumbo_version_num() == DUMBO_VERSION_NUM);
    CHECK(std::string(dumbo_version_string()) == DUMBO_VERSION_STRING);
    const std::string from_parts = std::to_string(DUMBO_VERSION_MAJOR) + "." + std::to_string(DUMBO_VERSION_MINOR) +
                                   "." + std::to_string(DUMBO_VERSION_PATCH);
    CHECK(from_parts == DUMBO_VERSION_STRING);
    CHECK(DUMBO_VERSION_NUM == DUMBO_VERSION_MAJOR * 1000000U + DUMBO_VERSION_MINOR * 1000U + DUMBO_VERSION_PATCH);
}
