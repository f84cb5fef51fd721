"""PyTorch, as one would write it: the same protocol as the contenders in Node (../protocol.ts)."""

import json
import math
import os
import sys
import time


def answer(**message):
    print(json.dumps(message), flush=True)


class Library:
    """PyTorch, and the arrays of NumPy that the benchmark hands over."""

    def __init__(self, torch, numpy, folder):
        kinds = {"images": "u1", "labels": "<i4"}
        self.torch = torch
        self.given = {
            name: numpy.fromfile(os.path.join(folder, name), dtype=kinds.get(name, "<f4")) for name in os.listdir(folder)
        }

    def read(self, name):
        return self.torch.from_numpy(self.given[name])

    def labels(self):
        return self.read("labels").long()

    def images(self):
        return self.read("images").float() / 255


def network(library, task):
    """The network with its weights, which PyTorch keeps as [out, in], channels first."""
    nn = library.torch.nn
    after = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "identity": None}
    layers, learning = [], 0
    for layer in task["network"]["layers"]:
        if layer["kind"] == "pool":
            layers.append(nn.MaxPool2d(layer["size"]))
            continue
        w, b = library.read(f"w{learning}"), library.read(f"b{learning}")
        learning += 1
        if layer["kind"] == "conv":
            size, channels, filters = layer["size"], layer["from"], layer["to"]
            module = nn.Conv2d(channels, filters, size, padding=layer["pad"])
            weight = w.reshape(size, size, channels, filters).permute(3, 2, 0, 1)
            activation = "relu"
        else:
            rows, columns, activation = layer["rows"], layer["columns"], layer["activation"]
            if "image" in layer:
                layers.append(nn.Flatten())
                w = w.reshape(*layer["image"], columns).permute(2, 0, 1, 3)
            module = nn.Linear(rows, columns)
            weight = w.reshape(rows, columns).T
        with library.torch.no_grad():
            module.weight.copy_(weight)
            module.bias.copy_(b)
        layers.append(module)
        if after[activation] is not None:
            layers.append(after[activation]())
    return nn.Sequential(*layers)


def shape(task, batch):
    """Images have their channels before their height and width."""
    size = task["network"]["input"]
    return (batch, size[2], size[0], size[1]) if len(size) == 3 else (batch, *size)


def optimizer(library, net):
    return library.torch.optim.Adam(net.parameters(), lr=0.001, eps=1e-8)


def train(library, task):
    net = network(library, task)
    x = library.read("x").reshape(shape(task, task["batch"]))
    labels = library.labels()
    adam = optimizer(library, net)

    def step():
        adam.zero_grad(set_to_none=True)
        loss = library.torch.nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        adam.step()
        return [loss.item()]

    return step, list


def epoch(library, task):
    torch, batch, rows = library.torch, task["batch"], task["rows"]
    images = library.images().reshape(rows, -1)
    labels = library.labels()

    def once():
        net = network(library, task)
        adam = optimizer(library, net)
        total, right = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for chosen in torch.randperm(rows).split(batch):
            x, y = images[chosen], labels[chosen]
            adam.zero_grad(set_to_none=True)
            logits = net(x)
            loss = torch.nn.functional.cross_entropy(logits, y)
            loss.backward()
            adam.step()
            total += loss.detach() * len(chosen)
            right += (logits.argmax(1) == y).sum()
        return [total.item() / rows, right.item() / rows]

    return once, list


def infer(library, task):
    torch, batch, rows = library.torch, task["batch"], task["rows"]
    images = library.images().reshape(rows, -1)
    net = network(library, task).eval()
    probabilities = torch.empty(rows, task["network"]["layers"][-1]["columns"])

    def once():
        with torch.inference_mode():
            for at in range(0, rows, batch):
                probabilities[at : at + batch] = torch.softmax(net(images[at : at + batch]), -1)
        return probabilities

    return once, flat


def flat(tensor):
    return tensor.numpy().reshape(-1)


def mapped(library, task, f, shape, names):
    """f of what is called so, in this shape: of tensors, or of arrays of NumPy to such an array where it is to be read."""
    if task.get("read"):
        return lambda: f(*(library.read(name).reshape(shape) for name in names)).numpy(), lambda y: y.reshape(-1)
    x = [library.read(name).reshape(shape) for name in names]
    return lambda: f(*x), flat


def product(library, task):
    return mapped(library, task, library.torch.matmul, (task["n"], task["n"]), ["a", "b"])


def chain(library, task):
    torch = library.torch

    def f(x):
        gate = torch.sigmoid(x * 1.5 + 0.25)
        return torch.log(torch.sqrt(torch.exp(torch.tanh(gate * x) - 0.5)) + 1)

    return mapped(library, task, f, -1, ["x"])


def softmax(library, task):
    return mapped(library, task, lambda x: library.torch.softmax(x, -1), (task["rows"], task["columns"]), ["x"])


def expressions(library, task):
    torch, count = library.torch, task["count"]
    a, b, x = (library.given[name].reshape(count, *size) for name, size in (("a", (2, 2)), ("b", (2, 2)), ("x", (3,))))

    def expression(i):
        product = torch.matmul(torch.from_numpy(a[i]), torch.from_numpy(b[i]))
        return (product.sum() + torch.from_numpy(x[i]).tanh().mean()).item()

    return lambda: [expression(i) for i in range(count)], list


# Each makes what does its task once, and what reads the numbers of a result.
JOBS = {
    "product": product,
    "chain": chain,
    "softmax": softmax,
    "expressions": expressions,
    "train": train,
    "epoch": epoch,
    "infer": infer,
}


def probe(result, probes=16):
    count = min(len(result), probes)
    return [float(result[i * len(result) // count]) for i in range(count)]


def timed(job, times):
    start = time.perf_counter()
    for _ in range(times):
        job()
    return (time.perf_counter() - start) * 1e3 / times


def sample(job, once, warmup, budget, together=1):
    """The milliseconds of each repetition; short ones are timed in groups of at least a millisecond."""
    lately = once
    warm = time.perf_counter() + warmup / 1e3
    while lately < warmup and time.perf_counter() < warm:
        lately = timed(job, max(1, round(together / lately)))
    times = max(1, round(together / lately))
    milliseconds = []
    end = time.perf_counter() + budget / 1e3
    while True:
        milliseconds.append(timed(job, times))
        if time.perf_counter() >= end:
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
    # set_num_threads does not set the threads of OpenBLAS.
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
        library = Library(torch, numpy, request["folder"])
        start = time.perf_counter()
        job, read = JOBS[task["kind"]](library, task)
        first = (time.perf_counter() - start) * 1e3
        results, once = [], 0.0
        for i in range(request["times"]):
            start = time.perf_counter()
            result = job()
            once = (time.perf_counter() - start) * 1e3
            first += once if i == 0 else 0
            results += probe(read(result))
        if not all(map(math.isfinite, results)):
            raise ValueError(f"its results are not finite: {results}")
        version = f"{torch.__version__} with {blas(torch)}"
        answer(kind="ready", version=version, threads=torch.get_num_threads(), first=first, results=results)
        for line in sys.stdin:
            before = time.process_time()
            milliseconds = sample(job, once, **json.loads(line))
            answer(kind="samples", milliseconds=milliseconds, processor=(time.process_time() - before) * 1e3)
    except Exception as error:
        answer(kind="cannot", reason=f"{type(error).__name__}: {error}".split("\n")[0])


main()
