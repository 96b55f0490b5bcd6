/** What clients keep between rounds, in memory. A folder does the same: `folderStore`. */
import { integer } from '@assay-ml/numerics/check';
import type { State } from './state.js';

/** Keeps one state a client. */
export interface ClientStore<T extends State = State> {
  /** A client's state; null before its first. */
  get(client: number): T | null;
  put(client: number, state: T): void;
  /** Clients that have one, ascending. */
  clients(): readonly number[];
}

/** A store in memory; it grows with the clients that took part. */
export function memoryStore<T extends State = State>(): ClientStore<T> {
  const states = new Map<number, T>();
  return {
    get: (client) => states.get(client) ?? null,
    put: (client, state) => void states.set(integer('memoryStore', 'client', client, 0), state),
    clients: () => [...states.keys()].sort((a, b) => a - b),
  };
}
