import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { spent } from '../../../vitest.linear.mjs';
import * as data from '../src/index.js';
import { decimal } from '../src/decimal.js';
import { bert, bytesOf } from './tokenizers.js';

/** A file's bytes in pieces of `size`. */
async function* pieces(text: string, size = 65536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const csv = (text: string, options?: data.CsvOptions) => all(data.streamCsv(pieces(text), options));
const svm = (text: string, size?: number) => all(data.streamLibsvm(pieces(text, size)));

describe('O8: what is no number is refused in linear time', () => {
  const hostile = (n: number) => ({
    digits: `${'1'.repeat(n)}x`,
    point: `${'1'.repeat(n)}.${'1'.repeat(n)}x`,
    exponent: `1e${'1'.repeat(n)}x`,
    signs: '+'.repeat(n),
    zeros: `${'0'.repeat(n)}.`.repeat(2),
  });
  const seconds = async (act: () => Promise<unknown>): Promise<number> => {
    const from = spent();
    await expect(act()).rejects.toThrow(data.DataCorrupt);
    return (spent() - from) / 1000;
  };
  it.each(Object.entries(hostile(500_000)))('%s', async (_, text) => {
    expect(await seconds(() => svm(`${text} 1:1\n`))).toBeLessThan(15);
    expect(await seconds(() => svm(`1 1:${text}\n`))).toBeLessThan(15);
    expect(await seconds(() => svm(`1 ${text}:1\n`))).toBeLessThan(15);
    expect(await seconds(() => csv(`a\n${text}\n`))).toBeLessThan(15);
  });

  it('reads numbers as before, and only them', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: fc.constantFrom(...'0123456789+-.eEx ') }), fc.double().map(String)),
        (text) => {
          const before =
            /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
              ? Number(text)
              : undefined;
          expect(decimal(text)).toBe(before);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('a long line that comes in many pieces, and lines cut anywhere', async () => {
    const line = `1 ${Array.from({ length: 300_000 }, (_, i) => `${i + 1}:1`).join(' ')}`;
    const from = spent();
    const [block] = await svm(`${line}\n2 1:5`, 64);
    expect((spent() - from) / 1000).toBeLessThan(15);
    expect([...block!.labels]).toEqual([1, 2]);
    expect(block!.values).toHaveLength(300_001);
    const text = '1 1:2 3:4 # é\n\n-1 2:0.5\n0 \n7 1:1';
    const whole = await svm(text);
    for (let size = 1; size < text.length; size++) expect(await svm(text, size)).toEqual(whole);
  });
});

describe('O9: a blank line in a file of one column is a missing row', () => {
  const missing = (line: number) =>
    `line ${line}, column "y": ""; must be a number, or set 'empty' to the value it stands for.`;
  it('is refused with its line', async () => {
    await expect(csv('y\n1\n\n3\n')).rejects.toThrow(missing(3));
    await expect(csv('y\n\n3\n')).rejects.toThrow(missing(2));
    await expect(csv('y\r\n1\r\n2\r\n\r\n')).rejects.toThrow(missing(4));
    await expect(csv('\n\ny\n1\n2\n\n\n3')).rejects.toThrow(missing(6));
    expect((await csv('y\n1\n2'))[0]!.data).toEqual(Float64Array.of(1, 2));
    expect((await csv('y\n1\n2\n'))[0]!.data).toEqual(Float64Array.of(1, 2));
  });

  it('or stands for `empty`: rows stay in their places', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.integer(), { nil: null }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (rows, records) => {
          const text = `y\n${rows.map((v) => `${v ?? ''}\n`).join('')}`;
          const blocks = await csv(text, { empty: -0.5, records });
          expect(blocks.flatMap((b) => [...b.data])).toEqual(rows.map((v) => v ?? -0.5));
          expect(
            blocks.every((b, k) => b.first === k * records && b.count === b.data.length && b.count <= records),
          ).toBe(true);
        },
      ),
    );
  });

  it('is none of the rows where there are more columns', async () => {
    expect((await csv('a,b\n1,2\n\n3,4\n'))[0]!.data).toEqual(Float64Array.of(1, 2, 3, 4));
  });

  it('columns: [] is refused', async () => {
    await expect(csv('a\n1\n', { columns: [] })).rejects.toThrow(
      new RangeError("streamCsv: 'columns' is []; must be at least one name. Leave it out for all columns."),
    );
  });
});

describe('downloads', () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) & 255));
  const sha256 = createHash('sha256').update(content).digest('hex');
  let folder: string;
  let to: string;
  let url: string;
  let server: Server;
  let requests: IncomingMessage[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const whole = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200).end(content);
  const get = (more: Partial<data.DownloadOptions> = {}) =>
    data.download(url, { to, bytes: content.length, sha256, retries: 0, ...more });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faults-'));
    to = join(folder, 'file');
    requests = [];
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('a file where a folder must be made is named, with what chooses another', async () => {
    const file = join(folder, 'a file');
    await writeFile(file, '');
    vi.stubEnv('ASSAY_CACHE', file);
    const told = (where: string, path: string) =>
      `${where}: the folder ${path} cannot be made: a file is in its way. Name another; that of downloads by ASSAY_CACHE.`;
    const unmade = (error: Promise<unknown>, where: string, path: string) =>
      expect(error).rejects.toMatchObject({ message: told(where, path), code: expect.stringMatching(/^E/) as string });
    await unmade(get({ to: join(file, 'x') }), 'download', file);
    await unmade(get({ to: join(file, 'below', 'x') }), 'download', join(file, 'below'));
    await unmade(data.downloadDataset('fashion-mnist'), 'download', join(file, 'fashion-mnist'));
    await unmade(data.downloadDataset('cifar-10'), 'downloadDataset', file);
    await unmade(data.untar('/nowhere.tar', join(file, 'x')), 'untar', file);
    expect(data.locate('fashion-mnist')).toEqual(data.locate('fashion-mnist', {})); // looking makes none
    expect(requests).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('O10: starts over where the server has no such part (416)', async () => {
    await writeFile(`${to}.part`, 'of another file');
    answer = (request, response) =>
      request.headers.range ? void response.writeHead(416).end() : whole(request, response);
    expect(await get()).toBe(to);
    expect(await readFile(to)).toEqual(content);
    expect(requests.map(({ headers }) => headers.range)).toEqual(['bytes=15-', undefined]);
  });

  it('O10: a 416 to a request for the whole is the server’s refusal', async () => {
    answer = (_, response) => void response.writeHead(416).end();
    await expect(get()).rejects.toThrow('the server answered 416 Range Not Satisfiable.');
  });

  it.each([429, 503])('O10: tries again when the server is busy (%i), after as long as it asks', async (status) => {
    answer = (request, response) =>
      requests.length < 3 ? void response.writeHead(status, { 'retry-after': '0.2' }).end() : whole(request, response);
    const from = performance.now();
    expect(await get({ retries: 2 })).toBe(to);
    expect(performance.now() - from).toBeGreaterThan(390);
    requests.length = 0;
    await rm(to);
    await expect(get()).rejects.toMatchObject({ name: 'DownloadFailed', retry: true, wait: 200 });
  });

  it('O10: a wait ends when the caller aborts', async () => {
    answer = (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(get({ retries: 1, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('O11: of three at once one downloads, and all have the file', async () => {
    answer = (request, response) => void setTimeout(() => whole(request, response), 150);
    expect(await Promise.all([get(), get(), get()])).toEqual([to, to, to]);
    expect(await readFile(to)).toEqual(content);
    expect(requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('O11: the next takes over when the first fails, and a lock left behind is no bar', async () => {
    answer = (request, response) =>
      requests.length === 1 ? void response.writeHead(404).end() : whole(request, response);
    const results = await Promise.allSettled([get(), get()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await rm(to);
    await writeFile(`${to}.lock`, '');
    await utimes(`${to}.lock`, 0, 0);
    expect(await get()).toBe(to);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('O11: waiting ends when the caller aborts', async () => {
    await writeFile(`${to}.lock`, '');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(get({ signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests).toHaveLength(0);
  });

  it('P5: a path that is none', async () => {
    await expect(data.download(url, { bytes: 1, sha256 } as never)).rejects.toThrow(
      new TypeError("download: 'to' is undefined; must be the path of the file."),
    );
    await expect(data.download(7 as never, { to, bytes: 1, sha256 })).rejects.toThrow(
      "download: 'url' is 7; must start with",
    );
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'faults-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    [null, 'null'],
    ['', "''"],
    [[], '\\[\\]'],
    ['f'.repeat(63), `'f{63}'`],
    ['g'.repeat(64), `'g{64}'`],
    [7, '7'],
  ])('O12: a manifest whose sha256 is %j is refused', async (value, shown) => {
    await mkdir(join(folder, 'cifar'));
    const names = ['test_batch.bin', ...[1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`)];
    for (const name of names) await writeFile(join(folder, 'cifar', name), new Uint8Array(30_730_000));
    await writeFile(
      join(folder, 'cifar', 'manifest.json'),
      JSON.stringify({ source: 'official', sha256: { 'test_batch.bin': value } }),
    );
    await expect(data.cifar10({ folder: join(folder, 'cifar'), split: 'test' })).rejects.toThrow(
      new RegExp(
        `manifest\\.json: sha256 of test_batch\\.bin is ${shown}; must be 64 hexadecimal digits\\. Get the whole folder again\\.`,
      ),
    );
  });

  const archiveOf = async (entries: [Partial<Header> & { name: string }, string?][]): Promise<string> => {
    const tar = pack();
    for (const [header, text] of entries) tar.entry(header, text ?? '');
    tar.finalize();
    const path = join(folder, 'a.tar');
    await writeFile(path, Buffer.concat((await all(tar as AsyncIterable<Uint8Array>)) as Uint8Array[]));
    return path;
  };
  it.each<[string, [Partial<Header> & { name: string }, string?][], string]>([
    [
      'a file below a file',
      [
        [{ name: 'a' }, 'x'],
        [{ name: 'a/b' }, 'y'],
      ],
      'entry "a/b" has the name of another entry, or lies below a file; must have another name',
    ],
    [
      'a folder over a file',
      [[{ name: 'a' }, 'x'], [{ name: 'a', type: 'directory' }]],
      'entry "a" has the name of another entry',
    ],
    ['a file over a folder', [[{ name: 'a', type: 'directory' }], [{ name: 'a' }, 'x']], 'entry "a" has the name of'],
    [
      'a name of 300 characters',
      [[{ name: 'n'.repeat(300) }, 'x']],
      'has a name too long for this file system; must be shorter',
    ],
  ])('O15: untar names %s', async (_, entries, message) => {
    const error = await data.untar(await archiveOf(entries), join(folder, 'out')).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(data.DataCorrupt);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain('Nothing was unpacked; do not use this archive.');
    expect((error as Error).message.length).toBeLessThan(500);
    expect(await readdir(folder)).toEqual(['a.tar']);
  });

  it('O11: two that unpack into one folder do not remove each other’s files', async () => {
    const archive = await archiveOf([[{ name: 'a' }, 'x']]);
    const results = await Promise.allSettled([1, 2].map(() => data.untar(archive, join(folder, 'out'))));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readFile(join(folder, 'out', 'a'), 'utf8')).toBe('x');
  });
});

describe('O15: a Dirichlet split out of reach', () => {
  const labels = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 10);
  it('is refused at once', () => {
    const from = spent();
    expect(() => data.partitionDirichlet(labels(5000), { clients: 5000, alpha: 0.5, stream: stream(1, 'p') })).toThrow(
      "partitionDirichlet: no draw of 5 with alpha = 0.5 gave each of 5000 clients 1 samples. Raise 'alpha', lower 'minPerClient' or 'clients', or set 'perClient'.",
    );
    expect(spent() - from).toBeLessThan(3000);
  });
  it('is tried a thousand times where few are short', () => {
    expect(() => data.partitionDirichlet(labels(20), { clients: 20, alpha: 0.05, stream: stream(1, 'p') })).toThrow(
      'no draw of 1000 with',
    );
  });
});

describe('P1: an option that is not known is refused by name, also when it comes by spread', () => {
  const key = stream(1, 'options');
  const examples: data.Examples = {
    x: new Float32Array(8),
    y: Uint8Array.of(0, 1),
    shape: [2, 2, 1],
    classes: 2,
    count: 2,
  } as never;
  const calls: Record<string, [options: object, call: (options: never) => unknown]> = {
    augmentBatch: [
      { augment: data.cropFlip({ pad: 1 }), stream: key },
      (o) => data.augmentBatch(examples, [0], new Float32Array(4), o),
    ],
    batches: [{ batchSize: 1, stream: key }, (o) => [...data.batches(examples, o)]],
    cropFlip: [{ pad: 1 }, (o) => data.cropFlip(o)],
    cifar10: [{}, (o) => data.cifar10(o)],
    cifar100: [{}, (o) => data.cifar100(o)],
    parseCifar: [{ classes: [10] }, (o) => data.parseCifar(new Uint8Array(3073), o)],
    fashionMnist: [{}, (o) => data.fashionMnist(o)],
    mnist: [{}, (o) => data.mnist(o)],
    locate: [{}, (o) => data.locate('mnist', o)],
    download: [{ to: '/nowhere', bytes: 1, sha256: '0'.repeat(64) }, (o) => data.download('http://127.0.0.1:9/', o)],
    downloadDataset: [{}, (o) => data.downloadDataset('mnist', o)],
    streamCsv: [{}, (o) => csv('a\n1\n', o)],
    streamIdx: [{}, (o) => all(data.streamIdx(pieces('x'), o))],
    streamLibsvm: [{}, (o) => all(data.streamLibsvm(pieces('1 1:1'), o))],
    untar: [{}, (o) => data.untar('/nowhere.tar', join(tmpdir(), 'nowhere', 'x'), o)],
    tinyShakespeare: [{}, (o) => data.tinyShakespeare(o)],
    brown: [{}, (o) => data.brown(o)],
    parseBrown: [{}, (o) => data.parseBrown('a/b', o)],
    gutenberg: [{}, (o) => data.gutenberg(o)],
    allMiniLM: [{}, (o) => data.allMiniLM(o)],
    c4: [{}, (o) => all(data.c4(o))],
    glue: [{}, (o) => data.glue('RTE', o)],
    parseGlue: [{}, (o) => data.parseGlue('CoLA', 'a\t1\tb\tc', o)],
    readTokenizer: [{}, (o) => data.readTokenizer(bytesOf(bert), o)],
    cityLearn2022: [{}, (o) => data.cityLearn2022(o)],
    disturbedSentences: [{ count: 1, stream: key }, (o) => data.disturbedSentences([], o)],
    sentencePairs: [{ count: 1, stream: key }, (o) => data.sentencePairs([], o)],
    windows: [{ context: 1 }, (o) => [...data.windows([1, 2], o)]],
    randomWindows: [{ context: 1, stream: key, step: 0 }, (o) => data.randomWindows([1, 2], o)],
    markovText: [{ length: 1 }, (o) => data.markovText(o)],
    gaussProto: [{ train: 10, test: 10 }, (o) => data.gaussProto(o)],
    shapes: [{ train: 10, test: 10 }, (o) => data.shapes(o)],
    drawShape: [{ noise: 0 }, (o) => data.drawShape(0, key, new Float32Array(9), o)],
    proceduralImages: [{ train: 10, test: 10 }, (o) => data.proceduralImages(o)],
    stratifiedSplit: [{ sizes: [1], stream: key }, (o) => data.stratifiedSplit([0, 1], o)],
    partitionIid: [{ clients: 1, stream: key }, (o) => data.partitionIid(3, o)],
    partitionByClass: [{ clients: 1, stream: key, classesPerClient: 1 }, (o) => data.partitionByClass([0], o)],
    partitionDirichlet: [{ clients: 1, stream: key, alpha: 1 }, (o) => data.partitionDirichlet([0], o)],
    partitionByQuantity: [{ clients: 1, stream: key, alpha: 1 }, (o) => data.partitionByQuantity(3, o)],
  };
  const without = [
    'DataCorrupt',
    'DataMissing',
    'DownloadFailed',
    'byteVocabulary',
    'cacheFolder',
    'characterVocabulary',
    'downsample',
    'examples',
    'gather',
    'groupOf',
    'howToGet',
    'isDataMissing',
    'labelGroup',
    'measureNormalisation',
    'normalise',
    'parseIdx',
    'prefetch',
    'shiftLabels',
    'turnQuarters',
  ];

  it.each(Object.entries(calls))('%s', async (name, [options, call]) => {
    const error = await Promise.resolve()
      .then(() => call({ ...options, recrods: 3 } as never))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(
      new RegExp(`^${name}: 'recrods' is no option; must be one of .+\\. Did you mean '.+'\\?$`),
    );
  });

  it('every public function is here', () => {
    const functions = Object.entries(data).filter(([, value]) => typeof value === 'function');
    expect([...Object.keys(calls), ...without].sort()).toEqual(functions.map(([name]) => name).sort());
  });
});
