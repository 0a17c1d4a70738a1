/* The dead zone of back-projected errors, which training here and on a device must round alike. */
#ifndef BITSPIN_DEAD_ZONE_H
#define BITSPIN_DEAD_ZONE_H

#include <stdint.h>

static inline uint32_t bs_integer_sqrt(uint32_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        uint32_t trial = root | bit;
        if (trial * trial <= value) {
            root = trial;
        }
    }
    return root;
}

/* The largest |v| that counts as zero, for a back-projection v of `total` errors.
 * q8     in   standard deviations of v, with 8 fractional bits; <= 64 * 256
 * total  in   <= 32767
 */
static inline uint32_t bs_dead_zone(uint32_t q8, uint32_t total)
{
    return bs_integer_sqrt((uint32_t)(((uint64_t)q8 * q8 * total) >> 16));
}

#endif
