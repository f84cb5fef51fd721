"""PyTorch, as one would write it: the same protocol as the contenders in Node (../protocol.ts)."""

import json
import math
import os
import sys
import time

from protocol import answer, probe, sample, usage
from pytorch_layers import network


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

    def parameters(self, layer):
        """The parameters of a layer by name, each as consecutive numbers."""
        prefix = f"{layer}."
        return {name.removeprefix(prefix): self.read(name) for name in self.given if name.startswith(prefix)}

    def inputs(self, task):
        """The batch of a step: images have their channels before their height and width, and tokens are integers."""
        size = task["network"]["input"]
        x = self.read("x").reshape(task["batch"], *size)
        if task["network"]["layers"][0]["kind"] == "embedding":
            return x.view(self.torch.int32).long()
        return x.permute(0, 3, 1, 2).contiguous() if len(size) == 3 else x

    def labels(self):
        return self.read("labels").long()

    def images(self):
        return self.read("images").float() / 255


def optimizer(library, net, name):
    optim, parameters = library.torch.optim, [p for p in net.parameters() if p.requires_grad]
    if name == "adam":
        return optim.Adam(parameters, lr=0.001, eps=1e-8)
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.01},
        {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0},
    ]
    return optim.AdamW(groups, lr=0.001, eps=1e-8)


def train(library, task):
    functional = library.torch.nn.functional
    net = network(library, task)
    x = library.inputs(task)
    adam = optimizer(library, net, task["optimizer"])
    if task["loss"] == "reconstruction":
        cost = lambda y: functional.mse_loss(y, x)
    else:
        labels = library.labels()
        cost = lambda y: functional.cross_entropy(y.reshape(-1, y.shape[-1]), labels)

    def step():
        adam.zero_grad(set_to_none=True)
        loss = cost(net(x))
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
        adam = optimizer(library, net, "adam")
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
        answer(kind="ready", version=version, threads=torch.get_num_threads(), first=first, results=results, **usage())
        for line in sys.stdin:
            before = time.process_time()
            milliseconds = sample(job, once, **json.loads(line))
            answer(kind="samples", milliseconds=milliseconds, **usage(before))
    except Exception as error:
        answer(kind="cannot", reason=f"{type(error).__name__}: {error}".split("\n")[0])


main()
