/**
 * Coordinates: random columns, rows or entries without replacement, and all columns in random order. Indices are no state: they are
 * drawn again from the refresh's stream. Within a period entries are remembered as a bit each, for the authors' int64 indices of
 * entries take twice Adam's memory.
 */
import type { Matrix } from '../method.js';
import type { Projection, Projector, Rounding } from './projector.js';

interface Kind {
  readonly name: string;
  readonly count: Projector['count'];
  readonly shape: Projector['shape'];
  /** How many there are to choose from. */
  readonly of: (matrix: Matrix) => number;
  readonly sorted: boolean;
}

const coordinates = ({ name, count, shape, of, sorted }: Kind, place: 'column' | 'row' | 'entry'): Projector => ({
  name,
  count,
  shape,
  stores: () => [],
  small: true,
  refresh: () => ({ basis: [], fallback: false }),
  of(matrix, chosen, _basis, draw) {
    const [a, b] = matrix;
    const drawn = draw.choice(of(matrix), new Uint32Array(chosen));
    if (place === 'entry') return entries(matrix, drawn);
    // In their order, so that all of them are the tensor itself, bit for bit.
    const indices = sorted ? drawn.sort() : drawn;
    return {
      shape: shape(matrix, chosen),
      ...(sorted && { whole: { byRow: place === 'row', shape: matrix, indices } }),
      down(g, out) {
        if (place === 'row')
          for (let k = 0; k < chosen; k++) for (let j = 0; j < b; j++) out[k * b + j] = g[indices[k]! * b + j]!; // prettier-ignore
        else for (let i = 0; i < a; i++) for (let k = 0; k < chosen; k++) out[i * chosen + k] = g[i * b + indices[k]!]!;
      },
      up(p, out) {
        out.fill(0);
        if (place === 'row')
          for (let k = 0; k < chosen; k++) for (let j = 0; j < b; j++) out[indices[k]! * b + j] = p[k * b + j]!; // prettier-ignore
        else for (let i = 0; i < a; i++) for (let k = 0; k < chosen; k++) out[i * b + indices[k]!] = p[i * chosen + k]!;
      },
    };
  },
});

/** Indices of one tensor at a time. */
let scratch = new Uint32Array(0);

/** Single entries, a bit each. */
function entries([a, b]: Matrix, drawn: Uint32Array): Projection {
  const bits = new Uint32Array(Math.ceil((a * b) / 32));
  for (const index of drawn) bits[index >>> 5]! |= 1 << (index & 31);
  const count = drawn.length;
  /** In their order; valid until the next call. */
  const indices = () => {
    if (scratch.length < count) scratch = new Uint32Array(count);
    for (let word = 0, k = 0; word < bits.length; word++) {
      // The lowest bit that is left, until none is.
      for (let rest = bits[word]!; rest !== 0; rest &= rest - 1)
        scratch[k++] = 32 * word + 31 - Math.clz32(rest & -rest);
    }
    return scratch.subarray(0, count);
  };
  return {
    shape: [1, count],
    whole: { byRow: false, shape: [1, a * b], get indices() { return indices(); } }, // prettier-ignore
    down(g, out) {
      const at = indices();
      for (let k = 0; k < count; k++) out[k] = g[at[k]!]!;
    },
    up(p, out) {
      const at = indices();
      out.fill(0);
      for (let k = 0; k < count; k++) out[at[k]!] = p[k]!;
    },
  };
}

/** ⌊b·rho⌋ columns. */
export const columns = coordinates(
  {
    name: 'columns',
    count: ([, b], rho) => Math.floor(b * rho),
    shape: ([a], count) => [a, count],
    of: ([, b]) => b,
    sorted: true,
  },
  'column',
);

/** ⌊a·rho⌋ rows. */
export const rows = coordinates(
  {
    name: 'rows',
    count: ([a], rho) => Math.floor(a * rho),
    shape: ([, b], count) => [count, b],
    of: ([a]) => a,
    sorted: true,
  },
  'row',
);

/** ⌊a·b·rho⌋ entries: RandK. */
export const randK = coordinates(
  {
    name: 'rand-k',
    count: ([a, b], rho) => Math.floor(a * b * rho),
    shape: (_, count) => [1, count],
    of: ([a, b]) => a * b,
    sorted: true,
  },
  'entry',
);

/** The first rows of a random permutation matrix of the shorter side: as columns (or rows), but in drawn order. */
export function permutation(round: Rounding): Projector {
  const right = ([a, b]: Matrix) => a >= b;
  const part = (matrix: Matrix) => {
    const kind: Kind = {
      name: 'permutation',
      count: ([a, b], rho) => round(Math.min(a, b) * rho),
      shape: ([a, b], count) => (right([a, b]) ? [a, count] : [count, b]),
      of: ([a, b]) => Math.min(a, b),
      sorted: false,
    };
    return coordinates(kind, right(matrix) ? 'column' : 'row');
  };
  const any = part([1, 1]);
  return { ...any, of: (matrix, count, basis, draw) => part(matrix).of(matrix, count, basis, draw) };
}
