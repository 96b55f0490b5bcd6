/**
 * One method trained on one language: the specification's network on 64 tokens. All methods of a seed see the same language,
 * weights and mini-batches.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { markovText } from '@assay-ml/datasets';
import { overlap, type Point, report } from '@assay-ml/frugal-opt';
import { stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import { type MethodConfig, methodOf } from '../methods.js';
import { CONTEXT, gradientOf, lossOf, PARAMETERS, startOf, VOCABULARY, WIDTH } from './mlp.js';

export type TrainConfig = MethodConfig & {
  /** Peak of the rate: 10 % warm-up, then a cosine to 10 %. */
  readonly rate: number;
  readonly steps: number;
  readonly batch: number;
};

const TEST = 4096;
/** Losses along the way. */
const POINTS = 10;

export async function run(
  config: TrainConfig,
  seed: number,
  { signal, backend, trace }: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(backend.name as BackendName);
  const { rate, steps, batch, ...chosen } = config;
  const schedule = { kind: 'cosine', peak: rate, warmUp: Math.ceil(steps / 10), total: steps } as const;
  const method = methodOf(chosen as MethodConfig, schedule, seed);
  const tokens = markovText({ seed, length: steps * batch + TEST + CONTEXT, vocabulary: VOCABULARY });
  // The last windows are the test's: nothing is trained on them.
  const trained = steps * batch;
  const test = Array.from({ length: TEST - CONTEXT }, (_, k) => trained + CONTEXT + k);
  const draw = stream(seed, 'batches');
  const x = startOf(seed);
  const point: Point = { x, state: method.init(PARAMETERS, x) };
  const curve: [number, number][] = [];
  const [energies, overlaps]: [number[], number[]] = [[], []];
  let last: Point['state']['tensors'][number]['basis'][] = [];
  const refreshes = () => point.state.tensors.reduce((sum, tensor) => sum + tensor.refreshes, 0);
  for (let k = 0; k < steps; k++) {
    signal.throwIfAborted();
    const places = Uint32Array.from({ length: batch }, () => draw.integer(trained));
    const before = refreshes();
    method.step(point, gradientOf(point.x, tokens, places), point);
    if (refreshes() > before) {
      const now = point.state.tensors.map(({ basis }) => basis.map((values) => values.slice()));
      now.forEach((basis, i) => {
        if (method.tag.includes('gaussian')) return; // not orthonormal
        if (basis[0] && last[i]?.[0]?.length === basis[0].length) overlaps.push(overlap(last[i]![0]!, basis[0], WIDTH));
        if (basis[0]) energies.push(point.state.tensors[i]!.energy);
      });
      last = now;
    }
    if ((k + 1) % Math.ceil(steps / POINTS) === 0) {
      const loss = lossOf(point.x, tokens, test);
      curve.push([k + 1, loss]);
      trace?.({ step: k + 1, loss });
    }
  }
  const reports = report(point.state);
  const sum = (of: (r: (typeof reports)[number]) => number, linear: boolean) =>
    reports.reduce((total, r, i) => total + ((PARAMETERS[i]!.role === 'kernel') === linear ? of(r) : 0), 0);
  const mean = (list: readonly number[]) => (list.length === 0 ? null : list.reduce((a, b) => a + b, 0) / list.length);
  return {
    loss: lossOf(point.x, tokens, test),
    curve,
    stateBytes: { linear: sum((r) => r.stateBytes, true), regular: sum((r) => r.stateBytes, false) },
    projectorBytes: sum((r) => r.projectorBytes, true),
    energy: mean(energies),
    overlap: mean(overlaps),
  };
}
