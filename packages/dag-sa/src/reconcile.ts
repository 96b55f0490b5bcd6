/**
 * Brings the order of a method that knows nothing of forbidden edges to them. A method that puts v before u wants the edge v → u where
 * the two depend on each other; where knowledge forbids that one and leaves u → v, the order has taken the edge out of reach.
 */
import { orderClimber } from './bic.js';
import { conform, type Constraints, oneWay } from './knowledge.js';
import { placesOf } from './graph.js';

/**
 * The order, where no edge that it asks for is forbidden the way round that it has it; else the better by BIC of two, each improved by
 * moves of the variables in such pairs: the order itself, and the one nearest to it that has all pairs the allowed way round.
 * Edges are those that BIC chooses; Σ is checked by the caller.
 * @param order one that keeps to what must come first
 * @param n rows behind Σ, more than d
 */
export function reconciled(
  order: Uint32Array<ArrayBuffer>,
  covariance: Float64Array,
  d: number,
  n: number,
  constraints: Constraints,
): Uint32Array<ArrayBuffer> {
  const place = placesOf(order);
  const turned = (u: number, v: number) => oneWay(constraints, d, u, v) && place[v]! < place[u]!;
  const variables = Array.from({ length: d }, (_, v) => v);
  if (!variables.some((u) => variables.some((v) => turned(u, v)))) return order;
  const { parents } = orderClimber(covariance, d, n, { passes: 0 }).climb(order);
  if (!parents.some((list, u) => list.some((v) => turned(u, v)))) return order;
  const { slack, climb } = orderClimber(covariance, d, n, { constraints });
  const moves = (v: number) => variables.some((u) => oneWay(constraints, d, u, v) || oneWay(constraints, d, v, u));
  const [own, other] = [climb(order, moves), climb(conform(order, d, constraints, true), moves)];
  return Uint32Array.from(other.score < own.score - slack ? other.order : own.order);
}
