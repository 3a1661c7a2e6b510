// A thread-block cluster and its distributed shared memory, or a single block where there is none.
//
// Blocks of a cluster run at the same time on neighbouring multiprocessors and write into each other's
// shared memory. That replaces what a split row otherwise needs: a workspace in global memory, counters
// that must be zero, a second launch. Before compute capability 9.0 a cluster is one block.
//
// Between blocks values travel by st.async, which counts its bytes on a barrier in the receiving block. A
// cluster-wide barrier would order them as well, but its release waits for all of the block's memory traffic and
// its acquire empties the L1 cache: 1 us on an H100 instead of the flight of one value, and rows that must be
// read from L2 again.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

namespace draftproof {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

// The number of this thread's warp, which the compiler then knows to be the same in all lanes.
__device__ inline int warp_index() { return __shfl_sync(kAllLanes, static_cast<int>(threadIdx.x) / kWarp, 0); }

struct Cluster {
    static __device__ int rank() {
#if __CUDA_ARCH__ >= 900
        return static_cast<int>(__clusterRelativeBlockRank());
#else
        return 0;
#endif
    }

    // The cluster's number in the grid: read, since a division by the size would be waited for.
    static __device__ int number() {
#if __CUDA_ARCH__ >= 900
        unsigned number;
        asm("mov.u32 %0, %%clusterid.x;" : "=r"(number));
        return static_cast<int>(size() == 1 ? blockIdx.x : number);
#else
        return static_cast<int>(blockIdx.x);
#endif
    }

    static __device__ int size() {
#if __CUDA_ARCH__ >= 900
        return static_cast<int>(__clusterSizeInBlocks());
#else
        return 1;
#endif
    }

    // Says that this block runs and its mailboxes are open; `await_peers` must precede the first `send`.
    static __device__ void announce() {
#if __CUDA_ARCH__ >= 900
        asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
#endif
    }

    static __device__ void await_peers() {
#if __CUDA_ARCH__ >= 900
        asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#else
        __syncthreads();
#endif
    }
};

// Slots in shared memory that the blocks of the cluster fill, and how full they are. One exchange after
// another may go through a mailbox, if in between each block has heard from all others by another one.
template <typename Value, int kSlots>
struct Mailbox {
    Value slots[kSlots];
    uint64_t barrier;

    // One thread, before `announce`.
    __device__ void open() {
#if __CUDA_ARCH__ >= 900
        if (Cluster::size() == 1) return;  // st.async exists only inside a cluster launch
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(address(&barrier)) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
    }

    // One thread, once per exchange: how many values will come.
    __device__ void expect(int values) {
#if __CUDA_ARCH__ >= 900
        if (Cluster::size() == 1) return;
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address(&barrier)),
                     "r"(values * static_cast<int>(sizeof(Value)))
                     : "memory");
#endif
    }

    // Writes `value` into that slot of the mailbox of the block `rank`.
    __device__ void send(int rank, int slot, Value value) {
#if __CUDA_ARCH__ >= 900
        if (Cluster::size() == 1) {
            slots[slot] = value;
            return;
        }
        unsigned there, counter;
        asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address(slots + slot)), "r"(rank));
        asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(counter) : "r"(address(&barrier)), "r"(rank));
        if constexpr (sizeof(Value) == 8) {
            uint64_t bits;
            memcpy(&bits, &value, sizeof(bits));
            asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.b64 [%0], %1, [%2];" ::"r"(there),
                         "l"(bits), "r"(counter)
                         : "memory");
        } else {
            uint32_t bits;
            memcpy(&bits, &value, sizeof(bits));
            asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.b32 [%0], %1, [%2];" ::"r"(there),
                         "r"(bits), "r"(counter)
                         : "memory");
        }
#else
        slots[slot] = value;
#endif
    }

    // All threads of the block, after their last `send` of an exchange.
    __device__ void seal() {
        if (Cluster::size() == 1) __syncthreads();
    }

    // Waits until all values of exchange number `exchange` of this mailbox are there; each warp that reads must.
    __device__ void await(int exchange) {
#if __CUDA_ARCH__ >= 900
        if (Cluster::size() == 1) return;
        unsigned done;
        do {
            asm volatile(
                "{\n\t.reg .pred arrived;\n\t"
                "mbarrier.try_wait.parity.shared::cta.b64 arrived, [%1], %2;\n\t"
                "selp.u32 %0, 1, 0, arrived;\n\t}"
                : "=r"(done)
                : "r"(address(&barrier)), "r"(exchange % 2)
                : "memory");
        } while (!__all_sync(kAllLanes, done));
#endif
    }

  private:
    static __device__ unsigned address(const void* shared) {
        return static_cast<unsigned>(__cvta_generic_to_shared(shared));
    }
};

// Launches `blocks` blocks in clusters of `cluster`; returns the CUDA error.
template <typename... Parameters, typename... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), long long blocks, int threads, int cluster, void* stream,
                   Arguments... arguments) {
    constexpr int kPortable = 8;
    if (cluster > kPortable) {
        const cudaError_t error =
            cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
        if (error != cudaSuccess) return error;
    }
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
    attribute.val.clusterDim.y = 1;
    attribute.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(blocks));
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.stream = static_cast<cudaStream_t>(stream);
    config.attrs = &attribute;
    config.numAttrs = cluster > 1 ? 1 : 0;
    return cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...);
}

// The largest cluster this device can run of a kernel with that many threads per block.
template <typename... Parameters>
cudaError_t largest_cluster(void (*kernel)(Parameters...), int threads, int* size) {
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
    if (error != cudaSuccess) return error;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(16);
    config.blockDim = dim3(static_cast<unsigned>(threads));
    return cudaOccupancyMaxPotentialClusterSize(size, kernel, &config);
}

}  // namespace draftproof
