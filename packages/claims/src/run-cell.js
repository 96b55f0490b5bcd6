// @ts-check
/**
 * Runs one cell. Plain JavaScript, so that a worker process starts from source and from the build alike.
 * @typedef {{ ok: true, json: string, seconds: number, processorSeconds: number } | { ok: false, error: string, seconds: number }} Outcome
 * `json`: the values as text, so that every executor gives what a reader of the file will see
 */
import { resolve } from 'import-meta-resolve';
import { LONGEST_TEXT, notValues } from './json.js';

/**
 * Chooses the engine of this thread, in every copy of numerics that may compute: the one that the cell's package finds, and
 * the one beside this file. As a rule they are one.
 * @param {string} module of the cell
 * @param {import('./types.js').Engine} [engine] as it was planned; WebAssembly without one, whatever the caller or an earlier cell chose
 * @returns {Promise<() => void>} puts back what computed before, for what follows the cell in this thread
 * @throws {Error} when it is not there, or another library or processor than planned
 */
async function choose(module, engine) {
  const copies = await Promise.all([ENGINE, besideCell(module)].map((copy) => import(/* @vite-ignore */ copy)));
  const before = copies.map(({ engineInUse }) => engineInUse());
  const restore = () => copies.forEach(({ useEngine }, k) => useEngine(before[k].name, at(before[k].path)));
  try {
    for (const { useEngine } of copies) {
      if (engine === undefined) {
        useEngine();
        continue;
      }
      const { name, version, core, path } = engine;
      const found = useEngine(name, at(path));
      if (found.version !== version || found.core !== core) {
        throw new Error(
          `runCell: the engine here is ${found.version} with kernels for ${found.core}; must be ${version} for ${core}, with which the cell was planned. Name that library in ASSAY_BLAS.`,
        );
      }
    }
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}

/** @param {string} [path] of a library, if it is one */
const at = (path) => (path === undefined ? {} : { path });

const ENGINE = '@assay-ml/numerics/engine';

/** @param {string} module of a cell */
function besideCell(module) {
  try {
    return resolve(ENGINE, module);
  } catch {
    return ENGINE; // its package has none of its own, or it lies in no package
  }
}

/**
 * Import a cell's module (once a process) and call its `run`. Never throws: what the cell throws is the outcome, and so is a
 * complaint about what it returns.
 * @param {string} module URL of the module that exports `run`
 * @param {unknown} config the cell's configuration
 * @param {number} seed the cell's seed
 * @param {import('./types.js').CellContext} context signal and trace
 * @param {import('./types.js').Engine} [engine] what computes in place of WebAssembly
 * @returns {Promise<Outcome>} values or error, with wall time and, where it ended well, the processor's time in seconds
 */
export async function runCell(module, config, seed, context, engine) {
  let start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  try {
    const { run } = await import(/* @vite-ignore */ module);
    if (typeof run !== 'function') throw new TypeError(`runCell: '${module}' exports no function 'run'.`);
    const restore = await choose(module, engine);
    let values, spent, seconds;
    try {
      start = performance.now();
      const before = process.cpuUsage(); // of the process: a worker runs one cell at a time
      values = await run(config, seed, context);
      spent = process.cpuUsage(before);
      seconds = elapsed();
    } finally {
      restore();
    }
    const problem = notValues(values);
    if (problem !== null) return { ok: false, error: `TypeError: ${problem}`, seconds };
    const json = JSON.stringify(values);
    if (json.length <= LONGEST_TEXT)
      return { ok: true, json, seconds, processorSeconds: (spent.user + spent.system) / 1e6 };
    const error = `RangeError: 'values' are ${json.length} characters; must be at most ${LONGEST_TEXT}. Return less.`;
    return { ok: false, error, seconds };
  } catch (error) {
    return { ok: false, error: textOf(error), seconds: elapsed() };
  }
}

/**
 * What was thrown, as text; it may be anything.
 * @param {unknown} thrown
 */
export function textOf(thrown) {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? thrown.message) : String(thrown);
  } catch {
    return 'it threw a value that has no text';
  }
}
