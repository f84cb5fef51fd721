"""Records ONNX's node tests of pools and `Resize` for resize.test.ts, those of at most 64 numbers. Run with Debian's
/usr/bin/python3 and python3-onnx (1.12.0):

    /usr/bin/python3 -W ignore record-onnx-windows.py > onnx-windows-1.12.json

Arrays are recorded channels-last, as Adjoint has them.
"""
import json
import sys

import numpy as np

# NumPy 1.24 has no more these names, which ONNX 1.12 uses.
np.float, np.bool, np.object, np.int = float, bool, object, int

import onnx
from onnx.backend.test.case.node import collect_testcases

operators = ("AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool", "Resize", "Upsample")


def array(x):
    x = np.moveaxis(np.asarray(x, dtype=np.float64), 1, -1)
    return {"shape": list(x.shape), "data": x.ravel().tolist()}


def plain(value):
    return value.decode() if isinstance(value, bytes) else value


cases = []
for case in collect_testcases(None):
    if len(case.model.graph.node) != 1 or case.model.graph.node[0].op_type not in operators:
        continue
    node = case.model.graph.node[0]
    inputs, outputs = case.data_sets[0]
    if inputs[0].size > 64:
        continue
    attributes = {a.name: plain(onnx.helper.get_attribute_value(a)) for a in node.attribute}
    # A resize has its scales and sizes as inputs after the first.
    named = dict(zip([name for name in node.input if name], inputs))
    others = {name: np.asarray(value).tolist() for name, value in list(named.items())[1:]}
    cases.append(
        {
            "name": case.name.removeprefix("test_"),
            "operator": node.op_type,
            "attributes": attributes,
            "others": others,
            "dtype": str(inputs[0].dtype),
            "x": array(inputs[0]),
            "outputs": [array(y) for y in outputs],
        }
    )

json.dump({"onnx": onnx.__version__, "cases": cases}, sys.stdout, separators=(",", ":"))
