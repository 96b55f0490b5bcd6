import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { casesOf } from './cases.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Lines of JSON that a script of this folder prints; onLine sees each. */
async function lines(script, args, silence, onLine) {
  const env = { ...process.env };
  if (!env['VK_ICD_FILENAMES'] && existsSync(SWIFTSHADER)) env['VK_ICD_FILENAMES'] = SWIFTSHADER;
  const child = spawn(process.execPath, [file(script), ...args], { stdio: ['ignore', 'pipe', 'ignore'], env });
  let hangs = false;
  const kill = () => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(kill, silence);
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface(child.stdout)) {
    // A process that was killed may leave part of a line.
    if (!line.startsWith('{') || !line.endsWith('}')) continue;
    clearTimeout(timer);
    timer = setTimeout(kill, silence);
    onLine(JSON.parse(line));
  }
  const status = await ended;
  clearTimeout(timer);
  return { status, hangs };
}

/**
 * What is right, by case.
 * @param {string} only see {@link casesOf}
 */
export async function reference(only) {
  const results = [];
  await lines('reference.mjs', [only], 60_000, (line) => (results[line.index] = line));
  return results;
}

/**
 * What a backend gives, by case; undefined if it is not there. A case that hangs or ends the process is `crashed`.
 * @param {string} backend
 * @param {'stock' | 'cured'} mode
 * @param {string} only see {@link casesOf}
 */
export async function resultsOf(backend, mode, only) {
  const count = casesOf(backend, only).length;
  const results = [];
  let first = 0;
  while (first < count) {
    let last = first - 1;
    const { status, hangs } = await lines(
      'worker.mjs',
      [backend, mode, String(first), only],
      backend === 'webgpu' ? 60_000 : 15_000,
      (line) => {
        results[line.index] = line;
        last = line.index;
      },
    );
    if (status === 0) break;
    if (last < 0) return undefined;
    if (status !== 3) results[++last] = { index: last, crashed: hangs ? 'hangs' : 'ends the process', kernels: [] };
    first = last + 1;
  }
  return results;
}
