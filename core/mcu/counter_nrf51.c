/* Instructions executed, on the micro:bit (nRF51822).
 *
 * With `-icount shift=N` QEMU gives every instruction 2^N ns of virtual time. TIMER0 counts it at
 * 16 MHz in 32 bits, TIMER1 at 16 MHz / 512; together they span 41 bits of 62.5 ns, 5.4e11
 * instructions at N = 8 between two readings. (The chip's own TIMER1 has 16 bits; QEMU's has 32.)
 * An instruction is then 4.096 ticks long. QEMU rounds 62.5 ns at every reading; so each reading
 * restarts the timers, is rounded to the nearest instruction, and is added to a total: exact.
 */
#include "bs_mcu.h"
#include "machine.h"

/* Registers of one timer that are used here, by offset from its base. */
#define TIMER0 0x40008000u
#define TIMER1 0x40009000u
#define REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))
#define TASK_START 0x000u
#define TASK_CLEAR 0x00cu
#define TASK_CAPTURE0 0x040u
#define MODE 0x504u
#define BITMODE 0x508u
#define PRESCALER 0x510u
#define CC0 0x540u

#define MODE_TIMER 0u
#define BITMODE_32 3u
#define COARSE_PRESCALER 9u
#define HALF_NS_PER_TICK 125u
#define HALF_INSTRUCTION (1u << BS_MCU_ICOUNT_SHIFT)

static uint64_t total;

/* Let one timer run from zero.
 *   base       in, TIMER0 or TIMER1.
 *   prescaler  in, it counts 16 MHz / 2^prescaler. */
static void start_timer(uint32_t base, uint32_t prescaler)
{
    REGISTER(base, MODE) = MODE_TIMER;
    REGISTER(base, BITMODE) = BITMODE_32;
    REGISTER(base, PRESCALER) = prescaler;
    REGISTER(base, TASK_CLEAR) = 1;
    REGISTER(base, TASK_START) = 1;
}

/* See machine.h. */
void bs_mcu_counter_start(void)
{
    start_timer(TIMER1, COARSE_PRESCALER);
    start_timer(TIMER0, 0);
}

/* See bs_mcu.h. */
uint64_t bs_mcu_instructions(void)
{
    REGISTER(TIMER1, TASK_CAPTURE0) = 1;
    REGISTER(TIMER1, TASK_CLEAR) = 1;
    REGISTER(TIMER0, TASK_CAPTURE0) = 1;
    REGISTER(TIMER0, TASK_CLEAR) = 1;
    uint64_t coarse = (uint64_t)REGISTER(TIMER1, CC0) << COARSE_PRESCALER;
    uint64_t ticks = bs_mcu_extend(coarse, REGISTER(TIMER0, CC0));
    total += (ticks * HALF_NS_PER_TICK + HALF_INSTRUCTION) >> (BS_MCU_ICOUNT_SHIFT + 1u);
    return total;
}
