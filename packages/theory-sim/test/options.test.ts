import { describe, expect, it } from 'vitest';
import * as sim from '../src/index.js';

const problem = sim.quadratic({ n: 2, d: 1, zeta: 1 });
const samples = sim.quartic({ d: 1, points: [[0], [1]] });
const run = { R: 1, x0: [1] };
const clip = { c0: 1, c1: 1 };
const constants = { ...problem.constants, Delta: 1 };
const smoothness = { L0: 1, L1: 1 };

/** Calls that go through, by function: what takes options takes them as `options`. */
const calls: Record<string, [options: object, call: (options: never) => unknown]> = {
  minibatchSgd: [{ ...run, eta: 0.1, K: 1 }, (o) => sim.minibatchSgd(problem, o)],
  localSgd: [{ ...run, eta: 0.1, K: 1 }, (o) => sim.localSgd(problem, o)],
  scaffold: [{ ...run, eta: 0.1, K: 1 }, (o) => sim.scaffold(problem, o)],
  clipLocalGdj: [{ ...run, ...clip, alpha: 0.1, tau: 1 }, (o) => sim.clipLocalGdj(problem, o)],
  'clipLocalGdj, drift': [smoothness, (drift) => sim.clipLocalGdj(problem, { ...run, ...clip, alpha: 0.1, tau: 1, drift })],
  'localSgd, divergence': [{ factor: 10 }, (divergence) => sim.localSgd(problem, { ...run, eta: 0.1, K: 1, divergence })],
  clerr: [{ ...run, ...clip, eta: 0.1 }, (o) => sim.clerr(samples, o)],
  nastya: [{ ...run, etaOuter: 0.1, eta: 0.1 }, (o) => sim.nastya(samples, o)],
  clippedRrCli: [{ ...run, ...clip, alpha: 0, gammaServer: 0, cohort: 1 }, (o) => sim.clippedRrCli(samples, o)],
  shuffledSgd: [{ ...run, eta: 0.1 }, (o) => sim.shuffledSgd(samples, o)],
  celgc: [{ ...run, ...clip, tau: 1 }, (o) => sim.celgc(problem, o)],
  ceFedAvg: [{ ...run, tau: 1, eta: 0.1, etaServer: 1, clip: 1 }, (o) => sim.ceFedAvg(problem, o)],
  l0l1Gd: [{ ...run, ...clip }, (o) => sim.l0l1Gd(problem, o)],
  clippedUpdate: [clip, (o) => sim.clippedUpdate(o)],
  bounded: [{ n: 2, d: 1 }, (o) => sim.bounded(o)],
  concave1d: [{ b: [1, -1], rho: 1 }, (o) => sim.concave1d(o)],
  homogeneousHessian: [{ n: 2, d: 1 }, (o) => sim.homogeneousHessian(o)],
  lowRank: [{ n: 2, d: 2 }, (o) => sim.lowRank(o)],
  quadratic: [{ n: 2, d: 1 }, (o) => sim.quadratic(o)],
  cosh: [{ d: 1, w: [1] }, (o) => sim.cosh(o)],
  logistic: [{ d: 1, features: [[1]], labels: [[1]] }, (o) => sim.logistic(o)],
  quartic: [{ d: 1, points: [[1]] }, (o) => sim.quartic(o)],
  noise: [{ kind: 'gaussian', sigma: 1 }, (o) => sim.noise(problem, o)],
  fromExpressions: [{ variables: ['x'], clients: ['x'] }, (o) => sim.fromExpressions(o)],
  tune: [{ ...run, K: 1, onEdge: 'report' }, (o) => sim.tune('localSgd', problem, o)],
  gridSearch: [{ onEdge: 'report' }, (o) => sim.gridSearch({ a: [1, 2] }, ({ a }) => a, o)],
  compare: [{ ...run, K: 1, target: 1 }, (o) => sim.compare(problem, o)],
  estimateConstants: [{ ball: { centre: new Float64Array(1), radius: 1 } }, (o) => sim.estimateConstants(problem, o)],
  'estimateConstants, ball': [{ centre: new Float64Array(1), radius: 1 }, (ball) => sim.estimateConstants(problem, { ball })],
  autoConstants: [{ x0: [3] }, (o) => sim.autoConstants(sim.minibatch(samples, 1), o)],
  advise: [{ K: 1, R: 1, n: 1 }, (o) => sim.advise(constants, o)],
  driftBound: [{ eta: 0.1, K: 1 }, (o) => sim.driftBound('averaged', { ...constants, zetaBar: 1 }, o)],
  averagedGradientBound: [{ eta: 0.1, K: 1, R: 1, n: 1 }, (o) => sim.averagedGradientBound('averaged', constants, o)],
  pathGradientBound: [{ alpha: 0.01, H: 1 }, (o) => sim.pathGradientBound(smoothness, [1], o)],
  biasFloor: [{ alpha: 0.1, tau: 1 }, (o) => sim.biasFloor(samples, o)],
}; // prettier-ignore

/** What takes numbers, a problem, or constants, all of which must be there. */
const without = ['clipConstants', 'newton', 'minibatch', 'fromReturning', 'defaultGrid', 'smoothnessEstimator', 'biasBound', 'contractionBound', 'differenceBound', 'stepsizeCap', 'bestIterateBound', 'descentRemainder', 'farDecrease', 'gradientChangeBound', 'gradientNormBound', 'localDriftBound', 'localStepCap', 'majorant', 'plFactor', 'serverStepBound', 'serverStepCap', 'theoreticalStepsize', 'rateBound']; // prettier-ignore

describe('P1: an option that is not known is refused by name, also when it comes by spread', () => {
  it.each(Object.entries(calls))('%s', async (name, [options, call]) => {
    await call(options as never);
    const where = name.split(',')[0]!;
    const misspelt = { ...options, ...{ sede: 1 } };
    const error = await Promise.resolve()
      .then(() => call(misspelt as never))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(
      new RegExp(`^${where}: 'sede' is no option; must be one of .+\\. Did you mean '.+'\\?$`),
    );
  });

  it('every public function is here', () => {
    const functions = Object.entries(sim).filter(([, value]) => typeof value === 'function');
    const walked = [...new Set(Object.keys(calls).map((name) => name.split(',')[0]!)), ...without];
    expect(walked.sort()).toEqual(functions.map(([name]) => name).sort());
  });

  it('names the near one', () => {
    expect(() => sim.quadratic({ n: 2, d: 1, ...{ detla: 0.1 } })).toThrow("quadratic: 'detla' is no option; must be one of n, d, L, lMin, delta, zeta, rho, seed. Did you mean 'delta'?"); // prettier-ignore
    expect(() => sim.tune('minibatchSgd', problem, { ...run, K: 1, ...{ etaOuter: 1 } })).toThrow("tune: 'etaOuter' is no option"); // prettier-ignore
  });
});
