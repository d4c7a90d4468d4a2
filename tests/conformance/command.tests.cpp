// SPDX-License-Identifier: Apache-2.0
//
// The program `replay`: what it prints, and how it ends.

#include "conformance/command.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "support/catch.hpp"

namespace {

// A stream that is read back, and gone with the test.
class Capture {
public:
    [[nodiscard]] std::FILE* stream() const { return file_.get(); }

    [[nodiscard]] std::string text() const {
        std::rewind(file_.get());
        std::string text;
        std::array<char, 4096> part{};
        for (std::size_t length = 1; length > 0;) {
            length = std::fread(part.data(), 1, part.size(), file_.get());
            text.append(part.data(), length);
        }
        return text;
    }

private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Closer> file_{std::tmpfile()};
};

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text) {
        static int number = 0;
        const std::string name = fmt::format("dumbo-replay-test-{}-{}.txt", std::random_device{}(), ++number);
        path_ = (std::filesystem::temp_directory_path() / name).string();
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Outcome {
    int exit_code = 0;
    std::string findings;
    std::string errors;
};

Outcome run(const std::vector<std::string>& arguments) {
    const Capture findings;
    const Capture errors;
    const auto subject = conformance::make_subject();
    const int exit_code = run_command(arguments, *subject, {findings.stream(), errors.stream()});
    return {exit_code, findings.text(), errors.text()};
}

const std::string header = "dumbo-vectors version=1 kind=seq\n";
const std::string right = "seq a=2 b=1 -> after=1 at_or_after=1\n";
const std::string wrong = "seq a=2 b=1 -> after=0 at_or_after=1\n";

}  // namespace

TEST_CASE("A replay without differences ends with 0", "[conformance]") {
    const TemporaryFile file(header + right + right);
    const Outcome outcome = run({file.path()});
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.findings == file.path() + ": 2 cases, 0 differ\n");
    CHECK(outcome.errors.empty());
}

TEST_CASE("A difference is shown with its line and ends the program with 1", "[conformance]") {
    const TemporaryFile file(header + right + wrong);
    const TemporaryFile other(header + right);
    const Outcome outcome = run({file.path(), other.path()});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.findings == file.path() + ": 2 cases, 1 differ\n" + file.path() +
                                  ":3:\n  seq a=2 b=1\n    wanted after=0 at_or_after=1\n"
                                  "    got    after=1 at_or_after=1\n" +
                                  other.path() + ": 1 cases, 0 differ\n");
}

TEST_CASE("A record that wants payload outside its source ends its trace loudly, and must be refused",
          "[conformance]") {
    const std::string opening =
        "dumbo-vectors version=1 kind=connection\n"
        "trace id=1 kind=probe now=0 rbuf=2000 wbuf=1500 res=0 sport=1 dport=15198 csum=-\n"
        "open seg=3b5e00010000000000000000600240000000000002040168 rwnd=1000 rto=2 rto_max=15 isn=0"
        " -> ok | fns=1 har=0 rre=16385 est=0 fin=0 done=0 dup=0 next=A\n"
        "write -> seg=00013b5e0000000000000001601203e80000000002040168 | next=T2\n"
        "recv seg=3b5e000100000001000000015010400000000000 -> len=0 flags=0 | har=1 est=1 next=N\n";
    // One byte, at the farthest number that still counts as before the byte to send.
    const std::string contradiction =
        "write src=1@3221241858 -> seg=00013b5e0000000100000001501003e8000000009e | fns=2\n";
    const TemporaryFile file(opening + contradiction + "close -> ok\nend\n");
    const Outcome outcome = run({file.path()});
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.findings == file.path() + ": 1 cases, 0 differ\n" + file.path() +
                                  ":6: the trace ends here: its record wants payload that its own source does not hold "
                                  "(refused, and nothing changed)\n");
}

TEST_CASE("With --restore the restored snapshots are counted", "[conformance]") {
    const TemporaryFile file(header + right);
    CHECK(run({"--restore", file.path()}).findings == file.path() + ": 1 cases, 0 differ (0 snapshots restored)\n");
}

TEST_CASE("No more differences are shown than asked for", "[conformance]") {
    const TemporaryFile file(header + wrong + wrong + wrong);
    const auto shown = [&](const std::string& max) {
        const std::string text = run({"--max", max, file.path()}).findings;
        CHECK(text.find(": 3 cases, 3 differ\n") != std::string::npos);
        std::size_t count = 0;
        for (std::size_t at = text.find("wanted"); at != std::string::npos; at = text.find("wanted", at + 1)) {
            ++count;
        }
        return count;
    };
    CHECK(shown("0") == 0);
    CHECK(shown("2") == 2);
    CHECK(shown("9") == 3);
}

TEST_CASE("A malformed file ends the program with 2 and names the line", "[conformance]") {
    const std::string line = GENERATE(
        as<std::string>{}, "seq a=2 -> after=1 at_or_after=1\n", "seq a=2 b=1\n", "seq a=2 b=1 -> after=1\n",
        "seq a=2 b=1 -> after=1 at_or_after=2\n", "seq a=2 b=1 -> ok after=1 at_or_after=1\n",
        "csum a=2 b=1 -> sum=0\n", "seq a=2 b=1 -> after=1 at_or_after=1 | fns=1\n", "seq a=2 b=1 -> err=nonsense\n");
    const TemporaryFile malformed(header + right + line + right);
    const TemporaryFile different(header + wrong);
    CAPTURE(line);
    const Outcome outcome = run({malformed.path(), different.path()});
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.errors.find(malformed.path() + ":3: malformed: ") == 0);
    CHECK(outcome.findings.find(different.path() + ": 1 cases, 1 differ\n") == 0);
}

TEST_CASE("A file that cannot be read, or none, ends the program with 2", "[conformance]") {
    CHECK(run({"/nowhere/at/all.txt"}).exit_code == 2);
    CHECK(run({"/tmp"}).exit_code == 2);
    CHECK(run({}).exit_code == 2);
    CHECK(run({"--max"}).exit_code == 2);
    CHECK(run({"--max", "many", "x"}).exit_code == 2);
    CHECK(run({"--unknown", "x"}).exit_code == 2);
}
