/** Small tensors with a made-up gradient, the same as in scripts/frugal_fixture.py. */
import type { Method, Numbers, Parameter, Point } from '../src/index.js';

export const PARAMETERS: readonly Parameter[] = [
  { name: 'layer.0.kernel', shape: [6, 8] },
  { name: 'layer.1.kernel', shape: [8, 5] },
  { name: 'layer.1.bias', shape: [5] },
];

const formula = (n: number, phase: number): number[] =>
  Array.from({ length: n }, (_, k) => Math.sin(1.7 * k + phase + Math.cos(0.3 * k)));

const size = ({ shape }: Parameter) => shape.reduce((a, b) => a * b, 1);

export const start = (Kind: typeof Float32Array | typeof Float64Array, parameters = PARAMETERS): Numbers[] =>
  parameters.map((p, i) => Kind.from(formula(size(p), 2.5 * i)));

export const gradient = (x: readonly Numbers[], step: number): Numbers[] =>
  x.map((values, i) => {
    const drawn = formula(values.length, 0.37 * step + i);
    return values.map((value, j) => drawn[j]! + 0.3 * value) as Numbers;
  });

/** A point after so many steps. */
export function run(method: Method, steps: number, x: Numbers[] = start(Float32Array), parameters = PARAMETERS): Point {
  const point = { x, state: method.init(parameters, x) };
  for (let k = 0; k < steps; k++) method.step(point, gradient(point.x, k), point);
  return point;
}
