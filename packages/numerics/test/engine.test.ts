import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { engineInUse, useEngine, type EngineName } from '../src/engine.js';
import type * as Libraries from '../src/engine-libraries.js';
import { libraries } from '../src/engine-libraries.js';
import { selfTest } from '../src/engine-self-test.js';
import { blas, setBlas, type Blas } from '../src/engine-slot.js';
import { sgemm } from '../src/sgemm.js';
import {
  allocate,
  cholesky,
  gemm,
  gemmPool,
  gemv,
  invert,
  spmv,
  stream,
  svd,
  symmetricEigen,
  syrk,
  trsm,
} from '../src/index.js';
import { memory } from '../src/memory.js';
import { here, none } from './engine-places.js';
import { expectSame } from './places.js';

vi.mock('../src/engine-libraries.js', async (original) => {
  const real = await original<typeof Libraries>();
  return { ...real, libraries: vi.fn(real.libraries) };
});
vi.stubEnv('ASSAY_BLAS', '');

afterEach(() => {
  useEngine();
  vi.unstubAllEnvs();
  vi.stubEnv('ASSAY_BLAS', '');
  vi.mocked(libraries).mockRestore();
});

const normals = (name: string, length: number) => stream(3, name).fillNormal(new Float64Array(length));
const square = (n: number) => gemm(n, n, n, normals('a', n * n), normals('b', n * n), new Float64Array(n * n));

function textFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'library.so');
  writeFileSync(path, 'not a library\n'.repeat(20));
  return path;
}

/** What is said of a library that is not there. */
const missing = /Failed to load shared library: .*(nowhere|No such file)/;
const advice = "Set it up with `npx @assay-ml/tensors native --blas`, name a library in ASSAY_BLAS, or take 'auto'.";

describe('useEngine', () => {
  test.each(here)('is told afterwards, and can be put back by name and path: $name', ({ path }) => {
    const found = useEngine('blas', { path });
    const library = blas;
    expect(engineInUse()).toBe(found);
    expect(() => useEngine('blas', { path: '/nowhere/blas.so' })).toThrow('is not there');
    expect(engineInUse()).toBe(found);
    expect([useEngine(), engineInUse()].map(({ name, path }) => [name, path])).toEqual([
      ['wasm', undefined],
      ['wasm', undefined],
    ]);
    useEngine(found.name, { path: found.path! });
    expect(blas).toBe(library);
    useEngine();
  });

  test('takes wasm unless another is asked for', () => {
    expect(useEngine()).toEqual({
      name: 'wasm',
      why: 'asked for: WebAssembly with SIMD, on one thread',
      tried: [],
      threads: 1,
    });
    expect(blas).toBeNull();
  });

  test('refuses other names, other options, and a path that is empty or no text', () => {
    expect(() => useEngine('mkl' as EngineName)).toThrow(
      new RangeError("useEngine: 'name' is 'mkl'; must be 'wasm' or 'blas' or 'auto'. Leave it out for wasm."),
    );
    expect(() => useEngine('auto', { file: 'x' } as object)).toThrow(
      new RangeError("useEngine: 'file' is no option; must be one of path. Did you mean 'path'?"),
    );
    expect(() => useEngine('blas', { path: '' })).toThrow(
      new RangeError("useEngine: 'path' is ''; must be the path of a library. Leave it out to have one looked for."),
    );
    for (const [path, shown] of [
      [7, '7'],
      [null, 'null'],
      [Symbol('x'), 'Symbol(x)'],
      [new URL('file:///x.so'), 'an object'],
    ] as const) {
      expect(() => useEngine('auto', { path: path as never })).toThrow(
        new RangeError(
          `useEngine: 'path' is ${shown}; must be the path of a library. Leave it out to have one looked for.`,
        ),
      );
    }
  });

  test('names the library that was named, and why it is not taken', () => {
    const path = textFile();
    const fault = `useEngine: 'blas' is not there (${path}: Failed to load shared library: `;
    expect(() => useEngine('blas', { path })).toThrow(fault);
    expect(() => useEngine('blas', { path })).toThrow(advice);
    vi.stubEnv('ASSAY_BLAS', path);
    expect(() => useEngine('blas')).toThrow(fault);
    expect(() => useEngine('blas', { path: '/nowhere/other.so' })).toThrow(
      "'blas' is not there (/nowhere/other.so: Failed",
    );
    expect(libraries).not.toHaveBeenCalled();
  });

  test.runIf(process.platform === 'linux')('takes no library that is no BLAS', () => {
    expect(() => useEngine('blas', { path: 'libm.so.6' })).toThrow(
      "(libm.so.6: it has no function cblas_dgemm, with scipy_ before or without: it is no BLAS with C's interface).",
    );
  });

  test('says where it looked', () => {
    vi.stubEnv('ASSAY_CACHE', '/nowhere');
    vi.mocked(libraries).mockReturnValue(['/nowhere/a.so', '/nowhere/b.so']);
    const fault = expect.stringMatching(
      /^\/nowhere\/native: no library for this machine; \/nowhere\/a\.so: Failed .*; \/nowhere\/b\.so: Failed/,
    );
    const error = (() => {
      try {
        return useEngine('blas');
      } catch (thrown) {
        return thrown as Error;
      }
    })() as Error;
    expect(error.message.replace("useEngine: 'blas' is not there (", '')).toEqual(fault);
    expect(error.message).toContain(advice);
    const report = useEngine('auto');
    expect(report).toMatchObject({ name: 'wasm', threads: 1 });
    expect(report.why.replace('no library is there: ', '')).toEqual(fault);
    expect(report.tried).toEqual([
      { path: '/nowhere/a.so', ok: false, reason: expect.stringMatching(missing) },
      { path: '/nowhere/b.so', ok: false, reason: expect.stringMatching(missing) },
    ]);
    expect(blas).toBeNull();
  });

  test.each<[string, () => void]>([
    [
      'no home folder',
      () => {
        for (const name of ['ASSAY_CACHE', 'XDG_CACHE_HOME', 'LOCALAPPDATA']) vi.stubEnv(name, '');
        vi.spyOn(os, 'homedir').mockImplementation(() => {
          throw new Error('ENOENT: no home');
        });
      },
    ],
    [
      'a cache that may not be read',
      () => {
        vi.stubEnv('ASSAY_CACHE', tmpdir());
        vi.spyOn(fs, 'existsSync').mockReturnValue(true);
        vi.spyOn(fs, 'statSync').mockReturnValue({ isDirectory: () => true } as never);
        vi.spyOn(fs, 'readdirSync').mockImplementation(() => {
          throw new Error('EACCES: no home');
        });
      },
    ],
  ])('with %s the libraries of the system are tried, and why says it', (_, break_) => {
    onTestFinished(() => void vi.restoreAllMocks());
    vi.mocked(libraries).mockImplementation((kept) => [...kept!, '/nowhere/a.so']);
    break_();
    const report = useEngine('auto');
    expect(report).toMatchObject({ name: 'wasm', tried: [{ path: '/nowhere/a.so', ok: false }] });
    expect(report.why).toMatch(
      /^no library is there: the folder of libraries cannot be read: \w+: no home; \/nowhere\/a\.so: Failed/,
    );
    expect(() => useEngine('blas')).toThrow(': no home; /nowhere/a.so: Failed');
  });

  test('needs Node', () => {
    const { getBuiltinModule } = process;
    onTestFinished(() => void (process.getBuiltinModule = getBuiltinModule));
    process.getBuiltinModule = undefined as never;
    expect(() => useEngine('blas')).toThrow(
      new Error("useEngine: 'blas' is not there (a native library needs Node 20.19 or newer). Take 'auto'."),
    );
    expect(useEngine('auto').why).toBe('no library is there: a native library needs Node 20.19 or newer');
  });
});

if (here.length === 0) test.skip(none, () => undefined);

describe.each(here)('$name', ({ path, core, blas: library }) => {
  test('is taken by its path, by ASSAY_BLAS, and as the first that passes', () => {
    const reason = expect.stringMatching(/^OpenBLAS [\d.]+ with kernels for \w+, on one thread \(.*\)$/);
    const found = { name: 'blas', threads: 1, version: expect.stringMatching(/^OpenBLAS [\d.]+$/), path };
    const taken = { path, ok: true, reason };
    expect(useEngine('blas', { path })).toEqual({
      ...found,
      core: expect.stringMatching(/^\w+$/),
      why: expect.stringMatching(/^asked for: OpenBLAS/),
      tried: [taken],
    });
    vi.stubEnv('ASSAY_BLAS', path);
    expect(useEngine('blas')).toMatchObject({ ...found, tried: [taken] });
    vi.stubEnv('ASSAY_BLAS', '');
    vi.mocked(libraries).mockReturnValue(['/nowhere/a.so', path, '/nowhere/b.so']);
    expect(useEngine('auto')).toMatchObject({
      ...found,
      why: expect.stringMatching(/^the first library that passes: OpenBLAS/),
      tried: [{ path: '/nowhere/a.so', ok: false }, taken],
    });
    expect(blas).toBe(library);
  });

  test('stays when another is asked for and not there', () => {
    useEngine('blas', { path });
    const [before, product] = [blas, square(40)];
    expect(() => useEngine('blas', { path: '/nowhere.so' })).toThrow('is not there');
    expect(blas).toBe(before);
    expectSame(square(40), product);
  });

  test('changes no bit of what wasm computes before or after, and equals it to 1e-13', () => {
    const before = square(60);
    useEngine('blas', { path });
    const through = square(60);
    useEngine('wasm');
    expectSame(square(60), before);
    const off = through.map((value, i) => Math.abs(value - before[i]!));
    expect(Math.max(...off)).toBeLessThan(1e-13);
  });

  test('leaves a pool to its own bits', async () => {
    const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
    const [a, b, c] = [shared(3600), shared(3600), shared(3600)];
    a.set(normals('a', 3600));
    b.set(normals('b', 3600));
    const expected = square(60);
    useEngine('blas', { path });
    const pool = await gemmPool(1);
    await pool.gemm(60, 60, 60, a, b, c);
    await pool.close();
    expect(c).toEqual(expected);
  });

  test('gives the same bits at every place, again and again', () => {
    useEngine('blas', { path });
    const n = 130;
    const packed = (600 * 601) / 2;
    const matrix = normals('a', n * n);
    for (let i = 0; i < n; i++) matrix[i * (n + 1)]! += 3 * n;
    const results = (shift: number) => {
      const place = (values: Float64Array) => {
        const whole = new Float64Array(values.length + shift);
        whole.set(values, shift);
        return whole.subarray(shift);
      };
      const [a, b, x] = [place(matrix), place(normals('b', n * n)), place(normals('x', n))];
      const inverse = place(matrix);
      invert(n, inverse);
      return [
        gemm(n, n, n, a, b, place(new Float64Array(n * n))),
        gemv(a, x, place(new Float64Array(n))),
        gemv(a, x, place(new Float64Array(n)), { transpose: true }),
        spmv(place(normals('p', packed)), place(normals('q', 600)), place(new Float64Array(600))),
        syrk(n, n, b, place(new Float64Array(n * n))),
        trsm(n, n, a, place(normals('b', n * n))),
        cholesky(n, place(matrix)),
        inverse,
        symmetricEigen(n, a).vectors,
        svd(n, n, b).u,
      ];
    };
    const expected = results(0);
    // Kernels of SSE3 treat what does not lie at a multiple of 16 bytes in another way.
    for (let shift = 0; shift < 5; shift += core === 'Prescott' ? 2 : 1) {
      results(shift).forEach((result, i) => expectSame(result, expected[i]!));
    }
  });

  test('follows memory that grows between two products, and reaches above 2 GiB', () => {
    useEngine('blas', { path });
    const n = 24;
    const expected = square(n);
    const blocks = [allocate(n * n), allocate(n * n), allocate(n * n)] as const;
    blocks[0].array.set(normals('a', n * n));
    blocks[1].array.set(normals('b', n * n));
    const product = () => gemm(n, n, n, blocks[0].array, blocks[1].array, blocks[2].array);
    for (let round = 0; round < 60; round++) {
      blocks[2].array.fill(NaN);
      expectSame(product(), expected);
      if (round % 5 === 0) memory.grow(1);
    }
    const high = 2 ** 31 + 2 ** 20;
    const missing = high + 8 * n * n - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const c = new Float64Array(memory.buffer, high, n * n);
    expectSame(gemm(n, n, n, blocks[0].array, blocks[1].array, c), expected);
    for (const one of blocks) one.free();
  });
});

/** A library that computes nothing and counts. */
function counting(): { calls: string[]; library: Blas } {
  const calls: string[] = [];
  const names = ['gemm', 'sgemm', 'gemv', 'spmv', 'syrk', 'trsm', 'cholesky', 'invert', 'symmetricEigen', 'svd'] as const; // prettier-ignore
  const library = Object.fromEntries(
    names.map((name) => [name, (n: number) => (calls.push(name), name === 'cholesky' ? n : 0)]),
  );
  return { calls, library: library as unknown as Blas };
}

const x = (length: number) => new Float64Array(length);
/** Whether a product of floats went through. */
const single = (m: number, n: number, k: number): boolean => {
  const operand = (length: number, ld: number) => ({ array: new Float32Array(length), start: 0, ld });
  return sgemm(m, n, k, operand(m * k, k), false, operand(k * n, n), false, operand(m * n, n));
};

/** A name, a call that goes through the library, and a smaller one that computes in WebAssembly. */
test.each<[keyof Blas, () => void, () => void]>([
  ['gemm', () => gemm(9, 9, 9, x(81), x(81), x(81)), () => gemm(8, 9, 9, x(72), x(81), x(72))],
  ['gemm', () => gemm(1, 729, 1, x(1), x(729), x(729)), () => gemm(1, 728, 1, x(1), x(728), x(728))],
  ['sgemm', () => single(32, 32, 32), () => single(31, 32, 33)],
  ['gemv', () => gemv(x(64 * 64), x(64), x(64)), () => gemv(x(63 * 65), x(63), x(65))],
  [
    'gemv',
    () => gemv(x(128 * 128), x(128), x(128), { transpose: true }),
    () => gemv(x(127 * 129), x(127), x(129), { transpose: true }),
  ],
  ['spmv', () => spmv(x(256 * 513), x(512), x(512)), () => spmv(x(256 * 511), x(511), x(511))],
  ['syrk', () => syrk(10, 64, x(640), x(100)), () => syrk(10, 63, x(630), x(100))],
  ['trsm', () => trsm(64, 1, x(64 * 64), x(64)), () => trsm(32, 99, x(32 * 32).fill(1), x(32 * 99))],
  [
    'cholesky',
    () => cholesky(16, x(256)),
    () =>
      cholesky(
        15,
        Float64Array.from(x(225), (_, i) => (i % 16 ? 0 : 1)),
      ),
  ],
  ['symmetricEigen', () => symmetricEigen(8, x(64)), () => symmetricEigen(7, x(49))],
  ['svd', () => svd(8, 9, x(72)), () => svd(7, 90, x(630))],
  ['invert', () => invert(100, x(10_000)), () => invert(99, x(9801))],
])('%s goes through a library by size alone', (name, large, small) => {
  const { calls, library } = counting();
  setBlas(library);
  small();
  expect(calls).toEqual([]);
  large();
  expect(calls).toEqual([name]);
});

test('sgemm says whether it did, and leaves C alone where not', () => {
  setBlas(null);
  expect(single(40, 40, 40)).toBe(false);
  const { library } = counting();
  setBlas(library);
  expect(single(40, 40, 40)).toBe(true);
  expect(single(40, 40, 1)).toBe(false);
});

test.each([true, false])('sgemm refuses the same whether a library would compute or not: %s', (through) => {
  setBlas(here[0]?.blas ?? null);
  const size = through ? 40 : 8;
  const float = (length = size * size) => ({ array: new Float32Array(length), start: 0, ld: size });
  const [x, y] = [float(), float()];
  type Changes = Partial<Record<'m' | 'transposeA' | 'transposeB' | 'a' | 'b' | 'c', unknown>>;
  const run =
    ({ m = size, transposeA = false, transposeB = false, a = x, b = x, c = y }: Changes) =>
    () =>
      sgemm(m as number, size, size, a as typeof x, transposeA as boolean, b as typeof x, transposeB as boolean, c as typeof x); // prettier-ignore
  expect(run({ transposeA: 'N' })).toThrow(new TypeError("sgemm: 'transposeA' is 'N'; must be true or false."));
  expect(run({ transposeB: 0 })).toThrow(new TypeError("sgemm: 'transposeB' is 0; must be true or false."));
  expect(run({ m: NaN })).toThrow(/^sgemm: 'm' is NaN; must be an integer from [01] to 2147483647\.$/);
  expect(run({ m: -1 })).toThrow(/^sgemm: 'm' is -1; must be an integer from [01] to 2147483647\.$/);
  expect(run({ a: { ...x, array: new Float64Array(1600) } })).toThrow(/^sgemm: 'a' is .*; must be a Float32Array/);
  expect(run({ b: { ...x, ld: size - 1 } })).toThrow(`sgemm: 'ldb' is ${size - 1}; must be an integer from ${size} to`);
  expect(run({ c: { ...y, start: 1 } })).toThrow(
    `sgemm: 'c' is of length ${size * size}; must be at least ${size * size + 1}`,
  );
  const overlap = (name: string) =>
    new RangeError(`sgemm: 'c' overlaps '${name}'; must not share memory with it. Use another array.`);
  expect(run({ c: x })).toThrow(overlap('a'));
  expect(run({ a: y })).toThrow(overlap('a'));
  expect(run({ b: y })).toThrow(overlap('b'));
  const long = new Float32Array(3 * size * size);
  const b = { array: long.subarray(size * size), start: 0, ld: size };
  expect(run({ b, c: { array: long, start: size * size + 1, ld: size } })).toThrow(overlap('b'));
  expect(run({ b, c: { array: long, start: 0, ld: size } })).not.toThrow();
  expect(run({ m: 0, c: x })()).toBe(false);
});

test('a triangle below 64 rows is halved, and its products alone go through', () => {
  const { calls, library } = counting();
  setBlas(library);
  trsm(63, 1, x(63 * 63).fill(1), x(63));
  expect(calls).toEqual(['gemm']);
});

describe('the self-test', () => {
  const exact: Blas | undefined = here[0]?.blas;

  test.skipIf(exact === undefined)('passes a library that computes, by calling each of its functions', () => {
    const called = new Set<string>();
    const names = Object.keys(exact!) as (keyof Blas)[];
    const counted = Object.fromEntries(
      names.map((name) => [
        name,
        (...values: never[]) => {
          called.add(name);
          return (exact![name] as (...values: never[]) => unknown)(...values);
        },
      ]),
    ) as unknown as Blas;
    selfTest(counted);
    expect([...called].sort()).toEqual([...names].sort());
    expect(blas).toBeNull();
  });

  test.skipIf(exact === undefined)('refuses one that is off, by function and number', () => {
    const off: Blas = {
      ...exact!,
      gemm: (...values) => {
        exact!.gemm(...values);
        values[9].array[values[9].start]! *= 1 + 1e-6;
      },
    };
    expect(() => selfTest(off)).toThrow(/^its gemm is [\d.]+e-[78] off the one in WebAssembly; must be 1e-12 at most$/);
  });

  test.skipIf(exact === undefined)('refuses floats that are off by 1e-5', () => {
    const off: Blas = {
      ...exact!,
      sgemm: (...values) => {
        exact!.sgemm(...values);
        values[8].array[values[8].start]! *= 1 + 1e-3;
      },
    };
    expect(() => selfTest(off)).toThrow(
      /^its sgemm is [\d.]+e-[345] off the one in WebAssembly; must be 0.00001 at most$/,
    );
  });

  /** A library that is right but for products of more than 32³ terms, or for β. */
  const wrong: Record<string, (library: Blas) => Partial<Blas>> = {
    'large products of doubles': (library) => ({
      gemm: (...values) => {
        library.gemm(...values);
        const { array, start, ld } = values[9];
        if (values[0] * values[1] * values[2] > 32 ** 3) array[start + (values[0] - 1) * ld + values[1] - 1]! += 1e-3;
      },
    }),
    'large products of floats': (library) => ({
      sgemm: (...values) => {
        library.sgemm(...values);
        const { array, start, ld } = values[8];
        if (values[0] * values[1] * values[2] > 32 ** 3) array[start + (values[0] - 1) * ld + values[1] - 1]! += 0.1;
      },
    }),
    'β of gemm': (library) => ({
      gemm: (...v) => library.gemm(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 0, v[9]),
    }),
    'β of sgemm': (library) => ({ sgemm: (...v) => library.sgemm(v[0], v[1], v[2], v[3], v[4], v[5], v[6], 0, v[8]) }),
    'β of syrk': (library) => ({ syrk: (...v) => library.syrk(v[0], v[1], v[2], v[3], v[4], 0, v[6]) }),
    'transposed A': (library) => ({ gemm: (...v) => library.gemm(v[0], v[1], v[2], v[3], v[4], false, v[6], v[7], v[8], v[9]) }), // prettier-ignore
  };
  test.skipIf(exact === undefined).each(Object.keys(wrong))('refuses a library that is wrong in %s alone', (name) => {
    expect(() => selfTest({ ...exact!, ...wrong[name]!(exact!) })).toThrow(/^its \w+ is .* off the one in WebAssembly/);
  });

  test('refuses one that computes nothing', () => {
    expect(() => selfTest(counting().library)).toThrow(
      'its gemm is NaN off the one in WebAssembly; must be 1e-12 at most',
    );
    expect(blas).toBeNull();
  });
});
