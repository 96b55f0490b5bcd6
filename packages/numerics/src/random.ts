/**
 * Keyed random streams: the numbers of `stream(seed, 'noise').at(round, client, step)` depend on these arguments alone,
 * never on what was drawn before, on which worker, or on which engine.
 *
 * The generator is Philox4x32-10. Its 64-bit key is a hash of seed and names, made once a stream; its counter is
 * (block, a, b, c), so `at` writes three integers. A stream is a sequence of uniforms u₀, u₁, u₂, … of 53 bits, two a
 * block, and one law holds for all draws: **each takes the next uniforms in order, and a fill of length n draws what n
 * single calls would**, bit for bit.
 *
 * | draw | uniforms | value |
 * |---|---|---|
 * | uniform | 1 | u |
 * | normal | 1 | Φ⁻¹(u + 2⁻⁵⁴), Wichura's AS 241 |
 * | exponential | 1 | −log(1 − u) |
 * | Gumbel | 1 | −log E, E = −log(1 − u), or 2⁻⁵⁴ where u = 0 |
 * | Laplace | 1 | with q = u − ½ + 2⁻⁵⁴: −sign(q)·log(1 − 2|q|) |
 * | Pareto | 1 | with v = 2u − 1 + 2⁻⁵³: sign(v)·(|v|^(−1/α) − 1) |
 * | integer, below m | 1, rarely more | ⌊2⁵³u / ⌊2⁵³/m⌋⌋, drawn again where that is m or more |
 * | Dirichlet | a varying number | gammas of Marsaglia and Tsang, normalised from their logarithms |
 * | permutation, choice | n − 1, or n in a choice, rarely more | Fisher-Yates |
 */
import { addressOf, copy, firstWindow, refresh, refuseDetached, requireDoubles, requireKind } from './border.js';
import { exports, type FillKernel, memory, philoxBlock, scratch, SCRATCH_LENGTH } from './wasm.js';

/** One keyed sequence of random numbers; see {@link stream}. */
export interface Stream {
  /**
   * Goes to the start of the sequence of the counter words (a, b, c), each an integer from 0 to 2³² − 1 (default 0).
   * Nothing is allocated.
   * @returns this stream
   * @throws RangeError for a word that is no such integer
   */
  at(a?: number, b?: number, c?: number): Stream;
  /** A number in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number;
  /** A standard normal number; never beyond ±8.3. */
  normal(): number;
  /** An exponential number with mean 1. */
  exponential(): number;
  /**
   * An integer from 0 to bound − 1, each equally likely without modulo bias.
   * @throws RangeError if bound is no integer from 1 to 2⁵³ − 1
   */
  integer(bound: number): number;
  /** Fills `out` with uniform numbers in [0, 1) and returns it. */
  fillUniform(out: Float64Array): Float64Array;
  /** Fills `out` with standard normal numbers and returns it. */
  fillNormal(out: Float64Array): Float64Array;
  /** Fills `out` with exponential numbers of mean 1 and returns it. */
  fillExponential(out: Float64Array): Float64Array;
  /**
   * Fills `out` with Gumbel numbers and returns it: P(X ≤ x) = exp(−exp(−x)), mean 0.5772… (Euler's γ), variance π²/6.
   */
  fillGumbel(out: Float64Array): Float64Array;
  /** Fills `out` with Laplace numbers and returns it: density exp(−|x|)/2, mean 0, variance 2. */
  fillLaplace(out: Float64Array): Float64Array;
  /**
   * Fills `out` with symmetric Pareto numbers and returns it: density α/2 · (1 + |x|)^(−α−1), so that moments of order
   * p < α exist, and no others.
   * @param alpha tail index, above 0 (at least 0.052, where the largest draw would overflow)
   * @throws RangeError for another alpha
   */
  fillPareto(out: Float64Array, alpha: number): Float64Array;
  /**
   * Fills `out` with one point of the simplex, Dirichlet with concentration `alpha`, and returns it.
   * @param alpha one concentration for all coordinates, or one each; from 1e-300 to 1e300
   * @throws RangeError for another alpha, an alpha of another length than `out`, or an empty `out`
   */
  fillDirichlet(alpha: number | Float64Array, out: Float64Array): Float64Array;
  /** Fills `out` with a random order of 0, …, out.length − 1 and returns it. */
  permutation(out: Uint32Array): Uint32Array;
  /**
   * Fills `out` with distinct integers from 0 to n − 1, each ordered selection equally likely, and returns it.
   * @throws RangeError if n is no integer from out.length to 2³²
   */
  choice(n: number, out: Uint32Array): Uint32Array;
}

const LAST_BLOCK = 2 ** 32;

let words = new Uint32Array(memory.buffer, philoxBlock, 4);

/** Makes the view of the block anew after memory has grown. */
function refreshWords(): void {
  words = new Uint32Array(memory.buffer, philoxBlock, 4);
}

/** The 64-bit key: the canonical JSON text of [seed, ...names], eight code units at a time through Philox itself. */
function keyOf(seed: number, names: readonly (string | number)[]): [number, number] {
  const text = JSON.stringify([seed, ...names]);
  let k0 = 0;
  let k1 = 0;
  const word = (i: number) => ((text.charCodeAt(i) || 0) | ((text.charCodeAt(i + 1) || 0) << 16)) >>> 0;
  for (let i = 0; i < text.length; i += 8) {
    exports.philox(k0, k1, word(i), word(i + 2), word(i + 4), word(i + 6));
    if (words.length === 0) refreshWords();
    k0 = words[0]!;
    k1 = words[1]!;
  }
  return [k0, k1];
}

class KeyedStream implements Stream {
  readonly #k0: number;
  readonly #k1: number;
  #a = 0;
  #b = 0;
  #c = 0;
  /** Index of the next uniform. */
  #position = 0;
  /** The second uniform of the block that a single draw opened, while position is odd; else −1. */
  #spare = -1;

  constructor(k0: number, k1: number) {
    this.#k0 = k0;
    this.#k1 = k1;
  }

  at(a = 0, b = 0, c = 0): this {
    if (a >>> 0 !== a || b >>> 0 !== b || c >>> 0 !== c) refuseWords(a, b, c);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#position = 0;
    this.#spare = -1;
    return this;
  }

  uniform(): number {
    const position = this.#position;
    const spare = this.#spare;
    if (spare >= 0) {
      this.#position = position + 1;
      this.#spare = -1;
      return spare;
    }
    const block = Math.floor(position / 2);
    if (block >= LAST_BLOCK) refuseExhausted();
    exports.philox(this.#k0, this.#k1, block, this.#a, this.#b, this.#c);
    if (words.length === 0) refreshWords();
    this.#position = position + 1;
    const second = (words[3]! * 2097152 + (words[2]! >>> 11)) * 2 ** -53;
    if (position % 2 === 1) return second;
    this.#spare = second;
    return (words[1]! * 2097152 + (words[0]! >>> 11)) * 2 ** -53;
  }

  normal(): number {
    return exports.normalOf(this.uniform());
  }

  exponential(): number {
    return exports.exponentialOf(this.uniform());
  }

  integer(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new RangeError(
        `integer: 'bound' is ${bound}; must be an integer from 1 to 2^53 - 1. The draw is from 0 to bound - 1.`,
      );
    }
    let value;
    do value = integerBelow(bound, this.uniform());
    while (value >= bound);
    return value;
  }

  fillUniform(out: Float64Array): Float64Array {
    return this.#fill('fillUniform', exports.fillUniform, out);
  }

  fillNormal(out: Float64Array): Float64Array {
    return this.#fill('fillNormal', exports.fillNormal, out);
  }

  fillExponential(out: Float64Array): Float64Array {
    return this.#fill('fillExponential', exports.fillExponential, out);
  }

  fillGumbel(out: Float64Array): Float64Array {
    return this.#fill('fillGumbel', exports.fillGumbel, out);
  }

  fillLaplace(out: Float64Array): Float64Array {
    return this.#fill('fillLaplace', exports.fillLaplace, out);
  }

  fillPareto(out: Float64Array, alpha: number): Float64Array {
    if (!(alpha >= 0.052 && alpha < Infinity)) {
      throw new RangeError(
        `fillPareto: 'alpha' is ${alpha}; must be a finite number of at least 0.052. Moments of order below alpha exist.`,
      );
    }
    this.#fill('fillPareto', exports.fillUniform, out);
    for (let i = 0; i < out.length; i++) {
      const v = 2 * out[i]! - 1 + 2 ** -53;
      const size = exports.expOf(exports.logOf(Math.abs(v)) / -alpha) - 1;
      out[i] = v < 0 ? -size : size;
    }
    return out;
  }

  fillDirichlet(alpha: number | Float64Array, out: Float64Array): Float64Array {
    requireDoubles('fillDirichlet', 'out', out);
    if (typeof alpha !== 'number') requireDoubles('fillDirichlet', 'alpha', alpha);
    const n = out.length;
    if (n === 0)
      throw new RangeError(`fillDirichlet: 'out' is empty; must have at least one coordinate. Give it a length.`);
    if (typeof alpha !== 'number' && alpha.length !== n) {
      throw new RangeError(
        `fillDirichlet: 'alpha' is of length ${alpha.length}; must be a number or of out's length ${n}. Give one a coordinate.`,
      );
    }
    for (let i = 0; i < (typeof alpha === 'number' ? 1 : n); i++) {
      const value = typeof alpha === 'number' ? alpha : alpha[i]!;
      if (!(value >= 1e-300 && value <= 1e300)) {
        throw new RangeError(
          `fillDirichlet: 'alpha' is ${value}; must be from 1e-300 to 1e300. Small values give nearly one-hot points.`,
        );
      }
    }
    let largest = -Infinity;
    for (let i = 0; i < n; i++) {
      const log = this.#logGamma(typeof alpha === 'number' ? alpha : alpha[i]!);
      out[i] = log;
      if (log > largest) largest = log;
    }
    let sum = 0;
    for (let i = 0; i < n; i++) sum += out[i] = exports.expOf(out[i]! - largest);
    for (let i = 0; i < n; i++) out[i]! /= sum;
    return out;
  }

  permutation(out: Uint32Array): Uint32Array {
    requireKind('permutation', 'out', out, 'Uint32Array');
    if (out.length === 0) refuseDetached('permutation', 'out', out);
    for (let i = 0; i < out.length; i++) out[i] = i;
    refresh();
    // Uniforms are drawn by the window, never more than are needed: each index takes one, rarely more.
    for (let i = out.length - 1; i > 0;) {
      const n = Math.min(SCRATCH_LENGTH, i);
      if (this.#position + n > 2 * LAST_BLOCK) refuseExhausted();
      this.#draw(exports.fillUniform, n, scratch);
      for (let k = 0; k < n; k++) {
        const j = integerBelow(i + 1, firstWindow[k]!);
        if (j > i) continue;
        const value = out[i]!;
        out[i--] = out[j]!;
        out[j] = value;
      }
    }
    return out;
  }

  choice(n: number, out: Uint32Array): Uint32Array {
    requireKind('choice', 'out', out, 'Uint32Array');
    if (!Number.isSafeInteger(n) || n < out.length || n > 2 ** 32) {
      throw new RangeError(
        `choice: 'n' is ${n}; must be an integer from ${out.length} (out's length) to 2^32. There are not enough to choose from, or they do not fit.`,
      );
    }
    if (out.length === 0) refuseDetached('choice', 'out', out);
    // Fisher-Yates from the front on a list of 0, …, n − 1 of which only the moved entries are kept.
    const moved = new Map<number, number>();
    for (let i = 0; i < out.length; i++) {
      const j = i + this.integer(n - i);
      out[i] = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
    }
    return out;
  }

  /** log of a gamma variate of shape `alpha`: Marsaglia and Tsang, ACM TOMS 26 (2000), boosted below 1. */
  #logGamma(alpha: number): number {
    const boost = alpha < 1 ? exports.logOf(1 - this.uniform()) / alpha : 0;
    const d = (alpha < 1 ? alpha + 1 : alpha) - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const t = 1 + c * x;
      const u = 1 - this.uniform();
      if (t <= 0) continue;
      const v = t * t * t;
      const logV = 3 * exports.logOf(t);
      if (exports.logOf(u) < 0.5 * x * x + d * (1 - v + logV)) return exports.logOf(d) + logV + boost;
    }
  }

  #fill(name: string, kernel: FillKernel, out: Float64Array): Float64Array {
    requireDoubles(name, 'out', out);
    if (out.length === 0) refuseDetached(name, 'out', out);
    refresh();
    const end = this.#position + out.length;
    if (end > 2 * LAST_BLOCK) refuseExhausted();
    const address = addressOf(out);
    if (address !== 0) {
      this.#draw(kernel, out.length, address);
      return out;
    }
    for (let start = 0; start < out.length; start += SCRATCH_LENGTH) {
      const n = Math.min(SCRATCH_LENGTH, out.length - start);
      this.#draw(kernel, n, scratch);
      copy(n, firstWindow, 0, out, start);
    }
    return out;
  }

  #draw(kernel: FillKernel, n: number, pointer: number): void {
    const position = this.#position;
    kernel(this.#k0, this.#k1, Math.floor(position / 2), this.#a, this.#b, this.#c, position % 2, n, pointer);
    this.#position = position + n;
    if (n > 0) this.#spare = -1;
  }
}

/** ⌊2⁵³u / ⌊2⁵³/m⌋⌋ of a uniform u; to be drawn again where that is m or more. */
function integerBelow(m: number, u: number): number {
  return Math.floor((u * 2 ** 53) / Math.floor(2 ** 53 / m));
}

function refuseExhausted(): never {
  throw new RangeError(
    'stream: all 2^33 numbers of this counter are drawn; must be fewer. Go on at another at(a, b, c).',
  );
}

function refuseWords(...given: number[]): never {
  const index = given.findIndex((word) => word >>> 0 !== word);
  throw new RangeError(
    `at: '${'abc'[index]!}' is ${given[index]}; must be an integer from 0 to 4294967295. Put other keys into the stream's names.`,
  );
}

/**
 * The random stream of a seed and of any number of names, at counter (0, 0, 0).
 *
 * The same arguments give the same numbers in any process and on any engine. Other arguments give an independent stream:
 * text and number differ (`1`, `'1'`), and so do `('ab', 'c')` and `('a', 'bc')`. Names are hashed once, here; keep the
 * stream and use `at` for what changes in a loop.
 * @param seed an integer from 0 to 2⁵³ − 1
 * @param names text or finite numbers that say what the numbers are for
 * @throws RangeError or TypeError for another seed or name
 * @example
 * const noise = stream(7, 'E1', 'noise');
 * noise.at(round, client, step).fillNormal(out);
 */
export function stream(seed: number, ...names: (string | number)[]): Stream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `stream: 'seed' is ${String(seed)}; must be an integer from 0 to 2^53 - 1. Put other keys into the names.`,
    );
  }
  names.forEach((name, i) => {
    if (typeof name !== 'string' && !(typeof name === 'number' && Number.isFinite(name))) {
      throw new TypeError(
        `stream: 'names[${i}]' is ${String(name)}; must be a string or a finite number. Name the stream by text.`,
      );
    }
  });
  return new KeyedStream(...keyOf(seed, names));
}
