#include "bitspin/image.h"

#define HEADER_WORDS ((uint32_t)(sizeof(bs_image_header) / sizeof(uint32_t)))
#define CHUNK_WORDS 16u

size_t bs_image_bytes(const bs_shape *shape)
{
    return sizeof(bs_image_header) + bs_weight_words(shape) * sizeof(uint32_t);
}

uint32_t bs_crc32(uint32_t crc, const uint32_t *words, size_t count)
{
    /* Remainders of the sixteen values of four bits. */
    static const uint32_t table[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
    };
    crc = ~crc;
    for (size_t w = 0; w < count; w++) {
        crc ^= words[w];
        for (uint32_t nibble = 0; nibble < 8u; nibble++) {
            crc = (crc >> 4) ^ table[crc & 15u];
        }
    }
    return ~crc;
}

static uint32_t shape_crc(const bs_shape *shape)
{
    uint32_t crc = bs_crc32(0, &shape->layer_count, 1);
    crc = bs_crc32(crc, shape->width, shape->layer_count + 1u);
    return bs_crc32(crc, &shape->class_count, 1);
}

static uint32_t header_crc(const bs_image_header *header)
{
    const uint32_t fields[HEADER_WORDS - 1u] = {
        header->magic,     header->version, header->sequence,    header->step,
        header->shape_crc, header->words,   header->weights_crc,
    };
    return bs_crc32(0, fields, HEADER_WORDS - 1u);
}

/* Read a slot's header. */
static bs_status read_header(const bs_flash *flash, uint32_t slot, bs_image_header *header)
{
    uint32_t words[HEADER_WORDS];
    if (flash->read(flash->context, slot, 0, words, HEADER_WORDS) != 0) {
        return BS_ERROR_FLASH;
    }
    header->magic = words[0];
    header->version = words[1];
    header->sequence = words[2];
    header->step = words[3];
    header->shape_crc = words[4];
    header->words = words[5];
    header->weights_crc = words[6];
    header->header_crc = words[7];
    return BS_OK;
}

/* The checksum of a slot's weights as they stand in flash. */
static bs_status stored_crc(const bs_flash *flash, uint32_t slot, uint32_t words, uint32_t *crc)
{
    uint32_t chunk[CHUNK_WORDS];
    *crc = 0;
    for (uint32_t done = 0; done < words; done += CHUNK_WORDS) {
        uint32_t count = words - done < CHUNK_WORDS ? words - done : CHUNK_WORDS;
        uint32_t offset = (HEADER_WORDS + done) * (uint32_t)sizeof(uint32_t);
        if (flash->read(flash->context, slot, offset, chunk, count) != 0) {
            return BS_ERROR_FLASH;
        }
        *crc = bs_crc32(*crc, chunk, count);
    }
    return BS_OK;
}

/* Whether a slot holds a whole image of this network: BS_OK, BS_ERROR_IMAGE or BS_ERROR_FLASH. */
static bs_status check_slot(const bs_flash *flash, uint32_t slot, const bs_shape *shape,
                            bs_image_header *header)
{
    uint32_t crc;
    bs_status status = read_header(flash, slot, header);
    if (status != BS_OK) {
        return status;
    }
    if (header->magic != BS_IMAGE_MAGIC || header->version != BS_IMAGE_VERSION ||
        header->header_crc != header_crc(header) || header->shape_crc != shape_crc(shape) ||
        header->words != bs_weight_words(shape)) {
        return BS_ERROR_IMAGE;
    }
    status = stored_crc(flash, slot, header->words, &crc);
    if (status != BS_OK) {
        return status;
    }
    return crc == header->weights_crc ? BS_OK : BS_ERROR_IMAGE;
}

/* The slot of the newest valid image; BS_IMAGE_SLOTS if there is none. */
static bs_status find_newest(const bs_flash *flash, const bs_shape *shape, uint32_t *newest,
                             bs_image_header *header)
{
    *newest = BS_IMAGE_SLOTS;
    for (uint32_t slot = 0; slot < BS_IMAGE_SLOTS; slot++) {
        bs_image_header found;
        bs_status status = check_slot(flash, slot, shape, &found);
        if (status == BS_ERROR_FLASH) {
            return status;
        }
        /* The sequence may wrap: the newer one is ahead by less than half its range. */
        if (status == BS_OK && (*newest == BS_IMAGE_SLOTS ||
                                found.sequence - header->sequence < 0x80000000u)) {
            *newest = slot;
            *header = found;
        }
    }
    return BS_OK;
}

bs_status bs_image_save(const bs_flash *flash, const bs_shape *shape, const uint32_t *weights,
                        uint32_t step)
{
    uint32_t newest;
    bs_image_header header = {0, 0, 0, 0, 0, 0, 0, 0};
    bs_status status = find_newest(flash, shape, &newest, &header);
    if (status != BS_OK) {
        return status;
    }
    uint32_t slot = newest == 0 ? 1u : 0u;
    uint32_t words = (uint32_t)bs_weight_words(shape);
    header.sequence++;
    header.magic = BS_IMAGE_MAGIC;
    header.version = BS_IMAGE_VERSION;
    header.step = step;
    header.shape_crc = shape_crc(shape);
    header.words = words;
    header.weights_crc = bs_crc32(0, weights, words);
    header.header_crc = header_crc(&header);
    const uint32_t fields[HEADER_WORDS] = {
        header.magic,     header.version, header.sequence,    header.step,
        header.shape_crc, header.words,   header.weights_crc, header.header_crc,
    };
    if (flash->erase(flash->context, slot) != 0 ||
        flash->write(flash->context, slot, (uint32_t)sizeof header, weights, words) != 0 ||
        flash->write(flash->context, slot, 0, fields, HEADER_WORDS) != 0) {
        return BS_ERROR_FLASH;
    }
    return BS_OK;
}

bs_status bs_image_load(const bs_flash *flash, const bs_shape *shape, uint32_t *weights,
                        uint32_t *step)
{
    uint32_t newest;
    bs_image_header header = {0, 0, 0, 0, 0, 0, 0, 0};
    bs_status status = find_newest(flash, shape, &newest, &header);
    if (status != BS_OK) {
        return status;
    }
    if (newest == BS_IMAGE_SLOTS) {
        return BS_ERROR_IMAGE;
    }
    if (flash->read(flash->context, newest, (uint32_t)sizeof header, weights, header.words) != 0) {
        return BS_ERROR_FLASH;
    }
    *step = header.step;
    return BS_OK;
}
