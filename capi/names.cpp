// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

// Names of the codes that connections and stacks report. The numbers travel as integers, so that any number can arrive
// here.
using namespace dumbo;

static_assert(DUMBO_ANOMALY_INVALID_ACK == anomaly::invalid_ack);
static_assert(DUMBO_ANOMALY_DUP_ACK == anomaly::dup_ack);
static_assert(DUMBO_ANOMALY_SEGMENT_BEYOND_RWND == anomaly::segment_beyond_rwnd);
static_assert(DUMBO_ANOMALY_UNEXPECTED_SEQ == anomaly::unexpected_seq);
static_assert(DUMBO_ANOMALY_REMOTE_RWND_EDGE == anomaly::remote_rwnd_edge);
static_assert(DUMBO_ANOMALY_DATA_BEYOND_FIN == anomaly::data_beyond_fin);
static_assert(DUMBO_ANOMALY_RESET_RECEIVED == anomaly::reset_received);
static_assert(DUMBO_ANOMALY_INVALID_RST == anomaly::invalid_rst);
static_assert(DUMBO_ANOMALY_INVALID_SEGMENT == anomaly::invalid_segment);
static_assert(DUMBO_ANOMALY_CONN_RESETTING == anomaly::conn_resetting);
static_assert(DUMBO_ANOMALY_INVALID_FIN == anomaly::invalid_fin);
static_assert(DUMBO_ANOMALY_CHALLENGE_ACK == anomaly::challenge_ack);

static_assert(DUMBO_CAUSE_NONE == static_cast<int>(Cause::none));
static_assert(DUMBO_CAUSE_SYN == static_cast<int>(Cause::syn));
static_assert(DUMBO_CAUSE_REPEATED_SYN == static_cast<int>(Cause::repeated_syn));
static_assert(DUMBO_CAUSE_DATA == static_cast<int>(Cause::data));
static_assert(DUMBO_CAUSE_ACK == static_cast<int>(Cause::ack));
static_assert(DUMBO_CAUSE_FIN == static_cast<int>(Cause::fin));
static_assert(DUMBO_CAUSE_TIMEOUT == static_cast<int>(Cause::timeout));
static_assert(DUMBO_CAUSE_DUP_ACK == static_cast<int>(Cause::dup_ack));
static_assert(DUMBO_CAUSE_WINDOW_OPENED == static_cast<int>(Cause::window_opened));
static_assert(DUMBO_CAUSE_PROBE == static_cast<int>(Cause::probe));
static_assert(DUMBO_CAUSE_RESET == static_cast<int>(Cause::reset));
static_assert(DUMBO_CAUSE_GIVEN_UP == static_cast<int>(Cause::given_up));

const char* dumbo_anomaly_name(uint32_t anomaly) {
    switch (anomaly) {
        case DUMBO_ANOMALY_INVALID_ACK:
            return "INVALID_ACK";
        case DUMBO_ANOMALY_DUP_ACK:
            return "DUP_ACK";
        case DUMBO_ANOMALY_SEGMENT_BEYOND_RWND:
            return "SEGMENT_BEYOND_RWND";
        case DUMBO_ANOMALY_UNEXPECTED_SEQ:
            return "UNEXPECTED_SEQ";
        case DUMBO_ANOMALY_REMOTE_RWND_EDGE:
            return "REMOTE_RWND_EDGE";
        case DUMBO_ANOMALY_DATA_BEYOND_FIN:
            return "DATA_BEYOND_FIN";
        case DUMBO_ANOMALY_RESET_RECEIVED:
            return "RESET_RECEIVED";
        case DUMBO_ANOMALY_INVALID_RST:
            return "INVALID_RST";
        case DUMBO_ANOMALY_INVALID_SEGMENT:
            return "INVALID_SEGMENT";
        case DUMBO_ANOMALY_CONN_RESETTING:
            return "CONN_RESETTING";
        case DUMBO_ANOMALY_INVALID_FIN:
            return "INVALID_FIN";
        case DUMBO_ANOMALY_CHALLENGE_ACK:
            return "CHALLENGE_ACK";
        default:
            return "unknown";
    }
}

const char* dumbo_cause_name(uint32_t cause) {
    switch (cause) {
        case DUMBO_CAUSE_NONE:
            return "NONE";
        case DUMBO_CAUSE_SYN:
            return "SYN";
        case DUMBO_CAUSE_REPEATED_SYN:
            return "REPEATED_SYN";
        case DUMBO_CAUSE_DATA:
            return "DATA";
        case DUMBO_CAUSE_ACK:
            return "ACK";
        case DUMBO_CAUSE_FIN:
            return "FIN";
        case DUMBO_CAUSE_TIMEOUT:
            return "TIMEOUT";
        case DUMBO_CAUSE_DUP_ACK:
            return "DUP_ACK";
        case DUMBO_CAUSE_WINDOW_OPENED:
            return "WINDOW_OPENED";
        case DUMBO_CAUSE_PROBE:
            return "PROBE";
        case DUMBO_CAUSE_RESET:
            return "RESET";
        case DUMBO_CAUSE_GIVEN_UP:
            return "GIVEN_UP";
        default:
            return "unknown";
    }
}

const char* dumbo_next_segment_status_name(uint32_t status) {
    switch (status) {
        case DUMBO_NEXT_SEGMENT_NOTHING:
            return "NOTHING";
        case DUMBO_NEXT_SEGMENT_AVAILABLE:
            return "AVAILABLE";
        case DUMBO_NEXT_SEGMENT_TIMEOUT:
            return "TIMEOUT";
        default:
            return "unknown";
    }
}

const char* dumbo_state_name(uint32_t state) {
    switch (state) {
        case DUMBO_STATE_CLOSED:
            return "CLOSED";
        case DUMBO_STATE_SYN_RECEIVED:
            return "SYN-RECEIVED";
        case DUMBO_STATE_ESTABLISHED:
            return "ESTABLISHED";
        case DUMBO_STATE_FIN_WAIT_1:
            return "FIN-WAIT-1";
        case DUMBO_STATE_FIN_WAIT_2:
            return "FIN-WAIT-2";
        case DUMBO_STATE_CLOSE_WAIT:
            return "CLOSE-WAIT";
        case DUMBO_STATE_LAST_ACK:
            return "LAST-ACK";
        default:
            return "unknown";
    }
}

const char* dumbo_frame_verdict_name(uint32_t kind) {
    switch (kind) {
        case DUMBO_FRAME_FOREIGN:
            return "FOREIGN";
        case DUMBO_FRAME_MALFORMED:
            return "MALFORMED";
        case DUMBO_FRAME_FRAGMENT:
            return "FRAGMENT";
        case DUMBO_FRAME_ARP_REQUEST:
            return "ARP_REQUEST";
        case DUMBO_FRAME_REFUSED:
            return "REFUSED";
        case DUMBO_FRAME_DROPPED:
            return "DROPPED";
        case DUMBO_FRAME_OPENING:
            return "OPENING";
        case DUMBO_FRAME_RECEIVED:
            return "RECEIVED";
        default:
            return "unknown";
    }
}

const char* dumbo_stack_event_name(uint32_t kind) {
    switch (kind) {
        case DUMBO_STACK_EVENT_NONE:
            return "NONE";
        case DUMBO_STACK_EVENT_OPENED:
            return "OPENED";
        case DUMBO_STACK_EVENT_READABLE:
            return "READABLE";
        case DUMBO_STACK_EVENT_WRITABLE:
            return "WRITABLE";
        case DUMBO_STACK_EVENT_PEER_CLOSED:
            return "PEER_CLOSED";
        case DUMBO_STACK_EVENT_CLOSED:
            return "CLOSED";
        default:
            return "unknown";
    }
}

const char* dumbo_stack_reason_name(uint32_t reason) {
    switch (reason) {
        case DUMBO_STACK_REASON_NONE:
            return "NONE";
        case DUMBO_STACK_REASON_FINISHED:
            return "FINISHED";
        case DUMBO_STACK_REASON_RESET_BY_PEER:
            return "RESET_BY_PEER";
        case DUMBO_STACK_REASON_RESET:
            return "RESET";
        case DUMBO_STACK_REASON_TIMED_OUT:
            return "TIMED_OUT";
        case DUMBO_STACK_REASON_EVICTED:
            return "EVICTED";
        default:
            return "unknown";
    }
}
