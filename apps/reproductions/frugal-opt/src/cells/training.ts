/** One method trained on one task, and what is told of it. */
import type { CellContext, Json } from '@assay-ml/claims';
import { overlap, type Parameter, type Point, report } from '@assay-ml/frugal-opt';
import { type MethodConfig, methodOf } from '../methods.js';

/** A method, and how long it trains. */
export type Training = MethodConfig & {
  /** Peak of the rate: 10 % warm-up, then a cosine to 10 %. */
  readonly rate: number;
  readonly steps: number;
};

/** The same on mini-batches of a size. */
export type TrainConfig = Training & { readonly batch: number };

/** What is trained: a network on data of a seed. */
export interface Task {
  readonly parameters: readonly Parameter[];
  /** Of kernels: `out-in` as PyTorch's, `in-out` as TensorFlow.js's. */
  readonly layout: 'out-in' | 'in-out';
  /** Weights before the first step. */
  readonly start: Float32Array[];
  /** Of the mean loss of the next mini-batch, by every parameter. */
  gradient(x: Point['x']): Float32Array[];
  /** Mean loss of the test data. */
  loss(x: Point['x']): number;
}

/** Losses along the way. */
const POINTS = 10;

export function trained(
  task: Task,
  { rate, steps, ...chosen }: Training,
  seed: number,
  { signal, trace }: CellContext,
): Record<string, Json> {
  const { parameters, layout, start: x } = task;
  const schedule = { kind: 'cosine', peak: rate, warmUp: Math.ceil(steps / 10), total: steps } as const;
  const method = methodOf(chosen as MethodConfig, schedule, seed, layout);
  const point: Point = { x, state: method.init(parameters, x) };
  const curve: [number, number][] = [];
  const [energies, overlaps]: [number[], number[]] = [[], []];
  let last: Point['state']['tensors'][number]['basis'][] = [];
  const refreshes = () => point.state.tensors.reduce((sum, tensor) => sum + tensor.refreshes, 0);
  for (let k = 0; k < steps; k++) {
    signal.throwIfAborted();
    const before = refreshes();
    method.step(point, task.gradient(point.x), point);
    if (refreshes() > before) {
      const now = point.state.tensors.map(({ basis }) => basis.map((values) => values.slice()));
      now.forEach(([basis], i) => {
        if (!basis || method.tag.includes('gaussian')) return; // not orthonormal
        const { energy, count } = point.state.tensors[i]!;
        const before = last[i]?.[0];
        if (before?.length === basis.length) overlaps.push(overlap(before, basis, basis.length / count));
        energies.push(energy);
      });
      last = now;
    }
    if ((k + 1) % Math.ceil(steps / POINTS) === 0) {
      const loss = task.loss(point.x);
      curve.push([k + 1, loss]);
      trace?.({ step: k + 1, loss });
    }
  }
  const reports = report(point.state);
  const sum = (of: (r: (typeof reports)[number]) => number, linear: boolean) =>
    reports.reduce((total, r, i) => total + ((parameters[i]!.role === 'kernel') === linear ? of(r) : 0), 0);
  const mean = (list: readonly number[]) => (list.length === 0 ? null : list.reduce((a, b) => a + b, 0) / list.length);
  return {
    loss: task.loss(point.x),
    curve,
    stateBytes: { linear: sum((r) => r.stateBytes, true), regular: sum((r) => r.stateBytes, false) },
    projectorBytes: sum((r) => r.projectorBytes, true),
    energy: mean(energies),
    overlap: mean(overlaps),
  };
}
