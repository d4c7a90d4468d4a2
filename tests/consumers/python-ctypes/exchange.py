# SPDX-License-Identifier: Apache-2.0
"""A program of a user, in Python with ctypes alone: a peer that this file plays connects, asks and is answered, and both
sides close. It ends with 0 if everything went as it should."""

import struct
from ctypes import CDLL, POINTER, Structure, byref, c_bool, c_char_p, c_int32, c_size_t, c_uint8, c_uint16, c_uint32
from ctypes import c_uint64, c_void_p, create_string_buffer, sizeof

FIN, SYN, PSH, ACK = 1, 2, 8, 16
OK, BUFFER_TOO_SMALL, TRUNCATED = 0, -2, -30
CHECKSUM_NONE = 1


# What is used of dumbo.h.
class Config(Structure):
    _fields_ = [("struct_size", c_uint32), ("local_rwnd_size", c_uint32), ("rto_period", c_uint64)]
    _fields_ += [("rto_count_max", c_uint16), ("reserved", c_uint16), ("flags", c_uint32), ("isn", c_uint32)]
    _fields_ += [("options", c_uint32)]


class Addressing(Structure):
    _fields_ = [("struct_size", c_uint32), ("checksum", c_uint32), ("source_port", c_uint16)]
    _fields_ += [("destination_port", c_uint16), ("source", c_uint8 * 4), ("destination", c_uint8 * 4)]
    _fields_ += [("flags", c_uint32)]


class Payload(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("len", c_uint64), ("seq", c_uint32)]
    _fields_ += [("reserved", c_uint32), ("bytes", c_char_p), ("iovecs", c_void_p), ("iovec_count", c_size_t)]
    _fields_ += [("read", c_void_p), ("user_data", c_void_p), ("reserved2", c_void_p)]


SIZE_OUT = POINTER(c_size_t)
SIGNATURES = {
    "dumbo_version_string": (c_char_p, []),
    "dumbo_connection_config_init": (c_int32, [POINTER(Config), c_uint32]),
    "dumbo_connection_passive_open": (
        c_int32,
        [POINTER(c_void_p), c_char_p, c_size_t, c_void_p, POINTER(Config), c_void_p],
    ),
    "dumbo_connection_receive_segment": (
        c_int32,
        [c_void_p, c_char_p, c_size_t, c_void_p, c_char_p, c_size_t, c_uint64, SIZE_OUT, POINTER(c_uint32)],
    ),
    "dumbo_connection_write_next_segment": (
        c_int32,
        [c_void_p, c_char_p, c_size_t, c_uint16, POINTER(Payload), POINTER(Addressing), c_uint64, SIZE_OUT, c_void_p],
    ),
    "dumbo_connection_first_not_sent": (c_uint32, [c_void_p]),
    "dumbo_connection_is_established": (c_bool, [c_void_p]),
    "dumbo_connection_is_done": (c_bool, [c_void_p]),
    "dumbo_connection_fin_acknowledged": (c_bool, [c_void_p]),
    "dumbo_connection_close": (c_int32, [c_void_p]),
    "dumbo_connection_free": (None, [c_void_p]),
}
library = CDLL("libdumbo.so.0")
for name, (result, arguments) in SIGNATURES.items():
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments


def expect(truth, what):
    if not truth:
        raise SystemExit(f"failed: {what}")


def from_peer(seq, ack, flags, text=b""):
    """A segment of the peer's, whose checksum nobody looks at."""
    return struct.pack("!HHIIBBHHH", 40000, 80, seq, ack, 5 << 4, flags, 30000, 0, 0) + text


def receive(connection, segment, room=600):
    buffer, received, anomalies = create_string_buffer(room), c_size_t(), c_uint32()
    code = library.dumbo_connection_receive_segment(
        connection, segment, len(segment), None, buffer, room, 0, byref(received), byref(anomalies)
    )
    expect(anomalies.value == 0, "nothing is odd about a segment")
    return code, received.value, buffer.raw[: received.value]


def write(connection, payload=None):
    """The flags and the payload of the next segment."""
    addressing = Addressing(sizeof(Addressing), CHECKSUM_NONE, 80, 40000)
    buffer, length = create_string_buffer(600), c_size_t()
    code = library.dumbo_connection_write_next_segment(
        connection, buffer, len(buffer), 0, payload, addressing, 0, byref(length), None
    )
    expect(code == OK and length.value > 0, "a segment is written")
    return buffer.raw[13], buffer.raw[(buffer.raw[12] >> 4) * 4 : length.value]


def open_connection(syn):
    config, connection = Config(), c_void_p()
    library.dumbo_connection_config_init(config, sizeof(config))
    config.rto_period = 1000
    code = library.dumbo_connection_passive_open(byref(connection), syn, len(syn), None, config, None)
    return code, connection


peer = 1000
expect(open_connection(from_peer(peer, 0, SYN)[:-1])[0] == TRUNCATED, "a SYN that is cut short is refused")
code, connection = open_connection(from_peer(peer, 0, SYN))
expect(code == OK, "a SYN opens a connection")
peer += 1

expect(write(connection)[0] == SYN | ACK, "the SYN is answered")
us = library.dumbo_connection_first_not_sent(connection)
receive(connection, from_peer(peer, us, ACK))
expect(library.dumbo_connection_is_established(connection), "the handshake is done")

question, answer = b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhello"
asked = from_peer(peer, us, ACK | PSH, question)
expect(receive(connection, asked, room=3)[:2] == (BUFFER_TOO_SMALL, len(question)), "a short buffer is refused")
expect(receive(connection, asked) == (OK, len(question), question), "the question arrives")
peer += len(question)
payload = Payload(sizeof(Payload), len=len(answer), seq=us, bytes=answer)
expect(write(connection, payload) == (ACK, answer), "the answer goes out")
us += len(answer)

library.dumbo_connection_close(connection)
receive(connection, from_peer(peer, us, ACK))
expect(write(connection)[0] == ACK | FIN, "our FIN")
receive(connection, from_peer(peer, us + 1, ACK | FIN))
expect(write(connection)[0] == ACK, "the last ACK")
expect(library.dumbo_connection_is_done(connection), "both sides have closed")
expect(library.dumbo_connection_fin_acknowledged(connection), "the peer has everything")
library.dumbo_connection_free(connection)
print(f"libdumbo {library.dumbo_version_string().decode()} by ctypes: all is well")
