"""Records the numbers of SciPy that the tests of search compare with: python3 record-scipy.py > scipy-1.10.1.json"""

import json
import platform

import numpy
import scipy
from scipy.stats import norm, qmc

dimensions = [0, 1, 2, 5, 17, 63, 127]
sobol = qmc.Sobol(d=128, scramble=False, bits=32).random(64)
points = [-37.5, -10.0, -5.0, -3.0, -2.999, -1.0, -0.1, 0.0, 0.5, 2.0, 3.0, 5.0, 8.0]
print(
    json.dumps(
        {
            "versions": {"scipy": scipy.__version__, "numpy": numpy.__version__, "python": platform.python_version()},
            "sobol": {"dimensions": dimensions, "points": sobol[:, dimensions].tolist()},
            "normal": [[x, float(norm.cdf(x)), float(norm.logcdf(x))] for x in points],
            "discrepancy": {
                "random": float(qmc.discrepancy(numpy.random.default_rng(1).random((64, 4)))),
                "sobol": float(qmc.discrepancy(sobol[:, :4])),
            },
        }
    )
)
