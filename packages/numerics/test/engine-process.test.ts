/** What needs a process or a thread of its own, of the built package. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { here, none } from './engine-places.js';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const built = existsSync(join(dist, 'engine.js'));
const folder = mkdtempSync(join(tmpdir(), 'numerics-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script with the package's names in scope and returns what it prints, parsed. */
async function run(script: string, env: Record<string, string> = {}, at = dist): Promise<unknown> {
  const source = `
    import { readFileSync } from 'node:fs';
    import { sgemm, useEngine } from '${pathToFileURL(join(at, 'engine.js')).href}';
    import { gemm } from '${pathToFileURL(join(at, 'gemm.js')).href}';
    import { stream } from '${pathToFileURL(join(at, 'random.js')).href}';
    import { svd } from '${pathToFileURL(join(at, 'svd.js')).href}';
    const normals = (name, length) => stream(3, name).fillNormal(new Float64Array(length));
    const square = (n) => gemm(n, n, n, normals('a', n * n), normals('b', n * n), new Float64Array(n * n));
    ${script}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ASSAY_BLAS: '', ...env },
    timeout: 60_000,
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout);
}

test.skipIf(!built)(
  'without koffi all works but a library, and it says how to get one (skipped before a build)',
  async () => {
    cpSync(dist, join(folder, 'dist'), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    const matrix = dirname(createRequire(import.meta.url).resolve('ml-matrix'));
    symlinkSync(matrix, join(folder, 'node_modules', 'ml-matrix'));
    const script = `
    const report = useEngine('auto');
    let message;
    try { useEngine('blas'); } catch (error) { message = error.message; }
    console.log(JSON.stringify({ report, message, c: gemm(1, 1, 2, Float64Array.of(2, 3), Float64Array.of(5, 7), new Float64Array(1))[0] }));`;
    const fault = 'the package koffi is not installed: npm install koffi';
    expect(await run(script, {}, join(folder, 'dist'))).toEqual({
      report: { name: 'wasm', why: `no library is there: ${fault}`, tried: [], threads: 1 },
      message: `useEngine: 'blas' is not there (${fault}). Set it up with \`npx @assay-ml/tensors native --blas\`, name a library in ASSAY_BLAS, or take 'auto'.`,
      c: 31,
    });
  },
);

if (here.length === 0) test.skip(none, () => undefined);

const file = here.find(({ path }) => existsSync(path))?.path;
test.skipIf(!built || file === undefined || process.platform !== 'linux')(
  'a library that was cut short is refused and ends no process (skipped before a build, or without a library in the cache)',
  async () => {
    const path = join(folder, 'short.so');
    writeFileSync(path, readFileSync(file!).subarray(0, 9_000_000));
    const script = `
      const { name, tried } = useEngine('auto', { path: ${JSON.stringify(path)} });
      console.log(JSON.stringify({ name, tried }));`;
    expect(await run(script)).toEqual({
      name: 'wasm',
      tried: [
        {
          path,
          ok: false,
          reason: expect.stringMatching(/^the file was cut short: it has 9000000 bytes and needs \d+$/),
        },
      ],
    });
  },
);

describe.each(here)('$name', ({ path }) => {
  const options = JSON.stringify({ path });

  test.runIf(built && process.platform === 'linux')(
    'starts no thread, though the environment asks for two, and leaves the environment alone (skipped before a build)',
    async () => {
      const script = `
        const threads = () => /Threads:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
        const before = threads();
        const { threads: own } = useEngine('blas', ${options});
        square(300);
        console.log(JSON.stringify({ started: threads() - before, own, environment: process.env.OPENBLAS_NUM_THREADS }));`;
      const env = { OPENBLAS_NUM_THREADS: '2' };
      expect(await run(script, env)).toEqual({ started: 0, own: 1, environment: '2' });
    },
  );

  test.runIf(built)(
    'leaves the environment alone when workers choose it at once (skipped before a build)',
    async () => {
      const script = `
        import { Worker } from 'node:worker_threads';
        const names = ['OPENBLAS', 'OMP', 'MKL'].map((name) => name + '_NUM_THREADS');
        const source = "import('${pathToFileURL(join(dist, 'engine.js')).href}').then(({ useEngine }) => {" +
          "const here = process.getBuiltinModule('node:worker_threads').workerData; Atomics.add(here, 0, 1); while (Atomics.load(here, 0) < 4);" +
          "useEngine('blas', " + ${JSON.stringify(options)} + ') })';
        const workerData = new Int32Array(new SharedArrayBuffer(4));
        const ends = Array.from({ length: 4 }, () => new Promise((resolve, reject) => new Worker(source, { eval: true, workerData }).once('exit', resolve).once('error', reject)));
        const codes = await Promise.all(ends);
        console.log(JSON.stringify({ codes, environment: names.map((name) => process.env[name] ?? null) }));`;
      const env = { OPENBLAS_NUM_THREADS: '2', OMP_NUM_THREADS: '', MKL_NUM_THREADS: '3' };
      expect(await run(script, env)).toEqual({ codes: [0, 0, 0, 0], environment: ['2', '', '3'] });
    },
  );

  test.runIf(built)(
    'gives workers the same bits, four at once, and survives those that are ended amid calls',
    async () => {
      const source = `
      const { parentPort } = require('node:worker_threads');
      (async () => {
        const { useEngine } = await import('${pathToFileURL(join(dist, 'engine.js')).href}');
        const { gemm } = await import('${pathToFileURL(join(dist, 'gemm.js')).href}');
        const { stream } = await import('${pathToFileURL(join(dist, 'random.js')).href}');
        const normals = (name, length) => stream(3, name).fillNormal(new Float64Array(length));
        const [n, a, b] = [90, normals('a', 8100), normals('b', 8100)];
        useEngine('blas', ${options});
        const c = new Float64Array(8100);
        parentPort.postMessage(gemm(n, n, n, a, b, c).slice());
        for (;;) gemm(n, n, n, a, b, c);
      })();`;
      const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true }));
      const results = await Promise.all(
        workers.map(
          (worker) =>
            new Promise<Float64Array>((resolve, reject) => worker.once('message', resolve).once('error', reject)),
        ),
      );
      await Promise.all(workers.map((worker) => worker.terminate()));
      const expected = (await run(
        `useEngine('blas', ${options}); console.log(JSON.stringify([...square(90)]));`,
      )) as number[];
      for (const result of results) expect([...result]).toEqual(expected);
    },
  );

  test.runIf(built && process.arch === 'x64')(
    'is as near with kernels for other processors as the README says',
    async () => {
      const script = `
      const { core } = useEngine('blas', ${options});
      const { u, vt } = svd(60, 40, normals('a', 2400));
      // Each pair of vectors with a sign that both have.
      const vectors = vt.map((x, at) => x * Math.sign(u[Math.floor(at / 40)]));
      const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ array: Float32Array.from(normals(name, 40000)), start: 0, ld: 200 }));
      if (!sgemm(200, 200, 200, a, false, b, false, c)) throw new Error('sgemm was not computed');
      console.log(JSON.stringify({ core, gemm: [...square(200)], sgemm: [...c.array], vectors: [...vectors] }));`;
      interface Results {
        readonly core: string;
        readonly gemm: number[];
        readonly sgemm: number[];
        readonly vectors: number[];
      }
      const of = async (core: string) => (await run(script, core === '' ? {} : { OPENBLAS_CORETYPE: core })) as Results;
      const [own, haswell, nehalem] = [await of(''), await of('Haswell'), await of('Nehalem')];
      expect([haswell.core, nehalem.core]).toEqual(['Haswell', 'Nehalem']);
      for (const name of ['gemm', 'sgemm', 'vectors'] as const) {
        const within = { gemm: 2e-15, sgemm: 1e-6, vectors: 2e-11 }[name];
        const largest = name === 'vectors' ? 1 : nehalem[name].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const off = ([x, y]: readonly [Results, Results]) =>
          x[name].reduce((most, value, i) => Math.max(most, Math.abs(value - y[name][i]!)), 0) / largest;
        expect(off([haswell, nehalem]), name).toBeGreaterThan(0);
        for (const pair of [[haswell, nehalem], [own, haswell], [own, nehalem]] as const) expect(off(pair), name).toBeLessThan(within); // prettier-ignore
      }
    },
  );
});
