// Enough of CUDA to run a plain kernel on a CPU: for tests only.
//
// The blocks of a launch run one after another, the threads of a block as fibers of one CPU thread. A fiber runs
// until it waits for others (a barrier, a shuffle, a ballot); a warp runs as far ahead of the others as it can;
// which warp and which lane comes next is drawn at random from a seed. A missing barrier then shows as an
// answer that changes with the seed, a barrier that some thread never reaches as a deadlock, which the
// launch reports.
#pragma once

#include <math.h>
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

using std::isfinite;
using std::max;
using std::min;

struct Index {
    unsigned x = 0, y = 0, z = 0;
};
inline Index threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

constexpr int LANES = 32;
constexpr size_t STACK = 64 * 1024;

// Opens when as many fibers have arrived as it was told of, and is then ready for the next time.
struct Barrier {
    int members = 0, arrived = 0, openings = 0;
};

struct Warp {
    Barrier barrier;
    unsigned long long slots[LANES];
};

struct Fiber {
    ucontext_t context;
    Barrier* waits_for = nullptr;
    int opening = 0;  // of that barrier, for which it waits
    bool done = false;
};

struct Block {
    std::vector<Fiber> fibers;
    std::vector<Warp> warps;
    Barrier barrier;
    bool any = false;
    ucontext_t scheduler;
    unsigned running = 0;
    std::function<void()> kernel;
};
inline Block block;

inline void wait(Barrier& barrier) {
    Fiber& self = block.fibers[block.running];
    if (++barrier.arrived == barrier.members) {
        barrier.arrived = 0;
        ++barrier.openings;
    } else {
        self.waits_for = &barrier;
        self.opening = barrier.openings;
    }
    swapcontext(&self.context, &block.scheduler);
}

inline void run_fiber() {
    block.kernel();
    block.fibers[block.running].done = true;
    swapcontext(&block.fibers[block.running].context, &block.scheduler);
}

inline bool may_run(const Fiber& fiber) {
    return !fiber.done && (!fiber.waits_for || fiber.waits_for->openings != fiber.opening);
}

// Lets each thread of a warp that may go on do so once, in random order; how many were there.
inline unsigned run_warp(unsigned warp, unsigned threads, std::mt19937& random, unsigned& done) {
    std::vector<unsigned> lanes;
    for (unsigned i = warp * LANES; i < std::min(threads, (warp + 1) * LANES); ++i) {
        if (may_run(block.fibers[i])) lanes.push_back(i);
    }
    std::shuffle(lanes.begin(), lanes.end(), random);
    for (unsigned i : lanes) {
        Fiber& fiber = block.fibers[i];
        fiber.waits_for = nullptr;
        block.running = i;
        threadIdx.x = i;
        swapcontext(&block.scheduler, &fiber.context);
        done += fiber.done;
    }
    return static_cast<unsigned>(lanes.size());
}

// Runs the threads of one block to their end; false if they wait for each other forever.
inline bool run_block(unsigned threads, std::mt19937& random) {
    static std::unique_ptr<char[]> stacks;
    static unsigned room = 0;
    if (room < threads) stacks.reset(new char[(room = threads) * STACK]);
    block.fibers.assign(threads, {});
    block.warps.assign((threads + LANES - 1) / LANES, {});
    block.barrier = {static_cast<int>(threads)};
    for (unsigned i = 0; i < threads; ++i) {
        ++block.warps[i / LANES].barrier.members;
        ucontext_t& context = block.fibers[i].context;
        getcontext(&context);
        context.uc_stack.ss_sp = stacks.get() + i * STACK;
        context.uc_stack.ss_size = STACK;
        makecontext(&context, run_fiber, 0);
    }
    unsigned done = 0;
    std::vector<unsigned> warps(block.warps.size());
    std::iota(warps.begin(), warps.end(), 0u);
    while (done < threads) {
        bool moved = false;
        std::shuffle(warps.begin(), warps.end(), random);
        for (unsigned warp : warps) {
            while (const unsigned steps = run_warp(warp, threads, random, done)) moved = steps;
        }
        if (!moved) return false;
    }
    return true;
}

template <class... Args, size_t... I>
bool launch(void (*kernel)(Args...), unsigned blocks, unsigned threads, unsigned seed, void** args,
            std::index_sequence<I...>) {
    std::mt19937 random(seed);
    block.kernel = [=] { kernel(*static_cast<Args*>(args[I])...); };
    blockDim.x = threads;
    gridDim.x = blocks;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        if (!run_block(threads, random)) return false;
    }
    return true;
}

// Takes the arguments as cuLaunchKernel does, by address.
template <class... Args>
bool launch(void (*kernel)(Args...), unsigned blocks, unsigned threads, unsigned seed, void** args) {
    return launch(kernel, blocks, threads, seed, args, std::index_sequence_for<Args...>());
}

// Lends every lane's value to its warp and returns that of lane `source`, or its own if there is none.
template <class T>
T exchange(T value, unsigned source) {
    static_assert(sizeof(T) <= sizeof(unsigned long long));
    Warp& warp = block.warps[threadIdx.x / LANES];
    std::memcpy(&warp.slots[threadIdx.x % LANES], &value, sizeof(T));
    wait(warp.barrier);
    if (source < static_cast<unsigned>(warp.barrier.members)) std::memcpy(&value, &warp.slots[source], sizeof(T));
    wait(warp.barrier);
    return value;
}

}  // namespace emulation

inline void __syncthreads() { emulation::wait(emulation::block.barrier); }

inline int __syncthreads_or(int predicate) {
    if (predicate) emulation::block.any = true;
    __syncthreads();
    const bool any = emulation::block.any;
    __syncthreads();
    emulation::block.any = false;
    __syncthreads();
    return any;
}

template <class T>
T __shfl_down_sync(unsigned, T value, unsigned distance) {
    return emulation::exchange(value, threadIdx.x % emulation::LANES + distance);
}

inline unsigned __ballot_sync(unsigned, int predicate) {
    emulation::Warp& warp = emulation::block.warps[threadIdx.x / emulation::LANES];
    warp.slots[threadIdx.x % emulation::LANES] = predicate != 0;
    emulation::wait(warp.barrier);
    unsigned lanes = 0;
    for (int lane = 0; lane < warp.barrier.members; ++lane) lanes |= static_cast<unsigned>(warp.slots[lane]) << lane;
    emulation::wait(warp.barrier);
    return lanes;
}

inline int __ffs(unsigned bits) { return __builtin_ffs(static_cast<int>(bits)); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned long long>(a) * b >> 32; }

inline float __uint_as_float(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
inline unsigned __float_as_uint(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Gives a kernel of the file an entry for ctypes; it returns 0, or 1 for a deadlock.
#define EXPORT_KERNEL(kernel)                                                                                 \
    extern "C" int launch_##kernel(unsigned blocks, unsigned threads, unsigned seed, void** args) {           \
        return !emulation::launch(kernel, blocks, threads, seed, args);                                       \
    }
