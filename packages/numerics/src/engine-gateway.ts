/**
 * The door to native code: the one module that loads libraries and calls them, through the npm package `koffi`.
 *
 * Nothing behind this door is safe. At a wrong leading dimension a BLAS prints a line and leaves C as it was, for a size of
 * NaN it computes nothing, it takes 4.7 for 4, and at a wrong address the process ends. So every size is checked here, and
 * that every operand ends within its array, whatever the caller has checked before.
 *
 * Pointers are numbers: the address of an array's buffer, asked once for each buffer object (WebAssembly memory that has
 * grown shows another one), plus the array's offset in it. So arrays go in where they lie.
 */
import { addressOf, kernelBuffer, refresh, requireDoubles, requireNumber, requireSwitch } from './border.js';
import { invalid } from './check.js';
import type { Blas, FloatOperand, Operand } from './engine-slot.js';
import { MOST, refuseShared, requireFloats, requireWithin } from './operands.js';
import { exports } from './wasm.js';

/** A function of a library. */
type Native = (...values: readonly (number | string | null)[]) => unknown;

/** What is used of a library that koffi has loaded. */
export interface Library {
  /** @throws Error where the library has no such function */
  func(definition: string): Native;
}

/** What is used of koffi. */
export interface Koffi {
  /** @param path null: what the process has loaded, the C library with it */
  load(path: string | null): Library;
  address(view: Uint8Array): bigint;
}

/** A library that is ready to compute. */
export interface Loaded {
  readonly blas: Blas;
  /** Of OpenBLAS; of another library the name of its file. */
  readonly version: string;
  /** Whose kernels OpenBLAS has chosen; of another library the processor, which it chooses by. */
  readonly core: string;
}

/**
 * The package koffi.
 * @throws Error where it is not installed, or not made for this machine
 */
export function koffi(): Koffi {
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  try {
    require.resolve('koffi');
  } catch {
    throw new Error('the package koffi is not installed: npm install koffi');
  }
  return require('koffi') as Koffi;
}

/**
 * Runs `load` while the environment that C sees asks BLAS for one thread and 32-bit integers: libraries start their threads
 * when they are loaded or called first, and a thread once started spins. `process.env` of a Worker does not reach C.
 *
 * All threads of a process share that environment, and nothing here can lock it. What has its value already is left alone: it
 * may be another worker's, which puts the old one back; to put its value back would keep it for good.
 */
export function withOneThread<T>({ load: open }: Koffi, load: () => T): T {
  const windows = process.platform === 'win32';
  const c = open(windows ? 'kernel32.dll' : null);
  const get = windows ? (name: string) => process.env[name] ?? null : c.func('const char *getenv(const char *)');
  const set = c.func(
    windows
      ? 'int SetEnvironmentVariableA(const char *, const char *)'
      : 'int setenv(const char *, const char *, int overwrite)',
  );
  const unset = windows ? (name: string) => set(name, null) : c.func('int unsetenv(const char *)');
  const put = (name: string, value: string) => (windows ? set(name, value) : set(name, value, 1));
  const changed = Object.entries(ONE_THREAD)
    .map(([name, value]) => ({ name, value, before: get(name) as string | null }))
    .filter(({ value, before }) => value !== before);
  for (const { name, value } of changed) put(name, value);
  try {
    return load();
  } finally {
    for (const { name, before: value } of changed) {
      if (value === null) unset(name);
      else put(name, value);
    }
  }
}

const ONE_THREAD: Readonly<Record<string, string>> = {
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1', // of builds on OpenMP
  VECLIB_MAXIMUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  MKL_THREADING_LAYER: 'SEQUENTIAL',
  MKL_INTERFACE_LAYER: 'LP64',
};

/**
 * Binds the functions of a library.
 * @param file what its name is, to be told where it knows no version
 * @param address of a view's first byte
 * @throws Error for a library that lacks a function, has 64-bit integers, or computes with several threads
 */
export function bind(library: Library, file: string, address: Koffi['address']): Loaded {
  const prefix = prefixOf(library);
  const ask = (result: string, name: string): unknown => {
    try {
      return library.func(`${result} ${prefix}openblas_${name}()`)();
    } catch {
      return undefined; // not OpenBLAS
    }
  };
  const threads = ask('int', 'get_num_threads') ?? 1;
  if (threads !== 1) {
    throw new Error(
      `it computes with ${String(threads)} threads; must be one. Another part of this process had loaded it before: choose the engine first`,
    );
  }
  const blas = functions(library, prefix, address);
  const config = ask('const char *', 'get_config') as string | undefined;
  return {
    blas,
    version: /^OpenBLAS [\w.]+/.exec(config ?? '')?.[0] ?? file,
    core:
      (ask('const char *', 'get_corename') as string | undefined) ??
      process.getBuiltinModule('node:os').cpus()[0]?.model ??
      process.arch,
  };
}

/** What stands before the names of a library's functions. */
function prefixOf(library: Library): string {
  const has = (name: string): boolean => {
    try {
      library.func(`void ${name}()`);
      return true;
    } catch {
      return false;
    }
  };
  const prefix = PREFIXES.find((one) => has(`${one}cblas_dgemm`));
  if (prefix !== undefined) return prefix;
  if (PREFIXES.some((one) => has(`${one}cblas_dgemm64_`))) throw new Error(WIDE);
  throw new Error(
    `it has no function cblas_dgemm, with ${PREFIXES[0]} before or without: it is no BLAS with C's interface`,
  );
}

const PREFIXES = ['scipy_', ''];
const WIDE = 'it is built with 64-bit integers; must have 32-bit ones. Take the other build (scipy-openblas32)';

/** Of CBLAS. */
const ROW_MAJOR = 101;
const NOT_TRANSPOSED = 111;
const TRANSPOSED = 112;
const LOWER = 122;
const NOT_UNIT = 131;
const LEFT = 141;
const RIGHT = 142;

/** Koffi would say of a text only that it is none of C's numbers, and 'N' for "not transposed" counts as true. */
function checkHow(name: string, transposeA: boolean, transposeB: boolean, alpha: number, beta: number): void {
  requireSwitch(name, 'transposeA', transposeA);
  requireSwitch(name, 'transposeB', transposeB);
  requireNumber(name, 'alpha', alpha);
  requireNumber(name, 'beta', beta);
}

function size(name: string, option: string, value: number, most = MOST): number {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw invalid(name, option, value, `an integer from 1 to ${most}`);
  }
  return value;
}

/** What LAPACK says in `info` of what became of the numbers; below 0 it has computed nothing. */
function outcome(name: string, info: number): number {
  if (info < 0) throw new Error(`${name}: LAPACK refused its argument ${-info}; must take all. Take another library.`);
  return info;
}

function functions(library: Library, prefix: string, address: Koffi['address']): Blas {
  const bases = new WeakMap<ArrayBufferLike, number>();
  const base = (buffer: ArrayBufferLike): number => {
    let at = bases.get(buffer);
    if (at === undefined) {
      at = Number(address(new Uint8Array(buffer, 0, 1)));
      bases.set(buffer, at);
    }
    return at;
  };

  // A number does not keep an array from being collected; these do, until `release` after the call.
  const held: (ArrayBufferView | null)[] = [];
  let count = 0;
  const place = (view: ArrayBufferView): number => {
    held[count++] = view;
    return base(view.buffer) + view.byteOffset;
  };
  // Views that `allocate` gives tell their offset at once; to ask for buffers would take half the time of a call.
  let kernels: ArrayBufferLike | undefined;
  let kernelBase = 0;
  const find = (array: Float64Array): number => {
    refresh();
    const offset = addressOf(array);
    if (offset === 0) return place(array);
    if (kernels !== kernelBuffer) {
      kernels = kernelBuffer;
      kernelBase = base(kernelBuffer);
    }
    return kernelBase + offset;
  };
  const release = (): void => {
    while (count > 0) held[--count] = null;
  };

  /** Address of rows × columns elements in x. */
  const pointer = (name: string, option: string, x: Operand, rows: number, columns: number): number => {
    requireDoubles(name, option, x.array);
    requireWithin(name, option, x, rows, columns);
    return find(x.array) + 8 * x.start;
  };
  const floats = (name: string, option: string, x: FloatOperand, rows: number, columns: number): number => {
    requireFloats(name, option, x.array);
    requireWithin(name, option, x, rows, columns);
    return place(x.array) + 4 * x.start;
  };

  const native = (name: string, types: string): Native => library.func(`void ${prefix}${name}(${types})`);
  const dgemm = native(
    'cblas_dgemm',
    'int, int, int, int, int, int, double, int64_t, int, int64_t, int, double, int64_t, int',
  );
  const single = native(
    'cblas_sgemm',
    'int, int, int, int, int, int, float, int64_t, int, int64_t, int, float, int64_t, int',
  );
  const dgemv = native('cblas_dgemv', 'int, int, int, int, double, int64_t, int, int64_t, int, double, int64_t, int');
  const dspmv = native('cblas_dspmv', 'int, int, int, double, int64_t, int64_t, int, double, int64_t, int');
  const dsyrk = native('cblas_dsyrk', 'int, int, int, int, int, double, int64_t, int, double, int64_t, int');
  const dtrsm = native('cblas_dtrsm', 'int, int, int, int, int, int, int, double, int64_t, int, int64_t, int');
  // LAPACK by its Fortran names, which every build has: all arguments are pointers, and the lengths of texts come last.
  const dpotrf = native('dpotrf_', 'const char *, int64_t, int64_t, int64_t, int64_t, size_t');
  const dgetrf = native('dgetrf_', 'int64_t, int64_t, int64_t, int64_t, int64_t, int64_t');
  const dgetri = native('dgetri_', 'int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t');
  const dsyevd = native(
    'dsyevd_',
    'const char *, const char *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, size_t, size_t',
  );
  const dgesdd = native(
    'dgesdd_',
    'const char *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, size_t',
  );

  /** What LAPACK reads sizes from, and where it writes what became of it. */
  const integers = new Int32Array(8);
  const word = (index: number): number => base(integers.buffer) + 4 * index;

  // A size of 64 bits reads its neighbour too, which is 0 here, and a result of 64 bits overwrites it.
  const one = Float64Array.of(4);
  integers.set([1, 0, 1, 0, 7, 7]);
  dpotrf('U', word(0), base(one.buffer), word(2), word(4), 1);
  if (integers[5] !== 7) throw new Error(WIDE);

  return {
    gemm(m, n, k, alpha, a, transposeA, b, transposeB, beta, c) {
      checkHow('gemm', transposeA, transposeB, alpha, beta);
      size('gemm', 'm', m);
      size('gemm', 'n', n);
      size('gemm', 'k', k);
      const aRows = transposeA ? k : m;
      const aColumns = transposeA ? m : k;
      const bRows = transposeB ? n : k;
      const bColumns = transposeB ? k : n;
      const left = pointer('gemm', 'a', a, aRows, aColumns);
      const right = pointer('gemm', 'b', b, bRows, bColumns);
      const to = pointer('gemm', 'c', c, m, n);
      refuseShared('gemm', to, m, 8 * c.ld, 8 * n, 'a', left, aRows, 8 * a.ld, 8 * aColumns);
      refuseShared('gemm', to, m, 8 * c.ld, 8 * n, 'b', right, bRows, 8 * b.ld, 8 * bColumns);
      const first = transposeA ? TRANSPOSED : NOT_TRANSPOSED;
      const second = transposeB ? TRANSPOSED : NOT_TRANSPOSED;
      dgemm(ROW_MAJOR, first, second, m, n, k, alpha, left, a.ld, right, b.ld, beta, to, c.ld);
      release();
    },
    sgemm(m, n, k, a, transposeA, b, transposeB, beta, c) {
      checkHow('sgemm', transposeA, transposeB, 1, beta);
      size('sgemm', 'm', m);
      size('sgemm', 'n', n);
      size('sgemm', 'k', k);
      const aRows = transposeA ? k : m;
      const aColumns = transposeA ? m : k;
      const bRows = transposeB ? n : k;
      const bColumns = transposeB ? k : n;
      const left = floats('sgemm', 'a', a, aRows, aColumns);
      const right = floats('sgemm', 'b', b, bRows, bColumns);
      const to = floats('sgemm', 'c', c, m, n);
      refuseShared('sgemm', to, m, 4 * c.ld, 4 * n, 'a', left, aRows, 4 * a.ld, 4 * aColumns);
      refuseShared('sgemm', to, m, 4 * c.ld, 4 * n, 'b', right, bRows, 4 * b.ld, 4 * bColumns);
      const first = transposeA ? TRANSPOSED : NOT_TRANSPOSED;
      const second = transposeB ? TRANSPOSED : NOT_TRANSPOSED;
      single(ROW_MAJOR, first, second, m, n, k, 1, left, a.ld, right, b.ld, beta, to, c.ld);
      release();
    },
    gemv(rows, columns, alpha, a, transpose, x, beta, y) {
      size('gemv', 'rows', rows);
      size('gemv', 'columns', columns);
      dgemv(
        ROW_MAJOR,
        transpose ? TRANSPOSED : NOT_TRANSPOSED,
        rows,
        columns,
        alpha,
        pointer('gemv', 'a', a, rows, columns),
        a.ld,
        pointer('gemv', 'x', x, 1, transpose ? rows : columns),
        1,
        beta,
        pointer('gemv', 'y', y, 1, transpose ? columns : rows),
        1,
      );
      release();
    },
    spmv(d, alpha, a, x, y) {
      size('spmv', 'd', d);
      const packed = (d * (d + 1)) / 2;
      dspmv(
        ROW_MAJOR,
        LOWER,
        d,
        alpha,
        pointer('spmv', 'a', a, 1, packed),
        pointer('spmv', 'x', x, 1, d),
        1,
        1,
        pointer('spmv', 'y', y, 1, d),
        1,
      );
      release();
    },
    syrk(n, k, alpha, a, transpose, beta, c) {
      size('syrk', 'n', n);
      size('syrk', 'k', k);
      dsyrk(
        ROW_MAJOR,
        LOWER,
        transpose ? TRANSPOSED : NOT_TRANSPOSED,
        n,
        k,
        alpha,
        pointer('syrk', 'a', a, transpose ? k : n, transpose ? n : k),
        a.ld,
        beta,
        pointer('syrk', 'c', c, n, n),
        c.ld,
      );
      release();
    },
    trsm(n, m, l, b, right, transpose) {
      size('trsm', 'n', n);
      size('trsm', 'm', m);
      const [rows, columns] = right ? [m, n] : [n, m];
      dtrsm(
        ROW_MAJOR,
        right ? RIGHT : LEFT,
        LOWER,
        transpose ? TRANSPOSED : NOT_TRANSPOSED,
        NOT_UNIT,
        rows,
        columns,
        1,
        pointer('trsm', 'l', l, n, n),
        l.ld,
        pointer('trsm', 'b', b, rows, columns),
        b.ld,
      );
      release();
    },
    cholesky(n, a) {
      size('cholesky', 'n', n);
      const at = pointer('cholesky', 'a', a, n, n);
      integers.set([n, a.ld, 0]);
      // By columns, as Fortran reads it, the lower triangle of a row-major matrix is the upper one of its transpose.
      dpotrf('U', word(0), at, word(1), word(2), 1);
      release();
      const info = outcome('cholesky', integers[2]!);
      const stopped = info > 0 ? info - 1 : n;
      // LAPACK goes on over NaN and ∞.
      for (let i = 0; i < stopped; i++) {
        const pivot = a.array[a.start + i * (a.ld + 1)]!;
        if (!(pivot > 0 && pivot < Infinity)) return i;
      }
      return stopped;
    },
    invert(n, a) {
      size('invert', 'n', n);
      const at = pointer('invert', 'a', a, n, n);
      const pivots = new Int32Array(n);
      const work = new Float64Array(WORK_COLUMNS * n);
      integers.set([n, a.ld, work.length, 0]);
      const exchanges = place(pivots);
      dgetrf(word(0), word(0), at, word(1), exchanges, word(3));
      let logarithm = 0;
      for (let i = 0; i < n; i++) logarithm += exports.logOf(Math.abs(a.array[a.start + i * (a.ld + 1)]!));
      const regular = outcome('invert', integers[3]!) === 0 && Number.isFinite(logarithm);
      // The inverse of the transpose is the transpose of the inverse.
      if (regular) dgetri(word(0), at, word(1), exchanges, place(work), word(2), word(3));
      release();
      outcome('invert', integers[3]!);
      return regular ? logarithm : -Infinity;
    },
    symmetricEigen(n, a, values) {
      size('symmetricEigen', 'n', n, MOST_EIGEN);
      const at = pointer('symmetricEigen', 'a', a, n, n);
      const to = pointer('symmetricEigen', 'values', values, 1, n);
      const work = new Float64Array(1 + 6 * n + 2 * n * n);
      const whole = new Int32Array(3 + 5 * n);
      integers.set([n, a.ld, work.length, whole.length, 0]);
      // Fortran's columns are the rows here.
      dsyevd('V', 'U', word(0), at, word(1), to, place(work), word(2), place(whole), word(3), word(4), 1, 1);
      release();
      return outcome('symmetricEigen', integers[4]!);
    },
    svd(m, n, a, values, u, vt) {
      size('svd', 'm', m);
      size('svd', 'n', n);
      const r = Math.min(m, n);
      size('svd', r === m ? 'm' : 'n', r, MOST_SINGULAR);
      const at = pointer('svd', 'a', a, m, n);
      const to = pointer('svd', 'values', values, 1, r);
      const left = pointer('svd', 'u', u, m, r);
      const right = pointer('svd', 'vt', vt, r, n);
      const whole = place(new Int32Array(8 * r));
      // Fortran sees Aᵀ = V diag(values) Uᵀ, and its columns are the rows here: what it calls U is Vᵀ, and the other way round.
      const decompose = (work: number) =>
        dgesdd(
          ...['S', word(0), word(1), at, word(2), to, right, word(3), left, word(4), work, word(5), whole, word(6), 1],
        );
      // Asked first for the room that it works in best.
      const room = new Float64Array(1);
      integers.set([n, m, a.ld, vt.ld, u.ld, -1, 0]);
      decompose(place(room));
      outcome('svd', integers[6]!);
      const work = new Float64Array(room[0]!);
      integers.set([n, m, a.ld, vt.ld, u.ld, work.length, 0]);
      decompose(place(work));
      release();
      return outcome('svd', integers[6]!);
    },
  };
}

/** Columns that `dgetri` works on at once; more gain nothing. */
const WORK_COLUMNS = 64;

/** Rows at most: the room that `dsyevd` works in, 2n² + 6n + 1 numbers, is a 32-bit integer. */
const MOST_EIGEN = 32_766;
/** Singular values at most: that of `dgesdd`, 4r² + 7r numbers, is one, too. */
const MOST_SINGULAR = 23_169;
