import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DataCorrupt, DataMissing, glue, parseGlue, type GlueTask } from '../src/index.js';

const tsv = (...rows: readonly (readonly (string | number)[])[]) => rows.map((row) => `${row.join('\t')}\n`).join('');
const MNLI = 'index promptID pairID genre sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 sentence2 label1 gold_label'.split(' '); // prettier-ignore

describe('parseGlue', () => {
  it.each<[GlueTask, string, readonly string[], readonly string[] | null, readonly number[]]>([
    ['CoLA', tsv(['gj04', 1, '', 'They drank.'], ['gj04', 0, '*', 'Drank they.']), ['They drank.', 'Drank they.'], null, [1, 0]],
    ['SST-2', tsv(['sentence', 'label'], ['a "fine" film ', 1]), ['a "fine" film '], null, [1]],
    ['MRPC', `\ufeff${tsv(['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'], [0, 7, 8, 'One.', 'Two.'])}`.replace('\ufeff', ''), ['One.'], ['Two.'], [0]],
    ['STS-B', tsv('index genre filename year old_index source1 source2 sentence1 sentence2 score'.split(' '), [0, 'g', 'f', 'y', 1, 's', 's', 'A plane.', 'An air plane.', '3.800']), ['A plane.'], ['An air plane.'], [3.8]],
    ['QQP', tsv('id qid1 qid2 question1 question2 is_duplicate'.split(' '), [1, 2, 3, 'Why?', 'How?', 1]), ['Why?'], ['How?'], [1]],
    ['MNLI', tsv(MNLI, [0, 1, 2, 'g', '(', '(', '(', '(', 'P.', 'H.', 'neutral', 'contradiction'], [0, 1, 2, 'g', '(', '(', '(', '(', 'P2.', 'H2.', 'neutral', 'entailment']), ['P.', 'P2.'], ['H.', 'H2.'], [2, 0]],
    ['QNLI', tsv(['index', 'question', 'sentence', 'label'], [0, 'Who?', 'He.', 'not_entailment']), ['Who?'], ['He.'], [1]],
    ['RTE', tsv(['index', 'sentence1', 'sentence2', 'label'], [0, 'A.', 'B.', 'entailment']), ['A.'], ['B.'], [0]],
    ['WNLI', tsv(['index', 'sentence1', 'sentence2', 'label'], [0, 'A.', 'B.', 1]), ['A.'], ['B.'], [1]],
  ])('reads %s', (task, text, texts, pairs, labels) => {
    for (const form of [text, text.replaceAll('\n', '\r\n'), text.slice(0, -1)]) {
      const found = parseGlue(task, form);
      expect(found).toMatchObject({ texts, pairs, skipped: 0 });
      expect([...found.labels]).toEqual(labels);
    }
  }); // prettier-ignore

  it('names the classes in the order of their numbers; a score has none', () => {
    const mnli = parseGlue('MNLI', tsv(MNLI, [0, 1, 2, 'g', '(', '(', '(', '(', 'P.', 'H.', 'x', 'neutral']));
    expect(mnli.classes![mnli.labels[0]!]).toBe('neutral');
    const head = 'index genre filename year old_index source1 source2 sentence1 sentence2 score'.split(' ');
    expect(parseGlue('STS-B', tsv(head, [0, 1, 2, 3, 4, 5, 6, 'a', 'b', 5])).classes).toBeNull();
    expect(() => parseGlue('STS-B', tsv(head, [0, 1, 2, 3, 4, 5, 6, 'a', 'b', '5.1']))).toThrow(
      "STS-B of GLUE: line 2: label '5.1'; must be a number in 0 … 5. Test parts have none.",
    );
  });

  it('counts rows that have another number of fields', () => {
    const head = 'id qid1 qid2 question1 question2 is_duplicate'.split(' ');
    const found = parseGlue(
      'QQP',
      tsv(head, [1, 2, 3, 'Why?', 'How?', 1], [4, 5, 6, 'cut'], [7, 8, 9, 'a', 'b', 0, 'more']),
    );
    expect(found.skipped).toBe(2);
    expect(found.texts).toEqual(['Why?']);
  });

  it('refuses other files, labels and nothing', () => {
    expect(() => parseGlue('RTE', 'sentence\tlabel\na\t1\n', { source: 'x.tsv' })).toThrow(
      new DataCorrupt('x.tsv', "no column 'sentence1' in its first line, which has [sentence, label]. It may be another task's file."), // prettier-ignore
    );
    expect(() => parseGlue('SST-2', 'sentence\tlabel\na\t0\n\nb\t2\n')).toThrow(
      "SST-2 of GLUE: line 4: label '2'; must be 0, 1. Test parts have none.",
    );
    expect(() => parseGlue('CoLA', '')).toThrow(
      'CoLA of GLUE: no example; must have at least one. Get the file again.',
    );
    expect(() => parseGlue('SST-2', 'sentence\tlabel\n')).toThrow('no example');
    expect(() => parseGlue('cola' as 'CoLA', '')).toThrow("parseGlue: 'task' is 'cola'; must be 'CoLA' or 'SST-2' or");
  });
});

describe('glue', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glue-'));
    vi.stubEnv('ASSAY_DATA', folder);
    const rte = ['index', 'sentence1', 'sentence2', 'label'];
    for (const [path, content] of [
      ['RTE/train.tsv', tsv(rte, [0, 'Train.', 'B.', 'entailment'])],
      ['RTE/dev.tsv', tsv(rte, [0, 'Dev.', 'B.', 'entailment'])],
      ['MRPC/train.tsv', `\ufeff${tsv(['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'], [0, 7, 8, 'One.', 'Two.'])}`],
      ['MNLI/dev_matched.tsv', tsv(MNLI, [0, 1, 2, 'g', '(', '(', '(', '(', 'Matched.', 'H.', 'x', 'neutral'])],
      ['MNLI/dev_mismatched.tsv', tsv(MNLI, [0, 1, 2, 'g', '(', '(', '(', '(', 'Mismatched.', 'H.', 'x', 'neutral'])],
    ] as const) {
      await mkdir(dirname(join(folder, 'glue', path)), { recursive: true });
      await writeFile(join(folder, 'glue', path), content);
    } // prettier-ignore
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it('finds the parts of a task, also in a file with a mark of the byte order', async () => {
    expect((await glue('RTE')).texts).toEqual(['Train.']);
    expect((await glue('RTE', { split: 'validation' })).texts).toEqual(['Dev.']);
    expect((await glue('MNLI', { split: 'validation' })).texts).toEqual(['Matched.']);
    expect((await glue('MNLI', { split: 'mismatched' })).texts).toEqual(['Mismatched.']);
    expect((await glue('MRPC')).pairs).toEqual(['Two.']);
    vi.stubEnv('ASSAY_DATA', '');
    expect((await glue('RTE', { folder: join(folder, 'glue') })).texts).toEqual(['Train.']);
  });

  it('says how to get what is missing, and refuses what is not known', async () => {
    await expect(glue('WNLI')).rejects.toThrow(DataMissing);
    await expect(glue('WNLI')).rejects.toThrow(
      `glue: data missing. There is no ${join(folder, 'glue', 'WNLI', 'train.tsv')}. Unpack the archive of WNLI from https://gluebenchmark.com/tasks, so that $ASSAY_DATA/glue/WNLI/train.tsv is there.`,
    );
    vi.stubEnv('ASSAY_DATA', '');
    await expect(glue('RTE')).rejects.toThrow('glue: data missing. Unpack the archive of RTE');
    await expect(glue('RTE', { split: 'test' as 'train' })).rejects.toThrow(
      "glue: 'split' is 'test'; must be 'train' or 'validation' or 'mismatched'.",
    );
    await expect(glue('RTE', { split: 'mismatched' })).rejects.toThrow(
      "glue: 'split' is 'mismatched'; must be 'train' or 'validation'. Only MNLI has a mismatched part.",
    );
    await expect(glue('AX' as 'RTE')).rejects.toThrow("glue: 'task' is 'AX'; must be 'CoLA'");
  });
});
