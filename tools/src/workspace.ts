/** The checkout, its packages that are published, and programs that are run on them. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Manifest } from './packages.js';

/** The checkout. */
export const root = resolve(import.meta.dirname, '../..');

/** A program of the checkout's dependencies. */
export const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** No program may take longer, in milliseconds, nor leave a check hanging. */
const PATIENCE = { timeout: 600_000, killSignal: 'SIGKILL' } as const;

/** Runs a program; its output is shown only when it fails. */
export function run(command: string, args: readonly string[], cwd: string, env = process.env): string {
  try {
    return execFileSync(command, args, { cwd, env, ...PATIENCE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${basename(command)} ${args.join(' ')}\n${stdout}${stderr}`.trim(), { cause: error });
  }
}

/** Runs a program as {@link run} does, while this process serves. */
export const runAsync = (command: string, args: readonly string[], cwd: string, env = process.env): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd, env, ...PATIENCE, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${basename(command)} ${args.join(' ')}\n${stdout}${stderr}`.trim(), { cause: error }));
    });
    child.stdin?.end();
  });

/** The manifests of all packages below a checkout that are not private, by name. */
export function readManifests(checkout = root): Map<string, Manifest> {
  const inside = (folder: string) => readdirSync(join(checkout, folder)).map((name) => join(checkout, folder, name));
  const manifests = ['packages', 'apps', 'apps/reproductions']
    .flatMap(inside)
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder }) as Manifest);
  return new Map(manifests.filter((manifest) => !manifest.private).map((manifest) => [manifest.name, manifest]));
}

/**
 * The packages that arguments name by their projects, all without arguments.
 * @throws Error for a name that is none
 */
export function chosen(manifests: ReadonlyMap<string, Manifest>, only: readonly string[]): Manifest[] {
  const all = [...manifests.values()];
  const unknown = only.filter((name) => !all.some(({ nx }) => nx.name === name));
  if (unknown.length > 0) {
    throw new Error(`no package ${unknown.join(', ')}; there are ${all.map(({ nx }) => nx.name).join(', ')}.`);
  }
  return all.filter(({ nx }) => only.length === 0 || only.includes(nx.name));
}
