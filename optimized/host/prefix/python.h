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
PyObject* PyObject_Type(PyObject*);
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

// A reference that is given back at the end, unless it is handed on.
class Reference {
  public:
    explicit Reference(PyObject* object) : object_(object) {}
    Reference(const Reference&) = delete;
    Reference& operator=(const Reference&) = delete;
    ~Reference() {
        if (object_ != nullptr) Py_DecRef(object_);
    }

    explicit operator bool() const { return object_ != nullptr; }
    PyObject* get() const { return object_; }
    PyObject* hand_on() {
        PyObject* object = object_;
        object_ = nullptr;
        return object;
    }

  private:
    PyObject* object_;
};

// An array of one dimension in one piece, of integers of `itemsize` bytes, held while this lives. Only what is exactly
// of class `array`: a subclass may mean something else by its entries, as a masked array does.
class Vector {
  public:
    Vector(PyObject* object, PyObject* array, Py_ssize_t itemsize, bool writable = false) {
        constexpr int kFormat = 0x4, kInOnePiece = 0x20 | 0x18, kWritable = 0x1;
        const Reference type(PyObject_Type(object));
        if (type.get() != array) return;
        held_ = PyObject_GetBuffer(object, &view_, kFormat | kInOnePiece | (writable ? kWritable : 0)) == 0;
        if (!held_) {
            PyErr_Clear();
            return;
        }
        const char kind = view_.format == nullptr || view_.format[1] != 0 ? 0 : view_.format[0];
        // To NumPy an array without entries is aligned wherever it lies.
        const bool aligned =
            view_.len == 0 || reinterpret_cast<uintptr_t>(view_.buf) % static_cast<uintptr_t>(itemsize) == 0;
        fits_ = view_.ndim == 1 && view_.itemsize == itemsize && aligned && (kind == 'i' || kind == 'l' || kind == 'q');
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
    bool held_ = false, fits_ = false;
};

}  // namespace draftproof
