"""Records what NumPy computes, for tensor-vocabulary.test.ts. Run with Debian's /usr/bin/python3 and python3-numpy:

    /usr/bin/python3 record-vocabulary.py > vocabulary-numpy-1.24.2.json
"""
import json
import sys

import numpy as np

random = np.random.default_rng(20261201)
cases = []


def encoded(x):
    x = np.asarray(x)
    kind = "bool" if x.dtype == bool else "i32" if x.dtype.kind in "iu" else "f32"
    data = [
        v if kind != "f32" else (float(v) if np.isfinite(v) else str(float(v)).replace("inf", "Infinity").replace("nan", "NaN"))
        for v in x.ravel().tolist()
    ]
    return {"dtype": kind, "shape": list(x.shape), "data": data}


def record(name, inputs, out, **options):
    outs = out if isinstance(out, (tuple, list)) else [out]
    cases.append(
        {"name": name, "inputs": [encoded(x) for x in inputs], "options": options, "outputs": [encoded(x) for x in outs]}
    )


def normal(*shape):
    return random.normal(size=shape).astype(np.float32).astype(np.float64)


def uniform(low, high, n):
    return random.uniform(low, high, n).astype(np.float32).astype(np.float64)


def whole(low, high, *shape):
    return random.integers(low, high, size=shape)


edges = np.array([0.0, -0.0, 0.5, -0.5, 1, -1, 2.5, -2.5, 3, 1e-20, -1e-20, np.inf, -np.inf, np.nan])

with np.errstate(all="ignore"):
    functions = {
        "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
        "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "log2": np.log2, "log10": np.log10, "exp2": np.exp2,
        "rsqrt": lambda x: 1 / np.sqrt(x), "round": np.round, "trunc": np.trunc, "isNaN": np.isnan, "isFinite": np.isfinite,
    }
    for name, f in functions.items():
        x = edges[:-3] if name == "tan" else edges
        record(name, [x], f(x))
        x = np.concatenate([normal(20) * 3, uniform(-1, 1, 20)])
        record(name, [x], f(x))
    pairs = np.array([[0, 0], [-0.0, 0], [0, -0.0], [-0.0, -0.0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-2, -3],
                      [np.inf, np.inf], [-np.inf, np.inf], [np.inf, -np.inf], [1, np.inf], [1, -np.inf], [np.inf, 1], [np.nan, 1]])
    for name, f in {"atan2": np.arctan2, "hypot": np.hypot, "logAddExp": np.logaddexp, "mod": np.mod}.items():
        x, y = pairs.T
        if name == "mod":
            x, y = np.array([7, -7, 7, -7, 5.5, -5.5, 0, 3]), np.array([3, 3, -3, -3, 2, 2, -2, np.inf])
        record(name, [x, y], f(x, y))
        x, y = normal(3, 1) * 4, normal(5) * 4
        record(name, [x, y], f(x, y))
    x, y = whole(-20, 20, 30), np.where(whole(0, 2, 30) == 0, 3, -4)
    record("mod", [x, y], np.mod(x, y))

    x, s = whole(-(2**31), 2**31, 20).astype(np.int32), whole(0, 32, 20).astype(np.int32)
    record("bitNot", [x], ~x)
    record("bitNot", [np.array([True, False])], ~np.array([True, False]))
    record("shiftLeft", [x, s], np.left_shift(x, s))
    record("shiftRightSigned", [x, s], np.right_shift(x, s))

for shape, axis in [((7,), 0), ((3, 5), 1), ((3, 5), 0), ((2, 1, 4), -1), ((0,), 0), ((1,), 0), ((33, 2), 0)]:
    x = normal(*shape)
    record("cumsum", [x], np.cumsum(x, axis), axis=axis)
    record("cumprod", [x], np.cumprod(x, axis), axis=axis)
    record("cummax", [x], np.maximum.accumulate(x, axis), axis=axis)
    record("cummin", [x], np.minimum.accumulate(x, axis), axis=axis)
    record("cumsum", [x], np.flip(np.cumsum(np.flip(x, axis), axis), axis), axis=axis, reverse=True)
    for n in (0, 1, 2):
        record("diff", [x], np.diff(x, n=n, axis=axis), axis=axis, n=n)
i = whole(-9, 9, 4, 3)
record("cumsum", [i], np.cumsum(i, 0), axis=0)

record("linspace", [], np.linspace(-1, 2.5, 8), start=-1, stop=2.5, n=8)
record("linspace", [], np.linspace(3, 4, 1), start=3, stop=4, n=1)
record("arange", [], np.arange(1, 2, 0.25), start=1, stop=2, step=0.25)
record("arange", [], np.arange(5, -1, -2).astype(float), start=5, stop=-1, step=-2)
a, b, c = normal(3), normal(2), normal(4)
record("meshgrid", [a, b, c], np.meshgrid(a, b, c, indexing="ij"))
for shape in [(4, 4), (3, 5), (5, 3), (2, 3, 4)]:
    x = normal(*shape)
    for k in (-2, -1, 0, 1, 3):
        record("tril", [x], np.tril(x, k), k=k)
        record("triu", [x], np.triu(x, k), k=k)
        record("diagonal", [x], np.diagonal(x, k, -2, -1), k=k)
        record("trace", [x], np.trace(x, k, -2, -1), k=k)
for k in (-2, 0, 1):
    x = normal(3)
    record("diag", [x], np.diag(x, k), k=k)

for subscript, shapes in {
    "ij,jk->ik": [(2, 3), (3, 4)], "ij,jk": [(2, 3), (3, 4)], "ij->ji": [(2, 3)], "ii": [(3, 3)], "ii->i": [(3, 3)],
    "ij->": [(2, 3)], "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)], "i,j->ij": [(3,), (4,)], "i,i": [(3,), (3,)],
    "ijk,k->ij": [(2, 3, 4), (4,)], "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)], "...i->...": [(2, 3, 4)],
    "ab,bc,cd->ad": [(2, 5), (5, 3), (3, 4)], "ab,bc,cd,de,ef->af": [(2, 3), (3, 4), (4, 2), (2, 5), (5, 3)],
    "a,b,c,d,e,f->afbecd": [(2,), (1,), (3,), (2,), (1,), (2,)], "ijij->ij": [(2, 3, 2, 3)], "ba": [(2, 3)],
    "bhqd,bhkd->bhqk": [(2, 2, 3, 4), (2, 2, 5, 4)], "i...,i...->...": [(3, 2), (3, 2)], "ij,ij,ij->i": [(2, 3)] * 3,
    "ij,kl->": [(2, 3), (2, 2)], "iji,k->jk": [(2, 3, 2), (2,)],
}.items():
    inputs = [normal(*shape) for shape in shapes]
    record("einsum", inputs, np.einsum(subscript, *inputs), subscript=subscript)
i, j = whole(-5, 5, 3, 4), whole(-5, 5, 4, 2)
record("einsum", [i, j], np.einsum("ij,jk->ik", i, j), subscript="ij,jk->ik")

x, y = normal(2, 3, 4), normal(4, 3, 5)
record("tensordot", [x, y], np.tensordot(x, y, [[1, 2], [1, 0]]), axes=[[1, 2], [1, 0]])
y = normal(4, 2)
record("tensordot", [x, y], np.tensordot(x, y, 1), axes=1)
y = normal(2)
record("tensordot", [x, y], np.tensordot(x, y, 0), axes=0)
for s, t in [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3, 2)), ((), (3,)), ((2, 3, 4), (4, 2))]:
    x, y = normal(*s), normal(*t)
    record("dot", [x, y], np.dot(x, y))
x, y = normal(2, 2), normal(3)
record("outer", [x, y], np.outer(x, y))
for s, t in [((2, 2), (2, 3)), ((3,), (2, 2)), ((2, 1, 2), (2,))]:
    x, y = normal(*s), normal(*t)
    record("kron", [x, y], np.kron(x, y))
x, y = normal(4, 3), normal(3)
record("cross", [x, np.broadcast_to(y, (4, 3))], np.cross(x, y))
record("vecdot", [x, y], (x * y).sum(-1))
x = normal(4, 3)
for ord in (0, 1, 2, 3, 0.5):
    record("norm", [x], np.linalg.norm(x, ord, 1), ord=ord, axes=1)
record("norm", [x], np.abs(x).max(0), ord="Infinity", axes=0)
record("norm", [x], np.linalg.norm(x))

x = normal(2, 3)
record("tile", [x], np.tile(x, 2), counts=2)
record("tile", [x], np.tile(x, (2, 1, 3)), counts=[2, 1, 3])
record("tile", [x], np.tile(x, (0, 2)), counts=[0, 2])
record("repeat", [x], np.repeat(x, 3, 1), counts=3, axis=1)
record("repeat", [x], np.repeat(x, [2, 0], 0), counts=[2, 0], axis=0)
for shift, axis in [(1, 0), (-2, 1), (7, 1), (4, None)]:
    record("roll", [x], np.roll(x, shift, axis), shift=shift, axis=axis)
x = normal(2, 3, 4)
for source, to in [(0, -1), (2, 0), (1, 1)]:
    record("moveAxis", [x], np.moveaxis(x, source, to), source=source, to=to)
for n in (1, 2, 4):
    x = normal(n)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        for padding in ((2, 3), (0, 5), (7, 0)):
            if n == 1 and mode == "reflect":
                continue
            record("padWith", [x], np.pad(x, [padding], mode=mode), padding=[list(padding)], mode=mode)
x = normal(3, 2)
record("padWith", [x], np.pad(x, [(1, 0), (2, 1)], mode="symmetric"), padding=[[1, 0], [2, 1]], mode="symmetric")

for shape, axes in [((3, 4), None), ((3, 4), 0), ((2, 3, 4), (0, 2)), ((5,), 0), ((0, 3), 0), ((7, 2), 0)]:
    x = normal(*shape)
    options = {} if axes is None else {"axes": axes if isinstance(axes, int) else list(axes)}
    record("prod", [x], np.prod(x, axis=axes), **options)
    flags = x > 0.3
    record("any", [flags], np.any(flags, axis=axes), **options)
    record("all", [flags], np.all(flags, axis=axes), **options)
    if 0 in shape:
        continue
    record("std", [x], np.std(x, axis=axes), **options)
    record("std", [x], np.std(x, axis=axes, ddof=1), correction=1, **options)
    record("median", [x], np.median(x, axis=axes), **options)
    for method in ("linear", "lower", "higher", "midpoint"):
        for q in (0, 0.3, 0.5, 1):
            record("quantile", [x], np.quantile(x, q, axis=axes, method=method), q=q, method=method, **options)
    record("quantile", [x], np.quantile(x, [0.1, 0.9], axis=axes, keepdims=True), q=[0.1, 0.9], keepAxes=True, **options)
    record("percentile", [x], np.percentile(x, 37.5, axis=axes), q=37.5, **options)
    record("peakToPeak", [x], np.ptp(x, axis=axes), **options)
x = np.array([[1, np.nan, 3], [4, 2, 6]])
record("median", [x], np.median(x, axis=1), axes=1)
x, w = normal(3, 4), uniform(0.1, 1, 4)
record("average", [x, w], np.average(x, axis=1, weights=w), axes=1)
record("average", [x, np.abs(x)], np.average(x, weights=np.abs(x)))
record("cov", [x], np.cov(x))
record("cov", [x], np.cov(x, ddof=0), correction=0)
record("corrcoef", [x], np.corrcoef(x))

for n in (0, 1, 2, 5, 8, 33):
    s = np.sort(np.round(normal(n) * 4) / 4)
    v = np.concatenate([np.round(normal(12) * 4) / 4, s[:3], [np.inf, -np.inf, np.nan]])
    for side in ("left", "right"):
        record("searchSorted", [s, v], np.searchsorted(s, v, side), side=side)
s, v = np.array([-3, 0, 0, 2, 9]), np.array([-9, -3, 0, 1, 9, 10])
record("searchSorted", [s, v], np.searchsorted(s, v, "right"), side="right")
x, w = whole(0, 6, 40), normal(40)
record("binCount", [x], np.bincount(x, minlength=8), length=8)
record("binCount", [x, w], np.bincount(x, w, minlength=8), length=8)
x = np.concatenate([uniform(-0.5, 1.5, 50), [0, 1, 0.5, 0.25]])
for bins in (1, 4, 10):
    record("histogram", [x], np.histogram(x, bins, (0, 1)), bins=bins)
record("histogram", [x], np.histogram(x, [0, 0.1, 0.7, 2]), bins=[0, 0.1, 0.7, 2])
x = whole(-3, 4, 5, 4)
record("unique", [x], np.unique(x, return_counts=True, return_index=True, return_inverse=True))
x = np.round(normal(9), 0) * (whole(0, 2, 9))
record("nonzero", [x.reshape(3, 3)], np.nonzero(x.reshape(3, 3)))
x, m = normal(3, 4), np.array([True, False, True])
record("compress", [x, m], x[m])
record("compress", [x, x > 0], x[x > 0])
record("compress", [x, x > 99], x[x > 99])

x = normal(3, 4)
record("takeAlongAxis", [x, np.argsort(x, 0)], np.take_along_axis(x, np.argsort(x, 0), 0), axis=0)
j = whole(-4, 4, 3, 2)
record("takeAlongAxis", [x, j], np.take_along_axis(x, j, 1), axis=1)
for mode, at in {"set": None, "add": np.add.at, "max": np.maximum.at, "min": np.minimum.at}.items():
    for axis, n in ((0, 6), (1, 9)):
        target, which = normal(5, 4), whole(0, 5 - axis, n)
        updates = normal(n, 4) if axis == 0 else normal(5, n)
        out = target.copy()
        moved, rows = np.moveaxis(out, axis, 0), np.moveaxis(updates, axis, 0)
        if at is None:
            for row, update in zip(which, rows):
                moved[row] = update
        else:
            at(moved, which, rows)
        record("scatter", [target, which, updates], out, axis=axis, mode=mode)

json.dump({"numpy": np.__version__, "cases": cases}, sys.stdout, separators=(",", ":"))
