/** GLUE, nine tasks of understanding sentences, from the folders that its archives unpack to. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { invalid, oneOf, requireOptions, shown } from '@assay-ml/numerics/check';

import { decimal } from './decimal.js';
import { DataCorrupt, DataMissing } from './errors.js';
import type { FolderOptions } from './files.js';
import { inAssayData } from './locate.js';

/** How a task's files are read. */
interface Task {
  /** Columns of the sentence, the other sentence or null, and the label. */
  readonly columns: readonly [text: string, pair: string | null, label: string];
  /** Labels in the order of their numbers; null for a score. */
  readonly classes: readonly string[] | null;
  /** Names of the columns, of files without a header. */
  readonly header?: readonly string[];
}

const ENTAILMENT = ['entailment', 'not_entailment'];
const SENTENCES = ['sentence1', 'sentence2'] as const;

const TASKS = {
  CoLA: {
    columns: ['sentence', null, 'label'],
    classes: ['0', '1'],
    header: ['source', 'label', 'annotation', 'sentence'],
  },
  'SST-2': { columns: ['sentence', null, 'label'], classes: ['0', '1'] },
  MRPC: { columns: ['#1 String', '#2 String', 'Quality'], classes: ['0', '1'] },
  'STS-B': { columns: [...SENTENCES, 'score'], classes: null },
  QQP: { columns: ['question1', 'question2', 'is_duplicate'], classes: ['0', '1'] },
  MNLI: { columns: [...SENTENCES, 'gold_label'], classes: ['entailment', 'neutral', 'contradiction'] },
  QNLI: { columns: ['question', 'sentence', 'label'], classes: ENTAILMENT },
  RTE: { columns: [...SENTENCES, 'label'], classes: ENTAILMENT },
  WNLI: { columns: [...SENTENCES, 'label'], classes: ['0', '1'] },
} as const satisfies Readonly<Record<string, Task>>;

/** A task of GLUE, named as its folder is. */
export type GlueTask = keyof typeof TASKS;

/** Examples of a task. */
export interface GlueExamples {
  readonly texts: readonly string[];
  /** The other sentence of each example; null where a task has one sentence. */
  readonly pairs: readonly string[] | null;
  /** Number of each example's class, or its score in 0 … 5 (STS-B). */
  readonly labels: Float64Array;
  /** Names of the classes, in the order of their numbers; null for a score. */
  readonly classes: readonly string[] | null;
  /** Rows left out, as they have another number of fields than the header: QQP's file is known for some. */
  readonly skipped: number;
}

/** Which part to load, and from where. */
export interface GlueOptions extends FolderOptions {
  /** Default `train`; `validation` is dev.tsv. `mismatched` is the second validation part that MNLI has. */
  readonly split?: 'train' | 'validation' | 'mismatched';
}

/**
 * Loads a task of GLUE (Wang et al. 2019) from `train.tsv` or `dev.tsv` (MNLI: `dev_matched.tsv`, `dev_mismatched.tsv`) in
 * `<folder>/<task>/`, e.g. `$ASSAY_DATA/glue/CoLA/`. The labels of its test parts are not public. Classes are numbered as
 * Hugging Face's copy does: MNLI entailment, neutral, contradiction; QNLI and RTE entailment, not_entailment.
 * @param options `folder`: the one that has the tasks' folders, instead of `$ASSAY_DATA/glue`
 * @throws DataMissing when the file is not there; DataCorrupt as `parseGlue`; RangeError for an unknown task or split
 */
export async function glue(task: GlueTask, options: GlueOptions = {}): Promise<GlueExamples> {
  checkTask('glue', task);
  requireOptions<GlueOptions>('glue', options, { split: 1, folder: 1 });
  const { split = 'train', folder } = options;
  oneOf('glue', 'split', split, ['train', 'validation', 'mismatched']);
  if (split === 'mismatched' && task !== 'MNLI') {
    throw invalid('glue', 'split', split, "'train' or 'validation'", 'Only MNLI has a mismatched part.');
  }
  const dev = task === 'MNLI' ? `dev_${split === 'mismatched' ? split : 'matched'}` : 'dev';
  const name = `${split === 'train' ? split : dev}.tsv`;
  const [place] = folder === undefined ? inAssayData('glue') : [resolve(folder)];
  const howToGet =
    `Unpack the archive of ${task} from https://gluebenchmark.com/tasks, so that ` +
    `$ASSAY_DATA/glue/${task}/${name} is there.`;
  if (place === undefined) throw new DataMissing('glue', howToGet);
  const path = join(place, task, name);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DataMissing('glue', `There is no ${path}. ${howToGet}`);
  });
  return parseGlue(task, new TextDecoder().decode(bytes), { source: path });
}

/**
 * Reads a file of GLUE: fields between tabs, without quotes, a header but in CoLA.
 * @param options `source`: name for error messages
 * @throws DataCorrupt for a header that lacks a column, a label that the task does not have, with its line, and a file
 *   without examples; RangeError for an unknown task
 */
export function parseGlue(task: GlueTask, text: string, options: { readonly source?: string } = {}): GlueExamples {
  checkTask('parseGlue', task);
  requireOptions('parseGlue', options, { source: 1 });
  const { source = `${task} of GLUE` } = options;
  const { columns, classes, header }: Task = TASKS[task];
  const rows = text.split('\n').map((line) => line.replace(/\r$/, '').split('\t'));
  const names = header ?? rows[0]!;
  const [textAt, pairAt, labelAt] = columns.map((column) => {
    const at = column === null ? -1 : names.indexOf(column);
    if (column === null || at >= 0) return at;
    throw new DataCorrupt(source, `no column ${shown(column)} in its first line, which has ${shown(names)}. It may be another task's file.`); // prettier-ignore
  }) as [number, number, number];
  const [texts, pairs, labels]: [string[], string[], number[]] = [[], [], []];
  let skipped = 0;
  for (const [i, row] of rows.entries()) {
    if ((i === 0 && header === undefined) || (row.length === 1 && row[0] === '')) continue;
    if (row.length !== names.length) {
      skipped++;
      continue;
    }
    const label = classes === null ? score(row[labelAt]!) : classes.indexOf(row[labelAt]!);
    if (label < 0) {
      const allowed = classes?.join(', ') ?? 'a number in 0 … 5';
      throw new DataCorrupt(source, `line ${i + 1}: label ${shown(row[labelAt])}; must be ${allowed}. Test parts have none.`); // prettier-ignore
    }
    texts.push(row[textAt]!);
    if (pairAt >= 0) pairs.push(row[pairAt]!);
    labels.push(label);
  }
  if (texts.length === 0) throw new DataCorrupt(source, 'no example; must have at least one. Get the file again.');
  return { texts, pairs: pairAt < 0 ? null : pairs, labels: Float64Array.from(labels), classes, skipped };
}

/** −1 for what is none. */
function score(text: string): number {
  const value = decimal(text) ?? -1;
  return value >= 0 && value <= 5 ? value : -1;
}

function checkTask(where: string, task: GlueTask): void {
  oneOf(where, 'task', task, Object.keys(TASKS) as GlueTask[]);
}
