// The kernels, packing and randomness of the core, one call each.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core_arrays.h"
#include "core_parts.h"

extern "C" {
#include "bitspin/array.h"
#include "bitspin/network.h"
#include "bitspin/row.h"
}

using namespace nanobind::literals;

namespace bitspin {
namespace {

std::vector<std::string> backend_names()
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < bs_backend_count(); i++) {
        names.emplace_back(bs_backend_at(i)->name);
    }
    return names;
}

// ---- bits ---------------------------------------------------------------------------------------

Out2<uint32_t> pack(In2<uint8_t> values)
{
    std::size_t rows = values.shape(0), bits = values.shape(1), words = bs_words(bits);
    uint32_t *out = new_array<uint32_t>(rows * words);
    nb::gil_scoped_release release;
    for (std::size_t r = 0; r < rows; r++) {
        bs_pack(values.data() + r * bits, bits, out + r * words);
    }
    nb::gil_scoped_acquire acquire;
    return own2(out, rows, words);
}

Out2<uint8_t> unpack(In2<uint32_t> words, std::size_t bits)
{
    std::size_t rows = words.shape(0), width = words.shape(1);
    require(width == bs_words(bits), "unpack: rows of " + std::to_string(width) +
                                         " words do not hold " + std::to_string(bits) + " bits");
    uint8_t *out = new_array<uint8_t>(rows * bits);
    for (std::size_t r = 0; r < rows; r++) {
        bs_unpack(words.data() + r * width, bits, out + r * bits);
    }
    return own2(out, rows, bits);
}

Out2<uint32_t> transpose(In2<uint32_t> words, std::size_t bits, const std::string &backend)
{
    const bs_kernels *kernels = find_kernels(backend);
    std::size_t rows = words.shape(0), width = words.shape(1), columns = bs_words(rows);
    require(width == bs_words(bits), "transpose: the row width does not fit the bit count");
    uint32_t *out = new_array<uint32_t>(bits * columns);
    for (std::size_t column = 0; column < columns; column++) {
        const uint32_t *block[BS_WORD_BITS];
        std::size_t first = column * BS_WORD_BITS;
        std::size_t count = std::min<std::size_t>(rows - first, BS_WORD_BITS);
        for (std::size_t r = 0; r < count; r++) {
            block[r] = words.data() + (first + r) * width;
        }
        bs_transpose_to_rows(kernels->transpose, block, count, width, out, bits, column, columns);
    }
    return own2(out, bits, columns);
}

// Rows shifted by whole bits, one shift for all of them.
Out2<uint32_t> shift_rows(In2<uint32_t> words, int32_t offset, In1<uint32_t> keep,
                          In1<uint32_t> fill)
{
    std::size_t rows = words.shape(0), width = words.shape(1);
    require(keep.shape(0) == width && fill.shape(0) == width, "shift: masks do not fit the rows");
    uint32_t *out = new_array<uint32_t>(rows * width);
    for (std::size_t r = 0; r < rows; r++) {
        bs_shift_row(words.data() + r * width, width, offset, keep.data(), fill.data(),
                     out + r * width);
    }
    return own2(out, rows, width);
}

std::vector<uint32_t> make_panels(In2<uint32_t> matrix)
{
    std::size_t rows = matrix.shape(0), words = matrix.shape(1);
    std::vector<uint32_t> panels(bs_panels(rows) * words * BS_LANES);
    for (std::size_t first = 0; first < rows; first += BS_LANES) {
        bs_fill_panel(matrix.data() + first * words,
                      std::min<std::size_t>(rows - first, BS_LANES), words,
                      panels.data() + first * words);
    }
    return panels;
}

// Copy the columns in use out of counts that are padded to whole words.
Out2<uint16_t> trim(const std::vector<uint16_t> &counts, std::size_t rows, std::size_t stride,
                    std::size_t columns)
{
    uint16_t *out = new_array<uint16_t>(rows * columns);
    for (std::size_t r = 0; r < rows; r++) {
        std::copy_n(counts.data() + r * stride, columns, out + r * columns);
    }
    return own2(out, rows, columns);
}

Out2<uint16_t> count_binary(In2<uint32_t> rows, In2<uint32_t> matrix, const std::string &backend)
{
    require(rows.shape(1) == matrix.shape(1), "product: operands have different row widths");
    std::vector<uint32_t> panels = make_panels(matrix);
    std::size_t stride = bs_words(matrix.shape(0)) * BS_WORD_BITS;
    std::vector<uint16_t> counts(rows.shape(0) * stride);
    const bs_kernels *kernels = find_kernels(backend);
    Memory scratch = allocate(kernels->scratch_bytes);
    kernels->count_binary(rows.data(), rows.shape(0), panels.data(), bs_panels(matrix.shape(0)),
                          rows.shape(1), counts.data(), stride, scratch.get());
    return trim(counts, rows.shape(0), stride, matrix.shape(0));
}

Out2<uint16_t> count_ternary(In2<uint32_t> nonzero, In2<uint32_t> sign, In2<uint32_t> matrix,
                             const std::string &backend)
{
    require(nonzero.shape(1) == matrix.shape(1) && sign.shape(1) == nonzero.shape(1) &&
                sign.shape(0) == nonzero.shape(0),
            "product: operands have different shapes");
    std::vector<uint32_t> panels = make_panels(matrix);
    std::size_t stride = bs_words(matrix.shape(0)) * BS_WORD_BITS;
    std::vector<uint16_t> counts(nonzero.shape(0) * stride);
    const bs_kernels *kernels = find_kernels(backend);
    Memory scratch = allocate(kernels->scratch_bytes);
    kernels->count_ternary(nonzero.data(), sign.data(), nonzero.shape(0), panels.data(),
                           bs_panels(matrix.shape(0)), nonzero.shape(1), counts.data(), stride,
                           scratch.get());
    return trim(counts, nonzero.shape(0), stride, matrix.shape(0));
}

// Seconds of a binary product whose operands and counts stay in the caches, over some repetitions.
double time_product(In2<uint32_t> rows, In2<uint32_t> matrix, const std::string &backend,
                    std::size_t repetitions)
{
    require(rows.shape(1) == matrix.shape(1), "product: operands have different row widths");
    const bs_kernels *kernels = find_kernels(backend);
    std::vector<uint32_t> panels = make_panels(matrix);
    std::size_t stride = bs_words(matrix.shape(0)) * BS_WORD_BITS;
    std::vector<uint16_t> counts(rows.shape(0) * stride);
    Memory scratch = allocate(kernels->scratch_bytes);
    auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < repetitions; i++) {
        kernels->count_binary(rows.data(), rows.shape(0), panels.data(),
                              bs_panels(matrix.shape(0)), rows.shape(1), counts.data(), stride,
                              scratch.get());
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Bits of each range (low, high), as the network's hidden layers get them.
std::vector<Out2<uint32_t>> compare_binary(In2<uint32_t> rows, In2<uint32_t> matrix,
                                           const std::vector<std::pair<uint16_t, uint16_t>> &ranges,
                                           const std::string &backend)
{
    require(rows.shape(1) == matrix.shape(1), "product: operands have different row widths");
    require(!ranges.empty() && ranges.size() <= BS_MAX_RANGES, "compare: too many ranges, or none");
    const bs_kernels *kernels = find_kernels(backend);
    std::size_t outputs = matrix.shape(0), words = bs_words(outputs);
    std::vector<uint32_t> panels = make_panels(matrix);
    std::vector<uint16_t> counts(rows.shape(0) * words * BS_WORD_BITS);
    Memory scratch = allocate(kernels->scratch_bytes);
    std::vector<bs_range> wanted;
    std::vector<Out2<uint32_t>> out;
    for (auto [low, high] : ranges) {
        uint32_t *bits = new_array<uint32_t>(rows.shape(0) * words);
        wanted.push_back({low, high, bits});
        out.push_back(own2(bits, rows.shape(0), words));
    }
    bs_compare_binary(kernels, rows.data(), rows.shape(0), panels.data(), outputs, rows.shape(1),
                      wanted.data(), wanted.size(), counts.data(), words * BS_WORD_BITS,
                      scratch.get());
    return out;
}

std::vector<uint16_t> padded(In1<uint16_t> values)
{
    std::vector<uint16_t> copy(bs_words(values.shape(0)) * BS_WORD_BITS, 0xFFFF);
    std::copy_n(values.data(), values.shape(0), copy.data());
    return copy;
}

nb::tuple range_bits(In1<uint16_t> values, uint16_t low, uint16_t high, const std::string &backend)
{
    std::size_t words = bs_words(values.shape(0));
    uint32_t *out = new_array<uint32_t>(words);
    uint32_t set = find_kernels(backend)->range_bits(padded(values).data(), values.shape(0), low,
                                                     high, out);
    return nb::make_tuple(own1(out, words), set);
}

nb::tuple disagreement(In1<uint16_t> counts, In1<uint32_t> weights, uint16_t total,
                       const std::string &backend)
{
    std::size_t cells = counts.shape(0);
    require(weights.shape(0) == bs_words(cells), "disagreement: weights do not fit the counts");
    std::size_t rounded = bs_words(cells) * BS_WORD_BITS;
    uint16_t *q = new_array<uint16_t>(rounded);
    uint16_t largest = find_kernels(backend)->disagreement(padded(counts).data(), weights.data(),
                                                           cells, total, q);
    return nb::make_tuple(own1(q, rounded), largest);
}

uint32_t count_reaching(In1<uint16_t> values, uint16_t low, const std::string &backend)
{
    return find_kernels(backend)->count_reaching(padded(values).data(), values.shape(0), low);
}

Out1<uint32_t> flip_ranked(In1<uint32_t> mask, In1<uint32_t> ranks, In1<uint32_t> row,
                           const std::string &backend)
{
    std::size_t words = row.shape(0);
    require(mask.shape(0) == words && ranks.shape(0) == words,
            "flip_ranked: mask, ranks and row differ in length");
    uint32_t *after = new_array<uint32_t>(words);
    std::copy_n(row.data(), words, after);
    find_kernels(backend)->flip_ranked(mask.data(), words, ranks.data(), after);
    return own1(after, words);
}

Out1<uint16_t> count_minus(In2<uint32_t> rows, std::size_t bits, const std::string &backend)
{
    require(rows.shape(1) == bs_words(bits), "count_minus: the rows do not have so many bits");
    std::size_t rounded = bs_words(bits) * BS_WORD_BITS;
    uint16_t *minus = new_array<uint16_t>(rounded);
    bs_count_minus(find_kernels(backend), rows.data(), rows.shape(0), bits, minus);
    return own1(minus, bits);
}

uint32_t popcount(In1<uint32_t> row, const std::string &backend)
{
    return find_kernels(backend)->popcount(row.data(), row.shape(0));
}

// ---- randomness and rows ------------------------------------------------------------------------

uint64_t join_key(bs_key key)
{
    return static_cast<uint64_t>(key.word[1]) << 32 | key.word[0];
}

Out1<uint32_t> random_words(uint64_t key, std::size_t count, uint32_t first)
{
    uint32_t *out = new_array<uint32_t>(count);
    bs_fill_words(split_seed(key), first, out, count);
    return own1(out, count);
}

nb::tuple pulse_row(In1<uint16_t> q, In1<uint32_t> row, uint16_t floor, uint32_t budget_q8,
                    uint32_t probability_q31, uint64_t key, const std::string &backend)
{
    std::size_t cells = q.shape(0), words = bs_words(cells);
    require(row.shape(0) == words, "pulse_row: the row does not fit q");
    std::vector<uint16_t> values = padded(q);
    uint16_t largest = 0;
    for (std::size_t i = 0; i < cells; i++) {
        largest = std::max(largest, values[i]);
    }
    bs_write write;
    check(bs_write_init(&write, probability_q31), "write probability");
    bs_stream stream = bs_stream_of(split_seed(key));
    std::vector<uint32_t> scratch(2 * words);
    uint32_t *pulses = new_array<uint32_t>(words);
    uint32_t *after = new_array<uint32_t>(words);
    std::copy_n(row.data(), words, after);
    uint32_t budget = bs_draw_budget(budget_q8, &stream);
    bs_select_pulses(find_kernels(backend), values.data(), cells, largest, floor, budget, &stream,
                     pulses, scratch.data());
    bs_write_pulses(&write, &stream, pulses, words, after);
    return nb::make_tuple(own1(pulses, words), own1(after, words));
}

} // namespace

void bind_kernels(nb::module_ &m)
{
    m.def("backend_names", &backend_names);
    m.def("backend_resolve", [](const std::string &name) { return find_kernels(name)->name; });
    m.def("pack", &pack, "values"_a);
    m.def("unpack", &unpack, "words"_a, "bits"_a);
    m.def("transpose", &transpose, "words"_a, "bits"_a, "backend"_a = "auto");
    m.def("shift_rows", &shift_rows, "words"_a, "offset"_a, "keep"_a, "fill"_a);
    m.def("count_binary", &count_binary, "rows"_a, "matrix"_a, "backend"_a);
    m.def("count_ternary", &count_ternary, "nonzero"_a, "sign"_a, "matrix"_a, "backend"_a);
    m.def("time_product", &time_product, "rows"_a, "matrix"_a, "backend"_a, "repetitions"_a);
    m.def("compare_binary", &compare_binary, "rows"_a, "matrix"_a, "ranges"_a, "backend"_a);
    m.def("range_bits", &range_bits, "values"_a, "low"_a, "high"_a, "backend"_a);
    m.def("count_reaching", &count_reaching, "values"_a, "low"_a, "backend"_a);
    m.def("disagreement", &disagreement, "counts"_a, "weights"_a, "total"_a, "backend"_a);
    m.def("flip_ranked", &flip_ranked, "mask"_a, "ranks"_a, "row"_a, "backend"_a);
    m.def("count_minus", &count_minus, "rows"_a, "bits"_a, "backend"_a);
    m.def("popcount", &popcount, "row"_a, "backend"_a);
    m.def("fold_key", [](uint64_t key, uint32_t index, uint32_t domain) {
        return join_key(bs_fold(split_seed(key), index, domain));
    }, "key"_a, "index"_a, "domain"_a);
    m.def("random_words", &random_words, "key"_a, "count"_a, "first"_a = 0);
    m.def("pulse_row", &pulse_row, "q"_a, "row"_a, "floor"_a, "budget_q8"_a, "probability_q31"_a,
          "key"_a, "backend"_a);
}

} // namespace bitspin
