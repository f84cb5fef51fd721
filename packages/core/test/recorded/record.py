"""Records what PyTorch makes of activations, losses, learning rates and optimizers, in float64.

    apt-get install python3-torch
    /usr/bin/python3 packages/core/test/recorded/record.py

writes torch-1.13.1.json beside this file, which learning-torch.test.ts compares with. A weight of a dense layer is
written [in, units], as Adjoint keeps it; the arithmetic is torch's own, but for the trajectories marked "by hand",
whose update rule torch does not have and which are written out on torch tensors.
"""

import json
import subprocess
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240229)

STEPS = 64
KEPT = (1, 8, STEPS)


def plain(x):
    return x.detach().tolist() if isinstance(x, torch.Tensor) else x


# Activations: y and the gradient of <cotangent, y>.

POINTS = torch.tensor(
    [[-1e4, -3.5, -1.0, -0.25], [-1e-9, 0.0, 1e-9, 0.3], [0.5, 1.0, 2.75, 8.0], [20.0, 40.0, 700.0, 1e4]]
)
COTANGENT = torch.randn(4, 4)

ACTIVATIONS = [
    ("identity", {}, lambda x: x * 1),
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    ("relu", {}, F.relu),
    ("leaky_relu", {"alpha": 0.01}, lambda x: F.leaky_relu(x, 0.01)),
    ("leaky_relu", {"alpha": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    ("softmax", {"axis": -1}, lambda x: F.softmax(x, -1)),
    ("softmax", {"axis": -2}, lambda x: F.softmax(x, -2)),
    ("log_softmax", {"axis": -1}, lambda x: F.log_softmax(x, -1)),
    ("log_softmax", {"axis": -2}, lambda x: F.log_softmax(x, -2)),
]


def activation(name, options, f):
    x = POINTS.clone().requires_grad_()
    y = f(x)
    y.backward(COTANGENT)
    return {"name": name, "options": options, "y": plain(y), "grad": plain(x.grad)}


# Losses: the mean, what it is for each sample, and the gradient of the mean.

LOGITS = torch.cat([torch.randn(5, 4) * 3, torch.tensor([[1e4, -1e4, 0.0, 1e4], [-1e4, 1e4, 5.0, 5.0]])])
CLASSES = torch.tensor([0, 3, 1, 2, 2, 1, 0])
ONE_HOT = F.one_hot(CLASSES, 4).double()
SOFT = F.softmax(torch.randn(7, 4), -1)
YES = torch.tensor([[1.0], [0.0], [0.25], [1.0], [0.0], [1.0], [0.0]])
ODDS = torch.tensor([[0.3], [-2.0], [1.5], [0.0], [0.0], [-1e4], [1e4]])
NUMBERS = torch.randn(7, 2)
GUESSES = torch.cat([torch.randn(6, 2) * 2, torch.tensor([[1e4, -1e4]])])

HARD = torch.tensor([[1.0], [0.0], [0.0], [1.0], [0.0], [1.0], [0.0]])
AFTER = torch.Generator().manual_seed(20261121)  # its own draws, so that what stands below keeps its numbers
COUNTED = torch.cat([torch.randn(6, 2, generator=AFTER) * 2, torch.tensor([[-1e4, 20.0]])])
COUNTS = torch.tensor([[0.0, 1.0], [2.0, 0.0], [5.0, 3.0], [0.0, 0.0], [1.0, 1.0], [10.0, 4.0], [0.0, 7.0]])
VECTORS = torch.randn(5, 3, generator=AFTER)
TOWARDS = torch.randn(5, 3, generator=AFTER)


def over_samples(each, reduction):
    return each.mean() if reduction == "mean" else each


def over_classes(each, reduction):
    return over_samples(each.sum(-1), reduction)


LOSSES = [
    ("categorical_cross_entropy", {"label_smoothing": 0.0}, LOGITS, CLASSES, "i32", lambda z, t, r: F.cross_entropy(z, t, reduction=r)),
    ("categorical_cross_entropy", {"label_smoothing": 0.1}, LOGITS, CLASSES, "i32", lambda z, t, r: F.cross_entropy(z, t, reduction=r, label_smoothing=0.1)),
    ("categorical_cross_entropy", {"label_smoothing": 0.0}, LOGITS, ONE_HOT, "f32", lambda z, t, r: F.cross_entropy(z, t, reduction=r)),
    ("categorical_cross_entropy", {"label_smoothing": 0.2}, LOGITS, ONE_HOT, "f32", lambda z, t, r: F.cross_entropy(z, t, reduction=r, label_smoothing=0.2)),
    ("categorical_cross_entropy", {"label_smoothing": 0.0}, LOGITS, SOFT, "f32", lambda z, t, r: F.cross_entropy(z, t, reduction=r)),
    ("categorical_cross_entropy", {"label_smoothing": 0.1}, LOGITS, SOFT, "f32", lambda z, t, r: F.cross_entropy(z, t, reduction=r, label_smoothing=0.1)),
    ("binary_cross_entropy", {}, ODDS, YES, "f32", lambda z, t, r: F.binary_cross_entropy_with_logits(z, t, reduction=r)),
    ("binary_cross_entropy", {}, LOGITS, SOFT, "f32", lambda z, t, r: F.binary_cross_entropy_with_logits(z, t, reduction=r)),
    ("binary_cross_entropy", {"label_smoothing": 0.1}, ODDS, YES, "f32", lambda z, t, r: F.binary_cross_entropy_with_logits(z, 0.9 * t + 0.05, reduction=r)),
    ("hinge", {"margin": 1.0, "power": 1}, LOGITS, CLASSES, "i32", lambda z, t, r: F.multi_margin_loss(z, t, reduction=r)),
    ("hinge", {"margin": 0.7, "power": 2}, LOGITS, CLASSES, "i32", lambda z, t, r: F.multi_margin_loss(z, t, p=2, margin=0.7, reduction=r)),
    ("hinge", {"margin": 1.0, "power": 1}, ODDS, HARD, "f32", lambda z, t, r: F.hinge_embedding_loss(z * (2 * t - 1), -torch.ones_like(z), reduction=r)),
    ("kl_divergence", {}, LOGITS, SOFT, "f32", lambda z, t, r: over_classes(F.kl_div(F.log_softmax(z, -1), t, reduction="none"), r)),
    ("kl_divergence", {}, LOGITS, ONE_HOT, "f32", lambda z, t, r: over_classes(F.kl_div(F.log_softmax(z, -1), t, reduction="none"), r)),
    ("poisson", {}, COUNTED, COUNTS, "f32", lambda z, t, r: F.poisson_nll_loss(z, t, log_input=True, full=False, reduction=r)),
    ("cosine", {}, VECTORS, TOWARDS, "f32", lambda y, t, r: over_samples(1 - F.cosine_similarity(y, t, dim=-1), r)),
    ("mse", {}, GUESSES, NUMBERS, "f32", lambda y, t, r: F.mse_loss(y, t, reduction=r)),
    ("mae", {}, GUESSES, NUMBERS, "f32", lambda y, t, r: F.l1_loss(y, t, reduction=r)),
    ("huber", {"delta": 0.7}, GUESSES, NUMBERS, "f32", lambda y, t, r: F.huber_loss(y, t, reduction=r, delta=0.7)),
]


def loss(name, options, output, target, dtype, f):
    z = output.clone().requires_grad_()
    value = f(z, target, "mean")
    value.backward()
    each = f(z, target, "none")
    if each.dim() > 1:
        each = each.mean(tuple(range(1, each.dim())))
    return {
        "name": name,
        "options": options,
        "output": plain(output),
        "target": plain(target),
        "dtype": dtype,
        "value": plain(value),
        "each": plain(each),
        "grad": plain(z.grad),
    }


# Learning rates: what torch's schedulers set for each of the steps.

ETA = 0.05
SCHEDULES = {
    "constant": lambda o: None,
    "step": lambda o: lr_scheduler.StepLR(o, 20, 0.3),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.97),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, 0.001),
    "warmup": lambda o: lr_scheduler.LinearLR(o, 1 / 11, 1, 10),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 50, 2.0),
    "linear": lambda o: lr_scheduler.PolynomialLR(o, STEPS, 1.0),
    "inverse_time": lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + 0.3 * t / 4)),
    "cosine_restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7, 2, 0.002),
    "cosine_restarts, equal": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10, 1),
    "one_cycle": lambda o: lr_scheduler.OneCycleLR(o, ETA, total_steps=STEPS, cycle_momentum=False),
    "one_cycle, rising longer": lambda o: lr_scheduler.OneCycleLR(o, ETA, total_steps=STEPS, pct_start=0.45, div_factor=10, final_div_factor=50, cycle_momentum=False),
    "warmup_cosine": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LinearLR(o, 1 / 11, 1, 10), lr_scheduler.CosineAnnealingLR(o, STEPS - 10, 0)],
        [10],
    ),
}


def rates(name):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=ETA)
    schedule = SCHEDULES[name](optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule is not None and len(found) < STEPS:
            schedule.step()
    return {"name": name, "lr": ETA, "rates": found}


# Trajectories: a net of two dense layers on twelve samples, all of them in each step.

X = torch.randn(12, 3)
HIDDEN = 5
PROBLEMS = {
    "classes": (4, torch.randint(0, 4, (12,)), "i32", lambda z, t: F.cross_entropy(z, t)),
    "smoothed": (4, torch.randint(0, 4, (12,)), "i32", lambda z, t: F.cross_entropy(z, t, label_smoothing=0.1)),
    "binary": (1, torch.randint(0, 2, (12, 1)).double(), "f32", lambda z, t: F.binary_cross_entropy_with_logits(z, t)),
    "numbers": (2, torch.randn(12, 2), "f32", lambda y, t: F.mse_loss(y, t)),
}
ACTIVATION = {"tanh": torch.tanh, "relu": F.relu, "sigmoid": torch.sigmoid, "leaky_relu": lambda x: F.leaky_relu(x, 0.01)}


def start(outputs):
    return {
        "dense1": {"w": torch.randn(3, HIDDEN) * 0.7, "b": torch.randn(HIDDEN) * 0.1},
        "dense2": {"w": torch.randn(HIDDEN, outputs) * 0.7, "b": torch.randn(outputs) * 0.1},
    }


class ByHand:
    """Looks enough like an optimizer for a scheduler to set its rate."""

    def __init__(self, params, rule, weights=(), rate=ETA):
        self.inner = torch.optim.SGD(params, lr=rate)
        self.product = 1.0
        self.params = list(params)
        self.rule = rule
        self.velocity = [torch.zeros_like(p) for p in self.params]
        self.square = [torch.zeros_like(p) for p in self.params]
        self.weights = list(weights)
        self.count = 0

    def is_weight(self, p):
        return any(p is w for w in self.weights)

    def zero_grad(self):
        self.inner.zero_grad()

    @torch.no_grad()
    def step(self):
        self.count += 1
        self.rule(self, self.inner.param_groups[0]["lr"])
        self.inner._step_count = getattr(self.inner, "_step_count", 0) + 1


def heavy_ball(self, eta):
    for p, v in zip(self.params, self.velocity):
        v.mul_(0.9).add_(p.grad * eta)
        p.sub_(v)


def look_ahead(self, eta):
    for p, v in zip(self.params, self.velocity):
        v.mul_(0.9).add_(p.grad * eta)
        p.sub_(v * 0.9 + p.grad * eta)


def clipped(self, eta):
    norm = torch.sqrt(sum((p.grad**2).sum() for p in self.params))
    for p in self.params:
        p.sub_(p.grad * min(1.0, 0.5 / norm) * eta)


def adagrad_inside(self, eta):
    for p, total in zip(self.params, self.square):
        total.add_(p.grad**2)
        p.sub_(eta * p.grad / torch.sqrt(total + 1e-8))


def lion(self, eta):
    for p, m in zip(self.params, self.velocity):
        update = torch.sign(0.9 * m + 0.1 * p.grad)
        m.mul_(0.99).add_(0.01 * p.grad)
        p.sub_(eta * (update + (0.1 * p if self.is_weight(p) else 0)))


def lamb(self, eta):
    for p, m, v in zip(self.params, self.velocity, self.square):
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        update = m / (1 - 0.9**self.count) / (torch.sqrt(v / (1 - 0.999**self.count)) + 1e-8)
        update = update + (0.05 * p if self.is_weight(p) else 0)
        p.sub_(eta * p.norm() / update.norm() * update)


def nadam(self, eta):
    # As torch documents it; its code of this version multiplies the product of the step ahead by mu once too often.
    mu, ahead = (0.9 * (1 - 0.5 * 0.96 ** ((self.count + i) * 0.004)) for i in (0, 1))
    self.product *= mu
    for p, m, v in zip(self.params, self.velocity, self.square):
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        root = torch.sqrt(v / (1 - 0.999**self.count)) + 1e-8
        p.sub_(eta * (ahead * m / (1 - self.product * ahead) + (1 - mu) * p.grad / (1 - self.product)) / root)


def max_norm(self, eta):
    for p in self.params:
        p.sub_(eta * p.grad)
        if self.is_weight(p):
            p.mul_(0.8 / p.norm(dim=0, keepdim=True).clamp(min=0.8))


class Every:
    """Steps with the mean of k gradients."""

    def __init__(self, k, inner):
        self.k, self.inner, self.count = k, inner, 0
        self.params = inner.param_groups[0]["params"]
        self.sums = [torch.zeros_like(p) for p in self.params]

    def zero_grad(self):
        self.inner.zero_grad()

    def step(self):
        self.count += 1
        for p, total in zip(self.params, self.sums):
            total.add_(p.grad)
        if self.count % self.k == 0:
            for p, total in zip(self.params, self.sums):
                p.grad = total / self.k
                total.zero_()
            self.inner.step()


class SlowCopy:
    """Lookahead."""

    def __init__(self, k, alpha, inner):
        self.k, self.alpha, self.inner, self.count = k, alpha, inner, 0
        self.params = inner.param_groups[0]["params"]
        self.slow = [p.detach().clone() for p in self.params]

    def zero_grad(self):
        self.inner.zero_grad()

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.k == 0:
            for p, slow in zip(self.params, self.slow):
                slow.add_(self.alpha * (p - slow))
                p.copy_(slow)


def groups(weights, biases, decay):
    return [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]


sgd = torch.optim.SGD
TRAJECTORIES = [
    # name, problem, activation, schedule, optimizer of (weights, biases), penalty of weights
    ("sgd", "classes", "tanh", "constant", lambda w, b: sgd(w + b, lr=ETA), None),
    ("sgd, warm-up and cosine", "numbers", "relu", "warmup_cosine", lambda w, b: sgd(w + b, lr=ETA), None),
    ("sgd, weight decay", "binary", "tanh", "constant", lambda w, b: sgd(groups(w, b, 0.02), lr=ETA), None),
    ("sgd, L1", "numbers", "tanh", "constant", lambda w, b: sgd(w + b, lr=ETA), lambda w: 0.01 * sum(p.abs().sum() for p in w)),
    ("sgd, clipped (by hand)", "numbers", "sigmoid", "constant", lambda w, b: ByHand(w + b, clipped), None),
    ("momentum of gradients", "classes", "leaky_relu", "constant", lambda w, b: sgd(w + b, lr=ETA, momentum=0.9), None),
    ("momentum of gradients, steps down", "classes", "tanh", "step", lambda w, b: sgd(w + b, lr=ETA, momentum=0.8), None),
    ("momentum of steps, steps down (by hand)", "classes", "tanh", "step", lambda w, b: ByHand(w + b, heavy_ball), None),
    ("nesterov of gradients", "smoothed", "tanh", "constant", lambda w, b: sgd(w + b, lr=ETA, momentum=0.9, nesterov=True), None),
    ("nesterov of gradients, weight decay and exponential", "binary", "relu", "exponential", lambda w, b: sgd(groups(w, b, 0.01), lr=ETA, momentum=0.9, nesterov=True), None),
    ("nesterov of steps, cosine (by hand)", "numbers", "tanh", "cosine", lambda w, b: ByHand(w + b, look_ahead), None),
    ("adam", "classes", "tanh", "constant", lambda w, b: torch.optim.Adam(w + b, lr=ETA), None),
    ("adam, other betas", "numbers", "sigmoid", "cosine", lambda w, b: torch.optim.Adam(w + b, lr=ETA, betas=(0.8, 0.95), eps=1e-6), None),
    ("adam, weight decay inside", "smoothed", "tanh", "warmup", lambda w, b: torch.optim.Adam(groups(w, b, 0.05), lr=ETA), None),
    ("adamw", "binary", "tanh", "constant", lambda w, b: torch.optim.AdamW(groups(w, b, 0.1), lr=ETA), None),
    ("adamw, steps down", "classes", "relu", "step", lambda w, b: torch.optim.AdamW(groups(w, b, 0.03), lr=ETA), None),
    ("adamw, warm-up and cosine", "smoothed", "leaky_relu", "warmup_cosine", lambda w, b: torch.optim.AdamW(groups(w, b, 0.1), lr=ETA), None),
    ("adagrad, outside", "classes", "tanh", "constant", lambda w, b: torch.optim.Adagrad(w + b, lr=ETA, eps=1e-8), None),
    ("adagrad, inside (by hand)", "numbers", "tanh", "step", lambda w, b: ByHand(w + b, adagrad_inside), None),
    ("rmsprop, outside", "classes", "tanh", "constant", lambda w, b: torch.optim.RMSprop(w + b, lr=ETA / 5, alpha=0.9), None),
    ("rmsprop, centred with momentum, outside", "binary", "tanh", "constant", lambda w, b: torch.optim.RMSprop(w + b, lr=ETA / 5, alpha=0.95, eps=1e-4, momentum=0.8, centered=True), None),
    ("adadelta", "numbers", "tanh", "constant", lambda w, b: torch.optim.Adadelta(w + b, lr=1.0), None),
    ("amsgrad", "classes", "relu", "constant", lambda w, b: torch.optim.Adam(w + b, lr=ETA, amsgrad=True), None),
    ("adamax", "smoothed", "tanh", "cosine", lambda w, b: torch.optim.Adamax(w + b, lr=ETA), None),
    ("nadam (by hand)", "classes", "tanh", "constant", lambda w, b: ByHand(w + b, nadam), None),
    ("radam", "numbers", "tanh", "constant", lambda w, b: torch.optim.RAdam(w + b, lr=ETA), None),
    ("radam, shorter memory", "binary", "tanh", "warmup", lambda w, b: torch.optim.RAdam(w + b, lr=ETA, betas=(0.9, 0.9)), None),
    ("lion (by hand)", "classes", "tanh", "cosine", lambda w, b: ByHand(w + b, lion, w), None),
    ("lamb (by hand)", "numbers", "tanh", "constant", lambda w, b: ByHand(w + b, lamb, w, ETA / 5), None),
    ("sgd, max-norm (by hand)", "binary", "tanh", "constant", lambda w, b: ByHand(w + b, max_norm, w), None),
    ("adam, mean of three gradients (by hand)", "numbers", "relu", "constant", lambda w, b: Every(3, torch.optim.Adam(w + b, lr=ETA)), None),
    ("lookahead of adam (by hand)", "classes", "tanh", "constant", lambda w, b: SlowCopy(5, 0.5, torch.optim.Adam(w + b, lr=ETA)), None),
]


def trajectory(name, problem, activation_name, schedule_name, make, penalty):
    outputs, target, _, cost = PROBLEMS[problem]
    params = start(outputs)
    first = {layer: {k: plain(p) for k, p in ps.items()} for layer, ps in params.items()}
    leaf = [(layer, k) for layer in params for k in params[layer]]
    for layer, k in leaf:
        params[layer][k].requires_grad_()
    weights = [params[layer]["w"] for layer in params]
    biases = [params[layer]["b"] for layer in params]
    optimizer = make(weights, biases)
    schedule = SCHEDULES[schedule_name](optimizer.inner if isinstance(optimizer, ByHand) else optimizer)
    losses, kept = [], {}
    for step in range(1, STEPS + 1):
        hidden = ACTIVATION[activation_name](X @ params["dense1"]["w"] + params["dense1"]["b"])
        value = cost(hidden @ params["dense2"]["w"] + params["dense2"]["b"], target)
        if penalty is not None:
            value = value + penalty(weights)
        losses.append(plain(value))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        if step in KEPT:
            kept[str(step)] = {layer: {k: plain(p) for k, p in ps.items()} for layer, ps in params.items()}
    return {"name": name, "problem": problem, "activation": activation_name, "schedule": schedule_name, "start": first, "losses": losses, "params": kept}


package = subprocess.run(
    ["dpkg-query", "-W", "-f", "${Package} ${Version}", "python3-torch"], capture_output=True, text=True, check=True
).stdout

recorded = {
    "by": "record.py",
    "torch": torch.__version__,
    "package": package,
    "dtype": "float64",
    "points": plain(POINTS),
    "cotangent": plain(COTANGENT),
    "activations": [activation(*row) for row in ACTIVATIONS],
    "losses": [loss(*row) for row in LOSSES],
    "rates": [rates(name) for name in SCHEDULES],
    "x": plain(X),
    "problems": {
        name: {"outputs": outputs, "target": plain(target), "dtype": dtype}
        for name, (outputs, target, dtype, _) in PROBLEMS.items()
    },
    "trajectories": [trajectory(*row) for row in TRAJECTORIES],
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
Path(__file__).with_name("torch-1.13.1.json").write_text("{\n" + sections + "\n}\n")
