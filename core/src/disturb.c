/* Last phase of a step in a real array: what toggles and reads have done to the stored bits. */
#include "bitspin/array.h"
#include "phases.h"

enum { DOMAIN_DISTURB = 0x30001, DOMAIN_DISTURBED_ROW = 0x30002 };

/* ---- how often each column was toggled ------------------------------------------------------- */

/* Bit-sliced counters of some word columns: plane p holds bit p of each count. A row is added by
 * carry-save: a plane waits until it has two words of its weight to add, so that a row costs two
 * additions on the average (as in Harley and Seal's count of ones). */
#define COUNTER_PLANES 15u /* counts up to BS_MAX_WIDTH */
#define COUNTER_WORDS 16u

typedef struct column_counters {
    uint32_t planes[COUNTER_PLANES + 1][COUNTER_WORDS];
    uint32_t waiting[COUNTER_PLANES + 1][COUNTER_WORDS]; /* in plane p while `rows` has bit p */
    uint32_t rows;
} column_counters;

/* planes[p] + waiting[p] + carry, of which the carry goes on to the next plane. */
static void add_plane(column_counters *c, uint32_t p, uint32_t carry[COUNTER_WORDS])
{
    for (uint32_t w = 0; w < COUNTER_WORDS; w++) {
        uint32_t odd = c->planes[p][w] ^ c->waiting[p][w];
        uint32_t both = c->planes[p][w] & c->waiting[p][w];
        c->planes[p][w] = odd ^ carry[w];
        c->waiting[p][w] = 0;
        carry[w] = both | (odd & carry[w]);
    }
}

static void add_row(column_counters *c, uint32_t ones[COUNTER_WORDS])
{
    uint32_t p = 0;
    for (; (c->rows >> p) & 1u; p++) {
        add_plane(c, p, ones);
    }
    for (uint32_t w = 0; w < COUNTER_WORDS; w++) {
        c->waiting[p][w] = ones[w];
    }
    c->rows++;
}

/* Add what still waits. */
static void settle(column_counters *c)
{
    uint32_t carry[COUNTER_WORDS] = {0};
    for (uint32_t p = 0; p <= COUNTER_PLANES; p++) {
        add_plane(c, p, carry);
    }
}

static uint64_t read_counters(const column_counters *c, size_t word_count, uint16_t *minus)
{
    uint64_t total = 0;
    for (size_t w = 0; w < word_count; w++) {
        for (uint32_t i = 0; i < BS_WORD_BITS; i++) {
            uint32_t count = 0;
            for (uint32_t p = 0; p < COUNTER_PLANES; p++) {
                count |= ((c->planes[p][w] >> i) & 1u) << p;
            }
            minus[w * BS_WORD_BITS + i] = (uint16_t)count;
            total += count;
        }
    }
    return total;
}

uint64_t bs_count_minus(const uint32_t *rows, size_t row_count, size_t bits, uint16_t *minus)
{
    size_t words = bs_words(bits);
    uint64_t total = 0;
    for (size_t first = 0; first < words; first += COUNTER_WORDS) {
        static const column_counters nothing;
        column_counters counters = nothing;
        size_t here = words - first < COUNTER_WORDS ? words - first : COUNTER_WORDS;
        for (size_t r = 0; r < row_count; r++) {
            uint32_t ones[COUNTER_WORDS] = {0};
            for (size_t w = 0; w < here; w++) {
                uint32_t used = first + w + 1 == words ? bs_tail_mask(bits) : 0xFFFFFFFFu;
                ones[w] = ~rows[r * words + first + w] & used;
            }
            add_row(&counters, ones);
        }
        settle(&counters);
        total += read_counters(&counters, here, minus + first * BS_WORD_BITS);
    }
    return total;
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
        array->tally[0].minus[l] += bs_count_minus(t->input[l], t->step.batch, width,
                                                   array->minus[l]);
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
