/**
 * The protein data of Sachs, Perez, Pe'er, Lauffenburger and Nolan (Science 2005): 7,466 cells, 11 proteins, nine experiments
 * one after the other. Read from `$ASSAY_DATA/sachs/sachs.2005.continuous.txt`, tab-separated with a header line.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseCsv, type Table } from '@assay-ml/dag-sa';

const FILE = 'sachs.2005.continuous.txt';

/** Rows of the nine experiments, in their order; the first is the observational one. */
export const EXPERIMENTS = [853, 902, 911, 723, 810, 799, 848, 913, 707] as const;

/** The columns. */
export const PROTEINS = 'raf mek plc pip2 pip3 erk akt pka pkc p38 jnk'.split(' ');

/** The consensus graph in two common versions; the paper does not say which of them its SHD of 14 refers to. */
export const CONSENSUS = {
  17: 'pkc>pka pkc>raf pkc>mek pkc>jnk pkc>p38 pka>raf pka>mek pka>erk pka>akt pka>jnk pka>p38 raf>mek mek>erk erk>akt plc>pip3 plc>pip2 pip3>pip2',
  20: 'pkc>pka pkc>raf pkc>mek pkc>jnk pkc>p38 pka>raf pka>mek pka>erk pka>akt pka>jnk pka>p38 raf>mek mek>erk erk>akt plc>pip2 pip3>plc pip3>pip2 pip2>pkc plc>pkc pip3>akt',
} as const;

function path(): string {
  return join(resolve(process.env['ASSAY_DATA'] ?? ''), 'sachs', FILE);
}

/** How to get the data, or null where they are. */
export function sachsMissing(): string | null {
  if (process.env['ASSAY_DATA'] !== undefined && existsSync(path())) return null;
  return `The Sachs data are not here. Take ${FILE} from github.com/cmu-phil/example-causal-datasets (CC0) and set ASSAY_DATA to the folder that holds sachs/${FILE}.`;
}

/** @throws RangeError for another table than that of the header */
export function sachs(): Table {
  const table = parseCsv(readFileSync(path(), 'utf8'), { source: FILE });
  const rows = EXPERIMENTS.reduce((sum, count) => sum + count, 0);
  if (table.n !== rows || table.d !== 11) {
    throw new RangeError(
      `sachs: '${FILE}' has ${table.n} rows of ${table.d}; must be ${rows} of 11. Take the file anew.`,
    );
  }
  return table;
}

/** A version of the consensus graph as an adjacency matrix over the table's columns. */
export function consensus(version: keyof typeof CONSENSUS, names: readonly string[]): Float64Array {
  const d = names.length;
  const W = new Float64Array(d * d);
  for (const edge of CONSENSUS[version].split(' ')) {
    const [from, to] = edge.split('>').map((name) => names.indexOf(name));
    W[from! * d + to!] = 1;
  }
  return W;
}
