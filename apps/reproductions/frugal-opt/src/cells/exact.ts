/** T1, T2, T4, T9 and the state's size, on made-up gradients in the optimiser's own precision. */
import type { Json } from '@assay-ml/claims';
import { adamw, frugal, galore, badam, type Method, type Parameter, rankOf, report } from '@assay-ml/frugal-opt'; // prettier-ignore
import { stream } from '@assay-ml/numerics';

export type ExactConfig = {
  /** Sides of the square kernel; a bias of as many is regular. */
  readonly side: number;
  readonly steps: number;
};

const rate = 1e-3;

export function run({ side, steps }: ExactConfig, seed: number): Record<string, Json> {
  const parameters: readonly Parameter[] = [
    { name: 'kernel', shape: [side, side] },
    { name: 'other.kernel', shape: [side, side] },
    { name: 'bias', shape: [side] },
  ];
  const draw = stream(seed, 'exact');
  const drawn = (k: number): Float32Array[] =>
    parameters.map(({ shape }, i) => Float32Array.from(draw.at(k, i).fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1))))); // prettier-ignore
  const trained = (method: Method, count: number, x = drawn(0)) => {
    const point = { x, state: method.init(parameters, x) };
    for (let k = 0; k < count; k++) method.step(point, drawn(k + 1), point);
    return point;
  };
  const same = (a: readonly Float32Array[], b: readonly Float32Array[]) => a.reduce((sum, values, i) => sum + values.reduce((n: number, value, j) => n + (Object.is(value, b[i]![j]!) ? 0 : 1), 0), 0); // prettier-ignore
  const whole = trained(adamw({ rate }), steps);
  const columns = { rate, projector: 'columns' } as const;

  // T2: after one step with T = 1 both rules have seen the same gradient, whatever is chosen.
  const [one, signs] = [trained(frugal({ ...columns, rho: 0.5, period: 1 }), 1), trained(frugal({ ...columns, rho: 0 }), 1)]; // prettier-ignore
  const first = drawn(1)[0]!;
  const least = first.reduce((a, b) => Math.min(a, Math.abs(b)), Infinity);
  const apart = one.x[0]!.reduce((most, value, j) => Math.max(most, Math.abs(value - signs.x[0]![j]!)), 0);
  const largest = one.x[0]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  // T9: the rank of what a period of steps has come to.
  // From zeros, so that weights hold the change and nothing that it is rounded against.
  const rank = (method: Method) => {
    const { x } = trained(method, steps, drawn(0).map((values) => values.fill(0))); // prettier-ignore
    return [0, 1].map((i) => rankOf([side, side], x[i]!, 1e-5));
  };
  const bytes = (method: Method) => report(trained(method, 1).state).map(({ stateBytes, projectorBytes }) => stateBytes + projectorBytes); // prettier-ignore
  const period = steps;
  return {
    T1: {
      columns: same(trained(frugal({ ...columns, rho: 1, period: steps + 1 }), steps).x, whole.x),
      blocks: same(trained(frugal({ rate, rho: 1, period: steps + 1 }), steps).x, whole.x),
      RandK: same(trained(frugal({ rate, projector: 'rand-k', rho: 1, period: steps + 1 }), steps).x, whole.x),
      // The bias is AdamW's; the kernels are signSGD's.
      'bias at rho 0': same(trained(frugal({ ...columns, rho: 0 }), steps).x.slice(2), whole.x.slice(2)),
    },
    // Weights are float32: they round by half a unit in the last place.
    T2: { apart, bound: (rate * 1e-8) / (least + 1e-8) + largest * 2 ** -23 },
    T9: {
      GaLore: rank(galore({ rate, rho: 0.25, period })),
      BAdam: rank(badam({ rate, rho: 0.5, period, unit: 'tensor' })),
      FRUGAL: rank(frugal({ rate, projector: 'svd', rho: 0.25, period })),
    },
    bytes: {
      AdamW: bytes(adamw({ rate })),
      columns: bytes(frugal(columns)),
      blocks: bytes(frugal({ rate, rho: 0.5 })),
      'rho 0': bytes(frugal({ ...columns, rho: 0 })),
      SVD: bytes(frugal({ rate, projector: 'svd' })),
    },
  };
}
