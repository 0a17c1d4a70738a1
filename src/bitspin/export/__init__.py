"""From a trained network to C99 that infers and trains on a microcontroller.

Takes a finished run (`from_run`) and gives a C project with measured figures, the proof that it
learns as simulated, and before all that a plan of what it will need. No Python is left at run time.

Read first: `schedule` (the rule as whole numbers), `project` (what is written; `c_source`,
`build_files` and `readme` are its texts), `simulation` and `replay` (the proof), `rehearsal`,
`adaptation` and `adapt_on_device` (a device meets a user; `curves` shows how it went), `memory`,
`instruction_costs` and `plan` (what it needs). Below them: `labelled` (samples as a device takes
them; `originals` are those in its flash), `targets` (which machines), `toolchain` (source to
firmware; `stack_bound` is its stack estimate) and `qemu` (firmware to results). `online` is a
device's learning for other rooms.
"""
