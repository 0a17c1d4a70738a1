/* bs_mcu.h on the developer's machine, with the C library: the same program, natively. There is
 * nothing to count here: instructions and stack are 0. Arguments arrive in the environment
 * variable BS_MCU_ARGUMENTS, because main takes none. */
#include "bs_mcu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 8

static FILE *files[MAX_FILES];

/* The stream behind a handle, NULL when the handle is not open. */
static FILE *stream(int32_t file)
{
    return file >= 0 && file < MAX_FILES ? files[file] : NULL;
}

/* See bs_mcu.h. */
void bs_mcu_write(const char *text)
{
    (void)fputs(text, stdout);
}

/* See bs_mcu.h. */
int32_t bs_mcu_open(const char *name, enum bs_mcu_mode mode)
{
    for (int32_t file = 0; file < MAX_FILES; ++file) {
        if (files[file] == NULL) {
            files[file] = fopen(name, mode == BS_MCU_READ ? "rb" : "wb");
            return files[file] != NULL ? file : -1;
        }
    }
    return -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_read(int32_t file, void *bytes, uint32_t count)
{
    FILE *from = stream(file);
    if (from == NULL) {
        return -1;
    }
    size_t got = fread(bytes, 1, count, from);
    return ferror(from) ? -1 : (int32_t)got;
}

/* See bs_mcu.h. */
int32_t bs_mcu_save(int32_t file, const void *bytes, uint32_t count)
{
    FILE *to = stream(file);
    return to != NULL && fwrite(bytes, 1, count, to) == count ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_seek(int32_t file, uint32_t position)
{
    FILE *in = stream(file);
    return in != NULL && fseek(in, (long)position, SEEK_SET) == 0 ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_close(int32_t file)
{
    FILE *open = stream(file);
    if (open == NULL) {
        return -1;
    }
    files[file] = NULL;
    return fclose(open) == 0 ? 0 : -1;
}

/* See bs_mcu.h. */
int32_t bs_mcu_argument(uint32_t index, char *line, uint32_t capacity)
{
    const char *word = getenv("BS_MCU_ARGUMENTS");
    if (word == NULL || strlen(word) >= capacity) {
        return -1;
    }
    for (; index > 0; --index) {
        word = strchr(word, ' ');
        if (word == NULL) {
            return -1;
        }
        ++word;
    }
    size_t length = strcspn(word, " ");
    memcpy(line, word, length);
    line[length] = '\0';
    return (int32_t)length;
}

/* See bs_mcu.h. */
void bs_mcu_exit(int32_t code)
{
    exit(code);
}

/* See bs_mcu.h. */
uint64_t bs_mcu_instructions(void)
{
    return 0;
}

/* See bs_mcu.h. */
void bs_mcu_stack_paint(void)
{
}

/* See bs_mcu.h. */
uint32_t bs_mcu_stack_used(void)
{
    return 0;
}
