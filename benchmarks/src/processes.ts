import { join } from 'node:path';
import type { Runtime } from './benchmark.js';
import { Contestant } from './contest.js';

/** Processes of one build of ours, one for each runtime, started when first asked for. */
export class Processes {
  readonly #script: string;
  readonly #suite: string;
  readonly #started = new Map<Runtime, Contestant>();

  /** @param dist folder of the built contestant.js */
  constructor(dist: string, suite: string) {
    this.#script = join(dist, 'contestant.js');
    this.#suite = suite;
  }

  of(runtime: Runtime = 'node'): Contestant {
    const known = this.#started.get(runtime);
    if (known) return known;
    const one = new Contestant(process.execPath, [this.#script, this.#suite, runtime], environmentOf(runtime));
    this.#started.set(runtime, one);
    return one;
  }

  started(): readonly Contestant[] {
    return [...this.#started.values()];
  }
}

/** What libraries read when they are loaded. */
export function environmentOf(runtime: Runtime): NodeJS.ProcessEnv {
  if (runtime.endsWith('-256')) return { ...process.env, OPENBLAS_CORETYPE: 'Haswell' };
  if (runtime !== 'tensorflow-one') return process.env;
  return { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
}
