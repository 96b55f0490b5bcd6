/** The order in which a paper makes its claims, from their ids. */
import { requireList } from '@assay-ml/numerics/check';
import type { Claim } from './types.js';

/**
 * Sort claims by their ids: kinds (the letters before the number: C, S, T) in the order in which the list names them first,
 * numbers by size within a kind. Ids that are equal so far (`C3`, `C3'`, `C3masks`) keep the list's order.
 * @param claims of one reproduction
 * @throws TypeError for arguments of another kind
 */
export function inPaperOrder<T extends Pick<Claim, 'id'>>(claims: readonly T[]): T[] {
  requireList('inPaperOrder', 'claims', claims, "Give a reproduction's claims.");
  const places = claims.map(({ id }) => place(id));
  const kinds = [...new Set(places.map(({ kind }) => kind))];
  return claims
    .map((claim, k) => ({ claim, number: places[k]!.number, kind: kinds.indexOf(places[k]!.kind) }))
    .sort((a, b) => a.kind - b.kind || a.number - b.number)
    .map(({ claim }) => claim);
}

/** `dag-sa.C10-gumbel` is the tenth of kind `C`; an id without a number is a kind of its own. */
function place(id: string): { readonly kind: string; readonly number: number } {
  const short = id.slice(id.lastIndexOf('.') + 1);
  const found = /^(\D*)(\d+)/.exec(short);
  return found === null ? { kind: short, number: 0 } : { kind: found[1]!, number: Number(found[2]) };
}
