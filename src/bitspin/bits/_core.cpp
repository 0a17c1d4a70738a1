// Python's door to the C99 core: arrays in, arrays out, status codes as exceptions.
// Only bitspin.bits imports this module.
#include <nanobind/nanobind.h>

#include <exception>
#include <string>
#include <system_error>

#include "core_arrays.h"
#include "core_parts.h"

extern "C" {
#include "bitspin/network.h"
#include "bitspin/row.h"
}

namespace nb = nanobind;

NB_MODULE(_core, m)
{
    m.doc() = "The C99 core: packed kernels, counter-based randomness, prediction, training steps.";
    nb::register_exception_translator([](const std::exception_ptr &pointer, void *) {
        try {
            std::rethrow_exception(pointer);
        } catch (const bitspin::CoreError &error) {
            nb::object type = nb::module_::import_("bitspin.errors").attr(error.python_class);
            PyErr_SetString(type.ptr(), error.what());
        } catch (const std::system_error &error) { // of a ThreadTeam
            nb::object type = nb::module_::import_("bitspin.errors").attr("BackendError");
            std::string text = std::string("threads: got '") + error.what() +
                               "' from the system, expected as many threads as were asked for; "
                               "ask for fewer";
            PyErr_SetString(type.ptr(), text.c_str());
        }
    });

    m.attr("LANES") = BS_LANES;
    m.attr("MAX_WIDTH") = BS_MAX_WIDTH;
    m.attr("MAX_LAYERS") = BS_MAX_LAYERS;
    m.attr("MAX_CLASSES") = BS_MAX_CLASSES;
    m.attr("NO_BUDGET") = BS_NO_BUDGET;
    m.attr("PROBABILITY_ONE") = BS_PROBABILITY_ONE;

    bitspin::bind_kernels(m);
    bitspin::bind_networks(m);
}
