"""Makefile and CMakeLists.txt of an exported project."""

from __future__ import annotations

from bitspin.export.project import Project
from bitspin.export.targets import Target
from bitspin.export.toolchain import STRICT_FLAGS

__all__ = ["cmake_file", "makefile"]


def source_list(project: Project) -> list[str]:
    """Name the C files of the network, relative to the project."""
    return ["network.c", *(f"bitspin/src/{name}" for name in project.core_sources)]


def makefile(project: Project, target: Target) -> str:
    """Write a Makefile: the library for the target, and the example on this machine."""
    processor = " ".join(target.processor_flags)
    return f"""\
# make            libnetwork.a for {target.name}; link it into your firmware
# make example    main.c for this machine
CROSS ?= {target.compiler_prefix}
PROCESSOR ?= {processor}
STRICT := {" ".join(STRICT_FLAGS)}
CFLAGS ?= -O2
# The linker drops the functions that are not called: link with -Wl,--gc-sections.
FLAGS := $(STRICT) $(CFLAGS) -ffunction-sections -fdata-sections -I. -Ibitspin/include
SOURCES := {" ".join(source_list(project))}
OBJECTS := $(SOURCES:.c=.o)

libnetwork.a: $(OBJECTS)
	$(CROSS)ar rcs $@ $^

%.o: %.c network.h
	$(CROSS)gcc $(FLAGS) $(PROCESSOR) -ffreestanding -c $< -o $@

example: main.c $(SOURCES) network.h
	$(CC) $(FLAGS) -Wl,--gc-sections main.c $(SOURCES) -o $@

.PHONY: clean
clean:
	rm -f libnetwork.a example $(OBJECTS)
"""


def cmake_file(project: Project) -> str:
    """Write a CMake file with a library `network`, and the example where it can run."""
    files = "\n  ".join(source_list(project))
    flags = " ".join(STRICT_FLAGS[1:])
    return f"""\
# add_subdirectory(this folder), then target_link_libraries(your_firmware network)
cmake_minimum_required(VERSION 3.13)
project(network C)

add_library(network STATIC
  {files})
target_include_directories(network PUBLIC . bitspin/include)
set_target_properties(network PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)
target_compile_options(network PRIVATE {flags} -ffunction-sections -fdata-sections)

if(NOT CMAKE_CROSSCOMPILING)
  add_executable(example main.c)
  target_link_libraries(example network)
endif()
"""
