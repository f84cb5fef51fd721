"""Records the state_dicts of small PyTorch models in float32, with an input and an output of each, for state-dict.test.ts.
Run with Debian's /usr/bin/python3 and python3-torch (1.13.0a0, packaged as 1.13.1):

    /usr/bin/python3 record-torch-state-dicts.py torch-state-dicts-1.13.safetensors

The file is one safetensors file, written here without the safetensors package: `MODEL/state/NAME` for the arrays of the state_dict,
`MODEL/in/NAME` for inputs and `MODEL/out` for the output in inference. All arrays have torch's own names and layouts.
"""
import json
import struct
import sys

import torch
from torch import nn

torch.manual_seed(31)
arrays = {}


def randn(*shape):
    return (100 * torch.randn(*shape)).round() / 100


def stir(module):
    """Parameters and statistics of few digits, none at the value it starts from."""
    with torch.no_grad():
        for name, p in module.state_dict().items():
            if p.dtype == torch.float32:
                p.copy_(randn(*p.shape) * 0.4)
                if name.endswith("running_var"):
                    p.copy_(p.abs() + 0.5)
    return module.eval()


def record(name, module, inputs, output):
    for key, x in module.state_dict().items():
        arrays[f"{name}/state/{key}"] = x
    for key, x in inputs.items():
        arrays[f"{name}/in/{key}"] = x
    arrays[f"{name}/out"] = output.detach()


def images(x):
    """[batch, channels, height, width] as Adjoint has it: the channels last."""
    return x.permute(0, *range(2, x.dim()), 1).contiguous()


mlp = stir(nn.Sequential(nn.Linear(4, 5), nn.PReLU(5), nn.Linear(5, 3, bias=False)))
x = randn(3, 4)
record("mlp", mlp, {"x": x}, mlp(x))

cnn = stir(
    nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 4, 3, groups=2),
        nn.GroupNorm(2, 4),
        nn.Flatten(),
        nn.Linear(4 * 2 * 3, 5),
    )
)
x = randn(2, 3, 8, 10)
record("cnn", cnn, {"x": images(x)}, cnn(x))

decoder = stir(nn.Sequential(nn.Linear(4, 6 * 2 * 3), nn.Unflatten(1, (6, 2, 3)), nn.ConvTranspose2d(6, 4, 3, stride=2, groups=2)))
x = randn(2, 4)
record("generator", decoder, {"x": x}, images(decoder(x)))

x = randn(2, 2, 9)
conv = stir(nn.Sequential(nn.Conv1d(2, 4, 3, dilation=2), nn.Flatten(), nn.Linear(20, 2)))
record("wave", conv, {"x": images(x)}, conv(x))


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.rnn = kind(4, 5, batch_first=True, **options)
        self.norm = nn.LayerNorm(5 * (2 if options.get("bidirectional") else 1))
        self.head = nn.Linear(self.norm.normalized_shape[0], 3)

    def forward(self, tokens):
        return self.head(self.norm(self.rnn(self.embed(tokens))[0]))


tokens = torch.tensor([[1, 2, 3, 4, 5], [6, 0, 1, 1, 2]])
for name, kind, options in [
    ("rnn", nn.RNN, {}),
    ("lstm", nn.LSTM, {"num_layers": 2}),
    ("lstm without bias", nn.LSTM, {"bias": False}),
    ("gru", nn.GRU, {}),
    ("both", nn.LSTM, {"bidirectional": True}),
    ("both gru", nn.GRU, {"bidirectional": True}),
]:
    model = stir(Recurrent(kind, **options))
    record(name, model, {"x": tokens.to(torch.int32)}, model(tokens))


attention = stir(nn.MultiheadAttention(6, 2, batch_first=True))
x = randn(2, 4, 6)
record("attention", attention, {"x": x}, attention(x, x, x)[0])

cross = stir(nn.MultiheadAttention(6, 2, kdim=3, vdim=3, batch_first=True))
memory = randn(2, 5, 3)
record("cross", cross, {"x": x, "memory": memory}, cross(x, memory, memory)[0])

encoder = stir(nn.TransformerEncoderLayer(6, 2, 8, activation="gelu", batch_first=True, norm_first=True))
record("encoder", encoder, {"x": x}, encoder(x.requires_grad_()))
after = stir(nn.TransformerEncoderLayer(6, 2, 8, activation="relu", batch_first=True))
record("after", after, {"x": x}, after(x))
x = x.detach()


class Translator(nn.Module):
    """Pre-norm decoder blocks that attend to a memory, of which some keys are masked."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 6)
        layer = nn.TransformerDecoderLayer(6, 2, 8, activation="gelu", batch_first=True, norm_first=True)
        self.decoder = nn.TransformerDecoder(layer, 2, norm=nn.LayerNorm(6))
        self.head = nn.Linear(6, 7)

    def forward(self, tokens, memory, mask):
        time = tokens.shape[1]
        later = torch.triu(torch.ones(time, time, dtype=torch.bool), 1)
        return self.head(self.decoder(self.embed(tokens), memory, tgt_mask=later, memory_key_padding_mask=~mask))


translator = stir(Translator())
memory = randn(2, 4, 6)
mask = torch.tensor([[True, False, True, True], [False, True, True, False]])
y = translator(tokens, memory.requires_grad_(), mask)
record("translator", translator, {"x": tokens.to(torch.int32), "memory": memory.detach(), "mask": mask}, y)

dtypes = {torch.float32: "F32", torch.int64: "I64", torch.int32: "I32", torch.bool: "BOOL"}
header, body = {"__metadata__": {"torch": torch.__version__}}, b""
for name, x in arrays.items():
    data = x.detach().contiguous().numpy().tobytes()
    header[name] = {"dtype": dtypes[x.dtype], "shape": list(x.shape), "data_offsets": [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + body)
