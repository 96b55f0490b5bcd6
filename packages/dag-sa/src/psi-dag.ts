/**
 * ψDAG (Ziu, Hanzely, Li, Zhang, Takáč, Kamzolov, arXiv 2410.23862): least squares over DAGs by stochastic approximation.
 *
 * | here | there (spec §3) |
 * |---|---|
 * | `batches` of stage 1 and 3 | τ1, τ2 |
 * | `batchSize` | b |
 * | `epochs` | outer iterations |
 * | `PsiDag.optimizer` | UniversalSGD, one object for all stages |
 *
 * Stage 1 is free but for the diagonal, stage 2 projects to an order, stage 3 keeps to that order; and again. What the authors'
 * code does otherwise than one would expect is repaired by default and available by name in {@link AUTHORS}.
 */
import { allocate, type Block, cholesky, dot, gemm, gemv, norm2, syrk, trsm } from '@assay-ml/numerics';
import { integer, invalid, oneOf, positive } from '@assay-ml/numerics/check';
import { faulty } from './check.js';
import { fitOrder, unconstrained } from './exact.js';
import { keepForward, placesOf, reorder } from './graph.js';
import { type Constraints } from './knowledge.js';
import { projectOrder } from './project.js';
import { type BatchSource } from './sources.js';
import { type Averaging, UniversalSgd } from './universal-sgd.js';

/** Columns of an upper triangular matrix that are multiplied together, at least: narrower panels cost more than their zeros. */
const PANEL = 40;

/** Options of {@link PsiDag}. Defaults are those of the authors' `main.py` unless it says otherwise. */
export interface PsiDagOptions {
  /**
   * Radius D of the ball around 0 that W is kept in. Default `auto`: twice the norm of a ridge regression of all variables on
   * the others on the first batch. The authors take ⌈‖B‖⌉ of the true matrix, which nobody has: {@link oracleRadius}.
   */
  readonly radius?: number | 'auto';
  /** Steps of stage 1 and of stage 3, a batch each (one more at the very start). Default [1000, 1000]. */
  readonly batches?: readonly [number, number];
  /** Rows of a batch. Default 64. */
  readonly batchSize?: number;
  /** Epochs of both stages. Default 10. */
  readonly epochs?: number;
  /** Whether the projection reaches the optimiser's state. Default true; the authors': false. */
  readonly projectState?: boolean;
  /** What mean of the points is handed out. Default `running`, over all stages. */
  readonly averaging?: Averaging;
  /** Whether the mean of all rows seen so far is taken off each batch. Default true; the authors': false. */
  readonly centre?: boolean;
  /** Stage 1 by its closed form; needs `covariance`. Every epoch then finds the same order. Default `sgd`. */
  readonly stage1?: 'sgd' | 'exact';
  /** Stage 3 by least squares on the order; needs `covariance`. Default `sgd`. */
  readonly stage3?: 'sgd' | 'exact';
  /** Σ, [d, d], for the exact variants. */
  readonly covariance?: Float64Array;
  /** What is known beforehand, by `constraintsOf`. Stochastic stages only. */
  readonly constraints?: Constraints;
  /** Called at the end of stages 2 and 3 with the matrix, which is valid during the call. */
  readonly onStage?: (stage: StageEnd) => void;
}

/** What the authors' code does, but for the radius: {@link oracleRadius} of the true matrix. */
export const AUTHORS = { projectState: false, averaging: 'running', centre: false } as const satisfies PsiDagOptions;

/** The authors' D = ⌈‖B‖_F⌉ of the true matrix. */
export function oracleRadius(B: Float64Array): number {
  return Math.ceil(norm2(B));
}

/** The end of a stage. */
export interface StageEnd {
  /** From 0. */
  readonly epoch: number;
  readonly stage: 'projected' | 'fitted';
  /** [d, d], a DAG. */
  readonly W: Float64Array;
  readonly order: Uint32Array;
  /** Gradients so far. */
  readonly gradients: number;
}

/** What {@link psiDag} gives. */
export interface PsiDagResult {
  /** [d, d], a DAG that is consistent with `order`. */
  readonly W: Float64Array<ArrayBuffer>;
  /** [d], sources first. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** D that was used. */
  readonly radius: number;
  /** Gradients that were taken. */
  readonly gradients: number;
}

/** The method as a state that is fed batches, from whatever source: `for await (const rows of stream) model.partialFit(rows)`. */
export class PsiDag {
  readonly d: number;
  readonly #options: Required<Omit<PsiDagOptions, 'radius' | 'covariance' | 'constraints' | 'onStage'>> & PsiDagOptions;
  /**
   * Its matrices count variables as `#counted` does: as given in stage 1, by the order in stage 3, where W then is upper
   * triangular and half of each product is with zeros.
   */
  #optimizer: UniversalSgd | null = null;
  /** The variable that is counted as the k-th now, [d]. */
  #counted: Uint32Array<ArrayBuffer>;
  /** [d, d], 1 where an edge may be now. */
  readonly #keep: Uint8Array;
  #order: Uint32Array<ArrayBuffer>;
  #stage: 1 | 3 = 1;
  #inStage = 0;
  #epoch = 0;
  #gradients = 0;
  readonly #mean: Float64Array;
  #rows = 0;
  /** [batchSize]. */
  readonly #ones: Float64Array;
  readonly #batch: Block;
  readonly #residual: Block;
  /** W with the stale entries left out, where the state keeps them. */
  readonly #masked: Block | null;

  /**
   * @param d variables
   * @throws RangeError for an option outside its range
   */
  constructor(d: number, options: PsiDagOptions = {}) {
    this.d = integer('psiDag', 'd', d, 1, 'Count the columns.');
    const { batches = [1000, 1000], batchSize = 64, epochs = 10 } = options;
    const { projectState = true, averaging = 'running', centre = true, stage1 = 'sgd', stage3 = 'sgd' } = options;
    integer('psiDag', 'batches[0]', batches[0], 1, 'Give each stage a step.');
    integer('psiDag', 'batches[1]', batches[1], 1, 'Give each stage a step.');
    integer('psiDag', 'batchSize', batchSize, 1, 'Leave it out for 64.');
    integer('psiDag', 'epochs', epochs, 1, 'Leave it out for 10.');
    oneOf('psiDag', 'averaging', averaging, ['running', 'stage', 'none']);
    oneOf('psiDag', 'stage1', stage1, ['sgd', 'exact']);
    oneOf('psiDag', 'stage3', stage3, ['sgd', 'exact']);
    if (options.radius !== undefined && options.radius !== 'auto') {
      positive('psiDag', 'radius', options.radius, "Leave it out for 'auto'.");
    }
    if ((stage1 === 'exact' || stage3 === 'exact') && options.covariance === undefined) {
      throw invalid('psiDag', 'covariance', undefined, 'given for an exact stage', 'Pass that of moments().');
    }
    if ((stage1 === 'exact' || stage3 === 'exact') && options.constraints !== undefined) {
      throw invalid(
        'psiDag',
        'constraints',
        'given',
        'left out of exact stages',
        "Use stage1: 'sgd' and stage3: 'sgd'.",
      );
    }
    this.#options = { ...options, batches, batchSize, epochs, projectState, averaging, centre, stage1, stage3 };
    this.#keep = new Uint8Array(d * d);
    this.#order = Uint32Array.from({ length: d }, (_, v) => v);
    this.#counted = this.#order;
    this.#mean = new Float64Array(d);
    this.#ones = new Float64Array(batchSize).fill(1);
    this.#batch = allocate(batchSize * d);
    this.#residual = allocate(batchSize * d);
    this.#masked = projectState ? null : allocate(d * d);
    this.#open();
  }

  /** Whether all epochs are through; more batches go on where the last stage ended. */
  get done(): boolean {
    return this.#epoch >= this.#options.epochs;
  }

  /** Rows that the next {@link partialFit} takes. */
  get batchSize(): number {
    return this.#options.batchSize;
  }

  /**
   * One gradient, and what follows from it: a step, the projection after the last step of stage 1, a new epoch after that of
   * stage 3.
   * @param rows [batchSize, d], not changed
   * @throws RangeError for another length, and for rows that are not finite
   */
  partialFit(rows: Float64Array): this {
    const { d } = this;
    const { batchSize, centre, stage1, stage3, batches } = this.#options;
    if (rows.length !== batchSize * d) {
      throw faulty('PsiDag.partialFit', 'rows', `of length ${rows.length}`, `batchSize · d = ${batchSize * d} numbers`, 'Pass whole batches.'); // prettier-ignore
    }
    if (!Number.isFinite(dot(rows, rows))) {
      const bad = rows.findIndex((value) => !Number.isFinite(value));
      throw invalid('PsiDag.partialFit', `rows[${Math.floor(bad / d)}, ${bad % d}]`, rows[bad], 'finite', 'Leave such rows out.'); // prettier-ignore
    }
    if (centre) this.#updateMean(rows);
    if (this.#stage === 1 && stage1 === 'exact') {
      this.#project(unconstrained(this.#options.covariance!, d));
    }
    if (this.#stage === 3 && stage3 === 'exact') {
      this.#endEpoch(fitOrder(this.#options.covariance!, d, this.#order).W);
      return this;
    }
    this.#take(rows);
    const optimizer = (this.#optimizer ??= new UniversalSgd(d * d, this.#radius(), this.#options.averaging));
    this.#gradient(optimizer);
    optimizer.step();
    // The trial step of the very first gradient is part of the first step.
    if (++this.#gradients === 1) return this;
    this.#inStage++;
    if (this.#stage === 1 && this.#inStage === batches[0]) this.#project(optimizer.average);
    else if (this.#stage === 3 && this.#inStage === batches[1]) this.#endEpoch(this.#asGiven(optimizer.average));
    return this;
  }

  /** Where it stands: the matrix of the last stage, brought to the last order. */
  result(): PsiDagResult {
    const { d } = this;
    const W = this.#optimizer === null ? new Float64Array(d * d) : this.#asGiven(this.#optimizer.average);
    return {
      W: keepForward(this.#fitted?.slice() ?? W, d, this.#order) as Float64Array<ArrayBuffer>,
      order: this.#order.slice(),
      radius: this.#optimizer?.radius ?? NaN,
      gradients: this.#gradients,
    };
  }

  /** The matrix of an exact stage 3. */
  #fitted: Float64Array | null = null;

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const block of [this.#batch, this.#residual, this.#masked]) block?.free();
    this.#optimizer?.free();
  }

  /** Stage 1: every entry but the diagonal, and but what is forbidden. */
  #open(): void {
    const { d } = this;
    this.#count(Uint32Array.from({ length: d }, (_, v) => v));
    const allowed = this.#options.constraints?.allowed;
    for (let at = 0; at < d * d; at++)
      this.#keep[at] = allowed === undefined ? Number(at % (d + 1) !== 0) : allowed[at]!;
    this.#stage = 1;
    this.#inStage = 0;
    this.#optimizer?.restart();
  }

  #project(W: Float64Array): void {
    const { d } = this;
    const { constraints, projectState } = this.#options;
    this.#order = projectOrder(W, d, constraints?.precedence);
    this.#report('projected', W);
    this.#count(this.#order);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < d; b++) {
        const forwards = a < b && constraints?.allowed[this.#order[a]! * d + this.#order[b]!] !== 0;
        this.#keep[a * d + b] = Number(forwards);
      }
    }
    if (projectState) this.#optimizer?.project(this.#keep);
    this.#stage = 3;
    this.#inStage = 0;
    this.#optimizer?.restart();
  }

  #endEpoch(W: Float64Array<ArrayBuffer>): void {
    if (this.#options.stage3 === 'exact') this.#fitted = W;
    this.#report('fitted', W);
    this.#epoch++;
    if (!this.done) this.#open();
  }

  #report(stage: StageEnd['stage'], W: Float64Array): void {
    const { d } = this;
    this.#options.onStage?.({
      epoch: this.#epoch,
      stage,
      W: keepForward(Float64Array.from(W), d, this.#order),
      order: this.#order.slice(),
      gradients: this.#gradients,
    });
  }

  /** Counts variables anew, in the optimiser's matrices too. */
  #count(next: Uint32Array<ArrayBuffer>): void {
    const place = placesOf(this.#counted);
    const moved = next.map((v) => place[v]!);
    this.#optimizer?.rearrange((from, to) => reorder(from, this.d, moved, to));
    this.#counted = next;
  }

  /** A matrix of the optimiser with its variables as given. */
  #asGiven(W: Float64Array): Float64Array<ArrayBuffer> {
    return reorder(W, this.d, placesOf(this.#counted), new Float64Array(W.length));
  }

  /** The mean of all rows so far. */
  #updateMean(rows: Float64Array): void {
    const { batchSize } = this.#options;
    this.#rows += batchSize;
    const weight = 1 / this.#rows;
    gemv(rows, this.#ones, this.#mean, { transpose: true, alpha: weight, beta: 1 - batchSize * weight });
  }

  /** The rows less the mean, variables as they are counted. */
  #take(rows: Float64Array): void {
    const { d } = this;
    const { batchSize, centre } = this.#options;
    const batch = this.#batch.array;
    const counted = this.#counted;
    if (this.#stage === 1) batch.set(rows);
    else {
      for (let row = 0; row < rows.length; row += d) {
        for (let k = 0; k < d; k++) batch[row + k] = rows[row + counted[k]!]!;
      }
    }
    if (!centre) return;
    const mean = new Float64Array(d);
    for (let k = 0; k < d; k++) mean[k] = this.#mean[counted[k]!]!;
    gemm(batchSize, d, 1, this.#ones, mean, batch, { alpha: -1, beta: 1 });
  }

  /** ∇f = Xᵀ(XW − X)/b at W∘keep, times keep. */
  #gradient(optimizer: UniversalSgd): void {
    const { d } = this;
    const b = this.#options.batchSize;
    const keep = this.#keep;
    const batch = this.#batch.array;
    const residual = this.#residual.array;
    const out = optimizer.gradient();
    let W = optimizer.point();
    if (this.#masked !== null) {
      const masked = this.#masked.array;
      for (let at = 0; at < W.length; at++) masked[at] = W[at]! * keep[at]!;
      W = masked;
    }
    residual.set(batch);
    const upper = this.#stage === 3;
    const width = upper ? Math.max(PANEL, Math.ceil(d / 8)) : d;
    const ld = { lda: d, ldb: d, ldc: d };
    for (let from = 0; from < d; from += width) {
      const columns = Math.min(width, d - from);
      gemm(b, columns, upper ? from + columns : d, batch, W.subarray(from), residual.subarray(from), { ...ld, beta: -1 }); // prettier-ignore
    }
    for (let from = 0; from < d; from += width) {
      const first = upper ? from : 0;
      gemm(Math.min(width, d - from), d - first, b, batch.subarray(from), residual.subarray(first), out.subarray(from * d + first), { ...ld, transposeA: true, alpha: 1 / b }); // prettier-ignore
    }
    if (this.#options.constraints !== undefined) {
      for (let at = 0; at < out.length; at++) out[at]! *= keep[at]!;
    } else if (upper) {
      for (let a = 0; a < d; a++) out.fill(0, a * d, a * (d + 1) + 1);
    } else for (let at = 0; at < out.length; at += d + 1) out[at] = 0;
  }

  #radius(): number {
    const { radius = 'auto', batchSize } = this.#options;
    return radius === 'auto' ? ridgeRadius(this.#batch.array, batchSize, this.d) : radius;
  }
}

/**
 * The automatic radius: 2‖W‖_F of the zero-diagonal ridge regression W_ij = −Θ_ij/Θ_jj, Θ = (XᵀX/b + λ)⁻¹, on one batch, by
 * Woodbury in b·d² operations. λ is the mean variance times max(d/b, 1): as much as the noise of b rows.
 */
export function ridgeRadius(X: Float64Array, b: number, d: number): number {
  let lambda = (dot(X, X) / b / d) * Math.max(d / b, 1);
  if (lambda === 0) lambda = 1;
  const gram = syrk(b, d, X, new Float64Array(b * b));
  for (let r = 0; r < b; r++) gram[r * b + r]! += lambda * b;
  const half = trsm(b, d, cholesky(b, gram), X.slice());
  // λΘ = I − HᵀH for H = L⁻¹X.
  const theta = syrk(d, b, half, new Float64Array(d * d), { transpose: true, alpha: -1 });
  for (let j = 0; j < d; j++) theta[j * d + j]! += 1;
  let sum = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) if (i !== j) sum += (theta[i * d + j]! / theta[j * d + j]!) ** 2;
  }
  return sum > 0 ? 2 * Math.sqrt(sum) : 1;
}

/**
 * ψDAG on a source of batches, to the end.
 * @example
 * psiDag(rowSource(X, n, d, { seed: 1 }), { epochs: 3 });
 */
export function psiDag(source: BatchSource, options: PsiDagOptions = {}): PsiDagResult {
  const model = new PsiDag(source.d, options);
  const rows = new Float64Array(model.batchSize * source.d);
  try {
    while (!model.done) {
      source.next(rows);
      model.partialFit(rows);
    }
    return model.result();
  } finally {
    model.free();
  }
}
