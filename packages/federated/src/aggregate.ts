import { gemv, scalar } from '@assay-ml/numerics';
import { complaint } from '@assay-ml/numerics/check';

/** Weights of the rows, kept so that a round allocates nothing. */
let coefficients = new Float64Array(0);
const transposed = { transpose: true };

/**
 * The mean of the clients' vectors, weighted if asked: out = Σ_s w_{clients[s]} rows[s] / Σ_s w_{clients[s]}.
 *
 * The order of summation is the order of the rows, so the result does not depend on who computed them.
 * @param rows [S·d] row-major, row s from client `clients[s]`
 * @param clients [S] the clients of the round
 * @param out [d], overwritten
 * @param weights [n] positive, by client; left out: all equal
 * @throws TypeError for what is no typed array; RangeError when the sizes do not fit, or a client of the round has no positive weight
 */
export function aggregate(
  rows: Float64Array,
  clients: Uint32Array,
  out: Float64Array,
  weights?: Float64Array,
): Float64Array {
  for (const [name, value] of Object.entries({ rows, clients, out })) {
    if (!ArrayBuffer.isView(value)) throw new TypeError(complaint('aggregate', name, value, 'a typed array'));
  }
  const count = clients.length;
  const d = out.length;
  if (count === 0 || rows.length < count * d) {
    throw new RangeError(
      `aggregate: 'rows' has ${rows.length} numbers for ${count} clients of dimension ${d}; must hold at least one row and ${count * d} numbers. Give one row a client.`,
    );
  }
  if (coefficients.length !== count) coefficients = new Float64Array(count);
  let most = 0;
  for (let s = 0; s < count; s++) {
    const w = weights === undefined ? 1 : weights[clients[s]!]!;
    if (!(w > 0 && w < Infinity)) {
      throw new RangeError(
        `aggregate: weight of client ${clients[s]} is ${w}; must be finite and positive. Give one for each client, through checkWeights.`,
      );
    }
    coefficients[s] = w;
    most = Math.max(most, w);
  }
  if (count === 1) {
    for (let j = 0; j < d; j++) out[j] = rows[j]!;
    return out;
  }
  // The largest weight near 1, by a power of two, which changes no digit: sums of weights neither overflow nor vanish.
  const scale = 2 ** -Math.max(-1022, Math.floor(scalar.log2(most)));
  let total = 0;
  for (let s = 0; s < count; s++) total += coefficients[s] = coefficients[s]! * scale;
  const given = rows.length === count * d ? rows : rows.subarray(0, count * d);
  gemv(given, coefficients, out, transposed);
  let finite = true;
  for (let j = 0; j < d; j++) finite = Number.isFinite((out[j] = out[j]! / total)) && finite;
  if (finite) return out;
  // Rows near the largest number there is: with weights of sum 1 no sum exceeds them but by rounding.
  for (let s = 0; s < count; s++) coefficients[s] = coefficients[s]! / total;
  gemv(given, coefficients, out, transposed);
  for (let j = 0; j < d; j++) {
    if (Number.isFinite(out[j])) continue;
    let [least, most] = [Infinity, -Infinity];
    for (let s = 0; s < count; s++) {
      least = Math.min(least, given[s * d + j]!);
      most = Math.max(most, given[s * d + j]!);
    }
    out[j] = Math.min(most, Math.max(least, out[j]!));
  }
  return out;
}

/**
 * Checks the weights of an aggregation and copies them.
 * @param weights one per client, each finite and positive (for example its number of samples)
 * @param clients number of clients
 * @param where function named in errors
 * @throws RangeError naming the client whose weight is wrong
 */
export function checkWeights(weights: ArrayLike<number>, clients: number, where = 'checkWeights'): Float64Array {
  const count = (weights as ArrayLike<number> | null | undefined)?.length;
  if (count !== clients) {
    throw new RangeError(
      `${where}: 'weights' has ${count ?? 'no'} entries; must be one per client, ${clients}. Clients outside a round need one, too.`,
    );
  }
  const copy = Float64Array.from(weights);
  const wrong = copy.findIndex((w) => !(w > 0 && w < Infinity));
  if (wrong >= 0) {
    throw new RangeError(
      `${where}: weight of client ${wrong} is ${copy[wrong]}; must be finite and positive. Leave out clients that should not count.`,
    );
  }
  return copy;
}
