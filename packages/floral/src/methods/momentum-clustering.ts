/**
 * Momentum clustering (Werner, He, Jordan, Jaggi, Karimireddy, TMLR 2023): each client has a model of its own and sends the momentum of
 * its local steps; the server looks for groups among these, and every client moves by the centre of its group.
 *
 * Symbols there: x_i model, m_i momentum, 1 − α its decay, v_k centre, τ_k threshold, M rounds of clustering.
 */
import { fraction, integer } from '@assay-ml/numerics/check';
import type { ClientState } from '../client.js';
import { method, type Method } from '../method.js';

/** Momentum clustering, of models without adaptors. Base variables never come to a mean: a client that was in no round has the start. */
export const momentumClustering = (clusters: number, momentum = 0.9): Method => {
  integer('momentumClustering', 'clusters', clusters, 1);
  fraction('momentumClustering', 'momentum', momentum, 'It is how much stays from round to round.');
  return method('Momentum clustering', { privateBase: 'all', clustering: { clusters, momentum } });
};

/** M. */
const ROUNDS = 10;

/**
 * Threshold clustering. The first centre is the first point, each other one the point farthest from those before it; then, M times,
 * v ← (1/N) Σ_i (z_i where ‖z_i − v‖ ≤ τ, else v), τ so wide that N/C points are within: groups of about one size. The paper has
 * τ from constants of its theory, which nobody knows beforehand.
 * @param points [N] of one length
 * @returns centres [C], and [N] which of them is nearest
 */
export function thresholdClusters(
  points: readonly Float64Array[],
  clusters: number,
): { readonly centres: readonly Float64Array[]; readonly nearest: readonly number[] } {
  const N = points.length;
  const distances = (v: Float64Array) => points.map((z) => z.reduce((sum, x, j) => sum + (x - v[j]!) ** 2, 0));
  const centres = [points[0]!.slice()];
  while (centres.length < Math.min(clusters, N)) {
    const all = centres.map(distances);
    const least = points.map((_, i) => Math.min(...all.map((of) => of[i]!)));
    centres.push(points[least.indexOf(Math.max(...least))]!.slice());
  }
  const within = Math.max(1, Math.round(N / clusters));
  for (const v of centres) {
    for (let m = 0; m < ROUNDS; m++) {
      const d = distances(v);
      const threshold = [...d].sort((a, b) => a - b)[within - 1]!;
      const near = points.filter((_, i) => d[i]! <= threshold);
      for (let j = 0; j < v.length; j++) {
        let sum = 0;
        for (const z of near) sum += z[j]! - v[j]!;
        v[j]! += sum / N;
      }
    }
  }
  const all = centres.map(distances);
  return {
    centres,
    nearest: points.map((_, i) => all.reduce((best, of, c) => (of[i]! < all[best]![i]! ? c : best), 0)),
  };
}

/**
 * What clients of a round keep: m ← (1 − α) m + α (x − x⁺), of a first round x − x⁺ itself, and x less the centre of its group.
 * @param before their states as the round began, `base` being x
 * @param after local steps: x⁺
 */
export function clusteredStates(
  { clusters, momentum }: NonNullable<Method['clustering']>,
  before: readonly ClientState[],
  after: readonly ClientState[],
): ClientState[] {
  const momenta = before.map(({ base, moments }, k) => {
    const old = moments.first.length === 0 ? null : moments.first;
    return base.map((x, j) => {
      const moved = x - after[k]!.base[j]!;
      return old === null ? moved : momentum * old[j]! + (1 - momentum) * moved;
    });
  });
  const { centres, nearest } = thresholdClusters(momenta, clusters);
  return after.map((state, k) => ({
    ...state,
    base: before[k]!.base.map((x, j) => x - centres[nearest[k]!]![j]!),
    moments: { ...state.moments, first: momenta[k]! },
  }));
}
