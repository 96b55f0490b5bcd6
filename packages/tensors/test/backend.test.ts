import { products, useEngine } from '@assay-ml/numerics/engine';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { registerNative } from '../src/native.js';
import { openWebgpu } from '../src/webgpu.js';
import { cure, useBackend } from '../src/index.js';
import { guardAllocation } from '../src/wasm/allocation.js';
import type { WasmBackend } from '../src/wasm/heap.js';

vi.mock('../src/native.js', () => ({ registerNative: vi.fn() }));
vi.mock('../src/webgpu.js', () => ({ openWebgpu: vi.fn() }));

const noNative = { ok: false, reason: 'no library here' } as const;
const noGpu = { ok: false, reason: 'no adapter here' } as const;
vi.mocked(registerNative).mockResolvedValue(noNative);
vi.mocked(openWebgpu).mockResolvedValue(noGpu);

const noLibrary = useEngine('auto').name === 'wasm';
useEngine();

afterEach(() => vi.restoreAllMocks());

test('importing the package registers no backend', () => {
  expect(tf.engine().backendNames()).toEqual([]);
});

describe('useBackend', () => {
  test('auto takes the first that is there, and says why the others are not', async () => {
    expect(await useBackend()).toEqual({
      name: 'wasm',
      why: 'the first of tensorflow, webgpu, wasm, cpu that is there: WebAssembly with SIMD, on one thread',
      threads: 1,
      tried: [
        { name: 'tensorflow', ...noNative },
        { name: 'webgpu', ...noGpu },
        { name: 'wasm', ok: true, reason: 'WebAssembly with SIMD, on one thread' },
      ],
    });
    expect(tf.getBackend()).toBe('wasm');
    expect(openWebgpu).toHaveBeenLastCalledWith(false);
    expect(await tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]]), false, true).data()).toEqual(
      Float32Array.of(11),
    );
  });

  test('a name takes that one', async () => {
    const report = await useBackend('cpu');
    expect(report).toMatchObject({ name: 'cpu', why: 'asked for: plain JavaScript, for checks only', threads: 1 });
    expect(report.tried).toHaveLength(1);
    expect(tf.getBackend()).toBe('cpu');
  });

  test('names the library of a backend that has one', async () => {
    vi.mocked(registerNative).mockResolvedValueOnce({
      ...{ ok: true, reason: 'TensorFlow 2.15.1', version: '2.15.1', path: null, threads: 1, gpu: false },
    });
    tf.registerBackend('tensorflow', () => tf.findBackend('cpu'));
    expect(await useBackend('tensorflow')).toMatchObject({ name: 'tensorflow', version: '2.15.1', threads: 1 });
    tf.removeBackend('tensorflow');
    expect(await useBackend('wasm')).not.toHaveProperty('version');
  });

  test('an engine is passed on to numerics, and reported', async () => {
    expect(await useBackend('wasm')).not.toHaveProperty('engine');
    expect((await useBackend('wasm', { engine: 'wasm' })).engine).toEqual(useEngine('wasm'));
    vi.stubEnv('ASSAY_BLAS', '/nowhere/blas.so');
    expect((await useBackend('wasm', { engine: 'auto' })).engine).toMatchObject({
      name: 'wasm',
      tried: [{ path: '/nowhere/blas.so', ok: false }],
    });
    await expect(useBackend('cpu', { engine: 'blas' })).rejects.toThrow(
      /^useEngine: 'blas' is not there \(\/nowhere\/blas\.so: /,
    );
    expect(tf.getBackend()).toBe('wasm');
    vi.unstubAllEnvs();
  });

  test('where the engine or the backend fails both stay as they were', async () => {
    await useBackend('wasm', { engine: 'wasm' });
    const sum = () => tf.add(tf.scalar(1), tf.scalar(2)).data();
    vi.stubEnv('ASSAY_BLAS', '/nowhere/blas.so');
    await expect(useBackend('cpu', { engine: 'blas' })).rejects.toThrow(/^useEngine: 'blas' is not there/);
    expect([tf.getBackend(), await sum()]).toEqual(['wasm', Float32Array.of(3)]);
    vi.unstubAllEnvs();
    // Registered, but its factory fails: TensorFlow.js then has no backend.
    vi.spyOn(console, 'warn').mockReturnValue();
    tf.registerBackend('webgpu', () => {
      throw new Error('device lost');
    });
    const opened = { ok: true, reason: 'adapter A', adapter: { description: 'A', software: false } } as const;
    vi.mocked(openWebgpu).mockResolvedValueOnce(opened);
    await expect(useBackend('webgpu')).rejects.toThrow('(webgpu: TensorFlow.js could not start it');
    expect([tf.getBackend(), await sum()]).toEqual(['wasm', Float32Array.of(3)]);
    tf.removeBackend('webgpu');
  });

  test.skipIf(noLibrary)('a backend that is not there changes no engine (skipped without a library)', async () => {
    try {
      await expect(useBackend('tensorflow', { engine: 'blas' })).rejects.toThrow('(tensorflow: no library here)');
      expect(products()).toBeNull();
      useEngine('blas');
      const library = products();
      await expect(useBackend('tensorflow', { engine: 'wasm' })).rejects.toThrow('(tensorflow: no library here)');
      expect(products()).toBe(library);
    } finally {
      useEngine();
    }
  });

  test.each([
    ['', "''"],
    [null, 'null'],
    [0, '0'],
    ['mkl', "'mkl'"],
  ])('refuses the engine %j', async (engine, shown) => {
    await useBackend('wasm');
    await expect(useBackend('cpu', { engine: engine as 'auto' })).rejects.toThrow(
      new RangeError(
        `useBackend: 'engine' is ${shown}; must be 'wasm' or 'blas' or 'auto'. Leave it out for the one in use.`,
      ),
    );
    expect(tf.getBackend()).toBe('wasm');
  });

  test('a backend that is not there is an error with what was tried, and the one before stays', async () => {
    await useBackend('wasm');
    await expect(useBackend('tensorflow')).rejects.toThrow(
      "useBackend: 'tensorflow' is not there (tensorflow: no library here). Set it up with `npx @assay-ml/tensors native`, or take auto.",
    );
    await expect(useBackend('webgpu')).rejects.toThrow(
      "useBackend: 'webgpu' is not there (webgpu: no adapter here). It needs",
    );
    expect(openWebgpu).toHaveBeenLastCalledWith(true);
    expect(tf.getBackend()).toBe('wasm');
  });

  test('what goes wrong on the way is a reason, too', async () => {
    vi.mocked(registerNative).mockRejectedValueOnce(new Error('the library is broken'));
    await expect(useBackend('tensorflow')).rejects.toThrow('(tensorflow: the library is broken)');
    // Registered, but its factory fails.
    vi.spyOn(console, 'warn').mockReturnValue();
    tf.registerBackend('webgpu', () => {
      throw new Error('device lost');
    });
    vi.mocked(openWebgpu).mockResolvedValueOnce({
      ok: true,
      reason: 'adapter A',
      adapter: { description: 'A', software: false },
    });
    const report = await useBackend();
    expect(report.name).toBe('wasm');
    expect(report.tried[1]).toEqual({
      name: 'webgpu',
      ok: false,
      reason: 'TensorFlow.js could not start it and said why on the console',
    });
    tf.removeBackend('webgpu');
  });

  test('refuses a name it does not know', async () => {
    await expect(useBackend('webgl' as 'wasm')).rejects.toThrow(
      "useBackend: 'name' is 'webgl'; must be auto, tensorflow, webgpu, wasm, cpu. Leave it out for auto.",
    );
  });
});

describe('cure', () => {
  test('twice is as good as once', async () => {
    await useBackend('wasm');
    const kernel = tf.getKernel(tf.BatchMatMul, 'wasm');
    const gradient = tf.getGradient(tf.Relu);
    const { addTapeNode } = tf.engine() as unknown as { addTapeNode: unknown };
    cure();
    expect(tf.getKernel(tf.BatchMatMul, 'wasm')).toBe(kernel);
    expect(tf.getGradient(tf.Relu)).toBe(gradient);
    expect((tf.engine() as unknown as { addTapeNode: unknown }).addTapeNode).toBe(addTapeNode);
  });

  test('a wasm on threads is refused, by name', async () => {
    await useBackend('wasm');
    const { wasm } = tf.backend() as unknown as { wasm: { asm: object } };
    const { asm } = wasm;
    wasm.asm = { ...asm, memory: undefined };
    try {
      expect(() => tf.matMul(tf.ones([1, 1]), tf.ones([1, 1]))).toThrow(
        'cure: the backend wasm runs on threads; must run on one.',
      );
    } finally {
      wasm.asm = asm;
    }
  });

  test('memory that wasm cannot get is an error at once, and other tensors keep their numbers', async () => {
    await useBackend('wasm');
    const kept = tf.tensor1d([1, 2, 3]);
    const backend = tf.backend() as unknown as WasmBackend;
    // Sizes that its 32 bits do not hold: malloc takes them for 0 and 16 bytes.
    for (const bytes of [2 ** 32, 2 ** 33 + 16]) {
      expect(() => backend.makeOutput([bytes / 4], 'float32')).toThrow(
        `wasm: there is no memory for ${bytes} bytes more; the backend has 4 GiB at most. Dispose tensors (tf.tidy, leakGuard) or use smaller batches.`,
      );
    }
    expect([...(await tf.add(kept, kept).data())]).toEqual([2, 4, 6]);
  });

  test('an address 0 is no memory, from the first call on', () => {
    // Emscripten's first call puts the module's own function into the place of the one that was there.
    const wasm = { HEAPU8: new Uint8Array(64), _free: () => {}, _malloc: (): number => 0 };
    const malloc = (bytes: number) => (bytes > 32 ? 0 : 16);
    wasm._malloc = () => (wasm._malloc = malloc as () => number, 16); // prettier-ignore
    guardAllocation({ wasm });
    const guarded = wasm._malloc as (bytes: number) => number;
    expect(guarded(8)).toBe(16);
    expect(() => guarded(40)).toThrow('wasm: there is no memory for 40 bytes more');
    expect(guarded(32)).toBe(16);
  });

  test('a backend out of memory is refused, by name', async () => {
    await useBackend('wasm');
    const { wasm } = tf.backend() as unknown as { wasm: { _malloc(bytes: number): number } };
    const a = tf.ones([2, 3]);
    const malloc = wasm._malloc;
    // The first call is for the result.
    vi.spyOn(wasm, '_malloc').mockImplementationOnce(malloc).mockReturnValueOnce(0);
    expect(() => tf.matMul(a, a, true)).toThrow(
      /wasm: there is no memory for \d+ bytes of scratch space. Use a smaller batch./,
    );
  });
});
