// sample: one token per row by inverse CDF, the smallest t with p(t) > 0 and cdf(t) > u * total.
//
// Bytes: V floats per row, read once, and one tile of at most V/320 again from L1; 8 bytes written.
//
// Layout: one cluster of 1 to 16 blocks per row (include/draw.cuh): this is the last step of verify_chain.
#include "draw.cuh"
#include "status.cuh"

namespace draftproof {

constexpr int kThreads = 1024;  // most per block: leaves 64 registers

struct Samples {
    const float* probs;
    int64_t probs_row;  // stride
    Uniforms uniforms;
    int64_t uniforms_row;
    int* out_tokens;
    int* out_status;
    int vocabulary;
};

template <bool kAligned>
__global__ void __launch_bounds__(kThreads) sample(const Samples samples) {
    __shared__ Sums sums;
    if (threadIdx.x == 0) sums.open();
    Cluster::announce();
    const int64_t request = Cluster::number();
    const Uniform uniform(samples.uniforms, request * samples.uniforms_row);
    const Tiling tiling(samples.vocabulary);
    const Row row{samples.probs + request * samples.probs_row, nullptr, -1, 1.0f, 0.0f, samples.vocabulary};
    Cluster::await_peers();
    share_tile_sums<kAligned, false>(row, tiling, sums);
    if (warp_index() > 0) return;

    const Place place = locate(sums, 0, tiling, uniform.value());
    if (Cluster::rank() != owner_of(place.tile)) return;
    const int token = place.tile < 0 ? -1 : search<kAligned, false>(row, tiling, place);
    if (threadIdx.x == 0) {
        samples.out_tokens[request] = token;
        samples.out_status[request] = (token < 0 ? kDegenerate : 0) | (place.seen ? kNanSeen : 0);
    }
}

}  // namespace draftproof

extern "C" int draftproof_sample(const float* probs, int64_t probs_row, const void* uniforms, int64_t uniforms_row,
                                 int uniforms_are_double, int* out_tokens, int* out_status, int64_t rows,
                                 int vocabulary, int cluster, int threads, void* stream) {
    using namespace draftproof;
    const Uniforms given{static_cast<const unsigned*>(uniforms), uniforms_are_double != 0};
    const Samples samples{probs, probs_row, given, uniforms_row, out_tokens, out_status, vocabulary};
    const auto kernel = are_aligned(probs, vocabulary, probs_row) ? sample<true> : sample<false>;
    return launch(kernel, rows * cluster, threads, cluster, stream, samples);
}

extern "C" int draftproof_largest_cluster(int* size) {
    return draftproof::largest_cluster(draftproof::sample<true>, draftproof::kThreads, size);
}
