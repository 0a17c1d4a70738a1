/* The mathematics that emlearn's headers ask for, for programs without a C library: math.c. Shorter
 * than newlib's, so that what emlearn is charged for is no more than it needs. */
#ifndef BENCH_MATH_H
#define BENCH_MATH_H

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

float fabsf(float x);
float expf(float x);
float logf(float x);
float tanhf(float x);

#endif
