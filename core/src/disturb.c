/* Last phase of a step in a real array: what toggles and reads have done to the stored bits. */
#include "column_counts.h"
#include "phases.h"

enum { DOMAIN_DISTURB = 0x30001, DOMAIN_DISTURBED_ROW = 0x30002 };

/* ---- how often each column was toggled ------------------------------------------------------- */

uint64_t bs_count_minus(const bs_kernels *kernels, const uint32_t *rows, size_t row_count,
                        size_t bits, uint16_t *minus)
{
    if (kernels->count_minus != NULL) {
        return kernels->count_minus(rows, row_count, bits, minus);
    }
    return bs_count_columns(rows, row_count, bits, minus);
}

/* ---- when the next bit flips ----------------------------------------------------------------- */

/* round(2^26 * log2(1 + i / 64)): straight lines in between are right to 5e-5 of a bit. */
static const uint32_t log2_table[65] = {
    0, 1501079, 2979239, 4435170, 5869532, 7282953, 8676036, 10049359,
    11403474, 12738911, 14056177, 15355762, 16638134, 17903742, 19153019, 20386381,
    21604229, 22806948, 23994909, 25168470, 26327977, 27473761, 28606143, 29725435,
    30831934, 31925930, 33007703, 34077521, 35135648, 36182335, 37217828, 38242363,
    39256169, 40259469, 41252479, 42235408, 43208457, 44171825, 45125701, 46070271,
    47005714, 47932205, 48849915, 49759007, 50659643, 51551977, 52436163, 53312346,
    54180672, 55041278, 55894303, 56739877, 57578130, 58409188, 59233172, 60050204,
    60860398, 61663868, 62460725, 63251078, 64035030, 64812686, 65584145, 66349506,
    67108864,
};

/* -log2(u / 2^32) with 26 fractional bits, for u = draw + 1 in 1 .. 2^32. */
static uint32_t negative_log2(uint32_t draw)
{
    uint64_t u = (uint64_t)draw + 1u;
    uint32_t whole = 0;
    while ((u >> 32) == 0) {
        u <<= 1;
        whole++;
    }
    uint32_t fraction = (uint32_t)u; /* of the mantissa 1 .. 2, 32 fractional bits */
    uint32_t slot = fraction >> 26;
    uint32_t within = fraction & 0x03FFFFFFu;
    uint32_t step = log2_table[slot + 1] - log2_table[slot];
    uint32_t log2_mantissa = log2_table[slot] + (uint32_t)(((uint64_t)step * within) >> 26);
    return (whole << 26) - log2_mantissa;
}

uint32_t bs_disturb_gap(uint64_t rate, bs_stream *stream)
{
    const uint64_t ln2_q32 = 2977044472u; /* round(2^32 * ln 2) */
    const uint64_t most = 1u << 31;
    uint64_t gap = (negative_log2(bs_next(stream)) * ln2_q32) / rate; /* 26 + 32 = 58 bits */
    return (uint32_t)(gap < most ? gap : most);
}

static uint64_t saturating_rate(uint64_t rate, uint64_t events)
{
    return events != 0 && rate > BS_RATE_MOST / events ? BS_RATE_MOST : rate * events;
}

/* Rate of a cell of which the row and the column had so many events. */
static uint64_t cell_rate(const bs_cells *cells, uint64_t toggled, uint64_t reads)
{
    uint64_t rate = saturating_rate(cells->toggle_rate, toggled) +
                    saturating_rate(cells->read_rate, reads);
    return rate < BS_RATE_MOST ? rate : BS_RATE_MOST;
}

/* Whether a cell takes part in an event that the busiest cell surely takes part in. */
static int takes_part(uint64_t rate, uint64_t most, bs_stream *stream)
{
    while (most > 0xFFFFFFFFu) {
        most >>= 1;
        rate >>= 1;
    }
    return (uint64_t)bs_next(stream) * most < rate << 32;
}

/* ---- the phase ------------------------------------------------------------------------------- */

/* Events of one row in one step. */
typedef struct row_events {
    uint32_t errors;      /* samples with an error: as many transposed reads */
    uint32_t error_minus; /* those of -1: as many toggles there and back */
} row_events;

static row_events count_row(const bs_trainer *t, uint32_t layer, uint32_t row)
{
    size_t columns = bs_words(t->active_count);
    const uint32_t *nonzero = t->row_nonzero[layer] + row * columns;
    const uint32_t *sign = t->row_sign[layer] + row * columns;
    row_events events;
    events.errors = t->forward.kernels->popcount(nonzero, columns);
    events.error_minus = events.errors - t->forward.kernels->popcount(sign, columns);
    return events;
}

/* Flip cells of one row: events come at the rate of the row's busiest cell, and a cell takes its
 * share of them. */
static uint32_t disturb_row(const bs_trainer *t, uint32_t layer, bs_key layer_key, uint32_t row,
                            row_events events)
{
    const bs_array *array = t->forward.array;
    const bs_cells *cells = &array->layer[layer];
    size_t cell_count = t->forward.shape.width[layer];
    size_t words = bs_words(cell_count);
    const uint32_t *free = cells->free + row * words;
    uint32_t *weights = t->weights + bs_layer_offset(&t->forward.shape, layer) + row * words;
    /* Errors of the first layer are not projected back: its cells are read forwards only. */
    uint32_t toggled = layer == 0 ? 0 : events.error_minus;
    uint64_t reads = t->step.batch + (layer == 0 ? 0 : events.errors);
    uint64_t most = cell_rate(cells, (uint64_t)array->busiest[layer] + toggled, reads);
    uint32_t flips = 0;
    if (most == 0) {
        return 0;
    }
    bs_stream stream = bs_stream_of(bs_fold(layer_key, row, DOMAIN_DISTURBED_ROW));
    uint64_t i = bs_disturb_gap(most, &stream);
    while (i < cell_count) {
        uint64_t rate = cell_rate(cells, (uint64_t)array->minus[layer][i] + toggled, reads);
        if (takes_part(rate, most, &stream) && bs_bit(free, i)) {
            weights[i / BS_WORD_BITS] ^= 1u << (i % BS_WORD_BITS);
            flips++;
        }
        i += (uint64_t)bs_disturb_gap(most, &stream) + 1u;
    }
    return flips;
}

void bs_array_forward_end(bs_trainer *t)
{
    bs_array *array = t->forward.array;
    const bs_shape *shape = &t->forward.shape;
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        uint32_t width = shape->width[l];
        array->tally[0].minus[l] += bs_count_minus(t->forward.kernels, t->input[l],
                                                   t->step.batch, width, array->minus[l]);
        array->busiest[l] = 0;
        for (uint32_t i = 0; i < width; i++) {
            uint32_t here = array->minus[l][i];
            array->busiest[l] = here > array->busiest[l] ? here : array->busiest[l];
        }
    }
}

static size_t layer_tasks(const bs_trainer *t, uint32_t layer)
{
    return (t->forward.shape.width[layer + 1] + BS_BLOCK - 1u) / BS_BLOCK;
}

size_t bs_disturb_tasks(const bs_trainer *t)
{
    size_t tasks = 0;
    for (uint32_t l = 0; l < t->forward.shape.layer_count && t->forward.array != NULL; l++) {
        tasks += layer_tasks(t, l);
    }
    return tasks;
}

void bs_disturb(bs_trainer *t, size_t task, uint32_t thread)
{
    uint32_t layer = 0;
    while (task >= layer_tasks(t, layer)) {
        task -= layer_tasks(t, layer);
        layer++;
    }
    bs_array_tally *tally = &t->forward.array->tally[thread];
    bs_key layer_key = bs_fold(bs_fold(t->seed, t->step.index, DOMAIN_DISTURB), layer,
                               DOMAIN_DISTURB);
    uint32_t outputs = t->forward.shape.width[layer + 1];
    uint32_t first = (uint32_t)task * BS_BLOCK;
    for (uint32_t row = first; row < outputs && row < first + BS_BLOCK; row++) {
        row_events events = count_row(t, layer, row);
        tally->errors[layer] += events.errors;
        tally->error_minus[layer] += events.error_minus;
        tally->disturbed[layer] += disturb_row(t, layer, layer_key, row, events);
    }
}
