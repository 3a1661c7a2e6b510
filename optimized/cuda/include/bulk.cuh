// Bulk copies from global to shared memory, which a barrier counts in bytes; compute capability 9.0 and above.
//
// One thread starts a copy and no thread carries its bytes through registers, so the next row can be on its way
// while this one is computed and written.
#pragma once
#include <cstdint>

#include "cluster.cuh"

namespace draftproof {

// In shared memory.
struct Arrival {
    uint64_t barrier;

    // One thread, before a `__syncthreads`; it alone may call `fetch`.
    __device__ void open() {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(address(&barrier)) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");  // the copies must find the barrier set up
    }

    // Copies `bytes`, a multiple of 16 or none, between addresses that are multiples of 16.
    __device__ void fetch(void* to, const void* from, unsigned bytes) {
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address(&barrier)), "r"(bytes)
                     : "memory");
        if (bytes == 0) return;
        asm volatile(
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                address(to)),
            "l"(from), "r"(bytes), "r"(address(&barrier))
            : "memory");
    }

    // Waits until fetch number `number` is complete; each warp that reads must.
    __device__ void await(int number) {
        unsigned done;
        do {
            asm volatile(
                "{\n\t.reg .pred arrived;\n\t"
                "mbarrier.try_wait.parity.shared::cta.b64 arrived, [%1], %2;\n\t"
                "selp.u32 %0, 1, 0, arrived;\n\t}"
                : "=r"(done)
                : "r"(address(&barrier)), "r"(number % 2)
                : "memory");
        } while (!__all_sync(kAllLanes, done));
    }

  private:
    static __device__ unsigned address(const void* shared) {
        return static_cast<unsigned>(__cvta_generic_to_shared(shared));
    }
};

}  // namespace draftproof
