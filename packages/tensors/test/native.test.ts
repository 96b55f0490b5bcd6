import * as tf from '@tensorflow/tfjs-core';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nativeBuilds, nativeName, nativeRoot, registerNative } from '../src/index.js';

const require = createRequire(import.meta.url);
const tfjs = (require('@tensorflow/tfjs-node/package.json') as { version: string }).version;
const machine = `${process.platform}-${process.arch}`;
const setUp = nativeBuilds(tfjs).length > 0;

function emptyCache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-native-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  vi.stubEnv('ASSAY_CACHE', folder);
  return folder;
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('where builds lie', () => {
  it('is native/ in ASSAY_CACHE, else in assay/ in the user’s cache', () => {
    vi.stubEnv('ASSAY_CACHE', '/a');
    vi.stubEnv('XDG_CACHE_HOME', '/x');
    expect(nativeRoot()).toBe(join(sep, 'a', 'native'));
    vi.stubEnv('ASSAY_CACHE', '');
    expect(nativeRoot()).toBe(join(sep, 'x', 'assay', 'native'));
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('LOCALAPPDATA', '');
    vi.stubEnv('HOME', '/home/me');
    if (process.platform !== 'win32') expect(nativeRoot()).toBe('/home/me/.cache/assay/native');
  });

  it('names all that a binding depends on', () => {
    expect(nativeName({ flavour: 'cuda', tensorflow: '2.15.1', tfjs: '4.22.0' })).toBe(
      `cuda-2.15.1-tfjs4.22.0-napi8-${machine}`,
    );
  });

  it('gives the builds this Node can load: cuda first, then the newest by number', () => {
    const root = join(emptyCache(), 'native');
    expect(nativeBuilds(tfjs)).toEqual([]);
    const fit = ['cpu-2.9.3', 'cpu-2.20.0', 'cuda-2.15.1', 'cpu-2.15.1'].map(
      (name) => `${name}-tfjs${tfjs}-napi8-${machine}`,
    );
    const others = [
      `cpu-2.15.1-tfjs0.0.1-napi8-${machine}`,
      `cpu-2.15.1-tfjs${tfjs}-napi9-${machine}`,
      `cpu-2.15.1-tfjs${tfjs}-napi8-plan9-mips`,
      `${fit[0]}.part-12-Ab3`,
    ];
    for (const name of [...fit, ...others]) mkdirSync(join(root, name), { recursive: true });
    expect(nativeBuilds(tfjs)).toEqual([2, 1, 3, 0].map((i) => join(root, fit[i]!)));
  });

  it('has none in a file', () => {
    const cache = emptyCache();
    writeFileSync(join(cache, 'native'), '');
    expect(nativeBuilds(tfjs)).toEqual([]);
    vi.stubEnv('ASSAY_CACHE', join(cache, 'native'));
    expect(nativeBuilds(tfjs)).toEqual([]);
  });
});

describe('registerNative without a library', () => {
  it('says how to get it', async () => {
    emptyCache();
    expect(await registerNative()).toEqual({
      ok: false,
      reason: 'native TensorFlow is not set up: npx @assay-ml/tensors native',
    });
    expect(tf.findBackendFactory('tensorflow')).toBeNull();
  });

  it('says what cannot be loaded, and registers nothing', async () => {
    const folder = join(emptyCache(), 'native', nativeName({ flavour: 'cpu', tensorflow: '2.15.1', tfjs }));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'tfjs_binding.node'), 'not a library');
    const result = await registerNative();
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(
      /cpu-2\.15\.1.* cannot be loaded \(.*tfjs_binding\.node.*\)\. Set it up anew: npx @assay-ml\/tensors/,
    );
    const named = await registerNative({ folder: '/nowhere' });
    expect(named.reason).toMatch(/^\/nowhere cannot be loaded \(Cannot find module/);
    expect(tf.findBackendFactory('tensorflow')).toBeNull();
  });

  it('says which package is missing', async () => {
    moduleIs((name) => {
      throw new Error(`Cannot find module '${name}'`);
    });
    expect((await registerNative()).reason).toBe(
      '@tensorflow/tfjs-node is not installed: npm install --ignore-scripts @tensorflow/tfjs-node',
    );
  });

  it('refuses a package with another copy of tfjs-core: its tensors would not be ours', async () => {
    moduleIs((name) => (name === '@tensorflow/tfjs-core' ? { Tensor: () => undefined } : { version: '4.0.0' }));
    expect((await registerNative()).reason).toBe(
      '@tensorflow/tfjs-node has a copy of @tensorflow/tfjs-core of its own (/there/@tensorflow/tfjs-core). Install the same version of both packages',
    );
  });

  it('is for Node', async () => {
    const { getBuiltinModule } = process;
    onTestFinished(() => void Object.assign(process, { getBuiltinModule }));
    Object.assign(process, { getBuiltinModule: undefined });
    expect(await registerNative()).toEqual({ ok: false, reason: 'native TensorFlow needs Node 20.19 or newer' });
  });

  /** Node's module `module`, whose `require` answers so. */
  function moduleIs(answer: (name: string) => unknown): void {
    const { getBuiltinModule } = process;
    const fake = Object.assign(answer, {
      resolve: (name: string) => (name.endsWith('package.json') ? (answer(name), `/there/${name}`) : `/there/${name}`),
    });
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
      name === 'node:module' ? { createRequire: () => fake } : getBuiltinModule(name)) as typeof getBuiltinModule);
  }
});

// Skipped where `npx @assay-ml/tensors native` was not run: it needs a compiler and a package index.
describe.skipIf(!setUp)('registerNative with the library of the set-up', () => {
  const util = require('node:util') as Record<string, unknown>;
  const isArray = () => true;

  beforeAll(async () => {
    delete util['isNullOrUndefined']; // as on Node 23 and newer
    util['isArray'] = isArray;
    expect((await registerNative()).ok).toBe(true);
    await tf.setBackend('tensorflow');
    await tf.ready();
  });

  it('says version, device, threads and folder', async () => {
    const result = await registerNative();
    if (!result.ok) throw new Error(result.reason);
    const { version, path, threads, gpu } = result;
    const asked = process.env['TF_NUM_INTRAOP_THREADS'];
    expect(version).toMatch(/^2\.\d+\.\d+$/);
    expect(path).toBe(nativeBuilds(tfjs)[0]);
    expect(threads).toBe(asked === undefined ? availableParallelism() : Number(asked));
    expect(result.reason).toContain(`TensorFlow ${version} on ${gpu ? 'a GPU' : 'the CPU with '}`);
    expect(await registerNative()).toBe(result);
  });

  it('uses our tfjs-core', () => {
    const theirs = createRequire(require.resolve('@tensorflow/tfjs-node/package.json'))(
      '@tensorflow/tfjs-core',
    ) as typeof tf;
    expect(theirs.engine()).toBe(tf.engine());
    expect(theirs.Tensor).toBe(tf.Tensor);
    expect(tf.getBackend()).toBe('tensorflow');
  });

  it('puts back the predicates that Node dropped, and replaces none', () => {
    const isNullOrUndefined = util['isNullOrUndefined'] as (value: unknown) => boolean;
    expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
    expect(util['isArray']).toBe(isArray);
  });

  it('multiplies', async () => {
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const b = tf.tensor2d([1, 0, -1, 2, 3, -3], [3, 2]);
    const product = tf.matMul(a, b);
    expect([...(await product.data())]).toEqual([8, -5, 17, -8]);
    tf.dispose([a, b, product]);
  });

  it('has the gradient of a convolution by its filter, which wasm lacks', async () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const w = tf.tensor4d([1, -1, 0, 2], [2, 2, 1, 1]);
    const g = tf.grad((filter: tf.Tensor) => tf.sum(tf.conv2d(x, filter as tf.Tensor4D, 1, 'valid')))(w);
    expect([...(await g.data())]).toEqual([12, 16, 24, 28]); // sums of the four shifted 2×2 windows
    tf.dispose([x, w, g]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
