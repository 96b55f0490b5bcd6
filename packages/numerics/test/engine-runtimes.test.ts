/** The built package in Bun and in Deno: npm's packages of them are the binaries, kept in node_modules/.cache between runs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { here, none } from './engine-places.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const numerics = fileURLToPath(new URL('..', import.meta.url));
const dist = join(numerics, 'dist');

const RUNTIMES = [
  { name: 'Bun', npm: '@oven/bun-linux-x64', version: '1', binary: 'bin/bun', flags: ['-e'] },
  { name: 'Deno', npm: '@deno/linux-x64-glibc', version: '2', binary: 'deno', flags: ['eval'] },
];

/** What keeps all of them from running here. */
const why =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? 'npm has these binaries for Linux x64'
    : !existsSync(join(dist, 'engine.js'))
      ? 'the package is not built'
      : here.length === 0
        ? `it needs ${none}`
        : null;

/** The runtime's binary, or why it cannot be fetched. */
function fetched({ npm, version, binary }: (typeof RUNTIMES)[number]): { path: string } | { fault: string } {
  const folder = join(root, 'node_modules', '.cache', 'assay-runtimes', npm.replace('/', '-'));
  const path = join(folder, 'node_modules', npm, binary);
  if (existsSync(path)) return { path };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync('npm', ['install', ...quiet, `${npm}@${version}`], { cwd: folder, stdio: 'pipe', timeout: 120_000 });
    return { path };
  } catch (error) {
    return { fault: `npm could not fetch ${npm}: ${(error as Error).message.split('\n')[0]}` };
  }
}

const SCRIPT = `
const { useEngine } = await import('${pathToFileURL(join(dist, 'engine.js')).href}');
const { allocate, gemm, svd } = await import('${pathToFileURL(join(dist, 'index.js')).href}');
const before = useEngine('wasm').name;
const n = 40;
const a = allocate(n * n), b = new Float64Array(n * n);
for (let i = 0; i < n * n; i++) [a.array[i], b[i]] = [i % 7 - 3, i % 5 - 2];
const product = () => [...gemm(n, n, n, a.array, b, new Float64Array(n * n))];
const wasm = product();
const { name } = useEngine('blas', { path: ${JSON.stringify(here[0]?.path ?? '')} });
const first = product();
const grown = allocate(1e7); // memory grows: its buffer is another object
const second = product();
const { values } = svd(9, 9, Float64Array.from({ length: 81 }, (_, i) => (i % 10 === 0 ? 1 + i / 10 : 0)));
console.log(JSON.stringify({ before, name, wasm, first, second, values: [...values], grown: grown.length }));`;

describe.each(RUNTIMES)(`$name${why === null ? '' : ` (skipped: ${why})`}`, (runtime) => {
  const found = why === null ? fetched(runtime) : { fault: why };
  test.skipIf('fault' in found)(
    `multiplies right through the engine${'fault' in found ? ` (skipped: ${found.fault})` : ''}`,
    () => {
      const { path } = found as { path: string };
      const said = execFileSync(path, [...runtime.flags, SCRIPT], {
        cwd: numerics,
        encoding: 'utf8',
        env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
        timeout: 60_000,
      });
      const { before, name, wasm, first, second, values } = JSON.parse(said) as {
        before: string; name: string; wasm: number[]; first: number[]; second: number[]; values: number[];
      }; // prettier-ignore
      expect([before, name]).toEqual(['wasm', 'blas']);
      // Sums of integers: exact, in any order.
      const a = Array.from({ length: 1600 }, (_, i) => (i % 7) - 3);
      const b = Array.from({ length: 1600 }, (_, i) => (i % 5) - 2);
      const right = a.map((_, at) => {
        let sum = 0;
        for (let k = 0; k < 40; k++) sum += a[Math.floor(at / 40) * 40 + k]! * b[k * 40 + (at % 40)]!;
        return sum;
      });
      expect(wasm).toEqual(right);
      expect(first).toEqual(right);
      expect(second).toEqual(right);
      values.forEach((value, i) => expect(value).toBeCloseTo(9 - i, 12));
    },
    70_000,
  );
});
