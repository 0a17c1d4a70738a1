/* Weights that survive a power failure: two slots of flash, written in turn.
 *
 * A slot holds a header and the weights of bs_weight_words. Saving erases the slot that does NOT
 * hold the newest valid image, writes the weights, and writes the header last: only that commits.
 * An interruption at any time leaves the other slot's image the newest valid one. Checksums of
 * header and weights find what was corrupted later.
 */
#ifndef BITSPIN_IMAGE_H
#define BITSPIN_IMAGE_H

#include "bitspin/network.h"

#define BS_IMAGE_SLOTS 2u
#define BS_IMAGE_MAGIC 0x4E505342u /* "BSPN" in memory */
#define BS_IMAGE_VERSION 1u

typedef struct bs_image_header {
    uint32_t magic;
    uint32_t version;
    uint32_t sequence;  /* the image with the highest one is the newest */
    uint32_t step;      /* number of the next update */
    uint32_t shape_crc; /* of the network that the weights belong to */
    uint32_t words;     /* of the weights */
    uint32_t weights_crc;
    uint32_t header_crc; /* of the fields above */
} bs_image_header;

/* The flash driver, the caller's: each function returns 0, or anything else if it failed.
 * Offsets and sizes are multiples of 4; a write goes to erased memory, and each word is written
 * once between two erasures. */
typedef struct bs_flash {
    void *context; /* handed to each function */
    int (*erase)(void *context, uint32_t slot);
    int (*write)(void *context, uint32_t slot, uint32_t offset, const uint32_t *words,
                 uint32_t count);
    int (*read)(void *context, uint32_t slot, uint32_t offset, uint32_t *words, uint32_t count);
} bs_flash;

/* Bytes that a slot must have. */
size_t bs_image_bytes(const bs_shape *shape);

/* CRC-32 (IEEE 802.3, reflected, as in zlib) of words in little-endian order.
 * crc  in  0 to begin, or the result so far
 */
uint32_t bs_crc32(uint32_t crc, const uint32_t *words, size_t count);

/* Save the weights.
 * weights  in  [bs_weight_words(shape)]
 * step     in  bs_learner.step, so that the random stream goes on
 * returns      BS_ERROR_FLASH; the image saved before is then still valid
 */
bs_status bs_image_save(const bs_flash *flash, const bs_shape *shape, const uint32_t *weights,
                        uint32_t step);

/* Restore the newest valid image of this network.
 * weights  out  [bs_weight_words(shape)] untouched unless a valid image was found
 * step     out  as saved
 * returns       BS_ERROR_IMAGE if neither slot holds a valid image of this shape, BS_ERROR_FLASH
 */
bs_status bs_image_load(const bs_flash *flash, const bs_shape *shape, uint32_t *weights,
                        uint32_t *step);

#endif
