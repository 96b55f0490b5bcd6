/** A keyed stream written a second time from its description alone: slow, in plain TypeScript with BigInt and Math. */

const MASK = 0xffffffffn;

/** Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011), figure 2. */
export function philox(key: readonly bigint[], counter: readonly bigint[]): bigint[] {
  let [k0, k1] = key as [bigint, bigint];
  let [r0, l0, r1, l1] = counter as [bigint, bigint, bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * r0;
    const p1 = 0xcd9e8d57n * r1;
    [r0, l0, r1, l1] = [(p1 >> 32n) ^ l0 ^ k0, p1 & MASK, (p0 >> 32n) ^ l1 ^ k1, p0 & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [r0, l0, r1, l1];
}

export class ReferenceStream {
  readonly #key: bigint[];
  #words: bigint[] = [];
  #next = 0n;
  /** The 53-bit integers below are uniforms times 2⁵³. */
  #block: bigint[] = [];

  constructor(seed: number, ...names: (string | number)[]) {
    const text = JSON.stringify([seed, ...names]);
    this.#key = [0n, 0n];
    for (let i = 0; i < text.length; i += 8) {
      const units = Array.from({ length: 8 }, (_, j) => BigInt(i + j < text.length ? text.charCodeAt(i + j) : 0));
      const counter = [0, 2, 4, 6].map((j) => units[j]! + (units[j + 1]! << 16n));
      this.#key = philox(this.#key, counter).slice(0, 2);
    }
    this.at(0, 0, 0);
  }

  at(a: number, b: number, c: number): this {
    this.#words = [a, b, c].map(BigInt);
    this.#next = 0n;
    return this;
  }

  #integer53(): bigint {
    const n = this.#next++;
    if (n % 2n === 0n || this.#block.length === 0) {
      const [x0, x1, x2, x3] = philox(this.#key, [n / 2n, ...this.#words]) as [bigint, bigint, bigint, bigint];
      this.#block = [(x0 + (x1 << 32n)) >> 11n, (x2 + (x3 << 32n)) >> 11n];
    }
    return this.#block[Number(n % 2n)]!;
  }

  uniform(): number {
    return Number(this.#integer53()) / 2 ** 53;
  }

  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  integer(bound: number): number {
    const width = 2n ** 53n / BigInt(bound);
    for (;;) {
      const value = this.#integer53() / width;
      if (value < BigInt(bound)) return Number(value);
    }
  }

  /** log of a gamma number: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000), 363-372. */
  logGamma(alpha: number): number {
    if (alpha < 1) {
      const power = Math.log(1 - this.uniform()) / alpha; // U^(1/α), section 6
      return this.logGamma(alpha + 1) + power;
    }
    const d = alpha - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = as241(this.uniform(), Math.log);
      const u = 1 - this.uniform();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
    }
  }

  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** The first k of a list of 0, …, n − 1 that is shuffled from the front. */
  choice(n: number, k: number): number[] {
    const list = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < k; i++) {
      const j = i + this.integer(n - i);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list.slice(0, k);
  }
}

const horner = (coefficients: readonly number[], r: number) => coefficients.reduceRight((sum, c) => sum * r + c, 0);

/** Φ⁻¹(u + 2⁻⁵⁴) by PPND16 of M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), 477-484. */
export function as241(u: number, log: (x: number) => number): number {
  const q = u - 0.5 + 2 ** -54;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const a = [
      3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.726577092700870085e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ];
    const b = [
      1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
      3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3,
    ];
    return q * (horner(a, r) / horner(b, r));
  }
  const r = Math.sqrt(-log(0.5 - Math.abs(q)));
  if (r <= 5) {
    const c = [
      1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
      1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
    ];
    const d = [
      1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
      1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
    ];
    return Math.sign(q) * (horner(c, r - 1.6) / horner(d, r - 1.6));
  }
  const e = [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ];
  const f = [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ];
  return Math.sign(q) * (horner(e, r - 5) / horner(f, r - 5));
}
