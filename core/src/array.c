/* Reads and writes in an array of real cells; see bitspin/array.h. */
#include "read_noise.h"

/* Domains of keys derived from the seed; those of the update are 1 .. 8 and 0x10001. */
enum { DOMAIN_READ = 0x20001, DOMAIN_SAMPLE = 0x20002 };

/* ---- per read -------------------------------------------------------------------------------- */

static int is_exact(const bs_predictor *p, uint32_t layer)
{
    return p->array == NULL || p->array->layer[layer].base == NULL;
}

void bs_sense_counts(const bs_predictor *p, uint32_t layer, bs_key pass, uint32_t first,
                     const uint32_t *inputs, size_t row_count, uint16_t *counts, void *scratch)
{
    bs_layer_counts(p->kernels, &p->shape, layer, p->panels[layer], inputs, row_count, counts,
                    scratch);
    if (is_exact(p, layer)) {
        return;
    }
    const bs_cells *cells = &p->array->layer[layer];
    size_t stride = bs_count_stride(&p->shape);
    size_t outputs = p->shape.width[layer + 1];
    uint16_t most = (uint16_t)p->shape.width[layer];
    bs_key layer_key = bs_fold(pass, layer, DOMAIN_READ);
    for (size_t r = 0; r < row_count; r++) {
        bs_key key = bs_fold(layer_key, first + (uint32_t)r, DOMAIN_SAMPLE);
        if (p->kernels->read_noise != NULL) {
            p->kernels->read_noise(cells, outputs, most, key, counts + r * stride);
        } else {
            bs_noise_row(cells, outputs, most, key, counts + r * stride);
        }
    }
}

void bs_sense_compare(const bs_predictor *p, uint32_t layer, bs_key pass, uint32_t first,
                      const uint32_t *inputs, size_t row_count, const bs_range *ranges,
                      size_t range_count, uint16_t *counts, void *scratch)
{
    if (is_exact(p, layer)) {
        bs_layer_compare(p->kernels, &p->shape, layer, p->panels[layer], inputs, row_count, ranges,
                         range_count, counts, scratch);
        return;
    }
    size_t stride = bs_count_stride(&p->shape);
    size_t outputs = p->shape.width[layer + 1];
    bs_sense_counts(p, layer, pass, first, inputs, row_count, counts, scratch);
    for (size_t r = 0; r < row_count; r++) {
        for (size_t i = 0; i < range_count; i++) {
            p->kernels->range_bits(counts + r * stride, outputs, ranges[i].low, ranges[i].high,
                                   ranges[i].bits + r * bs_words(outputs));
        }
    }
}

/* ---- per write ------------------------------------------------------------------------------- */

static void count_pulses(uint32_t *cells, const uint32_t *pulses, size_t words)
{
    for (size_t w = 0; w < words; w++) {
        for (uint32_t rest = pulses[w]; rest != 0; rest &= rest - 1u) {
            cells[w * BS_WORD_BITS + bs_lowest_one(rest)]++;
        }
    }
}

/* Words of a row that have a pulse: they are few, and every class looks through them.
 * filled  out  [words] their numbers
 * kept    out  [words] what they hold of the weights
 * returns      how many
 */
static size_t find_filled(const uint32_t *pulses, const uint32_t *weights, size_t words,
                          uint32_t *filled, uint32_t *kept)
{
    size_t count = 0;
    for (size_t w = 0; w < words; w++) {
        filled[count] = (uint32_t)w;
        kept[count] = weights[w];
        count += pulses[w] != 0;
    }
    return count;
}

uint32_t bs_array_write(const bs_array *array, const bs_shape *shape, uint32_t layer, uint32_t row,
                        bs_stream *stream, const uint32_t *pulses, uint32_t *scratch,
                        uint32_t *weights)
{
    const bs_cells *cells = &array->layer[layer];
    size_t words = bs_words(shape->width[layer]);
    size_t plane = shape->width[layer + 1] * words;
    uint32_t *chosen = scratch;
    uint32_t *filled = scratch + words;
    uint32_t *kept = scratch + 2 * words;
    uint32_t flips = 0;
    if (array->pulses[layer] != NULL) {
        count_pulses(array->pulses[layer] + (size_t)row * shape->width[layer], pulses, words);
    }
    size_t count = find_filled(pulses, weights, words, filled, kept);
    for (uint32_t c = 0; c < cells->class_count; c++) {
        const uint32_t *members = cells->classes + c * plane + row * words;
        uint32_t any = 0;
        for (size_t i = 0; i < count; i++) {
            chosen[i] = pulses[filled[i]] & members[filled[i]];
            any |= chosen[i];
        }
        if (any != 0) {
            flips += bs_write_pulses(&array->write[layer][c], stream, chosen, count, kept);
        }
    }
    for (size_t i = 0; i < count; i++) {
        weights[filled[i]] = kept[i];
    }
    return flips;
}
