import { Bench } from 'tinybench';
import type { Work } from './benchmark.js';

/**
 * At least one call, and as many as fit into `ms`. Warm-up is the caller's: it throws its first blocks away.
 * @param promised whether `run` returns promises, which are then waited for within the timed call
 * @returns times in ns
 */
export async function time(work: Work, promised: boolean, ms: number): Promise<number[]> {
  const bench = new Bench({ time: ms, iterations: 1, warmup: false, retainSamples: true, throws: true });
  bench.add('work', () => work.run(), { async: promised });
  const [task] = promised ? await bench.run() : bench.runSync();
  if (!('latency' in task!.result)) throw new Error(`tinybench left the task ${task!.result.state}`);
  return task!.result.latency.samples!.map((t) => t * 1e6);
}
