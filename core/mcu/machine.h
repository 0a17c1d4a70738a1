/* Between the files of core/mcu only: what a processor or a board must supply to the rest.
 *
 * boot_cortex_m.c | boot_rv32.S     first instruction, fault entry, the semihosting trap
 * counter_*.c                       one of them per board
 */
#ifndef BS_MCU_MACHINE_H
#define BS_MCU_MACHINE_H

#include <stdint.h>

/* Placed by firmware.ld. The stack is the LOWEST part of RAM: an overflow leaves RAM and faults
 * instead of eating the weights. */
extern uint32_t bs_mcu_stack_limit[];
extern uint32_t bs_mcu_stack_top[];
extern uint32_t bs_mcu_data_begin[];
extern uint32_t bs_mcu_data_end[];
extern const uint32_t bs_mcu_data_image[];
extern uint32_t bs_mcu_bss_begin[];
extern uint32_t bs_mcu_bss_end[];

/* Trap to the debugger (here: QEMU).
 *   operation  in, semihosting operation number.
 *   argument   in/out, address of the parameter block or value, as the operation demands.
 * Returns what the operation returns. */
uint32_t bs_mcu_semihost(uint32_t operation, uintptr_t argument);

/* Prepare memory, run main and leave; entered once from the reset code with a valid stack pointer.
 * Does not return. */
void bs_mcu_start(void);

/* Report a processor fault and leave with BS_MCU_EXIT_FAULT. Entered with a fresh stack. Does not
 * return.
 *   kind            in, zero-terminated name of the fault.
 *   cause           in, the processor's cause word (architecture dependent).
 *   address         in, program counter at the fault, 0 if unknown.
 *   stack_pointer   in, its value when the fault struck. */
void bs_mcu_fault(const char *kind, uint32_t cause, uint32_t address, uintptr_t stack_pointer);

/* Start the board's counter; called once before main. */
void bs_mcu_counter_start(void);

/* Rebuild a 64-bit tick count from two timers that started together.
 *   coarse_ticks  in, the slow timer in units of fast ticks; any lag below 2^31 fast ticks.
 *   fine          in, the fast timer modulo 2^32.
 * Returns the one value congruent to `fine` that lies within 2^31 of `coarse_ticks`. */
static inline uint64_t bs_mcu_extend(uint64_t coarse_ticks, uint32_t fine)
{
    int32_t difference = (int32_t)(fine - (uint32_t)coarse_ticks);
    return coarse_ticks + (uint64_t)(int64_t)difference;
}

/* The stack pointer of the function that this is inlined into. */
static inline uintptr_t bs_mcu_stack_pointer(void)
{
    uintptr_t pointer;
#if defined(__arm__)
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
#elif defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(pointer));
#else
#error "core/mcu knows Arm Cortex-M and RV32 only; use host.c on the host"
#endif
    return pointer;
}

#endif
