import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  DataCorrupt,
  download,
  downloadDataset,
  DownloadFailed,
  howToGet,
  type DownloadOptions,
  type DownloadProgress,
} from '../src/index.js';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i + (i >> 8)) & 255));
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
let to: string;
let server: Server;
let url: string;
let requests: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** The file, from where the request asks. */
function serve(request: IncomingMessage, response: ServerResponse, body = content): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'content-length': body.length - from, 'content-type': 'application/gzip' };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
  else response.writeHead(200, headers);
  response.end(body.subarray(from));
}

/** Promises the whole file, sends its beginning and, once that has arrived on disk, hangs up. */
function cutAt(length: number, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, length));
  const watch = setInterval(() => {
    if (!response.destroyed && (statSync(`${to}.part`, { throwIfNoEntry: false })?.size ?? 0) < length) return;
    clearInterval(watch);
    response.destroy();
  }, 5);
}

const get = (more: Partial<DownloadOptions> = {}) =>
  download(url, { to, bytes: content.length, sha256, retries: 0, ...more });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-'));
  to = join(folder, 'deep', 'file.gz');
  requests = [];
  answer = serve;
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.gz`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

describe('download', () => {
  it('gets the file, reports progress, and leaves no part behind', async () => {
    const seen: DownloadProgress[] = [];
    expect(await get({ onProgress: (progress) => seen.push(progress) })).toBe(to);
    expect((await readFile(to)).equals(content)).toBe(true);
    expect(existsSync(`${to}.part`)).toBe(false);
    expect(seen.at(-1)).toEqual({ url, received: content.length, total: content.length });
    expect(seen.map((p) => p.received)).toEqual(seen.map((p) => p.received).sort((a, b) => a - b));
    expect(requests[0]!.headers['accept-encoding']).toBe('identity');
  });

  it('does not get again what is there and right, but replaces what is wrong', async () => {
    await get();
    await get();
    expect(requests).toHaveLength(1);
    await writeFile(to, Buffer.alloc(content.length));
    await get();
    expect(requests).toHaveLength(2);
    expect((await readFile(to)).equals(content)).toBe(true);
  });

  it('keeps a truncated body and resumes it at the next call', async () => {
    answer = (_, response) => cutAt(100_000, response);
    await expect(get()).rejects.toThrow(DownloadFailed);
    expect(existsSync(to)).toBe(false);
    const kept = (await readFile(`${to}.part`)).length;
    expect(kept).toBe(100_000);
    answer = serve;
    const seen: number[] = [];
    await get({ onProgress: ({ received }) => seen.push(received) });
    expect(requests[1]!.headers.range).toBe('bytes=100000-');
    expect(seen[0]).toBeGreaterThan(100_000);
    expect((await readFile(to)).equals(content)).toBe(true);
  });

  it('says how much came', async () => {
    answer = (_, response) => cutAt(100_000, response);
    await expect(get()).rejects.toThrow(
      /: the connection ended early \(.+\); 100000 of 300000 bytes came and are kept\. Call again to resume\.$/,
    );
  });

  it('takes a broken connection up again by itself, as often as allowed', async () => {
    let failures = 2;
    answer = (request, response) => {
      if (failures-- > 0) cutAt(50_000, response);
      else serve(request, response);
    };
    await get({ retries: 2 });
    expect(requests).toHaveLength(3);
    expect((await readFile(to)).equals(content)).toBe(true);
  });

  it('notices a body that is short without a length to tell', async () => {
    answer = (_, response) => response.writeHead(200).end(content.subarray(0, 7));
    await expect(get()).rejects.toThrow('the connection ended early; 7 of 300000 bytes came and are kept.');
  });

  it('starts again where the server does not resume', async () => {
    answer = (_, response) => cutAt(100_000, response);
    await expect(get()).rejects.toThrow(DownloadFailed);
    answer = (_, response) => response.writeHead(200).end(content);
    await get();
    expect((await readFile(to)).equals(content)).toBe(true);
  });

  it('does not append what belongs elsewhere', async () => {
    answer = (_, response) => cutAt(100_000, response);
    await expect(get()).rejects.toThrow(DownloadFailed);
    let first = true;
    answer = (request, response) => {
      if (!first) return serve(request, response);
      first = false;
      response.writeHead(206, { 'content-range': `bytes 5-${content.length - 1}/${content.length}` });
      response.end(content.subarray(5));
    };
    await get({ retries: 1 });
    expect(requests.map((r) => r.headers.range)).toEqual([undefined, 'bytes=100000-', undefined]);
    expect((await readFile(to)).equals(content)).toBe(true);
  });

  it.each<[string, Record<string, string>]>([
    ['that says so', { 'content-type': 'text/html; charset=utf-8' }],
    ['that does not say so', { 'content-type': 'application/octet-stream' }],
  ])('refuses an HTML page with status 200 %s, and keeps what had come', async (_, headers) => {
    answer = (_, response) => cutAt(100_000, response);
    await expect(get()).rejects.toThrow(DownloadFailed);
    answer = (_, response) => response.writeHead(200, headers).end('\n<!DOCTYPE html><html>Sign in</html>');
    await expect(get({ retries: 3 })).rejects.toThrow(DataCorrupt);
    await expect(get()).rejects.toThrow('an HTML page came in place of the file (status 200)');
    expect(requests).toHaveLength(3);
    expect(existsSync(to)).toBe(false);
    expect((await readFile(`${to}.part`)).length).toBe(100_000);
  });

  it('refuses other bytes of the right size, and removes them', async () => {
    const other = Buffer.from(content);
    other[299_999]! ^= 1;
    answer = (request, response) => serve(request, response, other);
    const got = createHash('sha256').update(other).digest('hex');
    await expect(get()).rejects.toThrow(`sha256 of the download is ${got}; must be ${sha256}. It was removed.`);
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
  });

  it('stops a body that does not end', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write(content, more));
      more();
    };
    await expect(get()).rejects.toThrow('more than the 300000 bytes of the file came. They were removed.');
    expect(existsSync(`${to}.part`)).toBe(false);
  });

  it('says what the server answered; only its own errors are tried again', async () => {
    answer = (_, response) => response.writeHead(404).end();
    await expect(get({ retries: 2 })).rejects.toThrow(`${url}: the server answered 404 Not Found.`);
    expect(requests).toHaveLength(1);
    answer = (_, response) => response.writeHead(503).end();
    await expect(get({ retries: 2 })).rejects.toThrow('the server answered 503 Service Unavailable.');
    expect(requests).toHaveLength(4);
  });

  it('says that there is no connection', async () => {
    const closed = 'http://127.0.0.1:1/file.gz';
    await expect(download(closed, { to, bytes: 1, sha256, retries: 0 })).rejects.toThrow(
      /no connection \(.+\)\. Check the network/,
    );
  });

  it('stops when aborted and resumes later', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000)); // and then nothing more
    };
    const stopped = new Error('enough');
    const running = get({
      retries: 5,
      signal: controller.signal,
      onProgress: ({ received }) => received === 100_000 && controller.abort(stopped),
    });
    await expect(running).rejects.toBe(stopped);
    expect(requests).toHaveLength(1);
    answer = serve;
    await get();
    expect(requests[1]!.headers.range).toBe('bytes=100000-');
    await expect(get({ signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
  });

  it('lets an error of the progress callback through, and does not try again', async () => {
    const own = new Error('mine');
    const onProgress = (): void => {
      throw own;
    };
    await expect(get({ retries: 3, onProgress })).rejects.toBe(own);
    expect(requests).toHaveLength(1);
  });

  // /dev/full is Linux's disk without space.
  it.skipIf(!existsSync('/dev/full'))('says that the disk is full (skipped where there is no /dev/full)', async () => {
    to = join(folder, 'file.gz');
    await symlink('/dev/full', `${to}.part`);
    await expect(get({ retries: 3 })).rejects.toThrow(
      `no space left for ${to}.part; 0 of 300000 bytes came. Make room for 300000 more and call again.`,
    );
    expect(requests).toHaveLength(1);
  });

  it('does not get a data set whose archives were not seen', async () => {
    await expect(downloadDataset('mnist', { folder })).rejects.toThrow(
      `mnist: no source of train-images-idx3-ubyte is known by its checksum. ${howToGet('mnist')}`,
    );
    expect(requests).toHaveLength(0);
  });

  it.each<[string, string, Partial<DownloadOptions>, string]>([
    [
      'another protocol',
      'file:///etc/hosts',
      {},
      "download: 'url' is file:///etc/hosts; must start with http:// or https://.",
    ],
    [
      'no size',
      'http://localhost/',
      { bytes: 0 },
      "download: 'bytes' is 0; must be a positive integer, the size of the file.",
    ],
    [
      'a checksum of another kind',
      'http://localhost/',
      { sha256: 'abc' },
      `download: 'sha256' is 'abc'; must be 64 hexadecimal digits.`,
    ],
    ['half a retry', 'http://localhost/', { retries: 0.5 }, "download: 'retries' is 0.5; must be an integer ≥ 0."],
  ])('refuses %s', async (_, address, options, message) => {
    await expect(download(address, { to, bytes: 1, sha256, ...options })).rejects.toThrow(message);
  });
});
