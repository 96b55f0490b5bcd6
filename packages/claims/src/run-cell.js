// @ts-check
/**
 * Runs one cell. Plain JavaScript, so that a worker process starts from source and from the build alike.
 * @typedef {{ ok: true, values: unknown, seconds: number, processorSeconds: number } | { ok: false, error: string, seconds: number }} Outcome
 */

/**
 * Import a cell's module (once a process) and call its `run`. Never throws: what the cell throws is the outcome.
 * @param {string} module URL of the module that exports `run`
 * @param {unknown} config the cell's configuration
 * @param {number} seed the cell's seed
 * @param {import('./types.js').CellContext} context signal and trace
 * @returns {Promise<Outcome>} values or error, with wall time and, where it ended well, the processor's time in seconds
 */
export async function runCell(module, config, seed, context) {
  let start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  try {
    const { run } = await import(/* @vite-ignore */ module);
    if (typeof run !== 'function') throw new TypeError(`runCell: '${module}' exports no function 'run'.`);
    start = performance.now();
    const before = process.cpuUsage(); // of the process: a worker runs one cell at a time
    const values = await run(config, seed, context);
    const { user, system } = process.cpuUsage(before);
    return { ok: true, values, seconds: elapsed(), processorSeconds: (user + system) / 1e6 };
  } catch (error) {
    return {
      ok: false,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      seconds: elapsed(),
    };
  }
}
