// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "path.hpp"

namespace mmds {

/** Why a text is no document, or no patch of one, in words for the host's administrator. */
class DocumentError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/** What is served: a JSON object. A change takes effect as a whole, or throws DocumentError and has no effect. */
class Document {
public:
    /** So deep may objects and arrays be nested: what walks them may call itself. */
    static constexpr int depth_max = 64;

    /** @param size_max  how many bytes it may have, written as compactly as JSON can be */
    explicit Document(std::size_t size_max) : root_(nlohmann::json::object()), size_max_(size_max) {}

    void replace(std::string_view text);

    /** RFC 7396. */
    void patch(std::string_view text);

    /** The whole document, as JSON for people. */
    [[nodiscard]] std::string text() const;

    [[nodiscard]] std::size_t size_max() const { return size_max_; }

    /**
     * Follows the path; NULL if it leads nowhere. A first key that looks like a version of the EC2 API (2021-03-23) and
     * is none of the document's stands for "latest".
     */
    [[nodiscard]] const nlohmann::json* find(const Path& path) const;

private:
    void adopt(nlohmann::json root);

    nlohmann::json root_;
    std::size_t size_max_;
};

/**
 * A value as the EC2 metadata service has it: a string as it is, an object as its keys, one a line, a "/" behind those
 * of objects. For all other values there is no such form.
 */
std::optional<std::string> as_text(const nlohmann::json& value);

std::string as_json(const nlohmann::json& value);

}  // namespace mmds
