/* The definition again, compiled for x86-64 with the POPCNT instruction. */
#define BACKEND(name) bs_popcnt_##name
#define BACKEND_NAME "popcnt"
#define POPCOUNT(word) __builtin_popcount(word)
#include "kernels_generic.h"
