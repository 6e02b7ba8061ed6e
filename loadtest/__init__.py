"""Load generator, checker and benchmarks."""
