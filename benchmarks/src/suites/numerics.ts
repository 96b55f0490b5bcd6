/** The kernels of numerics. */
import { availableParallelism } from 'node:os';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as numerics from '@assay-ml/numerics';
import * as check from '@assay-ml/numerics/check';
import { Matrix } from 'ml-matrix';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { onBlas } from './on-blas.js';

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

/** A block of normal numbers, the same for the same name. */
function normals(name: string, length: number): numerics.Block {
  const block = numerics.allocate(length);
  numerics.stream(3, 'benchmark', name).fillNormal(block.array);
  return block;
}

/** Vectors of 1,000, a hundred calls. */
function vectors(name: 'axpy' | 'dot', checksum: number): Benchmark {
  const length = 1000;
  const calls = 100;
  return {
    name: `${name}, 1000`,
    checksum,
    per: { count: calls, unit: 'call' },
    peers: [numpy()],
    prepare() {
      const x = normals('x', length);
      const y = normals('y', length);
      const inputs = {
        x: { shape: [length], values: x.array.slice() },
        y: { shape: [length], values: y.array.slice() },
        calls,
      };
      let sum = 0;
      if (name === 'dot') {
        const run = () => {
          for (let k = 0; k < calls; k++) sum = numerics.dot(x.array, y.array);
        };
        return { run, result: () => [sum], inputs };
      }
      // Forth and back, so that y stays what it is.
      const run = () => {
        for (let k = 0; k < calls; k++) numerics.axpy(k % 2 === 0 ? 0.5 : -0.5, x.array, y.array);
      };
      return { run, result: () => y.array, inputs };
    },
  };
}

/** `count` products of d × d matrices with vectors. */
function gemv(count: number, d: number, transpose: boolean, checksum: number): Benchmark {
  const calls = Math.ceil(100_000 / (count * d * d));
  return {
    name: `gemv${transpose ? ' with Aᵀ' : ''}, ${count} of ${d} × ${d}`,
    checksum,
    per: { count: calls, unit: 'call' },
    peers: [numpy()],
    prepare() {
      const a = normals('a', count * d * d);
      const x = normals('x', count * d);
      const y = numerics.allocate(count * d);
      const options = { transpose };
      return {
        run() {
          for (let k = 0; k < calls; k++) numerics.gemvStridedBatched(count, a.array, x.array, y.array, options);
        },
        result: () => y.array,
        inputs: {
          a: { shape: [count, d, d], values: a.array },
          x: { shape: [count, d], values: x.array },
          calls,
          transpose: Number(transpose),
        },
      };
    },
  };
}

/** The product of a packed symmetric d × d matrix with a vector; the peer has the full matrix. */
function spmv(d: number, checksum: number): Benchmark {
  return {
    name: `spmv, ${d} × ${d}`,
    checksum,
    per: { count: 1, unit: 'call' },
    peers: [{ ...numpy(1), name: 'numpy, gemv' }],
    prepare() {
      const a = normals('a', d * d).array.slice();
      for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j]!;
      const packed = numerics.allocate((d * (d + 1)) / 2);
      numerics.packSymmetric(a, d, packed.array);
      const x = normals('x', d);
      const y = numerics.allocate(d);
      return {
        run: () => void numerics.spmv(packed.array, x.array, y.array),
        result: () => y.array,
        inputs: {
          a: { shape: [1, d, d], values: a },
          x: { shape: [1, d], values: x.array.slice() },
          calls: 1,
          transpose: 0,
        },
      };
    },
  };
}

/** The product of two n × n matrices. */
function gemm(n: number, checksum: number, goal?: number): Benchmark {
  return {
    name: `gemm, ${n} × ${n}`,
    checksum,
    per: { count: 1, unit: 'call' },
    peers: [
      { ...numpy(goal), name: 'OpenBLAS, 128-bit kernels', runtime: 'python-128' },
      { ...numpy(), name: 'OpenBLAS' },
      { name: 'ml-matrix', runtime: 'here', variant: 'ml-matrix' },
    ],
    prepare(variant) {
      const a = normals('a', n * n);
      const b = normals('b', n * n);
      if (variant === 'ml-matrix') return mlMatrix(n, a.array, b.array);
      const c = numerics.allocate(n * n);
      return {
        run: () => void numerics.gemm(n, n, n, a.array, b.array, c.array),
        result: () => c.array,
        inputs: { a: { shape: [n, n], values: a.array }, b: { shape: [n, n], values: b.array } },
      };
    },
  };
}

/** A symmetric n × n matrix, 1,000 more on its diagonal; `solve` works on a copy, which is timed with it. */
function inPlace(name: string, n: number, checksum: number, solve: (a: Float64Array) => void): Benchmark {
  return {
    name: `${name}, ${n} × ${n}`,
    checksum,
    per: { count: 1, unit: 'call' },
    prepare() {
      const a = numerics.allocate(n * n);
      const x = normals('x', n * n);
      numerics.syrk(n, n, x.array, a.array);
      for (let i = 0; i < n; i++) a.array[i * (n + 1)]! += 1000;
      const out = numerics.allocate(n * n);
      return {
        run() {
          out.array.set(a.array);
          solve(out.array);
        },
        result: () => out.array,
        inputs: { a: { shape: [n, n], values: a.array } },
      };
    },
  };
}

/** Values and vectors of an n × n matrix; the values are compared. */
function decomposition(name: 'svd' | 'symmetricEigen', n: number, checksum: number): Benchmark {
  return {
    name: `${name}, ${n} × ${n}`,
    checksum,
    per: { count: 1, unit: 'call' },
    prepare() {
      const a = normals('a', n * n).array.slice();
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
      let values: Float64Array;
      return {
        run: () => void ({ values } = name === 'svd' ? numerics.svd(n, n, a) : numerics.symmetricEigen(n, a)),
        result: () => values,
        inputs: { a: { shape: [n, n], values: a } },
      };
    },
  };
}

/** The product of an n × n matrix with its transpose. */
function syrk(n: number, checksum: number): Benchmark {
  return {
    name: `syrk, ${n} × ${n}`,
    checksum,
    per: { count: 1, unit: 'call' },
    prepare() {
      const a = normals('a', n * n);
      const c = numerics.allocate(n * n);
      return {
        run: () => void numerics.syrk(n, n, a.array, c.array),
        result: () => c.array,
        inputs: { a: { shape: [n, n], values: a.array } },
      };
    },
  };
}

/** The same on two threads, beside one. */
function pool(n: number, checksum: number): Benchmark {
  return {
    name: `gemmPool, 2 threads, ${n} × ${n}`,
    checksum,
    per: { count: 1, unit: 'call' },
    peers: [{ name: 'gemm, one thread', runtime: 'here', variant: 'one thread', goal: 1 / 1.7 }],
    skip: () => (availableParallelism() < 2 ? 'there is one core; it needs 2' : null),
    async prepare(variant) {
      const a = normals('a', n * n);
      const b = normals('b', n * n);
      if (variant === 'one thread') {
        const c = numerics.allocate(n * n);
        return { run: () => void numerics.gemm(n, n, n, a.array, b.array, c.array), result: () => c.array };
      }
      const shared = () => new Float64Array(new SharedArrayBuffer(8 * n * n));
      const [left, right, product] = [shared(), shared(), shared()];
      left.set(a.array);
      right.set(b.array);
      const threads = await numerics.gemmPool(2);
      return {
        run: async () => void (await threads.gemm(n, n, n, left, right, product)),
        result: () => product,
        free: () => threads.close(),
      };
    },
  };
}

function mlMatrix(n: number, a: Float64Array, b: Float64Array): Work {
  const left = Matrix.from1DArray(n, n, a);
  const right = Matrix.from1DArray(n, n, b);
  let product = left;
  return { run: () => void (product = left.mmul(right)), result: () => product.to1DArray() };
}

/** Names of options, looked at as each call of a function does, beside the smallest product that is worth a call. */
function checkedNames(checksum: number): Benchmark {
  const calls = 1000;
  const side = 8;
  return {
    name: 'names of options, checked',
    checksum,
    per: { count: calls, unit: 'check' },
    peers: [{ name: 'gemm, 8³', runtime: 'here', variant: 'gemm', otherResult: true, goal: 0.02 }],
    prepare(variant) {
      const key = numerics.stream(7, 'benchmark');
      const [a, b, c] = [0, 1, 2].map((k) => key.at(k).fillNormal(new Float64Array(side * side))) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
      const options = { transposeB: true };
      const known = { transposeA: 0, transposeB: 0, alpha: 0, beta: 0, lda: 0, ldb: 0, ldc: 0 };
      return {
        run() {
          if (variant === 'gemm') for (let k = 0; k < calls; k++) numerics.gemm(side, side, side, a, b, c, options);
          else for (let k = 0; k < calls; k++) check.requireOptions('gemm', options, known);
        },
        result: () => a,
      };
    },
  };
}

export const numericsSuite: readonly Benchmark[] = [
  fill('uniforms', 'fillUniform', 2, 0.6244215246273408),
  fill('normals', 'fillNormal', 1.5, 1.1202069148928107),
  elementary('sin', -34.872392611355075),
  elementary('exp', 3207.7212317037406),
  vectors('dot', -1.9708269314816143),
  vectors('axpy', -31.318437416825915),
  gemv(10, 20, true, -3.127808101360751),
  gemv(1, 1000, false, 6.009369410688617),
  spmv(1000, -76.56737952180039),
  gemm(64, 1045.1120080027351),
  gemm(128, 2066.8276524764015),
  gemm(256, -6534.504166074977),
  gemm(512, 15325.442325351836, 1 / 0.95),
  checkedNames(-6.184488791364608),
  pool(512, 15325.442325351836),
  onBlas(spmv(1000, -76.56737952180039), { peers: [{ ...numpy(1), name: 'numpy, gemv' }] }),
  onBlas(gemm(32, 78.22542526370472), { goal: 0.25, peers: [numpy()] }),
  onBlas(gemm(64, 1045.1120080027351), { goal: 0.25, peers: [numpy()] }),
  onBlas(gemm(256, -6534.504166074977), { goal: 0.33, peers: [numpy()] }),
  onBlas(gemm(1000, -22163.84012406599), { goal: 0.33, peers: [numpy()] }),
  onBlas(gemm(32, 78.22542526370472), { goal: 0.55, peers: [], bits: 256 }),
  onBlas(gemm(256, -6534.504166074977), { goal: 0.55, peers: [], bits: 256 }),
  onBlas(syrk(1000, 1070449.6804187803), { goal: 0.32, peers: [numpy()] }),
  onBlas(
    inPlace('cholesky', 1000, 41748.43343231385, (a) => numerics.cholesky(1000, a)),
    { goal: 0.45, peers: [numpy()] },
  ),
  onBlas(decomposition('symmetricEigen', 64, 8.920915253450858), {
    goal: 0.12,
    without: 'ml-matrix',
    peers: [numpy()],
  }),
  onBlas(decomposition('symmetricEigen', 512, 11.652640855551674), {
    goal: 0.03,
    without: 'ml-matrix',
    peers: [numpy()],
  }),
  onBlas(decomposition('svd', 64, 426.05380137773864), { goal: 0.08, without: 'ml-matrix', peers: [numpy()] }),
  onBlas(decomposition('svd', 512, 9809.773439024686), { goal: 0.03, without: 'ml-matrix', peers: [numpy()] }),
  onBlas(
    inPlace('invert', 1000, 0.6345289661899021, (a) => numerics.invert(1000, a)),
    { goal: 0.32, peers: [numpy()] },
  ),
];
