// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "descriptor.hpp"

namespace mmds {

namespace {

std::string read_all(int fd, const std::string& path, std::size_t size_max) {
    std::string text;
    std::array<char, 65536> piece{};
    while (true) {
        const auto n = read(fd, piece.data(), piece.size());
        if (n == 0) {
            return text;
        }
        if (n < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), path);
        }
        text.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (text.size() > size_max) {
            throw std::runtime_error(path + ": longer than " + std::to_string(size_max) + " bytes");
        }
    }
}

/** Throws if anything fails. */
void write_all(int fd, std::span<const std::uint8_t> bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto n = write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), path);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
    if (fsync(fd) != 0) {
        throw std::system_error(errno, std::generic_category(), path);
    }
}

}  // namespace

std::string read_file(const std::string& path, std::size_t size_max) {
    if (path == "-") {
        return read_all(STDIN_FILENO, "standard input", size_max);
    }
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));  // NOLINT(*-vararg)
    if (file.get() < 0) {
        throw std::system_error(errno, std::generic_category(), path);
    }
    return read_all(file.get(), path, size_max);
}

void write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
    std::string temporary = path + ".XXXXXX";
    const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));  // for this user alone
    if (file.get() < 0) {
        throw std::system_error(errno, std::generic_category(), temporary);
    }
    try {
        write_all(file.get(), bytes, temporary);
        if (rename(temporary.c_str(), path.c_str()) != 0) {
            throw std::system_error(errno, std::generic_category(), path);
        }
    } catch (...) {
        unlink(temporary.c_str());
        throw;
    }
}

}  // namespace mmds
