/* Files, arguments and exit through semihosting: the debugger (here: QEMU) does the work.
 * Operation numbers and parameter blocks are those of the Arm semihosting specification, which
 * RISC-V shares. */
#include "bs_mcu.h"
#include "machine.h"

enum {
    OPERATION_OPEN = 0x01,
    OPERATION_CLOSE = 0x02,
    OPERATION_WRITE0 = 0x04,
    OPERATION_WRITE = 0x05,
    OPERATION_READ = 0x06,
    OPERATION_SEEK = 0x0a,
    OPERATION_COMMAND_LINE = 0x15,
    OPERATION_EXIT_EXTENDED = 0x20
};

/* The file modes are those of fopen: "rb" is number 1, "wb" number 5. */
#define MODE_READ_BINARY 1u
#define MODE_WRITE_BINARY 5u

/* "The application ended by itself": the reason that lets an exit code through. */
#define REASON_APPLICATION_EXIT 0x20026u

/* Trap with a parameter block of up to three words. */
static uint32_t trap(uint32_t operation, uintptr_t a, uintptr_t b, uintptr_t c)
{
    uintptr_t block[3];
    block[0] = a;
    block[1] = b;
    block[2] = c;
    return bs_mcu_semihost(operation, (uintptr_t)block);
}

/* See bs_mcu.h. */
void bs_mcu_write(const char *text)
{
    (void)bs_mcu_semihost(OPERATION_WRITE0, (uintptr_t)text);
}

/* See bs_mcu.h. */
int32_t bs_mcu_open(const char *name, enum bs_mcu_mode mode)
{
    uint32_t length = 0;
    while (name[length] != '\0') {
        ++length;
    }
    return (int32_t)trap(OPERATION_OPEN, (uintptr_t)name,
                         mode == BS_MCU_READ ? MODE_READ_BINARY : MODE_WRITE_BINARY, length);
}

/* See bs_mcu.h. */
int32_t bs_mcu_read(int32_t file, void *bytes, uint32_t count)
{
    /* The operation returns what it did NOT read; all ones on error. */
    uint32_t missing = trap(OPERATION_READ, (uint32_t)file, (uintptr_t)bytes, count);
    return missing <= count ? (int32_t)(count - missing) : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_save(int32_t file, const void *bytes, uint32_t count)
{
    return trap(OPERATION_WRITE, (uint32_t)file, (uintptr_t)bytes, count) == 0 ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_seek(int32_t file, uint32_t position)
{
    return trap(OPERATION_SEEK, (uint32_t)file, position, 0) == 0 ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_close(int32_t file)
{
    return trap(OPERATION_CLOSE, (uint32_t)file, 0, 0) == 0 ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_argument(uint32_t index, char *line, uint32_t capacity)
{
    if (trap(OPERATION_COMMAND_LINE, (uintptr_t)line, capacity, 0) != 0) {
        return -1;
    }
    const char *word = line;
    for (; index > 0; --index) {
        while (*word != '\0' && *word != ' ') {
            ++word;
        }
        if (*word == '\0') {
            return -1;
        }
        ++word;
    }
    uint32_t length = 0;
    for (; word[length] != '\0' && word[length] != ' '; ++length) {
        line[length] = word[length];
    }
    line[length] = '\0';
    return (int32_t)length;
}

/* See bs_mcu.h. The last line is read and removed by src/bitspin/export/qemu.py. */
void bs_mcu_exit(int32_t code)
{
    uint64_t instructions = bs_mcu_instructions();
    uint32_t stack = bs_mcu_stack_used();
    bs_mcu_write("\nbs_mcu: instructions 0x");
    bs_mcu_write_hex32((uint32_t)(instructions >> 32));
    bs_mcu_write_hex32((uint32_t)instructions);
    bs_mcu_write(" stack ");
    bs_mcu_write_u32(stack);
    bs_mcu_write("\n");
    for (;;) {
        (void)trap(OPERATION_EXIT_EXTENDED, REASON_APPLICATION_EXIT, (uint32_t)code, 0);
    }
}
