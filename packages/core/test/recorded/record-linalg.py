"""Records what NumPy's and SciPy's linear algebra gives: python record-linalg.py > linalg-numpy-1.24.2.json. The diagonal of R is made
positive, and the largest component of each row of V (the first of those within 1 %), as the functions have them."""

import json
import sys

import numpy as np
import scipy
import scipy.linalg as sl

rng = np.random.default_rng(23)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32)


def rounded(x):
    return np.asarray(x, dtype=np.float64).tolist()


def qr(a):
    q, r = np.linalg.qr(a.astype(np.float64))
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    return [rounded(q * signs), rounded(r * signs[:, None])]


def svd(a):
    u, s, vt = np.linalg.svd(a.astype(np.float64), full_matrices=False)
    deciding = vt if a.shape[0] >= a.shape[1] else u.T
    size = np.abs(deciding)
    first = np.argmax(size >= 0.99 * size.max(axis=1, keepdims=True), axis=1)
    signs = np.where(np.take_along_axis(deciding, first[:, None], 1)[:, 0] < 0, -1.0, 1.0)
    return [rounded(u * signs), rounded(s), rounded(vt * signs[:, None])]


cases = []


def case(name, result, *inputs):
    cases.append({"name": name, "inputs": [x.tolist() for x in inputs], "result": result})


d = np.float64
for n in (1, 2, 3, 5, 8):
    a, b = normal(n, n), normal(n, 2)
    case("solve", rounded(np.linalg.solve(a.astype(d), b.astype(d))), a, b)
    case("inv", rounded(np.linalg.inv(a.astype(d))), a)
    case("det", float(np.linalg.det(a.astype(d))), a)
    sign, log = np.linalg.slogdet(a.astype(d))
    case("slogdet", [float(sign), float(log)], a)
    spd = (a @ a.T + np.eye(n, dtype=np.float32)).astype(np.float32)
    spd = ((spd + spd.T) / 2).astype(np.float32)
    case("cholesky", rounded(np.linalg.cholesky(spd.astype(d))), spd)
    dominant = (a + 3 * np.eye(n, dtype=np.float32)).astype(np.float32)
    for lower in (True, False):
        for trans in (0, 1):
            result = sl.solve_triangular(dominant.astype(d), b.astype(d), lower=lower, trans=trans)
            case(f"triangularSolve {int(lower)} {trans}", rounded(result), dominant, b)
    case("matrixPower", rounded(np.linalg.matrix_power(a.astype(d), 5)), a)
for m, n in ((3, 3), (5, 3), (3, 5), (8, 4), (1, 4), (4, 1)):
    a, b = normal(m, n), normal(m, 2)
    case("qr", qr(a), a)
    case("svd", svd(a), a)
    case("pinv", rounded(np.linalg.pinv(a.astype(d))), a)
    case("lstsq", rounded(np.linalg.lstsq(a.astype(d), b.astype(d), rcond=None)[0]), a, b)
low = (normal(5, 2) @ normal(2, 4)).astype(np.float32)
case("matrixRank", 2, low)
case("pinv", rounded(np.linalg.pinv(low.astype(d), rcond=1e-6)), low)

json.dump({"numpy": np.__version__, "scipy": scipy.__version__, "cases": cases}, sys.stdout, separators=(",", ":"))
