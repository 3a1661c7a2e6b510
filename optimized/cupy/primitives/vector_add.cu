// vector_add: out[i] = a[i] + b[i], the newcomer's first kernel.
//
// Bytes.  8 read and 4 written per element, one addition: the memory is the limit, by far.
// Layout. One thread per element, 256 threads to a block:
//
//     block 0             block 1                    blockIdx.x * blockDim.x + threadIdx.x
//     |0 1 2 ... 255|     |256 257 ... 511|   ...    is the element of this thread
//
// Why.    Neighbouring threads touch neighbouring elements, so that the 32 loads of a warp become one request
//         of 128 bytes.

#include "views.cuh"

extern "C" __global__ void vector_add(View<float, 1> a, View<float, 1> b, long long N, float* out) {
    const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < N) out[i] = a.at(i) + b.at(i);  // the last block may reach past the end
}
