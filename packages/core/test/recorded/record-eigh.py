"""Records what NumPy's eigh gives: python record-eigh.py > numpy-eigh-2.4.6.json. The vectors have the first of their largest
components (those within 1 %) positive, as the tests want them."""

import json
import sys

import numpy as np

rng = np.random.default_rng(17)


def symmetric(n):
    a = rng.normal(size=(n, n))
    return ((a + a.T) / 2).astype(np.float32)


def covariance(rows, n):
    x = rng.normal(size=(rows, n)) * np.logspace(0, 2, n)
    return np.cov(x, rowvar=False).astype(np.float32)


def signed(vectors):
    for vector in vectors.T:
        size = np.abs(vector)
        if vector[np.argmax(size >= 0.99 * size.max())] < 0:
            vector *= -1
    return vectors


def row(a):
    # What is decomposed is exactly symmetric: floats are, and doubles of them.
    values, vectors = np.linalg.eigh(a.astype(np.float64))
    return {"matrix": a.astype(np.float64).tolist(), "values": values.tolist(), "vectors": signed(vectors).tolist()}


matrices = [symmetric(1), symmetric(2), symmetric(3), symmetric(8), covariance(50, 5), symmetric(6) * np.float32(1e12)]
json.dump({"numpy": np.__version__, "matrices": [row(a) for a in matrices]}, sys.stdout, separators=(",", ":"))
