/** Through the build, where the worker is a file that can be started. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type * as Numerics from '../src/index.js';
import { gemm, type GemmOptions, type GemmPool, stream } from '../src/index.js';
import { expectSame } from './places.js';

const built = new URL('../dist/index.js', import.meta.url).href;

let gemmPool: (threads: number) => Promise<GemmPool>;
let pools: GemmPool[];
beforeAll(async () => {
  // Nothing to do when the build is current, as it is under Nx.
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  const project = fileURLToPath(new URL('../tsconfig.lib.json', import.meta.url));
  execFileSync(process.execPath, [tsc, '-b', project], { stdio: 'inherit' });
  ({ gemmPool } = (await import(built)) as typeof Numerics);
  pools = await Promise.all([1, 2, 3].map(gemmPool));
});
afterAll(() => Promise.all(pools.map((pool) => pool.close())));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const shared = (values: Float64Array | number) => {
  const length = typeof values === 'number' ? values : values.length;
  const array = new Float64Array(new SharedArrayBuffer(8 * length));
  if (typeof values !== 'number') array.set(values);
  return array;
};
const normals = (name: string, length: number) => stream(1, name).fillNormal(new Float64Array(length));

/** Computes with every pool and compares with `gemm`: all of C, what lies between its rows too. */
async function expectBitsOfGemm(m: number, n: number, k: number, options: GemmOptions, gap: number) {
  const stored = (rows: number, columns: number) => (rows * columns === 0 ? 0 : rows * (columns + gap));
  const [aRows, aColumns] = options.transposeA ? [k, m] : [m, k];
  const [bRows, bColumns] = options.transposeB ? [n, k] : [k, n];
  const a = normals('a', stored(aRows, aColumns));
  const b = normals('b', stored(bRows, bColumns));
  const c = normals('c', stored(m, n));
  const all = gap === 0 ? options : { ...options, lda: aColumns + gap, ldb: bColumns + gap, ldc: n + gap };
  const expected = gemm(m, n, k, a, b, c.slice(), all);
  for (const pool of pools) {
    const out = shared(c);
    expect(await pool.gemm(m, n, k, shared(a), shared(b), out, all)).toBe(out);
    expectSame(out, expected);
  }
}

test('a pool gives the bits of gemm: sizes, transposes, factors, leading dimensions, 1 to 3 threads', async () => {
  const size = fc.integer({ min: 0, max: 40 });
  const factor = fc.constantFrom(0, 1, -1, 0.3);
  const gap = fc.constantFrom(0, 0, 1, 7);
  await fc.assert(
    fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), factor, factor, gap, async (m, n, k, ...rest) => {
      const [transposeA, transposeB, alpha, beta, gap] = rest;
      await expectBitsOfGemm(m, n, k, { transposeA, transposeB, alpha, beta }, gap);
    }),
    { numRuns: 200 },
  );
});

test.each([
  [1, 1, 1000],
  [3, 1100, 20],
  [1100, 3, 20],
  [130, 530, 300],
  [530, 130, 300],
  [245, 245, 258],
])('a pool gives the bits of gemm across blocks: %d × %d, %d terms', async (m, n, k) => {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      await expectBitsOfGemm(m, n, k, { transposeA, transposeB, alpha: 1.5, beta: -0.5 }, 0);
    }
  }
});

test('options may be left out, and C is then overwritten, NaN included', async () => {
  for (const pool of pools) {
    const ones = shared(new Float64Array(900).fill(1));
    const c = shared(new Float64Array(900).fill(NaN));
    expect(await pool.gemm(30, 30, 30, ones, ones, c)).toEqual(shared(new Float64Array(900).fill(30)));
  }
});

test('operands may be parts of one shared buffer', async () => {
  const values = normals('whole', 3 * 400);
  const expected = gemm(20, 20, 20, values.subarray(0, 400), values.subarray(400, 800), new Float64Array(400));
  for (const pool of pools) {
    const whole = shared(values);
    const [a, b, c] = [whole.subarray(0, 400), whole.subarray(400, 800), whole.subarray(800)];
    await pool.gemm(20, 20, 20, a, b, c);
    expectSame(whole.slice(800), expected);
    expectSame(whole.slice(0, 800), values.slice(0, 800));
  }
});

test('products run in the order in which they were asked for, and close waits for them', async () => {
  const n = 150;
  const [a, b] = [normals('a', n * n), normals('b', n * n)];
  const empty = () => new Float64Array(n * n);
  const second = gemm(n, n, n, gemm(n, n, n, a, b, empty()), b, empty());
  const third = gemm(n, n, n, second, b, empty());
  for (const threads of [1, 2, 3]) {
    const pool = await gemmPool(threads);
    expect(pool.threads).toBe(threads);
    const [x, y, sharedB] = [shared(n * n), shared(n * n), shared(b)];
    void pool.gemm(n, n, n, shared(a), sharedB, x);
    void pool.gemm(n, n, n, x, sharedB, y);
    void pool.gemm(n, n, n, y, sharedB, x);
    await pool.close();
    expectSame(y, second);
    expectSame(x, third);
  }
});

test('close may be called again; after it products are refused', async () => {
  const pool = await gemmPool(2);
  await Promise.all([pool.close(), pool.close()]);
  await pool.close();
  const message = 'gemm: the pool is closed; must be open. Make another by gemmPool.';
  await expect(pool.gemm(1, 1, 1, shared(1), shared(1), shared(1))).rejects.toThrow(new Error(message));
});

test('a process ends once its pool is closed', async () => {
  const script = `
    import { gemmPool } from '${built}';
    const filled = (value) => new Float64Array(new SharedArrayBuffer(512)).fill(value);
    const pool = await gemmPool(3);
    console.log((await pool.gemm(8, 8, 8, filled(2), filled(3), filled(0)))[63]);
    await pool.close();`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 });
  expect((await run).stdout).toBe('48\n');
});

test('what does not fit is refused by name', async () => {
  for (const threads of [0, 1.5, NaN, -1]) {
    const message = `gemmPool: 'threads' is ${threads}; must be an integer from 1 on. Count the calling thread.`;
    await expect(gemmPool(threads)).rejects.toThrow(new RangeError(message));
  }
  const x = shared(30);
  const four = x.subarray(0, 4);
  for (const pool of pools) {
    const refused = (call: Promise<unknown>, error: Error) => expect(call).rejects.toThrow(error);
    await refused(
      pool.gemm(-1, 2, 2, four, four, four),
      new RangeError("gemm: 'm' is -1; must be an integer from 0 on. C is m × n, its sums have k terms."),
    );
    await refused(
      pool.gemm(2, 2, 2, four, x, shared(4)),
      new RangeError(
        "gemm: 'b' is of length 30; must be 2 × 2 = 4. Say transposeB if it is stored transposed, or ldb if its rows lie apart.",
      ),
    );
    await refused(
      pool.gemm(2, 2, 2, four, four, x.subarray(3, 7)),
      new RangeError("gemm: 'c' overlaps 'a'; must not share memory with it. Use another array."),
    );
    await refused(
      pool.gemm(2, 2, 2, four, x.subarray(4, 8), x.subarray(6, 10)),
      new RangeError("gemm: 'c' overlaps 'b'; must not share memory with it. Use another array."),
    );
    const own = new Float64Array(4) as Float64Array<ArrayBufferLike> as Float64Array<SharedArrayBuffer>;
    for (const [at, option] of ['a', 'b', 'c'].entries()) {
      const operands = [four, x.subarray(4, 8), x.subarray(8, 12)] as [typeof x, typeof x, typeof x];
      operands[at] = own;
      await refused(
        pool.gemm(2, 2, 2, ...operands),
        new TypeError(
          `gemm: '${option}' is not on shared memory; the workers of a pool must see it. Make it by new Float64Array(new SharedArrayBuffer(8 * length)).`,
        ),
      );
    }
  }
});

test('without SharedArrayBuffer the error says how to get it', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const message =
    'gemmPool: there is no SharedArrayBuffer; threads need one. Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or use gemm.';
  await expect(gemmPool(2)).rejects.toThrow(new Error(message));
});

/** A pool whose workers run another code. */
function poolOf(code: string): Promise<GemmPool> {
  class Other extends Worker {
    constructor() {
      super(code, { eval: true });
    }
  }
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ Worker: Other });
  return gemmPool(3);
}

const failed = (reason: string) =>
  new Error(`gemmPool: a worker failed: ${reason}. Close the pool and make another.`, { cause: new Error(reason) });

test('a worker that does not start is an error of gemmPool', async () => {
  await expect(poolOf("throw new Error('no start')")).rejects.toThrow(failed('no start'));
});

test.each([
  ["throws new Error('no share')", 'no share', "throw new Error('no share')"],
  ['ends', 'it has ended', 'process.exit()'],
])('a worker that %s is an error of its product and of all later ones', async (_, reason, code) => {
  const pool = await poolOf(`
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', () => { ${code}; });
    parentPort.postMessage(null);`);
  const operands = () => [shared(400), shared(400), shared(400)] as const;
  const [first, second] = [pool.gemm(20, 20, 20, ...operands()), pool.gemm(20, 20, 20, ...operands())];
  await expect(first).rejects.toThrow(failed(reason));
  await expect(second).rejects.toThrow(failed(reason));
  await expect(pool.gemm(20, 20, 20, ...operands())).rejects.toThrow(failed(reason));
  await pool.close();
});
