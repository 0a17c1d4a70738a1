/* Instructions executed, on the MPS2 boards (mps2-an385, mps2-an386).
 *
 * With `-icount shift=N` QEMU gives every instruction 2^N ns of virtual time. The board's FPGAIO
 * block counts that time: COUNTER at 25 MHz (32 bits, prescaler 0) and CLK100HZ at 100 Hz. Together
 * they give 64 bits; CLK100HZ wraps after 2^32 / 100 s, 1.7e14 instructions at N = 8.
 * Where a tick begins within an instruction differs from run to run. With N = 8 an instruction is
 * 6.4 ticks long, so that rounding to the nearest instruction makes every count exact.
 */
#include "bs_mcu.h"
#include "machine.h"

#define CLK100HZ (*(volatile uint32_t *)0x40028014u)
#define COUNTER (*(volatile uint32_t *)0x40028018u)
#define PRESCALE (*(volatile uint32_t *)0x4002801cu)

#define TICKS_PER_CLK100HZ 250000u
#define NS_PER_TICK 40u
#define HALF_INSTRUCTION (1u << (BS_MCU_ICOUNT_SHIFT - 1u))

static uint64_t at_main;

/* Virtual time since reset, converted to instructions. */
static uint64_t since_reset(void)
{
    uint64_t coarse = (uint64_t)CLK100HZ * TICKS_PER_CLK100HZ;
    uint64_t ticks = bs_mcu_extend(coarse, COUNTER);
    return (ticks * NS_PER_TICK + HALF_INSTRUCTION) >> BS_MCU_ICOUNT_SHIFT;
}

/* See machine.h. */
void bs_mcu_counter_start(void)
{
    PRESCALE = 0;
    COUNTER = 0;
    at_main = since_reset();
}

/* See bs_mcu.h. */
uint64_t bs_mcu_instructions(void)
{
    return since_reset() - at_main;
}
