// SPDX-License-Identifier: Apache-2.0
//! Records that stand alone: parsers, writers, checksums and sequence numbers.
use std::num::Wrapping;

use dumbo::pdu::arp::{self, ArpError, ArpOperation, ArpPacket};
use dumbo::pdu::checksum;
use dumbo::pdu::ethernet::{self, EthernetError};
use dumbo::pdu::ipv4::{self, Ipv4Error, Ipv4Fields};
use dumbo::pdu::tcp::{self, Flags, MssOption, TcpError, TcpFields, TcpSegment, TcpWriteError};
use dumbo::pdu::{AddressPair, Addressing, ChecksumPolicy};
use dumbo::tcp::{seq_after, seq_at_or_after, RstConfig};

use crate::outcome::Outcome;
use crate::record::{Fields, Reading};
use crate::values::{flag, number, spelled_ipv4, spelled_mac, Run};

/// The kinds of files whose records stand alone.
pub const KINDS: [&str; 8] = ["tcp_parse", "tcp_write", "checksum", "seq", "rst", "ethernet", "arp", "ipv4"];

pub fn replay(kind: &str, verb: &str, input: &Fields<'_>) -> Reading<Outcome> {
    match (kind, verb) {
        ("tcp_parse", "parse") => tcp_parse(input),
        ("tcp_write", "build") => tcp_build(input),
        ("checksum", "csum") => sum(input),
        ("seq", "seq") => sequence_numbers(input),
        ("rst", "rst") => rst(input),
        ("ethernet", "eth_parse") => ethernet_parse(input),
        ("ethernet", "eth_build") => ethernet_build(input),
        ("arp", "arp_parse") => arp_parse(input),
        ("arp", "arp_build") => arp_build(input),
        ("arp", "arp_spec") => Ok(matches(arp::frame_is_for(&input.bytes("data")?, input.ipv4("addr")?))),
        ("ipv4", "ip_parse") => ipv4_parse(input),
        ("ipv4", "ip_build") => ipv4_build(input),
        ("ipv4", "ip_spec") => Ok(matches(ipv4::frame_is_for(&input.bytes("data")?, input.ipv4("addr")?))),
        _ => Err(format!("the verb '{verb}' is not known in a file of kind '{kind}'")),
    }
}

pub fn rst_text(rst: RstConfig) -> String {
    match rst {
        RstConfig::Seq(seq) => format!("seq:{seq}"),
        RstConfig::Ack(ack) => format!("ack:{ack}"),
    }
}

/// Ports and addresses for what is written; without addresses there is no checksum.
pub fn addressing(pair: Option<AddressPair>, source_port: u16, destination_port: u16) -> Addressing {
    let nowhere = AddressPair::new([0; 4], [0; 4]);
    let addressing = Addressing::new(pair.unwrap_or(nowhere), source_port, destination_port);
    if pair.is_some() {
        addressing
    } else {
        addressing.with_checksum(ChecksumPolicy::None)
    }
}

fn matches(is_match: bool) -> Outcome {
    Outcome::new().with_flag("match", is_match)
}

fn tcp_parse(input: &Fields<'_>) -> Reading<Outcome> {
    let (bytes, verify) = (input.bytes("seg")?, input.pair("verify")?);
    let segment = match TcpSegment::from_bytes(&bytes[..], verify.as_ref()) {
        Ok(segment) => segment,
        Err(TcpError::Truncated) => return Ok(Outcome::failure("slice_too_short")),
        Err(TcpError::HeaderLength) => return Ok(Outcome::failure("header_len")),
        Err(TcpError::Checksum) => return Ok(Outcome::failure("checksum")),
        Err(other) => return Ok(Outcome::failure(other)),
    };
    let mss = match segment.mss_option() {
        MssOption::Absent => "none".into(),
        MssOption::Present(mss) => mss.to_string(),
        MssOption::Invalid => "err".into(),
    };
    if segment.payload().len() != usize::from(segment.payload_len()) {
        return Ok(Outcome::failure("a payload of another length than it says"));
    }
    Ok(Outcome::ok()
        .with("sport", segment.source_port())
        .with("dport", segment.destination_port())
        .with("seq", segment.sequence_number())
        .with("ack", segment.ack_number())
        .with("hlen", segment.header_len())
        .with("rsvd", segment.reserved_bits())
        .with_flag("ns", segment.ns())
        .with_hex("flags", segment.flags().bits())
        .with("win", segment.window_size())
        .with_hex("csum", segment.checksum())
        .with("urg", segment.urgent_pointer())
        .with("len", segment.len())
        .with("plen", segment.payload_len())
        .with("mss", mss))
}

fn tcp_build(input: &Fields<'_>) -> Reading<Outcome> {
    let mut buf = vec![0; input.number("buf")?];
    let mss_option = Some(input.text("mssopt")?).filter(|text| *text != "-");
    let (payload, payload_max) = match input.text("pay")? {
        "-" => (None, u64::MAX),
        text => {
            let (run, max) = text.split_once(':').ok_or_else(|| format!("'{text}' is no payload"))?;
            (Some(Run::read(run)?.bytes()), number(max)?)
        }
    };
    let mut fields = TcpFields::new(
        input.number("seq")?,
        input.number("ack")?,
        Flags::from_bits(input.hex("flags")?),
        input.number("win")?,
    );
    fields.mss_option = mss_option.map(number).transpose()?;
    fields.mss_remaining = input.number("mss")?;
    fields.payload_max = payload_max;
    let addressing = addressing(input.pair("csum")?, input.number("sport")?, input.number("dport")?);
    Ok(match tcp::write(&mut buf, &fields, payload.as_deref(), &addressing) {
        Ok(length) => Outcome::new().with_bytes("seg", &buf[..length]),
        Err(TcpWriteError::BufferTooSmall) => Outcome::failure("slice_too_short"),
        Err(TcpWriteError::MssOptionRoom) => Outcome::failure("mss_remaining"),
        Err(TcpWriteError::EmptyPayload) => Outcome::failure("empty_payload"),
        Err(other) => Outcome::failure(other),
    })
}

fn sum(input: &Fields<'_>) -> Reading<Outcome> {
    let addresses = AddressPair::new(input.ipv4("src")?, input.ipv4("dst")?);
    let data = input.bytes("data")?;
    let sum = match input.text("proto")? {
        "tcp" => checksum::of_tcp(&addresses, &data),
        "udp" => checksum::of_udp(&addresses, &data),
        other => return Err(format!("there is no checksum for '{other}'")),
    };
    Ok(Outcome::new().with_hex("sum", sum))
}

fn sequence_numbers(input: &Fields<'_>) -> Reading<Outcome> {
    let (a, b) = (Wrapping(input.number("a")?), Wrapping(input.number("b")?));
    Ok(Outcome::new().with_flag("after", seq_after(a, b)).with_flag("at_or_after", seq_at_or_after(a, b)))
}

fn rst(input: &Fields<'_>) -> Reading<Outcome> {
    let rst = RstConfig::for_segment(&input.bytes("seg")?).map_err(|error| error.to_string())?;
    let mut buf = [0; tcp::HEADER_LENGTH];
    let length = rst.write(&mut buf, &addressing(None, 0, 0)).map_err(|error| error.to_string())?;
    let segment = TcpSegment::from_bytes(&buf[..length], None).map_err(|error| error.to_string())?;
    Ok(Outcome::new()
        .with("cfg", rst_text(rst))
        .with("seq", segment.sequence_number())
        .with("ack", segment.ack_number())
        .with_hex("flags", segment.flags().bits()))
}

fn ethernet_parse(input: &Fields<'_>) -> Reading<Outcome> {
    let frame = input.bytes("data")?;
    Ok(match ethernet::parse(&frame) {
        Ok(header) => Outcome::ok()
            .with("dst", spelled_mac(header.destination))
            .with("src", spelled_mac(header.source))
            .with_hex("type", header.ethertype)
            .with("len", frame.len())
            .with("poff", header.payload.start)
            .with("plen", header.payload.len()),
        Err(error) => ethernet_failure(error),
    })
}

fn ethernet_build(input: &Fields<'_>) -> Reading<Outcome> {
    let mut buf = vec![0; input.number("buf")?];
    let (destination, source) = (input.mac("dst")?, input.mac("src")?);
    Ok(match ethernet::write(&mut buf, destination, source, input.hex("type")?, input.number("plen")?) {
        Ok(length) => Outcome::new().with_bytes("frame", &buf[..length]),
        Err(error) => ethernet_failure(error),
    })
}

fn ethernet_failure(error: EthernetError) -> Outcome {
    match error {
        EthernetError::Truncated | EthernetError::BufferTooSmall => Outcome::failure("slice_too_short"),
        other => Outcome::failure(other),
    }
}

fn arp_parse(input: &Fields<'_>) -> Reading<Outcome> {
    Ok(match ArpPacket::parse_request(&input.bytes("data")?) {
        Ok(packet) => Outcome::ok()
            .with("htype", packet.hardware_type)
            .with_hex("ptype", packet.protocol_type)
            .with("hlen", packet.hardware_length)
            .with("plen", packet.protocol_length)
            .with("oper", packet.operation as u16)
            .with("sha", spelled_mac(packet.sender_mac))
            .with("spa", spelled_ipv4(packet.sender_ip))
            .with("tha", spelled_mac(packet.target_mac))
            .with("tpa", spelled_ipv4(packet.target_ip)),
        Err(error) => arp_failure(error),
    })
}

fn arp_build(input: &Fields<'_>) -> Reading<Outcome> {
    let operation = match input.text("op")? {
        "request" => ArpOperation::Request,
        "reply" => ArpOperation::Reply,
        other => return Err(format!("there is no ARP {other}")),
    };
    let packet =
        ArpPacket::new(operation, input.mac("sha")?, input.ipv4("spa")?, input.mac("tha")?, input.ipv4("tpa")?);
    let mut buf = vec![0; input.number("buf")?];
    Ok(match packet.write(&mut buf) {
        Ok(()) => Outcome::new().with_bytes("frame", &buf),
        Err(error) => arp_failure(error),
    })
}

fn arp_failure(error: ArpError) -> Outcome {
    match error {
        ArpError::LengthMismatch => Outcome::failure("slice_exact_len"),
        ArpError::HardwareType => Outcome::failure("htype"),
        ArpError::ProtocolType => Outcome::failure("ptype"),
        ArpError::HardwareLength => Outcome::failure("hlen"),
        ArpError::ProtocolLength => Outcome::failure("plen"),
        ArpError::Operation => Outcome::failure("operation"),
        other => Outcome::failure(other),
    }
}

fn ipv4_parse(input: &Fields<'_>) -> Reading<Outcome> {
    let packet = input.bytes("data")?;
    Ok(match ipv4::parse(&packet, flag(input.text("verify")?)?) {
        Ok(header) => Outcome::ok()
            .with("ver", header.version)
            .with("hlen", header.header_length)
            .with("dscp", header.dscp)
            .with("ecn", header.ecn)
            .with("total", header.total_length)
            .with("id", header.identification)
            .with("flags", header.flags)
            .with("frag", header.fragment_offset)
            .with("ttl", header.ttl)
            .with("proto", header.protocol)
            .with_hex("csum", header.checksum)
            .with("src", spelled_ipv4(header.source))
            .with("dst", spelled_ipv4(header.destination))
            .with("plen", header.payload.len())
            .with_hex("calc", checksum::of_bytes(&packet[..header.payload.start])),
        Err(Ipv4Error::Truncated) => Outcome::failure("slice_too_short"),
        Err(Ipv4Error::Version) => Outcome::failure("version"),
        Err(Ipv4Error::HeaderLength) => Outcome::failure("header_len"),
        Err(Ipv4Error::TotalLength) => Outcome::failure("invalid_total_len"),
        Err(Ipv4Error::LengthMismatch) => Outcome::failure("slice_exact_len"),
        Err(Ipv4Error::Checksum) => Outcome::failure("checksum"),
        Err(other) => Outcome::failure(other),
    })
}

fn ipv4_build(input: &Fields<'_>) -> Reading<Outcome> {
    let mut buf = vec![0; input.number("buf")?];
    let mut fields =
        Ipv4Fields::new(input.ipv4("src")?, input.ipv4("dst")?, input.number("proto")?, input.number("plen")?);
    fields.ttl = 1;
    fields.options_length = input.number("opts")?;
    fields.with_checksum = flag(input.text("csum")?)?;
    Ok(match ipv4::write(&mut buf, &fields) {
        Ok(length) => Outcome::new().with_bytes("header", &buf[..ipv4::HEADER_LENGTH]).with("total", length),
        Err(Ipv4Error::BufferTooSmall) => Outcome::failure("slice_too_short"),
        Err(other) => Outcome::failure(other),
    })
}
