/* The ways in which firmware goes wrong; the first argument chooses one. The runner must name each
 * of them. */
#include "bs_mcu.h"

uint32_t dive(uint32_t depth);

/* Recurse until the stack is used up: the condition holds for every depth that is reached. */
__attribute__((noinline)) uint32_t dive(uint32_t depth)
{
    volatile uint32_t frame[8];
    frame[depth & 7u] = depth;
    return depth == 0 ? 0 : dive(depth + 1u) + frame[(depth + 1u) & 7u];
}

int main(void)
{
    char name[64];
    if (bs_mcu_argument(1, name, sizeof name) <= 0) {
        return 99;
    }
    bs_mcu_write("about to misbehave\n");
    switch (name[0]) {
    case 'h': /* hang */
        for (;;) {
            __asm__ volatile("" ::: "memory");
        }
    case 'i': /* illegal instruction */
        __builtin_trap();
    case 'o': /* stack overflow */
        return (int)(dive(1u) & 1u);
    default:
        return 98;
    }
}
