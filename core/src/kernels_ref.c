/* The definition of the kernels, and the backend of every processor without wide registers. */
#define BACKEND(name) bs_ref_##name
#define BACKEND_NAME "ref"
#define POPCOUNT(word) bs_popcount(word)
#include "kernels_generic.h"
