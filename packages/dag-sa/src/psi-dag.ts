/**
 * ψDAG (Ziu, Hanzely, Li, Zhang, Takáč, Kamzolov, arXiv 2410.23862): least squares over DAGs by stochastic approximation.
 *
 * | here | there (spec §3) |
 * |---|---|
 * | `batches` of stage 1 and 3 | τ1, τ2 |
 * | `batchSize` | b |
 * | `epochs` | outer iterations |
 * | the optimiser in `PsiDag` | UniversalSGD, one object for all stages; its gradients, and so its H, are theirs times a constant |
 *
 * Stage 1 is free but for the diagonal, stage 2 projects to an order, stage 3 keeps to that order; and again. What the authors'
 * code does otherwise than one would expect is repaired by default and available by name in {@link AUTHORS}.
 */
import { allocate, type Block, cholesky, dot, gemm, gemv, norm2, scalar, syrk, trsm } from '@assay-ml/numerics';
import {
  integer,
  invalid,
  oneOf,
  options as known,
  positive,
  requireKeys,
  requireList,
} from '@assay-ml/numerics/check';
import { faulty } from './check.js';
import { fitOrder, unconstrained } from './exact.js';
import { BatchGradient } from './gradient.js';
import { keepForward, placesOf } from './graph.js';
import { type Constraints } from './knowledge.js';
import { projectOrder } from './project.js';
import { type BatchSource } from './sources.js';
import { type Precision, precisionFor, renumber, unpack } from './strips.js';
import { type Averaging, type UniversalSgd } from './universal-sgd.js';

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
  /**
   * Of the optimiser's matrices and of its steps. float32 halves time and memory, and what it loses is
   * far below the noise of a batch. Default `float64`, and `float32` above d = 5000.
   */
  readonly precision?: Precision;
  /** What is known beforehand, by `constraintsOf`. Stochastic stages only. */
  readonly constraints?: Constraints;
  /** Called at the end of stages 2 and 3 with the matrix, which is valid during the call. */
  readonly onStage?: (stage: StageEnd) => void;
}

/** Its names, for checks. */
export const PSI_DAG_OPTIONS = {
  radius: 0, batches: 0, batchSize: 0, epochs: 0, projectState: 0, averaging: 0, centre: 0, stage1: 0, stage3: 0,
  covariance: 0, precision: 0, constraints: 0, onStage: 0,
} satisfies Record<keyof PsiDagOptions, 0>; // prettier-ignore

/** What the authors' code does, but for the radius: {@link oracleRadius} of the true matrix. */
export const AUTHORS = {
  projectState: false,
  averaging: 'running',
  centre: false,
  precision: 'float64',
} as const satisfies PsiDagOptions;

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
   * triangular and half of each product is left out.
   */
  #optimizer: UniversalSgd | null = null;
  readonly #gradient: BatchGradient;
  /** The variable that is counted as the k-th now, [d]. */
  #counted: Uint32Array<ArrayBuffer>;
  #order: Uint32Array<ArrayBuffer>;
  #stage: 1 | 3 = 1;
  #inStage = 0;
  #epoch = 0;
  #gradients = 0;
  /** Rows whose mean was taken. */
  #rows = 0;
  /** Power of two that brings the first batch near 1, for float32's range; W does not depend on it. 0 before that batch. */
  #scale = 0;
  /** [batchSize]. */
  readonly #ones: Float64Array;
  /** [d]. */
  readonly #mean: Block;
  /** [batchSize, d]. */
  readonly #batch: Block;

  /**
   * @param d variables
   * @throws RangeError for an option outside its range
   */
  constructor(d: number, options: PsiDagOptions = {}) {
    this.d = integer('psiDag', 'd', d, 1, 'Count the columns.');
    known('psiDag', options, PSI_DAG_OPTIONS);
    const { batches = [1000, 1000], batchSize = 64, epochs = 10 } = options;
    const { projectState = true, averaging = 'running', centre = true, stage1 = 'sgd', stage3 = 'sgd' } = options;
    const { precision = precisionFor(d) } = options;
    integer('psiDag', 'batches[0]', batches[0], 1, 'Give each stage a step.');
    integer('psiDag', 'batches[1]', batches[1], 1, 'Give each stage a step.');
    integer('psiDag', 'batchSize', batchSize, 1, 'Leave it out for 64.');
    integer('psiDag', 'epochs', epochs, 1, 'Leave it out for 10.');
    oneOf('psiDag', 'averaging', averaging, ['running', 'stage', 'none']);
    oneOf('psiDag', 'precision', precision, ['float64', 'float32']);
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
    if (options.constraints !== undefined && options.constraints.allowed.length !== d * d) {
      throw faulty('psiDag', 'constraints', `of ${Math.sqrt(options.constraints.allowed.length)} variables`, `of d = ${d}`, 'Pass constraintsOf(knowledge, d).'); // prettier-ignore
    }
    this.#options = {
      ...options, batches, batchSize, epochs, projectState, averaging, centre, stage1, stage3, precision,
    }; // prettier-ignore
    this.#order = Uint32Array.from({ length: d }, (_, v) => v);
    this.#counted = this.#order;
    this.#gradient = new BatchGradient(d, batchSize, precision, !projectState);
    this.#ones = new Float64Array(batchSize).fill(1);
    this.#mean = allocate(d);
    this.#batch = allocate(batchSize * d);
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
   * @throws RangeError for another length, for rows that are not finite or too large to compute with, and for a first batch that is
   *   constant where it should give the radius
   */
  partialFit(rows: Float64Array): this {
    const { d } = this;
    const { batchSize, centre, stage1, stage3, batches } = this.#options;
    if (!(rows instanceof Float64Array || (rows as unknown) instanceof Float32Array)) {
      throw invalid('PsiDag.partialFit', 'rows', rows, `a Float64Array of batchSize · d = ${batchSize * d} numbers`, 'Copy the numbers into one.'); // prettier-ignore
    }
    if (rows.length !== batchSize * d) {
      throw faulty('PsiDag.partialFit', 'rows', `of length ${rows.length}`, `batchSize · d = ${batchSize * d} numbers`, 'Pass whole batches.'); // prettier-ignore
    }
    const batch = this.#batch.array;
    batch.set(rows);
    const size = Math.sqrt(dot(batch, batch));
    if (!Number.isFinite(size)) {
      const bad = rows.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) throw faulty('PsiDag.partialFit', 'rows', 'too large to square', 'finite when squared', 'Scale the variables.'); // prettier-ignore
      throw invalid('PsiDag.partialFit', `rows[${Math.floor(bad / d)}, ${bad % d}]`, rows[bad], 'finite', 'Leave such rows out.'); // prettier-ignore
    }
    if (this.#optimizer !== null) this.#refuseHuge(this.#optimizer, size);
    if (centre) this.#updateMean();
    if (this.#stage === 1 && stage1 === 'exact') {
      this.#project(unconstrained(this.#options.covariance!, d));
    }
    if (this.#stage === 3 && stage3 === 'exact') {
      this.#fitted = fitOrder(this.#options.covariance!, d, this.#order).W;
      this.#endEpoch();
      return this;
    }
    if (this.#optimizer === null) {
      const optimizer = this.#begin();
      this.#refuseHuge(optimizer, size);
      this.#optimizer = optimizer;
    }
    const optimizer = this.#optimizer;
    if (this.#inStage === 0) optimizer.restart();
    this.#gradient.take(this.#batch, this.#mean, this.#scale);
    this.#gradient.step(optimizer);
    // The trial step of the very first gradient is part of the first step.
    if (++this.#gradients === 1) return this;
    this.#inStage++;
    if (this.#stage === 1 && this.#inStage === batches[0]) this.#project(this.#average());
    else if (this.#stage === 3 && this.#inStage === batches[1]) this.#endEpoch();
    return this;
  }

  /** Where it stands: the matrix of the last stage, brought to the last order. */
  result(): PsiDagResult {
    return {
      W: keepForward(this.#fitted?.slice() ?? this.#average(), this.d, this.#order) as Float64Array<ArrayBuffer>,
      order: this.#order.slice(),
      radius: this.#optimizer?.radius ?? NaN,
      gradients: this.#gradients,
    };
  }

  /** The matrix of an exact stage 3. */
  #fitted: Float64Array | null = null;

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const part of [this.#mean, this.#batch, this.#gradient, this.#optimizer]) part?.free();
  }

  /** Stage 1: every entry but the diagonal, and but what is forbidden. */
  #open(): void {
    this.#count(
      Uint32Array.from({ length: this.d }, (_, v) => v),
      false,
    );
    this.#enter(1);
  }

  #project(W: Float64Array<ArrayBuffer>): void {
    const { constraints, projectState } = this.#options;
    this.#order = projectOrder(W, this.d, constraints?.precedence);
    this.#report('projected', W);
    // What the projection takes out of the state need not be carried along.
    this.#count(this.#order, projectState);
    this.#enter(3);
    if (projectState) this.#optimizer?.project(this.#gradient.entries(this.#counted, constraints?.allowed));
  }

  #enter(stage: 1 | 3): void {
    this.#stage = stage;
    this.#inStage = 0;
    this.#gradient.enter(stage, this.#counted, this.#options.constraints?.allowed);
  }

  #endEpoch(): void {
    // Nobody to tell: the matrix is not needed.
    if (this.#options.onStage !== undefined) this.#report('fitted', this.#fitted ?? this.#average());
    this.#epoch++;
    if (!this.done) this.#open();
  }

  #report(stage: StageEnd['stage'], W: Float64Array): void {
    const { d } = this;
    this.#options.onStage?.({
      epoch: this.#epoch,
      stage,
      W: keepForward(W.slice(), d, this.#order),
      order: this.#order.slice(),
      gradients: this.#gradients,
    });
  }

  /** Counts variables anew, in the optimiser's matrices too, of which the upper triangle may be all that is kept. */
  #count(next: Uint32Array<ArrayBuffer>, upper: boolean): void {
    const before = placesOf(this.#counted);
    const order = next.map((v) => before[v]!);
    this.#optimizer?.rearrange((from, to) => renumber(this.#gradient.layout, order, from, to, upper));
    this.#counted = next;
  }

  /** W of the optimiser, [d, d], its variables as given. */
  #average(): Float64Array<ArrayBuffer> {
    const { d } = this;
    const W = new Float64Array(d * d);
    if (this.#optimizer === null) return W;
    const { sum, factor } = this.#optimizer.average;
    unpack(this.#gradient.layout, this.#counted, sum, factor, W);
    return W;
  }

  /** The mean of all rows so far. */
  #updateMean(): void {
    const { batchSize } = this.#options;
    this.#rows += batchSize;
    const weight = 1 / this.#rows;
    gemv(this.#batch.array, this.#ones, this.#mean.array, {
      transpose: true,
      alpha: weight,
      beta: 1 - batchSize * weight,
    });
  }

  /** The batch less the mean, [batchSize, d]. */
  #centred(): Float64Array {
    const mean = this.#mean.array;
    return this.#batch.array.map((value, at) => value - mean[at % this.d]!);
  }

  /** The scale and the optimiser, from the first batch. */
  #begin(): UniversalSgd {
    const { d } = this;
    const { radius = 'auto', batchSize, averaging, centre } = this.#options;
    const centred = this.#centred();
    const whole = norm2(this.#batch.array);
    const left = norm2(centred);
    // What rounding leaves of a constant is not variance.
    const varies = left > 1e-12 * whole;
    this.#scale = 2 ** -Math.round(scalar.log2((varies ? left : whole || 1) / Math.sqrt(batchSize * d)));
    if (radius === 'auto' && !varies) {
      throw faulty('psiDag', 'radius', "'auto' on a first batch that is constant", 'a number there', `Set a radius${centre ? ', centre: false' : ''} or a larger batchSize.`); // prettier-ignore
    }
    if (radius !== 'auto') return this.#gradient.optimizer(radius, averaging);
    const scaled = centred.map((value) => value * this.#scale);
    return this.#gradient.optimizer(ridgeRadius(scaled, batchSize, d), averaging);
  }

  /** @throws RangeError if squares of gradients, at most (‖X‖²(1 + D))² with ‖X‖ = `size`, could leave the range of the precision */
  #refuseHuge({ radius }: UniversalSgd, size: number): void {
    const { precision } = this.#options;
    const most = precision === 'float32' ? 1e18 : 1e150;
    const holds = (norm: number) => (norm * this.#scale) ** 2 * (1 + radius) < most && radius > 1 / most;
    if (holds(size) || holds(norm2(this.#centred()))) return;
    throw faulty('PsiDag.partialFit', 'rows', `of a size that ${precision} does not hold beside the first batch and the radius ${radius}`, 'of comparable sizes', 'Scale the variables, or set another radius.'); // prettier-ignore
  }
}

/**
 * The automatic radius: 2‖W‖_F of the zero-diagonal ridge regression W_ij = −Θ_ij/Θ_jj, Θ = (XᵀX/b + λ)⁻¹, on one batch, by
 * Woodbury in b·d² operations. λ is the mean variance times max(d/b, 1): as much as the noise of b rows.
 * @throws TypeError for arguments of another kind
 */
export function ridgeRadius(X: Float64Array, b: number, d: number): number {
  requireList('ridgeRadius', 'X', X, 'Copy the rows into one Float64Array.');
  let lambda = (dot(X, X) / b / d) * Math.max(d / b, 1);
  if (lambda === 0) lambda = 1;
  const gram = syrk(b, d, X, new Float64Array(b * b));
  for (let r = 0; r < b; r++) gram[r * b + r]! += lambda * b;
  // λΘ = I − HᵀH for H = L⁻¹X, [b, d]. Column j of HᵀH has the square length hᵀ(HHᵀ)h for h = H_·j.
  const H = trsm(b, d, cholesky(b, gram), X.slice());
  const outer = gemm(b, d, b, syrk(b, d, H, new Float64Array(b * b)), H, new Float64Array(b * d));
  let sum = 0;
  for (let j = 0; j < d; j++) {
    let [square, column] = [0, 0];
    for (let at = j; at < b * d; at += d) {
      square += H[at]! * H[at]!;
      column += H[at]! * outer[at]!;
    }
    sum += Math.max(0, column - square * square) / (1 - square) ** 2;
  }
  return sum > 0 ? 2 * Math.sqrt(sum) : 1;
}

/**
 * ψDAG on a source of batches, to the end.
 * @example
 * psiDag(rowSource(X, n, d, { seed: 1 }), { epochs: 3 });
 * @throws TypeError for arguments of another kind
 */
export function psiDag(source: BatchSource, options: PsiDagOptions = {}): PsiDagResult {
  requireKeys('psiDag', 'source', source, ['d', 'next'], 'rowSource() makes one.');
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
