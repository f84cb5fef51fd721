"""Records what PyTorch's pools give with dilation and ceil_mode, for pooling.test.ts, channels-last:

    /usr/bin/python3 record-torch-pools.py > torch-pools-1.13.json
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)

cases = []


def case(name, f, space, options):
    x = torch.randn(2, 3, *space, requires_grad=True)
    y = f(x)
    u = torch.randn_like(y)
    (gx,) = torch.autograd.grad(y, x, u)
    last = lambda t: t.detach().movedim(1, -1).tolist()
    cases.append({"name": name, "options": options, "x": last(x), "y": last(y), "u": last(u), "gx": last(gx)})


for space, kernel, stride, pad, dilation, ceil in (
    ((7,), 3, 2, 1, 1, True),
    ((8,), 2, 3, 0, 2, False),
    ((9, 6), (2, 3), (2, 1), (1, 1), (3, 2), True),
    ((6, 6), 2, 5, 0, 1, True),
    ((5, 7), 3, 2, 0, 1, True),
):
    f = {1: F.max_pool1d, 2: F.max_pool2d}[len(space)]
    options = {"window": kernel, "stride": stride, "pad": pad, "dilation": dilation, "ceil": ceil}
    case("max", lambda x: f(x, kernel, stride, pad, dilation, ceil), space, options)
for space, kernel, stride, pad, ceil, count in (
    ((7,), 3, 2, 1, True, True),
    ((8,), 3, 2, 1, False, True),
    ((5, 7), (3, 2), (2, 3), (1, 1), True, True),
    ((5, 7), (3, 2), (2, 3), (1, 1), True, False),
    ((6, 6), 2, 5, 0, True, True),
):
    f = {1: F.avg_pool1d, 2: F.avg_pool2d}[len(space)]
    options = {"window": kernel, "stride": stride, "pad": pad, "ceil": ceil, "countPadding": count}
    case("avg", lambda x: f(x, kernel, stride, pad, ceil, count), space, options)

json.dump({"torch": torch.__version__, "cases": cases}, sys.stdout, separators=(",", ":"))
