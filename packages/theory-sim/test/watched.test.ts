import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as sim from '../src/index.js';

/** f_i(x) = ½‖x − i‖², by an oracle of the caller's. */
const by = (grad: (client: number, x: Float64Array, out: Float64Array) => unknown): sim.Problem => ({
  n: 2,
  d: 2,
  exact: true,
  grad: grad as sim.Problem['grad'],
});
const slopes = (client: number, x: Float64Array): Float64Array => x.map((v) => v - client);
const assign = (client: number, x: Float64Array, out: Float64Array): void => out.set(slopes(client, x));
const samplesBy = (gradient: (client: number, rows: Uint32Array, x: Float64Array, out: Float64Array) => unknown) =>
  ({ n: 2, d: 2, count: () => 3, gradient }) as unknown as sim.Samples;

const wrong = [
  ['returns its gradient', (client: number, x: Float64Array) => slopes(client, x), /: what it returns is an array of 2; must be written to 'out' before it returns\. fromReturning\(\) takes oracles that return arrays\.$/],
  ['returns a list', (client: number, x: Float64Array) => [...slopes(client, x)], /: what it returns is \[.*\]; must be written to 'out' before it returns\. fromReturning/],
  ['is async', async (client: number, x: Float64Array, out: Float64Array) => assign(client, x, out), /: what it returns is a promise; must be written to 'out' before it returns\. fromReturning/],
  ['adds to out', (client: number, x: Float64Array, out: Float64Array) => { for (let j = 0; j < 2; j++) out[j]! += x[j]! - client; }, /: 'out' keeps numbers that it held before the call; must be overwritten whole\. Assign, or begin with out\.fill\(0\)\.$/],
  ['does nothing', () => undefined, /: 'out' keeps numbers/],
  ['writes a part', (client: number, x: Float64Array, out: Float64Array) => { out[1] = x[1]! - client; }, /: 'out' keeps numbers/],
] as const; // prettier-ignore

const run = { x0: [3, 4], R: 3 };
const gridded = { ...run, K: 2, grid: [0.1, 0.2, 0.4], onEdge: 'report' as const };
const ways: [string, string, (problem: sim.Problem) => unknown][] = [
  ['localSgd', 'problem.grad', (p) => sim.localSgd(p, { ...run, eta: 0.1, K: 2 })],
  ['scaffold', 'problem.grad', (p) => sim.scaffold(p, { ...run, eta: 0.1, K: 2, controlsInit: 'gradient' })],
  ['minibatchSgd', 'problem.grad', (p) => sim.minibatchSgd(p, { ...run, eta: 0.1, K: 2 })],
  ['minibatchSgd without exact', 'problem.grad', ({ n, d, grad }) => sim.minibatchSgd({ n, d, grad }, { ...run, eta: 0.1, K: 2 })],
  ['clipLocalGdj', 'problem.grad', (p) => sim.clipLocalGdj(p, { ...run, alpha: 0.1, tau: 2, c0: 1, c1: 1 })],
  ['celgc', 'problem.grad', (p) => sim.celgc(p, { ...run, tau: 2, c0: 1, c1: 1 })],
  ['l0l1Gd', 'problem.grad', (p) => sim.l0l1Gd(p, { ...run, c0: 1, c1: 1 })],
  ['tune', 'problem.grad', (p) => sim.tune('localSgd', p, gridded)],
  ['compare', 'problem.grad', (p) => sim.compare(p, { ...run, K: 2, target: 1 })],
  ['estimateConstants', 'problem.grad', (p) => sim.estimateConstants(p, { ball: { centre: new Float64Array(2), radius: 1 } })],
  ['autoConstants', 'problem.grad', (p) => sim.autoConstants(p, { x0: [1, 1] })],
  ['noise', 'problem.grad', (p) => sim.localSgd(sim.noise(p, { kind: 'gaussian', sigma: 1 }), { ...run, eta: 0.1, K: 2 })],
  ['clientGrad', 'problem.clientGrad', (p) => sim.localSgd({ ...p, grad: assign, clientGrad: p.grad as never }, { ...run, eta: 0.1, K: 2, metrics: true })],
  ['fullGrad', 'problem.fullGrad', (p) => sim.minibatchSgd({ ...p, grad: assign, fullGrad: ((x: Float64Array, out: Float64Array) => p.grad(0, x, out, undefined as never)) as never }, { ...run, eta: 0.1, K: 2 })],
  ['minibatch', 'samples.gradient', (p) => sim.localSgd(sim.minibatch(samplesBy((c, _r, x, out) => p.grad(c, x, out, undefined as never)), 2), { ...run, eta: 0.1, K: 2 })],
  ['samples.clientGradient', 'samples.clientGradient', (p) => sim.clerr({ ...samplesBy((c, _r, x, out) => assign(c, x, out)), clientGradient: p.grad as never }, { ...run, eta: 0.1, c0: 1, c1: 0 })],
  ['clerr', 'samples.gradient', (p) => sim.clerr(samplesBy((c, _r, x, out) => p.grad(c, x, out, undefined as never)), { ...run, eta: 0.1, c0: 1, c1: 0, batchSize: 2 })],
  ['shuffledSgd', 'samples.gradient', (p) => sim.shuffledSgd(samplesBy((c, _r, x, out) => p.grad(c, x, out, undefined as never)), { ...run, eta: 0.1 })],
]; // prettier-ignore

describe('O3: an oracle that does not write its gradient to out is refused by name', () => {
  describe.each(ways)('%s', (_way, name, act) => {
    it.each(wrong)('%s', (_how, oracle, message) => {
      let error: unknown;
      try {
        act(by(oracle));
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message.startsWith(`${name}: `)).toBe(true);
    });

    it('takes one that does, and arrow functions that return what they wrote', () => {
      act(by(assign));
      act(by((client, x, out) => (assign(client, x, out), out)));
      act(by((client, x, out) => (assign(client, x, out), out[1])));
    });
  });

  it('looks at each client: one that answers for client 0 alone is refused, too', () => {
    const problem = by((client, x, out) => (client === 0 ? assign(client, x, out) : undefined));
    expect(() => sim.localSgd(problem, { ...run, eta: 0.1, K: 1 })).toThrow("problem.grad: 'out' keeps numbers");
  });

  it('a gradient that is NaN by itself is named as before', () => {
    const problem = by((_client, _x, out) => out.fill(NaN));
    expect(() => sim.localSgd(problem, { ...run, eta: 0.1, K: 1 })).toThrow(
      'the gradient of client 0 is NaN in round 0',
    );
  });

  it('newton: the same of derivatives', () => {
    const hessian = (_x: Float64Array, out: Float64Array) => out.set([1, 0, 0, 1]);
    const fullGradient = (x: Float64Array, out: Float64Array) => out.set(x);
    const start = [1, 2];
    expect(sim.newton({ d: 2, fullGradient, hessian }, start).x).toEqual(new Float64Array(2));
    expect(() => sim.newton({ d: 2, fullGradient: ((x: Float64Array) => x.slice()) as never, hessian }, start)).toThrow(
      'newton: f.fullGradient: what it returns is an array of 2',
    );
    expect(() => sim.newton({ d: 2, fullGradient, hessian: () => undefined }, start)).toThrow(
      "newton: f.hessian: 'out' keeps numbers",
    );
  });

  it('serverUpdate: a new point that is returned is refused', () => {
    const serverUpdate = ((x: Float64Array, g: Float64Array) => x.map((v, j) => v - 0.1 * g[j]!)) as never;
    const message =
      "serverUpdate: what it returns is an array of 2; must be written to 'x' before it returns. x.set(…) takes a new point.";
    const problem = by(assign);
    expect(() => sim.localSgd(problem, { ...run, eta: 0.1, K: 1, serverUpdate })).toThrow(new TypeError(message));
    expect(() => sim.minibatchSgd(problem, { ...run, eta: 0.1, K: 1, serverUpdate })).toThrow(new TypeError(message));
    expect(() => sim.l0l1Gd(problem, { ...run, c0: 1, c1: 1, serverUpdate })).toThrow(new TypeError(message));
    const samples = samplesBy((c, _r, x, out) => assign(c, x, out));
    expect(() => sim.clippedRrCli(samples, { ...run, alpha: 0.1, gammaServer: 0.1, cohort: 1, c0: 1, c1: 1, serverUpdate })).toThrow(new TypeError(message)); // prettier-ignore
  });

  it('looking does not change a run, nor the noise that it meets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 5 }), (seed, K) => {
        const seen: number[] = [];
        const noisy: sim.Problem = {
          n: 2,
          d: 1,
          grad(client, x, out, noise) {
            const drawn = noise.normal();
            seen.push(drawn);
            out[0] = x[0]! - client + drawn;
          },
        };
        const { x } = sim.localSgd(noisy, { x0: [3], R: 2, eta: 0.1, K, seed });
        expect(seen).toHaveLength(2 * 2 * K);
        let server = 3;
        for (let r = 0; r < 2; r++) {
          const ends = [0, 1].map((client) => {
            let y = server;
            for (let k = 0; k < K; k++) y -= 0.1 * (y - client + seen[r * 2 * K + client * K + k]!);
            return y;
          });
          server = (ends[0]! + ends[1]!) / 2;
        }
        expect(x[0]).toBeCloseTo(server, 12);
      }),
      { numRuns: 30 },
    );
  });
});
