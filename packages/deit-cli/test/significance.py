"""Wilson intervals and exact McNemar tests of statsmodels and scipy, for src/judge/significance.test.ts.

    pip install statsmodels==0.15.0 scipy==1.17.1
    python significance.py   # writes significance.json
"""
import json
import pathlib

from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

shares = [(0, 1), (1, 1), (0, 24), (24, 24), (4, 4), (1, 10), (57, 80), (171, 240), (2610, 3670), (3669, 3670)]
pairs = [(0, 0), (0, 1), (1, 5), (5, 1), (3, 3), (0, 10), (12, 17), (17, 12), (40, 80), (300, 365), (0, 1200)]
wilson = [[k, n, *map(float, proportion_confint(k, n, method="wilson"))] for k, n in shares]
tests = []
for first, second in pairs:
    p = float(mcnemar([[0, first], [second, 0]], exact=True).pvalue) if first + second else 1.0
    if first + second:
        assert abs(p - binomtest(first, first + second).pvalue) <= 1e-9 * p
    tests.append([first, second, p])
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"wilson": wilson, "mcnemar": tests}) + "\n")
