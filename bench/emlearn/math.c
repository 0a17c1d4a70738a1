/* Elementary functions to about 1e-6 of their value; see math.h. */
#include "math.h"

#include <stdint.h>

typedef union float_bits {
    float value;
    uint32_t bits;
} float_bits;

#define LN2 0.69314718f

float fabsf(float x)
{
    return x < 0.0f ? -x : x;
}

/* 2^k e^r with |r| <= ln 2 / 2, e^r by its series. */
float expf(float x)
{
    if (x < -87.0f) {
        return 0.0f;
    }
    if (x > 88.0f) {
        return INFINITY;
    }
    int32_t k = (int32_t)(x / LN2 + (x < 0.0f ? -0.5f : 0.5f));
    float r = x - (float)k * LN2;
    float sum = 1.0f;
    for (int32_t term = 8; term > 0; term--) {
        sum = 1.0f + r * sum / (float)term;
    }
    float_bits power = {0.0f};
    power.bits = (uint32_t)(k + 127) << 23;
    return sum * power.value;
}

/* k ln 2 + ln m with 1 <= m < 2, ln m by the series of the area tangent; x is positive. */
float logf(float x)
{
    float_bits mantissa = {x};
    int32_t k = (int32_t)(mantissa.bits >> 23) - 127;
    mantissa.bits = (mantissa.bits & 0x007FFFFFu) | 0x3F800000u;
    float t = (mantissa.value - 1.0f) / (mantissa.value + 1.0f);
    float sum = 0.0f;
    for (int32_t power = 13; power > 0; power -= 2) {
        sum = sum * t * t + 1.0f / (float)power;
    }
    return (float)k * LN2 + 2.0f * t * sum;
}

float tanhf(float x)
{
    float e = expf(-2.0f * fabsf(x));
    float y = (1.0f - e) / (1.0f + e);
    return x < 0.0f ? -y : y;
}
