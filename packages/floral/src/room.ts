/** Arrays that are used again: allocating them takes longer than what small layers compute. */

/** Lengths that are kept at most. */
const KEPT = 8;

/** An array of zeros of a length; the same one each time. */
export type Room = (length: number) => Float64Array;

/** A place for arrays of a few lengths, one of each. */
export function makeRoom(): Room {
  const kept = new Map<number, Float64Array>();
  return (length) => {
    const found = kept.get(length);
    if (found !== undefined) return found.fill(0);
    if (kept.size === KEPT) kept.clear();
    const made = new Float64Array(length);
    kept.set(length, made);
    return made;
  };
}
