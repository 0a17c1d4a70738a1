// Networks: the cells that hold them, prediction, and training steps.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>

#include "core_arrays.h"
#include "core_parts.h"
#include "real_array.h"
#include "thread_team.h"

extern "C" {
#include "bitspin/network.h"
#include "bitspin/train.h"
}

using namespace nanobind::literals;

namespace bitspin {
namespace {

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

void bind_networks(nb::module_ &m)
{
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

} // namespace bitspin
