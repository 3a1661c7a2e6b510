// The tree's methods as Python calls them: built-in functions bound to a capsule that holds the tree.
//
// A call with an array costs 60 ns, against 400 ns to 1.5 us through ctypes. `draftproof_make` makes one tree. A
// function answers None if an argument is no int32 array in one piece, which radix_tree.py then makes of it, and a
// negative number where it refuses (answers.h), which radix_tree.py then puts into words.
//
// Whatever Python makes may fail, and may collect garbage, whose finalisers may call this very tree. So an answer is
// made first and the tree looked at again: it is changed when nothing can fail any more, and only as it was seen.
#include "tree.h"

#include "closing.h"
#include "eviction.h"
#include "memory.h"
#include "mirror.h"
#include "python.h"

namespace draftproof {
namespace {

// numpy.empty, numpy.dtype("int32"), numpy.ndarray, tuple.__new__ and the class Match.
PyObject *g_empty, *g_int32, *g_array, *g_new, *g_match;

RadixTree& tree_of(PyObject* self) { return *static_cast<RadixTree*>(PyCapsule_GetPointer(self, nullptr)); }

PyObject* none() {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

PyObject* number(long long value) { return PyLong_FromLongLong(value); }
long long integer(PyObject* object) { return PyLong_AsLongLong(object); }

// A new int32 array, or null with an exception set.
PyObject* array(uint64_t size) {
    const Reference count(number(static_cast<long long>(size)));
    return count ? PyObject_CallFunctionObjArgs(g_empty, count.get(), g_int32, nullptr) : nullptr;
}

// A new array of what `fill(int32_t*)` writes, `size()` entries: as many as they are when it has been made.
template <class Size, class Fill>
PyObject* filled(Size size, Fill fill) {
    while (true) {
        const uint64_t count = size();
        Reference made(array(count));
        if (!made) return nullptr;
        const Vector entries(made.get(), g_array, 4, true);
        if (!entries) return PyErr_NoMemory();
        if (size() != count) continue;
        fill(entries.as<int32_t>());
        return made.hand_on();
    }
}

// The Match that ends where `find()` says, or its refusal.
template <class Find>
PyObject* matched(RadixTree& tree, Find find) {
    while (true) {
        const uint64_t epoch = tree.epoch();
        const Found found = find();
        if (found.node < 0) return number(found.node);
        Reference slots(array(found.length)), node(number(tree.answer(found))), pair(PyTuple_New(2));
        if (!slots || !node || !pair) return nullptr;
        const Vector entries(slots.get(), g_array, 4, true);
        if (!entries) return PyErr_NoMemory();
        PyTuple_SetItem(pair.get(), 0, slots.hand_on());
        PyTuple_SetItem(pair.get(), 1, node.hand_on());
        Reference match(PyObject_CallFunctionObjArgs(g_new, g_match, pair.get(), nullptr));
        if (!match) return nullptr;
        if (tree.epoch() != epoch) continue;
        tree.slots_of(found, entries.as<int32_t>());
        tree.match(found);
        return match.hand_on();
    }
}

// (root, tokens) -> Match or a refusal
PyObject* match(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const Vector tokens(args[1], g_array, 4);
    if (!tokens) return none();
    const long long name = integer(args[0]);
    return matched(tree, [&] {
        const int32_t root = tree.root(name);
        return root < 0 ? Found{root, 0, 0} : tree.walk(root, tokens.as<int32_t>(), tokens.size());
    });
}

// (root, tokens, slots, priority) -> tokens present, or a refusal
PyObject* insert(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const Vector tokens(args[1], g_array, 4), slots(args[2], g_array, 4);
    if (!tokens || !slots || tokens.size() != slots.size()) return none();
    const int32_t priority = static_cast<int32_t>(integer(args[3]));
    const uint32_t count = tokens.size() - tokens.size() % tree.page_size();
    while (true) {
        const uint64_t epoch = tree.epoch();
        const int32_t root = tree.root(integer(args[0]));
        if (root < 0) return number(root);
        const Found found = tree.walk(root, tokens.as<int32_t>(), count);
        Reference present(number(found.length));
        if (!present) return nullptr;
        if (tree.epoch() != epoch) continue;
        const int refused = tree.insert(found, tokens.as<int32_t>(), slots.as<int32_t>(), count, priority);
        return refused != 0 ? number(refused) : present.hand_on();
    }
}

// (count) -> the freed slots
PyObject* evict(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const uint64_t wanted = static_cast<uint64_t>(integer(args[0]));
    return filled([&] { return tree.evictable(wanted); },
                  [&](int32_t* out) { tree.evict(tree.evictable(wanted), out); });
}

// (node, epoch or -1) -> 0 or a refusal
PyObject* lock(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const long long node = integer(args[0]), epoch = integer(args[1]);
    const int stale = epoch < 0 ? 0 : tree.stale(node, static_cast<uint64_t>(epoch));
    return number(stale != 0 ? stale : tree.lock(node));
}

// (node) -> 0 or a refusal
PyObject* unlock(PyObject* self, PyObject* const* args, Py_ssize_t) {
    return number(tree_of(self).unlock(integer(args[0])));
}

// (node, length, epoch) -> Match or a refusal
PyObject* confirm(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const long long node = integer(args[0]), length = integer(args[1]), epoch = integer(args[2]);
    return matched(tree, [&] {
        if (tree.stale(node, static_cast<uint64_t>(epoch)) != 0) return Found{kStale, 0, 0};
        return tree.prefix(static_cast<int32_t>(node), static_cast<uint64_t>(length));
    });
}

// (root, tokens, offsets, lengths, nodes): fills the last two -> the number of requests, or a refusal
PyObject* match_many(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    const Vector tokens(args[1], g_array, 4), offsets(args[2], g_array, 8), lengths(args[3], g_array, 4, true),
        nodes(args[4], g_array, 4, true);
    if (!tokens || !offsets || !lengths || !nodes) return none();
    const int64_t* bounds = offsets.as<int64_t>();
    for (Py_ssize_t i = 0; i < offsets.size(); i++) {
        if (bounds[i] < (i == 0 ? 0 : bounds[i - 1]) || bounds[i] > tokens.size()) return none();
    }
    const int32_t root = tree.root(integer(args[0]));
    if (root < 0) return number(root);
    for (Py_ssize_t i = 0; i + 1 < offsets.size(); i++) {
        const auto count = static_cast<uint32_t>(bounds[i + 1] - bounds[i]);
        const Found found = tree.walk(root, tokens.as<int32_t>() + bounds[i], count);
        lengths.as<int32_t>()[i] = static_cast<int32_t>(found.length);
        nodes.as<int32_t>()[i] = found.node;
    }
    return number(offsets.size() - 1);
}

// () -> the new root's name
PyObject* open(PyObject* self, PyObject* const*, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    while (true) {
        const uint64_t epoch = tree.epoch();
        Reference name(number(tree.next_name()));
        if (!name) return nullptr;
        if (tree.epoch() != epoch) continue;
        tree.open();
        return name.hand_on();
    }
}

// (name) -> the freed slots or a refusal
PyObject* close(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    while (true) {
        const uint64_t epoch = tree.epoch();
        const int32_t root = tree.root(integer(args[0]));
        if (root < 0) return number(root);
        Closing closing(tree, root);
        Reference freed(array(closing.tokens()));
        if (!freed) return nullptr;
        const Vector entries(freed.get(), g_array, 4, true);
        if (!entries) return PyErr_NoMemory();
        if (tree.epoch() != epoch) continue;
        if (closing.locked()) return number(kLocked);
        closing.run(entries.as<int32_t>());
        return freed.hand_on();
    }
}

PyObject* release(PyObject* self, PyObject* const*, Py_ssize_t) {
    tree_of(self).release();
    return none();
}

// () -> the tokens of all edges
PyObject* tokens(PyObject* self, PyObject* const*, Py_ssize_t) {
    const RadixTree& tree = tree_of(self);
    return filled([&] { return tree.cached(); }, [&](int32_t* out) { tree.tokens(out); });
}

// () -> (epoch, cached, locked, nodes, bytes)
PyObject* figures(PyObject* self, PyObject* const*, Py_ssize_t) {
    Reference tuple(PyTuple_New(5));
    if (!tuple) return nullptr;
    const RadixTree& tree = tree_of(self);
    const uint64_t values[] = {tree.epoch(), tree.cached(), tree.locked(), static_cast<uint64_t>(tree.count()),
                               tree.bytes()};
    for (int i = 0; i < 5; i++) {
        PyObject* value = PyLong_FromUnsignedLongLong(values[i]);
        if (value == nullptr) return nullptr;
        PyTuple_SetItem(tuple.get(), i, value);
    }
    return tuple.hand_on();
}

// (generation) -> (entries of arena, rows, table; blocks of each that changed; the packed array; next generation;
// epoch): all of one moment
PyObject* changes(PyObject* self, PyObject* const* args, Py_ssize_t) {
    RadixTree& tree = tree_of(self);
    Mirror mirror(tree);
    const uint64_t generation = static_cast<uint64_t>(integer(args[0]));
    if (generation > mirror.generation()) return number(kNoGeneration);
    const auto since = static_cast<uint32_t>(generation);
    uint64_t values[] = {0, 0, 0, 0, 0, 0, 0, 0};
    Reference packed(filled([&] { return mirror.packed(mirror.changed(since)); },
                            [&](int32_t* out) {
                                const Mirror::Sizes entries = mirror.entries(), blocks = mirror.changed(since);
                                const uint64_t next = mirror.pack(since, out);
                                const uint64_t seen[] = {entries.arena, entries.rows, entries.table, blocks.arena,
                                                         blocks.rows,   blocks.table, next,          tree.epoch()};
                                std::memcpy(values, seen, sizeof(values));
                            }));
    Reference tuple(PyTuple_New(9));
    if (!packed || !tuple) return nullptr;
    for (int i = 0; i < 8; i++) {
        PyObject* value = PyLong_FromUnsignedLongLong(values[i]);
        if (value == nullptr) return nullptr;
        PyTuple_SetItem(tuple.get(), i < 6 ? i : i + 1, value);
    }
    PyTuple_SetItem(tuple.get(), 6, packed.hand_on());
    return tuple.hand_on();
}

PyObject* methods_of(RadixTree* tree);

// () -> the methods of a copy
PyObject* copy(PyObject* self, PyObject* const*, Py_ssize_t) { return methods_of(new RadixTree(tree_of(self))); }

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
PyMethodDef g_methods[] = {METHOD(match),   METHOD(insert),     METHOD(evict),   METHOD(lock),  METHOD(unlock),
                           METHOD(confirm), METHOD(match_many), METHOD(open),    METHOD(close), METHOD(figures),
                           METHOD(changes), METHOD(tokens),     METHOD(release), METHOD(copy)};
#undef METHOD

// The methods of a tree, which lives as long as they do, in the order of `g_methods`.
PyObject* methods_of(RadixTree* tree) {
    const Reference capsule(PyCapsule_New(tree, nullptr, [](PyObject* self) { delete &tree_of(self); }));
    if (!capsule) {
        delete tree;
        return nullptr;
    }
    constexpr Py_ssize_t count = sizeof(g_methods) / sizeof(g_methods[0]);
    Reference methods(PyTuple_New(count));
    for (Py_ssize_t i = 0; methods && i < count; i++) {
        PyObject* method = PyCFunction_NewEx(&g_methods[i], capsule.get(), nullptr);
        if (method == nullptr) return nullptr;
        PyTuple_SetItem(methods.get(), i, method);
    }
    return methods.hand_on();
}

}  // namespace

// The methods of a new tree. The first call keeps the five objects for ever.
extern "C" __attribute__((visibility("default"))) PyObject* draftproof_make(uint32_t page_size, int policy,
                                                                            uint64_t secret, PyObject* empty,
                                                                            PyObject* int32, PyObject* array_class,
                                                                            PyObject* make, PyObject* match_class) {
    if (g_empty == nullptr) {
        g_empty = empty, g_int32 = int32, g_array = array_class, g_new = make, g_match = match_class;
        for (PyObject* kept : {empty, int32, array_class, make, match_class}) Py_IncRef(kept);
    }
    try {
        return methods_of(new RadixTree(page_size, static_cast<Policy>(policy), secret));
    } catch (const std::bad_alloc&) {
        return PyErr_NoMemory();
    }
}

}  // namespace draftproof
