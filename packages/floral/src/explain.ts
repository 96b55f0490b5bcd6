/** What the routers of a federation have made of it. */
import { scalar } from '@assay-ml/numerics';
import { requireList } from '@assay-ml/numerics/check';
import { checkProbability } from './router.js';

/** Facts about routers. */
export type Explanation = {
  /** Mean entropy of the clients' weights, in nats: 0 decided, log C undecided. */
  readonly entropy: number;
  /** Clients whose largest weight is each cluster's. */
  readonly clients: readonly (readonly number[])[];
  /** 1/‖p(·|c)‖² of each cluster: how many clients its average effectively has; 0 where nobody is. */
  readonly effective: readonly number[];
  /** Share of clients that are with the majority of their arg-max cluster; null where the truth is not known. */
  readonly purity: number | null;
  /** ‖δ_c‖₁ = Σ_k |p̂(k|c) − p(k|c)| of each true cluster, matched to the adaptor that most of its clients choose; null likewise. */
  readonly mismatch: readonly number[] | null;
};

/**
 * Explains routers.
 * @param weights [K] π of each client, each of C weights
 * @param examples [K] N of each
 * @param truth [K] true clusters from 0 on, where they are known
 * @throws TypeError for arguments of another kind; RangeError where lengths differ, there is no client, or a π is no probability
 */
export function explain(
  weights: readonly Float64Array[],
  examples: ArrayLike<number>,
  truth?: ArrayLike<number>,
): Explanation {
  requireList('explain', 'weights', weights, 'Give the weights of each client.');
  requireList('explain', 'examples', examples, 'Give the examples of each client.');
  const K = weights.length;
  const C = weights[0]?.length ?? 0;
  if (K === 0 || C === 0 || examples.length !== K || (truth !== undefined && truth.length !== K)) {
    throw new RangeError(`explain: 'weights', 'examples' and 'truth' are of lengths ${K}, ${examples.length} and ${truth?.length ?? 'none'}; must be of one, at least 1.`); // prettier-ignore
  }
  weights.forEach((pi, k) => checkProbability('explain', `weights[${k}]`, pi, C));
  const clients: number[][] = Array.from({ length: C }, () => []);
  let entropy = 0;
  weights.forEach((pi, k) => {
    clients[largest(pi)]!.push(k);
    for (const p of pi) if (p > 0) entropy -= (p * scalar.log(p)) / K;
  });
  const shares = Array.from({ length: C }, (_, c) => normalised(weights.map((pi, k) => pi[c]! * examples[k]!)));
  const effective = shares.map((p) => {
    const squares = p.reduce((sum, x) => sum + x * x, 0);
    return squares > 0 ? 1 / squares : 0;
  });
  return { entropy, clients, effective, ...(truth === undefined ? { purity: null, mismatch: null } : known(clients, shares, examples, truth)) }; // prettier-ignore
}

function known(
  clients: readonly number[][],
  shares: readonly number[][],
  examples: ArrayLike<number>,
  truth: ArrayLike<number>,
) {
  // prettier-ignore
  const K = truth.length;
  const groups = Math.max(...Array.from(truth)) + 1;
  const counts = clients.map((members) => {
    const of = new Array<number>(groups).fill(0);
    for (const k of members) of[truth[k]!]!++;
    return of;
  });
  const purity = counts.reduce((sum, of) => sum + Math.max(...of), 0) / K;
  const mismatch = Array.from({ length: groups }, (_, group) => {
    const c = largest(counts.map((of) => of[group]!));
    const right = normalised(Array.from(truth, (t, k) => (t === group ? examples[k]! : 0)));
    return right.reduce((sum, p, k) => sum + Math.abs(shares[c]![k]! - p), 0);
  });
  return { purity, mismatch };
}

function normalised(list: readonly number[]): number[] {
  const sum = list.reduce((a, b) => a + b, 0);
  return list.map((x) => (sum > 0 ? x / sum : 0));
}

function largest(list: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < list.length; i++) if (list[i]! > list[best]!) best = i;
  return best;
}
