"""Writes tables-pyarrow.json: one table as Parquet, Arrow and Feather files of pyarrow, and the texts of its cells.

python record-pyarrow.py > tables-pyarrow.json   (pyarrow 25.0.1, NumPy 2.4.6)
"""

import base64
import datetime as dt
import decimal
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

N = 12
rng = np.random.default_rng(3)
day = dt.date(2024, 2, 27)
noon = dt.datetime(2024, 1, 1, 12)
columns = {
    "double": pa.array([None if i % 7 == 3 else i / 8 for i in range(N)]),
    "float": pa.array(np.arange(N, dtype=np.float32) / 4),
    "half": pa.array((np.arange(N) / 16 - 0.25).astype(np.float16)),
    "byte": pa.array(rng.integers(-100, 100, N).astype(np.int8)),
    "long": pa.array([None if i == 0 else 1000 * i for i in range(N)], pa.int64()),
    "wide": pa.array([2**63 + i for i in range(N)], pa.uint64()),
    "yes": pa.array([None if i == 5 else i % 2 == 0 for i in range(N)]),
    "text": pa.array([None if i == 4 else f"näme {i % 3}" for i in range(N)]),
    "name": pa.array(["a", "b", "c"] * 4).dictionary_encode(),
    "date": pa.array([day + dt.timedelta(days=i) for i in range(N)]),
    "time": pa.array([noon + dt.timedelta(seconds=i) for i in range(N)], pa.timestamp("us")),
    "money": pa.array([decimal.Decimal(i) / 4 - 1 for i in range(N)], pa.decimal128(10, 2)),
    "pair": pa.array([[i / 1, i / 2] for i in range(N)], pa.list_(pa.float32())),
    "fixed": pa.array([[i, i + 1] for i in range(N)], pa.list_(pa.int32(), 2)),
}
table = pa.table(columns)


def cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, list):
        return "[" + ",".join(cell(each) for each in value) + "]"
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return str(value)


files = {}


def add(name, write):
    file = io.BytesIO()
    write(file)
    files[name] = base64.b64encode(file.getvalue()).decode()


for compression in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
    add(f"{compression}.parquet", lambda file: pq.write_table(table, file, compression=compression, row_group_size=5))
add("v2.parquet", lambda file: pq.write_table(table, file, row_group_size=5, data_page_version="2.0"))
delta = {"long": "DELTA_BINARY_PACKED", "byte": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY"}
split = {"double": "BYTE_STREAM_SPLIT", "float": "BYTE_STREAM_SPLIT"}
add(
    "encodings.parquet",
    lambda file: pq.write_table(table, file, use_dictionary=False, column_encoding={**delta, **split}),
)
for compression in ("uncompressed", "lz4", "zstd"):
    add(f"{compression}.feather", lambda file: feather.write_feather(table, file, compression=compression, chunksize=5))


def stream(file):
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, 5)


add("stream.arrows", stream)
nested = table.append_column("record", pa.array([{"a": 1}] * N))
add("record.parquet", lambda file: pq.write_table(nested, file))
add("record.feather", lambda file: feather.write_feather(nested, file, compression="uncompressed"))
add("empty.parquet", lambda file: pq.write_table(table.slice(0, 0), file))
views = pa.table({"text": pa.array(["short", None, "a text of more than twelve bytes"], pa.string_view())})
add("views.arrow", lambda file: feather.write_feather(views, file, compression="uncompressed"))
rows = [[cell(value) for value in row.values()] for row in table.to_pylist()]
print(json.dumps({"pyarrow": pa.__version__, "columns": table.column_names, "rows": rows, "files": files}))
