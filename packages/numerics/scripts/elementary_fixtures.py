"""Writes ../test/fixtures/elementary.json: sin, cos, exp, log, tanh and the normal quantile by mpmath. Run with mpmath 1.4.1:
python3 packages/numerics/scripts/elementary_fixtures.py

A row is [x, y, rest]: y is the double nearest to the true value, and rest is what the truth has beyond y, in units of the
last place of y."""

import json
import math
import random
from pathlib import Path

import mpmath as mp

mp.mp.prec = 1400  # sin of 1e308 needs 1024 bits of pi
draw = random.Random(20261124)


def row(function, x):
    truth = function(mp.mpf(x))
    y = float(truth)
    return [x, y, round(float((truth - mp.mpf(y)) / mp.mpf(math.ulp(y))), 3)]


def rows(function, points):
    return [row(function, x) for x in dict.fromkeys(map(float, points))]


def uniform(low, high, n):
    return [draw.uniform(low, high) for _ in range(n)]


def magnitudes(low, high, n):
    """Any size from 2^low to 2^high."""
    return [math.ldexp(draw.uniform(1, 2), draw.randrange(low, high)) for _ in range(n)]


def both_signs(points):
    return [s * x for x in points for s in (1, -1)]


def around(x):
    return [math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf)]


def normal_quantile(u):
    p = u + mp.mpf(2) ** -54
    tail = min(p, 1 - p)
    with mp.workprec(200):
        z = mp.findroot(lambda z: mp.log(mp.ncdf(-z)) - mp.log(tail), math.sqrt(max(0, -2 * math.log(2 * tail))))
    return z if p > 0.5 else -z


angles = (
    both_signs(uniform(0, 10, 60))
    + both_signs(magnitudes(-1074, 1024, 40))
    + magnitudes(-10, 24, 60)
    # Next to multiples of pi/2, where the result is what the reduction leaves.
    + [float(mp.pi / 2 * k) for k in [1, 2, 3, 4, 710, 1909858, *(draw.randrange(5, 1909859) for _ in range(40))]]
    + [float(mp.pi / 2 * k) for k in (draw.randrange(2**22, 2**52) for _ in range(10))]
    + around(2.0**22)  # where the kernels change their reduction
    + uniform(1.6e6, 2.0**22, 20)  # where the portable code, which they leave at 2^22, is wrong
    # Arguments on which an earlier polynomial was off by more than 2.5 ulp, found among nine million.
    + [1.4879780836109653, 3.063829838045892, 155.6367508291433, 354.91116202507203, 510.5061775313658, 1078081.3996120098]
    + [5.319372648326541e255, 22, 355, 2.0**1023, 1.7976931348623157e308]  # the first: the double nearest to a multiple
    + [5e-324, 2.2250738585072014e-308, 2.0**-27, 1e-8]
)
exponents = (
    uniform(-708, 709, 80)
    + uniform(-1, 1, 40)
    + both_signs(magnitudes(-1074, 0, 15))
    + uniform(-745.13, -708, 20)  # results below the normal numbers
    + uniform(709, 709.78, 5)
    + [(k + 0.5) * math.log(2) for k in (draw.randrange(-1020, 1020) for _ in range(30))]  # ends of the reduced range
    + [x for end in (-708.0, 709.0) for x in around(end)]
    + [709.782712893384, -745.1332191019411, -708.3964185322641]
)
positive = (
    magnitudes(-1022, 1024, 60)
    + magnitudes(-1074, -1022, 15)
    + uniform(0.5, 2, 60)
    + [1 + s * math.ldexp(1, -k) for k in range(1, 53, 2) for s in (1, -1)]
    + [math.ldexp(math.sqrt(2), k) for k in (draw.randrange(-1000, 1000) for _ in range(15))]  # ends of the reduced range
    + [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
)
hyperbolic = (
    both_signs(uniform(0, 1, 60))
    + both_signs(uniform(1, 20, 40))
    + both_signs(magnitudes(-1074, 4, 30))
    + [(k + 0.5) * math.log(2) / 2 for k in range(56)]  # ends of the reduced range
    + [x for end in (19.0625, 0.17328679513998632, 0.5198603854199589) for x in around(end)]
)
unit = 2.0**-53
uniforms = (
    [draw.getrandbits(53) * unit for _ in range(80)]
    + [k * unit for j in range(0, 52, 2) for k in (2**j, 2**53 - 2**j, 2**52 - 2**j, 2**52 + 2**j)]  # the ends and the middle
    + [0, 2 * unit, 3 * unit, 0.5, 1 - 2 * unit]
    + [end + k * unit for end in (0.075, 0.925) for k in range(-2, 3)]  # |u - 1/2| = 0.425, where AS 241 changes its formula
    + [(round(math.exp(-25) * 2**53) + k) * unit for k in range(-2, 3)]  # and the other change
)
fixture = {
    "sin": rows(mp.sin, angles),
    "cos": rows(mp.cos, angles),
    "exp": rows(mp.exp, exponents),
    "log": rows(mp.log, positive),
    "normal": rows(normal_quantile, uniforms),
    "tanh": rows(mp.tanh, hyperbolic),
}
lines = [f'"madeBy": "scripts/elementary_fixtures.py, mpmath {mp.__version__}"']
lines += [f'"{name}": {json.dumps(found, allow_nan=False)}' for name, found in fixture.items()]
path = Path(__file__).parent.parent / "test" / "fixtures" / "elementary.json"
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
