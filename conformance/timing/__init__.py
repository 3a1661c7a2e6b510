"""How long things take: kernels in CUDA graphs, objects of the host on a core."""
