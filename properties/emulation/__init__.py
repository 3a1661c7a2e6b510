"""Kernels in CUDA C++ run on a CPU, for tests: slow, exact, and with threads in a random order.

It knows plain kernels (barriers, shuffles, ballots, static shared memory); what needs the hardware
(inline PTX, tensor copies, matrix units) is tested on a GPU.
"""
