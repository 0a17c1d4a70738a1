/* From reset to main and out again; the same for every processor. */
#include "bs_mcu.h"
#include "machine.h"

int main(void);

/* Give globals their initial values: copy .data from flash, clear .bss. */
static void prepare_memory(void)
{
    const uint32_t *image = bs_mcu_data_image;
    for (uint32_t *word = bs_mcu_data_begin; word < bs_mcu_data_end; ++word) {
        *word = *image++;
    }
    for (uint32_t *word = bs_mcu_bss_begin; word < bs_mcu_bss_end; ++word) {
        *word = 0;
    }
}

/* See machine.h. */
void bs_mcu_start(void)
{
    prepare_memory();
    bs_mcu_stack_paint();
    bs_mcu_counter_start();
    bs_mcu_exit(main());
}

/* See machine.h. */
void bs_mcu_fault(const char *kind, uint32_t cause, uint32_t address, uintptr_t stack_pointer)
{
    bs_mcu_write("\nbs_mcu: fault: ");
    bs_mcu_write(kind);
    bs_mcu_write(" ");
    bs_mcu_write_u32(cause);
    bs_mcu_write(" at 0x");
    bs_mcu_write_hex32(address);
    bs_mcu_write(", stack pointer 0x");
    bs_mcu_write_hex32((uint32_t)stack_pointer);
    /* An exception frame of 32 bytes may not have fitted any more. */
    if (stack_pointer < (uintptr_t)bs_mcu_stack_limit + 32u) {
        bs_mcu_write(" (stack overflow)");
    }
    bs_mcu_write("\n");
    bs_mcu_exit(BS_MCU_EXIT_FAULT);
}
