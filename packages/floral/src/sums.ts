/**
 * What the server averages, as sums over the clients of a round: N times the base, π_c N times what belongs to cluster c, and the
 * sums of these weights. Sums can be added under any secure aggregation; their quotients are the averages with p(k) and p(k|c).
 */
import { svd } from '@assay-ml/numerics';
import { invalid, oneOf, requireKeys } from '@assay-ml/numerics/check';
import { addFactors } from './adaptors/factors.js';
import type { Update } from './client.js';
import type { Shared, Sums } from './model.js';
import type { FactorBlock, Layout } from './layout.js';
import { type Method, privateMask } from './method.js';

/**
 * `factors`: V and U each by itself, as published. `product`: V Uᵀ, and the nearest product of the same rank, by singular values.
 * The mean of factors is not the factor of the mean.
 */
export type Averaging = 'factors' | 'product';

/** Where blocks lie in sums of products: kernels of all clusters, a block behind the other. */
function products({ adaptors, clusters }: Layout): readonly number[] {
  const starts = [0];
  for (const { target } of adaptors) starts.push(starts.at(-1)! + clusters * target.size);
  return starts;
}

/** Sums of no client. @throws TypeError for arguments of another kind */
export function emptySums(layout: Layout, method: Method, shared: Shared, averaging: Averaging = 'factors'): Sums {
  requireKeys('emptySums', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  requireKeys(
    'emptySums',
    'method',
    method,
    ['name', 'family', 'clusters', 'routing'],
    'floralMethod(), fedAvg(), … make one.',
  );
  requireKeys('emptySums', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  oneOf('emptySums', 'averaging', averaging, ['factors', 'product']);
  const adapted = !method.privateAdaptors && shared.adaptors.length > 0;
  return {
    clients: [],
    weight: 0,
    weights: new Float64Array(method.clusters),
    base: new Float64Array(method.privateBase === 'all' ? 0 : shared.base.length),
    adaptors: new Float64Array(adapted ? (averaging === 'product' ? products(layout).at(-1)! : shared.adaptors.length) : 0), // prettier-ignore
  };
}

/**
 * sums += what a client sends, weighted.
 * @throws TypeError for arguments of another kind; RangeError for a client that is in it already, an update of another model, or
 * one that is not finite; nothing is added then
 */
export function addUpdate(
  sums: Sums,
  layout: Layout,
  method: Method,
  update: Update,
  averaging: Averaging = 'factors',
): void {
  requireKeys(
    'addUpdate',
    'sums',
    sums,
    ['clients', 'weight', 'weights', 'base', 'adaptors'],
    'emptySums() makes them.',
  );
  requireKeys('addUpdate', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  requireKeys(
    'addUpdate',
    'method',
    method,
    ['name', 'family', 'clusters', 'routing'],
    'floralMethod(), fedAvg(), … make one.',
  );
  requireKeys(
    'addUpdate',
    'update',
    update,
    ['client', 'examples', 'base', 'adaptors', 'pi'],
    'clientUpdate() makes one.',
  );
  // prettier-ignore
  const { client, examples: N, pi } = update;
  checkUpdate(sums, layout, update, averaging);
  sums.clients.push(client);
  sums.weight += N;
  for (let c = 0; c < pi.length; c++) sums.weights[c]! += pi[c]! * N;
  const P = layout.baseSize;
  for (let start = 0; start < sums.base.length; start += P) {
    const weight = method.family === 'ensemble' ? pi[start / P]! * N : N;
    for (let i = start; i < start + P; i++) sums.base[i]! += weight * update.base[i]!;
  }
  if (sums.adaptors.length === 0) return;
  if (averaging === 'factors') {
    for (const { start, length } of layout.parts) {
      for (let c = 0; c < pi.length; c++) {
        const weight = pi[c]! * N;
        for (let i = start + c * length; i < start + (c + 1) * length; i++)
          sums.adaptors[i]! += weight * update.adaptors[i]!;
      }
    }
    return;
  }
  const starts = products(layout);
  const alone = new Float64Array(pi.length);
  layout.adaptors.forEach((block, b) => {
    for (let c = 0; c < pi.length; c++) {
      const at = starts[b]! + c * block.target.size;
      alone.fill(0);
      alone[c] = pi[c]! * N;
      if (block.kind === 'factors') addFactors(block, update.adaptors, alone, sums.adaptors, at);
      else {
        const { start, length } = block.part;
        for (let i = 0; i < length; i++) sums.adaptors[at + i]! += alone[c]! * update.adaptors[start + c * length + i]!;
      }
    }
  });
}

function checkUpdate(sums: Sums, layout: Layout, update: Update, averaging: Averaging): void {
  const { client, base, adaptors, pi } = update;
  const where = `addUpdate: client ${client}`;
  if (sums.clients.includes(client)) throw invalid(where, 'client', client, 'none whose update is among the sums', 'A client enters a round once.'); // prettier-ignore
  const adapted = averaging === 'product' && sums.adaptors.length > 0 ? layout.adaptorSize : sums.adaptors.length;
  const wanted = { base: sums.base.length, adaptors: adapted, pi: sums.weights.length };
  const [came, must] = [{ base, adaptors, pi }, wanted].map((all) => Object.values(all).map((of) => typeof of === 'number' ? of : of.length).join(', ')); // prettier-ignore
  if (came !== must) throw new RangeError(`${where}: 'base', 'adaptors' and 'pi' are of lengths ${came}; must be ${must}. The update is of another model or method.`); // prettier-ignore
  if (!finite(update)) throw new RangeError(`${where}: the update is not finite; must be. Leave it out of the round, or let the client lower its rates or clip.`); // prettier-ignore
}

/** Whether all numbers of an update are finite. */
export function finite({ base, adaptors, pi }: Update): boolean {
  for (const values of [base, adaptors, pi]) {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  }
  return true;
}

/** Of a round's weight, below which a cluster counts as empty: nobody chose it, and its average would be of others' rounding. */
const EMPTY = 1e-9;

/**
 * The averages. A cluster that nobody chose keeps what it has.
 * @param shared what the clients were sent; not changed
 * @returns averages as the server's next `shared`, and the clusters that nobody chose
 * @throws TypeError for arguments of another kind
 */
export function averagesOf(
  sums: Sums,
  layout: Layout,
  method: Method,
  shared: Shared,
  averaging: Averaging = 'factors',
): { readonly shared: Shared; readonly empty: readonly number[] } {
  requireKeys('averagesOf', 'sums', sums, ['weight', 'weights', 'base', 'adaptors'], 'emptySums() makes them.');
  requireKeys('averagesOf', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  requireKeys(
    'averagesOf',
    'method',
    method,
    ['name', 'family', 'clusters', 'routing'],
    'floralMethod(), fedAvg(), … make one.',
  );
  requireKeys('averagesOf', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  const { weight, weights } = sums;
  const C = method.clusters;
  const chosen = Array.from(weights, (w) => w > EMPTY * weight);
  const P = layout.baseSize;
  const base = shared.base.slice();
  const mask = privateMask(method, layout);
  for (let i = 0; i < sums.base.length; i++) {
    const c = Math.floor(i / P);
    if (mask?.[i] === 1) continue;
    if (method.family !== 'ensemble') base[i] = sums.base[i]! / weight;
    else if (chosen[c]) base[i] = sums.base[i]! / weights[c]!;
  }
  const adaptors = shared.adaptors.slice();
  if (sums.adaptors.length > 0) {
    const starts = averaging === 'product' ? products(layout) : null;
    layout.adaptors.forEach((block, b) => {
      for (let c = 0; c < C; c++) {
        if (!chosen[c]) continue;
        if (starts !== null && block.kind === 'factors') {
          const at = starts[b]! + c * block.target.size;
          const mean = sums.adaptors.slice(at, at + block.target.size);
          for (let i = 0; i < mean.length; i++) mean[i]! /= weights[c]!;
          nearestFactors(block, mean, adaptors, c);
          continue;
        }
        for (const part of block.kind === 'factors' ? [block.v, block.u] : [block.part]) {
          const from = starts === null ? part.start + c * part.length : starts[b]! + c * part.length;
          for (let i = 0; i < part.length; i++) {
            adaptors[part.start + c * part.length + i] = sums.adaptors[from + i]! / weights[c]!;
          }
        }
      }
    });
  }
  const empty = chosen.flatMap((one, c) => (one || C < 2 ? [] : [c]));
  return { shared: { base, adaptors }, empty };
}

/**
 * The factors of cluster c become those of the nearest product to a kernel, of the block's rank: A = P diag(s) Qᵀ over its places,
 * V = P √s and U = Q √s, cut.
 */
export function nearestFactors(block: FactorBlock, kernel: Float64Array, adaptors: Float64Array, c: number): void {
  const { inPlaces, outPlaces, inputs, outputs, places, rank, v, u } = block;
  const [rows, columns] = [inPlaces * inputs, outPlaces * outputs];
  const matrix = new Float64Array(rows * columns);
  for (let p = 0; p < inPlaces; p++) {
    for (let q = 0; q < outPlaces; q++) {
      const at = places[p * outPlaces + q]! * inputs * outputs;
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          matrix[(p * inputs + i) * columns + q * outputs + o] = kernel[at + i * outputs + o]!;
        }
      }
    }
  }
  const { values, u: left, vt } = svd(rows, columns, matrix);
  for (let j = 0; j < rank; j++) {
    const root = Math.sqrt(values[j]!);
    for (let i = 0; i < rows; i++)
      adaptors[v.start + c * v.length + j * rows + i] = root * left[i * values.length + j]!;
    for (let o = 0; o < columns; o++) adaptors[u.start + c * u.length + j * columns + o] = root * vt[j * columns + o]!;
  }
}
