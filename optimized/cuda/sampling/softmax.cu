// softmax: exp(l - max l) / sum exp(l - max l) of each row; -inf and NaN give 0, +inf logits share the mass.
//
// Bytes: every logit is read once and every probability written once: V (2 or 4) + 4 V per row.
//
// Layout: a cluster of 1 to 16 blocks per row, each thread keeping its part of the row in registers between the
// two exchanges, the maximum and the sum, that go through distributed shared memory. What does not fit into
// 16 blocks' registers (V beyond some 300,000) is read again.
//
//   quad i (4 elements, one load)  ->  register i / (blocks x threads) of thread i mod (blocks x threads)
//
// Rows that need more clusters than run at once would come in waves, which first only read and then only write.
// Then the clusters stay and take one row after another: a block holds a contiguous slice of the row, and a bulk
// copy brings its slice of the next row into shared memory while this one is finished.
#include <cstdint>
#include <utility>

#include "bulk.cuh"
#include "softmax.cuh"

namespace draftproof {

constexpr int kHeld = 8;        // quads per thread of a cluster that stays,
constexpr int kStaying = 512;   // most threads per block, and
constexpr int kNeighbours = 2;  // blocks that must fit on a multiprocessor
constexpr size_t kBulk = 16;    // bytes: what bulk copies count and align by

// Quad `index` of a row.
template <bool kSimple, typename Element>
__device__ inline Quad load_quad(const Element* row, int64_t index, int vocabulary) {
    const int64_t begin = index * kQuad;
    Quad quad = nothing();
    if (kSimple && begin < vocabulary) quad = unpack(reinterpret_cast<const Packed<Element>*>(row)[index]);
    if constexpr (!kSimple) {
#pragma unroll
        for (int e = 0; e < kQuad; ++e) {
            if (begin + e < vocabulary) quad.at[e] = fmaxf(as_float(row[begin + e]), -INFINITY);
        }
    }
    return quad;
}

// Writes weights times `scale`.
template <bool kSimple>
__device__ inline void store_quad(float* row, int64_t index, int vocabulary, const Quad& weights, float scale) {
    const int64_t begin = index * kQuad;
    if (kSimple && begin < vocabulary) store(reinterpret_cast<float4*>(row) + index, weights, scale);
    if constexpr (!kSimple) {
#pragma unroll
        for (int e = 0; e < kQuad; ++e) {
            if (begin + e < vocabulary) row[begin + e] = weights.at[e] * scale;
        }
    }
}

// kSimple: rows begin at multiples of their loads' size, V is a multiple of 4, and the registers hold the row.
template <typename Element, int kQuads, bool kSimple>
__global__ void __launch_bounds__(kThreads)
softmax(const Element* logits, int64_t logits_row, float* probs, int vocabulary) {
    __shared__ Mailbox<float, kSlots> maxima;
    __shared__ Mailbox<long long, kSlots> sums;
    if (threadIdx.x == 0) maxima.open(), sums.open();
    Cluster::announce();
    const int64_t request = blockIdx.x / Cluster::size();
    const Element* in = logits + request * logits_row;
    float* out = probs + request * vocabulary;
    const int step = Cluster::size() * blockDim.x;
    const int64_t first = Cluster::rank() * blockDim.x + threadIdx.x;
    const int64_t beyond = first + static_cast<int64_t>(kQuads) * step;  // what the registers do not hold
    const int64_t quads = kSimple ? 0 : (static_cast<int64_t>(vocabulary) + kQuad - 1) / kQuad;

    Quad held[kQuads];
#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        held[k] = load_quad<kSimple>(in, first + static_cast<int64_t>(k) * step, vocabulary);
    }
    float highest = -INFINITY;
#pragma unroll
    for (int k = 0; k < kQuads; ++k) highest = fmaxf(highest, highest_of(held[k]));
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        highest = fmaxf(highest, highest_of(load_quad<kSimple>(in, i, vocabulary)));
    }
    Cluster::await_peers();
    highest = reduce_cluster<Larger>(highest, maxima, 0);
    if (highest == -INFINITY) highest = 0.0f;  // no mass: every weight is exp(-inf)

    long long units = 0;
#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        held[k] = weights_of(held[k], highest);
        units += units_of(held[k]);
    }
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        units += units_of(weights_of(load_quad<kSimple>(in, i, vocabulary), highest));
    }
    const float scale = scale_of(reduce_cluster<Sum>(units, sums, 0));

#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        store_quad<kSimple>(out, first + static_cast<int64_t>(k) * step, vocabulary, held[k], scale);
    }
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        const Quad weights = weights_of(load_quad<kSimple>(in, i, vocabulary), highest);
        store_quad<kSimple>(out, i, vocabulary, weights, scale);
    }
}

// Quads of a row per block, an even number: a multiple of 16 bytes for elements of 2 bytes as well.
__host__ __device__ inline int slice_of(int vocabulary, int cluster) {
    return ((vocabulary / kQuad + cluster - 1) / cluster + 1) / 2 * 2;
}

// Each cluster takes every (number of clusters)th row.
template <typename Element>
__global__ void __launch_bounds__(kStaying, kNeighbours)
softmax_staying(const Element* logits, int64_t logits_row, float* probs, int vocabulary, int rows) {
#if __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char staged[];
    __shared__ Mailbox<float, kSlots> maxima;
    __shared__ Mailbox<long long, kSlots> sums;
    __shared__ Arrival arrival;
    const int clusters = gridDim.x / Cluster::size();
    const int quads = vocabulary / kQuad, size = slice_of(vocabulary, Cluster::size());
    const int begin = min(Cluster::rank() * size, quads), count = min(size, quads - begin);
    const int left = count - static_cast<int>(threadIdx.x);  // from this thread's first quad on
    const auto mine = reinterpret_cast<const Packed<Element>*>(staged) + threadIdx.x;
    const int first = blockIdx.x / Cluster::size();
    const auto fetch = [&](int row) {
        arrival.fetch(staged, logits + row * logits_row + begin * kQuad,
                      count * static_cast<unsigned>(sizeof(Packed<Element>)));
    };
    if (threadIdx.x == 0) {
        maxima.open(), sums.open(), arrival.open();
        fetch(first);
    }
    __syncthreads();
    Cluster::announce();
    Cluster::await_peers();
    int round = 0;
#pragma unroll 1
    for (int row = first; row < rows; row += clusters, ++round) {
        arrival.await(round);
        Quad held[kHeld];
        float highest = -INFINITY;
#pragma unroll
        for (int k = 0; k < kHeld; ++k) {
            const int index = k * blockDim.x;
            held[k] = index < left ? unpack(mine[index]) : nothing();
            highest = fmaxf(highest, highest_of(held[k]));
        }
        highest = reduce_cluster<Larger>(highest, maxima, round);
        // All warps of this block have sent their maxima, so all have read the slice.
        if (threadIdx.x == 0 && row + clusters < rows) fetch(row + clusters);
        if (highest == -INFINITY) highest = 0.0f;
        long long units = 0;
#pragma unroll
        for (int k = 0; k < kHeld; ++k) {
            held[k] = weights_of(held[k], highest);
            units += units_of(held[k]);
        }
        const float scale = scale_of(reduce_cluster<Sum>(units, sums, round));
        float* there = probs + static_cast<int64_t>(row) * vocabulary;
        float4* out = reinterpret_cast<float4*>(there) + begin + threadIdx.x;
#pragma unroll
        for (int k = 0; k < kHeld; ++k) {
            const int index = k * blockDim.x;
            if (index < left) store(out + index, held[k], scale);
        }
    }
    // A block that leaves has heard all sums, the last that its peers send.
#endif
}

struct StayingLaunch {
    cudaLaunchAttribute attribute{};
    cudaLaunchConfig_t config{};

    StayingLaunch(size_t element, int vocabulary, int clusters, int cluster, int threads) {
        attribute.id = cudaLaunchAttributeClusterDimension;
        attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
        attribute.val.clusterDim.y = 1;
        attribute.val.clusterDim.z = 1;
        config.gridDim = dim3(static_cast<unsigned>(clusters * cluster));
        config.blockDim = dim3(static_cast<unsigned>(threads));
        config.dynamicSmemBytes = slice_of(vocabulary, cluster) * kQuad * element;
        config.attrs = &attribute;
        config.numAttrs = 1;
    }
    StayingLaunch(const StayingLaunch&) = delete;
};

// How many clusters run at once; it also allows the kernel, on this device, what its launch needs.
template <typename Element>
cudaError_t staying_clusters(int vocabulary, int cluster, int threads, int* clusters) {
    const auto kernel = softmax_staying<Element>;
    const int most = kHeld * kStaying * static_cast<int>(sizeof(Packed<Element>));
    const std::pair<cudaFuncAttribute, int> attributes[] = {
        {cudaFuncAttributeMaxDynamicSharedMemorySize, most},
        {cudaFuncAttributePreferredSharedMemoryCarveout, 100},
        {cudaFuncAttributeNonPortableClusterSizeAllowed, 1},
    };
    for (const auto& [name, value] : attributes) {
        const cudaError_t error = cudaFuncSetAttribute(kernel, name, value);
        if (error != cudaSuccess) return error;
    }
    const StayingLaunch launch(sizeof(Element), vocabulary, 1, cluster, threads);
    return cudaOccupancyMaxActiveClusters(clusters, kernel, &launch.config);
}

template <typename Element>
cudaError_t launch_softmax(const void* logits, int64_t logits_row, float* probs, int64_t rows, int vocabulary,
                           int quads, int cluster, int threads, int clusters, void* stream) {
    const auto in = static_cast<const Element*>(logits);
    const auto whole = [&](size_t bytes) {
        return reinterpret_cast<uintptr_t>(logits) % bytes == 0 && logits_row * sizeof(Element) % bytes == 0 &&
               vocabulary * sizeof(Element) % bytes == 0;
    };
    if (clusters > 0 && whole(kBulk)) {
        StayingLaunch launch(sizeof(Element), vocabulary, clusters, cluster, threads);
        launch.config.stream = static_cast<cudaStream_t>(stream);
        return cudaLaunchKernelEx(&launch.config, softmax_staying<Element>, in, logits_row, probs, vocabulary,
                                  static_cast<int>(rows));
    }
    const bool held = static_cast<int64_t>(quads) * cluster * threads * kQuad >= vocabulary;
    const auto kernel = !whole(sizeof(Packed<Element>)) || !held ? softmax<Element, 4, false>
                        : quads <= 4                              ? softmax<Element, 4, true>
                                                                  : softmax<Element, 8, true>;
    return launch(kernel, rows * cluster, threads, cluster, stream, in, logits_row, probs, vocabulary);
}

}  // namespace draftproof

// `type`: 0 float32, 1 float16, 2 bfloat16; `quads` (4 or 8; 8 for clusters that stay) is how many each thread
// keeps; `clusters`: how many stay, where the rows are aligned to 16 bytes, or 0 for a cluster per row.
extern "C" int draftproof_softmax(const void* logits, int64_t logits_row, int type, float* probs, int64_t rows,
                                  int vocabulary, int quads, int cluster, int threads, int clusters, void* stream) {
    using namespace draftproof;
    const auto run = type == 0   ? launch_softmax<float>
                     : type == 1 ? launch_softmax<__half>
                                 : launch_softmax<__nv_bfloat16>;
    return run(logits, logits_row, probs, rows, vocabulary, quads, cluster, threads, clusters, stream);
}

// `clusters` becomes 0 where a block's registers do not hold its slice of the row.
extern "C" int draftproof_softmax_clusters(int type, int vocabulary, int cluster, int threads, int* clusters) {
    using namespace draftproof;
    *clusters = 0;
    if (threads > kStaying || slice_of(vocabulary, cluster) > kHeld * threads) return cudaSuccess;
    const auto count = type == 0   ? staying_clusters<float>
                       : type == 1 ? staying_clusters<__half>
                                   : staying_clusters<__nv_bfloat16>;
    return count(vocabulary, cluster, threads, clusters);
}

extern "C" int draftproof_largest_cluster(int* size) {
    using namespace draftproof;
    return largest_cluster(softmax<float, 8, true>, kThreads, size);
}
