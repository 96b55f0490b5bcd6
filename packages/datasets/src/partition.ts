/**
 * Splits of a data set over clients. Every partitioner returns one list of sample indices a client, ascending, each
 * sample at most once, with counts that are exact: they sum to the number of samples, or to `clients · perClient`.
 *
 * | function | law | from |
 * |---|---|---|
 * | `partitionIid` | a random split into equal parts | |
 * | `partitionByClass` | k classes a client | McMahan et al. 2017, §3 (there: two shards of sorted data a client) |
 * | `partitionDirichlet` | class c spread over clients by Dirichlet(α); with `perClient` the class mix of a client | Yurochkin et al. 2019; Hsu et al. 2019 |
 * | `partitionByQuantity` | sizes by Dirichlet(α), classes alike | Li et al. 2022, §4.3 |
 *
 * Fractions become counts by largest remainder (ties: the lower index). A split depends on the stream's key alone;
 * the stream's counter words are set by these functions, so a stream of its own is best: `stream(seed, 'partition')`.
 */
import type { Stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';

/** Clients and key of every partitioner. */
export interface PartitionOptions {
  /** Number of clients, at least 1. */
  readonly clients: number;
  /** Key of the split, e.g. `stream(seed, 'partition')` of `@assay-ml/numerics`. */
  readonly stream: Stream;
}

/** A split that may leave samples out to give every client the same number. */
export interface CappedPartitionOptions extends PartitionOptions {
  /** Exactly this many samples a client. Default: every sample is handed out. */
  readonly perClient?: number;
}

/** Names of the options that partitioners share. */
const CAPPED = { clients: 1, stream: 1, perClient: 1 };

/** Counter word 1: what a draw is for. */
const ORDER = 0;
const CLASSES = 1;
const PROPORTIONS = 2;
/** Redraws of a Dirichlet split before `minPerClient` is called out of reach (our choice). */
const ATTEMPTS = 1000;
/**
 * Where each of the first draws leaves so many clients short, a thousand will not do: the number that are short is near
 * Poisson, and 0 where 40 are expected has probability e^−40.
 */
const HOPELESS_AFTER = 5;
const HOPELESS = 40;

/**
 * Splits samples at random into parts whose sizes differ by at most one (the first parts are the larger).
 * @param samples number of samples N
 * @throws RangeError when an option is not a positive integer, or there are fewer samples than asked for
 */
export function partitionIid(samples: number, options: CappedPartitionOptions): Uint32Array[] {
  requireOptions('partitionIid', options, CAPPED);
  const { clients, stream, perClient } = options;
  checkCounts('partitionIid', samples, options);
  const order = stream.at(ORDER).permutation(new Uint32Array(samples));
  return cut(order, perClient === undefined ? evenly(samples, clients) : new Array<number>(clients).fill(perClient));
}

/**
 * Gives every client samples of `classesPerClient` different classes. Each class has as many clients as any other, give
 * or take one; its samples are split evenly among them. With `perClient` every client takes that many, evenly over its
 * classes.
 * @param labels class of each sample
 * @param options `classesPerClient`: k, 1 … number of classes in `labels`
 * @throws RangeError when an option is out of range, when some class would have no client (`clients ·
 *   classesPerClient` below the number of classes, without `perClient`), or a class has too few samples for its clients
 */
export function partitionByClass(
  labels: ArrayLike<number>,
  options: CappedPartitionOptions & { readonly classesPerClient: number },
): Uint32Array[] {
  requireOptions('partitionByClass', options, { ...CAPPED, classesPerClient: 1 });
  const { clients, stream, perClient, classesPerClient } = options;
  checkCounts('partitionByClass', labels.length, options);
  const pools = poolsOf('partitionByClass', labels, stream);
  if (!Number.isSafeInteger(classesPerClient) || classesPerClient < 1 || classesPerClient > pools.length) {
    throw new RangeError(
      `partitionByClass: 'classesPerClient' is ${classesPerClient}; must be an integer in 1 … ${pools.length}, the number of classes in 'labels'.`,
    );
  }
  if (perClient !== undefined && perClient < classesPerClient) {
    throw new RangeError(
      `partitionByClass: 'perClient' is ${perClient}; must be at least 'classesPerClient' = ${classesPerClient}, one sample a class.`,
    );
  }
  if (perClient === undefined && clients * classesPerClient < pools.length) {
    throw new RangeError(
      `partitionByClass: ${clients} clients with ${classesPerClient} classes each leave some of ${pools.length} classes without a client. ` +
        `Raise 'clients' or 'classesPerClient', or set 'perClient' to leave samples out.`,
    );
  }

  const holders = assignClasses(pools.length, clients, classesPerClient, stream);
  const counts = zeros(clients, pools.length);
  const taken = new Array<number>(clients).fill(0); // classes of this client so far, for the even split of perClient
  for (const [c, clientsOfClass] of holders.entries()) {
    const pool = pools[c]!;
    const shares =
      perClient === undefined
        ? evenly(pool.samples.length, clientsOfClass.length)
        : clientsOfClass.map((i) => evenly(perClient, classesPerClient)[taken[i]!++]!);
    const needed = sum(shares);
    if (needed > pool.samples.length || pool.samples.length < clientsOfClass.length) {
      throw new RangeError(
        `partitionByClass: class ${pool.label} has ${pool.samples.length} samples for ${clientsOfClass.length} clients that need ` +
          `${Math.max(needed, clientsOfClass.length)}. Lower ${perClient === undefined ? "'clients' or 'classesPerClient'" : "'perClient'"}.`,
      );
    }
    for (const [k, i] of clientsOfClass.entries()) counts[i]![c] = shares[k]!;
  }
  return deal(pools, counts);
}

/**
 * Label skew by a Dirichlet law: α → ∞ is IID, α → 0 gives each client few classes.
 *
 * Without `perClient` each class is spread over the clients by its own draw of Dirichlet(α, …, α) and every sample is
 * handed out, so client sizes differ (Yurochkin et al. 2019). A draw that leaves a client with fewer than
 * `minPerClient` samples is drawn again. With `perClient` each client has its own class mix, Dirichlet(α, …, α), and
 * exactly that many samples (Hsu et al. 2019); once a class is used up, its share goes to the client's other classes in
 * proportion, which later clients feel more.
 * @param labels class of each sample
 * @param options `alpha`: concentration, > 0. `minPerClient`: default 1 (our choice); not used with `perClient`
 * @throws RangeError when an option is out of range, or no draw in 1,000 gave every client `minPerClient` samples
 *   (after five, where each leaves forty clients short)
 */
export function partitionDirichlet(
  labels: ArrayLike<number>,
  options: CappedPartitionOptions & { readonly alpha: number; readonly minPerClient?: number },
): Uint32Array[] {
  requireOptions('partitionDirichlet', options, { ...CAPPED, alpha: 1, minPerClient: 1 });
  const { clients, stream, perClient, alpha, minPerClient = 1 } = options;
  checkCounts('partitionDirichlet', labels.length, options);
  checkAlpha('partitionDirichlet', alpha);
  checkMinimum('partitionDirichlet', minPerClient, labels.length, clients);
  const pools = poolsOf('partitionDirichlet', labels, stream);
  return deal(
    pools,
    perClient === undefined
      ? spreadClasses(pools, clients, alpha, minPerClient, stream)
      : mixClients(pools, clients, alpha, perClient, stream),
  );
}

/**
 * Quantity skew: client sizes by Dirichlet(α, …, α), samples otherwise at random, so that classes are alike. Every
 * sample is handed out; each client has `minPerClient` samples plus its share of the rest.
 * @param samples number of samples N
 * @param options `alpha`: concentration, > 0; small is very unequal. `minPerClient`: default 1 (our choice)
 * @throws RangeError when an option is out of range
 */
export function partitionByQuantity(
  samples: number,
  options: PartitionOptions & { readonly alpha: number; readonly minPerClient?: number },
): Uint32Array[] {
  requireOptions('partitionByQuantity', options, { clients: 1, stream: 1, alpha: 1, minPerClient: 1 });
  const { clients, stream, alpha, minPerClient = 1 } = options;
  checkCounts('partitionByQuantity', samples, options);
  checkAlpha('partitionByQuantity', alpha);
  checkMinimum('partitionByQuantity', minPerClient, samples, clients);
  const shares = stream.at(PROPORTIONS).fillDirichlet(alpha, new Float64Array(clients));
  const extra = apportion(samples - clients * minPerClient, shares);
  const order = stream.at(ORDER).permutation(new Uint32Array(samples));
  return cut(
    order,
    extra.map((n) => n + minPerClient),
  );
}

/** The samples of one class, in random order. */
interface Pool {
  readonly label: number;
  readonly samples: Uint32Array;
}

/** One pool a class, by ascending label. */
export function poolsOf(where: string, labels: ArrayLike<number>, stream: Stream): Pool[] {
  const byLabel = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isSafeInteger(label)) {
      throw new RangeError(`${where}: 'labels[${i}]' is ${label}; must be an integer.`);
    }
    const list = byLabel.get(label);
    if (list) list.push(i);
    else byLabel.set(label, [i]);
  }
  return [...byLabel.entries()]
    .sort(([a], [b]) => a - b)
    .map(([label, list], c) => {
      const order = stream.at(ORDER, c).permutation(new Uint32Array(list.length));
      return { label, samples: order.map((i) => list[i]!) };
    });
}

/** Clients of each class: a client takes the k classes that fewest clients hold, ties at random, so loads differ by ≤ 1. */
function assignClasses(classes: number, clients: number, k: number, stream: Stream): number[][] {
  const holders: number[][] = Array.from({ length: classes }, () => []);
  const order = new Uint32Array(classes);
  for (let i = 0; i < clients; i++) {
    stream.at(CLASSES, i).permutation(order);
    const byLoad = [...order].sort((a, b) => holders[a]!.length - holders[b]!.length); // stable: ties keep the random order
    for (const c of byLoad.slice(0, k)) holders[c]!.push(i);
  }
  return holders;
}

/** Counts [client][class] when each class is spread over the clients. */
function spreadClasses(
  pools: readonly Pool[],
  clients: number,
  alpha: number,
  minPerClient: number,
  stream: Stream,
): number[][] {
  const shares = new Float64Array(clients);
  let fewestShort = Infinity;
  const failed = (draws: number): RangeError =>
    new RangeError(
      `partitionDirichlet: no draw of ${draws} with alpha = ${alpha} gave each of ${clients} clients ${minPerClient} samples. ` +
        `Raise 'alpha', lower 'minPerClient' or 'clients', or set 'perClient'.`,
    );
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const counts = zeros(clients, pools.length);
    for (const [c, pool] of pools.entries()) {
      stream.at(PROPORTIONS, c, attempt).fillDirichlet(alpha, shares);
      for (const [i, n] of apportion(pool.samples.length, shares).entries()) counts[i]![c] = n;
    }
    const short = counts.filter((row) => sum(row) < minPerClient).length;
    if (short === 0) return counts;
    fewestShort = Math.min(fewestShort, short);
    if (attempt + 1 === HOPELESS_AFTER && fewestShort >= HOPELESS) throw failed(attempt + 1);
  }
  throw failed(ATTEMPTS);
}

/** Counts [client][class] when each client has its own mix and `perClient` samples. */
function mixClients(
  pools: readonly Pool[],
  clients: number,
  alpha: number,
  perClient: number,
  stream: Stream,
): number[][] {
  const left = pools.map((pool) => pool.samples.length);
  const mix = new Float64Array(pools.length);
  return Array.from({ length: clients }, (_, i) => {
    stream.at(PROPORTIONS, i).fillDirichlet(alpha, mix);
    const counts = pools.map(() => 0);
    for (let missing = perClient; missing > 0; missing = perClient - sum(counts)) {
      const open = left.map((n, c) => (n > 0 ? mix[c]! : 0));
      const wanted = apportion(missing, sum(open) > 0 ? open : left); // a mix of used-up classes only: whatever is left
      for (const [c, n] of wanted.entries()) {
        const given = Math.min(n, left[c]!);
        counts[c]! += given;
        left[c]! -= given;
      }
    }
    return counts;
  });
}

/** Hands out each pool in order; lists come back ascending. */
export function deal(pools: readonly Pool[], counts: readonly (readonly number[])[]): Uint32Array[] {
  const next = pools.map(() => 0);
  return counts.map((row) => {
    const list = new Uint32Array(sum(row));
    let filled = 0;
    for (const [c, n] of row.entries()) {
      list.set(pools[c]!.samples.subarray(next[c]!, next[c]! + n), filled);
      next[c]! += n;
      filled += n;
    }
    return list.sort();
  });
}

/** Consecutive parts of the given sizes, each ascending. */
function cut(order: Uint32Array, sizes: readonly number[]): Uint32Array[] {
  let at = 0;
  return sizes.map((n) => order.slice(at, (at += n)).sort());
}

/** `total` as integers in proportion to `weights` (largest remainder; ties: the lower index). */
export function apportion(total: number, weights: ArrayLike<number>): number[] {
  const all = Array.from(weights);
  const whole = sum(all);
  const exact = all.map((w) => (total * w) / whole);
  const counts = exact.map(Math.floor);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!));
  const missing = total - sum(counts);
  for (const i of byRemainder.slice(0, missing)) counts[i]!++;
  return counts;
}

/** `total` in `parts` integers that differ by at most one. */
function evenly(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0));
}

function zeros(rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
}

/** Σ of the values. */
export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function checkCounts(where: string, samples: number, options: CappedPartitionOptions): void {
  const { clients, perClient } = options;
  for (const [name, value] of Object.entries({ samples, clients, perClient: perClient ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${where}: '${name}' is ${value}; must be a positive integer.`);
    }
  }
  if (clients * (perClient ?? 1) > samples) {
    const asked = perClient === undefined ? `${clients} clients` : `${clients} clients with ${perClient} samples each`;
    throw new RangeError(
      `${where}: ${asked} need more than the ${samples} samples there are. Lower 'clients'${perClient === undefined ? '' : " or 'perClient'"}.`,
    );
  }
}

function checkAlpha(where: string, alpha: number): void {
  if (!(alpha > 0) || !Number.isFinite(alpha)) {
    throw new RangeError(
      `${where}: 'alpha' is ${alpha}; must be a positive number. Small is skewed, e.g. 0.1; 100 is nearly IID.`,
    );
  }
}

function checkMinimum(where: string, minPerClient: number, samples: number, clients: number): void {
  const most = Math.floor(samples / clients);
  if (!Number.isSafeInteger(minPerClient) || minPerClient < 0 || minPerClient > most) {
    throw new RangeError(
      `${where}: 'minPerClient' is ${minPerClient}; must be an integer in 0 … ${most} (${samples} samples, ${clients} clients).`,
    );
  }
}
