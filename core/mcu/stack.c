/* How deep did the stack get? Fill what is unused with a pattern, later look how much is left. */
#include "bs_mcu.h"
#include "machine.h"

#define PAINT 0x5ac3a53cu

/* See bs_mcu.h. */
void bs_mcu_stack_paint(void)
{
    /* This function's own frame ends at the stack pointer; it calls nothing while it paints. */
    uintptr_t end = bs_mcu_stack_pointer();
    for (uint32_t *word = bs_mcu_stack_limit; (uintptr_t)word < end; ++word) {
        *word = PAINT;
    }
}

/* See bs_mcu.h. */
uint32_t bs_mcu_stack_used(void)
{
    const uint32_t *word = bs_mcu_stack_limit;
    while (word < bs_mcu_stack_top && *word == PAINT) {
        ++word;
    }
    return (uint32_t)((uintptr_t)bs_mcu_stack_top - (uintptr_t)word);
}
