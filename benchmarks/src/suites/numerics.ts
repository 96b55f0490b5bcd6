/** The kernels of numerics. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as numerics from '@assay-ml/numerics';
import type { Benchmark, Peer } from '../benchmark.js';

const numpy = (goal?: number): Peer => ({
  name: 'numpy',
  runtime: 'python',
  variant: 'numpy',
  ...(goal === undefined ? {} : { goal }),
});

/** A hundred thousand numbers from a keyed stream; the peer has another generator, so only moments agree. */
function fill(name: string, method: 'fillUniform' | 'fillNormal', goal: number, checksum: number): Benchmark {
  const length = 100_000;
  return {
    name,
    checksum,
    tolerance: 0.05,
    per: { count: length, unit: 'number' },
    peers: [{ ...numpy(goal), name: 'numpy, Philox' }],
    prepare() {
      const key = numerics.stream(1, 'benchmark');
      const out = new Float64Array(length);
      return {
        run: () => void key.at(0)[method](out),
        result: () => {
          let mean = 0;
          let square = 0;
          for (const x of out) {
            mean += x / length;
            square += (x * x) / length;
          }
          return [mean, square];
        },
        inputs: { length },
      };
    },
  };
}

/** An elementary function of 2,000 numbers, in the cache. */
function elementary(name: 'sin' | 'exp', checksum: number): Benchmark {
  const length = 2000;
  return {
    name,
    checksum,
    per: { count: length, unit: 'number' },
    peers: [numpy()],
    prepare() {
      const x = numerics.allocate(length);
      const out = numerics.allocate(length);
      numerics.stream(2, 'benchmark').fillNormal(x.array);
      return {
        run: () => void numerics[name](x.array, out.array),
        result: () => out.array,
        inputs: { x: { shape: [length], values: x.array.slice() } },
      };
    },
  };
}

export const numericsSuite: readonly Benchmark[] = [
  fill('uniforms', 'fillUniform', 2, 0.6244215246273408),
  fill('normals', 'fillNormal', 1.5, 1.1202069148928107),
  elementary('sin', -34.872392611355075),
  elementary('exp', 3207.7212317037406),
];
