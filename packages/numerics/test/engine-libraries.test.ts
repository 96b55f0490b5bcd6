import { execFileSync } from 'node:child_process';
import fs, { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { blasBuilds, blasName, nativeRoot } from '../src/engine.js';
import { elfFault } from '../src/engine-elf.js';
import { libraries } from '../src/engine-libraries.js';

afterEach(() => vi.unstubAllEnvs());

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'assay-engine-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('the cache is native/ in ASSAY_CACHE, else in assay/ in the user’s cache', () => {
  vi.stubEnv('ASSAY_CACHE', '/a');
  vi.stubEnv('XDG_CACHE_HOME', '/x');
  expect(nativeRoot()).toBe(join(sep, 'a', 'native'));
  vi.stubEnv('ASSAY_CACHE', '');
  expect(nativeRoot()).toBe(join(sep, 'x', 'assay', 'native'));
  vi.stubEnv('XDG_CACHE_HOME', '');
  vi.stubEnv('LOCALAPPDATA', '');
  vi.stubEnv('HOME', '/home/me');
  if (process.platform !== 'win32') expect(nativeRoot()).toBe('/home/me/.cache/assay/native');
});

test('the libraries of the cache come first, the newest by number before others, then those of the system', () => {
  const cache = folder();
  vi.stubEnv('ASSAY_CACHE', cache);
  expect(blasBuilds()).toEqual([]);
  const system = libraries();
  const machine = `${process.platform}-${process.arch}`;
  expect(blasName('0.3.34')).toBe(`blas-0.3.34-${machine}`);
  const file = 'libscipy_openblas.so';
  const fit = ['0.3.9', '0.3.34.481.3', '0.3.34', '0.3.34.481.12'].map((version) => `blas-${version}-${machine}`);
  for (const name of [...fit, 'blas-1.0-plan9-mips', `${fit[0]}.part-12-Ab3`, 'cpu-2.15.1', 'blas-x']) {
    mkdirSync(join(cache, 'native', name), { recursive: true });
    for (const one of [file, 'LICENSE.txt', 'blas.json']) writeFileSync(join(cache, 'native', name, one), '');
  }
  mkdirSync(join(cache, 'native', `blas-9.9-${machine}`));
  writeFileSync(join(cache, 'native', `blas-9.8-${machine}`), 'a file');
  symlinkSync('nowhere', join(cache, 'native', `blas-9.7-${machine}`));
  const expected = [3, 1, 2, 0].map((i) => join(cache, 'native', fit[i]!, file));
  expect(blasBuilds()).toEqual(expected);
  expect(libraries()).toEqual([...expected, ...system]);
  if (process.platform === 'linux') expect(system).toEqual(['libopenblas.so.0', 'libmkl_rt.so.2']);
});

test('a file in place of the cache has no library', () => {
  const cache = folder();
  writeFileSync(join(cache, 'native'), '');
  vi.stubEnv('ASSAY_CACHE', cache);
  expect(blasBuilds()).toEqual([]);
  vi.stubEnv('ASSAY_CACHE', join(cache, 'native'));
  expect(blasBuilds()).toEqual([]);
});

/** An ELF file for this machine that has one segment of `needed` bytes, cut to `length`. */
function elf(length: number, needed: number, change: (bytes: Buffer) => void = () => undefined): string {
  const bytes = Buffer.alloc(Math.max(length, 120));
  bytes.write('\x7fELF', 'latin1');
  bytes[4] = 2;
  bytes[5] = 1;
  bytes.writeUInt16LE({ x64: 62, arm64: 183 }[process.arch as 'x64'] ?? 0, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeBigUInt64LE(0n, 64 + 8);
  bytes.writeBigUInt64LE(BigInt(needed), 64 + 32);
  change(bytes);
  const path = join(folder(), 'library.so');
  writeFileSync(path, bytes.subarray(0, length));
  return path;
}

test('a library that was cut short, or is for another processor, is not loaded', () => {
  expect(elfFault(elf(500, 500))).toBeNull();
  expect(elfFault(elf(499, 500))).toBe('the file was cut short: it has 499 bytes and needs 500');
  expect(elfFault(elf(100, 500))).toBe('the file was cut short: it has 100 bytes and needs 120');
  expect(elfFault(elf(500, 500, (bytes) => bytes.writeUInt16LE(40, 18)))).toBe(
    `it is built for another processor (ELF machine 40, 64 bits) than this Node (${process.arch})`,
  );
  expect(elfFault(elf(500, 500, (bytes) => (bytes[4] = 1)))).toMatch(/another processor \(ELF machine \d+, 32 bits\)/);
  // A segment that is not loaded may lie where it will.
  expect(elfFault(elf(499, 500, (bytes) => bytes.writeUInt32LE(4, 64)))).toBeNull();
});

test('what is no ELF file is left to the loader', () => {
  const path = join(folder(), 'text');
  writeFileSync(path, 'not a library\n'.repeat(10));
  expect(elfFault(path)).toBeNull();
  expect(elfFault(join(path, 'nowhere'))).toBeNull();
});

test('a name without a slash is the loader’s to find: no file of the working folder is meant', () => {
  const before = process.cwd();
  const path = elf(499, 500);
  process.chdir(dirname(path));
  onTestFinished(() => process.chdir(before));
  expect(elfFault('library.so')).toBeNull();
  expect(elfFault('./library.so')).toBe('the file was cut short: it has 499 bytes and needs 500');
  expect(elfFault('libopenblas.so.0')).toBeNull();
});

test('a folder or a pipe is no library, and is not opened', () => {
  const fault = 'it is a folder, a pipe or a device; must be a file';
  expect(elfFault(tmpdir())).toBe(fault);
  if (process.platform === 'win32') return;
  const pipe = join(folder(), 'library.so');
  execFileSync('mkfifo', [pipe]);
  // With an end that is open, to open the other would not wait: a failure should not stop the tests.
  const end = openSync(pipe, 'r+');
  onTestFinished(() => closeSync(end));
  const opened = vi.spyOn(fs, 'openSync');
  onTestFinished(() => opened.mockRestore());
  expect(elfFault(pipe)).toBe(fault);
  expect(opened).not.toHaveBeenCalled();
});
