/* Cortex-M: vector table, reset, fault entry and the semihosting trap. */
#include "machine.h"

void bs_mcu_reset(void);
void bs_mcu_fault_entry(void);
void bs_mcu_fault_frame(const uint32_t *frame);

typedef void (*handler)(void);

/* The stack pointer and the fifteen system exceptions of ARMv6-M and ARMv7-M. No interrupt is ever
 * enabled, so the table ends there; every exception is a fault to us. */
struct vector_table {
    uint32_t *initial_stack_pointer;
    handler handlers[15];
};

__attribute__((section(".boot"), used)) static const struct vector_table vectors = {
    bs_mcu_stack_top,
    {bs_mcu_reset, bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry,
     bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry,
     bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry, bs_mcu_fault_entry,
     bs_mcu_fault_entry, bs_mcu_fault_entry},
};

/* Memory protection unit of ARMv7-M; MPU_TYPE reads 0 on a core without one (Cortex-M0). */
#define MPU_TYPE (*(volatile uint32_t *)0xe000ed90u)
#define MPU_CTRL (*(volatile uint32_t *)0xe000ed94u)
#define MPU_RNR (*(volatile uint32_t *)0xe000ed98u)
#define MPU_RBAR (*(volatile uint32_t *)0xe000ed9cu)
#define MPU_RASR (*(volatile uint32_t *)0xe000eda0u)

#define GUARD_BYTES_LOG2 28u
#define RASR_NO_ACCESS (1u << 28) /* execute never; access permission 000: none */
#define RASR_ENABLE 1u
#define CTRL_ENABLE 1u
#define CTRL_DEFAULT_MAP (1u << 2) /* what no region covers stays as without the unit */

/* Make a stack overflow fault: forbid the 256 MB below RAM. The mps2 boards of QEMU otherwise drop
 * writes to unmapped addresses in silence; its micro:bit faults by itself. */
static void guard_stack(void)
{
    if (MPU_TYPE == 0) {
        return;
    }
    MPU_RNR = 0;
    MPU_RBAR = (uint32_t)(uintptr_t)bs_mcu_stack_limit - (1u << GUARD_BYTES_LOG2);
    MPU_RASR = RASR_NO_ACCESS | ((GUARD_BYTES_LOG2 - 1u) << 1) | RASR_ENABLE;
    MPU_CTRL = CTRL_DEFAULT_MAP | CTRL_ENABLE;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* First code after power-on; the processor has loaded the stack pointer. Does not return. */
void bs_mcu_reset(void)
{
    guard_stack();
    bs_mcu_start();
}

/* Any exception: hand the address of the stacked registers to C, on a fresh stack because the old
 * one may be what failed. Does not return. */
__attribute__((naked)) void bs_mcu_fault_entry(void)
{
    __asm__ volatile("mrs r0, msp\n\t"
                     "ldr r1, =bs_mcu_stack_top\n\t"
                     "mov sp, r1\n\t"
                     "bl bs_mcu_fault_frame\n\t"
                     ".ltorg");
}

/* Second half of the fault entry.
 *   frame  in, address of the eight stacked registers; may lie outside the stack. */
void bs_mcu_fault_frame(const uint32_t *frame)
{
    uint32_t exception;
    uintptr_t pointer = (uintptr_t)frame;
    uint32_t address = 0;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    if (pointer >= (uintptr_t)bs_mcu_stack_limit && pointer + 32u <= (uintptr_t)bs_mcu_stack_top) {
        address = frame[6];
    }
    bs_mcu_fault("exception", exception, address, pointer);
}

/* See machine.h. */
uint32_t bs_mcu_semihost(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
