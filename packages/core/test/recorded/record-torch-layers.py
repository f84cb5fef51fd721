"""Records what PyTorch's layers give in float64, with all their gradients, for layers-torch.test.ts.
Run with Debian's /usr/bin/python3 and python3-torch (1.13.0a0, packaged as 1.13.1):

    /usr/bin/python3 record-torch-layers.py > torch-layers-1.13.json

Arrays are recorded as Adjoint has them: images channels-last, kernels [...window, in, out]. Options are those of a model
file. rms_norm and maxout, which this version lacks, are written out in its operations.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)


def randn(*shape):
    """Normal numbers of few digits, for the sake of the recording's size."""
    return (1000 * torch.randn(*shape)).round() / 1000


def last(x):
    """[n, c, ...space] to [n, ...space, c]."""
    return x.movedim(1, -1)


def first(x):
    """[n, ...space, c] to [n, c, ...space]."""
    return x.movedim(-1, 1)


def kernel(w):
    """[out, in, ...window] to [...window, in, out]; of a transposed one, [in, out, ...window] to [...window, out, in]."""
    return w.movedim(1, -1).movedim(0, -1)


def array(x):
    return {"shape": list(x.shape), "data": x.detach().contiguous().flatten().tolist()}


def case(layer, options, x, params, f, train=True):
    """`params` as Adjoint has them; f takes x and them, and gives y, in Adjoint's layouts."""
    wanted = {name: value.requires_grad_() for name, value in params.items()}
    into = [x.requires_grad_()] if x.is_floating_point() else []
    y = f(x, wanted)
    u = randn(*y.shape)
    grads = torch.autograd.grad(y, into + list(wanted.values()), u)
    return {
        "layer": layer,
        "options": options,
        "train": train,
        "x": array(x),
        "params": {name: array(value) for name, value in wanted.items()},
        "y": array(y),
        "cotangent": array(u),
        **({"toX": array(grads[0])} if into else {}),
        "toParams": {name: array(grad) for name, grad in zip(wanted, grads[len(into) :])},
    }


def back(w):
    """The inverse of `kernel`."""
    return w.movedim(-1, 0).movedim(-1, 1)


def conv(layer, space, channels, filters, window, stride=1, pad=0, dilation=1, groups=1, bias=True, activation=None):
    rank = len(space)
    params = {"w": randn(*window, channels // groups, filters)}
    if bias:
        params["b"] = randn(filters)
    f = {1: F.conv1d, 2: F.conv2d}[rank]
    each = lambda v: [v] * rank if isinstance(v, int) else v
    act = {None: lambda v: v, "tanh": torch.tanh}[activation]

    def apply(x, p):
        x, padding = first(x), pad
        if pad == "valid":
            padding = 0
        elif isinstance(pad, list) and isinstance(pad[0], list):
            x, padding = F.pad(x, [end for ends in reversed(pad) for end in ends]), 0
        return act(last(f(x, back(p["w"]), p.get("b"), stride=each(stride), padding=padding, dilation=each(dilation), groups=groups)))

    options = {"filters": filters, "kernel": window, "stride": stride, "pad": pad, "dilation": dilation, "groups": groups, "bias": bias}
    if activation:
        options["activation"] = {"name": activation, "options": {}}
    return case(layer, options, randn(2, *space, channels), params, apply)


def conv_transpose(space, channels, filters, window, stride=1, pad=0, output_padding=0, dilation=1, groups=1):
    params = {"w": randn(*window, filters // groups, channels), "b": randn(filters)}
    apply = lambda x, p: last(
        F.conv_transpose2d(first(x), back(p["w"]), p["b"], stride, pad, output_padding, groups, dilation)
    )
    options = {
        "filters": filters,
        "kernel": window,
        "stride": stride,
        "pad": pad,
        "output_padding": output_padding,
        "dilation": dilation,
        "groups": groups,
    }
    return case("conv_transpose2d", options, randn(2, *space, channels), params, apply)


def pool(kind, space, window, stride=None, pad=0):
    rank = len(space)
    if kind == "max":
        f = {1: F.max_pool1d, 2: F.max_pool2d}[rank]
        apply = lambda x, _: last(f(first(x), window, stride, pad))
    else:
        f = {1: F.avg_pool1d, 2: F.avg_pool2d}[rank]
        apply = lambda x, _: last(f(first(x), window, stride, pad, count_include_pad=False))
    options = {"window": window, "pad": pad, **({} if stride is None else {"stride": stride})}
    return case(f"{kind}_pool", options, randn(2, *space, 3), {}, apply)


def scaled(n):
    return {"gamma": 1 + 0.5 * randn(n), "beta": randn(n)}


def batch_norm(shape, options):
    """Steps of training, each with its gradients and the statistics after it, and then an inference."""
    channels = shape[-1]
    params = scaled(channels)
    mean, variance = torch.zeros(channels), torch.ones(channels)
    steps = []
    for step in range(5):
        train = step < 4
        # Batches of several sizes, so that the unbiased variance is not the biased one times a constant.
        x = 2 * randn(shape[0] + step, *shape[1:]) + torch.arange(channels)
        before = mean.clone(), variance.clone()
        apply = lambda x, p: last(
            F.batch_norm(first(x), mean, variance, p["gamma"], p["beta"], train, options["momentum"], options["eps"])
        )
        steps.append(
            {
                **case("batch_norm", options, x, {k: v.detach() for k, v in params.items()}, apply, train),
                "before": {"mean": array(before[0]), "variance": array(before[1])},
                "after": {"mean": array(mean), "variance": array(variance)},
            }
        )
    return steps


def layer_norm(shape, axes):
    normal = shape[-axes:]
    params = {"gamma": 1 + 0.5 * randn(normal), "beta": randn(normal)}
    apply = lambda x, p: F.layer_norm(x, normal, p["gamma"], p["beta"], 1e-5)
    return case("layer_norm", {"axes": axes}, randn(3, *shape), params, apply)


def group_norm(shape, groups, eps=1e-5):
    apply = lambda x, p: last(F.group_norm(first(x), groups, p["gamma"], p["beta"], eps))
    return case("group_norm", {"groups": groups, "eps": eps}, randn(3, *shape), scaled(shape[-1]), apply)


def rms_norm(shape, eps):
    apply = lambda x, p: p["gamma"] * x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps)
    return case("rms_norm", {"eps": eps}, randn(3, *shape), {"gamma": 1 + randn(shape[-1])}, apply)


def dense():
    params = {"w": randn(4, 3), "b": randn(3)}
    apply = lambda x, p: torch.sigmoid(F.linear(x, p["w"].T, p["b"]))
    options = {"units": 3, "activation": {"name": "sigmoid", "options": {}}}
    return case("dense", options, randn(2, 5, 4), params, apply)


def maxout(units, pieces):
    params = {"w": randn(4, pieces * units), "b": randn(pieces * units)}
    apply = lambda x, p: F.linear(x, p["w"].T, p["b"]).reshape(-1, pieces, units).amax(1)
    return case("maxout", {"units": units, "pieces": pieces}, randn(6, 4), params, apply)


def embedding():
    tokens = torch.tensor([[1, 4, 1], [0, 2, 4]])
    return case("embedding", {"tokens": 5, "units": 3}, tokens, {"w": randn(5, 3)}, lambda x, p: F.embedding(x, p["w"]))


def alpha_dropout(rate, value):
    """The two numbers that a number becomes, where it is kept and where it is dropped."""
    made = sorted(set(F.alpha_dropout(torch.full((200,), value), rate, training=True).tolist()))
    return {"rate": rate, "value": value, "made": made}


def network():
    """A small convolutional network with batch normalization, trained by gradient descent on one batch."""
    x = randn(4, 6, 6, 2)
    target = torch.tensor([0, 2, 1, 2])
    start = {
        "conv": {"w": 0.4 * randn(3, 3, 2, 4)},
        "norm": scaled(4),
        "deep": {"w": 0.4 * randn(3, 3, 2, 4), "b": randn(4)},
        "out": {"w": 0.4 * randn(36, 3), "b": randn(3)},
    }
    params = {layer: {name: v.clone().requires_grad_() for name, v in group.items()} for layer, group in start.items()}
    mean, variance = torch.zeros(4), torch.ones(4)

    def net(train):
        y = F.conv2d(first(x), back(params["conv"]["w"]), padding="same")
        y = F.batch_norm(y, mean, variance, params["norm"]["gamma"], params["norm"]["beta"], train, 0.1, 1e-5)
        y = F.max_pool2d(F.relu(y), 2)
        y = y + F.conv2d(y, back(params["deep"]["w"]), params["deep"]["b"], padding=1, groups=2)
        return F.linear(last(y).flatten(1), params["out"]["w"].T, params["out"]["b"])

    losses = []
    leaves = [v for group in params.values() for v in group.values()]
    for _ in range(8):
        loss = F.cross_entropy(net(True), target)
        losses.append(loss.item())
        for leaf, grad in zip(leaves, torch.autograd.grad(loss, leaves)):
            leaf.data -= 0.05 * grad
    tree = lambda groups: {layer: {name: array(v) for name, v in group.items()} for layer, group in groups.items()}
    return {
        "x": array(x),
        "target": target.tolist(),
        "start": tree(start),
        "losses": losses,
        "end": tree(params),
        "mean": array(mean),
        "variance": array(variance),
        "logits": array(net(False)),
    }


json.dump(
    {
        "torch": torch.__version__,
        "cases": [
            dense(),
            maxout(2, 3),
            embedding(),
            conv("conv1d", [6], 2, 3, [3], pad="valid"),
            conv("conv1d", [7], 4, 4, [3], stride=2, pad=2, dilation=2, groups=2),
            conv("conv1d", [5], 2, 2, [4], pad="same", bias=False),
            conv("conv2d", [5, 4], 1, 2, [3, 3], pad="same", activation="tanh"),
            conv("conv2d", [5, 6], 2, 3, [3, 2], stride=[2, 1], pad=[1, 0]),
            conv("conv2d", [5, 5], 2, 2, [2, 2], stride=2, pad=[[0, 1], [2, 1]], bias=False),
            conv("conv2d", [6, 5], 4, 6, [2, 2], dilation=[2, 1], groups=2),
            conv("conv2d", [4, 4], 3, 6, [3, 3], pad=1, groups=3),
            conv_transpose([3, 2], 2, 3, [3, 2]),
            conv_transpose([3, 3], 2, 2, [3, 3], stride=2, pad=1, output_padding=1),
            conv_transpose([2, 3], 4, 6, [2, 3], stride=[2, 1], pad=[0, 1], groups=2),
            conv_transpose([3, 2], 1, 2, [2, 2], stride=3, pad=1, output_padding=[2, 0], dilation=2),
            pool("max", [6], 2),
            pool("max", [6, 5], 2),
            pool("max", [5, 6], [3, 2], stride=[2, 1], pad=[1, 0]),
            pool("avg", [7], 3, stride=2, pad=1),
            pool("avg", [4, 6], 2),
            pool("avg", [5, 5], [3, 2], stride=2, pad=[1, 1]),
            case("global_avg_pool", {}, randn(2, 3, 4, 2), {}, lambda x, _: F.adaptive_avg_pool2d(first(x), 1).flatten(1)),
            layer_norm([5], 1),
            layer_norm([4, 3], 1),
            layer_norm([2, 4, 3], 3),
            group_norm([4, 3, 6], 3),
            group_norm([6], 2, 1e-3),
            group_norm([5, 4], 4),
            group_norm([5, 4], 1),
            rms_norm([6], 1e-6),
            rms_norm([2, 4], 0.1),
        ],
        "batch_norm": [
            batch_norm([3, 4], {"momentum": 0.1, "eps": 1e-5}),
            batch_norm([2, 5, 3], {"momentum": 0.3, "eps": 1e-3}),
            batch_norm([2, 3, 4, 2], {"momentum": 0.1, "eps": 1e-5}),
        ],
        "alpha_dropout": [alpha_dropout(rate, value) for rate in (0.05, 0.1, 0.5) for value in (0.7, -1.2)],
        "network": network(),
    },
    sys.stdout,
    separators=(",", ":"),
)
