/** The gateway in front of a library that only writes down what it is called with. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bind, withOneThread, type Koffi, type Library } from '../src/engine-gateway.js';
import type { Blas, Operand } from '../src/engine-slot.js';
import { allocate, type Block } from '../src/index.js';
import { memory } from '../src/memory.js';

interface Call {
  readonly name: string;
  readonly values: readonly unknown[];
}

const calls: Call[] = [];
const blocks: Block[] = [];

/** Where buffers lie: the first that is asked for at 1e6, the next at 2e6, … */
let asked: ArrayBufferLike[] = [];
const address = (view: Uint8Array): bigint => {
  expect([view.byteOffset, view.length]).toEqual([0, 1]);
  return BigInt(1e6 * asked.push(view.buffer));
};
const base = (buffer: ArrayBufferLike): number => 1e6 * (asked.indexOf(buffer) + 1);

/** A library with every function, but those that `lacks` says; `answer` is what they return. */
const library = (
  lacks: (name: string) => boolean = () => false,
  answer: (name: string) => unknown = () => 1,
): Library => ({
  func(definition) {
    const name = /(\w+)\(/.exec(definition)![1]!;
    if (lacks(name)) throw new Error(`Cannot find function '${name}'`);
    return (...values) => {
      calls.push({ name, values });
      return answer(name);
    };
  },
});

let blas: Blas;

beforeEach(() => {
  asked = [];
  ({ blas } = bind(library(), 'file', address));
  calls.length = 0;
});
afterEach(() => {
  for (const block of blocks.splice(0)) block.free();
});

const block = (length: number): Float64Array => {
  blocks.push(allocate(length));
  return blocks.at(-1)!.array;
};
const operand = (array: Float64Array, ld: number, start = 0): Operand => ({ array, start, ld });
/** What the library was called with, in order. */
const passed = () => calls.at(-1)!.values;

test('gemm hands sizes, leading dimensions, transposes, factors and places over', () => {
  const a = new Float64Array(100);
  const b = new Float64Array(200);
  const c = new Float64Array(300);
  blas.gemm(2, 3, 4, 0.5, operand(a, 7), false, operand(b, 8), true, -2, operand(c, 9));
  const places = [base(a.buffer), base(b.buffer), base(c.buffer)];
  expect(new Set(places).size).toBe(3);
  expect(calls).toEqual([
    { name: 'scipy_cblas_dgemm', values: [101, 111, 112, 2, 3, 4, 0.5, places[0], 7, places[1], 8, -2, places[2], 9] },
  ]);
  blas.gemm(2, 3, 4, 0.5, operand(a, 7), true, operand(b, 8), false, -2, operand(c, 9));
  expect(passed().slice(1, 3)).toEqual([112, 111]);
});

test('sgemm hands sizes, leading dimensions, transposes and places over, in units of 4 bytes', () => {
  const whole = new Float32Array(100);
  const [a, b, c] = [whole.subarray(3), new Float32Array(200), new Float32Array(300)];
  const float = (array: Float32Array, ld: number, start = 0) => ({ array, start, ld });
  blas.sgemm(2, 3, 4, float(a, 7, 5), false, float(b, 8), true, 0, float(c, 9));
  const places = [base(whole.buffer) + 4 * 3 + 4 * 5, base(b.buffer), base(c.buffer)];
  expect(calls).toEqual([
    { name: 'scipy_cblas_sgemm', values: [101, 111, 112, 2, 3, 4, 1, places[0], 7, places[1], 8, 0, places[2], 9] },
  ]);
  blas.sgemm(2, 3, 4, float(a, 7), true, float(b, 8), false, 1, float(c, 9));
  expect(passed().slice(1, 3)).toEqual([112, 111]);
  expect(passed()[11]).toBe(1); // β
  const run = (m: number, left = float(a, 7), out = float(c, 9)) =>
    blas.sgemm(m, 3, 4, left, false, float(b, 8), false, 0, out);
  expect(() => run(NaN)).toThrow("sgemm: 'm' is NaN; must be an integer from 1 to 2147483647");
  expect(() => run(2.5)).toThrow("sgemm: 'm' is 2.5; must be an integer from 1 to 2147483647");
  expect(() => run(2, float(a, 3))).toThrow("sgemm: 'lda' is 3; must be an integer from 4 to 2147483647");
  expect(() => run(2, float(a, 7, -1))).toThrow("sgemm: 'start of a' is -1; must be an integer from 0 on");
  expect(() => run(2, float(a, 90))).not.toThrow();
  expect(() => run(2, float(a, 94))).toThrow(
    "sgemm: 'a' is of length 97; must be at least 98: 2 rows of 4, 94 apart, from 0 on.",
  );
  expect(() => run(2, float(a, 7), float(new Float32Array(11), 9))).toThrow(
    "sgemm: 'c' is of length 11; must be at least 12",
  );
  expect(() => run(2, float(new Float64Array(99) as never, 7))).toThrow(/^sgemm: 'a' is .*; must be a Float32Array/);
});

test('places are counted in bytes: the buffer, the offset of the array, the first element', () => {
  const whole = new Float64Array(40);
  const kernel = block(40);
  const outside = whole.subarray(3);
  blas.gemv(2, 2, 1, operand(outside, 2, 5), false, operand(kernel, 2, 4), 0, operand(kernel.subarray(10), 2, 1));
  expect(passed()).toEqual([
    ...[101, 111, 2, 2, 1, base(whole.buffer) + 8 * 3 + 8 * 5, 2],
    ...[base(memory.buffer) + kernel.byteOffset + 8 * 4, 1, 0],
    ...[base(memory.buffer) + kernel.byteOffset + 8 * 10 + 8, 1],
  ]);
});

test('the base of kernel memory is asked for again after it has grown, and only then', () => {
  const product = () => {
    const x = operand(blocks[0]!.array, 2);
    blas.gemm(1, 1, 1, 1, x, false, x, false, 0, operand(blocks[0]!.array, 2, 1));
    return passed()[7] as number;
  };
  block(4);
  const before = product();
  const times = asked.length;
  expect(product()).toBe(before);
  expect(asked).toHaveLength(times);
  const old = memory.buffer;
  memory.grow(1);
  expect(memory.buffer).not.toBe(old);
  expect(product() - before).toBe(base(memory.buffer) - base(old));
  expect(base(memory.buffer)).toBeGreaterThan(base(old));
});

test('the others hand over what they are given', () => {
  const [x, y] = [new Float64Array(100), new Float64Array(100)];
  const [a, b] = [operand(x, 9), operand(y, 10)];
  const values = (run: () => void) => {
    run();
    return { name: calls.at(-1)!.name.replace('scipy_', ''), values: passed() };
  };
  blas.spmv(3, 0.5, a, b, b);
  const [at, to] = [base(x.buffer), base(y.buffer)];
  expect(values(() => blas.gemv(2, 3, 0.5, a, true, b, -2, b))).toEqual({
    name: 'cblas_dgemv',
    values: [101, 112, 2, 3, 0.5, at, 9, to, 1, -2, to, 1],
  });
  expect(values(() => blas.spmv(3, 0.5, a, b, b))).toEqual({
    name: 'cblas_dspmv',
    values: [101, 122, 3, 0.5, at, to, 1, 1, to, 1],
  });
  expect(values(() => blas.syrk(2, 3, 0.5, a, true, -2, b))).toEqual({
    name: 'cblas_dsyrk',
    values: [101, 122, 112, 2, 3, 0.5, at, 9, -2, to, 10],
  });
  expect(values(() => blas.trsm(2, 3, a, b, false, true))).toEqual({
    name: 'cblas_dtrsm',
    values: [101, 141, 122, 112, 131, 2, 3, 1, at, 9, to, 10],
  });
  expect(values(() => blas.trsm(2, 3, a, b, true, false))).toEqual({
    name: 'cblas_dtrsm',
    values: [101, 142, 122, 111, 131, 3, 2, 1, at, 9, to, 10],
  });
});

test('LAPACK gets sizes by address, Fortran’s U is our Vᵀ, and its room is asked for first', () => {
  const buffers: ArrayBufferLike[] = [];
  const at = (pointer: unknown) => ({
    buffer: buffers[Math.floor((pointer as number) / 1e6) - 1]!,
    offset: (pointer as number) % 1e6,
  });
  const word = (pointer: unknown) => new Int32Array(at(pointer).buffer, at(pointer).offset, 1)[0];
  const write = (pointer: unknown, value: number) => {
    new Int32Array(at(pointer).buffer, at(pointer).offset, 1)[0] = value;
  };
  const seen: unknown[][] = [];
  const arrays = Array.from({ length: 4 }, () => new Float64Array(100));
  const nameOf = (pointer: unknown) =>
    ['a', 'values', 'u', 'vt'][arrays.findIndex(({ buffer }) => buffer === at(pointer).buffer)];
  const lapack: Library = {
    func: (definition) => {
      const name = /(\w+)_\(/.exec(definition)?.[1];
      return (...values) => {
        if (name === 'scipy_dgesdd') {
          const [job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info, length] = values;
          seen.push([job, ...[m, n, lda, ldu, ldvt, lwork].map(word), length]);
          seen.push([a, s, u, vt].map(nameOf));
          if (word(lwork) === -1) new Float64Array(at(work).buffer)[0] = 77;
          else expect([at(work).buffer.byteLength, at(iwork).buffer.byteLength]).toEqual([8 * 77, 4 * 16]);
          write(info, 4);
        } else if (name === 'scipy_dsyevd') {
          const [job, uplo, n, a, lda, w, work, lwork, iwork, liwork, info, ...lengths] = values;
          seen.push([job, uplo, ...[n, lda, lwork, liwork].map(word), ...lengths]);
          seen.push([a, w].map(nameOf));
          expect([at(work).buffer.byteLength, at(iwork).buffer.byteLength]).toEqual([8 * 37, 4 * 18]);
          write(info, 5);
        } else if (name === 'scipy_dgetrf') {
          const [m, n, a, lda, pivots, info] = values;
          seen.push([m, n, lda, info].map(word), [nameOf(a)]);
          expect(at(pivots).buffer.byteLength).toBe(4 * 3);
        } else if (name === 'scipy_dgetri') {
          const [n, a, lda, pivots, work, lwork, info] = values;
          seen.push([n, lda, lwork, info].map(word), [nameOf(a)]);
          expect([at(pivots).buffer.byteLength, at(work).buffer.byteLength]).toEqual([4 * 3, 8 * 192]);
        }
        return 1;
      };
    },
  };
  const { blas: noting } = bind(lapack, 'file', (view) => BigInt(1e6 * buffers.push(view.buffer)));
  const [a, values, u, vt] = arrays.map((array, i) => operand(array, 9 - i)) as [Operand, Operand, Operand, Operand];
  expect(noting.svd(2, 5, a, values, u, vt)).toBe(4);
  const places = ['a', 'values', 'vt', 'u'];
  expect(seen).toEqual([['S', 5, 2, 9, 6, 7, -1, 1], places, ['S', 5, 2, 9, 6, 7, 77, 1], places]);
  seen.length = 0;
  expect(noting.symmetricEigen(3, a, values)).toBe(5);
  expect(seen).toEqual([
    ['V', 'U', 3, 9, 37, 18, 1, 1],
    ['a', 'values'],
  ]);
  seen.length = 0;
  a.array.fill(1);
  expect(noting.invert(3, a)).toBe(0);
  expect(seen).toEqual([[3, 3, 9, 0], ['a'], [3, 9, 192, 0], ['a']]);
});

const x = operand(new Float64Array(12), 4);
const within = (change: Partial<Operand>): Operand => ({ ...x, ...change });

test.each<[string, () => unknown, string]>([
  [
    'a fraction',
    () => blas.gemm(2.7, 2, 2, 1, x, false, x, false, 0, x),
    "gemm: 'm' is 2.7; must be an integer from 1 to 2147483647.",
  ],
  [
    'NaN',
    () => blas.gemm(2, NaN, 2, 1, x, false, x, false, 0, x),
    "gemm: 'n' is NaN; must be an integer from 1 to 2147483647.",
  ],
  [
    'none',
    () => blas.gemm(2, 2, 0, 1, x, false, x, false, 0, x),
    "gemm: 'k' is 0; must be an integer from 1 to 2147483647.",
  ],
  [
    'too many',
    () => blas.spmv(2 ** 31, 1, x, x, x),
    "spmv: 'd' is 2147483648; must be an integer from 1 to 2147483647.",
  ],
  [
    'rows',
    () => blas.gemv(-1, 2, 1, x, false, x, 0, x),
    "gemv: 'rows' is -1; must be an integer from 1 to 2147483647.",
  ],
  [
    'columns',
    () => blas.gemv(2, 1.5, 1, x, false, x, 0, x),
    "gemv: 'columns' is 1.5; must be an integer from 1 to 2147483647.",
  ],
  ['syrk n', () => blas.syrk(0, 2, 1, x, false, 0, x), "syrk: 'n' is 0; must be an integer from 1 to 2147483647."],
  [
    'syrk k',
    () => blas.syrk(2, Infinity, 1, x, false, 0, x),
    "syrk: 'k' is Infinity; must be an integer from 1 to 2147483647.",
  ],
  ['trsm n', () => blas.trsm(NaN, 2, x, x, false, false), "trsm: 'n' is NaN; must be an integer from 1 to 2147483647."],
  ['trsm m', () => blas.trsm(2, 0.5, x, x, false, false), "trsm: 'm' is 0.5; must be an integer from 1 to 2147483647."],
  ['cholesky n', () => blas.cholesky(0, x), "cholesky: 'n' is 0; must be an integer from 1 to 2147483647."],
  ['invert n', () => blas.invert(-3, x), "invert: 'n' is -3; must be an integer from 1 to 2147483647."],
  [
    'rows too close',
    () => blas.gemm(2, 2, 5, 1, x, false, x, false, 0, x),
    "gemm: 'lda' is 4; must be an integer from 5 to 2147483647.",
  ],
  [
    'a fraction apart',
    () => blas.gemm(2, 2, 2, 1, x, false, within({ ld: 2.5 }), false, 0, x),
    "gemm: 'ldb' is 2.5; must be an integer from 2 to 2147483647.",
  ],
  [
    'c too close',
    () => blas.gemm(2, 3, 2, 1, x, false, x, false, 0, within({ ld: 2 })),
    "gemm: 'ldc' is 2; must be an integer from 3 to 2147483647.",
  ],
  [
    'an end behind the array',
    () => blas.gemm(3, 2, 4, 1, within({ start: 1 }), false, x, false, 0, x),
    "gemm: 'a' is of length 12; must be at least 13: 3 rows of 4, 4 apart, from 1 on.",
  ],
  [
    'a transposed operand, as it is stored',
    () => blas.gemm(2, 2, 4, 1, x, true, x, false, 0, x),
    "gemm: 'a' is of length 12; must be at least 14: 4 rows of 2, 4 apart, from 0 on.",
  ],
  [
    'b',
    () => blas.gemm(2, 4, 3, 1, x, false, x, true, 0, x),
    "gemm: 'b' is of length 12; must be at least 15: 4 rows of 3, 4 apart, from 0 on.",
  ],
  [
    'c',
    () => blas.gemm(4, 2, 2, 1, within({ ld: 3 }), false, x, false, 0, x),
    "gemm: 'c' is of length 12; must be at least 14: 4 rows of 2, 4 apart, from 0 on.",
  ],
  [
    'a start before the array',
    () => blas.gemm(2, 2, 2, 1, within({ start: -1 }), false, x, false, 0, x),
    "gemm: 'start of a' is -1; must be an integer from 0 on.",
  ],
  [
    'a start of NaN',
    () => blas.cholesky(2, within({ start: NaN })),
    "cholesky: 'start of a' is NaN; must be an integer from 0 on.",
  ],
  [
    'a vector',
    () => blas.gemv(2, 3, 1, x, true, within({ ld: 2, start: 11 }), 0, x),
    "gemv: 'x' is of length 12; must be at least 13: 1 rows of 2, 2 apart, from 11 on.",
  ],
  [
    'a matrix of gemv',
    () => blas.gemv(4, 3, 1, x, false, x, 0, x),
    "gemv: 'a' is of length 12; must be at least 15: 4 rows of 3, 4 apart, from 0 on.",
  ],
  [
    'a packed matrix',
    () => blas.spmv(5, 1, within({ ld: 15 }), within({ ld: 5 }), within({ ld: 5 })),
    "spmv: 'a' is of length 12; must be at least 15: 1 rows of 15, 15 apart, from 0 on.",
  ],
  [
    'C of syrk',
    () => blas.syrk(4, 2, 1, within({ ld: 3 }), false, 0, x),
    "syrk: 'c' is of length 12; must be at least 16: 4 rows of 4, 4 apart, from 0 on.",
  ],
  [
    'B of trsm',
    () => blas.trsm(3, 2, x, within({ start: 8 }), false, false),
    "trsm: 'b' is of length 12; must be at least 18: 3 rows of 2, 4 apart, from 8 on.",
  ],
  ['eigen n', () => blas.symmetricEigen(0, x, x), "symmetricEigen: 'n' is 0; must be an integer from 1 to 32766."],
  [
    'more rows than there is room for to work in',
    () => blas.symmetricEigen(32_767, x, x),
    "symmetricEigen: 'n' is 32767; must be an integer from 1 to 32766.",
  ],
  [
    'more singular values than there is room for to work in',
    () => blas.svd(23_170, 1e6, x, x, x, x),
    "svd: 'm' is 23170; must be an integer from 1 to 23169.",
  ],
  [
    'more singular values of a tall matrix',
    () => blas.svd(1e6, 23_170, x, x, x, x),
    "svd: 'n' is 23170; must be an integer from 1 to 23169.",
  ],
  [
    'a matrix of eigenvectors',
    () => blas.symmetricEigen(4, x, x),
    "symmetricEigen: 'a' is of length 12; must be at least 16: 4 rows of 4, 4 apart, from 0 on.",
  ],
  [
    'room for eigenvalues',
    () => blas.symmetricEigen(3, x, within({ start: 10 })),
    "symmetricEigen: 'values' is of length 12; must be at least 13: 1 rows of 3, 4 apart, from 10 on.",
  ],
  ['svd m', () => blas.svd(NaN, 2, x, x, x, x), "svd: 'm' is NaN; must be an integer from 1 to 2147483647."],
  ['svd n', () => blas.svd(2, 2.5, x, x, x, x), "svd: 'n' is 2.5; must be an integer from 1 to 2147483647."],
  [
    'U',
    () => blas.svd(3, 4, x, x, within({ start: 2 }), x),
    "svd: 'u' is of length 12; must be at least 13: 3 rows of 3, 4 apart, from 2 on.",
  ],
  [
    'Vᵀ',
    () => blas.svd(3, 4, x, x, x, within({ start: 1 })),
    "svd: 'vt' is of length 12; must be at least 13: 3 rows of 4, 4 apart, from 1 on.",
  ],
  [
    'a matrix of invert',
    () => blas.invert(4, x),
    "invert: 'a' is of length 12; must be at least 16: 4 rows of 4, 4 apart, from 0 on.",
  ],
])('refuses %s before the library is called', (_, run, message) => {
  expect(run).toThrow(new RangeError(message));
  expect(calls).toEqual([]);
});

test('refuses what is no Float64Array, and a view whose memory has grown or was handed over', () => {
  const call = (array: unknown) => () => blas.cholesky(2, { array: array as Float64Array, start: 0, ld: 2 });
  expect(call(new Float32Array(4))).toThrow(
    new TypeError("cholesky: 'a' is a Float32Array; must be a Float64Array. Convert it by Float64Array.from."),
  );
  expect(call([1, 2, 3, 4])).toThrow(
    new TypeError("cholesky: 'a' is [1, 2, 3, 4]; must be a Float64Array. Convert it by Float64Array.from."),
  );
  const short = "cholesky: 'a' is of length 0; must be at least 4: 2 rows of 2, 2 apart, from 0 on.";
  const view = block(4);
  memory.grow(1);
  expect(call(view)).toThrow(new RangeError(short));
  const moved = new Float64Array(4);
  structuredClone(moved, { transfer: [moved.buffer] });
  expect(call(moved)).toThrow(new RangeError(short));
  expect(calls).toEqual([]);
});

test('a refused call leaves nothing behind for the next', () => {
  expect(() => blas.gemm(2, 2, 2, 1, x, false, x, false, 0, within({ start: 11 }))).toThrow(RangeError);
  blas.gemm(2, 2, 2, 1, x, false, x, false, 0, operand(new Float64Array(12), 4));
  expect(passed()).toHaveLength(14);
});

test('products refuse switches that are neither true nor false, and factors that are no numbers, by name', () => {
  const c = operand(new Float64Array(12), 4);
  const float = { array: new Float32Array(12), start: 0, ld: 4 };
  const to = { ...float, array: new Float32Array(12) };
  const gemm = (alpha: unknown, transposeA: unknown, transposeB: unknown, beta: unknown) => () =>
    blas.gemm(2, 2, 2, alpha as number, x, transposeA as boolean, x, transposeB as boolean, beta as number, c);
  const sgemm = (transposeA: unknown, transposeB: unknown, beta: unknown) => () =>
    blas.sgemm(2, 2, 2, float, transposeA as boolean, float, transposeB as boolean, beta as number, to);
  const refused = (run: () => void, message: string) => expect(run).toThrow(new TypeError(message));
  refused(gemm(1, 'N', false, 0), "gemm: 'transposeA' is 'N'; must be true or false.");
  refused(gemm(1, false, 1, 0), "gemm: 'transposeB' is 1; must be true or false.");
  refused(gemm('1', false, false, 0), "gemm: 'alpha' is '1'; must be a number.");
  refused(gemm(1, false, false, null), "gemm: 'beta' is null; must be a number.");
  refused(sgemm('N', false, 0), "sgemm: 'transposeA' is 'N'; must be true or false.");
  refused(sgemm(false, undefined, 0), "sgemm: 'transposeB' is undefined; must be true or false.");
  refused(sgemm(false, false, '0'), "sgemm: 'beta' is '0'; must be a number.");
  expect(calls).toEqual([]);
  gemm(NaN, false, true, Infinity)();
  expect(passed()).toHaveLength(14);
});

test('products refuse a C that has an element of A or B, and take parts of one array that have none in common', () => {
  const array = new Float64Array(100);
  const single = new Float32Array(100);
  const run = (
    c: readonly [start: number, ld: number],
    a: readonly [start: number, ld: number],
    transposed = false,
  ) => {
    const other = operand(new Float64Array(100), 9);
    const float = { ...other, array: new Float32Array(100) };
    const at = ([start, ld]: readonly [number, number]) => operand(array, ld, start);
    const floatAt = ([start, ld]: readonly [number, number]) => ({ array: single, start, ld });
    // C is 3 × 2; A, which has four terms, and B are 3 × 4 and 4 × 2, or as they are stored.
    blas.gemm(3, 2, 4, 1, at(a), transposed, other, false, 0, at(c));
    blas.sgemm(3, 2, 4, floatAt(a), transposed, float, false, 0, floatAt(c));
  };
  const overlap = new RangeError("gemm: 'c' overlaps 'a'; must not share memory with it. Use another array.");
  expect(() => run([0, 4], [0, 4])).toThrow(overlap);
  expect(() => run([11, 4], [0, 4])).toThrow(overlap);
  expect(() => run([0, 4], [9, 4])).toThrow(overlap);
  // Rows 0 to 3 and 10 to 13: element 13 is the first of the second row of C.
  expect(() => run([3, 10], [0, 10])).toThrow(overlap);
  expect(() => run([4, 9], [0, 10])).toThrow(overlap);
  // Of Aᵀ, 4 × 3: rows begin at 0, 10, 20 and 30.
  expect(() => run([32, 4], [0, 10], true)).toThrow(overlap);
  expect(calls).toEqual([]);
  run([12, 2], [0, 4]);
  run([0, 2], [6, 4]);
  run([4, 10], [0, 10]);
  run([3, 10], [0, 10], true);
  run([0, 10], [2, 10]);
  run([33, 10], [0, 10], true);
  expect(calls).toHaveLength(12);

  const [other, floats] = [operand(array, 4), { array: single, start: 0, ld: 4 }];
  const b = { ...other, array: new Float64Array(100) };
  expect(() => blas.gemm(3, 2, 4, 1, b, false, other, false, 0, operand(array, 2, 13))).toThrow(
    new RangeError("gemm: 'c' overlaps 'b'; must not share memory with it. Use another array."),
  );
  const apart = { ...floats, array: new Float32Array(100) };
  for (const [left, right, name] of [
    [floats, apart, 'a'],
    [apart, floats, 'b'],
  ] as const) {
    expect(() => blas.sgemm(3, 2, 4, left, false, right, false, 0, { ...floats, array: single.subarray(1) })).toThrow(
      new RangeError(`sgemm: 'c' overlaps '${name}'; must not share memory with it. Use another array.`),
    );
  }
});

test('an array that a call used is collected afterwards', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (() => {
    const array = new Float64Array(4);
    blas.gemm(2, 2, 2, 1, operand(array, 2), false, x, false, 0, operand(new Float64Array(4), 2));
    return new WeakRef(array);
  })();
  return new Promise((resolve) => setTimeout(resolve)).then(() => {
    collect();
    expect(used.deref()).toBeUndefined();
  });
});

test('LAPACK’s info says which row is not positive', () => {
  const buffers: ArrayBufferLike[] = [];
  const stopping: Library = {
    func:
      () =>
      (...values) => {
        if (values.length !== 6) return 1;
        const info = values[4] as number;
        new Int32Array(buffers[Math.floor(info / 1e6) - 1]!, info % 1e6, 1)[0] = 2;
        return undefined;
      },
  };
  const { blas: half } = bind(stopping, 'file', (view) => BigInt(1e6 * buffers.push(view.buffer)));
  const ones = operand(new Float64Array(9).fill(1), 3);
  expect(half.cholesky(3, ones)).toBe(1);
  expect(blas.cholesky(3, ones)).toBe(3);
});

test('what LAPACK refuses is an error that names the argument', () => {
  const buffers: ArrayBufferLike[] = [];
  let refused = '';
  const refusing: Library = {
    func: (definition) => {
      const name = /(\w+)_\(/.exec(definition)?.[1];
      return (...values) => {
        const place = { dpotrf: 4, dgetrf: 5, dgetri: 6, dsyevd: 10, dgesdd: 13 }[name?.replace('scipy_', '') ?? ''];
        const bufferOf = (pointer: unknown) => buffers[Math.floor((pointer as number) / 1e6) - 1]!;
        if (name === 'scipy_dgesdd') new Float64Array(bufferOf(values[10]))[0] = 5; // the room that it wants
        if (name !== `scipy_${refused}` || place === undefined) return 1;
        const info = values[place] as number;
        new Int32Array(bufferOf(info), info % 1e6, 1)[0] = -3;
        return undefined;
      };
    },
  };
  const { blas: other } = bind(refusing, 'file', (view) => BigInt(1e6 * buffers.push(view.buffer)));
  const one = () => operand(new Float64Array(9).fill(1), 3);
  for (const [name, run] of [
    ['dpotrf', () => other.cholesky(3, one())],
    ['dgetrf', () => other.invert(3, one())],
    ['dgetri', () => other.invert(3, one())],
    ['dsyevd', () => other.symmetricEigen(3, one(), one())],
    ['dgesdd', () => other.svd(3, 3, one(), one(), one(), one())],
  ] as const) {
    refused = '';
    expect(run, name).not.toThrow();
    refused = name;
    expect(run, name).toThrow(/^\w+: LAPACK refused its argument 3; must take all\. Take another library\.$/);
  }
});

test('knows a library by its functions, with scipy_ before them or without', () => {
  const names = (lacks: (name: string) => boolean) => {
    calls.length = 0;
    bind(library(lacks), 'file', address).blas.spmv(1, 1, x, x, x);
    return calls.at(-1)!.name;
  };
  expect(names(() => false)).toBe('scipy_cblas_dspmv');
  expect(names((name) => name.startsWith('scipy_'))).toBe('cblas_dspmv');
  expect(() =>
    bind(
      library(() => true),
      'file',
      address,
    ),
  ).toThrow(
    new Error("it has no function cblas_dgemm, with scipy_ before or without: it is no BLAS with C's interface"),
  );
  expect(() =>
    bind(
      library((name) => name.endsWith('dpotrf_')),
      'file',
      address,
    ),
  ).toThrow(new Error("Cannot find function 'scipy_dpotrf_'"));
});

test('refuses 64-bit integers, by the names of functions and by what they write', () => {
  const message = 'it is built with 64-bit integers; must have 32-bit ones. Take the other build (scipy-openblas32)';
  expect(() =>
    bind(
      library((name) => !name.endsWith('64_')),
      'file',
      address,
    ),
  ).toThrow(new Error(message));
  const buffers: ArrayBufferLike[] = [];
  const wide: Library = {
    func: (definition) => {
      const name = /(\w+)\(/.exec(definition)![1]!;
      return (...values) => {
        if (!name.endsWith('dpotrf_')) return 1;
        const info = values[4] as number;
        // The whole of 64 bits is written, as such a library does.
        new BigInt64Array(buffers[Math.floor(info / 1e6) - 1]!, info % 1e6, 1)[0] = 0n;
        return undefined;
      };
    },
  };
  expect(() => bind(wide, 'file', (view) => BigInt(1e6 * buffers.push(view.buffer)))).toThrow(new Error(message));
});

test('refuses more threads than one', () => {
  const threads = library(undefined, (name) => (name.endsWith('num_threads') ? 2 : 0));
  expect(() => bind(threads, 'file', address)).toThrow(
    new Error(
      'it computes with 2 threads; must be one. Another part of this process had loaded it before: choose the engine first',
    ),
  );
});

test('says what OpenBLAS says of itself, and of another library its file and the processor', () => {
  const answers: Record<string, unknown> = {
    scipy_openblas_get_config: 'OpenBLAS 0.3.34.481.3 DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64',
    scipy_openblas_get_corename: 'SkylakeX',
    scipy_openblas_get_num_threads: 1,
  };
  expect(
    bind(
      library(undefined, (name) => answers[name]),
      'file',
      address,
    ),
  ).toMatchObject({
    version: 'OpenBLAS 0.3.34.481.3',
    core: 'SkylakeX',
  });
  const { version, core } = bind(
    library((name) => name.includes('openblas')),
    'libmkl_rt.so.2',
    address,
  );
  expect(version).toBe('libmkl_rt.so.2');
  expect(core).not.toBe('');
});

/** A C library whose environment is `environment`. */
function cWith(environment: Record<string, string>): Koffi {
  return {
    address,
    load: (path) => {
      expect(path).toBe(process.platform === 'win32' ? 'kernel32.dll' : null);
      return {
        func: (definition) => {
          if (definition.includes('getenv')) return (name) => environment[name as string] ?? null;
          if (definition.includes('unsetenv')) return (name) => Reflect.deleteProperty(environment, name as string);
          return (name, value) => (environment[name as string] = value as string);
        },
      };
    },
  };
}

test('C sees one thread while a library is loaded, and its own environment afterwards, whatever happens', () => {
  const environment: Record<string, string> = { OPENBLAS_NUM_THREADS: '7', MKL_NUM_THREADS: '' };
  const c = cWith(environment);
  const inside = withOneThread(c, () => ({ ...environment }));
  expect(inside).toEqual({
    OPENBLAS_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
    VECLIB_MAXIMUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
    MKL_THREADING_LAYER: 'SEQUENTIAL',
    MKL_INTERFACE_LAYER: 'LP64',
  });
  expect(environment).toEqual({ OPENBLAS_NUM_THREADS: '7', MKL_NUM_THREADS: '' });
  const fail = () => {
    throw new Error('no library');
  };
  expect(() => withOneThread(c, fail)).toThrow('no library');
  expect(environment).toEqual({ OPENBLAS_NUM_THREADS: '7', MKL_NUM_THREADS: '' });
});

test('what another worker has set for its own loading is not put back after it', () => {
  const environment: Record<string, string> = {};
  const c = cWith(environment);
  withOneThread(c, () => {
    const others = { ...environment };
    // Another begins now and ends after this one has put the environment back.
    withOneThread(c, () => {
      for (const name of Object.keys(environment)) Reflect.deleteProperty(environment, name);
    });
    expect(environment).toEqual({});
    Object.assign(environment, others);
  });
  expect(environment).toEqual({});
});
