/** A JSON value; the only thing a cell may return or take. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Size of a reproduction (design §2). */
export type Tier = 'quick' | 'standard' | 'full';

/** One unit of work: a pure function of (configuration, seed). */
export interface Cell {
  /**
   * Hash of experiment, configuration, seed and code version, of the backend where tensors are computed, and of the engine
   * where that is a native library.
   */
  readonly id: string;
  readonly experiment: string;
  readonly config: Json;
  readonly seed: number;
}

/** A finished cell, one line of `cells.jsonl`. */
export interface CellRecord extends Cell {
  /** `done` has values; `failed` has an error (the cell crashed); a diverged run is `done` and says so in its values. */
  readonly status: 'done' | 'failed';
  readonly values: Readonly<Record<string, Json>>;
  readonly error?: string;
  /** Wall time in seconds; not part of any hash. */
  readonly seconds: number;
  /**
   * Seconds that the processor spent on it, user and system, in all threads of its worker; not part of any hash. Claims about
   * time read this one: wall time also counts what else the machine did. Absent in stores of earlier versions.
   */
  readonly processorSeconds?: number;
}

/** What computes tensors, e.g. `{ name: 'wasm', threads: 1 }`. */
export interface Backend {
  readonly name: string;
  /** Threads of one process: sums are split by them, so they are part of a result's definition. */
  readonly threads: number;
  /** Of a library outside the modules that the code version covers: native TensorFlow's. */
  readonly version?: string;
}

/**
 * A native library that computes large products and factorisations in place of WebAssembly, as `useEngine` of
 * `@assay-ml/numerics` finds it. Version and core round differently, so they are part of a result's definition.
 */
export interface Engine {
  readonly name: 'blas';
  /** Of the library, e.g. `OpenBLAS 0.3.34`. */
  readonly version: string;
  /** The processor whose kernels the library has chosen. */
  readonly core: string;
  /** Of the library's file, on which no result depends. Default: the first that `useEngine` finds. */
  readonly path?: string;
}

/** What a cell's function is given besides its configuration and seed. */
export interface CellContext {
  readonly signal: AbortSignal;
  /** Of the run, for experiments that compute on TensorFlow.js. */
  readonly backend: Backend;
  /** Set by `assay show`: receives the run's trace, line by line. */
  readonly trace?: (line: Readonly<Record<string, Json>>) => void;
}

/** The module named by an experiment exports this as `run`. */
export type CellFunction = (
  config: never,
  seed: number,
  context: CellContext,
) => Readonly<Record<string, Json>> | Promise<Readonly<Record<string, Json>>>;

/** A family of cells that share one function. */
export interface Experiment {
  readonly id: string;
  /** One sentence for `--plan` and the report. */
  readonly title: string;
  /** `import.meta.resolve('./cell.js')`: URL of the module that exports `run`; its module graph is the code version. */
  readonly module: string;
  /** The plan of a tier; empty when the tier does not run it. `seeds` replaces the default number of seeds (`--seeds`), `firstSeed` where they start (a pilot). */
  cells(
    tier: Tier,
    seeds?: number,
    firstSeed?: number,
    backend?: Backend,
  ): readonly { readonly config: Json; readonly seed: number }[];
  /** It computes on TensorFlow.js: name, threads and version of the backend enter its cells' ids. Default false. */
  readonly tensors?: boolean;
  /** Estimate for `--plan`: seconds and megabytes of one cell. */
  cost(config: Json): { readonly seconds: number; readonly megabytes: number };
  /** Absent data: a sentence that says how to get it. `null` when everything needed is there. */
  missing?(): string | null;
}

/** What decides a claim. Design §2, "Rules that hold still". */
export type Rule =
  | { readonly statistic: 'exact'; readonly words: string }
  | {
      /**
       * `mean-diff` of paired samples; `log-ratio`: mean paired log10(a/b); `quantile-ratio`; `slope` of log y on log x;
       * `share` of trials that hold.
       */
      readonly statistic: 'mean-diff' | 'log-ratio' | 'quantile-ratio' | 'slope' | 'share';
      /** Holds when the statistic lies in [min, max]; leave one out for a one-sided rule. Of a share, in [0, 1]. */
      readonly min?: number;
      readonly max?: number;
      /** For `quantile-ratio`: which one, in [0, 1]. */
      readonly quantile?: number;
      /** For `mean-diff`, where no other statistic takes one: what a and b are measured in, e.g. `accuracy`. */
      readonly unit?: string;
      readonly words: string;
    };

/**
 * The numbers a claim is judged by; what it is made of depends on the rule's statistic.
 *
 * A `block` is what was drawn independently, and an interval counts blocks, not samples: seeds that share a tuning run, a
 * data split or a trained network are one block.
 */
export type Evidence =
  /** Every check must hold; `measured` is the number shown. */
  | {
      readonly kind: 'exact';
      readonly checks: readonly { readonly name: string; readonly holds: boolean }[];
      readonly measured: number | null;
      readonly unit?: string;
    }
  /** Paired samples: `block` is the block a pair belongs to, say its seed. */
  | {
      readonly kind: 'paired';
      readonly pairs: readonly {
        readonly block: string;
        readonly a: number;
        readonly b: number;
        /**
         * A claim with several conditions ("wins at δ ≤ 0.03 and loses at δ ≥ 0.3") names them: the rule must hold in every
         * part, the verdict is the worst part's and says which.
         */
        readonly part?: string;
      }[];
      readonly excluded?: number;
    }
  /** Points for a slope; a block is a curve, or a point where there are no curves. */
  | {
      readonly kind: 'points';
      readonly points: readonly {
        readonly block: string;
        readonly x: number;
        readonly y: number;
        readonly part?: string;
      }[];
    }
  /** Trials that hold or do not, one a block: "32 of 40 graphs". */
  | {
      readonly kind: 'share';
      readonly trials: readonly { readonly block: string; readonly holds: boolean; readonly part?: string }[];
    }
  /** Cannot be judged, and why. */
  | { readonly kind: 'none'; readonly why: string };

/** What the standard tier was fixed to expect after its pilot. */
export type Expectation = 'supported' | 'refuted' | 'report';

/** What a source reports, to stand beside what was measured. */
export type Reference =
  /** In the source's own terms, which need not be the claim's. */
  | string
  /** `value` is a number of the claim's own statistic (a ratio's log10 for `log-ratio`); `words` are the source's for it. */
  | { readonly value: number; readonly words: string };

/** A claim of a paper (or against it) as data. */
export interface Claim {
  /** The spec's id, e.g. `local.C1`. */
  readonly id: string;
  readonly statement: string;
  readonly source: string;
  readonly kind: 'paper' | 'critique' | 'beyond';
  /** Experiments whose cells it reads. */
  readonly experiments: readonly string[];
  /** Tiers that can judge it; elsewhere it is `not-run`. */
  readonly tiers: readonly Tier[];
  readonly rule: Rule;
  readonly expect: Expectation | Readonly<Partial<Record<Tier, Expectation>>>;
  /** Why the paper's statement does not hold here (with `refuted`), or why it is only reported. */
  readonly reason?: string;
  /** The spec's reference value, shown beside the measured one. */
  readonly reference?: Reference;
  /** Pure: records of its experiments → numbers. */
  evidence(records: readonly CellRecord[], tier: Tier): Evidence;
  /** Pure: records → a chart drawn by the report. */
  figure?(records: readonly CellRecord[], tier: Tier): Figure | null;
  /** Pure: records → a table printed by the report, e.g. a source's numbers beside ours. */
  table?(records: readonly CellRecord[], tier: Tier): Table | null;
}

/** A chart as data: the report draws it, results as CSV come from it. */
export interface Figure {
  readonly title: string;
  /** `line` and `dot` share axes; `heat` draws `value` over (x, y) cells; `radar` sets x around a circle, y outwards from 0. */
  readonly mark: 'line' | 'dot' | 'bar' | 'heat' | 'radar';
  /** `label` names the quantity, with its unit where it has one: `time, seconds`. */
  readonly x: { readonly label: string; readonly scale?: 'linear' | 'log' | 'point' };
  readonly y: { readonly label: string; readonly scale?: 'linear' | 'log' | 'point' };
  /** For `heat`: label of the colour; diverging around 0. */
  readonly color?: { readonly label: string };
  readonly rows: readonly {
    readonly x: number | string;
    readonly y: number | string;
    readonly series?: string;
    readonly low?: number;
    readonly high?: number;
    readonly value?: number;
    readonly facet?: string;
  }[];
  /** Horizontal or vertical reference lines, e.g. a rule's bound. */
  readonly rules?: readonly { readonly axis: 'x' | 'y'; readonly at: number; readonly label?: string }[];
}

/** A table as data: the report prints numbers and intervals as people read them and text as it is. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  /** A cell for each column; the first says what the row is about. */
  readonly rows: readonly (readonly TableCell[])[];
}

/** What stands in a table; two numbers are the ends of an interval. */
export type TableCell = string | number | readonly [number, number];

/** One paper: the unit of a run, named by its key. */
export interface Reproduction {
  /** Version of this shape. */
  readonly schema: 1;
  /** Unit of results and hashes, e.g. `local`. */
  readonly key: string;
  /** Project whose `reproduce` target runs it, e.g. `theory-sim`. */
  readonly project: string;
  readonly title: string;
  readonly citation: string;
  readonly experiments: readonly Experiment[];
  /** In the order of the paper, which is the order of every table and report; `inPaperOrder` sorts lists that were joined. */
  readonly claims: readonly Claim[];
  /** Experiments worth a figure of their own in the report. */
  readonly figures?: (records: readonly CellRecord[], tier: Tier) => readonly Figure[];
}

/** One part of a judged claim. */
export interface VerdictPart {
  readonly part: string;
  readonly verdict: 'supported' | 'refuted' | 'inconclusive';
  readonly measured: number | null;
  readonly interval: readonly [number, number] | null;
  /** Its blocks. */
  readonly n: number;
}

/** A judged claim, as in `verdicts.json`. */
export interface Verdict {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
  readonly kind: Claim['kind'];
  readonly rule: Rule;
  readonly expect: Expectation;
  readonly reason?: string;
  readonly reference?: Reference;
  readonly verdict: 'supported' | 'refuted' | 'inconclusive' | 'not-run';
  /** Why, in a sentence: always for `inconclusive` and `not-run`; names the failed checks of an exact rule. */
  readonly why?: string;
  /** Of a claim with parts, as all numbers below: those of the part that decides. */
  readonly measured: number | null;
  /** Of `measured` and `interval`, in words: the statistic's, or what an exact claim's evidence names. `null`: none is said. */
  readonly unit: string | null;
  readonly interval: readonly [number, number] | null;
  /** Probability that such an interval holds what it estimates: 0.95. `null` for an exact rule, which has none. */
  readonly level: number | null;
  /**
   * What decided: the interval together with the statistic; the statistic alone (few blocks, at quick); the checks of an exact
   * rule. `null` when nothing could, as in a claim that was not run or has no interval where it needs one.
   */
  readonly judgedBy: 'interval' | 'mean' | 'checks' | null;
  /** Number of blocks behind `measured`; of an exact rule, the number of its checks. */
  readonly n: number;
  /** Independent blocks behind `interval`: n again, but `null` for an exact rule, whose checks are none. */
  readonly blocks: number | null;
  /** Samples that the claim left out by its rule, when there are any. */
  readonly excluded?: number;
  /** Every part of a claim with several, in the order in which its evidence names them first. */
  readonly parts?: readonly VerdictPart[];
}
