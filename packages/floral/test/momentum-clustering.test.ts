import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { type ClientData, type ClientState, fedAvg, type Federation, localOnly, type Method, mlp, momentumClustering, thresholdClusters, train, type TrainOptions } from '../src/index.js'; // prettier-ignore
import { clusteredStates } from '../src/methods/momentum-clustering.js';
import { apart } from './reference.js';

/** Six clients of two groups with opposite linear maps, and noise in what they are trained on. */
function federation(): Federation {
  const [D, truth] = [4, [0, 1, 0, 1, 0, 1]];
  const part = (kind: string, N: number, noise: number) =>
    truth.map((group, k): ClientData => {
      const draw = stream(2, kind).at(k);
      const x = draw.fillNormal(new Float64Array(N * D));
      const e = draw.fillNormal(new Float64Array(N));
      const y = Float64Array.from(e, (one, i) => noise * one + (group === 0 ? 1 : -1) * (x[i * D]! + x[i * D + 1]!));
      return { x, y };
    });
  return { clients: part('train', 8, 1), tests: part('test', 50, 0), truth };
}
const problem = { model: mlp([4, 1], { clusters: 0 }), loss: 'squared' } as const;
const run = (method: Method, options: Partial<TrainOptions> = {}, resumed?: ReturnType<typeof train>) =>
  train(problem, federation(), { rounds: 100, training: { rate: 0.1, batch: 8 }, seed: 1, method, ...options, ...(resumed ? { store: resumed.store } : {}) }, resumed?.run); // prettier-ignore

describe('threshold clustering', () => {
  const points = [0, 0.1, 0.2, 10, 10.1, 10.2].map((x) => Float64Array.of(x, -x));
  it('finds groups that are apart, and their means but for what ten damped steps leave', () => {
    const { centres, nearest } = thresholdClusters(points, 2);
    expect(nearest).toEqual([0, 0, 0, 1, 1, 1]);
    // From the outermost point, half of the way to the mean a step.
    expect(centres[0]![0]).toBeCloseTo(0.1 * (1 - 2 ** -10), 10);
    expect(centres[1]![1]).toBeCloseTo(-(10.1 + 0.1 * 2 ** -10), 10);
  });
  it('has no more groups than points, and one group of all', () => {
    expect(thresholdClusters(points.slice(1, 2), 3).centres).toEqual([points[1]]);
    expect(thresholdClusters(points, 1).nearest).toEqual([0, 0, 0, 0, 0, 0]);
    expect(thresholdClusters(points, 1).centres[0]![0]).toBeCloseTo(5.1, 10);
  });
});

describe('momentum clustering', () => {
  it('moves a client by the centre of its group, and keeps the momentum of its own steps', () => {
    const state = (base: number[], first: number[]) => ({ base: Float64Array.from(base), moments: { first: Float64Array.from(first), second: new Float64Array(0), step: 0 } }) as unknown as ClientState; // prettier-ignore
    const before = [state([1, 1], []), state([2, 2], [4, 0])];
    const after = [state([0, 1], []), state([2, 4], [4, 0])];
    const next = clusteredStates({ clusters: 2, momentum: 0.75 }, before, after);
    // Of the first round what it moved; then ¾ of the old and ¼ of (0, −2).
    expect(next.map(({ moments }) => [...moments.first])).toEqual([[1, 0], [3, -0.5]]); // prettier-ignore
    expect(next.map(({ base }) => [...base])).toEqual([[0, 1], [-1, 2.5]]); // prettier-ignore
  });
  it('pools what clients of a group know: below each for itself, far below one model for all', () => {
    const of = (method: Method) => run(method).run.reports[0]!.loss.mean;
    const clustered = of(momentumClustering(2));
    expect(clustered).toBeLessThan(0.8 * of(localOnly()));
    expect(clustered).toBeLessThan(0.5 * of(fedAvg()));
  });
  it('goes on with the same bits after a stop, and charges momenta and centres', () => {
    const whole = run(momentumClustering(2), { rounds: 6 });
    const half = run(momentumClustering(2), { rounds: 3 });
    const resumed = run(momentumClustering(2), { rounds: 6 }, half);
    expect(resumed.run.reports.at(-1)).toEqual(whole.run.reports.at(-1));
    expect(apart(resumed.store.get(4)!.base, whole.store.get(4)!.base)).toBe(0);
    expect(whole.run.traffic).toEqual(run(fedAvg(), { rounds: 6 }).run.traffic);
  });
  it('refuses what no hook covers, and numbers that are none', () => {
    expect(() => run(momentumClustering(2), { privatise: { clip: 1 } })).toThrow("train: 'Momentum clustering' is given with 'privatise' or 'keepMoments'; must be without."); // prettier-ignore
    expect(() => momentumClustering(0)).toThrow(
      "momentumClustering: 'clusters' is 0; must be an integer of at least 1.",
    );
    expect(() => momentumClustering(2, 1)).toThrow("momentumClustering: 'momentum' is 1; must be");
    expect(() => run(momentumClustering(2), { training: { rate: 1e200, epochs: 5 } })).toThrow('train: the update of client 0 in round 0 is not finite'); // prettier-ignore
  });
});
