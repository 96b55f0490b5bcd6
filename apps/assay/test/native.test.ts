import { nativeBuilds, nativeRoot } from '@assay-ml/tensors';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '@assay-ml/datasets';
import { blasBuilds } from '@assay-ml/numerics/engine';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { world } from './toy.js';

afterEach(() => vi.unstubAllEnvs());

it('keeps its cache where data sets keep theirs', () => {
  for (const [name, value] of [
    ['ASSAY_CACHE', '/somewhere'],
    ['XDG_CACHE_HOME', '/else'],
    ['HOME', '/home/me'],
  ] as const) {
    for (const other of ['ASSAY_CACHE', 'XDG_CACHE_HOME', 'LOCALAPPDATA']) vi.stubEnv(other, '');
    vi.stubEnv(name, value);
    expect(nativeRoot()).toBe(join(cacheFolder(), 'native'));
  }
});

describe('assay native', () => {
  it('exits 2 with the reason for what cannot be', async () => {
    const { code, out, err } = await world().assay('native --tensorflow 1.0');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^assay: native: --tensorflow is '1\.0'; must be a version such as 2\.15\.1/);
  });
});

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** `assay doctor` as a process. */
function doctor(env: Record<string, string> = {}) {
  const { status, stdout } = spawnSync(process.execPath, [cli, 'doctor'], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, words: stdout.replace(/\s+/g, ' ') };
}

// `nx test` builds it first; without a build there is nothing to run.
describe.skipIf(!existsSync(cli))('assay doctor', () => {
  it('tries every backend and says why one is not there', () => {
    const { status, words } = doctor({ ASSAY_CACHE: '/nowhere' });
    expect(status).toBe(0);
    expect(words).toMatch(/– backend: tensorflow .*native TensorFlow is not set up: npx @assay-ml\/tensors native/);
    expect(words).toContain('✓ backend: wasm WebAssembly with SIMD, on one thread');
    expect(words).toContain('✓ backend: cpu plain JavaScript');
    expect(words).toMatch(/[✓–] backend: webgpu/);
  });

  it('names the library of the engine, or says why there is none and how to get one', () => {
    const engine = (env: Record<string, string>) =>
      doctor(env).words.replace(/.*(. engine: blas .*) . data: fashion-mnist.*/, '$1');
    expect(engine({ ASSAY_BLAS: '/nowhere/libblas.so' })).toMatch(
      /^– engine: blas \/nowhere\/libblas\.so: Failed to load .*\. Set one up: npx @assay-ml\/tensors native --blas$/,
    );
    if (blasBuilds().length > 0) {
      expect(engine({})).toMatch(/^✓ engine: blas OpenBLAS 0\.3\.34\S* with kernels for \w+, on one thread \(.*/);
    }
  });

  // Skipped where `npx assay native` was not run: it needs a compiler and a package index.
  it.skipIf(nativeBuilds('4.22.0').length === 0)('shows native TensorFlow with version, device and threads', () => {
    expect(doctor({ TF_NUM_INTRAOP_THREADS: '2' }).words).toMatch(
      /✓ backend: tensorflow TensorFlow 2\.\d+\.\d+ on (a GPU|the CPU with 2 threads)/,
    );
  });
});
