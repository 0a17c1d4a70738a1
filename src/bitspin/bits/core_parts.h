// The parts that _core is made of.
#ifndef BITSPIN_CORE_PARTS_H
#define BITSPIN_CORE_PARTS_H

#include <nanobind/nanobind.h>

namespace bitspin {

void bind_kernels(nanobind::module_ &m);
void bind_networks(nanobind::module_ &m);

} // namespace bitspin

#endif
