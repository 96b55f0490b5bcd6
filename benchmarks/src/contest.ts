/**
 * Times benchmarks in turns: one block of each contestant, and again (A B A B), so that what the machine does meanwhile
 * falls on all of them. A ratio is taken within each turn.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median } from '@assay-ml/numerics';
import type { Benchmark } from './benchmark.js';
import type { Reply, Request } from './contestant.js';

/**
 * Number of turns. The median of a ratio lies between the smallest and the largest of eight with probability
 * 1 − 2·2⁻⁸ = 99.2 %, whatever its distribution, as long as the turns are alike and independent.
 */
export const TURNS = 8;

/** A process that does work on request; see contestant.ts. */
export class Contestant {
  readonly #process: ChildProcess;
  readonly #replies: AsyncIterator<string>;
  #lastWords = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const note = (words: string) => (this.#lastWords = words.trim().split('\n').at(-1)!);
    this.#process.on('error', (error) => note(error.message));
    this.#process.stderr!.on('data', (words: Buffer) => note(words.toString()));
    this.#process.stdin!.on('error', () => undefined); // its end shows in the missing reply
    this.#replies = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error with what went wrong there, or with the last words of a process that died */
  async ask(request: Request): Promise<Reply> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#replies.next();
    if (done) throw new Error(`its process ended: ${this.#lastWords}`);
    const reply = JSON.parse(value) as Reply;
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  close(): void {
    this.#process.kill();
  }
}

/** Someone our time is divided by. */
export interface Opponent {
  readonly name: string;
  readonly goal?: number;
  readonly variant?: string;
  /** It works on our inputs, written to files, and makes none itself. */
  readonly takesInputs: boolean;
  readonly otherResult?: true;
  /** The process, or why there is none. */
  readonly contestant: Contestant | string;
}

/** Our time over theirs: median, smallest and largest of the turns. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What one benchmark came to. Times in ns. */
export interface Outcome {
  readonly name: string;
  /** Why it was not run. */
  readonly skipped?: string;
  /** What was wrong with the result; it has no time then. */
  readonly wrong?: string;
  readonly median?: number;
  /** Median absolute deviation from the median. */
  readonly mad?: number;
  readonly samples?: number;
  /** `ratio` is the reason where there is none. */
  readonly against?: readonly { readonly name: string; readonly goal?: number; readonly ratio: Ratio | string }[];
}

/**
 * Runs one benchmark against any number of opponents.
 * @param ms length of a block, at least one call
 */
export async function contest(
  { name, checksum, precision = 1e-9, tolerance = 1e-9, turns = TURNS, ...benchmark }: Benchmark,
  ours: Contestant,
  opponents: readonly Opponent[],
  ms: number,
): Promise<Outcome> {
  const skipped = await benchmark.skip?.();
  if (skipped) return { name, skipped };
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const asked = new Set([ours]);
  try {
    const written = opponents.some(({ takesInputs }) => takesInputs) ? { folder } : {};
    const { inputs } = await ours.ask({ do: 'prepare', name, ...written });
    const { sum, scale } = (await ours.ask({ do: 'check', name })) as Required<Reply>;
    // A result of zeros has nothing to compare.
    if (!(scale > 0 && Math.abs(sum - checksum) <= precision * scale))
      return { name, wrong: `checksum ${sum}, not ${checksum}` };

    const races = [];
    for (const { contestant, variant, takesInputs, otherResult, ...shown } of opponents) {
      const ask = async (request: Request): Promise<Reply> => {
        if (typeof contestant === 'string') throw new Error(contestant);
        asked.add(contestant);
        return contestant.ask({ ...request, name, ...(variant === undefined ? {} : { variant }) });
      };
      const race = { shown, ask, ratios: [] as number[], failure: '' };
      races.push(race);
      try {
        await ask({ do: 'prepare', ...(takesInputs ? { folder, inputs: inputs! } : {}) });
        const theirs = (await ask({ do: 'check' })).sum!;
        if (!otherResult && !(Math.abs(theirs - sum) <= tolerance * scale))
          throw new Error(`another result: ${theirs}, ours ${sum}`);
      } catch (error) {
        race.failure = (error as Error).message;
      }
    }

    const samples: number[] = [];
    for (let turn = -1; turn < turns; turn++) {
      const block = (await ours.ask({ do: 'time', name, ms })).samples!;
      const time = median(block);
      // The turn before is for the compilers. One by one: a call takes only so many arguments.
      if (turn >= 0) for (const time of block) samples.push(time);
      for (const { ask, ratios, failure } of races) {
        if (failure) continue;
        const ratio = time / median((await ask({ do: 'time', ms })).samples!);
        if (turn >= 0) ratios.push(ratio);
      }
    }
    const middle = median(samples);
    return {
      name,
      median: middle,
      mad: median(samples.map((t) => Math.abs(t - middle))),
      samples: samples.length,
      against: races.map(({ shown, ratios, failure }) => ({ ...shown, ratio: failure || summary(ratios) })),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const contestant of asked) await contestant.ask({ do: 'forget' }).catch(() => undefined);
  }
}

function summary(ratios: readonly number[]): Ratio {
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
