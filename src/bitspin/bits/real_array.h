// An array of real cells as Python fills it in: owns the memory that bs_array points to.
#ifndef BITSPIN_REAL_ARRAY_H
#define BITSPIN_REAL_ARRAY_H

#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

extern "C" {
#include "bitspin/array.h"
}

class RealArray {
  public:
    template <typename T, int Dimensions>
    using In = nanobind::ndarray<const T, nanobind::ndim<Dimensions>, nanobind::c_contig,
                                 nanobind::device::cpu>;

    explicit RealArray(const bs_shape &shape) : array{}, shape_(shape), parts_(shape.layer_count)
    {
        for (uint32_t l = 0; l < shape.layer_count; l++) {
            parts_[l].minus.resize(bs_words(shape.width[l]) * BS_WORD_BITS);
            array.minus[l] = parts_[l].minus.data();
        }
    }

    RealArray(const RealArray &) = delete;
    RealArray &operator=(const RealArray &) = delete;

    // What is drawn once per device, and the rates of what is drawn per read. Returns whether the
    // planes and offsets fit the layer.
    bool set_layer(uint32_t layer, In<uint32_t, 3> classes, In<uint32_t, 2> free,
                   In<int16_t, 1> offsets, uint16_t noise_scale_q8, uint64_t toggle_rate,
                   uint64_t read_rate)
    {
        if (layer >= shape_.layer_count) {
            return false;
        }
        std::size_t outputs = shape_.width[layer + 1], words = bs_words(shape_.width[layer]);
        bool fits = classes.shape(0) >= 1 && classes.shape(0) <= BS_MAX_CELL_CLASSES &&
                    classes.shape(1) == outputs && classes.shape(2) == words &&
                    free.shape(0) == outputs && free.shape(1) == words &&
                    offsets.shape(0) == outputs && noise_scale_q8 <= BS_READ_SCALE_MAX;
        if (!fits) {
            return false;
        }
        Part &part = parts_[layer];
        part.classes.assign(classes.data(), classes.data() + classes.size());
        part.free.assign(free.data(), free.data() + free.size());
        bs_cells &cells = array.layer[layer];
        cells.class_count = static_cast<uint32_t>(classes.shape(0));
        cells.classes = part.classes.data();
        cells.free = part.free.data();
        cells.noise_scale_q8 = noise_scale_q8;
        cells.noise_round = static_cast<uint16_t>((128 - 30 * noise_scale_q8) & 0xFF);
        cells.toggle_rate = toggle_rate;
        cells.read_rate = read_rate;
        set_base(part, cells, offsets);
        return true;
    }

    // Chances of the classes of a layer. Returns the core's verdict.
    bs_status set_bias(uint32_t layer, const std::vector<uint32_t> &probability_q31)
    {
        if (layer >= shape_.layer_count ||
            probability_q31.size() != array.layer[layer].class_count) {
            return BS_ERROR_SHAPE;
        }
        bs_status status = BS_OK;
        for (std::size_t c = 0; c < probability_q31.size() && status == BS_OK; c++) {
            status = bs_write_init(&array.write[layer][c], probability_q31[c]);
        }
        return status;
    }

    void use_threads(uint32_t threads)
    {
        tally_.resize(threads);
        array.tally = tally_.data();
    }

    void count_pulses()
    {
        for (uint32_t l = 0; l < shape_.layer_count; l++) {
            parts_[l].pulses.assign(std::size_t(shape_.width[l]) * shape_.width[l + 1], 0);
            array.pulses[l] = parts_[l].pulses.data();
        }
    }

    const std::vector<uint32_t> &pulses(uint32_t layer) const { return parts_.at(layer).pulses; }

    std::vector<uint64_t> sum(uint64_t (bs_array_tally::*field)[BS_MAX_LAYERS]) const
    {
        std::vector<uint64_t> total(shape_.layer_count, 0);
        for (const bs_array_tally &part : tally_) {
            for (std::size_t l = 0; l < total.size(); l++) {
                total[l] += (part.*field)[l];
            }
        }
        return total;
    }

    bool fits(const bs_shape &shape) const
    {
        return shape.layer_count == shape_.layer_count &&
               std::equal(shape.width, shape.width + shape.layer_count + 1, shape_.width);
    }

    bs_array array;

  private:
    struct Part {
        std::vector<uint32_t> classes;
        std::vector<uint32_t> free;
        std::vector<uint16_t> base;
        std::vector<uint16_t> minus;
        std::vector<uint32_t> pulses;
    };

    static void set_base(Part &part, bs_cells &cells, const In<int16_t, 1> &offsets)
    {
        std::size_t outputs = offsets.shape(0);
        bool exact = cells.noise_scale_q8 == 0;
        for (std::size_t i = 0; i < outputs; i++) {
            exact = exact && offsets.data()[i] == 0;
        }
        cells.base = nullptr;
        if (exact) {
            return;
        }
        int centre = (30 * cells.noise_scale_q8 + cells.noise_round) >> 8;
        part.base.assign(bs_words(outputs) * BS_WORD_BITS, BS_READ_BIAS);
        for (std::size_t i = 0; i < outputs; i++) {
            part.base[i] =
                static_cast<uint16_t>(static_cast<int>(BS_READ_BIAS) + offsets.data()[i] - centre);
        }
        cells.base = part.base.data();
    }

    bs_shape shape_;
    std::vector<Part> parts_;
    std::vector<bs_array_tally> tally_;
};

#endif
