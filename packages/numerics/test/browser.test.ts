import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromium, opened } from '../../../vitest.chromium.mjs';
import type * as Numerics from '../src/index.js';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const built = existsSync(join(packageRoot, 'dist', 'index.js'));
/** What the page computes; it is sent there as text, so it refers to nothing but its arguments. */
function compute(numerics: typeof Numerics) {
  const normals = numerics.stream(7, 'browser').fillNormal(new Float64Array(1000));
  const c = numerics.gemm(9, 11, 70, normals.subarray(0, 630), normals.subarray(0, 770), new Float64Array(99));
  const block = numerics.allocate(1000);
  const old = block.array;
  old.set(normals);
  const large = numerics.allocate(2 ** 24);
  const detached = old.length;
  const y = numerics.gemvStridedBatched(10, block.array, normals.subarray(0, 100), new Float64Array(100));
  numerics.sin(block.array, block.array);
  const sines = [...block.array];
  large.free();
  block.free();
  return {
    normals: [...normals],
    c: [...c],
    y: [...y],
    norm: numerics.norm2(normals),
    sines,
    detached,
    left: numerics.bytesInUse(),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'numerics-browser-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

// Bundled as a user's bundler does it: from the built package, by its name.
beforeAll(async () => {
  if (!built) return;
  await mkdir(join(folder, 'node_modules', '@assay-ml'), { recursive: true });
  await symlink(packageRoot, join(folder, 'node_modules', '@assay-ml', 'numerics'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const entry = join(folder, 'page.js');
  await writeFile(
    entry,
    `import * as numerics from '@assay-ml/numerics';
const compute = ${compute.toString()};
export const text = JSON.stringify(compute(numerics));
if (globalThis.document) document.body.textContent = text;`,
  );
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { lib: { entry, name: 'page', formats: ['es', 'iife'], fileName: (format) => `page.${format}.js` } },
  });
});

test.skipIf(!built)('the built package bundles and gives the same bits in Node (skipped before a build)', async () => {
  const page = (await import(pathToFileURL(join(folder, 'dist', 'page.es.js')).href)) as { text: string };
  expect(JSON.parse(page.text)).toEqual({ ...compute(await import('../src/index.js')), detached: 0, left: 0 });
});

test.skipIf(!built || !chromium)(
  'the bundle gives the same bits in headless Chromium (skipped before a build, or without chromium on PATH or in CHROMIUM)',
  async () => {
    const script = await readFile(join(folder, 'dist', 'page.iife.js'), 'utf8');
    expect(script).not.toMatch(/\bfetch\(/);
    const html = join(folder, 'index.html');
    await writeFile(html, '<!doctype html><meta charset="utf-8"><body><script src="dist/page.iife.js"></script>');
    const { stdout } = await promisify(execFile)(
      chromium!,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
        ...[`--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', pathToFileURL(html).href],
      ],
      { timeout: 100_000, maxBuffer: 2 ** 24 },
    );
    const text = /\{.*\}/s.exec(stdout)?.[0] ?? stdout;
    expect(JSON.parse(text)).toEqual({ ...compute(await import('../src/index.js')), detached: 0, left: 0 });
  },
  120_000,
);

/** What the page with threads sends back; sent there as text, like `compute`. */
async function computeWithThreads(numerics: typeof Numerics) {
  try {
    const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
    const pool = await numerics.gemmPool(2);
    const [a, b, c] = [shared(600), shared(900), shared(600)];
    numerics.stream(7, 'a').fillNormal(a);
    numerics.stream(7, 'b').fillNormal(b);
    await pool.gemm(20, 30, 30, a, b, c);
    await pool.close();
    return [...c];
  } catch (error) {
    return (error as Error).message;
  }
}

test.skipIf(!built || !chromium)(
  'a pool works in an isolated page of headless Chromium, and says what is missing elsewhere (skipped as above)',
  async () => {
    const root = join(folder, 'threads');
    await mkdir(root);
    await writeFile(join(root, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
    await writeFile(
      join(root, 'page.js'),
      `import * as numerics from '@assay-ml/numerics';
const compute = ${computeWithThreads.toString()};
const body = JSON.stringify(await compute(numerics));
await fetch('/result', { method: 'POST', body });`,
    );
    await build({ root, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
    const dist = join(root, 'dist');

    let visits = 0;
    const visit = async (headers: Record<string, string>, missing?: RegExp) =>
      JSON.parse(await opened(dist, join(folder, `profile-${visits++}`), headers, missing)) as unknown;
    const isolated = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    };
    const { gemm, stream } = await import('../src/index.js');
    const operand = (name: string, length: number) => stream(7, name).fillNormal(new Float64Array(length));
    expect(await visit(isolated)).toEqual([
      ...gemm(20, 30, 30, operand('a', 600), operand('b', 900), new Float64Array(600)),
    ]);
    expect(await visit({})).toContain('gemmPool: there is no SharedArrayBuffer; threads need one. Serve the page with');
    expect(await visit(isolated, /gemm-worker/)).toBe(
      'gemmPool: a worker failed: its file did not load. Close the pool and make another.',
    );
  },
  120_000,
);

test.skipIf(!built || !chromium)(
  'in a page the engine is wasm, and says what a library needs (skipped as above)',
  async () => {
    const root = join(folder, 'engine');
    await mkdir(root);
    await writeFile(join(root, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
    await writeFile(
      join(root, 'page.js'),
      `import { useEngine } from '@assay-ml/numerics/engine';
let refused;
try { useEngine('blas'); } catch (error) { refused = error.message; }
await fetch('/result', { method: 'POST', body: JSON.stringify({ report: useEngine('auto'), refused }) });`,
    );
    const warnings: string[] = [];
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: { target: 'es2022', rollupOptions: { onwarn: ({ message }) => warnings.push(message) } },
    });
    expect(warnings).toEqual([]);
    expect(JSON.parse(await opened(join(root, 'dist'), join(folder, 'profile-engine'), {}))).toEqual({
      report: {
        name: 'wasm',
        why: 'no library is there: a native library needs Node 20.19 or newer',
        tried: [],
        threads: 1,
      },
      refused: "useEngine: 'blas' is not there (a native library needs Node 20.19 or newer). Take 'auto'.",
    });
  },
  120_000,
);
