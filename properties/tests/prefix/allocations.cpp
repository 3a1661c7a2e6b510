// Stands between the native tree and whatever gives it memory: the allocation whose turn it is fails, or runs a
// function first, as a collection of garbage would. Linked with --wrap, so the tree's own sources are what is tested.
#include <cstddef>
#include <cstdarg>
#include <new>

extern "C" {

struct PyObject;

__attribute__((visibility("default"))) long draftproof_turn = -1;  // allocations until it is this one's turn
__attribute__((visibility("default"))) void (*draftproof_act)() = nullptr;  // what runs then; none: it fails

PyObject* PyErr_NoMemory();

static bool fails() {
    if (draftproof_turn < 0 || draftproof_turn-- > 0) return false;
    if (draftproof_act == nullptr) return true;
    draftproof_act();
    return false;
}

// Memory of C++ runs nobody's code: with a function to run, only what Python makes counts.
static bool fails_plainly() { return draftproof_act == nullptr && fails(); }

void* __real_realloc(void*, size_t);
void* __wrap_realloc(void* old, size_t size) { return fails_plainly() ? nullptr : __real_realloc(old, size); }

void* __real_calloc(size_t, size_t);
void* __wrap_calloc(size_t count, size_t size) { return fails_plainly() ? nullptr : __real_calloc(count, size); }

void* __real__Znwm(size_t);
void* __wrap__Znwm(size_t size) {
    if (fails_plainly()) throw std::bad_alloc();
    return __real__Znwm(size);
}

PyObject* __real_PyTuple_New(ptrdiff_t);
PyObject* __wrap_PyTuple_New(ptrdiff_t size) { return fails() ? PyErr_NoMemory() : __real_PyTuple_New(size); }

// Small numbers are CPython's own: to give one away takes no memory.
PyObject* __real_PyLong_FromLongLong(long long);
PyObject* __wrap_PyLong_FromLongLong(long long value) {
    const bool kept = -5 <= value && value <= 256;
    return !kept && fails() ? PyErr_NoMemory() : __real_PyLong_FromLongLong(value);
}

PyObject* __real_PyLong_FromUnsignedLongLong(unsigned long long);
PyObject* __wrap_PyLong_FromUnsignedLongLong(unsigned long long value) {
    return value > 256 && fails() ? PyErr_NoMemory() : __real_PyLong_FromUnsignedLongLong(value);
}

PyObject* __real_PyObject_CallFunctionObjArgs(PyObject*, ...);
PyObject* __wrap_PyObject_CallFunctionObjArgs(PyObject* function, ...) {
    va_list arguments;
    va_start(arguments, function);
    PyObject* first = va_arg(arguments, PyObject*);
    PyObject* second = va_arg(arguments, PyObject*);  // the tree's calls have two
    va_end(arguments);
    if (fails()) return PyErr_NoMemory();
    return __real_PyObject_CallFunctionObjArgs(function, first, second, nullptr);
}

PyObject* __real_PyCFunction_NewEx(void*, PyObject*, PyObject*);
PyObject* __wrap_PyCFunction_NewEx(void* method, PyObject* self, PyObject* module) {
    return fails() ? PyErr_NoMemory() : __real_PyCFunction_NewEx(method, self, module);
}

PyObject* __real_PyCapsule_New(void*, const char*, void (*)(PyObject*));
PyObject* __wrap_PyCapsule_New(void* pointer, const char* name, void (*destructor)(PyObject*)) {
    return fails() ? PyErr_NoMemory() : __real_PyCapsule_New(pointer, name, destructor);
}
}
