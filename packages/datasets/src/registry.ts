/** Where npm takes packages from on this machine: its configuration says, and may name a mirror. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { shown } from '@assay-ml/numerics/check';

import type { NpmPackage } from './catalogue.js';
import { DownloadFailed } from './errors.js';

/**
 * The address of a package's tarball in the registry that npm is configured with.
 * @throws DownloadFailed when npm cannot be asked or names no such registry; the signal's reason when aborted
 */
export async function tarballUrl({ npm, version }: NpmPackage, signal: AbortSignal | undefined): Promise<string> {
  const refused = (problem: string, cause?: unknown) =>
    new DownloadFailed(npm, `${problem} Or run \`npm pack ${npm}@${version}\` elsewhere and copy what it gives.`, { cause }); // prettier-ignore
  const registry = process.env['npm_config_registry'] || (await ask(signal, refused));
  if (!/^https?:\/\//i.test(registry)) {
    throw refused(`npm's registry is ${shown(registry)}; must start with http:// or https://. Set it: npm config set registry.`); // prettier-ignore
  }
  return new URL(`${npm}/-/${npm}-${version}.tgz`, registry.replace(/\/?$/, '/')).href;
}

async function ask(signal: AbortSignal | undefined, refused: (why: string, cause: unknown) => Error): Promise<string> {
  try {
    // On Windows npm is a script, which only a shell starts. In a workspace npm refuses unless it is told to forget it.
    const options = { shell: process.platform === 'win32', ...(signal && { signal }) };
    const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry', '--no-workspaces'], options);
    return stdout.trim();
  } catch (cause) {
    signal?.throwIfAborted();
    const { code, stderr = '' } = cause as { code?: string | number; stderr?: string };
    throw refused(`npm cannot be asked for its registry (${stderr.split('\n')[0] || code}). Install npm.`, cause);
  }
}
