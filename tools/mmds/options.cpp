// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <dumbo/dumbo.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace mmds {

namespace {

constexpr int usage_error = 2;

/** Numbers with separators between them, such as an address has. */
template <std::size_t Count>
std::optional<std::array<std::uint8_t, Count>> parse_bytes(std::string_view text, char separator, int base) {
    std::array<std::uint8_t, Count> bytes{};
    for (std::size_t i = 0; i < Count; ++i) {
        const auto end = i + 1 < Count ? text.find(separator) : text.size();
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const auto [rest, error] = std::from_chars(text.data(), text.data() + end, bytes[i], base);
        if (error != std::errc() || rest != text.data() + end) {
            return std::nullopt;
        }
        text.remove_prefix(i + 1 < Count ? end + 1 : end);
    }
    return bytes;
}

/** The stack has the last word about addresses. */
bool are_usable(const GuestConfig& guest) {
    dumbo_stack_config config{};
    dumbo_stack_config_init(&config, sizeof(config));
    std::ranges::copy(guest.mac, std::begin(config.mac));
    std::ranges::copy(guest.address, std::begin(config.ipv4));
    config.ports[0] = guest.port;
    config.rto_period = guest.rto;
    std::size_t size = 0;
    return dumbo_stack_size(&config, &size) == DUMBO_OK;
}

void add_attachments(CLI::App& app, Options& options) {
    const auto* const group = "Attachments (one at least, each as often as needed)";
    app.add_option("--tap", options.taps, "a TAP device; made where it does not exist")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("--qemu-stream", options.qemu_streams, "a UNIX socket for QEMU's -netdev stream to connect to")
        ->type_name("PATH")
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("--qemu-dgram", options.qemu_dgrams, "a UNIX socket for QEMU's -netdev dgram to send to")
        ->type_name("PATH")
        ->allow_extra_args(false)
        ->group(group);
    app.add_flag("--offload", options.offload,
                 "leave checksums and the cutting of long segments to the kernel, at TAP devices")
        ->group(group);
    app.add_option("--mtu", options.guest.mtu, "no longer IPv4 packet is sent, unless a device cuts it")
        ->check(CLI::Range(68, 65535))
        ->capture_default_str()
        ->group(group);
    app.add_option("--guests", options.guests_max, "so many guests at a time")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str()
        ->group(group);
}

/** For a number that CLI11 would take for a character. */
CLI::Option* add_number(CLI::App& app, const std::string& name, std::uint8_t& number, const std::string& description) {
    return app
        .add_option_function<unsigned>(
            name, [&number](unsigned value) { number = static_cast<std::uint8_t>(value); },
            description + " [" + std::to_string(number) + "]")
        ->type_name("N");
}

void add_service(CLI::App& app, Options& options) {
    const auto* const group = "Service";
    app.add_option_function<std::string>(
           "--address",
           [&options](const std::string& text) {
               const auto address = parse_bytes<4>(text, '.', 10);
               if (!address) {
                   throw CLI::ValidationError("--address", text + " is no IPv4 address");
               }
               options.guest.address = *address;
           },
           "the IPv4 address [169.254.169.254]")
        ->type_name("IPV4")
        ->group(group);
    app.add_option_function<std::string>(
           "--mac",
           [&options](const std::string& text) {
               const auto mac = parse_bytes<6>(text, ':', 16);
               if (!mac) {
                   throw CLI::ValidationError("--mac", text + " is no MAC address");
               }
               options.guest.mac = *mac;
           },
           "the MAC address [06:01:23:45:67:01]")
        ->type_name("MAC")
        ->group(group);
    app.add_option("--port", options.guest.port, "the TCP port")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str()
        ->group(group);
    app.add_option("--data", options.data, "the JSON document to start with; read again on SIGHUP")
        ->type_name("FILE")
        ->group(group);
    add_number(app, "--token-hops", options.guest.token_hops,
               "how far a response may travel on a connection that has asked for a token")
        ->check(CLI::Range(1, 255))
        ->group(group);
    const std::map<std::string, Imds> modes = {{"any", Imds::any}, {"v1", Imds::v1}, {"v2", Imds::v2}};
    app.add_option(
           "--imds", options.imds,
           "which requests need a token: v2, all; v1, none; any, none, but one that is sent has to be right [any]")
        ->transform(CLI::CheckedTransformer(modes).description(""))
        ->type_name("any|v1|v2")
        ->group(group);
}

/** An option in units of so many nanoseconds. */
CLI::Option* add_time(CLI::App& app, const std::string& name, Time& time, Time unit, const std::string& description) {
    return app
        .add_option_function<std::uint32_t>(
            name, [&time, unit](std::uint32_t value) { time = value * unit; },
            description + " [" + std::to_string(time / unit) + "]")
        ->type_name(unit == second ? "SECONDS" : "MS");
}

void add_bounds(CLI::App& app, Options& options) {
    const auto* const group = "Bounds";
    auto& limits = options.guest.exchange;
    app.add_option("--connections", options.guest.connections, "so many connections of a guest at a time")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str()
        ->group(group);
    add_time(app, "--rto", options.guest.rto, millisecond, "how long to wait for an acknowledgement")
        ->check(CLI::Range(1, 60000))
        ->group(group);
    add_time(app, "--idle", options.guest.idle_threshold, second,
             "a connection that is silent for so long gives way to a new one where there is no room")
        ->check(CLI::Range(0, 86400))
        ->group(group);
    app.add_option("--max-request", limits.head, "bytes of a request's head")
        ->check(CLI::Range(64, 1048576))
        ->capture_default_str()
        ->group(group);
    app.add_option("--max-headers", limits.fields, "header fields of a request")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str()
        ->group(group);
    add_time(app, "--request-timeout", limits.request_timeout, second,
             "from the first byte of a request to its last; six times that without any closes a connection")
        ->check(CLI::Range(1, 86400))
        ->group(group);
    app.add_option("--max-data", options.data_max, "bytes of the document, and so of a response")
        ->check(CLI::Range(2, 67108864))
        ->capture_default_str()
        ->group(group);
}

void add_control(CLI::App& app, Options& options) {
    const auto* const group = "The host's control (with one of the commands: as a client of a running dumbo-mmds)";
    app.add_option("--control", options.control, "a UNIX socket for commands to a running dumbo-mmds")
        ->type_name("PATH")
        ->group(group);
    const auto add_command = [&](const std::string& name, const std::string& verb, const std::string& description) {
        app.add_option_function<std::string>(
               name,
               [&options, verb](const std::string& file) {
                   options.command = ControlCommand{verb, file};
               },
               description)
            ->type_name("FILE")
            ->group(group);
    };
    add_command("--put", "PUT", "replace the document (- for standard input)");
    add_command("--patch", "PATCH", "change the document by a JSON merge patch, RFC 7396 (- for standard input)");
    const auto add_question = [&](const std::string& name, const std::string& verb, const std::string& description) {
        app.add_flag_callback(
               name,
               [&options, verb] {
                   options.command = ControlCommand{verb, {}};
               },
               description)
            ->group(group);
    };
    add_question("--get", "GET", "print the document");
    add_question("--counters", "COUNTERS", "print the counters");
}

void add_the_rest(CLI::App& app, Options& options) {
    const auto* const seeing = "Seeing";
    app.add_option("--pcap", options.pcap, "write every frame to a pcapng file")->type_name("FILE")->group(seeing);
    app.add_flag("--ladder", options.ladder, "print a line for every frame and every request")->group(seeing);
    app.add_flag("--stats", options.stats, "print counters in the end")->group(seeing);
    app.add_option("--exit-after", options.exit_after, "end when so many connections were closed")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()))
        ->group("Life");
}

/** The client has no use for what a server needs, and can do one thing at a time. */
void check_client(const CLI::App& app) {
    std::size_t commands = 0;
    for (const auto* const name : {"--put", "--patch", "--get", "--counters"}) {
        commands += app.count(name) > 0 ? 1 : 0;
    }
    if (app.count("--control") == 0) {
        throw CLI::RequiredError("--control, for a command,");
    }
    if (commands != 1 || app.get_options([](const auto* option) { return option->count() > 0; }).size() != 2) {
        throw CLI::ValidationError("one command, and nothing but --control with it");
    }
}

void check(const CLI::App& app, const Options& options) {
    if (options.command) {
        check_client(app);
        return;
    }
    if (options.taps.empty() && options.qemu_streams.empty() && options.qemu_dgrams.empty()) {
        throw CLI::RequiredError("--tap, --qemu-stream or --qemu-dgram");
    }
    if (!are_usable(options.guest)) {
        throw CLI::ValidationError("--address and --mac have to be a single station's, and not of 0/8 or 127/8");
    }
}

}  // namespace

Parsed parse_options(int argc, char** argv) {
    Options options;
    CLI::App app("Serves instance metadata to virtual machines at the other end of an Ethernet cable.", "dumbo-mmds");
    app.set_version_flag("--version", "dumbo-mmds " + std::string(dumbo_version_string()));
    add_attachments(app, options);
    add_service(app, options);
    add_bounds(app, options);
    add_control(app, options);
    add_the_rest(app, options);
    try {
        app.parse(argc, argv);
        check(app, options);
    } catch (const CLI::ParseError& error) {
        return {std::nullopt, app.exit(error) == 0 ? 0 : usage_error};
    }
    options.guest.exchange.idle_timeout = 6 * options.guest.exchange.request_timeout;
    return {std::move(options), 0};
}

}  // namespace mmds
