/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dumbo.h
 * The C interface of libdumbo: a TCP endpoint for virtual machine monitors.
 *
 * The library performs no I/O. The caller passes in bytes, buffers and the time; the library passes back what to
 * deliver and what to send. It opens nothing, starts no thread, reads no clock, writes no log and keeps no global
 * state but a note of what the processor can do. The one thing it asks of the operating system is randomness: for an
 * initial sequence number, when the caller does not bring a number of its own, and for a stack's hash key, likewise.
 *
 * Conventions, valid for every function unless its comment says otherwise:
 *
 * - Results. A function that can fail returns an int32_t: DUMBO_OK (0) or a negative DUMBO_ERR_* code. Its outputs go
 *   through pointers, which are written on every path: zero, or NULL, on failure (on
 *   DUMBO_ERR_BUFFER_TOO_SMALL the size that is missing, as each function says). A call that fails changes nothing
 *   else; it can be repeated as if it had not been made. The single exception is documented at
 *   dumbo_connection_write_next_segment().
 * - Arguments. A NULL pointer where none is allowed, a NULL buffer of non-zero length, an unknown flag or enumerator,
 *   a reserved field that is not zero and an unacceptable struct_size are DUMBO_ERR_INVALID_ARGUMENT. (NULL, 0) is a
 *   valid empty buffer everywhere. Functions that answer a question instead of returning a code answer for a NULL
 *   object as for a connection that was reset, or a stack without connections: is_done and is_reset are true,
 *   everything else is false, 0 or nothing.
 * - Structs begin with struct_size, which the caller sets to sizeof. Later releases only append fields; an older,
 *   smaller struct_size keeps its meaning for ever, and a larger one, up to 4096, is accepted as long as the bytes that
 *   this release does not know are zero (in an input) or may be set to zero (in an output).
 * - Byte order. Addresses are byte arrays as on the wire (network order). Ports, lengths, sequence numbers and all
 *   other integers are in host order.
 * - Memory. Every pointer is borrowed for the call only; nothing is kept, except an allocator's release function and
 *   its user_data, which must stay valid until dumbo_connection_free() or dumbo_stack_free(), and what is lent to
 *   dumbo_stack_lend(). Input and output buffers must not overlap.
 *   Pointers are aligned as their type demands.
 * - Guest memory. Copy a segment, packet or frame out of memory that the guest can still change before handing it in,
 *   and have output written to memory that it cannot see yet. The library stays inside the bounds that it has checked
 *   even if bytes change during a call, but what it makes of such bytes is not defined. Payload to be sent may change
 * at any time: it is read once.
 * - Time. `now` is an opaque u64 in any unit, the same unit as rto_period, and must not decrease from one call on a
 *   connection, or a stack, to the next. UINT64_MAX means never, and is the last time that there is: a timeout may end
 *   at it.
 * - Threads. Distinct connections are independent of each other, and so are distinct stacks. One connection, or one
 *   stack with all that is in it, may be used by one thread at a time; calls that take it as const may overlap each
 *   other. Functions that take neither are safe at any time.
 * - No function throws, aborts or changes errno, whatever its arguments are. None blocks, except that opening a
 *   connection without DUMBO_CONFIG_ISN, making a stack without a hash key and receiving a SYN for a stack wait for the
 *   operating system's randomness if that is not ready yet, early at boot.
 * - Pure is a function whose answer follows from its arguments and the machine alone, and which changes nothing.
 *
 * Sequence-number names follow RFC 9293: SND.UNA, SND.NXT, RCV.NXT.
 */
#ifndef DUMBO_DUMBO_H
#define DUMBO_DUMBO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dumbo/version.h>

#if defined(DUMBO_BUILDING) && defined(__GNUC__)
#define DUMBO_API __attribute__((visibility("default")))
#else
/** Marks what the library exports. DUMBO_BUILDING is defined by the library's own build only. */
#define DUMBO_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------- version ---- */

/**
 * The version of the library that is running, as the number DUMBO_VERSION_NUM gives it at compile time:
 * major * 1000000 + minor * 1000 + patch. Pure. Since 0.1.
 */
DUMBO_API uint32_t dumbo_version_num(void);

/** The version of the library that is running, "major.minor.patch". Static storage. Pure. Since 0.1. */
DUMBO_API const char* dumbo_version_string(void);

/* --------------------------------------------------------------------------------------------------- errors ---- */

/**
 * Result codes. Those at or below DUMBO_ERR_FATAL say that a connection is at its end, or could not be made; the others
 * leave it as usable as it was. Numbers are never reused. Since 0.1.
 */
enum dumbo_error {
    DUMBO_OK = 0, /**< it is done */

    /* The caller's arguments. */
    DUMBO_ERR_INVALID_ARGUMENT = -1,    /**< an argument is out of its documented range */
    DUMBO_ERR_BUFFER_TOO_SMALL = -2,    /**< an output buffer cannot hold the result */
    DUMBO_ERR_TIMESTAMP_DECREASED = -3, /**< `now` is smaller than on an earlier call on this connection */
    DUMBO_ERR_CALLBACK = -4,            /**< a payload callback reported failure */

    /* Opening. */
    DUMBO_ERR_INVALID_SYN = -10, /**< the flags are not exactly SYN, or the segment carries a payload */
    DUMBO_ERR_MSS_OPTION = -11,  /**< the MSS option is malformed or outside 100 ... 65495 */

    /* Sending. */
    DUMBO_ERR_PAYLOAD_TOO_LARGE = -20,   /**< the payload source is longer than DUMBO_MAX_WINDOW_SIZE */
    DUMBO_ERR_PAYLOAD_MISSING_SEQ = -21, /**< the byte to send lies before the payload source's first byte */
    DUMBO_ERR_DATA_AFTER_FIN = -22,      /**< the payload source reaches past the FIN recorded by close */
    DUMBO_ERR_MSS_RESERVED = -23,        /**< more bytes are reserved than the MSS holds */
    DUMBO_ERR_MSS_OPTION_ROOM = -24,     /**< what is left of the MSS cannot hold the MSS option's 4 bytes */
    DUMBO_ERR_EMPTY_PAYLOAD = -25,       /**< a payload is to be sent, and there is no room for it, or its source holds
                                         nothing at that place */

    /* Parsing. */
    DUMBO_ERR_TRUNCATED = -30,       /**< fewer bytes than the shortest header */
    DUMBO_ERR_HEADER_LENGTH = -31,   /**< the header length field is out of range */
    DUMBO_ERR_CHECKSUM = -32,        /**< the checksum does not verify */
    DUMBO_ERR_IP_VERSION = -33,      /**< not IP version 4 */
    DUMBO_ERR_TOTAL_LENGTH = -34,    /**< the total length field is smaller than the header */
    DUMBO_ERR_LENGTH_MISMATCH = -35, /**< the bytes are more or fewer than the format says */
    DUMBO_ERR_HARDWARE_TYPE = -36,   /**< ARP: the hardware type is not Ethernet */
    DUMBO_ERR_PROTOCOL_TYPE = -37,   /**< ARP: the protocol type is not IPv4 */
    DUMBO_ERR_HARDWARE_LENGTH = -38, /**< ARP: the hardware address length is not 6 */
    DUMBO_ERR_PROTOCOL_LENGTH = -39, /**< ARP: the protocol address length is not 4 */
    DUMBO_ERR_OPERATION = -40,       /**< ARP: the operation is not the expected one */

    /* Restoring. The later ones speak of a snapshot that is undamaged, but of no state that a connection can be in. */
    DUMBO_ERR_SNAPSHOT_LENGTH = -50,    /**< not as long as a snapshot of its version is */
    DUMBO_ERR_SNAPSHOT_FORMAT = -51,    /**< it does not begin like a snapshot */
    DUMBO_ERR_SNAPSHOT_VERSION = -52,   /**< its version is none that this release knows */
    DUMBO_ERR_SNAPSHOT_CHECKSUM = -53,  /**< it is damaged: its CRC does not match */
    DUMBO_ERR_SNAPSHOT_VALUE = -54,     /**< a field is out of its own range */
    DUMBO_ERR_SNAPSHOT_OPTION = -55,    /**< it needs an option that its connection does not have */
    DUMBO_ERR_SNAPSHOT_HANDSHAKE = -56, /**< a handshake that cannot have come so far, or not without more */
    DUMBO_ERR_SNAPSHOT_SEND = -57,      /**< SND.UNA, SND.NXT, the peer's window and our FIN contradict each other */
    DUMBO_ERR_SNAPSHOT_RECEIVE = -58,   /**< RCV.NXT, our window and what the peer knows of it do */
    DUMBO_ERR_SNAPSHOT_TIMEOUT = -59,   /**< a timeout that nothing waits for, or more of them than allowed */
    DUMBO_ERR_SNAPSHOT_RESET = -60,     /**< a RST that nothing can have led to */
    DUMBO_ERR_SNAPSHOT_STACK = -61,     /**< a stack and its connections, or two of these, contradict each other */
    DUMBO_ERR_SNAPSHOT_CONFIG = -62,    /**< a stack for another address, or one that needs more than the config has */

    /* A stack's connections. */
    DUMBO_ERR_NO_CONNECTION = -70,      /**< the stack has no such connection, or no longer */
    DUMBO_ERR_CONNECTION_CLOSING = -71, /**< it was closed: nothing more can be sent on it */
    DUMBO_ERR_LENT = -72,               /**< bytes are lent to it already */

    /* Fatal. */
    DUMBO_ERR_FATAL = -1000,            /**< the upper end of the fatal block; never returned itself */
    DUMBO_ERR_CONNECTION_RESET = -1001, /**< the connection was reset, by either side or by timeouts */
    DUMBO_ERR_OUT_OF_MEMORY = -1002,    /**< the allocator returned NULL */
    DUMBO_ERR_NO_ENTROPY = -1003,       /**< the operating system gave no randomness for a sequence number */
    DUMBO_ERR_INTERNAL = -1004          /**< a defect of the library; please report it */
};

/**
 * A one-line English text for a result code. Never NULL: an unknown code has a fixed text of its own. Static storage.
 *
 * @param code  any number
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_strerror(int32_t code);

/**
 * The name of a result code as this header spells it ("DUMBO_ERR_CHECKSUM"), "unknown" for others. Static storage.
 *
 * @param code  any number
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_error_name(int32_t code);

/**
 * Whether a result code is in the fatal block. After DUMBO_ERR_CONNECTION_RESET of a receive a RST may still wait:
 * write until dumbo_connection_is_reset().
 *
 * @param code  any number
 *
 * Pure. Since 0.1.
 */
DUMBO_API bool dumbo_err_is_fatal(int32_t code);

/* ------------------------------------------------------------------------------------------ sequence numbers ---- */

/** The largest window, 65535 * 2^14, and the horizon within which two sequence numbers are ordered. Since 0.1. */
#define DUMBO_MAX_WINDOW_SIZE 1073725440u
/** The maximum segment size assumed of a peer that sends no MSS option (RFC 9293, 3.7.1). Since 0.1. */
#define DUMBO_MSS_DEFAULT 536u
/** The smallest MSS accepted from a peer. Since 0.1. */
#define DUMBO_MSS_MIN 100u
/** The largest. Since 0.1. */
#define DUMBO_MSS_MAX 65495u

/**
 * Whether sequence number a lies after b: a differs from b and (a - b) mod 2^32 is smaller than DUMBO_MAX_WINDOW_SIZE.
 * Not a total order: for some pairs neither is after the other.
 *
 * @param a  a sequence number
 * @param b  another
 *
 * RFC 9293, 3.4. Pure. Since 0.1.
 */
DUMBO_API bool dumbo_seq_after(uint32_t a, uint32_t b);

/**
 * Whether sequence number a equals b or lies after it, in the sense of dumbo_seq_after().
 *
 * @param a  a sequence number
 * @param b  another
 *
 * RFC 9293, 3.4. Pure. Since 0.1.
 */
DUMBO_API bool dumbo_seq_at_or_after(uint32_t a, uint32_t b);

/* ------------------------------------------------------------------------------------------------ checksums ---- */

/** The IPv4 addresses of a segment's pseudo header, network order. A fixed layout: it never grows. Since 0.1. */
typedef struct dumbo_address_pair {
    uint8_t source[4];      /**< who sends */
    uint8_t destination[4]; /**< who receives */
} dumbo_address_pair;

/**
 * The Internet checksum of a byte string: the one's complement of the one's complement sum of its 16-bit words, an odd
 * last byte padded with zero. Over an IPv4 header with its checksum in place it is 0 when that checksum is right.
 *
 * @param data      the bytes; may be NULL when len is 0
 * @param len       their number, any
 * @param checksum  the checksum, in host order
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  data is NULL and len is not 0, or checksum is NULL
 *
 * RFC 1071. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_checksum(const uint8_t* data, size_t len, uint16_t* checksum);

/**
 * The value of the checksum field of a TCP segment: over the pseudo header (addresses, protocol 6, len) and the segment
 * as it stands. Set the field inside the segment to zero first; over a segment whose field is right the result is 0.
 *
 * @param addresses  source and destination of the IPv4 packet
 * @param segment    the TCP header and payload; may be NULL when len is 0
 * @param len        their length, any
 * @param checksum   the checksum, in host order
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  addresses or checksum is NULL, or segment is NULL and len is not 0
 *
 * RFC 9293, 3.1. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_checksum_tcp(const dumbo_address_pair* addresses, const uint8_t* segment, size_t len,
                                     uint16_t* checksum);

/**
 * The value of the checksum field of a UDP datagram (protocol 17), likewise. A computed 0 is sent as 0xffff, because 0
 * means "no checksum". Over a datagram whose field is right the result is 0xffff.
 *
 * @param addresses  source and destination of the IPv4 packet
 * @param datagram   the UDP header and payload; may be NULL when len is 0
 * @param len        their length, any
 * @param checksum   the checksum, in host order
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  addresses or checksum is NULL, or datagram is NULL and len is not 0
 *
 * RFC 768. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_checksum_udp(const dumbo_address_pair* addresses, const uint8_t* datagram, size_t len,
                                     uint16_t* checksum);

/**
 * The checksum of a message after one of its 16-bit words changed from old_word to new_word, without looking at the
 * message. All in host order.
 *
 * @param checksum  as it is in the message
 * @param old_word  what the word was
 * @param new_word  what it is now
 *
 * RFC 1624, equation 3. Pure. Since 0.1.
 */
DUMBO_API uint16_t dumbo_checksum_update(uint16_t checksum, uint16_t old_word, uint16_t new_word);

/**
 * The way in which this machine computes checksums: "portable", "vector16" (SSE2 or NEON), "avx2" or "avx512". They
 * differ in speed alone. It is chosen once, by what the processor can do; AVX-512 only if it does not slow it down.
 * Static storage, for people to read: later versions may know more of them. Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_checksum_kernel(void);

/* ------------------------------------------------------------------------------------------------- Ethernet ---- */

#define DUMBO_ETHERNET_HEADER_LENGTH 14u /**< bytes in front of an Ethernet payload */
#define DUMBO_ETHERTYPE_IPV4 0x0800u     /**< the EtherType of IPv4 */
#define DUMBO_ETHERTYPE_ARP 0x0806u      /**< the EtherType of ARP */

/** An Ethernet II header, and where the payload lies in the frame. Since 0.1. */
typedef struct dumbo_ethernet_header {
    uint32_t struct_size;
    uint16_t ethertype;      /**< DUMBO_ETHERTYPE_*, or any other */
    uint16_t payload_offset; /**< 14 */
    uint64_t payload_length; /**< bytes, padding included */
    uint8_t destination[6];  /**< MAC address */
    uint8_t source[6];       /**< MAC address */
    uint32_t reserved;       /**< 0 */
} dumbo_ethernet_header;

/**
 * Parses an Ethernet II frame (without FCS). Padding that a link added behind a short packet is part of the payload
 * here: cut it to the packet's own length.
 *
 * @param frame  the frame; may be NULL when len is 0
 * @param len    its length, any
 * @param out    the header; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 14 bytes
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * IEEE 802.3, RFC 894. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_ethernet_parse(const uint8_t* frame, size_t len, dumbo_ethernet_header* out);

/**
 * Writes an Ethernet II header at the start of buf. The payload belongs behind it, at offset 14; it is not touched.
 *
 * @param buf          the frame's buffer
 * @param buf_len      its length, at least 14 + payload_length
 * @param destination  destination MAC address, 6 bytes
 * @param source       source MAC address, 6 bytes
 * @param ethertype    DUMBO_ETHERTYPE_*, or any other
 * @param payload_length  the payload that will follow, in bytes
 * @param frame_len    14 + payload_length; on DUMBO_ERR_BUFFER_TOO_SMALL the length needed
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf_len is smaller than that; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also a payload_length that leaves no room in a size_t
 *
 * IEEE 802.3, RFC 894. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_ethernet_write(uint8_t* buf, size_t buf_len, const uint8_t destination[6],
                                       const uint8_t source[6], uint16_t ethertype, size_t payload_length,
                                       size_t* frame_len);

/* ------------------------------------------------------------------------------------------------------ ARP ---- */

#define DUMBO_ARP_LENGTH 28u /**< bytes of an ARP packet for IPv4 over Ethernet */

/** ARP operations. Since 0.1. */
enum dumbo_arp_operation { DUMBO_ARP_REQUEST = 1, DUMBO_ARP_REPLY = 2 };

/** An ARP packet for IPv4 over Ethernet. Since 0.1. */
typedef struct dumbo_arp_packet {
    uint32_t struct_size;
    uint16_t operation;      /**< DUMBO_ARP_* */
    uint16_t hardware_type;  /**< 1; ignored when writing */
    uint16_t protocol_type;  /**< 0x0800; ignored when writing */
    uint8_t hardware_length; /**< 6; ignored when writing */
    uint8_t protocol_length; /**< 4; ignored when writing */
    uint8_t sender_mac[6];   /**< SHA */
    uint8_t sender_ip[4];    /**< SPA */
    uint8_t target_mac[6];   /**< THA */
    uint8_t target_ip[4];    /**< TPA */
} dumbo_arp_packet;

/**
 * Whether a frame would be about an address if it were an ARP packet: it is long enough for one, and the four bytes
 * where the target protocol address lies are ipv4. A cheap first test without false negatives: it does not look at the
 * EtherType, and dumbo_arp_parse_request() has the last word.
 *
 * @param frame  an Ethernet frame; may be NULL when len is 0
 * @param len    its length, any
 * @param ipv4   the address, 4 bytes, network order; NULL matches nothing
 *
 * RFC 826. Pure. Since 0.1.
 */
DUMBO_API bool dumbo_arp_frame_is_for(const uint8_t* frame, size_t len, const uint8_t ipv4[4]);

/**
 * Parses an ARP request for IPv4 over Ethernet.
 *
 * @param packet  the payload of an Ethernet frame, without padding; may be NULL when len is 0
 * @param len     its length: exactly 28 (cut the payload of a padded frame)
 * @param out     the packet; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_LENGTH_MISMATCH   not 28 bytes
 * @retval DUMBO_ERR_HARDWARE_TYPE     the hardware type is not Ethernet
 * @retval DUMBO_ERR_PROTOCOL_TYPE     the protocol type is not IPv4
 * @retval DUMBO_ERR_HARDWARE_LENGTH   the hardware address length is not 6
 * @retval DUMBO_ERR_PROTOCOL_LENGTH   the protocol address length is not 4
 * @retval DUMBO_ERR_OPERATION         it is no request
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 826. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_arp_parse_request(const uint8_t* packet, size_t len, dumbo_arp_packet* out);

/**
 * Writes an ARP request or reply for IPv4 over Ethernet.
 *
 * @param buf      receives the packet
 * @param buf_len  exactly 28
 * @param packet   operation and addresses
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_LENGTH_MISMATCH   buf_len is not 28; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also an operation other than DUMBO_ARP_*
 *
 * RFC 826. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_arp_write(uint8_t* buf, size_t buf_len, const dumbo_arp_packet* packet);

/* ----------------------------------------------------------------------------------------------------- IPv4 ---- */

#define DUMBO_IPV4_HEADER_LENGTH 20u /**< bytes of an IPv4 header without options */
#define DUMBO_IPV4_PROTOCOL_TCP 6u   /**< the protocol number of TCP */
#define DUMBO_IPV4_PROTOCOL_UDP 17u  /**< the protocol number of UDP */

/** Flags for dumbo_ipv4_parse() and dumbo_ipv4_write(). Since 0.1. */
enum dumbo_ipv4_option {
    DUMBO_IPV4_CHECKSUM = 1 /**< verify the header checksum; or compute it (otherwise it is written as 0) */
};

/** An IPv4 header as received, and where the payload lies in the packet. Since 0.1. */
typedef struct dumbo_ipv4_header {
    uint32_t struct_size;
    uint8_t version;          /**< 4 */
    uint8_t header_length;    /**< bytes, 20 ... 60; options lie behind the first 20 */
    uint8_t dscp;             /**< 6 bits */
    uint8_t ecn;              /**< 2 bits */
    uint16_t total_length;    /**< bytes */
    uint16_t identification;  /**< the same in all fragments of a packet */
    uint16_t fragment_offset; /**< in units of 8 bytes */
    uint8_t flags;            /**< 3 bits: 2 is DF, 1 is MF */
    uint8_t ttl;              /**< time to live */
    uint8_t protocol;         /**< DUMBO_IPV4_PROTOCOL_*, or any other */
    uint8_t reserved;         /**< 0 */
    uint16_t checksum;        /**< as received */
    uint8_t source[4];        /**< network order */
    uint8_t destination[4];   /**< network order */
    uint16_t payload_offset;  /**< the same as header_length */
    uint16_t payload_length;  /**< total_length - header_length */
} dumbo_ipv4_header;

/** The fields of an IPv4 header to be written. Since 0.1. */
typedef struct dumbo_ipv4_fields {
    uint32_t struct_size;
    uint8_t source[4];       /**< network order */
    uint8_t destination[4];  /**< network order */
    uint8_t protocol;        /**< DUMBO_IPV4_PROTOCOL_*, or any other */
    uint8_t ttl;             /**< as it goes out; 1 suffices where nothing forwards, as on a link-local address */
    uint16_t identification; /**< any */
    uint16_t options_length; /**< bytes between header and payload, 0 ... 40, see dumbo_ipv4_write() */
    uint16_t payload_length; /**< bytes that follow header and options */
    uint32_t flags;          /**< enum dumbo_ipv4_option */
} dumbo_ipv4_fields;

/**
 * Whether a frame would go to an address if it were an IPv4 packet: it is long enough for one, and the four bytes where
 * the destination lies are ipv4. A cheap first test without false negatives: it does not look at the EtherType, and
 * dumbo_ipv4_parse() has the last word.
 *
 * @param frame  an Ethernet frame; may be NULL when len is 0
 * @param len    its length, any
 * @param ipv4   the address, 4 bytes, network order; NULL matches nothing
 *
 * RFC 791, 3.1. Pure. Since 0.1.
 */
DUMBO_API bool dumbo_ipv4_frame_is_for(const uint8_t* frame, size_t len, const uint8_t ipv4[4]);

/**
 * Parses an IPv4 packet.
 *
 * @param packet  the packet; may be NULL when len is 0
 * @param len     its length: exactly the total length it states. An Ethernet payload may be padded: cut it to the
 *                total length (bytes 2 and 3) first, dumbo_ipv4_total_length() reads it.
 * @param flags   0, or DUMBO_IPV4_CHECKSUM to verify the header checksum
 * @param out     the header; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 20 bytes
 * @retval DUMBO_ERR_IP_VERSION        the version is not 4
 * @retval DUMBO_ERR_HEADER_LENGTH     the header length is below 20
 * @retval DUMBO_ERR_TOTAL_LENGTH      the total length is smaller than the header length
 * @retval DUMBO_ERR_LENGTH_MISMATCH   len is not the total length
 * @retval DUMBO_ERR_CHECKSUM          the header checksum does not verify
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Fragments parse like other packets: look at flags and fragment_offset. RFC 791, 3.1. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_ipv4_parse(const uint8_t* packet, size_t len, uint32_t flags, dumbo_ipv4_header* out);

/**
 * The total length that an IPv4 header states, to cut the padding of an Ethernet frame.
 *
 * @param packet  the payload of an Ethernet frame; may be NULL when len is 0
 * @param len     its length, any
 * @return the total length in bytes, as it stands there; 0 for fewer than 20 bytes
 *
 * RFC 791, 3.1. Pure. Since 0.1.
 */
DUMBO_API uint16_t dumbo_ipv4_total_length(const uint8_t* packet, size_t len);

/**
 * Writes an IPv4 header at the start of buf. The payload belongs behind header and options; it is not touched.
 *
 * With options_length > 0 the bytes between header and payload are the caller's: put them into buf before the call.
 * The total length and the checksum include them, but the IHL field still says 20 bytes, as in the system whose
 * behaviour this library keeps. A sender of options sets the IHL and repairs the checksum with dumbo_checksum_update().
 *
 * @param buf         the packet's buffer
 * @param buf_len     its length: at least 20 + options_length + payload_length
 * @param fields      what to write
 * @param packet_len  that sum; on DUMBO_ERR_BUFFER_TOO_SMALL the length needed
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf_len is smaller than that; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also options_length above 40, a sum above 65535
 *
 * RFC 791, 3.1. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_ipv4_write(uint8_t* buf, size_t buf_len, const dumbo_ipv4_fields* fields, size_t* packet_len);

/* --------------------------------------------------------------------------------------------- TCP segments ---- */

#define DUMBO_TCP_HEADER_LENGTH 20u /**< bytes of a TCP header without options */
/** The longest segment that is ever written: what fits an IPv4 packet behind a 20-byte header. Since 0.1. */
#define DUMBO_TCP_MAX_SEGMENT_LENGTH 65515u

/** The control bits of a TCP header (RFC 9293, 3.1). Since 0.1. */
enum dumbo_tcp_flag {
    DUMBO_TCP_FIN = 0x01,
    DUMBO_TCP_SYN = 0x02,
    DUMBO_TCP_RST = 0x04,
    DUMBO_TCP_PSH = 0x08,
    DUMBO_TCP_ACK = 0x10,
    DUMBO_TCP_URG = 0x20,
    DUMBO_TCP_ECE = 0x40,
    DUMBO_TCP_CWR = 0x80
};

/** What the options of a segment say about the MSS. Since 0.1. */
enum dumbo_mss_option {
    DUMBO_MSS_OPTION_ABSENT = 0,
    DUMBO_MSS_OPTION_PRESENT = 1,
    DUMBO_MSS_OPTION_INVALID = 2 /**< the options are malformed, or the value is outside 100 ... 65495 */
};

/** A parsed TCP header. Since 0.1. */
typedef struct dumbo_tcp_segment {
    uint32_t struct_size;
    uint16_t source_port;      /**< of who sent it */
    uint16_t destination_port; /**< of whom it is for */
    uint32_t seq;              /**< sequence number */
    uint32_t ack;              /**< acknowledgement number */
    uint8_t header_length;     /**< bytes, 20 ... 60; also the payload's offset */
    uint8_t flags;             /**< enum dumbo_tcp_flag */
    uint8_t reserved_bits;     /**< byte 12 AND 0x0e */
    uint8_t ns;                /**< byte 12 AND 0x01 */
    uint16_t window;           /**< unscaled */
    uint16_t checksum;         /**< as received */
    uint16_t urgent_pointer;   /**< as received; it means nothing here */
    uint16_t length;           /**< of the segment; 65535 for a longer one */
    uint16_t payload_length;   /**< length - header_length */
    uint16_t mss;              /**< the MSS option's value, 0 unless it is present */
    uint8_t mss_option;        /**< enum dumbo_mss_option */
    uint8_t reserved[3];       /**< 0 */
} dumbo_tcp_segment;

/**
 * Parses a TCP segment.
 *
 * @param segment  header and payload; may be NULL when len is 0
 * @param len      their length, any; bytes past 65535 count for the checksum only
 * @param verify   the packet's addresses, to verify the checksum; NULL does not verify
 * @param out      the header; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH     below 20, or longer than the segment
 * @retval DUMBO_ERR_CHECKSUM          the checksum does not verify
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 9293, 3.1 and 3.2. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_tcp_parse(const uint8_t* segment, size_t len, const dumbo_address_pair* verify,
                                  dumbo_tcp_segment* out);

/** What to put into a segment's checksum field. Since 0.1. */
enum dumbo_checksum_policy {
    DUMBO_CHECKSUM_FULL = 0,         /**< the checksum of header, payload and pseudo header */
    DUMBO_CHECKSUM_NONE = 1,         /**< zero: the device or the peer does without */
    DUMBO_CHECKSUM_PSEUDO_HEADER = 2 /**< the folded, uninverted sum of the pseudo header alone, for a device that
                                          completes it (virtio-net VIRTIO_NET_HDR_F_NEEDS_CSUM) */
};

/** Flags of a dumbo_addressing. Since 0.1. */
enum dumbo_addressing_flag {
    /** The device cuts TCP segments (TSO): payload beyond the MSS is written in one, see dumbo_sent. It is for
        dumbo_connection_write_next_segment(); other functions leave it to their caller how long a segment is. */
    DUMBO_ADDRESSING_TSO4 = 1
};

/**
 * Ports, addresses and checksum of an outgoing segment, and what of the work the device does: what makes an incomplete
 * segment complete. Since 0.1.
 */
typedef struct dumbo_addressing {
    uint32_t struct_size;
    uint32_t checksum;         /**< enum dumbo_checksum_policy */
    uint16_t source_port;      /**< ours, when we send */
    uint16_t destination_port; /**< the guest's */
    uint8_t source[4];         /**< IPv4, network order; not looked at with DUMBO_CHECKSUM_NONE */
    uint8_t destination[4];    /**< likewise */
    uint32_t flags;            /**< enum dumbo_addressing_flag */
} dumbo_addressing;

/** One piece of a scattered payload. base may be NULL when len is 0. A fixed layout: it never grows. Since 0.1. */
typedef struct dumbo_iovec {
    const uint8_t* base; /**< its first byte */
    size_t len;          /**< bytes */
} dumbo_iovec;

/**
 * Copies payload bytes offset ... offset + len - 1 to dst, all of them. The library only asks for bytes inside the
 * source. Returns 0; anything else gives up the call that asked. Must neither unwind (throw, longjmp) nor use the
 * connection that it is called for. Since 0.1.
 */
typedef int32_t (*dumbo_read_fn)(void* user_data, uint64_t offset, uint8_t* dst, size_t len);

/** Where the bytes of a payload source lie. Since 0.1. */
enum dumbo_payload_kind {
    DUMBO_PAYLOAD_BYTES = 0,   /**< contiguous: bytes, len */
    DUMBO_PAYLOAD_IOVEC = 1,   /**< scattered: iovecs, iovec_count; len is ignored, the pieces say it */
    DUMBO_PAYLOAD_CALLBACK = 2 /**< on demand: read, user_data, len */
};

/**
 * Bytes that wait to be sent or acknowledged, and the sequence number of the first one. Borrowed for the call only: a
 * retransmission asks again, so keep what was not acknowledged. Since 0.1.
 */
typedef struct dumbo_payload {
    uint32_t struct_size;
    uint32_t kind;             /**< enum dumbo_payload_kind */
    uint64_t len;              /**< bytes */
    uint32_t seq;              /**< the sequence number of the first byte */
    uint32_t reserved;         /**< 0 */
    const uint8_t* bytes;      /**< may be NULL when len is 0 */
    const dumbo_iovec* iovecs; /**< may be NULL when iovec_count is 0 */
    size_t iovec_count;        /**< pieces */
    dumbo_read_fn read;        /**< asked for the bytes that go out */
    void* user_data;           /**< passed to read */
    void* reserved2;           /**< NULL */
} dumbo_payload;

/** The fields of a TCP header to be written. Since 0.1. */
typedef struct dumbo_tcp_fields {
    uint32_t struct_size;
    uint32_t seq;           /**< sequence number */
    uint32_t ack;           /**< acknowledgement number */
    uint16_t window;        /**< unscaled */
    uint8_t flags;          /**< enum dumbo_tcp_flag */
    uint8_t has_mss_option; /**< 0 or 1: whether mss_option is written */
    uint16_t mss_option;    /**< the MSS option's value, any */
    uint16_t mss_remaining; /**< upper bound of MSS option and payload together, bytes */
    uint32_t reserved;      /**< 0 */
    uint64_t payload_max;   /**< at most this many payload bytes are used, from the source's first on */
} dumbo_tcp_fields;

/**
 * Writes a complete TCP segment: 20 bytes of header, 4 more with an MSS option, and as much of the payload as
 * payload_max, mss_remaining, buf_len and DUMBO_TCP_MAX_SEGMENT_LENGTH all allow. Reserved bits, NS and the urgent
 * pointer are 0.
 *
 * @param buf         receives the segment
 * @param buf_len     its length
 * @param fields      the header
 * @param payload     the bytes to carry, NULL for none; its seq is not looked at; read may be called
 * @param addressing  ports, addresses and checksum
 * @param written     the segment's length; the length of its header on DUMBO_ERR_BUFFER_TOO_SMALL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf cannot hold the header
 * @retval DUMBO_ERR_MSS_OPTION_ROOM   mss_remaining is below 4 and an MSS option is asked for
 * @retval DUMBO_ERR_EMPTY_PAYLOAD     payload is not NULL, and no byte of it can be carried
 * @retval DUMBO_ERR_CALLBACK          read did not return 0
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * On an error the contents of buf are unspecified.
 *
 * RFC 9293, 3.1 and 3.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_tcp_write(uint8_t* buf, size_t buf_len, const dumbo_tcp_fields* fields,
                                  const dumbo_payload* payload, const dumbo_addressing* addressing, size_t* written);

/** The fields that make a segment a RST. Since 0.1. */
typedef struct dumbo_rst_config {
    uint32_t struct_size;
    uint32_t flags; /**< DUMBO_TCP_RST, or DUMBO_TCP_RST | DUMBO_TCP_ACK */
    uint32_t seq;   /**< sequence number */
    uint32_t ack;   /**< 0 without DUMBO_TCP_ACK */
} dumbo_rst_config;

/**
 * The RST that answers a segment which belongs to no connection. With an ACK in the segment: RST at its ack number.
 * Without: RST|ACK at 0, acknowledging the segment with its payload, SYN and FIN. Never answer a RST with a RST: that
 * check is the caller's.
 *
 * @param segment  header and payload; may be NULL when len is 0
 * @param len      their length, any
 * @param out      the configuration; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH     below 20, or longer than the segment
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 9293, 3.10.7.1. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_rst_config_for_segment(const uint8_t* segment, size_t len, dumbo_rst_config* out);

/**
 * Writes a RST, 20 bytes, window 0.
 *
 * @param buf         receives the segment
 * @param buf_len     its length, at least 20
 * @param rst         from dumbo_rst_config_for_segment() or dumbo_connection_make_rst_config()
 * @param addressing  ports, addresses and checksum
 * @param written     20; also on DUMBO_ERR_BUFFER_TOO_SMALL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf_len is below 20; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also flags other than the two possible sets
 *
 * RFC 9293, 3.10.7.1. Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_rst_write(uint8_t* buf, size_t buf_len, const dumbo_rst_config* rst,
                                  const dumbo_addressing* addressing, size_t* written);

/* ---------------------------------------------------------------------------------------------- connections ---- */

/**
 * One TCP connection, opened passively. In-order only: no reassembly queue, no congestion control, no window scaling,
 * no TIME-WAIT, a retransmission on the first duplicate ACK. It holds no payload: the caller lends both directions.
 */
typedef struct dumbo_connection dumbo_connection;

/** Flags of a dumbo_connection_config. Since 0.1. */
enum dumbo_config_flag {
    DUMBO_CONFIG_ISN = 1,     /**< use the field isn instead of randomness; for tests and replays */
    DUMBO_CONFIG_COUNTERS = 2 /**< count, see dumbo_connection_counters(); the connection needs more memory then */
};

/**
 * What a connection can do beyond its base, each for itself and in any combination, off by default. The exact rules are
 * in the behaviour document, section 8. Since 0.1.
 */
enum dumbo_option {
    DUMBO_OPTION_ACK_UNACCEPTABLE = 0x01, /**< every unacceptable segment but a RST makes an ACK due: old data, repeated
                                               FINs, keep-alives, window probes (RFC 9293, 3.10.7.4) */
    DUMBO_OPTION_STRICT_DUP_ACK = 0x02,   /**< only RFC 5681's duplicate ACKs count: no payload, no FIN, same window */
    DUMBO_OPTION_ZERO_WINDOW_PROBE = 0x04, /**< while the peer's window is closed and a write had data to send, one byte
                                                goes out every rto_period (RFC 9293, 3.8.6.1) */
    DUMBO_OPTION_WINDOW_UPDATE = 0x08, /**< advancing our window makes an ACK due once it has grown by an MSS, or half
                                            of the initial window, since the peer heard of it (RFC 9293, 3.8.6.2.2) */
    DUMBO_OPTION_TOLERANT_HANDSHAKE = 0x10, /**< an ACK of our SYNACK counts although a repeated SYN crossed it */
    DUMBO_OPTION_STRICT_ACCEPTANCE = 0x20,  /**< a segment without ACK, or with an unacceptable one, is dropped whole
                                                 (RFC 9293, 3.10.7.4; RFC 5961, 5.2) */
    DUMBO_OPTION_RFC5961 = 0x40, /**< a RST resets at RCV.NXT only; another in the window, or any SYN, draws a
                                      challenge ACK, at most one in an rto_period (RFC 5961, 3.2 and 4.2) */
    DUMBO_OPTION_LINGER = 0x80,  /**< the connection is done only when our FIN is acknowledged */
    DUMBO_OPTIONS_NONE = 0,
    DUMBO_OPTIONS_GUEST_FACING = 0xff /**< what a service that faces real guests wants: all of them */
};

/** How to open a connection. Since 0.1. */
typedef struct dumbo_connection_config {
    uint32_t struct_size;
    uint32_t local_rwnd_size; /**< initial receive window, bytes, 0 ... DUMBO_MAX_WINDOW_SIZE; 65535 by default.
                                   Within 65535 of the maximum, repeated old data is taken for data past the
                                   window (SEGMENT_BEYOND_RWND) and not acknowledged again */
    uint64_t rto_period;      /**< retransmission timeout, in units of `now`, not 0; has no default */
    uint16_t rto_count_max;   /**< this many consecutive timeouts reset the connection, not 0; 15 by default */
    uint16_t reserved;        /**< 0 */
    uint32_t flags;           /**< enum dumbo_config_flag; 0 by default */
    uint32_t isn;             /**< the initial send sequence number, with DUMBO_CONFIG_ISN */
    uint32_t options;         /**< enum dumbo_option; 0 by default */
} dumbo_connection_config;

/**
 * Fills a config with the defaults. rto_period stays 0 and must be set: the unit of time is the caller's.
 *
 * @param config       receives struct_size and the defaults
 * @param struct_size  sizeof(dumbo_connection_config) as the caller knows it
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  config is NULL, or struct_size is smaller than the first release's
 *
 * Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_config_init(dumbo_connection_config* config, uint32_t struct_size);

/** A source of memory. Both functions must neither unwind nor use the connection concerned. Since 0.1. */
typedef struct dumbo_allocator {
    uint32_t struct_size;
    uint32_t reserved; /**< 0 */
    /** Returns size bytes aligned to alignment (a power of two), or NULL. */
    void* (*allocate)(void* user_data, size_t size, size_t alignment);
    /** Takes back what allocate returned. */
    void (*release)(void* user_data, void* memory, size_t size);
    void* user_data; /**< passed to both */
} dumbo_allocator;

/** Upper bound of dumbo_connection_size() for as long as the soversion stays, for storage that is laid out at compile
 * time. Since 0.1. */
#define DUMBO_CONNECTION_SIZE_MAX 128u
/** The same for dumbo_connection_alignment(). Since 0.1. */
#define DUMBO_CONNECTION_ALIGNMENT_MAX 64u

/** The bytes that a connection needs in storage of the caller's, at most DUMBO_CONNECTION_SIZE_MAX. Pure. Since 0.1. */
DUMBO_API size_t dumbo_connection_size(void);

/** Upper bound of dumbo_connection_counted_size(), likewise. Since 0.1. */
#define DUMBO_CONNECTION_COUNTED_SIZE_MAX 512u

/** The bytes that a connection with DUMBO_CONFIG_COUNTERS needs. Pure. Since 0.1. */
DUMBO_API size_t dumbo_connection_counted_size(void);

/** The alignment of storage for a connection, a power of two. Pure. Since 0.1. */
DUMBO_API size_t dumbo_connection_alignment(void);

/**
 * Opens a connection in answer to a SYN. It starts in SYN-RECEIVED with a SYNACK to be written. The arguments are
 * looked at before the SYN. Nothing allocates after this call.
 *
 * @param out        the connection; NULL on failure
 * @param segment    the SYN; may be NULL when len is 0
 * @param len        its length, any
 * @param verify     the packet's addresses, to verify the checksum; NULL does not verify
 * @param config     see there
 * @param allocator  the source of its memory, copied; NULL for the C library's
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH     below 20, or longer than the segment
 * @retval DUMBO_ERR_CHECKSUM          the checksum does not verify
 * @retval DUMBO_ERR_INVALID_SYN       the flags are not exactly SYN, or there is a payload
 * @retval DUMBO_ERR_MSS_OPTION        the MSS option is malformed or out of range
 * @retval DUMBO_ERR_NO_ENTROPY        no randomness for the initial sequence number
 * @retval DUMBO_ERR_OUT_OF_MEMORY     the allocator returned NULL
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; a config field out of its range; an allocator whose memory
 *                                     is not aligned as asked, and which gets it back
 *
 * RFC 9293, 3.10.7.2; initial sequence number: RFC 6528's aim, by 32 bits from the operating system. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_passive_open(dumbo_connection** out, const uint8_t* segment, size_t len,
                                                const dumbo_address_pair* verify, const dumbo_connection_config* config,
                                                const dumbo_allocator* allocator);

/**
 * Opens a connection in storage of the caller's, without any allocation. Otherwise as dumbo_connection_passive_open().
 *
 * @param out          the connection, at the address of storage; NULL on failure
 * @param storage      memory that stays valid and in place until the connection is no longer used
 * @param storage_len  its length, at least dumbo_connection_size(), with DUMBO_CONFIG_COUNTERS
 *                     dumbo_connection_counted_size()
 * @param segment      the SYN; may be NULL when len is 0
 * @param len          its length, any
 * @param verify       the packet's addresses, to verify the checksum; NULL does not verify
 * @param config       see there
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TRUNCATED         fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH     below 20, or longer than the segment
 * @retval DUMBO_ERR_CHECKSUM          the checksum does not verify
 * @retval DUMBO_ERR_INVALID_SYN       the flags are not exactly SYN, or there is a payload
 * @retval DUMBO_ERR_MSS_OPTION        the MSS option is malformed or out of range
 * @retval DUMBO_ERR_NO_ENTROPY        no randomness for the initial sequence number
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  storage_len is smaller than that
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; a config field out of its range; storage is NULL or not
 *                                     aligned to dumbo_connection_alignment()
 *
 * RFC 9293, 3.10.7.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_passive_open_in(dumbo_connection** out, void* storage, size_t storage_len,
                                                   const uint8_t* segment, size_t len, const dumbo_address_pair* verify,
                                                   const dumbo_connection_config* config);

/**
 * Copies a connection; the copy is independent and goes on from the same state. It counts if the original does, and
 * needs as much memory.
 *
 * @param connection  the original
 * @param out         the copy; NULL on failure
 * @param allocator   the source of the copy's memory, copied; NULL for the C library's
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_OUT_OF_MEMORY     the allocator returned NULL
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_clone(const dumbo_connection* connection, dumbo_connection** out,
                                         const dumbo_allocator* allocator);

/**
 * Copies a connection into storage of the caller's, without any allocation. Otherwise as dumbo_connection_clone().
 *
 * @param connection   the original
 * @param out          the copy, at the address of storage; NULL on failure
 * @param storage      memory that stays valid and in place until the copy is no longer used
 * @param storage_len  its length, at least dumbo_connection_size(), for a connection that counts
 *                     dumbo_connection_counted_size()
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  storage_len is smaller than that
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also storage that is NULL, overlaps the original, or is not
 *                                     aligned to dumbo_connection_alignment()
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_clone_in(const dumbo_connection* connection, dumbo_connection** out, void* storage,
                                            size_t storage_len);

/**
 * Ends the object and gives back its memory, if it was allocated; storage of the caller's is simply no longer used. No
 * segment is sent: close or reset first if the peer shall know. NULL is allowed and does nothing.
 *
 * @param connection  the connection
 *
 * Since 0.1.
 */
DUMBO_API void dumbo_connection_free(dumbo_connection* connection);

/** Oddities of a received segment, none of which is an error. Since 0.1. */
enum dumbo_anomaly {
    DUMBO_ANOMALY_INVALID_ACK = 0x001,         /**< it acknowledges what was not sent, or what was long since */
    DUMBO_ANOMALY_DUP_ACK = 0x002,             /**< a duplicate ACK; a retransmission is pending */
    DUMBO_ANOMALY_SEGMENT_BEYOND_RWND = 0x004, /**< its payload ends past our receive window; dropped */
    DUMBO_ANOMALY_UNEXPECTED_SEQ = 0x008,      /**< its payload is not the next one; dropped, an ACK is due */
    DUMBO_ANOMALY_REMOTE_RWND_EDGE = 0x010,    /**< the peer moved its window's right edge to the left; ignored */
    DUMBO_ANOMALY_DATA_BEYOND_FIN = 0x020,     /**< its payload lies past the peer's FIN; dropped */
    DUMBO_ANOMALY_RESET_RECEIVED = 0x040,      /**< a valid RST: the connection is reset */
    DUMBO_ANOMALY_INVALID_RST = 0x080,         /**< a RST outside our receive window; ignored */
    DUMBO_ANOMALY_INVALID_SEGMENT = 0x100,     /**< a SYN, or anything but the SYN, out of turn */
    DUMBO_ANOMALY_CONN_RESETTING = 0x200,      /**< it resets the connection: a RST waits to be written */
    DUMBO_ANOMALY_INVALID_FIN = 0x400,         /**< its FIN is not the next octet; ignored */
    DUMBO_ANOMALY_CHALLENGE_ACK = 0x800        /**< it made a challenge ACK due (DUMBO_OPTION_RFC5961 and
                                                    DUMBO_OPTION_STRICT_ACCEPTANCE only) */
};

/**
 * The name of one anomaly bit ("DUP_ACK"), "unknown" for anything else. Static storage.
 *
 * @param anomaly  one bit of enum dumbo_anomaly
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_anomaly_name(uint32_t anomaly);

/**
 * Takes a segment of the peer and copies its payload, if it is accepted, into a buffer.
 *
 * @param connection  the connection
 * @param segment     header and payload; may be NULL when len is 0
 * @param len         their length, any; bytes past 65535 count for the checksum only
 * @param verify      the packet's addresses, to verify the checksum; NULL does not verify (offloaded, or done before)
 * @param buf         receives the payload; may be NULL when buf_len is 0. With verify it is copied while it is summed:
 *                    what is delivered is what the checksum covers, even if the peer goes on writing to segment, and as
 *                    much of buf as the payload is long may have been written to although nothing is delivered
 * @param buf_len     its length
 * @param now         the current time
 * @param received    the number of bytes delivered to buf; the number needed on DUMBO_ERR_BUFFER_TOO_SMALL
 * @param anomalies   enum dumbo_anomaly bits; may be NULL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL     the payload would be accepted, and is longer than buf_len
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call
 * @retval DUMBO_ERR_TRUNCATED            fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH        below 20, or longer than the segment
 * @retval DUMBO_ERR_CHECKSUM             the checksum does not verify
 * @retval DUMBO_ERR_CONNECTION_RESET     a RST waits to be written, or the connection is reset
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * The payload consumes the receive window; dumbo_connection_advance_local_rwnd_edge() opens it again.
 * RFC 9293, 3.10.7. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_receive_segment(dumbo_connection* connection, const uint8_t* segment, size_t len,
                                                   const dumbo_address_pair* verify, uint8_t* buf, size_t buf_len,
                                                   uint64_t now, size_t* received, uint32_t* anomalies);

/**
 * Takes a segment of the peer without a copy: an accepted payload is reported as a range of the caller's own segment.
 * Once this call has returned the bytes count as delivered and will be acknowledged.
 *
 * @param connection  the connection
 * @param segment     header and payload; may be NULL when len is 0
 * @param len         their length, any; bytes past 65535 count for the checksum only
 * @param verify      the packet's addresses, to verify the checksum; NULL does not verify (offloaded, or done before)
 * @param now         the current time
 * @param offset      where the accepted payload begins in segment
 * @param received    its length, 0 for none
 * @param anomalies   enum dumbo_anomaly bits; may be NULL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call
 * @retval DUMBO_ERR_TRUNCATED            fewer than 20 bytes
 * @retval DUMBO_ERR_HEADER_LENGTH        below 20, or longer than the segment
 * @retval DUMBO_ERR_CHECKSUM             the checksum does not verify
 * @retval DUMBO_ERR_CONNECTION_RESET     a RST waits to be written, or the connection is reset
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * RFC 9293, 3.10.7. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_receive_segment_in_place(dumbo_connection* connection, const uint8_t* segment,
                                                            size_t len, const dumbo_address_pair* verify, uint64_t now,
                                                            size_t* offset, size_t* received, uint32_t* anomalies);

/** Why a segment is sent. Since 0.1. */
enum dumbo_cause {
    DUMBO_CAUSE_NONE = 0,          /**< nothing is sent */
    DUMBO_CAUSE_SYN = 1,           /**< the SYNACK that answers the SYN */
    DUMBO_CAUSE_REPEATED_SYN = 2,  /**< the SYNACK again, as the SYN came again */
    DUMBO_CAUSE_DATA = 3,          /**< payload that was not sent before, perhaps with the FIN behind it */
    DUMBO_CAUSE_ACK = 4,           /**< an ACK was due; it may carry our FIN once more */
    DUMBO_CAUSE_FIN = 5,           /**< our FIN, which no payload carries */
    DUMBO_CAUSE_TIMEOUT = 6,       /**< SYNACK, payload or FIN again: they were not acknowledged in time */
    DUMBO_CAUSE_DUP_ACK = 7,       /**< payload or FIN again: a duplicate ACK asked for them */
    DUMBO_CAUSE_WINDOW_OPENED = 8, /**< the octet of a probe again: the peer's window has opened */
    DUMBO_CAUSE_PROBE = 9,         /**< one octet into the peer's closed window (DUMBO_OPTION_ZERO_WINDOW_PROBE) */
    DUMBO_CAUSE_RESET = 10,        /**< a RST was queued, by dumbo_connection_reset() or because of a segment */
    DUMBO_CAUSE_GIVEN_UP = 11      /**< a RST: there were as many timeouts in a row as are allowed */
};

/**
 * The name of a cause ("DUP_ACK"), "unknown" for others. Static storage.
 *
 * @param cause  of enum dumbo_cause
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_cause_name(uint32_t cause);

/** What there is to know of a segment that was written. Since 0.1. */
typedef struct dumbo_sent {
    uint32_t struct_size;
    uint32_t cause;         /**< why it is sent, enum dumbo_cause */
    uint16_t header_length; /**< of its TCP header: virtio-net's hdr_len is this and the lower layers' headers */
    uint16_t gso_size;      /**< 0, or the payload of each segment into which the device is to cut this one */
} dumbo_sent;

/**
 * Writes the next segment, if there is one: at most one a call. Call it until *written is 0.
 *
 * With DUMBO_ADDRESSING_TSO4 a segment has as much payload as the source, the peer's window, buf and an IPv4 packet
 * (DUMBO_TCP_MAX_SEGMENT_LENGTH) allow. If that is more than the MSS leaves, sent->gso_size is what it leaves, for the
 * virtio-net header of type VIRTIO_NET_HDR_GSO_TCPV4 (virtio 1.2, 5.1.6.2), which asks for
 * DUMBO_CHECKSUM_PSEUDO_HEADER.
 *
 * @param connection    the connection
 * @param buf           receives the segment
 * @param buf_len       its length: 20 bytes for a header, 24 for a SYNACK; a shorter payload is sent where there is
 *                      less room than the MSS
 * @param mss_reserved  bytes of the MSS that lower layers use up (IP options), at most the MSS; 0 most of the time
 * @param payload       the bytes to send; NULL for none (which differs from an empty source); read may be called
 * @param addressing    ports, addresses, checksum, and what the device does
 * @param now           the current time
 * @param written       the segment's length, 0 if there is nothing to send; the length of the header that did not fit
 *                      on DUMBO_ERR_BUFFER_TOO_SMALL
 * @param sent          why it is sent, and how the device is to cut it; zeros if there is nothing to send. May be NULL,
 *                      but not with DUMBO_ADDRESSING_TSO4
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL     buf cannot hold the header
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call
 * @retval DUMBO_ERR_CALLBACK             read did not return 0
 * @retval DUMBO_ERR_PAYLOAD_TOO_LARGE    the source is longer than DUMBO_MAX_WINDOW_SIZE
 * @retval DUMBO_ERR_PAYLOAD_MISSING_SEQ  the byte to send lies before the source's first. On a timeout this error
 *                                        counts the timeout and starts the next one, so that a vanished peer is given
 *                                        up whatever the caller supplies: the only error that changes anything
 * @retval DUMBO_ERR_DATA_AFTER_FIN       the source and the peer's window both reach past the FIN that close
 *                                        recorded; also an empty source behind a FIN that was sent: pass NULL then
 * @retval DUMBO_ERR_MSS_RESERVED         mss_reserved is larger than the MSS
 * @retval DUMBO_ERR_MSS_OPTION_ROOM      what mss_reserved leaves cannot hold the SYNACK's MSS option
 * @retval DUMBO_ERR_EMPTY_PAYLOAD        a payload is to be sent, and mss_reserved or buf leaves room for 0
 *                                        bytes, or the source ends far before the byte to send
 * @retval DUMBO_ERR_CONNECTION_RESET     the connection is reset
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * On an error the contents of buf are unspecified.
 *
 * RFC 9293, 3.8 and 3.10. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_write_next_segment(dumbo_connection* connection, uint8_t* buf, size_t buf_len,
                                                      uint16_t mss_reserved, const dumbo_payload* payload,
                                                      const dumbo_addressing* addressing, uint64_t now, size_t* written,
                                                      dumbo_sent* sent);

/** What a connection would do next without further input. Since 0.1. */
enum dumbo_next_segment_status {
    DUMBO_NEXT_SEGMENT_NOTHING = 0,   /**< nothing until a segment is received */
    DUMBO_NEXT_SEGMENT_AVAILABLE = 1, /**< a control segment can be written now (except for an ACK that
                                           opening the window made due before the connection is established: it
                                           goes with the next segment after that) */
    DUMBO_NEXT_SEGMENT_TIMEOUT = 2    /**< a retransmission timeout is running */
};

/**
 * The name of a status ("TIMEOUT"), "unknown" for others. Static storage.
 *
 * @param status  of enum dumbo_next_segment_status
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_next_segment_status_name(uint32_t status);

/**
 * Whether a control segment can be written, or a timeout runs, or neither. Data is not considered: the connection does
 * not know what the caller has to send.
 *
 * @param connection  the connection
 * @param deadline    with DUMBO_NEXT_SEGMENT_TIMEOUT the time from which on writing acts on the timeout, which may be
 *                    in the past; 0 with AVAILABLE; UINT64_MAX with NOTHING. May be NULL.
 * @return enum dumbo_next_segment_status
 *
 * RFC 6298. Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_control_segment_or_timeout_status(const dumbo_connection* connection,
                                                                      uint64_t* deadline);

/**
 * Closes our half: records the FIN at the first sequence number not sent. It goes out with, or after, the last byte
 * before it. Later calls have no effect. Receiving goes on.
 *
 * @param connection  the connection
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  connection is NULL
 *
 * RFC 9293, 3.10.4. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_close(dumbo_connection* connection);

/**
 * Closes our half behind bytes that are still to be sent: records the FIN there, so that the segment with the last of
 * them carries it. Later calls have no effect, nor have later calls of dumbo_connection_close(). The payload source may
 * not reach past that number from then on, and the FIN waits for bytes that it does not hold.
 *
 * @param connection  the connection
 * @param octets  how many bytes follow the first sequence number not sent, at most DUMBO_MAX_WINDOW_SIZE
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  connection is NULL, or octets is out of its range
 *
 * RFC 9293, 3.10.4. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_close_after(dumbo_connection* connection, uint32_t octets);

/**
 * Asks for a reset: the next write is a RST, after which the connection is reset. No effect once a RST is queued.
 *
 * @param connection  the connection
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  connection is NULL
 *
 * RFC 9293, 3.10.5. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_reset(dumbo_connection* connection);

/**
 * The RST that dumbo_connection_reset() would queue now, without queueing it: once established, RST at SND.NXT; before,
 * RST|ACK acknowledging RCV.NXT.
 *
 * @param connection  the connection
 * @param out  the configuration; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 9293, 3.10.5. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_make_rst_config(const dumbo_connection* connection, dumbo_rst_config* out);

/**
 * Opens the receive window: its right edge moves n bytes to the right, the window being capped at
 * DUMBO_MAX_WINDOW_SIZE. If the window was closed, an ACK that tells the peer becomes due, even
 * for n = 0.
 *
 * @param connection  the connection
 * @param n  bytes, any
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  connection is NULL
 *
 * RFC 9293, 3.8.6. Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_advance_local_rwnd_edge(dumbo_connection* connection, uint32_t n);

/**
 * Whether the handshake was completed; stays true afterwards.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_is_established(const dumbo_connection* connection);

/**
 * Whether the peer's FIN was received: there is no more to receive.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_fin_received(const dumbo_connection* connection);

/**
 * Whether our FIN was sent and acknowledged: the peer has everything.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_fin_acknowledged(const dumbo_connection* connection);

/**
 * Whether the connection is done: reset, or FIN received and FIN sent. It does not wait for the acknowledgement of our
 * FIN, except with DUMBO_OPTION_LINGER. Keep the connection until dumbo_connection_fin_acknowledged(), or else that ACK
 * finds no connection and is answered with a RST.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_is_done(const dumbo_connection* connection);

/**
 * Whether the connection is reset: by the peer, or by a RST of ours that was written. Nothing more will happen.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_is_reset(const dumbo_connection* connection);

/**
 * Whether a retransmission caused by a duplicate ACK is pending.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_connection_dup_ack_pending(const dumbo_connection* connection);

/**
 * SND.NXT: the first sequence number not sent yet.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_first_not_sent(const dumbo_connection* connection);

/**
 * SND.UNA: the highest acknowledgement number received.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_highest_ack_received(const dumbo_connection* connection);

/**
 * The right edge of the peer's receive window: the first sequence number that data may not take; a FIN may.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_remote_rwnd_edge(const dumbo_connection* connection);

/**
 * RCV.NXT: the next sequence number expected of the peer.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_next_expected(const dumbo_connection* connection);

/**
 * Our receive window: how many bytes the peer may still send.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_local_rwnd(const dumbo_connection* connection);

/**
 * The maximum segment size in force: the peer's option, or 536. The peer chooses it, up to 65495: a segment of ours is
 * up to 20 bytes longer, and the SYNACK returns the same value, so that theirs are too.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * Since 0.1.
 */
DUMBO_API uint16_t dumbo_connection_mss(const dumbo_connection* connection);

/** The states of RFC 9293, 3.3.2, as far as a passively opened connection without TIME-WAIT has them. Since 0.1. */
enum dumbo_state {
    DUMBO_STATE_CLOSED = 0,       /**< reset, or both FINs received and acknowledged */
    DUMBO_STATE_SYN_RECEIVED = 1, /**< waiting to write the SYNACK, or for its acknowledgement */
    DUMBO_STATE_ESTABLISHED = 2,  /**< the handshake is over, and no FIN is out */
    DUMBO_STATE_FIN_WAIT_1 = 3,   /**< our FIN is sent, nothing of it is acknowledged */
    DUMBO_STATE_FIN_WAIT_2 = 4,   /**< our FIN is acknowledged */
    DUMBO_STATE_CLOSE_WAIT = 5,   /**< the peer's FIN is received, ours is not sent */
    DUMBO_STATE_LAST_ACK = 6      /**< both FINs are out, ours waits for its ACK (CLOSING included) */
};

/**
 * The connection's enum dumbo_state.
 *
 * @param connection  the connection; NULL counts as one that was reset
 *
 * RFC 9293, 3.3.2. Since 0.1.
 */
DUMBO_API uint32_t dumbo_connection_state(const dumbo_connection* connection);

/**
 * The name of a state ("ESTABLISHED"), "unknown" for others. Static storage.
 *
 * @param state  of enum dumbo_state
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_state_name(uint32_t state);

/* ------------------------------------------------------------------------------------------------- counters ---- */

/** What a connection has done since it was opened or restored. Numbers only grow, modulo 2^64. Since 0.1. */
typedef struct dumbo_counters {
    uint32_t struct_size;
    uint32_t reserved;     /**< 0 */
    uint64_t segments_in;  /**< received and taken: the calls that returned DUMBO_OK, the opening not among them */
    uint64_t bytes_in;     /**< payload delivered */
    uint64_t segments_out; /**< written, RSTs included */
    uint64_t bytes_out;    /**< payload written, repeated bytes included */

    /* Segments written again, by enum dumbo_cause, and the payload that they carried, new bytes behind old ones
     * included. */
    uint64_t repeated_on_timeout;       /**< DUMBO_CAUSE_TIMEOUT */
    uint64_t repeated_on_dup_ack;       /**< DUMBO_CAUSE_DUP_ACK */
    uint64_t repeated_on_window_opened; /**< DUMBO_CAUSE_WINDOW_OPENED */
    uint64_t repeated_on_syn;           /**< DUMBO_CAUSE_REPEATED_SYN */
    uint64_t bytes_repeated;            /**< the payload of all of them */
    uint64_t probes;                    /**< of a closed window, repeated ones included */

    /* What ended the connection, or began to: at most one of these is 1. */
    uint64_t resets_by_peer;            /**< a valid RST was received */
    uint64_t resets_by_invalid_segment; /**< a segment out of turn led to a RST of ours */
    uint64_t resets_by_invalid_ack;     /**< a wrong ACK during the handshake did */
    uint64_t resets_by_caller;          /**< dumbo_connection_reset() */
    uint64_t resets_by_timeout;         /**< as many timeouts in a row as are allowed */

    /* Segments with each enum dumbo_anomaly. */
    uint64_t invalid_ack;         /**< DUMBO_ANOMALY_INVALID_ACK */
    uint64_t dup_ack;             /**< DUMBO_ANOMALY_DUP_ACK */
    uint64_t segment_beyond_rwnd; /**< DUMBO_ANOMALY_SEGMENT_BEYOND_RWND */
    uint64_t unexpected_seq;      /**< DUMBO_ANOMALY_UNEXPECTED_SEQ */
    uint64_t remote_rwnd_edge;    /**< DUMBO_ANOMALY_REMOTE_RWND_EDGE */
    uint64_t data_beyond_fin;     /**< DUMBO_ANOMALY_DATA_BEYOND_FIN */
    uint64_t reset_received;      /**< DUMBO_ANOMALY_RESET_RECEIVED */
    uint64_t invalid_rst;         /**< DUMBO_ANOMALY_INVALID_RST */
    uint64_t invalid_segment;     /**< DUMBO_ANOMALY_INVALID_SEGMENT */
    uint64_t conn_resetting;      /**< DUMBO_ANOMALY_CONN_RESETTING */
    uint64_t invalid_fin;         /**< DUMBO_ANOMALY_INVALID_FIN */
    uint64_t challenge_ack;       /**< DUMBO_ANOMALY_CHALLENGE_ACK */

    /* Segments that were not taken. */
    uint64_t malformed;       /**< DUMBO_ERR_TRUNCATED, DUMBO_ERR_HEADER_LENGTH */
    uint64_t checksum_errors; /**< DUMBO_ERR_CHECKSUM */
    uint64_t after_reset;     /**< DUMBO_ERR_CONNECTION_RESET */
} dumbo_counters;

/**
 * Reads the counters of a connection that was opened with DUMBO_CONFIG_COUNTERS, or restored with
 * DUMBO_RESTORE_COUNTERS. They lie behind the connection in its own memory. A clone has a copy; a snapshot does not
 * carry them.
 *
 * @param connection  the connection
 * @param out         the counters; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; also a connection that does not count
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_counters(const dumbo_connection* connection, dumbo_counters* out);

/* ------------------------------------------------------------------------------------------------ snapshots ---- */

/** No snapshot of any version is longer. Since 0.1. */
#define DUMBO_SNAPSHOT_LENGTH_MAX 160u

/**
 * Writes the whole connection as bytes, from which dumbo_connection_restore() makes the same connection again, in this
 * process or another one, on this machine or another one. The connection stays as it is. Save what belongs to it
 * beside: the payload from SND.UNA on with its sequence number, the addresses and ports, and the time.
 *
 * The bytes are a fixed little-endian format with a version and a CRC; docs/snapshot.md has it field by field. They
 * are not secret and not signed: protect them like the memory that they came from.
 *
 * @param connection  the connection
 * @param buf         receives the snapshot; NULL, with buf_len 0, only asks for its length
 * @param buf_len     its length
 * @param written     the snapshot's length, at most DUMBO_SNAPSHOT_LENGTH_MAX; the length needed on
 *                    DUMBO_ERR_BUFFER_TOO_SMALL, and when only asked
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf_len is smaller than that, and not 0 with buf NULL; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_snapshot(const dumbo_connection* connection, uint8_t* buf, size_t buf_len,
                                            size_t* written);

/** Flags of a dumbo_restore_config. Since 0.1. */
enum dumbo_restore_flag {
    DUMBO_RESTORE_REBASE = 1,  /**< move the connection to another clock: old_now, new_now */
    DUMBO_RESTORE_COUNTERS = 2 /**< count, from 0 on, see dumbo_connection_counters() */
};

/** How to restore a connection. Since 0.1. */
typedef struct dumbo_restore_config {
    uint32_t struct_size;
    uint32_t flags;   /**< enum dumbo_restore_flag */
    uint64_t old_now; /**< with DUMBO_RESTORE_REBASE: the old clock's time when the snapshot was taken, or later if the
                           time in between shall count ... */
    uint64_t new_now; /**< ... and the new clock's time now, which is the connection's latest `now` from here on.
                         Running timeouts have as much left as they had at old_now. 0 without the flag */
} dumbo_restore_config;

/**
 * Makes a connection from a snapshot. It goes on exactly as the original would have: every call has the same results.
 * Any bytes are allowed. What is damaged, of an unknown version, or of a state that no sequence of calls can have led
 * to, is an error.
 *
 * @param out        the connection; NULL on failure
 * @param snapshot   the bytes; may be NULL when len is 0
 * @param len        their length: exactly the snapshot's
 * @param config     see there; NULL for no flags
 * @param allocator  the source of its memory, copied; NULL for the C library's
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_SNAPSHOT_LENGTH      not as long as a snapshot of its version is
 * @retval DUMBO_ERR_SNAPSHOT_FORMAT      it does not begin like a snapshot
 * @retval DUMBO_ERR_SNAPSHOT_VERSION     its version is none that this release knows
 * @retval DUMBO_ERR_SNAPSHOT_CHECKSUM    it is damaged: its CRC does not match
 * @retval DUMBO_ERR_SNAPSHOT_VALUE       a field is out of its own range
 * @retval DUMBO_ERR_SNAPSHOT_OPTION      it needs an option that its connection does not have
 * @retval DUMBO_ERR_SNAPSHOT_HANDSHAKE   its handshake cannot have come so far, or not without more
 * @retval DUMBO_ERR_SNAPSHOT_SEND        SND.UNA, SND.NXT, the peer's window and our FIN contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_RECEIVE     RCV.NXT, our window and what the peer knows of it do
 * @retval DUMBO_ERR_SNAPSHOT_TIMEOUT     a timeout that nothing waits for, or more of them than allowed
 * @retval DUMBO_ERR_SNAPSHOT_RESET       a RST that nothing can have led to
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  old_now is smaller than the snapshot's latest `now`
 * @retval DUMBO_ERR_OUT_OF_MEMORY        the allocator returned NULL
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions; old_now or new_now not 0 without DUMBO_RESTORE_REBASE; an
 *                                        allocator whose memory is not aligned as asked
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_restore(dumbo_connection** out, const uint8_t* snapshot, size_t len,
                                           const dumbo_restore_config* config, const dumbo_allocator* allocator);

/**
 * Makes a connection from a snapshot in storage of the caller's, without any allocation. Otherwise as
 * dumbo_connection_restore().
 *
 * @param out          the connection, at the address of storage; NULL on failure
 * @param storage      memory that stays valid and in place until the connection is no longer used
 * @param storage_len  its length, at least dumbo_connection_size(), with DUMBO_RESTORE_COUNTERS
 *                     dumbo_connection_counted_size()
 * @param snapshot     the bytes; may be NULL when len is 0
 * @param len          their length: exactly the snapshot's
 * @param config       see there; NULL for no flags
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_SNAPSHOT_LENGTH      not as long as a snapshot of its version is
 * @retval DUMBO_ERR_SNAPSHOT_FORMAT      it does not begin like a snapshot
 * @retval DUMBO_ERR_SNAPSHOT_VERSION     its version is none that this release knows
 * @retval DUMBO_ERR_SNAPSHOT_CHECKSUM    it is damaged: its CRC does not match
 * @retval DUMBO_ERR_SNAPSHOT_VALUE       a field is out of its own range
 * @retval DUMBO_ERR_SNAPSHOT_OPTION      it needs an option that its connection does not have
 * @retval DUMBO_ERR_SNAPSHOT_HANDSHAKE   its handshake cannot have come so far, or not without more
 * @retval DUMBO_ERR_SNAPSHOT_SEND        SND.UNA, SND.NXT, the peer's window and our FIN contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_RECEIVE     RCV.NXT, our window and what the peer knows of it do
 * @retval DUMBO_ERR_SNAPSHOT_TIMEOUT     a timeout that nothing waits for, or more of them than allowed
 * @retval DUMBO_ERR_SNAPSHOT_RESET       a RST that nothing can have led to
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  old_now is smaller than the snapshot's latest `now`
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL     storage_len is smaller than that
 * @retval DUMBO_ERR_INVALID_ARGUMENT     as for dumbo_connection_restore(); also storage that is NULL or not aligned to
 *                                        dumbo_connection_alignment()
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_connection_restore_in(dumbo_connection** out, void* storage, size_t storage_len,
                                              const uint8_t* snapshot, size_t len, const dumbo_restore_config* config);

/* --------------------------------------------------------------------------------------------------- stacks ---- */

/**
 * One interface of a guest's, seen from the other end of the cable: frames of the guest go in, frames for the guest
 * come out, and in between stand the connections that the guest has opened to one IPv4 address. It answers ARP, opens
 * connections on the ports that it listens on, answers what belongs to no connection with a RST, and keeps payload in
 * both directions. A stack and all its connections count as one object where the conventions speak of threads and of
 * time. Since 0.1.
 */
typedef struct dumbo_stack dumbo_stack;

/** The ports that one stack can listen on. Since 0.1. */
#define DUMBO_STACK_PORTS_MAX 8u
/** The most connections, and the most RSTs that can wait, that one stack can have room for. Since 0.1. */
#define DUMBO_STACK_CONNECTIONS_MAX 1048576u
/** The largest buffer, in bytes, for one direction of one connection. Since 0.1. */
#define DUMBO_STACK_BUFFER_MAX 67108864u
/** The shortest buffer that every frame without payload fits: Ethernet, IPv4, and TCP with an MSS option. Since 0.1. */
#define DUMBO_STACK_FRAME_MINIMUM 58u

/** Flags of a dumbo_stack_config. Since 0.1. */
enum dumbo_stack_flag {
    DUMBO_STACK_TRUST_CHECKSUMS = 1 /**< do not verify the checksums of IPv4 and TCP in what comes in, as the device has
                                         done so, or the guest leaves them to it (VIRTIO_NET_HDR_F_NEEDS_CSUM) */
};

/** What the guest's device does for a stack, as negotiated with its driver (virtio 1.2, 5.1.3). Since 0.1. */
enum dumbo_stack_offload {
    DUMBO_STACK_OFFLOAD_CHECKSUM = 1, /**< it completes checksums: VIRTIO_NET_F_GUEST_CSUM */
    DUMBO_STACK_OFFLOAD_TSO4 = 2      /**< it takes segments above the MSS: VIRTIO_NET_F_GUEST_TSO4. Only together with
                                           DUMBO_STACK_OFFLOAD_CHECKSUM */
};

/** What a stack shall be like. All of its memory follows from this. Since 0.1. */
typedef struct dumbo_stack_config {
    uint32_t struct_size;
    uint32_t flags;         /**< enum dumbo_stack_flag; 0 by default */
    uint8_t mac[6];         /**< our MAC address, of one station and not 0; has no default */
    uint8_t ipv4[4];        /**< our IPv4 address, network order: not of 0/8, 127/8, nor from 224 on; has no default */
    uint16_t rto_count_max; /**< this many consecutive timeouts reset a connection, not 0; 15 by default */
    uint32_t options;       /**< of every connection, enum dumbo_option; DUMBO_OPTIONS_GUEST_FACING by default */
    uint16_t ports[8];      /**< that are listened on, in any order, one at least; 0 stands for none. No default */
    uint32_t max_connections; /**< that can exist at a time, half-open ones included, 1 ...
                                   DUMBO_STACK_CONNECTIONS_MAX; 64 by default. One that has ended counts until
                                   dumbo_stack_next_event() has told so */
    uint32_t max_half_open;   /**< of these may be in their handshake, 1 ... max_connections; 16 by default */
    uint32_t receive_buffer;  /**< bytes for each connection, 1 ... DUMBO_STACK_BUFFER_MAX; 16384 by default. This is
                                   also the receive window: more than 65535 is of no use */
    uint32_t send_buffer;     /**< the same for what dumbo_stack_write() takes; 16384 by default */
    uint32_t max_replies;     /**< RSTs of no connection that can wait to be sent, 1 ... DUMBO_STACK_CONNECTIONS_MAX; 64
                                   by default. With more of them waiting, segments go unanswered */
    uint32_t checksum;        /**< of TCP in what goes out, enum dumbo_checksum_policy; DUMBO_CHECKSUM_FULL by default.
                                   That of the IPv4 header is always there */
    uint32_t offloads;        /**< enum dumbo_stack_offload, see dumbo_stack_set_offloads(); 0 by default */
    uint16_t mtu;             /**< of the link: no IPv4 packet that goes out is longer, whatever MSS the guest states,
                                   except with DUMBO_STACK_OFFLOAD_TSO4. At least 68; 1500 by default */
    uint8_t ttl;              /**< time to live of what goes out, not 0; 64 by default. See dumbo_stack_set_ttl() */
    uint8_t reserved;         /**< 0 */
    uint64_t rto_period;      /**< retransmission timeout, in units of `now`, not 0; has no default */
    uint64_t idle_threshold;  /**< where there is no room for a new connection, the one that was silent for longest is
                                   reset if it was for at least so long, in units of `now`. 0, the default: however
                                   short that was; UINT64_MAX: never */
    uint64_t hash_key;        /**< keeps the guest from choosing addresses and ports that are slow to find: a secret, or
                                   0, the default, to have the operating system choose one */
} dumbo_stack_config;

/**
 * Fills a config with the defaults. mac, ipv4, ports and rto_period stay 0 and must be set.
 *
 * @param config       receives struct_size and the defaults
 * @param struct_size  sizeof(dumbo_stack_config) as the caller knows it
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  config is NULL, or struct_size is smaller than the first release's
 *
 * Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_config_init(dumbo_stack_config* config, uint32_t struct_size);

/**
 * The bytes that a stack needs, buffers and all: it never asks for more, whatever the guest does. A multiple of
 * dumbo_stack_alignment(). Another release may need another number for the same config. In this one, with pointers of
 * 64 bits, it is the next such multiple of
 *
 *     704 + max_connections * (228 + receive_buffer + send_buffer) + 4 * buckets + 24 * max_replies
 *
 * where buckets is the smallest power of two that is not below max_connections.
 *
 * @param config  what the stack shall be like
 * @param size    their number
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; a config field out of its range; a sum above SIZE_MAX / 2
 *
 * Pure. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_size(const dumbo_stack_config* config, size_t* size);

/** The alignment of a stack's memory, a power of two, at most DUMBO_CONNECTION_ALIGNMENT_MAX. Pure. Since 0.1. */
DUMBO_API size_t dumbo_stack_alignment(void);

/**
 * Makes a stack without connections. It allocates once, here.
 *
 * @param out        the stack; NULL on failure
 * @param config     what it shall be like, copied
 * @param allocator  the source of its memory, copied; NULL for the C library's
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_OUT_OF_MEMORY     the allocator returned NULL
 * @retval DUMBO_ERR_NO_ENTROPY        hash_key is 0, and the operating system gave no randomness
 * @retval DUMBO_ERR_INVALID_ARGUMENT  as for dumbo_stack_size(); an allocator whose memory is not aligned as asked, and
 *                                     which gets it back
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_create(dumbo_stack** out, const dumbo_stack_config* config,
                                     const dumbo_allocator* allocator);

/**
 * Makes a stack in storage of the caller's, without any allocation. Otherwise as dumbo_stack_create().
 *
 * @param out          the stack, at the address of storage; NULL on failure
 * @param storage      memory that stays valid and in place until the stack is no longer used
 * @param storage_len  its length, at least what dumbo_stack_size() says; what lies behind that is not touched
 * @param config       what the stack shall be like, copied
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  storage_len is smaller than that
 * @retval DUMBO_ERR_NO_ENTROPY        hash_key is 0, and the operating system gave no randomness
 * @retval DUMBO_ERR_INVALID_ARGUMENT  as for dumbo_stack_size(); also storage that is NULL or not aligned to
 *                                     dumbo_stack_alignment()
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_create_in(dumbo_stack** out, void* storage, size_t storage_len,
                                        const dumbo_stack_config* config);

/**
 * Ends the stack with all its connections, and gives back its memory, if it was allocated; storage of the caller's is
 * simply no longer used. Nothing is sent: abort or close the connections first if the guest shall know. Bytes that were
 * lent are the caller's again.
 *
 * @param stack  the stack; NULL is allowed and does nothing
 *
 * Since 0.1.
 */
DUMBO_API void dumbo_stack_free(dumbo_stack* stack);

/**
 * Whether a frame might be for the stack's address, for a device that several take frames from: a cheap first test
 * without false negatives among well-formed frames. It looks at the address only, see dumbo_arp_frame_is_for() and
 * dumbo_ipv4_frame_is_for(); dumbo_stack_receive_frame() has the last word.
 *
 * @param stack  the stack; for NULL nothing is
 * @param frame  an Ethernet frame; may be NULL when len is 0
 * @param len    its length, any
 *
 * Since 0.1.
 */
DUMBO_API bool dumbo_stack_frame_is_for_us(const dumbo_stack* stack, const uint8_t* frame, size_t len);

/** What became of a frame. Since 0.1. */
enum dumbo_frame_verdict_kind {
    DUMBO_FRAME_FOREIGN = 0, /**< not for us, of a kind that is not handled here, or from nobody who can be answered */
    DUMBO_FRAME_MALFORMED = 1,   /**< it contradicts its own format, or a checksum is wrong: error says more */
    DUMBO_FRAME_FRAGMENT = 2,    /**< of an IPv4 packet; nothing puts them together */
    DUMBO_FRAME_ARP_REQUEST = 3, /**< for our address; it is answered, unless too many answers wait already */
    DUMBO_FRAME_REFUSED = 4,     /**< a segment that belongs to no connection and opens none; it is answered with a RST,
                                      unless it is one, or too many answers wait already. For a SYN that could not be
                                      accepted error says why */
    DUMBO_FRAME_DROPPED = 5,     /**< a SYN that finds no room now. It goes unanswered, so that the guest repeats it */
    DUMBO_FRAME_OPENING = 6,     /**< a SYN that begins a connection */
    DUMBO_FRAME_RECEIVED = 7     /**< a segment of a connection; error is set if the connection did not take it */
};

/**
 * The name of a verdict's kind ("MALFORMED"), "unknown" for others. Static storage.
 *
 * @param kind  of enum dumbo_frame_verdict_kind
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_frame_verdict_name(uint32_t kind);

/** Bits of dumbo_virtio_net_header.flags. Since 0.1. */
enum dumbo_virtio_net_flag {
    DUMBO_VIRTIO_NET_NEEDS_CHECKSUM = 1, /**< VIRTIO_NET_HDR_F_NEEDS_CSUM */
    DUMBO_VIRTIO_NET_DATA_VALID = 2      /**< VIRTIO_NET_HDR_F_DATA_VALID */
};

/** Values of dumbo_virtio_net_header.gso_type. Since 0.1. */
enum dumbo_virtio_net_gso {
    DUMBO_VIRTIO_NET_GSO_NONE = 0, /**< VIRTIO_NET_HDR_GSO_NONE */
    DUMBO_VIRTIO_NET_GSO_TCPV4 = 1 /**< VIRTIO_NET_HDR_GSO_TCPV4 */
};

/**
 * What the header in front of a frame on a virtio-net queue says, or on a TAP device with IFF_VNET_HDR: the same fields
 * as in struct virtio_net_hdr, in the machine's byte order. Where its 10 or 12 bytes lie, and in which byte order, is
 * between the caller and the device. Virtual I/O Device (VIRTIO) 1.2, 5.1.6. Since 0.1.
 */
typedef struct dumbo_virtio_net_header {
    uint32_t struct_size;
    uint8_t flags;          /**< enum dumbo_virtio_net_flag */
    uint8_t gso_type;       /**< enum dumbo_virtio_net_gso */
    uint16_t header_length; /**< hdr_len: of Ethernet, IPv4 and TCP, for a frame to be cut */
    uint16_t gso_size;      /**< payload of each segment that a frame is to be cut into, else 0 */
    uint16_t csum_start;    /**< with DUMBO_VIRTIO_NET_NEEDS_CHECKSUM: where the sum begins ... */
    uint16_t csum_offset;   /**< ... and where, from there on, it belongs */
    uint16_t reserved;      /**< 0 */
} dumbo_virtio_net_header;

/** What became of one frame, for those who count or log. No reaction is needed to any of it. Since 0.1. */
typedef struct dumbo_frame_verdict {
    uint32_t struct_size;
    uint32_t kind;       /**< enum dumbo_frame_verdict_kind; later releases may have more */
    int32_t error;       /**< a code from enum dumbo_error, DUMBO_OK if there is nothing to say */
    uint32_t anomalies;  /**< of DUMBO_FRAME_RECEIVED: enum dumbo_anomaly bits */
    uint32_t delivered;  /**< of DUMBO_FRAME_RECEIVED: bytes of payload that can be read now */
    uint32_t reserved;   /**< 0 */
    uint64_t connection; /**< of DUMBO_FRAME_OPENING and DUMBO_FRAME_RECEIVED: the id, which the other calls know from
                              DUMBO_STACK_EVENT_OPENED on; else 0 */
} dumbo_frame_verdict;

/**
 * Takes a frame of the guest's. Whatever the frame is, this is DUMBO_OK: what came of it is in the verdict. Payload is
 * copied into the stack, and while it is copied it is summed, if its checksum is to be verified: what can be read is
 * what the checksum covers, even if the guest goes on writing to frame. Afterwards there may be events and frames.
 *
 * @param stack    the stack
 * @param frame    an Ethernet frame, without FCS, padded or not; may be NULL when len is 0
 * @param len      its length, any
 * @param now      the current time
 * @param header   what came with the frame. Any flag in it vouches for the frame's TCP checksum, which is not looked at
 *                 then. The frame may have been spared the cutting (gso_type), and be of any length up to 65549 bytes:
 *                 it is taken as it is. Bits and values that this release does not know are ignored. NULL if nothing
 *                 came with it
 * @param verdict  what became of the frame; struct_size is read, all other fields are written. May be NULL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call on this stack
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * RFC 826; RFC 791, 3.1; RFC 9293, 3.10.7; RFC 1122, 3.2.1.3. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_receive_frame(dumbo_stack* stack, const uint8_t* frame, size_t len, uint64_t now,
                                            const dumbo_virtio_net_header* header, dumbo_frame_verdict* verdict);

/**
 * Says anew what the guest's device does for the stack, as after each negotiation with its driver. It holds for those
 * frames that dumbo_stack_next_frame() is asked for together with a header.
 *
 * @param stack     the stack
 * @param offloads  enum dumbo_stack_offload; 0 for nothing
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  stack is NULL; an unknown bit; DUMBO_STACK_OFFLOAD_TSO4 alone
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_set_offloads(dumbo_stack* stack, uint32_t offloads);

/**
 * Writes the next frame for the guest, if there is one: at most one a call. Call it until *written is 0. ARP replies,
 * RSTs of no connection and connections take turns, and so do the connections among each other.
 *
 * @param stack    the stack
 * @param buf      receives the frame, without FCS and without padding
 * @param buf_len  its length, at least DUMBO_STACK_FRAME_MINIMUM. No frame is longer, and none is longer than the
 *                 config's mtu + 14, or 65549 bytes with DUMBO_STACK_OFFLOAD_TSO4
 * @param now      the current time
 * @param written  the frame's length, 0 if there is none; DUMBO_STACK_FRAME_MINIMUM on DUMBO_ERR_BUFFER_TOO_SMALL
 * @param header   what the device shall know of the frame; struct_size is read, all other fields are written. With
 *                 DUMBO_STACK_OFFLOAD_CHECKSUM the TCP checksum is that of the pseudo header, and the rest is left to
 *                 the device. With DUMBO_STACK_OFFLOAD_TSO4 a segment may be longer than the MSS, and the device is to
 *                 cut it. NULL for a frame that needs no device
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL     buf_len is smaller than DUMBO_STACK_FRAME_MINIMUM
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call on this stack
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * The contents of buf behind the frame are unspecified, and so are all of them if there is none.
 *
 * RFC 826; RFC 791, 3.1; RFC 9293, 3.8 and 3.10. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_next_frame(dumbo_stack* stack, uint8_t* buf, size_t buf_len, uint64_t now,
                                         size_t* written, dumbo_virtio_net_header* header);

/**
 * Whether dumbo_stack_next_frame() would write a frame now, or has to be asked again at a time, or neither. Other than
 * with dumbo_connection_control_segment_or_timeout_status(), data is considered: the stack knows what it has to send.
 *
 * @param stack     the stack
 * @param now       the current time
 * @param status    enum dumbo_next_segment_status: DUMBO_NEXT_SEGMENT_AVAILABLE for a frame that waits,
 *                  DUMBO_NEXT_SEGMENT_TIMEOUT while nothing but a timeout of some connection's runs,
 *                  DUMBO_NEXT_SEGMENT_NOTHING if nothing will happen without another call
 * @param deadline  with DUMBO_NEXT_SEGMENT_TIMEOUT the time at which to ask for a frame, later than now; it may turn
 *                  out that there is none yet. 0 with AVAILABLE; UINT64_MAX with NOTHING. May be NULL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  now is smaller than on an earlier call on this stack
 * @retval DUMBO_ERR_INVALID_ARGUMENT     see the conventions
 *
 * RFC 6298. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_next_status(dumbo_stack* stack, uint64_t now, uint32_t* status, uint64_t* deadline);

/** What happened to a connection, for the application to hear of. Since 0.1. */
enum dumbo_stack_event_kind {
    DUMBO_STACK_EVENT_NONE = 0,     /**< nothing has happened */
    DUMBO_STACK_EVENT_OPENED = 1,   /**< the handshake is over: the first that is heard of a connection */
    DUMBO_STACK_EVENT_READABLE = 2, /**< payload has come in since the last event of this kind */
    DUMBO_STACK_EVENT_WRITABLE = 3, /**< there is room again after dumbo_stack_write() took less than it was given, or
                                         all that was lent is acknowledged */
    DUMBO_STACK_EVENT_PEER_CLOSED = 4, /**< the guest will send no more: what can still be read is the end of it */
    DUMBO_STACK_EVENT_CLOSED = 5 /**< the connection is no more. From now on its id means nothing, and what was lent
                                      is the caller's again. A finished one was read to its end; what a reset one
                                      still had to be read is lost */
};

/**
 * The name of an event's kind ("PEER_CLOSED"), "unknown" for others. Static storage.
 *
 * @param kind  of enum dumbo_stack_event_kind
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_stack_event_name(uint32_t kind);

/** How a connection ended. Since 0.1. */
enum dumbo_stack_reason {
    DUMBO_STACK_REASON_NONE = 0,          /**< it did not */
    DUMBO_STACK_REASON_FINISHED = 1,      /**< both sides have closed, and everything has arrived */
    DUMBO_STACK_REASON_RESET_BY_PEER = 2, /**< the guest sent a RST */
    DUMBO_STACK_REASON_RESET = 3,         /**< we sent one: dumbo_stack_abort(), or a segment led to it */
    DUMBO_STACK_REASON_TIMED_OUT = 4,     /**< the guest acknowledged nothing, for rto_count_max timeouts */
    DUMBO_STACK_REASON_EVICTED = 5        /**< it was idle, and gave way to a new one */
};

/**
 * The name of a reason ("TIMED_OUT"), "unknown" for others. Static storage.
 *
 * @param reason  of enum dumbo_stack_reason
 *
 * Pure. Since 0.1.
 */
DUMBO_API const char* dumbo_stack_reason_name(uint32_t reason);

/** Something that happened to a connection. Since 0.1. */
typedef struct dumbo_stack_event {
    uint32_t struct_size;
    uint32_t kind;     /**< enum dumbo_stack_event_kind; later releases may have more */
    uint32_t reason;   /**< of DUMBO_STACK_EVENT_CLOSED: enum dumbo_stack_reason */
    uint32_t reserved; /**< 0 */
    /** The connection's id: a number that is the stack's for one connection and no other, never 0, except without an
     * event. */
    uint64_t connection;
} dumbo_stack_event;

/**
 * Takes the next event, if there is one. Call it until the kind is DUMBO_STACK_EVENT_NONE, after every
 * dumbo_stack_receive_frame() and dumbo_stack_next_frame(), or every few of them. Nothing is lost in between: events of
 * one kind and connection that wait are one. Of those that wait for one connection, the lowest number comes first.
 *
 * @param stack  the stack
 * @param event  the event; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions; no event is taken then
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_next_event(dumbo_stack* stack, dumbo_stack_event* event);

/**
 * Shows payload that has come in and was not consumed yet, where it lies. That may be less than there is: consume it,
 * and read again until len is 0.
 *
 * @param stack  the stack
 * @param id     the connection
 * @param data   the payload, inside the stack, valid until dumbo_stack_consume() on this connection or
 *               DUMBO_STACK_EVENT_CLOSED is taken; NULL when there is none
 * @param len    its length, 0 when there is none
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 9293, 3.10.3. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_read(const dumbo_stack* stack, uint64_t id, const uint8_t** data, size_t* len);

/**
 * Gives up the first bytes of what can be read, and opens the receive window by as much.
 *
 * @param stack     the stack
 * @param id        the connection
 * @param n         bytes, any; no more are given up than there are
 * @param consumed  how many were; may be NULL
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * RFC 9293, 3.8.6.2.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_consume(dumbo_stack* stack, uint64_t id, size_t n, size_t* consumed);

/**
 * Queues a copy of bytes to be sent, as many as there is room for. With bytes lent there is none until they are
 * acknowledged. If it took less than it was given, DUMBO_STACK_EVENT_WRITABLE follows.
 *
 * @param stack     the stack
 * @param id        the connection
 * @param data      the bytes; may be NULL when len is 0
 * @param len       their number, any
 * @param accepted  how many were queued, the first ones; 0 if there is no room
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION       there is none of this id, or no longer
 * @retval DUMBO_ERR_CONNECTION_CLOSING  dumbo_stack_close() was called, or the connection has ended
 * @retval DUMBO_ERR_INVALID_ARGUMENT    see the conventions
 *
 * RFC 9293, 3.10.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_write(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len, size_t* accepted);

/**
 * Has bytes sent behind what is queued, without a copy. The stack keeps the pointer: the bytes must stay valid until
 * they are acknowledged (DUMBO_STACK_EVENT_WRITABLE, and dumbo_stack_lent() says 0) or DUMBO_STACK_EVENT_CLOSED is
 * taken, and should not change, as they may be sent more than once.
 *
 * In a restored stack, bytes that were lent have to be lent again, also behind dumbo_stack_close(): exactly as many as
 * dumbo_stack_lent() says, and the same ones. Until then they are not sent.
 *
 * @param stack  the stack
 * @param id     the connection
 * @param data   the bytes; may be NULL when len is 0, which has no effect
 * @param len    their number, any
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_LENT                earlier bytes are still lent; or as many as are to be lent again are not len
 * @retval DUMBO_ERR_NO_CONNECTION       there is none of this id, or no longer
 * @retval DUMBO_ERR_CONNECTION_CLOSING  dumbo_stack_close() was called, or the connection has ended
 * @retval DUMBO_ERR_INVALID_ARGUMENT    see the conventions
 *
 * RFC 9293, 3.10.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_lend(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len);

/**
 * How many of the lent bytes are not acknowledged yet: the last ones. Those before them are the caller's again.
 *
 * @param stack  the stack
 * @param id     the connection
 * @param len    their number, 0 when nothing is lent
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_lent(const dumbo_stack* stack, uint64_t id, size_t* len);

/**
 * Closes our half: the last byte that is queued or lent goes out with a FIN. Receiving goes on, and reading is
 * needed, or else what comes before the guest's FIN may find no room. Later calls have no effect.
 *
 * @param stack  the stack
 * @param id     the connection
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  stack is NULL
 *
 * RFC 9293, 3.10.4. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_close(dumbo_stack* stack, uint64_t id);

/**
 * Resets a connection: the next frame of it is a RST, and then follows DUMBO_STACK_EVENT_CLOSED. What is queued or lent
 * is not sent any more. No effect on one that has ended.
 *
 * @param stack  the stack
 * @param id     the connection
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  stack is NULL
 *
 * RFC 9293, 3.10.5. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_abort(dumbo_stack* stack, uint64_t id);

/**
 * Sets the time to live of what a connection sends from now on: 1 keeps it from being forwarded beyond the guest. (The
 * RST with which it gives way to a new one has the config's.)
 *
 * @param stack  the stack
 * @param id     the connection
 * @param ttl    1 ... 255
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  stack is NULL, or ttl is out of its range
 *
 * RFC 791, 3.2. Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_set_ttl(dumbo_stack* stack, uint64_t id, uint32_t ttl);

/** Flags of a dumbo_connection_info. Since 0.1. */
enum dumbo_connection_info_flag {
    DUMBO_CONNECTION_INFO_CLOSING = 1, /**< dumbo_stack_close() or dumbo_stack_abort() was called, or it has ended */
    DUMBO_CONNECTION_INFO_LENT_MISSING = 2 /**< the stack was restored, and bytes have to be lent again */
};

/** A stack's connection at a glance. Since 0.1. */
typedef struct dumbo_connection_info {
    uint32_t struct_size;
    uint32_t flags;       /**< enum dumbo_connection_info_flag */
    uint32_t state;       /**< enum dumbo_state; DUMBO_STATE_CLOSED for one that has ended */
    uint8_t peer_mac[6];  /**< the guest's end: where its SYN came from ... */
    uint16_t peer_port;   /**< ... and its port */
    uint8_t peer_ipv4[4]; /**< and address, network order */
    uint16_t port;        /**< ours */
    uint16_t mss;         /**< most payload of a segment of ours: the guest's MSS, as far as the MTU allows */
    uint32_t readable;    /**< bytes that came in and were not consumed */
    uint32_t queued;      /**< bytes from dumbo_stack_write() that are not acknowledged */
    uint32_t room;        /**< bytes that dumbo_stack_write() would take now */
    uint64_t lent;        /**< bytes from dumbo_stack_lend() that are not acknowledged */
    uint64_t last_heard;  /**< when the latest segment of the guest came in */
} dumbo_connection_info;

/**
 * Tells what there is to know about a connection.
 *
 * @param stack  the stack
 * @param id     the connection
 * @param out    receives it; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_NO_CONNECTION     there is none of this id, or no longer
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_connection_info(const dumbo_stack* stack, uint64_t id, dumbo_connection_info* out);

/**
 * How many connections there are: half-open ones, of which the application has not heard, and ended ones, of which it
 * has yet to hear, included.
 *
 * @param stack  the stack; NULL has none
 *
 * Since 0.1.
 */
DUMBO_API uint32_t dumbo_stack_connection_count(const dumbo_stack* stack);

/** What a stack has done since it was made. Numbers only grow, modulo 2^64. Since 0.1. */
typedef struct dumbo_interface_counters {
    uint32_t struct_size;
    uint32_t reserved;   /**< 0 */
    uint64_t frames_in;  /**< received, of whatever kind */
    uint64_t frames_out; /**< written */

    /* Frames by enum dumbo_frame_verdict_kind, and what became of their answers. */
    uint64_t foreign;          /**< DUMBO_FRAME_FOREIGN */
    uint64_t malformed;        /**< except for those with a wrong checksum */
    uint64_t checksum_errors;  /**< of IPv4 or TCP */
    uint64_t fragments;        /**< DUMBO_FRAME_FRAGMENT */
    uint64_t arp_requests;     /**< DUMBO_FRAME_ARP_REQUEST */
    uint64_t arp_replies_lost; /**< too many waited */
    uint64_t refused;          /**< DUMBO_FRAME_REFUSED */
    uint64_t rsts_lost;        /**< too many waited */
    uint64_t syns_dropped;     /**< DUMBO_FRAME_DROPPED */

    /* Connections. */
    uint64_t opened;            /**< SYNs that began one */
    uint64_t established;       /**< handshakes that came to their end */
    uint64_t half_open_evicted; /**< handshakes that gave way to newer ones */

    /* Connections that ended, by enum dumbo_stack_reason; half-open ones included. */
    uint64_t evicted;       /**< DUMBO_STACK_REASON_EVICTED */
    uint64_t finished;      /**< DUMBO_STACK_REASON_FINISHED */
    uint64_t reset_by_peer; /**< DUMBO_STACK_REASON_RESET_BY_PEER */
    uint64_t reset;         /**< DUMBO_STACK_REASON_RESET */
    uint64_t timed_out;     /**< DUMBO_STACK_REASON_TIMED_OUT */
} dumbo_interface_counters;

/**
 * Reads the counters.
 *
 * @param stack  the stack
 * @param out    the counters; struct_size is read, all other fields are written
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_counters(const dumbo_stack* stack, dumbo_interface_counters* out);

/**
 * Writes the whole stack as bytes, from which dumbo_stack_restore() makes the same stack again, in this process or
 * another one, on this machine or another one: every connection under its id, with what came in and was not consumed,
 * and what is queued. Of lent bytes only their number is kept: save what they are, to lend them again. The counters are
 * left out. The stack stays as it is.
 *
 * The format is little-endian with a version and a CRC; docs/snapshot.md has it field by field. The bytes are not
 * secret and not signed: protect them like the memory that they came from.
 *
 * @param stack    the stack
 * @param buf      receives the snapshot; NULL, with buf_len 0, only asks for its length
 * @param buf_len  its length
 * @param written  the snapshot's length; the length needed on DUMBO_ERR_BUFFER_TOO_SMALL, and when only asked
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL  buf_len is smaller than that, and not 0 with buf NULL; buf is unchanged
 * @retval DUMBO_ERR_INVALID_ARGUMENT  see the conventions
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_snapshot(const dumbo_stack* stack, uint8_t* buf, size_t buf_len, size_t* written);

/**
 * Makes a stack from a snapshot. It goes on exactly as the original would have. Any bytes are allowed. What is damaged,
 * of an unknown version, or of a state that a stack cannot be in, is an error.
 *
 * The config decides about the stack's memory and manners as for dumbo_stack_create(). mac and ipv4 must be those of
 * the snapshot. max_connections, max_half_open, max_replies and the buffers may differ if everything still finds its
 * place, all the rest as it likes; what a connection was opened with (rto_period, rto_count_max, options) stays with
 * it, while offloads are those of the config, whatever dumbo_stack_set_offloads() said.
 *
 * @param out        the stack; NULL on failure
 * @param snapshot   the bytes; may be NULL when len is 0
 * @param len        their length: exactly the snapshot's
 * @param config     what the stack shall be like, copied
 * @param restore    DUMBO_RESTORE_REBASE moves the stack to another clock, as for dumbo_connection_restore(); NULL for
 *                   no flags
 * @param allocator  the source of its memory, copied; NULL for the C library's
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_SNAPSHOT_LENGTH      not as long as a snapshot of its version is
 * @retval DUMBO_ERR_SNAPSHOT_FORMAT      it does not begin like a snapshot
 * @retval DUMBO_ERR_SNAPSHOT_VERSION     its version is none that this release knows
 * @retval DUMBO_ERR_SNAPSHOT_CHECKSUM    it is damaged: its CRC does not match
 * @retval DUMBO_ERR_SNAPSHOT_VALUE       a field is out of its own range
 * @retval DUMBO_ERR_SNAPSHOT_STACK       the stack and its connections, or two of these, contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_CONFIG      it is for another address, or needs more than the config has
 * @retval DUMBO_ERR_SNAPSHOT_OPTION      a connection needs an option that it does not have
 * @retval DUMBO_ERR_SNAPSHOT_HANDSHAKE   a connection's handshake cannot have come so far, or not without more
 * @retval DUMBO_ERR_SNAPSHOT_SEND        SND.UNA, SND.NXT, the peer's window and our FIN contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_RECEIVE     RCV.NXT, our window and what the peer knows of it do
 * @retval DUMBO_ERR_SNAPSHOT_TIMEOUT     a timeout that nothing waits for, or more of them than allowed
 * @retval DUMBO_ERR_SNAPSHOT_RESET       a RST that nothing can have led to
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  old_now is smaller than the snapshot's latest `now`
 * @retval DUMBO_ERR_OUT_OF_MEMORY        the allocator returned NULL
 * @retval DUMBO_ERR_NO_ENTROPY           hash_key is 0, and the operating system gave no randomness
 * @retval DUMBO_ERR_INVALID_ARGUMENT     as for dumbo_stack_create(), and for restore as for
 * dumbo_connection_restore(); also DUMBO_RESTORE_COUNTERS
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_restore(dumbo_stack** out, const uint8_t* snapshot, size_t len,
                                      const dumbo_stack_config* config, const dumbo_restore_config* restore,
                                      const dumbo_allocator* allocator);

/**
 * Makes a stack from a snapshot in storage of the caller's, without any allocation. Otherwise as dumbo_stack_restore().
 *
 * @param out          the stack, at the address of storage; NULL on failure
 * @param storage      memory that stays valid and in place until the stack is no longer used
 * @param storage_len  its length, at least what dumbo_stack_size() says
 * @param snapshot     the bytes; may be NULL when len is 0
 * @param len          their length: exactly the snapshot's
 * @param config       what the stack shall be like, copied
 * @param restore      as for dumbo_stack_restore()
 * @retval DUMBO_OK
 * @retval DUMBO_ERR_SNAPSHOT_LENGTH      not as long as a snapshot of its version is
 * @retval DUMBO_ERR_SNAPSHOT_FORMAT      it does not begin like a snapshot
 * @retval DUMBO_ERR_SNAPSHOT_VERSION     its version is none that this release knows
 * @retval DUMBO_ERR_SNAPSHOT_CHECKSUM    it is damaged: its CRC does not match
 * @retval DUMBO_ERR_SNAPSHOT_VALUE       a field is out of its own range
 * @retval DUMBO_ERR_SNAPSHOT_STACK       the stack and its connections, or two of these, contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_CONFIG      it is for another address, or needs more than the config has
 * @retval DUMBO_ERR_SNAPSHOT_OPTION      a connection needs an option that it does not have
 * @retval DUMBO_ERR_SNAPSHOT_HANDSHAKE   a connection's handshake cannot have come so far, or not without more
 * @retval DUMBO_ERR_SNAPSHOT_SEND        SND.UNA, SND.NXT, the peer's window and our FIN contradict each other
 * @retval DUMBO_ERR_SNAPSHOT_RECEIVE     RCV.NXT, our window and what the peer knows of it do
 * @retval DUMBO_ERR_SNAPSHOT_TIMEOUT     a timeout that nothing waits for, or more of them than allowed
 * @retval DUMBO_ERR_SNAPSHOT_RESET       a RST that nothing can have led to
 * @retval DUMBO_ERR_TIMESTAMP_DECREASED  old_now is smaller than the snapshot's latest `now`
 * @retval DUMBO_ERR_BUFFER_TOO_SMALL     storage_len is smaller than that
 * @retval DUMBO_ERR_NO_ENTROPY           hash_key is 0, and the operating system gave no randomness
 * @retval DUMBO_ERR_INVALID_ARGUMENT     as for dumbo_stack_restore(); also storage that is NULL or not aligned to
 *                                        dumbo_stack_alignment()
 *
 * Since 0.1.
 */
DUMBO_API int32_t dumbo_stack_restore_in(dumbo_stack** out, void* storage, size_t storage_len, const uint8_t* snapshot,
                                         size_t len, const dumbo_stack_config* config,
                                         const dumbo_restore_config* restore);

#ifdef __cplusplus
}
#endif

#endif
