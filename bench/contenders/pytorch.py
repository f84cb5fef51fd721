"""PyTorch, as one would write it: the same protocol as the contenders in Node (../protocol.ts)."""

import json
import math
import os
import resource
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


def dense(library, layer, given):
    """The weights of PyTorch are [out, in]; those after an image are in channels-first order."""
    nn, columns = library.torch.nn, layer["columns"]
    module = nn.Linear(layer["rows"], columns)
    w = given["w"].reshape(-1, columns)
    if "image" in layer:
        w = w.reshape(*layer["image"], columns).permute(2, 0, 1, 3).reshape(-1, columns)
    after = {"relu": [nn.ReLU()], "sigmoid": [nn.Sigmoid()], "identity": []}[layer["activation"]]
    flatten = [nn.Flatten()] if "image" in layer else []
    return [*flatten, loaded(library, module, {"weight": w.T, "bias": given["b"]}), *after]


def conv(library, layer, given):
    nn, size = library.torch.nn, layer["size"]
    module = nn.Conv2d(layer["from"], layer["to"], size, padding=layer["pad"], bias=layer["bias"])
    arrays = {"weight": given["w"].reshape(size, size, layer["from"], layer["to"]).permute(3, 2, 0, 1)}
    if not layer["bias"]:
        return [loaded(library, module, arrays)]
    return [loaded(library, module, {**arrays, "bias": given["b"]}), nn.ReLU()]


def batch_norm(library, layer, given):
    nn = library.torch.nn
    module = nn.BatchNorm2d(layer["channels"])
    return [loaded(library, module, {"weight": given["gamma"], "bias": given["beta"]}), nn.ReLU()]


def embedding(library, layer, given):
    module = library.torch.nn.Embedding(layer["tokens"], layer["units"])
    return [loaded(library, module, {"weight": given["w"].reshape(module.weight.shape)})]


def positions(library, layer, given):
    nn = library.torch.nn

    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(given["w"].reshape(layer["time"], layer["units"]).clone())

        def forward(self, x):
            return x + self.w

    return [Positions()]


def transformer(library, layer, given):
    torch, units = library.torch, layer["units"]
    nn = torch.nn

    class Causal(nn.TransformerEncoderLayer):
        def forward(self, x):
            time = x.shape[1]
            later = torch.triu(torch.full((time, time), -math.inf), diagonal=1)
            return super().forward(x, src_mask=later)

    module = Causal(
        units, layer["heads"], 4 * units, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    w = {name: array.reshape(units, -1) for name, array in given.items() if array.numel() >= units**2}
    w["dense2.w"] = given["dense2.w"].reshape(-1, units)
    arrays = {
        "self_attn.in_proj_weight": torch.cat([w[f"attention.w{name}"].T for name in "qkv"]),
        "self_attn.in_proj_bias": torch.cat([given[f"attention.b{name}"] for name in "qkv"]),
        "self_attn.out_proj.weight": w["attention.wo"].T,
        "self_attn.out_proj.bias": given["attention.bo"],
    }
    for here, there in (("linear1", "dense1"), ("linear2", "dense2")):
        arrays |= {f"{here}.weight": w[f"{there}.w"].T, f"{here}.bias": given[f"{there}.b"]}
    for name in ("norm1", "norm2"):
        arrays |= {f"{name}.weight": given[f"{name}.gamma"], f"{name}.bias": given[f"{name}.beta"]}
    return [loaded(library, module, arrays)]


def layer_norm(library, layer, given):
    module = library.torch.nn.LayerNorm(layer["units"])
    return [loaded(library, module, {"weight": given["gamma"], "bias": given["beta"]})]


def lstm(library, layer, given):
    """The last output. It has two biases; the second one stays 0, since the others have one."""
    nn = library.torch.nn

    class Last(nn.LSTM):
        def forward(self, x):
            return super().forward(x)[0][:, -1]

    module = Last(layer["from"], layer["units"], batch_first=True)
    arrays = {
        "weight_ih_l0": given["wx"].reshape(layer["from"], -1).T,
        "weight_hh_l0": given["wh"].reshape(layer["units"], -1).T,
        "bias_ih_l0": given["b"],
        "bias_hh_l0": given["b"] * 0,
    }
    module.bias_hh_l0.requires_grad_(False)
    return [loaded(library, module, arrays)]


def mean(library, layer, given):
    class Mean(library.torch.nn.Module):
        def forward(self, x):
            return x.mean(1)

    return [Mean()]


# Each makes the modules of a layer, with its parameters.
LAYERS = {
    "dense": dense,
    "conv": conv,
    "batchNorm": batch_norm,
    "pool": lambda library, layer, given: [library.torch.nn.MaxPool2d(layer["size"])],
    "embedding": embedding,
    "positions": positions,
    "transformer": transformer,
    "layerNorm": layer_norm,
    "lstm": lstm,
    "mean": mean,
}


def loaded(library, module, arrays):
    """The module with these parameters, which must be all that it has."""
    parameters = dict(module.named_parameters())
    if parameters.keys() != arrays.keys():
        raise ValueError(f"{module} has the parameters {parameters.keys()}")
    with library.torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(arrays[name])
    return module


def network(library, task):
    """The network with its parameters."""
    modules = []
    for i, layer in enumerate(task["network"]["layers"]):
        modules += LAYERS[layer["kind"]](library, layer, library.parameters(i))
    return library.torch.nn.Sequential(*modules)


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


def usage(before=0.0):
    """The processor time since then, in milliseconds, and the most bytes of memory so far."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "processor": (time.process_time() - before) * 1e3,
        "memory": memory if sys.platform == "darwin" else memory * 1024,
    }


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
