/* Instructions executed, on RV32: the processor counts them itself, in 64 bits. Exact under QEMU
 * with `-icount shift=0`. */
#include "bs_mcu.h"
#include "machine.h"

#if BS_MCU_ICOUNT_SHIFT != 0
#error "QEMU's minstret counts instructions only with -icount shift=0"
#endif

/* Control registers are an extension that -march=rv32imac leaves out, see boot_rv32.S. */
__asm__(".option arch, +zicsr");

static uint64_t at_main;

/* Read both halves; again if the low one overflowed in between. */
static uint64_t since_reset(void)
{
    uint32_t high;
    uint32_t low;
    uint32_t high_again;
    do {
        __asm__ volatile("csrr %0, minstreth" : "=r"(high));
        __asm__ volatile("csrr %0, minstret" : "=r"(low));
        __asm__ volatile("csrr %0, minstreth" : "=r"(high_again));
    } while (high != high_again);
    return ((uint64_t)high << 32) | low;
}

/* See machine.h. */
void bs_mcu_counter_start(void)
{
    at_main = since_reset();
}

/* See bs_mcu.h. */
uint64_t bs_mcu_instructions(void)
{
    return since_reset() - at_main;
}
