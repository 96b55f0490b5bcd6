/** `fedtrpo train`: one policy for the buildings of a folder; on the way its training lies beside it, as `<out>.training`. */
import { readFile, rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type Json, loadState, saveState } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { integer } from '@assay-ml/numerics/check';

import { learned } from '../learners/learned.js';
import type { Method } from '../learners/method.js';
import { train, type Trained } from '../learners/train.js';
import type { TrainOptions } from '../learners/train-options.js';
import { type Training, trainingState } from '../learners/training.js';
import type { District } from '../microgrid/district.js';
import { type CommonFlags, dayRows, districtOf, rowsOf } from './district.js';
import { resultsOf, startsOf, summary } from './evaluate.js';
import { checkTarget, exists, writeAll } from './files.js';
import type { Io } from './io.js';
import { type Parts, split } from './parts.js';
import { known, policyText, type Provenance } from './policy-file.js';

/** Flags of `train`. */
export interface TrainFlags extends CommonFlags {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly method: Method['name'];
  readonly delta?: number;
  readonly rate?: number;
  readonly federation: 'shared' | 'fedsgd' | 'fedavg';
  readonly localUpdates: number;
  readonly iterations: number;
  readonly episodes: number;
  readonly hidden: readonly number[];
  readonly personal?: boolean;
  readonly project?: boolean;
  readonly select?: 'validation' | 'test';
  readonly seed: number;
}

/** Iterations between two looks at the keyboard and two copies of the training on disk. */
const EVERY = 5;

/**
 * Trains, writes the policy, and judges it. What is interrupted goes on by the same command, bit for bit.
 * @returns 0, or 130 where it was interrupted
 * @throws Error for a path that exists, a folder of fewer than five days, a training of other flags or data
 */
export async function trainCommand(folder: string, flags: TrainFlags, io: Io): Promise<0 | 130> {
  const { out, physics, iterations, seed, start } = flags;
  await checkTarget('--out', out);
  if (flags.overwrite !== true && (await exists(out))) {
    throw new Error(`fedtrpo: '--out' is '${out}', which exists; must be a new path. Say --overwrite to train anew.`);
  }
  integer('fedtrpo', 'iterations', iterations, 1);
  const district = await districtOf(folder, flags, io);
  const starts = startsOf(start, rowsOf(district, flags), dayRows(district));
  if (starts.length < 5) {
    throw new Error(`fedtrpo: there are ${starts.length} whole days; must be at least 5, of which a fifth is for validation and a fifth for the test.`); // prettier-ignore
  }
  const buildings = split(district.buildings, stream(seed, 'cli', 'buildings'));
  const days = split(starts, stream(seed, 'cli', 'days'));
  const options = optionsOf(flags, district, buildings, days);
  const those = { ...district, buildings: buildings.train };

  const unfinished = `${out}.training`;
  const same = { ...flags, out: undefined, overwrite: undefined };
  const run = JSON.stringify({ ...same, steps: district.steps, data: district.buildings.map(known) });
  let done: Training | undefined = await trainingIn(unfinished, run);
  if (done) io.stderr.write(`goes on from iteration ${done.iteration}\n`);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  let trained: Trained;
  try {
    do {
      const before = done?.iteration ?? 0;
      trained = train(those, { ...options, iterations: Math.min(before + EVERY, iterations) }, done);
      done = trained.training;
      if (done.iteration > before) {
        await writeAll({ [unfinished]: JSON.stringify({ run, training: saveState(trainingState(done)) }) });
        io.stderr.write(progress(done, iterations));
      }
      await turn();
    } while (done.iteration < iterations && !stop.signal.aborted);
  } finally {
    process.off('SIGINT', interrupt);
  }
  if (done.iteration < iterations) {
    io.stderr.write(`interrupted; the same command goes on from iteration ${done.iteration}\n`);
    return 130;
  }
  const provenance: Provenance = {
    name: `${flags.method.toUpperCase()}, ${flags.federation}`,
    physics,
    seed,
    selectedOn: trained.selectedOn,
    buildings: { train: buildings.train.map(known), validation: buildings.validation.map(known), test: buildings.test.map(known) },
    days,
  }; // prettier-ignore
  await writeAll({ [out]: policyText(trained.general!, provenance) });
  await rm(unfinished, { force: true });
  const results = resultsOf(learned(trained.general!), district, starts, physics, provenance);
  io.stdout.write(summary(provenance.name, results, provenance));
  return 0;
}

/** Options of `train` that the flags make. Without a building to validate on, the days alone differ. */
function optionsOf(
  flags: TrainFlags,
  district: District,
  buildings: Parts<District['buildings'][number]>,
  days: Parts<number>,
): TrainOptions {
  // prettier-ignore
  const { method, delta, rate, federation, localUpdates, iterations, episodes, hidden, personal, project, select, physics, seed } = flags; // prettier-ignore
  const judged = select && (buildings[select].length > 0 ? buildings[select] : buildings.train);
  return {
    method: { name: method, ...(delta !== undefined && { delta }), ...(rate !== undefined && { rate }) } as Method,
    iterations,
    starts: days.train,
    episodes,
    federation,
    localUpdates,
    policy: { hidden, personal: personal === true },
    environment: { physics, length: dayRows(district) },
    safety: project === true ? 'project' : 'none',
    ...(select && judged && { select: { selectOn: select, district: { ...district, buildings: judged }, starts: days[select], every: EVERY } }), // prettier-ignore
    seed,
  };
}

function progress({ iteration, reports }: Training, iterations: number): string {
  const { reward, kl, why } = reports.at(-1)!;
  return `iteration ${iteration} of ${iterations}: reward of an episode ${reward.toPrecision(4)}, KL ${kl.toPrecision(2)}${why && `; no step: ${why}`}\n`;
}

/** @throws Error for a training of other flags or data, or a damaged file */
async function trainingIn(path: string, run: string): Promise<Training | undefined> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return undefined;
  let file: { run?: string; training?: Json } | null;
  try {
    file = JSON.parse(text) as typeof file;
  } catch (cause) {
    throw new Error(`fedtrpo: '${path}' is no training; must be one that was interrupted. Delete it.`, { cause });
  }
  if (file?.run === run && file.training !== undefined) return loadState(file.training) as unknown as Training;
  throw new Error(`fedtrpo: '${path}' is a training of other flags or data; must be of these. Delete it, or say the flags of that training again.`); // prettier-ignore
}
