/** `assay report`: draws the report of the last run again. */
import { relative } from 'node:path';
import {
  askedFor,
  plan,
  readRecords,
  readRun,
  readVerdicts,
  resultHash,
  type ExitCode,
  type Tier,
} from '@assay-ml/claims';
import { colored, reproductionsNamed, type Io } from '../io.js';
import { shellWord } from '../shell-word.js';
import { UsageError } from '../usage-error.js';
import { resultsOf, writeReport } from '../report/write.js';
import { verdictTable } from '../terminal.js';
import { folderOf, inCheckout } from './run.js';

/**
 * Reads verdicts and cells of a results folder and writes its report files anew.
 * @throws UsageError when there is no finished run, or its cells are of another version of the code
 */
export async function reportCommand(io: Io, paper: string, flags: { tier: Tier; out?: string }): Promise<ExitCode> {
  for (const loaded of await reproductionsNamed(io, paper)) {
    const { reproduction } = loaded;
    const folder = folderOf(io, reproduction.key, flags);
    const [verdicts, run] = [readVerdicts(folder), readRun(folder)];
    const place = relative(io.cwd, folder);
    const again = `Run it: npx @assay-ml/assay run ${shellWord(loaded.name)} --tier ${flags.tier}`;
    if (verdicts === null || run === null) throw new UsageError(`'${place}' has no finished run. ${again}`);
    const { cells } = await plan(reproduction, askedFor(run));
    const found = readRecords(folder);
    const records = cells.flatMap(({ id }) => found.get(id) ?? []).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (resultHash(records) !== verdicts.resultHash) {
      throw new UsageError(
        `the cells in '${place}' are not those of its verdicts: the code has changed since. ${again}`,
      );
    }
    const results = resultsOf(loaded, inCheckout(io, loaded), verdicts, run, records);
    const page = writeReport(folder, results);
    io.stdout.write(verdictTable(results.verdicts, colored(io.stdout, io.env)));
    io.stderr.write(`report: ${relative(io.cwd, page)}\n`);
    io.stdout.write(`${verdicts.resultHash}\n`);
  }
  return 0;
}
