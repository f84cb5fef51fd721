"""Records what PyTorch's `interpolate` gives, with its gradient, for resize.test.ts. Run with Debian's
/usr/bin/python3 and python3-torch (1.13.0a0, packaged as 1.13.1):

    /usr/bin/python3 record-torch-resize.py > torch-resize-1.13.json

Arrays are recorded channels-last, as Adjoint has them.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


def array(x):
    x = x.detach().movedim(1, -1)
    return {"shape": list(x.shape), "data": [round(v, 12) for v in x.contiguous().flatten().tolist()]}


def row(x, y, **options):
    u = torch.round(torch.randn_like(y) * 16) / 16
    (gradient,) = torch.autograd.grad(y, x, u)
    return {**options, "x": array(x), "y": array(y), "cotangent": array(u), "toX": array(gradient)}


def drawn(*shape):
    """Numbers that f32 holds."""
    return (torch.round(torch.randn(*shape) * 256) / 256).requires_grad_()


def resize(space, size, mode, corners):
    x = drawn(1, 2, *space)
    y = F.interpolate(x, size, mode=mode, **({} if "nearest" in mode else {"align_corners": corners}))
    return row(x, y, size=size, mode=mode, corners=corners)


json.dump(
    {
        "torch": torch.__version__,
        "resize": [
            resize(space, size, mode, corners)
            for space, size in ([[4, 5], [7, 3]], [[3, 6], [1, 11]])
            for mode, corners in (
                ("nearest", False),
                ("nearest-exact", False),
                ("bilinear", False),
                ("bilinear", True),
                ("bicubic", False),
                ("bicubic", True),
            )
        ]
        + [resize([5], [8], "linear", False), resize([3, 4, 2], [5, 3, 4], "trilinear", False)],
    },
    sys.stdout,
    separators=(",", ":"),
)
