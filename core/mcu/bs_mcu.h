/* What a program may ask of the machine it runs on: text out, files in and out, arguments, an exit
 * code, instructions executed and stack used.
 *
 * Read this file first. One program, written against this header, runs unchanged
 *   - in QEMU, on every target listed in src/bitspin/export/targets.py (semihosting, start.c);
 *   - on the developer's machine (host.c).
 * A deployed device needs none of it: the core neither includes nor calls anything from core/mcu.
 *
 * The program defines `int main(void)`; its return value is the exit code. There is no heap, no
 * floating point and no libc; memcpy, memmove, memset and memcmp are in memory.c because gcc emits
 * calls to them on its own.
 */
#ifndef BS_MCU_H
#define BS_MCU_H

#include <stdint.h>

/* Exit code of a program that the runtime had to stop (fault, stack overflow). */
#define BS_MCU_EXIT_FAULT 125

/* How bs_mcu_open treats a file. */
enum bs_mcu_mode {
    BS_MCU_READ,  /* the file must exist */
    BS_MCU_CREATE /* an existing file is emptied */
};

/* Write text to the runner's standard output.
 *   text  in, zero-terminated; any length; owned by the caller. */
void bs_mcu_write(const char *text);

/* Write a number in decimal, without leading zeros or line end.
 *   value  in, 0 .. 2^32 - 1. */
void bs_mcu_write_u32(uint32_t value);

/* Write a number as eight hexadecimal digits, without prefix or line end.
 *   value  in, 0 .. 2^32 - 1. */
void bs_mcu_write_hex32(uint32_t value);

/* Open a file of the run's working directory.
 *   name  in, zero-terminated file name; owned by the caller.
 *   mode  in, BS_MCU_READ or BS_MCU_CREATE.
 * Returns a handle >= 0, or -1 when the file cannot be opened. */
int32_t bs_mcu_open(const char *name, enum bs_mcu_mode mode);

/* Read bytes from the current position.
 *   file   in, handle from bs_mcu_open.
 *   bytes  out [count]; owned by the caller.
 *   count  in, bytes wanted, 0 .. 2^31 - 1.
 * Returns the number of bytes read (less than count only at the end of the file), or -1. */
int32_t bs_mcu_read(int32_t file, void *bytes, uint32_t count);

/* Write bytes at the current position of a file opened with BS_MCU_CREATE.
 *   file   in, handle from bs_mcu_open.
 *   bytes  in [count]; owned by the caller.
 *   count  in, 0 .. 2^31 - 1.
 * Returns 0, or -1 unless every byte was written. */
int32_t bs_mcu_save(int32_t file, const void *bytes, uint32_t count);

/* Move the position of a file, so that samples can be read again.
 *   file      in, handle from bs_mcu_open.
 *   position  in, bytes from the beginning, 0 .. 2^31 - 1.
 * Returns 0, or -1. */
int32_t bs_mcu_seek(int32_t file, uint32_t position);

/* Close a file.
 *   file  in, handle from bs_mcu_open; invalid afterwards.
 * Returns 0, or -1 when the handle was not open. */
int32_t bs_mcu_close(int32_t file);

/* Fetch one word of the command line; words are separated by single spaces.
 *   index     in, 0 is the program's name, 1 the first argument.
 *   line      out, zero-terminated word; owned by the caller. It is also the scratch space: the
 *             WHOLE command line passes through it, so that no hidden buffer costs RAM.
 *   capacity  in, bytes in `line`; at least the length of the whole command line + 1.
 * Returns the length of the word, or -1 when there is no such word or `line` is too small. */
int32_t bs_mcu_argument(uint32_t index, char *line, uint32_t capacity);

/* Read a decimal number from text.
 *   text   in, zero-terminated; digits only; owned by the caller.
 *   value  out, 0 .. 2^32 - 1; untouched on failure.
 * Returns 0, or -1 when the text is empty, has another character, or the number is too large. */
int32_t bs_mcu_parse_u32(const char *text, uint32_t *value);

/* End the program. Does not return.
 *   code  in, 0 .. 255; 0 is success; BS_MCU_EXIT_FAULT belongs to the runtime.
 * On a target, one last line with instructions and peak stack is written for the runner. */
void bs_mcu_exit(int32_t code);

/* Instructions executed since main was entered.
 * Exact and repeatable only when QEMU counts (`-icount`); otherwise the value is host time in
 * disguise, and 0 on the host. Never a number of cycles. Not wrapping in practice: 64 bits are
 * rebuilt from a fine and a coarse timer (counter_*.c names each limit; none is below 10^12).
 * One call costs a constant number of instructions per target: subtract two calls in a row. */
uint64_t bs_mcu_instructions(void);

/* Paint the unused stack afresh, so that bs_mcu_stack_used reports the peak from now on.
 * The start-up code has painted once before main. No effect on the host. */
void bs_mcu_stack_paint(void);

/* Peak stack since the last paint, in bytes from the top of the stack, frames of the callers and of
 * the start-up code included. Always 0 on the host. */
uint32_t bs_mcu_stack_used(void);

#endif
