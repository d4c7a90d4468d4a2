# SPDX-License-Identifier: Apache-2.0
"""A program of a user, in Python with cffi, which reads the declarations from the installed header: a peer that this file
plays connects, asks and is answered, and both sides close. It ends with 0 if everything went as it should."""

import re
import struct
import subprocess
from pathlib import Path

import cffi


def declarations():
    """dumbo.h as cffi wants it: without comments, preprocessor and C++."""
    includes = subprocess.check_output(["pkg-config", "--variable=includedir", "dumbo"], text=True).strip()
    header = (Path(includes) / "dumbo" / "dumbo.h").read_text(encoding="utf-8")
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    header = re.sub(r"#ifdef __cplusplus.*?#endif", "", header, flags=re.DOTALL)
    return re.sub(r"^#.*|\bDUMBO_API\b", "", header, flags=re.MULTILINE)


ffi = cffi.FFI()
ffi.cdef(declarations())
dumbo = ffi.dlopen("libdumbo.so.0")
FIN, SYN, PSH, ACK = dumbo.DUMBO_TCP_FIN, dumbo.DUMBO_TCP_SYN, dumbo.DUMBO_TCP_PSH, dumbo.DUMBO_TCP_ACK


def expect(truth, what):
    if not truth:
        raise SystemExit(f"failed: {what}")


def from_peer(seq, ack, flags, text=b""):
    """A segment of the peer's, whose checksum nobody looks at."""
    return struct.pack("!HHIIBBHHH", 40000, 80, seq, ack, 5 << 4, flags, 30000, 0, 0) + text


def sized(struct_name, **fields):
    return ffi.new(f"{struct_name}*", {"struct_size": ffi.sizeof(struct_name), **fields})


def receive(connection, segment, room=600):
    buffer, received, anomalies = bytearray(room), ffi.new("size_t*"), ffi.new("uint32_t*")
    code = dumbo.dumbo_connection_receive_segment(
        connection, segment, len(segment), ffi.NULL, ffi.from_buffer(buffer), room, 0, received, anomalies
    )
    expect(anomalies[0] == 0, "nothing is odd about a segment")
    return code, received[0], bytes(buffer[: received[0]])


def write(connection, payload=ffi.NULL):
    """The flags and the payload of the next segment."""
    addressing = sized("dumbo_addressing", checksum=dumbo.DUMBO_CHECKSUM_NONE, source_port=80, destination_port=40000)
    buffer, length = bytearray(600), ffi.new("size_t*")
    code = dumbo.dumbo_connection_write_next_segment(
        connection, ffi.from_buffer(buffer), len(buffer), 0, payload, addressing, 0, length, ffi.NULL
    )
    expect(code == dumbo.DUMBO_OK and length[0] > 0, "a segment is written")
    return buffer[13], bytes(buffer[(buffer[12] >> 4) * 4 : length[0]])


def open_connection(syn):
    config, connection = ffi.new("dumbo_connection_config*"), ffi.new("dumbo_connection**")
    dumbo.dumbo_connection_config_init(config, ffi.sizeof("dumbo_connection_config"))
    config.rto_period = 1000
    code = dumbo.dumbo_connection_passive_open(connection, syn, len(syn), ffi.NULL, config, ffi.NULL)
    return code, ffi.gc(connection[0], dumbo.dumbo_connection_free)


peer = 1000
expect(open_connection(from_peer(peer, 0, SYN)[:-1])[0] == dumbo.DUMBO_ERR_TRUNCATED, "a SYN cut short is refused")
code, connection = open_connection(from_peer(peer, 0, SYN))
expect(code == dumbo.DUMBO_OK, "a SYN opens a connection")
peer += 1

expect(write(connection)[0] == SYN | ACK, "the SYN is answered")
us = dumbo.dumbo_connection_first_not_sent(connection)
receive(connection, from_peer(peer, us, ACK))
expect(dumbo.dumbo_connection_is_established(connection), "the handshake is done")

question, answer = b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhello"
asked = from_peer(peer, us, ACK | PSH, question)
refused = receive(connection, asked, room=3)
expect(refused[:2] == (dumbo.DUMBO_ERR_BUFFER_TOO_SMALL, len(question)), "a short buffer is refused")
expect(receive(connection, asked) == (dumbo.DUMBO_OK, len(question), question), "the question arrives")
peer += len(question)
lent = ffi.from_buffer("uint8_t[]", answer)
payload = sized("dumbo_payload", kind=dumbo.DUMBO_PAYLOAD_BYTES, len=len(answer), seq=us, bytes=lent)
expect(write(connection, payload) == (ACK, answer), "the answer goes out")
us += len(answer)

dumbo.dumbo_connection_close(connection)
receive(connection, from_peer(peer, us, ACK))
expect(write(connection)[0] == ACK | FIN, "our FIN")
receive(connection, from_peer(peer, us + 1, ACK | FIN))
expect(write(connection)[0] == ACK, "the last ACK")
expect(dumbo.dumbo_connection_is_done(connection), "both sides have closed")
expect(dumbo.dumbo_connection_fin_acknowledged(connection), "the peer has everything")
print(f"libdumbo {ffi.string(dumbo.dumbo_version_string()).decode()} by cffi: all is well")
