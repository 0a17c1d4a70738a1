// Python's door to the C99 core: arrays in, arrays out, status codes as exceptions.
// Only bitspin.bits imports this module.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "real_array.h"
#include "thread_team.h"

extern "C" {
#include "bitspin/arena.h"
#include "bitspin/network.h"
#include "bitspin/random.h"
#include "bitspin/row.h"
#include "bitspin/train.h"
}

namespace nb = nanobind;
using namespace nb::literals;

namespace {

template <typename T, typename Dimensions>
using In = nb::ndarray<const T, Dimensions, nb::c_contig, nb::device::cpu>;
template <typename T, typename Dimensions>
using InOut = nb::ndarray<T, Dimensions, nb::c_contig, nb::device::cpu>;
template <typename T> using In1 = In<T, nb::ndim<1>>;
template <typename T> using In2 = In<T, nb::ndim<2>>;
template <typename T> using Out1 = nb::ndarray<nb::numpy, T, nb::ndim<1>, nb::c_contig>;
template <typename T> using Out2 = nb::ndarray<nb::numpy, T, nb::ndim<2>, nb::c_contig>;

// ---- errors -------------------------------------------------------------------------------------

struct CoreError : std::runtime_error {
    const char *python_class;
    CoreError(const char *python_class, const std::string &text)
        : std::runtime_error(text), python_class(python_class)
    {
    }
};

void check(bs_status status, const std::string &context)
{
    if (status == BS_OK) {
        return;
    }
    switch (status) {
#define BS_STATUS(name, value, python_class, text)                                                 \
    case name:                                                                                     \
        throw CoreError(#python_class, context + ": " + text);
#include "../../../core/status.def"
#undef BS_STATUS
    }
}

void require(bool condition, const std::string &text)
{
    if (!condition) {
        throw CoreError("ShapeError", text);
    }
}

// ---- memory -------------------------------------------------------------------------------------

struct Free {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

// Zeroed and aligned as the core demands; zeroed so that padding is never undefined.
Memory allocate(std::size_t bytes)
{
    std::size_t rounded = (bytes + BS_ALIGNMENT - 1) / BS_ALIGNMENT * BS_ALIGNMENT;
    void *memory = std::aligned_alloc(BS_ALIGNMENT, rounded);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    std::memset(memory, 0, rounded);
    return Memory(memory);
}

template <typename T> T *new_array(std::size_t count)
{
    return static_cast<T *>(allocate(count == 0 ? 1 : count * sizeof(T)).release());
}

template <typename T> nb::capsule owner(T *data)
{
    return nb::capsule(data, [](void *memory) noexcept { std::free(memory); });
}

template <typename T> Out1<T> own1(T *data, std::size_t n)
{
    return Out1<T>(data, {n}, owner(data));
}

template <typename T> Out2<T> own2(T *data, std::size_t n, std::size_t m)
{
    return Out2<T>(data, {n, m}, owner(data));
}

// ---- backends -----------------------------------------------------------------------------------

const bs_kernels *find_kernels(const std::string &name)
{
    const bs_kernels *kernels = nullptr;
    check(bs_backend_find(name.c_str(), &kernels), "kernel backend '" + name + "'");
    return kernels;
}

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

bs_key split_seed(uint64_t seed)
{
    bs_key key = {{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
    return key;
}

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

// ---- networks -----------------------------------------------------------------------------------

bs_shape make_shape(const std::vector<uint32_t> &widths, uint32_t class_count)
{
    require(widths.size() >= 2 && widths.size() <= BS_MAX_LAYERS + 1,
            "network: got " + std::to_string(widths.size()) + " widths, expected 2 to " +
                std::to_string(BS_MAX_LAYERS + 1) + "; use fewer layers");
    bs_shape shape = {};
    shape.layer_count = static_cast<uint32_t>(widths.size() - 1);
    std::copy(widths.begin(), widths.end(), shape.width);
    shape.class_count = class_count;
    check(bs_shape_check(&shape), "network (widths 1 to " + std::to_string(BS_MAX_WIDTH) +
                                      ", classes 2 to " + std::to_string(BS_MAX_CLASSES) + ")");
    return shape;
}

void check_network_arrays(const bs_shape &shape, std::size_t weight_words, std::size_t code_words)
{
    require(weight_words == bs_weight_words(&shape), "network: the weights do not fit the widths");
    require(code_words == shape.class_count * bs_words(shape.width[shape.layer_count]),
            "network: the code does not fit the classes and the last width");
}

std::unique_ptr<RealArray> make_array(const std::vector<uint32_t> &widths)
{
    return std::make_unique<RealArray>(make_shape(widths, 2));
}

void set_array_layer(RealArray &array, uint32_t layer, RealArray::In<uint32_t, 3> classes,
                     RealArray::In<uint32_t, 2> free, RealArray::In<int16_t, 1> offsets,
                     uint16_t noise_scale_q8, uint64_t toggle_rate, uint64_t read_rate)
{
    require(array.set_layer(layer, classes, free, offsets, noise_scale_q8, toggle_rate, read_rate),
            "array: planes, offsets or noise do not fit layer " + std::to_string(layer));
}

void set_array_bias(RealArray &array, uint32_t layer, const std::vector<uint32_t> &probability_q31)
{
    check(array.set_bias(layer, probability_q31), "array: class probabilities");
}

nb::dict array_tally(const RealArray &array)
{
    nb::dict out;
    out["minus"] = array.sum(&bs_array_tally::minus);
    out["errors"] = array.sum(&bs_array_tally::errors);
    out["error_minus"] = array.sum(&bs_array_tally::error_minus);
    out["disturbed"] = array.sum(&bs_array_tally::disturbed);
    return out;
}

Out1<uint32_t> array_pulses(const RealArray &array, uint32_t layer)
{
    const std::vector<uint32_t> &pulses = array.pulses(layer);
    uint32_t *out = new_array<uint32_t>(pulses.size());
    std::copy(pulses.begin(), pulses.end(), out);
    return own1(out, pulses.size());
}

// Scales and offsets of the classes' scores; empty for none. The shape points to them.
std::vector<int32_t> take_class_scale(bs_shape &shape, const In1<int32_t> &given)
{
    require(given.size() == 0 || given.size() == 2 * std::size_t{shape.class_count},
            "network: the scales do not fit the classes");
    std::vector<int32_t> scale(given.data(), given.data() + given.size());
    shape.class_scale = scale.empty() ? nullptr : scale.data(); // stays, for a vector that is moved
    return scale;
}

class Predictor {
  public:
    Predictor(const std::vector<uint32_t> &widths, uint32_t class_count, In1<uint32_t> code,
              In1<int32_t> class_scale, In1<uint32_t> weights, uint32_t threads,
              const std::string &backend)
        : shape_(make_shape(widths, class_count)),
          class_scale_(take_class_scale(shape_, class_scale)),
          code_(code.data(), code.data() + code.size()), team_(threads)
    {
        check_network_arrays(shape_, weights.size(), code.size());
        const bs_kernels *kernels = find_kernels(backend);
        std::size_t bytes = bs_predictor_bytes(&shape_, threads, kernels);
        memory_ = allocate(bytes);
        check(bs_predictor_init(&predictor_, memory_.get(), bytes, &shape_, threads,
                                kernels, code_.data()),
              "predictor");
        for (std::size_t panel = 0; panel < bs_predictor_panels(&predictor_); panel++) {
            bs_predictor_fill(&predictor_, weights.data(), panel);
        }
    }

    // Predict on real cells; `key` is that of the pass over the samples.
    void attach(RealArray &array, uint64_t key)
    {
        require(array.fits(shape_), "array: its layers do not fit the network");
        predictor_.array = &array.array;
        predictor_.read_key = split_seed(key);
    }

    nb::tuple predict(In2<uint32_t> inputs)
    {
        std::size_t rows = inputs.shape(0), words = inputs.shape(1);
        require(words == bs_words(shape_.width[0]), "predict: inputs have " +
                                                        std::to_string(words) +
                                                        " words a row, the network expects " +
                                                        std::to_string(bs_words(shape_.width[0])));
        std::size_t classes = shape_.class_count;
        uint16_t *labels = new_array<uint16_t>(rows);
        int32_t *scores = new_array<int32_t>(rows * classes);
        {
            nb::gil_scoped_release release;
            std::size_t chunk = predictor_.chunk;
            team_.run((rows + chunk - 1) / chunk, [&](std::size_t task, uint32_t thread) {
                std::size_t first = task * chunk;
                bs_predict_chunk_at(&predictor_, thread, static_cast<uint32_t>(first),
                                    inputs.data() + first * words,
                                    std::min<std::size_t>(rows - first, chunk), labels + first,
                                    scores + first * classes);
            });
        }
        return nb::make_tuple(own1(labels, rows), own2(scores, rows, classes));
    }

  private:
    bs_shape shape_;
    std::vector<int32_t> class_scale_;
    std::vector<uint32_t> code_;
    Memory memory_;
    bs_predictor predictor_;
    ThreadTeam team_;
};

struct Shifts {
    std::vector<int32_t> offset;
    std::vector<uint32_t> keep;
    std::vector<uint32_t> fill;
};

Shifts make_shifts(In1<int32_t> offset, In2<uint32_t> keep, In2<uint32_t> fill)
{
    require(keep.shape(0) == offset.shape(0) && fill.shape(0) == offset.shape(0) &&
                keep.shape(1) == fill.shape(1),
            "shifts: offsets, keep and fill differ in length");
    return {{offset.data(), offset.data() + offset.size()},
            {keep.data(), keep.data() + keep.size()},
            {fill.data(), fill.data() + fill.size()}};
}

class Trainer {
  public:
    Trainer(const std::vector<uint32_t> &widths, uint32_t class_count, In1<uint32_t> code,
            In1<int32_t> class_scale, InOut<uint32_t, nb::ndim<1>> weights, uint64_t seed,
            uint32_t batch_max, uint32_t threads, const std::string &backend)
        : shape_(make_shape(widths, class_count)),
          class_scale_(take_class_scale(shape_, class_scale)),
          code_(code.data(), code.data() + code.size()), weights_(weights), team_(threads)
    {
        check_network_arrays(shape_, weights.size(), code.size());
        const bs_kernels *kernels = find_kernels(backend);
        std::size_t bytes = bs_trainer_bytes(&shape_, batch_max, threads, kernels);
        require(bytes != 0, "trainer: batch " + std::to_string(batch_max) + " is not in 1 to " +
                                std::to_string(BS_MAX_WIDTH) + "; use a smaller batch");
        memory_ = allocate(bytes);
        check(bs_trainer_init(&trainer_, memory_.get(), bytes, &shape_, batch_max, threads,
                              kernels, split_seed(seed), code_.data(), weights_.data()),
              "trainer");
        scratch_bytes_ = bytes;
    }

    void step(In2<uint32_t> samples, In1<uint16_t> labels, In1<uint32_t> order,
              std::optional<In1<uint8_t>> shift, const Shifts *shifts, uint32_t index,
              bool independent, int32_t margin, const std::vector<bs_layer_rule> &rules)
    {
        require(samples.shape(1) == bs_words(shape_.width[0]),
                "step: samples do not fit the network's inputs");
        require(labels.shape(0) == samples.shape(0), "step: labels and samples differ in number");
        require(rules.size() == shape_.layer_count, "step: one rule a layer is needed");
        require(!shift.has_value() || shift->shape(0) == order.shape(0),
                "step: one shift a sample is needed");
        bs_step step = {};
        step.samples = samples.data();
        step.labels = labels.data();
        step.sample_count = static_cast<uint32_t>(samples.shape(0));
        step.order = order.data();
        step.batch = static_cast<uint32_t>(order.shape(0));
        step.index = index;
        step.error = independent ? BS_ERROR_INDEPENDENT : BS_ERROR_RIVAL;
        step.margin = margin;
        std::copy(rules.begin(), rules.end(), step.layer);
        if (shift.has_value() && shifts != nullptr) {
            require(shifts->keep.size() == shifts->offset.size() * samples.shape(1),
                    "step: shifts do not fit the samples");
            step.shift = shift->data();
            step.shifts = {static_cast<uint32_t>(shifts->offset.size()), shifts->offset.data(),
                           shifts->keep.data(), shifts->fill.data()};
        }
        check(bs_step_begin(&trainer_, &step), "training step");
        nb::gil_scoped_release release;
        run_phases();
    }

    nb::dict tally() const
    {
        bs_tally sum = bs_step_tally(&trainer_);
        std::vector<uint64_t> pulses(sum.pulses, sum.pulses + shape_.layer_count);
        std::vector<uint64_t> flips(sum.flips, sum.flips + shape_.layer_count);
        nb::dict out;
        out["pulses"] = pulses;
        out["flips"] = flips;
        out["correct"] = sum.correct;
        out["active"] = sum.active;
        return out;
    }

    std::size_t scratch_bytes() const { return scratch_bytes_; }

    // Train on real cells from now on.
    void attach(RealArray &array)
    {
        require(array.fits(shape_), "array: its layers do not fit the network");
        array.use_threads(trainer_.threads);
        trainer_.forward.array = &array.array;
    }

  private:
    void run_phases()
    {
        for (int p = 0; p < BS_PHASE_COUNT; p++) {
            bs_phase phase = static_cast<bs_phase>(p);
            team_.run(bs_phase_tasks(&trainer_, phase), [&](std::size_t task, uint32_t thread) {
                bs_phase_run(&trainer_, phase, task, thread);
            });
            bs_phase_end(&trainer_, phase);
        }
    }

    bs_shape shape_;
    std::vector<int32_t> class_scale_;
    std::vector<uint32_t> code_;
    InOut<uint32_t, nb::ndim<1>> weights_; // keeps the caller's array alive
    Memory memory_;
    std::size_t scratch_bytes_ = 0;
    bs_trainer trainer_;
    ThreadTeam team_;
};

bs_layer_rule make_rule(uint32_t window, uint32_t dead_zone_q8, uint16_t floor, uint32_t budget_q8,
                        uint32_t probability_q31)
{
    return {window, dead_zone_q8, {floor, budget_q8}, probability_q31};
}

} // namespace

NB_MODULE(_core, m)
{
    m.doc() = "The C99 core: packed kernels, counter-based randomness, prediction, training steps.";
    nb::register_exception_translator([](const std::exception_ptr &pointer, void *) {
        try {
            std::rethrow_exception(pointer);
        } catch (const CoreError &error) {
            nb::object type = nb::module_::import_("bitspin.errors").attr(error.python_class);
            PyErr_SetString(type.ptr(), error.what());
        } catch (const std::system_error &error) { // of a ThreadTeam
            nb::object type = nb::module_::import_("bitspin.errors").attr("BackendError");
            std::string text = std::string("threads: got '") + error.what() +
                               "' from the system, expected as many threads as were asked for; "
                               "ask for fewer";
            PyErr_SetString(type.ptr(), text.c_str());
        }
    });

    m.attr("LANES") = BS_LANES;
    m.attr("MAX_WIDTH") = BS_MAX_WIDTH;
    m.attr("MAX_LAYERS") = BS_MAX_LAYERS;
    m.attr("MAX_CLASSES") = BS_MAX_CLASSES;
    m.attr("NO_BUDGET") = BS_NO_BUDGET;
    m.attr("PROBABILITY_ONE") = BS_PROBABILITY_ONE;

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

    nb::class_<Predictor>(m, "Predictor")
        .def(nb::init<const std::vector<uint32_t> &, uint32_t, In1<uint32_t>, In1<int32_t>,
                      In1<uint32_t>, uint32_t, const std::string &>(),
             "widths"_a, "class_count"_a, "code"_a, "class_scale"_a, "weights"_a, "threads"_a,
             "backend"_a)
        .def("attach", &Predictor::attach, "array"_a, "key"_a, nb::keep_alive<1, 2>())
        .def("predict", &Predictor::predict, "inputs"_a);

    m.attr("MAX_CELL_CLASSES") = BS_MAX_CELL_CLASSES;
    m.attr("RATE_BITS") = BS_RATE_BITS;
    m.attr("READ_SCALE_MAX") = BS_READ_SCALE_MAX;
    nb::class_<RealArray>(m, "RealArray")
        .def("set_layer", &set_array_layer, "layer"_a, "classes"_a, "free"_a, "offsets"_a,
             "noise_scale_q8"_a, "toggle_rate"_a, "read_rate"_a)
        .def("set_bias", &set_array_bias, "layer"_a, "probability_q31"_a)
        .def("count_pulses", &RealArray::count_pulses)
        .def("pulses", &array_pulses, "layer"_a)
        .def("tally", &array_tally);
    m.def("real_array", &make_array, "widths"_a);
    m.def("disturb_gaps", [](uint64_t rate, uint64_t key, std::size_t count) {
        uint32_t *out = new_array<uint32_t>(count);
        bs_stream stream = bs_stream_of(split_seed(key));
        for (std::size_t i = 0; i < count; i++) {
            out[i] = bs_disturb_gap(rate, &stream);
        }
        return own1(out, count);
    }, "rate"_a, "key"_a, "count"_a);

    nb::class_<bs_layer_rule>(m, "LayerRule");
    m.def("layer_rule", &make_rule, "window"_a, "dead_zone_q8"_a, "floor"_a, "budget_q8"_a,
          "probability_q31"_a);
    nb::class_<Shifts>(m, "Shifts");
    m.def("shifts", &make_shifts, "offset"_a, "keep"_a, "fill"_a);

    nb::class_<Trainer>(m, "Trainer")
        .def(nb::init<const std::vector<uint32_t> &, uint32_t, In1<uint32_t>, In1<int32_t>,
                      InOut<uint32_t, nb::ndim<1>>, uint64_t, uint32_t, uint32_t,
                      const std::string &>(),
             "widths"_a, "class_count"_a, "code"_a, "class_scale"_a, "weights"_a.noconvert(),
             "seed"_a, "batch_max"_a, "threads"_a, "backend"_a)
        .def("step", &Trainer::step, "samples"_a, "labels"_a, "order"_a, "shift"_a.none(),
             "shifts"_a.none(), "index"_a, "independent"_a, "margin"_a, "rules"_a)
        .def("attach", &Trainer::attach, "array"_a, nb::keep_alive<1, 2>())
        .def("tally", &Trainer::tally)
        .def_prop_ro("scratch_bytes", &Trainer::scratch_bytes);
}
