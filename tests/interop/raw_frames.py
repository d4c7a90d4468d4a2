# SPDX-License-Identifier: Apache-2.0
"""Frames by hand, straight onto the cable: from a guest that no kernel stands behind, and garbage of every sort."""

import random
import socket
import struct

from testbed import GUEST, PORT, SERVER, SERVER_MAC, TAP

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
BROADCAST = b"\xff" * 6
OUR_MAC = b"\x02ghost"
OUR_ADDRESS = "169.254.200.1"


def open_cable():
    """Sees and sends every frame of the TAP device."""
    cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    cable.bind((TAP, 0))
    cable.settimeout(2)
    return cable


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def tcp(port, flags, seq=0, ack=0, payload=b"", options=b"", source=OUR_ADDRESS, to_port=PORT, window=65535):
    header_words = 5 + len(options) // 4
    header = struct.pack("!HHIIBBHHH", port, to_port, seq, ack, header_words << 4, flags, window, 0, 0) + options
    pseudo = socket.inet_aton(source) + socket.inet_aton(SERVER) + struct.pack("!HH", 6, len(header) + len(payload))
    value = checksum(pseudo + header + payload)
    return header[:16] + struct.pack("!H", value) + header[18:] + payload


def ipv4(payload, source=OUR_ADDRESS, fragment=0, protocol=6, ihl=5, total_length=None):
    length = 20 + len(payload) if total_length is None else total_length
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | ihl, 0, length, 1, fragment, 64, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(SERVER))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ethernet(payload, ethertype=ETHERTYPE_IPV4, destination=SERVER_MAC, source=OUR_MAC):
    return destination + source + struct.pack("!H", ethertype) + payload


def arp(operation=1, hardware=1, protocol=ETHERTYPE_IPV4, hardware_length=6, protocol_length=4, sender=OUR_ADDRESS,
        target=SERVER):
    return struct.pack("!HHBBH6s4s6s4s", hardware, protocol, hardware_length, protocol_length, operation, OUR_MAC,
                       socket.inet_aton(sender), bytes(6), socket.inet_aton(target))


class Barrier:
    """Waits until the server has seen every frame sent so far: it asks for the server's MAC address under a name of its
    own and waits for the answer."""

    def __init__(self):
        self.cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ARP))
        self.cable.bind((TAP, ETHERTYPE_ARP))
        self.cable.settimeout(0.2)
        self.number = 0

    def wait(self):
        self.number += 1
        name = f"169.254.{201 + self.number // 250}.{1 + self.number % 250}"
        for _ in range(50):
            self.cable.send(ethernet(arp(sender=name), ETHERTYPE_ARP))
            if self._answered(socket.inet_aton(name)):
                return
        raise TimeoutError("the server answers no ARP request any more")

    def _answered(self, name):
        while True:
            try:
                frame = self.cable.recv(2048)
            except TimeoutError:
                return False
            if len(frame) >= 42 and frame[6:12] == SERVER_MAC and frame[38:42] == name:
                return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cable.close()


class Segment:
    """The fields of a segment in a frame of ours."""

    def __init__(self, frame):
        segment = frame[34:14 + struct.unpack("!H", frame[16:18])[0]]
        self.port, self.seq, self.ack, offset, self.flags = struct.unpack("!2xHIIBB", segment[:14])
        self.payload = segment[(offset >> 4) * 4:]


def next_segment(cable, port):
    """The next segment of the server to a port of the ghost; None after two seconds without any."""
    while True:
        try:
            frame = cable.recv(65536)
        except TimeoutError:
            return None
        if frame[:6] == OUR_MAC and frame[12:14] == b"\x08\x00" and len(frame) >= 54:
            segment = Segment(frame)
            if segment.port == port:
                return segment


# -------------------------------------------------------------------------------------------------------- garbage ----

def _noise(rng):
    return rng.randbytes(rng.randrange(14, 1514))


def _noise_for_us(rng):
    ethertype = rng.choice((ETHERTYPE_IPV4, ETHERTYPE_ARP, rng.randrange(65536)))
    return ethernet(rng.randbytes(rng.randrange(0, 1500)), ethertype, rng.choice((SERVER_MAC, BROADCAST)))


def _noise_in_ipv4(rng):
    return ethernet(ipv4(rng.randbytes(rng.randrange(0, 1480)), protocol=rng.choice((6, 6, 6, 1, 17, 255))))


def _prefix(rng):
    whole = ethernet(ipv4(tcp(rng.randrange(65536), SYN, options=b"\x02\x04\x05\xb4")))
    return whole[:rng.randrange(14, len(whole))]


def _lie_about_length(rng):
    segment = tcp(rng.randrange(65536), SYN)
    kind = rng.randrange(3)
    if kind == 0:
        return ethernet(ipv4(segment, total_length=rng.randrange(65536)))
    if kind == 1:
        return ethernet(ipv4(segment, ihl=rng.randrange(16)))
    lie = bytearray(segment)
    lie[12] = rng.randrange(16) << 4
    return ethernet(ipv4(bytes(lie)))


def _wrong_checksum(rng):
    # In the name of the kernel's own address: with a right checksum this could end a connection.
    segment = bytearray(tcp(rng.randrange(32768, 61000), rng.choice((RST, RST | ACK, SYN, FIN | ACK)), source=GUEST))
    segment[16] ^= 1 + rng.randrange(255)
    return ethernet(ipv4(bytes(segment), source=GUEST))


def _fragment(rng):
    segment = tcp(rng.randrange(65536), rng.choice((SYN, ACK, RST)))
    return ethernet(ipv4(segment, fragment=rng.choice((0x2000, 0x2001, 0x0001, 0x1FFF))))


def _malformed_options(rng):
    options = rng.choice((b"\x02\x00\x05\xb4", b"\x02\x04\x00\x00", b"\x02\x04\xff\xff", b"\x08\x00\x00\x00",
                          b"\x03\x01\x00\x00", b"\x01\x01\x01\x02", rng.randbytes(40)))
    return ethernet(ipv4(tcp(rng.randrange(65536), SYN, options=options)))


def _stray_segment(rng):
    return ethernet(ipv4(tcp(rng.randrange(65536), rng.randrange(256), rng.getrandbits(32), rng.getrandbits(32),
                             rng.randbytes(rng.randrange(0, 100)), to_port=rng.choice((PORT, PORT, 81, 0)))))


def _impossible_source(rng):
    source = rng.choice((SERVER, "0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1"))
    return ethernet(ipv4(tcp(PORT, SYN, source=source), source=source))


def _strange_arp(rng):
    return ethernet(arp(operation=rng.randrange(4), hardware=rng.choice((1, 1, 6)), hardware_length=rng.choice((6, 8)),
                        protocol_length=rng.choice((4, 16)), target=rng.choice((SERVER, "1.2.3.4"))),
                    ETHERTYPE_ARP, BROADCAST)[:rng.randrange(14, 43)]


KINDS = (_noise, _noise_for_us, _noise_in_ipv4, _prefix, _lie_about_length, _wrong_checksum, _fragment,
         _malformed_options, _stray_segment, _impossible_source, _strange_arp)


def garbage(seed, count):
    """The same frames for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choice(KINDS)(rng)
