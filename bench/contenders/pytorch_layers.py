"""The measured networks in PyTorch, as one would write them."""

import math


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
