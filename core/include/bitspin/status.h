/* Status codes returned by the core. The core never prints and never aborts. */
#ifndef BITSPIN_STATUS_H
#define BITSPIN_STATUS_H

typedef enum bs_status {
#define BS_STATUS(name, value, python_class, text) name = value,
#include "../../status.def"
#undef BS_STATUS
} bs_status;

#endif
