"""Records what PyTorch's recurrent layers and attention give in float64, with all their gradients, for
layers-sequences.test.ts. Run with Debian's /usr/bin/python3 and python3-torch (1.13.0a0, packaged as 1.13.1):

    /usr/bin/python3 record-torch-sequences.py > torch-sequences-1.13.json

Parameters are named and laid out as Adjoint has them: a weight is [in, out], gates stand side by side, and the two biases
that PyTorch adds are one.
"""
import json
import sys

import torch
from torch import nn

torch.manual_seed(22)
torch.set_default_dtype(torch.float64)


def randn(*shape):
    return (1000 * torch.randn(*shape)).round() / 1000


def array(x):
    return {"shape": list(x.shape), "data": x.detach().contiguous().flatten().tolist()}


def stir(module):
    """Parameters of few digits, none at the value it starts from."""
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(randn(*p.shape) * 0.5)
    return module


def record(layer, options, x, y, params):
    """`params` gives, by path, a leaf of torch's and what Adjoint makes of it (and of its gradient)."""
    u = randn(*y.shape)
    leaves = [leaf for leaf, _ in params.values()]
    grads = torch.autograd.grad(y, [x, *leaves], u)
    return {
        "layer": layer,
        "options": options,
        "x": array(x),
        "y": array(y),
        "cotangent": array(u),
        "toX": array(grads[0]),
        "params": {path: array(seen(leaf)) for path, (leaf, seen) in params.items()},
        "toParams": {path: array(seen(grad)) for (path, (_, seen)), grad in zip(params.items(), grads[1:])},
    }


def turned(w):
    return w.T


def same(b):
    return b


def recurrent(layer, kind, options, **torch_options):
    units, features, time = options["units"], 3, 5
    module = stir(kind(features, units, batch_first=True, **torch_options))
    with torch.no_grad():
        if kind is nn.GRU:  # Adjoint's bh is of the candidate alone
            module.bias_hh_l0[: 2 * units] = 0
        else:
            module.bias_hh_l0.zero_()
    x = randn(2, time, features).requires_grad_()
    given = x.flip(1) if options.get("reverse") else x
    made, _ = module(given)
    made = made.flip(1) if options.get("reverse") else made
    y = made if options.get("give") == "all" else made[:, 0 if options.get("reverse") else -1]
    params = {"wx": (module.weight_ih_l0, turned), "wh": (module.weight_hh_l0, turned), "b": (module.bias_ih_l0, same)}
    if kind is nn.GRU:
        params["bh"] = (module.bias_hh_l0, lambda b: b[2 * units :])
    return record(layer, options, x, y, params)


def attention_params(module, at=""):
    width = module.embed_dim
    part = lambda i: lambda w: w[i * width : (i + 1) * width]
    rows = {}
    for i, name in enumerate("qkv"):
        rows[f"{at}w{name}"] = (module.in_proj_weight, lambda w, f=part(i): f(w).T)
        rows[f"{at}b{name}"] = (module.in_proj_bias, part(i))
    rows[f"{at}wo"] = (module.out_proj.weight, turned)
    rows[f"{at}bo"] = (module.out_proj.bias, same)
    return rows


def attention(options, width, time):
    module = stir(nn.MultiheadAttention(width, options["heads"], batch_first=True))
    x = randn(2, time, width).requires_grad_()
    mask = torch.triu(torch.ones(time, time, dtype=torch.bool), 1) if options.get("causal") else None
    y, _ = module(x, x, x, attn_mask=mask, need_weights=False)
    return record("multi_head_attention", options, x, y, attention_params(module))


def encoder(options, width, time, activation):
    before = options["norm"] == "before"
    module = stir(
        nn.TransformerEncoderLayer(
            width, options["heads"], options["hidden"], dropout=0.0, activation=activation, batch_first=True, norm_first=before
        )
    )
    x = randn(2, time, width).requires_grad_()
    y = module(x)
    params = attention_params(module.self_attn, "attention.")
    for i in (1, 2):
        norm, linear = getattr(module, f"norm{i}"), getattr(module, f"linear{i}")
        params[f"norm{i}.gamma"] = (norm.weight, same)
        params[f"norm{i}.beta"] = (norm.bias, same)
        params[f"dense{i}.w"] = (linear.weight, turned)
        params[f"dense{i}.b"] = (linear.bias, same)
    return record("transformer_encoder", options, x, y, params)


def gru_before(options):
    """The GRU as first published, which PyTorch does not have: its equations, written with PyTorch's operations."""
    units, features, time = options["units"], 3, 5
    wx, wh, b = (randn(*shape).mul(0.5).requires_grad_() for shape in [(features, 3 * units), (units, 3 * units), (3 * units,)])
    x = randn(2, time, features).requires_grad_()
    h, made = torch.zeros(2, units), []
    for t in reversed(range(time)) if options.get("reverse") else range(time):
        xr, xz, xn = (x[:, t] @ wx + b).chunk(3, -1)
        r = torch.sigmoid(xr + h @ wh[:, :units])
        z = torch.sigmoid(xz + h @ wh[:, units : 2 * units])
        n = torch.tanh(xn + (r * h) @ wh[:, 2 * units :])
        h = (1 - z) * n + z * h
        made.append(h)
    y = torch.stack(made[::-1] if options.get("reverse") else made, 1) if options.get("give") == "all" else h
    return record("gru", options, x, y, {"wx": (wx, same), "wh": (wh, same), "b": (b, same)})


def packed(layer, kind, reset_bias):
    """Packed sequences of unequal length in both directions, with a given state, the outputs and the last state."""
    units, features, time, lengths = 3, 2, 5, [5, 2, 4]
    module = stir(kind(features, units, batch_first=True, bidirectional=True))
    sides = {"forward": "", "backward": "_reverse"}
    with torch.no_grad():
        for side in sides.values():
            getattr(module, f"bias_hh_l0{side}")[: reset_bias * units] = 0
    x = randn(3, time, features).requires_grad_()
    states = {name: randn(2, 3, units) for name in (["h", "c"] if kind is nn.LSTM else ["h"])}
    before = (states["h"], states["c"]) if kind is nn.LSTM else states["h"]
    given = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    made, after = module(given, before)
    y, _ = nn.utils.rnn.pad_packed_sequence(made, batch_first=True)
    params = {}
    for name, side in sides.items():
        params[f"{name}.wx"] = (getattr(module, f"weight_ih_l0{side}"), turned)
        params[f"{name}.wh"] = (getattr(module, f"weight_hh_l0{side}"), turned)
        params[f"{name}.b"] = (getattr(module, f"bias_ih_l0{side}"), same)
        if kind is nn.GRU:
            params[f"{name}.bh"] = (getattr(module, f"bias_hh_l0{side}"), lambda b: b[2 * units :])
    ends = dict(zip("hc", after if kind is nn.LSTM else (after,)))
    of = lambda trees: {name: {side: array(h[i]) for i, side in enumerate(sides)} for name, h in trees.items()}
    return {**record(layer, {"units": units}, x, y, params), "length": lengths, "before": of(states), "after": of(ends)}


def crossed(heads, lengths):
    """Attention to another sequence of other features, whose padding is no key."""
    width, other, time, keys = 4, 3, 3, 5
    module = stir(nn.MultiheadAttention(width, heads, kdim=other, vdim=other, batch_first=True))
    x, memory = randn(len(lengths), time, width).requires_grad_(), randn(len(lengths), keys, other).requires_grad_()
    ignored = torch.arange(keys)[None, :] >= torch.tensor(lengths)[:, None]
    y, _ = module(x, memory, memory, key_padding_mask=ignored, need_weights=False)
    params = {f"b{name}": (module.in_proj_bias, lambda b, i=i: b[i * width : (i + 1) * width]) for i, name in enumerate("qkv")}
    params["bo"] = (module.out_proj.bias, same)
    for name in "kqv":
        params[f"w{name}"] = (getattr(module, f"{name}_proj_weight"), turned)
    params["wo"] = (module.out_proj.weight, turned)
    row = record("cross_attention", {}, x, y, params)
    (grad,) = torch.autograd.grad(module(x, memory, memory, key_padding_mask=ignored, need_weights=False)[0], [memory], torch.tensor(row["cotangent"]["data"]).reshape(y.shape))
    return {**row, "heads": heads, "length": lengths, "memory": array(memory), "toMemory": array(grad)}


plain = lambda name: {"name": name, "options": {}}
cases = [
    recurrent("simple_rnn", nn.RNN, {"units": 4}),
    recurrent("simple_rnn", nn.RNN, {"units": 3, "activation": plain("relu"), "give": "all"}, nonlinearity="relu"),
    recurrent("lstm", nn.LSTM, {"units": 4}),
    recurrent("lstm", nn.LSTM, {"units": 3, "give": "all", "reverse": True}),
    recurrent("gru", nn.GRU, {"units": 4}),
    recurrent("gru", nn.GRU, {"units": 3, "give": "all", "reverse": True}),
    attention({"heads": 1}, 3, 4),
    attention({"heads": 2, "causal": True}, 4, 5),
    encoder({"heads": 2, "hidden": 5, "dropout": 0, "norm": "after", "activation": plain("relu")}, 4, 3, "relu"),
    encoder({"heads": 1, "hidden": 6, "dropout": 0, "norm": "before", "activation": plain("gelu")}, 3, 4, "gelu"),
]
cases.append(gru_before({"units": 4, "reset": "before"}))
cases.append(gru_before({"units": 3, "reset": "before", "give": "all", "reverse": True}))
packs = [packed("lstm", nn.LSTM, 4), packed("gru", nn.GRU, 2)]
crosses = [crossed(2, [5, 2]), crossed(1, [1, 4])]
json.dump({"torch": torch.__version__, "cases": cases, "packed": packs, "crossed": crosses}, sys.stdout, separators=(",", ":"))
sys.stdout.write("\n")
