/* What programs that run beside an exported project share: numbers from the command line, files,
 * and leaving when something fails. Exit code 3: a file failed; 4: the library refused its
 * arguments. */
#ifndef BS_PROGRAM_H
#define BS_PROGRAM_H

#include "bs_mcu.h"

#define LINE_BYTES 64u
#define EXIT_FILE 3
#define EXIT_REFUSED 4

/* A number of the command line. index  in  1 is the first */
static inline uint32_t argument(uint32_t index)
{
    char line[LINE_BYTES];
    uint32_t value = 0;
    if (bs_mcu_argument(index, line, sizeof line) < 0 || bs_mcu_parse_u32(line, &value) != 0) {
        bs_mcu_exit(EXIT_REFUSED);
    }
    return value;
}

/* Leave unless a status is 0. */
static inline void must(int32_t status, int32_t code)
{
    if (status != 0) {
        bs_mcu_exit(code);
    }
}

/* Open a file, or leave. */
static inline int32_t opened(const char *name, enum bs_mcu_mode mode)
{
    int32_t file = bs_mcu_open(name, mode);
    must(file < 0, EXIT_FILE);
    return file;
}

/* What two readings of the counter in a row cost. */
static inline uint64_t reading_cost(void)
{
    uint64_t begin = bs_mcu_instructions();
    return bs_mcu_instructions() - begin;
}

/* Write a name and a count of instructions in a line of its own. */
static inline void report(const char *what, uint64_t instructions)
{
    bs_mcu_write(what);
    bs_mcu_write_hex32((uint32_t)(instructions >> 32));
    bs_mcu_write_hex32((uint32_t)instructions);
    bs_mcu_write("\n");
}

#endif
