"""Accuracies of three arms with three seeds on 200 pictures, and their comparison by scipy and statsmodels, for
src/judge/compare-arms.test.ts.

    pip install statsmodels==0.15.0 scipy==1.17.1
    python comparison.py   # writes comparison.csv and comparison.json
"""
import csv
import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

ARMS = ["student alone", "student by answers", "student by features"]
SEEDS = [42, 1, 2]
PICTURES = 200
RESAMPLES = 100_000
rng = np.random.default_rng(7)

# Hard pictures are hard for all, and a seed's luck is its arm's own.
ease = rng.normal(1.0, 1.2, PICTURES)
skill = {"student alone": 0.0, "student by answers": 0.1, "student by features": 0.6}
correct = {
    arm: np.stack([rng.random(PICTURES) < 1 / (1 + np.exp(-(ease + skill[arm] + rng.normal(0, 0.25)))) for _ in SEEDS])
    for arm in ARMS
}
labels = [["daisy", "tulip", "rose, wild"][i % 3] for i in range(PICTURES)]
here = pathlib.Path(__file__).parent
with open(here / "comparison.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["picture", "label", "arm", "seed", "predicted", "correct"])
    for s, seed in enumerate(SEEDS):
        for arm in ARMS:
            for i in range(PICTURES):
                right = bool(correct[arm][s, i])
                writer.writerow([f"{labels[i]}/{i}.jpg", labels[i], arm, seed, labels[i] if right else 'a "weed"', int(right)])


def percentiles(means):
    return [float(np.quantile(means, p)) for p in (0.025, 0.975)]


def one_seed(first, second):
    """The first seed: paired bootstrap over pictures, and McNemar's exact test."""
    a, b = (correct[arm][0].astype(float) for arm in (first, second))
    result = stats.bootstrap(
        (a, b), lambda x, y, axis: np.mean(y - x, axis=axis), paired=True, method="percentile",
        n_resamples=RESAMPLES, rng=1, batch=1000,
    )
    table = [[int(np.sum((a == i) & (b == j))) for j in (0, 1)] for i in (0, 1)]
    return {
        "difference": float(np.mean(b - a)),
        "interval": [float(result.confidence_interval.low), float(result.confidence_interval.high)],
        "deviation": float(result.standard_error),
        "mcnemar": float(mcnemar(table, exact=True).pvalue),
    }


def crossed(values):
    """Mean over seeds and pictures, both resampled, independently of each other (Owen 2007), written with numpy alone."""
    means = np.empty(RESAMPLES)
    for r in range(RESAMPLES):
        seeds = rng.integers(len(SEEDS), size=len(SEEDS))
        pictures = rng.integers(PICTURES, size=PICTURES)
        means[r] = values[np.ix_(seeds, pictures)].mean()
    return {"mean": float(values.mean()), "interval": percentiles(means), "deviation": float(means.std())}


def all_seeds(first, second):
    values = correct[second].astype(float) - correct[first]
    low, high = stats.ttest_rel(correct[second].mean(axis=1), correct[first].mean(axis=1)).confidence_interval(0.95)
    return {**crossed(values), "bySeeds": [float(low), float(high)]}


pairs = [(ARMS[0], ARMS[1]), (ARMS[0], ARMS[2]), (ARMS[1], ARMS[2])]
expected = {
    "arms": [{"arm": arm, **crossed(correct[arm].astype(float))} for arm in ARMS],
    "pairs": [{"first": a, "second": b, "oneSeed": one_seed(a, b), "allSeeds": all_seeds(a, b)} for a, b in pairs],
    "tQuantiles": [[v, float(stats.t.ppf(0.975, v))] for v in (1, 2, 3, 4, 9, 30, 999)],
}
(here / "comparison.json").write_text(json.dumps(expected, indent=1) + "\n")
