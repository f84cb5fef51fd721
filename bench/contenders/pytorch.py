"""PyTorch, as one would write it: the same protocol as the contenders in Node (../protocol.ts)."""

import json
import math
import os
import sys
import time


def answer(**message):
    print(json.dumps(message), flush=True)


def training_step(torch, numpy, task, folder):
    def floats(name):
        return torch.from_numpy(numpy.fromfile(os.path.join(folder, name), dtype="<f4"))

    widths = task["widths"]
    layers = []
    for i, (rows, columns) in enumerate(zip(widths, widths[1:])):
        layer = torch.nn.Linear(rows, columns)
        with torch.no_grad():
            layer.weight.copy_(floats(f"w{i}").reshape(rows, columns).T)  # it keeps weights as [out, in]
            layer.bias.copy_(floats(f"b{i}"))
        layers += [layer, torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    x = floats("x").reshape(task["batch"], widths[0])
    labels = torch.from_numpy(numpy.fromfile(os.path.join(folder, "labels"), dtype="<i4").astype("int64"))
    adam = torch.optim.Adam(net.parameters(), lr=0.001, eps=1e-8)

    def step():
        adam.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        adam.step()
        return [loss.item()]

    return step


def matrix_product(torch, numpy, task, folder):
    n = task["n"]

    def matrix(name):
        return torch.from_numpy(numpy.fromfile(os.path.join(folder, name), dtype="<f4")).reshape(n, n)

    a, b = matrix("a"), matrix("b")
    return lambda: torch.matmul(a, b).numpy().reshape(-1)


JOBS = {"adam": training_step, "matmul": matrix_product}


def probe(result, probes=16):
    count = min(len(result), probes)
    return [float(result[i * len(result) // count]) for i in range(count)]


def sample(job, warmup, budget):
    warm = time.perf_counter() + warmup / 1e3
    while time.perf_counter() < warm:
        job()
    milliseconds = []
    end = time.perf_counter() + budget / 1e3
    while True:
        start = time.perf_counter()
        job()
        now = time.perf_counter()
        milliseconds.append((now - start) * 1e3)
        if now >= end or len(milliseconds) >= 10_000:
            return milliseconds


def blas(torch):
    """What computes the matrix products: the distribution's build takes whichever library the system has."""
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps", encoding="utf8") as maps:
        loaded = maps.read().lower()
    known = {"openblas": "OpenBLAS", "blis": "BLIS", "atlas": "ATLAS", "libblas": "the reference BLAS, the slowest there is"}
    return next((name for mark, name in known.items() if mark in loaded), "its own BLAS")


def main():
    request = json.loads(sys.argv[-1])
    # OpenBLAS has threads of its own, which set_num_threads does not reach.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(request["threads"])
    try:
        import numpy
        import torch
    except ImportError as error:
        answer(kind="absent", reason=str(error))
        return
    try:
        torch.set_num_threads(request["threads"])
        task = request["task"]
        job = JOBS[task["kind"]](torch, numpy, task, request["folder"])
        results = [number for _ in range(request["times"]) for number in probe(job())]
        if not all(map(math.isfinite, results)):
            raise ValueError(f"its results are not finite: {results}")
        version = f"{torch.__version__} with {blas(torch)}"
        answer(kind="ready", version=version, threads=torch.get_num_threads(), results=results)
        for line in sys.stdin:
            answer(kind="samples", milliseconds=sample(job, **json.loads(line)))
    except Exception as error:
        answer(kind="cannot", reason=f"{type(error).__name__}: {error}".split("\n")[0])


main()
