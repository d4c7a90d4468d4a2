// SPDX-License-Identifier: Apache-2.0
// Gives a target every file of the named directories, as libFuzzer would. Plain C functions, so that MemorySanitizer
// sees all.
#include <dirent.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t longest_input = 1U << 20U;

// The input that is being replayed, for whoever looks into a crash.
char current_path[4096];

bool replay_file() {
    std::FILE* const file = std::fopen(current_path, "rb");
    if (file == nullptr) {
        std::perror(current_path);
        return false;
    }
    auto* const buffer = static_cast<std::uint8_t*>(std::malloc(longest_input));
    const std::size_t size = std::fread(buffer, 1, longest_input, file);
    std::fclose(file);
    // In memory of its own size: a target that reads behind its input is found out.
    auto* const input = static_cast<std::uint8_t*>(std::malloc(size + 1));
    std::memcpy(input, buffer, size);
    std::free(buffer);
    std::fprintf(stderr, "%s\n", current_path);
    LLVMFuzzerTestOneInput(input, size);
    std::free(input);
    return true;
}

bool is_file() {
    struct stat status {};
    return stat(current_path, &status) == 0 && S_ISREG(status.st_mode);
}

// How many files there were, or -1 if not all could be replayed. A directory that is not there is empty.
int replay_directory(const char* path) {
    DIR* const directory = opendir(path);
    if (directory == nullptr) {
        return 0;
    }
    int replayed = 0;
    while (const dirent* const entry = readdir(directory)) {
        std::snprintf(current_path, sizeof current_path, "%s/%s", path, entry->d_name);
        if (is_file()) {
            if (!replay_file()) {
                closedir(directory);
                return -1;
            }
            ++replayed;
        }
    }
    closedir(directory);
    return replayed;
}

}  // namespace

int main(int argc, char** argv) {
    int replayed = 0;
    for (int i = 1; i < argc; ++i) {
        const int more = replay_directory(argv[i]);
        if (more < 0) {
            return 1;
        }
        replayed += more;
    }
    std::fprintf(stderr, "inputs: %d\n", replayed);
    return replayed > 0 ? 0 : 1;
}
