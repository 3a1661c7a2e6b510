// sample: one token per row by inverse CDF, the smallest id t with p(t) > 0 and cdf(t) > u * total.
//
// Bytes.  The row once (4 V bytes); the second look reads 1/32 of it, from the cache.
// Layout. One thread block of 1024 threads per row: 32 warps sum 32 spans, then the span with the answer is
//         cut into 32 again until one id is left (distribution.cuh has the drawing).
// Why.    A cdf of the whole row would need every prefix sum; a draw needs only the one it falls into.

#include "distribution.cuh"

struct Row {
    const float* probs;

    __device__ double at(long long id, bool& doubtful) const { return mass(probs[id], doubtful); }
};

extern "C" __global__ void __launch_bounds__(THREADS) sample(
    View<float, 2> probs, Uniforms<1> uniforms, long long V, int* tokens, int* status) {
    __shared__ double sums[WARPS];
    const long long b = blockIdx.x;
    const Row row = {probs.row(b)};

    bool doubtful = false;
    sum_spans(row, 0, V, sums, doubtful);
    const int token = static_cast<int>(draw(row, V, uniforms.at(b), sums));

    const int flags = (token < 0 ? DEGENERATE : 0) | (__syncthreads_or(doubtful) ? NAN_SEEN : 0);
    if (threadIdx.x == 0) {
        tokens[b] = token;
        status[b] = flags;
    }
}
