/** A known graph from a file: a line `from->to` for each edge. */
import { findCycle } from '../graph.js';
import { parts, unquoted } from './quoted.js';

/**
 * The graph of such a file as a matrix over the named columns, [d, d].
 * @param source for messages
 * @throws RangeError with the line for one that is no edge between columns, and with the cycle for a graph that has one
 */
export function parseGraph(text: string, names: readonly string[], source: string): Float64Array {
  const d = names.length;
  const B = new Float64Array(d * d);
  text.split(/\r?\n/).forEach((line, k) => {
    if (line.trim() === '') return;
    const [from, to, ...more] = parts(line, '->').map((name) => names.indexOf(unquoted(name))) as [number, number?];
    if (to === undefined || from < 0 || to < 0 || more.length > 0) {
      throw new RangeError(`parseGraph: ${source}, line ${k + 1} is '${line.trim().slice(0, 40)}'; must be from->to, each one of ${names.join(', ')}.`); // prettier-ignore
    }
    B[from * d + to] = 1;
  });
  const cycle = findCycle(B, d);
  if (cycle !== null) {
    const path = [...cycle, cycle[0]!].map((v) => names[v]).join(' → ');
    throw new RangeError(`parseGraph: ${source} has the cycle ${path}; must be a DAG. Drop an edge of it.`);
  }
  return B;
}
