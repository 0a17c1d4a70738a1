/* Numbers to text and back, without division: Cortex-M0 has none, and libgcc's costs flash. */
#include "bs_mcu.h"

/* See bs_mcu.h. */
void bs_mcu_write_u32(uint32_t value)
{
    static const uint32_t powers[10] = {1000000000u, 100000000u, 10000000u, 1000000u, 100000u,
                                        10000u,      1000u,      100u,      10u,      1u};
    char text[11];
    uint32_t length = 0;
    for (uint32_t i = 0; i < 10; ++i) {
        char digit = '0';
        while (value >= powers[i]) {
            value -= powers[i];
            ++digit;
        }
        if (digit != '0' || length > 0 || i == 9) {
            text[length++] = digit;
        }
    }
    text[length] = '\0';
    bs_mcu_write(text);
}

/* See bs_mcu.h. */
void bs_mcu_write_hex32(uint32_t value)
{
    char text[9];
    for (uint32_t i = 0; i < 8; ++i) {
        text[i] = "0123456789abcdef"[value >> 28];
        value <<= 4;
    }
    text[8] = '\0';
    bs_mcu_write(text);
}

/* See bs_mcu.h. */
int32_t bs_mcu_parse_u32(const char *text, uint32_t *value)
{
    uint32_t sum = 0;
    uint32_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9'; ++i) {
        uint32_t digit = (uint32_t)(text[i] - '0');
        if (sum > 429496729u || (sum == 429496729u && digit > 5u)) {
            return -1;
        }
        sum = sum * 10u + digit;
    }
    if (i == 0 || text[i] != '\0') {
        return -1;
    }
    *value = sum;
    return 0;
}
