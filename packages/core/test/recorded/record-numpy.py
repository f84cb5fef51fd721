"""Records what NumPy answers, for tensor-numpy.test.ts. Run with Debian's /usr/bin/python3 and python3-numpy:

    /usr/bin/python3 record-numpy.py > numpy-1.24.2.json
"""
import json
import math
import random
import sys

import numpy as np

random.seed(20)


def numbers(x):
    """Nested lists in which JSON can say what is no finite number."""
    if isinstance(x, (list, tuple)):
        return [numbers(y) for y in x]
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("Infinity" if x > 0 else "-Infinity")
    if isinstance(x, float) and x == 0 and math.copysign(1, x) < 0:
        return "-0"
    return x


def array(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "data": numbers(x.reshape(-1).tolist())}


def broadcasting():
    cases = []
    for _ in range(150):
        a = [random.choice([0, 1, 1, 2, 3]) for _ in range(random.randint(0, 4))]
        b = [n if random.random() < 0.7 else random.choice([0, 1, 2, 3]) for n in a][random.randint(0, len(a)) :]
        if random.random() < 0.5:
            a, b = b, a
        try:
            out = list(np.broadcast_shapes(tuple(a), tuple(b)))
        except ValueError:
            out = None
        cases.append({"a": a, "b": b, "out": out})
    return cases


def subscript(n, lists):
    kind = random.choice(["number", "range", "range", "list"] if lists else ["number", "range", "range"])
    if kind == "number" and n > 0:
        return random.randint(-n, n - 1)
    if kind == "list":
        return None if n == 0 else [random.randint(-n, n - 1) for _ in range(3)]
    bound = lambda: "" if random.random() < 0.3 else str(random.randint(-n - 2, n + 2))
    step = random.choice(["", "", ":1", ":2", ":3", ":-1", ":-2", ":-3"])
    return f"{bound()}:{bound()}{step}"


def parsed(s):
    if s == "...":
        return Ellipsis
    if isinstance(s, str):
        return slice(*[int(part) if part else None for part in s.split(":")])
    return s


def indexing(lists, count):
    cases = []
    while len(cases) < count:
        shape = [random.choice([0, 1, 2, 3, 4, 5]) if not lists else random.choice([1, 2, 3, 4]) for _ in range(random.randint(1, 4))]
        subscripts = [subscript(n, lists) for n in shape]
        if any(s is None for s in subscripts):
            continue
        if random.random() < 0.4:
            start = random.randint(0, len(shape))
            end = random.randint(start, len(shape))
            subscripts[start:end] = ["..."]
        elif random.random() < 0.3:
            subscripts = subscripts[: random.randint(0, len(shape))]
        for _ in range(random.choice([0, 0, 1, 2])):
            subscripts.insert(random.randint(0, len(subscripts)), None)
        if lists and not any(isinstance(s, list) for s in subscripts):
            continue
        x = np.arange(int(np.prod(shape))).reshape(shape)
        cases.append({"shape": shape, "subscripts": subscripts, "out": array(x[tuple(parsed(s) for s in subscripts)])})
    return cases


def random_array(shape):
    return np.round(np.random.default_rng(int(np.prod(shape)) + 7).normal(size=shape), 3)


def matmuls():
    shapes = [
        ([3], [3]),
        ([2, 3], [3]),
        ([3], [3, 2]),
        ([2, 3], [3, 4]),
        ([5, 2, 3], [3, 4]),
        ([2, 3], [5, 3, 4]),
        ([5, 1, 2, 3], [4, 3, 2]),
        ([3], [2, 3, 4]),
        ([2, 4, 3], [3]),
        ([0, 3], [3, 2]),
        ([2, 0], [0, 3]),
        ([1, 2, 3], [0, 3, 2]),
    ]
    cases = []
    for a, b in shapes:
        x, y = random_array(a), random_array(b) + 0.5
        cases.append({"a": array(x), "b": array(y), "out": array(x @ y)})
    return cases


def reductions():
    cases = []
    for shape in ([2, 3, 4], [5], [1, 3]):
        x = random_array(shape)
        rank = len(shape)
        axes_lists = [None, [0], [rank - 1], [-1], list(range(rank))] + ([[0, 2], [1, -1]] if rank == 3 else [])
        for axes in axes_lists:
            for keep in (False, True):
                axis = None if axes is None else tuple(axes)
                case = {"x": array(x), "axes": axes, "keepAxes": keep}
                for name, f in {"sum": np.sum, "max": np.max, "min": np.min, "mean": np.mean, "variance": np.var}.items():
                    case[name] = array(f(x, axis=axis, keepdims=keep))
                big = np.max(x, axis=axis, keepdims=True)
                total = np.log(np.sum(np.exp(x - big), axis=axis, keepdims=True)) + big
                case["logSumExp"] = array(total if keep else np.squeeze(total, axis=axis))
                cases.append(case)
    return cases


def ordering():
    nan, inf = math.nan, math.inf
    rows = [
        [3, 1, 2],
        [1, 1, 0, 1],
        [0.0, -0.0, 0.0],
        [nan, 1, nan, -inf, inf],
        [inf, -inf, inf],
        [5],
        [2, 2, 2, 1, 1, 3, 3],
    ]
    cases = []
    for row in rows:
        x = np.array(row, dtype=float)
        cases.append(
            {
                "x": array(x),
                "argMax": int(np.argmax(x)),
                "argMin": int(np.argmin(x)),
                "argsort": np.argsort(x, kind="stable").tolist(),
                "sort": array(np.sort(x, kind="stable")),
            }
        )
    return cases


def functions():
    nan, inf = math.nan, math.inf
    edges = [0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 1e-300, -1e-300, 1e-16, 1e-8, -1e-8, 5e-324, 1e300]
    spread = [float(x) for x in np.concatenate([np.linspace(-7, 7, 113), np.geomspace(1e-12, 20, 60), -np.geomspace(1e-12, 0.999, 30)])]
    xs = edges + spread
    x = np.array(xs)
    with np.errstate(all="ignore"):
        out = {
            "erf": [math.erf(v) for v in xs],
            "sigmoid": np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))).tolist(),
        }
        names = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "abs", "sign", "floor"]
        for name in names:
            out[name] = getattr(np, name)(x).tolist()
    return {"x": numbers(xs), "out": {name: numbers(values) for name, values in out.items()}}


def arithmetic():
    nan, inf = math.nan, math.inf
    values = [0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 0.5, 3.0, inf, -inf, nan]
    pairs = [(x, y) for x in values for y in values]
    x, y = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    with np.errstate(all="ignore"):
        out = {
            "add": x + y,
            "sub": x - y,
            "mul": x * y,
            "div": x / y,
            "rem": np.fmod(x, y),
            "pow": np.power(x, y),
            "maximum": np.maximum(x, y),
            "minimum": np.minimum(x, y),
            "equal": x == y,
            "less": x < y,
            "lessEqual": x <= y,
            "greater": x > y,
            "greaterEqual": x >= y,
            "notEqual": x != y,
        }
    ints = [0, 1, -1, 7, -7, 2, 2**31 - 1, -(2**31), 65536]
    int_pairs = [(a, b) for a in ints for b in ints]
    a, b = np.array([p[0] for p in int_pairs], np.int32), np.array([p[1] for p in int_pairs], np.int32)
    with np.errstate(all="ignore"):
        whole = {"add": a + b, "sub": a - b, "mul": a * b, "and": a & b, "or": a | b, "xor": a ^ b, "maximum": np.maximum(a, b), "rem": np.fmod(a, b)}
        quotient = np.trunc(a.astype(float) / np.where(b == 0, 1, b)).astype(np.int64).astype(np.int32)
        whole["div"] = np.where(b == 0, 0, quotient)
    return {
        "x": numbers(x.tolist()),
        "y": numbers(y.tolist()),
        "out": {name: numbers(v.tolist()) for name, v in out.items()},
        "a": a.tolist(),
        "b": b.tolist(),
        "whole": {name: v.tolist() for name, v in whole.items()},
    }


json.dump(
    {
        "numpy": np.__version__,
        "broadcasting": broadcasting(),
        "basic": indexing(False, 200),
        "integer": indexing(True, 150),
        "matmul": matmuls(),
        "reductions": reductions(),
        "ordering": ordering(),
        "functions": functions(),
        "arithmetic": arithmetic(),
    },
    sys.stdout,
    separators=(",", ":"),
)
