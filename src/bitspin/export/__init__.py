"""From a trained network to C99 that infers and trains on a microcontroller.

Takes programs written against ``core/mcu/bs_mcu.h`` (and, on top, a trained network as data).
Gives firmware with measured flash, RAM and stack, and runs of it with exact instruction counts.
Knows nothing of how a network was trained; no Python is left at run time.

Read first: :mod:`bitspin.export.targets` (which machines), then
:mod:`bitspin.export.toolchain` (source to firmware; :mod:`bitspin.export.stack_bound` is its
stack estimate), then :mod:`bitspin.export.qemu` (firmware to results).
"""
