"""How fast it can be: the operations in vectorised PyTorch, Triton, CuPy RawKernel and CUDA C++.

Each folder is a backend: a namespace of functions with the operations' names and signatures.
Nothing here knows the oracles; that it agrees with them is what ``draftproof check`` finds out.
"""

if __name__ != "draftproof.optimized":
    raise ImportError("import draftproof.optimized, not the bare folder 'optimized'")
