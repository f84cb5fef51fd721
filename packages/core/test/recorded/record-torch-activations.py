"""Records what PyTorch makes of every activation it has, in float64: values, gradients and second derivatives, at kinks
and extremes too; and what it says of gains and fans.

    apt-get install python3-torch
    /usr/bin/python3 packages/core/test/recorded/record-torch-activations.py

writes torch-activations-1.13.1.json beside this file, which learning-activation-torch.test.ts and
learning-initializer.test.ts compare with. torch has no swiglu and no gelu by a sigmoid; these are written out on torch
tensors, as are the slopes per unit of prelu.
"""

import json
import math
import subprocess
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.nn import init

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240311)

POINTS = torch.tensor(
    [
        [-1e4, -700.0, -40.0, -6.0, -3.5, -3.0],
        [-2.5, -1.0, -0.5, -0.25, -1e-9, -0.0],
        [0.0, 1e-9, 0.3, 0.5, 1.0, 2.75],
        [3.0, 5.5, 6.0, 8.0, 20.0, 1e4],
    ]
)
ROWS, WIDTH = POINTS.shape
ALPHA = torch.tensor([0.25, 0.1, -0.2, 0.0, 1.5, 0.3])


def swish(x, beta=1.0):
    return x * torch.sigmoid(beta * x)


def swiglu(x):
    a, b = x.chunk(2, -1)
    return F.silu(a) * b


ACTIVATIONS = [
    ("identity", {}, lambda x: x * 1),
    ("linear", {}, lambda x: x * 1),
    ("step", {}, lambda x: torch.heaviside(x, torch.zeros(())).detach() + 0 * x),
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    # The gradient of torch's own hardsigmoid takes 1/6 in float32, whatever the dtype.
    ("hard_sigmoid", {}, lambda x: F.relu6(x + 3) / 6),
    ("hard_tanh", {}, F.hardtanh),
    ("hard_tanh", {"min": -0.5, "max": 2.75}, lambda x: F.hardtanh(x, -0.5, 2.75)),
    ("softsign", {}, F.softsign),
    ("logsigmoid", {}, F.logsigmoid),
    ("log_sigmoid", {}, F.logsigmoid),
    ("relu", {}, F.relu),
    ("leaky_relu", {}, F.leaky_relu),
    ("leaky_relu", {"alpha": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    ("prelu", {}, lambda x: F.prelu(x, torch.tensor([0.25]))),
    ("rrelu", {}, F.rrelu),
    ("rrelu", {"lower": 0.1, "upper": 0.5}, lambda x: F.rrelu(x, 0.1, 0.5)),
    ("relu6", {}, F.relu6),
    ("elu", {}, F.elu),
    ("elu", {"alpha": 0.5}, lambda x: F.elu(x, 0.5)),
    ("selu", {}, F.selu),
    # torch cuts softplus off at 20 unless told otherwise, to save an exponential.
    ("softplus", {}, lambda x: F.softplus(x, 1.0, 41)),
    ("softplus", {"beta": 2.0}, lambda x: F.softplus(x, 2.0, 41)),
    ("swish", {}, F.silu),
    ("silu", {}, F.silu),
    ("swish", {"beta": 1.7}, lambda x: swish(x, 1.7)),
    ("hard_swish", {}, F.hardswish),
    ("hard_silu", {}, F.hardswish),
    ("gelu", {}, F.gelu),
    ("gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("gelu", {"approximate": "sigmoid"}, lambda x: swish(x, 1.702)),
    ("mish", {}, F.mish),
    ("glu", {}, F.glu),
    ("swiglu", {}, swiglu),
    ("softmax", {}, lambda x: F.softmax(x, -1)),
    ("softmax", {"axis": -2}, lambda x: F.softmax(x, -2)),
    ("log_softmax", {}, lambda x: F.log_softmax(x, -1)),
    ("log_softmax", {"axis": -2}, lambda x: F.log_softmax(x, -2)),
]


def plain(x):
    """As lists; what torch itself has no number for (the second derivative of mish, far out) is null."""
    if isinstance(x, float):
        return x if math.isfinite(x) else None
    return [plain(each) for each in x] if isinstance(x, list) else plain(x.detach().tolist())


def activation(name, options, f):
    """y, the gradient of <u, y>, and the gradient of <v, that gradient>."""
    x = POINTS.clone().requires_grad_()
    y = f(x)
    u, v = torch.randn_like(y), torch.randn_like(x)
    (grad,) = torch.autograd.grad(y, x, u, create_graph=True)
    found = {"name": name, "options": options, "y": plain(y), "u": plain(u), "v": plain(v), "grad": plain(grad)}
    try:
        (second,) = torch.autograd.grad(grad, x, v, allow_unused=True)
        found["second"] = plain(torch.zeros_like(x) if second is None else second)
    except RuntimeError:
        # Of a straight line there is nothing to differentiate.
        if grad.requires_grad:
            raise
        found["second"] = plain(torch.zeros_like(x))
    return found


def prelu(share, alpha, f):
    x, a = POINTS.clone().requires_grad_(), alpha.clone().requires_grad_()
    y = f(x, a)
    u = torch.randn_like(y)
    y.backward(u)
    return {"share": share, "alpha": plain(alpha), "y": plain(y), "u": plain(u), "grad": plain(x.grad), "alphaGrad": plain(a.grad)}


PRELU = [
    ("layer", torch.tensor(0.4), lambda x, a: F.prelu(x, a.reshape(1))),
    ("channel", ALPHA, F.prelu),
    # One slope for each unit of a sample [2, 3]: written out.
    ("unit", ALPHA.reshape(2, 3), lambda x, a: torch.where(x.reshape(ROWS, 2, 3) > 0, x.reshape(ROWS, 2, 3), x.reshape(ROWS, 2, 3) * a)),
]

GAINS = [
    ("identity", {}, init.calculate_gain("linear")),
    ("sigmoid", {}, init.calculate_gain("sigmoid")),
    ("tanh", {}, init.calculate_gain("tanh")),
    ("relu", {}, init.calculate_gain("relu")),
    ("leaky_relu", {}, init.calculate_gain("leaky_relu")),
    ("leaky_relu", {"alpha": 0.3}, init.calculate_gain("leaky_relu", 0.3)),
    ("prelu", {}, init.calculate_gain("leaky_relu", 0.25)),
    ("selu", {}, init.calculate_gain("selu")),
]

# `shape` is as Adjoint keeps weights; torch has the outputs first.
LAYERS = [
    ("dense", [784, 128], torch.nn.Linear(784, 128)),
    ("conv1d", [5, 6, 16], torch.nn.Conv1d(6, 16, 5)),
    ("conv2d", [3, 5, 6, 16], torch.nn.Conv2d(6, 16, (3, 5))),
    ("conv2d in 2 groups", [3, 3, 3, 16], torch.nn.Conv2d(6, 16, 3, groups=2)),
    ("depthwise conv2d", [3, 3, 1, 12], torch.nn.Conv2d(6, 12, 3, groups=6)),
    ("conv_transpose2d", [4, 4, 16, 6], torch.nn.ConvTranspose2d(6, 16, 4)),
    ("conv_transpose2d in 2 groups", [4, 4, 8, 6], torch.nn.ConvTranspose2d(6, 16, 4, groups=2)),
]


def fans(name, shape, layer):
    assert layer.weight.numel() == math.prod(shape)
    fan_in, fan_out = init._calculate_fan_in_and_fan_out(layer.weight)
    return {"name": name, "shape": shape, "fanIn": fan_in, "fanOut": fan_out}


package = subprocess.run(
    ["dpkg-query", "-W", "-f", "${Package} ${Version}", "python3-torch"], capture_output=True, text=True, check=True
).stdout

recorded = {
    "by": "record-torch-activations.py",
    "torch": torch.__version__,
    "package": package,
    "dtype": "float64",
    "points": plain(POINTS),
    "activations": [activation(*row) for row in ACTIVATIONS],
    "prelu": [prelu(*row) for row in PRELU],
    "gains": [{"name": name, "options": options, "gain": gain} for name, options, gain in GAINS],
    "fans": [fans(*row) for row in LAYERS],
}
sections = ",\n".join(
    f"{json.dumps(key)}: "
    + (
        "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
        if isinstance(value, list) and isinstance(value[0], dict)
        else json.dumps(value)
    )
    for key, value in recorded.items()
)
Path(__file__).with_name("torch-activations-1.13.1.json").write_text("{\n" + sections + "\n}\n")
