// What both halves of the door share: arrays, memory, and status codes as exceptions.
#ifndef BITSPIN_CORE_ARRAYS_H
#define BITSPIN_CORE_ARRAYS_H

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

extern "C" {
#include "bitspin/arena.h"
#include "bitspin/kernels.h"
#include "bitspin/random.h"
#include "bitspin/status.h"
}

namespace bitspin {

namespace nb = nanobind;

template <typename T, typename Dimensions>
using In = nb::ndarray<const T, Dimensions, nb::c_contig, nb::device::cpu>;
template <typename T, typename Dimensions>
using InOut = nb::ndarray<T, Dimensions, nb::c_contig, nb::device::cpu>;
template <typename T> using In1 = In<T, nb::ndim<1>>;
template <typename T> using In2 = In<T, nb::ndim<2>>;
template <typename T> using Out1 = nb::ndarray<nb::numpy, T, nb::ndim<1>, nb::c_contig>;
template <typename T> using Out2 = nb::ndarray<nb::numpy, T, nb::ndim<2>, nb::c_contig>;

// ---- errors -------------------------------------------------------------------------------------

struct CoreError : std::runtime_error {
    const char *python_class;
    CoreError(const char *python_class, const std::string &text)
        : std::runtime_error(text), python_class(python_class)
    {
    }
};

inline void check(bs_status status, const std::string &context)
{
    if (status == BS_OK) {
        return;
    }
    switch (status) {
#define BS_STATUS(name, value, python_class, text)                                                 \
    case name:                                                                                     \
        throw CoreError(#python_class, context + ": " + text);
#include "../../../core/status.def"
#undef BS_STATUS
    }
}

inline void require(bool condition, const std::string &text)
{
    if (!condition) {
        throw CoreError("ShapeError", text);
    }
}

// ---- memory -------------------------------------------------------------------------------------

struct Free {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

// Zeroed and aligned as the core demands; zeroed so that padding is never undefined.
inline Memory allocate(std::size_t bytes)
{
    std::size_t rounded = (bytes + BS_ALIGNMENT - 1) / BS_ALIGNMENT * BS_ALIGNMENT;
    void *memory = std::aligned_alloc(BS_ALIGNMENT, rounded);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    std::memset(memory, 0, rounded);
    return Memory(memory);
}

template <typename T> T *new_array(std::size_t count)
{
    return static_cast<T *>(allocate(count == 0 ? 1 : count * sizeof(T)).release());
}

template <typename T> nb::capsule owner(T *data)
{
    return nb::capsule(data, [](void *memory) noexcept { std::free(memory); });
}

template <typename T> Out1<T> own1(T *data, std::size_t n)
{
    return Out1<T>(data, {n}, owner(data));
}

template <typename T> Out2<T> own2(T *data, std::size_t n, std::size_t m)
{
    return Out2<T>(data, {n, m}, owner(data));
}

// ---- backends and keys --------------------------------------------------------------------------

inline const bs_kernels *find_kernels(const std::string &name)
{
    const bs_kernels *kernels = nullptr;
    check(bs_backend_find(name.c_str(), &kernels), "kernel backend '" + name + "'");
    return kernels;
}

inline bs_key split_seed(uint64_t seed)
{
    bs_key key = {{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
    return key;
}

} // namespace bitspin

#endif
