"""Records what scikit-learn makes of scores.

    apt-get install python3-sklearn
    /usr/bin/python3 packages/core/test/recorded/record-scores.py

writes scores-sklearn.json beside this file, which learning-score-sklearn.test.ts compares with. Outputs are logits; where
scikit-learn wants probabilities or classes they are made of them here.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m

warnings.filterwarnings("ignore")
random = np.random.default_rng(20261121)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def plain(x):
    return x.tolist() if isinstance(x, np.ndarray) else float(x)


def entry(name, options, output, target, value):
    return {"name": name, "options": options, "output": plain(output), "target": plain(target), "value": plain(value)}


def recorded():
    found = []
    for rows, classes in [(40, 3), (60, 5)]:
        z = np.round(random.normal(size=(rows, classes)) * 2, 2)
        y = random.integers(0, classes, size=rows)
        z[np.arange(rows), y] += random.normal(size=rows) + 1
        z = np.round(z, 2)
        p, said = softmax(z), z.argmax(-1)
        found.append(entry("accuracy", {}, z, y, m.accuracy_score(y, said)))
        found.append(entry("top_k", {"k": 2}, z, y, m.top_k_accuracy_score(y, p, k=2, labels=range(classes))))
        for average in ["macro", "micro", "weighted"]:
            for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
                found.append(entry(name, {"average": average}, z, y, score(y, said, average=average)))
        found.append(entry("log_loss", {}, z, y, m.log_loss(y, p)))
        found.append(entry("auroc", {}, z, y, m.roc_auc_score(y, p, multi_class="ovr", average="macro")))
        one_hot = np.eye(classes)[y]
        found.append(entry("auprc", {}, z, y, m.average_precision_score(one_hot, p, average="macro")))
        found.append(entry("confusion_matrix", {}, z, y, m.confusion_matrix(y, said)))
    for rows, share in [(50, 0.5), (80, 0.1)]:
        y = (random.uniform(size=rows) < share).astype(int)
        y[:2] = [0, 1]
        z = np.round(random.normal(size=rows) + y, 1)  # with ties
        said = (z > 0).astype(int)
        p = 1 / (1 + np.exp(-z))
        for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
            found.append(entry(name, {"average": "auto"}, z, y, score(y, said)))
            found.append(entry(name, {"average": "macro"}, z, y, score(y, said, average="macro")))
        found.append(entry("accuracy", {}, z, y, m.accuracy_score(y, said)))
        found.append(entry("log_loss", {}, z, y, m.log_loss(y, p)))
        found.append(entry("auroc", {}, z, y, m.roc_auc_score(y, z)))
        found.append(entry("auprc", {}, z, y, m.average_precision_score(y, z)))
    # A class that is never said, and one that never occurs.
    y = np.array([0, 0, 1, 1, 3])
    z = np.eye(4)[[0, 1, 1, 0, 1]] * 3
    for average in ["macro", "weighted"]:
        for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
            found.append(entry(name, {"average": average}, z, y, score(y, z.argmax(-1), average=average)))
    for outputs in (1, 3):
        y = random.normal(size=(30, outputs)) * 3 + 100
        said = y + random.normal(size=(30, outputs))
        found.append(entry("mse", {}, said, y, m.mean_squared_error(y, said)))
        found.append(entry("rmse", {}, said, y, np.sqrt(m.mean_squared_error(y, said))))
        found.append(entry("mae", {}, said, y, m.mean_absolute_error(y, said)))
        found.append(entry("r2", {}, said, y, m.r2_score(y, said)))
    return found


here = Path(__file__).parent
made_by = {"library": "scikit-learn", "version": sklearn.__version__, "numpy": np.__version__}
text = json.dumps({"madeBy": made_by, "scores": recorded()}, separators=(",", ":"))
(here / "scores-sklearn.json").write_text(text + "\n")
