import { dot } from '../vectors.js';

/** A place to climb from: a point, a direction there and which of several functions it belongs to. */
interface Start {
  readonly value: number;
  readonly index: number;
  readonly x: Float64Array;
  /** Unit vector. */
  readonly p: Float64Array;
}

/** Starts kept so far, best first, and how to offer another. */
export interface Shortlist {
  readonly starts: readonly Start[];
  /** Offers a start; its arrays are copied if it is taken. */
  offer(start: Start): void;
}

/**
 * The `size` best starts seen, no two along nearly the same direction (cosine above 0.9): of such two the better stays. Where
 * coordinates separate this keeps the best point of each coordinate, and of clients that agree it keeps one.
 */
export function shortlist(size: number): Shortlist {
  const starts: Start[] = [];
  return {
    starts,
    offer({ value, index, x, p }) {
      const full = starts.length === size;
      if (full && !(value > starts.at(-1)!.value)) return;
      const twin = starts.findIndex((start) => Math.abs(dot(start.p, p)) > 0.9);
      if (twin >= 0) {
        if (!(value > starts[twin]!.value)) return;
        starts.splice(twin, 1);
      } else if (full) starts.pop();
      starts.push({ value, index, x: x.slice(), p: p.slice() });
      starts.sort((a, b) => b.value - a.value);
    },
  };
}
