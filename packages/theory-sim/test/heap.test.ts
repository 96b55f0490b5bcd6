import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bytesInUse, median } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { localSgd, minibatchSgd, noise, quadratic, scaffold, type Problem } from '../src/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const options = { eta: 0.05, K: 2, R: 27_000, x0: new Float64Array(6).fill(1) };
const exact = quadratic({ n: 4, d: 6, delta: 0.3, zeta: 1, rho: 0.1 });
const noisy = noise(exact, { kind: 'gaussian', sigma: 0.1 });

const runs: [string, (watch: { onProgress(done: number): void }) => unknown][] = [
  ['minibatch SGD', (watch) => minibatchSgd(exact, { ...options, ...watch })],
  ['minibatch SGD with noise', (watch) => minibatchSgd(noisy, { ...options, ...watch })],
  ['LocalSGD', (watch) => localSgd(exact, { ...options, ...watch })],
  ['LocalSGD with noise', (watch) => localSgd(noisy, { ...options, ...watch })],
  ['SCAFFOLD', (watch) => scaffold(exact, { ...options, ...watch })],
  [
    'SCAFFOLD with noise and one vector',
    (watch) => scaffold(noisy, { ...options, ...watch, communication: 'single-vector' }),
  ],
  [
    'SCAFFOLD with cohorts and option I',
    (watch) => scaffold(exact, { ...options, ...watch, option: 'I', participation: { cohort: 2 } }),
  ],
];

describe('a round leaves nothing behind', () => {
  it.each(runs)('%s: at most 1 kB of heap in 1,000 rounds', (_name, run) => {
    const heap = new Float64Array(8);
    run({
      onProgress(done) {
        if (done < 20_000 || done % 1000 !== 0) return;
        collect();
        heap[done / 1000 - 20] = process.memoryUsage().heapUsed;
      },
    });
    expect(median(heap.slice(1).map((size, k) => size - heap[k]!))).toBeLessThanOrEqual(1024);
  });

  it('a run gives back the kernel memory it took, also when it fails', () => {
    const before = bytesInUse();
    for (const [, run] of runs) {
      const stop = () => {
        throw new Error('enough');
      };
      expect(() => run({ onProgress: stop })).toThrow('enough');
    }
    expect(bytesInUse()).toBe(before);
  });

  it('an instance gives its memory back when it is freed', () => {
    const before = bytesInUse();
    const family = quadratic({ n: 3, d: 5, delta: 1, zeta: 1 });
    expect(bytesInUse()).toBeGreaterThan(before);
    family.free();
    expect(bytesInUse()).toBe(before);
  });
});

describe('cost', () => {
  /** Shortest of many interleaved runs: what else the machine does only adds. */
  const costs = (problems: readonly [Problem, Problem], sizes: readonly [object, object]): number => {
    const shortest = [Infinity, Infinity];
    for (let repetition = 0; repetition < 25; repetition++) {
      for (const k of [0, 1] as const) {
        const start = performance.now();
        scaffold(problems[k], { ...options, K: 20, R: 50, ...sizes[k] });
        shortest[k] = Math.min(shortest[k]!, performance.now() - start);
      }
    }
    return shortest[1]! / shortest[0]!;
  };
  const of = (n: number) => quadratic({ n, d: 6, delta: 0.3, zeta: 1 });
  const small = of(10);

  // Four times the size: four times the cost, or less with a part that does not grow; a quadratic cost would be sixteen.
  it.each([
    ['n', costs.bind(null, [small, of(40)], [{}, {}])],
    ['K', costs.bind(null, [small, small], [{}, { K: 80 }])],
    ['R', costs.bind(null, [small, small], [{}, { R: 200 }])],
  ])('grows linearly in %s', (_name, ratio) => {
    expect(ratio()).toBeLessThan(6);
  });
});
