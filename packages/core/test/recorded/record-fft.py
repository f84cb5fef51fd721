"""Records what NumPy's transforms give: python record-fft.py > fft-numpy-1.24.2.json."""

import json
import sys

import numpy as np

rng = np.random.default_rng(29)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32)


def pair(x):
    return [x.real.tolist(), x.imag.tolist()]


cases = []
for n in (1, 2, 3, 7, 12, 65, 131):
    re, im = normal(n), normal(n)
    z = re.astype(np.float64) + 1j * im
    cases.append({"name": "fft", "inputs": [re.tolist(), im.tolist()], "result": pair(np.fft.fft(z))})
    cases.append({"name": "ifft", "inputs": [re.tolist(), im.tolist()], "result": pair(np.fft.ifft(z))})
    half = np.fft.rfft(re.astype(np.float64))
    cases.append({"name": "rfft", "inputs": [re.tolist()], "result": pair(half)})
    # The imaginary parts of the first number and, of even lengths, of the last are ignored.
    re, im = normal(n // 2 + 1), normal(n // 2 + 1)
    cases.append({"name": "irfft", "n": n, "inputs": [re.tolist(), im.tolist()], "result": [np.fft.irfft(re + 1j * im, n).tolist()]})
re, im = normal(2, 3, 4), normal(2, 3, 4)
z = re.astype(np.float64) + 1j * im
cases.append({"name": "fftn", "inputs": [re.tolist(), im.tolist()], "result": pair(np.fft.fft2(z))})
cases.append({"name": "fft axis 1", "inputs": [re.tolist(), im.tolist()], "result": pair(np.fft.fft(z, axis=1))})
for n in (1, 4, 5):
    cases.append({"name": "fftfreq", "n": n, "inputs": [], "result": [np.fft.fftfreq(n, 0.5).tolist()]})

json.dump({"numpy": np.__version__, "cases": cases}, sys.stdout, separators=(",", ":"))
