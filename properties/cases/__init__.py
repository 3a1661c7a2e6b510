"""Which cases are tried: the plan, the sizes at which kernels go wrong, recorded traces."""
