/**
 * The process that is timed. It reads one request a line from stdin and answers one line of JSON on stdout; so does
 * peers/protocol.py. `node contestant.js <package> <runtime>`.
 *
 *   { do: 'prepare', name, variant?, folder? }  makes the inputs, writes them to the folder  →  { inputs }
 *   { do: 'check', name, variant? }             runs once                                    →  { sum, scale }
 *   { do: 'time', name, variant?, ms }          runs for a while                             →  { samples } in ns
 *   { do: 'forget' }                            drops all inputs                             →  {}
 *   { do: 'versions' }                          what computes here                           →  { versions, software? }
 *
 * An error answers { error }; so does everything where the runtime cannot be started.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checksum, type Checksum, type Input, type Runtime, type Work } from './benchmark.js';
import { start } from './runtime.js';
import { suites } from './suites/index.js';
import { time } from './time.js';

export interface Request {
  readonly do: 'prepare' | 'check' | 'time' | 'forget' | 'versions';
  readonly name?: string;
  readonly variant?: string;
  /** Where inputs are written by us, or read by a peer. */
  readonly folder?: string;
  /** To a peer: what our own `prepare` answered. */
  readonly inputs?: Inputs;
  readonly ms?: number;
}

/** Shapes of arrays, values of numbers and words. */
type Inputs = Readonly<Record<string, number | string | readonly number[]>>;

export type Reply = Partial<Checksum> & {
  readonly inputs?: Inputs;
  readonly samples?: readonly number[];
  readonly versions?: Readonly<Record<string, string>>;
  /** To 'versions': the backend is a GPU's, but software computes. */
  readonly software?: boolean;
  readonly error?: string;
};

function write({ inputs = {} }: Work, folder: string): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]: [string, Input | number | string]) => {
      if (typeof input !== 'object') return [name, input];
      writeFileSync(join(folder, `${name}.f64`), input.values);
      return [name, input.shape];
    }),
  );
}

/** Answers requests about the benchmarks of one package. */
async function serve(name: string, runtime: Runtime): Promise<void> {
  const benchmarks = await suites[name]!();
  const started = start(runtime);
  started.catch(() => undefined); // each answer tells
  const works = new Map<string, Work>();
  // Of the works that were checked, those whose run returned a promise.
  const promised = new Set<Work>();
  const answer = async (request: Request): Promise<Reply> => {
    const { versions, ...kind } = await started;
    const key = `${request.name}, ${request.variant}`;
    switch (request.do) {
      case 'prepare': {
        const work = await benchmarks.find((b) => b.name === request.name)!.prepare(request.variant);
        works.set(key, work);
        return request.folder === undefined ? {} : { inputs: write(work, request.folder) };
      }
      case 'check': {
        const work = works.get(key)!;
        const running = work.run();
        if (running) promised.add(work);
        await running;
        return checksum(await work.result());
      }
      case 'time': {
        const work = works.get(key)!;
        return { samples: await time(work, promised.has(work), request.ms!) };
      }
      case 'forget':
        for (const work of works.values()) await work.free?.();
        works.clear();
        promised.clear();
        return {};
      case 'versions':
        return { versions: { node: process.versions.node, v8: process.versions.v8, ...versions }, ...kind };
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: Reply;
    try {
      reply = await answer(JSON.parse(line) as Request);
    } catch (error) {
      reply = { error: String((error as Error).message) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

await serve(process.argv[2]!, process.argv[3] as Runtime);
