/* Predict with a network that emlearn converted: mnist.h, made by bench/emlearn_baseline.py.
 *
 * Without SAMPLES the smallest program, for its size. With SAMPLES=n the first n records of
 * samples.bin, 784 bytes each; classes.bin receives a byte each, and the text is the number of
 * instructions of all predictions.
 */
/* What emlearn writes is not held to our flags. */
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wpedantic"
#include "mnist.h"

#include "bs_mcu.h"

#define INPUTS 784

static float input[INPUTS];

/* A Cortex-M4 begins with its floating-point unit switched off. */
static void begin(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

#ifdef SAMPLES
static unsigned char pixels[INPUTS];

static __attribute__((noinline)) int predict_all(void)
{
    int32_t samples = bs_mcu_open("samples.bin", BS_MCU_READ);
    int32_t classes = bs_mcu_open("classes.bin", BS_MCU_CREATE);
    uint64_t spent = 0;
    for (int32_t i = 0; i < SAMPLES; i++) {
        if (bs_mcu_read(samples, pixels, sizeof pixels) != (int32_t)sizeof pixels) {
            return 3;
        }
        for (int32_t p = 0; p < INPUTS; p++) {
            input[p] = (float)pixels[p] / 255.0f;
        }
        uint64_t start = bs_mcu_instructions();
        int32_t predicted = mnist_predict(input, INPUTS);
        spent += bs_mcu_instructions() - start;
        unsigned char class_byte = (unsigned char)predicted;
        if (bs_mcu_save(classes, &class_byte, 1) != 0) {
            return 3;
        }
    }
    bs_mcu_write_hex32((uint32_t)(spent >> 32));
    bs_mcu_write_hex32((uint32_t)spent);
    return bs_mcu_close(classes) == 0 ? 0 : 3;
}
#else
static __attribute__((noinline)) int predict_all(void)
{
    return mnist_predict(input, INPUTS);
}
#endif

int main(void)
{
    begin();
    return predict_all();
}
