"""Records what PyTorch's convolutions and pools give, with their gradients, for tensor-torch.test.ts.
Run with Debian's /usr/bin/python3 and python3-torch (1.13.0a0, packaged as 1.13.1):

    /usr/bin/python3 record-torch-conv.py > torch-conv-1.13.json

Arrays are recorded channels-last, as Adjoint has them.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)


def last(x):
    """[n, c, ...space] to [n, ...space, c]."""
    return x.detach().movedim(1, -1)


def window(w):
    """[f, c, ...window] to [...window, c, f]."""
    return w.detach().movedim(1, -1).movedim(0, -1)


def array(x):
    return {"shape": list(x.shape), "data": x.contiguous().flatten().tolist()}


def conv(space, channels, filters, kernel, stride, padding, dilation, groups):
    rank = len(space)
    x = torch.randn(2, channels, *space, requires_grad=True)
    w = torch.randn(filters, channels // groups, *kernel, requires_grad=True)
    f = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[rank]
    y = f(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    u = torch.randn_like(y)
    gx, gw = torch.autograd.grad(y, (x, w), u)
    return {
        "strides": stride,
        "padding": [[p, p] for p in padding],
        "dilation": dilation,
        "groups": groups,
        "x": array(last(x)),
        "kernel": array(window(w)),
        "y": array(last(y)),
        "cotangent": array(last(u)),
        "toX": array(last(gx)),
        "toKernel": array(window(gw)),
    }


def same(space, channels, filters, kernel, dilation):
    x = torch.randn(1, channels, *space)
    w = torch.randn(filters, channels, *kernel)
    f = {1: F.conv1d, 2: F.conv2d}[len(space)]
    y = f(x, w, padding="same", dilation=dilation)
    return {"dilation": dilation, "x": array(last(x)), "kernel": array(window(w)), "y": array(last(y))}


def pool(kind, space, kernel, stride, padding):
    x = torch.randn(2, 3, *space, requires_grad=True)
    rank = len(space)
    if kind == "max":
        y = {1: F.max_pool1d, 2: F.max_pool2d}[rank](x, kernel, stride, padding)
    else:
        y = {1: F.avg_pool1d, 2: F.avg_pool2d}[rank](x, kernel, stride, padding, count_include_pad=False)
    u = torch.randn_like(y)
    (gx,) = torch.autograd.grad(y, x, u)
    return {
        "kind": kind,
        "window": kernel,
        "strides": stride,
        "padding": [[p, p] for p in padding],
        "x": array(last(x)),
        "y": array(last(y)),
        "cotangent": array(last(u)),
        "toX": array(last(gx)),
    }


json.dump(
    {
        "torch": torch.__version__,
        "conv": [
            conv([7], 2, 3, [3], [1], [0], [1], 1),
            conv([9], 4, 4, [3], [2], [1], [2], 2),
            conv([5, 6], 1, 2, [3, 3], [1, 1], [1, 1], [1, 1], 1),
            conv([7, 5], 4, 6, [3, 2], [2, 1], [1, 0], [1, 2], 2),
            conv([6, 6], 3, 3, [2, 2], [2, 2], [0, 1], [1, 1], 3),
            conv([5, 5], 2, 2, [1, 1], [3, 2], [0, 0], [1, 1], 1),
            conv([4, 3, 4], 2, 2, [2, 2, 3], [1, 2, 1], [1, 0, 1], [2, 1, 1], 1),
        ],
        "same": [same([7], 2, 2, [4], [1]), same([6, 5], 1, 2, [3, 2], [1, 2])],
        "pool": [
            pool(kind, *rest)
            for kind in ("max", "avg")
            for rest in (
                ([8], [2], [2], [0]),
                ([7], [3], [2], [1]),
                ([6, 6], [2, 2], [2, 2], [0, 0]),
                ([5, 7], [3, 2], [1, 2], [1, 1]),
            )
        ],
    },
    sys.stdout,
    separators=(",", ":"),
)
