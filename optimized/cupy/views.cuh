// Tensors as a kernel receives them: an address and one stride per axis, by value.
//
// Any stride is honoured, so that a slice or an expanded tensor needs no copy. Only a row over the vocabulary
// is dense, its ids side by side: the launcher copies the rare tensor that is not, and the loops over a row
// need one address for many loads. Offsets are computed in 64 bits: rows * V passes 2^31 at B = 2^11, K = 8,
// V = 2^17.
#pragma once

template <class T, int RANK>
struct View {
    const T* data;            // null where the argument is None
    long long strides[RANK];  // in elements

    __device__ T at(long long i) const { return data[i * strides[0]]; }
    __device__ T at(long long i, long long j) const { return data[i * strides[0] + j * strides[1]]; }

    // The dense row i of a matrix; null for None.
    __device__ const T* row(long long i) const { return data ? data + i * strides[0] : nullptr; }

    // The same tensor with its first index fixed; None stays None.
    __device__ View<T, RANK - 1> operator[](long long i) const {
        View<T, RANK - 1> inner = {data ? data + i * strides[0] : nullptr, {}};
        for (int axis = 1; axis < RANK; ++axis) inner.strides[axis - 1] = strides[axis];
        return inner;
    }
};

// Uniforms come as float32 or float64 and are used as they are: a float32 is exact in float64, the
// converse is not. A flag, not a template, because a request reads only a handful of them.
template <int RANK>
struct Uniforms {
    const void* data;
    long long strides[RANK];
    long long bytes;  // of one element: 4 or 8

    __device__ double load(long long offset) const {
        return bytes == 8 ? static_cast<const double*>(data)[offset] : static_cast<const float*>(data)[offset];
    }
    __device__ double at(long long i) const { return load(i * strides[0]); }
    __device__ double at(long long i, long long j) const { return load(i * strides[0] + j * strides[1]); }
};
