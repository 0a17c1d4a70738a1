/* RV32: first instruction, fault entry and the semihosting trap.
 *
 * QEMU's `virt` machine has RAM only. The part that plays flash is locked against writing by one
 * entry of the physical memory protection, so that a stray store or a stack overflow faults as it
 * would on a chip.
 */
    /* Said here and not by -march: gcc's choice of libgcc does not know the name rv32imac_zicsr. */
    .option arch, +zicsr
    .section .boot, "ax", @progbits
    .globl bs_mcu_reset
    .type bs_mcu_reset, @function
bs_mcu_reset:
    la sp, bs_mcu_stack_top
    la t0, bs_mcu_fault_entry
    csrw mtvec, t0
    la t0, bs_mcu_flash_napot
    csrw pmpaddr0, t0
    /* locked | NAPOT | execute | read */
    li t0, 0x80 | 0x18 | 0x04 | 0x01
    csrw pmpcfg0, t0
    call bs_mcu_start
1:  j 1b

    /* Any trap: the arguments of bs_mcu_fault, on a fresh stack. mtvec is aligned to four bytes. */
    .balign 4
    .type bs_mcu_fault_entry, @function
bs_mcu_fault_entry:
    mv a3, sp
    la sp, bs_mcu_stack_top
    la a0, fault_kind
    csrr a1, mcause
    csrr a2, mepc
    call bs_mcu_fault
1:  j 1b

    .section .rodata.fault_kind, "a", @progbits
fault_kind:
    .asciz "trap"

    /* uint32_t bs_mcu_semihost(uint32_t operation, uintptr_t argument), see machine.h. The three
     * instructions are the signature a debugger looks for: uncompressed, adjacent, and within one
     * page, which the alignment ensures. */
    .section .text.bs_mcu_semihost, "ax", @progbits
    .globl bs_mcu_semihost
    .type bs_mcu_semihost, @function
    .balign 16
    .option push
    .option norvc
    .option norelax
bs_mcu_semihost:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .option pop
