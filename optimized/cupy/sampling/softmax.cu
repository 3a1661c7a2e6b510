// softmax: exp(l - max l) / sum exp(l - max l) for each row, logits float32, float16 or bfloat16.
//
// Bytes.  The row read once and written once; the passes for the sum and for the answer read it again, from
//         the level-2 cache as long as the rows in flight fit there.
// Layout. One thread block of 1024 threads per row, three passes: highest logit, sum, quotients. Neighbouring
//         threads read neighbouring logits.
// Why.    Subtracting the maximum keeps exp from overflowing, and its pass is bound by memory alone. The online
//         form saves a pass and rescales a running sum instead; three plain passes read better.

#include "distribution.cuh"

struct Half {
    unsigned short bits;  // 1 sign, 5 exponent, 10 fraction
};

struct Bfloat16 {
    unsigned short bits;  // the upper half of a float32
};

__device__ inline float infinity() { return __uint_as_float(0x7F800000u); }

__device__ inline float widen(float value) { return value; }

__device__ inline float widen(Bfloat16 value) { return __uint_as_float(static_cast<unsigned>(value.bits) << 16); }

__device__ inline float widen(Half value) {
    const unsigned sign = (value.bits & 0x8000u) << 16, magnitude = (value.bits & 0x7FFFu) << 13;
    if (magnitude >= 0x0F800000u) return __uint_as_float(sign | magnitude | 0x7F800000u);  // inf and NaN
    // The exponent's bias is 15 there and 127 here; the product is exact, for subnormal numbers too.
    return __uint_as_float(sign | __float_as_uint(__uint_as_float(magnitude) * 0x1p112f));
}

// exp(logit - highest) of each logit of a row.
template <class Logit>
struct Exponentials {
    const Logit* logits;
    float highest;

    __device__ float at(long long id) const {
        const float logit = widen(logits[id]);
        const double difference = static_cast<double>(logit) - highest;
        // exp(r + e) = exp(r) (1 + e): r in float32, and e what rounding to float32 lost.
        const float rounded = static_cast<float>(difference);
        const float weight = expf(rounded) * (1.0f + static_cast<float>(difference - rounded));
        const bool none = !(difference > -104.0);  // NaN, -inf, and what is below the smallest float32
        return logit == highest ? 1.0f : none ? 0.0f : weight;  // inf - inf is NaN, yet weighs 1
    }
    __device__ double at(long long id, bool&) const { return at(id); }
};

template <class Logit>
__device__ float highest_of(const Logit* logits, long long V) {
    __shared__ float maxima[WARPS];
    const int warp = threadIdx.x / LANES, lane = threadIdx.x % LANES;
    float highest = -infinity();
#pragma unroll 8
    for (long long id = threadIdx.x; id < V; id += THREADS) highest = fmaxf(highest, widen(logits[id]));  // skips NaN
    for (int distance = LANES / 2; distance > 0; distance /= 2) {
        highest = fmaxf(highest, __shfl_down_sync(ALL_LANES, highest, distance));
    }
    if (lane == 0) maxima[warp] = highest;
    __syncthreads();
    highest = maxima[0];
    for (int other = 1; other < WARPS; ++other) highest = fmaxf(highest, maxima[other]);
    return highest;
}

template <class Logit>
__device__ void softmax(const View<Logit, 2>& logits, long long V, float* probs) {
    __shared__ double sums[WARPS];
    const long long b = blockIdx.x;
    const Exponentials<Logit> row = {logits.row(b), highest_of(logits.row(b), V)};

    bool ignored = false;
    sum_spans(row, 0, V, sums, ignored);
    // A row without a logit above -inf has no mass.
    const double scale = row.highest == -infinity() ? 0.0 : 1.0 / total(sums);
#pragma unroll 4
    for (long long id = threadIdx.x; id < V; id += THREADS) probs[b * V + id] = static_cast<float>(row.at(id) * scale);
}

extern "C" __global__ void __launch_bounds__(THREADS) softmax_float32(View<float, 2> logits, long long V, float* probs) {
    softmax(logits, V, probs);
}

extern "C" __global__ void __launch_bounds__(THREADS) softmax_float16(View<Half, 2> logits, long long V, float* probs) {
    softmax(logits, V, probs);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    softmax_bfloat16(View<Bfloat16, 2> logits, long long V, float* probs) {
    softmax(logits, V, probs);
}
