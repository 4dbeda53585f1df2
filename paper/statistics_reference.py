"""Writes StatisticsReference.swift: values by scipy and statsmodels that our statistics are held to.

    python3 paper/statistics_reference.py > Tests/PublicationsTests/StatisticsReference.swift

Made with scipy 1.17.1 and statsmodels 0.15.0. The paired Newcombe interval is in neither: it is computed here in
50-digit decimals, straight from the formula, with another normal quantile routine than ours.
"""
from decimal import Decimal as D, getcontext
import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import ttost_paired

getcontext().prec = 50
ALPHA = {"ninety": 0.1, "ninetyFive": 0.05, "ninetyNine": 0.01}


def wilson_decimal(k, n, z):
    k, n = D(k), D(n)
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt() / (1 + z * z / n)
    return middle - half, middle + half


def newcombe_paired(a, b, c, d, alpha):
    z = D(float(stats.norm.isf(alpha / 2)))
    n = a + b + c + d
    p1, p2 = D(a + b) / n, D(a + c) / n
    (l1, u1), (l2, u2) = wilson_decimal(a + b, n, z), wilson_decimal(a + c, n, z)
    margins = D((a + b) * (c + d) * (a + c) * (b + d))
    phi = D(0)
    if margins > 0:
        top = D(a * d - b * c)
        if top > 0:
            top = max(top - D(n) / 2, D(0))
        phi = top / margins.sqrt()
    low = ((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2).sqrt()
    high = ((p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2).sqrt()
    return float(p1 - p2 - low), float(p1 - p2 + high)


def rows(name, kind, lines):
    print(f"let {name}: [{kind}] = [")
    for line in lines:
        print(f"  ({', '.join(line)}),")
    print("]\n")


print("// Written by paper/statistics_reference.py with scipy and statsmodels; see there. Do not edit.")
print("import Publications\n")
f = lambda x: repr(float(x))
rows("wilsonReference", "(Int, Int, Confidence, Double, Double)", [
    [str(k), str(n), "." + c, *map(f, proportion_confint(k, n, alpha=ALPHA[c], method="wilson"))]
    for k, n in [(5, 11), (6, 11), (0, 10), (10, 10), (305, 1000), (686, 1000), (6372, 9000), (1, 3), (0, 1), (1, 1), (0, 9000), (9000, 9000)]
    for c in ALPHA])
rows("newcombeReference", "(Int, Int, Int, Int, Confidence, Double, Double)", [
    [str(a), str(m), str(b), str(n), "." + c,
     *map(f, confint_proportions_2indep(a, m, b, n, method="newcomb", compare="diff", alpha=ALPHA[c]))]
    for a, m, b, n in [(56, 70, 48, 80), (9, 10, 3, 10), (686, 1000, 659, 1000), (6372, 9000, 6156, 9000), (5, 11, 6, 11),
                       (0, 1, 1, 1), (1, 1, 0, 1), (0, 10, 0, 10), (10, 10, 10, 10), (0, 10, 10, 10)]
    for c in ALPHA])
rows("pairedReference", "(Int, Int, Int, Int, Confidence, Double, Double)", [
    [*map(str, t), "." + c, *map(f, newcombe_paired(*t, ALPHA[c]))]
    for t in [(36, 12, 2, 0), (20, 12, 2, 16), (1, 1, 7, 12), (54, 0, 0, 0), (30, 0, 0, 24), (600, 86, 59, 255), (2, 4, 1, 4),
              (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 10, 0, 0), (0, 5, 5, 0), (0, 0, 0, 54)]
    for c in ALPHA])
rows("mcNemarReference", "(Int, Int, Double)", [
    [str(b), str(c), f(mcnemar([[10, b], [c, 10]], exact=True).pvalue)]
    for b, c in [(0, 0), (0, 5), (1, 5), (7, 7), (12, 2), (86, 59), (59, 86), (400, 300), (27, 0), (3000, 3200), (1, 0), (0, 1), (1, 1)]])
rows("binomialReference", "(Int, Int, Double, Double)", [
    [str(k), str(n), f(p), f(stats.binomtest(k, n, p).pvalue)]
    for k, n, p in [(305, 1000, 0.25), (493, 1000, 0.25), (250, 1000, 0.25), (3, 11, 0.5), (0, 7, 0.3), (7, 7, 0.3), (20, 60, 0.254),
                    (0, 1, 0.25), (1, 1, 0.25), (0, 1000, 0.25), (1000, 1000, 0.25)]])
rows("studentReference", "(Double, Int, Double)", [
    [f(t), str(v), f(stats.t.sf(t, v))]
    for v in (1, 2, 3, 10, 899, 8999) for t in (0.0, 0.1, 1.0, 1.96, 3.3, 8.0, -2.5)])
rows("studentQuantileReference", "(Double, Int, Double)", [
    [f(p), str(v), f(stats.t.isf(p, v))] for v in (1, 2, 5, 30, 899) for p in (0.025, 0.05, 0.005)])
lists = [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.001], [0.04, 0.03, 0.02, 0.01, 0.05], [1.0, 0.9, 0.0],
         [0.02, 0.02, 0.02], [1.0], [0.0], [0.3] * 4 + [1e-9]]
rows("holmReference", "([Double], [Double])", [
    [str(p), "[" + ", ".join(f(x) for x in multipletests(p, method="holm")[1]) + "]"] for p in lists])
rng = np.random.default_rng(7)
lines = []
for n, up, down, margin in [(900, 60, 55, 0.03), (900, 90, 40, 0.03), (1000, 23, 0, 0.03), (300, 30, 28, 0.05), (12, 2, 1, 0.2),
                              (2, 1, 0, 0.5), (1000, 500, 500, 0.03), (900, 0, 40, 0.03)]:
    d = np.array([1.0] * up + [-1.0] * down + [0.0] * (n - up - down))
    r = ttost_paired(d, np.zeros(n), -margin, margin)
    low, high = stats.t.interval(0.95, n - 1, d.mean(), stats.sem(d))
    lines.append([str(n), str(up), str(down), f(margin), f(r[0]), f(low), f(high)])
rows("equivalenceReference", "(Int, Int, Int, Double, Double, Double, Double)", lines)
