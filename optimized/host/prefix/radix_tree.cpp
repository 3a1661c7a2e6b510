// The tree's methods as Python calls them: built-in functions bound to a capsule that holds the tree.
//
// A call with an array costs 60 ns, against 400 ns to 1.5 us through ctypes. `draftproof_make` makes one tree. A
// function answers None if an argument is no int32 array in one piece, which tree.py then makes of it, and a
// negative number where it refuses (answers.h), which tree.py then puts into words.
#include "tree.h"

#include "mirror.h"
#include "python.h"

namespace draftproof {
namespace {

// numpy.empty, numpy.dtype("int32"), tuple.__new__ and the class Match.
PyObject *g_empty, *g_int32, *g_new, *g_match;

RadixTree& tree_of(PyObject* self) { return *static_cast<RadixTree*>(PyCapsule_GetPointer(self, nullptr)); }

PyObject* none() {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

PyObject* number(long long value) { return PyLong_FromLongLong(value); }

// A new int32 array that `fill(int32_t*)` writes, or null with an exception set.
template <class Fill>
PyObject* array(uint64_t size, Fill fill) {
    PyObject* count = number(static_cast<long long>(size));
    PyObject* made = PyObject_CallFunctionObjArgs(g_empty, count, g_int32, nullptr);
    Py_DecRef(count);
    if (made == nullptr) return nullptr;
    fill(Vector(made, 4, true).as<int32_t>());
    return made;
}

// The Match that ends where `found` does. The array comes first: it may fail, the tree may not.
PyObject* match_at(RadixTree& tree, const Found& found) {
    PyObject* slots = array(found.length, [&](int32_t* out) { tree.slots_of(found, out); });
    if (slots == nullptr) return nullptr;
    PyObject* pair = PyTuple_New(2);
    PyTuple_SetItem(pair, 0, slots);
    PyTuple_SetItem(pair, 1, number(tree.match(found)));
    PyObject* match = PyObject_CallFunctionObjArgs(g_new, g_match, pair, nullptr);
    Py_DecRef(pair);
    return match;
}

// (root, tokens) -> Match
PyObject* match(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    Vector tokens(args[1], 4);
    if (!tokens) return none();
    const int32_t root = static_cast<int32_t>(PyLong_AsLongLong(args[0]));
    return match_at(tree, tree.walk(root, tokens.as<int32_t>(), tokens.size()));
}

// (root, tokens, slots, priority) -> tokens present, or a refusal
PyObject* insert(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    Vector tokens(args[1], 4), slots(args[2], 4);
    if (!tokens || !slots || tokens.size() != slots.size()) return none();
    const int32_t root = static_cast<int32_t>(PyLong_AsLongLong(args[0]));
    const int32_t priority = static_cast<int32_t>(PyLong_AsLongLong(args[3]));
    const uint32_t count = tokens.size() - tokens.size() % tree.page_size();
    const Found found = tree.walk(root, tokens.as<int32_t>(), count);
    const int refused = tree.insert(found, tokens.as<int32_t>(), slots.as<int32_t>(), count, priority);
    return number(refused != 0 ? refused : static_cast<long long>(found.length));
}

// (count) -> the freed slots
PyObject* evict(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const uint64_t count = tree.evictable(static_cast<uint64_t>(PyLong_AsLongLong(args[0])));
    return array(count, [&](int32_t* out) { tree.evict(count, out); });
}

// (node, epoch or -1) -> 0 or a refusal
PyObject* lock(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const long long node = PyLong_AsLongLong(args[0]), epoch = PyLong_AsLongLong(args[1]);
    const int stale = epoch < 0 ? 0 : tree.stale(node, static_cast<uint64_t>(epoch));
    return number(stale != 0 ? stale : tree.lock(node));
}

// (node) -> 0 or a refusal
PyObject* unlock(PyObject* self, PyObject* const* args, Py_ssize_t) {
    return number(tree_of(self).unlock(PyLong_AsLongLong(args[0])));
}

// (node, length, epoch) -> Match or a refusal
PyObject* confirm(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const long long node = PyLong_AsLongLong(args[0]), epoch = PyLong_AsLongLong(args[2]);
    if (tree.stale(node, static_cast<uint64_t>(epoch)) != 0) return number(kStale);
    const Found found = tree.prefix(static_cast<int32_t>(node), static_cast<uint64_t>(PyLong_AsLongLong(args[1])));
    return found.node < 0 ? number(found.node) : match_at(tree, found);
}

// (root, tokens, offsets, lengths, nodes): fills the last two -> the number of requests
PyObject* match_many(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    Vector tokens(args[1], 4), offsets(args[2], 8), lengths(args[3], 4, true), nodes(args[4], 4, true);
    if (!tokens || !offsets || !lengths || !nodes) return none();
    const int32_t root = static_cast<int32_t>(PyLong_AsLongLong(args[0]));
    const int64_t* bounds = offsets.as<int64_t>();
    for (Py_ssize_t i = 0; i < offsets.size(); i++) {
        if (bounds[i] < (i == 0 ? 0 : bounds[i - 1]) || bounds[i] > tokens.size()) return none();
    }
    for (Py_ssize_t i = 0; i + 1 < offsets.size(); i++) {
        const auto count = static_cast<uint32_t>(bounds[i + 1] - bounds[i]);
        const Found found = tree.walk(root, tokens.as<int32_t>() + bounds[i], count);
        lengths.as<int32_t>()[i] = static_cast<int32_t>(found.length);
        nodes.as<int32_t>()[i] = found.node;
    }
    return number(offsets.size() - 1);
}

PyObject* open(PyObject* self, PyObject* const*, Py_ssize_t) { return number(tree_of(self).open()); }

// () -> (epoch, cached, locked, nodes, bytes)
PyObject* figures(PyObject* self, PyObject* const*, Py_ssize_t) {
    const RadixTree& tree = tree_of(self);
    const uint64_t values[] = {tree.epoch(), tree.cached(), tree.locked(), static_cast<uint64_t>(tree.count()),
                               tree.bytes()};
    PyObject* tuple = PyTuple_New(5);
    for (int i = 0; i < 5; i++) PyTuple_SetItem(tuple, i, PyLong_FromUnsignedLongLong(values[i]));
    return tuple;
}

// (generation) -> (entries of arena, rows, table; blocks of each that changed; the packed array; next generation)
PyObject* changes(PyObject* self, PyObject* const* args, Py_ssize_t) {
    Mirror mirror(tree_of(self));
    const auto since = static_cast<uint32_t>(PyLong_AsLongLong(args[0]));
    const Mirror::Sizes entries = mirror.entries(), blocks = mirror.changed(since);
    uint32_t next = since;
    PyObject* packed = array(mirror.packed(blocks), [&](int32_t* out) { next = mirror.pack(since, out); });
    if (packed == nullptr) return nullptr;
    PyObject* tuple = PyTuple_New(8);
    const uint64_t values[] = {entries.arena, entries.rows, entries.table, blocks.arena, blocks.rows, blocks.table};
    for (int i = 0; i < 6; i++) PyTuple_SetItem(tuple, i, PyLong_FromUnsignedLongLong(values[i]));
    PyTuple_SetItem(tuple, 6, packed);
    PyTuple_SetItem(tuple, 7, number(next));
    return tuple;
}

using Function = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);

// Out of memory leaves no exception of C++ behind, and the tree as it was.
template <Function function>
PyObject* guarded(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    try {
        return function(self, args, count);
    } catch (const std::bad_alloc&) {
        return PyErr_NoMemory();
    }
}

#define METHOD(name) {#name, reinterpret_cast<void*>(guarded<name>), kFastCall, nullptr}
PyMethodDef g_methods[] = {METHOD(match),  METHOD(insert),  METHOD(evict), METHOD(lock),    METHOD(unlock),
                           METHOD(confirm), METHOD(match_many), METHOD(open),  METHOD(figures), METHOD(changes)};
#undef METHOD

}  // namespace

// The methods of a new tree, in the order of `g_methods`. The first call keeps the four objects for ever.
extern "C" __attribute__((visibility("default"))) PyObject* draftproof_make(uint32_t page_size, int policy,
                                                                            PyObject* empty, PyObject* int32,
                                                                            PyObject* make, PyObject* match_class) {
    if (g_empty == nullptr) {
        g_empty = empty, g_int32 = int32, g_new = make, g_match = match_class;
        Py_IncRef(empty);
        Py_IncRef(int32);
        Py_IncRef(make);
        Py_IncRef(match_class);
    }
    RadixTree* tree;
    try {
        tree = new RadixTree(page_size, static_cast<Policy>(policy));
    } catch (const std::bad_alloc&) {
        return PyErr_NoMemory();
    }
    PyObject* capsule = PyCapsule_New(tree, nullptr, [](PyObject* self) { delete &tree_of(self); });
    constexpr Py_ssize_t count = sizeof(g_methods) / sizeof(g_methods[0]);
    PyObject* methods = PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SetItem(methods, i, PyCFunction_NewEx(&g_methods[i], capsule, nullptr));
    }
    Py_DecRef(capsule);
    return methods;
}

}  // namespace draftproof
