// SPDX-License-Identifier: Apache-2.0
#include "conformance/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "conformance/replay.hpp"

namespace conformance {

namespace {

struct Options {
    std::size_t shown_max = 5;
    std::uint64_t shift = 0;
    bool restores = false;
    std::vector<std::string> files;
};

constexpr std::string_view usage =
    "usage: replay [--max N] [--shift N] [--restore] FILE...\n"
    "  --max N    show at most N differences of a file (5)\n"
    "  --shift N  deal out the variants of the interface (kinds of sources, with and without a copy, clones) "
    "differently\n"
    "  --restore  before each event of a trace, restore the connection from its snapshot\n";

std::optional<Options> parse_options(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == "--max" || argument == "--shift") {
            ++i;
            const auto number = i < arguments.size() ? parse_decimal(arguments[i], 1U << 30U) : std::nullopt;
            if (!number) {
                return std::nullopt;
            }
            if (argument == "--max") {
                options.shown_max = static_cast<std::size_t>(*number);
            } else {
                options.shift = *number;
            }
        } else if (argument == "--restore") {
            options.restores = true;
        } else if (argument.rfind("--", 0) == 0) {
            return std::nullopt;
        } else {
            options.files.push_back(argument);
        }
    }
    return options.files.empty() ? std::nullopt : std::optional(options);
}

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// A directory opens, too, and only fails to be read.
std::optional<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
    if (file == nullptr) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 65536> part{};
    std::size_t length = 0;
    do {
        length = std::fread(part.data(), 1, part.size(), file.get());
        text.append(part.data(), length);
    } while (length > 0);
    return std::ferror(file.get()) == 0 ? std::optional(text) : std::nullopt;
}

std::string indented(std::string text) {
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
        text.insert(at + 1, "  ");
    }
    return text;
}

void show(const std::string& file, const Difference& difference, const Output& output) {
    fmt::print(output.findings, "{}:{}:\n", file, difference.line);
    if (!difference.context.empty()) {
        fmt::print(output.findings, "  {}\n", indented(difference.context));
    }
    fmt::print(output.findings, "  {}\n    wanted {}\n    got    {}\n", difference.input, difference.wanted,
               difference.got);
}

ExitCode replay_file(const std::string& file, const Options& options, Subject& subject, const Output& output) {
    const auto text = read_file(file);
    if (!text) {
        fmt::print(output.errors, "{}: cannot be read\n", file);
        return unusable_input;
    }
    try {
        const Document document(*text);
        const Summary summary = replay(document, subject, Variation(options.shift, options.restores));
        fmt::print(output.findings, "{}: {} cases, {} differ{}\n", file, summary.cases, summary.differences.size(),
                   options.restores ? fmt::format(" ({} snapshots restored)", summary.restored) : std::string());
        for (const Difference& contradiction : summary.contradictions) {
            fmt::print(output.findings,
                       "{}:{}: the trace ends here: its record wants payload that its own source does not hold ({})\n",
                       file, contradiction.line, contradiction.got);
        }
        const std::size_t shown = std::min(summary.differences.size(), options.shown_max);
        for (std::size_t i = 0; i < shown; ++i) {
            show(file, summary.differences[i], output);
        }
        return summary.differences.empty() ? all_as_recorded : some_differ;
    } catch (const FormatError& error) {
        fmt::print(output.errors, "{}:{}: malformed: {}\n", file, error.line(), error.what());
        return unusable_input;
    }
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, Subject& subject, const Output& output) {
    const auto options = parse_options(arguments);
    if (!options) {
        fmt::print(output.errors, "{}", usage);
        return unusable_input;
    }
    ExitCode worst = all_as_recorded;
    for (const std::string& file : options->files) {
        worst = std::max(worst, replay_file(file, *options, subject, output));
    }
    return worst;
}

}  // namespace conformance
