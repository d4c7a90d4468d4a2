// SPDX-License-Identifier: Apache-2.0
#include "document.hpp"

#include <cstdint>
#include <utility>

namespace mmds {

namespace {

using nlohmann::json;

/** Refuses nesting while it is read: what is too deep never exists. */
bool check_depth(int depth, json::parse_event_t event, const json& /*parsed*/) {
    const bool opens = event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= Document::depth_max) {
        throw DocumentError("objects and arrays are nested more than " + std::to_string(Document::depth_max) + " deep");
    }
    return true;
}

json parse(std::string_view text) {
    try {
        return json::parse(text, check_depth);
    } catch (const json::exception& error) {
        // The first word is the library's own number for it.
        const std::string_view why = error.what();
        throw DocumentError("this is no JSON: " + std::string(why.substr(why.find("] ") + 2)));
    }
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_api_version(std::string_view key) {
    constexpr std::string_view form = "dddd-dd-dd";
    if (key.size() != form.size()) {
        return false;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == 'd' ? !is_digit(key[i]) : key[i] != form[i]) {
            return false;
        }
    }
    return true;
}

const json* child(const json& parent, const std::string& key) {
    if (!parent.is_object()) {
        return nullptr;
    }
    const auto found = parent.find(key);
    return found == parent.end() ? nullptr : &*found;
}

std::string list(const json& object) {
    std::string lines;
    for (const auto& [key, value] : object.items()) {
        if (!lines.empty()) {
            lines += '\n';
        }
        lines += key;
        if (value.is_object()) {
            lines += '/';
        }
    }
    return lines;
}

}  // namespace

void Document::replace(std::string_view text) {
    adopt(parse(text));
}

void Document::patch(std::string_view text) {
    const json change = parse(text);
    if (!change.is_object()) {
        throw DocumentError("a patch that is no object would replace the document by something that is none");
    }
    json patched = root_;
    patched.merge_patch(change);
    adopt(std::move(patched));
}

void Document::adopt(json root) {
    if (!root.is_object()) {
        throw DocumentError("the document has to be an object");
    }
    const std::size_t size = root.dump().size();
    if (size > size_max_) {
        throw DocumentError("the document has " + std::to_string(size) + " bytes, more than the " +
                            std::to_string(size_max_) + " that are allowed");
    }
    root_ = std::move(root);
}

std::string Document::text() const {
    return root_.dump(2) + '\n';
}

const json* Document::find(const Path& path) const {
    const json* value = &root_;
    for (std::size_t i = 0; i < path.size() && value != nullptr; ++i) {
        const json* next = child(*value, path[i]);
        if (i == 0 && next == nullptr && is_api_version(path[i])) {
            next = child(*value, "latest");
        }
        value = next;
    }
    return value;
}

std::optional<std::string> as_text(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_object()) {
        return list(value);
    }
    return std::nullopt;
}

std::string as_json(const json& value) {
    return value.dump();
}

}  // namespace mmds
