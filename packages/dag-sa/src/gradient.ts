/**
 * ψDAG's stochastic gradient ∇f = Xᵀ(XW − X)/b where W may have entries, on strips of columns (assembly/strips.ts), with the optimiser's
 * move of each strip: no column of W matters for another's loss, so that a panel of strips goes through the whole step while it is in the
 * cache.
 */
import { allocate, type Block } from '@assay-ml/numerics';
import { factors, type Factors } from './factors.js';
import { type Layout, place, type Precision, type Vector, vector } from './strips.js';
import { type Averaging, UniversalSgd } from './universal-sgd.js';

/** The gradient of one batch after the other, variables counted in any order. */
export class BatchGradient {
  readonly d: number;
  readonly layout: Layout;
  readonly #precision: Precision;
  /** 1: free but for the diagonal; 3: upper triangular, where half of each product is left out. */
  #stage: 1 | 3 = 1;
  /** In strips, 1 where knowledge allows an entry in this stage; null without knowledge. */
  #keep: Uint8Array | null = null;
  /** The variable that is counted as the k-th, [d], for the kernels. */
  readonly #index: Block;
  /** The batch. */
  readonly #factors: Factors;
  /** A panel of W with the stale entries left out, where the state keeps them. */
  readonly #masked: Vector | null;

  /**
   * @param d variables; @param batchSize b
   * @param stale whether W keeps entries in stage 3 that its order forbids, which are then left out where it is read
   */
  constructor(d: number, batchSize: number, precision: Precision, stale: boolean) {
    this.d = d;
    this.#precision = precision;
    this.#factors = factors(d, batchSize, precision);
    this.layout = this.#factors.layout;
    this.#index = allocate(Math.ceil(d / 2));
    this.#masked = stale ? vector(this.#factors.panel * this.layout.length, precision) : null;
  }

  /** An optimiser whose vectors are in strips and whose gradients come by panels. */
  optimizer(radius: number, averaging: Averaging): UniversalSgd {
    const { strips, length } = this.layout;
    const part = Math.min(this.#factors.panel, strips) * length;
    return new UniversalSgd(strips * length, radius, { averaging, precision: this.#precision, part });
  }

  /**
   * A new stage.
   * @param counted the variable that is counted as the k-th from now on, [d]
   * @param allowed [d, d], variables as given: 0 where no edge may be
   */
  enter(stage: 1 | 3, counted: Uint32Array, allowed?: Uint8Array): void {
    this.#stage = stage;
    const { buffer, byteOffset } = this.#index.array;
    new Uint32Array(buffer, byteOffset, this.d).set(counted);
    this.#keep = allowed === undefined ? null : this.entries(counted, allowed);
  }

  /** In strips, 1 where W may have entries in this stage. */
  entries(counted: Uint32Array, allowed?: Uint8Array): Uint8Array {
    const { d } = this;
    const keep = new Uint8Array(this.layout.strips * this.layout.length);
    const { columns } = this.layout;
    for (let j = 0; j < d; j++) {
      const at = place(this.layout, 0, j);
      const beyond = this.#stage === 1 ? d : j;
      for (let i = 0; i < beyond; i++) {
        const may = i !== j && allowed?.[counted[i]! * d + counted[j]!] !== 0;
        keep[at + i * columns] = Number(may);
      }
    }
    return keep;
  }

  /** Takes a batch, [b, d] in kernel memory, less `mean`, [d], times `scale`. */
  take(batch: Block, mean: Block, scale: number): void {
    this.#factors.take(batch.array.byteOffset, this.#index.array.byteOffset, mean.array.byteOffset, scale);
  }

  /** Moves the optimiser's point and hands it b∇f there, panel by panel; the factor comes back in H, and W is the same. */
  step(optimizer: UniversalSgd): void {
    const { columns, strips, length } = this.layout;
    const { panel } = this.#factors;
    const x = optimizer.point();
    const next = optimizer.gradient();
    const masked = this.#masked?.array;
    for (let s = 0; s < strips; s += panel) {
      const count = Math.min(panel, strips - s);
      const from = s * length;
      for (let k = 0; k < count; k++) {
        const strip = from + k * length;
        optimizer.advance(strip, strip + this.#reach(s + k) * columns);
      }
      let [W, first] = [x, from];
      if (masked !== undefined) {
        masked.set(x.subarray(from, from + count * length));
        for (let k = 0; k < count; k++) this.#mask(masked, k * length, s + k);
        [W, first] = [masked, 0];
      }
      // With −1 on the diagonal the product is XW − X.
      this.#setDiagonal(W, first, s, count, -1);
      this.#factors.multiply(W, first, count, this.#reach(s + count - 1), next);
      this.#setDiagonal(W, first, s, count, 0);
      for (let k = 0; k < count; k++) {
        const strip = from + k * length;
        // Rows that are out of this strip's reach have no gradient, though that of the whole panel may have written there.
        this.#mask(next, k * length, s + k);
        optimizer.accept(strip, strip + this.#reach(s + k) * columns, k * length);
      }
    }
    optimizer.step();
  }

  /** Rows of a strip down to which W may have entries now, rounded up to fives: all but where the state keeps to the order. */
  #reach(strip: number): number {
    const { columns, rows } = this.layout;
    if (this.#stage === 1 || this.#masked !== null) return rows;
    return Math.min(rows, Math.ceil(((strip + 1) * columns) / 5) * 5);
  }

  /** Zeros where a strip, whose values begin at `from`, may have no entry. */
  #mask(values: Float64Array | Float32Array, from: number, strip: number): void {
    const { columns, length } = this.layout;
    const rows = this.#reach(strip);
    if (this.#keep !== null) {
      const at = strip * length;
      for (let k = 0; k < rows * columns; k++) if (this.#keep[at + k] === 0) values[from + k] = 0;
      return;
    }
    for (let c = 0; c < columns; c++) {
      const j = strip * columns + c;
      const beyond = this.#stage === 3 ? rows : Math.min(rows, j + 1);
      for (let i = j; i < beyond; i++) values[from + i * columns + c] = 0;
    }
  }

  /** The part of the diagonal that lies in a panel, which begins at `from` with strip `s`. */
  #setDiagonal(values: Float64Array | Float32Array, from: number, s: number, count: number, value: number): void {
    const first = s * this.layout.columns;
    const beyond = Math.min(this.d, first + count * this.layout.columns);
    const offset = from - s * this.layout.length;
    for (let j = first; j < beyond; j++) values[offset + place(this.layout, j, j)] = value;
  }

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const part of [this.#index, this.#factors, this.#masked]) part?.free();
  }
}
