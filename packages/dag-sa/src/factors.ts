/** A batch as the two left factors of b∇f = Xᵀ(XW − X), which is taken of one panel of strips after the other. */
import { products, type FloatOperand, type Operand, type Products } from '@assay-ml/numerics/engine';
import { kernels } from './kernels.js';
import { layout, type Layout, type Precision, type Vector, vector } from './strips.js';

/** Terms b·d·d of a product from which on a library takes it: the size from which numerics' own products go there. */
const LARGE = 32 * 32 * 32;

/** See the file's header. */
export interface Factors {
  /** Of W and its gradient. */
  readonly layout: Layout;
  /** Strips of a panel. */
  readonly panel: number;
  /**
   * Takes a batch: addresses of its rows, [b, d], of the variable that is counted as the k-th, [d], and of the mean, [d], which
   * is subtracted before all is multiplied by `scale`.
   */
  take(rows: number, index: number, mean: number, scale: number): void;
  /**
   * Writes Xᵀ(XW) of a panel to the beginning of `next`.
   * @param first number of W where the panel begins
   * @param strips of the panel
   * @param reach rows of W that are read and of the result that are written, a multiple of 5
   */
  multiply(W: Numbers, first: number, strips: number, reach: number, next: Numbers): void;
  /** Gives kernel memory back. */
  free(): void;
}

type Numbers = Float64Array | Float32Array;

/** By the engine of this thread, if the batch is large enough for it, else by the kernels of assembly/. */
export function factors(d: number, batchSize: number, precision: Precision): Factors {
  const library = products();
  return library !== null && batchSize * d * d >= LARGE
    ? new LibraryFactors(d, batchSize, precision, library)
    : new StripFactors(d, batchSize, precision);
}

/** Strips of two vectors, four of which share what is read of the batch; more do not fit into the second-level cache at d = 1000. */
class StripFactors implements Factors {
  readonly panel = 4;
  readonly layout: Layout;
  readonly #d: number;
  readonly #batchSize: number;
  readonly #precision: Precision;
  /** Left factor of XW, [⌈b/5⌉, rows, 5]. */
  readonly #byRow: Vector;
  /** Left factor of Xᵀ(XW − X), [rows/5, b, 5]. */
  readonly #byVariable: Vector;
  /** XW − X for a panel. */
  readonly #residual: Vector;

  constructor(d: number, batchSize: number, precision: Precision) {
    this.#d = d;
    this.#batchSize = batchSize;
    this.#precision = precision;
    this.layout = layout(d, precision);
    const { columns, rows } = this.layout;
    const fives = Math.ceil(batchSize / 5);
    this.#byRow = vector(fives * rows * 5, precision);
    this.#byVariable = vector(rows * batchSize, precision);
    this.#residual = vector(this.panel * fives * 5 * columns, precision);
  }

  take(rows: number, index: number, mean: number, scale: number): void {
    const [byRow, byVariable] = [this.#byRow.array.byteOffset, this.#byVariable.array.byteOffset];
    kernels[this.#precision].pack(this.#batchSize, this.#d, this.layout.rows, rows, index, mean, scale, byRow, byVariable); // prettier-ignore
  }

  multiply(W: Numbers, first: number, strips: number, reach: number, next: Numbers): void {
    const { multiply, spread } = kernels[this.#precision];
    const { columns, rows, length } = this.layout;
    const bytes = W.BYTES_PER_ELEMENT;
    const fives = Math.ceil(this.#batchSize / 5);
    const residual = this.#residual.array.byteOffset;
    const from = W.byteOffset + first * bytes;
    multiply(fives, Math.min(this.#d, reach), rows, this.#byRow.array.byteOffset, strips, from, residual);
    const [stride, to] = [fives * 5 * columns * bytes, next.byteOffset];
    spread(reach / 5, this.#batchSize, this.#byVariable.array.byteOffset, strips, residual, stride, to, length * bytes); // prettier-ignore
  }

  free(): void {
    for (const part of [this.#byRow, this.#byVariable, this.#residual]) part.free();
  }
}

/** One wide strip after the other, by the engine's library. */
class LibraryFactors implements Factors {
  readonly panel = 1;
  readonly layout: Layout;
  readonly #d: number;
  readonly #batchSize: number;
  readonly #precision: Precision;
  /** X, [b, d]. */
  readonly #batch: Vector;
  /** XW − X, [b, columns]. */
  readonly #residual: Vector;
  readonly #product: (m: number, n: number, k: number, a: Matrix, transpose: boolean, b: Matrix, c: Matrix) => void;
  // What the library is told of matrices, made once.
  readonly #x: Matrix;
  readonly #w: Matrix;
  readonly #r: Matrix;
  readonly #to: Matrix;

  constructor(d: number, batchSize: number, precision: Precision, library: Products) {
    this.#d = d;
    this.#batchSize = batchSize;
    this.#precision = precision;
    this.layout = layout(d, precision, true);
    const { columns } = this.layout;
    this.#batch = vector(batchSize * d, precision);
    this.#residual = vector(batchSize * columns, precision);
    this.#product =
      precision === 'float64'
        ? (m, n, k, a, transpose, b, c) =>
            library.gemm(m, n, k, 1, a as Operand, transpose, b as Operand, false, 0, c as Operand)
        : (m, n, k, a, transpose, b, c) =>
            library.sgemm(m, n, k, a as FloatOperand, transpose, b as FloatOperand, false, 0, c as FloatOperand);
    this.#x = { array: this.#batch.array, start: 0, ld: d };
    [this.#w, this.#r, this.#to] = Array.from({ length: 3 }, () => ({ ...this.#x, ld: columns })) as [Matrix, Matrix, Matrix]; // prettier-ignore
  }

  take(rows: number, index: number, mean: number, scale: number): void {
    const to = this.#batch.array.byteOffset;
    kernels[this.#precision].gather(this.#batchSize, this.#d, rows, index, mean, scale, to);
  }

  multiply(W: Numbers, first: number, _strips: number, reach: number, next: Numbers): void {
    const [b, { columns }] = [this.#batchSize, this.layout];
    const terms = Math.min(this.#d, reach);
    // Views are other objects when memory has grown.
    this.#x.array = this.#batch.array;
    this.#r.array = this.#residual.array;
    this.#w.array = W;
    this.#w.start = first;
    this.#to.array = next;
    this.#product(b, columns, terms, this.#x, false, this.#w, this.#r);
    this.#product(terms, columns, b, this.#x, true, this.#r, this.#to);
  }

  free(): void {
    for (const part of [this.#batch, this.#residual]) part.free();
  }
}

/** An operand that is filled in before each product. */
interface Matrix {
  array: Numbers;
  start: number;
  readonly ld: number;
}
