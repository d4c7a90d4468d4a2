// SPDX-License-Identifier: Apache-2.0
#include "randomness/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace randomness {

namespace {

// Pearson's statistic of equally likely bins, as a normal deviate (Wilson and Hilferty, 1931).
double chi_squared_deviations(std::span<const std::uint32_t> counts, std::size_t total) {
    const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
    double sum = 0;
    for (const std::uint32_t count : counts) {
        const double difference = count - expected;
        sum += difference * difference / expected;
    }
    const double freedom = static_cast<double>(counts.size()) - 1;
    const double spread = 2 / (9 * freedom);
    return (std::cbrt(sum / freedom) - (1 - spread)) / std::sqrt(spread);
}

double bits_deviations(std::span<const std::uint32_t> numbers, unsigned first, unsigned width) {
    std::vector<std::uint32_t> counts(std::size_t{1} << width);
    const std::uint32_t mask = static_cast<std::uint32_t>(counts.size()) - 1;
    for (const std::uint32_t number : numbers) {
        ++counts[number >> first & mask];
    }
    return chi_squared_deviations(counts, numbers.size());
}

// The sum of n products of independent numbers, spread evenly over -1/2 ... 1/2, has a variance of n / 144.
double correlation_deviations(std::span<const std::uint32_t> numbers, std::size_t lag) {
    const auto centred = [](std::uint32_t number) { return (number + 0.5) / 4294967296.0 - 0.5; };
    double sum = 0;
    for (std::size_t i = 0; i + lag < numbers.size(); ++i) {
        sum += centred(numbers[i]) * centred(numbers[i + lag]);
    }
    return sum * 12 / std::sqrt(static_cast<double>(numbers.size() - lag));
}

void examine_one_by_one(std::span<const std::uint32_t> numbers, const char* of, std::vector<Finding>& findings) {
    for (unsigned byte = 0; byte < 4; ++byte) {
        findings.push_back({fmt::format("byte {} of {}", byte, of), bits_deviations(numbers, 8 * byte, 8)});
    }
    for (unsigned half = 0; half < 2; ++half) {
        findings.push_back({fmt::format("half {} of {}", half, of), bits_deviations(numbers, 16 * half, 16)});
    }
    for (std::size_t lag = 1; lag <= 8; ++lag) {
        findings.push_back({fmt::format("lag {} of {}", lag, of), correlation_deviations(numbers, lag)});
    }
}

// Of n numbers n^2 / 2^33 pairs are equal, as often as not: a Poisson distribution.
double repetition_deviations(std::span<const std::uint32_t> numbers) {
    std::vector<std::uint32_t> sorted(numbers.begin(), numbers.end());
    std::ranges::sort(sorted);
    std::size_t pairs = 0;
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        pairs += sorted[i] == sorted[i - 1] ? 1U : 0U;
    }
    const double n = static_cast<double>(numbers.size());
    const double expected = n * n / 8589934592.0;
    return 2 * (std::sqrt(static_cast<double>(pairs) + 0.375) - std::sqrt(expected + 0.375));  // Anscombe, 1948
}

}  // namespace

std::vector<Finding> examine(std::span<const std::uint32_t> numbers) {
    std::vector<std::uint32_t> differences;
    differences.reserve(numbers.size());
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        differences.push_back(numbers[i] - numbers[i - 1]);
    }
    std::vector<Finding> findings;
    examine_one_by_one(numbers, "the numbers", findings);
    examine_one_by_one(differences, "the differences", findings);
    findings.push_back({"repetitions", repetition_deviations(numbers)});
    return findings;
}

std::string complaints_about(std::span<const std::uint32_t> numbers) {
    std::string complaints;
    for (const Finding& finding : examine(numbers)) {
        if (!(std::abs(finding.deviations) <= deviations_max)) {
            complaints += fmt::format("{}: {:.1f} deviations\n", finding.what, finding.deviations);
        }
    }
    return complaints;
}

}  // namespace randomness
