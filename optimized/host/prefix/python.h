// The few functions of Python's stable ABI (3.11 and newer) that the tree needs, declared by hand: a machine that has
// Python but not its headers can compile this, and one library serves every later Python.
#pragma once
#include <cstddef>
#include <cstdint>

extern "C" {

struct PyObject;
extern PyObject _Py_NoneStruct;
using Py_ssize_t = ptrdiff_t;

struct Py_buffer {
    void* buf;
    PyObject* obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char* format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void* internal;
};

struct PyMethodDef {
    const char* name;
    void* function;
    int flags;
    const char* doc;
};

PyObject* PyCFunction_NewEx(PyMethodDef*, PyObject* self, PyObject* module);
PyObject* PyCapsule_New(void*, const char* name, void (*destructor)(PyObject*));
void* PyCapsule_GetPointer(PyObject*, const char* name);
int PyObject_GetBuffer(PyObject*, Py_buffer*, int flags);
void PyBuffer_Release(Py_buffer*);
PyObject* PyObject_CallFunctionObjArgs(PyObject*, ...);
PyObject* PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject*, Py_ssize_t, PyObject* stolen);
PyObject* PyLong_FromLongLong(long long);
PyObject* PyLong_FromUnsignedLongLong(unsigned long long);
long long PyLong_AsLongLong(PyObject*);
PyObject* PyErr_Occurred();
void PyErr_Clear();
PyObject* PyErr_NoMemory();
void Py_IncRef(PyObject*);
void Py_DecRef(PyObject*);
}

namespace draftproof {

constexpr int kFastCall = 0x80;  // METH_FASTCALL

// An array of one dimension in one piece, of integers of `itemsize` bytes, held while this lives.
class Vector {
  public:
    Vector(PyObject* object, Py_ssize_t itemsize, bool writable = false) {
        constexpr int kFormat = 0x4, kInOnePiece = 0x20 | 0x18, kWritable = 0x1;
        held_ = PyObject_GetBuffer(object, &view_, kFormat | kInOnePiece | (writable ? kWritable : 0)) == 0;
        if (!held_) {
            PyErr_Clear();
            return;
        }
        const char kind = view_.format == nullptr || view_.format[1] != 0 ? 0 : view_.format[0];
        fits_ = view_.ndim == 1 && view_.itemsize == itemsize && (kind == 'i' || kind == 'l' || kind == 'q');
    }
    Vector(const Vector&) = delete;
    Vector& operator=(const Vector&) = delete;
    ~Vector() {
        if (held_) PyBuffer_Release(&view_);
    }

    explicit operator bool() const { return fits_; }
    Py_ssize_t size() const { return view_.len / view_.itemsize; }

    template <class T>
    T* as() const {
        return static_cast<T*>(view_.buf);
    }

  private:
    Py_buffer view_;
    bool held_, fits_ = false;
};

}  // namespace draftproof
